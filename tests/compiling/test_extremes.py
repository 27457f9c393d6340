"""Losses and gradients far out are finite, silent and right wherever their true values are."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from tests.compiling.extremes import CURVES, LOGITS, LOSSES, digits, value_and_slope

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "002_two_layer_sigmoid.model"
TARGETS = (0.0, 1.0, 0.3)
LARGEST = mpf(10) ** 300
QUICK = [
    ("sigmoid", "binary_cross_entropy"),
    ("sigmoid", "squared_error"),
    ("identity", "binary_cross_entropy_with_logits"),
    ("tanh", "binary_cross_entropy"),
    ("softplus", "cross_entropy"),
    ("exp", "cross_entropy"),
    ("silu", "half_squared_error"),
    ("gelu_tanh", "huber"),
]


def is_close(found: float, truth: mpf) -> bool:
    """To 1e-9 of itself, or to the rounding of a difference of numbers of the size of 1."""
    return abs(found - float(truth)) <= 1e-9 * abs(float(truth)) + 4e-15


def check(curve: str, loss: str) -> int:
    """Every logit and target at which activation, loss and slope have finite values; how many there are."""
    f = sb.compile(sb.parse(f"parameter z[1]\ntarget y[1]\na = {curve}(z)\nloss L = {loss}(a, y)"))
    steep = 2 if "tanh" in curve else 1
    compared = 0
    for z, y in itertools.product(LOGITS, TARGETS):
        activation = value_and_slope(CURVES[curve], z, steep)
        truth = value_and_slope(lambda v, y=y: LOSSES[loss](CURVES[curve](v), mpf(y)), z, steep)
        if truth is None or activation is None or any(abs(v) > LARGEST for v in (*truth, *activation)):
            continue
        found, slopes = f(z=[z], y=[y])
        assert is_close(found, truth[0]), f"{loss}({curve}({z}), {y}) is {mp.nstr(truth[0], 15)}, found {found}"
        slope = float(slopes["z"][0])
        assert is_close(slope, truth[1]), f"its slope at {z}, {y} is {mp.nstr(truth[1], 15)}, found {slope}"
        compared += 1
    return compared


@pytest.mark.parametrize(("curve", "loss"), QUICK)
def test_losses_far_out(curve: str, loss: str) -> None:
    """The losses that people use, at logits up to 10⁴ on both sides."""
    assert check(curve, loss) >= 3


@pytest.mark.long
@pytest.mark.parametrize("loss", LOSSES)
def test_all_losses_with_all_activations(loss: str) -> None:
    """Every loss with every activation."""
    assert sum(check(curve, loss) for curve in CURVES) >= 60


# softmax: several logits at once

VECTORS = [
    (0.0, 0.0, 0.0),
    (1e4, 0.0, -1e4),
    (-1e4, -1e4, 1e4),
    (700.0, -700.0, 40.0),
    (-40.0, 40.0, 0.0),
    (1e4, 1e4, 1e4),
    (-700.0, -700.0, -700.0),
]
ONE_HOT, SOFT = (0.0, 1.0, 0.0), (0.2, 0.5, 0.3)
CLASSIFIERS = {
    "softmax": "p = softmax(z)\nloss L = cross_entropy(p, y)",
    "softmax by hand": "p[i] = exp(z[i])/sum(j, exp(z[j]))\nloss L = -sum(i, y[i] log(p[i]))",
    "softmax in parts": "e = exp(z)\ns = sum(i, e[i])\np[i] = e[i]/s\nloss L = cross_entropy(p, y)",
    "log-softmax": "q = log_softmax(z)\nloss L = -sum(i, y[i] q[i])",
    "logits": "loss L = cross_entropy_with_logits(z, y)",
    "log-sum-exp": "loss L = log(sum(j, exp(z[j]))) * sum(j, y[j]) - sum(j, y[j] z[j])",
}


def softmax_truth(z: tuple[float, ...], y: tuple[float, ...]) -> tuple[mpf, list[mpf]]:
    """Loss and slopes by hand: Σ y (log Σ exp z - z) and p Σ y - y."""
    with mp.workdps(digits(max(map(abs, z)))):
        powers = [mp.exp(v) for v in z]
        whole, weight = mp.fsum(powers), mp.fsum(map(mpf, y))
        loss = mp.fsum(mpf(t) * (mp.log(whole) - v) for v, t in zip(z, y, strict=True))
        return loss, [e / whole * weight - mpf(t) for e, t in zip(powers, y, strict=True)]


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_classifiers_far_out(classifier: str) -> None:
    """Softmax and cross-entropy in every way to write them, one-hot and soft targets, logits up to 10⁴."""
    f = sb.compile(sb.parse(f"size k\nparameter z[k]\ntarget y[k]\n{CLASSIFIERS[classifier]}"))
    for z, y in itertools.product(VECTORS, (ONE_HOT, SOFT)):
        loss, slopes = softmax_truth(z, y)
        found, gradients = f(z=z, y=y)
        assert abs(found - float(loss)) <= 1e-9 * abs(float(loss)) + 1e-15 * max(map(abs, z)), (z, y)
        np.testing.assert_allclose(gradients["z"], [float(v) for v in slopes], rtol=1e-9, atol=1e-15)


def test_logsumexp_and_softplus_far_out() -> None:
    """Losses that are log Σ exp or softplus themselves."""
    over = sb.compile(sb.parse("size k\nparameter z[k]\nloss L = log(1 + sum(j, exp(z[j])))"))
    for z in VECTORS:
        with mp.workdps(digits(max(map(abs, z)))):
            powers = [mp.exp(v) for v in z]
            whole = 1 + mp.fsum(powers)
            truth, slopes = float(mp.log(whole)), [float(e / whole) for e in powers]
        found, gradients = over(z=z)
        assert found == pytest.approx(truth, rel=1e-9)
        np.testing.assert_allclose(gradients["z"], slopes, rtol=1e-9, atol=0)
    rising = sb.compile(sb.parse("parameter z[1]\nloss L = sum(i, log(1 + exp(z[i])))"))
    for z in LOGITS:
        with mp.workdps(digits(z)):
            truth, slope = float(mp.log(1 + mp.exp(z))), float(1 / (1 + mp.exp(-mpf(z))))
        found, gradients = rising(z=[z])
        assert found == pytest.approx(truth, rel=1e-12, abs=0)
        assert gradients["z"][0] == pytest.approx(slope, rel=1e-12, abs=0)


@pytest.mark.parametrize("scale", [1e4, -1e4, 700.0, 40.0])
def test_a_network_far_out(scale: float) -> None:
    """Model 002 with weights that drive its sigmoids far out: finite, and silent."""
    f = sb.compile(sb.load(EXAMPLE))
    random = np.random.default_rng(2)
    x, y = random.normal(size=(3, 5)), random.integers(0, 2, (1, 5))
    weights = {"W1": random.normal(size=(4, 3)), "b1": np.zeros(4), "W2": np.full((1, 4), scale), "b2": [scale]}
    loss, gradients = f(x=x, y=y, **weights)
    assert np.isfinite(loss)
    assert loss > 0
    assert all(np.isfinite(gradient).all() for gradient in gradients.values())
