"""Gradient functions with one mistake each, with what is wrong in them: the results, and a word of the diagnosis.

Each is one of three right backward passes with one line exchanged, as `exchanged` says, so that nothing else differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.planted.right_functions import CLASSIFIER, LINE, LINEAR, SIGMOID, SQUARES, sigmoid


@dataclass(frozen=True)
class Wrong:
    """A wrong function on a model: which results are wrong, and a pattern that the diagnosis should match."""

    model: str
    function: Callable[..., Any]
    results: tuple[str, ...]
    word: str


def _sigmoid_pass(x, y, W1, b1, W2, b2, **change):
    """Two layers, binary cross-entropy, samples in columns; `change` replaces single steps."""
    v = {"x": x, "y": y, "W1": W1, "W2": W2, "m": x.shape[1]}

    def step(name, usual):
        v[name] = change.get(name, usual)(v)

    v["z1"] = W1 @ x + b1[:, None]
    v["a1"] = sigmoid(v["z1"])
    v["z2"] = W2 @ v["a1"] + b2[:, None]
    v["a2"] = sigmoid(v["z2"])
    step("dz2", lambda v: v["a2"] - v["y"])
    step("dW2", lambda v: v["dz2"] @ v["a1"].T / v["m"])
    step("db2", lambda v: v["dz2"].sum(1) / v["m"])
    step("da1", lambda v: v["W2"].T @ v["dz2"])
    step("dz1", lambda v: v["da1"] * v["a1"] * (1 - v["a1"]))
    step("dW1", lambda v: v["dz1"] @ v["x"].T / v["m"])
    step("db1", lambda v: v["dz1"].sum(1) / v["m"])
    return {name: v[name] for name in ("dW1", "db1", "dW2", "db2")}


def _classifier_pass(x, y, W1, b1, W2, b2, W3, b3, **change):
    """Three layers, ReLU and softmax, samples in rows."""
    v = {"x": x, "y": y, "W1": W1, "W2": W2, "W3": W3, "m": len(x)}

    def step(name, usual):
        v[name] = change.get(name, usual)(v)

    v["z1"] = x @ W1.T + b1
    v["a1"] = np.maximum(v["z1"], 0)
    v["z2"] = v["a1"] @ W2.T + b2
    v["a2"] = np.maximum(v["z2"], 0)
    v["z3"] = v["a2"] @ W3.T + b3
    e = np.exp(v["z3"])
    v["p"] = e / e.sum(1, keepdims=True)
    step("dz3", lambda v: v["p"] - v["y"])
    step("da2", lambda v: v["dz3"] @ v["W3"])
    step("dz2", lambda v: v["da2"] * (v["z2"] > 0))
    step("da1", lambda v: v["dz2"] @ v["W2"])
    step("dz1", lambda v: v["da1"] * (v["z1"] > 0))
    for layer, value in (("3", "a2"), ("2", "a1"), ("1", "x")):
        step(f"dW{layer}", lambda v, d=f"dz{layer}", a=value: v[d].T @ v[a] / v["m"])
        step(f"db{layer}", lambda v, d=f"dz{layer}": v[d].sum(0) / v["m"])
    return {name: v[name] for name in ("dW1", "db1", "dW2", "db2", "dW3", "db3")}


def _squares_pass(x, y, W1, W2, **change):
    """Two layers, half the sum of squares, samples in rows."""
    v = {"x": x, "y": y, "W1": W1, "W2": W2}

    def step(name, usual):
        v[name] = change.get(name, usual)(v)

    v["z2"] = x @ W1
    v["a2"] = sigmoid(v["z2"])
    v["z3"] = v["a2"] @ W2
    v["yhat"] = sigmoid(v["z3"])
    step("dz3", lambda v: (v["yhat"] - v["y"]) * v["yhat"] * (1 - v["yhat"]))
    step("dW2", lambda v: v["a2"].T @ v["dz3"])
    step("dz2", lambda v: v["dz3"] @ v["W2"].T * v["a2"] * (1 - v["a2"]))
    step("dW1", lambda v: v["x"].T @ v["dz2"])
    return {"dW1": v["dW1"], "dW2": v["dW2"]}


def exchanged(name, **change):
    """The pass of a model with some of its steps exchanged."""

    def two_layers(x, y, W1, b1, W2, b2):
        return _sigmoid_pass(x, y, W1, b1, W2, b2, **change)

    def three_layers(x, y, W1, b1, W2, b2, W3, b3):
        return _classifier_pass(x, y, W1, b1, W2, b2, W3, b3, **change)

    def squares(x, y, W1, W2):
        return _squares_pass(x, y, W1, W2, **change)

    return {SIGMOID: two_layers, CLASSIFIER: three_layers, SQUARES: squares}[name]


def line(x, m, c):
    """The derivative by m is x."""
    return {"m": m, "c": 1.0}


def half(x, y, w1, b1, w2, b2, w3, b3):
    """The 2 of the square forgotten, though the loss says it is there."""
    count = y.shape[1]
    a1 = w1 @ x + b1[:, None]
    a2 = w2 @ a1 + b2[:, None]
    d3 = 2 * (w3 @ a2 + b3[:, None] - y)
    d2 = w3.T @ d3
    d1 = w2.T @ d2 / 2
    pairs = (d1, x), (d2, a1), (d3, a2)
    return tuple(part / count for d, a in pairs for part in (d @ a.T, d.sum(1)))


def last_sample(x, y, W1, W2):
    """Gradients assigned in the loop over the samples, not added."""
    dW1, dW2 = np.zeros_like(W1), np.zeros_like(W2)
    for row, wanted in zip(x, y, strict=True):
        a2 = sigmoid(row @ W1)
        yhat = sigmoid(a2 @ W2)
        d3 = (yhat - wanted) * yhat * (1 - yhat)
        d2 = (W2 @ d3) * a2 * (1 - a2)
        dW1, dW2 = np.outer(row, d2), np.outer(a2, d3)
    return dW1, dW2


def updated_too_early(x, y, W1, W2):
    """The weights changed in place before they are used."""
    a2 = sigmoid(x @ W1)
    yhat = sigmoid(a2 @ W2)
    d3 = (yhat - y) * yhat * (1 - yhat)
    dW2 = a2.T @ d3
    W2 -= 0.5 * dW2
    d2 = d3 @ W2.T * a2 * (1 - a2)
    return {"dW1": x.T @ d2, "dW2": dW2}


_BOTH = ("dW1", "db1")
_ALL = ("dW1", "db1", "dW2", "db2")
_THREE = (*_ALL, "dW3", "db3")

WRONG = (
    Wrong(SIGMOID, exchanged(SIGMOID, dz2=lambda v: v["y"] - v["a2"]), _ALL, "sign"),
    Wrong(SIGMOID, exchanged(SIGMOID, dz2=lambda v: (v["a2"] - v["y"]) * v["a2"] * (1 - v["a2"])), _ALL, "once too"),
    Wrong(SIGMOID, exchanged(SIGMOID, dW2=lambda v: v["dz2"] @ v["a1"].T), ("dW2",), "1/m is missing"),
    Wrong(SIGMOID, exchanged(SIGMOID, dW2=lambda v: v["dz2"] @ v["z1"].T / v["m"]), ("dW2",), "z1 stands where a1"),
    Wrong(SIGMOID, exchanged(SIGMOID, db2=lambda v: v["dz2"].sum(0) / v["m"]), ("db2",), "wrong axis"),
    Wrong(SIGMOID, exchanged(SIGMOID, dz1=lambda v: v["da1"]), _BOTH, "σ'\\(z1\\), is missing"),
    Wrong(SIGMOID, exchanged(SIGMOID, dz1=lambda v: v["da1"] * v["z1"] * (1 - v["z1"])), _BOTH, "z1 \\(1 - z1\\)"),
    Wrong(SIGMOID, exchanged(SIGMOID, dz1=lambda v: v["da1"] * (1 - v["a1"] ** 2)), _BOTH, "1 - a1²"),
    Wrong(
        SIGMOID,
        exchanged(SIGMOID, dz1=lambda v: v["da1"] * sigmoid(v["a1"]) * (1 - sigmoid(v["a1"]))),
        _BOTH,
        "σ'\\(a1\\)",
    ),
    Wrong(SIGMOID, exchanged(SIGMOID, db1=lambda v: v["dz1"][:, 0]), ("db1",), "first sample|1/m|sample"),
    Wrong(SIGMOID, exchanged(SIGMOID, dW1=lambda v: (v["dz1"] @ v["x"].T / v["m"]).T), ("dW1",), "transposed"),
    Wrong(SIGMOID, exchanged(SIGMOID, db1=lambda v: v["dz1"] / v["m"]), ("db1",), "sum"),
    Wrong(CLASSIFIER, exchanged(CLASSIFIER, dz3=lambda v: -v["y"] * (1 - v["p"])), _THREE, "entry by entry"),
    Wrong(CLASSIFIER, exchanged(CLASSIFIER, dz2=lambda v: v["da2"]), _ALL, "ReLU'\\(z2\\), is missing"),
    Wrong(CLASSIFIER, exchanged(CLASSIFIER, dz1=lambda v: v["da1"] * (v["z1"] < 0)), _BOTH, "z1 ≤ 0"),
    Wrong(CLASSIFIER, exchanged(CLASSIFIER, dz1=lambda v: v["da1"] * v["a1"]), _BOTH, "stands where ReLU'"),
    Wrong(CLASSIFIER, exchanged(CLASSIFIER, dz2=lambda v: v["da2"] * (v["da2"] > 0)), _ALL, "da2"),
    Wrong(CLASSIFIER, exchanged(CLASSIFIER, db3=lambda v: v["dz3"].sum(0)), ("db3",), "1/m is missing"),
    Wrong(CLASSIFIER, exchanged(CLASSIFIER, dz3=lambda v: 2 * (v["p"] - v["y"])), _THREE, "factor 2"),
    Wrong(SQUARES, exchanged(SQUARES, dz3=lambda v: v["yhat"] - v["y"]), ("dW1", "dW2"), "σ'\\(z3\\), is missing"),
    Wrong(SQUARES, exchanged(SQUARES, dz2=lambda v: v["dz3"] @ v["W2"].T), ("dW1",), "σ'\\(z2\\), is missing"),
    Wrong(SQUARES, exchanged(SQUARES, dW2=lambda v: v["a2"].T @ v["dz3"] / len(v["x"])), ("dW2",), "1/m"),
    Wrong(SQUARES, last_sample, ("dW1", "dW2"), "last sample"),
    Wrong(SQUARES, updated_too_early, ("dW1", "the function"), ""),
    Wrong(LINE, line, ("m",), "m stands where x"),
    Wrong(LINEAR, half, ("dW1", "db1"), "factor 2"),
)
