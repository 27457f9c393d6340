"""Softmaxes that leave positions out, by data or by indices: finite whatever stands there, and right.

The truth is taken row by row over the positions that take part, in plain NumPy; at moderate logits complex steps of the
formula as it is written say the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symbackprop.compiling.compiled import Compiled, compile
from symbackprop.notation.reading.model_text import read_model

pytestmark = pytest.mark.filterwarnings("error")

HEAD = "size T, U\nparameter S[T, U]\nconstant V[U], msk[T, U], key[U]\n"
TAIL = "\nloss L = sum(t, sum(u, P[t,u] V[u])^2)"
LOSSES = {
    "by a mask": HEAD + "P[t,u] = msk[t,u] exp(S[t,u]) / sum(v, msk[t,v] exp(S[t,v]))" + TAIL,
    "by a mask of the positions": HEAD + "P[t,u] = key[u] exp(S[t,u]) / sum(v, key[v] exp(S[t,v]))" + TAIL,
    "by named exponentials": HEAD + "E[t,u] = msk[t,u] exp(S[t,u])\nP[t,u] = E[t,u] / sum(v, E[t,v])" + TAIL,
    "by both": HEAD + "P[t,u] = key[u] msk[t,u] exp(S[t,u]) / sum(v, msk[t,v] key[v] exp(S[t,v]))" + TAIL,
    "in one formula": HEAD + "loss L = sum(t, (sum(u, msk[t,u] V[u] exp(S[t,u])) / sum(v, msk[t,v] exp(S[t,v])))^2)",
    "causal": HEAD + "P[t,u] = (exp(S[t,u]) if u <= t else 0) / sum(v, exp(S[t,v]) if v <= t else 0)" + TAIL,
}
KEPT: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "by a mask of the positions": lambda msk, key: np.broadcast_to(key, msk.shape),
    "by both": lambda msk, key: msk * key,
    "causal": lambda msk, key: np.tril(np.ones_like(msk)),
}


def weights(name: str, random: np.random.Generator, rows: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of 0 and others, row 0 with its first position alone, row 1 with all."""
    msk = random.integers(0, 2, (rows, count)) * random.uniform(0.5, 2, (rows, count))
    key = random.integers(0, 2, count).astype(float)
    msk[:, 0], key[0] = 1.0, 1.0
    msk[0, 1:], msk[1] = 0.0, 1.0
    return msk, key


def by_rows(S: np.ndarray, V: np.ndarray, kept: np.ndarray) -> tuple[float, np.ndarray]:
    """The loss and its slope by S, over the positions of each row whose weight is not 0."""
    loss, slope = 0.0, np.zeros_like(S)
    for row, weight in enumerate(kept):
        (at,) = np.nonzero(weight)
        shares = weight[at] * np.exp(S[row, at] - S[row, at].max())
        shares = shares / shares.sum()
        mean = shares @ V[at]
        loss += mean**2
        slope[row, at] = 2 * mean * shares * (V[at] - mean)
    return loss, slope


def compiled(name: str) -> tuple[Compiled, set[str]]:
    made = compile(read_model(LOSSES[name]), check_facts=False)
    return made, set(made.signature.names)


@pytest.mark.parametrize("name", LOSSES)
def test_masked_softmax(name: str) -> None:
    """At logits of any size, the largest ones where nothing takes part."""
    function, wanted = compiled(name)
    random = np.random.default_rng(7)
    for rows, count in ((2, 1), (2, 5), (4, 4)):
        for scale in (1.0, 700.0, 1e4, -1e4):
            msk, key = weights(name, random, rows, count)
            kept = KEPT.get(name, lambda msk, _: msk)(msk, key)
            S, V = random.normal(size=(rows, count)), random.normal(size=count)
            S = np.where(kept == 0, abs(scale), 0) + scale * S
            data = {"S": S, "V": V, "msk": msk, "key": key}
            loss, slopes = function(**{k: v for k, v in data.items() if k in wanted})
            true_loss, true_slope = by_rows(S, V, kept)
            np.testing.assert_allclose(loss, true_loss, rtol=1e-12, atol=1e-300)
            np.testing.assert_allclose(slopes["S"], true_slope, rtol=1e-9, atol=1e-14)


def test_the_truth_by_complex_steps() -> None:
    """What the rows are compared with is the derivative of the formula as it is written."""
    random = np.random.default_rng(3)
    msk, _ = weights("", random, 3, 4)
    S, V = random.normal(size=(3, 4)), random.normal(size=4)

    def loss(S: np.ndarray) -> complex:
        shares = msk * np.exp(S)
        return ((shares @ V / shares.sum(axis=1)) ** 2).sum()

    value, slope = by_rows(S, V, msk)
    np.testing.assert_allclose(value, loss(S), rtol=1e-13)
    for place in np.ndindex(S.shape):
        step = np.zeros(S.shape, complex)
        step[place] = 1e-30j
        np.testing.assert_allclose(slope[place], np.imag(loss(S + step)) / 1e-30, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("options", ["mask=msk", "mask=key", "causal=yes", "causal=yes, mask=msk"])
def test_attention_far_out(options: str) -> None:
    """The layer with its mask: finite, and the same as where the positions left out hold something small."""
    text = "size T, D\ninput X[T, D]\nconstant msk[T, T] binary, key[T] binary\n"
    model = read_model(text + f"a = attention(X, 1, D, {options})\nloss L = sum(a^2)")
    function = compile(model)
    random = np.random.default_rng(5)
    T, D = 4, 2
    msk, key = np.tril(np.ones((T, T))), np.array([1.0, 1, 1, 0])
    X = random.normal(size=(T, D))
    shapes = {a.name: tuple({"T": T, "D": D}[str(n)] for n in a.shape) for a in function.signature.arguments}
    data = {name: random.normal(size=shape) for name, shape in shapes.items()} | {"X": X, "msk": msk, "key": key}
    given = {name: value for name, value in data.items() if name in shapes}
    far = {**given, "a.W_q": 1e4 * given["a.W_q"]}
    loss, slopes = function(**far)
    assert np.isfinite(loss)
    assert all(np.isfinite(slope).all() for slope in slopes.values())
    Q, K, V = (X @ far[f"a.W_{letter}"] for letter in "qkv")
    keep = (msk if "msk" in options or "causal" in options else np.ones((T, T))) * (key if "key" in options else 1)
    scores = np.where(keep != 0, Q @ K.T / np.sqrt(D), -np.inf)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(loss, ((shares @ V @ far["a.W_o"]) ** 2).sum(), rtol=1e-10)
