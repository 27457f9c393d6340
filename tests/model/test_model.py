"""Models: free equations, batching, the space they span, standard forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sympy import Abs, Expr, Max, Min, Mod, Piecewise, Rational, Sum, cosh, floor, sqrt, tan, tanh

from symbackprop.algebra.symbols import Apply, Guard, Maximum, entry, index, size, total
from symbackprop.errors import SymbackpropError, UnknownNameError
from symbackprop.model.building import (
    build,
    constant,
    equation,
    indices,
    input,
    parameter,
    sizes,
    target,
    tensor,
)
from symbackprop.model.functions import apply, custom, relu, sigmoid
from symbackprop.model.functions import tanh as tanh_of
from symbackprop.model.losses import LOSSES, l2_penalty
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Samples, Tensor
from symbackprop.model.reductions import softmax, sum_over
from tests.model.values import forward
from tests.oracles.slopes import slopes

n, h, T, m = sizes("n h T m")
i, j, t = indices("i j t")
random = np.random.default_rng(9)


def skip_and_share(**options) -> Model:
    """One weight matrix used twice, and a skip connection round it."""
    x, y = input("x", n), target("y", n)
    W, b = parameter("W", n, n), parameter("b", n)
    u, v = tensor("u", n), tensor("v", n)
    return build(
        equation(u[i], sigmoid(sum_over(W[i, j] * x[j], j) + b[i])),
        equation(v, relu(W @ u) + u + x),
        loss=LOSSES["mean_squared_error"](v, y),
        **options,
    )


def test_free_equations() -> None:
    """Skip connections and shared weights are equations like others; tensors come from them."""
    made = skip_and_share()
    assert repr(made) == (
        "# model\n"
        "input x[n]\n"
        "target y[n]\n"
        "parameter W[n, n], b[n]\n"
        "u[i] = sigmoid(b[i] + sum(j < n: W[i, j]*x[j]))\n"
        "v[i] = relu(sum(j < n: W[i, j]*u[j])) + u[i] + x[i]\n"
        "loss L = sum(i < n: (v[i] - y[i])**2)/n"
    )
    W, b, x, y = (random.normal(size=s) for s in ((3, 3), 3, 3, 3))
    u = 1 / (1 + np.exp(-(W @ x + b)))
    v = np.maximum(W @ u, 0) + u + x
    found = forward(made, {n: 3}, {"W": W, "b": b, "x": x, "y": y})
    np.testing.assert_allclose(found["v"], v, rtol=1e-13)
    np.testing.assert_allclose(found["L"], ((v - y) ** 2).mean(), rtol=1e-13)


@pytest.mark.parametrize("side", ["rows", "columns"])
@pytest.mark.parametrize("cost", ["mean", "sum"])
def test_batched_agrees_with_one_sample_after_the_other(side: str, cost: str) -> None:
    """The batched equations have, sample by sample, the values of the equations of one sample."""
    penalty = l2_penalty(0.1, parameter("W", n, n))
    made = skip_and_share(samples=4, side=side, cost=cost, penalty=penalty)
    W, b, x, y = (random.normal(size=s) for s in ((3, 3), 3, (3, 4), (3, 4)))
    turn = (lambda v: v.T) if side == "rows" else (lambda v: v)
    whole = forward(made.batched(), {n: 3}, {"W": W, "b": b, "x": turn(x), "y": turn(y)})
    losses = []
    for s in range(4):
        one = forward(made.one_sample(), {n: 3}, {"W": W, "b": b, "x": x[:, s], "y": y[:, s]})
        losses.append(float(one["L"]))
        np.testing.assert_allclose(turn(whole["v"])[:, s], one["v"], rtol=1e-13)
        np.testing.assert_allclose(whole["L"][s], one["L"], rtol=1e-13)
    expected = (sum(losses) / 4 if cost == "mean" else sum(losses)) + 0.05 * (W**2).sum()
    np.testing.assert_allclose(whole["J"], expected, rtol=1e-13)
    data = {"W": W, "b": b, "x": turn(x), "y": turn(y)}
    np.testing.assert_allclose(slopes(made, {n: 3}, data, ["b"]).root, expected, rtol=1e-13)


def recurrent(side: str = "rows") -> Model:
    """A recurrence over time whose facts stand along the last axis."""
    x, y = input("x", T, n), target("y", T, h, facts="one_hot")
    U, V, c = parameter("U", h, h), parameter("V", h, n), constant("c", h, facts="positive")
    state, p = tensor("h1", T, h), tensor("p", T, h)
    before = sum_over(U[i, j] * state[t - 1, j], j)
    return build(
        equation(state[t, i], tanh_of(before + sum_over(V[i, j] * x[t, j], j)), padded=state),
        equation(p[t, i], softmax(c[i] * state[t, i], i)),
        loss=LOSSES["cross_entropy"](p, y),
        samples="m",
        side=side,
    )


def test_batch_shapes_and_facts() -> None:
    """Samples come first in rows and last in columns; axes of facts follow; what all samples share stays."""
    for side, shape, axis in (("rows", (m, T, h), 2), ("columns", (T, h, m), 1)):
        whole = recurrent(side).batched()
        assert whole.tensor("h1").shape == whole.tensor("y").shape == shape
        assert [(f.kind, f.axis) for f in whole.tensor("y").facts] == [("one_hot", axis)]
        assert whole.tensor("L").shape == (m,)
        assert whole.tensor("U").shape == (h, h)
        assert whole.tensor("c").shape == (h,)
        assert (whole.loss, whole.root, whole.samples, whole.cost) == ("J", "J", None, None)
        assert (whole.tensor("L").role, whole.tensor("J").role) == ("intermediate", "loss")


@pytest.mark.parametrize("side", ["rows", "columns"])
def test_derived_models_are_valid(side: str) -> None:
    """The models of one sample and of all pass every check, and stand in standard form already."""
    for derived in (recurrent(side).batched(), recurrent(side).one_sample(), skip_and_share(samples=2).batched()):
        again = Model(
            derived.tensors,
            derived.equations,
            derived.loss,
            size_facts=derived.size_facts,
            functions=derived.functions,
            name=derived.name,
        )
        assert again == derived
        assert again.order == derived.order
        assert again.space == derived.space


def test_only_what_depends_on_a_sample_is_sampled() -> None:
    """A tensor made of parameters alone has one value for all samples."""
    x, W, g, z = input("x", n), parameter("W", n), tensor("g", n), tensor("z")
    made = build(equation(g, W**2), equation(z, g @ x), loss=equation(tensor("L"), z**2), samples="m")
    whole = made.batched()
    assert whole.tensor("g").shape == (n,)
    assert whole.tensor("z").shape == (m,)
    assert repr(whole.equation("z")) == "z[s] = sum(i < n: g[i]*x[i, s])"


def test_a_taken_sample_index() -> None:
    """Where an equation uses s, its own index gives way to the sample's."""
    (s,) = indices("s")
    x, z = input("x", n), tensor("z", n)
    made = build(
        equation(z[s], parameter("w")[()] * x[s] * sum_over(x[j], j)),
        loss=equation(tensor("L"), sum_over(z[s], s)),
        samples=3,
    )
    whole = forward(made.batched(), {n: 2}, {"w": np.array(2.0), "x": np.arange(6.0).reshape(2, 3)})
    np.testing.assert_allclose(whole["z"], 2 * np.arange(6.0).reshape(2, 3) * np.array([3.0, 5.0, 7.0]))


def test_space() -> None:
    """The space has shapes in the order of declaration, facts, functions, and each equation as an array."""
    f = custom("f", "x")
    x, y, W, z = input("x", n), target("y", h, facts="binary"), parameter("W", h, n), tensor("z", h)
    made = build(equation(z, apply(f, W @ x)), loss=LOSSES["squared_error"](z, y), size_facts=[n >= h])
    assert list(made.space.shapes) == ["x", "y", "W", "z", "L"]
    assert made.space.facts == y.facts
    assert made.space.size_facts == (n - h,)
    assert made.space.functions["f"] is f
    assert set(made.space.definitions) == {"z", "L"}
    assert made.space.definitions["z"].shape == (h,)


def test_lookups() -> None:
    """Tensors and equations by name; an unknown one is refused with the nearest."""
    made = recurrent()
    assert made.tensor("U").shape == (h, h)
    assert made.equation("J") == made.cost
    assert [tensor.name for tensor in made.parameters] == ["U", "V"]
    assert made.defines("p")
    assert not made.defines("U")
    for look in (made.tensor, made.equation):
        with pytest.raises(UnknownNameError) as caught:
            look("h11")
        assert caught.value.fix == "Did you mean h1?"


def test_order_is_by_need() -> None:
    """Equations given in any order come out in forward order, else as they were given."""
    names = ["a", "b", "c", "d"]
    tensors = {name: tensor(name) for name in names}
    x = input("x")
    needs = {"a": x, "b": tensors["a"], "c": tensors["a"], "d": tensors["b"] * tensors["c"]}
    given = [equation(tensors[name], needs[name] + 1) for name in ("d", "c", "b", "a")]
    made = build(*given, loss=equation(tensor("L"), tensors["d"] ** 2))
    assert [e.tensor for e in made.order] == ["a", "c", "b", "d", "L"]


def test_a_thousand_equations() -> None:
    """A long chain needs no deep recursion."""
    x = input("x")
    chain = [x, *(tensor(f"z{count}") for count in range(1200))]
    given = [equation(after, before + 1) for before, after in itertools.pairwise(chain)]
    made = build(*reversed(given), loss=equation(tensor("L"), chain[-1] ** 2))
    assert made.order[0].tensor == "z0"
    assert made.order[-2].tensor == "z1199"


X, Y = entry("x", i), entry("y", i)
FORMS: dict[str, tuple[Expr, Expr]] = {
    "decimals": (0.1 * X, X / 10),
    "absolute value": (Abs(X), Apply("abs", X)),
    "root of a square": (sqrt(X**2), Apply("abs", X)),
    "tanh": (tanh(X), Apply("tanh", X)),
    "maximum with 0": (Max(X, 0), Apply("relu", X)),
    "maximum": (Max(X, Y), Piecewise((X, X > Y), (Y, True))),
    "minimum with 0": (Min(X, 0), -Apply("relu", -X)),
    "tangent": (tan(X), None),
    "cosh": (cosh(X), None),
    "sum from 1": (Sum(entry("x", j), (j, 1, n - 1)), total(entry("x", j + 1), (j, n - 1))),
    "sum up to i": (Sum(entry("x", j), (j, 0, i)), total(Guard(i - j) * entry("x", j), (j, n))),
    "a bound index that is free outside": (X * total(entry("x", i), (i, n)), X * total(entry("x", j), (j, n))),
    "a maximum that is free outside": (X * Maximum(entry("x", i), (i, n)), X * Maximum(entry("x", j), (j, n))),
    "a remainder": (entry("x", Mod(i + 1, n)), entry("x", Mod(i + 1, n))),
    "half the index": (entry("x", floor(i / 2)), entry("x", floor(i / 2))),
}


@pytest.mark.parametrize("name", FORMS)
def test_standard_forms(name: str) -> None:
    """What SymPy writes in its own way is brought to the form that the algebra knows."""
    given, expected = FORMS[name]
    tensors = (Tensor("x", (n,), "input"), Tensor("y", (n,), "target"), Tensor("z", (n,), "intermediate"))
    loss = Equation("L", (), total(entry("z", i) * entry("y", i), (i, n)))
    made = Model(tensors, (Equation("z", (i,), given), loss), "L")
    found = made.equation("z").expression
    if expected is not None:
        assert found == expected
    else:
        values = forward(made, {n: 1}, {"x": np.array([0.3]), "y": np.array([1.0])})
        oracle = {"tangent": np.tan, "cosh": np.cosh}[name]
        np.testing.assert_allclose(values["z"], oracle(0.3))


def test_indices_give_way_to_names() -> None:
    """An index that bears the name of a tensor or a size is renamed."""
    tensors = (Tensor("i", (), "input"), Tensor("x", (size("j"),), "input"), Tensor("z", (size("j"),), "intermediate"))
    made = Model(
        tensors,
        (
            Equation("z", (index("i"),), entry("x", index("i")) * entry("i")),
            Equation("L", (), total(entry("z", index("j")), (index("j"), size("j")))),
        ),
        "L",
    )
    bound = {v for e in made.equations for part in e.expression.atoms(Sum) for v, *_ in part.limits}
    used = {s.name for s in bound.union(*(e.indices for e in made.equations))}
    assert used.isdisjoint({"i", "j"})
    assert repr(made.equation("z")) == "z[k] = i*x[k]"


def test_models_are_values() -> None:
    """Equal models are equal and hash alike."""
    assert skip_and_share() == skip_and_share()
    assert hash(skip_and_share()) == hash(skip_and_share())
    assert skip_and_share() != skip_and_share(samples=2)
    assert Rational(1, 2) not in skip_and_share().size_facts


def test_building_refuses() -> None:
    """A left side must be a tensor or an entry at indices of its own, of the shape of the right side."""
    W, x, z = parameter("W", h, n), input("x", n), tensor("z", h)
    bad = [
        (lambda: equation(W @ x, z), "the left side W @ x is no tensor"),
        (lambda: equation(z[0], x[0]), "the left side z[0] is no tensor"),
        (lambda: equation(W[i, i], x[i]), "the left side W[i, i] is no tensor"),
        (lambda: equation(z, x), "the two sides of z = x do not fit"),
        (lambda: equation(z[i], W @ x), "the two sides of z = W @ x do not fit"),
        (lambda: build(loss=z @ z, samples=0), "0 is no size"),
        (lambda: build(loss=equation(tensor("L"), z @ z), penalty=z @ z), "a penalty beside a loss"),
        (lambda: build(loss=z @ z, size_facts=["n >= 1"]), "n >= 1 is no fact about sizes"),
    ]
    for make, text in bad:
        with pytest.raises(SymbackpropError) as caught:
            make()
        assert text in caught.value.what


def test_samples_repr() -> None:
    """Samples say how many and where."""
    assert repr(Samples(m, "rows", index("s"))) == "samples m in rows"
