"""Every layer and its options: the call in model text, the record in Python, the function by hand, and sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import symbackprop as sb
from tests.layers import by_hand as hand

Declared = Mapping[str, str]
"""Tensors by name with their shapes as text: `{"x": "T,n", "h0": "4"}`."""


@dataclass(frozen=True)
class Case:
    """`call` reads `x`, of which `shape` says the axes; `given` are parameters, `inputs` further inputs.

    Each entry of `sizes` is a trial; `adjust` changes the numbers drawn for it.
    """

    call: str
    layer: Callable[[Mapping[str, sb.Tensor]], Any]
    forward: hand.Forward
    shape: str
    sizes: tuple[Mapping[str, int], ...] = ({},)
    inputs: Declared = field(default_factory=dict)
    given: Declared = field(default_factory=dict)
    integers: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    below: Mapping[str, int] = field(default_factory=dict)
    adjust: Callable[[dict[str, np.ndarray]], None] = lambda data: None

    @property
    def names(self) -> tuple[str, ...]:
        """The sizes that are symbols."""
        return tuple(self.sizes[0])

    @property
    def text(self) -> str:
        """The model in text; its loss treats every entry of the output otherwise."""
        mark = dict.fromkeys(self.integers, " integer")
        lines = [f"size {', '.join(self.names)}"] if self.names else []
        lines += [f"size {fact}" for fact in self.facts]
        axes = {name: f"[{s}]" if s else "" for name, s in {"x": self.shape, **self.inputs}.items()}
        lines += [f"input {name}{shape}{mark.get(name, '')}" for name, shape in axes.items()]
        lines += [f"parameter {n}[{s}]" for n, s in self.given.items()]
        return "\n".join([*lines, f"h = {self.call}", "loss L = sum(h^3)", ""])

    def in_python(self) -> sb.Model:
        """The same model, written in Python."""
        symbols = dict(zip(self.names, sb.sizes(" ".join(self.names)), strict=True))
        tensors = {
            name: sb.input(name, *_extents(s, symbols), integer=name in self.integers)
            for name, s in {"x": self.shape, **self.inputs}.items()
        }
        tensors |= {name: sb.parameter(name, *_extents(s, symbols)) for name, s in self.given.items()}
        sources = [tensors[name] for name in ("x", "u") if name == "x" or name in tensors]
        h = sb.layer("h", self.layer(tensors), *sources)
        facts = [symbols[fact.split(" >= ")[0]] - int(fact.split(" >= ")[1]) for fact in self.facts]
        return sb.build(h, loss=sb.sum_over(h.whole() ** 3), size_facts=facts)


def _extents(shape: str, symbols: Mapping[str, Any]) -> tuple[Any, ...]:
    """`2 N,3` as sizes."""
    found = []
    for part in filter(None, shape.split(",")):
        count, _, name = part.rpartition(" ")
        found.append(int(part) if part.isdigit() else int(count or 1) * symbols[name])
    return tuple(found)


def sequence(*trials: tuple[int, int]) -> tuple[dict[str, int], ...]:
    return tuple({"T": steps, "n": features} for steps, features in trials)


def positive(*names: str) -> Callable[[dict[str, np.ndarray]], None]:
    """Numbers that must not be negative."""

    def change(data: dict[str, np.ndarray]) -> None:
        data.update({name: abs(data[name]) for name in names})

    return change


def masked(data: dict[str, np.ndarray]) -> None:
    """A mask of zeros and ones, with a one in each row."""
    data["mask"] = (data["mask"] > 0).astype(float)
    data["mask"][..., 0] = 1


STEPS = sequence((3, 2), (1, 1), (2, 1))
ROWS = sequence((3, 4), (1, 1), (4, 1))
VECTOR = ({"n": 3}, {"n": 1})

DENSE: dict[str, Case] = {
    "dense": Case("dense(x, 4)", lambda t: sb.Dense(4), hand.dense(), "n", VECTOR),
    "dense of one unit": Case(
        "dense(x, 1, sigmoid)", lambda t: sb.Dense(1, "sigmoid"), hand.dense(hand.sigmoid), "n", VECTOR
    ),
    "dense without a bias": Case(
        "dense(x, h1, tanh, bias=no)",
        lambda t: sb.Dense("h1", "tanh", bias=False),
        hand.dense(np.tanh),
        "n",
        ({"n": 2, "h1": 3}, {"n": 1, "h1": 1}),
    ),
    "dense of rows": Case(
        "dense(x, 3, softmax)", lambda t: sb.Dense(3, "softmax"), hand.dense(hand.softmax), "T,n", STEPS
    ),
    "dense of rows of rows": Case("dense(x, 3, relu)", lambda t: sb.Dense(3, "relu"), hand.dense(hand.relu), "2,3,2"),
    "maxout": Case("maxout(x, 3, 2)", lambda t: sb.Maxout(3, 2), hand.maxout, "n", VECTOR),
    "maxout of one piece": Case("maxout(x, 1, pieces=1)", lambda t: sb.Maxout(1, 1), hand.maxout, "n", VECTOR),
    "bilinear": Case(
        "bilinear(x, u, 3, tanh)",
        lambda t: sb.Bilinear(3, "tanh"),
        hand.bilinear(np.tanh),
        "n",
        ({"n": 3, "p": 2}, {"n": 1, "p": 1}),
        inputs={"u": "p"},
    ),
    "bilinear without a bias": Case(
        "bilinear(x, u, 1, bias=no)", lambda t: sb.Bilinear(1, bias=False), hand.bilinear(), "2", inputs={"u": "3"}
    ),
    "stack": Case(
        "stack(x, K, tanh)",
        lambda t: sb.Stack("K", "tanh"),
        hand.stack(np.tanh),
        "n",
        ({"n": 3, "K": 3}, {"n": 1, "K": 1}, {"n": 2, "K": 2}),
    ),
}


def conv1d(call: str, shape: str, *trials: Mapping[str, int], facts: tuple[str, ...] = (), **options: Any) -> Case:
    """A tanh convolution to channels and of a width that the call has first."""
    channels, width = (int(part) for part in call.split(", ")[1:3])
    return Case(
        f"conv1d({call})",
        lambda t: sb.Conv1d(channels, width, "tanh", **options),
        hand.convolution(np.tanh, **options),
        shape,
        trials or ({},),
        facts=facts,
    )


def conv2d(call: str, shape: str, width: Any, **options: Any) -> Case:
    return Case(
        f"conv2d({call})",
        lambda t: sb.Conv2d(2, width, "tanh", **options),
        hand.convolution(np.tanh, **options),
        shape,
    )


CN = ({"C": 2, "N": 5}, {"C": 1, "N": 3})
WINDOWS: dict[str, Case] = {
    "conv1d": conv1d("x, 2, 3, tanh", "C,N", *CN, facts=("N >= 3",)),
    "conv1d of one channel and width": conv1d("x, 1, 1, tanh", "1,N", {"N": 3}, {"N": 1}),
    "conv1d as wide as the input": conv1d("x, 2, 4, tanh", "2,4"),
    "conv1d of the same size": conv1d("x, 2, 3, tanh, padding=1", "C,N", *CN, {"C": 1, "N": 1}, padding=1),
    "conv1d by strides that divide": conv1d("x, 2, 3, tanh, stride=2", "2,7", stride=2),
    "conv1d by strides that need not divide": conv1d("x, 2, 3, tanh, stride=2", "1,6", stride=2),
    "conv1d by strides wider than the kernel": conv1d("x, 2, 2, tanh, stride=3", "2,7", stride=3),
    "conv1d with holes": conv1d(
        "x, 2, 3, tanh, dilation=2", "C,N", {"C": 2, "N": 6}, {"C": 1, "N": 5}, facts=("N >= 5",), dilation=2
    ),
    "conv1d with all": conv1d(
        "x, 2, 3, tanh, stride=2, padding=2, dilation=2",
        "C,N",
        {"C": 2, "N": 6},
        {"C": 1, "N": 1},
        {"C": 1, "N": 5},
        stride=2,
        padding=2,
        dilation=2,
    ),
    "conv1d by channel": conv1d("x, 3, 2, tanh, groups=3", "3,N", {"N": 4}, {"N": 2}, facts=("N >= 2",), groups=3),
    "conv1d by channel, padded": conv1d(
        "x, 3, 3, tanh, groups=3, padding=1", "3,N", {"N": 4}, {"N": 1}, groups=3, padding=1
    ),
    "conv1d without a bias": Case(
        "conv1d(x, 2, 2, bias=no)", lambda t: sb.Conv1d(2, 2, bias=False), hand.convolution(), "2,3"
    ),
    "conv2d": conv2d("x, 2, 2, tanh", "2,3,4", 2),
    "conv2d as wide as the input": conv2d("x, 2, [3, 4], tanh", "1,3,4", (3, 4)),
    "conv2d of width 1": conv2d("x, 2, 1, tanh", "1,2,1", 1),
    "conv2d with pairs": conv2d(
        "x, 2, [3, 2], tanh, stride=[2, 1], padding=[1, 0], dilation=[1, 2]",
        "2,4,4",
        (3, 2),
        stride=(2, 1),
        padding=(1, 0),
        dilation=(1, 2),
    ),
    "conv2d by channel": conv2d("x, 2, 2, tanh, groups=2, padding=1", "2,2,3", 2, groups=2, padding=1),
    "conv_transpose1d": Case(
        "conv_transpose1d(x, 2, 3, tanh)",
        lambda t: sb.ConvTranspose1d(2, 3, "tanh"),
        hand.transposed(np.tanh),
        "C,N",
        ({"C": 2, "N": 3}, {"C": 1, "N": 1}),
    ),
    "conv_transpose1d with all": Case(
        "conv_transpose1d(x, 2, 4, stride=2, padding=1, bias=no)",
        lambda t: sb.ConvTranspose1d(2, 4, stride=2, padding=1, bias=False),
        hand.transposed(stride=2, padding=1),
        "C,N",
        ({"C": 2, "N": 3}, {"C": 1, "N": 1}),
    ),
    "conv_transpose1d by strides wider than the kernel": Case(
        "conv_transpose1d(x, 1, 2, stride=3)",
        lambda t: sb.ConvTranspose1d(1, 2, stride=3),
        hand.transposed(stride=3),
        "1,N",
        ({"N": 3}, {"N": 1}),
    ),
    "conv_transpose2d": Case(
        "conv_transpose2d(x, 2, [2, 3], tanh, stride=[2, 1], padding=[0, 1])",
        lambda t: sb.ConvTranspose2d(2, (2, 3), "tanh", stride=(2, 1), padding=(0, 1)),
        hand.transposed(np.tanh, stride=(2, 1), padding=(0, 1)),
        "2,2,3",
    ),
    "avg_pool1d": Case(
        "avg_pool1d(x, 2)",
        lambda t: sb.AvgPool1d(2),
        hand.pool(hand.average, 2),
        "C,2 N",
        ({"C": 2, "N": 3}, {"C": 1, "N": 1}),
    ),
    "avg_pool1d that overlaps": Case(
        "avg_pool1d(x, 3, stride=2)", lambda t: sb.AvgPool1d(3, 2), hand.pool(hand.average, 3, 2), "2,7"
    ),
    "avg_pool2d": Case("avg_pool2d(x, 2)", lambda t: sb.AvgPool2d(2), hand.pool(hand.average, 2), "2,5,4"),
    "max_pool1d": Case("max_pool1d(x, 2)", lambda t: sb.MaxPool1d(2), hand.pool(hand.largest, 2), "2,6"),
    "max_pool1d of leftovers": Case(
        "max_pool1d(x, 3, 2)", lambda t: sb.MaxPool1d(3, 2), hand.pool(hand.largest, 3, 2), "1,8"
    ),
    "max_pool1d of width 1": Case("max_pool1d(x, 1)", lambda t: sb.MaxPool1d(1), hand.pool(hand.largest, 1), "2,3"),
    "max_pool2d": Case(
        "max_pool2d(x, [2, 3], stride=[1, 2])",
        lambda t: sb.MaxPool2d((2, 3), (1, 2)),
        hand.pool(hand.largest, (2, 3), (1, 2)),
        "2,3,6",
    ),
    "max_pool2d of everything": Case(
        "max_pool2d(x, [2, 3])", lambda t: sb.MaxPool2d((2, 3)), hand.pool(hand.largest, (2, 3)), "1,2,3"
    ),
    "global_avg_pool": Case(
        "global_avg_pool(x)",
        lambda t: sb.GlobalAvgPool(),
        hand.whole(hand.average),
        "C,N",
        ({"C": 2, "N": 3}, {"C": 1, "N": 1}),
    ),
    "global_avg_pool of a plane": Case(
        "global_avg_pool(x)", lambda t: sb.GlobalAvgPool(), hand.whole(hand.average), "2,3,2"
    ),
    "global_max_pool": Case(
        "global_max_pool(x)",
        lambda t: sb.GlobalMaxPool(),
        hand.whole(hand.largest),
        "C,N",
        ({"C": 2, "N": 3}, {"C": 1, "N": 1}),
    ),
    "global_max_pool of a plane": Case(
        "global_max_pool(x)", lambda t: sb.GlobalMaxPool(), hand.whole(hand.largest), "2,2,3"
    ),
    "reshape of a vector": Case("reshape(x, [2, 3])", lambda t: sb.Reshape((2, 3)), hand.reshape(2, 3), "6"),
    "reshape to three axes": Case(
        "reshape(x, [2, 3, 2])", lambda t: sb.Reshape((2, 3, 2)), hand.reshape(2, 3, 2), "12"
    ),
    "conv1d by symbolic strides": conv1d(
        "x, 2, 3, tanh, stride=2",
        "C,N",
        {"C": 2, "N": 6},
        {"C": 1, "N": 3},
        {"C": 1, "N": 5},
        facts=("N >= 3",),
        stride=2,
    ),
    "conv1d in groups": conv1d("x, 4, 2, tanh, groups=2", "6,N", {"N": 4}, {"N": 2}, facts=("N >= 2",), groups=2),
    "flatten": Case("flatten(x)", lambda t: sb.Flatten(), hand.reshape(-1), "C,N", CN),
    "flatten of three axes": Case("flatten(x)", lambda t: sb.Flatten(), hand.reshape(-1), "2,3,4"),
    "flatten of all but one": Case("flatten(x, keep=1)", lambda t: sb.Flatten(1), hand.reshape(2, -1), "2,3,4"),
    "reshape of a matrix": Case("reshape(x, [3, 4])", lambda t: sb.Reshape((3, 4)), hand.reshape(3, 4), "2,6"),
    "flatten of a vector": Case("flatten(x)", lambda t: sb.Flatten(), hand.reshape(-1), "n", VECTOR),
}

START, CELL = {"h0": "3"}, {"h0": "3", "c0": "3"}
RECURRENT: dict[str, Case] = {
    "rnn": Case("rnn(x, 3)", lambda t: sb.RNN(3), hand.rnn(), "T,n", STEPS),
    "rnn of one unit": Case("rnn(x, 1, relu)", lambda t: sb.RNN(1, "relu"), hand.rnn(hand.relu), "T,n", STEPS),
    "rnn without a bias": Case(
        "rnn(x, 2, sigmoid, bias=no)", lambda t: sb.RNN(2, "sigmoid", bias=False), hand.rnn(hand.sigmoid), "T,n", STEPS
    ),
    "rnn from a state": Case(
        "rnn(x, 3, initial=h0)", lambda t: sb.RNN(3, initial=t["h0"]), hand.rnn(), "T,n", STEPS, given=START
    ),
    "rnn backwards": Case(
        "rnn(x, 3, reverse=yes)", lambda t: sb.RNN(3, reverse=True), hand.rnn(reverse=True), "T,n", STEPS
    ),
    "rnn backwards from a state": Case(
        "rnn(x, 3, initial=h0, reverse=yes)",
        lambda t: sb.RNN(3, initial=t["h0"], reverse=True),
        hand.rnn(reverse=True),
        "T,n",
        STEPS,
        given=START,
    ),
    "lstm": Case("lstm(x, 3)", lambda t: sb.LSTM(3), hand.lstm(), "T,n", STEPS),
    "lstm with peepholes": Case(
        "lstm(x, 2, peepholes=yes)", lambda t: sb.LSTM(2, peepholes=True), hand.lstm(), "T,n", STEPS
    ),
    "lstm with all": Case(
        "lstm(x, 3, peepholes=yes, initial=h0, initial_cell=c0, reverse=yes)",
        lambda t: sb.LSTM(3, peepholes=True, initial=t["h0"], initial_cell=t["c0"], reverse=True),
        hand.lstm(reverse=True),
        "T,n",
        STEPS,
        given=CELL,
    ),
    "lstm of one unit": Case("lstm(x, 1)", lambda t: sb.LSTM(1), hand.lstm(), "T,n", STEPS),
    "lstm from a cell": Case(
        "lstm(x, 3, initial_cell=c0)",
        lambda t: sb.LSTM(3, initial_cell=t["c0"]),
        hand.lstm(),
        "T,n",
        STEPS,
        given={"c0": "3"},
    ),
    "gru": Case("gru(x, 3)", lambda t: sb.GRU(3), hand.gru(), "T,n", STEPS),
    "gru backwards from a state": Case(
        "gru(x, 3, initial=h0, reverse=yes)",
        lambda t: sb.GRU(3, initial=t["h0"], reverse=True),
        hand.gru(reverse=True),
        "T,n",
        STEPS,
        given=START,
    ),
    "last": Case("last(x)", lambda t: sb.Last(), lambda p: p["x"][-1], "T,n", STEPS),
    "concat": Case(
        "concat(x, u)",
        lambda t: sb.Concat(),
        hand.concat,
        "T,n",
        ({"T": 2, "n": 3, "k": 1}, {"T": 1, "n": 1, "k": 1}),
        inputs={"u": "T,k"},
    ),
    "concat of vectors": Case("concat(x, u)", lambda t: sb.Concat(), hand.concat, "2", inputs={"u": "3"}),
}

TABLE = {"table": "5,2"}
CHOOSING: dict[str, Case] = {
    "embedding": Case(
        "embedding(x, 5, 2)",
        lambda t: sb.Embedding(5, 2),
        hand.embedding,
        "T",
        ({"T": 4}, {"T": 1}),
        integers=("x",),
        below={"x": 5},
    ),
    "embedding of one integer": Case(
        "embedding(x, 5, 2)", lambda t: sb.Embedding(5, 2), hand.embedding, "", integers=("x",), below={"x": 5}
    ),
    "embedding of one feature": Case(
        "embedding(x, 2, 1)", lambda t: sb.Embedding(2, 1), hand.embedding, "3", integers=("x",), below={"x": 2}
    ),
    "embedding by a table": Case(
        "embedding(x, 5, 2, table=table)",
        lambda t: sb.Embedding(5, 2, table=t["table"]),
        hand.embedding,
        "T",
        ({"T": 3}, {"T": 1}),
        integers=("x",),
        below={"x": 5},
        given=TABLE,
    ),
    "embedding of one-hot rows": Case(
        "embedding(x, 5, 2)", lambda t: sb.Embedding(5, 2), hand.embedding, "T,5", ({"T": 3}, {"T": 1})
    ),
    "embedding of a one-hot vector": Case("embedding(x, 5, 2)", lambda t: sb.Embedding(5, 2), hand.embedding, "5"),
    "dropout": Case(
        "dropout(x, keep=0.8)",
        lambda t: sb.Dropout(0.8),
        hand.dropout(0.8),
        "n",
        VECTOR,
    ),
    "dropout by a mask": Case(
        "dropout(x, keep=0.5, mask=mask)",
        lambda t: sb.Dropout(0.5, mask=t["mask"]),
        hand.dropout(0.5),
        "T,n",
        STEPS,
        inputs={"mask": "T,n"},
    ),
}

MEMORY = ({"T": 3, "n": 2, "U": 2}, {"T": 1, "n": 1, "U": 1}, {"T": 1, "n": 2, "U": 3})
ATTENTION: dict[str, Case] = {
    "attention": Case("attention(x)", lambda t: sb.Attention(), hand.attention(), "T,n", ROWS),
    "attention of a width": Case(
        "attention(x, 1, width=3)", lambda t: sb.Attention(1, width=3), hand.attention(), "T,n", ROWS
    ),
    "attention with heads": Case(
        "attention(x, heads=2, causal=yes)",
        lambda t: sb.Attention(2, causal=True),
        hand.attention(2, causal=True),
        "T,4",
        ({"T": 3}, {"T": 1}),
    ),
    "attention with as many heads as features": Case(
        "attention(x, heads=3)", lambda t: sb.Attention(3), hand.attention(3), "T,3", ({"T": 2}, {"T": 1})
    ),
    "causal attention": Case(
        "attention(x, causal=yes)", lambda t: sb.Attention(causal=True), hand.attention(causal=True), "T,n", ROWS
    ),
    "attention with a mask": Case(
        "attention(x, mask=mask)",
        lambda t: sb.Attention(mask=t["mask"]),
        hand.attention(),
        "T,n",
        ROWS,
        inputs={"mask": "T"},
        adjust=masked,
    ),
    "attention with a mask of pairs": Case(
        "attention(x, causal=yes, mask=mask)",
        lambda t: sb.Attention(mask=t["mask"], causal=True),
        hand.attention(causal=True),
        "T,n",
        ROWS,
        inputs={"mask": "T,T"},
        adjust=masked,
    ),
    "attention to a memory": Case(
        "attention(x, 1, 2, memory=memory, mask=mask)",
        lambda t: sb.Attention(1, 2, memory=t["memory"], mask=t["mask"]),
        hand.attention(),
        "T,n",
        MEMORY,
        inputs={"memory": "U,3", "mask": "T,U"},
        adjust=masked,
    ),
    "positions": Case("positions(x)", lambda t: sb.Positions(), hand.positions, "T,n", ROWS),
    "positions by a table": Case(
        "positions(x, table)",
        lambda t: sb.Positions(t["table"]),
        hand.positions,
        "T,n",
        ROWS,
        inputs={"table": "T,n"},
    ),
    "transformer": Case(
        "transformer(x, 2, 3, tanh, causal=yes)",
        lambda t: sb.Transformer(2, 3, "tanh", causal=True),
        hand.transformer(2, np.tanh, pre=True, causal=True),
        "T,4",
        ({"T": 2}, {"T": 1}),
    ),
    "transformer as in the original": Case(
        "transformer(x, 1, 2, relu, pre=no)",
        lambda t: sb.Transformer(1, 2, "relu", pre=False),
        hand.transformer(1, hand.relu, pre=False),
        "T,n",
        ({"T": 2, "n": 3}, {"T": 1, "n": 2}),
    ),
}

NORMS: dict[str, Case] = {
    "layer_norm": Case("layer_norm(x)", lambda t: sb.LayerNorm(), hand.layer_norm(), "n", ({"n": 4}, {"n": 2})),
    "layer_norm of rows": Case(
        "layer_norm(x, epsilon=0.01, affine=no)",
        lambda t: sb.LayerNorm(0.01, affine=False),
        hand.layer_norm(0.01),
        "T,n",
        sequence((3, 4), (1, 3)),
    ),
    "rms_norm": Case("rms_norm(x)", lambda t: sb.RMSNorm(), hand.rms_norm, "n", VECTOR),
    "rms_norm of rows": Case("rms_norm(x)", lambda t: sb.RMSNorm(), hand.rms_norm, "T,n", ROWS),
    "batch_norm": Case(
        "batch_norm(x)", lambda t: sb.BatchNorm(), hand.batch_norm, "m,n", ({"m": 4, "n": 2}, {"m": 2, "n": 1})
    ),
    "batch_norm of channels": Case(
        "batch_norm(x)",
        lambda t: sb.BatchNorm(),
        hand.batch_norm,
        "m,C,N",
        ({"m": 2, "C": 2, "N": 3}, {"m": 1, "C": 1, "N": 2}),
    ),
    "batch_norm of planes": Case("batch_norm(x)", lambda t: sb.BatchNorm(), hand.batch_norm, "2,2,2,2"),
    "fixed_batch_norm": Case(
        "fixed_batch_norm(x)",
        lambda t: sb.FixedBatchNorm(),
        hand.fixed_batch_norm,
        "n",
        VECTOR,
        adjust=positive("h.v"),
    ),
    "fixed_batch_norm of channels": Case(
        "fixed_batch_norm(x)",
        lambda t: sb.FixedBatchNorm(),
        hand.fixed_batch_norm,
        "C,N",
        CN,
        adjust=positive("h.v"),
    ),
    "group_norm": Case("group_norm(x, 2)", lambda t: sb.GroupNorm(2), hand.group_norm(2), "4,N", ({"N": 3}, {"N": 1})),
    "group_norm of a vector": Case("group_norm(x, 2)", lambda t: sb.GroupNorm(2), hand.group_norm(2), "6"),
    "group_norm of one group": Case(
        "group_norm(x, 1)", lambda t: sb.GroupNorm(1), hand.group_norm(1), "3,N", ({"N": 2},)
    ),
    "group_norm of one channel each": Case(
        "group_norm(x, groups=2)", lambda t: sb.GroupNorm(2), hand.group_norm(2), "2,N", ({"N": 3}, {"N": 2})
    ),
}

CASES: dict[str, Case] = {**DENSE, **WINDOWS, **RECURRENT, **CHOOSING, **ATTENTION, **NORMS}
