"""Diagnoses: mistakes worked into true derivations, edits of formulas, and which of them explains a wrong line."""

from __future__ import annotations

import time
from functools import lru_cache

import pytest

import symbackprop as sb
from symbackprop.notation.claims.readings import resolve
from symbackprop.notation.claims.records import Claim
from symbackprop.verifying.diagnosis.edits import Surroundings, edits_of, fitting_edits_of, small_edits_of
from symbackprop.verifying.diagnosis.mistakes import mistakes_of
from symbackprop.verifying.diagnosis.places import Kind
from symbackprop.verifying.diagnosis.spots import renamed, shown, spots
from symbackprop.verifying.points import agree, points_of
from symbackprop.verifying.verdicts import Status
from symbackprop.verifying.verify import verify
from tests.notation.readings import note_of
from tests.planted.examples import load

MODELS = {
    "sigmoid": "002_two_layer_sigmoid",
    "squares": "000_two_layer_sigmoid",
    "softmax": "softmax_classifier",
    "residual": "residual",
}
EXTRA = {
    "recurrent": """
size n, T
input x[T,n]
target y[T,n]
parameter U[n,n], V[n,n]
tensor h[T,n]
pad h
z[t,i] = sum(j, U[i,j] x[t,j]) + sum(j, V[i,j] h[t-1,j])
h[t,i] = tanh(z[t,i])
loss L = half_squared_error(h, y)
""",
    "products": """
size n
input x[n]
target r
samples m in rows
parameter p[n]
s = p^T x
loss L = (s - r)^2
cost J = mean(L) + 0.01/2 sum(p^2)
""",
}


def model_of(name: str) -> sb.Model:
    return sb.parse(EXTRA[name]) if name in EXTRA else load(MODELS[name])


@lru_cache(maxsize=8)
def derived(name: str) -> sb.Derivation:
    return sb.derive(model_of(name), checks=False)


def diagnosis(name: str, line: str) -> str:
    """The diagnosis of a single line, which is refuted."""
    (verdict,) = verify(model_of(name), line).verdicts
    assert verdict.status is Status.REFUTED, verdict
    return verdict.diagnosis


# mistakes

KINDS = [
    ("sigmoid", "z1", {Kind.DERIVATIVE_MISSING, Kind.DERIVATIVE_PLACE, Kind.DERIVATIVE_FORM, Kind.DERIVATIVE_TWICE}),
    ("sigmoid", "a2", {Kind.LOSS, Kind.SIGN, Kind.FACTOR, Kind.TERM}),
    ("sigmoid", "W1", {Kind.SIGN, Kind.FACTOR, Kind.SAMPLES, Kind.NAME}),
    ("squares", "yhat", {Kind.LOSS, Kind.FACTOR}),
    ("softmax", "z3", {Kind.ELEMENTWISE, Kind.DERIVATIVE_TWICE}),
    ("softmax", "z1", {Kind.DERIVATIVE_MISSING, Kind.DERIVATIVE_FORM, Kind.DERIVATIVE_PLACE}),
    ("residual", "h", {Kind.PATH, Kind.FACTOR, Kind.TRANSPOSE}),
    ("residual", "W", {Kind.PENALTY, Kind.FACTOR}),
    ("recurrent", "V", {Kind.INDEX, Kind.NAME}),
    ("recurrent", "h", {Kind.PATH, Kind.INDEX}),
]


@pytest.mark.parametrize(("name", "tensor", "kinds"), KINDS)
def test_kinds_of_mistakes(name: str, tensor: str, kinds: set[Kind]) -> None:
    """Each kind that can be made in an adjoint is in its catalogue, and gives other numbers than the truth."""
    derivation = derived(name)
    (point,) = points_of(derivation, 1)
    truth = point.values[f"∂{tensor}"]
    found = list(mistakes_of(derivation, tensor))
    different = {m.kind for m in found if not agree(point.value(m.array), truth)}
    assert different >= kinds
    assert all(m.name == f"∂{tensor}" and m.array.shape == derivation.adjoints[tensor].shape for m in found)
    assert all(m.sentence and "\n" not in m.sentence for m in found)


def test_mistakes_come_in_one_order() -> None:
    """The same derivation has the same mistakes in the same order."""
    first, second = (
        [m.sentence for m in mistakes_of(sb.derive(load(MODELS["softmax"]), checks=False), "z2")] for _ in range(2)
    )
    assert first == second


# edits


def formula(line: str, name: str = "sigmoid"):
    """The last side of a claim, and what stands around it."""
    model = model_of(name)
    (claim,) = note_of(line, model).lines
    assert isinstance(claim, Claim)
    reading = claim.readings[0]
    names = tuple(tensor.name for tensor in model.tensors)
    return reading.sides[-1].node, Surroundings(reading.scope, names, "m")


EDITS = [
    ("dW2 = dz2 a1", "dz2 a1ᵀ", "a transpose is missing: a1"),
    ("da1 = W2 dz2", "W2ᵀ dz2", "a transpose is missing: W2"),
    ("dW1 = x dz1^T", "dz1 xᵀ", "wrong order"),
    ("dz2 = -(a2 - y)", "a2 - y", "the sign before"),
    ("dz2 = a2 + y", "a2 - y", "the sign before y"),
    ("dz2 = 2 (a2 - y)", "(a2 - y)", "the factor 2 is too much"),
    ("db1 = da1", "dz1", "da1 stands where dz1 belongs"),
    ("da1[j] = sum(i, W2[j,i] dz2[i])", "sum(i, W2[i,j] dz2[i])", "the indices"),
    ("dz1 = da1 * a1^2", "da1 * a1", "a1^2 stands where a1"),
    ("a1 = tanh(z1)", "sigmoid(z1)", "tanh stands where sigmoid"),
    ("dz1 = da1 * σ(z1)", "da1 * σ'(z1)", "σ(z1) stands where σ'(z1)"),
]


@pytest.mark.parametrize(("line", "wanted", "words"), EDITS)
def test_edits(line: str, wanted: str, words: str) -> None:
    """One of the edits makes the right formula, under a sentence that names it."""
    node, around = formula(line)
    left = line.split("=")[0]
    right, beside = formula(f"{left}= {wanted}")
    expected = resolve(right, beside.scope).array.expression
    found = [
        e.sentence
        for make in (small_edits_of, fitting_edits_of)
        for e in make(node, around)
        if gives(e, around, expected)
    ]
    assert any(words in sentence for sentence in found), found


def gives(edit, around: Surroundings, expected) -> bool:
    try:
        value = resolve(edit.node, around.scope)
    except sb.SymbackpropError:
        return False
    return value.array.expression == expected or str(value.array.expression) == str(expected)


def test_edits_leave_the_formula_alone() -> None:
    """Edits make new trees; each differs from the one written, and their number is bounded by its size."""
    node, around = formula("dz1 = (W2^T dz2) * a1 * (1 - a1)")
    before = repr(node)
    made = [*small_edits_of(node, around), *edits_of(node, around)]
    assert repr(node) == before
    assert 20 < len(made) < 400
    assert sum(edit.node == node for edit in made) == 0


def test_spots_rebuild() -> None:
    """Every part, put back where it stood, gives the same tree; renaming reaches every part."""
    for line in ("dz1 = (W2^T dz2) * a1 * (1 - a1^2) / 2", "da1[j] = sum(i, W2[i,j] dz2[i])", "dz1 = da1 ⊙ 1[z1 > 0]"):
        node, around = formula(line)
        assert all(spot.whole(spot.node) == node for spot in spots(node))
        assert shown(node, around.scope)
        names = {"a1": "z1", "z1": "a1", "dz2": "dz1", "W2": "W1"}
        assert renamed(renamed(node, names), {value: key for key, value in names.items()}) == node


# which of them explains a line

LINES = [
    ("sigmoid", "dz1 = W2^T dz2", "σ'(z1), is missing"),
    ("sigmoid", "dz1 = W2^T (a2 - y) * a1 * (1 + a1)", "a1 (1 + a1) stands"),
    ("sigmoid", "dz1 = W2^T (y - a2) * σ'(z1)", "sign"),
    ("sigmoid", "dz1 = (W2^T ((a2 - y) * a2 * (1 - a2))) * a1 * (1 - a1)", "in dz2: "),
    ("sigmoid", "da2 = a2 - y", "squared_error"),
    ("sigmoid", "da2 = (y - a2) / (a2 * (1 - a2))", "sign"),
    ("sigmoid", "z1 = W1 x", "b1"),
    ("sigmoid", "z1 = W1 x - b1", "sign before b1"),
    ("sigmoid", "a1 = tanh(z1)", "tanh stands where sigmoid"),
    ("sigmoid", "z2 = W2 x + b2", "x stands where a1"),
    ("sigmoid", "W1 := W1 + α dW1", "sign"),
    ("sigmoid", "W1 := W1 - α dW1^T", "transpose"),
    ("softmax", "dz2 = W3^T dz3", "ReLU'(z2), is missing"),
    ("residual", "do = y - o", "sign"),
    ("squares", "dyhat = y - yhat", "sign"),
    ("squares", "∂yhat/∂z3 = yhat", "1 - "),
    ("sigmoid", "∂a1/∂z1 = a1 (1 + a1)", "a1 (1 + a1) stands"),
    ("sigmoid", "∂L/∂b1 = W2^T (a2 - y)", "in dz1: the derivative of the activation, σ'(z1), is missing"),
    ("sigmoid", "∂L/∂a2 = -y/a2 + (1-y)/a2", "a2 stands where 1 - a2 belongs"),
    ("sigmoid", "∂L/∂W2 = ∂L/∂z1 ∂z2/∂W2", "∂L/∂z1 stands where ∂L/∂z2"),
    ("sigmoid", "dW1 = dz1", "the factor x is missing"),
    ("residual", "dW = (1/m) dh x^T + c W", "dh stands where dz"),
    ("sigmoid", "dz1[j] = sum(i=1..0, W2[i,j] dz2[i]) σ'(z1[j])", "leaves out some of its range"),
    ("sigmoid", "db1 = z1", "z1 stands where dz1 belongs"),
    ("sigmoid", "dz1[i] = sum(k, da1[k])", "the factor ∂a1/∂z1 is missing"),
    ("sigmoid", "∂z1[i]/∂W1[j,k] = x[k]", "the factor δ(i, j) is missing"),
    ("sigmoid", "∂z1[i]/∂W1[j,k] = δ(i,j)", "the factor x is missing"),
    ("sigmoid", "∂L/∂a1 = ∂L/∂z2 ∂z1/∂a1", "stands where ∂z2/∂a1 belongs"),
    ("residual", "L = 1/2 sum(o - y)", "a square is missing"),
    ("recurrent", "dz[t,i] = dh[t,i] h[t,i]^2", "h[t,i]^2 stands where 1 - h[t,i]^2 belongs"),
    ("recurrent", "∂z[t,i]/∂V[j,k] = h[i-1,k] δ(i,j)", "i in h[i - 1,k] stands where t belongs"),
    ("products", "dS = S - R", "a factor 2 is missing"),
]


@pytest.mark.parametrize(("name", "line", "word"), LINES)
def test_lines(name: str, line: str, word: str) -> None:
    """A wrong line by itself: what is wrong in it."""
    said = diagnosis(name, line)
    assert any(part in said for part in word.split("|")), said


@pytest.mark.parametrize("line", ["dz1 = W2^T dz2 + 3 a1 * a1", "dW1 = 3 dz1 x^T - 7 W1", "db2 = exp(dz2) + 1/3"])
def test_what_nothing_explains(line: str) -> None:
    """A line that no known mistake and no single edit explains is refuted without a diagnosis, in bounded time."""
    began = time.process_time()
    assert diagnosis("sigmoid", line) == ""
    assert time.process_time() - began < 20


def test_right_lines_get_no_diagnosis() -> None:
    """Only what is refuted is diagnosed."""
    report = verify(load(MODELS["sigmoid"]), "dz2 = a2 - y\ndW2 = dz2 a1^T\n")
    assert [v.diagnosis for v in report.verdicts] == ["", ""]


def test_the_diagnosis_does_not_depend_on_the_run() -> None:
    """The same line gets the same words."""
    line = "dz1 = W2^T dz2 * z1 * (1 - z1)"
    assert diagnosis("sigmoid", line) == diagnosis("sigmoid", line)
