r"""A derivation as a document: sections of worded lines, each formula already a string.

Python decides what is shown; templates word it and see strings, booleans and lists. Nothing is computed here: every
formula stands in a step of the derivation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr

from symbackprop.algebra.symbols import adjoint, entry, part_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.edges import Edge, edges
from symbackprop.derivation.steps import Formula, Method, Step, StepKind, of_kind, walk
from symbackprop.model.records import Tensor
from symbackprop.notation.conventions import Conventions
from symbackprop.rendering.formulas import Formulas, formulas_of

LEVELS = ("both", "index", "matrix")
DETAILS = ("outline", "standard", "every-step")

_LABELS = {
    StepKind.CHAIN_RULE: "Chain rule",
    StepKind.LOCAL_DERIVATIVE: "Local derivative",
    StepKind.COLLAPSE: "The deltas collapse",
    StepKind.ADD_PATHS: "Sum over the paths",
    StepKind.FACT: "By a fact",
    StepKind.MATRIX: "Matrix form",
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
    shapes: str = ""
    checked: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One tensor's derivation: a heading, the chain rule over whole tensors, and its lines."""

    number: str
    math: str
    schema: str
    shape: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """An entry that is read out of range, and where: before the first entry, past the last one, or both."""

    math: str
    before: bool
    past: bool


@dataclass(frozen=True, slots=True)
class Path:
    """The notation for a part of an adjoint, shown at the first one that there is."""

    math: str
    adjoint: str
    through: str


@dataclass(frozen=True, slots=True)
class Part:
    """One derivation in the document: of one sample's loss, or of the cost over all samples."""

    title: str
    lead: str
    symbols: tuple[Symbol, ...]
    forward: tuple[Line, ...]
    edges: tuple[EdgeLine, ...]
    later: tuple[EdgeLine, ...]
    path: Path | None
    loss: tuple[Line, ...]
    items: tuple[Item, ...]
    summary: tuple[str, ...]
    updates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What a template words."""

    title: str
    parts: tuple[Part, ...]
    checks: tuple[str, ...]
    premises: tuple[str, ...]
    kinks: tuple[str, ...]


def document(derivation: Derivation, conventions: Conventions, format: str, level: str, detail: str) -> Document:
    """The document of a derivation; of a model with samples, one sample first and then the batch."""
    whole = formulas_of(derivation, conventions, format)
    single = derivation.one_sample
    if single is None:
        parts = (_part(whole, level, detail, "", ""),)
    else:
        one = formulas_of(single, conventions, format)
        lead = f"The loss of one sample is {one.tensor(single.root)}."
        parts = (
            _part(one, level, detail, "One sample", lead),
            _part(whole, level, _batch_detail(detail), "All samples", _batch_lead(whole)),
        )
    derivations = [d for d in (single, derivation) if d is not None]
    return Document(
        title=_title(whole),
        parts=parts,
        checks=tuple(checks_in_words(derivations)),
        premises=tuple(dict.fromkeys(whole.premise(p) for d in derivations for p in d.premises())),
        kinks=tuple(dict.fromkeys(whole.plain(k) for d in derivations for step in walk(d.steps) for k in step.kinks)),
    )


def _title(formulas: Formulas) -> str:
    name = formulas.derivation.source.name
    return f"Backpropagation, derived: {formulas.plain(name)}" if name else "Backpropagation, derived"


def _batch_detail(detail: str) -> str:
    """The batch repeats what one sample has shown, so it is told in outline unless every step is wanted."""
    return detail if detail == "every-step" else "outline"


def _batch_lead(formulas: Formulas) -> str:
    derivation = formulas.derivation
    samples = derivation.source.samples
    if samples is None:
        return ""
    lead = (
        f"The {formulas.size(samples.size)} samples stand in the {samples.side} of each array that has one entry per"
        f" sample; the cost over all of them is {formulas.tensor(derivation.root)}."
    )
    if derivation.scale != 1:
        lead += (
            " The adjoints of such arrays are those of each sample's own loss,"
            f" and the factor {formulas.size(derivation.scale)} stands at the parameters."
        )
    return lead


def _part(formulas: Formulas, level: str, detail: str, title: str, lead: str) -> Part:
    d = formulas.derivation
    outside = edges(d)
    items = tuple(_item(formulas, step, level, detail) for step in d.steps)
    forward = [s for s in d.forward if d.model.tensor(s.tensor).role not in ("loss", "cost")]
    losses = [s for s in d.forward if s not in forward]
    return Part(
        title=title,
        lead=lead,
        symbols=tuple(_symbol(formulas, tensor) for tensor in d.model.tensors),
        forward=tuple(line for step in forward for line in _forward(formulas, step, level)),
        edges=tuple(_edge(formulas, edge) for edge in outside if not edge.of_adjoint),
        later=tuple(_edge(formulas, edge) for edge in outside if edge.of_adjoint),
        path=_path(formulas, detail, level),
        loss=tuple(line for step in losses for line in _forward(formulas, step, level)),
        items=items,
        summary=tuple(formulas.result(step, level) for step in d.summary()),
        updates=tuple(formulas.update(step, level) for step in d.updates),
    )


def _edge(formulas: Formulas, edge: Edge) -> EdgeLine:
    return EdgeLine(formulas.entry(edge.read), edge.before, edge.past)


def _path(formulas: Formulas, detail: str, level: str) -> Path | None:
    """The first part of an adjoint that is shown; None where none is."""
    for step in formulas.derivation.steps if detail != "outline" else ():
        contributions = of_kind(step, StepKind.CONTRIBUTION)
        hidden = level == "matrix" and of_kind(step, StepKind.MATRIX)
        if len(contributions) > 1 and not hidden:
            through = contributions[0].through or ""
            part = formulas.entry(entry(part_of(adjoint(step.tensor), through)))
            return Path(part, formulas.adjoint(step.tensor), formulas.tensor(through))
    return None


def _symbol(formulas: Formulas, tensor: Tensor) -> Symbol:
    facts = [_FACTS[fact.kind] for fact in tensor.facts]
    if tensor.integer:
        facts.append("integer: says which entry, counted as indices are")
    return Symbol(formulas.tensor(tensor.name), tensor.role, formulas.shape(tensor.shape), ", ".join(facts))


def _forward(formulas: Formulas, step: Step, level: str) -> Iterator[Line]:
    """An equation of the model: in matrix notation where it has that, and entry by entry."""
    matrices = of_kind(step, StepKind.MATRIX)
    whole = formulas.matrix(matrices) if matrices and level != "index" else ""
    if whole:
        yield Line("", whole, shapes=formulas.shapes(matrices[0]))
    entries = formulas.chain(step.left, step.after)
    if not whole or (level != "matrix" and entries != whole):
        yield Line("", entries)


def _item(formulas: Formulas, step: Step, level: str, detail: str) -> Item:
    lines = tuple(_lines(formulas, step, level, detail))
    shape = formulas.shape(formulas.derivation.model.tensor(step.tensor).shape)
    return Item(step.number, formulas.adjoint(step.tensor), formulas.schema(step), shape, lines)


def _lines(formulas: Formulas, step: Step, level: str, detail: str) -> Iterator[Line]:
    """The lines of one tensor's derivation: of its contributions, of their sum, and of its matrix forms."""
    contributions = of_kind(step, StepKind.CONTRIBUTION)
    matrices = of_kind(step, StepKind.MATRIX)
    if level != "matrix" or not matrices:
        if detail != "outline":
            for contribution in contributions:
                yield from _contribution(formulas, contribution, detail, several=len(contributions) > 1)
        elif level == "index" or not matrices:
            yield Line("", formulas.chain(step.left, step.before))
        if detail != "outline" or level == "index" or not matrices:
            for substep in of_kind(step, StepKind.ADD_PATHS, StepKind.FACT, StepKind.ELIMINATE):
                if substep.kind is StepKind.ADD_PATHS and detail != "outline":
                    substep = replace(substep, before=_parts(formulas, step, contributions))
                yield _line(formulas, substep, detail)
    if level != "index" and matrices:
        yield Line(
            _LABELS[StepKind.MATRIX] if detail != "outline" else "",
            formulas.matrix(matrices),
            shapes=formulas.shapes(matrices[0]),
            checked=line_check(matrices[-1], detail),
        )


def _parts(formulas: Formulas, step: Step, contributions: Sequence[Step]) -> Formula:
    """The parts of an adjoint by name, added: each has been derived in the lines before."""
    parts = (formulas.part(step.tensor, step.left, c.through or "") for c in contributions)
    return Add(*(part for part in parts if isinstance(part, Expr)), evaluate=False)


def _contribution(formulas: Formulas, step: Step, detail: str, *, several: bool) -> Iterator[Line]:
    for substep in step.substeps:
        if substep.kind is StepKind.COLLAPSE and substep.before == substep.after:
            continue  # nothing was there to collapse
        if several and substep.through:
            substep = replace(substep, left=formulas.part(step.tensor, substep.left, substep.through))
        line = _line(formulas, substep, detail)
        if several and substep.kind is StepKind.CHAIN_RULE:
            line = replace(line, label=f"{line.label}, the path through {formulas.tensor(step.through or '')}")
        yield line


def _line(formulas: Formulas, step: Step, detail: str) -> Line:
    brief = step.kind is StepKind.LOCAL_DERIVATIVE and detail != "every-step"
    math = formulas.chain(step.left, step.after) if brief else formulas.chain(step.left, step.before, step.after)
    notes = [f"{formulas.tensor(fact.tensor)} {_FACTS[fact.kind]}" for fact in step.facts]
    notes += [formulas.plain(kink) for kink in step.kinks]
    return Line(_label(formulas, step), math, note="; ".join(notes), checked=line_check(step, detail))


def _label(formulas: Formulas, step: Step) -> str:
    if step.kind is StepKind.ELIMINATE:
        names = ", ".join(formulas.adjoint(name) for name in (step.through or "", *step.also))
        return f"With {names} put in"
    if step.kind is StepKind.FOLD:
        return f"Folded, in the value {formulas.tensor(step.through or '')}"
    return _LABELS[step.kind]


def line_check(step: Step, detail: str) -> str:
    """How the step was checked, where every step is told."""
    if detail != "every-step" or step.check.method is Method.DEFINITION:
        return ""
    words = {
        Method.PROVED: "proved",
        Method.AGREES: f"agrees at {step.check.points} points",
        Method.DEFERRED: "not checked",
    }
    return words[step.check.method]


def checks_in_words(derivations: Sequence[Derivation], scope: str = ", at all sizes") -> Iterator[str]:
    """How many steps were checked in which way; `scope` says where the proofs hold."""
    words = {
        Method.PROVED: f"proved{scope}: the difference of its two sides is zero",
        Method.AGREES: "found equal at random points, without a proof",
        Method.DEFERRED: "not checked",
    }
    for method, said in words.items():
        count = sum(d.checks().get(method, 0) for d in derivations)
        if count:
            yield f"{count} {'step' if count == 1 else 'steps'}: {said}."
