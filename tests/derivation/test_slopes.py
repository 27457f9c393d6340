"""The slope of every function of the catalogue: its lines by hand, proved, and true beside complex steps."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sympy import Expr, Symbol

import symbackprop as sb
from symbackprop.algebra.folding import unfold
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, entry
from symbackprop.derivation.slopes import function_slope, function_slopes
from symbackprop.derivation.steps import Method, Step, StepKind, lines_of
from symbackprop.model.functions import FUNCTIONS, custom
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import nomenclature
from symbackprop.notation.writing.text import text_chain
from tests.oracles.numbers import Numbers

SPACE = Space(functions=dict(FUNCTIONS))
NAMES = nomenclature(Conventions(), SPACE)
U = entry("u")
EXAMPLES = Path(__file__).parents[2] / "docs/examples"
POINTS = (0.3, 0.9, 1.7)
STEP = 1e-30


def slope(name: str) -> Step:
    return function_slope(FUNCTIONS[name], SPACE, U)


def lines(step: Step) -> list[str]:
    """The chain in text, the formula differentiated first."""
    found = lines_of(step)
    return [text_chain([side], NAMES) for side in (step.before, *(line.after for line in found))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "sigmoid",
            ["exp(-u)/(1 + exp(-u))²", "(1/(1 + exp(-u))) (1 - 1/(1 + exp(-u)))", "σ(u) (1 - σ(u))"],
        ),
        (
            "tanh",
            [
                "((exp(u) + exp(-u))² - (exp(u) - exp(-u))²)/(exp(u) + exp(-u))²",
                "1 - ((exp(u) - exp(-u))/(exp(u) + exp(-u)))²",
                "1 - tanh(u)²",
            ],
        ),
        ("softplus", ["exp(u)/(1 + exp(u))", "1/(1 + exp(-u))", "σ(u)"]),
        ("relu", ["1[u > 0]"]),
        ("leaky_relu", ["{1 if u > 0; 0.01 otherwise}"]),
        (
            "elu",
            [
                "{1 if u > 0; exp(u) otherwise}",
                "{1 if u > 0; 1 + exp(u) - 1 otherwise}",
                "{1 if u > 0; 1 + ELU(u) otherwise}",
            ],
        ),
        ("exp", ["exp(u)"]),
        ("log", ["1/u"]),
        ("sqrt", ["(1/2) (1/sqrt(u))"]),
    ],
)
def test_lines_by_hand(name: str, expected: list[str]) -> None:
    assert lines(slope(name)) == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_proved_and_chained(name: str) -> None:
    step = slope(name)
    found = lines_of(step)
    assert step.kind is StepKind.SLOPE
    assert step.left == Apply(name, U, 1)
    assert {s.check.method for s in (step, *found)} == {Method.PROVED}
    if found:
        assert [line.before for line in found] == [step.before, *(line.after for line in found[:-1])]
        assert found[-1].after == step.after


def value(expr: Expr, at: complex) -> complex:
    return complex(np.ravel(Numbers({}, {"u": np.array([at])}).value(unfold(expr, SPACE), {}))[0])


@pytest.mark.parametrize("at", [*POINTS, *(-point for point in POINTS)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_line_is_the_complex_step_slope(name: str, at: float) -> None:
    """Each line beside the imaginary part of the function a tiny step aside, which nothing was derived for."""
    if at < 0 and name in ("log", "sqrt"):
        at = -at
    formula = FUNCTIONS[name].expression
    assert formula is not None
    if name in ("erf", "gelu"):  # no complex erf in the oracle: a difference of real ones
        real = {"erf": math.erf, "gelu": lambda u: u * (1 + math.erf(u / math.sqrt(2))) / 2}[name]
        expected, near = (real(at + 1e-5) - real(at - 1e-5)) / 2e-5, 1e-8
    else:
        expected, near = value(formula.xreplace({Symbol("x", real=True): U}), at + STEP * 1j).imag / STEP, 1e-12
    step = slope(name)
    for side in (step.before, step.after, *(line.after for line in lines_of(step))):
        assert value(side, at).real == pytest.approx(expected, rel=near), side


@pytest.mark.parametrize(("name", "kink"), [("relu", "relu'(0) = 0 by choice"), ("abs", "abs'(0) = 0 by choice")])
def test_kinks_are_told(name: str, kink: str) -> None:
    assert slope(name).kinks == (kink,)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("002_two_layer_sigmoid", ["log", "sigmoid"]),
        ("softmax_classifier", ["log", "exp", "relu"]),
        ("networks/layer_norm", ["tanh", "sqrt"]),
        ("networks/lstm", ["sigmoid", "tanh"]),
        ("000_two_layer_generic", []),  # f has no formula
    ],
)
def test_what_a_derivation_uses(path: str, expected: list[str]) -> None:
    """In the order of the sweep, each once."""
    found = function_slopes(sb.derive(sb.load(EXAMPLES / f"{path}.model")))
    assert [step.tensor for step in found] == expected


def test_the_letter_is_no_name_of_the_model() -> None:
    model = sb.parse("size n\ninput u[n]\nparameter v[n]\nloss L = sum(i, sigmoid(u[i]*v[i]))\n")
    (step,) = function_slopes(sb.derive(model))
    assert step.left == Apply("sigmoid", entry("t"), 1)


def test_own_functions() -> None:
    """A function of the user's own is derived by the same rules; one without a formula is refused."""
    own = custom("swish", "x", lambda x: x / (1 + sb.apply("exp", -x)))
    step = function_slope(own, Space(functions={**FUNCTIONS, "swish": own}), U)
    assert step.check.method is Method.PROVED
    with pytest.raises(ValueError, match="no formula"):
        function_slope(custom("f", "x"), SPACE, U)
