"""The scalar level: the founding document's steps, every derivative by complex steps, letters, limits, bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.proving.evaluate import evaluate
from symbackprop.algebra.symbols import adjoint
from symbackprop.derivation.scalars import COMPLETE, ScalarNetwork, scalar_network
from symbackprop.derivation.steps import Method, walk
from symbackprop.errors import DataError, SymbackpropError, UnknownNameError, UsageError
from symbackprop.model.validation import size_names
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import nomenclature
from symbackprop.notation.writing.text import text
from tests.derivation.test_random_models import point
from tests.oracles.random_models import case_of
from tests.oracles.slopes import leaves

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
STEP = 1e-30

# The steps of the founding document, by hand: the node, what it is, the products of partials, and the derivative.
LINE = [
    ("a", "b + c", "∂y/∂a", "1"),
    ("c", "", "∂y/∂a ∂a/∂c", "1"),
    ("b", "m x", "∂y/∂a ∂a/∂b", "1"),
    ("m", "", "∂y/∂b ∂b/∂m", "x"),
    ("x", "", "∂y/∂b ∂b/∂x", "m"),
]
BOTH = "2 c (w2_1_1 w3_1_1 + w2_2_1 w3_1_2)"
NETWORK = [
    ("a", "c²", "∂L/∂a", "1"),
    ("c", "d - y", "∂L/∂a ∂a/∂c", "2 c"),
    ("y", "", "∂L/∂c ∂c/∂y", "-2 c"),
    ("d", "e + b3_1", "∂L/∂c ∂c/∂d", "2 c"),
    ("b3_1", "", "∂L/∂d ∂d/∂b3_1", "2 c"),
    ("e", "f + g", "∂L/∂d ∂d/∂e", "2 c"),
    ("f", "w3_1_1 h", "∂L/∂e ∂e/∂f", "2 c"),
    ("w3_1_1", "", "∂L/∂f ∂f/∂w3_1_1", "2 c h"),
    ("g", "w3_1_2 i", "∂L/∂e ∂e/∂g", "2 c"),
    ("w3_1_2", "", "∂L/∂g ∂g/∂w3_1_2", "2 c i"),
    ("h", "j + b2_1", "∂L/∂f ∂f/∂h", "2 w3_1_1 c"),
    ("b2_1", "", "∂L/∂h ∂h/∂b2_1", "2 w3_1_1 c"),
    ("i", "k + b2_2", "∂L/∂g ∂g/∂i", "2 w3_1_2 c"),
    ("b2_2", "", "∂L/∂i ∂i/∂b2_2", "2 w3_1_2 c"),
    ("j", "w2_1_1 l", "∂L/∂h ∂h/∂j", "2 w3_1_1 c"),
    ("w2_1_1", "", "∂L/∂j ∂j/∂w2_1_1", "2 w3_1_1 c l"),
    ("k", "w2_2_1 l", "∂L/∂i ∂i/∂k", "2 w3_1_2 c"),
    ("w2_2_1", "", "∂L/∂k ∂k/∂w2_2_1", "2 w3_1_2 c l"),
    ("l", "n + b1_1", "∂L/∂j ∂j/∂l + ∂L/∂k ∂k/∂l", BOTH),
    ("b1_1", "", "∂L/∂l ∂l/∂b1_1", BOTH),
    ("n", "w1_1_1 x", "∂L/∂l ∂l/∂n", BOTH),
    ("w1_1_1", "", "∂L/∂n ∂n/∂w1_1_1", "2 x c (w2_1_1 w3_1_1 + w2_2_1 w3_1_2)"),
    ("x", "", "∂L/∂n ∂n/∂x", "2 w1_1_1 c (w2_1_1 w3_1_1 + w2_2_1 w3_1_2)"),
]
PARAMETERS = ["w1_1_1", "b1_1", "w2_1_1", "b2_1", "w2_2_1", "b2_2", "w3_1_1", "w3_1_2", "b3_1"]

SMALL = """
size n
input x[n]
target y[1]
samples m in rows
parameter W[1,n], b[1]
a = sigmoid(W x + b)
loss L = half_squared_error(a, y)
cost J = mean(L)
"""
LINEAR = """
size n
input x[n]
target y
parameter w[n]
z = sum(i, w[i] x[i])
loss L = half_squared_error(z, y)
"""


def load(name: str) -> sb.Model:
    return sb.load(EXAMPLES / f"{name}.model")


def told(found: sb.ScalarDerivation) -> list[tuple[str, str, str, str]]:
    names = nomenclature(
        Conventions(adjoint="partial"),
        found.derivation.space,
        tensors=found.derivation.model.tensors,
        root=found.derivation.root,
    )
    rows = []
    for step in found.steps:
        node = found.network.node(step.of.name)
        is_node = "" if node is None else text(node.value, names=names)
        rows.append((step.of.name, is_node, text(step.chain, names=names), text(step.step.after, names=names)))
    return rows


def test_the_line_in_five_steps() -> None:
    """y = m x + c: the five steps of the founding document, the input's last."""
    assert told(sb.scalars(load("001_line"), wrt=["m", "c", "x"])) == LINE


def test_the_network_in_its_numbered_steps() -> None:
    """The linear 1-1-2-1 network: every numbered step, and the 19th adds two paths at the node l."""
    found = sb.scalars(load("001_linear_1_1_2_1"), wrt=["W1", "b1", "W2", "b2", "W3", "b3", "x", "y"])
    rows = told(found)
    assert sorted(rows) == sorted(NETWORK)
    assert [row[0] for row in rows[:21]] == [row[0] for row in NETWORK[:21]]
    assert found.steps[18].step.number == "19"
    assert found.steps[18].of.name == "l"
    assert [local.through for local in found.steps[18].locals] == ["j", "k"]
    assert all(len(step.locals) == 1 for step in found.steps if step.of.name != "l")


def test_the_nine_parameters() -> None:
    """Without other wishes the network is derived by its nine parameters, and each has its update."""
    found = sb.scalars(load("001_linear_1_1_2_1"))
    assert sorted(found.network.wanted) == sorted(PARAMETERS)
    assert [step.tensor for step in found.updates] == list(found.network.wanted)
    assert {step.of.name for step in found.steps} == {row[0] for row in NETWORK} - {"x", "y"}


def test_the_neuron_read_twice_is_one_node() -> None:
    """Equations share what they read of each other: a1 is one node with two users."""
    network = scalar_network(load("001_linear_1_1_2_1"))
    (shared,) = [node for node in network.nodes if len(node.users) > 1]
    assert shared.means == (("a1", (0,)),)
    assert shared.users == ("j", "k")


@pytest.mark.parametrize("name", ["001_line", "001_linear_1_1_2_1", "000_two_layer_sigmoid", "002_two_layer_sigmoid"])
def test_every_step_is_proved(name: str) -> None:
    """No step rests on points."""
    found = sb.scalars(load(name), {"n": 2, "h": 2} if name.startswith("002") else {})
    methods = {step.check.method for step in walk((*found.derivation.forward, *found.derivation.steps))}
    assert methods <= {Method.PROVED, Method.DEFINITION}


# how many nodes, and their names


@pytest.mark.parametrize(
    ("name", "sizes", "count"),
    [
        ("001_line", {}, 2),
        ("001_linear_1_1_2_1", {}, 12),
        # 6 products, 3 sums, 3 f; 3 products, 2 sums, f; difference, square, half
        ("000_two_layer_generic", {}, 21),
        # 4 products, 2 x 2 sums, 2 sigmoids; 2 products, 2 sums, sigmoid; 2 logs, 2 products, 2 differences, sum, sign
        ("002_two_layer_sigmoid", {"n": 2, "h": 2}, 23),
    ],
)
def test_counts(name: str, sizes: dict[str, int], count: int) -> None:
    """Operations counted by hand."""
    network = scalar_network(load(name), sizes)
    assert (network.count, len(network.nodes), network.complete) == (count, count, True)


def test_letters() -> None:
    """Single letters, none that the model uses; where there are too few, v_1, v_2, ..."""
    network = scalar_network(load("002_two_layer_sigmoid"), {"n": 2, "h": 2})
    names = [node.name for node in network.nodes]
    assert names[:9] == ["a", "c", "d", "e", "f", "g", "i", "j", "k"]
    assert not {"w", "x", "y", "b", "n", "h", "m", "o", "L", "J", "eta"} & set(names)
    many = scalar_network(load("softmax_classifier"), {"n": 2, "h1": 3, "h2": 3, "k": 3})
    assert [node.name for node in many.nodes] == [f"v_{number}" for number in range(1, len(many.nodes) + 1)]


def test_the_function_f_keeps_its_letter() -> None:
    """A function called f, and e where the model has exponentials, are no letters of nodes."""
    assert "f" not in [node.name for node in scalar_network(load("000_two_layer_generic")).nodes]
    model = sb.parse("input x\nparameter w\nz = exp(w x)\nloss L = z^2 + z w + w^3 + x + 2 w z x")
    names = [node.name for node in scalar_network(model).nodes]
    assert "e" not in names
    assert len(names) > 5


def test_names_of_entries() -> None:
    """W1 has entries w1_1_1, ..., counted from 1 or from 0; W stays W where w is something else."""
    assert scalar_network(load("001_linear_1_1_2_1"), first=0).wanted[:3] == ("w1_0_0", "b1_0", "w2_0_0")
    model = sb.parse("input x[2]\nparameter W[1,2], w\nz = W x\nloss L = w z[0]^2")
    assert scalar_network(model).wanted == ("W_1_1", "W_1_2", "w")


# numbers


def overridden(network: ScalarNetwork, name: str, known: dict[str, Any]) -> complex:
    """The root by the forward equations, the value of `name` being a complex step off."""
    values: dict[str, Any] = {leaf.name: complex(known[leaf.name]) for leaf in network.leaves}
    if name in values:
        values[name] += STEP * 1j
    for equation in network.model.order:
        values[equation.tensor] = evaluate(equation.expression, values, {}, functions=network.model.functions)
        if equation.tensor == name:
            values[name] += STEP * 1j
    return complex(values[network.model.root])


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("001_linear_1_1_2_1", {}),
        ("000_two_layer_sigmoid", {}),
        ("002_two_layer_sigmoid", {"n": 2, "h": 3}),
        ("softmax_classifier", {"n": 2, "h1": 2, "h2": 2, "k": 2}),
    ],
)
def test_every_node_by_complex_steps(name: str, sizes: dict[str, int]) -> None:
    """The derivative by each node and each parameter is the slope of the root by it."""
    model = load(name)
    random = np.random.default_rng(3)
    data = {
        tensor.name: random.uniform(
            0.1,
            0.9,
            tuple(sizes.get(str(extent)) or int(extent) for extent in tensor.shape),
        )
        for tensor in model.one_sample().tensors
        if not model.defines(tensor.name)
    }
    found = sb.scalars(model, sizes, values=data)
    known = dict(found.numbers or {})
    for step in found.steps:
        slope = overridden(found.network, step.of.name, known).imag / STEP
        assert known[adjoint(step.of.name)] == pytest.approx(slope, rel=1e-11, abs=1e-14), step.of.name


@pytest.mark.parametrize(
    "seed", [0, 9, 16, 24, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 13, 21, 36))]
)
def test_random_models(seed: int) -> None:
    """Recurrences, convolutions, softmaxes: every entry's derivative is that of the model, every node its entry."""
    case = case_of(seed, 1 + seed % 8)
    single = replace(case.model, samples=None, cost=None)
    truth = point(single, case)
    plain = [name for name in leaves(single) if not single.tensor(name).integer]
    sizes = {s.name: v for s, v in case.sizes.items() if s.name in size_names(single.tensors, None, ())}
    data = {name: truth.values[name] for name in leaves(single)}
    found = sb.scalars(single, sizes, wrt=plain, values=data, checks=False)
    numbers = found.numbers or {}
    read = {leaf.of: leaf.name for leaf in found.network.leaves}
    for name in plain:
        scale = max(1e-3, float(np.abs(truth.slopes[name]).max()))
        for place in np.ndindex(truth.slopes[name].shape):
            leaf = read.get((name, place))
            slope = 0.0 if leaf is None else numbers[adjoint(leaf)]
            assert slope == pytest.approx(truth.slopes[name][place], abs=1e-9 * scale)
    for node in found.network.nodes:
        for name, place in node.means:
            assert numbers[node.name] == pytest.approx(float(truth.values[name][place]), rel=1e-11, abs=1e-12)


# more than anyone reads


@pytest.mark.parametrize(("n", "count", "complete"), [(99, 200, True), (100, 202, False)])
def test_two_hundred_nodes(n: int, count: int, complete: bool) -> None:
    """n products, n - 1 sums, a difference, a square and a half: up to 200 all are shown."""
    network = scalar_network(sb.parse(LINEAR), {"n": n})
    assert COMPLETE == 200
    assert (network.count, network.complete) == (count, complete)
    assert len(network.wanted) == (n if complete else 1)
    # one product, the sum with the rest, the difference, the square, the half
    assert len(network.nodes) == (count if complete else 5)


def test_one_entry_of_each_parameter() -> None:
    """Above 200 nodes one entry of each parameter stands for all; its derivative is right, rests and all."""
    model = load("softmax_classifier")
    sizes = {"n": 6, "h1": 7, "h2": 5, "k": 3}
    random = np.random.default_rng(5)
    data: dict[str, np.ndarray] = {
        tensor.name: random.normal(size=tuple(sizes[str(extent)] for extent in tensor.shape))
        for tensor in model.one_sample().tensors
        if not model.defines(tensor.name)
    }
    data["y"] = np.array([0.0, 1.0, 0.0])
    found = sb.scalars(model, sizes, values=data, checks=False)
    assert not found.network.complete
    assert found.network.wanted == ("w1_1_1", "b1_1", "w2_1_1", "b2_1", "w3_1_1", "b3_1")
    numbers = found.numbers or {}
    expected = by_hand(data)
    for name, slope in expected.items():
        assert numbers[adjoint(name)] == pytest.approx(slope, rel=1e-10, abs=1e-14)


def test_what_is_left_out_has_its_value() -> None:
    """The value of a rest is that of its terms, differences among them, so that the root's value is right."""
    model = sb.parse("size n\ninput x[n]\ntarget y\nparameter w[n]\nloss L = sum(i, (w[i] x[i] - y)^2)")
    random = np.random.default_rng(8)
    w, x = random.normal(size=(2, 60))
    found = sb.scalars(model, {"n": 60}, values={"w": w, "x": x, "y": 0.3}, checks=False)
    numbers = found.numbers or {}
    assert not found.network.complete
    assert numbers["rest_1"] == pytest.approx(float(np.sum((w[1:] * x[1:] - 0.3) ** 2)), rel=1e-12)
    assert numbers["L"] == pytest.approx(float(np.sum((w * x - 0.3) ** 2)), rel=1e-12)


def by_hand(d: dict[str, np.ndarray]) -> dict[str, float]:
    """The gradients of the classifier in NumPy."""
    z1 = d["W1"] @ d["x"] + d["b1"]
    a1 = np.maximum(z1, 0)
    z2 = d["W2"] @ a1 + d["b2"]
    a2 = np.maximum(z2, 0)
    z3 = d["W3"] @ a2 + d["b3"]
    p = np.exp(z3) / np.exp(z3).sum()
    d3 = p - d["y"]
    d2 = d["W3"].T @ d3 * (z2 > 0)
    d1 = d["W2"].T @ d2 * (z1 > 0)
    return {
        "w1_1_1": d1[0] * d["x"][0], "b1_1": d1[0],
        "w2_1_1": d2[0] * a1[0], "b2_1": d2[0],
        "w3_1_1": d3[0] * a2[0], "b3_1": d3[0],
    }  # fmt: skip


# the cost


def test_the_cost_has_its_penalty() -> None:
    """The derivative of the cost is the mean over the samples, and the penalty's own on top."""
    penalised = SMALL.replace("size n", "size n\nconstant lambda").replace("mean(L)", "mean(L) + lambda/2 * sum(W^2)")
    found = sb.scalars(sb.parse(penalised), {"n": 1})
    names = nomenclature(Conventions(adjoint="partial"), found.derivation.space, root="L")
    assert {step.tensor: text(step.after, names=names) for step in found.cost} == {
        "J": "(1/m) ∑_{i=1..m} L[i] + (1/2) λ ∑_{i=1..1,j=1..1} W[i,j]²",
        "w_1_1": "(1/m) ∑_{i=1..m} ∂L[i]/∂w_1_1 + w_1_1 λ",
        "b_1": "(1/m) ∑_{i=1..m} ∂L[i]/∂b_1",
    }
    assert found.rate == "eta"


def test_without_a_cost_the_loss_is_descended() -> None:
    """A model of one sample has no cost; its update reads the loss."""
    found = sb.scalars(load("001_line"))
    assert found.cost == ()
    assert [text(step.after) for step in found.updates] == ["m - ∂y/∂m η", "c - ∂y/∂c η"]


# bad input

BAD = {
    "no size": (SMALL, {}, {}, UsageError, "needs a number for the size n"),
    "unknown size": (SMALL, {"n": 1, "q": 2}, {}, UnknownNameError, "no size q"),
    "size 0": (SMALL, {"n": 0}, {}, UsageError, "the size n is 0"),
    "size of a fraction": (SMALL, {"n": 1.5}, {}, UsageError, "the size n is 1.5"),
    "unknown leaf": (SMALL, {"n": 1}, {"wrt": ["a"]}, UnknownNameError, "no leaf a"),
    "too large": (SMALL, {"n": 20_000}, {}, UsageError, "more than 20,000 operations"),
    "a value missing": (SMALL, {"n": 1}, {"values": {"x": [1.0]}}, DataError, "no values were given for y, W, b"),
    "an unknown value": (SMALL, {"n": 1}, {"values": {"V": [1.0]}}, DataError, "takes no values for V"),
    "a wrong shape": (
        SMALL, {"n": 2}, {"values": {"x": [1.0], "y": [1], "W": [[1, 2]], "b": [0]}}, DataError, "the values of x have",
    ),
    "no number": (
        SMALL, {"n": 1}, {"values": {"x": [np.nan], "y": [1], "W": [[1]], "b": [0]}}, DataError, "no finite number",
    ),
    "words": (
        SMALL, {"n": 1}, {"values": {"x": ["one"], "y": [1], "W": [[1]], "b": [0]}}, DataError, "no array of real",
    ),
    "a logarithm of -1": (
        "input x\nparameter w\nloss L = log(w x)", {}, {"values": {"x": -1, "w": 1}}, DataError, "no real value",
    ),
    "an opaque function": (
        "function f(x)\ninput x\nparameter w\nloss L = f(w x)", {}, {"values": {"x": 1, "w": 1}}, UsageError,
        "f has no formula",
    ),
    "an index that data gives": (
        "size k\ninput t[1] integer\nparameter E[k]\nloss L = E[t[0]]^2", {"k": 3}, {}, UsageError, "depends on t",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    """Each mistake has an error of ours that names it."""
    model, sizes, options, kind, words = BAD[case]
    with pytest.raises(kind, match=words) as caught:
        sb.scalars(sb.parse(model), sizes, **options)
    assert isinstance(caught.value, SymbackpropError)


def test_an_index_that_data_gives() -> None:
    """With its value given, the entry that is read is known, and the others are no leaves."""
    model = sb.parse("size k\ninput t[1] integer\nparameter E[k]\nloss L = E[t[0]]^2")
    found = sb.scalars(model, {"k": 3}, values={"t": [1]})
    assert found.network.wanted == ("e_2",)
    assert found.numbers is None
    whole = sb.scalars(model, {"k": 3}, values={"t": [1], "E": [1.0, 5.0, 2.0]})
    assert whole.numbers is not None
    assert whole.numbers["∂e_2"] == 10.0
