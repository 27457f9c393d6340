"""A note from its readings to what is ruled on each line: judged as stated, under another convention, upon wrong lines.

Each stage takes the rulings of the one before it and settles some of those that are still wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.notation.claims.records import Claim, Reading, Scale
from symbackprop.verifying.claims.alternatives import other_contexts, stated_context
from symbackprop.verifying.claims.comparing import Pair, pair_of, screened
from symbackprop.verifying.claims.contexts import Context, Reader, Single, readings_of
from symbackprop.verifying.claims.judging import Basis, Judgement, judge
from symbackprop.verifying.claims.meanings import NoMeaningError, in_units
from symbackprop.verifying.truths import Truth, Truths

GIVEN = 3  # wrong lines that a later one may be judged upon


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of a line: the judgement that counts, and the context in which it was made.

    `convention` names another convention under which the line is right, by the judgement `elsewhere`; `given` is the
    number of the wrong line upon which it is right, `repeats` of the one that it says again. `hint` is another layout
    in which it would be right, though the note is not in it.
    """

    line: Single
    judgement: Judgement
    context: Context
    convention: str = ""
    elsewhere: Judgement | None = None
    given: int | None = None
    repeats: int | None = None
    hint: str = ""

    @property
    def is_settled(self) -> bool:
        return bool(self.convention) or self.judgement.status in ("right", "undecided") or not readings_of(self.line)


def rulings_on(read: Reader, truths: Truths) -> tuple[tuple[Ruling, ...], Context]:
    """A ruling on each line of a note, and the stated context. This is the order in which a line's meaning is sought.

    1. As stated, each line in the reading that is meant.
    2. What fails as stated: under another convention, if the whole note is consistent in it.
    3. What follows an earlier line that is wrong: upon the formula that this line gives.
    """
    stated = stated_context(read, truths)
    rulings = tuple(Ruling(line, stated.judgement(number), stated) for number, line in enumerate(stated.lines))
    rulings = tuple(map(_with_what_is_left_out, rulings))
    unsettled = [number for number, ruling in enumerate(rulings) if not ruling.is_settled]
    for other in other_contexts(read, truths, stated, unsettled):
        if all(ruling.is_settled for ruling in rulings):
            break
        if len(other.lines) == len(stated.lines):
            rulings = _under(other, rulings, stated)
    rulings = tuple(_at_scale_found(number, ruling, stated) for number, ruling in enumerate(rulings))
    return _upon_wrong_lines(rulings, stated), stated


def _with_what_is_left_out(ruling: Ruling) -> Ruling:
    """A line that is right with what it leaves out is so by convention alone."""
    judgement, reading = ruling.judgement, ruling.judgement.reading
    if judgement.status != "right" or reading is None or not reading.left_out:
        return ruling
    return replace(ruling, convention=reading.left_out, elsewhere=judgement)


# under another convention


def _under(other: Context, rulings: tuple[Ruling, ...], stated: Context) -> tuple[Ruling, ...]:
    """The rulings with those lines settled that are right in another context, if no line speaks against it."""
    judged = {n: _judgement_in(other, stated, n) for n, ruling in enumerate(rulings) if not ruling.is_settled}
    right = {number for number, judgement in judged.items() if judgement.status == "right"}
    said = {"".join(stated.lines[number].written.split()) for number in right}
    enough = len(said) >= other.telling or (other.by_equations and any(_is_forward(stated.lines[n]) for n in right))
    accepted = right if enough and right and not _is_spoken_against(other, stated) else set()
    result = list(rulings)
    for number, judgement in judged.items():
        ruling = rulings[number]
        if number in accepted:
            result[number] = replace(ruling, convention=other.words, elsewhere=judgement)
        elif number in right and other.is_layout:
            result[number] = replace(ruling, hint=ruling.hint or other.words)
        elif not ruling.judgement.fits and judgement.status == "wrong" and judgement.fits and not other.is_layout:
            result[number] = replace(ruling, judgement=judgement, context=other)  # it says something, and that is wrong
    return tuple(result)


def _is_forward(line: Single) -> bool:
    """Whether a line states what a tensor of the model is, which it has from the model."""
    return any(reading.sides[0].subject.kind == "tensor" for reading in readings_of(line))


def _judgement_in(other: Context, stated: Context, number: int) -> Judgement:
    """The judgement on a line in another context; where the lines around it settled the scale, at that scale."""
    settled = stated.judgement(number)
    if settled.reading is not None and stated.alone(number).status == "right":
        return other.at_scale(number, settled.reading.scale)
    return other.alone(number)


def _is_spoken_against(other: Context, stated: Context) -> bool:
    """Whether a line is right as stated and not in the other context."""
    whole = other if other.whole is None else other.whole()
    return len(whole.lines) != len(stated.lines) or any(
        stated.judgement(number).status == "right" and whole.alone(number).status != "right"
        for number in range(len(stated.lines))
    )


def _at_scale_found(number: int, ruling: Ruling, stated: Context) -> Ruling:
    """The ruling; on a line that is right under a convention, with what is wrong as stated at that scale."""
    if ruling.elsewhere is None or ruling.elsewhere.reading is None:
        return ruling
    return replace(ruling, judgement=stated.at_scale(number, ruling.elsewhere.reading.scale), context=stated)


# one wrong step does not spoil the lines after it


def _upon_wrong_lines(rulings: tuple[Ruling, ...], context: Context) -> tuple[Ruling, ...]:
    """Later lines, judged upon what a person has made of an adjoint in an earlier line that is wrong."""
    wrong: dict[int, tuple[str, Reading]] = {}
    bases: Bases = {}
    result = list(rulings)
    for number, ruling in enumerate(rulings):
        line = ruling.line
        if not isinstance(line, Claim) or ruling.convention:
            continue
        if ruling.judgement.status == "right":
            result[number] = replace(ruling, given=_resting_on(line, wrong))
        elif ruling.judgement.status == "wrong":
            result[number] = _upon(ruling, line, wrong, bases, context)
            if result[number] is ruling and (subject := _defined(line, ruling.judgement)) is not None:
                wrong[number] = subject
    return tuple(result)


Bases = dict[tuple[int, Scale], Basis | None]
"""For the number of a wrong line and a scale the basis on which it is true; what follows has been computed there."""


def _upon(ruling: Ruling, line: Claim, wrong: dict[int, tuple[str, Reading]], bases: Bases, context: Context) -> Ruling:
    """The ruling on a wrong line that repeats an earlier one, or is right upon it; else as it was."""
    for number in list(reversed(wrong))[:GIVEN]:
        if _is_repeated(ruling.judgement.reading, wrong[number], context):
            return replace(ruling, repeats=number)
    for number in list(reversed(wrong))[:GIVEN]:
        for reading in line.readings:
            if (number, reading.scale) not in bases:
                bases[number, reading.scale] = _basis_upon(number, wrong, reading, context)
            basis = bases[number, reading.scale]
            judgement = None if basis is None else judge(line, reading, basis)
            if judgement is not None and judgement.status == "right":
                return replace(ruling, judgement=judgement, given=number)
    return ruling


def _defined(line: Claim, judgement: Judgement) -> tuple[str, Reading] | None:
    """The adjoint that a line gives a formula for, in the reading that was judged."""
    reading = judgement.reading or line.readings[0]
    subject, last = reading.sides[0].subject, reading.sides[-1]
    if line.kind == "update" or subject.kind != "adjoint" or last.value is None:
        return None
    whole = not subject.indices or subject.indices == reading.indices
    return (adjoint(subject.name), reading) if whole else None


def _resting_on(line: Claim, wrong: dict[int, tuple[str, Reading]]) -> int | None:
    """The last earlier line that has an adjoint wrong which this line reads; it is right for the true one."""
    values = [side.value for reading in line.readings for side in reading.sides[1:] if side.value is not None]
    reads = {name for value in values for name in tensors_in(value.expression)}
    return next((number for number in reversed(wrong) if wrong[number][0] in reads), None)


def _is_repeated(reading: Reading | None, earlier: tuple[str, Reading], context: Context) -> bool:
    """Whether a line gives the same adjoint the same formula as an earlier one, whatever the names in it are."""
    name, before = earlier
    if reading is None or reading.scale != before.scale or adjoint(reading.sides[0].subject.name) != name:
        return False
    values = [side.value for sides in (before.sides, reading.sides) for side in (sides[0], sides[-1])]
    if reading.sides[0].subject.kind != "adjoint" or None in values:
        return False
    truth = context.truth(reading.scale)
    pairs = [pair_of(one, other, 0) for one, other in zip(values[:2], values[2:], strict=True) if one and other]
    return all(pair and _are_same(pair, truth) for pair in pairs)


def _are_same(pair: Pair, truth: Truth) -> bool:
    """Whether two formulas are the same whatever the names in them are: no proof is sought where numbers differ."""
    if screened(pair, (truth.scrambled,)).status == "differ":
        return False
    return is_zero(pair.left - pair.right, pair.ranges, truth.space, ()) is not None


def _basis_upon(number: int, wrong: dict[int, tuple[str, Reading]], reading: Reading, context: Context) -> Basis | None:
    """The basis on which the formulas of the wrong lines up to `number` are true; None at another scale."""
    if wrong[number][1].scale != reading.scale:
        return None
    basis = context.basis(reading.scale)
    definitions = dict(_definitions(number, wrong, basis))
    return replace(basis, truth=basis.truth.swept().with_definitions(definitions)) if definitions else None


def _definitions(number: int, wrong: dict[int, tuple[str, Reading]], basis: Basis) -> Iterator[tuple[str, Array]]:
    for earlier, (name, reading) in wrong.items():
        if earlier > number or reading.scale != basis.truth.scale:
            continue
        array = _in_canonical_units(name, reading, basis)
        if array is not None:
            yield name, array


def _in_canonical_units(name: str, reading: Reading, basis: Basis) -> Array | None:
    """The person's formula for an adjoint, as one for the canonical adjoint over its own indices."""
    first, last = reading.sides[0].value, reading.sides[-1].value
    shape = basis.truth.space.shapes.get(name)
    if first is None or last is None or shape is None or last.shape != shape:
        return None
    try:
        left, right = (in_units(side.array, basis.meaning, basis.truth) for side in (first, last))
    except NoMeaningError:
        return None
    unit = left.expression / entry(name, *left.indices)
    return None if tensors_in(unit) else replace(right, expression=right.expression / unit)
