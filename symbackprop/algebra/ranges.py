r"""Which integer expressions are never negative: interval arithmetic over boxes, under size facts and guards.

Everything here proves or stays silent; `False` means "not proved".
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sympy import Expr, Integer, Symbol, floor
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import ArgMax

_DEPTH = 2  # how many facts one proof may add up


def is_nonnegative(expr: Expr, ranges: Ranges, space: Space, extra: Iterable[Expr] = ()) -> bool:
    """Whether `expr` >= 0 wherever each index is in its box, each size at least 1, and each of `extra` >= 0."""
    expr = expr.expand()
    boxes = tuple(sorted(((v, ranges[v]) for v in free_indices(expr) if v in ranges), key=str))
    if _is_nonnegative_in_box(expr, boxes):
        return True
    facts = tuple(dict.fromkeys(fact.expand() for fact in (*space.size_facts, *extra)))
    return expr in facts or _by_facts(expr, facts, ranges, _DEPTH)


def _by_facts(expr: Expr, facts: tuple[Expr, ...], ranges: Ranges, depth: int) -> bool:
    """Whether `expr` minus a sum of up to `depth` facts is never negative in the boxes."""
    symbols = expr.free_symbols
    for fact in facts:
        if not fact.free_symbols & symbols:
            continue
        rest = (expr - fact).expand()
        boxes = tuple(sorted(((v, ranges[v]) for v in free_indices(rest) if v in ranges), key=str))
        if _is_nonnegative_in_box(rest, boxes) or (depth > 1 and _by_facts(rest, facts, ranges, depth - 1)):
            return True
    return False


@lru_cache(maxsize=65536)
def _is_nonnegative_in_box(expr: Expr, boxes: tuple[tuple[Symbol, Expr], ...]) -> bool:
    least = _least(_without_floors(expr, dict(boxes)), boxes)
    return least is not None and _is_nonnegative_in_sizes(least)


def _least(expr: Expr | None, boxes: tuple[tuple[Symbol, Expr], ...]) -> Expr | None:
    """The least value of an expression affine in its indices, while they run over their boxes."""
    for variable, extent in boxes:
        if expr is None:
            return None
        slope = expr.coeff(variable)
        rest = (expr - slope * variable).expand()
        if rest.has(variable) or slope.has(variable):
            return None
        if _is_nonnegative_in_sizes(slope):
            expr = rest
        elif _is_nonnegative_in_sizes(-slope):
            expr = (rest + slope * (extent - 1)).expand()
        else:
            return None
    return expr


def _without_floors(expr: Expr, ranges: Ranges) -> Expr | None:
    """A lower bound of `expr` without floors, argmaxes or integer data; None if there is none."""
    atoms = expr.atoms(floor, ArgMax, Indexed)
    for atom in sorted((a for a in atoms if not any(a is not b and b.has(a) for b in atoms)), key=str):
        slope = expr.coeff(atom)
        rest = (expr - slope * atom).expand()
        if rest.has(atom) or not slope.is_number:
            return None
        bound = _bound_of(atom, ranges, upper=bool(slope < 0))
        if bound is None:
            return None
        expr = (rest + slope * bound).expand()
    return expr


def _bound_of(atom: Expr, ranges: Ranges, *, upper: bool) -> Expr | None:
    if isinstance(atom, ArgMax):
        return atom.bound[1] - 1 if upper else Integer(0)
    if isinstance(atom, floor):
        inner = atom.args[0]
        boxes = tuple(sorted(((v, ranges[v]) for v in free_indices(inner) if v in ranges), key=str))
        if upper:
            return inner
        return Integer(0) if _is_nonnegative_in_box(inner.expand(), boxes) else inner - 1
    return None


@lru_cache(maxsize=65536)
def _is_nonnegative_in_sizes(expr: Expr) -> bool:
    """Whether a polynomial in sizes is never negative, each size being at least 1: put s = 1 + s', look at signs."""
    if expr.is_number:
        return bool(expr >= 0)
    symbols = sorted(expr.free_symbols, key=str)
    if not all(s.is_integer and s.is_positive for s in symbols):
        return False
    shifted = expr.xreplace({s: s + 1 for s in symbols}).expand()
    return all(c.is_number and c >= 0 for c in shifted.as_coefficients_dict().values()) and shifted.is_polynomial(
        *symbols
    )


def affine_coefficient(expr: Expr, variable: Symbol) -> Expr | None:
    """The coefficient of `variable` in an expression affine in it; None if it stands in a floor or another index."""
    expr = expr.expand()
    slope = expr.coeff(variable)
    rest = expr - slope * variable
    if slope.has(variable) or rest.has_free(variable) or any(a.has_free(variable) for a in expr.atoms(floor, Indexed)):
        return None
    return slope
