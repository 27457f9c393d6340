"""Scalar functions: values against the standard library, slopes, kinks, and a user's own."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from sympy import Abs, Integer, Max, Piecewise, Rational, Symbol, exp, log, tanh

from symbackprop.algebra.arrays import array_of
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.symbols import Apply, entry, size
from symbackprop.errors import ModelError, UnknownNameError
from symbackprop.model.functions import ELEMENTARY, FUNCTIONS, absolute, apply, custom, gelu, relu, sigmoid, silu

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
X = entry("x")


def logistic(v: float) -> float:
    return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))


ORACLES: dict[str, Callable[[float], float]] = {
    "identity": lambda v: v,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "square": lambda v: v * v,
    "sin": math.sin,
    "cos": math.cos,
    "erf": math.erf,
    "sigmoid": logistic,
    "tanh": math.tanh,
    "relu": lambda v: max(v, 0.0),
    "leaky_relu": lambda v: v if v > 0 else 0.01 * v,
    "elu": lambda v: v if v > 0 else math.expm1(v),
    "selu": lambda v: SCALE * (v if v > 0 else ALPHA * math.expm1(v)),
    "softplus": lambda v: math.log1p(math.exp(v)),
    "silu": lambda v: v * logistic(v),
    "gelu": lambda v: v * 0.5 * math.erfc(-v / math.sqrt(2)),
    "gelu_tanh": lambda v: 0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))),
    "abs": abs,
}
POINTS = (-3.7, -1.0, -0.3, -1e-6, 1e-6, 0.25, 1.0, 2.5, 6.0)


def at(name: str, value: object, order: int = 0) -> float:
    """The function's own expression, or a derivative of it, at a point."""
    function = FUNCTIONS[name]
    assert function.expression is not None
    return float(substitute(function.expression.diff(function.variable, order), {function.variable: value}))


def test_every_function_has_an_oracle() -> None:
    """No function is untested."""
    assert set(ORACLES) == set(FUNCTIONS)


@pytest.mark.parametrize("name", ORACLES)
def test_values(name: str) -> None:
    """The expression has the value that the standard library gives, inside the domain and not outside."""
    function = FUNCTIONS[name]
    for point in POINTS:
        inside = function.domain.xreplace({function.variable: Rational(point)})
        if not bool(inside):
            with pytest.raises(ValueError, match="domain"):
                ORACLES[name](point)
            continue
        assert at(name, Rational(point)) == pytest.approx(ORACLES[name](point), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", ORACLES)
def test_slopes(name: str) -> None:
    """The derivative agrees with a central difference of the oracle, away from kinks."""
    step = 1e-6
    for point in (-2.1, -0.7, 0.6, 1.9):
        if point < 0 and name in ("log", "sqrt"):
            continue
        slope = (ORACLES[name](point + step) - ORACLES[name](point - step)) / (2 * step)
        assert at(name, Rational(point), 1) == pytest.approx(slope, rel=1e-7, abs=1e-9)


KINKED = {"relu": 0.0, "leaky_relu": 0.01, "selu": SCALE * ALPHA, "abs": 0.0}


def test_kinks_are_declared() -> None:
    """A kink stands exactly where the slopes from the two sides differ."""
    step = Rational(1, 10**9)
    for name in FUNCTIONS:
        if name in ("log", "sqrt"):
            continue
        jump = abs(at(name, step, 1) - at(name, -step, 1))
        assert (jump > 1e-6) == bool(FUNCTIONS[name].kinks), name
    assert {name for name, function in FUNCTIONS.items() if function.kinks} == set(KINKED)


@pytest.mark.parametrize("name", KINKED)
def test_the_slope_at_a_kink_is_the_chosen_one(name: str) -> None:
    """SymPy's derivative of the expression, at the kink, is the value that the function declares."""
    (kink,) = FUNCTIONS[name].kinks
    assert at(name, kink.at, 1) == pytest.approx(float(kink.value), rel=1e-15)
    assert float(kink.value) == pytest.approx(KINKED[name], rel=1e-15)


def test_elementary_functions_are_plain() -> None:
    """exp and the like are SymPy's own; the others keep their names."""
    assert apply("exp", X) == exp(X)
    assert apply("square", X) == X**2
    assert apply("identity", X) == X
    for name in set(FUNCTIONS) - ELEMENTARY:
        assert apply(name, X) == Apply(name, X)


def test_functions_of_arrays() -> None:
    """A function of an array goes entry by entry."""
    z = array_of("z", (size("n"),))
    found = relu(2 * z)
    assert found.shape == z.shape
    assert found.expression == Apply("relu", 2 * z.expression)
    assert found.label == "relu(2 * z)"


def test_unknown_function() -> None:
    """An unknown name is refused, with the nearest known one."""
    with pytest.raises(UnknownNameError) as caught:
        apply("sigmiod", X)
    assert caught.value.fix == "Did you mean sigmoid?"


def test_custom_by_formula() -> None:
    """A user's function is one line, by a Python function or by an expression, named functions spelled out."""
    x = Symbol("x", real=True)
    swish = custom("swish", "x", lambda v: v * sigmoid(v))
    assert swish.expression == x / (1 + exp(-x))
    assert custom("swish", "x", Symbol("x") * sigmoid(Symbol("x"))) == swish
    assert apply(swish, X) == Apply("swish", X)
    assert apply(swish, array_of("z", (size("n"),))).sources[-1] == swish


def test_custom_in_standard_form() -> None:
    """|x|, maxima, tanh and decimal numbers in a formula become what the algebra knows."""
    x = Symbol("x", real=True)
    assert custom("f", "x", lambda v: 0.1 * Abs(v)).expression == Piecewise((x, x > 0), (-x, x < 0), (0, True)) / 10
    assert custom("f", "x", lambda v: Max(v, 0)).expression == FUNCTIONS["relu"].expression
    assert custom("f", "x", lambda v: tanh(v)).expression == FUNCTIONS["tanh"].expression
    softsign = custom("softsign", "x", lambda v: v / (1 + absolute(v)))
    assert float(softsign.expression.subs(x, -3)) == -0.75
    hard = custom("f", "x", lambda v: silu(v) + gelu(v))
    assert not hard.expression.has(Apply)


def test_opaque() -> None:
    """A function without a formula stays a name, and one letter is its own LaTeX."""
    f = custom("f", "x")
    assert f.expression is None
    assert f.latex == "f"
    assert apply(f, X).diff(X) == Apply("f", X, 1)
    assert custom("my_f", "x").latex == r"\mathrm{my\_f}"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (lambda v: v * entry("w"), "the function g reads w"),
        (lambda v: v * entry("w", 0), "the function g reads w"),
        (lambda v: log(Integer(-1)) * v, "I is no real, finite number, in the function g"),
        (lambda v: v / Integer(0), "zoo is no real, finite number, in the function g"),
    ],
)
def test_bad_formulas(formula: Callable, text: str) -> None:
    """A formula reads its variable alone, and real numbers."""
    with pytest.raises(ModelError) as caught:
        custom("g", "x", formula)
    assert text in caught.value.what
