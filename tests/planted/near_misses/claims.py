r"""Right claims over all example models: those of the documents that are derived, the same in plain text, and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import symbackprop as sb
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.latex import latex_name
from symbackprop.notation.writing.text import text_chain
from symbackprop.rendering.formulas import formulas_of
from symbackprop.rendering.render import document_text
from symbackprop.verifying.claims.expected import names_of
from tests.planted.examples import FOLDER
from tests.planted.figures import NOTES
from tests.planted.near_misses.changes import Written

MODELS = {path.stem: path for folder in (FOLDER, FOLDER / "networks") for path in sorted(folder.glob("*.model"))}
LONGEST = 250
_STEPS = (StepKind.FORWARD, StepKind.ADJOINT, StepKind.MATRIX, StepKind.LOCAL_DERIVATIVE, StepKind.COLLAPSE)


SMALLER = {
    "cnn_digits": {"8,8": "4,4", "16": "2", "10": "3"},
    "mlp": {"x[64]": "x[5]", "32": "4", "10": "3"},
}
"""Numbers in models that have too many entries for an evaluator by loops, and what stands for them."""


@lru_cache(maxsize=4)
def model_of(name: str) -> sb.Model:
    """An example model, in small where it has large numbers."""
    text = MODELS[name].read_text("utf-8")
    for large, small in SMALLER.get(name, {}).items():
        text = text.replace(large, small)
    return sb.parse(text)


def claims_of(name: str) -> tuple[Written, ...]:
    """The right claims on one model, each of two sides, each once."""
    derivation = sb.derive(model_of(name), checks=False)
    found = [*_of_document(derivation), *_of_steps(derivation), *_of_notes(name, derivation)]
    return tuple({claim.text: claim for claim in found if len(claim.text) <= LONGEST}.values())


_DISPLAY = re.compile(r"```math\n(.*?)\n```", re.DOTALL)
_ALIGNED = re.compile(r"\\(?:begin|end)\{aligned\}")


def _of_document(derivation: Derivation) -> Iterator[Written]:
    """The displays of the document that is derived, those of several equations row by row."""
    groups = _alike(derivation, is_latex=True)
    for display in _DISPLAY.findall(document_text(derivation, "md", detail="every-step")):
        for row in _rows(" ".join(_ALIGNED.sub("", display).split())):
            yield from _pairs(row, True, groups, derivation)


def _rows(display: str) -> list[str]:
    """The equations of a display, each with the rows in which it goes on: those with nothing before their sign."""
    if r"\begin" in display:
        return [display]  # the rows of a matrix, or cases
    found: list[str] = []
    for row in display.split(r"\\"):
        if found and not row.partition("&")[0].strip():
            found[-1] += row
        else:
            found.append(row)
    return found


def _of_steps(derivation: Derivation) -> Iterator[Written]:
    for each in filter(None, (derivation.one_sample, derivation)):
        names, groups = names_of(each, Conventions()), _alike(derivation, is_latex=False)
        for step in (*each.forward, *each.steps):
            for inner in _all_steps(step):
                if inner.kind in _STEPS:
                    yield from _pairs(text_chain([inner.left, inner.after], names), False, groups, derivation)


def _all_steps(step: Step) -> Iterator[Step]:
    yield step
    for inner in step.substeps:
        yield from _all_steps(inner)


def _of_notes(name: str, derivation: Derivation) -> Iterator[Written]:
    for note in NOTES:
        if note.model == name:
            groups = _alike(derivation, is_latex=note.latex)
            for line in note.lines:
                yield from _pairs(line.text, note.latex, groups, derivation)


def _pairs(text: str, is_latex: bool, alike: tuple[tuple[str, ...], ...], derivation: Derivation) -> Iterator[Written]:
    """Each two sides that stand side by side in a chain of equations."""
    if "  for each " in text or r"\text{" in text:
        return
    sides = [side.strip().removesuffix("\\\\").strip().strip("&").strip() for side in _sides(text)]
    samples = derivation.source.samples
    size = "" if samples is None else str(samples.size)
    for right in sides[1:]:
        yield Written(sides[0], right, is_latex, alike, size, ":=" if ":=" in text else "=")


def _sides(text: str) -> list[str]:
    """What stands between the relation signs outside all brackets."""
    depth, cuts = 0, [0]
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character == "=" and text[at - 1] not in "<>!":
            cuts += [at - (text[at - 1] in "&:"), at + 1]
    return [text[start:end] for start, end in zip(cuts[::2], [*cuts[1::2], len(text)], strict=True)]


def _alike(derivation: Derivation, *, is_latex: bool) -> tuple[tuple[str, ...], ...]:
    """How tensors, and adjoints, of one shape are spelled: groups of at least two."""
    groups: dict[tuple, list[str]] = {}
    for each in filter(None, (derivation.one_sample, derivation)):
        names = formulas_of(each, Conventions(), "md").names if is_latex else names_of(each, Conventions())
        for tensor in each.model.tensors:
            for kind, name in (("value", tensor.name), ("adjoint", adjoint(tensor.name))):
                spelled = _spelled(name, names, is_latex)
                group = groups.setdefault((kind, each.model.space.shapes[tensor.name], id(each)), [])
                group.append(spelled)
    return tuple(tuple(dict.fromkeys(group)) for group in groups.values() if len(set(group)) > 1)


def _spelled(name: str, names: Nomenclature, is_latex: bool) -> str:
    return latex_name(name, names) if is_latex else text_chain([entry(name)], names)
