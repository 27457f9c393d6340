"""Losses of the example networks in PyTorch or JAX, and their gradients by that library's own autograd.

A script of its own, so that PyTorch and JAX may live in another environment than symbackprop:

    python tests/peers/autograd.py torch|jax NETWORK DATA.npz GRADIENTS.npz

It imports nothing of symbackprop, and each loss is written with whole arrays, as one writes it in these libraries.
"""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace

import numpy as np


def half_squares(o, p):
    a1 = o.sigmoid(p["x"] @ p["W1"])
    a2 = o.sigmoid(a1 @ p["W2"])
    return ((p["y"] - a2) ** 2).sum() / 2


def line(o, p):
    return (p["y"] - (p["m"] * p["x"] + p["c"])) ** 2


def linear_chain(o, p):
    a1 = p["x"] @ p["W1"].T + p["b1"]
    a2 = a1 @ p["W2"].T + p["b2"]
    a3 = a2 @ p["W3"].T + p["b3"]
    return ((p["y"] - a3) ** 2).sum(1).mean()


def two_layers(o, p):
    a1 = o.sigmoid(p["W1"] @ p["x"] + p["b1"][:, None])
    a2 = o.sigmoid(p["W2"] @ a1 + p["b2"][:, None])
    return -(p["y"] * o.log(a2) + (1 - p["y"]) * o.log(1 - a2)).sum(0).mean()


def classifier(o, p):
    a1 = o.relu(p["x"] @ p["W1"].T + p["b1"])
    a2 = o.relu(a1 @ p["W2"].T + p["b2"])
    return -(p["y"] * o.log_softmax(a2 @ p["W3"].T + p["b3"])).sum(1).mean()


def layer_norm(o, p):
    return ((o.layer_norm(p["x"]) * p["g"] + p["b"]) * p["y"]).sum()


def recurrent(o, p):
    h, loss = p["x"][0] * 0, 0.0
    for x, y in zip(p["x"], p["y"], strict=True):
        h = o.tanh(p["W"] @ h + x)
        loss = loss + (h * y).sum()
    return loss


def attention(o, p):
    scores = p["x"] @ p["Q"] @ (p["x"] @ p["K"]).T / p["Q"].shape[1] ** 0.5
    return ((o.exp(o.log_softmax(scores)) @ (p["x"] @ p["V"])) * p["y"]).sum()


LOSSES = {
    f.__name__: f for f in (half_squares, line, linear_chain, two_layers, classifier, layer_norm, recurrent, attention)
}


def with_torch(loss, data):
    torch = importlib.import_module("torch")
    f = torch.nn.functional
    ops = SimpleNamespace(
        sigmoid=torch.sigmoid,
        relu=torch.relu,
        tanh=torch.tanh,
        log=torch.log,
        exp=torch.exp,
        log_softmax=lambda z: f.log_softmax(z, dim=1),
        layer_norm=lambda z: f.layer_norm(z, z.shape[1:], eps=1e-3),
    )
    arrays = {name: torch.tensor(a, dtype=torch.float64, requires_grad=True) for name, a in data.items()}
    value = loss(ops, arrays)
    value.backward()
    return value.item(), {name: a.grad.numpy() for name, a in arrays.items()}


def with_jax(loss, data):
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    ops = SimpleNamespace(
        sigmoid=jax.nn.sigmoid,
        relu=jax.nn.relu,
        tanh=jax.numpy.tanh,
        log=jax.numpy.log,
        exp=jax.numpy.exp,
        layer_norm=lambda z: (z - z.mean(1, keepdims=True)) / jax.numpy.sqrt(z.var(1, keepdims=True) + 1e-3),
        log_softmax=lambda z: jax.nn.log_softmax(z, axis=1),
    )
    arrays = {name: jax.numpy.asarray(a, dtype="float64") for name, a in data.items()}
    value, grads = jax.value_and_grad(lambda p: loss(ops, p))(arrays)
    return float(value), {name: np.asarray(g) for name, g in grads.items()}


def main(library: str, network: str, source: str, target: str) -> None:
    with np.load(source) as file:
        data = dict(file)
    value, grads = {"torch": with_torch, "jax": with_jax}[library](LOSSES[network], data)
    np.savez(target, **{f"grad_{name}": g for name, g in grads.items()}, value=np.asarray(value))


if __name__ == "__main__":
    main(*sys.argv[1:])
