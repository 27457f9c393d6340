"""Windows with symbolic sizes: the gradients beside NumPy by hand, and how their source adds into the inputs."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import ArgumentError

Arrays = dict[str, np.ndarray]


def model(sizes: str, weights: str, width: str, equation: str) -> str:
    """z by an equation in a = x q and W, and L = ½ Σ (z - y)²; the gradient of q needs the adjoint of a."""
    return f"""{sizes}
input x[C,N]
parameter W[{weights}], q[C,N]
tensor z[O,{width}]
target y[O,{width}]
a[c,n] = x[c,n] q[c,n]
{equation}
loss L = 1/2 sum(o, i, (z[o,i] - y[o,i])^2)
"""


def strided_by_hand(v: Arrays, stride: int, pad: int) -> tuple[np.ndarray, np.ndarray]:
    """dW and dq of z[o,i] = Σ W[o,c,u] a[c, s i + u - pad]."""
    a, weights = v["x"] * v["q"], v["W"]
    dw, da = np.zeros_like(weights), np.zeros_like(a)
    (count, width), kernel = a.shape, weights.shape[2]
    for o, i in np.ndindex(v["y"].shape):
        reads = [(c, u, stride * i + u - pad) for c in range(count) for u in range(kernel)]
        reads = [(c, u, p) for c, u, p in reads if 0 <= p < width]
        dz = sum(weights[o, c, u] * a[c, p] for c, u, p in reads) - v["y"][o, i]
        for c, u, p in reads:
            dw[o, c, u] += dz * a[c, p]
            da[c, p] += dz * weights[o, c, u]
    return dw, da * v["x"]


def transposed_by_hand(v: Arrays, stride: int, pad: int) -> tuple[np.ndarray, np.ndarray]:
    """dW and dq of z[o, s i + u] += a[c,i] W[c,o,u]."""
    del pad
    a, weights = v["x"] * v["q"], v["W"]
    z = np.zeros_like(v["y"])
    for (c, i), (o, u) in ((ci, ou) for ci in np.ndindex(a.shape) for ou in np.ndindex(weights.shape[1:])):
        z[o, stride * i + u] += a[c, i] * weights[c, o, u]
    dz = z - v["y"]
    dw, da = np.zeros_like(weights), np.zeros_like(a)
    for (c, i), (o, u) in ((ci, ou) for ci in np.ndindex(a.shape) for ou in np.ndindex(weights.shape[1:])):
        dw[c, o, u] += a[c, i] * dz[o, stride * i + u]
        da[c, i] += weights[c, o, u] * dz[o, stride * i + u]
    return dw, da * v["x"]


STRIDE_2 = model("size C, N, K, O\nsize N >= K", "O,C,K", "floor((N-K)/2)+1", "z[o,i] = sum(c, u, W[o,c,u] a[c,2 i+u])")
STRIDE_3_PADDED = model(
    "size C, N, K, O\nsize N + 2 >= K",
    "O,C,K",
    "floor((N+2-K)/3)+1",
    "pad a\nz[o,i] = sum(c, u, W[o,c,u] a[c,3 i+u-1])",
)
TRANSPOSED_2 = model("size C, N, K, O", "C,O,K", "2 N+K-2", "pad W\nz[o,i] = sum(c, j, a[c,j] W[c,o,i-2 j])")

Sizes = tuple[int, int, int, int]
CASES: list[tuple[str, str, Callable, int, int, Callable[[int, int], int]]] = [
    ("stride 2", STRIDE_2, strided_by_hand, 2, 0, lambda n, k: (n - k) // 2 + 1),
    ("stride 3, padded", STRIDE_3_PADDED, strided_by_hand, 3, 1, lambda n, k: (n + 2 - k) // 3 + 1),
    ("transposed", TRANSPOSED_2, transposed_by_hand, 2, 0, lambda n, k: 2 * n + k - 2),
]
SIZES: list[Sizes] = [(1, 1, 1, 1), (2, 6, 3, 2), (2, 7, 3, 1), (1, 5, 5, 3), (3, 8, 1, 2), (2, 9, 4, 2)]


@pytest.mark.parametrize(("name", "text", "by_hand", "stride", "pad", "width"), CASES, ids=[c[0] for c in CASES])
def test_gradients_by_hand(
    name: str, text: str, by_hand: Callable, stride: int, pad: int, width: Callable[[int, int], int]
) -> None:
    gradients = sb.compile(sb.parse(text))
    assert not re.search(r"add.at\(", gradients.source)  # slices, one for each place of the window
    for count, n, kernel, outputs in SIZES:
        rng = np.random.default_rng(n)
        shape = (count, outputs, kernel) if name == "transposed" else (outputs, count, kernel)
        shapes = {"x": (count, n), "q": (count, n), "W": shape, "y": (outputs, width(n, kernel))}
        values = {tensor: rng.normal(size=s) for tensor, s in shapes.items()}
        _, found = gradients(values)
        dw, dq = by_hand(values, stride, pad)
        np.testing.assert_allclose(found["W"], dw, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found["q"], dq, rtol=1e-12, atol=1e-12)


def test_a_window_longer_than_its_input() -> None:
    """The size fact is named, not the shape of an output that no array could have."""
    gradients = sb.compile(sb.parse(STRIDE_2))
    shapes = {"x": (2, 3), "q": (2, 3), "W": (2, 2, 4), "y": (2, 1)}
    with pytest.raises(ArgumentError, match="the model needs") as raised:
        gradients({name: np.ones(shape) for name, shape in shapes.items()})
    assert "K = 4" in str(raised.value)
    assert "N = 3" in str(raised.value)
