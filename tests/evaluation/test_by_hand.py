"""Three models beside NumPy written by hand, a planted mistake, updates, contributions of samples, exact fractions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.derivation.derivation import Derivation
from symbackprop.errors import UnknownNameError, UsageError
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.evaluation.evaluation import evaluate
from symbackprop.evaluation.exact import fractions_of

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
RECURRENCE = """
size T, n, h
input x[T,n]
target y[h]
parameter U[h,n], V[h,h], b[h]
tensor s[T,h]
s[t,i] = tanh(sum(j, U[i,j] x[t,j]) + sum(j, V[i,j] s[t-1,j]) + b[i])
pad s
loss L = sum(i, (s[T-1,i] - y[i])^2)
"""
RATIONAL = """
size n, h
input x[n]
target y
parameter W[h,n], v[h]
z = W x
a = relu(z)
o = sum(i, v[i] a[i])
loss L = (o - y)^2 / (1 + o^2)
"""


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_two_layers_of_sigmoids() -> None:
    """Values, adjoints of each sample's loss, gradients of the mean, the update; and the first sample by itself."""
    derivation = sb.derive(sb.load(EXAMPLES / "002_two_layer_sigmoid.model"))
    found = evaluation_for(derivation, rate=0.5)
    x, y, W1, b1, W2, b2 = (found.values[name] for name in ("x", "y", "W1", "b1", "W2", "b2"))
    m = x.shape[1]
    a1 = sigmoid(W1 @ x + b1[:, None])
    a2 = sigmoid(W2 @ a1 + b2[:, None])
    losses = -(y * np.log(a2) + (1 - y) * np.log(1 - a2)).sum(axis=0)
    dz2 = a2 - y
    dz1 = W2.T @ dz2 * a1 * (1 - a1)
    np.testing.assert_allclose(found.values["a2"], a2, rtol=1e-13)
    np.testing.assert_allclose(found.values["L"], losses, rtol=1e-13)
    np.testing.assert_allclose(float(found.loss), losses.mean(), rtol=1e-13)
    np.testing.assert_allclose(found.adjoints["z1"], dz1, rtol=1e-12)
    np.testing.assert_allclose(found.gradient("z1"), dz1 / m, rtol=1e-12)
    np.testing.assert_allclose(found.adjoints["W2"], dz2 @ a1.T / m, rtol=1e-12)
    np.testing.assert_allclose(found.updated["W1"], W1 - 0.5 * dz1 @ x.T / m, rtol=1e-12)
    np.testing.assert_allclose(found.by_sample("W1"), np.einsum("is,js->sij", dz1, x), rtol=1e-12)
    assert found.loss_after < found.loss
    one = found.one_sample
    assert one is not None
    np.testing.assert_allclose(float(one.loss), losses[0], rtol=1e-13)
    np.testing.assert_allclose(one.adjoints["W1"], np.outer(dz1[:, 0], x[:, 0]), rtol=1e-12)


def test_a_softmax_classifier() -> None:
    """Rows of samples, ReLU, cross-entropy: p - y and what follows."""
    found = evaluation_for(sb.derive(sb.load(EXAMPLES / "softmax_classifier.model"), checks=False), seed=3)
    x, y = found.values["x"], found.values["y"]
    W1, b1, W2, b2, W3, b3 = (found.values[n] for n in ("W1", "b1", "W2", "b2", "W3", "b3"))
    z1 = x @ W1.T + b1
    z2 = np.maximum(z1, 0) @ W2.T + b2
    z3 = np.maximum(z2, 0) @ W3.T + b3
    p = np.exp(z3) / np.exp(z3).sum(axis=1, keepdims=True)
    dz2 = (p - y) @ W3 * (z2 > 0)
    dz1 = dz2 @ W2 * (z1 > 0)
    np.testing.assert_allclose(float(found.loss), -np.log(p[y == 1]).mean(), rtol=1e-13)
    np.testing.assert_allclose(found.adjoints["z3"], p - y, atol=1e-14)
    np.testing.assert_allclose(found.adjoints["W1"], dz1.T @ x / len(x), atol=1e-14)
    np.testing.assert_allclose(found.adjoints["b2"], dz2.sum(axis=0) / len(x), atol=1e-14)


def test_a_recurrence() -> None:
    """Back through time, and every step of it."""
    found = evaluation_for(sb.derive(sb.parse(RECURRENCE), checks=False), sizes={"T": 4, "n": 2, "h": 3})
    x, y, U, V, b = (found.values[name] for name in ("x", "y", "U", "V", "b"))
    s = [np.zeros(3)]
    for row in x:
        s.append(np.tanh(U @ row + V @ s[-1] + b))
    ds, dU, dV = 2 * (s[-1] - y), np.zeros_like(U), np.zeros_like(V)
    adjoints = []
    for t in range(4, 0, -1):
        adjoints.insert(0, ds)
        dz = ds * (1 - s[t] ** 2)
        dU, dV = dU + np.outer(dz, x[t - 1]), dV + np.outer(dz, s[t - 1])
        ds = V.T @ dz
    np.testing.assert_allclose(found.values["s"], s[1:], rtol=1e-13)
    np.testing.assert_allclose(found.adjoints["s"], adjoints, atol=1e-13)
    np.testing.assert_allclose(found.adjoints["U"], dU, atol=1e-13)
    np.testing.assert_allclose(found.adjoints["V"], dV, atol=1e-13)
    assert found.check.method == "complex steps"
    assert found.check.worst < 1e-12


def planted(derivation: Derivation, name: str) -> Derivation:
    """The derivation with the adjoint of one tensor twice what it is."""
    steps = tuple(
        replace(step, array=replace(step.array, expression=2 * step.array.expression))
        if step.tensor == name and step.array is not None
        else step
        for step in derivation.steps
    )
    return replace(derivation, steps=steps)


@pytest.mark.parametrize("name", ["W2", "z1", "a2"])
def test_a_wrong_adjoint_is_seen(name: str) -> None:
    """Also one of an intermediate that no gradient reads (a2, which is put in)."""
    derivation = sb.derive(sb.load(EXAMPLES / "002_two_layer_sigmoid.model"), checks=False)
    found = evaluation_for(planted(derivation, name))
    size = float(np.max(np.abs(found.gradient(name)))) / 2
    assert found.differences[name] == pytest.approx(size, rel=1e-9)
    assert found.differences["b2"] < 1e-14


def test_central_differences_where_an_exponential_overflows() -> None:
    """Where complex steps have no value, the method says so; a wrong gradient is seen all the same."""
    derivation = sb.derive(sb.parse("input x\ntarget y\nparameter w\na = sigmoid(w x)\nloss L = (a - y)^2 + w^2"))
    arrays = {"x": 400.0, "y": 0.5, "w": -2.0}
    found = evaluate(derivation, arrays)
    assert found.check.method == "central differences"
    assert found.check.step == 1e-6
    assert 0 < found.differences["w"] < 1e-8
    assert evaluate(planted(derivation, "w"), arrays).differences["w"] == pytest.approx(4.0, rel=1e-6)


def test_a_step_that_leads_too_far() -> None:
    """The loss after it is NaN, and all else stands."""
    derivation = sb.derive(sb.parse("target y\nparameter w\nloss L = (log(w) - y)^2"))
    found = evaluate(derivation, {"y": -1.0, "w": 1.0}, rate=10)
    assert np.isnan(float(found.loss_after))
    np.testing.assert_allclose(found.updated["w"], -19.0)


def test_exact_fractions() -> None:
    """Every number is a fraction, and right: by a derivative worked out by hand."""
    derivation = sb.derive(sb.parse(RATIONAL))
    arrays = {"x": [0.5, -1.2], "y": 0.3, "W": [[0.1, -0.7], [0.4, 0.9]], "v": [Fraction(1, 3), Fraction(2, 7)]}
    found = evaluation_for(derivation, data=arrays, exact=True, rate=0.5)
    z = [Fraction(5, 100) + Fraction(84, 100), Fraction(20, 100) - Fraction(108, 100)]
    assert list(found.values["z"]) == z
    assert list(found.values["a"]) == [z[0], 0]
    o, y = z[0] / 3, Fraction(3, 10)
    slope = (2 * (o - y) * (1 + o**2) - (o - y) ** 2 * 2 * o) / (1 + o**2) ** 2
    assert found.loss == (o - y) ** 2 / (1 + o**2)
    assert list(found.adjoints["v"]) == [slope * z[0], 0]
    assert found.updated["v"][0] == Fraction(1, 3) - Fraction(1, 2) * slope * z[0]
    assert isinstance(found.loss_after, Fraction)
    assert found.loss_after < found.loss
    for step in (*derivation.forward, *derivation.steps, *derivation.updates):
        assert all(isinstance(entry, Fraction | int) for entry in np.ravel(found.value_of(step)))
    floats = evaluation_for(derivation, data={**arrays, "v": [1 / 3, 2 / 7]}, rate=0.5)
    np.testing.assert_allclose(np.asarray(found.adjoints["W"], float), floats.adjoints["W"], rtol=1e-13)


@pytest.mark.parametrize("value", [0.1, np.float64(0.1), Fraction(1, 10)])
def test_decimals_are_taken_as_written(value: object) -> None:
    """0.1 is a tenth."""
    assert fractions_of(value).item() == Fraction(1, 10)


def test_no_fractions() -> None:
    """A function without fractions is named, with the tensor that reads it."""
    derivation = sb.derive(sb.load(EXAMPLES / "002_two_layer_sigmoid.model"), checks=False)
    with pytest.raises(UsageError, match="a1 has no exact value: sigmoid of a fraction is no fraction"):
        evaluation_for(derivation, exact=True)


def test_no_such_gradient() -> None:
    """A name that was not derived by."""
    found = evaluation_for(sb.derive(sb.load(EXAMPLES / "002_two_layer_sigmoid.model"), checks=False))
    with pytest.raises(UnknownNameError, match="no gradient by W3"):
        found.gradient("W3")
    with pytest.raises(UsageError, match="no derivatives by x"):
        found.by_sample("x")
