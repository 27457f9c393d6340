"""Generated code for kernels, strides, gathers and cases at awkward sizes, run with every warning an error.

Values and gradients stand beside complex steps at sizes of 1, and at ranges such as n - 1 that are empty there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest
from sympy import Symbol

import symbackprop as sb
from symbackprop.algebra.symbols import size
from tests.oracles.draws import draw
from tests.oracles.slopes import disagreement, leaves, slopes

n, m, K = map(size, "nmK")
AWKWARD = [{n: 1, m: 1, K: 1}, {n: 1, m: 3, K: 2}, {n: 2, m: 1, K: 3}, {n: 4, m: 3, K: 2}, {n: 3, m: 2, K: 5}]


def kernel(equation: str, weights: str, width: str = "2 n+K") -> str:
    """z by sums over a[i] = x[i] q[i], a computed tensor, and the kernel W, of which both may be read past the end."""
    return f"""size n, m, K
input x[n]
parameter W[{weights}], q[n]
tensor z[{width}]
a[i] = x[i] q[i]
pad W, a
{equation}
loss L = sum(p, z[p]^2) / 2
"""


MODELS = {
    # a kernel, and what looks like one but reads an index twice
    "a kernel": kernel("z[p] = sum(j, W[p-2 j] a[j])", "K"),
    "a kernel turned": kernel("z[p] = sum(j, W[2 j-p] a[j])", "K"),
    "a kernel with an axis beside": kernel("z[p] = sum(j, W[p-j,j] a[j])", "K,n"),
    "a kernel with an axis of the place": kernel("z[p] = sum(j, W[p-j,p] a[j])", "K,2 n+K"),
    "a kernel at the place twice": kernel("z[p] = sum(j, W[p-2 j,p-j] a[j])", "K,K"),
    "a kernel that a factor reads": kernel("z[p] = sum(j, W[p-j] a[j] a[p])", "K"),
    "a kernel beside what reads the place too": kernel("z[p] = sum(j, W[p-j] exp(a[j] a[p]))", "K"),
    "a kernel by two sums": kernel("z[p] = sum(j, k, W[p-j,k] a[j] a[k])", "K,n"),
    # strides and diagonals of which part is read
    "a part of the diagonal": kernel("z[p] = sum(j < n, W[j,j] a[j])", "n+1,n+2", "1"),
    "a diagonal of a part": kernel("z[p] = sum(j = 0..n-2, W[j,j+1] a[j])", "n,n", "1"),
    "a stride": kernel("z[p] = sum(j, W[2 j+1] a[j]) + a[2 p]", "K"),
    "turned round": kernel("z[p] = sum(j, W[n-1-j] a[j] ) + a[n-1-p]", "n", "n"),
    "halved": kernel("z[p] = W[floor(p/2)] a[floor(p/3)]", "K"),
    "a block and its place": kernel("z[p] = sum(j, W[floor(p/3)] a[j]) + a[p-3 floor(p/3)]", "K"),
    "from the second on": kernel("z[p] = sum(j = 1..n-1, W[j-1] a[j]) + sum(j = 1..n-1, a[j])^2", "K", "n"),
    "the first and the last": kernel("z[p] = W[0] a[n-1] + W[K-1] a[0] + a[n-2]", "K", "n"),
}


def check(text: str, several: Iterable[dict[Symbol, int]], seeds: Iterable[int] = (4,)) -> None:
    """The compiled model beside complex steps, at several sizes and data."""
    model = sb.parse(text)
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        compiled = sb.compile(model, wrt=leaves(model))
        for sizes, seed in product(several, seeds):
            data = draw(model, sizes, seed)
            given = {symbol.name: value for symbol, value in sizes.items() if symbol.name in compiled.sizes}
            loss, gradients = compiled(data, **given)
            truth = slopes(model, sizes, data)
            assert loss == pytest.approx(truth.root, rel=1e-11, abs=1e-12), (sizes, compiled.source)
            for name, slope in truth.slopes.items():
                assert gradients[name].shape == slope.shape
                assert disagreement(gradients[name], slope, noise=1e-14) <= 1e-9, (name, sizes, compiled.source)


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_gradients_at_awkward_sizes(text: str) -> None:
    """The loss and each gradient, without a warning."""
    check(text, AWKWARD)


def recurrence(cases: str) -> str:
    """h[t] by cases of x[t] of both signs, of which some values are no real numbers where others hold."""
    return f"""size T
input x[T]
parameter w, v[T]
tensor h[T]
pad h
h[t] = tanh(w h[t-1] + v[t] + {cases})
loss L = sum(t, h[t]^2)
"""


RECURRENCES = {
    "two cases": "(sqrt(x[t]) h[t-1] if x[t] > 0 else x[t])",
    "three cases": "(v[t] h[t-1] if x[t] <= 0 else log(x[t]) h[t-1] if x[t] < 1 else sqrt(x[t]-1) v[t] h[t-1])",
    "an earlier case excludes": "(x[t] h[t-1] if x[t] < 0.1 else h[t-1]/x[t] if x[t] < 1 else log(x[t]) + v[t])",
    "a case of the step first": "(v[t] if t < 1 else v[t]/v[t-1] h[t-1] if x[t] > 0 else log(-x[t]) h[t-1])",
    "a case of the state": "(v[t]/x[t] if h[t-1] > 0 else sqrt(1+x[t]^2))",
    "cases in cases": "(x[t] if x[t] < 0 else (log(x[t]) if x[t] < 1 else sqrt(x[t]-1)) h[t-1])",
}


@pytest.mark.parametrize("cases", RECURRENCES.values(), ids=RECURRENCES)
def test_a_recurrence_by_several_cases(cases: str) -> None:
    """What is taken out of the loop is computed where its own case holds alone: no root of what is below 0."""
    check(recurrence(cases), [{size("T"): steps} for steps in (1, 2, 7)], range(3))
