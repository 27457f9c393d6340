"""Values in three arithmetics, under the zero-extended meaning, against the independent oracle and by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from sympy import (
    ITE,
    Abs,
    And,
    Expr,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Not,
    Or,
    Piecewise,
    Rational,
    Sum,
    cos,
    cosh,
    erf,
    exp,
    floor,
    log,
    pi,
    sign,
    sin,
    sinh,
    sqrt,
    tanh,
)

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.arithmetic import EXACT, FLOATS, INTERVALS, UndecidedError, UndefinedError
from symbackprop.algebra.proving.evaluate import Computed, evaluate
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, entry, index, size, total
from tests.algebra.random_expressions import RANGES, SHAPES, K, N, expressions, i, j, values

n, k = size("n"), index("k")
DATA = {"x": [0.5, 1.5, -1.0], "W": np.arange(6.0).reshape(2, 3), "c": 2.0, "tok": [2, 0]}
X = [entry("x", place) for place in range(3)]


def x(*indices: object) -> Expr:
    return entry("x", *indices)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (x(1) + x(3) + x(-1), 1.5),
        (total(x(k), (k, n)), 1.0),
        (total(x(k - 1), (k, n)), 2.0),
        (Sum(x(k), (k, 1, 2)), 0.5),
        (total(Sum(x(k), (k, 0, i)), (i, n)), 0.5 + 2.0 + 1.0),
        (Guard(i - 1) / x(5), 0.0),
        (KroneckerDelta(i, 1) / x(5), 0.0),
        (Guard(i) * x(0), 0.5),
        (Maximum(x(k), (k, n)), 1.5),
        (x(ArgMax(x(k), (k, n)) + 1), -1.0),
        (ArgMax(-(x(k) ** 2), (k, n)), 0.0),
        (x(floor(i / 2 + 1)), 1.5),
        (entry("W", 1, entry("tok", 0)), 5.0),
        (Piecewise((x(0), x(2) > 0), (x(1), True)), 1.5),
        (Piecewise((1 / x(5), i > 0), (x(1), True)), 1.5),
        (Max(X[0], X[1]) + Min(X[0], X[2]) + Abs(X[2]) + sign(X[2]), 1.5 - 1.0 + 1.0 - 1.0),
        (sqrt(x(0)) * entry("c") ** -2 + pi, math.sqrt(0.5) / 4 + math.pi),
        (tanh(x(2)) + sinh(x(0)) + cosh(x(0)), math.tanh(-1) + math.exp(0.5)),
        (sin(x(0)) ** 2 + cos(x(0)) ** 2 + erf(x(1)), 1 + math.erf(1.5)),
        (exp(x(0)) * log(x(1)), math.exp(0.5) * math.log(1.5)),
    ],
)
def test_by_hand(expr: Expr, expected: float) -> None:
    """Floats give the value, and intervals hold it."""
    sizes = {n: 3, i: 0}
    assert evaluate(expr, DATA, sizes) == pytest.approx(expected, rel=1e-14)
    held = evaluate(expr, DATA, sizes, INTERVALS)
    assert float(held.a) - 1e-12 <= expected <= float(held.b) + 1e-12
    assert float(held.delta) < 1e-20


def test_first_maximiser() -> None:
    """Of equal values the first counts."""
    assert evaluate(ArgMax(x(k), (k, n)), {"x": [1.0, 3.0, 3.0]}, {n: 3}) == 1


def test_complex_steps_go_through() -> None:
    """The imaginary part of a small step is the derivative; conditions and maxima look at the real part."""
    step = 1e-30
    expr = Piecewise((x(0) ** 2, x(0) > 0), (0, True)) + Maximum(x(k), (k, n)) * exp(x(1)) + erf(x(0))
    values_ = {"x": [complex(0.5, step), 1.5, 1.0]}
    slope = evaluate(expr, values_, {n: 3}).imag / step
    assert slope == pytest.approx(1.0 + 2 / math.sqrt(math.pi) * math.exp(-0.25), rel=1e-12)


def test_exact_fractions() -> None:
    """Rational values stay rational; what is not rational is said not to be."""
    data = {"x": [Fraction(1, 3), Fraction(4, 9)]}
    assert evaluate(x(0) ** 2 / x(1) + sqrt(x(1)), data, {}, EXACT) == Fraction(1, 4) + Fraction(2, 3)
    assert evaluate(exp(x(5)) + log(1 + x(5)), data, {}, EXACT) == 1
    with pytest.raises(UndecidedError):
        evaluate(exp(x(0)), data, {}, EXACT)


@pytest.mark.parametrize("expr", [1 / x(5), log(x(2)), sqrt(x(2)), x(5) ** Rational(-1, 2), log(x(5))])
@pytest.mark.parametrize("arithmetic", [FLOATS, INTERVALS])
def test_undefined(expr: Expr, arithmetic) -> None:
    """A division by 0, a logarithm or root of a negative number have no value."""
    with pytest.raises(UndefinedError):
        evaluate(expr, DATA, {}, arithmetic)


def test_intervals_do_not_guess() -> None:
    """An interval around 0 has no sign."""
    with pytest.raises(UndecidedError):
        evaluate(
            Piecewise((1, exp(x(0)) - exp(x(0)) > 0), (0, True))
            + Abs(exp(x(0)) * (sqrt(2) - sqrt(2) + x(5) * pi) + sin(pi * 1) + (exp(x(1)) - exp(Rational(3, 2)))),
            DATA,
            {},
            INTERVALS,
        )


def test_functions_and_definitions() -> None:
    """A named function goes by its definition, an opaque one by the callable given, an intermediate is computed."""
    variable = entry("x")
    functions = {"cube": ScalarFunction("cube", variable, variable**3), "f": ScalarFunction("f", variable, None)}
    data = {**DATA, "f": lambda order, value: 10 * order + value}
    assert evaluate(Apply("cube", x(1), 1), data, {}, functions=functions) == pytest.approx(3 * 1.5**2)
    assert evaluate(Apply("f", x(1), 2), data, {}, functions=functions) == 21.5
    double = Computed(Array((i,), (n,), 2 * x(i)), {n: 2})
    assert evaluate(entry("y", 1) + entry("y", 2), {**DATA, "y": double}, {n: 2}) == 3.0


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
@given(expressions())
def test_against_the_oracle(expr: Expr) -> None:
    """Random expressions have the value that the oracle's own loops find, and intervals that hold it."""
    sizes = {N: 2, K: 3}
    random = np.random.default_rng(3)
    shapes = {name: tuple(int(s.xreplace(sizes)) for s in shape) for name, shape in SHAPES.items()}
    data = {name: random.uniform(0.5, 1.5, shape) for name, shape in shapes.items()}
    functions = {"tanh": ScalarFunction("tanh", entry("x"), tanh(entry("x")))}
    expected = values(expr, (i, j), (2, 3))
    places = [{i: p, j: q} for p in range(sizes[N]) for q in range(sizes[K])]
    assert set(RANGES) == {i, j}
    for place, value in zip(places, expected, strict=True):
        found = evaluate(expr, data, {**sizes, **place}, functions=functions)
        assert found == pytest.approx(value.real, rel=1e-9, abs=1e-11)
        held = evaluate(expr, data, {**sizes, **place}, INTERVALS, functions)
        assert float(held.a) - 1e-9 * (1 + abs(value)) <= value.real <= float(held.b) + 1e-9 * (1 + abs(value))


HUGE = Integer(10) ** 400


@pytest.mark.parametrize(
    "expr", [HUGE * x(0), x(1) ** 10**10, x(1) ** HUGE, exp(exp(100 * x(1))), 2 ** (n * 10**12), log(HUGE), HUGE * pi]
)
def test_numbers_too_large_have_no_value(expr: Expr) -> None:
    """In floats, that is an arithmetic error, at once."""
    with pytest.raises(ArithmeticError):
        evaluate(expr, DATA, {n: 3}, FLOATS)


@pytest.mark.parametrize("expr", [x(1) ** 10**10, x(1) ** -HUGE, 2 ** (n * 10**12)])
def test_exact_numbers_with_too_many_digits_have_no_value(expr: Expr) -> None:
    """They would fill the memory; a large power of 1, and a power that can be written down, have theirs."""
    data = {"x": [Fraction(1), Fraction(3, 2)]}
    with pytest.raises(ArithmeticError):
        evaluate(expr, data, {n: 3}, EXACT)
    assert evaluate(x(0) ** 10**10 + x(1) ** 100, data, {}, EXACT) == 1 + Fraction(3, 2) ** 100


def test_nested_conditions() -> None:
    """Conditions in conditions, beside Python's own."""
    c = entry("c")
    for value in (-1.0, 0.5, 2.0):
        chosen = ITE(c > 0, c > 1, c < -2)
        expected = (value > 1) if value > 0 else (value < -2)
        assert evaluate(Piecewise((1, chosen), (0, True)), {"c": value}, {}) == expected
        assert evaluate(Piecewise((1, Not(And(c > 0, Or(c > 1, c < -2)))), (0, True)), {"c": value}, {}) == (
            not (value > 0 and (value > 1 or value < -2))
        )
