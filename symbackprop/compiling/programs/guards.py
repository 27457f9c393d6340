r"""Guards in code: a product with a guard that fails is 0, but 0 times what is undefined is not.

Where every other factor is a finite number anyway, a guard multiplies as a mask of zeros and ones. Elsewhere the box is
made smaller, so that the undefined is never computed, or the guard becomes the condition of a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Add, Basic, Eq, Expr, KroneckerDelta, Mul, Piecewise, Pow, S, Symbol, log
from sympy.logic.boolalg import And, Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import substitute, tensors_in
from symbackprop.algebra.collapse import is_total
from symbackprop.algebra.ranges import affine_coefficient, is_nonnegative
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, Guard, remade
from symbackprop.algebra.terms import Term
from symbackprop.compiling.programs.keys import Extents, indices_in
from symbackprop.model.functions import ELEMENTARY, FUNCTIONS


def has_guards(expr: Expr) -> bool:
    return expr.has(Guard, KroneckerDelta)


def is_guard(factor: Expr) -> bool:
    return isinstance(factor, Guard | KroneckerDelta)


def condition_of(guard: Expr) -> Boolean:
    """The condition under which a guard or a delta is 1."""
    if isinstance(guard, Guard):
        return guard.argument >= 0
    return Eq(*guard.args)


def argument_of(guard: Expr) -> tuple[Expr, ...]:
    """What is at least 0 where a guard or a delta is not 0."""
    if isinstance(guard, Guard):
        return (guard.argument,)
    difference = guard.args[0] - guard.args[1]
    return (difference, -difference)


@dataclass(frozen=True, slots=True)
class Totality:
    """Judges what is a finite number at every index in the boxes; an entry of a `partial` tensor may be none."""

    space: Space
    partial: frozenset[str]

    def holds(self, expr: Expr, extents: Extents) -> bool:
        if self.partial and tensors_in(expr) & self.partial:
            return False
        return self._holds(expr, extents)

    def _holds(self, expr: Expr, extents: Extents) -> bool:
        if isinstance(expr, Add | Mul):
            return all(self._holds(argument, extents) for argument in expr.args)
        if isinstance(expr, Piecewise):
            return all(self._holds(value, extents) for value, _ in expr.args)
        if isinstance(expr, Apply) and self._is_finite(expr.name):
            return self._holds(expr.argument, extents)
        if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp > 0:
            return self._holds(expr.base, extents)
        return is_guard(expr) or is_total(expr, Term(), extents, self.space)

    def masked(self, expr: Expr, extents: Extents) -> Expr:
        """The expression with every guard that hides something undefined as the condition of a case."""
        if not expr.args or isinstance(expr, Indexed) or not has_guards(expr):
            return expr
        if isinstance(expr, Mul):
            guards = [factor for factor in expr.args if is_guard(factor)]
            others = [self.masked(factor, extents) for factor in expr.args if not is_guard(factor)]
            if guards and not all(self.holds(factor, extents) for factor in others):
                return case(guards, Mul(*others))
            return Mul(*others, *guards)
        return remade(expr, (self._inside(argument, extents) for argument in expr.args))

    def _inside(self, part: Basic, extents: Extents) -> Basic:
        if isinstance(part, Expr):
            return self.masked(part, extents)
        if not part.args:
            return part
        return part.func(*(self._inside(argument, extents) for argument in part.args))

    def never_fails(self, expr: Expr) -> bool:
        """Whether an expression is a finite number whatever the entries in it are."""
        powers = all(power.exp.is_Integer and power.exp > 0 for power in expr.atoms(Pow))
        return powers and not expr.has(log) and all(self._is_finite(part.name) for part in expr.atoms(Apply))

    def _is_finite(self, name: str) -> bool:
        """Whether a function is one of our own, all of which are finite on the real line but for elementary ones."""
        known = FUNCTIONS.get(name)
        return known is not None and name not in ELEMENTARY and self.space.functions.get(name) == known


def case(guards: Iterable[Expr], value: Expr) -> Expr:
    """`value` where the guards hold, else 0."""
    return Piecewise((value, And(*map(condition_of, guards))), (S.Zero, True))


def attached(factors: list[Expr], extents: Extents, totality: Totality) -> list[Expr]:
    """Factors, each that may be undefined made a case of the guards that speak of its indices; guards that remain."""
    guards = [factor for factor in factors if is_guard(factor)]
    if not guards:
        return factors
    result = []
    for factor in factors:
        relevant = [g for g in guards if indices_in(g) & indices_in(factor)]
        if is_guard(factor) or not relevant or totality.holds(factor, extents):
            result.append(factor)
        else:
            result.append(case(relevant, factor))
    return result


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A smaller box: the first value of each index, and the sizes; `rest` are the guards that it does not imply."""

    first: Mapping[Symbol, Expr]
    extents: Mapping[Symbol, Expr]
    rest: tuple[Expr, ...]

    def moved(self, expr: Expr) -> Expr:
        """The expression with each index counted from its first value."""
        return substitute(expr, {v: v + first for v, first in self.first.items() if first != 0})


def shrunk(guards: Iterable[Expr], indices: Iterable[Symbol], extents: Extents, space: Space) -> Shrunk:
    """The box of `indices` without what guards on a single index exclude, as far as the new sizes are no negatives."""
    indices = tuple(indices)
    first: dict[Symbol, Expr] = dict.fromkeys(indices, S.Zero)
    last: dict[Symbol, Expr] = {v: extents[v] - 1 for v in indices}
    rest = []
    for guard in guards:
        bound = _bound(guard, indices)
        if bound is None:
            rest.append(guard)
            continue
        variable, lower, value = bound
        ends = first if lower else last
        better = _tighter(value, ends[variable], lower, space)
        size = (last[variable] - value if lower else value - first[variable]) + 1
        if better is None or (better and not is_nonnegative(size, {}, space)):
            rest.append(guard)
        elif better:
            ends[variable] = value
    sizes = {v: (last[v] - first[v] + 1).expand() for v in indices}
    return Shrunk(first, {**extents, **sizes}, tuple(rest))


def _bound(guard: Expr, indices: tuple[Symbol, ...]) -> tuple[Symbol, bool, Expr] | None:
    """The index that a guard bounds, whether from below, and the bound; None if it is no bound of one index."""
    found = indices_in(guard)
    if not isinstance(guard, Guard) or len(found) != 1 or guard.has(Indexed):
        return None
    (variable,) = found
    if variable not in indices:
        return None
    slope = affine_coefficient(guard.argument, variable)
    if slope not in (1, -1):
        return None
    rest = (guard.argument - slope * variable).expand()
    return variable, slope == 1, -rest if slope == 1 else rest


def _tighter(value: Expr, present: Expr, lower: bool, space: Space) -> bool | None:
    """Whether a bound is tighter than the present one; None if that depends on the sizes."""
    inward = value - present if lower else present - value
    if is_nonnegative(-inward, {}, space):
        return False
    return True if is_nonnegative(inward, {}, space) else None


def split(expr: Expr, extents: Extents, totality: Totality) -> tuple[Expr, list[tuple[list[Expr], Expr]]]:
    """The terms of a sum that are defined everywhere, and the others: each as its guards and the rest of it."""
    plain, guarded = [], []
    for term in Add.make_args(expr):
        factors = Mul.make_args(term)
        guards = [factor for factor in factors if is_guard(factor)]
        others = Mul(*(factor for factor in factors if not is_guard(factor)))
        if guards and not totality.holds(others, extents):
            guarded.append((guards, others))
        else:
            plain.append(term)
    return Add(*plain), guarded
