r"""A derivation as a document: sections of worded lines, each formula already a string.

Python decides what is shown; templates word it and see strings, booleans and lists. Nothing is computed here: every
formula stands in a step of the derivation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Method, Step, StepKind, of_kind, walk
from symbackprop.model.records import Tensor
from symbackprop.rendering.formulas import Formulas

LEVELS = ("both", "index", "matrix")
DETAILS = ("outline", "standard", "every-step")

_LABELS = {
    StepKind.CHAIN_RULE: "Chain rule",
    StepKind.LOCAL_DERIVATIVE: "Local derivative",
    StepKind.COLLAPSE: "The deltas collapse",
    StepKind.FOLD: "In values of the forward pass",
    StepKind.ADD_PATHS: "Sum over the paths",
    StepKind.FACT: "By a fact",
    StepKind.ELIMINATE: "Put in",
    StepKind.MATRIX: "Matrix form",
}

_ROLES = {
    "input": "input",
    "target": "target",
    "constant": "constant",
    "parameter": "parameter",
    "intermediate": "intermediate",
    "loss": "loss",
    "cost": "cost",
}

_FACTS = {
    "one_hot": "one-hot",
    "distribution": "sums to 1",
    "binary": "entries 0 or 1",
    "positive": "entries above 0",
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """One row of the table of symbols."""

    math: str
    role: str
    shape: str
    facts: str


@dataclass(frozen=True, slots=True)
class Line:
    """One displayed formula with its label and what is to be said of it."""

    label: str
    math: str
    note: str = ""
    checked: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One tensor's derivation: a heading, and its lines; `paths` is how many ways lead to it."""

    number: str
    math: str
    schema: str
    shape: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One derivation in the document: of one sample's loss, or of the cost over all samples."""

    title: str
    lead: str
    symbols: tuple[Symbol, ...]
    forward: tuple[Line, ...]
    loss: tuple[Line, ...]
    items: tuple[Item, ...]
    summary: tuple[str, ...]
    updates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What a template words."""

    title: str
    root: str
    parts: tuple[Part, ...]
    checks: tuple[str, ...]
    premises: tuple[str, ...]
    kinks: tuple[str, ...]


def document(derivation: Derivation, formulas: Formulas, level: str, detail: str) -> Document:
    """The document of a derivation; of a model with samples, one sample first and then the batch."""
    single = derivation.one_sample
    if single is None:
        parts = (_part(derivation, formulas, level, detail, "", ""),)
    else:
        size = formulas.size(derivation.source.samples.size)
        parts = (
            _part(
                single, formulas, level, detail, "One sample", f"The loss of one sample is {_root(single, formulas)}."
            ),
            _part(
                derivation,
                formulas,
                level,
                _batch_detail(detail),
                "All samples",
                _batch_lead(derivation, formulas, size),
            ),
        )
    every = [*(single.steps if single else ()), *derivation.steps]
    return Document(
        title=_title(derivation),
        root=formulas.inline(derivation, derivation.root),
        parts=parts,
        checks=tuple(_checks(derivation)),
        premises=tuple(dict.fromkeys([*(single.premises() if single else ()), *derivation.premises()])),
        kinks=tuple(dict.fromkeys(kink for step in walk(every) for kink in step.kinks)),
    )


def _title(derivation: Derivation) -> str:
    name = derivation.source.name
    return f"Backpropagation, derived: {name}" if name else "Backpropagation, derived"


def _root(derivation: Derivation, formulas: Formulas) -> str:
    return formulas.inline(derivation, derivation.root)


def _batch_detail(detail: str) -> str:
    """The batch repeats what one sample has shown, so it is told in outline unless every step is wanted."""
    return detail if detail == "every-step" else "outline"


def _batch_lead(derivation: Derivation, formulas: Formulas, size: str) -> str:
    side = {"rows": "rows", "columns": "columns"}[derivation.source.samples.side]
    lead = f"The {size} samples stand in the {side} of each array; the cost is {_root(derivation, formulas)}."
    if derivation.sampled and derivation.scale != 1:
        factor = formulas.factor(derivation)
        lead += (
            f" The adjoints of arrays with one entry per sample are those of each sample's own loss; the factor {factor}"
            " of the mean stands at the parameters."
        )
    return lead


def _part(d: Derivation, formulas: Formulas, level: str, detail: str, title: str, lead: str) -> Part:
    losses = {"loss", "cost"}
    return Part(
        title=title,
        lead=lead,
        symbols=tuple(_symbol(d, formulas, tensor) for tensor in d.model.tensors),
        forward=tuple(
            line
            for s in d.forward
            if d.model.tensor(s.tensor).role not in losses
            for line in _forward(d, formulas, s, level)
        ),
        loss=tuple(
            line
            for s in d.forward
            if d.model.tensor(s.tensor).role in losses
            for line in _forward(d, formulas, s, level)
        ),
        items=tuple(_item(d, formulas, step, level, detail) for step in d.steps),
        summary=tuple(formulas.results(d, step, level) for step in d.summary()),
        updates=tuple(formulas.update(d, step, level) for step in d.updates),
    )


def _symbol(d: Derivation, formulas: Formulas, tensor: Tensor) -> Symbol:
    facts = ", ".join(_FACTS[fact.kind] for fact in tensor.facts)
    return Symbol(formulas.inline(d, tensor.name), _ROLES[tensor.role], formulas.shape(d, tensor.shape), facts)


def _forward(d: Derivation, formulas: Formulas, step: Step, level: str) -> Iterator[Line]:
    """An equation of the model: in matrix notation where it has that, and entry by entry."""
    matrices = of_kind(step, StepKind.MATRIX)
    if matrices and level != "index":
        yield Line("", formulas.matrix(d, matrices[0]))
    if level != "matrix" or not matrices:
        yield Line("", formulas.equation(d, step.left, step.after))


def _item(d: Derivation, formulas: Formulas, step: Step, level: str, detail: str) -> Item:
    lines = tuple(_lines(d, formulas, step, level, detail))
    shape = formulas.shape(d, d.model.tensor(step.tensor).shape)
    return Item(step.number, formulas.adjoint(d, step.tensor), formulas.schema(d, step), shape, lines)


def _lines(d: Derivation, formulas: Formulas, step: Step, level: str, detail: str) -> Iterator[Line]:
    """The lines of one tensor's derivation: of its contributions, of their sum, and of its matrix forms."""
    contributions = of_kind(step, StepKind.CONTRIBUTION)
    matrices = of_kind(step, StepKind.MATRIX)
    if level != "matrix" or not matrices:
        if detail != "outline":
            for contribution in contributions:
                yield from _contribution(d, formulas, contribution, detail, several=len(contributions) > 1)
        else:
            yield Line("", formulas.equation(d, step.left, step.before))
        for substep in of_kind(step, StepKind.ADD_PATHS, StepKind.FACT, StepKind.ELIMINATE):
            yield _line(d, formulas, substep, detail)
    if level != "index":
        for substep in matrices:
            yield Line(_LABELS[StepKind.MATRIX], formulas.matrix(d, substep), "", _checked(substep, detail))


def _contribution(d: Derivation, formulas: Formulas, step: Step, detail: str, *, several: bool) -> Iterator[Line]:
    for substep in step.substeps:
        trivial = substep.before == substep.after and substep.kind is StepKind.COLLAPSE
        if trivial and len(step.substeps) > 2:
            continue
        line = _line(d, formulas, substep, detail)
        if several and substep.kind is StepKind.CHAIN_RULE:
            line = Line(f"{line.label}, through {formulas.inline(d, step.through or '')}", line.math, line.note)
        yield line


def _line(d: Derivation, formulas: Formulas, step: Step, detail: str) -> Line:
    label = _LABELS[step.kind]
    if step.kind is StepKind.ELIMINATE:
        label = f"With {formulas.adjoint(d, step.through or '')} put in"
    if step.kind is StepKind.FOLD:
        label = f"In the value {formulas.inline(d, step.through or '')}"
    if step.kind is StepKind.LOCAL_DERIVATIVE and detail != "every-step":
        math = formulas.equation(d, step.left, step.after)
    elif step.before == step.after:
        math = formulas.equation(d, step.left, step.after)
    else:
        math = formulas.equation(d, step.left, step.before, step.after)
    notes = [f"{_FACTS[f.kind]}: {formulas.inline(d, f.tensor)}" for f in step.facts] + list(step.kinks)
    return Line(label, math, "; ".join(notes), _checked(step, detail))


def _checked(step: Step, detail: str) -> str:
    """How the step was checked, where every step is told."""
    if detail != "every-step" or step.check.method is Method.DEFINITION:
        return ""
    words = {
        Method.PROVED: "proved",
        Method.AGREES: f"agrees at {step.check.points} points",
        Method.DEFERRED: "not checked",
    }
    return words[step.check.method]


def _checks(derivation: Derivation) -> Iterator[str]:
    counts = dict(derivation.checks())
    if derivation.one_sample is not None:
        for method, count in derivation.one_sample.checks().items():
            counts[method] = counts.get(method, 0) + count
    words = {
        Method.PROVED: "proved equal at all sizes, by the zero test of both sides' difference",
        Method.AGREES: "found equal at random points, with no proof",
        Method.DEFERRED: "not checked",
        Method.DEFINITION: "definitions: equations of the model, the chain rule",
    }
    for method, said in words.items():
        if counts.get(method):
            yield f"{counts[method]} {'step' if counts[method] == 1 else 'steps'}: {said}."
