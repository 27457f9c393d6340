"""What a note means is decided once for it: partial or total, layouts, names; never by what makes a line true."""

from __future__ import annotations

from dataclasses import replace

import pytest

import symbackprop as sb
from symbackprop.cli.verify import exit_code
from symbackprop.notation.claims.records import Claim, Note, Schema
from symbackprop.verifying.verdicts import Report, Status
from symbackprop.verifying.verify import report_on
from tests.notation.readings import note_of
from tests.planted.examples import load

SIGMOID = "002_two_layer_sigmoid"


def verdicts(model: sb.Model | str, note: str) -> Report:
    return sb.verify(sb.parse(model) if isinstance(model, str) else model, note)


def statuses(model: sb.Model | str, note: str) -> str:
    return " ".join(str(verdict.status) for verdict in verdicts(model, note).verdicts)


# partial or total

PATHS = """
input x[3]
target y[3]
parameter W[3,3]
z = W x
a = sigmoid(z)
b = a * z
loss L = squared_error(b, y)
"""
CHAIN = "∂L/∂z = ∂L/∂a ∂a/∂z + ∂L/∂b ∂b/∂z"
DIRECT, TOTAL = "∂b/∂z = a", "∂b/∂z = a + z * a * (1 - a)"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (f"{DIRECT}\n{TOTAL}", "refuted proved"),
        (f"{TOTAL}\n{DIRECT}", "proved refuted"),
        (DIRECT, "refuted"),
        (f"{CHAIN}\n{DIRECT}\n{TOTAL}", "proved proved refuted"),
        (f"{DIRECT}\n{CHAIN}", "proved proved"),
        ("∂L/∂z = ∂L/∂b ∂b/∂z", "proved"),
        (f"{CHAIN}\n∂L/∂z = ∂L/∂b ∂b/∂z", "proved refuted"),
        ("∂L/∂z = ∂L/∂a ∂a/∂z", "refuted"),
        ("∂L/∂x = ∂L/∂b ∂b/∂x", "proved"),
    ],
)
def test_one_meaning_of_a_derivative(note: str, expected: str) -> None:
    """∂b/∂z is over all paths, or holds a fixed where the note's chain rule does: never both in one note."""
    assert statuses(PATHS, note) == expected


def test_the_meaning_is_said() -> None:
    """The report names what ∂ means, and a refuted line the meaning in which it would be right."""
    report = verdicts(PATHS, DIRECT)
    assert report.notation == ("∂b/∂z is over all paths, also through a",)
    assert report.verdicts[0].diagnosis == "the path from z to b through a is missing: right if a is held fixed"
    report = verdicts(PATHS, f"{CHAIN}\n{TOTAL}")
    assert report.notation == ("∂b/∂z holds a fixed",)
    assert "right for the derivative over all paths" in report.verdicts[1].diagnosis
    assert verdicts(PATHS, "dz = da * a * (1 - a) + db * a").notation == ()


def test_what_is_expected_is_the_derivative_that_is_meant() -> None:
    """All paths count in the expected formula, also where the equation does not read the tensor itself."""
    (verdict,) = verdicts(PATHS, "∂b/∂z = 2 a").verdicts
    assert "σ'(z[i])" in verdict.expected and "a[i]" in verdict.expected
    model = "size n\ninput H[n,6]\nconstant g[n]\nparameter W[6]\nz = H W\np = sigmoid(z)\nloss L = g · p"
    (verdict,) = verdicts(model, "∂p/∂W = H").verdicts
    assert verdict.status is Status.REFUTED and "H[i,j]" in verdict.expected and "= 0" not in verdict.expected


NORM = """
size n
input z[n]
constant g[n]
μ = mean(z)
σ = sqrt(mean((z - μ)^2))
c = z - μ
h = c/σ
loss L = g · h
"""


def test_a_chain_holds_what_its_sum_names() -> None:
    """∂h/∂z with σ fixed goes by way of c alone, and c is held in a sum that names it."""
    held = "∂L/∂z = ∂L/∂h ∂h/∂z + ∂L/∂σ ∂σ/∂z"
    assert statuses(NORM, f"{held}\n∂h[i]/∂z[j] = (δ[i,j] - 1/n)/σ") == "proved proved"
    assert statuses(NORM, f"{held}\n∂h[i]/∂z[j] = (δ[i,j] - 1/n - h[i] h[j]/n)/σ") == "proved refuted"
    assert statuses(NORM, "∂h[i]/∂z[j] = (δ[i,j] - 1/n - h[i] h[j]/n)/σ") == "proved"
    assert statuses(NORM, "∂h[i]/∂z[j] = (δ[i,j] - 1/n)/σ") == "refuted"


def test_a_chain_holds_what_lies_farther_down_too() -> None:
    """r reads s, which the sum names: with s fixed nothing comes by way of r; so too where parts are spoken of."""
    model = "size n\ninput v[n]\nconstant g[n]\ns = mean(v^2)\nr = 1/sqrt(s)\nh = v r\nloss L = g · h"
    direct, total = "∂h[i]/∂v[j] = r δ[i,j]", "∂h[i]/∂v[j] = r δ[i,j] - v[i] v[j] r^3/n"
    assert statuses(model, f"∂L/∂v = ∂L/∂h ∂h/∂v + ∂L/∂s ∂s/∂v\n{direct}") == "proved proved"
    assert statuses(model, f"dv[i]|h = sum(j, dh[j] ∂h[j]/∂v[i])\n{direct}\n{total}") == "proved proved refuted"
    assert statuses(model, f"{direct}\n{total}") == "refuted proved"


# layouts


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("dW2 = a1 dz2^T", "refuted"),
        ("∂L/∂W2 = a1 (a2 - y)", "refuted"),
        ("dW2 = a1 dz2^T\ndW1 = x dz1^T", "convention convention"),
        ("dW2 = a1 dz2^T\ndW1 = x dz1^T\ndz1 = W2 dz2 ⊙ a1 ⊙ (1 - a1)", "convention convention convention"),
        ("dz2 = a2 - y\ndW2 = a1 dz2^T\ndW1 = dz1 x^T", "proved refuted proved"),
        ("dW2 = (1/m) dZ2^T A1", "refuted"),
        ("dW2 = (1/m) dZ2^T A1\ndW1 = (1/m) dZ1^T X", "convention convention"),
        ("∂z1/∂x = W1", "proved"),
        ("∂z1/∂x = W1^T", "convention"),
        ("∂z1/∂x = W1\n∂z1/∂x = W1^T", "proved refuted"),
        ("∂z1/∂x = W1^T\n∂z2/∂a1 = W2^T", "convention convention"),
        ("∂z1/∂x = W1^T\n∂z2/∂a1 = W2", "refuted proved"),
        ("∂Z1/∂X = W1", "proved"),
        ("∂z2/∂W2 = a1^T", "proved"),
        ("∂z2/∂W2 = a1^T\n∂z2/∂W2 = a1", "proved refuted"),
    ],
)
def test_a_layout_is_that_of_a_note(note: str, expected: str) -> None:
    """One transposed line is a forgotten transpose; several that agree are another layout; Jacobians have their own."""
    assert statuses(load(SIGMOID), note) == expected


def test_a_forgotten_transpose_is_named() -> None:
    for note in ("dW2 = a1 dz2^T", "dz2 = a2 - y\ndW2 = a1 dz2^T"):
        assert "order" in verdicts(load(SIGMOID), note).verdicts[-1].diagnosis or "transpose" in (
            verdicts(load(SIGMOID), note).verdicts[-1].diagnosis
        )


LOGISTIC = """
size n
input x[n]
target y binary
samples m in columns
parameter w[n], b
z = w · x + b
a = sigmoid(z)
loss L = binary_cross_entropy(a, y)
cost J = mean(L)
"""


@pytest.mark.parametrize(
    ("side", "note", "expected"),
    [
        ("columns", "dw = 1/m X (A - Y)^T", "proved"),
        ("columns", "dw = 1/m (A - Y) X^T", "refuted"),
        ("columns", "dz = A - Y", "proved"),
        ("columns", "dz = w^T X + b - z + A - Y", "proved"),
        ("columns", "db = 1/m sum(A - Y)", "proved"),
        ("columns", "db = 1/m sum(s, dZ[s])", "proved"),
        ("rows", "dw = 1/m X^T (A - Y)", "proved"),
        ("rows", "dz = A - Y", "proved"),
    ],
)
def test_a_batch_of_numbers_has_the_side_of_its_samples(side: str, note: str, expected: str) -> None:
    """A number for each sample is a row where samples stand in columns, a column where they stand in rows."""
    assert statuses(LOGISTIC.replace("columns", side), note) == expected


# names that a note gives


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("accuracy = 1", "defined"),
        ("q_1 = 0", "defined"),
        ("s = σ'(z1)\nyhat = a2", "defined defined"),
        ("dγ = 5 x", "unreadable"),
        ("W2.grad = 7", "refuted"),
        ("Δ2 = y - a2", "unreadable"),
        ("g_b2 = a2 - y", "proved"),
        ("g_b7 = a2 - y", "unreadable"),
        ("d_q = 3", "unreadable"),
        ("diff = a2 - y\ndz2 = diff", "defined proved"),
        ("yhat = a2 = σ(z2)", "proved"),
        ("yhat = a2 = σ(z1)", "refuted"),
        ("yhat = a2\nyhat = z2", "defined refuted"),
    ],
)
def test_a_definition_is_no_proof(note: str, expected: str) -> None:
    """What gives a name is shown and no success; what is spelled as a gradient is one, or is unreadable."""
    assert statuses(load(SIGMOID), note) == expected


def test_definitions_alone_are_not_all_well() -> None:
    """Exit 0 needs something judged, and all of it right."""
    report = verdicts(load(SIGMOID), "accuracy = 1")
    assert not report.ok and exit_code([report]) == 3
    assert report.summary == "1 line: 1 defined."
    report = verdicts(load(SIGMOID), "e = a2 - y\ndz2 = e")
    assert report.ok and exit_code([report]) == 0


# chains, repetitions


def test_the_step_that_breaks() -> None:
    """Of a chain the place behind the equals sign that breaks is shown."""
    (verdict,) = verdicts(load(SIGMOID), "dz1 = da1 * σ'(z1) = da1 * a1 = da1 * z1").verdicts
    assert verdict.step == 2 and verdict.where is not None
    assert verdict.where.caret().splitlines()[1] == " " * 25 + "^" * 8


def test_a_repetition_is_no_proof() -> None:
    """The same wrong formula again is refuted again; what follows from it is right upon it."""
    note = "dz1 = W2^T dz2\ndz1 = W2ᵀ dz2\ndz1[i] = sum(j, W2[j,i] dz2[j])\ndW1 = dz1 x^T"
    report = verdicts(load(SIGMOID), note)
    assert [str(v.status) for v in report.verdicts] == ["refuted", "refuted", "refuted", "proved"]
    assert [v.because for v in report.verdicts[1:3]] == ["it repeats line 1"] * 2
    assert report.verdicts[3].given == 1


# what the reader may give


def read(model: sb.Model, text: str) -> tuple[Claim, ...]:
    lines = note_of(text, model).lines
    assert all(isinstance(line, Claim) for line in lines)
    return tuple(line for line in lines if isinstance(line, Claim))


def test_a_schema_holds_if_all_instances_do() -> None:
    """One verdict for a line that is said for each layer; the first wrong instance is named."""
    model = load(SIGMOID)
    right, other, wrong = read(model, "dW1 = dz1 x^T\ndW2 = dz2 a1^T\ndW2 = dz2 z1^T")

    def verdict(*claims: Claim) -> sb.Verdict:
        schema = Schema(right.where, "dWl = dzl al^T", tuple((f"l = {n}", c) for n, c in enumerate(claims, 1)))
        (found,) = report_on(lambda _model, *_, **_changes: Note((schema,)), "note", model, sb.Conventions()).verdicts
        return found

    assert verdict(right, other).status is Status.PROVED
    found = verdict(right, wrong)
    assert found.status is Status.REFUTED and found.because == "at l = 2" and found.claim == "dWl = dzl al^T"


def test_printed_decimals_agree_or_do_not() -> None:
    """A printed number stands for those that round to it: to so many digits, never a proof."""
    model = sb.parse("parameter w\nconstant c\na = sigmoid(2)\nloss L = a w c")

    def status(line: str) -> tuple[Status, int]:
        (found,) = verdicts(model, line).verdicts
        return found.status, found.digits

    assert status("a = 0.8808") == (Status.AGREES, 4)  # 0.88079707...
    assert status("a = 0.88080") == (Status.AGREES, 5)
    assert status("a = 0.8807")[0] is Status.REFUTED
    assert status("a = 0.88") == (Status.AGREES, 2)
    assert status("a ≈ 0.881") == (Status.AGREES, 3)


def test_ranked_readings_are_not_chosen_by_what_is_right() -> None:
    """Where the reader ranks its readings, the first whose shapes fit is judged."""
    model = load(SIGMOID)
    (claim,) = read(model, "dW2 = dz2 a1^T")
    for ranked in (claim, replace(claim, readings=claim.readings[::-1])):
        (found,) = report_on(
            lambda _model, c=ranked, **_changes: Note((c,), ranked=True), "note", model, sb.Conventions()
        ).verdicts
        first = ranked.readings[0].scale
        assert (found.status is Status.PROVED) == (first == "one sample")


def test_notation_is_printed_above() -> None:
    model = load(SIGMOID)
    note = Note(read(model, "dz2 = a2 - y"), notation=("superscripts are layers",))
    report = report_on(lambda _model, **_changes: note, "note", model, sb.Conventions())
    assert report.notation == ("superscripts are layers",) and str(report).startswith("superscripts are layers\n")


def test_the_authors_letters() -> None:
    """What is expected is said in the note's own names."""
    (_, verdict) = verdicts(load(SIGMOID), "δ2 = a2 - y\n∂L/∂W2 = δ2 z1^T").verdicts
    assert verdict.expected == "∂L/∂W2 = δ2 a1ᵀ"
