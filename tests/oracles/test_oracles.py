"""The oracles themselves: known values, known slopes, and planted errors that they must see."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import Abs, Expr, Integer, KroneckerDelta, Piecewise, Rational, Sum, cos, erf, exp, floor, log, sin, sqrt

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, entry, index, size, total
from symbackprop.model.records import Equation, Tensor
from tests.oracles.numbers import STEP, Numbers, OracleError
from tests.oracles.slopes import disagreement, slopes, swept

i, j, k, t = (index(name) for name in "ijkt")
n, h = size("n"), size("h")

X = np.array([0.5, -1.25, 2.0])


def value(expr: Expr, **scope: int) -> float:
    stored = {"x": np.asarray(X, complex)[:, None], "c": np.full(1, 0.75 + 0j), "tok": np.array([[2.0 + 0j], [0.0]])}
    found = Numbers({n: 3, h: 2}, stored).value(expr, {index(name): at for name, at in scope.items()})
    return float(found.flat[0].real) if isinstance(found, np.ndarray) else float(found)


VALUES: list[tuple[Expr, dict[str, int], float]] = [
    (entry("x", i), {"i": 1}, -1.25),
    (entry("x", i), {"i": 3}, 0.0),
    (entry("x", i), {"i": -1}, 0.0),
    (entry("c") * n / 2, {}, 1.125),
    (Sum(entry("x", j), (j, 0, i)), {"i": 1}, -0.75),
    (Sum(entry("x", j), (j, 1, n - 1)), {}, 0.75),
    (Sum(i * j, (j, 0, i), (i, 0, 2)), {}, 0 + 1 + 2 * 3),
    (entry("x", floor(i / 2)), {"i": 3}, -1.25),
    (entry("x", entry("tok", i)), {"i": 0}, 2.0),
    (Guard(i - 1) / entry("x", i - 1), {"i": 0}, 0.0),
    (KroneckerDelta(i, 2 * j) + 1, {"i": 2, "j": 1}, 2.0),
    (Piecewise((entry("x", i), i < 1), (5, True)), {"i": 1}, 5.0),
    (Piecewise((1, entry("x", i) > 0), (Rational(1, 4), True)), {"i": 1}, 0.25),
    (Maximum(entry("x", k), (k, n)), {}, 2.0),
    (ArgMax(-entry("x", k), (k, n)) + 0 * n, {}, 1.0),
    (Abs(entry("x", 1)) + sqrt(entry("c")) + exp(-entry("c")), {}, 1.25 + math.sqrt(0.75) + math.exp(-0.75)),
    (log(entry("c")) + sin(entry("c")) * cos(entry("c")), {}, math.log(0.75) + math.sin(0.75) * math.cos(0.75)),
    (erf(entry("c")), {}, math.erf(0.75)),
    (Apply("tanh", entry("c")), {}, math.tanh(0.75)),
    (Apply("sigmoid", entry("c"), 1), {}, math.exp(-0.75) / (1 + math.exp(-0.75)) ** 2),
    (Apply("relu", entry("x", 1)), {}, 0.0),
]


@pytest.mark.parametrize(("expr", "scope", "expected"), VALUES, ids=[str(v[0]) for v in VALUES])
def test_values(expr: Expr, scope: dict[str, int], expected: float) -> None:
    """An expression has the value that its definition says, out-of-range reads being 0."""
    assert value(expr, **scope) == pytest.approx(expected, rel=1e-15)


UNDEFINED: list[tuple[Expr, dict[str, int]]] = [
    (1 / entry("x", i), {"i": 3}),
    (entry("x", i + 5) / entry("x", i), {"i": 3}),
    (log(entry("x", 1)), {}),
    (sqrt(entry("x", 1)), {}),
    (entry("x", i), {}),
    (entry("x", i / 2), {"i": 1}),
    (entry("y", i), {"i": 0}),
    (entry("x", 0, 0), {}),
]


@pytest.mark.parametrize(("expr", "scope"), UNDEFINED, ids=[str(u[0]) for u in UNDEFINED])
def test_undefined(expr: Expr, scope: dict[str, int]) -> None:
    """What has no value raises; nothing is taken for 0 but a product with a failing guard."""
    with pytest.raises(OracleError):
        value(expr, **scope)


FUNCTION_SLOPES: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda x: 1 / (2 + 2 * math.cosh(x)),
    "tanh": lambda x: 1 / math.cosh(x) ** 2,
    "relu": lambda x: float(x > 0),
    "leaky_relu": lambda x: 1.0 if x > 0 else 0.01,
    "elu": lambda x: 1.0 if x > 0 else math.exp(x),
    "selu": lambda x: 1.0507009873554805 * (1.0 if x > 0 else 1.6732632423543772 * math.exp(x)),
    "softplus": lambda x: 1 / (1 + math.exp(-x)),
    "silu": lambda x: (1 + math.exp(-x) + x * math.exp(-x)) / (1 + math.exp(-x)) ** 2,
    "gelu": lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "abs": lambda x: math.copysign(1.0, x),
    "square": lambda x: 2 * x,
    "sin": math.cos,
    "cos": lambda x: -math.sin(x),
    "exp": math.exp,
    "erf": lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x),
}


@pytest.mark.parametrize("name", FUNCTION_SLOPES)
def test_complex_step_of_functions(name: str) -> None:
    """A complex step through each named function gives the slope that calculus gives, to the last digits."""
    numbers = Numbers({}, {})
    for x in (-1.5, -0.3, 0.4, 2.0):
        found = numbers.function(name, 0, np.array([x + STEP * 1j]))
        assert found[0].imag / STEP == pytest.approx(FUNCTION_SLOPES[name](x), rel=1e-13)


class Network(SimpleNamespace):
    """What stands for a model, and may be remembered by as one may."""

    __hash__ = object.__hash__


def two_layers() -> Network:
    """x -> z1 = W1 x -> a1 = σ(z1) -> z2 = W2 a1 + x (a skip) -> L = Σ z2², with a recurrence s[t] = s[t-1] + z2[t]."""
    tensors = (
        Tensor("x", (n,), "input"),
        Tensor("W1", (h, n), "parameter"),
        Tensor("W2", (n, h), "parameter"),
        Tensor("z1", (h,), "intermediate"),
        Tensor("a1", (h,), "intermediate"),
        Tensor("z2", (n,), "intermediate"),
        Tensor("s", (n,), "intermediate"),
        Tensor("L", (), "loss"),
    )
    equations = (
        Equation("L", (), total(entry("s", i) ** 2, (i, n))),
        Equation("s", (t,), entry("s", t - 1) + entry("z2", t), padded=("s",)),
        Equation("z2", (i,), total(entry("W2", i, j) * entry("a1", j), (j, h)) + entry("x", i)),
        Equation("a1", (i,), 1 / (1 + exp(-entry("z1", i)))),
        Equation("z1", (i,), total(entry("W1", i, j) * entry("x", j), (j, n))),
    )
    return Network(tensors=tensors, equations=equations, loss="L", root="L", samples=None, cost=None, functions={})


def adjoints() -> dict[str, Array]:
    """The adjoints of `two_layers`, by hand."""
    a1 = entry("a1", i)
    by_z1 = total(entry("W1", j, i) * entry("∂z1", j), (j, h))
    return {
        "s": Array((t,), (n,), 2 * entry("s", t) + entry("∂s", t + 1)),
        "z2": Array((i,), (n,), entry("∂s", i)),
        "W2": Array((i, j), (n, h), entry("∂z2", i) * entry("a1", j)),
        "a1": Array((i,), (h,), total(entry("W2", j, i) * entry("∂z2", j), (j, n))),
        "z1": Array((i,), (h,), entry("∂a1", i) * a1 * (1 - a1)),
        "W1": Array((i, j), (h, n), entry("∂z1", i) * entry("x", j)),
        "x": Array((i,), (n,), entry("∂z2", i) + by_z1),
    }


def worst(arrays: dict[str, Array], wrt: tuple[str, ...] = ("x", "W1", "W2")) -> float:
    random = np.random.default_rng(0)
    data = {"x": random.normal(size=4), "W1": random.normal(size=(3, 4)), "W2": random.normal(size=(4, 3))}
    sizes = {n: 4, h: 3}
    known = slopes(two_layers(), sizes, data)
    found = swept(arrays, "L", sizes, known.values, {})
    return max(disagreement(found[name], known.slopes[name]) for name in wrt)


def test_right_adjoints_agree() -> None:
    """The hand-made adjoints agree with complex steps to the last digits."""
    assert worst(adjoints()) < 1e-13


def test_slopes_against_numpy_differences() -> None:
    """The complex step agrees with central differences of a forward pass written in NumPy."""
    random = np.random.default_rng(3)
    data = {"x": random.normal(size=4), "W1": random.normal(size=(3, 4)), "W2": random.normal(size=(4, 3))}

    def loss(w1: np.ndarray) -> float:
        z2 = data["W2"] @ (1 / (1 + np.exp(-w1 @ data["x"]))) + data["x"]
        return float(np.sum(np.cumsum(z2) ** 2))

    known = slopes(two_layers(), {n: 4, h: 3}, data)
    assert known.root == pytest.approx(loss(data["W1"]), rel=1e-14)
    for place in np.ndindex(3, 4):
        shift = np.zeros((3, 4))
        shift[place] = 1e-5
        difference = (loss(data["W1"] + shift) - loss(data["W1"] - shift)) / 2e-5
        assert known.slopes["W1"][place] == pytest.approx(difference, rel=1e-6, abs=1e-7)


PLANTED: dict[str, tuple[str, Callable[[Expr], Expr]]] = {
    "wrong sign": ("z1", lambda e: -e),
    "wrong by 0.1 %": ("W2", lambda e: e * Rational(1001, 1000)),
    "dropped skip path": ("x", lambda e: e - entry("∂z2", i)),
    "dropped path through z1": ("x", lambda _: entry("∂z2", i)),
    "recurrence forgotten": ("s", lambda _: 2 * entry("s", t)),
    "t off by one": ("s", lambda _: 2 * entry("s", t) + entry("∂s", t)),
    "σ' missing": ("z1", lambda _: entry("∂a1", i)),
    "σ' at a": ("z1", lambda _: entry("∂a1", i) * Apply("sigmoid", entry("a1", i), 1)),
    "W for Wᵀ": ("a1", lambda _: total(entry("W2", i, j) * entry("∂z2", j), (j, n))),
    "factor 2 lost": ("s", lambda e: e - entry("s", t)),
    "one entry lost": ("W1", lambda e: e * (1 - KroneckerDelta(i, 2) * KroneckerDelta(j, 3))),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_seen(name: str) -> None:
    """Each planted error, down to 0.1 % of one adjoint, makes the comparison fail by far."""
    tensor, change = PLANTED[name]
    wrong = adjoints()
    array = wrong[tensor]
    wrong[tensor] = Array(array.indices, array.shape, change(array.expression))
    try:
        seen = worst(wrong)
    except OracleError:
        seen = math.inf
    assert seen > 1e-4


def test_a_wrong_shape_is_seen() -> None:
    """An adjoint in the layout of its transpose does not agree."""
    wrong = adjoints()
    wrong["W2"] = Array((j, i), (h, n), wrong["W2"].expression)
    assert worst(wrong) == math.inf


def test_kinks_are_measured() -> None:
    """The distance to the nearest kink is that of the comparison that came nearest, index conditions left out."""
    model = two_layers()
    body = Apply("relu", entry("x", i)) + Piecewise((entry("x", i), i > 0), (0, True)) + Maximum(entry("x", k), (k, n))
    model.equations = (Equation("L", (), total(body, (i, n))),)
    weights = {"W1": np.zeros((1, 3)), "W2": np.zeros((3, 1))}
    assert slopes(model, {n: 3, h: 1}, {"x": X, **weights}).kink == pytest.approx(0.5)
    near = np.array([2.0 - 1e-4, -1.25, 2.0])
    assert slopes(model, {n: 3, h: 1}, {"x": near, **weights}).kink == pytest.approx(1e-4)


def test_no_kink_between_equal_constants() -> None:
    """Two candidates that do not depend on the inputs meet without a kink."""
    model = two_layers()
    model.equations = (Equation("L", (), Maximum(Integer(2) + 0 * k, (k, n)) + entry("x", 0)),)
    known = slopes(model, {n: 3, h: 1}, {"x": X, "W1": np.zeros((1, 3)), "W2": np.zeros((3, 1))})
    assert known.kink == math.inf
    assert known.slopes["x"].tolist() == [1.0, 0.0, 0.0]


def test_an_entry_that_needs_itself_is_refused() -> None:
    """A circle among entries is an error, not an endless descent."""
    model = two_layers()
    model.equations = (*model.equations[:1], Equation("s", (t,), entry("s", t) + 1))
    with pytest.raises(OracleError, match="needs itself"):
        slopes(model, {n: 3, h: 1}, {"x": X, "W1": np.zeros((1, 3)), "W2": np.zeros((3, 1))})
