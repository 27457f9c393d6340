"""What makes equations a model: each way of failing has an error of its own, with the place and the mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.space import ScalarFunction, Space
from symbackprop.algebra.symbols import ADJOINT, Apply
from symbackprop.errors import (
    DuplicateNameError,
    LossError,
    ModelError,
    ShapeError,
    UnknownNameError,
    UnreachableError,
    suggestion,
)
from symbackprop.model.bounds import check_bounds
from symbackprop.model.reads import Read
from symbackprop.model.records import Equation, Samples, Tensor
from symbackprop.model.words import bracketed, counted, named_place, written

Reads = Mapping[str, tuple[Read, ...]]

_LEAVES = {"input": "an input", "target": "a target", "constant": "a constant", "parameter": "a parameter"}
_FACTS = ("one_hot", "distribution", "positive", "binary")
_NAME = re.compile(r"[^\W\d]\w*'*(\.[^\W\d]\w*'*)*")


def check_declarations(
    tensors: tuple[Tensor, ...],
    samples: Samples | None,
    size_facts: tuple[Expr, ...],
    functions: Mapping[str, ScalarFunction],
) -> None:
    """Names: each of one thing, and each a name; facts that a tensor can have.

    Raises:
        DuplicateNameError, ModelError, ShapeError
    """
    sizes = size_names(tensors, samples, size_facts)
    seen: dict[str, Tensor] = {}
    for tensor in tensors:
        name = tensor.name
        if not _NAME.fullmatch(name) or name.startswith(ADJOINT):
            raise ModelError(
                f"{name!r} is no name for a tensor",
                where=tensor.origin,
                fix="A name begins with a letter and goes on with letters, digits and underscores.",
                name=name,
            )
        if name in seen:
            raise _twice(f"two tensors are called {name}", tensor, f"One is {_role(seen[name])}, one {_role(tensor)}.")
        if name in sizes:
            raise _twice(f"{name} is a size and a tensor", tensor, f"{_role(tensor).capitalize()} and a size clash.")
        if name in functions:
            raise _twice(f"{name} is a function and a tensor", tensor, f"{_role(tensor).capitalize()} hides it.")
        seen[name] = tensor
        _check_facts(tensor)
    for name in sorted(set(functions) & sizes):
        raise DuplicateNameError(f"{name} is a size and a function", fix="Take another name for one.", name=name)


def size_names(tensors: Iterable[Tensor], samples: Samples | None, size_facts: Iterable[Expr]) -> frozenset[str]:
    """The names of all sizes that shapes, samples and size facts speak of."""
    extents = [extent for tensor in tensors for extent in tensor.shape]
    extents += [samples.size] if samples is not None else []
    return frozenset(s.name for e in (*extents, *size_facts) for s in e.free_symbols if isinstance(s, Symbol))


def _twice(what: str, tensor: Tensor, because: str) -> DuplicateNameError:
    return DuplicateNameError(
        what, where=tensor.origin, because=because, fix="Take another name for one of them.", name=tensor.name
    )


def _role(tensor: Tensor) -> str:
    return _LEAVES.get(tensor.role, f"the {tensor.role}" if tensor.role != "intermediate" else "an intermediate")


def _check_facts(tensor: Tensor) -> None:
    for fact in tensor.facts:
        along = fact.kind in ("one_hot", "distribution")
        if fact.kind not in _FACTS or fact.tensor != tensor.name:
            raise ModelError(
                f"{tensor.name} has the fact {fact.kind} of {fact.tensor}",
                where=tensor.origin,
                fix=suggestion(fact.kind, _FACTS) or f"Facts are {', '.join(_FACTS)}, of the tensor itself.",
                name=tensor.name,
            )
        if along and (fact.axis is None or not 0 <= fact.axis < len(tensor.shape)):
            axis = "no axis" if fact.axis is None else f"axis {fact.axis}"
            raise ShapeError(
                f"{tensor.name} is {fact.kind} along {axis}",
                where=tensor.origin,
                because=f"It has {counted(len(tensor.shape), 'axis', 'axes')}, counted from 0.",
                fix="Name the axis along which the entries add up to 1.",
                name=tensor.name,
            )


def check_definitions(tensors: tuple[Tensor, ...], equations: tuple[Equation, ...]) -> None:
    """Each intermediate has one equation, no leaf has any, and left sides fit.

    Raises:
        ModelError, UnknownNameError, DuplicateNameError, ShapeError
    """
    if not equations:
        raise ModelError("the model has no equations", fix="Add one that defines the loss.")
    by_name = {tensor.name: tensor for tensor in tensors}
    defined: dict[str, Equation] = {}
    for equation in equations:
        name = equation.tensor
        if name not in by_name:
            raise unknown(name, by_name, equation, "tensor")
        tensor = by_name[name]
        if tensor.role in _LEAVES:
            raise DuplicateNameError(
                f"{name} is {_LEAVES[tensor.role]}, and an equation defines it",
                where=named_place(equation.origin, name),
                fix=f"Take another name, or do not declare {name}.",
                name=name,
            )
        if name in defined:
            raise DuplicateNameError(
                f"{name} is defined twice",
                where=named_place(equation.origin, name),
                because=_elsewhere(defined[name]),
                fix="Take another name for one of them.",
                name=name,
            )
        _check_left_side(equation, tensor)
        defined[name] = equation


def _elsewhere(equation: Equation) -> str | None:
    return None if equation.origin is None else f"Line {equation.origin.line} defines it already."


def _check_left_side(equation: Equation, tensor: Tensor) -> None:
    count, rank = len(equation.indices), len(tensor.shape)
    if count != rank:
        raise ShapeError(
            f"{tensor.name} is defined with {counted(count, 'index', 'indices')}",
            where=named_place(equation.origin, tensor.name),
            because=f"Its shape {bracketed(tensor.shape) or '[]'} has {counted(rank, 'axis', 'axes')}.",
            fix="Give one index per axis.",
            name=tensor.name,
        )
    if len(set(equation.indices)) < count:
        raise ShapeError(
            f"{tensor.name} is defined with one index twice",
            where=named_place(equation.origin, tensor.name),
            because="That would define its diagonal alone.",
            fix="Take an index per axis.",
            name=tensor.name,
        )


def check_results(
    tensors: tuple[Tensor, ...], equations: tuple[Equation, ...], loss: str, samples: Samples | None, cost: bool
) -> None:
    """There is a loss, and it is a scalar; samples have a cost; nothing declared lacks its equation.

    Raises:
        LossError, UnknownNameError
    """
    defined = {equation.tensor: equation for equation in equations}
    if loss not in defined:
        fix = suggestion(loss, defined) if loss else None
        raise LossError(
            f"nothing defines the loss {loss}".rstrip(), fix=fix or "Add an equation for it.", name=loss or None
        )
    shape = next(tensor.shape for tensor in tensors if tensor.name == loss)
    if shape:
        raise LossError(
            f"the loss {loss} is no scalar",
            where=named_place(defined[loss].origin, loss),
            because=f"Its shape is {bracketed(shape)}, and a gradient is of one number.",
            fix="Sum it, or take its mean.",
            name=loss,
        )
    if cost and samples is None:
        raise LossError("a cost without samples", fix="Say how many samples there are, or leave the cost out.")
    if samples is not None and not cost:
        raise LossError("samples without a cost", fix="Add the cost, the mean or the sum of the losses of all samples.")
    for tensor in tensors:
        if tensor.role not in (*_LEAVES, "cost") and tensor.name not in defined:
            raise UnknownNameError(
                f"nothing defines {tensor.name}",
                where=tensor.origin,
                because=f"It is declared as {_role(tensor)}.",
                fix="Add an equation for it, or declare it as an input.",
                name=tensor.name,
            )


def check_reads(
    equation: Equation,
    reads: tuple[Read, ...],
    tensors: Mapping[str, Tensor],
    functions: Mapping[str, ScalarFunction],
    space: Space,
) -> None:
    """Every name is known, every read has the right rank, kind and range.

    Raises:
        UnknownNameError, ShapeError, IndexRangeError, ModelError
    """
    for name in equation.padded:
        if name not in tensors:
            raise unknown(name, tensors, equation, "padded tensor")
    for part in sorted(equation.expression.atoms(Apply), key=str):
        if part.name not in functions:
            raise unknown(part.name, functions, equation, "function")
    for read in reads:
        if read.tensor not in tensors:
            raise unknown(read.tensor, [*tensors, *_size_symbols(space)], equation, "tensor")
        tensor = tensors[read.tensor]
        _check_rank(read, tensor, equation)
        _check_kind(read, tensor, equation)
    _check_indices(equation)
    for read in reads:
        check_bounds(read, tensors, equation, space)


def unknown(name: str, known: Iterable[str], equation: Equation, what: str) -> UnknownNameError:
    known = sorted(set(known))
    return UnknownNameError(
        f"unknown {what} {name} in the equation of {equation.tensor}",
        where=named_place(equation.origin, name),
        fix=suggestion(name, known) or f"Known: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}.",
        name=name,
    )


def _size_symbols(space: Space) -> list[str]:
    return sorted({s.name for shape in space.shapes.values() for e in shape for s in e.free_symbols})


def _check_rank(read: Read, tensor: Tensor, equation: Equation) -> None:
    if len(read.indices) == len(tensor.shape):
        return
    count = counted(len(read.indices), "index", "indices")
    raise ShapeError(
        f"{written(read.entry)} in the equation of {equation.tensor} has {count}",
        where=named_place(equation.origin, tensor.name),
        because=f"{tensor.name}{bracketed(tensor.shape)} has {counted(len(tensor.shape), 'axis', 'axes')}.",
        fix="Give one index per axis.",
        name=tensor.name,
    )


def _check_kind(read: Read, tensor: Tensor, equation: Equation) -> None:
    if tensor.integer == (read.use == "index"):
        return
    where = named_place(equation.origin, tensor.name)
    if tensor.integer:
        raise ModelError(
            f"{written(read.entry)} is a value in the equation of {equation.tensor}",
            where=where,
            because=f"{tensor.name} is declared as integer: it serves as an index.",
            fix=f"Read something at it, E[{written(read.entry)}], or do not declare it as integer.",
            name=tensor.name,
        )
    raise ModelError(
        f"{written(read.entry)} is an index in the equation of {equation.tensor}",
        where=where,
        because=f"{tensor.name} holds real numbers.",
        fix=f"Declare {tensor.name} as integer if it does not.",
        name=tensor.name,
    )


def _check_indices(equation: Equation) -> None:
    free = {s for s in equation.expression.free_symbols if isinstance(s, Symbol) and s.is_integer and not s.is_positive}
    for symbol in sorted(free - set(equation.indices), key=str):
        left = f"{equation.tensor}{bracketed(equation.indices)}"
        raise UnknownNameError(
            f"unknown index {symbol} in the equation of {equation.tensor}",
            where=named_place(equation.origin, symbol.name),
            because=f"The left side {left} does not have it, and no sum runs over it.",
            fix=f"Sum over it: sum_over(..., {symbol}); or put it on the left side.",
            name=symbol.name,
        )


def check_reach(root: Equation, tensors: tuple[Tensor, ...], reads: Reads) -> None:
    """Every parameter reaches the root.

    Raises:
        UnreachableError
    """
    reached: set[str] = set()
    waiting = [root.tensor]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(read.tensor for read in reads.get(name, ()))
    for tensor in tensors:
        if tensor.role == "parameter" and tensor.name not in reached:
            read_by = sorted(name for name, found in reads.items() if any(r.tensor == tensor.name for r in found))
            raise UnreachableError(
                f"the parameter {tensor.name} cannot reach {root.tensor}",
                where=tensor.origin,
                because=f"Only {', '.join(read_by)} reads it." if read_by else "No equation reads it.",
                fix="Use it, or declare it as a constant, or take it away.",
                name=tensor.name,
            )


def check_samples(samples: Samples | None) -> None:
    """The number of samples is a size, and they stand in rows or in columns.

    Raises:
        ModelError
    """
    if samples is None:
        return
    extent = samples.size if isinstance(samples.size, Expr) else Integer(samples.size)
    if not extent.is_integer or not extent.is_positive:
        raise ModelError(f"{extent} samples", fix="Their number is a size, or a whole number of at least 1.")
    if samples.side not in ("rows", "columns"):
        raise ModelError(f"samples in {samples.side}", fix="Samples stand in rows or in columns.")
