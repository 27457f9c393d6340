r"""What a written expression stands for: a scalar, a vector, a row, a matrix or a larger array, entry by entry.

A vector as declared has no side: \(Wx\) and \(xW\) are both products of it. `x^T` is a row, so that \(x^T y\) is a
number and \(x y^T\) a matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, fresh
from symbackprop.algebra.symbols import total


@dataclass(frozen=True, slots=True)
class Value:
    """An array; `row` marks a vector that was transposed."""

    array: Array
    row: bool = False

    @property
    def rank(self) -> int:
        return len(self.array.shape)

    @property
    def shape(self) -> tuple[Expr, ...]:
        return self.array.shape

    @property
    def expression(self) -> Expr:
        """The expression of a scalar."""
        return self.array.expression


def scalar(expression: Expr) -> Value:
    return Value(Array((), (), expression))


def same_size(left: Expr, right: Expr) -> bool:
    return left == right or (left - right).expand() == 0


def same_shape(left: tuple[Expr, ...], right: tuple[Expr, ...]) -> bool:
    return len(left) == len(right) and all(same_size(a, b) for a, b in zip(left, right, strict=True))


def fresh_letters(count: int, arrays: Iterable[Array], taken: frozenset[Symbol]) -> list[Symbol]:
    """Names for `count` indices that stand free in no array and are not taken."""
    avoid = set(taken)
    for array in arrays:
        avoid |= all_symbols(array.expression) - set(array.indices)
    chosen: list[Symbol] = []
    for _ in range(count):
        chosen.append(fresh([*avoid, *chosen]))
    return chosen


def entrywise(function: Callable[..., Expr], arrays: tuple[Array, ...], taken: frozenset[Symbol]) -> Array:
    """`function` of the entries at equal indices; scalars serve at every index. All shapes are equal or ()."""
    shape = next((array.shape for array in arrays if array.shape), ())
    indices = tuple(fresh_letters(len(shape), arrays, taken))
    entries = [array.at(*indices) if array.shape else array.expression for array in arrays]
    return Array(indices, shape, function(*entries))


def spread(values: Iterable[Value]) -> list[Value]:
    """Values of which those that lack the last axis of the largest are repeated along it, if that has three or more.

    So are sums and means that were taken along it, and statistics of each row: nothing else has a meaning beside it.
    """
    found = list(values)
    whole = max(found, key=lambda value: value.rank)
    return [_along_last(value, whole) for value in found] if whole.rank > 2 else found


def _along_last(value: Value, whole: Value) -> Value:
    fits = same_shape(value.shape, whole.shape[:-1]) and not same_shape(value.shape, whole.shape[1:])
    if not fits:
        return value
    last = fresh_letters(1, (value.array,), frozenset(value.array.indices))
    return Value(Array((*value.array.indices, *last), whole.shape, value.array.expression))


def contracted(left: Array, right: Array, taken: frozenset[Symbol]) -> Array:
    r"""\(\sum_k A[\dots, k] B[k, \dots]\): the last index of one with the first of the other, of equal size."""
    outer, inner = len(left.shape) - 1, len(right.shape) - 1
    *indices, shared = fresh_letters(outer + inner + 1, (left, right), taken)
    factors = left.at(*indices[:outer], shared) * right.at(shared, *indices[outer:])
    return Array(tuple(indices), (*left.shape[:-1], *right.shape[1:]), total(factors, (shared, left.shape[-1])))


def outer(left: Array, right: Array, taken: frozenset[Symbol]) -> Array:
    r"""\(u_i v_j\)."""
    first, second = fresh_letters(2, (left, right), taken)
    return Array((first, second), (*left.shape, *right.shape), left.at(first) * right.at(second))


def transposed(value: Value) -> Value:
    """A matrix with its indices exchanged; a vector as a row, a row as a vector."""
    array = value.array
    if len(array.shape) == 1:
        return Value(array, not value.row)
    return Value(Array(array.indices[::-1], array.shape[::-1], array.expression))


def as_vector(value: Value, taken: frozenset[Symbol]) -> Value:
    """A number as a vector of one entry."""
    if value.rank:
        return value
    return Value(Array(tuple(fresh_letters(1, (value.array,), taken)), (Integer(1),), value.expression))


def as_matrix(value: Value) -> Value:
    """A vector as a column or a row of one."""
    array = value.array
    if len(array.shape) != 1:
        return value
    other = fresh_letters(1, (array,), frozenset(array.indices))[0]
    indices, shape = (array.indices[0], other), (array.shape[0], Integer(1))
    column = Value(Array(indices, shape, array.expression))
    return transposed(column) if value.row else column


def dimensions(shape: tuple[Expr, ...]) -> str:
    """`h×n`."""
    return "×".join(f"({size})" if size.is_Add else str(size) for size in shape)


def in_words(shape: tuple[Expr, ...], row: bool = False) -> str:
    """`is h×n`, `has n entries`, `is a scalar`."""
    if not shape:
        return "is a scalar"
    if len(shape) == 1:
        entries = "1 entry" if shape[0] == 1 else f"{shape[0]} entries"
        return f"is a row of {entries}" if row else f"has {entries}"
    return f"is {dimensions(shape)}"


def places(shape: tuple[Expr, ...]) -> str:
    """The indices of an entry: `[i,j]` of a matrix, none of a scalar."""
    return f"[{','.join('ijklpqrstuv'[: len(shape)])}]" if shape else ""


def described(written: str, value: Value) -> str:
    """`W is h×n`, `x has n entries`, `b is a scalar`."""
    return f"{written} {in_words(value.shape, value.row)}"
