"""The arguments of a compiled function: what they are, and whether arrays fit them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol

from symbackprop.algebra.space import Fact
from symbackprop.compiling.facts import check_fact, placed
from symbackprop.errors import ArgumentError, suggestion
from symbackprop.model.model import Model, index_limits
from symbackprop.model.records import Role
from symbackprop.model.words import bracketed, counted, ordinal, written


@dataclass(frozen=True, slots=True)
class Argument:
    """An array that the function takes: its name, role and shape over all samples, and its facts.

    The entries of an `integer` one are indices: each at least 0 and below every size in `below`.
    """

    name: str
    role: Role
    shape: tuple[Expr, ...]
    facts: tuple[Fact, ...] = ()
    integer: bool = False
    below: tuple[Expr, ...] = ()

    def __repr__(self) -> str:
        return f"{self.role} {self.name}{bracketed(self.shape)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """All arguments in order, every size by name, and what is known of sizes (each of `size_facts` >= 0).

    `computed` are tensors that nobody need give, with their shapes.
    """

    arguments: tuple[Argument, ...]
    sizes: Mapping[str, Symbol]
    size_facts: tuple[Expr, ...] = ()
    computed: Mapping[str, tuple[Expr, ...]] = field(default_factory=dict)
    samples: Expr | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(argument.name for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Arrays in the order of the arguments, as the function takes them, and the value of every size that is known."""

    arrays: tuple[np.ndarray, ...]
    sizes: Mapping[str, int]


def signature_of(model: Model) -> Signature:
    """The arguments of the model's loss over all samples: its tensors that no equation defines."""
    batch = model.batched()
    limits = index_limits(batch)
    arguments = tuple(
        Argument(t.name, t.role, t.shape, t.facts, t.integer, limits.get(t.name, ()))
        for t in batch.tensors
        if not batch.defines(t.name)
    )
    parts = [extent for tensor in batch.tensors for extent in tensor.shape]
    parts += [*batch.size_facts, *(equation.expression for equation in batch.order)]
    symbols = {s for part in parts for s in part.free_symbols if isinstance(s, Symbol)}
    sizes = {s.name: s for s in symbols if s.is_integer and s.is_positive}
    computed = {t.name: t.shape for t in batch.tensors if batch.defines(t.name)}
    count = None if model.samples is None else model.samples.size
    return Signature(arguments, dict(sorted(sizes.items())), batch.size_facts, computed, count)


def fitted(signature: Signature, given: Mapping[str, Any], *, check_facts: bool = True) -> Fitting:
    """The arrays given, checked one by one and against each other.

    Raises:
        ArgumentError: a name that is missing or unknown; what is no array of real, finite numbers; ranks and sizes that
            do not fit; integer data out of range; facts that do not hold.
    """
    _check_names(signature, given)
    arrays = {argument.name: _array(argument, given[argument.name]) for argument in signature.arguments}
    sizes = _Sizes(signature)
    for name, symbol in signature.sizes.items():
        if name in given and name not in arrays:
            sizes.give(name, symbol, given[name])
    for argument in signature.arguments:
        _check_rank(argument, arrays[argument.name], signature)
    sizes.read({name: array.shape for name, array in arrays.items()})
    for argument in signature.arguments:
        _check_entries(argument, arrays[argument.name], sizes)
        for fact in argument.facts if check_facts else ():
            check_fact(argument.name, fact, arrays[argument.name], np.asarray(given[argument.name]).dtype)
    return Fitting(tuple(arrays.values()), {s.name: n for s, n in sizes.known.items()})


# names


def _check_names(signature: Signature, given: Mapping[str, Any]) -> None:
    names = signature.names
    known = (*names, *signature.sizes)
    for name in given:
        if name in known:
            continue
        if name in signature.computed:
            raise ArgumentError(
                f"{name} is computed, not given", fix=f"The arguments are {', '.join(names)}.", name=str(name)
            )
        fix = suggestion(str(name), known) or f"The arguments are {', '.join(names)}."
        raise ArgumentError(f"there is no argument {name}", fix=fix, name=str(name))
    missing = [argument for argument in signature.arguments if argument.name not in given]
    if missing:
        listed = ", ".join(f"{a.name}{bracketed(a.shape)}" for a in missing)
        raise ArgumentError(
            f"{counted(len(missing), 'argument is', 'arguments are')} missing: {', '.join(a.name for a in missing)}",
            fix=f"Give {listed}.",
            name=missing[0].name,
        )


# arrays


def _array(argument: Argument, value: Any) -> np.ndarray:
    """The value as an array of doubles, of integers for index data; rows first in memory."""
    array = _as_array(argument, value)
    kind = array.dtype.kind
    if kind == "c":
        raise ArgumentError(f"{argument.name} is complex", fix="Give real numbers.", name=argument.name)
    is_binary = argument.integer or any(fact.kind in ("binary", "one_hot") for fact in argument.facts)
    if kind == "b" and not is_binary:
        raise ArgumentError(
            f"{argument.name} holds truth values",
            because="Only binary and one-hot data may be True and False.",
            fix=f"Give numbers: {argument.name}.astype(float).",
            name=argument.name,
        )
    if kind not in "fiub":
        found = array.dtype if isinstance(value, np.ndarray | list | tuple) else type(value).__name__
        raise ArgumentError(
            f"{argument.name} holds no numbers",
            because=f"Its type is {found}.",
            fix=f"Give an array of {'whole' if argument.integer else 'real'} numbers.",
            name=argument.name,
        )
    _check_finite(argument, array)
    if argument.integer:
        return _integers(argument, array)
    with np.errstate(over="ignore"):
        return _check_finite(argument, np.asarray(array, dtype=np.float64, order="C"))


def _as_array(argument: Argument, value: Any) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ArgumentError(
            f"{argument.name} has masked entries", fix="Fill them: array.filled(0).", name=argument.name
        )
    try:
        return np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raise ArgumentError(
            f"{argument.name} is no array of numbers",
            because="Its rows must all have one length.",
            name=argument.name,
        ) from None


def _check_finite(argument: Argument, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = tuple(np.argwhere(~np.isfinite(array))[0])
        raise ArgumentError(
            f"{placed(argument.name, place)} is {array[place]}",
            because=f"{counted(int((~np.isfinite(array)).sum()), 'entry is', 'entries are')} not finite.",
            name=argument.name,
        )
    return array


def _integers(argument: Argument, array: np.ndarray) -> np.ndarray:
    whole = array if array.dtype.kind != "f" else np.trunc(array)
    if not np.array_equal(whole, array):
        place = tuple(np.argwhere(whole != array)[0])
        raise ArgumentError(
            f"{placed(argument.name, place)} is {array[place]}, and serves as an index",
            fix="Give whole numbers.",
            name=argument.name,
        )
    return np.asarray(whole, dtype=np.intp, order="C")


def _check_rank(argument: Argument, array: np.ndarray, signature: Signature) -> None:
    wanted = len(argument.shape)
    if array.ndim == wanted:
        return
    needs = f"a single number ({argument.name} is a scalar)" if not wanted else _axes(argument.shape)
    fix = None
    if signature.samples in argument.shape and array.ndim == wanted - 1:
        axis = argument.shape.index(signature.samples)
        parts = ["None" if place == axis else ":" for place in range(wanted)]
        fix = f"For one sample, give {argument.name}[{', '.join(parts)}]."
    elif array.size == 1 and not wanted:
        fix = f"Give {argument.name}.item()."
    raise ArgumentError(
        f"{argument.name} has {counted(array.ndim, 'axis', 'axes')}, and needs {wanted}",
        because=f"Its shape is {_numbers(array.shape)}; the model has {needs}.",
        fix=fix,
        name=argument.name,
    )


def _axes(shape: Iterable[Expr]) -> str:
    return " × ".join(map(written, shape))


def _numbers(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) if shape else "that of a single number"


def _check_entries(argument: Argument, array: np.ndarray, sizes: _Sizes) -> None:
    """That every entry of integer data is an index of each axis that it indexes."""
    for extent in argument.below if argument.integer else ():
        limit = sizes.value(extent)
        if limit is None:
            continue
        wrong = (array < 0) | (array >= limit)
        if wrong.any():
            place = tuple(np.argwhere(wrong)[0])
            raise ArgumentError(
                f"{placed(argument.name, place)} is {array[place]}, and indexes {limit} entries",
                because=f"It must be at least 0 and at most {limit - 1}.",
                name=argument.name,
            )


# sizes


@dataclass(slots=True)
class _Sizes:
    """The sizes known so far, and what told them: `W1 is 3 × 2, so h = 3`."""

    signature: Signature
    known: dict[Symbol, int] = field(default_factory=dict)
    told: dict[Symbol, str] = field(default_factory=dict)
    given: dict[Symbol, int] = field(default_factory=dict)
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    turned: bool = False

    def give(self, name: str, symbol: Symbol, value: Any) -> None:
        """A size that is an argument by itself."""
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ArgumentError(
                f"the size {name} is {value!r}", fix="A size is a whole number of at least 1.", name=name
            )
        self.known[symbol] = self.given[symbol] = int(value)
        self.told[symbol] = f"{name} = {int(value)} was given"

    def read(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Takes sizes from the shapes of arrays, plain axes first, and checks every axis."""
        self.shapes = shapes
        axes = [
            (argument, axis, extent, shapes[argument.name])
            for argument in self.signature.arguments
            for axis, extent in enumerate(argument.shape)
        ]
        for argument, axis, extent, shape in sorted(axes, key=lambda a: not isinstance(a[2], Symbol)):
            if shape[axis] < 1:
                raise ArgumentError(
                    f"{argument.name} has no entries",
                    because=f"Its shape is {_numbers(shape)}; {written(extent)} must be at least 1.",
                    name=argument.name,
                )
            self._tell(argument, axis, extent, shape)
        if any((wanted := self.value(extent)) is not None and wanted < 1 for _, _, extent, _ in axes):
            self._check_facts()  # a window longer than what it reads: no shape fits, and the fact says why
        for argument, axis, extent, shape in axes:
            self._check(argument, axis, extent, shape)
        self._check_facts()
        self._check_computed()

    def _tell(self, argument: Argument, axis: int, extent: Expr, shape: tuple[int, ...]) -> None:
        """The one size in an extent that is not known yet, if the extent is linear in it."""
        unknown = [s for s in extent.free_symbols if s not in self.known]
        if len(unknown) != 1:
            return
        (symbol,) = unknown
        slope = extent.coeff(symbol, 1)
        rest = (extent - slope * symbol).expand()
        slope, rest = (part.xreplace({s: Integer(n) for s, n in self.known.items()}) for part in (slope, rest))
        if not (slope.is_Integer and rest.is_Integer) or slope == 0:
            return
        count, left = divmod(shape[axis] - int(rest), int(slope))
        if left == 0 and count >= 1:
            self.known[symbol] = count
            has = f"is {_numbers(shape)}" if len(shape) > 1 else f"has {counted(shape[axis], 'entry', 'entries')}"
            self.told[symbol] = f"{argument.name} {has}, so {symbol} = {count}"

    def value(self, extent: Expr) -> int | None:
        if extent.is_Integer:
            return int(extent)
        if extent in self.known:
            return self.known[extent]  # type: ignore[index]
        found = extent.xreplace({symbol: Integer(n) for symbol, n in self.known.items()})
        return int(found) if found.is_Integer else None

    def _check(self, argument: Argument, axis: int, extent: Expr, shape: tuple[int, ...]) -> None:
        wanted = self.value(extent)
        if wanted is None or wanted == shape[axis]:
            return
        has = counted(shape[axis], "entry", "entries")
        along = f" along its {ordinal(axis)} axis" if len(shape) > 1 else ""
        if extent.is_Integer:
            because = f"The model has {argument.name}{bracketed(argument.shape)}."
        else:
            reasons = [self.told[s] for s in sorted(extent.free_symbols, key=str) if s in self.told]
            because = f"{'; '.join(dict.fromkeys(reasons))}." if reasons else None
        needs = written(extent) if extent.is_Integer else f"{written(extent)} = {wanted}"
        raise ArgumentError(
            f"{argument.name} has {has}{along}, and needs {needs}",
            because=because,
            fix=self._transposed(argument),
            name=argument.name,
        )

    def _transposed(self, argument: Argument) -> str | None:
        """Whether all arrays fit when this one is turned round."""
        if len(argument.shape) != 2 or self.turned:
            return None
        other = _Sizes(self.signature, dict(self.given), dict(self.told), turned=True)
        try:
            other.read({**self.shapes, argument.name: self.shapes[argument.name][::-1]})
        except ArgumentError:
            return None
        return f"Give its transpose: {argument.name}.T."

    def _check_computed(self) -> None:
        """That every tensor has entries: a window may be wider than its axis."""
        for name, shape in self.signature.computed.items():
            found = tuple(map(self.value, shape))
            if all(count is None or count >= 1 for count in found):
                continue
            symbols = sorted({s for extent in shape for s in extent.free_symbols}, key=str)
            reasons = [f"Its shape is {bracketed(shape)}", *(self.told[s] for s in symbols if s in self.told)]
            raise ArgumentError(
                f"the tensor {name} has no entries at these sizes",
                because=f"{'; '.join(dict.fromkeys(reasons))}.",
                fix="Give larger arrays.",
                name=name,
            )

    def _check_facts(self) -> None:
        for fact in self.signature.size_facts:
            value = fact.xreplace({symbol: Integer(n) for symbol, n in self.known.items()})
            if value.is_Integer and value < 0:
                reasons = [self.told[s] for s in sorted(fact.free_symbols, key=str) if s in self.told]
                raise ArgumentError(
                    f"the model needs {written(fact)} to be at least 0, and it is {value}",
                    because=f"{'; '.join(dict.fromkeys(reasons))}.",
                    name=next((s.name for s in sorted(fact.free_symbols, key=str)), None),
                )
