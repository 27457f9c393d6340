r"""One claim in one reading beside the truth: right with a proof, wrong, or neither.

Each side is compared with the next. Numbers come first: sides that differ at a point are not equal, and only sides
that agree are worth a proof.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from sympy import Expr, Rational, S, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.equality import Witness, compare_at_points
from symbackprop.algebra.space import Premise
from symbackprop.algebra.symbols import adjoint, entry, indices_of, tensor_of
from symbackprop.notation.reading.claims import Claim, Reading, Side
from symbackprop.notation.reading.subjects import Subject
from symbackprop.notation.reading.values import Value, described
from symbackprop.verifying.comparing import Pair, Screen, pair_of, proved, screened
from symbackprop.verifying.local_forms import local_form
from symbackprop.verifying.meanings import Meaning, NoMeaningError, in_units
from symbackprop.verifying.truths import Truth, direct_name, partial_of
from symbackprop.verifying.witnesses import Certifier

STEPS = 300_000  # of evaluation, entry by entry, at one point
_SMALL = 1e-9  # a slope that tells nothing of a learning rate


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a claim in one reading.

    `side` is the number of the side that differs from the one before it; its `pair` and `screen` say where, and
    `witness` is there already if it took exact arithmetic to see. `void`: nothing that could be compared.
    """

    status: Literal["right", "undecided", "wrong", "void"]
    reading: Reading | None = None
    method: str = ""
    premises: tuple[Premise, ...] = ()
    points: int = 0
    side: int = 1
    pair: Pair | None = None
    screen: Screen | None = None
    witness: Witness | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a claim in one reading stands on. No definition of a tensor in `opaque` may serve.

    Those derivatives in `direct` are by one equation alone, though there are more paths.
    """

    truth: Truth
    meaning: Meaning
    opaque: frozenset[str] = frozenset()
    direct: frozenset[str] = frozenset()

    @property
    def samples(self) -> Expr | None:
        samples = self.truth.derivation.source.samples
        return None if samples is None or self.truth.scale == "one sample" else samples.size

    def value(self, value: Value) -> Value:
        return Value(in_units(value.array, self.meaning, self.truth, self.direct), value.row)


def judge(claim: Claim, reading: Reading, ground: Ground) -> Judgement:
    """The judgement on one reading of a claim."""
    try:
        if claim.kind == "update":
            return _update(reading, ground)
        return _either(reading, ground)
    except NoMeaningError as error:
        return Judgement("void", reading, because=f"{error} has no meaning here")


def _either(reading: Reading, ground: Ground) -> Judgement:
    """Derivatives of one tensor by another by its equation alone, as the chain rule has them, else over all paths.

    `∂L/∂h` is over all paths, unless a line is right for what the equation of L alone reads.
    """
    read = {name for side in reading.sides if side.value for name in tensors_in(side.value.expression)}
    several = frozenset(name for name in read if _has_more_paths(name, ground.truth))
    chained = frozenset(name for name in several if not _is_of_root(name, ground.truth))
    judgements: list[Judgement] = []
    for direct in dict.fromkeys((chained, frozenset[str](), several)):
        judgement = _equality(reading, replace(ground, direct=direct))
        if judgement.status == "right":
            return replace(judgement, method=_method(chained, direct)) if judgements else judgement
        judgements.append(judgement)
    return judgements[0]


def _has_more_paths(name: str, truth: Truth) -> bool:
    parts = partial_of(name)
    return parts is not None and truth.knows(direct_name(*parts))


def _is_of_root(name: str, truth: Truth) -> bool:
    of, _ = partial_of(name) or ("", "")
    return of in (truth.loss, truth.cost)


def _method(usual: frozenset[str], direct: frozenset[str]) -> str:
    """How a line is right that is not so with the derivatives in `usual` taken directly, but with those in `direct`."""
    others, words = (direct - usual, "by one equation alone") if direct > usual else (usual - direct, "over all paths")
    said = ", ".join(f"∂{of}/∂{by}" for of, by in (partial_of(name) or ("", "") for name in sorted(others)))
    return f"proved, {said} being {words}"


def _equality(reading: Reading, ground: Ground) -> Judgement:
    """All sides, each with the next; the first that differs decides."""
    found: list[Judgement] = []
    for number in range(1, len(reading.sides)):
        judgement = _step(reading, number, ground)
        if judgement.status == "wrong":
            return judgement
        found.append(judgement)
    return _joined(reading, found)


def _joined(reading: Reading, parts: list[Judgement]) -> Judgement:
    """Right if all parts are; else the first that is not."""
    weak = next((part for part in parts if part.status != "right"), None)
    if weak is not None or not parts:
        return weak or Judgement("void", reading)
    premises = dict.fromkeys(premise for part in parts for premise in part.premises)
    methods = dict.fromkeys(part.method for part in parts if part.method)
    return Judgement("right", reading, "; ".join(methods), tuple(premises), min(part.points for part in parts))


def _step(reading: Reading, number: int, ground: Ground) -> Judgement:
    left, right = reading.sides[number - 1], reading.sides[number]
    for side in (left, right):
        if side.value is None:
            because = (side.error.because or side.error.what) if side.error else ""
            return Judgement("wrong", reading, side=number, because=because)
    assert left.value is not None
    assert right.value is not None
    judgement = _compared(left.value, right.value, reading, number, ground)
    if judgement.status != "wrong":
        return judgement
    return _as_local(left, right.value, reading, number, ground) or judgement


def _compared(left: Value, right: Value, reading: Reading, number: int, ground: Ground) -> Judgement:
    pair = pair_of(ground.value(left), ground.value(right), len(reading.indices), ground.samples)
    if pair is None:
        sides = (reading.sides[number - 1].written, left), (reading.sides[number].written, right)
        because = ", ".join(described(written, value) for written, value in sides)
        return Judgement("wrong", reading, side=number, because=because)
    return judge_pair(pair, reading, number, ground)


def judge_pair(pair: Pair, reading: Reading, number: int, ground: Ground) -> Judgement:
    """Two expressions over the same indices: numbers first, then a proof."""
    screen = screened(pair, ground.truth.points)
    if screen.status == "differ":
        return Judgement("wrong", reading, side=number, pair=pair, screen=screen)
    proof = proved(pair, ground.truth, ground.opaque)
    if proof is not None:
        return Judgement("right", reading, "proved", proof.premises, screen.agreed, number, pair, screen)
    if screen.status == "unknown":
        return _by_exact_points(pair, reading, number, ground.truth)
    witness = Certifier(ground.truth).hidden(pair)
    if witness is not None:
        return Judgement("wrong", reading, side=number, pair=pair, screen=screen, witness=witness)
    return Judgement("undecided", reading, points=screen.agreed, side=number, pair=pair, screen=screen)


def _by_exact_points(pair: Pair, reading: Reading, number: int, truth: Truth) -> Judgement:
    """What the points cannot compute, entry by entry at others."""
    using = tuple(truth.space.definitions)
    result = compare_at_points(pair.left, pair.right, pair.ranges, truth.space, using, STEPS)
    if result.status == "refuted":
        return Judgement("wrong", reading, side=number, pair=pair, witness=result.witness)
    return Judgement("undecided", reading, points=result.points, side=number, pair=pair)


# local derivatives


def _as_local(left: Side, right: Value, reading: Reading, number: int, ground: Ground) -> Judgement | None:
    """A derivative by the equation of one tensor alone, entry by entry or as a factor of the chain rule."""
    of = _of(left.subject, ground.truth)
    by = left.subject.name
    if of is None or of not in ground.truth.space.definitions or by not in ground.truth.space.shapes:
        return None
    if by in tensors_in(ground.truth.space.definitions[of].expression):
        local = _entry_of(ground.truth.local(of, by), left.subject, reading.indices)
        judgement = _compared(Value(local), right, reading, number, ground)
        if judgement.status == "right":
            return replace(judgement, method=f"proved, by the equation of {of} alone")
    if left.subject.indices or reading.indices:
        return None
    form = local_form(ground.value(right), of, by, ground.truth)
    if form is None:
        return None
    opaque = ground.opaque | {adjoint(of)}
    judgement = judge_pair(form.pair, reading, number, replace(ground, truth=form.truth, opaque=opaque))
    return replace(judgement, method=f"proved, as r in {form.words}") if judgement.status == "right" else judgement


def _of(subject: Subject, truth: Truth) -> str | None:
    """What is differentiated, where the claim names it."""
    if subject.kind == "local derivative":
        return subject.of
    return subject.root if subject.kind == "adjoint" and subject.root == truth.model.root else None


def _entry_of(array: Array, subject: Subject, free: tuple[Symbol, ...]) -> Array:
    """The array, or its entry at the subject's indices as an array over the free ones."""
    if not subject.indices:
        return array
    indices = subject.indices if len(subject.indices) == len(array.indices) else ()
    if not indices:
        return array
    shape = [next((n for i, n in zip(indices, array.shape, strict=True) if i == f), None) for f in free]
    if any(extent is None for extent in shape):
        return array
    return Array(free, tuple(extent for extent in shape if extent is not None), array.at(*indices))


# updates


def _update(reading: Reading, ground: Ground) -> Judgement:
    """`W := W - α dW`: the new value is the old one less a positive multiple of the gradient."""
    old, new = reading.sides[0], reading.sides[-1]
    if old.value is None or new.value is None:
        side = new if new.value is None else old
        return Judgement("wrong", reading, because=(side.error.because or side.error.what) if side.error else "")
    name = old.subject.name
    if old.subject.kind != "tensor" or not ground.truth.knows(adjoint(name)):
        return Judgement("void", reading, because=f"{old.written} is no tensor that is learnt")
    gradient = _gradient(old.value.array, ground)
    named = reading.rate is not None and reading.rate in tensors_in(new.value.expression)
    rate = entry(str(reading.rate)) if named else _rate(old.value, new.value, gradient, ground)
    stepped = replace(gradient, expression=old.value.array.expression - rate * gradient.expression)
    step = Value(stepped, old.value.row)
    pair = pair_of(step, ground.value(new.value), len(reading.indices), ground.samples)
    if pair is None:
        return Judgement("wrong", reading, because=f"{described(old.written, old.value)}, its new value does not")
    return judge_pair(pair, reading, 1, ground)


def _gradient(old: Array, ground: Ground) -> Array:
    """The derivative by the parameter, or by its entry, over the indices of `old`."""
    slope = entry(adjoint(str(tensor_of(old.expression))), *indices_of(old.expression))
    return in_units(replace(old, expression=slope), ground.meaning, ground.truth)


def _rate(old: Value, new: Value, gradient: Array, ground: Ground) -> Expr:
    """A learning rate that was written as a number: what the first entry says; 1 where it says nothing."""
    point, after = ground.truth.points[0], ground.value(new).array
    try:
        change = (point.value(old.array) - point.value(after)) if old.shape == after.shape else ()
        slopes = point.value(gradient)
    except (KeyError, ArithmeticError):
        return S.One
    pairs = zip(np.ravel(change), np.ravel(slopes), strict=False)
    ratios = [float(c) / float(s) for c, s in pairs if abs(float(s)) > _SMALL]
    found = Rational(str(round(ratios[0], 9))) if ratios and math.isfinite(ratios[0]) else S.One
    return found if found.is_positive else S.One


def names_in(claims: Collection[Claim]) -> frozenset[str]:
    """Every tensor and derivative that the claims read."""
    return frozenset(
        name
        for claim in claims
        for reading in claim.readings
        for side in reading.sides
        if side.value is not None
        for name in tensors_in(side.value.expression)
    )
