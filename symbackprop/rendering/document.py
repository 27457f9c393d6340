r"""A derivation as a document: what is told, each formula already a string of the format.

Python decides what is shown; templates word it and see strings, booleans and records. Nothing is computed here: every
formula stands in a step of the derivation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from sympy import Expr, Symbol

from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.matrices.grammar import Matrix, Product
from symbackprop.algebra.symbols import Partial, adjoint, entry, indices_of, part_of, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.edges import Edge, edges
from symbackprop.derivation.slopes import function_slopes
from symbackprop.derivation.steps import Formula, Method, Step, StepKind, of_kind, walk
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.model.records import Tensor
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.matrix_layout import with_indices
from symbackprop.notation.writing.text import text
from symbackprop.rendering.figures.picture import graph_drawing
from symbackprop.rendering.figures.svg import svg
from symbackprop.rendering.figures.tikz import tikz
from symbackprop.rendering.formulas import Formulas, formulas_of
from symbackprop.rendering.index_lines import FACTS, Line, how_checked, index_lines
from symbackprop.rendering.numbers import Numbers, numbers_of
from symbackprop.rendering.reasons import How, Reading, readings
from symbackprop.rendering.repeats import Pattern, kinds_of, pattern, spelled
from symbackprop.rendering.roles import Kind, Role, roles

LEVELS = ("both", "index", "matrix")
DETAILS = ("outline", "standard", "every-step")


class First(StrEnum):
    """What is explained where it is met first."""

    LOSS = "loss"  # why the way goes backwards
    OUTER = "outer"  # all entries dz_i a_j together are a column times a row
    TRANSPOSE = "transpose"  # a sum down the columns of W is a product with Wᵀ
    PATHS = "paths"  # what a tensor does by several ways adds up
    RECURRENCE = "recurrence"  # the steps are gone through from the last to the first


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of symbols: tensors that are told together, for they have one role."""

    symbols: tuple[str, ...]
    shapes: tuple[str, ...]
    roles: tuple[Told, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """How one equation reads the tensor of a step, in strings: see `reasons.Reading`."""

    how: How
    of: str
    entry: str
    through: str
    over: tuple[str, ...]
    slope: str
    function: str
    later: bool
    separate: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The role of a tensor, with its function as the format writes it: see `roles.Role`."""

    kind: Kind
    layer: str
    function: str
    several: bool


@dataclass(frozen=True, slots=True)
class Instead:
    """In a step that goes like an earlier one: what stands in the place of what."""

    this: str
    that: str


@dataclass(frozen=True, slots=True)
class Like:
    """The earlier step that a step goes like."""

    number: str
    instead: tuple[Instead, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One step: the adjoint of one tensor, numbered as it is shown; `step` is its number in the derivation.

    `slopes` are local derivatives that are too wide for a sentence.
    `entry` is the result by entries where it is short and stands in the sentence, `algebra` the lines that lead to it
    where there are more, `matrices` the result in matrix notation, `put_in` the adjoints of earlier steps in it.
    `firsts` names what is met here for the first time and wants a word.
    """

    number: str
    step: str
    math: str
    role: Told
    schema: str
    ways: tuple[Way, ...]
    like: Like | None
    slopes: tuple[str, ...]
    entry: str
    algebra: str
    matrices: str
    put_in: tuple[str, ...]
    shapes: str
    facts: tuple[str, ...]
    firsts: frozenset[First]
    factor: str
    checked: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring steps each of which goes like an earlier one: told together, with their results in one block."""

    items: tuple[Item, ...]
    likes: tuple[str, ...]
    instead: tuple[Instead, ...]
    block: str


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
class Batch:
    """How the samples stand, and what the cost over all of them is."""

    size: str
    side: str
    root: str
    loss: str
    factor: str


@dataclass(frozen=True, slots=True)
class Slope:
    """A function that the network applies: its formula, if it is not elementary, and the derivative from it."""

    function: str
    formula: str
    slope: str


@dataclass(frozen=True, slots=True)
class Notation:
    """Signs to be explained: of adjoints, shown at the tensor `of`; of products by entries; of a matrix's transpose."""

    of: str
    adjoint: str
    partial: str
    hadamard: str
    matrix: str
    transposed: str


@dataclass(frozen=True, slots=True)
class Part:
    """One derivation in the document: of one sample's loss, or of the cost over all samples."""

    id: str
    root: str
    batch: Batch | None
    rows: tuple[Row, ...]
    forward: str
    figure: str
    slopes: tuple[Slope, ...]
    signs: frozenset[str]
    notation: Notation
    edges: tuple[EdgeLine, ...]
    later: tuple[EdgeLine, ...]
    path: Path | None
    kept: str
    items: tuple[Item, ...]
    told: tuple[Item | Run, ...]
    summary: str
    updates: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a template words."""

    title: str
    author: str
    name: str
    level: str
    detail: str
    parts: tuple[Part, ...]
    tips: Mapping[str, str]
    numbers: Numbers | None
    checks: tuple[str, ...]
    premises: tuple[str, ...]
    kinks: tuple[str, ...]


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
        tips=_tips(whole),
        numbers=None if evaluation is None else numbers_of(single or whole, evaluation, digits),
        checks=tuple(checks_in_words(derivations)),
        premises=tuple(dict.fromkeys(whole.premise(p) for d in derivations for p in d.premises())),
        kinks=tuple(dict.fromkeys(whole.plain(k) for d in derivations for step in walk(d.steps) for k in step.kinks)),
    )


def _tips(formulas: Formulas) -> dict[str, str]:
    """What each tensor and each adjoint is, in plain text, by its name in the formulas of a page."""
    d, names = formulas.derivation, formulas.names
    found: dict[str, str] = {}
    for tensor in d.model.tensors:
        shape = " × ".join(text(size, names=names) for size in tensor.shape) or "a number"
        found[tensor.name] = f"{names.glyph(tensor.name).plain}: {tensor.role}, {shape}"
        found[adjoint(tensor.name)] = f"the derivative of {names.root_of(tensor.name)} with respect to {tensor.name}"
    return found


def _parts(single: Formulas, whole: Formulas, level: str, detail: str) -> list[Part]:
    """One sample, and the whole batch: that in full only where every step is wanted."""
    changed = None if detail == "every-step" else whole.derivation.sampled | {whole.derivation.root}
    one, all_of = _part(single, level, detail), _part(whole, level, detail, changed)
    if detail == "every-step":
        return [one, all_of]
    alike = {step.tensor: spelled(step.after, single.names) for step in single.derivation.steps}
    summary = whole.derivation.summary()
    same = {s.tensor for s in summary if alike.get(s.tensor) == spelled(s.after, whole.names, _sample_of(whole, s))}
    items = tuple(_renumbered(all_of.items, {s.number for s in summary if s.tensor not in same}, len(one.items)))
    kept = [whole.result(step, level) for step in summary if step.tensor in same]
    shown = tuple(_runs(whole, items, level) if detail == "standard" else items)
    return [
        one,
        replace(all_of, figure="", slopes=(), kept=whole.block(kept) if kept else "", items=items, told=shown),
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
    items = tuple(_items(formulas, read, told, level, detail))
    shown = [s for s in walk((*d.forward, *d.steps)) if s.kind is not StepKind.MATRIX or level != "index"]
    signs = {sign for step in shown for sign in kinds_of(step.after, formulas.names)}
    return Part(
        id="all" if d.sampled else "one",
        root=formulas.tensor(d.root),
        batch=_batch(formulas),
        rows=tuple(_rows(formulas, told, names)),
        forward=formulas.block([formulas.result(step, level) for step in d.forward]),
        figure=_figure(formulas) if detail != "outline" else "",
        slopes=tuple(_slopes(formulas)) if detail != "outline" else (),
        signs=frozenset(signs),
        notation=_notation(formulas),
        edges=tuple(_edge(formulas, edge) for edge in outside if not edge.of_adjoint),
        later=tuple(_edge(formulas, edge) for edge in outside if edge.of_adjoint),
        path=_path(formulas) if detail == "every-step" and level != "matrix" else None,
        kept="",
        items=items,
        told=tuple(_runs(formulas, items, level) if detail == "standard" else items),
        summary=formulas.block([formulas.result(step, level) for step in d.summary()]),
        updates=formulas.block([formulas.result(step, level) for step in d.updates], ":=") if d.updates else "",
    )


def _slopes(formulas: Formulas) -> Iterator[Slope]:
    """The derivatives of the functions that are applied; what every school table has stands in the steps alone."""
    for step in function_slopes(formulas.derivation):
        formula = of_kind(step, StepKind.FORWARD)
        if formula:
            sides = (step.left, step.before, *(part.after for part in step.substeps[1:]), step.after)
            shown = formulas.chain(formula[0].left, formula[0].after)
            yield Slope(formulas.function(step.tensor), shown, formulas.chain(*sides))


def _figure(formulas: Formulas) -> str:
    """The computation graph; empty in Markdown, which has no drawings, and for a network that is nothing but a loss."""
    printers = {"html": svg, "tex": tikz}
    printer = printers.get(formulas.format)
    return printer(graph_drawing(formulas.derivation, formulas.names)) if printer is not None else ""


def _notation(formulas: Formulas) -> Notation:
    d = formulas.derivation
    example = d.steps[0].tensor
    root = formulas.names.root_of(example)
    matrix = next((t.name for t in d.model.tensors if len(t.shape) == 2 and t.role == "parameter"), "")
    return Notation(
        formulas.tensor(example),
        formulas.adjoint(example) if formulas.names.conventions.adjoint != "partial" else "",
        formulas.inline(formulas.spelling.layout(formulas.partial(root, example), formulas.names)),
        formulas.hadamard(),
        formulas.tensor(matrix) if matrix else "",
        formulas.transposed(matrix) if matrix else "",
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
    for group in groups:
        facts = [fact for tensor in group for fact in _facts(tensor)]
        yield Row(
            tuple(formulas.tensor(t.name) for t in group),
            tuple(dict.fromkeys(formulas.shape(t.shape) for t in group)),
            tuple(dict.fromkeys(_told(formulas, told[t.name]) for t in group)),
            tuple(dict.fromkeys(facts)),
        )


def _told(formulas: Formulas, role: Role) -> Told:
    return Told(role.kind, role.layer, formulas.function(role.function), role.several)


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


def _items(
    formulas: Formulas, read: Mapping[str, tuple[Reading, ...]], told: Mapping[str, Role], level: str, detail: str
) -> Iterator[Item]:
    """The steps; one that goes like an earlier one says which, and what is new is explained once."""
    seen: dict[tuple[object, ...], tuple[str, Pattern]] = {}
    known: set[First] = set()
    for step in formulas.derivation.steps:
        found = pattern(step, formulas.names)
        number, first = seen.setdefault(found.shape, (step.number, found))
        like = None if number == step.number else Like(number, tuple(_instead(formulas, step, found, first)))
        firsts = frozenset(_firsts(step, read[step.tensor], told[step.tensor], level)) - known
        known |= firsts
        role = _told(formulas, told[step.tensor])
        yield _item(formulas, step, read[step.tensor], role, like, firsts, level, detail)


def _runs(formulas: Formulas, items: Sequence[Item], level: str) -> Iterator[Item | Run]:
    """The steps, those together that go like neighbouring earlier ones: the next layer goes like the one before."""
    waiting: list[Item] = []
    for item in items:
        if waiting and (item.like is None or int(item.like.number) <= int(_like(waiting[-1]))):
            yield _run(formulas, waiting, level)
            waiting = []
        if item.like is None:
            yield item
        else:
            waiting.append(item)
    if waiting:
        yield _run(formulas, waiting, level)


def _like(item: Item) -> str:
    return item.like.number if item.like is not None else item.number


def _run(formulas: Formulas, items: Sequence[Item], level: str) -> Item | Run:
    if len(items) == 1:
        return items[0]
    steps = {step.number: step for step in formulas.derivation.steps}
    instead = dict.fromkeys(i for item in items if item.like is not None for i in item.like.instead)
    return Run(
        tuple(items),
        tuple(_like(item) for item in items),
        tuple(instead),
        formulas.block([formulas.result(steps[item.step], level) for item in items]),
    )


def _factor(formulas: Formulas, step: Step) -> str:
    """What the mean over samples brings where the losses of all samples join; empty where it brings nothing."""
    d = formulas.derivation
    joins = any(c.through in d.sampled for c in of_kind(step, StepKind.CONTRIBUTION)) and step.tensor not in d.sampled
    return formulas.size(d.scale) if d.scale != 1 and joins else ""


def _firsts(step: Step, read: Sequence[Reading], role: Role, level: str) -> Iterator[First]:
    """What a step may have to explain."""
    hows = {reading.how for reading in read}
    matrices = of_kind(step, StepKind.MATRIX) if level != "index" else ()
    product = bool(matrices) and isinstance(matrices[0].after, Product)
    if How.LOSS in hows:
        yield First.LOSS
    if product and role.kind is Kind.WEIGHTS and any(not r.over and _rank(r.slope) == 1 for r in read):
        yield First.OUTER
    if product and role.kind is not Kind.WEIGHTS and any(_runs_down(reading) for reading in read):
        yield First.TRANSPOSE
    if len(read) > 1:
        yield First.PATHS
    if any(reading.later for reading in read):
        yield First.RECURRENCE


def _rank(slope: Expr) -> int:
    """How many indices a slope has that is an entry of a tensor; -1 for any other."""
    return len(indices_of(slope)) if tensor_of(slope) is not None else -1


def _runs_down(reading: Reading) -> bool:
    """Whether the sum over what reads the entry goes down a column of a matrix."""
    return _rank(reading.slope) == 2 and indices_of(reading.slope)[0] in reading.over


def _instead(formulas: Formulas, step: Step, this: Pattern, that: Pattern) -> Iterator[Instead]:
    """The tensors that are read in the place of others; not the step's own, nor those that it goes through."""
    tensors = {glyph: name for name, glyph in formulas.names.glyphs.items()}
    own = {step.tensor, *(part.through for part in of_kind(step, StepKind.CONTRIBUTION))}
    for new, old in zip(this.names, that.names, strict=True):
        if new != old and new in tensors and old in tensors and tensors[new] not in own:
            yield Instead(formulas.tensor(tensors[new]), formulas.tensor(tensors[old]))


def _item(
    formulas: Formulas,
    step: Step,
    read: Sequence[Reading],
    role: Told,
    like: Like | None,
    firsts: frozenset[First],
    level: str,
    detail: str,
) -> Item:
    matrices = of_kind(step, StepKind.MATRIX) if level != "index" else ()
    sides = _sides(step, level, detail, like is not None, bool(matrices))
    said = (step.left, *(part for r in read for part in (r.of, r.entry, r.slope)), *sides)
    formulas = replace(formulas, names=with_indices(formulas.names, said))
    brief = len(sides) == 2 and bool(matrices) and not formulas.is_wide(*sides)
    wide = [r for r in read if detail != "outline" and like is None and formulas.is_wide(r.slope)]
    known = any(formulas.line(sides[-1]) == formulas.line(form.after) for form in matrices[-1:]) if sides else False
    return Item(
        number=step.number,
        step=step.number,
        math=formulas.adjoint(step.tensor),
        role=role,
        schema=formulas.schema(step) if detail != "outline" else "",
        ways=tuple(_way(formulas, reading) for reading in read) if detail != "outline" else (),
        like=like,
        slopes=tuple(formulas.chain(Partial(r.entry, r.of), r.slope) for r in wide),
        entry=formulas.inline(formulas.line(*sides)) if brief and not known else "",
        algebra=formulas.chain(*sides) if sides and not brief else "",
        matrices=formulas.matrix(matrices) if matrices and (brief or not known) else "",
        put_in=tuple(formulas.adjoint(s.through or "") for s in of_kind(step, StepKind.ELIMINATE) if not s.substeps),
        shapes=formulas.shapes(matrices[0]) if matrices and _multiplies(matrices[0]) else "",
        facts=tuple(_used(formulas, step)) if detail != "outline" and like is None else (),
        firsts=firsts,
        factor=_factor(formulas, step),
        checked=how_checked(matrices[-1]) if matrices and detail == "every-step" else "",
        lines=tuple(index_lines(formulas, step)) if _is_told_whole(formulas, detail, level) else (),
    )


def _is_told_whole(formulas: Formulas, detail: str, level: str) -> bool:
    """Whether every line by entries stands in a step; a page has them folded away."""
    folded = formulas.format == "html" and detail != "outline"
    return (folded or detail == "every-step") and level != "matrix"


def _sides(step: Step, level: str, detail: str, told: bool, lifted: bool) -> list[Formula]:
    """The forms by entries that are shown, the left side first; none where the matrix form alone says it."""
    scalar = step.array is not None and not step.array.indices
    if lifted and (level == "matrix" or detail == "outline" or told or scalar):
        return []
    return _algebra(step, lifted)


def _algebra(step: Step, lifted: bool) -> list[Formula]:
    """The lines by entries: what the equations add, folded; and what is put in, where no matrix form shows it."""
    sides: list[Formula] = [step.left]
    contributions = of_kind(step, StepKind.CONTRIBUTION)
    if len(contributions) == 1:
        parts = [s for s in contributions[0].substeps if s.kind in (StepKind.COLLAPSE, StepKind.FOLD)]
        sides += [part.after for part in parts if part.left == step.left]
    for part in of_kind(step, StepKind.ADD_PATHS, StepKind.FACT, StepKind.ELIMINATE):
        if part.kind is StepKind.ELIMINATE and part.substeps:
            sides += [inner.after for inner in part.substeps]
        elif part.kind is not StepKind.ELIMINATE or not lifted or _is_shorter(part):
            sides.append(part.after)
    return list(dict.fromkeys(sides))


def _is_shorter(step: Step) -> bool:
    """Whether what was put in cancels."""
    return (
        isinstance(step.before, Expr) and isinstance(step.after, Expr) and size_of(step.after) <= size_of(step.before)
    )


def _multiplies(step: Step) -> bool:
    """Whether matrices are multiplied in a form, so that their shapes are worth a look."""
    parts: list[object] = [step.after]
    for part in parts:
        if isinstance(part, Product):
            return True
        parts += list(_inside(part))
    return False


def _inside(of: object) -> Iterator[object]:
    if isinstance(of, Matrix):
        for field in fields(of):
            value = getattr(of, field.name)
            yield from value if isinstance(value, tuple) else (value,)


def _used(formulas: Formulas, step: Step) -> Iterator[str]:
    facts = dict.fromkeys(fact for part in walk((step,)) for fact in part.facts)
    return (f"{formulas.tensor(fact.tensor)} {FACTS[fact.kind]}" for fact in facts)


def _way(formulas: Formulas, reading: Reading) -> Way:
    return Way(
        how=reading.how,
        of=formulas.entry(reading.of),
        entry=formulas.entry(reading.entry),
        through=formulas.tensor(reading.through),
        over=tuple(formulas.index(index) for index in reading.over),
        slope="" if formulas.is_wide(reading.slope) else formulas.entry(reading.slope),
        function=formulas.function(reading.function),
        later=reading.later,
        separate=reading.separate,
    )


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
