"""Losses against NumPy written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop.algebra.symbols import size
from symbackprop.errors import ShapeError, SymbackpropError, UsageError
from symbackprop.model.building import input, parameter, target
from symbackprop.model.losses import LOSSES, l2_penalty
from tests.model.values import numbers

n, m = size("n"), size("m")
SIZES = {n: 4, m: 3}
random = np.random.default_rng(11)

ANY = random.normal(size=4) * 2
PROBABILITIES = random.uniform(0.05, 0.95, 4)
DISTRIBUTION = np.array([0.1, 0.2, 0.3, 0.4])
OTHER = np.array([0.4, 0.3, 0.2, 0.1])
ONE_HOT = np.array([0.0, 0.0, 1.0, 0.0])
BITS = np.array([0.0, 1.0, 1.0, 0.0])
SIGNS = np.array([-1.0, 1.0, 1.0, -1.0])
NEAR = np.array([0.1, -0.5, 3.0, -4.0])


def huber(delta: float) -> Callable[[np.ndarray, np.ndarray], float]:
    def value(a: np.ndarray, y: np.ndarray) -> float:
        r = np.abs(a - y)
        return float(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).sum())

    return value


def divergence(mu: float, log_variance: float) -> float:
    """From N(mu, exp(log_variance)) to N(0, 1), by the trapezoidal rule on its definition."""
    sigma = np.exp(log_variance / 2)
    z = np.linspace(mu - 12 * sigma, mu + 12 * sigma, 20_001)
    log_p = -(((z - mu) / sigma) ** 2) / 2 - np.log(sigma)
    return float(np.trapezoid(np.exp(log_p) * (log_p + z**2 / 2), z) / np.sqrt(2 * np.pi))


def log_softmax(z: np.ndarray) -> np.ndarray:
    return z - np.log(np.exp(z - z.max()).sum()) - z.max()


Oracle = Callable[[np.ndarray, np.ndarray], float]
TABLE: dict[str, tuple[str, dict[str, Any], np.ndarray, np.ndarray, Oracle]] = {
    "squared": ("squared_error", {}, ANY, NEAR, lambda a, y: ((a - y) ** 2).sum()),
    "half squared": ("half_squared_error", {}, ANY, NEAR, lambda a, y: ((a - y) ** 2).sum() / 2),
    "mean squared": ("mean_squared_error", {}, ANY, NEAR, lambda a, y: ((a - y) ** 2).mean()),
    "half mean squared": ("half_mean_squared_error", {}, ANY, NEAR, lambda a, y: ((a - y) ** 2).mean() / 2),
    "binary": (
        "binary_cross_entropy",
        {},
        PROBABILITIES,
        BITS,
        lambda a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(),
    ),
    "binary from logits": (
        "binary_cross_entropy_with_logits",
        {},
        ANY,
        BITS,
        lambda z, y: -(y * np.log(1 / (1 + np.exp(-z))) + (1 - y) * np.log(1 / (1 + np.exp(z)))).sum(),
    ),
    "cross-entropy": ("cross_entropy", {}, DISTRIBUTION, ONE_HOT, lambda p, y: -np.log(p[2])),
    "cross-entropy, soft": ("cross_entropy", {}, DISTRIBUTION, OTHER, lambda p, y: -(y * np.log(p)).sum()),
    "from logits": ("cross_entropy_with_logits", {}, ANY, ONE_HOT, lambda z, y: -log_softmax(z)[2]),
    "from logits, soft": ("cross_entropy_with_logits", {}, ANY, OTHER, lambda z, y: -(y * log_softmax(z)).sum()),
    "hinge": ("hinge", {}, NEAR, SIGNS, lambda a, y: np.maximum(0, 1 - y * a).sum()),
    "huber": ("huber", {}, NEAR, ANY, huber(1.0)),
    "huber, narrow": ("huber", {"delta": 0.3}, NEAR, ANY, huber(0.3)),
    "huber, wide": ("huber", {"delta": 100}, NEAR, ANY, lambda a, y: ((a - y) ** 2).sum() / 2),
    "divergence": ("kl_divergence", {}, DISTRIBUTION, OTHER, lambda p, y: (y * np.log(y / p)).sum()),
    "divergence from itself": ("kl_divergence", {}, OTHER, OTHER, lambda p, y: 0.0),
    "of Gaussians": ("gaussian_kl", {}, ANY, NEAR, lambda mu, v: sum(map(divergence, mu, v))),
}
OF_ROWS = {"info_nce"}


def test_every_loss_is_tested() -> None:
    """Each loss of the registry stands in the table."""
    assert {row[0] for row in TABLE.values()} == set(LOSSES) - OF_ROWS
    assert all(LOSSES[name].name == name and LOSSES[name].summary for name in LOSSES)


@pytest.mark.parametrize("row", TABLE)
def test_values(row: str) -> None:
    """Each loss of a vector has the value of NumPy's formula and is a scalar."""
    name, options, a, y, oracle = TABLE[row]
    loss = LOSSES[name](input("a", n), target("y", n), **options)
    assert loss.shape == ()
    found = numbers(loss, SIZES, {"a": a, "y": y})
    np.testing.assert_allclose(found, oracle(a, y), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("row", [row for row in TABLE if "mean" not in row and row != "divergence from itself"])
def test_values_of_matrices(row: str) -> None:
    """The loss of a matrix is the sum of the losses of its rows."""
    name, options, a, y, oracle = TABLE[row]
    loss = LOSSES[name](input("a", m, n), target("y", m, n), **options)
    scores = np.stack([a, a[::-1], a * 0.9 + 0.01])
    found = numbers(loss, SIZES, {"a": scores, "y": np.stack([y, y, y])})
    np.testing.assert_allclose(found, sum(oracle(row, y) for row in scores), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"cross_entropy_with_logits", *OF_ROWS}))
def test_scalars(name: str) -> None:
    """A loss takes scalars too: the sum has one term."""
    row = next(r for r in TABLE.values() if r[0] == name and not r[1])
    loss = LOSSES[name](input("a"), target("y"))
    vector = LOSSES[name](input("a", 1), target("y", 1))
    a, y = row[2][1], row[3][1]
    np.testing.assert_allclose(
        numbers(loss, SIZES, {"a": a, "y": y}),
        numbers(vector, SIZES, {"a": np.array([a]), "y": np.array([y])}),
        rtol=1e-14,
    )


@pytest.mark.parametrize("temperature", [1, 0.3])
def test_info_nce(temperature: float) -> None:
    """The cross-entropy of each row's scores against its own number, by loops."""
    a, b = random.normal(size=(3, 4)), random.normal(size=(3, 4))
    expected = 0.0
    for i in range(3):
        scores = np.array([a[i] @ b[k] / temperature for k in range(3)])
        expected -= log_softmax(scores)[i] / 3
    loss = LOSSES["info_nce"](input("a", m, n), target("y", m, n), temperature=temperature)
    np.testing.assert_allclose(numbers(loss, SIZES, {"a": a, "y": b}), expected, rtol=1e-12)
    with pytest.raises(ShapeError, match="no rows"):
        LOSSES["info_nce"](input("a", n), target("y", n))


def test_penalty() -> None:
    """Half the weight times the sum of squares over all tensors named, or the whole weight."""
    W, V = parameter("W", n, m), parameter("V", n)
    data = {"W": random.normal(size=(4, 3)), "V": random.normal(size=4)}
    squares = (data["W"] ** 2).sum() + (data["V"] ** 2).sum()
    np.testing.assert_allclose(numbers(l2_penalty(0.1, W, V), SIZES, data), 0.05 * squares)
    np.testing.assert_allclose(numbers(l2_penalty(0.1, W, V, half=False), SIZES, data), 0.1 * squares)
    np.testing.assert_allclose(
        numbers(l2_penalty(parameter("lam"), V), SIZES, {**data, "lam": 3.0}), 1.5 * (data["V"] ** 2).sum()
    )


BAD: dict[str, tuple[Callable[[], object], type[SymbackpropError], str]] = {
    "shapes": (
        lambda: LOSSES["squared_error"](input("a", n), target("y", m)),
        ShapeError,
        "squared_error of a and y The prediction is n entries, the target m entries.",
    ),
    "option": (
        lambda: LOSSES["hinge"](input("a", n), target("y", n), margin=2),
        UsageError,
        "hinge has no option margin",
    ),
    "delta": (lambda: LOSSES["huber"](input("a", n), target("y", n), delta=0), UsageError, "huber with delta = 0"),
    "logit": (lambda: LOSSES["cross_entropy_with_logits"](input("a"), target("y")), ShapeError, "of a scalar"),
    "penalty": (lambda: l2_penalty(0.1), UsageError, "l2_penalty of nothing"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_calls(name: str) -> None:
    """Each bad call is refused with its reason."""
    make, kind, text = BAD[name]
    with pytest.raises(kind) as caught:
        make()
    assert text in f"{caught.value.what} {caught.value.because}"
