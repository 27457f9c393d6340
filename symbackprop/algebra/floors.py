r"""Floors in a term: those that are known, since a delta tells them, and those that are 0 in the boxes.

With \(q = \lfloor k/N \rfloor\), \(\delta(c, q)\, \delta(i, k - N q)\) is \(\delta(i, k - N c)\): where that holds, and
\(0 \le i < N\), q is c.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sympy import Expr, KroneckerDelta, S, floor

from symbackprop.algebra.ranges import is_nonnegative, outermost, quotient_of
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.terms import Term


def with_known_floors(factors: Iterable[Expr], boxes: Ranges, space: Space) -> tuple[Expr, ...]:
    """What each delta tells of floors put into the other deltas, once; a delta that is 1 then is left out."""
    factors = tuple(factors)
    deltas = [factor for factor in factors if isinstance(factor, KroneckerDelta)]
    if len(deltas) < 2 or not any(delta.has(floor) for delta in deltas):
        return factors
    waiting = list(range(len(deltas)))
    while waiting:
        for place in waiting:
            others = [delta for n, delta in enumerate(deltas) if n != place and isinstance(delta, KroneckerDelta)]
            told = next(_told(deltas[place], others, boxes, space), None)
            if told is not None:
                deltas = [d if n == place else _with(d, told, boxes, space) for n, d in enumerate(deltas)]
                waiting = [n for n in waiting if n != place and isinstance(deltas[n], KroneckerDelta)]
                break
        else:
            break
    rest = (factor for factor in factors if not isinstance(factor, KroneckerDelta))
    return (*rest, *(delta for delta in deltas if delta != 1))


def _told(delta: Expr, others: list[Expr], boxes: Ranges, space: Space) -> Iterator[dict[Expr, Expr]]:
    """What a delta tells of floors that others read: of its own, the outermost first, and of those it settles."""
    difference = (delta.args[0] - delta.args[1]).expand()
    for atom in outermost(difference, floor):
        slope = difference.coeff(atom)
        if slope in (S.One, S.NegativeOne):
            value = (atom - difference / slope).expand()
            if not value.has(atom) and any(other.has(atom) for other in others):
                yield {atom: value}
    for atom in sorted({a for other in others for a in other.atoms(floor)}, key=str):
        above, below = quotient_of(atom)
        for equal in (above + difference, above - difference):
            value = _settled(floor((equal / below).expand()), boxes, space)
            if not value.has(floor) and not difference.has(atom):
                yield {atom: value}


def _with(delta: Expr, told: dict[Expr, Expr], boxes: Ranges, space: Space) -> Expr:
    if not isinstance(delta, KroneckerDelta):
        return delta
    return KroneckerDelta(*(_settled(arg.xreplace(told), boxes, space).expand() for arg in delta.args))


def with_settled_floors(term: Term, boxes: Ranges, space: Space) -> Term:
    """Integers taken out of floors, and each floor that is 0 in the boxes is 0."""
    factors = tuple(_settled(factor, boxes, space) for factor in term.factors)
    return replace(term, factors=factors, guards=tuple(_settled(guard, boxes, space) for guard in term.guards))


def _settled(expr: Expr, boxes: Ranges, space: Space) -> Expr:
    atoms = outermost(expr, floor)
    return expr.xreplace({atom: _settled_floor(atom, boxes, space) for atom in atoms}) if atoms else expr


def _settled_floor(atom: Expr, boxes: Ranges, space: Space) -> Expr:
    whole = floor(atom.args[0].expand())
    for part in outermost(whole, floor):
        above, below = quotient_of(part)
        if is_nonnegative(above, boxes, space) and is_nonnegative((below - 1 - above).expand(), boxes, space):
            whole = whole.xreplace({part: S.Zero})
    return whole
