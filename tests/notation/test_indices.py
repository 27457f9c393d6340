"""Indices that data choose, whole division, the first step by cases: values and gradients by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.notation.reading.model_text import read_model

Data = dict[str, np.ndarray]

RATINGS = """
size U, I, D
input u integer, v integer
target r
samples m in rows
parameter P[U,D], Q[I,D], b[U]
a = sum(d, P[u,d] Q[v,d]) + b[u]
loss L = 1/2 (a - r)^2
cost J = mean(L)
"""


def ratings_in_python() -> sb.Model:
    (U, N, D), (d,) = sb.sizes("U I D"), sb.indices("d")
    u, v, r = sb.input("u", integer=True), sb.input("v", integer=True), sb.target("r")
    P, Q, b, a = sb.parameter("P", U, D), sb.parameter("Q", N, D), sb.parameter("b", U), sb.tensor("a")
    predicted = sb.equation(a, sb.sum_over(P[u, d] * Q[v, d], d) + b[u])
    return sb.build(predicted, loss=(a - r) ** 2 / 2, samples="m", side="rows")


def ratings() -> Data:
    random = np.random.default_rng(3)
    return {
        "u": np.array([2, 0, 2, 1, 2]),
        "v": np.array([1, 1, 0, 1, 1]),
        "r": random.normal(size=5),
        "P": random.normal(size=(4, 3)),
        "Q": random.normal(size=(2, 3)),
        "b": random.normal(size=4),
    }


@pytest.mark.parametrize("make", [lambda: read_model(RATINGS), ratings_in_python], ids=["text", "Python"])
def test_a_scalar_integer_chooses_a_row(make: Callable[[], sb.Model]) -> None:
    """Rows that several samples read gather what each of them adds; a row that none reads has gradient 0."""
    data = ratings()
    value, found = sb.compile(make())(data)
    expected = {name: np.zeros(data[name].shape) for name in "PQb"}
    loss = 0.0
    for u, v, r in zip(data["u"], data["v"], data["r"], strict=True):
        error = data["P"][u] @ data["Q"][v] + data["b"][u] - r
        loss += error**2 / 2 / 5
        expected["P"][u] += error * data["Q"][v] / 5
        expected["Q"][v] += error * data["P"][u] / 5
        expected["b"][u] += error / 5
    assert value == pytest.approx(loss, rel=1e-13)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-12, atol=1e-15)


def test_text_and_python_are_one_model() -> None:
    one, other = read_model(RATINGS), ratings_in_python()
    assert one.equations == other.equations
    assert set(one.tensors) == set(other.tensors)


def test_one_sample_of_a_gather() -> None:
    """The derivation of one sample: row u alone, as Kronecker's delta."""
    model = read_model(RATINGS).one_sample()
    assert sb.text(sb.derive(model), "P") == "dP[i] = δ(i, u) (a - r) Q[v]  for each i"


def test_integers_out_of_range_are_refused_at_the_call() -> None:
    data = {**ratings(), "u": np.array([2, 0, 4, 1, 2])}
    with pytest.raises(sb.SymbackpropError, match=r"u\[2\] is 4, and indexes 4 entries"):
        sb.compile(read_model(RATINGS))(data)


FLAT = """
size C, H, W
size N = C H W
input x[C,H,W]
parameter w[N]
tensor f[N]
f[k] = {}
loss L = sum(k, w[k] f[k])^2
"""
FLATTENED = [
    "x[floor(k/(H W)), mod(floor(k/W), H), mod(k, W)]",
    "x[floor(floor(k/W)/H), floor(k/W) - H floor(k/(H*W)), k - W floor(k/W)]",
    "x[floor(k/W/H), mod(floor(1/W k), H), mod(k, W)]",
    "x[floor(k/(W H)), floor(mod(k, H W)/W), mod(k, W)]",
]


@pytest.mark.parametrize("read", FLATTENED)
def test_whole_division_flattens(read: str) -> None:
    """Nested floors and remainders are read, stay in range at all sizes, and lay the entries out as NumPy does."""
    random = np.random.default_rng(5)
    x, w = random.normal(size=(2, 3, 4)), random.normal(size=24)
    value, found = sb.compile(read_model(FLAT.format(read)))(x=x, w=w)
    assert value == pytest.approx((x.reshape(24) @ w) ** 2, rel=1e-13)
    np.testing.assert_allclose(found["w"], 2 * (x.reshape(24) @ w) * x.reshape(24), rtol=1e-12)


def test_whole_division_as_a_value() -> None:
    """Sines at even places and cosines at odd ones (Vaswani et al., 2017), as an equation."""
    text = """
    size T, D
    parameter w[T,D]
    tensor p[T,D]
    p[t,i] = sin(t/10000^(i/D)) if mod(i, 2) == 0 else cos(t/10000^(2 floor(i/2)/D))
    loss L = sum(p ⊙ w)^2
    """
    w = np.random.default_rng(7).normal(size=(5, 4))
    t, i = np.meshgrid(np.arange(5), np.arange(4), indexing="ij")
    angle = t / 10000 ** (2 * (i // 2) / 4)
    p = np.where(i % 2 == 0, np.sin(angle), np.cos(angle))
    value, found = sb.compile(read_model(text))(w=w)
    assert value == pytest.approx((p * w).sum() ** 2, rel=1e-12)
    np.testing.assert_allclose(found["w"], 2 * (p * w).sum() * p, rtol=1e-10)


@pytest.mark.parametrize(
    "equations",
    [
        "h[t,i] = tanh(x[t,i] + s[i]) if t = 0 else tanh(x[t,i] + w[i] h[t-1,i])",
        "h[t,i] = tanh(x[t,i] + w[i] h[t-1,i]) if t != 0 else tanh(x[t,i] + s[i])",
        "h[t,i] = tanh(x[t,i] + (s[i] if t = 0 else w[i] h[t-1,i]))",
    ],
)
def test_a_first_step_by_cases(equations: str) -> None:
    """It needs no padding: the step before is read where there is one, and slopes flow through it."""
    text = f"size T, n\ninput x[T,n]\nparameter w[n], s[n]\ntensor h[T,n]\n{equations}\nloss L = sum(h^2)"
    random = np.random.default_rng(11)
    x, w, s = random.normal(size=(4, 3)), random.normal(size=3), random.normal(size=3)
    value, found = sb.compile(read_model(text))(x=x, w=w, s=s)

    h = [np.tanh(x[0] + s)]
    for t in range(1, 4):
        h.append(np.tanh(x[t] + w * h[-1]))
    assert value == pytest.approx(sum(step @ step for step in h), rel=1e-12)
    dz, dw = np.zeros(3), np.zeros(3)
    for t in reversed(range(4)):
        dz = (2 * h[t] + (w * dz if t < 3 else 0)) * (1 - h[t] ** 2)
        dw += dz * h[t - 1] if t else 0
    np.testing.assert_allclose(found["w"], dw, rtol=1e-11)
    np.testing.assert_allclose(found["s"], dz, rtol=1e-11)


def test_a_last_step_by_cases() -> None:
    """A recurrence from the end, whose first step is the last of the sequence."""
    text = """
    size T, n
    input x[T,n]
    parameter w[n], s[n]
    tensor h[T,n]
    h[t,i] = x[t,i] + s[i] if t = T - 1 else x[t,i] + w[i] h[t+1,i]
    loss L = sum(h^2)
    """
    random = np.random.default_rng(13)
    x, w, s = random.normal(size=(3, 2)), random.normal(size=2), random.normal(size=2)
    value, found = sb.compile(read_model(text))(x=x, w=w, s=s)
    last = x[2] + s
    middle = x[1] + w * last
    first = x[0] + w * middle
    assert value == pytest.approx(first @ first + middle @ middle + last @ last, rel=1e-12)
    np.testing.assert_allclose(found["s"], 2 * (last + w * middle + w**2 * first), rtol=1e-11)
