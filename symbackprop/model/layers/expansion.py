r"""What a layer is written with: its options as a frozen record, its forward equations through `Parts`.

A layer is a frozen dataclass whose fields are its options and whose `expand(parts, x)` writes down its equations:

    W, b = parts.parameter("W", units, n), parts.parameter("b", units)
    z = parts.tensor("z", W @ x + b)
    parts.output(sigmoid(z))

`Parts` names the tensors after the output, `a1.W`, or by number, `W1`. The kinds of options are the annotations below:
they say how a model text writes each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Protocol

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.arrays import Array, Operators, as_array, described, number
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import entry, index, indices_of, size, tensor_of
from symbackprop.errors import ModelError, ShapeError, UsageError
from symbackprop.model.records import Equation, Role, Tensor
from symbackprop.model.words import bracketed, counted

Definition = tuple[Tensor, Equation | None]
"""A tensor with its equation; a parameter has none."""

Activation = Annotated[str | ScalarFunction | None, "activation"]
Extent = Annotated[int | str | Expr, "size"]
Extents = Annotated[int | str | Expr | tuple[int | str | Expr, ...], "sizes"]
Flag = Annotated[bool, "flag"]
Scalar = Annotated[Any, "scalar"]
Given = Annotated[Any, "tensor"]
"""The kinds of options: a function by name, sizes, yes or no, numbers or formulas, a tensor."""


class Layer(Protocol):
    """A layer: it reads `sources` tensors (0: two or more); `expand(parts, x, ...)` writes its equations to `parts`.

    One that reads integers, which serve as indices, says so: `integers = True`.
    """

    sources: ClassVar[int]

    @property
    def expand(self) -> Callable[..., None]: ...


Naming = Callable[[str], str]
"""The name of a part; of the output for the empty part."""


def named_after(output: str) -> Naming:
    """`a1.W`, `a1.z`, and `a1` itself."""
    return lambda part: f"{output}.{part}" if part else output


def numbered(count: int) -> Naming:
    """`W1`, `z1`, and `a1`; `W_q1` where a part has a subscript."""
    return lambda part: f"{part or 'a'}{count}"


@dataclass(slots=True)
class Parts:
    """The tensors and equations of one layer, gathered while it is written down."""

    naming: Naming
    definitions: list[Definition] = field(default_factory=list)

    def name(self, part: str = "") -> str:
        """The name of a part; of the output without one."""
        return self.naming(part)

    def parameter(self, part: str, *shape: Any) -> Array:
        """What is learned."""
        return self._given(part, "parameter", shape)

    def constant(self, part: str, *shape: Any) -> Array:
        """Data that all samples share."""
        return self._given(part, "constant", shape)

    def input(self, part: str, *shape: Any) -> Array:
        """Data of each sample."""
        return self._given(part, "input", shape)

    def _given(self, part: str, role: Role, shape: tuple[Any, ...]) -> Array:
        tensor = Tensor(self.name(part), tuple(map(as_size, shape)), role)
        self.definitions.append((tensor, None))
        return tensor.whole()

    def declared(self, part: str, *shape: Expr) -> Array:
        """A tensor whose equation is to come: what equations before it, or its own, may read."""
        return Tensor(self.name(part), shape, "intermediate").whole()

    def tensor(self, part: str, value: Array, *, padded: Iterable[Array] = ()) -> Array:
        """A tensor by its equation; reads of `padded` tensors outside their range are 0."""
        tensor = Tensor(self.name(part), value.shape, "intermediate")
        names = tuple(name for array in padded if (name := tensor_of(array.expression)) is not None)
        sources = tuple(s for s in value.sources if not (isinstance(s, Tensor) and s.name == tensor.name))
        self.definitions.append(
            (tensor, Equation(tensor.name, value.indices, value.expression, names, sources=(tensor, *sources)))
        )
        return Array(value.indices, tensor.shape, entry(tensor.name, *value.indices), tensor.name, (tensor,))

    def output(self, value: Array, *, padded: Iterable[Array] = ()) -> Array:
        """The tensor that the layer is called for."""
        return self.tensor("", value, padded=padded)

    def named(self, part: str, value: Array) -> Array:
        """The array as a tensor of its own, unless it is one: what is read outside its range must have a name."""
        is_named = tensor_of(value.expression) is not None and indices_of(value.expression) == value.indices
        return value if is_named else self.tensor(part, value)


@dataclass(frozen=True, slots=True)
class Expansion(Operators):
    """A layer on its sources, written out: its definitions, and its output to go on with."""

    definitions: tuple[Definition, ...]

    @property
    def output(self) -> Tensor:
        return self.definitions[-1][0]

    @property
    def equations(self) -> tuple[Equation, ...]:
        return tuple(equation for _, equation in self.definitions if equation is not None)

    def whole(self) -> Array:
        return self.output.whole()

    def __repr__(self) -> str:
        return "\n".join(repr(equation) for equation in self.equations)


def expansion(layer: Layer, naming: Naming, *sources: Any) -> Expansion:
    """The equations of `layer` on `sources`, its tensors named by `naming`; the output comes last.

    Raises:
        ModelError: sources whose shapes the layer cannot read.
        UsageError: another number of sources than the layer reads.
    """
    count = len(sources)
    if count != layer.sources if layer.sources else count < 2:
        needed = counted(layer.sources, "tensor", "tensors") if layer.sources else "two or more tensors"
        raise UsageError(f"{type(layer).__name__} reads {needed}, here {count}", fix="Give as many.")
    parts = Parts(naming)
    arrays = [as_array(source) for source in sources]
    if not getattr(layer, "integers", False):
        for x in arrays:
            check_real(x)
    layer.expand(parts, *arrays)
    return Expansion(tuple(parts.definitions))


def is_integer(x: Array) -> bool:
    """Whether x is data that serves as an index."""
    name = tensor_of(x.expression)
    return any(isinstance(source, Tensor) and source.name == name and source.integer for source in x.sources)


def check_real(x: Array) -> None:
    """What a layer reads as numbers does not serve as an index.

    Raises:
        ModelError: it is declared as integer.
    """
    if is_integer(x):
        raise ModelError(
            f"{described(x)} is declared as integer, and only an embedding reads integers",
            because="They choose entries, and are no values.",
            fix=f"Give each a vector, e = embedding({described(x)}, words, width); or do not declare it as integer: "
            "zeros and ones are binary.",
            name=x.label or None,
        )


def layer(name: str, layer: Layer, *sources: Any) -> Expansion:
    """A layer whose output is the tensor `name`, and whose parts are called after it: `h.W`, `h.z`.

    It is used like the tensor, and goes to `build` in the place of its equations:

        h = layer("h", LSTM(8), x)
        net = build(h, equation(y, V @ ...), loss=...)

    Raises:
        ModelError: sources whose shapes the layer cannot read.
    """
    return expansion(layer, named_after(name), *sources)


def as_size(value: Any) -> Expr:
    """A size from a number, a name or an expression.

    Raises:
        UsageError: not at least 1, or no whole number.
    """
    refused = UsageError(f"{value!r} is no size", fix="A size is a whole number of at least 1, or a name.")
    try:
        extent = size(value) if isinstance(value, str) else value if isinstance(value, Expr) else number(value)
    except UsageError:
        raise refused from None
    if extent.is_integer is not True or (extent.is_number and extent < 1):
        raise refused
    return extent.expand()


def as_sizes(value: Any, what: str, count: int) -> tuple[Expr, ...]:
    """`count` sizes: those of a tuple, or the same for each axis.

    Raises:
        UsageError: another number of sizes.
    """
    return tuple(map(as_size, _for_each_axis(value, what, count)))


def _for_each_axis(value: Any, what: str, count: int) -> tuple[Any, ...]:
    values = value if isinstance(value, tuple) else (value,) * count
    if len(values) != count:
        raise UsageError(
            f"the {what} has {counted(len(values), 'number', 'numbers')} for {counted(count, 'axis', 'axes')}",
            fix=f"Give one, or {count}." if count > 1 else "Give one.",
            name=what,
        )
    return values


def whole_number(value: Any, what: str, least: int) -> Integer:
    """A number of at least `least` that a layer needs as one: a stride, a padding.

    Raises:
        UsageError: it is none.
    """
    found = value if isinstance(value, Expr) else number(value)
    if not isinstance(found, Integer) or found < least:
        raise UsageError(f"the {what} is {value}", fix=f"Give a whole number of at least {least}.", name=what)
    return found


def whole_numbers(value: Any, what: str, least: int, count: int) -> tuple[Integer, ...]:
    """`count` such numbers: those of a tuple, or the same for each axis."""
    return tuple(whole_number(one, what, least) for one in _for_each_axis(value, what, count))


def leading(count: int) -> tuple[Symbol, ...]:
    """Indices for the axes before those that a layer works on; over time steps for a sequence."""
    return tuple(index("t" if place == 0 else f"t{place}") for place in range(count))


def check_rank(name: str, source: Array, least: int, shape: str, most: int | None = None) -> None:
    """The source has at least so many axes, and at most `most`.

    Raises:
        ShapeError: it has not; `shape` says what is needed.
    """
    rank = len(source.shape)
    if rank < least or (most is not None and rank > most):
        raise ShapeError(
            f"{name} reads {described(source)}, which has {counted(rank, 'axis', 'axes') if rank else 'no axis'}",
            because=f"Its shape is {bracketed(source.shape)}." if rank else "It is a scalar.",
            fix=f"Give it {shape}.",
            name=source.label or None,
        )


def check_shape(name: str, what: str, given: Array, shape: tuple[Expr, ...], without: str = "") -> None:
    """A tensor given as an option has the shape that it needs; `without` says what stands in its place.

    Raises:
        ShapeError: it has another.
        ModelError: it is declared as integer.
    """
    check_real(given)
    if given.shape != shape:
        raise ShapeError(
            f"the {what} of {name} {f'has the shape {bracketed(given.shape)}' if given.shape else 'is a scalar'}",
            fix=f"Give a tensor of the shape {bracketed(shape)}{f'; without one {without}' if without else ''}.",
            name=given.label or None,
        )
