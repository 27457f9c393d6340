r"""The verdict on an equality: proved at all sizes, refuted at a real point, or undecided.

A refutation is certified: both sides are evaluated in interval arithmetic at rational values that respect the facts,
and the intervals of their difference exclude 0. Points that agree are counted and never called a proof.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from sympy import Abs, Basic, Expr, Integer, Max, Min, Piecewise, Symbol, sign
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.proving.arithmetic import FLOATS, PRECISIONS, Number, UndecidedError, intervals
from symbackprop.algebra.proving.drawing import Demands, Leaf, Sizes, drawn, exact, extents_at, sizes_in_turn
from symbackprop.algebra.proving.evaluate import Computed, Environment, value_of
from symbackprop.algebra.proving.zero import is_zero, poles_apart
from symbackprop.algebra.space import Premise, Ranges, Space
from symbackprop.algebra.symbols import BINDERS, Apply, bounds_of, tensor_of

POINTS = 8
_SIGNS = {5: (-1,), 7: (-1, 1)}  # of the leaves at these points, one after the other: what is wrong there alone shows
_SEED = 20_231
_LEAST = (2, 2, 2, 1)  # sizes, at one point after the other
_POSITIONS = 64
_TOLERANCE = 1e-9  # relative: more than rounding can do
_HIDDEN = 4  # positions of a point at which a difference is looked for that floats do not show
_BENT = (Piecewise, Apply, Abs, sign, Max, Min)  # what may have a kink
_UNKNOWN = Integer(6)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Witness:
    """A real point at which two sides differ: sizes, indices, entries, and what each side is there.

    `difference` is right less left, which may be less than floats show.
    """

    sizes: tuple[tuple[str, int], ...]
    indices: tuple[tuple[str, int], ...]
    values: tuple[tuple[str, Any], ...]
    left: float
    right: float
    difference: float

    def said(self, between: str) -> str:
        """Both sides in words; the difference where it is too small to be seen in them."""
        left, right = f"{self.left:.6g}", f"{self.right:.6g}"
        if left == right:
            right += f" {'+' if self.difference > 0 else '-'} {abs(self.difference):.3g}"
        return f"{left}{between}{right}"

    def __str__(self) -> str:
        parts = [f"{name} = {value}" for name, value in (*self.sizes, *self.indices)]
        parts += [f"{name} = {_written(value)}" for name, value in self.values]
        return f"{', '.join(parts)}: {self.said(' and ')}"


def _written(value: Any) -> str:
    return f"[{', '.join(_written(v) for v in value)}]" if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True)
class Equality:
    """`proved` with premises, `refuted` with a witness, or `undecided` with the number of points that agreed."""

    status: Literal["proved", "refuted", "undecided"]
    premises: tuple[Premise, ...] = ()
    witness: Witness | None = None
    points: int = 0


def compare(left: Expr, right: Expr, ranges: Ranges, space: Space, using: Collection[str] = ()) -> Equality:
    """Whether two expressions are equal for all indices in `ranges`.

    `using` names tensors whose definitions may serve: they are put in for the proof, and computed at the points.
    """
    parts = [left, right, *(space.definitions[name].expression for name in using if name in space.definitions)]
    bent = any(part.has(*_BENT) for part in parts)
    for away_from_kinks in (False, True) if bent else (False,):
        proof = is_zero(left - right, ranges, space, using, away_from_kinks=away_from_kinks)
        if proof is not None:
            poles = poles_apart(left, right, ranges, space, using)
            return Equality("proved", tuple(dict.fromkeys((*proof.premises, *poles))))
    return compare_at_points(left, right, ranges, space, using)


def compare_at_points(
    left: Expr, right: Expr, ranges: Ranges, space: Space, using: Collection[str] = (), steps: float = math.inf
) -> Equality:
    """`compare` without a proof. Points at which it takes more than so many `steps` of evaluation are left out."""
    agreed = 0
    for point in points_of((left, right), ranges, space, using):
        if steps < math.inf and _steps_at(point, (left, right)) > steps:
            continue
        witness, compared = _differ_at(left, right, point)
        if witness is not None:
            return Equality("refuted", witness=witness)
        agreed += compared
    return Equality("undecided", points=agreed)


@dataclass(frozen=True, slots=True)
class Point:
    """Sizes, entries, and every position of the free indices (or some, if there are many)."""

    sizes: Sizes
    stored: Mapping[str, Any]
    values: Values
    positions: tuple[Mapping[Symbol, int], ...]
    space: Space = field(repr=False)


def _differ_at(left: Expr, right: Expr, point: Point) -> tuple[Witness | None, bool]:
    """A certified difference at the point, if there is one, and whether any position could be compared.

    Where floats show none, digits are added at the positions where they are farthest apart.
    """
    gaps = [
        (gap, at) for at, place in enumerate(point.positions) if (gap := _gap(left, right, point, place)) is not None
    ]
    clear = [at for gap, at in gaps if gap > _TOLERANCE]
    hidden = [at for _, at in sorted(gaps, key=lambda found: -found[0])[:_HIDDEN]]
    for bits, places in [(PRECISIONS[0], clear), *((bits, hidden) for bits in PRECISIONS)]:
        for at in places:
            witness = _certified(left, right, point, point.positions[at], bits)
            if witness is not None:
                return witness, True
    return None, bool(gaps)


def _gap(left: Expr, right: Expr, point: Point, position: Mapping[Symbol, int]) -> float | None:
    """How far the sides are apart in floats, relative to their size; None where one has no value."""
    floats = Environment(point.values, point.sizes, FLOATS, point.space.functions)
    scope = {**point.sizes, **position}
    try:
        one, other = value_of(left, floats, scope), value_of(right, floats, scope)
    except (ArithmeticError, ValueError):
        return None
    return abs(one - other) / (1 + abs(one) + abs(other))


def _steps_at(point: Point, sides: Sequence[Expr]) -> int:
    """At most how many parts are evaluated at a point: each entry of an intermediate in use once, sides everywhere."""
    computed = [value.array for value in point.values.values() if isinstance(value, Computed)]
    cells = [math.prod(extents_at(array.shape, point.sizes)) for array in computed]
    entries = sum(n * _steps(array.expression, point.sizes) for n, array in zip(cells, computed, strict=True))
    return entries + len(point.positions) * sum(_steps(side, point.sizes) for side in sides)


def _steps(expr: Basic, sizes: Sizes) -> int:
    """How many parts an expression has, those in a sum as often as it runs at most."""
    inside = sum(_steps(part, sizes) for part in expr.args)
    return (1 + inside) * max(2, *sizes.values(), 2) ** (len(bounds_of(expr)) if isinstance(expr, BINDERS) else 0)


def _certified(left: Expr, right: Expr, point: Point, position: Mapping[Symbol, int], bits: int) -> Witness | None:
    """The witness at a position, if intervals of so many bits tell the sides apart there."""
    arithmetic = intervals(bits)
    env, scope = Environment(point.values, point.sizes, arithmetic, point.space.functions), {**point.sizes, **position}
    try:
        one, other = value_of(left, env, scope), value_of(right, env, scope)
        if arithmetic.sign(other - one) == 0:
            return None
    except (ArithmeticError, ValueError, UndecidedError):
        return None
    names = tuple(sorted((s.name, v) for s, v in point.sizes.items()))
    places = tuple(sorted((s.name, v) for s, v in position.items()))
    sides = (float(value.mid) for value in (one, other, other - one))
    return Witness(names, places, tuple(sorted(point.stored.items())), *sides)


# points


def points_of(sides: Sequence[Expr], ranges: Ranges, space: Space, using: Collection[str] = ()) -> Iterator[Point]:
    """Points with small sizes and rational entries that respect the facts; always the same ones.

    Sizes differ from point to point; at one in four they may be 1.
    """
    random = np.random.default_rng(_SEED)
    names = _names_read(sides, space, using)
    whole = _index_data(sides)
    leaves = [name for name in sorted(names) if name not in using or name not in space.definitions]
    for number, sizes in zip(range(POINTS), _sizes(sides, ranges, list(names), space), strict=False):
        stored: dict[str, Any] = {}
        for place, name in enumerate(leaves):
            facts = tuple(fact for fact in space.facts if fact.tensor == name)
            shape = extents_at(space.shapes.get(name, (_UNKNOWN,) * names[name]), sizes)
            limit = min(sizes.values(), default=1) if name in whole else None
            entries = drawn(Leaf(shape, facts, limit=limit), random, number, positive=number % 2 == 0)
            if number in _SIGNS and not facts and limit is None:
                entries = np.abs(entries) * _SIGNS[number][place % len(_SIGNS[number])]
            stored[name] = exact(entries)
        values = _with_intermediates(stored, sizes, sides, space, names.keys() & set(using), random)
        yield Point(sizes, stored, values, _positions(ranges, sizes, random), space)


def _index_data(sides: Sequence[Expr]) -> set[str]:
    """The tensors that serve as an index: what they hold must be whole numbers in range."""
    places = [place for side in sides for read in side.atoms(Indexed) for place in read.indices]
    return {str(tensor_of(data)) for place in places for data in place.atoms(Indexed)}


def _names_read(sides: Sequence[Expr], space: Space, using: Collection[str]) -> dict[str, int]:
    """The tensors that the sides read, and those that the definitions in use read, with their ranks."""
    found: dict[str, int] = {}
    queue: list[Basic] = list(sides)
    while queue:
        part = queue.pop()
        name = tensor_of(part) if isinstance(part, Indexed | Symbol) else None
        if name is None or isinstance(part, Indexed):
            queue.extend(part.indices if isinstance(part, Indexed) else part.args)
        if name is not None and name not in found:
            found[name] = len(part.indices) if isinstance(part, Indexed) else 0
            if name in using and name in space.definitions:
                queue.append(space.definitions[name].expression)
    return found


def _sizes(sides: Sequence[Expr], ranges: Ranges, names: Sequence[str], space: Space) -> Iterator[Sizes]:
    extents = [*ranges.values(), *(extent for name in names for extent in space.shapes.get(name, ()))]
    read = [space.definitions[name].expression for name in names if name in space.definitions]
    symbols = {s for part in (*sides, *read, *extents, *space.size_facts) for s in free_indices(part) if s.is_positive}
    return sizes_in_turn(Demands(tuple(sorted(symbols, key=str)), dict.fromkeys(extents), space.size_facts), _LEAST)


def _with_intermediates(
    stored: Mapping[str, Any],
    sizes: Sizes,
    sides: Sequence[Expr],
    space: Space,
    using: Collection[str],
    random: np.random.Generator,
) -> Values:
    """The stored entries, the intermediates in use as callables, and a polynomial for each opaque function."""
    values: dict[str, Any] = dict(stored)
    parts = [*sides, *(array.expression for array in space.definitions.values())]
    for name in sorted({a.name for part in parts for a in part.atoms(Apply)}):
        if name not in space.functions or space.functions[name].expression is None:
            values[name] = _polynomial([Fraction(int(c), 8) for c in random.integers(-9, 10, 5)])
    for name in sorted(using):
        if name in space.definitions:
            values[name] = Computed(space.definitions[name], sizes)
    return values


def _polynomial(coefficients: list[Fraction]) -> Callable[[int, Number], Number]:
    def value(order: int, x: Number) -> Number:
        slopes = coefficients
        for _ in range(order):
            slopes = [c * power for power, c in enumerate(slopes)][1:]
        result = x * 0
        for c in reversed(slopes):
            result = result * x + (c.numerator + x * 0) / c.denominator
        return result

    return value


def _positions(ranges: Ranges, sizes: Sizes, random: np.random.Generator) -> tuple[Mapping[Symbol, int], ...]:
    variables = sorted(ranges, key=str)
    boxes = map(range, extents_at([ranges[v] for v in variables], sizes))
    whole = [dict(zip(variables, place, strict=True)) for place in itertools.islice(itertools.product(*boxes), 4096)]
    chosen = (
        sorted(random.choice(len(whole), _POSITIONS, replace=False)) if len(whole) > _POSITIONS else range(len(whole))
    )
    return tuple(whole[at] for at in chosen)
