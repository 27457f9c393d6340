"""Every step of one adjoint by entries: chain rule, local derivative, collapse, fold, sum over the paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr

from symbackprop.derivation.steps import Formula, Method, Step, StepKind, of_kind
from symbackprop.rendering.formulas import Formulas

FACTS = {
    "one_hot": "one-hot",
    "distribution": "sums to 1",
    "binary": "entries 0 or 1",
    "positive": "entries above 0",
}
"""The facts of tensors in words."""

_LABELS = {
    StepKind.CHAIN_RULE: "Chain rule",
    StepKind.LOCAL_DERIVATIVE: "Local derivative",
    StepKind.COLLAPSE: "The deltas collapse",
    StepKind.ADD_PATHS: "Sum over the paths",
    StepKind.FACT: "By a fact",
    StepKind.MATRIX: "Matrix form",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One displayed formula with its label, what is to be said of it, and how it was checked."""

    label: str
    math: str
    note: str = ""
    checked: str = ""


def index_lines(formulas: Formulas, step: Step) -> Iterator[Line]:
    """The lines of one tensor's derivation: of its contributions, of their sum, of what is put in."""
    contributions = of_kind(step, StepKind.CONTRIBUTION)
    for contribution in contributions:
        yield from _contribution(formulas, contribution, several=len(contributions) > 1)
    for substep in of_kind(step, StepKind.ADD_PATHS, StepKind.FACT, StepKind.ELIMINATE):
        if substep.kind is StepKind.ADD_PATHS:
            substep = replace(substep, before=_parts(formulas, step, contributions))
        yield _line(formulas, substep)


def _parts(formulas: Formulas, step: Step, contributions: Sequence[Step]) -> Formula:
    """The parts of an adjoint by name, added: each has been derived in the lines before."""
    parts = (formulas.part(step.tensor, step.left, c.through or "") for c in contributions)
    return Add(*(part for part in parts if isinstance(part, Expr)), evaluate=False)


def _contribution(formulas: Formulas, step: Step, *, several: bool) -> Iterator[Line]:
    for substep in step.substeps:
        if substep.kind is StepKind.COLLAPSE and substep.before == substep.after:
            continue  # nothing was there to collapse
        if several and substep.through:
            substep = replace(substep, left=formulas.part(step.tensor, substep.left, substep.through))
        line = _line(formulas, substep)
        if several and substep.kind is StepKind.CHAIN_RULE:
            line = replace(line, label=f"{line.label}, the path through {formulas.tensor(step.through or '')}")
        yield line


def _line(formulas: Formulas, step: Step) -> Line:
    math = formulas.chain(step.left, step.before, step.after)
    notes = [f"{formulas.tensor(fact.tensor)} {FACTS[fact.kind]}" for fact in step.facts]
    notes += [formulas.plain(kink) for kink in step.kinks]
    return Line(_label(formulas, step), math, note="; ".join(notes), checked=how_checked(step))


def _label(formulas: Formulas, step: Step) -> str:
    if step.kind is StepKind.ELIMINATE:
        names = ", ".join(formulas.adjoint(name) for name in (step.through or "", *step.also))
        return f"With {names} put in"
    if step.kind is StepKind.FOLD:
        return f"Folded, in the value {formulas.tensor(step.through or '')}"
    return _LABELS[step.kind]


def how_checked(step: Step) -> str:
    """How the step was checked; empty where there is nothing to check."""
    if step.check.method is Method.DEFINITION:
        return ""
    words = {
        Method.PROVED: "proved",
        Method.AGREES: f"agrees at {step.check.points} points",
        Method.DEFERRED: "not checked",
    }
    return words[step.check.method]
