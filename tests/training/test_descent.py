"""Gradient descent: each step beside NumPy by hand, convergence to what is known in closed form, and its errors."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import SymbackpropError, TrainingError, UsageError
from symbackprop.training.data import read_data, sizes_told
from symbackprop.training.descent import train
from symbackprop.training.initial import initial_parameters, only_adds
from symbackprop.training.prediction import misclassified, prediction_of, wrong_classes

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LINE = """
size n
input x[n]
target y
samples m in rows
parameter w[n], c
a = sum(j, w[j] x[j]) + c
loss L = (a - y)^2
cost J = mean(L)
"""


@pytest.fixture(scope="module")
def line() -> sb.Model:
    return sb.parse(LINE)


@pytest.fixture(scope="module")
def xor() -> sb.Model:
    return sb.load(EXAMPLES / "002_two_layer_sigmoid.model")


def points(count: int = 12) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    x = random.normal(size=(count, 2))
    return {"x": x, "y": x @ [2.0, -1.0] + 0.5 + 0.1 * random.normal(size=count)}


def slopes(data: dict[str, np.ndarray], w: np.ndarray, c: float) -> tuple[np.ndarray, float]:
    """The gradient of the mean squared error, by hand."""
    residual = 2 * (data["x"] @ w + c - data["y"]) / len(data["y"])
    return data["x"].T @ residual, residual.sum()


def test_full_batch_ends_at_least_squares(line: sb.Model) -> None:
    """The descent ends where the normal equations say, and says that it has converged."""
    data = points()
    result = train(line, data, rate=0.1, epochs=5000, tolerance=1e-10)
    design = np.column_stack([data["x"], np.ones(len(data["y"]))])
    expected = np.linalg.lstsq(design, data["y"], rcond=None)[0]
    assert result.converged
    assert result.reason == "no entry of the gradient is larger than 1e-10"
    assert np.allclose([*result.parameters["w"], result.parameters["c"]], expected, rtol=0, atol=1e-9)
    assert all(after <= before + 1e-15 for before, after in pairwise(result.costs))


def test_one_full_step(line: sb.Model) -> None:
    """One step is W - α dW, the start untouched."""
    data, start = points(), {"w": np.array([0.3, -0.2]), "c": np.array(0.1)}
    kept = {name: array.copy() for name, array in start.items()}
    result = train(line, data, start=start, rate=0.05, epochs=1)
    dw, dc = slopes(data, start["w"], 0.1)
    assert np.allclose(result.parameters["w"], start["w"] - 0.05 * dw, rtol=1e-14)
    assert np.allclose(result.parameters["c"], 0.1 - 0.05 * dc, rtol=1e-14)
    assert not result.converged
    assert result.steps == result.epochs == 1
    assert all(np.array_equal(start[name], kept[name]) for name in kept)


@pytest.mark.parametrize("size", [1, 5, 12, 100])
def test_parts_take_every_sample_once(line: sb.Model, size: int) -> None:
    """An epoch of parts is the same steps by hand, in the order that the seed draws."""
    data, w, c = points(), np.array([0.3, -0.2]), 0.1
    result = train(line, data, start={"w": w, "c": np.array(c)}, rate=0.05, epochs=1, batch=size, seed=7)
    order = np.random.default_rng(7).permutation(12)
    for begin in range(0, 12, size):
        part = order[begin : begin + size]
        dw, dc = slopes({"x": data["x"][part], "y": data["y"][part]}, w, c)
        w, c = w - 0.05 * dw, c - 0.05 * dc
    assert np.allclose(result.parameters["w"], w, rtol=1e-13)
    assert np.allclose(result.parameters["c"], c, rtol=1e-13)
    assert result.steps == -(-12 // size)


def test_parts_converge(line: sb.Model) -> None:
    """Without noise every sample has its minimum at the same place, and single samples lead there."""
    data = points()
    data["y"] = data["x"] @ [2.0, -1.0] + 0.5
    result = train(line, data, rate=0.1, batch=1, epochs=2000, tolerance=1e-3)
    assert result.converged or result.costs[-1] < 1e-20
    assert np.allclose(result.parameters["w"], [2.0, -1.0], atol=1e-6)


def test_xor_until_no_sample_is_misclassified(xor: sb.Model) -> None:
    """Random misclassified samples, one a step, end with XOR learnt; by a forward pass in NumPy."""
    data = read_data(EXAMPLES / "002_xor.csv", xor)
    result = train(xor, data, sizes={"h": 3}, batch="misclassified", rate=1.0)
    assert result.converged
    assert result.reason == "no sample is misclassified"
    p = result.parameters
    hidden = 1 / (1 + np.exp(-(p["W1"] @ data["x"] + p["b1"][:, None])))
    found = 1 / (1 + np.exp(-(p["W2"] @ hidden + p["b2"][:, None])))
    assert np.array_equal(found >= 0.5, data["y"] == 1)


def test_same_seed_same_result(xor: sb.Model) -> None:
    """All that is drawn comes from the seed."""
    data = read_data(EXAMPLES / "002_xor.csv", xor)
    one, other, third = (
        train(xor, data, sizes={"h": 3}, batch=2, epochs=3, seed=seed).parameters for seed in (1, 1, 2)
    )
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert not np.array_equal(one["W1"], third["W1"])


def test_a_rate_too_large(line: sb.Model) -> None:
    """A descent that runs away is stopped and says why."""
    with pytest.raises(TrainingError, match=r"the cost is (inf|nan) after") as error:
        train(line, points(), rate=1e9, epochs=500)
    assert error.value.fix == "Try a smaller one: 1e+08."


@pytest.mark.parametrize(
    ("settings", "wording"),
    [
        ({"rate": 0}, "the learning rate is 0"),
        ({"rate": float("nan")}, "the learning rate is nan"),
        ({"batch": 0}, "a batch of 0 samples"),
        ({"batch": "some"}, "no batch is named 'some'"),
        ({"epochs": 0}, "0 epochs"),
        ({"tolerance": -1}, "the tolerance is -1"),
        ({"batch": "misclassified", "prediction": "z9"}, "z9 is no prediction of y"),
        ({"start": {"V": np.zeros(2)}}, "V is no parameter of the model"),
        ({"start": {"w": np.zeros(5)}}, r"w has the shape \(5,\), not \(2,\)"),
    ],
)
def test_settings_refused(line: sb.Model, settings: dict, wording: str) -> None:
    """Settings that make no sense are refused before anything is computed."""
    with pytest.raises(SymbackpropError, match=wording):
        train(line, points(), **settings)


def test_a_size_that_nothing_tells(xor: sb.Model) -> None:
    """The hidden size has to be given."""
    data = read_data(EXAMPLES / "002_xor.csv", xor)
    with pytest.raises(SymbackpropError, match="the size h of W1 is not known from the data"):
        train(xor, data)


def test_parts_need_samples() -> None:
    """A model of one sample descends with the full batch alone."""
    model = sb.load(EXAMPLES / "001_line.model")
    with pytest.raises(UsageError, match="the model is of one sample"):
        train(model, {"x": np.array(1.0)}, batch=1)


def test_where_a_descent_begins(xor: sb.Model) -> None:
    """Biases begin at 0, weights within Glorot's limits and all different."""
    found = initial_parameters(xor, {"n": 2, "h": 3})
    assert [only_adds(xor, xor.tensor(name)) for name in ("W1", "b1", "W2", "b2")] == [False, True, False, True]
    assert not found["b1"].any()
    assert not found["b2"].any()
    assert np.abs(found["W1"]).max() <= np.sqrt(6 / 5)
    assert len(np.unique(found["W1"])) == 6


NORMED = """size n, h, T, V, D
input x[n], tok[T] integer
target y[T,2] one_hot
samples m in rows
parameter s[h], p[T], U[2,D]
z = dense(x, h)
g = layer_norm(z)
q = s ⊙ g
e = embedding(tok, V, D)
o[t,k] = sum(d, U[k,d] e[t,d]) + sum(i, q[i]) + p[t]
loss L = cross_entropy_with_logits(o, y)
cost J = mean(L) + sum(s^2)
"""


def test_what_only_scales_begins_at_1() -> None:
    """A gain of a norm and one by hand at 1, what only adds at 0; rows chosen by integers are drawn."""
    found = initial_parameters(sb.parse(NORMED), dict.fromkeys(["n", "h", "T", "V", "D"], 4))
    assert all(found[name].tolist() == [1.0] * 4 for name in ("g.gamma", "s"))
    assert not any(found[name].any() for name in ("z.b", "g.beta", "p"))
    assert len(np.unique(found["e.M"])) == 16


def test_limits_of_kernels_and_heads() -> None:
    """By what is added up: c and u for a convolution's kernel; a head's width and their number where heads join."""
    kernels = sb.parse("input x[3,9]\ntarget y[4,7]\nz = conv1d(x, 4, 3)\nloss L = squared_error(z, y)")
    largest = np.abs(initial_parameters(kernels, {})["z.W"]).max()
    assert 0.8 < largest / np.sqrt(6 / (3 * 3 + 4 * 3)) <= 1
    heads = sb.parse("input x[3,8]\ntarget y[3,8]\na = attention(x, heads=2)\nloss L = squared_error(a, y)")
    found = initial_parameters(heads, {})
    for name in ("a.W_q", "a.W_o"):
        assert 0.8 < np.abs(found[name]).max() / np.sqrt(6 / (8 + 8)) <= 1


SEQUENCES = """size T, K, D
input tok[T] integer
target y[T,K] one_hot
samples m in rows
e = embedding(tok, K, 2 D)
o = dense(e, K)
loss L = cross_entropy_with_logits(o, y)
cost J = mean(L)/T
"""


@pytest.mark.parametrize("kind", [int, float])
def test_sequences_of_classes(kind: type) -> None:
    """Integer inputs, also as whole doubles, and a class at every step: each is learnt to be the next one."""
    model, tokens = sb.parse(SEQUENCES), np.array([[0, 1, 2], [2, 0, 1], [1, 1, 0]])
    data = {"tok": tokens.astype(kind), "y": np.eye(3)[(tokens + 1) % 3]}
    result = train(model, data, sizes={"D": 2}, rate=2.0, epochs=200, batch=2)
    assert result.costs[-1] < 0.1 < result.costs[0]
    wrong = misclassified(model)
    assert not len(wrong({**data, **result.parameters}))
    swapped = {**data, "y": np.array([data["y"][0], data["y"][1], np.eye(3)[[2, 2, 2]]])}
    assert wrong({**swapped, **result.parameters}).tolist() == [2]
    steps = wrong_classes(model)({**swapped, **result.parameters})
    assert steps.tolist() == [[False] * 3, [False] * 3, [False, False, True]]


def test_sizes_in_extents() -> None:
    """An axis of 2 E entries tells E, one of N - 2 and T together N."""
    model = sb.parse("size E, N, T\nsize N >= 3\ninput x[2 E,T], u[N - 2 + T]\nloss L = sum(x) + sum(u)")
    assert sizes_told(model, {"x": np.ones((6, 4)), "u": np.ones(7)}) == {"T": 4, "E": 3, "N": 5}


def test_a_size_that_no_array_tells() -> None:
    """It stands in a formula alone, and is given beside the arrays."""
    text = "size n, K\ninput x[n]\ntarget y[1] binary\nsamples m in rows\nparameter w[1,n]\na = sigmoid(w x/K)"
    model = sb.parse(f"{text}\nloss L = binary_cross_entropy(a, y)\ncost J = mean(L)")
    data = {"x": np.array([[1.0, 2], [-1, -3], [2, -1]]), "y": np.array([[1.0], [0], [0]])}
    result = train(model, data, sizes={"K": 3}, rate=3.0, batch="misclassified")
    assert result.reason == "no sample is misclassified"
    np.testing.assert_array_equal(data["x"] @ result.parameters["w"].T > 0, data["y"])


def test_what_predicts_the_target(xor: sb.Model) -> None:
    """The tensor beside the target in the loss; one-hot targets by the largest entry, binary ones at one half."""
    assert prediction_of(xor) == "a2"
    classifier = sb.load(EXAMPLES / "softmax_classifier.model")
    assert prediction_of(classifier) == "p"
    random = np.random.default_rng(1)
    sizes = {"n": 2, "h1": 4, "h2": 5, "k": 3}
    arrays = {name: random.normal(size=a.shape) for name, a in initial_parameters(classifier, sizes).items()}
    x, y = random.normal(size=(6, 2)), np.eye(3)[random.integers(0, 3, 6)]
    hidden = np.maximum(0, x @ arrays["W1"].T + arrays["b1"])
    hidden = np.maximum(0, hidden @ arrays["W2"].T + arrays["b2"])
    logits = hidden @ arrays["W3"].T + arrays["b3"]
    wrong = misclassified(classifier)({**arrays, "x": x, "y": y})
    assert wrong.tolist() == np.flatnonzero(logits.argmax(axis=1) != y.argmax(axis=1)).tolist()
    assert 0 < len(wrong) < 6
