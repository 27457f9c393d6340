"""Gradient functions that are right, in the styles in which people write them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

SIGMOID, SQUARES, LINE, LINEAR, CLASSIFIER = (
    "002_two_layer_sigmoid",
    "000_two_layer_sigmoid",
    "001_line",
    "001_linear_1_1_2_1",
    "softmax_classifier",
)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_name(X, Y, W1, b1, W2, b2):
    """A dict of dW1, db1, ..., intermediate adjoints among them."""
    m = X.shape[1]
    A1 = sigmoid(W1 @ X + b1[:, None])
    A2 = sigmoid(W2 @ A1 + b2[:, None])
    dZ2 = A2 - Y
    dZ1 = W2.T @ dZ2 * A1 * (1 - A1)
    return {"dZ2": dZ2, "dW2": dZ2 @ A1.T / m, "db2": dZ2.sum(1) / m, "dW1": dZ1 @ X.T / m, "db1": dZ1.sum(1) / m}


def with_loss(params, x, y):
    """The cost and a dict of gradients, from a dict of parameters."""
    m = x.shape[1]
    a1 = sigmoid(params["W1"] @ x + params["b1"][:, None])
    a2 = sigmoid(params["W2"] @ a1 + params["b2"][:, None])
    loss = -np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2))
    dz2 = (a2 - y) / m
    dz1 = (params["W2"].T @ dz2) * (1 - a1) * a1
    return loss, {"W2": dz2 @ a1.T, "b2": dz2.sum(axis=1), "W1": dz1 @ x.T, "b1": dz1.sum(axis=1)}


def in_order(x, y, w1, b1, w2, b2):
    """A tuple in the order of the parameters; a loop over the samples."""
    grads = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
    count = x.shape[1]
    for s in range(count):
        hidden = sigmoid(w1 @ x[:, s] + b1)
        out = sigmoid(w2 @ hidden + b2)
        delta2 = out - y[:, s]
        delta1 = (w2.T @ delta2) * hidden * (1 - hidden)
        for total, part in zip(
            grads, (np.outer(delta1, x[:, s]), delta1, np.outer(delta2, hidden), delta2), strict=True
        ):
            total += part / count
    return tuple(grads)


def backward(cache, X, Y):
    """A backward pass alone, over the values of a forward pass; gradients under grad_ names."""
    A1, A2, W2 = cache["A1"], cache["A2"], cache["W2"]
    m = X.shape[1]
    dZ2 = A2 - Y
    dZ1 = np.dot(W2.T, dZ2) * (A1 - np.power(A1, 2))
    return {
        "grad_W1": np.dot(dZ1, X.T) / m,
        "grad_b1": np.mean(dZ1, axis=1),
        "grad_W2": np.dot(dZ2, A1.T) / m,
        "grad_b2": np.mean(dZ2, axis=1),
    }


def rows(X, y, W1, W2):
    """Samples in rows, a sum of half squares, in a class's method."""
    z2 = X @ W1
    a2 = sigmoid(z2)
    yhat = sigmoid(a2 @ W2)
    delta3 = -(y - yhat) * yhat * (1 - yhat)
    delta2 = delta3 @ W2.T * sigmoid(z2) * (1 - sigmoid(z2))
    return X.T @ delta2, a2.T @ delta3


def line(x, m, c):
    """Scalars; what does not matter is left out of the formula."""
    return {"m": x, "c": 1.0}


def linear(X, Y, W1, b1, W2, b2, W3, b3):
    """The mean of the squared errors of a linear network, gradients as einsum."""
    m = Y.size
    a1 = np.einsum("ij,js->is", W1, X) + b1[:, None]
    a2 = np.einsum("ij,js->is", W2, a1) + b2[:, None]
    a3 = np.einsum("ij,js->is", W3, a2) + b3[:, None]
    d3 = 2 * (a3 - Y) / m
    d2 = np.einsum("ij,is->js", W3, d3)
    d1 = np.einsum("ij,is->js", W2, d2)
    found = {}
    for number, (delta, value) in enumerate(((d1, X), (d2, a1), (d3, a2)), start=1):
        found[f"W{number}"] = np.einsum("is,js->ij", delta, value)
        found[f"b{number}"] = np.einsum("is->i", delta)
    return found


def classifier(X, Y, W1, b1, W2, b2, W3, b3):
    """ReLU by a mask, softmax with its largest score taken off."""
    count = len(X)
    Z1 = X @ W1.T + b1
    A1 = np.maximum(0, Z1)
    Z2 = A1 @ W2.T + b2
    A2 = Z2 * (Z2 > 0)
    scores = A2 @ W3.T + b3
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = exps / exps.sum(axis=1, keepdims=True)
    loss = -np.sum(Y * np.log(probs)) / count
    d3 = (probs - Y) / count
    d2 = d3 @ W3
    d2[Z2 <= 0] = 0
    d1 = np.where(Z1 > 0, d2 @ W2, 0)
    grads = {"dW1": d1.T @ X, "db1": d1.sum(0), "dW2": d2.T @ A1, "db2": d2.sum(0), "dW3": d3.T @ A2, "db3": d3.sum(0)}
    return grads, loss


def namespace(X, Y, **weights):
    """Keywords for the weights, the whole Jacobian of softmax for each sample."""
    w = SimpleNamespace(**weights)
    grads = {name: np.zeros_like(value) for name, value in weights.items()}
    for x, y in zip(X, Y, strict=True):
        a1 = np.clip(w.W1 @ x + w.b1, 0, None)
        a2 = np.clip(w.W2 @ a1 + w.b2, 0, None)
        e = np.exp(w.W3 @ a2 + w.b3)
        p = e / e.sum()
        jacobian = np.diag(p) - np.outer(p, p)
        d3 = jacobian @ (-y / p)
        d2 = (w.W3.T @ d3) * (a2 > 0)
        d1 = (w.W2.T @ d2) * (a1 > 0)
        for name, d, a in (("3", d3, a2), ("2", d2, a1), ("1", d1, x)):
            grads[f"W{name}"] += np.outer(d, a) / len(X)
            grads[f"b{name}"] += d / len(X)
    return grads


RIGHT = (
    (SIGMOID, by_name),
    (SIGMOID, with_loss),
    (SIGMOID, in_order),
    (SIGMOID, backward),
    (SQUARES, rows),
    (LINE, line),
    (LINEAR, linear),
    (CLASSIFIER, classifier),
    (CLASSIFIER, namespace),
)
