"""The steps as a document tells them: each by its reasons, or by the earlier step that it goes like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import groupby

from sympy import Add, Expr

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.matrices.grammar import Matrix, Product
from symbackprop.algebra.symbols import Partial, indices_of, tensor_of
from symbackprop.derivation.steps import Formula, Step, StepKind, of_kind, walk
from symbackprop.notation.writing.matrix_layout import with_indices
from symbackprop.rendering.formulas import Formulas
from symbackprop.rendering.index_lines import FACTS, how_checked, index_lines
from symbackprop.rendering.reasons import How, Reading
from symbackprop.rendering.records import (
    Done,
    First,
    Instead,
    Item,
    Like,
    Run,
    Told,
    Way,
)
from symbackprop.rendering.repeats import Pattern, pattern
from symbackprop.rendering.roles import Kind, Role


def told_steps(
    formulas: Formulas, read: Mapping[str, tuple[Reading, ...]], told: Mapping[str, Role], level: str, detail: str
) -> Iterator[Item]:
    """The steps; one that goes like an earlier one says which, and what is new is explained once."""
    seen: dict[tuple[object, ...], tuple[str, Pattern]] = {}
    known: set[First] = set()
    for step in formulas.derivation.steps:
        found = pattern(step, formulas.names)
        number, first = seen.setdefault(found.shape, (step.number, found))
        like = None if number == step.number else Like(number, tuple(_instead(formulas, step, found, first)))
        firsts = frozenset(_firsts(formulas, step, read[step.tensor], told[step.tensor], level)) - known
        known |= firsts
        role = role_told(formulas, told[step.tensor])
        yield _item(formulas, step, read[step.tensor], role, like, firsts, level, detail)


def in_runs(formulas: Formulas, items: Sequence[Item], level: str) -> Iterator[Item | Run]:
    """The steps, neighbours together that go like earlier ones: the next layers go like the one before."""
    for alike, group in groupby(items, lambda item: item.like is not None):
        if alike:
            yield _run(formulas, list(group), level)
        else:
            yield from group


def _run(formulas: Formulas, items: Sequence[Item], level: str) -> Item | Run:
    if len(items) == 1:
        return items[0]
    steps = {step.number: step for step in formulas.derivation.steps}
    likes = [item.like for item in items if item.like is not None]
    numbers = sorted({like.number for like in likes}, key=int)
    once = len(numbers) == len(likes)
    return Run(
        tuple(items),
        tuple(numbers),
        tuple(dict.fromkeys(i for like in likes for i in like.instead)) if once else (),
        formulas.block([formulas.result(steps[item.step], level) for item in items]),
    )


def _factor(formulas: Formulas, step: Step) -> str:
    """What the mean over samples brings where the losses of all samples join; empty where it brings nothing."""
    d = formulas.derivation
    joins = any(c.through in d.sampled for c in of_kind(step, StepKind.CONTRIBUTION)) and step.tensor not in d.sampled
    return formulas.size(d.scale) if d.scale != 1 and joins else ""


def _firsts(formulas: Formulas, step: Step, read: Sequence[Reading], role: Role, level: str) -> Iterator[First]:
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
    elif product and role.kind is not Kind.WEIGHTS and any(_is_in_a_row(formulas, reading) for reading in read):
        yield First.TURNED
    if len(read) > 1:
        yield First.PATHS
    if _is_error(formulas, step):
        yield First.ERROR
    if any(reading.later for reading in read):
        yield First.RECURRENCE


def _is_error(formulas: Formulas, step: Step) -> bool:
    """Whether the result is a tensor less a target, with nothing else: p - y."""
    after: Formula = step.after
    terms = Add.make_args(after) if isinstance(after, Expr) else ()
    less = [tensor_of(-term) for term in terms if tensor_of(term) is None]
    if len(terms) != 2 or len(less) != 1 or less[0] is None:
        return False
    return next((t.role for t in formulas.derivation.model.tensors if t.name == less[0]), "") == "target"


def _rank(slope: Expr) -> int:
    """How many indices a slope has that is an entry of a tensor; -1 for any other."""
    return len(indices_of(slope)) if tensor_of(slope) is not None else -1


def _is_in_a_row(formulas: Formulas, reading: Reading) -> bool:
    """Whether the slopes stand in a matrix that has but one row."""
    shape = formulas.derivation.space.shapes.get(tensor_of(reading.slope) or "", ())
    return len(shape) == 2 and shape[0] == 1 and not reading.over


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
    forms = [side for side, _ in sides]
    said = (step.left, *(part for r in read for part in (r.of, r.entry, r.slope)), *forms)
    formulas = replace(formulas, names=with_indices(formulas.names, said))
    brief = len(forms) == 2 and bool(matrices) and not formulas.is_wide(*forms)
    wide = [r for r in read if detail != "outline" and like is None and formulas.is_wide(r.slope)]
    known = any(formulas.line(forms[-1]) == formulas.line(form.after) for form in matrices[-1:]) if forms else False
    return Item(
        number=step.number,
        step=step.number,
        tensor=step.tensor,
        math=formulas.adjoint(step.tensor),
        role=role,
        schema=formulas.schema(step) if detail != "outline" else "",
        ways=tuple(_ways(formulas, read)) if detail != "outline" else (),
        places=len(read),
        like=like,
        slopes=tuple(formulas.chain(Partial(r.entry, r.of), r.slope) for r in wide),
        entry=formulas.inline(formulas.line(*forms)) if brief and not known else "",
        algebra=formulas.chain(*forms) if forms and not brief else "",
        done=_done(formulas, sides) if forms and not brief and like is None else (),
        matrices=formulas.matrix(matrices) if matrices and (brief or not known) else "",
        put_in=tuple(formulas.adjoint(s.through or "") for s in of_kind(step, StepKind.ELIMINATE) if _is_new(s, sides)),
        shapes=formulas.shapes(matrices[0]) if matrices and _multiplies(matrices[0]) else "",
        facts=tuple(_used(formulas, step)) if detail != "outline" and like is None and not _says_facts(sides) else (),
        firsts=firsts,
        factor=_factor(formulas, step),
        checked=how_checked(matrices[-1]) if matrices and detail == "every-step" else "",
        lines=tuple(index_lines(formulas, step)) if _is_told_whole(formulas, detail, level) else (),
    )


def _is_told_whole(formulas: Formulas, detail: str, level: str) -> bool:
    """Whether every line by entries stands in a step; a page has them folded away."""
    folded = formulas.format == "html" and detail != "outline"
    return (folded or detail == "every-step") and level != "matrix"


def _sides(step: Step, level: str, detail: str, told: bool, lifted: bool) -> list[tuple[Formula, Step | None]]:
    """The forms by entries that are shown, the left side first, each with the line that led to it.

    None where the matrix form alone says it.
    """
    scalar = step.array is not None and not step.array.indices
    if lifted and (level == "matrix" or detail == "outline" or told or scalar):
        return []
    return _algebra(step, lifted)


def _algebra(step: Step, lifted: bool) -> list[tuple[Formula, Step | None]]:
    """The lines by entries: what the equations add, folded; and what is put in, where no matrix form shows it."""
    sides: list[tuple[Formula, Step | None]] = [(step.left, None)]
    contributions = of_kind(step, StepKind.CONTRIBUTION)
    if len(contributions) == 1:
        parts = [s for s in contributions[0].substeps if s.kind in (StepKind.COLLAPSE, StepKind.FOLD)]
        sides += [(part.after, part) for part in parts if part.left == step.left]
    for part in of_kind(step, StepKind.ADD_PATHS, StepKind.FACT, StepKind.ELIMINATE):
        if part.kind is StepKind.ELIMINATE and part.substeps:
            sides += [(inner.after, inner) for inner in part.substeps]
        elif part.kind is not StepKind.ELIMINATE or not lifted or _is_shorter(part):
            sides.append((part.after, part))
    return list({side: (side, line) for side, line in reversed(sides)}.values())[::-1]


def _read(side: Formula) -> set[str]:
    return set(tensors_in(side)) if isinstance(side, Expr) else set()


def _says_facts(sides: Sequence[tuple[Formula, Step | None]]) -> bool:
    """Whether the words for the algebra name the facts that are used."""
    return any(line is not None and line.facts for _, line in sides[2:])


def _is_new(elimination: Step, sides: Sequence[tuple[Formula, Step | None]]) -> bool:
    """Whether what was put in is not yet shown by entries."""
    return not elimination.substeps and not any(line == elimination for _, line in sides)


def _done(formulas: Formulas, sides: Sequence[tuple[Formula, Step | None]]) -> tuple[Done, ...]:
    """What was done from line to line, beyond the derivative itself; neighbours that say the same say it once."""
    lines = [line for _, line in sides[2:] if line is not None and line.kind is not StepKind.COLLAPSE]
    done: list[Done] = []
    for line in lines:
        now = _one_done(formulas, line)
        if done and done[-1].kind == now.kind:
            last = done.pop()
            now = Done(now.kind, tuple(dict.fromkeys((*last.names, *now.names))), (*last.facts, *now.facts))
        done.append(now)
    return tuple(done)


def _one_done(formulas: Formulas, line: Step) -> Done:
    facts = tuple(_used(formulas, line))
    names = (line.through or "", *line.also)
    if line.kind in (StepKind.PUT_IN, StepKind.ELIMINATE):
        return Done(StepKind.PUT_IN, tuple(formulas.adjoint(name) for name in names), facts)
    known = [name for name in names if name in formulas.derivation.space.shapes and name in _read(line.after)]
    return Done(line.kind, tuple(formulas.tensor(name) for name in known), facts)


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


def _ways(formulas: Formulas, read: Sequence[Reading]) -> Iterator[Way]:
    """The readings in strings, neighbours that read alike together."""
    for _, group in groupby(read, lambda r: (r.how, r.of, r.over, r.later, r.separate, formulas.is_wide(r.slope))):
        first, *more = group
        if first.how in (How.LOSS, How.APPLIED) and more:
            yield from (_way(formulas, [reading]) for reading in (first, *more))
        else:
            yield _way(formulas, [first, *more])


def _way(formulas: Formulas, alike: Sequence[Reading]) -> Way:
    first = alike[0]
    return Way(
        how=first.how,
        of=formulas.entry(first.of),
        entries=tuple(formulas.entry(reading.entry) for reading in alike),
        through=formulas.tensor(first.through),
        over=tuple(formulas.index(index) for index in first.over),
        slopes=() if formulas.is_wide(first.slope) else tuple(formulas.entry(reading.slope) for reading in alike),
        function=formulas.function(first.function),
        later=first.later,
        separate=first.separate,
    )


def role_told(formulas: Formulas, role: Role) -> Told:
    of = tuple(formulas.tensor(name) for name in role.of)
    return Told(role.kind, role.layer, formulas.function(role.function), role.several, of)
