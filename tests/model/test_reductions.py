"""Reductions over axes and over named indices, against NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sympy import Sum, exp

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import entry, index, size
from symbackprop.errors import IndexRangeError, ShapeError, SymbackpropError, UsageError
from symbackprop.model.building import input, parameter
from symbackprop.model.reductions import log_softmax, logsumexp, max_over, mean, softmax, sum_over
from tests.model.values import numbers

n, h, p = size("n"), size("h"), size("p")
i, j, k = index("i"), index("j"), index("k")
SIZES = {n: 3, h: 4, p: 2}
W, x, B = parameter("W", h, n), input("x", n), parameter("B", h, n, p)

random = np.random.default_rng(3)
W_, x_, B_ = (random.normal(size=shape) for shape in ((4, 3), (3,), (4, 3, 2)))
DATA = {"W": W_, "x": x_, "B": B_}


def along(i_: Array, variable, extent) -> Array:
    """An entry with one free index, as an array over it."""
    return Array((variable,), (extent,), i_.expression)


def normalised(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    return np.exp(values) / np.exp(values).sum(axis=axis, keepdims=True)


TABLE: dict[str, tuple[Array, np.ndarray]] = {
    "sum": (sum_over(W), W_.sum()),
    "sum over rows": (sum_over(W, 0), W_.sum(axis=0)),
    "sum over columns": (sum_over(W, -1), W_.sum(axis=1)),
    "sum over two axes": (sum_over(B, 0, 2), B_.sum(axis=(0, 2))),
    "sum over an index": (along(sum_over(W[i, j] * x[j], j), i, h), W_ @ x_),
    "sum over two indices": (sum_over(W[i, j] * x[j], i, j), (W_ * x_).sum()),
    "sum over part": (along(sum_over(W[i, j], (j, 2)), i, h), W_[:, :2].sum(axis=1)),
    "mean": (mean(W), W_.mean()),
    "mean over rows": (mean(W, 0), W_.mean(axis=0)),
    "mean over an index": (along(mean(W[i, j], i), j, n), W_.mean(axis=0)),
    "maximum": (max_over(W), W_.max()),
    "maximum over columns": (max_over(W, 1), W_.max(axis=1)),
    "maximum over an index": (along(max_over(W[i, j], j), i, h), W_.max(axis=1)),
    "log-sum-exp": (logsumexp(x), np.log(np.exp(x_).sum())),
    "log-sum-exp over columns": (logsumexp(W, 1), np.log(np.exp(W_).sum(axis=1))),
    "log-sum-exp over all": (logsumexp(W), np.log(np.exp(W_).sum())),
    "softmax": (softmax(x), normalised(x_, 0)),
    "softmax of rows": (softmax(W), normalised(W_, 1)),
    "softmax of columns": (softmax(W, 0), normalised(W_, 0)),
    "softmax over two axes": (softmax(B, 0, 2), normalised(B_, (0, 2))),
    "softmax over an index": (along(softmax(x[k], k), k, n), normalised(x_, 0)),
    "softmax of a product": (softmax(W @ x), normalised(W_ @ x_, 0)),
    "log-softmax": (log_softmax(x), np.log(normalised(x_, 0))),
    "log-softmax of columns": (log_softmax(W, 0), np.log(normalised(W_, 0))),
}


@pytest.mark.parametrize("name", TABLE)
def test_values(name: str) -> None:
    """Each reduction has NumPy's value and shape."""
    array, expected = TABLE[name]
    np.testing.assert_allclose(numbers(array, SIZES, DATA), expected, rtol=1e-13)


def test_plain_expressions() -> None:
    """An expression with a given range stays an expression."""
    assert sum_over(entry("x", j), (j, n)) == Sum(entry("x", j), (j, 0, n - 1))
    assert mean(entry("x", j), (j, n)) == Sum(entry("x", j), (j, 0, n - 1)) / n
    assert softmax(entry("x", j), (j, n)) == exp(entry("x", j)) / Sum(exp(entry("x", i)), (i, 0, n - 1))


BAD: dict[str, tuple[Callable[[], object], type[SymbackpropError], str]] = {
    "two ranges": (
        lambda: sum_over(W[i, j] * x[i], i),
        IndexRangeError,
        "the index i has two ranges It runs over h in W[i, j] and over n in x[i].",
    ),
    "no range": (lambda: sum_over(x[j + 1], j), IndexRangeError, "the range of j is not known"),
    "no axis": (lambda: sum_over(x, 1), ShapeError, "sum_over over axis 1 of x Its shape is n entries."),
    "an axis twice": (lambda: mean(W, 0, -2), ShapeError, "mean over axis -2 of W"),
    "a scalar": (lambda: sum_over(x[i]), UsageError, "sum_over of the scalar x[i]"),
    "softmax of a scalar": (lambda: softmax(x[i]), ShapeError, "softmax over axis -1 of x[i]"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_calls(name: str) -> None:
    """Each bad call is refused with its reason."""
    make, kind, text = BAD[name]
    with pytest.raises(kind) as caught:
        make()
    assert text in f"{caught.value.what} {caught.value.because}"
