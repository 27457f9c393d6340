r"""Arrays: tensors given entry by entry, with the operators that people write between whole tensors.

`+ - * / **` go entry by entry between equal shapes, and a scalar goes with any shape. `A @ B` is the matrix product; a
vector (n,) is a column, so `W @ x` has as many entries as W has rows, `x @ y` is the dot product, `x.T` is the row
(1, n), and `dz @ x.T` the outer product. An entry `W[i, j]` is a scalar in which i and j stand free.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sympy import Expr, Integer, Rational, S, Symbol, sympify

from symbackprop.algebra.binding import free_indices, fresh, substitute
from symbackprop.algebra.symbols import entry, total
from symbackprop.errors import ShapeError, UsageError

Shape = tuple[Expr, ...]


class Operators:
    """The operators of everything that stands for an array."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy leaves `number * tensor` to us
    __iter__ = None  # or Python would try x[0], x[1], ... for ever

    def whole(self) -> Array:
        """This as an array."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Array:
        return _elementwise("add", "+", lambda a, b: a + b, self, other)

    def __radd__(self, other: Any) -> Array:
        return _elementwise("add", "+", lambda a, b: a + b, other, self)

    def __sub__(self, other: Any) -> Array:
        return _elementwise("subtract", "-", lambda a, b: a - b, self, other)

    def __rsub__(self, other: Any) -> Array:
        return _elementwise("subtract", "-", lambda a, b: a - b, other, self)

    def __mul__(self, other: Any) -> Array:
        return _elementwise("multiply", "*", lambda a, b: a * b, self, other)

    def __rmul__(self, other: Any) -> Array:
        return _elementwise("multiply", "*", lambda a, b: a * b, other, self)

    def __truediv__(self, other: Any) -> Array:
        return _elementwise("divide", "/", lambda a, b: a / b, self, other)

    def __rtruediv__(self, other: Any) -> Array:
        return _elementwise("divide", "/", lambda a, b: a / b, other, self)

    def __pow__(self, other: Any) -> Array:
        return _elementwise("raise", "**", lambda a, b: a**b, self, other)

    def __rpow__(self, other: Any) -> Array:
        return _elementwise("raise", "**", lambda a, b: a**b, other, self)

    def __neg__(self) -> Array:
        array = self.whole()
        return entrywise(lambda e: -e, array, label=f"-{_inner(array)}")

    def __matmul__(self, other: Any) -> Array:
        return product(self, other)

    def __rmatmul__(self, other: Any) -> Array:
        return product(other, self)

    @property
    def T(self) -> Array:
        """The transpose: of a vector a row (1, n), of a scalar itself."""
        return transposed(self.whole())

    def __getitem__(self, key: Any) -> Array:
        return _indexed(self.whole(), key if isinstance(key, tuple) else (key,))


@dataclass(frozen=True, slots=True)
class Array(Operators):
    r"""A tensor given entry by entry: \(A[i_1, \dots, i_r] = \) `expression` for each \(0 \le i_k < \) `shape[k]`.

    `label` is how the user wrote it, for messages. `sources` are the records (tensors, functions) that it was made
    from; the algebra only passes them on.
    """

    indices: tuple[Symbol, ...]
    shape: Shape
    expression: Expr
    label: str = field(default="", compare=False, repr=False)
    sources: tuple[Any, ...] = field(default=(), compare=False, repr=False)

    @property
    def ranges(self) -> dict[Symbol, Expr]:
        """The size of each free index."""
        return dict(zip(self.indices, self.shape, strict=True))

    def whole(self) -> Array:
        return self

    def at(self, *indices: object) -> Expr:
        """The entry at `indices`, substituted without capture."""
        values = tuple(sympify(value, strict=True) for value in indices)
        return substitute(self.expression, dict(zip(self.indices, values, strict=True)))


def array_of(name: str, shape: Shape, sources: tuple[Any, ...] = ()) -> Array:
    """The named tensor as an array: each entry is itself."""
    indices = _indices_of(shape)
    return Array(indices, shape, entry(name, *indices), name, sources)


@lru_cache(maxsize=4096)
def _indices_of(shape: Shape) -> tuple[Symbol, ...]:
    """Letters for the axes of a shape, none of them a size's."""
    sizes = [symbol for extent in shape for symbol in extent.free_symbols]
    indices: list[Symbol] = []
    for _ in shape:
        indices.append(fresh([*indices, *sizes]))
    return tuple(indices)


def number(value: Any) -> Expr:
    """A Python number as an exact one; a float by its decimal digits, so that 0.1 is 1/10.

    Raises:
        UsageError: no number, or none that is real and finite.
    """
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # a NumPy scalar
    if isinstance(value, int) and not isinstance(value, bool):
        return Integer(value)
    if isinstance(value, Fraction):
        return Rational(value.numerator, value.denominator)
    if isinstance(value, float) and math.isfinite(value):
        return Rational(repr(value))
    raise UsageError(f"{value!r} is no real, finite number", fix="Use tensors, numbers, and SymPy expressions in them.")


def as_array(value: Any) -> Array:
    """A tensor, an array, an expression or a number as an array."""
    if isinstance(value, Operators):
        return value.whole()
    expression = value if isinstance(value, Expr) else number(value)
    return Array((), (), expression, str(expression))


def sources_of(arrays: Iterable[Array]) -> tuple[Any, ...]:
    """The sources of several arrays, each once, in order."""
    found: list[Any] = []
    for array in arrays:
        found.extend(source for source in array.sources if source not in found)
    return tuple(found)


def entrywise(function: Callable[..., Expr], *operands: Any, label: str = "", sources: tuple[Any, ...] = ()) -> Array:
    """A function of entries, entry by entry; scalars go with any shape.

    Raises:
        ShapeError: two shapes that differ.
    """
    arrays = [as_array(operand) for operand in operands]
    first = next((array for array in arrays if array.shape), arrays[0])
    for array in arrays:
        if array.shape and array.shape != first.shape:
            raise _clash("combine", first, array, f"{label or 'this'} goes entry by entry between equal shapes.")
    indices = names_apart(first, arrays)
    values = [array.at(*indices) if array.shape else array.expression for array in arrays]
    return Array(indices, first.shape, function(*values), label, (*sources_of(arrays), *sources))


def names_apart(first: Array, arrays: Iterable[Array]) -> tuple[Symbol, ...]:
    """The indices of `first`, renamed where another array has one of these names free."""
    taken = _foreign(*arrays)
    indices: list[Symbol] = []
    for variable in first.indices:
        indices.append(fresh([*taken, *indices], variable))
    return tuple(indices)


def _elementwise(verb: str, sign: str, function: Callable[..., Expr], left: Any, right: Any) -> Array:
    a, b = as_array(left), as_array(right)
    if a.shape and b.shape and a.shape != b.shape:
        raise _clash(verb, a, b, f"{sign} goes entry by entry and needs equal shapes.", _suggested_sum(sign, a, b))
    if verb == "divide" and b.expression is S.Zero:
        raise UsageError(f"{described(a)} divided by 0", fix="Divide by something else.")
    return entrywise(function, a, b, label=_joined(a, sign, b))


def product(left: Any, right: Any) -> Array:
    r"""The matrix product \(\sum_k A_{ik} B_{kj}\); vectors are columns.

    Raises:
        ShapeError: scalars, ranks above 2, or inner sizes that differ.
    """
    a, b = as_array(left), as_array(right)
    if not a.shape or not b.shape:
        raise _clash("form the matrix product of", a, b, "@ is the product of matrices and vectors.", "Use * to scale.")
    if max(len(a.shape), len(b.shape)) > 2:
        raise _clash(
            "form the matrix product of", a, b, "@ takes ranks 1 and 2.", "Write the equation with indices and a sum."
        )
    if len(a.shape) == 1 and len(b.shape) == 2:
        return _outer(a, b)
    if a.shape[-1] != b.shape[0]:
        reason = f"the inner sizes {a.shape[-1]} and {b.shape[0]} differ."
        raise _clash("multiply", a, b, reason, _suggested_product(a, b))
    taken = _foreign(a, b)
    rows: list[Symbol] = []
    for variable in (*a.indices[:-1], *b.indices[1:]):
        rows.append(fresh([*taken, *rows], variable))
    inner = fresh([*taken, *rows], a.indices[-1])
    cut = len(a.shape) - 1
    body = a.at(*rows[:cut], inner) * b.at(inner, *rows[cut:])
    shape = (*a.shape[:-1], *b.shape[1:])
    return Array(tuple(rows), shape, total(body, (inner, a.shape[-1])), _joined(a, "@", b), sources_of((a, b)))


def _outer(a: Array, b: Array) -> Array:
    """A column (m,) times a row (1, n)."""
    if b.shape[0] != 1:
        reason = f"a vector is a column, so the other must have 1 row, and it has {b.shape[0]}."
        raise _clash("multiply", a, b, reason, _suggested_product(a, b))
    flat = Array(b.indices[1:], b.shape[1:], substitute(b.expression, {b.indices[0]: S.Zero}))
    taken = _foreign(a, flat)
    i = fresh(taken, a.indices[0])
    j = fresh([*taken, i], flat.indices[0])
    return Array((i, j), (*a.shape, *flat.shape), a.at(i) * flat.at(j), _joined(a, "@", b), sources_of((a, b)))


def transposed(array: Array) -> Array:
    """The transpose; a vector becomes a row.

    Raises:
        ShapeError: a rank above 2.
    """
    if not array.shape:
        return array
    twice = array.label.endswith(".T") and array.shape[0] != 1
    label = array.label.removesuffix(".T") if twice else f"{_inner(array)}.T"
    if len(array.shape) == 1:
        row = fresh([*free_indices(array.expression), *_size_symbols(array.shape)])
        return Array((row, *array.indices), (S.One, *array.shape), array.expression, label, array.sources)
    if len(array.shape) > 2:
        raise ShapeError(
            f"cannot transpose {described(array)}",
            because=f"{_said(array)}; a transpose needs rank 2.",
            fix="Write its entries with their indices in another order.",
            name=array.label or None,
        )
    return Array(array.indices[::-1], array.shape[::-1], array.expression, label, array.sources)


def _indexed(array: Array, key: tuple[Any, ...]) -> Array:
    """Entries at index expressions; a slice `a:b` keeps its axis."""
    if len(key) != len(array.shape):
        said = (
            f"{_said(array)}, so it takes {_counted(len(array.shape), 'index', 'indices')}, and {len(key)} stand here."
        )
        raise ShapeError(
            f"{described(array)} read with {_counted(len(key), 'index', 'indices')}",
            because=said,
            fix="Give one index per axis; a : keeps a whole axis.",
            name=array.label or None,
        )
    at: list[Expr] = []
    kept: list[tuple[Symbol, Expr]] = []
    given = {s for part in key if isinstance(part, Expr) for s in part.free_symbols}
    for part, extent, variable in zip(key, array.shape, array.indices, strict=True):
        if isinstance(part, slice):
            start, length = _sliced(part, extent, array)
            own = fresh([*given, *(v for v, _ in kept), *_size_symbols(array.shape)], variable)
            kept.append((own, length))
            at.append(own + start)
        else:
            at.append(_position(part, array))
    label = f"{_inner(array)}[{', '.join(_written(part) for part in key)}]"
    indices, shape = tuple(v for v, _ in kept), tuple(length for _, length in kept)
    sources = sources_of((array, *(as_array(part) for part in key if not isinstance(part, slice))))
    return Array(indices, shape, array.at(*at), label, sources)


def _sliced(part: slice, extent: Expr, array: Array) -> tuple[Expr, Expr]:
    if part.step is not None:
        raise ShapeError(
            f"{described(array)} is sliced with a step",
            fix="Write the stride into the index: x[2*i].",
            name=array.label,
        )
    start = S.Zero if part.start is None else _position(part.start, array)
    stop = extent if part.stop is None else _position(part.stop, array)
    return start, stop - start


def _position(part: Any, array: Array) -> Expr:
    """An index expression: an integer, or the entry of an integer tensor."""
    value = as_array(part)
    expression = value.expression
    if value.shape or expression.is_integer is False or (expression.is_number and expression.is_negative):
        raise ShapeError(
            f"{described(array)} is read at {value.label or expression}, which is no index",
            because="An index is a whole number from 0 on, an index symbol, or an expression in these.",
            name=array.label or None,
        )
    return expression


# in words


def described(array: Array) -> str:
    """The array as the user wrote it, or by its shape."""
    if array.label or not array.shape:
        return array.label or "a scalar"
    return f"{'a vector of' if len(array.shape) == 1 else 'an array of shape'} {shape_in_words(array.shape)}"


def shape_in_words(shape: Shape) -> str:
    """`3×2`, `3 entries` or `scalar`."""
    if not shape:
        return "scalar"
    return _counted(shape[0], "entry", "entries") if len(shape) == 1 else "×".join(_factor(extent) for extent in shape)


def _said(array: Array) -> str:
    if not array.shape:
        return f"{described(array)} is a scalar"
    verb = "has" if len(array.shape) == 1 else "is"
    return f"{described(array)} {verb} {shape_in_words(array.shape)}"


def _counted(count: Any, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _factor(extent: Expr) -> str:
    return f"({extent})" if extent.is_Add else str(extent)


def _clash(verb: str, a: Array, b: Array, reason: str, fix: str | None = None) -> ShapeError:
    return ShapeError(
        f"cannot {verb} {described(a)} and {described(b)}",
        because=f"{_said(a)}, {_said(b)}: {reason}",
        fix=fix,
        name=a.label or b.label or None,
    )


def _suggested_sum(sign: str, a: Array, b: Array) -> str | None:
    if len(a.shape) == len(b.shape) == 2 and a.shape == b.shape[::-1]:
        return f"Did you mean {_inner(a)} {sign} {transposed(b).label}?"
    if sign == "*" and a.shape[-1] == b.shape[0]:
        return f"Did you mean {_inner(a)} @ {_inner(b)}?"
    return None


def _suggested_product(a: Array, b: Array) -> str | None:
    """The same product with a factor transposed or both exchanged, if its sizes fit; with the shape it has."""
    transposable = [(a, b), *([(transposed(a), b)] if len(a.shape) == 2 else []), (a, transposed(b))]
    for left, right in [*transposable, (b, a), (transposed(b), a), (b, transposed(a))]:
        columns = left.shape[1] if len(left.shape) == 2 else S.One
        if columns == right.shape[0] and (len(left.shape), len(right.shape)) != (1, 1):
            found = product(left, right)
            verb = "has" if len(found.shape) == 1 else "is"
            return f"Did you mean {found.label}, which {verb} {shape_in_words(found.shape)}?"
    return None


def _joined(a: Array, sign: str, b: Array) -> str:
    """`a sign b`, with brackets round what is itself composed; nothing where a part has no label or it grows long."""
    if not a.label or not b.label:
        return ""
    left = a.label if sign == "+" else _inner(a)
    label = f"{left} {sign} {_inner(b)}"
    return label if len(label) <= 60 else ""


def _inner(array: Array) -> str:
    label = array.label
    return f"({label})" if " " in label and not label.endswith(("]", ")")) else label


def _written(part: Any) -> str:
    if isinstance(part, slice):
        return f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"
    return part.whole().label if isinstance(part, Operators) else str(part)


def _foreign(*arrays: Array) -> set[Symbol]:
    """The names that an index of a result must not take: indices that stand free in an entry, and sizes."""
    free = {s for array in arrays for s in free_indices(array.expression) - set(array.indices)}
    return free | _size_symbols(extent for array in arrays for extent in array.shape)


def _size_symbols(shape: Iterable[Expr]) -> set[Symbol]:
    return {symbol for extent in shape for symbol in extent.free_symbols if isinstance(symbol, Symbol)}
