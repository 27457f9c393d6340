r"""Which integer expressions are never negative: interval arithmetic over boxes, under size facts and guards.

Everything here proves or stays silent; `False` means "not proved".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import gcd

from sympy import Basic, Expr, Mod, S, Symbol, floor, fraction
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import ArgMax, Guard, tensor_of, text_of

_DEPTH = 2  # how many facts one proof may add up


def is_nonnegative(expr: Expr, ranges: Ranges, space: Space, extra: Iterable[Expr] = ()) -> bool:
    """Whether `expr` >= 0 wherever each index is in its box, each size at least 1, and each of `extra` >= 0."""
    expr = _without_choices(expr.expand(), space)
    if _is_nonnegative_in_box(expr, _boxes(expr, ranges)):
        return True
    facts = tuple(dict.fromkeys(fact.expand() for fact in (*space.size_facts, *extra)))
    return expr in facts or _by_facts(expr, facts, ranges, _DEPTH)


def _without_choices(expr: Expr, space: Space) -> Expr:
    """An expression that is at most `expr`, without the data in it that are valid indices: 0 <= i <= n - 1."""
    for atom in sorted(expr.atoms(Indexed, Symbol), key=str) if space.limits else ():
        limits, slope = space.limits.get(str(tensor_of(atom)), ()), expr.coeff(atom)
        rest = (expr - slope * atom).expand()
        if not limits or not slope.is_number or rest.has(atom):
            continue
        expr = rest if slope > 0 else (rest + slope * (limits[0] - 1)).expand()
    return expr


def count_of(extent: Expr, space: Space) -> Expr:
    r"""How many integers there are in [0, n): n, and where sizes may make n negative, \(n\,[n \ge 0]\)."""
    return extent if is_count(extent, space) else extent * Guard(extent)


def is_count(extent: Expr, space: Space) -> bool:
    """Whether [0, `extent`) has just so many integers: it is not negative, since no axis of a tensor is empty."""
    return is_nonnegative(extent, {}, space, space.axes)


def _by_facts(expr: Expr, facts: tuple[Expr, ...], ranges: Ranges, depth: int) -> bool:
    """Whether `expr` minus a sum of up to `depth` facts is never negative in the boxes."""
    symbols = expr.free_symbols
    for fact in facts:
        if not fact.free_symbols & symbols:
            continue
        rest = (expr - fact).expand()
        if _is_nonnegative_in_box(rest, _boxes(rest, ranges)) or (
            depth > 1 and _by_facts(rest, facts, ranges, depth - 1)
        ):
            return True
    return False


@lru_cache(maxsize=65536)
def _is_nonnegative_in_box(expr: Expr, boxes: tuple[tuple[Symbol, Expr], ...]) -> bool:
    for bound in _without_floors(expr, dict(boxes)):
        least = _least(bound, boxes)
        if least is not None and any(map(_is_nonnegative_in_sizes, _without_floors(least, {}))):
            return True  # the second time without those in the sizes of boxes
    return False


def _least(expr: Expr, boxes: tuple[tuple[Symbol, Expr], ...]) -> Expr | None:
    """The least value of an expression affine in its indices, while they run over their boxes."""
    for variable, extent in boxes:
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


def _without_floors(expr: Expr, ranges: Ranges) -> Iterator[Expr]:
    r"""Expressions without floors, remainders, argmaxes and integer data, any of which is >= 0 only where `expr` is.

    An integer r is at least \(\lfloor e/s \rfloor\) just where \(s r + s - 1 \ge e\), and at most that just where
    \(s r \le e\); other multiples of a floor are bounded.
    """
    outer = outermost(expr, floor, Mod, ArgMax, Indexed)
    if not outer:
        yield expr
        return
    slope = expr.coeff(outer[0])
    rest = (expr - slope * outer[0]).expand()
    if not rest.has(outer[0]):
        for found in _bounded(outer[0], slope, rest, ranges):
            yield from _without_floors(found.expand(), ranges)


def outermost(expr: Expr, *kinds: type[Basic]) -> list[Expr]:
    """The parts of these kinds that stand in no other, sorted."""
    atoms = expr.atoms(*kinds)
    return sorted((a for a in atoms if not any(a is not b and b.has(a) for b in atoms)), key=str)


def _bounded(atom: Expr, slope: Expr, rest: Expr, ranges: Ranges) -> Iterator[Expr]:
    """What is >= 0 only where `rest` plus `slope` times the atom is, without the atom."""
    if isinstance(atom, ArgMax | Mod) and slope.is_number:
        count = atom.bound[1] if isinstance(atom, ArgMax) else atom.args[1]
        if _is_nonnegative_in_sizes(count - 1):
            yield rest + slope * (count - 1 if slope < 0 else 0)
    if not isinstance(atom, floor):
        return
    above, below = quotient_of(atom)
    if not _is_nonnegative_in_sizes(below - 1):
        return
    if slope in (S.One, S.NegativeOne) and rest.is_integer:
        yield slope * above + below * rest + (below - 1 if slope == -1 else 0)
        return
    if slope.is_number and slope > 0 and _is_nonnegative_in_box(above, _boxes(above, ranges)):
        yield rest
    times = slope / below  # s floor(e/s) lies between e - s + 1 and e
    if times.is_number:
        yield rest + times * (above if times < 0 else above - below + 1)


def _boxes(expr: Expr, ranges: Ranges) -> tuple[tuple[Symbol, Expr], ...]:
    return tuple(sorted(((v, ranges[v]) for v in free_indices(expr) if v in ranges), key=text_of))


def quotient_of(atom: Expr) -> tuple[Expr, Expr]:
    r"""e and s of \(\lfloor e/s \rfloor\), s being an integer."""
    above, below = fraction(atom.args[0].together())
    return above.expand(), below.expand()


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


def without_common_factor(expr: Expr) -> tuple[int, Expr, Expr]:
    """g, e and c of an integer expression g e + c: the common factor of all coefficients but that of the number."""
    number, rest = expr.expand().as_coeff_Add()
    coefficients = rest.as_coefficients_dict().values()
    common = gcd(*(int(c.p) if c.is_Integer else 1 for c in coefficients))
    return (common, (rest / common).expand(), number) if common > 1 and number.is_Integer else (1, rest, number)


def affine_coefficient(expr: Expr, variable: Symbol) -> Expr | None:
    """The coefficient of `variable` in an expression affine in it; None if it stands in a floor or another index."""
    expr = expr.expand()
    slope = expr.coeff(variable)
    rest = expr - slope * variable
    nested = expr.atoms(floor, Indexed)
    if slope.has(variable) or rest.has_free(variable) or any(a.has_free(variable) for a in nested):
        return None
    return slope
