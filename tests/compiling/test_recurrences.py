"""Recurrences become loops: forward and backward in time, gated, in two dimensions, past an edge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sympy import Expr, Piecewise, Sum, sqrt

from symbackprop.algebra.symbols import Apply, Guard, entry, tensor_of, total
from symbackprop.compiling.equations import Computation, computation_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.program import Allocate, Contract, Elementwise, Into, Loop
from symbackprop.errors import DerivationError
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Role, Tensor
from tests.compiling.hand import SIZES, T, computation, h, i, j, k, kinds, m, n, s, statements_of, t
from tests.compiling.interpreter import interpret
from tests.oracles.draws import draw
from tests.oracles.slopes import disagreement, leaves, slopes


def e(name: str, *at: object) -> Expr:
    return entry(name, *at)


def tanh(x: Expr) -> Expr:
    return Apply("tanh", x)


def sigmoid(x: Expr) -> Expr:
    return Apply("sigmoid", x)


def model(equations: list[Equation], **shapes: tuple) -> Model:
    """A model of these equations; what starts with x is an input, other leaves are parameters."""
    given = {equation.tensor for equation in equations}

    def role(name: str) -> Role:
        return "intermediate" if name in given else "input" if name[0] == "x" else "parameter"

    tensors = [Tensor(name, shape, role(name)) for name, shape in shapes.items()]
    return Model(tuple(tensors), tuple(equations), "L")


def squares(name: str, *box: tuple) -> Equation:
    return Equation("L", (), total(e(name, *(v for v, _ in box)) ** 2, *box))


def projected(matrix: str, source: Expr, extent: Expr) -> Expr:
    return total(e(matrix, i, j) * source, (j, extent))


def rnn() -> Model:
    z = projected("W", e("x", t, j), n) + projected("U", e("a", t - 1, j), h) + e("b", i)
    equations = [
        Equation("z", (t, i), z, padded=("a",)),
        Equation("a", (t, i), tanh(e("z", t, i))),
        squares("a", (t, T), (i, h)),
    ]
    return model(equations, x=(T, n), W=(h, n), U=(h, h), b=(h,), z=(T, h), a=(T, h))


def lstm() -> Model:
    equations, shapes = [], {"x": (T, n)}
    for gate in "figo":
        shapes |= {f"W{gate}": (h, n), f"U{gate}": (h, h), f"z{gate}": (T, h), gate: (T, h)}
        z = projected(f"W{gate}", e("x", t, j), n) + projected(f"U{gate}", e("a", t - 1, j), h)
        equations.append(Equation(f"z{gate}", (t, i), z, padded=("a",)))
        equations.append(Equation(gate, (t, i), (tanh if gate == "g" else sigmoid)(e(f"z{gate}", t, i))))
    cell = e("f", t, i) * e("c", t - 1, i) + e("i", t, i) * e("g", t, i)
    equations.append(Equation("c", (t, i), cell, padded=("c",)))
    equations.append(Equation("a", (t, i), e("o", t, i) * tanh(e("c", t, i))))
    return model([*equations, squares("a", (t, T), (i, h))], **shapes, c=(T, h), a=(T, h))


def backward_in_time() -> Model:
    equations = [
        Equation("a", (i, t), tanh(e("x", t, i) + e("w", i) * e("a", i, t + 2)), padded=("a",)),
        squares("a", (i, h), (t, T)),
    ]
    return model(equations, x=(T, h), w=(h,), a=(h, T))


def grid() -> Model:
    z = tanh(e("x", i, j) + e("w") * e("z", i - 1, j) + e("v") * e("z", i, j - 1))
    return model(
        [Equation("z", (i, j), z, padded=("z",)), squares("z", (i, n), (j, m))], x=(n, m), w=(), v=(), z=(n, m)
    )


def quotient() -> Model:
    """The adjoint is 0/0 past the last step where it is read by itself."""
    a = e("a", t - 1) / e("w", t) + e("x", t)
    return model([Equation("a", (t,), a, padded=("a",)), squares("a", (t, T))], x=(T,), w=(T,), a=(T,))


def unequal() -> Model:
    """Two tensors of one recurrence, one of which lasts a step longer."""
    equations = [
        Equation("a", (t,), tanh(e("w") * e("z", t - 1)) + 1, padded=("z",)),
        Equation("z", (t,), e("a", t) * e("x", t)),
        squares("a", (t, T + 1)),
    ]
    return model(equations, x=(T,), w=(), a=(T + 1,), z=(T,))


def all_steps_before() -> Model:
    """Each step reads every step before it."""
    a = tanh(e("x", t) + e("w") * Sum(e("A", t, k) * e("a", k), (k, 0, t - 1)))
    return model([Equation("a", (t,), a, padded=("a",)), squares("a", (t, T))], x=(T,), w=(), A=(T, T), a=(T,))


def two_after_each_other() -> Model:
    """The second recurrence reads the first at all steps."""
    equations = [
        Equation("a", (t,), tanh(e("x", t) + e("w") * e("a", t - 1)), padded=("a",)),
        Equation("b", (t,), e("a", T - 1 - t) * sigmoid(e("b", t - 1)) + total(e("a", k), (k, T)), padded=("b",)),
        squares("b", (t, T)),
    ]
    return model(equations, x=(T,), w=(), a=(T,), b=(T,))


def roots() -> Model:
    """Cases by values and by steps, of which one alone has a value."""
    root = Piecewise((sqrt(e("x", t)) * e("a", t - 1), e("x", t) > 0), (e("a", t - 1) / (1 + e("x", t) ** 2), True))
    equations = [
        Equation("a", (t,), 1 + e("w") * root + Piecewise((e("a", t - 1) / e("x", t - 1), t >= 1), (0, True)), ("a",)),
        squares("a", (t, T)),
    ]
    return model(equations, x=(T,), w=(), a=(T,))


MODELS = (
    roots,
    rnn,
    lstm,
    backward_in_time,
    grid,
    quotient,
    unequal,
    all_steps_before,
    two_after_each_other,
)


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_gradients(make: Callable[[], Model], steps: int) -> None:
    """The loss and every gradient are those of complex steps, at one step and at several."""
    found = make()
    sizes = {**SIZES, T: steps}
    program = lower(computation_of(found, leaves(found)))
    data = draw(found, sizes, seed=3)
    truth = slopes(found, sizes, data)
    values = interpret(program, sizes, data)
    assert all(np.isfinite(value).all() for value in values.values())
    assert values["L"] == pytest.approx(truth.root, rel=1e-12)
    for name, gradient in program.gradients.items():
        assert disagreement(values[gradient], truth.slopes[name], noise=1e-14) <= 1e-10, name


def test_a_recurrence_in_numpy() -> None:
    """The plain recurrence and backpropagation through time by hand, with the statements that one would write."""
    found = lower(computation_of(rnn(), ["W", "U", "b"]))
    assert kinds(found) == [
        "Contract z_sum2",
        "Elementwise z_part",
        "Allocate z",
        "Allocate a",
        "Loop t",
        ".Contract z_sum",
        ".Elementwise z",
        ".Elementwise a",
        "Contract L",
        "Elementwise dz_part",
        "Allocate ∂z",
        "Loop t down",
        ".Contract dz_sum",
        ".Elementwise ∂z",
        "Contract ∂W",
        "Contract ∂U",
        "Contract ∂b",
    ]
    data = draw(rnn(), SIZES, seed=7)
    steps, width = SIZES[T], SIZES[h]
    a = np.zeros((steps + 1, width))
    for step in range(steps):
        a[step] = np.tanh(data["W"] @ data["x"][step] + data["U"] @ a[step - 1] + data["b"])
    dz = np.zeros((steps + 1, width))
    for step in reversed(range(steps)):
        dz[step] = (1 - a[step] ** 2) * (2 * a[step] + data["U"].T @ dz[step + 1])
    before = np.concatenate([np.zeros((1, width)), a[: steps - 1]])
    values = interpret(found, SIZES, data)
    expected = {"W": dz[:steps].T @ data["x"], "U": dz[:steps].T @ before, "b": dz.sum(axis=0)}
    for name, gradient in expected.items():
        assert disagreement(values[found.gradients[name]], gradient) <= 1e-13


def test_projections_and_weight_gradients_stand_outside() -> None:
    """A gated cell's loops hold the products with the state alone: inputs before, weight gradients after."""
    program = lower(computation_of(lstm()))
    outside = [x for x in program.statements if isinstance(x, Contract)]
    inside = [x for loop in program.statements if isinstance(loop, Loop) for x in loop.body if isinstance(x, Contract)]
    before = [x.target for x in outside if "x" in map(tensor_of, x.factors) and not x.target.startswith("∂")]
    assert before == ["zf_sum2", "zi_sum2", "zg_sum2", "zo_sum2"]
    assert [x.target for x in outside if x.target.startswith("∂W")] == ["∂Wo", "∂Wg", "∂Wi", "∂Wf"]
    assert {len(x.box) for x in inside} == {1}
    assert len(inside) == 8


def test_what_one_step_needs_has_no_time_axis() -> None:
    """A generated tensor that only its own step reads is written anew at each step; arguments keep their shapes."""
    program = lower(computation_of(rnn()))
    assert program.space.shapes["z_sum"] == (h,)
    (product,) = statements_of(program, "z_sum")
    assert isinstance(product, Contract)
    assert product.at == (i,)
    assert program.space.shapes["x"] == (T, n)
    assert not any(isinstance(x, Allocate) and x.target == "z_sum" for x in program.statements)


def test_a_function_of_values_is_computed_in_one_loop() -> None:
    """tanh of the cell's state serves both passes."""
    program = lower(computation_of(lstm()))
    texts = [str(x.expression) for x in program.statements if isinstance(x, Elementwise)]
    assert not any("tanh" in text.replace("a_tanh", "") for text in texts)
    assert ".Elementwise a_tanh" in kinds(program)


def test_scatters_stay_out_of_loops() -> None:
    """A sum with deltas inside a recurrence is a product with a mask, since what it adds to is read at once."""
    program = lower(computation_of(stretched()))
    loops = [x for x in program.statements if isinstance(x, Loop)]
    assert loops
    assert not any(isinstance(x, Into) for loop in loops for x in loop.body)
    assert_right(stretched())


def stretched() -> Model:
    """The state is read at every second place, so that its adjoint is a sum with deltas."""
    a = tanh(e("x", t, i) + e("w", i) * total(e("a", t - 1, 2 * k) * e("v", k), (k, n)))
    equations = [Equation("a", (t, i), a, padded=("a",)), squares("a", (t, T), (i, 2 * n))]
    return model(equations, x=(T, 2 * n), w=(2 * n,), v=(n,), a=(T, 2 * n))


def assert_right(found: Model) -> None:
    program = lower(computation_of(found, leaves(found)))
    data = draw(found, SIZES, seed=5)
    truth, values = slopes(found, SIZES, data), interpret(program, SIZES, data)
    for name, gradient in program.gradients.items():
        assert disagreement(values[gradient], truth.slopes[name], noise=1e-14) <= 1e-10, name


def test_an_index_of_the_loop_that_another_sum_has() -> None:
    """The loop's index is apart from every other index in its body."""
    a = e("x", t) + total(e("A", t, s) * e("a", s - m), (s, m)) + Guard(t - 1) * e("a", t - 1)
    found = computation(
        {"x": (m,), "A": (m, m)},
        [
            ("a", {t: m}, a),
            ("b", {s: m}, e("x", s) + e("c", s - 1)),
            ("c", {t: m}, e("b", t) + total(e("A", t, s) * e("x", s), (s, m))),
            ("L", {}, total(e("a", t) + e("c", t), (t, m))),
        ],
        ["a", "c"],
    )
    random = np.random.default_rng(0)
    data = {"x": random.normal(size=SIZES[m]), "A": random.normal(size=(SIZES[m], SIZES[m]))}
    values = interpret(lower(found), SIZES, data)
    assert disagreement(values["a"], np.cumsum(data["x"])) <= 1e-13
    assert disagreement(values["c"], np.cumsum(data["x"] + data["A"] @ data["x"])) <= 1e-13


CIRCLES: list[tuple[Computation, str]] = [
    (computation({"x": (m,)}, [("L", {i: m}, e("L", i - 1) + e("L", i + 1))], []), "L needs itself"),
    (
        computation(
            {"x": (m,)},
            [("a", {i: m}, e("b", i) + e("x", i)), ("b", {i: m}, e("a", i)), ("L", {}, total(e("b", i), (i, m)))],
            [],
        ),
        "a needs itself",
    ),
    (
        computation(
            {"x": (m,)},
            [
                ("a", {i: m}, Apply("tanh", e("b", i))),
                ("b", {i: m}, Apply("tanh", e("a", i - 1) + e("a", i))),
                ("L", {}, total(e("b", i), (i, m))),
            ],
            [],
        ),
        "a, b need each other",
    ),
    (
        computation(
            {"x": (m,)},
            [
                ("a", {i: m}, Apply("tanh", e("b", i - 1))),
                ("b", {i: n}, Apply("tanh", e("a", i - 1))),
                ("L", {}, total(e("b", i), (i, n))),
            ],
            [],
        ),
        "longer depends on the sizes",
    ),
]


@pytest.mark.parametrize(("found", "message"), CIRCLES, ids=[message for _, message in CIRCLES])
def test_circles(found: Computation, message: str) -> None:
    """A circle that no time axis breaks names its tensors."""
    with pytest.raises(DerivationError) as raised:
        lower(found)
    assert message in str(raised.value)
