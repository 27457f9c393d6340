"""Numbers in brackets: a scalar, a column, a matrix, with one number of decimals so that all can be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from symbackprop.errors import RenderError
from symbackprop.notation.writing.layout import Dots, Grid, Infinity, Layout, Number, Terms, Words

DIGITS = 4
"""Significant digits of the largest number in a grid."""

_MOST = 6  # rows or columns that are shown
_FIRST = 4  # of more, those before the dots
_LARGE = 10**7
_SMALL = 2  # zeros behind the point beyond the digits that are wanted


def numbers_grid(array: ArrayLike, digits: int = DIGITS) -> Layout:
    """A scalar as a number, a vector as a column, a matrix, in brackets.

    All numbers have the decimals that give the largest one `digits` significant digits, trailing zeros too. Numbers
    that are all very large or very small are written with powers of ten. Of more than 6 rows or columns, the first
    four and the last stand beside dots.

    Raises:
        RenderError: an array with more than two axes, or with an axis that has no entries.
    """
    numbers = np.asarray(array, dtype=np.float64)
    if numbers.ndim > 2 or not numbers.size:
        raise RenderError(
            f"an array of shape {numbers.shape} is no scalar, column or matrix", fix="Take one of its matrices."
        )
    shown = [float(v) for v in numbers.flat if math.isfinite(v)]
    decimals = _decimals(max(map(abs, shown), default=0.0), digits)
    if numbers.ndim == 0:
        return _number(float(numbers), decimals, digits)
    matrix = numbers.reshape(len(numbers), -1)
    columns = _places(matrix.shape[1])
    cells = [_row(matrix[row], columns, decimals, digits) if row is not None else None for row in _places(len(matrix))]
    dots = tuple(Dots("⋱" if column is None else "⋮") for column in columns)
    return Grid(tuple(dots if row is None else row for row in cells))


def _row(row: np.ndarray, columns: Sequence[int | None], decimals: int | None, digits: int) -> tuple[Layout, ...]:
    return tuple(Dots("⋯") if place is None else _number(float(row[place]), decimals, digits) for place in columns)


def _places(count: int) -> list[int | None]:
    """The places that are shown, None for dots."""
    if count <= _MOST:
        return list(range(count))
    return [*range(_FIRST), None, count - 1]


def _decimals(largest: float, digits: int) -> int | None:
    """The decimals that give the largest number so many significant digits; None for powers of ten."""
    if largest == 0:
        return 0
    exponent = int(f"{largest:.{digits - 1}e}".partition("e")[2])
    if largest >= _LARGE or exponent < -_SMALL - 1:
        return None
    return max(0, digits - 1 - exponent)


def _number(value: float, decimals: int | None, digits: int) -> Layout:
    """One number, its minus as in formulas; what rounds to zero has none."""
    if math.isnan(value):
        return Words("nan")
    if math.isinf(value):
        shown: Layout = Infinity()
    elif decimals is None:
        mantissa, _, exponent = f"{abs(value):.{digits - 1}e}".partition("e")
        shown = Number(f"{mantissa}e{int(exponent)}" if value else "0")
    else:
        shown = Number(f"{abs(value):.{decimals}f}")
    is_zero = isinstance(shown, Number) and not shown.digits.partition("e")[0].strip("0.")
    return Terms(((-1, shown),)) if value < 0 and not is_zero else shown
