r"""Sums moved to where an entry is read at all: a convolution's adjoint sums over the kernel's window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Expr, Pow, S, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import fresh
from symbackprop.algebra.collapse import is_total, settle
from symbackprop.algebra.ranges import affine_coefficient, is_nonnegative
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import index, indices_of, tensor_of
from symbackprop.algebra.terms import Term


def over_windows(term: Term, ranges: Ranges, space: Space) -> Term:
    r"""Sums over the places where an entry is read at all: \(\sum_p W_{p-e} f(p) = \sum_{0 \le u < K} W_u f(e+u)\).

    W is 0 outside of [0, K). Every e + u is in the range of p; or f is 0 outside of it and the window is the shorter.
    """
    for variable, extent in term.bounds:  # each at most once
        boxes = {**ranges, **dict(term.bounds)}
        if not all(is_total(factor, term, boxes, space) for factor in term.factors):
            return term
        new = fresh({*ranges, *space.sizes, *term.symbols}, index("u"))
        for value, width in _windows(term, variable, new, boxes, space):
            guards = value, (extent - 1 - value).expand()
            inside = {**boxes, new: width}
            if all(is_nonnegative(g, inside, space) for g in guards) or _is_shorter(width, extent, space):
                moved = term.substituted({variable: value})
                bounds = tuple((new, width) if v == variable else (v, n) for v, n in term.bounds)
                settled = settle(replace(moved, bounds=bounds, guards=(*moved.guards, *guards)), ranges, space)
                if settled is not None and len(settled.guards) <= len(term.guards):
                    term = settled
                    break
    return term


def _is_shorter(width: Expr, extent: Expr, space: Space) -> bool:
    """Whether one range is known, or else likely, to be shorter: a literal than a size, a size than a difference."""
    if width.is_number or extent.is_number:
        return bool(width.is_number and (not extent.is_number or width < extent))
    if is_nonnegative(extent - width - 1, {}, space) or is_nonnegative(width - extent, {}, space):
        return is_nonnegative(extent - width - 1, {}, space)
    return isinstance(width, Symbol) and not isinstance(extent, Symbol)


def _windows(term: Term, variable: Symbol, new: Symbol, boxes: Ranges, space: Space) -> Iterator[tuple[Expr, Expr]]:
    """Values of a bound index at which an entry that may be out of range reads `new` itself, and how far."""
    if any(extent.has_free(variable) for _, extent in term.bounds):
        return
    for factor in term.factors:
        base = factor.base if isinstance(factor, Pow) and factor.exp.is_positive else factor
        if not isinstance(base, Indexed):
            continue
        for position, width in zip(indices_of(base), space.shapes.get(str(tensor_of(base)), ()), strict=False):
            slope = affine_coefficient(position, variable)
            if slope not in (S.One, S.NegativeOne) or width.has_free(variable):
                continue
            if not all(is_nonnegative(g, boxes, space) for g in (position, (width - 1 - position).expand())):
                yield ((new - (position - slope * variable)) / slope).expand(), width
