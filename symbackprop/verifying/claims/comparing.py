r"""Two sides of a claim beside each other: their shapes, their numbers at the points, the proof that they are equal.

A proof first takes every name as it stands, then puts in definitions from the claim outward, as few as needed. How
many that is, numbers tell in milliseconds: with names opaque, an identity that rests on no definition holds at any
values of theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice, product
from typing import Literal

import numpy as np
from sympy import Abs, Expr, Max, Min, Mul, Piecewise, S, Symbol, sign

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, fresh, tensors_in
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.proving.grids import TooLargeError
from symbackprop.algebra.proving.zero import Proof, is_zero
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Premise, Space
from symbackprop.algebra.symbols import Apply, Guard, indices_of, is_adjoint, tensor_of
from symbackprop.notation.reading.values import Value, same_shape, same_size
from symbackprop.verifying.points import CLOSE, Point
from symbackprop.verifying.truths import Truth

PROOFS = 6  # attempts at a proof, each with other definitions put in
STEPS = 2  # of a recurrence, put in on one side
LEVELS = 5  # how far outward definitions are put in
_BENT = (Piecewise, Apply, Abs, sign, Max, Min)
LARGEST = 1_500  # parts of an expression with its definitions put in
Reads = Mapping[str, frozenset[str]]
_FAR = 1e-7  # relative: more than rounding can do


@dataclass(frozen=True, slots=True)
class Pair:
    """Two expressions over the same free indices."""

    indices: tuple[Symbol, ...]
    shape: tuple[Expr, ...]
    left: Expr
    right: Expr

    @property
    def ranges(self) -> dict[Symbol, Expr]:
        return dict(zip(self.indices, self.shape, strict=True))

    def array(self, side: Expr) -> Array:
        return Array(self.indices, self.shape, side)


# shapes


def pair_of(left: Value, right: Value, free: int, samples: Expr | None = None) -> Pair | None:
    """The two sides entry by entry; None where their shapes differ.

    The first `free` indices of both are those that stand free in the claim. Vectors are columns, rows where they were
    transposed; a whole side with a number for each of `samples` may stand for either. A number goes with any shape.
    """
    for one, other in product(_orientations(left, free, samples), _orientations(right, free, samples)):
        matched = _matched(one, other, free)
        if matched is not None:
            return _pair(left.array, right.array, *matched)
    return None


Axes = tuple[tuple[int | None, Expr], ...]
"""For each axis of a shape its place in the array, None for one of size 1 that was added."""


def _orientations(value: Value, free: int, samples: Expr | None) -> tuple[Axes, ...]:
    """The axes of a value, those of a vector or a number completed to a matrix."""
    axes: Axes = tuple(enumerate(value.shape))
    head, rest = axes[:free], axes[free:]
    unit = (None, S.One)
    if len(rest) != 1:
        return (axes if rest else (*head, unit, unit),)
    column, row = (*head, *rest, unit), (*head, unit, *rest)
    chosen, other = (row, column) if value.row else (column, row)
    return (chosen, other) if samples is not None and same_size(rest[0][1], samples) else (chosen,)


def _matched(left: Axes, right: Axes, free: int) -> tuple[Axes, Axes] | None:
    """The axes of both, in pairs; those of a number are repeated."""
    if _equal(left, right):
        return left, right
    for one, other in ((left, right), (right, left)):
        if all(place is None for place, _ in other[free:]) and _equal(one[:free], other[:free]):
            stretched = (*other[:free], *((None, extent) for _, extent in one[free:]))
            return (left, stretched) if one is left else (stretched, right)
    return None


def _equal(left: Axes, right: Axes) -> bool:
    return same_shape(tuple(extent for _, extent in left), tuple(extent for _, extent in right))


def _pair(left: Array, right: Array, one: Axes, other: Axes) -> Pair:
    taken = all_symbols(left.expression) | all_symbols(right.expression)
    taken |= {s for _, extent in (*one, *other) for s in extent.free_symbols}
    indices: list[Symbol] = []
    at_left: list[Expr] = [S.Zero] * len(left.shape)
    at_right: list[Expr] = [S.Zero] * len(right.shape)
    shape: list[Expr] = []
    for (place, extent), (opposite, _) in zip(one, other, strict=True):
        if same_size(extent, S.One):
            continue
        like = left.indices[place] if place is not None else None
        variable = like if like is not None and like not in indices else fresh([*taken, *indices])
        indices.append(variable)
        shape.append(extent)
        if place is not None:
            at_left[place] = variable
        if opposite is not None:
            at_right[opposite] = variable
    return Pair(tuple(indices), tuple(shape), left.at(*at_left), right.at(*at_right))


def where_it_exists(pair: Pair, entry: Expr, space: Space) -> Pair:
    """The pair of a derivative, as ∂h_t/∂h_{t-1}, at the indices at which there is the `entry` that it is about."""
    name = str(tensor_of(entry))
    if name not in space.shapes or len(indices_of(entry)) != len(space.shapes[name]):
        return pair
    letters = {letter for at in indices_of(entry) for letter in at.free_symbols if letter not in space.sizes}
    if not letters <= pair.ranges.keys():
        return pair
    bounds = [b for at, size in zip(indices_of(entry), space.shapes[name], strict=True) for b in (at, size - 1 - at)]
    open_ = [b.expand() for b in bounds if not is_nonnegative(b, pair.ranges, space)]
    inside = Mul(*map(Guard, open_))
    return replace(pair, left=pair.left * inside, right=pair.right * inside) if open_ else pair


# numbers


@dataclass(frozen=True, slots=True)
class Screen:
    """What the points say: how many agree, and where the sides differ most, one place for each point that does."""

    agreed: int = 0
    differing: tuple[tuple[int, tuple[int, ...]], ...] = ()

    @property
    def status(self) -> Literal["agree", "differ", "unknown"]:
        if self.differing:
            return "differ"
        return "agree" if self.agreed else "unknown"


def screened(pair: Pair, points: tuple[Point, ...]) -> Screen:
    """Both sides at each point; entries without a value on either side are left out."""
    agreed, differing = 0, []
    for number, point in enumerate(points):
        place = _farthest(pair, point)
        if isinstance(place, tuple):
            differing.append((number, place))
        elif place == "agree":
            agreed += 1
    return Screen(agreed, tuple(differing))


def _farthest(pair: Pair, point: Point) -> tuple[int, ...] | Literal["agree", "unknown"]:
    """The place of the largest difference, if there is one, or whether anything could be compared."""
    try:
        left, right = point.value(pair.array(pair.left)), point.value(pair.array(pair.right))
    except (KeyError, TooLargeError):
        return "unknown"
    known = np.isfinite(left) & np.isfinite(right)
    if not known.any():
        return "unknown"
    gap = np.where(known, np.abs(left - right), 0.0)
    scale = max(float(np.max(np.abs(np.where(known, part, 0.0)), initial=0.0)) for part in (left, right))
    if float(gap.max(initial=0.0)) <= CLOSE * (1 + scale):
        return "agree"
    if float(gap.max(initial=0.0)) <= _FAR * scale:
        return "unknown"
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape))


# proofs


def proved(pair: Pair, truth: Truth, opaque: Collection[str] = ()) -> Proof | None:
    """A proof that both sides are equal, resting on as few definitions as were found to do.

    `opaque` names tensors whose definitions may not serve.
    """
    difference = pair.left - pair.right
    if difference == 0:
        return Proof()
    forms = (truth, truth.swept()) if any(is_adjoint(name) for name in tensors_in(difference)) else (truth,)
    if truth.recurrent & tensors_in(difference):
        for form in reversed(forms):  # one step is one first form
            if (proof := _proved_by_one_step(pair, form, opaque)) is not None:
                return proof
    return next((proof for form in forms if (proof := _proved_by(pair, form, opaque)) is not None), None)


def _proved_by_one_step(pair: Pair, truth: Truth, opaque: Collection[str]) -> Proof | None:
    """A proof by one step of a recurrence on one side, or by two, beside definitions that are no recurrence.

    Put in on both sides, `dz[t] = ... dz[t+1]` would become one of dz[t+1] and dz[t+2].
    """
    adjoints = frozenset(name for name in truth.recurrent if is_adjoint(name))
    tried: list[Pair] = []
    steps = [(pair, frozenset[str]())]
    for _ in range(STEPS + 1):
        for one, used in steps:
            if one in tried or len(tried) >= 2 * PROOFS:
                continue
            tried.append(one)
            proof = _proved_by(one, truth, adjoints.union(opaque))
            if proof is not None:
                premises = (*(Premise("definition", name) for name in sorted(used)), *proof.premises)
                return Proof(tuple(dict.fromkeys(premises)))
        steps = [(one, used | {name}) for before, used in steps for one, name in _stepped(before, truth, opaque)]
    return None


def _stepped(pair: Pair, truth: Truth, opaque: Collection[str]) -> Iterator[tuple[Pair, str]]:
    """The pair with one definition of a recurrence put in on one side, and whose it is; left sides first."""
    for side in ("left", "right"):
        expr = getattr(pair, side)
        for name in sorted((tensors_in(expr) & truth.recurrent) - set(opaque), key=lambda n: (not is_adjoint(n), n)):
            yield replace(pair, **{side: put_in(expr, (name,), pair.ranges, truth.space)}), name


def _proved_by(pair: Pair, truth: Truth, opaque: Collection[str]) -> Proof | None:
    """A proof by the definitions as they stand in `truth`."""
    difference = pair.left - pair.right
    if difference == 0:
        return Proof()
    bent = difference.has(*_BENT) or any(a.expression.has(*_BENT) for a in truth.space.definitions.values())
    tried = 0
    for using in _choices(difference, truth, frozenset(opaque)):
        if tried >= PROOFS:
            break
        if not _holds(pair, truth, using):
            continue
        tried += 1
        for away in (False, True) if bent else (False,):
            proof = is_zero(difference, pair.ranges, truth.space, using, away_from_kinks=away)
            if proof is not None:
                return proof
        fewer = _without_idle(pair, truth, using) if tried == 1 else using
        if fewer != using and (proof := is_zero(difference, pair.ranges, truth.space, fewer, away_from_kinks=bent)):
            return proof
    return None


def _without_idle(pair: Pair, truth: Truth, using: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the definitions in use without which the sides differ, those farthest inward left out first."""
    for name in using:
        others = tuple(other for other in using if other != name)
        if _holds(pair, truth, others):
            using = others
    return using


def _holds(pair: Pair, truth: Truth, using: Collection[str]) -> bool:
    """Whether the sides agree with all names opaque whose definitions are not put in."""
    return screened(pair, (truth.scrambled_with(frozenset(using)),)).status != "differ"


def _choices(difference: Expr, truth: Truth, opaque: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Which definitions to put in, few first: those of adjoints outward, and with them more and more forward ones."""
    reads = {name: read for name, read in truth.reads.items() if name not in opaque}
    start = tensors_in(difference)
    for chosen in dict.fromkeys(chain(_near(start, reads), _far(start, reads))):
        if _size(difference, chosen, truth) <= LARGEST:
            yield tuple(name for name in reads if name in chosen)


def _near(start: frozenset[str], reads: Reads) -> Iterator[frozenset[str]]:
    """Few definitions: so many levels of adjoints, and with them so many levels of others."""
    adjoints = list(islice(_adjoints_outward(start, reads), LEVELS))
    for reach in range(len(adjoints) + LEVELS):
        for level, chosen_adjoints in enumerate(adjoints[: reach + 1]):
            chosen = next(islice(_outward(start, reads, chosen_adjoints, False), reach - level, None), None)
            if chosen is not None:
                yield chosen


def _far(start: frozenset[str], reads: Reads) -> Iterator[frozenset[str]]:
    """All that is read, however far: forward definitions, adjoints, both."""
    *_, adjoints = _outward(start, reads, frozenset(), True)
    for chosen_adjoints in (frozenset[str](), adjoints):
        *_, chosen = _outward(start, reads, chosen_adjoints, False)
        yield chosen_adjoints
        yield chosen


def _size(difference: Expr, chosen: frozenset[str], truth: Truth) -> int:
    """How many parts the difference has once the chosen definitions are put in, each as often as it is read."""
    known: dict[str, int] = {}
    for name, array in truth.space.definitions.items():
        if name in chosen:
            known[name] = _parts(array.expression, known)
    return _parts(difference, known)


def _parts(expr: Expr, known: Mapping[str, int]) -> int:
    name = tensor_of(expr)
    if name is not None:
        return known.get(name, 1)
    return 1 + sum(_parts(part, known) for part in expr.args if isinstance(part, Expr))


def _adjoints_outward(start: frozenset[str], reads: Reads) -> Iterator[frozenset[str]]:
    """None, the one that was derived last, then all, then those that they read."""
    here = [name for name in reads if name in start and is_adjoint(name)]
    yield frozenset()
    if len(here) > 1:
        yield frozenset(here[-1:])
    yield from islice(_outward(start, reads, frozenset(), True), 1, None)


def _outward(start: frozenset[str], reads: Reads, chosen: frozenset[str], adjoints: bool) -> Iterator[frozenset[str]]:
    """`chosen`, then with it the definitions that are read, of adjoints or of others, one level more each time."""
    while True:
        yield chosen
        read = start.union(*(reads[name] for name in chosen))
        more = {name for name in read if name in reads and is_adjoint(name) == adjoints} - chosen
        if not more:
            return
        chosen |= more
