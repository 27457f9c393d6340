r"""Conditions in the function field: deltas and guards of indices, signs of real values, and what is built of them.

Of a guard and its complement one is the generator, of the signs of P and -P likewise: [x >= 0] = [x > 0] + [x = 0],
[x < 0] = 1 - [x > 0] - [x = 0].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Abs, Expr, KroneckerDelta, Max, Min, Piecewise, sign
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, Boolean, BooleanFalse, BooleanTrue, Not, Or

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.proving.generators import (
    Polynomial,
    UnprovedError,
    Workspace,
    add,
    constant,
    generator,
    multiply,
    power_of,
    product,
    reduced,
    scaled,
)
from symbackprop.algebra.proving.naming import height, label
from symbackprop.algebra.proving.normal import by_cases, convert
from symbackprop.algebra.proving.quotients import factors_of, is_positive, together
from symbackprop.algebra.proving.texts import delta_text, free_of, height_of, text_of
from symbackprop.algebra.ranges import without_common_factor
from symbackprop.algebra.space import Premise
from symbackprop.algebra.symbols import Guard
from symbackprop.algebra.terms import indicator, is_index_condition


def _guard(work: Workspace, expr: Guard) -> Polynomial:
    return guard_of(work, expr.argument, oriented=not expr.free_symbols & set(work.open))


def guard_of(work: Workspace, argument: Expr, *, oriented: bool = True) -> Polynomial:
    r"""\([e \ge 0]\); `oriented` takes of a guard, its complement and those moved by a number always the same one."""
    argument = _tightened(argument)
    if argument.has(Min, Max):
        return _guard_of_extreme(work, argument, oriented=oriented)
    if work.nonnegative(argument):
        return constant(1)
    opposite = (-argument - 1).expand()
    if work.nonnegative(opposite):
        return {}
    if oriented:
        rest = argument - argument.as_coeff_Add()[0]
        if label(-rest) < label(rest):
            return add(constant(1), scaled(moved_guard(work, opposite, outward=True), -1))
        return moved_guard(work, argument, outward=True)
    deep = height(argument)
    return power_of(generator(work, "guard", label(argument), argument, free_indices(argument), False, deep))


def moved_guard(work: Workspace, argument: Expr, *, outward: bool) -> Polynomial:
    r"""\([e + c \ge 0]\) as \([e \ge 0]\) and deltas, for a small number c; only where c > 0 unless `outward`."""
    argument = _tightened(argument)
    number, rest = argument.as_coeff_Add()
    of_sizes = all(symbol.is_positive for symbol in argument.free_symbols)
    if of_sizes or abs(number) > MOVED or (number < 0 and not outward):
        return guard_of(work, argument, oriented=False)
    if len(rest.free_symbols) == 1 and work.nonnegative(-rest):  # [c - v >= 0] for an index v
        return add(*(delta_of(work, rest + q) for q in range(int(number) + 1)))
    between = range(1, int(number) + 1) if number > 0 else range(int(number) + 1, 1)
    deltas = add(*(delta_of(work, rest + q) for q in between))
    return add(guard_of(work, rest, oriented=False), scaled(deltas, 1 if number > 0 else -1))


def _guard_of_extreme(work: Workspace, argument: Expr, *, oriented: bool) -> Polynomial:
    r"""\([\min(a, b) \ge r]\) is the product of both; \([\max(a, b) \ge r]\) fails only where both do."""
    extreme = min(argument.atoms(Min, Max), key=lambda atom: (len(atom.atoms(Min, Max)), str(atom)))
    slope = argument.coeff(extreme)
    if not slope.is_number or (argument - slope * extreme).expand().has(extreme):
        raise UnprovedError("a condition on a least or greatest index in another function")
    cases = [guard_of(work, argument.xreplace({extreme: part}), oriented=oriented) for part in extreme.args]
    if isinstance(extreme, Min) == (slope > 0):
        return product(work, cases)
    return add(constant(1), scaled(product(work, (add(constant(1), scaled(c, -1)) for c in cases)), -1))


MOVED = 8
"""By how much a guard is moved at most: each step is a delta."""


def _tightened(argument: Expr) -> Expr:
    """e where 2 e + 1 >= 0: the common factor divided out, the number rounded down."""
    common, rest, number = without_common_factor(argument)
    return rest + number // common if common > 1 else rest + number


def _delta(work: Workspace, expr: KroneckerDelta) -> Polynomial:
    return delta_of(work, expr.args[0] - expr.args[1])


def delta_of(work: Workspace, difference: Expr) -> Polynomial:
    r"""\(\delta\) of an index expression that must be 0."""
    common, rest, number = without_common_factor(difference)
    if number % common:
        return {}  # 2 e + 1 is never 0
    difference = rest + number / common
    if difference.is_number:
        return constant(int(difference == 0))
    opposite = (-difference).expand()
    if work.nonnegative(difference - 1) or work.nonnegative(opposite - 1):
        return {}
    text = delta_text(difference)
    if text in work.vanishing:
        return {}
    deep = height(difference)
    return power_of(generator(work, "delta", text, difference, free_indices(difference), False, deep))


def condition_of(work: Workspace, condition: Boolean) -> Polynomial:
    """A condition as its indicator."""
    if isinstance(condition, BooleanTrue | BooleanFalse):
        return constant(int(bool(condition)))
    if isinstance(condition, Not):
        return add(constant(1), scaled(condition_of(work, condition.args[0]), -1))
    if isinstance(condition, And):
        return product(work, (condition_of(work, part) for part in condition.args))
    if isinstance(condition, Or):
        return add(constant(1), scaled(product(work, (condition_of(work, Not(p)) for p in condition.args)), -1))
    if isinstance(condition, ITE):
        chosen, yes, no = (condition_of(work, part) for part in condition.args)
        return add(no, multiply(work, chosen, add(yes, scaled(no, -1))))
    if is_index_condition(condition):
        terms = indicator(condition)
        return add(*(_index_term(work, term) for term in terms))
    if isinstance(condition, Relational):
        difference = add(convert(work, condition.lhs), scaled(convert(work, condition.rhs), -1))
        return by_cases(work, difference, lambda case: _relation(work, type(condition), case))
    raise UnprovedError("the zero test does not know a condition")


def _index_term(work: Workspace, term: Any) -> Polynomial:
    parts = [convert(work, term.coefficient), *(convert(work, f) for f in term.factors)]
    return product(work, [*parts, *(guard_of(work, g) for g in term.guards)])


def _relation(work: Workspace, kind: type[Relational], difference: Polynomial) -> Polynomial:
    above, zero = sign_of(work, difference)
    one = constant(1)
    results: Mapping[type, Callable[[], Polynomial]] = {
        Gt: lambda: above,
        Ge: lambda: add(above, zero),
        Lt: lambda: add(one, scaled(above, -1), scaled(zero, -1)),
        Le: lambda: add(one, scaled(above, -1)),
        Eq: lambda: zero,
        Ne: lambda: add(one, scaled(zero, -1)),
    }
    return next(make() for relation, make in results.items() if issubclass(kind, relation))


def sign_of(work: Workspace, polynomial: Polynomial) -> tuple[Polynomial, Polynomial]:
    r"""The indicators \([P > 0]\) and \([P = 0]\)."""
    numerator, den = together(work, polynomial)
    for number, times in sorted(den.items()):
        if times % 2 and not work.generators[number].positive:
            numerator = multiply(work, numerator, work.generators[number].data)
    if not numerator:
        return {}, constant(1)
    parts = factors_of(work, numerator)
    unknown = tuple((n, e) for n, e in parts.monomial if not work.generators[n].positive)
    rest = multiply(work, parts.rest, reduced(work, unknown))
    if is_positive(work, rest):
        return constant(int(parts.content > 0)), {}
    text, free, deep = text_of(work, rest), free_of(work, rest), height_of(work, rest)
    if text in work.signs:
        where = work.signs[text] * (1 if parts.content > 0 else -1)
        return constant(int(where > 0)), constant(int(where == 0))
    above = power_of(generator(work, "pos", text, rest, free, False, deep))
    if work.away and free.intersection(work.open):
        work.cite(Premise("away from kinks"))
        zero: Polynomial = {}
    else:
        zero = power_of(generator(work, "zero", text, rest, free, False, deep))
    if parts.content < 0:
        above = add(constant(1), scaled(above, -1), scaled(zero, -1))
    return above, zero


def _piecewise(work: Workspace, expr: Piecewise) -> Polynomial:
    result: Polynomial = {}
    remaining = constant(1)
    for value, condition in expr.args:
        here = multiply(work, remaining, condition_of(work, condition))
        if here:
            result = add(result, multiply(work, here, convert(work, value)))
        remaining = add(remaining, scaled(here, -1))
        if not remaining:
            break
    if remaining:
        raise UnprovedError("a Piecewise without a last branch")
    return result


def _absolute(work: Workspace, expr: Abs) -> Polynomial:
    value = convert(work, expr.args[0])

    def case(part: Polynomial) -> Polynomial:
        above, _ = sign_of(work, part)
        return multiply(work, part, add(scaled(above, 2), constant(-1)))

    return by_cases(work, value, case)


def _sign(work: Workspace, expr: sign) -> Polynomial:
    above, zero = sign_of(work, convert(work, expr.args[0]))
    return add(scaled(above, 2), zero, constant(-1))


def _extreme(work: Workspace, expr: Expr) -> Polynomial:
    best, *others = (convert(work, argument) for argument in expr.args)
    for other in others:
        difference = add(other, scaled(best, -1)) if isinstance(expr, Max) else add(best, scaled(other, -1))
        wins = by_cases(work, difference, lambda case: sign_of(work, case)[0])
        best = add(best, multiply(work, wins, add(other, scaled(best, -1))))
    return best


CONDITIONS: Mapping[type, Callable[[Workspace, Any], Polynomial]] = {
    Guard: _guard,
    KroneckerDelta: _delta,
    Piecewise: _piecewise,
    Abs: _absolute,
    sign: _sign,
    Max: _extreme,
    Min: _extreme,
}
