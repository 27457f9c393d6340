r"""From judgements to verdicts: statuses, scopes, expected formulas and witnesses in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.proving.equality import Witness
from symbackprop.algebra.symbols import tensor_of
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.claims import Claim, Reading, Unreadable
from symbackprop.notation.reading.subjects import Subject
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.text import text_chain
from symbackprop.verifying.comparing import Pair
from symbackprop.verifying.expected import expected, names_of
from symbackprop.verifying.grounds import Grounds, Line
from symbackprop.verifying.judging import Ground, Judgement
from symbackprop.verifying.truths import Truths
from symbackprop.verifying.verdicts import Status, Verdict

_WORDS = {"one sample": "one sample, at all sizes", "all samples": "all samples, at all sizes"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What verdicts are written from: the truths of the model and the conventions of their formulas."""

    truths: Truths
    conventions: Conventions

    def names(self, reading: Reading) -> Nomenclature:
        return names_of(self.truths.derivation(reading.scale), self.conventions)

    def expected(self, subject: Subject, reading: Reading) -> str:
        derivation = self.truths.derivation(reading.scale)
        return expected(subject, self.truths.at(reading.scale), derivation, self.conventions)


def verdict_of(line: Line, judgement: Judgement, grounds: Grounds, desk: Desk) -> Verdict:
    """The verdict on a line that is judged under the stated convention."""
    if isinstance(line, Unreadable):
        return _base(line, Status.UNREADABLE, because=_said(line))
    reading = judgement.reading
    if reading is None or judgement.status == "void":
        return _base(line, Status.UNREADABLE, because=judgement.because)
    scope = _WORDS[reading.scale] if desk.truths.model.samples is not None else "at all sizes"
    subject = _subject(reading)
    base = _base(line, Status.UNDECIDED, scope=scope, subject=_name(subject, reading, desk))
    if judgement.status == "right":
        method = judgement.method or "proved"
        return replace(base, status=Status.PROVED, method=method, premises=judgement.premises, points=judgement.points)
    if judgement.status == "undecided":
        because = f"no proof was found; both sides agree at {judgement.points} points"
        return replace(base, points=judgement.points, because=because)
    return _refuted(base, judgement, reading, grounds.ground(reading.scale), grounds, desk)


def _base(line: Line, status: Status, *, scope: str = "", subject: str = "", because: str = "") -> Verdict:
    return Verdict(status, line.written, line.where.line, line.where, scope=scope, subject=subject, because=because)


def _said(line: Unreadable) -> str:
    return " ".join(part for part in (line.error.what + ".", line.error.because, line.error.fix) if part)


def _subject(reading: Reading) -> Subject:
    return reading.sides[0].subject


def _name(subject: Subject, reading: Reading, desk: Desk) -> str:
    return reading.sides[0].written if subject.kind != "expression" else ""


def _refuted(
    base: Verdict, judgement: Judgement, reading: Reading, ground: Ground, grounds: Grounds, desk: Desk
) -> Verdict:
    """Refuted with a certified witness, or by shapes that do not fit; undecided where neither is to be had."""
    found = replace(
        base,
        expected=desk.expected(_subject(reading), reading),
        found=reading.sides[min(judgement.side, len(reading.sides) - 1)].written,
    )
    if judgement.pair is None:
        return replace(found, status=Status.REFUTED, because=judgement.because, witness=f"shapes: {judgement.because}")
    witness, values = judgement.witness, ()
    if witness is None and judgement.screen is not None:
        certifier = grounds.certifier(ground.truth)
        witness = certifier.witness(judgement.pair, judgement.screen)
        values = certifier.values_read(judgement.pair.right, witness) if witness is not None else ()
    if witness is None:
        return replace(found, because="both sides differ in floating point, but no point could be certified")
    words = _witness_words(witness, judgement, values, desk.names(reading))
    return replace(found, status=Status.REFUTED, witness=words, point=witness)


def _witness_words(
    witness: Witness, judgement: Judgement, values: tuple[tuple[Expr, float], ...], names: Nomenclature
) -> str:
    """`n = 2, m = 3, with a2[1] = 0.6 and y[1] = 1: dz2[1] is -0.4, and the line says 1.6`."""
    assert judgement.pair is not None
    sizes = ", ".join(f"{name} = {count}" for name, count in witness.sizes)
    read = ", ".join(f"{text_chain([expr], names)} = {value:.4g}" for expr, value in values)
    place = ", ".join(part for part in (sizes, f"with {read}" if read else "") if part)
    left = _entry_words(judgement.pair, witness, names)
    what = f"{left} is {witness.said(', and the line says ')}"
    return f"{place}: {what}" if place else what


def _entry_words(pair: Pair, witness: Witness, names: Nomenclature) -> str:
    """The entry of the left side that differs; "the left side" where that is no single one."""
    at = dict(witness.indices)
    places: dict[Symbol, Expr] = {i: Integer(at[i.name]) for i in pair.indices if i.name in at}
    left = substitute(pair.left, places)
    factors = [part for part in left.args if tensor_of(part)] if left.is_Mul else [left]
    if len(factors) == 1 and tensor_of(factors[0]) is not None and factors[0] == left:
        return text_chain([left], names)
    where = ", ".join(f"{name} = {place + names.conventions.index_base}" for name, place in witness.indices)
    return f"the left side at {where}" if where else "the left side"


def under_convention(verdict: Verdict, line: Claim | Unreadable, judgement: Judgement, words: str) -> Verdict:
    """Right, but not as stated."""
    reading = judgement.reading
    return Verdict(
        Status.CONVENTION,
        line.written,
        line.where.line,
        line.where,
        subject=verdict.subject,
        method=judgement.method,
        scope=_WORDS[reading.scale] if reading is not None else verdict.scope,
        premises=judgement.premises,
        convention=words,
        expected=verdict.expected,
        found=verdict.found,
        witness=verdict.witness,
        point=verdict.point,
    )
