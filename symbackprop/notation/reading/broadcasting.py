"""Arrays of different shapes beside each other, as NumPy has them: axes are compared from the last one backwards.

What a program sums away without keeping the axis, `x - x.mean(-1)`, is meant to stand for that axis.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, S

from symbackprop.algebra.arrays import Array
from symbackprop.notation.reading.values import Value, fresh_letters, same_shape, same_size

Shape = tuple[Expr, ...]


def broadcast(values: Sequence[Value]) -> list[Value]:
    """The arrays in the shape of the largest, as they are where that does not fit; numbers stay numbers."""
    largest = max(values, key=lambda value: value.rank)
    shape = largest.shape
    for value in values:
        if value.rank == largest.rank and value.rank > 1:
            shape = tuple(a if not same_size(a, S.One) else b for a, b in zip(shape, value.shape, strict=True))
    if len(shape) < 2:
        return list(values)
    return [_stretched(value, shape) if value.rank else value for value in values]


def _stretched(value: Value, shape: Shape) -> Value:
    if same_shape(value.shape, shape):
        return value
    for offset in (len(shape) - value.rank, 0):
        own = shape[offset : offset + value.rank]
        if all(same_size(a, b) or same_size(a, S.One) for a, b in zip(value.shape, own, strict=True)):
            letters = fresh_letters(len(shape), (value.array,), frozenset())
            places = letters[offset : offset + value.rank]
            at = (S.Zero if same_size(a, S.One) else at for a, at in zip(value.shape, places, strict=True))
            return Value(Array(tuple(letters), shape, value.array.at(*at)))
    return value
