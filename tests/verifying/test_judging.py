"""Verdicts: right claims proved, wrong ones refuted with a witness that holds, conventions named, nothing spoilt."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Symbol

import symbackprop as sb
from symbackprop.algebra.proving.equality import Witness
from symbackprop.errors import NotationError, UsageError
from symbackprop.notation.conventions import Stand
from symbackprop.verifying.verdicts import Status, Verdict
from tests.oracles.slopes import slopes
from tests.planted.examples import load
from tests.planted.truth import sigmoid
from tests.verifying.right_claims import RIGHT

SIGMOID, SOFTMAX, LINEAR = "002_two_layer_sigmoid", "softmax_classifier", "001_linear_1_1_2_1"
RIGHT_CLAIMS = [(name, claim) for name, lines in RIGHT.items() for claim in lines.strip().splitlines()]


@lru_cache(maxsize=256)
def verdicts(name: str, note: str, one_over_m: Stand | None = None) -> tuple[Verdict, ...]:
    return sb.verify(load(name), note, one_over_m=one_over_m).verdicts


def statuses(name: str, note: str, one_over_m: Stand | None = None) -> list[str]:
    return [str(verdict.status) for verdict in verdicts(name, note, one_over_m)]


# right


def test_right_claims_are_many() -> None:
    """The table has what a person may write on every example."""
    assert len(RIGHT_CLAIMS) >= 60


@pytest.mark.parametrize("name", RIGHT)
def test_right_claims(name: str) -> None:
    """Each claim of the table is proved, by itself."""
    model = load(name)
    for claim in RIGHT[name].strip().splitlines():
        (verdict,) = sb.verify(model, claim).verdicts
        assert verdict.status is Status.PROVED, f"{claim}\n{verdict}"
        assert not verdict.witness


def test_adjoints_convention() -> None:
    """With 1/m in every adjoint the same lines say other things."""
    note = "dZ2 = (A2 - Y)/m\ndW2 = dZ2 A1^T\ndZ1 = W2^T dZ2 ⊙ A1 ⊙ (1 - A1)\ndW1 = dZ1 X^T\n∂L/∂Z2 = A2 - Y"
    assert statuses(SIGMOID, note, "adjoints") == ["proved"] * 5
    assert statuses(SIGMOID, "dZ2 = A2 - Y", "adjoints") == ["convention"]


# wrong

WRONG = [
    (SIGMOID, "one sample", "dz2 = y - a2", "dz2, y - a2"),
    (SIGMOID, "one sample", "dz1 = W2^T dz2 * a1", "dz1, W2.T @ dz2 * a1"),
    (SIGMOID, "one sample", "da1 = W2^T da2", "da1, W2.T @ da2"),
    (SIGMOID, "one sample", "dW1 = dz1 a1^T", None),
    (SIGMOID, "one sample", "dW2 = dz2 z1^T", "dW2, np.outer(dz2, z1)"),
    (SIGMOID, "all samples", "dZ2 = Y - A2", "dz2, y - a2"),
    (SIGMOID, "all samples", "dW2 = (2/m) dZ2 A1^T", "dW2, 2 / m * dz2 @ a1.T"),
    (SIGMOID, "all samples", "∂J/∂Z2 = (A2 - Y)/m^2", "dz2 / m, (a2 - y) / m**2"),
    (SIGMOID, "one sample", "a1 = tanh(z1)", "a1, np.tanh(z1)"),
    (SIGMOID, "one sample", "dW1[i,j] = dz1[i] x[j]^2", "dW1, np.outer(dz1, x**2)"),
    (SOFTMAX, "one sample", "dz3 = y - p", "dz3, y - p"),
    (SOFTMAX, "one sample", "dz3 = p * (1 - p) * dp", "dz3, p * (1 - p) * dp"),
    (SOFTMAX, "one sample", "da1 = W2^T dz2 ⊙ 1[z1 > 0]", "da1, W2.T @ dz2 * (z1 > 0)"),
    (SOFTMAX, "one sample", "dz2 = W3^T dz3", "dz2, W3.T @ dz3"),
    (LINEAR, "one sample", "da2 = W3^T da3 ⊙ a2", "da2, W3.T @ da3 * a2"),
    (LINEAR, "one sample", "db1 = 3 da1", "db1, 3 * da1"),
]


@pytest.mark.parametrize(("name", "scale", "claim", "numpy"), WRONG, ids=[row[2] for row in WRONG])
def test_wrong_claims(name: str, scale: str, claim: str, numpy: str | None) -> None:
    """Refuted, at a point where hand-written NumPy and complex steps find the two sides that the witness names."""
    (verdict,) = verdicts(name, claim)
    assert verdict.status is Status.REFUTED, verdict
    assert verdict.witness and verdict.expected and verdict.found
    if numpy is None:
        assert verdict.point is None and "shapes: dW1 is h×n" in verdict.witness
        return
    assert verdict.point is not None
    left, right = sides_at(name, scale, numpy, verdict.point)
    assert left == pytest.approx(verdict.point.left, rel=1e-9)
    assert right == pytest.approx(verdict.point.right, rel=1e-9)
    assert abs(left - right) > 1e-6


def sides_at(name: str, scale: str, numpy: str, witness: Witness) -> tuple[float, float]:
    """Both sides at the witness's point and place."""
    model = load(name) if scale == "all samples" else load(name).one_sample()
    sizes = {Symbol(key, integer=True, positive=True): count for key, count in witness.sizes}
    data = {key: np.array(value, dtype=float) for key, value in witness.values}
    first = slopes(model, sizes, data)
    count = dict(witness.sizes).get("m", 1) if scale == "all samples" else 1
    scope: dict[str, Any] = {**dict(witness.sizes), **first.values, "np": np, "s": sigmoid}
    for leaf, slope in first.slopes.items():
        scope[f"d{leaf}"] = slope
    for tensor in {e.tensor for e in model.equations} - {model.loss}:
        stored = {**data, tensor: first.values[tensor]}
        scope[f"d{tensor}"] = slopes(model, sizes, stored, wrt=[tensor]).slopes[tensor] * count
    both = eval(f"({numpy})", scope)
    place = tuple(at for _, at in witness.indices)
    left, right = (float(np.squeeze(np.asarray(side))[place]) for side in both)
    return left, right


def test_witness_names_what_it_read() -> None:
    """The words of a witness have sizes, the entries read, and both values."""
    (verdict,) = verdicts(SIGMOID, "dz2 = y - a2")
    assert "a2[1] = " in verdict.witness and "dz2[1] is " in verdict.witness and "the line says" in verdict.witness
    assert "m = " not in verdict.witness  # no line for one sample depends on how many there are


def test_shapes_that_do_not_fit() -> None:
    """A product that cannot be formed is refuted by its shapes alone, with what was expected."""
    (verdict,) = verdicts(SIGMOID, "dW1 = W2^T x")
    assert verdict.status is Status.REFUTED and verdict.expected == "dW1 = dz1 xᵀ"
    assert "shapes" in verdict.witness


def test_a_later_side_is_named() -> None:
    """Of a chain of sides the one that breaks it is found."""
    (verdict,) = verdicts(SIGMOID, "dz1 = da1 * σ'(z1) = da1 * a1")
    assert verdict.status is Status.REFUTED and verdict.found == "da1 * a1"


# updates


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("W1 := W1 - α dW1", "proved"),
        ("W1 := W1 - (α/m) dZ1 X^T", "proved"),
        ("W1 := W1 - 0.01 dW1", "proved"),
        ("W1 := W1 + α dW1", "refuted"),
        ("W1 := W1 - α dW2", "refuted"),
        ("W1 := W1 + 0.01 dW1", "refuted"),
        ("W1 -= α dW1", "proved"),
    ],
)
def test_updates(claim: str, status: str) -> None:
    """Gradient descent steps against the gradient, by any positive rate."""
    assert statuses(SIGMOID, claim) == [status]


# conventions


@pytest.mark.parametrize(
    ("name", "note", "words"),
    [
        (SIGMOID, "dZ2 = (A2 - Y)/m", "1/m in every adjoint"),
        (SIGMOID, "dW2 = dZ2 A1^T\ndW1 = dZ1 X^T", "1/m in every adjoint"),
        (SIGMOID, "dZ2 = A2 - Y\ndW2 = dZ2 A1^T\n∂J/∂W1 = dZ1 X^T", "sum of the losses"),
        (SIGMOID, "∂L/∂W2 = (1/m) dZ2 A1^T", "L stands for the cost J"),
        (LINEAR, "da3 = a3 - y", "½"),
        ("000_two_layer_sigmoid", "dW2 = (1/m) A2^T dZ3", "mean of the losses"),
        ("000_two_layer_sigmoid", "dyhat = 2 (yhat - y)", "½"),
        (SIGMOID, "dW2 = a1 dz2^T\ndW1 = x dz1^T", "weights are transposed"),
        (SIGMOID, "dW2 = (1/m) dZ2^T A1\ndW1 = (1/m) dZ1^T X", "samples stand in rows"),
    ],
)
def test_conventions(name: str, note: str, words: str) -> None:
    """What is right under another convention says under which, and is no success."""
    found = [v for v in verdicts(name, note) if v.status is not Status.PROVED]
    assert found
    for verdict in found:
        assert verdict.status is Status.CONVENTION and words in verdict.convention, verdict
        assert not verdict.ok


def test_a_convention_must_fit_the_note() -> None:
    """1/m left out in one line is no convention where another line has it."""
    note = "dZ2 = A2 - Y\ndW2 = dZ2 A1^T\ndW1 = (1/m) dZ1 X^T"
    assert statuses(SIGMOID, note) == ["proved", "refuted", "proved"]
    note = "dz2 = a2 - y\ndW2 = a1 dz2^T\ndW1 = dz1 x^T"
    assert statuses(SIGMOID, note) == ["proved", "refuted", "proved"]


def test_a_fact_that_the_model_does_not_state() -> None:
    """p - y needs Σ y = 1."""
    model = load(SOFTMAX)
    tensors = tuple(replace(t, facts=()) if t.name == "y" else t for t in model.tensors)
    (verdict,) = sb.verify(replace(model, tensors=tensors), "dz3 = p - y").verdicts
    assert verdict.status is Status.CONVENTION and "sum to 1" in verdict.convention
    (proved,) = verdicts(SOFTMAX, "dz3 = p - y")
    assert proved.status is Status.PROVED


def test_premises_are_kept() -> None:
    """A proof that rests on a fact says so."""
    (verdict,) = verdicts(SOFTMAX, "dz3[i] = p[i] - y[i]")
    assert verdict.ok
    (verdict,) = verdicts(SOFTMAX, "dz3 = p * sum(i, y[i]) - y")
    assert verdict.ok and any(premise.kind == "sums to 1" for premise in verdict.premises)


# one wrong line does not spoil the others


def test_given_a_wrong_line() -> None:
    """Lines that put the wrong formula in, or name it, are right given that line."""
    note = "dz2 = a2 - y\ndz1 = W2^T dz2\ndW1 = dz1 x^T\ndW1 = (W2^T dz2) x^T\ndb1 = W2^T (a2 - y)\ndb2 = dz2"
    found = verdicts(SIGMOID, note)
    assert [str(v.status) for v in found] == ["proved", "refuted", "proved", "proved", "proved", "proved"]
    assert [v.given for v in found] == [None, None, 2, 2, 2, None]
    report = sb.Report("note", found)
    assert not report.ok
    assert report.first_wrong is found[1]


def test_a_second_mistake_is_seen() -> None:
    """A line that is wrong in its own right stays so after a wrong one."""
    assert statuses(SIGMOID, "dz1 = W2^T dz2\ndW1 = x^T dz1 + 1") == ["refuted", "refuted"]


def test_a_line_for_one_sample_amid_lines_for_all() -> None:
    """`db2 = dz2` is right for one sample; among lines for all samples it has not been summed."""
    note = "dZ2 = A2 - Y\ndW2 = (1/m) dz2 a1^T\ndb2 = dz2\ndW1 = (1/m) dz1 x^T"
    assert statuses(SIGMOID, note) == ["proved", "proved", "refuted", "proved"]
    assert statuses(SIGMOID, "dz2 = a2 - y\ndb2 = dz2") == ["proved", "proved"]


# local derivatives


@pytest.mark.parametrize(
    ("claim", "method"),
    [
        ("∂a2/∂z2 = a2 (1 - a2)", ""),
        ("∂a1/∂z1 = a1 (1 - a1)", "g ⊙ r"),
        ("∂z2/∂W2 = a1^T", "g r"),
        ("∂z1/∂x = W1", ""),
    ],
)
def test_local_derivatives(claim: str, method: str) -> None:
    """A diagonal, or what stands beside the adjoint in the chain rule, is accepted and the reading is named."""
    (verdict,) = verdicts(SIGMOID, claim)
    assert verdict.status is Status.PROVED and method in verdict.method


@pytest.mark.parametrize(
    "claim", ["∂a1/∂z1 = a1 (1 + a1)", "∂z2/∂W2 = z1^T", "∂z2/∂a1 = W1", "∂a1/∂z1 = 1 - a1^2", "∂z1/∂b1 = 2"]
)
def test_wrong_local_derivatives(claim: str) -> None:
    """None of the usual products makes these right."""
    assert statuses(SIGMOID, claim) == ["refuted"]


PATHS = """
input x[3]
target y[3]
parameter W[3,3]
z = W x
a = sigmoid(z)
b = a * z
loss L = squared_error(b, y)
"""


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("∂L/∂z = ∂L/∂a ∂a/∂z", "refuted"),
        ("∂L/∂z = ∂L/∂a ∂a/∂z + ∂L/∂b ∂b/∂z", "proved"),
        ("dz = da * a * (1 - a) + db * a", "proved"),
        ("dz = db * a", "refuted"),
        ("∂b/∂z = a", "refuted"),
        ("∂b/∂z = a + z * a * (1 - a)", "proved"),
        ("∂b/∂z = a + z * a", "refuted"),
        ("∂L/∂x = ∂L/∂b ∂b/∂x", "proved"),
    ],
)
def test_two_paths(claim: str, status: str) -> None:
    """At a node with two consumers a chain through one of them alone is refuted."""
    (verdict,) = sb.verify(sb.parse(PATHS), claim).verdicts
    assert str(verdict.status) == status


# what cannot be judged


def test_unreadable_and_undecided() -> None:
    """Unknown names and half formulas are unreadable, with the place and the reason; nothing else is lost."""
    found = verdicts(SIGMOID, "dz2 = a2 - y\ndW7 = dz2 a1^T\ndW2 = dz2 (a1^T\ndb2 = dz2")
    assert [str(v.status) for v in found] == ["proved", "unreadable", "unreadable", "proved"]
    assert found[1].because and found[1].line == 2
    assert sb.Report("note", found).first_wrong is None


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param("dz2 = a2 - y + 1/10^9", marks=pytest.mark.long),
        pytest.param("dz2 = a2 - y + 1/10^12", marks=pytest.mark.long),
        "dz2 = a2 - y + 1/10^40",
        "dW2 = 1/m dz2 a1^T (1 + 1/10^13)",
    ],
)
def test_a_difference_that_floats_do_not_show(claim: str) -> None:
    """It is refuted by exact arithmetic, with the difference in the witness; what it might have been is not guessed."""
    (verdict,) = verdicts(SIGMOID, claim)
    assert verdict.status is Status.REFUTED
    assert verdict.point is not None
    assert 0 < abs(verdict.point.difference) <= 1.01e-9
    assert f"{abs(verdict.point.difference):.3g}" in verdict.witness
    assert not verdict.diagnosis


def test_notes_without_claims() -> None:
    """A note that states nothing is an error, and so is a file that is not there."""
    with pytest.raises(UsageError, match="claims nothing"):
        sb.verify(load(SIGMOID), "The network has two layers.")
    with pytest.raises(NotationError, match="there is no file"):
        sb.verify(load(SIGMOID), Path("nowhere.txt"))


def test_verdicts_are_the_same_each_time() -> None:
    """Nothing depends on what was judged before."""
    note = "dz2 = y - a2\ndW2 = dz2 a1^T\ndz1 = W2^T dz2"
    assert str(sb.verify(load(SIGMOID), note)) == str(sb.verify(load(SIGMOID), note))


def test_integer_data_in_a_condition() -> None:
    """Indices and the data compared with them are counted alike: from 1 in a note."""
    model = sb.parse("input u integer, r\nparameter b[5]\na = b[u]\nloss L = (a - r)^2")
    assert [str(v.status) for v in sb.verify(model, "db[i] = 2(a - r) if i = u else 0").verdicts] == ["proved"]
    assert [str(v.status) for v in sb.verify(model, "db[i] = 2(a - r) if i = u + 1 else 0").verdicts] == ["refuted"]


def test_a_model_too_large_for_claims_is_an_error() -> None:
    model = sb.parse(
        "size n = 3000\ninput x[n]\nparameter W[n,n]\nz[i] = sum(j, k, W[i,j] x[j] W[j,k] x[k])\nloss L = sum(z)"
    )
    with pytest.raises(sb.SymbackpropError, match="too large to compute beside claims"):
        sb.verify(model, "dz = 1_n")
