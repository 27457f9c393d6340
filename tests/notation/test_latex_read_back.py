"""What the documents show in LaTeX is read back: every display a claim, every side the formula of its step."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.matrices.grammar import ForEach, Matrix
from symbackprop.algebra.matrices.lowering import lower
from symbackprop.algebra.symbols import ADJOINT, Partial, adjoint, index
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind, walk
from symbackprop.derivation.sweep import derive
from symbackprop.model.model import Model
from symbackprop.notation.claims.reader import read_note, words_of
from symbackprop.notation.claims.records import Claim, Line, Reading, Schema
from symbackprop.notation.conventions import PRESETS, Conventions
from symbackprop.notation.notes.formats import Format, parts_of
from symbackprop.notation.notes.passages import Passage
from symbackprop.notation.reading.model_text import load
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.latex import latex_chain
from symbackprop.rendering.formulas import formulas_of
from symbackprop.rendering.render import document_text
from tests.notation.readings import note_of
from tests.oracles.numbers import Numbers

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
MODELS = sorted(path.stem for path in EXAMPLES.glob("*.model"))
QUICK = {("001_line", "default"), ("001_line", "textbook"), ("000_two_layer_sigmoid", "code")}
EVERY = pytest.mark.parametrize(
    ("name", "preset"),
    [
        pytest.param(name, preset, marks=() if (name, preset) in QUICK else pytest.mark.long)
        for name in MODELS
        for preset in PRESETS
    ],
)
"""Every example under every named convention."""


@cache
def derivation_of(name: str) -> Derivation:
    return derive(load(EXAMPLES / f"{name}.model"))


NUMBERED = {
    r"\\begin\{equation\}.*": r"\\[",
    r"\\end\{equation\}": r"\\]",
    r"\\begin\{align\}.*": "\\\\[\n\\\\begin{aligned}",
    r"\\end\{align\}": "\\\\end{aligned}\n\\\\]",
}
"""Displays with numbers, and the same without."""


def displays(text: str, format: str) -> int:
    """The equations on display: each formula, and each further line of an aligned one that has a left side."""
    for numbered, plain in NUMBERED.items():
        text = re.sub(numbered, plain, text)
    shown = re.findall(r"```math\n(.*?)```" if format == "md" else r"\\\[\n(.*?)\\\]", text, re.DOTALL)
    lines = [line for formula in shown for line in formula.split("\\begin{aligned}\n")[-1].splitlines()]
    begun = [line for line in lines if re.match(r"[^&]+&(=|:=)", line)]
    return len(begun) + sum("\\begin{aligned}" not in formula for formula in shown)


@EVERY
def test_every_display_is_one_statement(name: str, preset: str) -> None:
    """Markdown and LaTeX documents at every level state as much as they display, and the same."""
    derivation, conventions = derivation_of(name), PRESETS[preset]
    for level, detail in (("both", "every-step"), ("matrix", "outline"), ("index", "standard")):
        written = []
        for format in ("md", "tex"):
            text = document_text(derivation, format, level=level, detail=detail, conventions=conventions)
            found = displayed(text, derivation.source, conventions, format)
            assert len(found) == displays(text, format)
            written.append(["".join(line.written.split()) for line in found])
        assert written[0] == written[1]


def displayed(text: str, model: Model, conventions: Conventions, format: Format) -> tuple[Line, ...]:
    """The lines of the displays of a document."""
    parts = parts_of(text, format, words_of(model))
    shown = [part for part in parts if isinstance(part, Passage) and part.place == "display"]
    return read_note(shown, model, conventions).lines


@cache
def claims_in(name: str, preset: str) -> tuple[Line, ...]:
    derivation, conventions = derivation_of(name), PRESETS[preset]
    text = document_text(derivation, "md", detail="every-step", conventions=conventions)
    return note_of(text, derivation.source, "md", conventions).lines


@EVERY
def test_every_statement_is_a_claim(name: str, preset: str) -> None:
    """Names and shapes of every line fit, at the scale of its heading."""
    lines = claims_in(name, preset)
    assert not [line for line in lines if not isinstance(line, Claim | Schema)]
    instances = [claim for line in lines if isinstance(line, Schema) for _, claim in line.instances]
    claims = [line for line in lines if isinstance(line, Claim)] + instances
    sides = [side for claim in claims for side in claim.readings[0].sides]
    assert not [str(side.error) for side in sides if side.error is not None]


# -------------------------------------------------------------------------- the sides are the formulas of the steps

KINDS = frozenset(
    {
        StepKind.FORWARD, StepKind.LOCAL_DERIVATIVE, StepKind.COLLAPSE, StepKind.FOLD, StepKind.ADD_PATHS,
        StepKind.FACT, StepKind.ELIMINATE, StepKind.MATRIX,
    }
)  # fmt: skip


class Values:
    """A random value for each entry of each tensor and of each adjoint, whatever root the adjoint names."""

    def __init__(self, model: Model) -> None:
        random = np.random.default_rng(17)
        symbols = {s for tensor in model.tensors for extent in tensor.shape for s in extent.free_symbols}
        self.sizes = {s: 2 + n % 2 for n, s in enumerate(sorted(symbols, key=str)) if isinstance(s, Symbol)}
        self.shapes = {tensor.name: tensor.shape for tensor in model.tensors}
        stored: dict[str, np.ndarray] = {}
        for name in self.shapes:
            shape = [self.size(extent) for extent in self.shapes[name]]
            stored[name] = random.uniform(0.2, 0.8, [*shape, 1]) + 0j
            stored[adjoint(name)] = random.uniform(-1, 1, [*shape, 1]) + 0j
            for root in ("L", "J", model.root):
                stored[f"{ADJOINT}{root}{ADJOINT}{name}"] = stored[adjoint(name)]
        self.numbers = Numbers(self.sizes, stored, functions=model.functions, opaque={"f": np.sin})

    def size(self, extent: Expr) -> int:
        return int(self.numbers_of_sizes(extent))

    def numbers_of_sizes(self, extent: Expr) -> Expr:
        return extent.xreplace(self.sizes)  # sizes stand in no sum

    def of(self, expression: Expr, at: dict[Symbol, int]) -> float:
        return float(np.real(np.ravel(self.numbers.value(expression, at))[0]))


def written_steps(derivation: Derivation) -> Iterator[Step]:
    """The steps with a formula of values on their right side; only their left side may be a local derivative."""
    for step in walk((*derivation.forward, *derivation.steps)):
        if step.kind in KINDS:
            yield step


def sides_of(step: Step) -> list[Expr | Matrix]:
    """What a document shows of a step; of a matrix form, not the entries that it was made of."""
    shown = (step.left, step.after) if step.kind is StepKind.MATRIX else (step.left, step.before, step.after)
    return list(dict.fromkeys(shown))


def entries(step: Step, side: Expr | Matrix, derivation: Derivation) -> tuple[tuple[Symbol, ...], Expr]:
    """A side of a step entry by entry, and the indices of the entry; a matrix's are its row and column."""
    if isinstance(side, Expr):
        return (), side
    fixed = side.indices if isinstance(side, ForEach) else ()
    inner = side.of if isinstance(side, ForEach) else side
    row, column = (index(f"{letter}_of_{step.kind.name}") for letter in "rc")
    places = tuple(place for place, extent in zip((row, column), inner.shape, strict=True) if extent != 1)
    both = () if not places else places if len(places) == 1 else (row, column)
    return places, lower(side, (*fixed, *both), derivation.space)


def check_side(reading: Reading, number: int, step: Step, side: Expr | Matrix, derivation: Derivation, values: Values):
    """Whether what was read has the value of the side at every index."""
    value = reading.sides[number].value
    assert value is not None, reading.sides[number].error
    array: Array = value.array
    own, expected = entries(step, side, derivation)
    assert reading.scope.stated is not None
    free = [index(name) for name in reading.scope.stated.free]  # as written: a reading may rename them
    shape = [values.size(extent) for extent in array.shape]
    kept = [at for at in range(len(free), len(shape)) if array.shape[at] != 1]
    by_name = {symbol.name: symbol for symbol in expected.free_symbols if isinstance(symbol, Symbol)}
    for place in itertools.product(*map(range, shape)):
        mine = dict(zip(array.indices, place, strict=True))
        theirs = {by_name[s.name]: place[at] for at, s in enumerate(free) if s.name in by_name}
        theirs |= dict(zip(own, [place[at] for at in kept], strict=True)) if kept else {}
        theirs |= {index(s.name): place[at] for at, s in enumerate(free)}
        assert values.of(array.expression, mine) == pytest.approx(values.of(expected, theirs), rel=1e-9, abs=1e-12)


@EVERY
def test_the_sides_that_are_read_are_those_of_the_steps(name: str, preset: str) -> None:
    """Each side of a step, written in LaTeX and read, has the step's own value at random entries."""
    whole, conventions = derivation_of(name), PRESETS[preset]
    single = [] if whole.one_sample is None else [(whole.one_sample, "one sample")]
    checked = 0
    for derivation, scale in [*single, (whole, "all samples")]:
        names = replace(formulas_of(derivation, conventions, "md").names, letters=None)  # symbols by their own names
        values = Values(derivation.model)
        for step, reading, sides in readings(derivation, whole.source, scale, names, conventions):
            for number, side in enumerate(sides):
                if isinstance(side, Partial):
                    continue
                check_side(reading, number, step, side, derivation, values)
                checked += 1
    assert checked > 10


def readings(
    derivation: Derivation, source: Model, scale: str, names: Nomenclature, conventions: Conventions
) -> Iterator[tuple[Step, Reading, list[Expr | Matrix]]]:
    """Each step as one line of LaTeX under the heading of its scale, read; with the sides that were written."""
    steps = list(written_steps(derivation))
    sides = [sides_of(step) for step in steps]
    lines = [latex_chain(side, names) for side in sides]
    title = "One sample" if scale == "one sample" else "All samples"
    note = f"## {title}\n\n" + "\n".join(f"$$\n{line}\n$$\n" for line in lines)
    claims = note_of(note, source, "md", conventions).lines
    assert len(claims) == len(steps)
    for step, written, claim in zip(steps, sides, claims, strict=True):
        assert isinstance(claim, Claim), str(claim)
        yield step, claim.readings[0], written
