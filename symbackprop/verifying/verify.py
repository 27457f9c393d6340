r"""Claims beside a derivation: one verdict for each line, and what earlier lines do to later ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sympy import Integer

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import substitute, tensors_in
from symbackprop.algebra.proving.grids import TooLargeError
from symbackprop.algebra.symbols import adjoint, entry, size
from symbackprop.derivation.scalars import scalar_model
from symbackprop.errors import DerivationError, Location, ModelError, NotationError, UnknownNameError, UsageError
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions, Stand
from symbackprop.notation.reading.claims import Claim, Reading, Unreadable, read_claims
from symbackprop.notation.reading.notes import statements_of
from symbackprop.verifying.diagnosis import diagnosed
from symbackprop.verifying.grounds import Grounds, Note, other_grounds, speaks_against, stated_grounds
from symbackprop.verifying.judging import Ground, Judgement, judge
from symbackprop.verifying.letters import with_letters
from symbackprop.verifying.meanings import NoMeaningError, in_units
from symbackprop.verifying.reporting import Desk, under_convention, verdict_of
from symbackprop.verifying.truths import Truths, truths_of
from symbackprop.verifying.verdicts import Report, Status, Verdict


def verify(
    model: Model,
    note: str | Path,
    *,
    conventions: Conventions | None = None,
    one_over_m: Stand | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Report:
    """The verdicts on a note: a text, or the path of a .txt, .md or .tex file.

    `conventions` are those in which the note is read and answered; `one_over_m` says where it has the 1/m of a mean.
    A note with a letter for each operation and a name for each entry is judged at the scalar level; `sizes` are those
    that it has there and the model leaves open.

    Raises:
        NotationError: the file cannot be read, or the text is too long.
        UsageError: the note claims nothing.
        DerivationError: a model too large to compute.
    """
    chosen = conventions or Conventions()
    if one_over_m is not None:
        chosen = chosen.having(one_over_m=one_over_m)
    source = str(note) if isinstance(note, Path) else "the note"

    @lru_cache(maxsize=16)
    def read(beside: Model) -> tuple[Claim | Unreadable, ...]:
        return read_claims(statements_of(note, beside, chosen), beside, conventions=chosen)

    try:
        verdicts = _best(note, read, model, sizes, chosen)
    except TooLargeError as error:
        raise DerivationError(
            f"{model.name} is too large to compute beside claims: {error}",
            fix="Give sizes that are as general and smaller: size n in the place of size n = 3000.",
        ) from None
    if not verdicts:
        raise UsageError(
            f"{source} claims nothing",
            because="No line of it states an equation of tensors or gradients of the model.",
            fix="Write one claim to a line: dW1 = dz1 x^T, or ∂L/∂z2 = a2 - y.",
        )
    return Report(source, verdicts)


def _best(
    note: str | Path, read: Note, model: Model, sizes: Mapping[str, int] | None, conventions: Conventions
) -> tuple[Verdict, ...]:
    """The verdicts beside the model whose names the note has.

    That is the model itself, the same in single operations, or with the names that the note gives; of the last two the
    one beside which more lines can be read, then more lines are right.
    """
    unknown = _unreadable(read(model))
    others: list[tuple[Model, Mapping[Location, str]]] = []
    if any(isinstance(line.error, UnknownNameError | NotationError) for line in unknown):
        scalars = _in_operations(model, sizes, conventions)
        others = [(scalars, {})] if scalars is not None else []
        lettered, places = with_letters(note, model, conventions)
        others += [(lettered, places)] if places else []
    left = [len(_unreadable(read(other))) for other, _ in others]
    fewest = min(left, default=len(unknown))
    if fewest >= len(unknown):
        return judged(read, model, conventions.one_over_m, conventions)
    found = [
        _named(judged(read, other, conventions.one_over_m, conventions), places)
        for (other, places), count in zip(others, left, strict=True)
        if count == fewest
    ]
    return max(found, key=lambda verdicts: sum(verdict.ok for verdict in verdicts))


def _in_operations(model: Model, sizes: Mapping[str, int] | None, conventions: Conventions) -> Model | None:
    """The model in single operations; None where sizes are missing, or a name of its own is taken."""
    known = {size(name): Integer(value) for name, value in (sizes or {}).items()}
    samples, cost = model.samples, model.cost
    try:
        scalars = scalar_model(model, sizes, first=conventions.index_base)
        if samples is not None:
            samples = replace(samples, size=substitute(samples.size, known))
        if cost is not None:
            cost = replace(cost, expression=substitute(cost.expression, known))
        return replace(scalars, samples=samples, cost=cost)
    except (UsageError, ModelError):
        return None


def _named(verdicts: Iterable[Verdict], places: Mapping[Location, str]) -> tuple[Verdict, ...]:
    """The verdicts, those on lines that give a name saying so."""
    found = []
    for verdict in verdicts:
        name = None if verdict.where is None else places.get(verdict.where)
        words = f"the note itself gives the name {name}"
        found.append(verdict if name is None or not verdict.ok else replace(verdict, because=words))
    return tuple(found)


def _unreadable(lines: Iterable[Claim | Unreadable]) -> list[Unreadable]:
    return [line for line in lines if isinstance(line, Unreadable)]


GIVEN = 3  # wrong lines that a later one may be judged upon


def judged(note: Note, model: Model, one_over_m: Stand, conventions: Conventions) -> tuple[Verdict, ...]:
    """A verdict for each line of a note, in order."""
    truths = truths_of(model, one_over_m)
    grounds = stated_grounds(note, truths)
    desk = Desk(truths, conventions)
    count = range(len(grounds.lines))
    failing = [number for number in count if grounds.judgement(number).status in ("wrong", "void")]
    elsewhere = _elsewhere(note, truths, grounds, failing) if failing else {}
    found: list[Verdict] = []
    for number in count:
        line, judgement = grounds.lines[number], grounds.judgement(number)
        if number in elsewhere:
            other, words = elsewhere[number]
            if other.status == "wrong":
                judgement = other
            elif other.reading is not None:
                judgement = grounds.at_scale(number, other.reading.scale)
            verdict = verdict_of(line, judgement, grounds, desk)
            found.append(verdict if other.status == "wrong" else under_convention(verdict, line, other, words))
        else:
            found.append(verdict_of(line, judgement, grounds, desk))
    return diagnosed(_given(found, grounds), grounds)


def _elsewhere(note: Note, truths: Truths, grounds: Grounds, failing: list[int]) -> dict[int, tuple[Judgement, str]]:
    """For lines that fail as stated: right under another convention, or wrong there where their shapes fit."""
    found: dict[int, tuple[Judgement, str]] = {}
    wrong: dict[int, tuple[Judgement, str]] = {}
    for other in other_grounds(note, truths, grounds):
        left = [number for number in failing if number not in found]
        if not left:
            break
        if len(other.lines) != len(grounds.lines):
            continue
        judgements = {number: _beside(other, grounds, number) for number in left}
        right = {number: (j, other.words) for number, j in judgements.items() if j.status == "right"}
        if right and speaks_against(other, grounds) is None:
            found |= right
        for number, judgement in judgements.items():
            if judgement.pair is not None and judgement.status == "wrong" and not other.rereads:
                wrong.setdefault(number, (judgement, other.words))
    fits = {number for number in wrong if grounds.judgement(number).pair is not None}
    return {**{number: wrong[number] for number in wrong if number not in fits}, **found}


def _beside(other: Grounds, grounds: Grounds, number: int) -> Judgement:
    """The judgement on a line on other grounds; where the lines around it settled the scale, at that scale."""
    settled = grounds.judgement(number)
    if settled.reading is not None and grounds.alone(number).status == "right":
        return other.at_scale(number, settled.reading.scale)
    return other.alone(number)


# one wrong step does not spoil the lines after it


def _given(verdicts: list[Verdict], grounds: Grounds) -> tuple[Verdict, ...]:
    """Later lines, judged upon what a person has made of an adjoint in an earlier line that is wrong."""
    wrong: dict[int, tuple[str, Reading]] = {}
    result = list(verdicts)
    for number, verdict in enumerate(verdicts):
        line = grounds.lines[number]
        if not isinstance(line, Claim):
            continue
        if verdict.status is Status.PROVED:
            result[number] = _resting_on(verdict, line, wrong, grounds)
        elif verdict.status is Status.REFUTED:
            upon = _right_upon(line, wrong, grounds)
            if upon is not None:
                given, judgement = upon
                result[number] = _proved_upon(verdict, judgement, grounds.lines[given].where.line)
                continue
            subject = _defined(line, grounds, number)
            if subject is not None:
                wrong[number] = subject
    return tuple(result)


def _defined(line: Claim, grounds: Grounds, number: int) -> tuple[str, Reading] | None:
    """The adjoint that a line gives a formula for, in the reading that was judged."""
    reading = grounds.judgement(number).reading or line.readings[0]
    subject, last = reading.sides[0].subject, reading.sides[-1]
    if line.kind == "update" or subject.kind != "adjoint" or last.value is None:
        return None
    whole = not subject.indices or subject.indices == reading.indices
    return (adjoint(subject.name), reading) if whole else None


def _resting_on(verdict: Verdict, line: Claim, wrong: dict[int, tuple[str, Reading]], grounds: Grounds) -> Verdict:
    """A line that is right for the true adjoints says so if an earlier line has one of them wrong."""
    for number in reversed(wrong):
        name, _ = wrong[number]
        values = [side.value for reading in line.readings for side in reading.sides[1:] if side.value is not None]
        reads = {read for value in values for read in tensors_in(value.expression)}
        if name in reads:
            return replace(verdict, given=grounds.lines[number].where.line)
    return verdict


def _right_upon(line: Claim, wrong: dict[int, tuple[str, Reading]], grounds: Grounds) -> tuple[int, Judgement] | None:
    """The latest wrong line upon whose formula this one is right."""
    for number in list(reversed(wrong))[:GIVEN]:
        for reading in line.readings:
            ground = _upon(number, wrong, reading, grounds)
            if ground is None:
                continue
            judgement = judge(line, reading, ground)
            if judgement.status == "right":
                return number, judgement
    return None


def _upon(number: int, wrong: dict[int, tuple[str, Reading]], reading: Reading, grounds: Grounds) -> Ground | None:
    """The ground on which the formulas of the wrong lines up to `number` are true; None at another scale."""
    if wrong[number][1].scale != reading.scale:
        return None
    ground = grounds.ground(reading.scale)
    definitions = dict(_definitions(number, wrong, ground))
    if not definitions:
        return None
    return replace(ground, truth=ground.truth.swept().with_definitions(definitions))


def _definitions(number: int, wrong: dict[int, tuple[str, Reading]], ground: Ground) -> Iterator[tuple[str, Array]]:
    for earlier, (name, reading) in wrong.items():
        if earlier > number or reading.scale != ground.truth.scale:
            continue
        array = _in_canonical_units(name, reading, ground)
        if array is not None:
            yield name, array


def _in_canonical_units(name: str, reading: Reading, ground: Ground) -> Array | None:
    """The person's formula for an adjoint, as one for the canonical adjoint over its own indices."""
    first, last = reading.sides[0].value, reading.sides[-1].value
    shape = ground.truth.space.shapes.get(name)
    if first is None or last is None or shape is None or last.shape != shape:
        return None
    try:
        left, right = (in_units(side.array, ground.meaning, ground.truth) for side in (first, last))
    except NoMeaningError:
        return None
    unit = left.expression / entry(name, *left.indices)
    return None if tensors_in(unit) else replace(right, expression=right.expression / unit)


def _proved_upon(verdict: Verdict, judgement: Judgement, line: int) -> Verdict:
    return Verdict(
        Status.PROVED,
        verdict.claim,
        verdict.line,
        verdict.where,
        subject=verdict.subject,
        method=judgement.method,
        scope=verdict.scope,
        premises=judgement.premises,
        given=line,
        points=judgement.points,
    )
