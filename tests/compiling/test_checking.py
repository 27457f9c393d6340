"""Checks of compiled functions: right ones pass wherever they are compared, wrong ones do not; and what it costs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.compiling import checking, drawing

NETWORKS = Path(__file__).parents[2] / "docs" / "examples" / "networks"
STEEP = """
size n, h
input x[n]
target y[1]
samples m in rows
a = dense(x, h, tanh)
b = dense(a, h, tanh)
o = dense(b, 1, tanh)
loss L = squared_error(o, y)
cost J = mean(L)
"""
LSTM = """
size T, K, D
input tok[T] integer
target y[T,K] one_hot
samples m in rows
e = embedding(tok, K, D)
s = lstm(e, 12)
o = dense(s, K)
loss L = cross_entropy_with_logits(o, y)
cost J = mean(L)/T
"""


@cache
def large() -> sb.Compiled:
    return sb.compile(sb.parse(LSTM))


@cache
def network(name: str) -> sb.Compiled:
    return sb.compile(sb.load(NETWORKS / f"{name}.model"))


def arrays_where_it_saturates(draw: int) -> dict[str, np.ndarray]:
    """All of tanh's arguments are near 9, so that each slope, 1 - tanh², has lost half of its digits."""
    random = np.random.default_rng(draw)
    shapes = {"x": (4, 3), "a.W": (5, 3), "a.b": (5,), "b.W": (5, 5), "b.b": (5,), "o.W": (1, 5), "o.b": (1,)}
    positive = {name: random.uniform(0.9, 1.1, shape) for name, shape in shapes.items()}
    weights = {name: positive[name] * factor for name, factor in (("a.W", 2.7), ("b.W", 1.6), ("o.W", 1.6))}
    return {**positive, **weights, "y": random.uniform(-1, 1, (4, 1))}


def with_a_mistake(monkeypatch: pytest.MonkeyPatch, name: str, relative: float) -> None:
    """From here on the first entry of a gradient is wrong by so much of the largest."""
    right = sb.Compiled.__call__

    def call(self: sb.Compiled, given: Any = None, /, **arrays: Any) -> Any:
        loss, gradients = right(self, given, **arrays)
        wrong = gradients[name].copy()
        wrong.flat[0] += relative * np.abs(wrong).max()
        return loss, {**gradients, name: wrong}

    monkeypatch.setattr(sb.Compiled, "__call__", call)


@pytest.mark.parametrize("draw", range(5))
def test_where_everything_saturates(draw: int) -> None:
    """Rounding alone makes errors there that are far too large for a formula, and the check passes."""
    f = sb.compile(sb.parse(STEEP))
    given = arrays_where_it_saturates(draw)
    comparison = checking._Comparison(f.model.batched(), f.signature, f, f.gradients, given)
    sizes = {"n": 3, "h": 5, "m": 4}
    point = checking._point(comparison, sizes, np.random.default_rng(0), 0, negative=True)
    assert point is not None
    _, differences = checking._differences(checking._Comparison(f.model, f.signature, f, f.gradients, given), point)
    slopes = point.truth.slopes
    assert max(abs(d).max() for d in differences.values()) > 1e-9 * abs(slopes).max()
    report = f.check(points=1, **given)
    assert report.ok, str(report)


@pytest.mark.parametrize("name", ["b.W", "b.b", "o.W", "o.b"])
def test_a_mistake_where_everything_saturates(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands at the neighbouring points, and is found."""
    with_a_mistake(monkeypatch, name, 1e-6)
    report = sb.compile(sb.parse(STEEP)).check(points=1, **arrays_where_it_saturates(0))
    assert [found for found, error in report.errors.items() if error > report.tolerance] == [name]


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 6))])
@pytest.mark.parametrize("name", ["autoencoder", "conv1d_depthwise", "conv1d_groups", "rnn_many_to_one"])
def test_points_saturate_nothing(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is drawn, rounding stays far below the tolerance."""
    random = np.random.default_rng
    monkeypatch.setattr(checking.np.random, "default_rng", lambda _: random(seed))
    assert network(name).check().worst < 1e-12


@pytest.mark.parametrize("name", ["e.M", "s.U_f", *(pytest.param(n, marks=pytest.mark.long) for n in ("s.b_o", "o.W"))])
def test_a_small_mistake_in_a_large_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A millionth of the largest entry, in one entry, at the one point that is compared."""
    monkeypatch.setattr(checking, "_TERMS", 5000)
    with_a_mistake(monkeypatch, name, 1e-6)
    report = large().check()
    assert [found for found, error in report.errors.items() if error > report.tolerance] == [name]
    assert report.points == 1


def test_a_large_model_costs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer points, of sizes that make little work; the report says so."""
    monkeypatch.setattr(checking, "_TERMS", 6000)
    f = large()
    report = f.check()
    assert str(report).startswith("agrees with complex steps at 1 point of 3, as the model is large; worst")
    assert (report.points, report.asked, len(report.sizes)) == (1, 3, 1)
    assert drawing.terms(f.model.batched(), report.sizes[0]) < 6000


def test_how_many_terms_there_are() -> None:
    """The terms of the sums in each entry; a sum up to another index counts to its end."""
    model = sb.parse("size n, h\nparameter W[h,n], x[n]\nz = W x\na[i] = z[i]^2 + 1\nloss L = sum(i, exp(a[i]))")
    assert drawing.terms(model, {"n": 3, "h": 5}) == 5 * 3 + 5 + 5
    upward = sb.parse("size T\nparameter w[T]\nz[t] = w[t] sum(s <= t, w[s])\nloss L = sum(t, z[t])")
    assert drawing.terms(upward, {"T": 4}) == 4 * 4 + 4


def test_a_gradient_of_another_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """An axis along which it is the same, left out: numbers alone would agree, since they are broadcast."""
    f = sb.compile(sb.parse("size n, h\ninput x[n]\nparameter V[h,n]\nu[j] = sum(i, V[j,i])\nloss L = sum(x) * sum(u)"))
    right = sb.Compiled.__call__

    def call(self: sb.Compiled, given: Any = None, /, **arrays: Any) -> Any:
        loss, gradients = right(self, given, **arrays)
        return loss, {"V": gradients["V"][:, :1]}

    assert f.check().ok
    monkeypatch.setattr(sb.Compiled, "__call__", call)
    assert f.check().errors["V"] == np.inf
