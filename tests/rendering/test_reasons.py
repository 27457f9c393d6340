"""How equations read a tensor, and what a tensor is for, beside what stands in the model by eye."""

from __future__ import annotations

import re

import pytest

import symbackprop as sb
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.text import text
from symbackprop.rendering.formulas import formulas_of
from symbackprop.rendering.reasons import How, Reading, readings
from symbackprop.rendering.render import document_text
from symbackprop.rendering.repeats import pattern, spelled
from symbackprop.rendering.roles import Kind, roles

NETWORK = """
size n, h, k, T
input x[n], u[T,n]
target y[k] one_hot
parameter W[h,n], b[h], V[k,h], g[h], c
z = W x + b
a = tanh(z)
r = g ⊙ a
s = V r
q = s - c
p = softmax(q)
loss L = cross_entropy(p, y)
"""
RECURRENT = """
size T, n
input x[T,n]
parameter U[n,n], v[n]
tensor h[T,n]
pad h
z[t,i] = sum(j, U[i,j] h[t-1,j]) + x[t,i]
h[t,i] = sigmoid(z[t,i])
m[i] = 1/T sum(t, h[t,i])
loss L = sum(i, v[i] m[i]^2)
"""


def read(model: str, tensor: str) -> tuple[Reading, ...]:
    derivation = sb.derive(sb.parse(model), [tensor], checks=False)
    return readings(derivation, derivation.step(tensor))


def shown(model: str, reading: Reading) -> tuple[str, str, str]:
    names = formulas_of(sb.derive(sb.parse(model), checks=False), Conventions(), "tex").names
    return tuple(text(part, names=names) for part in (reading.of, reading.entry, reading.slope))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("tensor", "how", "over", "function"),
    [
        ("W", How.MULTIPLIED, 0, ""),
        ("b", How.ADDED, 0, ""),
        ("z", How.APPLIED, 0, "tanh"),
        ("a", How.MULTIPLIED, 0, ""),
        ("r", How.MULTIPLIED, 1, ""),
        ("c", How.SUBTRACTED, 1, ""),
        ("q", How.COUPLED, 1, ""),
        ("p", How.LOSS, 0, ""),
    ],
)
def test_how_an_equation_reads_a_tensor(tensor: str, how: How, over: int, function: str) -> None:
    (found,) = read(NETWORK, tensor)
    assert (found.how, len(found.over), found.function) == (how, over, function)


def test_weights_enter_one_sum_and_inputs_of_it_all() -> None:
    (weights,) = read(NETWORK, "W")
    assert shown(NETWORK, weights) == ("W[i,j]", "z[i]", "x[j]")
    (inner,) = read(NETWORK, "r")
    of, entry, slope = shown(NETWORK, inner)
    assert (of, entry[0], slope[0], slope[-3:]) == ("r[i]", "s", "V", ",i]")
    (loss,) = read(NETWORK, "p")
    assert loss.separate


def test_a_recurrence_is_read_at_a_later_step() -> None:
    found = {reading.through: reading for reading in read(RECURRENT, "h")}
    assert found["z"].later and not found["m"].later
    assert shown(RECURRENT, found["z"])[1].startswith("z[t+1,")
    assert shown(RECURRENT, found["m"])[2] == "1/T"


def test_what_the_mean_of_squares_reads_is_no_plain_product() -> None:
    """The slope of v m² by m is 2 v m: it depends on m itself."""
    (found,) = read(RECURRENT, "m")
    assert found.how is How.LOSS and shown(RECURRENT, found)[2] == "2 v[i] m[i]"


def test_roles() -> None:
    derivation = sb.derive(sb.parse(NETWORK), checks=False)
    found = roles(derivation, {step.tensor: readings(derivation, step) for step in derivation.steps})
    assert {name: role.kind for name, role in found.items() if name != "u"} == {
        "x": Kind.INPUT,
        "y": Kind.TARGET,
        "W": Kind.WEIGHTS,
        "b": Kind.BIAS,
        "V": Kind.WEIGHTS,
        "g": Kind.SCALE,
        "c": Kind.PARAMETER,
        "z": Kind.SUMS,
        "a": Kind.ACTIVATION,
        "r": Kind.INTERMEDIATE,
        "s": Kind.SUMS,
        "q": Kind.SCORES,
        "p": Kind.PREDICTION,
        "L": Kind.LOSS,
    }


DEEP = """
size n, m1, m2
input x[n]
parameter W1[m1,n], W2[m2,m1], W3[m2,m2], b1[m1], b2[m2]
z1 = W1 x + b1
a1 = tanh(z1)
z2 = W2 a1 + b2
a2 = tanh(z2)
z3 = W3 a2
a3 = sigmoid(z3)
loss L = sum(a3^2)
"""


def test_equal_layers_have_equal_patterns_and_others_have_not() -> None:
    derivation = sb.derive(sb.parse(DEEP), checks=False)
    names = formulas_of(derivation, Conventions(), "tex").names
    found = {step.tensor: pattern(step, names).shape for step in derivation.steps}
    assert found["W1"] == found["W2"] == found["W3"]
    assert found["b1"] == found["b2"] != found["W1"]
    assert found["z1"] == found["z2"] != found["z3"]


def test_a_batch_keeps_what_each_sample_does_by_itself() -> None:
    batch = DEEP.replace("input x[n]", "input x[n]\nsamples N in rows") + "cost J = mean(L)\n"
    whole = sb.derive(sb.parse(batch), checks=False)
    one = whole.one_sample
    assert one is not None
    tokens = {}
    for tensor in ("z1", "W1"):
        step = whole.step(tensor)
        assert step.array is not None
        samples = [i for i, extent in zip(step.array.indices, step.array.shape, strict=True) if str(extent) == "N"]
        tokens[tensor] = (
            spelled(one.step(tensor).after, formulas_of(one, Conventions(), "tex").names),
            spelled(step.after, formulas_of(whole, Conventions(), "tex").names, *samples),
        )
    assert tokens["z1"][0] == tokens["z1"][1]
    assert tokens["W1"][0] != tokens["W1"][1]


SCALED = "size n, k\ninput x[n], y[k]\nparameter A[k,n], s\nu = A x\nv = s u\nloss L = sum((v - y)^2)\n"


@pytest.mark.parametrize(("model", "told"), [(SCALED, False), (DEEP, True)])
def test_a_column_is_spoken_of_where_a_sum_runs_down_one(model: str, told: bool) -> None:
    """The derivative by a scalar is a sum over a vector, and no matrix has a part in it."""
    text = document_text(sb.derive(sb.parse(model), checks=False), "md")
    assert ("runs down a column" in text) == told


@pytest.mark.parametrize(("rows", "said"), [("1", "They stand in a column"), ("k", "The sum runs down a column")])
def test_why_a_transpose_comes_back(rows: str, said: str) -> None:
    """Of a matrix with one row there is no sum down a column, only products that stand in one."""
    model = f"size n, k\ninput x[n]\ntarget y[{rows}]\nparameter W[{rows},n], V[n,n]\nh = V x\nz = W h\n"
    text = document_text(sb.derive(sb.parse(model + "loss L = squared_error(z, y)\n"), checks=False), "md")
    assert said in text and ("They stand in a column" in text) != ("The sum runs down a column" in text)


def test_sizes_are_told_once_each() -> None:
    text = document_text(sb.derive(sb.parse(NETWORK), checks=False), "md")
    (said,) = re.findall(r"(?m)^(.*) are sizes: any whole numbers", text)
    assert sorted(re.findall(r"`(.)`", said)) == ["T", "h", "k", "n"]
