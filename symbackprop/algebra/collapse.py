r"""The collapse of Kronecker deltas: the one rule by which sums disappear.

\(\sum_{0 \le v < n} \delta(a, b) f(v) = [0 \le e]\,[e \le n-1]\, f(e)\), where v stands in a - b with coefficient ±1
and in no floor and no nested index, and e solves a = b for v. Otherwise the delta stays, and is right as it stands.

A guard is dropped only if the boxes, the size facts, the other guards or the range of a multiplicative entry imply it,
and only if every other factor is defined where it fails: \(z_{t+1} / w_{t+1}\) is 0/0 past the last step, not 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from sympy import Add, Expr, KroneckerDelta, Mul, Piecewise, Pow, S, Symbol, exp, floor
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.floors import with_known_floors, with_settled_floors
from symbackprop.algebra.ranges import affine_coefficient, is_count, is_nonnegative, without_common_factor
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import Apply, indices_of, tensor_of
from symbackprop.algebra.terms import Term


def collapse(term: Term, ranges: Ranges, space: Space) -> tuple[Term, ...]:
    """`term` with every delta collapsed that can be, and every guard dropped that is implied; () if it is 0."""
    known = with_known_floors(_distinct(term.factors), {**ranges, **dict(term.bounds)}, space)
    settled = settle(replace(term, factors=known), ranges, space)
    while settled is not None:
        choice = min(_choices(settled, ranges, space), key=lambda c: c[0], default=None)
        if choice is None:
            return (_count_unused(settled, space),)
        settled = choice[1]
    return ()


def _distinct(factors: tuple[Expr, ...]) -> list[Expr]:
    """Each delta once: a positive power of it is the delta itself, and δ(2 i, 2 k) is δ(i, k)."""
    found: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Pow) and isinstance(factor.base, KroneckerDelta) and factor.exp.is_positive:
            factor = factor.base
        if isinstance(factor, KroneckerDelta):
            common, rest, number = without_common_factor(factor.args[0] - factor.args[1])
            if common > 1:
                factor = KroneckerDelta(rest + number / common, S.Zero) if number % common == 0 else S.Zero
        if not (isinstance(factor, KroneckerDelta) and factor in found):
            found.append(factor)
    return found


def _choices(term: Term, ranges: Ranges, space: Space) -> Iterator[tuple[tuple[int, int, int], Term]]:
    """Each way to collapse one delta, with its rank: fewest guards, then the index bound first (the longer range)."""
    for place, factor in enumerate(term.factors):
        if not isinstance(factor, KroneckerDelta):
            continue
        for order, (variable, extent) in enumerate(term.bounds):
            value = solve_delta(factor, variable)
            if value is None or any(value.has_free(v) and e.has_free(variable) for v, e in term.bounds):
                continue
            rest = replace(
                term,
                factors=term.factors[:place] + term.factors[place + 1 :],
                bounds=tuple(b for b in term.bounds if b[0] != variable),
                guards=(*term.guards, value, (extent - 1 - value).expand()),
            )
            settled = settle(rest.substituted({variable: value}), ranges, space)
            if settled is None:
                yield (-1, order, place), Term(S.Zero, (), (), (S.NegativeOne,))
            else:
                yield (len(settled.guards), order, place), settled

    yield from _pinned(term, ranges, space)
    yield from _between(term, ranges, space)
    yield from _whole_blocks(term, ranges, space)


def _pinned(term: Term, ranges: Ranges, space: Space) -> Iterator[tuple[tuple[int, int, int], Term]]:
    r"""An index that a guard leaves only one value: \(\sum_{0 \le v < n} [-v \ge 0] f(v) = f(0)\)."""
    for place, guard in enumerate(term.guards):
        for order, (variable, extent) in enumerate(term.bounds):
            first, last = (guard + variable).expand() == 0, (guard - variable + extent - 1).expand() == 0
            if not (first or last) or any(e.has_free(variable) for _, e in term.bounds):
                continue
            if not is_nonnegative(extent - 1, ranges, space):
                continue
            rest = replace(
                term,
                bounds=tuple(b for b in term.bounds if b[0] != variable),
                guards=term.guards[:place] + term.guards[place + 1 :],
            )
            settled = settle(rest.substituted({variable: S.Zero if first else (extent - 1).expand()}), ranges, space)
            if settled is not None:
                yield (len(settled.guards), order, place), settled


def _between(term: Term, ranges: Ranges, space: Space) -> Iterator[tuple[tuple[int, int, int], Term]]:
    r"""An index that two guards leave one value: \(\sum_v [e - K < K v \le e] f(v) = f(\lfloor e/K \rfloor)\)."""
    for order, (variable, extent) in enumerate(term.bounds):
        if any(e.has_free(variable) for _, e in term.bounds):
            continue
        for place, (lower, upper) in enumerate(permutations(term.guards, 2)):
            width = affine_coefficient(lower, variable)
            if width is None or not is_nonnegative(width - 1, {}, space) or (lower + upper - width + 1).expand() != 0:
                continue
            block = floor(((upper + width * variable).expand() / width).expand())
            rest = replace(
                term,
                bounds=tuple(b for b in term.bounds if b[0] != variable),
                guards=(*(g for g in term.guards if g not in (lower, upper)), block, (extent - 1 - block).expand()),
            )
            settled = settle(rest.substituted({variable: block}), ranges, space)
            if settled is not None:
                yield (len(settled.guards), order, place), settled


def _whole_blocks(term: Term, ranges: Ranges, space: Space) -> Iterator[tuple[tuple[int, int, int], Term]]:
    r"""Two indices that count blocks and places in them: the delta of a whole number gives both, by its quotient.

    \(\sum_g \sum_{0 \le v < K} \delta(e, K g + v) f(g, v) = f(q, e - K q)\) with \(q = \lfloor e/K \rfloor\), if q is
    in the range of g.
    """
    for place, factor in enumerate(term.factors):
        if not isinstance(factor, KroneckerDelta):
            continue
        for order, ((inner, width), (outer, count)) in enumerate(permutations(term.bounds, 2)):
            whole = solve_delta(factor, inner)
            slope = None if whole is None else affine_coefficient(whole, outer)
            if whole is None or slope != -width or any(e.has_free(inner) or e.has_free(outer) for _, e in term.bounds):
                continue
            whole = (whole + width * outer).expand()
            block = floor((whole / width).expand())
            rest = replace(
                term,
                factors=term.factors[:place] + term.factors[place + 1 :],
                bounds=tuple(b for b in term.bounds if b[0] not in (inner, outer)),
                guards=(*term.guards, block, (count - 1 - block).expand()),
            )
            settled = settle(rest.substituted({outer: block, inner: whole - width * block}), ranges, space)
            if settled is not None:
                yield (len(settled.guards), order - len(term.bounds) ** 2, place), settled  # before any single index


def solve_delta(delta: KroneckerDelta, variable: Symbol) -> Expr | None:
    """The value of `variable` for which the delta is 1, where it stands in it with coefficient ±1."""
    difference = delta.args[0] - delta.args[1]
    slope = affine_coefficient(difference, variable)
    if slope not in (1, -1):
        return None
    return (variable - difference / slope).expand()


def settle(term: Term, ranges: Ranges, space: Space) -> Term | None:
    """`term` without the guards that are implied; None if a guard can never hold, or the term is 0."""
    if term.coefficient == 0 or any(factor == 0 for factor in term.factors):
        return None
    factors = tuple(factor for factor in term.factors if factor != 1)
    numbers = [factor for factor in factors if factor.is_number]
    term = replace(
        term,
        coefficient=Mul(term.coefficient, *numbers),
        factors=tuple(factor for factor in factors if not factor.is_number),
    )
    boxes = {**ranges, **dict(term.bounds)}
    term = with_settled_floors(term, boxes, space)
    guards = [g for g in dict.fromkeys(g.expand() for g in term.guards) if not is_nonnegative(g, boxes, space)]
    if any(is_nonnegative(-guard - 1, boxes, space) for guard in guards):
        return None
    for guard in tuple(guards):
        others = [g for g in guards if g is not guard]
        if is_nonnegative(guard, boxes, space, others):
            guards = others
            continue
        support = [fact for factor in term.factors for fact in support_of(factor, space)]
        if is_nonnegative(guard, boxes, space, [*support, *others]):
            kept = replace(term, guards=tuple(others))
            if all(is_total(factor, kept, boxes, space) for factor in term.factors):
                guards = others
    return replace(term, guards=tuple(guards))


def support_of(factor: Expr, space: Space) -> Iterator[Expr]:
    """What is >= 0 wherever `factor` is not 0: the range of a multiplicative entry, at a positive power."""
    base = factor.base if isinstance(factor, Pow) and factor.exp.is_positive else factor
    if isinstance(base, Indexed):
        for position, extent in zip(indices_of(base), space.shapes.get(str(tensor_of(base)), ()), strict=False):
            yield position
            yield (extent - 1 - position).expand()
    elif isinstance(base, Mul):
        for part in base.args:
            yield from support_of(part, space)


def is_total(factor: Expr, term: Term, boxes: Ranges, space: Space) -> bool:
    """Whether `factor` is a finite real number at every index, also where entries in it read 0 out of range.

    What may be singular (a quotient, a logarithm, a root) counts as total if all that it reads is in range anyway.
    """
    if factor.is_number or isinstance(factor, Indexed | Symbol | KroneckerDelta):
        return True
    if isinstance(factor, Add | Mul | Piecewise | exp | Apply):
        arguments = [a for a in factor.args if isinstance(a, Expr)]
        if isinstance(factor, Piecewise):
            arguments = [value for value, _ in factor.args]
        if not isinstance(factor, Apply) and all(is_total(a, term, boxes, space) for a in arguments):
            return True
    if isinstance(factor, Pow) and factor.exp.is_Integer and factor.exp > 0:
        return is_total(factor.base, term, boxes, space)
    return all(_reads_in_range(entry, term, boxes, space) for entry in factor.atoms(Indexed))


def _reads_in_range(entry: Indexed, term: Term, boxes: Ranges, space: Space) -> bool:
    shape = space.shapes.get(str(tensor_of(entry)))
    if shape is None:
        return False
    if any(v not in boxes and not v.is_positive for v in free_indices(entry) if v != entry.base.label):
        return False  # an index bound inside the factor, whose box is not known here
    return all(
        is_nonnegative(fact, boxes, space, term.guards)
        for position, extent in zip(entry.indices, shape, strict=True)
        for fact in (position, extent - 1 - position)
    )


def _count_unused(term: Term, space: Space) -> Term:
    """An index on which nothing depends counts its range: the sum is n times the rest, or 0 where n is negative."""
    used = frozenset().union(
        *(free_indices(part) for part in (*term.factors, *term.guards)), *(free_indices(e) for _, e in term.bounds)
    )
    unused = [(v, extent) for v, extent in term.bounds if v not in used]
    if not unused:
        return term
    counts = [extent for _, extent in unused]
    coefficient, symbols = Mul(*counts).as_coeff_Mul()
    negative = (count for count in counts if not is_count(count, space))
    return replace(
        term,
        coefficient=term.coefficient * coefficient,
        factors=term.factors if symbols == 1 else (symbols, *term.factors),
        bounds=tuple(b for b in term.bounds if b[0] in used),
        guards=tuple(dict.fromkeys((*term.guards, *negative))),
    )
