"""Claims as people write them: what each side stands for, beside NumPy; what is refused, and in which words."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sympy import Integer, Symbol

from symbackprop.algebra.symbols import ADJOINT, index, size
from symbackprop.errors import LimitError, ShapeError
from symbackprop.model.model import Model
from symbackprop.notation.claims.reader import read_note, words_of
from symbackprop.notation.claims.readings import resolve
from symbackprop.notation.claims.records import Claim, Line, Reading, Unreadable
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.notes.formats import parts_of
from symbackprop.notation.reading.model_text import read_model
from symbackprop.notation.reading.subjects import Subject
from symbackprop.notation.reading.syntax import Product, Transpose
from tests.notation.claim_cases import GROUPS, MODELS
from tests.notation.claim_values import Values

SIZES: dict[Symbol, int] = {size(name): number for name, number in zip("nhkmTBd", (2, 3, 4, 5, 3, 2, 4), strict=True)}
CASES = [
    pytest.param(model, scale, written, expected, id=f"{group}: {written}")
    for group, (model, scale, cases) in GROUPS.items()
    for written, expected in cases
]


@lru_cache
def model_of(name: str) -> Model:
    return read_model(MODELS[name])


@lru_cache
def values_of(name: str, scale: str) -> Values:
    model = model_of(name)
    plain = model.batched() if scale == "all samples" else model.one_sample()
    return Values(plain, SIZES, roots=tuple({model.loss, model.root}))


class Tensors:
    """Values by short names: `dz1`, `L_z1`, `z2_W2`."""

    def __init__(self, values: Values) -> None:
        self.values = values.tensors
        self.m = SIZES[size("m")]

    def __getattr__(self, name: str) -> np.ndarray:
        if name in self.values:
            return self.values[name]
        if name[0] == "d" and ADJOINT + name[1:] in self.values:
            return self.values[ADJOINT + name[1:]]
        of, _, by = name.partition("_")
        return self.values[f"{ADJOINT}{of}{ADJOINT}{by}"]

    __getitem__ = __getattr__


def claims(written: str, model: Model, **choices: Any) -> tuple[Line, ...]:
    return read_note(parts_of(written, "txt", words_of(model)), model, Conventions(**choices)).lines


def reading(written: str, model: Model, scale: str, **choices: Any) -> Reading:
    (claim,) = claims(written, model, **choices)
    assert isinstance(claim, Claim), claim.error
    return next(found for found in claim.readings if found.scale == scale)


@pytest.mark.parametrize(("model", "scale", "written", "expected"), CASES)
def test_what_a_claim_says(model: str, scale: str, written: str, expected: Any) -> None:
    """The right side of each claim has the value of the NumPy expression beside it."""
    values = values_of(model, scale)
    side = reading(written, model_of(model), scale).sides[-1]
    assert side.value is not None, side.error
    found = values.of(side.value.array)
    assert np.squeeze(found) == pytest.approx(np.squeeze(expected(Tensors(values))), rel=1e-9), side.value


# ------------------------------------------------------------------------------------------------------------ refusals

REFUSED = [
    ("dW9 = dz1 x^T", "unknown name dW9", "Did you mean"),
    ("dz2 = a2 - yy", "unknown name yy", "Did you mean y?"),
    ("dQQQ = dz1 x^T", "unknown name dQQQ", "say whose it is"),
    ("dZ2 = A2 - z9", "unknown name z9", "what the model has"),
    ("∂L/∂Q9 = 3", "nothing is differentiated by Q9", "a tensor of the model"),
    ("∇_q L = 3", "nothing is differentiated by q", "a tensor of the model"),
    ("∂q/∂W1 = 3", "unknown name q", "what the model has"),
    ("dz1[i] = W2[kk,i] dz2[kk]", "unknown size or index kk", "Sum over it, ∑_kk"),
    ("dz1 = foo(z1)", "unknown function foo", "functions of the model"),
    ("dz1 = sigmiod'(z1)", "unknown function sigmiod", "Did you mean sigmoid?"),
    ("dz1 = softmax'(z1)", "softmax' is no function of one number", "Jacobian"),
    ("dz1 = σ'", "σ' stands without an argument", "σ'(z)"),
    ("dz1 ≈ 3", "a claim is an equality, but found ≈", "the number rounded"),
    ("dz1 ∝ a1", "a claim is an equality, but found ∝", ""),
    ("dz1 = a1 > 0", "a claim is an equality, but found >", "Write ="),
    ("W1 *= 2", "a claim is an equality, but found *=", "Write ="),
    ("dz1 =", "expected an operand, but the formula ends", "leave out the sign before"),
    ("dz1 = W2^T dz2 +", "expected an operand, but the formula ends", ""),
    ("dz1 = (W2^T dz2", "this ( is never closed", "Close it with )"),
    ("dz1 = W2^T dz2)", "this ) closes nothing", "Remove it"),
    ("dz1 = (a1]", "] cannot close (", "Write ) here"),
    ("dz1 = {a1 if z1 > 0; 3", "this { is never closed", "}"),
    ("dz1 = a1 (z1 = 3)", "an equation in round brackets", "[a = b]"),
    ("∂L = 3", "this ∂ belongs to no derivative", "∂L/∂W"),
    ("∂L/W1 = 3", "this ∂ belongs to no derivative", "∂L/∂W"),
    ("∂²L/∂W1² = 0", "of the first order", "∂L/∂W"),
    ("∂L/∂dz1 = 3", "nothing is differentiated by dz1", "∂L/∂W1"),
    ("∂dz1/∂W1 = 3", "dz1 reads gradients", "Differentiate what the model computes"),
    ("dz1 = dz2 ⊗ x", "⊗ can be an outer product or a product entry by entry", "u ⊙ v"),
    ("dz1 = 1/2x", "can be read in two ways", "(1/2) x"),
    ("dz1 = 1 / 2 x", "can be read in two ways", "(1/2) x"),
    ("dz1 = a1^2b1", "can be read in two ways", "a1^2 b1"),
    ("dz1 = 3 4", "expected an operator between two numbers", "·"),
    ("dz1 = $x", "the character $ has no meaning here", "plain text, not LaTeX"),
    ("dz1 = \\sigma(z1)", "the character \\ has no meaning here", "plain text, not LaTeX"),
    ("dz1 = 1/0", "division by zero", ""),
    ("dz1 = log(0)", "log(0) is not a real number", ""),
    ("dz1 = W1^-1 dz2", "W1^-1 could be an inverse", "1/W1"),
    ("dz1 = 9^9^9", "can be read in two ways", "(a^b)^c"),
    ("dz1 = 9^(9^(9^9))", "too large", ""),
    ("dz1[i] = ∑_q 1", "the range of the index q is not known", ""),
    ("dz1 = b1 for each q", "the range of the index q is not known", "an entry that has q"),
    ("da1 = W1[i,j] x[j]", "da1 stands whole, and the index i stands free beside it", "da1[i] = ..."),
    ("dz1 = ∑_{} a1", "binds no index", "∑_j"),
    ("dz1 = ∑_{i=1} a1[i]", "", ""),
    ("dz1 = δ(1)", "δ takes two arguments", ""),
    ("dz1 = |a1", "this | is never closed", "Close it with |"),
    ("dz1 = sum(a1, foo=3)", "foo=3 is an option, a list or a range", ""),
    ("dz^[l] = W^[l]T dz^[l+3]", "unknown name dz^[l+3]", ""),
    ("dW1 = x^(i)", "the index i stands free beside it", "sum over i"),
    ("dW1 = dz1 x^T x[i]^T[", "this [ is never closed", ""),
    ("hello = world", "unknown name", ""),
    ("dz1 = " + "(" * 70 + "a1" + ")" * 70, "nested too deep", ""),
    ("dz1 = 1" + "0" * 60, "this number is too long", ""),
]


@pytest.mark.parametrize(("written", "what", "fix"), REFUSED)
def test_what_is_refused(written: str, what: str, fix: str) -> None:
    """A line that states something and cannot be read says why, where, and what to write."""
    (found,) = claims(written, model_of("sigmoid"))
    assert isinstance(found, Unreadable)
    assert what in found.error.what
    assert fix in (found.error.fix or "")
    assert found.error.where is not None
    assert found.error.where.line == 1


MISFITS = [
    ("dW1 = dz1 x", "cannot multiply dz1 and x"),
    ("dW1 = x dz1", "cannot multiply x and dz1"),
    ("dz1 = W2 dz2 + x", "cannot add W2 dz2 and x"),
    ("dz1 = W1 dz1", "cannot multiply W1 and dz1"),
    ("dz1 = a1 ⊙ x", "cannot multiply a1 and x"),
    ("dz1 = W1^T", None),
    ("dW1[i,j] = dz1[j] x[i]", "the index i has two ranges"),
    ("dz1[i] = x[i]", "the index i has two ranges"),
    ("dz1[i] = ∑_k W1[k,k]", "the index k has two ranges"),
    ("∂L/∂W2 = ∂L/∂z2 ∂a1/∂z1", "∂L/∂z2 and ∂a1/∂z1 do not chain"),
    ("∂L/∂W2 = ∂L/∂z2 ∂z2/∂a1 ∂z1/∂W1", "∂z2/∂a1 and ∂z1/∂W1 do not chain"),
    ("dz1 = diag(1) a1", "diag needs a matrix"),
    ("db1 = rowsum(b1)", "rowsum needs a matrix"),
]


@pytest.mark.parametrize(("written", "what"), MISFITS)
def test_shapes_that_do_not_fit(written: str, what: str | None) -> None:
    """Such a claim is read: the side says what does not fit, and its tree can be mended."""
    (claim,) = claims(written, model_of("sigmoid"))
    assert isinstance(claim, Claim)
    side = claim.readings[0].sides[-1]
    assert (side.value is None) == (what is not None)
    assert what is None or (side.error is not None and what in side.error.what)


# ------------------------------------------------------------------------------------------------- what a reading says

SUBJECTS = [
    ("dW1 = 0", Subject("adjoint", "W1")),
    ("∂L/∂W1 = 0", Subject("adjoint", "W1", "L")),
    ("dJ/dW1 = 0", Subject("adjoint", "W1", "J")),
    ("∂J/∂W1[i,j] = 0 for all i, j", Subject("adjoint", "W1", "J", indices=(index("i"), index("j")))),
    ("dW1[2,3] = 0", Subject("adjoint", "W1", indices=(Integer(1), Integer(2)))),
    ("δ1_k = 0", Subject("adjoint", "z1", indices=(index("k"),))),
    ("a1 = 0", Subject("tensor", "a1")),
    ("a1[i] = 0", Subject("tensor", "a1", indices=(index("i"),))),
    ("∂a1/∂z1 = 0", Subject("local derivative", "z1", of="a1")),
    ("∂z2[k]/∂a1[i] = 0", Subject("local derivative", "a1", of="z2", indices=(index("k"), index("i")))),
    ("W1ᵀ dz1 = 0", Subject("expression")),
    ("2 dW1 = 0", Subject("expression")),
]


@pytest.mark.parametrize(("written", "subject"), SUBJECTS)
def test_subjects(written: str, subject: Subject) -> None:
    """What the first side is about."""
    (claim,) = claims(written, model_of("sigmoid"))
    assert isinstance(claim, Claim)
    assert claim.readings[0].sides[0].subject == subject


SCALES = [
    ("dz2 = a2 - y", ["one sample", "all samples"]),
    ("dZ2 = A2 - Y", ["all samples"]),
    ("dW1 = dz1 x^T", ["one sample", "all samples"]),
    ("dW1 = (1/m) dz1 x^T", ["all samples"]),  # it names their number
    ("dJ/dW1 = dJ/dz1 x^T", ["all samples", "one sample"]),
    ("dL/dW1 = dL/dz1 x^T", ["one sample", "all samples"]),
    ("dz1[i] = da1[i]", ["one sample", "all samples"]),
    ("dz1[i,s] = da1[i,s]", ["all samples"]),
    ("J = mean(L)", ["all samples"]),
]


@pytest.mark.parametrize(("written", "scales"), SCALES)
def test_scales(written: str, scales: list[str]) -> None:
    """Capitals mean all samples, small letters may mean one; a root and the number of samples settle which is first."""
    (claim,) = claims(written, model_of("sigmoid"))
    assert isinstance(claim, Claim)
    assert [found.scale for found in claim.readings] == scales


@pytest.mark.parametrize("scale", ["one sample", "all samples"])
def test_the_text_around_sets_the_scale(scale: str) -> None:
    """A heading's scale comes first."""
    model = model_of("sigmoid")
    (claim,) = read_note(parts_of(f"## For {scale}\n\ndz2 = a2 - y", "md", words_of(model)), model).lines
    assert isinstance(claim, Claim)
    assert (claim.scale, claim.readings[0].scale) == (scale, scale)


UPDATES = [
    ("W2 := W2 - α dW2", "update", "alpha"),
    ("W2 ← W2 - η dW2", "update", "eta"),
    ("W2 = W2 - lr * dW2", "update", "lr"),
    ("W2[i,j] = W2[i,j] - learning_rate dW2[i,j]", "update", "learning_rate"),
    ("W2 -= alpha dW2", "update", "alpha"),
    ("W2 := W2 - 0.1 dW2", "update", None),
    ("W2 = W2 - dW2", "update", None),
    ("dW2 = alpha dz2 a1^T", "equality", "alpha"),
]


@pytest.mark.parametrize(("written", "kind", "rate"), UPDATES)
def test_updates(written: str, kind: str, rate: str | None) -> None:
    """A new value for a parameter is no equation; the learning rate is a scalar of its own name."""
    (claim,) = claims(written, model_of("sigmoid"))
    assert isinstance(claim, Claim)
    assert (claim.kind, claim.readings[0].rate) == (kind, rate)


@pytest.mark.parametrize(
    ("written", "broadcast"),
    [("Z1 = W1 X + b1", True), ("Z1 = W1 X + b1 1_mᵀ", False), ("Z2 = W2 A1 + b2", True), ("dZ2 = A2 - Y", False)],
)
def test_a_repeated_bias_is_marked(written: str, broadcast: bool) -> None:
    """A vector beside a batch is repeated for each sample, which the side says."""
    assert reading(written, model_of("sigmoid"), "all samples").sides[-1].broadcast is broadcast


def test_a_tensor_called_like_an_adjoint() -> None:
    """Where the model has a tensor dz, its name means that; the longer forms are the adjoint."""
    model = read_model("input x[3]\nparameter w[3]\nz = w x^T x\ndz = 2 z\nloss L = sum(dz^2)")
    found = reading("dz = ∂L/∂z = z̄", model, "one sample")
    assert [side.subject.kind for side in found.sides] == ["tensor", "adjoint", "adjoint"]
    assert reading("∂L/∂dz = 2 dz", model, "one sample").sides[0].subject == Subject("adjoint", "dz", "L")


@pytest.mark.parametrize(
    ("written", "choices", "value"),
    [
        ("L = x[1]", {"index_base": 1}, 0),
        ("L = x[1]", {"index_base": 0}, 1),
        ("L = ∑_{i=1..n} x[i]", {"index_base": 0}, (0, 2)),
        ("L = ∑_{i=0..n-1} x[i]", {"index_base": 1}, (0, 2)),
        ("L = ∑_{i=1..n-1} x[i]", {"index_base": 1}, (0, 1)),
        ("L = ∑_{i=1..n-1} x[i]", {"index_base": 0}, (1, 2)),
        ("L = ∑_{i=2..n} x[i]", {"index_base": 1}, (1, 2)),
    ],
)
def test_the_index_base(written: str, choices: dict, value: Any) -> None:
    """The first entry is called 1 or 0; a sum over all is one whichever it counts from."""
    model = read_model("size n\ninput x[n]\nparameter w[n]\nloss L = w^T x")
    values = Values(model, SIZES)
    side = reading(written, model, "one sample", **choices).sides[-1]
    assert side.value is not None
    x = values.tensors["x"]
    wanted = x[value] if isinstance(value, int) else x[slice(*value)].sum()
    assert values.of(side.value.array) == pytest.approx(wanted)


def test_layers_in_brackets() -> None:
    """`z^(1)` and `z^[1]` are a layer's, beside a tensor z as well."""
    model = read_model("input x[2]\nparameter z[2]\nz1 = x ⊙ z\nloss L = sum(z1)")
    for written in ("z^(1) = x ⊙ z", "z^[1] = x ⊙ z"):
        assert reading(written, model, "one sample").sides[0].subject.name == "z1"


# ---------------------------------------------------------------------------------------------------------- whole texts

TEXT = """Backpropagation by hand.  We take m samples.

1. dz2 = a2 - y        # the last layer
2) dW2 = dz2 a1^T,  db2 = dz2, where dz2 = a2 - y
   dz1 = da1 ⊙ a1 (1 - a1)
       = (W2^T dz2)
         ⊙ σ'(z1)
  for each i: nothing
dW1 = dz1 (
   x^T)                                     (4)
b2 = 1 +
  2
dz1 = (a1
db1 = dz1
"""


def test_statements_of_a_text() -> None:
    """Prose is passed over, a claim may go on over lines, several may stand in one; a broken one breaks no other."""
    found = claims(TEXT, model_of("sigmoid"))
    assert [(" ".join(line.written.split()), line.where.line) for line in found] == [
        ("dz2 = a2 - y", 3),
        ("dW2 = dz2 a1^T", 4),
        ("db2 = dz2", 4),
        ("dz2 = a2 - y", 4),
        ("dz1 = da1 ⊙ a1 (1 - a1) = (W2^T dz2) ⊙ σ'(z1)", 5),
        ("dW1 = dz1 ( x^T)", 9),
        ("b2 = 1 + 2", 11),
        ("dz1 = (a1", 13),
        ("db1 = dz1", 14),
    ]
    assert [isinstance(line, Unreadable) for line in found] == [False] * 7 + [True, False]
    assert isinstance(found[4], Claim)
    assert len(found[4].readings[0].sides) == 3


def test_too_many_claims() -> None:
    """A text may state so much and no more."""
    with pytest.raises(LimitError, match="more than 2,000 claims"):
        claims("b1 = b1\n" * 2001, model_of("sigmoid"))


# ------------------------------------------------------------------------------------------------------- edited trees


def test_an_edited_tree_is_read_in_the_same_scope() -> None:
    """A transpose put in makes a side fit; one taken away makes it say why not."""
    found = reading("dW1 = dz1 x", model_of("sigmoid"), "one sample")
    node = found.sides[-1].node
    assert isinstance(node, Product)
    with pytest.raises(ShapeError, match="cannot multiply dz1 and x"):
        resolve(node, found.scope)
    (one, left), (joint, right) = node.factors
    mended = replace(node, factors=((one, left), (joint, Transpose(right, right.span))))
    value = resolve(mended, found.scope)
    values = values_of("sigmoid", "one sample")
    t = Tensors(values)
    assert values.of(value.array) == pytest.approx(np.outer(t.dz1, t.x))


@pytest.mark.parametrize(("group", "number"), [(group, number) for group in GROUPS for number in range(0, 200, 9)])
def test_sides_are_read_again_as_they_were(group: str, number: int) -> None:
    """Every side's tree stands for its value, free indices included."""
    model, scale, cases = GROUPS[group]
    written, _ = cases[number % len(cases)]
    found = reading(written, model_of(model), scale)
    for side in found.sides:
        value = resolve(side.node, found.scope)
        assert side.value is not None
        assert (value.array.shape, value.row) == (side.value.array.shape, side.value.row)
        assert value.array.expression == side.value.array.expression


# ------------------------------------------------------------------------------------------------------------ any text

_SIGNS = "∂ L / ( ) [ ] { } = + - * ⊙ ^ T ᵀ ' _ ∑ ∇ ∇_ , ; | ‖ ½ ² ₁ ⁽¹⁾ := ≈ √ .. < > ≥ 1[ # .T e^"
_NAMES = "dW1 dz1 a1 W2 x y i j k 1 2 0.5 1_m I I_h δ σ Z1 X ∑_j ∂L/∂W1 ∂z2/∂W2 sum max argmax ReLU log diag np.sum"
_PIECES = (*_SIGNS.split(), *_NAMES.split(), "if", "else", "otherwise", "for", "each", "and", "or", "not")
_WRITTEN = [(model, written) for model, _, cases in GROUPS.values() for written, _ in cases]


@settings(max_examples=150, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(
    st.sampled_from(_WRITTEN),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 3), st.sampled_from(["", *_PIECES])), max_size=3),
)
def test_a_spoilt_claim_is_read_or_refused(case: tuple[str, str], changes: list[tuple[int, int, str]]) -> None:
    """Letters lost and pieces put in give a claim or a reason, and nothing else."""
    model, text = case
    for place, gone, piece in changes:
        text = text[:place] + piece + text[place + gone :]
    for found in claims(text, model_of(model)):
        assert not isinstance(found, Unreadable) or str(found.error)


@settings(max_examples=150, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(st.lists(st.sampled_from(_PIECES), max_size=14), st.sampled_from(["", " "]))
def test_any_pieces_are_read_or_refused(pieces: list[str], joint: str) -> None:
    """Pieces of formulas in any order."""
    for found in claims("dz1 = " + joint.join(pieces), model_of("sigmoid")):
        assert not isinstance(found, Unreadable) or str(found.error)
