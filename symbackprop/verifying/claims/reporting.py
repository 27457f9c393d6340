r"""From judgements to verdicts: statuses, scopes, expected formulas and witnesses in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Basic, Expr, Integer, Sum, Symbol

from symbackprop.algebra.binding import all_symbols, fresh, substitute, tensors_in
from symbackprop.algebra.proving.equality import Witness
from symbackprop.algebra.space import Premise, Space
from symbackprop.algebra.symbols import index, tensor_of
from symbackprop.notation.claims.records import Claim, Defined, Reading, Scale, Unreadable
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.subjects import Subject
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.text import text_chain
from symbackprop.verifying.claims.comparing import Pair
from symbackprop.verifying.claims.contexts import Context, Single
from symbackprop.verifying.claims.expected import as_partials, expected, names_of
from symbackprop.verifying.claims.judging import Basis, Judgement
from symbackprop.verifying.claims.rulings import Ruling
from symbackprop.verifying.claims.spelling import letters_of, spelled
from symbackprop.verifying.truths import Truths
from symbackprop.verifying.verdicts import Status, Verdict

_WORDS = {"one sample": "one sample, at all sizes", "all samples": "all samples, at all sizes"}


Values = tuple[tuple[Expr, float], ...]
"""The entries that a formula reads at a point."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What verdicts are worded with: the truths of the model and the conventions of their formulas."""

    truths: Truths
    conventions: Conventions

    def names(self, reading: Reading) -> Nomenclature:
        return names_of(self.truths.derivation(reading.scale), self.conventions)

    def expected(self, subject: Subject, reading: Reading, basis: Basis) -> str:
        derivation = self.truths.derivation(reading.scale)
        return expected(subject, basis, derivation, self.conventions)

    def scope(self, reading: Reading) -> str:
        return _WORDS[reading.scale] if self.truths.model.samples is not None else "at all sizes"


def verdict_of(ruling: Ruling, lines: Sequence[Single], wording: Wording) -> Verdict:
    """The verdict on a line; `lines` are all of the note."""
    line, judgement = ruling.line, ruling.judgement
    condition = line.conditions if isinstance(line, Claim) else ""
    base = Verdict(Status.UNREADABLE, line.written, line.where.line, line.where, condition=condition)
    if isinstance(line, Defined):
        return replace(base, status=Status.DEFINED, subject=line.name, because=line.words)
    if isinstance(line, Unreadable):
        return replace(base, because=_said(line))
    reading = judgement.reading
    if reading is None or judgement.status == "void":
        verdict = replace(base, because=judgement.because)
    else:
        verdict = _judged(replace(base, scope=wording.scope(reading)), ruling, reading, wording)
    if ruling.convention:
        return _under_convention(verdict, ruling, wording)
    if ruling.repeats is not None and verdict.status is Status.REFUTED:
        return replace(verdict, because=f"it repeats line {lines[ruling.repeats].where.line}")
    return verdict if ruling.given is None else replace(verdict, given=lines[ruling.given].where.line)


def _said(line: Unreadable) -> str:
    return " ".join(part for part in (line.error.what + ".", line.error.because, line.error.fix) if part)


def _judged(base: Verdict, ruling: Ruling, reading: Reading, wording: Wording) -> Verdict:
    judgement, first = ruling.judgement, reading.sides[0]
    base = replace(base, subject=first.written if first.subject.kind != "expression" else "")
    match judgement.status:
        case "right":
            if judgement.digits is not None:
                return replace(base, status=Status.AGREES, points=judgement.points, digits=judgement.digits)
            method = _with_partials(judgement.method or "proved", reading, ruling)
            under = _in_words(judgement.premises, wording.names(reading), wording.truths.at(reading.scale).space)
            found = replace(base, status=Status.PROVED, method=method, premises=judgement.premises, under=under)
            return replace(found, points=judgement.points)
        case "undecided":
            because = judgement.because or f"no proof was found; both sides agree at {judgement.points} points"
            return replace(base, status=Status.UNDECIDED, points=judgement.points, because=because)
    return _refuted(replace(base, status=Status.UNDECIDED), ruling, reading, wording)


def _in_words(premises: Sequence[Premise], names: Nomenclature, space: Space) -> tuple[str, ...]:
    """The premises as formulas of the note, definitions aside: `k - c is not 0`."""
    return tuple(
        f"{text_chain([_plain(premise.subject, space)], names)} {premise.kind}"
        if isinstance(premise.subject, Expr)
        else str(premise)
        for premise in premises
        if premise.kind != "definition"
    )


def _plain(subject: Expr, space: Space) -> Expr:
    """The expression as it is shown, with usual letters for the indices of its sums."""
    taken = {*all_symbols(subject), *space.sizes}
    letters: dict[Basic, Basic] = {}
    for bound in sorted({v for part in subject.atoms(Sum) for v, *_ in part.limits}, key=str):
        letters[bound] = fresh({*taken, *letters.values()}, index("i"))
    return subject.xreplace(letters)


def _with_partials(method: str, reading: Reading, ruling: Ruling) -> str:
    """How a line is right, with what its derivatives mean that have two meanings."""
    partials = ruling.context.partials(reading.scale)
    read = {name for side in reading.sides if side.value for name in tensors_in(side.value.expression)}
    return "; ".join((method, *(partials.words(name) for name in sorted(read & partials.several.keys()))))


def _refuted(base: Verdict, ruling: Ruling, reading: Reading, wording: Wording) -> Verdict:
    """Refuted with a certified witness, or by shapes that do not fit; undecided where neither is to be had."""
    judgement, basis = ruling.judgement, ruling.context.basis(reading.scale)
    side = reading.sides[min(judgement.side, len(reading.sides) - 1)]
    is_update = isinstance(ruling.line, Claim) and ruling.line.kind == "update"
    found = replace(
        base,
        expected="" if is_update else wording.expected(reading.sides[0].subject, reading, basis),
        found=side.written,
        step=judgement.side,
        where=reading.scope.source.locate(side.node.span) if len(reading.sides) > 2 else base.where,
    )
    if judgement.pair is None:
        return replace(found, status=Status.REFUTED, because=judgement.because, witness=f"shapes: {judgement.because}")
    witness, values = judgement.witness, ()
    if witness is None and judgement.screen is not None:
        certifier = ruling.context.certifier(basis.truth)
        witness = certifier.witness(judgement.pair, judgement.screen)
        values = certifier.values_read(judgement.pair.right, witness) if witness is not None else ()
    if witness is None:
        return replace(found, because="both sides differ in floating point, but no point could be certified")
    words = _witness_words(witness, judgement, values, wording.names(reading), basis)
    return replace(found, status=Status.REFUTED, witness=words, point=witness)


def _under_convention(verdict: Verdict, ruling: Ruling, wording: Wording) -> Verdict:
    """Right, but not as stated."""
    assert ruling.elsewhere is not None
    reading = ruling.elsewhere.reading
    return replace(
        verdict,
        status=Status.CONVENTION,
        where=ruling.line.where,
        method=ruling.elsewhere.method,
        scope=wording.scope(reading) if reading is not None else verdict.scope,
        premises=ruling.elsewhere.premises,
        convention=ruling.convention,
        because="",
        step=0,
    )


def in_letters(verdict: Verdict, ruling: Ruling, rulings: Sequence[Ruling], wording: Wording) -> Verdict:
    """The verdict in the author's letters: names as the lines of the same scale write them."""
    reading = ruling.judgement.reading
    if reading is None or not (verdict.expected or verdict.diagnosis):
        return verdict
    readings = [r.judgement.reading for r in rulings if r.judgement.reading is not None]
    letters = letters_of([r for r in readings if r.scale == reading.scale], wording.names(reading))
    expected, diagnosis, witness = (
        spelled(text, letters) for text in (verdict.expected, verdict.diagnosis, verdict.witness)
    )
    return replace(verdict, expected=expected, diagnosis=diagnosis, witness=witness)


def notation_of(rulings: Sequence[Ruling], context: Context) -> tuple[str, ...]:
    """What was decided once for the whole note about derivatives that could be partial or total."""
    judged = [ruling.judgement.reading for ruling in rulings if ruling.judgement.reading is not None]
    found: dict[str, None] = {}
    scales: list[Scale] = [reading.scale for reading in judged]
    for scale in dict.fromkeys(scales):
        partials = context.partials(scale)
        found |= dict.fromkeys(partials.words(name) for name in sorted(partials.several))
    return tuple(found)


def _witness_words(witness: Witness, judgement: Judgement, values: Values, names: Nomenclature, basis: Basis) -> str:
    """`n = 2, m = 3, with a2[1] = 0.6 and y[1] = 1: dz2[1] is -0.4, and the line says 1.6`."""
    assert judgement.pair is not None
    sizes = ", ".join(f"{name} = {count}" for name, count in witness.sizes)
    read = ", ".join(f"{text_chain([expr], names)} = {value:.4g}" for expr, value in values)
    place = ", ".join(part for part in (sizes, f"with {read}" if read else "") if part)
    left = _entry_words(judgement.pair, witness, names, basis)
    what = f"{left} is {witness.said(', and the line says ')}"
    return f"{place}: {what}" if place else what


def _entry_words(pair: Pair, witness: Witness, names: Nomenclature, basis: Basis) -> str:
    """The entry of the left side that differs; "the left side" where that is no single one."""
    at = dict(witness.indices)
    places: dict[Symbol, Expr] = {i: Integer(at[i.name]) for i in pair.indices if i.name in at}
    left = substitute(pair.left, places)
    factors = [part for part in left.args if tensor_of(part)] if left.is_Mul else [left]
    if len(factors) == 1 and tensor_of(factors[0]) is not None and factors[0] == left:
        return text_chain([as_partials(left, basis.truth)], names)
    where = ", ".join(f"{name} = {place + names.conventions.index_base}" for name, place in witness.indices)
    return f"the left side at {where}" if where else "the left side"
