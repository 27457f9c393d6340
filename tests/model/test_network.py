"""Layers and chains of layers: names, shapes, values against NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symbackprop.errors import ShapeError, SymbackpropError, UnknownNameError, UsageError
from symbackprop.model.building import input, parameter
from symbackprop.model.functions import custom, sigmoid
from symbackprop.model.layers.dense import Dense
from symbackprop.model.layers.expansion import layer
from symbackprop.model.network import Network
from tests.model.values import forward

random = np.random.default_rng(5)
LISTING = """\
# network
input x[n]
target y[1] binary
parameter W1[h, n], b1[h], W2[1, h], b2[1]
samples m in columns
z1[i] = b1[i] + sum(j < n: W1[i, j]*x[j])
a1[i] = sigmoid(z1[i])
z2[i] = b2[i] + sum(j < h: W2[i, j]*a1[j])
a2[i] = sigmoid(z2[i])
loss L = -sum(i < 1: (1 - y[i])*log(1 - a2[i]) + log(a2[i])*y[i])
cost J = sum(s < m: L[s])/m"""


def test_listing() -> None:
    """The repr of a network reads like a model text."""
    layers = Dense("h", "sigmoid"), Dense(1, "sigmoid")
    assert repr(Network("n", *layers, loss="binary_cross_entropy", samples="m")) == LISTING


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@pytest.mark.parametrize("side", ["rows", "columns"])
@pytest.mark.parametrize("cost", ["mean", "sum"])
def test_batch_values(side: str, cost: str) -> None:
    """Four layers over a batch, with a penalty, have the values of NumPy's formulas."""
    layers = Dense(4, "tanh"), Dense(4, "relu", bias=False), Dense(3), Dense(3, "softmax")
    model = Network(2, *layers, loss="cross_entropy", samples=5, side=side, cost=cost, l2=0.3)
    shapes = {t.name: tuple(map(int, t.shape)) for t in model.parameters}
    assert shapes == {"W1": (4, 2), "b1": (4,), "W2": (4, 4), "W3": (3, 4), "b3": (3,), "W4": (3, 3), "b4": (3,)}
    w = {name: random.normal(size=shape) for name, shape in shapes.items()}
    x, y = random.normal(size=(2, 5)), np.eye(3)[:, [0, 2, 1, 1, 0]]
    a1 = np.tanh(w["W1"] @ x + w["b1"][:, None])
    a2 = np.maximum(w["W2"] @ a1, 0)
    a3 = w["W3"] @ a2 + w["b3"][:, None]
    a4 = softmax(w["W4"] @ a3 + w["b4"][:, None])
    losses = -(y * np.log(a4)).sum(axis=0)
    penalty = 0.15 * sum((w[name] ** 2).sum() for name in ("W1", "W2", "W3", "W4"))
    expected = (losses.mean() if cost == "mean" else losses.sum()) + penalty
    turn = (lambda v: v.T) if side == "rows" else (lambda v: v)
    found = forward(model.batched(), {}, {**w, "x": turn(x), "y": turn(y)})
    np.testing.assert_allclose(found["J"], expected, rtol=1e-12)
    np.testing.assert_allclose(found["a4"], turn(a4), rtol=1e-12)
    np.testing.assert_allclose(found["L"], losses, rtol=1e-12, atol=1e-14)


def test_without_samples() -> None:
    """Without samples the penalty joins the loss, which is the root."""
    model = Network(2, Dense(1), l2=2)
    data = {"W1": random.normal(size=(1, 2)), "b1": np.ones(1), "x": np.array([1.0, 2.0]), "y": np.array([0.5])}
    expected = ((data["W1"] @ data["x"] + 0.5) ** 2).sum() + (data["W1"] ** 2).sum()
    assert model.root == "L"
    assert forward(model, {}, data)["L"] == pytest.approx(expected)


def test_own_activation_and_options() -> None:
    """An activation of one's own is a record; options go to the loss."""
    swish = custom("swish", "x", lambda v: v * sigmoid(v))
    model = Network("n", Dense("h", swish), loss="huber", delta=0.5)
    assert model.functions["swish"] == swish
    assert "sum" in repr(model.equation("L"))


def test_facts_of_targets() -> None:
    """Targets carry the fact that makes the textbook's result hold."""
    kinds = {
        loss: [fact.kind for fact in Network(2, Dense(3, "softmax"), loss=loss).tensor("y").facts]
        for loss in ("squared_error", "binary_cross_entropy", "cross_entropy", "kl_divergence")
    }
    assert kinds == {
        "squared_error": [],
        "binary_cross_entropy": ["binary"],
        "cross_entropy": ["one_hot"],
        "kl_divergence": ["distribution", "positive"],
    }


def test_layer_calls_name_after_their_output() -> None:
    """A layer call of a model text gives the tensors of its output, each with its equation or none."""
    found = layer("a1", Dense("h", "sigmoid"), input("x", "n")).definitions
    assert [(tensor.name, tensor.role, equation is None) for tensor, equation in found] == [
        ("a1.W", "parameter", True),
        ("a1.b", "parameter", True),
        ("a1.z", "intermediate", False),
        ("a1", "intermediate", False),
    ]
    plain = layer("y_hat", Dense(1, bias=False), input("x", "n")).definitions
    assert [tensor.name for tensor, _ in plain] == ["y_hat.W", "y_hat"]
    assert repr(plain[-1][1]) == "y_hat[i] = sum(j < n: x[j]*y_hat.W[i, j])"


BAD: dict[str, tuple[Callable[[], object], type[SymbackpropError], str, str]] = {
    "no layers": (lambda: Network(2), UsageError, "a network without layers", "Give it one"),
    "no layer": (lambda: Network(2, 3), UsageError, "3 is no layer", "Dense(units, activation)"),  # type: ignore[arg-type]
    "loss": (
        lambda: Network(2, Dense(1), loss="squared_eror"),
        UnknownNameError,
        "unknown loss squared_eror",
        "Did you mean squared_error?",
    ),
    "activation": (
        lambda: Network(2, Dense(1, "sigmod")),
        UnknownNameError,
        "unknown activation sigmod",
        "Did you mean sigmoid?",
    ),
    "units": (lambda: Network(2, Dense(0)), UsageError, "0 is no size", "at least 1"),
    "half a unit": (lambda: Network(2, Dense(2.5)), UsageError, "2.5 is no size", "at least 1"),  # type: ignore[arg-type]
    "inputs": (lambda: Network(-1, Dense(1)), UsageError, "-1 is no size", "at least 1"),
    "option": (lambda: Network(2, Dense(1), delta=1), UsageError, "squared_error has no option delta", "no options"),
    "a scalar": (
        lambda: layer("a", Dense(2), parameter("c")),
        ShapeError,
        "dense reads c, which has no axis",
        "Give it a vector, or rows of vectors.",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_calls(name: str) -> None:
    """Each bad call is refused, with what to do."""
    make, kind, text, fix = BAD[name]
    with pytest.raises(kind) as caught:
        make()
    assert text in caught.value.what
    assert fix in str(caught.value.fix)
