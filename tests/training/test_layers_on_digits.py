"""Each layer in a small network learns scikit-learn's digits from its compiled gradients alone.

A picture of 8 x 8 points serves as a plane, as 64 numbers, as a sequence of 8 rows, or as the levels of its points in
place of words. Of 1797 pictures every fifth is kept for the test; guessing is right for one in ten.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import symbackprop as sb
from symbackprop.training.initial import initial_parameters
from symbackprop.training.prediction import wrong_classes

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "examples" / "training"))

from descending import adam

FLAT, PLANE, ROWS = "input x[64]", "input x[1,8,8]", "input x[8,8]"
WORDS = "input x[64] integer"
EPOCHS = 12
END = "p = dense({}, 10, softmax)\nloss L = cross_entropy(p, y)\ncost J = mean(L)\n"

NETWORKS: dict[str, tuple[str, str, float]] = {  # the input, the layers from it to h, the least accuracy
    "softmax regression": (FLAT, "", 0.9),
    "dense": (FLAT, "h = dense(x, 32, relu)", 0.9),
    "maxout": (FLAT, "h = maxout(x, 16, 3)", 0.9),
    "residual": (FLAT, "a = dense(x, 16, tanh)\nb = dense(a, 16, tanh)\nh = a + b", 0.9),
    "bilinear": (FLAT, "a = dense(x, 6, tanh)\nb = dense(x, 6, tanh)\nh = bilinear(a, b, 16, tanh)", 0.85),
    "equal layers": (FLAT, "a = dense(x, 12)\nh = stack(a, 3, tanh)", 0.85),
    "layer norm": (FLAT, "a = dense(x, 24)\nn = layer_norm(a)\nh = relu(n)", 0.9),
    "RMS norm": (FLAT, "a = dense(x, 24)\nn = rms_norm(a)\nh = relu(n)", 0.9),
    "weight norm": (
        FLAT,
        "parameter V[24,64], g[24]\nr[i] = sqrt(sum(j, V[i,j]^2))\nW[i,j] = g[i] V[i,j] / r[i]\nz = W x\nh = relu(z)",
        0.9,
    ),
    "dropout": (FLAT, "a = dense(x, 32, relu)\nh = dropout(a, 0.2)", 0.9),
    "convolution along an axis": (ROWS, "c = conv1d(x, 12, 3, relu, padding=1)\nh = flatten(c)", 0.9),
    "strided, dilated, grouped": (
        ROWS,
        "a = conv1d(x, 12, 3, relu, padding=2, dilation=2)\nc = conv1d(a, 12, 3, relu, stride=2, padding=1, groups=3)\n"
        "h = flatten(c)",
        0.85,
    ),
    "convolution of a plane": (PLANE, "c = conv2d(x, 6, 3, relu, padding=1)\nh = flatten(c)", 0.9),
    "transposed convolution": (
        PLANE,
        "a = conv2d(x, 6, 2, relu, stride=2)\nc = conv_transpose2d(a, 4, 2, relu, stride=2)\nh = flatten(c)",
        0.85,
    ),
    "max pool": (PLANE, "c = conv2d(x, 8, 3, relu, padding=1)\ns = max_pool2d(c, 2)\nh = flatten(s)", 0.9),
    "average pool": (PLANE, "c = conv2d(x, 8, 3, relu, padding=1)\ns = avg_pool2d(c, 2)\nh = flatten(s)", 0.9),
    "global pools": (
        PLANE,
        "c = conv2d(x, 24, 5, tanh, padding=2)\nm1 = global_max_pool(c)\na1 = global_avg_pool(c)\nh = concat(m1, a1)",
        0.6,
    ),
    "group norm": (
        PLANE, "c = conv2d(x, 8, 3, padding=1)\nn = group_norm(c, groups=4)\nr = relu(n)\nh = flatten(r)", 0.9
    ),
    "rnn": (ROWS, "s = rnn(x, 24)\nh = last(s)", 0.8),
    "two layers of lstm": (ROWS, "a = lstm(x, 16)\ns = lstm(a, 16)\nh = last(s)", 0.8),
    "lstm with peepholes": (ROWS, "s = lstm(x, 24, peepholes=yes)\nh = last(s)", 0.8),
    "gru in both directions": (
        ROWS, "f = gru(x, 16)\nb = gru(x, 16, reverse=yes)\ns = concat(f, b)\nh = flatten(s)", 0.85
    ),
    "attention": (ROWS, "q = positions(x)\na = attention(q, 2)\nh = flatten(a)", 0.85),
    "transformer": (ROWS, "q = positions(x)\na = transformer(q, 2, 16, relu)\nh = flatten(a)", 0.85),
    "embedding": (WORDS, "e = embedding(x, 17, 3)\nh = flatten(e)", 0.85),
}  # fmt: skip


@cache
def pictures(shape: tuple[int, ...], whole: bool) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What trains and what tests: points between 0 and 1, or their levels as integers."""
    points, digits = load_digits(return_X_y=True)
    x = points.reshape(-1, *shape).astype(int) if whole else points.reshape(-1, *shape) / 16
    y, test = np.eye(10)[digits], np.arange(len(x)) % 5 == 0
    return {"x": x[~test], "y": y[~test]}, {"x": x[test], "y": y[test]}


def batches(data: dict[str, np.ndarray], mask: tuple[int, ...] | None) -> Iterator[dict[str, np.ndarray]]:
    """Thirty-two samples at a time, in random order; a mask of ones and zeros for each, where one is asked for."""
    random, count = np.random.default_rng(0), len(data["x"])
    for _ in range(EPOCHS):
        order = random.permutation(count)
        for begin in range(0, count, 32):
            chosen = order[begin : begin + 32]
            masks = {} if mask is None else {"h.mask": random.binomial(1, 0.8, (len(chosen), *mask))}
            yield {**{name: array[chosen] for name, array in data.items()}, **masks}


@pytest.mark.long
@pytest.mark.parametrize("name", NETWORKS)
def test_learns_digits(name: str) -> None:
    """The share of pictures told rightly that were kept back."""
    given, layers, least = NETWORKS[name]
    model = sb.parse(
        f"{given}\ntarget y[10] one_hot\nsamples m in rows\n{layers}\n{END.format('h' if layers else 'x')}"
    )
    shape = tuple(int(extent) for extent in next(t.shape for t in model.tensors if t.name == "x"))
    train, test = pictures(shape, given == WORDS)
    mask = (32,) if name == "dropout" else None
    start = initial_parameters(model, {})
    found = adam(sb.compile(model), start, batches(train, mask), rate=0.005)
    ones = {} if mask is None else {"h.mask": np.full((len(test["x"]), *mask), 0.8)}  # as on average in training
    assert 1 - wrong_classes(model)({**test, **ones, **found}).mean() >= least


@pytest.mark.long
def test_batch_norm_learns_digits() -> None:
    """Its samples are an axis of the network, which is as long as the batch."""
    model = sb.parse(
        "size m\ninput x[m,64]\ntarget y[m,10] one_hot\na = dense(x, 24)\nn = batch_norm(a)\nh = relu(n)\n"
        "p = dense(h, 10, softmax)\nloss L = cross_entropy(p, y)\n"
    )
    train, test = pictures((64,), False)
    found = adam(sb.compile(model), initial_parameters(model, {"m": 32}), batches(train, None), rate=0.005)
    assert 1 - wrong_classes(model)({**test, **found}).mean() >= 0.9
