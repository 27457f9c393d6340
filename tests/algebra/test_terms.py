"""Conditions of indices as terms, and sums with limits of any kind as sums over boxes, by enumeration."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from sympy import And, Eq, Expr, Ge, Gt, Integer, Le, Lt, Ne, Not, Or, Rational, Sum, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.binding import boxed
from symbackprop.algebra.symbols import entry, index, size, total
from symbackprop.algebra.terms import from_term, indicator, terms_of
from tests.oracles.numbers import Numbers

i, j, k, l = map(index, "ijkl")  # noqa: E741 (l is the usual fourth index)
n, m = size("n"), size("m")
SIZES: list[dict[Symbol, int]] = [{n: 1, m: 1}, {n: 1, m: 3}, {n: 3, m: 2}, {n: 4, m: 4}]

RELATIONS: list[Boolean] = [
    Ge(i, 1),
    Gt(i, j),
    Le(2 * i, j + 1),
    Lt(i, Rational(3, 2)),
    Gt(i, Rational(1, 2) + j / 3),
    Eq(i, j),
    Ne(i, j + 1),
    Lt(i + j, n),
]


def holds(condition: Boolean, values: dict[Symbol, int]) -> bool:
    """A condition by Python's own comparisons of fractions."""
    if isinstance(condition, And | Or):
        return (all if isinstance(condition, And) else any)(holds(part, values) for part in condition.args)
    if isinstance(condition, Not):
        return not holds(condition.args[0], values)
    left, right = (Fraction(str(side.xreplace(values))) for side in (condition.lhs, condition.rhs))
    return {
        ">=": left >= right, ">": left > right, "<=": left <= right, "<": left < right, "==": left == right,
        "!=": left != right,
    }[condition.rel_op]  # fmt: skip


def compound() -> list[Boolean]:
    """Each relation, each two by and, by or and by their negations, and some of three, one side negated."""
    pairs = list(combinations(RELATIONS, 2))
    found = [*RELATIONS, *(And(*pair) for pair in pairs), *(Or(*pair) for pair in pairs)]
    found += [Or(And(a, b), Not(c)) for (a, b), c in zip(pairs, RELATIONS[::-1] * 4, strict=False)]
    found += [And(Or(a, Not(b)), c) for (a, b), c in zip(pairs, RELATIONS * 4, strict=False)]
    found += [Not(And(a, b), evaluate=False) for a, b in pairs] + [Not(Or(a, b), evaluate=False) for a, b in pairs]
    return [condition for condition in found if condition not in (True, False)]


def test_a_condition_is_exactly_one_of_its_terms() -> None:
    """The terms of a condition add up to 1 where it holds and to 0 elsewhere, at every place."""
    conditions = compound()
    assert len(conditions) > 150
    for condition in conditions:
        expr = sum((from_term(term) for term in indicator(condition)), Integer(0))
        for sizes in SIZES[:3]:
            numbers = Numbers(sizes, {})
            for at in product(range(-1, sizes[n]), range(sizes[m])):
                values = {**sizes, i: at[0], j: at[1]}
                assert numbers.value(expr, dict(zip((i, j), at, strict=True))) == holds(condition, values), (
                    condition,
                    values,
                )


LIMITS: list[tuple[Expr | int, Expr | int]] = [
    (0, n - 1), (1, n - 1), (1, n), (0, n - 2), (2, n - 1), (i, n - 1), (0, i), (0, i - 1), (i + 1, n - 1), (1, i),
    (-1, 1), (n - 1 - i, n - 1), (0, n - 1 - i), (i - 1, i + 1), (j, i), (i, j), (m - 1 - j, n - 1 - i), (3, 2),
]  # fmt: skip


def value(expr: Expr, sizes: dict[Symbol, int], at: dict[Symbol, int]) -> complex:
    stored = {
        "x": 0.3 + np.arange(sizes[n]) ** 2 / 7,
        "W": 0.2 + np.arange(sizes[n] * sizes[m]).reshape(sizes[n], sizes[m]) / 3,
    }
    numbers = Numbers(sizes, {name: array[..., None] + 0j for name, array in stored.items()})
    return complex(np.ravel(numbers.value(expr, at))[0])


@pytest.mark.parametrize("inner", [None, (0, m - 1), (1, k), (k, m - 1), (m - 1 - k, m - 1)], ids=str)
def test_limits_of_any_kind(inner: tuple | None) -> None:
    """Σ over limits that start anywhere, read other indices or run backwards is the same sum over boxes and guards."""
    for lower, upper in LIMITS:
        expr = entry("x", k) * (1 + k) if inner is None else entry("W", k, l) * (1 + k + 2 * l)
        expr = Sum(expr, (k, lower, upper)) if inner is None else Sum(expr, (l, *inner), (k, lower, upper))
        made = boxed(expr, {i: n, j: m})
        assert all(bound[1] == 0 for part in made.atoms(Sum) for bound in part.limits)
        parts = sum(map(from_term, terms_of(made)), Integer(0))
        for sizes in SIZES:
            for at_i, at_j in product(range(sizes[n]), range(sizes[m])):
                at = {i: at_i, j: at_j}
                expected = value(expr, sizes, at)
                assert value(made, sizes, at) == pytest.approx(expected, rel=1e-12, abs=1e-14), (expr, made, sizes, at)
                assert value(parts, sizes, at) == pytest.approx(expected, rel=1e-12, abs=1e-14), (expr, parts, sizes)


def test_an_empty_sum_is_nothing() -> None:
    """Over limits of which the upper is below the lower by more than one, a sum is 0 and no negative count."""
    assert value(boxed(Sum(entry("x", k), (k, 2, n - 1)), {}), SIZES[0], {}) == 0
    assert value(total(entry("x", k), (k, n - 1)), SIZES[0], {}) == 0
