r"""Terms taken apart for lifting, nothing multiplied out: constants, factors, bounds, and what terms have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sympy import Expr, Function, KroneckerDelta, Mul, Number, Pow, Rational, S, Sum, Symbol
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.matrices.forms import Form, Work
from symbackprop.algebra.ranges import count_of
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, Guard, bounds_of, tensor_of, text_of, total


@dataclass(slots=True)
class Scope:
    """What holds during one lift: sizes of all indices, those held fixed, the index of literal-0 axes, work left."""

    space: Space
    sizes: dict[Symbol, Expr]
    fixed: frozenset[Symbol]
    unit: Symbol
    work: Work
    known: dict[tuple, Form | None] = field(default_factory=dict)

    def moving(self, expr: Expr) -> frozenset[Symbol]:
        """The free indices of `expr` that are not held fixed."""
        return frozenset(s for s in free_indices(expr) if s in self.sizes and s not in self.fixed)

    def extent(self, index: Symbol | None) -> Expr:
        return S.One if index is None else self.sizes[index]

    def has_index_value(self, condition: Boolean) -> bool:
        """Whether an index itself is compared, not a tensor read at it."""
        return bool(condition.xreplace(dict.fromkeys(condition.atoms(Indexed), S.One)).free_symbols & {*self.sizes})

    def holding(self, indices: frozenset[Symbol]) -> Scope:
        return Scope(self.space, self.sizes, self.fixed | indices, self.unit, self.work)


@dataclass(frozen=True, slots=True)
class Factored:
    """coefficient · Π factors, summed over the bounds."""

    coefficient: Expr
    factors: tuple[Expr, ...]
    bounds: tuple[tuple[Symbol, Expr], ...]

    @property
    def expression(self) -> Expr:
        return self.coefficient * total(Mul(*self.factors), *self.bounds)


def parse(expr: Expr, scope: Scope) -> Factored:
    """`expr` taken apart: constants in front, sums opened (their indices are distinct), unused indices counted."""
    coefficient, factors, bounds = S.One, [], []
    waiting = [expr]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mul):
            waiting.extend(reversed(part.args))
        elif isinstance(part, Sum):
            bounds.extend(bounds_of(part))
            waiting.append(part.function)
        elif is_constant(part, scope):
            coefficient *= part
        else:
            factors.append(part)
    if len(factors) > 1 or coefficient != 1:
        for place, factor in enumerate(factors):
            if factor.is_Add and factor.as_coeff_Add()[0].is_negative:  # (y - 1) log a is -(1 - y) log a
                coefficient, factors[place] = -coefficient, -factor
    used = frozenset().union(*(factor.free_symbols for factor in factors))
    counts = (count_of(extent, scope.space) for variable, extent in bounds if variable not in used)
    return Factored(coefficient * Mul(*counts), tuple(factors), tuple(b for b in bounds if b[0] in used))


def is_constant(expr: Expr, scope: Scope) -> bool:
    """Whether `expr` is a number, a size, a scalar tensor, or a power of one; sums only of numbers and sizes.

    So is what depends on indices held fixed alone: the delta of the last step, in what holds for each step.
    """
    if isinstance(expr, KroneckerDelta | Guard):
        return not scope.moving(expr)
    if isinstance(expr, Symbol):
        return expr not in scope.sizes
    if isinstance(expr, Pow):
        return isinstance(expr.exp, Rational) and is_constant(expr.base, scope)
    if expr.is_Add or expr.is_Mul:
        return all(isinstance(s, Symbol) and s.is_integer and s not in scope.sizes for s in expr.free_symbols)
    return isinstance(expr, Number) or (not expr.free_symbols and not expr.has(Sum, Function, Apply))


def has_moving_delta(expr: Expr, scope: Scope) -> bool:
    return any(scope.moving(part) for part in expr.atoms(KroneckerDelta))


def common_coefficient(terms: list[Factored]) -> Expr:
    """What stands before every term: the same number or size up to sign, and a minus if all have one.

    Of terms that are constants, scalar tensors say, only numbers are taken out.
    """
    coefficients = [term.coefficient for term in terms]
    sign = -S.One if all(c.could_extract_minus_sign() for c in coefficients) else S.One
    if any(not term.factors for term in terms):
        coefficients = [c.as_coeff_Mul()[0] for c in coefficients]
    first = coefficients[0]
    size = -first if first.could_extract_minus_sign() else first
    return sign * size if all(c in (size, -size) for c in coefficients) else sign


def common_factor(terms: list[Factored], scope: Scope) -> Expr | None:
    """The factor that most terms have (at least two), outside their sums; None where deltas forbid it."""
    if any(has_moving_delta(term.expression, scope) for term in terms):
        return None
    counts: Counter[Expr] = Counter()
    for term in terms:
        bound = {variable for variable, _ in term.bounds}
        counts.update({factor for factor in term.factors if scope.moving(factor) and not scope.moving(factor) & bound})
    often = [factor for factor, count in counts.items() if count > 1]
    return min(often, key=lambda factor: (-counts[factor], _order(factor, scope), text_of(factor)), default=None)


def pulled(factor: Expr, terms: list[Factored]) -> list[Expr]:
    inside: list[Expr] = []
    outside: list[Expr] = []
    for term in terms:
        if factor in term.factors:
            others = [other for other in term.factors if other != factor]
            inside.append(Factored(term.coefficient, tuple(others), term.bounds).expression)
        else:
            outside.append(term.expression)
    return [Mul(factor, sum(inside, S.Zero), evaluate=False), *outside]


def _order(expr: Expr, scope: Scope) -> tuple[int, ...]:
    names = {tensor_of(atom) for atom in expr.atoms(Indexed)}
    return tuple(sorted(scope.work.place(name) for name in names if name))


def distributed(term: Factored) -> list[Expr] | None:
    """The term with one of its sums multiplied out."""
    for place, factor in enumerate(term.factors):
        if factor.is_Add:
            others = Mul(*term.factors[:place], *term.factors[place + 1 :])
            return [Factored(term.coefficient, (others * part,), term.bounds).expression for part in factor.args]
    return None


def has_scalar_tensors(coefficient: Expr) -> bool:
    return any(tensor_of(symbol) for symbol in coefficient.free_symbols)
