"""Networks of equations rather than layers, written in Python: the gradients of their model files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.symbols import size
from tests.oracles.draws import draw

NETWORKS = Path(__file__).parents[2] / "docs" / "examples" / "networks"
SIZES = {"T": 3, "V": 5, "D": 4, "K": 3, "S": 2, "n": 3, "h": 4, "m": 6}
ROWS = {"samples": "m", "side": "rows"}

T, V, D, K, S, n, h = sb.sizes("T V D K S n h")
d, i, j, k, s, t = sb.indices("d i j k s t")


def weight_norm() -> sb.Model:
    x, y = sb.input("x", n), sb.target("y", h)
    v, g, b = sb.parameter("v", h, n), sb.parameter("g", h), sb.parameter("b", h)
    r, W, z, a = sb.tensor("r", h), sb.tensor("W", h, n), sb.tensor("z", h), sb.tensor("a", h)
    return sb.build(
        sb.equation(r[i], sb.sum_over(v[i, j] ** 2, j) ** 0.5),
        sb.equation(W[i, j], g[i] * v[i, j] / r[i]),
        sb.equation(z, W @ x + b),
        sb.equation(a, sb.tanh(z)),
        loss=sb.LOSSES["squared_error"](a, y),
        **ROWS,
    )


def weight_tying() -> sb.Model:
    tok, y, o = sb.input("tok", T, integer=True), sb.target("y", T, V, facts="one_hot"), sb.tensor("o", T, V)
    e = sb.layer("e", sb.Embedding(V, D), tok)
    state = sb.layer("h", sb.RNN(D), e)
    table = sb.parameter("e.M", V, D)
    scores = sb.equation(o[t, k], sb.sum_over(state[t, d] * table[k, d], d))
    return sb.build(e, state, scores, loss=sb.LOSSES["cross_entropy_with_logits"](o, y), **ROWS)


def gaussian_mixture() -> sb.Model:
    x = sb.input("x", n)
    logits, mu, deviation = sb.parameter("lambda", K), sb.parameter("mu", K, n), sb.parameter("s", K, n)
    w, u, q = sb.tensor("w", K), sb.tensor("u", K, n), sb.tensor("q", K)
    return sb.build(
        sb.equation(w, sb.log_softmax(logits)),
        sb.equation(u[k, i], (x[i] - mu[k, i]) * sb.apply("exp", -deviation[k, i])),
        sb.equation(q[k], w[k] - sb.sum_over(u[k, i] ** 2 / 2 + deviation[k, i], i)),
        loss=-sb.logsumexp(q),
        **ROWS,
    )


def variational_autoencoder() -> sb.Model:
    x, noise = sb.input("x", n), sb.input("epsilon", D)
    a = sb.layer("a", sb.Dense(h, "tanh"), x)
    mu, s = sb.layer("mu", sb.Dense(D), a), sb.layer("s", sb.Dense(D), a)
    c = sb.tensor("c", D)
    b = sb.layer("b", sb.Dense(h, "tanh"), c)
    o = sb.layer("o", sb.Dense(n), b)
    code = sb.equation(c, mu + sb.apply("exp", s / 2) * noise)
    loss = sb.LOSSES["binary_cross_entropy_with_logits"](o, x) + sb.LOSSES["gaussian_kl"](mu, s)
    return sb.build(a, mu, s, code, b, o, loss=loss, **ROWS)


def word2vec() -> sb.Model:
    centre, near = sb.input("centre", integer=True), sb.input("near", integer=True)
    far = sb.input("far", S, integer=True)
    W, C = sb.parameter("W", V, D), sb.parameter("C", V, D)
    e, p, q = sb.tensor("e", D), sb.tensor("p"), sb.tensor("q", S)
    return sb.build(
        sb.equation(e[d], W[centre, d]),
        sb.equation(p, sb.sum_over(C[near, d] * e[d], d)),
        sb.equation(q[s], sb.sum_over(C[far[s], d] * e[d], d)),
        loss=sb.softplus(-p) + sb.sum_over(sb.softplus(q[s]), s),
        **ROWS,
    )


def highway() -> sb.Model:
    x, y, a = sb.input("x", n), sb.target("y", n), sb.tensor("a", n)
    f, g = sb.layer("h", sb.Dense(n, "tanh"), x), sb.layer("g", sb.Dense(n, "sigmoid"), x)
    return sb.build(f, g, sb.equation(a, g * f + (1 - g) * x), loss=sb.LOSSES["squared_error"](a, y), **ROWS)


FORMS = (weight_norm, weight_tying, gaussian_mixture, variational_autoencoder, word2vec, highway)


@pytest.mark.parametrize("make", FORMS, ids=lambda make: make.__name__)
def test_python_and_text_agree(make: Callable[[], sb.Model]) -> None:
    """Loss and gradients by every parameter, on the same data."""
    one, other = sb.load(NETWORKS / f"{make.__name__}.model"), make()
    below = dict.fromkeys(("tok", "centre", "near", "far"), SIZES["V"])
    data = draw(one, {size(name): count for name, count in SIZES.items()}, 2, below)
    for tensor in one.tensors:
        if tensor.integer:
            data[tensor.name] = data[tensor.name].astype(int)
    (value, gradients), (expected, slopes) = sb.compile(one)(data), sb.compile(other)(data)
    assert value == pytest.approx(expected, rel=1e-12)
    assert set(gradients) == set(slopes)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, slopes[name], rtol=1e-9, atol=1e-13)
