"""Where one index counts the entries of several axes, or several count those of one: a reshaped array."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Mul, Symbol

from symbackprop.compiling.sources.places import Axis, Place
from symbackprop.model.layers.reshaping import digits


def counted_by_one(axes: Sequence[Axis], place: Place) -> tuple[int, Symbol] | None:
    """How many axes from the first on one index counts through, the last axis fastest, and that index."""
    for count in range(2, len(axes) + 1):
        shape = tuple(axis.extent for axis in axes[:count])
        for symbol in place.axes:
            whole = place.ranges[symbol] == Mul(*shape).expand() and axes[0].position.has(symbol)
            if whole and all(a.position == p for a, p in zip(axes, digits(symbol, shape), strict=False)):
                return count, symbol
    return None


def counting_one(axis: Axis, place: Place) -> tuple[Symbol, ...]:
    """The indices that count through all entries of one axis, the last fastest; none if they do not."""
    if not axis.affine or len(axis.slopes) < 2 or axis.offset != 0:
        return ()
    rest, found = axis.extent, []
    for symbol, slope in sorted(axis.slopes.items(), key=lambda item: _size_key(item[1]), reverse=True):
        rest = (rest / place.ranges[symbol]).expand()
        if rest != slope:
            return ()
        found.append(symbol)
    return tuple(found) if rest == 1 else ()


def _size_key(size: Expr) -> tuple[int, Expr, str]:
    """Products with more symbols count as larger."""
    number, symbols = size.as_coeff_Mul()
    return len(Mul.make_args(symbols)) if symbols != 1 else 0, number, str(symbols)
