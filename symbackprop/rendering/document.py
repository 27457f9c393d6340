r"""A derivation as a document: what is told, each formula already a string of the format.

Python decides what is shown; templates word it and see strings, booleans and records. Nothing is computed here: every
formula stands in a step of the derivation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sympy import Symbol

from symbackprop.algebra.matrices.grammar import LogSumExp, Matrix, Softmax
from symbackprop.algebra.symbols import adjoint, entry, part_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.edges import Edge, edges
from symbackprop.derivation.rates import learning_rate
from symbackprop.derivation.slopes import function_slopes
from symbackprop.derivation.steps import Formula, Method, Step, StepKind, of_kind, walk
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.model.records import Tensor
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.generic import Generic, in_general
from symbackprop.notation.writing.layout import Layout, Words
from symbackprop.rendering.formulas import Formulas, formulas_of
from symbackprop.rendering.index_lines import FACTS
from symbackprop.rendering.items import in_runs, role_told, told_steps
from symbackprop.rendering.numbers import numbers_of
from symbackprop.rendering.reasons import Reading, readings
from symbackprop.rendering.records import (
    Batch,
    Descent,
    Document,
    EdgeLine,
    Item,
    Like,
    Notation,
    Over,
    Part,
    Path,
    Row,
    Slope,
    Told,
)
from symbackprop.rendering.repeats import spelled
from symbackprop.rendering.roles import Kind, Role, roles
from symbackprop.rendering.signs import signs


def document(
    derivation: Derivation,
    conventions: Conventions,
    format: str,
    level: str,
    detail: str,
    *,
    title: str = "",
    author: str = "",
    evaluation: Evaluation | None = None,
    digits: int = 4,
) -> Document:
    """The document of a derivation; of a model with samples, one sample first and then what the batch changes."""
    whole = formulas_of(derivation, conventions, format)
    single = None if derivation.one_sample is None else formulas_of(derivation.one_sample, conventions, format)
    derivations = [d for d in (derivation.one_sample, derivation) if d is not None]
    parts = [_part(whole, level, detail)] if single is None else _parts(single, whole, level, detail)
    return Document(
        title=whole.plain(title),
        author=whole.plain(author),
        name=whole.plain(derivation.source.name or ""),
        level=level,
        detail=detail,
        parts=tuple(parts),
        numbers=None if evaluation is None else numbers_of(single or whole, evaluation, digits),
        checks=tuple(checks_in_words(derivations)),
        premises=tuple(dict.fromkeys(whole.premise(p) for d in derivations for p in d.premises())),
        kinks=tuple(dict.fromkeys(whole.plain(k) for d in derivations for step in walk(d.steps) for k in step.kinks)),
    )


def _parts(single: Formulas, whole: Formulas, level: str, detail: str) -> list[Part]:
    """One sample, and the whole batch: that in full only where every step is wanted."""
    changed = None if detail == "every-step" else whole.derivation.sampled | {whole.derivation.root}
    one, all_of = _part(single, level, detail), _part(whole, level, detail, changed)
    if detail == "every-step":
        return [one, all_of]
    alike = {step.tensor: spelled(step.after, single.names) for step in single.derivation.steps}
    summary = whole.derivation.summary()
    same = {s.tensor for s in summary if alike.get(s.tensor) == spelled(s.after, whole.names, _sample_of(whole, s))}
    parameters = {t.name for t in whole.derivation.model.tensors if t.role == "parameter"}
    ending = {s.number for s in whole.derivation.steps if s.tensor in parameters}
    # nothing is computed from a parameter's derivative: those that go like others may stand together at the end
    ordered = sorted(all_of.items, key=lambda item: item.like is not None and item.number in ending)
    items = tuple(_renumbered(ordered, {s.number for s in summary if s.tensor not in same}, len(one.items)))
    kept = [whole.result(step, level) for step in summary if step.tensor in same]
    shown = tuple(in_runs(whole, items, level) if detail == "standard" else items)
    return [
        one,
        replace(all_of, slopes=(), functions=(), kept=whole.block(kept) if kept else "", items=items, told=shown),
    ]


def _sample_of(formulas: Formulas, step: Step) -> Symbol | None:
    """The index of a step's entries that counts samples; None if there is none."""
    samples, array = formulas.derivation.source.samples, step.array
    if samples is None or array is None:
        return None
    return next((i for i, extent in zip(array.indices, array.shape, strict=True) if extent == samples.size), None)


def _renumbered(items: Sequence[Item], shown: Collection[str], after: int) -> Iterator[Item]:
    """The items of the steps that are shown, numbered on from `after`; a step is like one that is shown too."""
    numbers = {item.number: str(n) for n, item in enumerate((i for i in items if i.number in shown), start=after + 1)}
    for item in items:
        if item.number not in shown:
            continue
        like = item.like
        if like is not None:
            like = Like(numbers[like.number], like.instead) if like.number in numbers else None
        yield replace(item, number=numbers[item.number], step=item.number, like=like, firsts=frozenset())


def _part(formulas: Formulas, level: str, detail: str, rows: Collection[str] | None = None) -> Part:
    """One derivation; the table of symbols has the tensors in `rows`, or all."""
    d = formulas.derivation
    outside = edges(d)
    read = {step.tensor: readings(d, step) for step in d.steps}
    told = roles(d, read)
    names = {tensor.name for tensor in d.model.tensors} if rows is None else rows
    items = tuple(told_steps(formulas, read, told, level, detail))
    return Part(
        id="all" if d.sampled else "one",
        root=formulas.tensor(d.root),
        batch=_batch(formulas),
        rows=tuple(_rows(formulas, told, names)),
        forward=formulas.block([formulas.result(step, level) for step in d.forward]),
        slopes=tuple(_slopes(formulas)) if detail != "outline" else (),
        signs=signs(formulas, _shown(formulas, read, level, detail)),
        functions=tuple(_functions(formulas, level)),
        sizes=tuple(_sizes(formulas)),
        notation=_notation(formulas),
        edges=tuple(_edge(formulas, edge) for edge in outside if not edge.of_adjoint),
        later=tuple(_edge(formulas, edge) for edge in outside if edge.of_adjoint),
        path=_path(formulas) if detail == "every-step" and level != "matrix" else None,
        kept="",
        items=items,
        told=tuple(in_runs(formulas, items, level) if detail == "standard" else items),
        summary=formulas.block([formulas.result(step, level) for step in d.summary()]),
        descent=_descent(formulas, level, detail) if d.updates else None,
    )


def _shown(formulas: Formulas, read: Mapping[str, tuple[Reading, ...]], level: str, detail: str) -> Iterator[Formula]:
    """The right sides that a reader meets."""
    d = formulas.derivation
    if detail == "every-step":
        yield from (s.after for s in walk((*d.forward, *d.steps)) if s.kind is not StepKind.MATRIX or level != "index")
        return
    yield from (formulas.result(step, level)[1] for step in (*d.forward, *d.steps))
    yield from (r.slope for ways in read.values() for r in ways if not formulas.is_wide(r.slope))
    yield from (side.after for step in d.steps for side in of_kind(step, StepKind.COLLAPSE, StepKind.ELIMINATE))


def _descent(formulas: Formulas, level: str, detail: str) -> Descent:
    first, *others = formulas.derivation.updates
    results = [formulas.result(step, level) for step in formulas.derivation.updates]
    return Descent(
        rate=formulas.tensor(learning_rate(formulas.derivation.model)),
        update=formulas.inline(formulas.line(*formulas.result(first, level), sign=":=")),
        others=tuple(formulas.tensor(step.tensor) for step in others),
        all=formulas.block(results, ":=") if detail == "every-step" else "",
    )


def _slopes(formulas: Formulas) -> Iterator[Slope]:
    """The derivatives of the functions that are applied; what every school table has stands in the steps alone."""
    for step in function_slopes(formulas.derivation):
        formula = of_kind(step, StepKind.FORWARD)
        if formula:
            sides = (step.left, step.before, *(part.after for part in step.substeps[1:]), step.after)
            shown = formulas.chain(formula[0].left, formula[0].after)
            yield Slope(formulas.function(step.tensor), shown, formulas.chain(*sides))


def _sizes(formulas: Formulas) -> Iterator[str]:
    """The sizes in the shapes, in the order in which they come."""
    shapes = [tensor.shape for tensor in formulas.derivation.model.tensors]
    found = (size for shape in shapes for extent in shape for size in sorted(extent.free_symbols, key=str))
    return (formulas.size(size) for size in dict.fromkeys(found))


def _functions(formulas: Formulas, level: str) -> Iterator[str]:
    """By entries, what functions of whole arrays are, each at its first place: softmax."""
    seen: set[type[Matrix]] = set()
    for step in formulas.derivation.forward:
        _, whole = formulas.result(step, level)
        if isinstance(whole, Softmax | LogSumExp) and type(whole) not in seen:
            seen.add(type(whole))
            yield formulas.chain(step.left, step.after)


def _notation(formulas: Formulas) -> Notation:
    d = formulas.derivation
    example = d.steps[0].tensor
    root = formulas.names.root_of(example)
    return Notation(
        formulas.tensor(example),
        formulas.adjoint(example) if formulas.names.conventions.adjoint != "partial" else "",
        formulas.inline(formulas.spelling.layout(formulas.partial(root, example), formulas.names)),
        formulas.hadamard(),
    )


def _batch(formulas: Formulas) -> Batch | None:
    d = formulas.derivation
    samples = d.source.samples
    if samples is None or not d.sampled:
        return None
    factor = formulas.size(d.scale) if d.scale != 1 else ""
    loss = formulas.tensor(d.source.loss)
    return Batch(formulas.size(samples.size), samples.side, formulas.tensor(d.root), loss, factor)


def _edge(formulas: Formulas, edge: Edge) -> EdgeLine:
    return EdgeLine(formulas.entry(edge.read), edge.before, edge.past)


def _path(formulas: Formulas) -> Path | None:
    """The first part of an adjoint that is shown; None where none is."""
    for step in formulas.derivation.steps:
        contributions = of_kind(step, StepKind.CONTRIBUTION)
        if len(contributions) > 1:
            through = contributions[0].through or ""
            part = formulas.entry(entry(part_of(adjoint(step.tensor), through)))
            return Path(part, formulas.adjoint(step.tensor), formulas.tensor(through))
    return None


def _rows(formulas: Formulas, told: Mapping[str, Role], names: Collection[str]) -> Iterator[Row]:
    """The rows of the table of symbols: neighbours of one layer and one kind together."""
    groups: list[list[Tensor]] = []
    for tensor in (t for t in formulas.derivation.model.tensors if t.name in names):
        if groups and _together(groups[-1][-1], tensor, told):
            groups[-1].append(tensor)
        else:
            groups.append([tensor])
    for each in in_general([_looks(formulas, group, told) for group in groups], formulas.names.layer):
        group = groups[each.at]
        yield Row(
            symbols=tuple(formulas.layout(name) for name in each.layouts[: len(group)]),
            shapes=tuple(dict.fromkeys(formulas.layout(s) for s in each.layouts[len(group) : 2 * len(group)])),
            roles=tuple(dict.fromkeys(_role(formulas, told[t.name], each.over) for t in group)),
            facts=tuple(dict.fromkeys(fact for tensor in group for fact in _facts(tensor))),
            over=None
            if each.over is None
            else Over(formulas.letter(each.over.letter), each.over.first, each.over.last),
        )


def _over(formulas: Formulas, of: Generic | None) -> Over | None:
    return None if of is None else Over(formulas.letter(of.letter), of.first, of.last)


def _looks(formulas: Formulas, group: Sequence[Tensor], told: Mapping[str, Role]) -> tuple[Layout, ...]:
    """The names, the shapes and the roles of tensors that are told together, by which alike layers are found."""
    names = [formulas.name_layout(t.name) for t in group]
    shapes = [formulas.shape_layout(t.shape) for t in group]
    roles = [replace(told[t.name], layer="") for t in group]
    facts = [fact for t in group for fact in _facts(t)]
    return (*names, *shapes, Words(f"{roles} {facts}"))


def _role(formulas: Formulas, role: Role, over: Generic | None) -> Told:
    told = role_told(formulas, role)
    return told if over is None or not role.layer else replace(told, layer=formulas.letter(over.letter))


def _facts(tensor: Tensor) -> list[str]:
    facts = [FACTS[fact.kind] for fact in tensor.facts]
    return [*facts, "integer: says which entry, counted as indices are"] if tensor.integer else facts


def _together(one: Tensor, other: Tensor, told: Mapping[str, Role]) -> bool:
    left, right = told[one.name], told[other.name]
    if one.facts or other.facts or one.integer != other.integer or one.role != other.role:
        return False
    if one.role == "parameter":
        return left.layer == right.layer
    return left == right or (left.kind, right.kind, left.layer) == (Kind.SUMS, Kind.ACTIVATION, right.layer)


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
