r"""One claim in one reading beside the truth: right with a proof, wrong, or neither.

Each side is compared with the next. Numbers come first: sides that differ at a point are not equal, and only sides
that agree are worth a proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

import numpy as np
from sympy import Expr, Rational, S

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.decimals import Decimal, Rounding, rounds_to
from symbackprop.algebra.proving.equality import Witness, compare_at_points
from symbackprop.algebra.space import Premise
from symbackprop.algebra.symbols import adjoint, entry, indices_of, tensor_of
from symbackprop.notation.claims.records import Claim, Reading, Side
from symbackprop.notation.reading.subjects import Subject
from symbackprop.notation.reading.values import Value, described, transposed
from symbackprop.verifying.claims.comparing import Pair, Screen, pair_of, proved, screened, where_it_exists
from symbackprop.verifying.claims.local_forms import local_form
from symbackprop.verifying.claims.meanings import Meaning, NoMeaningError, in_units
from symbackprop.verifying.claims.partials import Partials
from symbackprop.verifying.claims.witnesses import Certifier, exact_leaves
from symbackprop.verifying.truths import Truth

LONG = 6  # digits of a printed number, one more than which may have a last one that is wrong
STEPS = 300_000  # of evaluation, entry by entry, at one point
KEPT = 4_000  # judgements on pairs beside one truth
_SMALL = 1e-9  # a slope that tells nothing of a learning rate


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a claim in one reading.

    `side` is the number of the side that differs from the one before it; its `pair` and `screen` say where, and
    `witness` is there already if it took exact arithmetic to see; `because` says what leaves it open. `digits` are
    those to which a printed number agrees, None where none is compared. `void`: nothing that could be compared.
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
    digits: int | None = None

    @property
    def fits(self) -> bool:
        """Whether the reading has a meaning and its shapes fit."""
        return self.status in ("right", "undecided") or self.pair is not None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a claim in one reading is judged by: what is true, and what the names in it mean.

    No definition of a tensor in `opaque` may serve. `transposed` says that derivatives of tensors by tensors stand in
    the other layout: ∂v/∂u[i,j] is ∂v_j/∂u_i.
    """

    truth: Truth
    meaning: Meaning
    partials: Partials = field(default_factory=Partials)
    transposed: bool = False
    opaque: frozenset[str] = frozenset()

    @property
    def samples(self) -> Expr | None:
        """How many samples there are; None for one."""
        samples = self.truth.derivation.source.samples
        return None if samples is None or self.truth.scale == "one sample" else samples.size

    @property
    def has_rows(self) -> bool:
        """Whether samples stand in rows, so that a vector of one number for each column is a row as well."""
        samples = self.truth.derivation.source.samples
        return self.samples is not None and samples is not None and samples.side == "rows"

    def value(self, value: Value) -> Value:
        return Value(in_units(value.array, self.meaning, self.truth, self.partials.held), value.row)


def judge(claim: Claim, reading: Reading, basis: Basis) -> Judgement:
    """The judgement on one reading of a claim."""
    try:
        return _update(reading, basis, claim.ascends) if claim.kind == "update" else _equality(reading, basis)
    except NoMeaningError as error:
        return Judgement("void", reading, because=f"{error} has no meaning here")


def _equality(reading: Reading, basis: Basis) -> Judgement:
    """All sides, each with the next; the first that differs decides."""
    found: list[Judgement] = []
    for number in range(1, len(reading.sides)):
        judgement = _step(reading, number, basis)
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
    digits = min((part.digits for part in parts if part.digits is not None), default=None)
    points = min(part.points for part in parts)
    return Judgement("right", reading, "; ".join(methods), tuple(premises), points, digits=digits)


def _step(reading: Reading, number: int, basis: Basis) -> Judgement:
    left, right = reading.sides[number - 1], reading.sides[number]
    for side in (left, right):
        if side.value is None:
            because = (side.error.because or side.error.what) if side.error else ""
            return Judgement("wrong", reading, side=number, because=because)
    assert left.value is not None
    assert right.value is not None
    judgement = _compared(_laid_out(left, left.value, basis), right.value, reading, number, basis)
    if judgement.status != "wrong":
        return judgement
    return _as_factor(left, right.value, reading, number, basis) or judgement


def _laid_out(side: Side, value: Value, basis: Basis) -> Value:
    """The Jacobian of a vector by a vector, transposed where the note has the other layout."""
    turned = basis.transposed and is_jacobian(side.subject, basis.truth)
    return transposed(value) if turned else value


def is_jacobian(subject: Subject, truth: Truth) -> bool:
    """Whether a side is the whole matrix of the derivatives of a vector by a vector."""
    shapes = truth.space.shapes
    vectors = all(len(shapes.get(name, ())) == 1 for name in (subject.of, subject.name))
    return subject.kind == "local derivative" and not subject.indices and vectors


def _compared(left: Value, right: Value, reading: Reading, number: int, basis: Basis) -> Judgement:
    pair = pair_of(basis.value(left), basis.value(right), len(reading.indices), basis.samples)
    if pair is None and basis.has_rows:
        one, other = (Value(basis.value(value).array) for value in (left, right))
        pair = pair_of(one, other, len(reading.indices), basis.samples)
    if pair is None:
        sides = (reading.sides[number - 1].written, left), (reading.sides[number].written, right)
        because = ", ".join(described(written, value) for written, value in sides)
        return Judgement("wrong", reading, side=number, because=because)
    first = reading.sides[0]
    if reading.sides[number - 1].subject.kind == "local derivative":
        pair = where_it_exists(pair, pair.left, basis.truth.space)
    elif first.subject.kind == "adjoint" and first.value is not None and reading.indices:
        pair = where_it_exists(pair, first.value.expression, basis.truth.space)
    decimals = reading.sides[number].decimals
    if decimals is not None:
        return _to_printed_digits(pair, decimals, reading, number, basis)
    return judge_pair(pair, reading, number, basis)


def _to_printed_digits(pair: Pair, decimals: int, reading: Reading, number: int, basis: Basis) -> Judgement:
    """A printed decimal stands for all numbers that round to it: it can agree at the points, and is never proved.

    One that was computed from rounded numbers may have its last digit wrong: a long one then agrees to those before it.
    """
    printed = Decimal(Fraction(str(pair.right)), decimals)
    judgement = _rounded(pair, printed, reading, number, basis)
    if judgement.status == "wrong" and printed.digits > LONG:
        shorter = Decimal(round(printed.value, decimals - 1), decimals - 1)
        other = _rounded(pair, shorter, reading, number, basis)
        return other if other.status == "right" else judgement
    return judgement


def _rounded(pair: Pair, printed: Decimal, reading: Reading, number: int, basis: Basis) -> Judgement:
    truth, using = basis.truth, tuple(basis.truth.space.definitions)
    found: list[Rounding] = []
    for point in truth.points:
        leaves = {**exact_leaves(point, truth), **reading.values}
        rounding = rounds_to(pair.left, printed, pair.ranges, truth.space, using, sizes=point.sizes, values=leaves)
        if rounding.status == "differs":
            sizes = tuple((symbol.name, count) for symbol, count in sorted(point.sizes.items(), key=str))
            at = (sizes, rounding.indices, tuple(sorted(leaves.items())))
            value, said = rounding.value or 0.0, float(printed.value)
            witness = Witness(*at, value, said, said - value)
            return Judgement("wrong", reading, side=number, pair=pair, witness=witness)
        found.append(rounding)
    agreed = [rounding for rounding in found if rounding.status == "agrees"]
    if len(agreed) < len(found):
        return Judgement("undecided", reading, points=len(agreed), side=number, pair=pair)
    return Judgement("right", reading, points=len(agreed), side=number, pair=pair, digits=agreed[0].digits)


def judge_pair(pair: Pair, reading: Reading, number: int, basis: Basis) -> Judgement:
    """Two expressions over the same indices, once for all readings and conventions in which a line comes to them."""
    known, key = basis.truth.judged, (pair, basis.opaque)
    if key not in known:
        if len(known) >= KEPT:
            known.clear()
        known[key] = _on_pair(pair, basis)
    return replace(known[key], reading=reading, side=number)


def _on_pair(pair: Pair, basis: Basis) -> Judgement:
    """Numbers first, then a proof."""
    screen = screened(pair, basis.truth.points)
    if screen.status == "differ":
        return Judgement("wrong", pair=pair, screen=screen)
    proof = proved(pair, basis.truth, basis.opaque)
    if proof is not None:
        return Judgement("right", None, "proved", proof.premises, screen.agreed, pair=pair, screen=screen)
    if screen.status == "unknown":
        return _by_exact_points(pair, basis.truth)
    witness = Certifier(basis.truth).hidden(pair)
    if witness is not None:
        return Judgement("wrong", pair=pair, screen=screen, witness=witness)
    return Judgement("undecided", points=screen.agreed, pair=pair, screen=screen)


def _by_exact_points(pair: Pair, truth: Truth) -> Judgement:
    """What the points cannot compute, entry by entry at others."""
    using = tuple(truth.space.definitions)
    result = compare_at_points(pair.left, pair.right, pair.ranges, truth.space, using, STEPS)
    if result.status == "refuted":
        return Judgement("wrong", pair=pair, witness=result.witness)
    return Judgement("undecided", points=result.points, pair=pair)


# local derivatives


def _as_factor(left: Side, right: Value, reading: Reading, number: int, basis: Basis) -> Judgement | None:
    """A derivative of one tensor by another as a factor of the chain rule, in the layout of the note."""
    subject, known = left.subject, basis.truth
    if subject.kind != "local derivative" or subject.indices or reading.indices:
        return None
    if subject.of not in known.space.definitions or subject.name not in known.space.shapes:
        return None
    form = local_form(basis.value(right), subject.of, subject.name, known, basis.partials.held, basis.transposed)
    if form is None:
        return None
    opaque = basis.opaque | {adjoint(subject.of)}
    judgement = judge_pair(form.pair, reading, number, replace(basis, truth=form.truth, opaque=opaque))
    return replace(judgement, method=f"proved, as r in {form.words}") if judgement.status == "right" else judgement


# updates


def _update(reading: Reading, basis: Basis, ascends: bool) -> Judgement:
    """`W := W - α dW = ...`: each new value is the old one less a positive multiple of the gradient, or more by it."""
    old, first = reading.sides[0], reading.sides[1]
    if old.value is None or first.value is None:
        side = first if first.value is None else old
        return Judgement("wrong", reading, because=(side.error.because or side.error.what) if side.error else "")
    if old.subject.kind != "tensor" or not basis.truth.knows(adjoint(old.subject.name)):
        return Judgement("void", reading, because=f"{old.written} is no tensor that is learnt")
    gradient = _gradient(old.value.array, basis)
    if ascends:
        gradient = replace(gradient, expression=-gradient.expression)
    named = reading.rate is not None and reading.rate in tensors_in(first.value.expression)
    rate = entry(str(reading.rate)) if named else _rate(old.value, first.value, gradient, basis)
    found = [_new_value(reading, number, rate, gradient, basis) for number in range(1, len(reading.sides))]
    return next((judgement for judgement in found if judgement.status == "wrong"), _joined(reading, found))


def _new_value(reading: Reading, number: int, rate: Expr, gradient: Array, basis: Basis) -> Judgement:
    old, new = reading.sides[0], reading.sides[number]
    assert old.value is not None
    if new.value is None:
        return Judgement("wrong", reading, because=(new.error.because or new.error.what) if new.error else "")
    if new.decimals is not None and tensors_in(rate):
        return _at_some_rate(reading, number, gradient, basis)
    stepped = replace(gradient, expression=old.value.array.expression - rate * gradient.expression)
    step = Value(stepped, old.value.row)
    pair = pair_of(step, basis.value(new.value), len(reading.indices), basis.samples)
    if pair is None:
        return Judgement("wrong", reading, because=f"{described(old.written, old.value)}, its new value does not")
    if new.decimals is not None:
        return _to_printed_digits(pair, new.decimals, reading, number, basis)
    return judge_pair(pair, reading, number, basis)


def _at_some_rate(reading: Reading, number: int, gradient: Array, basis: Basis) -> Judgement:
    """A new value that is printed, where neither the model nor the note gives the rate a value: right at some rate."""
    old, new = reading.sides[0].value, reading.sides[number].value
    assert old is not None
    assert new is not None
    rate = _quotient_of_change(old, new, gradient, basis)
    written = reading.sides[number].written
    if rate is None:
        return Judgement("undecided", reading, side=number, because=f"{reading.rate} has no value here")
    if rate < 0:
        because = f"{written} is a step up the slope, at {reading.rate} = {rate:.4g}"
        return Judgement("wrong", reading, side=number, because=because)
    because = f"{reading.rate} has no value here; {written} is the new value where it is {rate:.4g}"
    return Judgement("undecided", reading, side=number, because=because)


def _gradient(old: Array, basis: Basis) -> Array:
    """The derivative by the parameter, or by its entry, over the indices of `old`."""
    slope = entry(adjoint(str(tensor_of(old.expression))), *indices_of(old.expression))
    return in_units(replace(old, expression=slope), basis.meaning, basis.truth)


def _rate(old: Value, new: Value, gradient: Array, basis: Basis) -> Expr:
    """A learning rate that was written as a number: what the first entry says; 1 where it says nothing."""
    rate = _quotient_of_change(old, new, gradient, basis)
    found = S.One if rate is None else Rational(str(round(rate, 9)))
    return found if found.is_positive else S.One


def _quotient_of_change(old: Value, new: Value, gradient: Array, basis: Basis) -> float | None:
    """How many times the gradient the first entry that has one is less in the new value; None where none has."""
    point, after = basis.truth.points[0], basis.value(new).array
    try:
        change = (point.value(old.array) - point.value(after)) if old.shape == after.shape else ()
        slopes = point.value(gradient)
    except (KeyError, ArithmeticError):
        return None
    pairs = zip(np.ravel(change), np.ravel(slopes), strict=False)
    ratios = [float(c) / float(s) for c, s in pairs if abs(float(s)) > _SMALL]
    return ratios[0] if ratios and math.isfinite(ratios[0]) else None


def values_of(claims: Iterable[Claim]) -> Iterator[Value]:
    """What the sides of the claims stand for, in all of their readings."""
    for claim in claims:
        for reading in claim.readings:
            yield from (side.value for side in reading.sides if side.value is not None)


def names_in(claims: Iterable[Claim]) -> frozenset[str]:
    """Every tensor and derivative that the claims read."""
    return frozenset(name for value in values_of(claims) for name in tensors_in(value.expression))
