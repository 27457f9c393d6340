"""Layers in NumPy, by loops: nothing of symbackprop is used, and complex numbers pass through, for complex steps.

A layer takes the arrays of a model by name, `x` and its own parts without the output's name (`W`, `b_i`), and gives
its output.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]
Forward = Callable[[Arrays], np.ndarray]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.where(z.real > 0, z, 0)


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def identity(z):
    return z


def largest(values: Sequence[Any]) -> Any:
    """The first of the largest real parts."""
    best = values[0]
    for value in values[1:]:
        best = value if value.real > best.real else best
    return best


# dense and its kin


def dense(f: Callable = identity) -> Forward:
    def run(p):
        rows = [p["W"] @ row + p.get("b", 0) for row in p["x"].reshape(-1, p["x"].shape[-1])]
        return f(np.array(rows).reshape(*p["x"].shape[:-1], -1))

    return run


def maxout(p):
    pieces = [W @ p["x"] + b for W, b in zip(p["W"], p["b"], strict=True)]
    return np.array([largest([piece[i] for piece in pieces]) for i in range(len(pieces[0]))])


def bilinear(f: Callable = identity) -> Forward:
    def run(p):
        return f(np.array([p["x"] @ W @ p["u"] for W in p["W"]]) + p.get("b", 0))

    return run


def stack(f: Callable) -> Forward:
    def run(p):
        a = p["x"]
        for W, b in zip(p["W"], p["b"], strict=True):
            a = f(W @ a + b)
        return a

    return run


# windows


def padded(x: np.ndarray, by: Sequence[int]) -> np.ndarray:
    return np.pad(x, [(0, 0), *((n, n) for n in by)])


def convolution(f: Callable = identity, stride=1, padding=0, dilation=1, groups: int = 1) -> Forward:
    """Of x[C, ...]; W is O × C/groups × ..., or the same with the groups as an axis of its own in front."""

    def run(p):
        x, W = p["x"], p["W"]
        axes = x.ndim - 1
        s, d, k = (np.broadcast_to(v, axes) for v in (stride, dilation, W.shape[-axes:]))
        W = W.reshape(-1, x.shape[0] // groups, *k)
        x = padded(x, np.broadcast_to(padding, axes))
        counts = [(n - dd * (kk - 1) - 1) // ss + 1 for n, kk, ss, dd in zip(x.shape[1:], k, s, d, strict=True)]
        z = np.zeros((len(W), *counts), complex)
        for o, at in itertools.product(range(len(W)), itertools.product(*map(range, counts))):
            first = o // (len(W) // groups) * W.shape[1]
            for c, u in itertools.product(range(W.shape[1]), itertools.product(*map(range, k))):
                z[(o, *at)] += W[(o, c, *u)] * x[(first + c, *(a * ss + b * dd for a, b, ss, dd in zip(at, u, s, d)))]  # noqa: B905
        return f(z + p["b"].reshape(-1, *[1] * axes) if "b" in p else z)

    return run


def transposed(f: Callable = identity, stride=1, padding=0) -> Forward:
    """Each entry of x[C, ...] lays its multiple of the kernel down; the border is cut off."""

    def run(p):
        x, W = p["x"], p["W"]
        axes = x.ndim - 1
        s, cut, k = (np.broadcast_to(v, axes) for v in (stride, padding, W.shape[2:]))
        z = np.zeros((W.shape[1], *((n - 1) * ss + kk for n, ss, kk in zip(x.shape[1:], s, k, strict=True))), complex)
        for place in np.ndindex(*x.shape):
            where = tuple(slice(i * ss, i * ss + kk) for i, ss, kk in zip(place[1:], s, k, strict=True))
            z[(slice(None), *where)] += x[place] * W[place[0]]
        z = z[(slice(None), *(slice(c, n - c) for c, n in zip(cut, z.shape[1:], strict=True)))]
        return f(z + p["b"].reshape(-1, *[1] * axes) if "b" in p else z)

    return run


def pool(reduce: Callable[[list], Any], width, stride=None) -> Forward:
    def run(p):
        x = p["x"]
        axes = x.ndim - 1
        k = np.broadcast_to(width, axes)
        s = k if stride is None else np.broadcast_to(stride, axes)
        counts = [(n - kk) // ss + 1 for n, kk, ss in zip(x.shape[1:], k, s, strict=True)]
        found = np.zeros((len(x), *counts), complex)
        for c, at in itertools.product(range(len(x)), itertools.product(*map(range, counts))):
            where = tuple(slice(a * ss, a * ss + kk) for a, ss, kk in zip(at, s, k, strict=True))
            found[(c, *at)] = reduce(list(x[(c, *where)].ravel()))
        return found

    return run


def average(values: Sequence[Any]) -> Any:
    return sum(values) / len(values)


def whole(reduce: Callable[[list], Any]) -> Forward:
    return lambda p: np.array([reduce(list(channel.ravel())) for channel in p["x"]])


def reshape(*shape: int) -> Forward:
    return lambda p: p["x"].reshape(shape)


# recurrences


def steps_of(x: np.ndarray, reverse: bool) -> list[int]:
    return list(range(len(x)))[::-1] if reverse else list(range(len(x)))


def rnn(f: Callable = np.tanh, reverse: bool = False) -> Forward:
    def run(p):
        h = p.get("h0", np.zeros(len(p["W_h"])))
        found = {}
        for t in steps_of(p["x"], reverse):
            h = found[t] = f(p["W_x"] @ p["x"][t] + p["W_h"] @ h + p.get("b", 0))
        return np.array([found[t] for t in range(len(found))])

    return run


def lstm(reverse: bool = False) -> Forward:
    """With peepholes where there are weights for them: input and forget gate see the old cell, the output the new."""

    def run(p):
        units = len(p["U_i"])
        h, c = p.get("h0", np.zeros(units)), p.get("c0", np.zeros(units))
        found = {}
        for t in steps_of(p["x"], reverse):
            i, f, g, o = (p[f"W_{k}"] @ p["x"][t] + p[f"U_{k}"] @ h + p[f"b_{k}"] for k in "ifgo")
            i = sigmoid(i + p.get("p_i", 0) * c)
            f = sigmoid(f + p.get("p_f", 0) * c)
            c = f * c + i * np.tanh(g)
            h = found[t] = sigmoid(o + p.get("p_o", 0) * c) * np.tanh(c)
        return np.array([found[t] for t in range(len(found))])

    return run


def gru(reverse: bool = False) -> Forward:
    def run(p):
        h = p.get("h0", np.zeros(len(p["U_r"])))
        found = {}
        for t in steps_of(p["x"], reverse):
            r, u = (sigmoid(p[f"W_{k}"] @ p["x"][t] + p[f"U_{k}"] @ h + p[f"b_{k}"]) for k in "ru")
            n = np.tanh(p["W_n"] @ p["x"][t] + p["b_n"] + r * (p["U_n"] @ h + p["d"]))
            h = found[t] = (1 - u) * n + u * h
        return np.array([found[t] for t in range(len(found))])

    return run


def concat(p):
    return np.concatenate([p["x"], p["u"]], axis=-1)


# rows that are chosen


def embedding(p):
    M, x = p.get("table", p.get("M")), p["x"]
    return x @ M if np.iscomplexobj(x) or x.dtype.kind == "f" else M[x]


def dropout(keep: float) -> Forward:
    return lambda p: p["x"] * p["mask"] / keep


# attention


def attention(heads: int = 1, causal: bool = False) -> Forward:
    def run(p):
        x, memory = p["x"], p.get("memory", p["x"])
        found = np.zeros(x.shape, complex)
        for head in range(heads):
            Wq, Wk, Wv, Wo = (p[f"W_{k}"] if heads == 1 else p[f"W_{k}"][head] for k in "qkvo")
            for t, row in enumerate(x):
                seen = [u for u in range(len(memory)) if (not causal or u <= t) and allowed(p.get("mask"), t, u)]
                q, width = row @ Wq, Wq.shape[1]
                weights = softmax(np.array([q @ (memory[u] @ Wk) for u in seen]) / np.sqrt(width))
                found[t] += sum(w * (memory[u] @ Wv) for w, u in zip(weights, seen, strict=True)) @ Wo
        return found

    return run


def allowed(mask: np.ndarray | None, t: int, u: int) -> bool:
    if mask is None:
        return True
    return bool((mask[u] if mask.ndim == 1 else mask[t, u]).real)


def positions(p):
    return p["x"] + p.get("table", p.get("p"))


def transformer(heads: int, f: Callable, pre: bool, causal: bool = False) -> Forward:
    def run(p):
        def normed(x, mark):
            return affine_rows(x, p[f"gamma_{mark}"], p[f"beta_{mark}"])

        def attend(x):
            return attention(heads, causal)({**p, "x": x})

        def forward(x):
            return f(x @ p["W_1"] + p["b_1"]) @ p["W_2"] + p["b_2"]

        x = p["x"]
        if pre:
            r = x + attend(normed(x, "a"))
            return r + forward(normed(r, "f"))
        r = normed(x + attend(x), "a")
        return normed(r + forward(r), "f")

    return run


# norms


def standard(values: np.ndarray, epsilon: float = 1e-5) -> np.ndarray:
    """All entries together to mean 0 and variance 1."""
    centred = values - values.sum() / values.size
    return centred / np.sqrt((centred**2).sum() / values.size + epsilon)


def affine_rows(x, gamma, beta, epsilon: float = 1e-5):
    return np.array([gamma * standard(row, epsilon) + beta for row in x])


def layer_norm(epsilon: float = 1e-5) -> Forward:
    def run(p):
        rows = p["x"].reshape(-1, p["x"].shape[-1])
        return affine_rows(rows, p.get("gamma", 1), p.get("beta", 0), epsilon).reshape(p["x"].shape)

    return run


def rms_norm(p):
    rows = p["x"].reshape(-1, p["x"].shape[-1])
    found = [p["gamma"] * row / np.sqrt((row**2).sum() / row.size + 1e-5) for row in rows]
    return np.array(found).reshape(p["x"].shape)


def batch_norm(p):
    """x[m, C, ...]: each channel over the samples and all places."""
    found = [
        gamma * standard(p["x"][:, c]) + beta for c, (gamma, beta) in enumerate(zip(p["gamma"], p["beta"], strict=True))
    ]
    return np.stack(found, axis=1)


def fixed_batch_norm(p):
    parts = zip(p["x"], p["mu"], p["v"], p["gamma"], p["beta"], strict=True)
    return np.array([gamma * (x - mu) / np.sqrt(v + 1e-5) + beta for x, mu, v, gamma, beta in parts])


def group_norm(groups: int) -> Forward:
    def run(p):
        found = np.concatenate([standard(part) for part in np.split(p["x"], groups)])
        shape = (-1, *[1] * (p["x"].ndim - 1))
        return p["gamma"].reshape(shape) * found + p["beta"].reshape(shape)

    return run
