"""Chains of layers over a batch, written in Python: values and compiled gradients beside NumPy by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

import symbackprop as sb
from tests.layers import by_hand as hand
from tests.oracles.draws import draw

Data = Mapping[str, np.ndarray]
STEP = 1e-30


def parts(data: Data, number: int, **more: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of one layer by their names without its number."""
    own = {k.removesuffix(str(number)): v for k, v in data.items() if k.endswith(str(number))}
    return {**own, **more}


def each(layer: Callable[[int, np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    return np.stack([layer(s, sample) for s, sample in enumerate(x)])


def errors(output: np.ndarray, data: Data) -> complex:
    """The mean over samples of the summed squared errors."""
    return ((output - data["y"]) ** 2).sum() / len(output)


def normed(data: Data) -> complex:
    """Dense, batch norm, dense with tanh, and a penalty on both weights."""
    a1 = data["x"] @ data["W1"].T + data["b1"]
    a2 = hand.batch_norm(parts(data, 2, x=a1))
    a3 = np.tanh(a2 @ data["W3"].T + data["b3"])
    return errors(a3, data) + 0.15 * ((data["W1"] ** 2).sum() + (data["W3"] ** 2).sum())


def residual(data: Data) -> complex:
    """A convolution and a batch norm beside a skip, then the mean over places."""
    a1 = each(lambda s, x: hand.convolution(padding=1)(parts(data, 1, x=x)), data["x"])
    a3 = data["x"] + hand.batch_norm(parts(data, 2, x=a1))
    return errors(a3.mean(axis=2), data)


def both_ways(data: Data) -> complex:
    """A recurrence from both ends, its last step, dense."""

    def one(s: int, x: np.ndarray) -> np.ndarray:
        forth, back = hand.gru()(parts(data, 1, x=x)), hand.gru(reverse=True)(parts(data, 2, x=x))
        return np.concatenate([forth, back], axis=1)[-1] @ data["W5"].T + data["b5"]

    return errors(each(one, data["x"]), data)


def started(data: Data) -> complex:
    """Embedding first, then a recurrence from a learned state."""

    def one(s: int, x: np.ndarray) -> np.ndarray:
        return hand.rnn()(parts(data, 2, x=data["M1"][x], h0=data["h0"]))

    return errors(each(one, data["x"]), data)


def stacked(data: Data) -> complex:
    return errors(each(lambda s, x: hand.stack(np.tanh)(parts(data, 1, x=x)), data["x"]), data)


def images(data: Data) -> complex:
    """A convolution, the largest of each window, the mean over places, dense."""

    def one(s: int, x: np.ndarray) -> np.ndarray:
        a1 = hand.convolution(hand.relu)(parts(data, 1, x=x))
        a2 = hand.pool(hand.largest, 2)({"x": a1})
        return a2.mean(axis=(1, 2)) @ data["W4"].T + data["b4"]

    return errors(each(one, data["x"]), data)


def tokens(data: Data) -> complex:
    """Embedding, positions, a causal block, and a norm whose statistics are those of all samples."""

    def one(s: int, x: np.ndarray) -> np.ndarray:
        a2 = data["M1"][x] + data["p2"]
        own = {k.removesuffix("3"): v for k, v in data.items() if k.endswith("3")}
        return hand.transformer(2, hand.relu, pre=True, causal=True)({**own, "x": a2})[-1]

    return errors(hand.batch_norm(parts(data, 5, x=each(one, data["x"]))), data)


h0 = sb.parameter("h0", 2)
ROWS = {"side": "rows", "samples": "m"}
NETWORKS: dict[str, tuple[Callable[[], sb.Model], Callable[[Data], complex], tuple[Mapping[str, int], ...]]] = {
    "batch norm": (
        lambda: sb.Network(3, sb.Dense(2), sb.BatchNorm(), sb.Dense(2, "tanh"), l2=0.3, **ROWS),
        normed,
        ({"m": 4}, {"m": 2}),
    ),
    "batch norm in a residual": (
        lambda: sb.Network(
            (2, "N"), sb.Residual(sb.Conv1d(2, 3, padding=1), sb.BatchNorm()), sb.GlobalAvgPool(), **ROWS
        ),
        residual,
        ({"m": 3, "N": 2}, {"m": 1, "N": 3}),
    ),
    "both ways": (
        lambda: sb.Network(("T", 2), sb.Bidirectional(sb.GRU(2)), sb.Last(), sb.Dense(1), **ROWS),
        both_ways,
        ({"m": 2, "T": 3}, {"m": 1, "T": 1}),
    ),
    "embedding": (
        lambda: sb.Network(("T",), sb.Embedding(4, 3), sb.RNN(2, initial=h0), **ROWS),
        started,
        ({"m": 2, "T": 3}, {"m": 1, "T": 1}),
    ),
    "stack": (lambda: sb.Network("n", sb.Stack("K", "tanh"), **ROWS), stacked, ({"m": 2, "n": 2, "K": 2},)),
    "images": (
        lambda: sb.Network(
            (1, 5, 4), sb.Conv2d(2, 2, "relu"), sb.MaxPool2d(2), sb.GlobalAvgPool(), sb.Dense(2), **ROWS
        ),
        images,
        ({"m": 2}, {"m": 1}),
    ),
    "tokens": (
        lambda: sb.Network(
            (3,),
            sb.Embedding(4, 2),
            sb.Positions(),
            sb.Transformer(2, 3, causal=True),
            sb.Last(),
            sb.BatchNorm(),
            **ROWS,
        ),
        tokens,
        ({"m": 3},),
    ),
}


def slope(loss: Callable[[Data], complex], data: dict[str, np.ndarray], name: str) -> np.ndarray:
    found = np.zeros(data[name].shape)
    for place in np.ndindex(*found.shape):
        moved = {key: value.astype(complex) if value.dtype.kind == "f" else value for key, value in data.items()}
        moved[name][place] += 1j * STEP
        found[place] = loss(moved).imag / STEP
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str) -> None:
    """Loss and gradients by every parameter, at sizes down to one sample and one step."""
    make, loss, trials = NETWORKS[name]
    model = make()
    compiled = sb.compile(model)
    for seed, chosen in enumerate(trials):
        sizes = dict(zip(sb.sizes(" ".join(chosen)), chosen.values(), strict=True))
        data = draw(model, sizes, seed, {"x": 4})
        data["x"] = data["x"].astype(int) if model.tensor("x").integer else data["x"]
        value, gradients = compiled(data)
        assert value == pytest.approx(loss(data).real, rel=1e-12)
        expected = {leaf: slope(loss, data, leaf) for leaf in gradients}
        rounding = 1e-13 * max(abs(value).max() for value in expected.values())  # where the slope is exactly 0
        for leaf, found in gradients.items():
            assert abs(found - expected[leaf]).max() <= max(1e-9 * abs(expected[leaf]).max(), rounding), leaf


def test_penalty_is_on_all_weights() -> None:
    """The weights of a recurrence are those that read the input and those that read the state."""
    model = sb.Network((2, 1), sb.GRU(1), l2=1, samples=1)
    read = {t.name for t in model.parameters if t.name in repr(model.cost)}
    assert read == {"W_r1", "W_u1", "W_n1", "U_r1", "U_u1", "U_n1"}


def test_own_activation_of_a_chain_with_batch_norm() -> None:
    """The functions of one's own go with the model of all samples too."""
    swish = sb.custom("swish", "x", lambda v: v * sb.sigmoid(v))
    model = sb.Network(2, sb.Dense(3, swish), sb.BatchNorm(), samples=4)
    assert model.functions["swish"] == swish


BAD = {
    "no samples": (lambda: sb.Network(2, sb.BatchNorm()), "batch norm without samples", "samples=32"),
    "a class": (lambda: sb.Network(2, sb.Dense), "is no layer", "Dense(units, activation)"),
    "a name": (lambda: sb.Network(2, "dense"), "'dense' is no layer", "Dense(units, activation)"),
    "a list": (lambda: sb.Network([3, 4], sb.Dense(1)), "inputs of Network() is of the type list", "as int or str"),
    "an activation": (lambda: sb.Network(2, sb.Dense(1, 3)), "3 is no activation", "sigmoid"),
    "no layers inside": (lambda: sb.Residual(), "a residual without layers", "Residual(Dense(4))"),
    "unequal shapes": (
        lambda: sb.Network(3, sb.Residual(sb.Dense(4)), samples=2),
        "a residual reads [3] and makes [4]",
        "the shape of its input",
    ),
    "no recurrence": (lambda: sb.Bidirectional(sb.Dense(4)), "is no recurrence", "Bidirectional(LSTM(8))"),
    "one tensor": (lambda: sb.Network(3, sb.Concat()), "Concat reads two or more tensors, here 1", "as many"),
    "two tensors": (
        lambda: sb.layer("h", sb.Dense(2), sb.input("x", 2), sb.input("u", 2)),
        "Dense reads 1 tensor, here 2",
        "as many",
    ),
    "a residual alone": (
        lambda: sb.layer("h", sb.Residual(sb.Dense(2)), sb.input("x", 2)),
        "Residual stands in a Network alone",
        "Elsewhere write the sum",
    ),
    "batch norm inside one sample": (
        lambda: sb.layer("h", sb.BatchNorm(), sb.input("x", 2)),
        "batch_norm reads x, which has 1 axis",
        "all samples along its first axis",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_calls_in_python(name: str) -> None:
    """Each is refused in words that say what to do."""
    make, what, fix = BAD[name]
    with pytest.raises(sb.SymbackpropError) as caught:
        make()
    assert what in caught.value.what
    assert fix in str(caught.value.fix)


WIDE = "size N\ninput x[1,N]\nh = conv1d(x, 1, 3)\nloss L = sum(h^2)\n"
WORDS = "size T, V\ninput tok[T] integer\ne = embedding(tok, V, 2)\nloss L = sum(e^2)\n"
WIDE_DATA = {"x": np.ones((1, 2)), "h.W": np.ones((1, 1, 3)), "h.b": np.ones(1)}
BAD_DATA = {
    "kernel wider than the input": (WIDE, WIDE_DATA, "the tensor h has no entries at these sizes", "N = 2"),
    "kernel wider than a size fact allows": (
        f"size N\nsize N >= 3\n{WIDE.partition(chr(10))[2]}",
        WIDE_DATA,
        "the model needs N - 3 to be at least 0, and it is -1",
        "N = 2",
    ),
    "too large an integer": (
        WORDS,
        {"tok": np.array([1, 5]), "e.M": np.ones((5, 2))},
        "tok[1] is 5, and indexes 5 entries",
        "at most 4",
    ),
    "a negative integer": (
        WORDS,
        {"tok": np.array([-1, 0]), "e.M": np.ones((5, 2))},
        "tok[0] is -1, and indexes 5 entries",
        "at least 0",
    ),
    "half an integer": (
        WORDS,
        {"tok": np.array([0.5]), "e.M": np.ones((5, 2))},
        "tok[0] is 0.5, and serves as an index",
        "whole numbers",
    ),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_data(name: str) -> None:
    """Sizes and integers that do not fit are refused at the call."""
    text, data, what, more = BAD_DATA[name]
    with pytest.raises(sb.SymbackpropError) as caught:
        sb.compile(sb.parse(text))(data)
    assert what in caught.value.what
    assert more in str(caught.value)
