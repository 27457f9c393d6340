"""The gradients of the example models, written by hand in NumPy: nothing of symbackprop is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Arrays = Mapping[str, np.ndarray]
Found = tuple[float, dict[str, np.ndarray]]


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def two_layers_half_squares(d: Arrays) -> Found:
    """Model 000: rows, half the summed squares, the sum over samples."""
    x, y, w1, w2 = d["x"], d["y"], d["W1"], d["W2"]
    a2 = _sigmoid(x @ w1)
    yhat = _sigmoid(a2 @ w2)
    delta3 = -(y - yhat) * yhat * (1 - yhat)
    delta2 = (delta3 @ w2.T) * a2 * (1 - a2)
    slopes = {"W1": x.T @ delta2, "W2": a2.T @ delta3, "x": delta2 @ w1.T, "y": y - yhat}
    return float(((y - yhat) ** 2).sum() / 2), slopes


def line(d: Arrays) -> Found:
    """Model 001: y = m x + c is what is minimised."""
    x = float(d["x"])
    slopes = {"m": np.asarray(x), "c": np.asarray(1.0), "x": np.asarray(float(d["m"]))}
    return float(d["m"] * x + d["c"]), slopes


def linear_network(d: Arrays) -> Found:
    """Model 001: 1-1-2-1, samples in columns, the mean of the squared errors."""
    x, y, w1, w2, w3 = d["x"], d["y"], d["W1"], d["W2"], d["W3"]
    count = x.shape[1]
    a1 = w1 @ x + d["b1"][:, None]
    a2 = w2 @ a1 + d["b2"][:, None]
    a3 = w3 @ a2 + d["b3"][:, None]
    d3 = 2 * (a3 - y) / count
    d2 = w3.T @ d3
    d1 = w2.T @ d2
    slopes = {
        "W1": d1 @ x.T,
        "b1": d1.sum(1),
        "W2": d2 @ a1.T,
        "b2": d2.sum(1),
        "W3": d3 @ a2.T,
        "b3": d3.sum(1),
        "x": w1.T @ d1,
        "y": -d3,
    }
    return float(((a3 - y) ** 2).sum() / count), slopes


def two_layers_cross_entropy(d: Arrays) -> Found:
    """Model 002: columns, sigmoids, binary cross-entropy, the mean."""
    x, y, w1, w2 = d["x"], d["y"], d["W1"], d["W2"]
    count = x.shape[1]
    a1 = _sigmoid(w1 @ x + d["b1"][:, None])
    z2 = w2 @ a1 + d["b2"][:, None]
    a2 = _sigmoid(z2)
    loss = -(y * np.log(a2) + (1 - y) * np.log(1 - a2)).sum() / count
    dz2 = (a2 - y) / count
    dz1 = (w2.T @ dz2) * a1 * (1 - a1)
    slopes = {
        "W1": dz1 @ x.T,
        "b1": dz1.sum(1),
        "W2": dz2 @ a1.T,
        "b2": dz2.sum(1),
        "x": w1.T @ dz1,
        "y": -z2 / count,
    }
    return float(loss), slopes


def classifier(d: Arrays) -> Found:
    """The softmax classifier: rows, ReLU twice, cross-entropy, the mean."""
    x, y = d["x"], d["y"]
    count = len(x)
    z1 = x @ d["W1"].T + d["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ d["W2"].T + d["b2"]
    a2 = np.maximum(z2, 0)
    z3 = a2 @ d["W3"].T + d["b3"]
    p = np.exp(z3) / np.exp(z3).sum(1, keepdims=True)
    dz3 = (p * y.sum(1, keepdims=True) - y) / count
    dz2 = (dz3 @ d["W3"]) * (z2 > 0)
    dz1 = (dz2 @ d["W2"]) * (z1 > 0)
    slopes = {
        "W1": dz1.T @ x,
        "b1": dz1.sum(0),
        "W2": dz2.T @ a1,
        "b2": dz2.sum(0),
        "W3": dz3.T @ a2,
        "b3": dz3.sum(0),
        "x": dz1 @ d["W1"],
        "y": -np.log(p) / count,
    }
    return float(-(y * np.log(p)).sum() / count), slopes


BY_HAND: Mapping[str, Callable[[Arrays], Found]] = {
    "000_two_layer_sigmoid": two_layers_half_squares,
    "001_line": line,
    "001_linear_1_1_2_1": linear_network,
    "002_two_layer_sigmoid": two_layers_cross_entropy,
    "softmax_classifier": classifier,
}
