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
from functools import partial
from random import Random
from typing import Any, Literal

from sympy import Abs, Basic, Expr, Integer, Max, Min, Piecewise, Symbol, sign
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.proving.arithmetic import FLOATS, INTERVALS, Number, UndecidedError
from symbackprop.algebra.proving.evaluate import Computed, Environment, integer_of, value_of
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.space import Fact, Premise, Ranges, Space
from symbackprop.algebra.symbols import BINDERS, Apply, bounds_of, tensor_of

POINTS = 8
_SEED = 20_231
_POSITIONS = 64
_TOLERANCE = 1e-9
_BENT = (Piecewise, Apply, Abs, sign, Max, Min)  # what may have a kink
_UNKNOWN = Integer(6)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Witness:
    """A real point at which two sides differ: sizes, indices, entries, and what each side is there."""

    sizes: tuple[tuple[str, int], ...]
    indices: tuple[tuple[str, int], ...]
    values: tuple[tuple[str, Any], ...]
    left: float
    right: float

    def __str__(self) -> str:
        parts = [f"{name} = {value}" for name, value in (*self.sizes, *self.indices)]
        parts += [f"{name} = {_written(value)}" for name, value in self.values]
        return f"{', '.join(parts)}: {self.left:.6g} and {self.right:.6g}"


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
            return Equality("proved", proof.premises)
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

    sizes: Mapping[Symbol, int]
    stored: Mapping[str, Any]
    values: Values
    positions: tuple[Mapping[Symbol, int], ...]
    space: Space = field(repr=False)


def _differ_at(left: Expr, right: Expr, point: Point) -> tuple[Witness | None, bool]:
    """A certified difference at the point, if there is one, and whether any position could be compared."""
    compared = False
    floats = Environment(point.values, point.sizes, FLOATS, point.space.functions)
    for position in point.positions:
        scope = {**point.sizes, **position}
        try:
            one, other = value_of(left, floats, scope), value_of(right, floats, scope)
        except (ArithmeticError, ValueError):
            continue
        compared = True
        if abs(one - other) > _TOLERANCE * (1 + abs(one) + abs(other)) and _certified(left, right, point, scope):
            names = tuple(sorted((s.name, v) for s, v in point.sizes.items()))
            places = tuple(sorted((s.name, v) for s, v in position.items()))
            return Witness(names, places, tuple(sorted(point.stored.items())), float(one), float(other)), True
    return None, compared


def _steps_at(point: Point, sides: Sequence[Expr]) -> int:
    """At most how many parts are evaluated at a point: each entry of an intermediate in use once, sides everywhere."""
    computed = [value.array for value in point.values.values() if isinstance(value, Computed)]
    cells = [math.prod(_whole(extent, point.sizes) for extent in array.shape) for array in computed]
    entries = sum(n * _steps(array.expression, point.sizes) for n, array in zip(cells, computed, strict=True))
    return entries + len(point.positions) * sum(_steps(side, point.sizes) for side in sides)


def _steps(expr: Basic, sizes: Mapping[Symbol, int]) -> int:
    """How many parts an expression has, those in a sum as often as it runs at most."""
    inside = sum(_steps(part, sizes) for part in expr.args)
    return (1 + inside) * max(2, *sizes.values(), 2) ** (len(bounds_of(expr)) if isinstance(expr, BINDERS) else 0)


def _certified(left: Expr, right: Expr, point: Point, scope: dict[Symbol, int]) -> bool:
    intervals = Environment(point.values, point.sizes, INTERVALS, point.space.functions)
    try:
        difference = value_of(left, intervals, scope) - value_of(right, intervals, scope)
        return INTERVALS.sign(difference) != 0
    except (ArithmeticError, ValueError, UndecidedError):
        return False


# points


def points_of(sides: Sequence[Expr], ranges: Ranges, space: Space, using: Collection[str] = ()) -> Iterator[Point]:
    """Points with small sizes and random rational entries that respect the facts; always the same ones."""
    random = Random(_SEED)
    names = _names_read(sides, space, using)
    whole = _index_data(sides)
    for number in range(POINTS):
        sizes = _sizes(sides, ranges, list(names), space, random, number)
        if sizes is None:
            return
        stored: dict[str, Any] = {}
        for name in sorted(names):
            if name in using and name in space.definitions:
                continue
            shape = tuple(_whole(extent, sizes) for extent in space.shapes.get(name, (_UNKNOWN,) * names[name]))
            if name in whole:
                stored[name] = _array(shape, partial(_draw_index, random, min(sizes.values(), default=1)))
            else:
                stored[name] = _draw(name, shape, space.facts, random, positive=number % 2 == 0)
        values = _with_intermediates(stored, sizes, sides, space, using, random)
        yield Point(sizes, stored, values, _positions(ranges, sizes, random), space)


def _index_data(sides: Sequence[Expr]) -> set[str]:
    """The tensors that serve as an index: what they hold must be whole numbers in range."""
    places = [place for side in sides for read in side.atoms(Indexed) for place in read.indices]
    return {str(tensor_of(data)) for place in places for data in place.atoms(Indexed)}


def _whole(extent: Expr, sizes: Mapping[Symbol, int]) -> int:
    return integer_of(extent, Environment({}, sizes, FLOATS), dict(sizes))


def _draw_index(random: Random, below: int) -> Fraction:
    return Fraction(random.randrange(below))


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


def _sizes(
    sides: Sequence[Expr], ranges: Ranges, names: Sequence[str], space: Space, random: Random, number: int
) -> dict[Symbol, int] | None:
    parts = [*sides, *ranges.values(), *space.size_facts]
    parts += [extent for name in names for extent in space.shapes.get(name, ())]
    symbols = sorted({s for part in parts for s in free_indices(part) if s.is_positive}, key=str)
    extents = [*ranges.values(), *(extent for name in names for extent in space.shapes.get(name, ()))]
    for attempt in range(200):
        top = 3 + (number + attempt // 20) % 4
        sizes = {symbol: random.randint(1 if number % 4 == 3 else 2, top) for symbol in symbols}
        if len(set(sizes.values())) < len(sizes) and attempt < 10:
            continue  # sizes that differ tell more
        if all(_whole(fact, sizes) >= 0 for fact in space.size_facts) and all(_whole(e, sizes) >= 1 for e in extents):
            return sizes
    return None


def _draw(name: str, shape: tuple[int, ...], facts: Sequence[Fact], random: Random, *, positive: bool) -> Any:
    kinds = {fact.kind: fact.axis for fact in facts if fact.tensor == name}
    if "one_hot" in kinds or "distribution" in kinds:
        axis = kinds.get("one_hot", kinds.get("distribution"))
        return _along(shape, axis or 0, random, one_hot="one_hot" in kinds)
    if "binary" in kinds:
        return _array(shape, lambda: Fraction(random.randint(0, 1)))
    if positive or "positive" in kinds:
        return _array(shape, lambda: Fraction(random.randint(3, 61), 64))
    return _array(shape, lambda: Fraction(random.choice((-1, 1)) * random.randint(5, 120), 64))


def _array(shape: tuple[int, ...], draw: Callable[[], Fraction]) -> Any:
    if not shape:
        return draw()
    return tuple(_array(shape[1:], draw) for _ in range(shape[0]))


def _along(shape: tuple[int, ...], axis: int, random: Random, *, one_hot: bool) -> Any:
    """Entries that sum to 1 along an axis: a single 1, or positive fractions."""
    columns: dict[tuple[int, ...], list[Fraction]] = {}

    def column(key: tuple[int, ...]) -> list[Fraction]:
        if key not in columns:
            weights = [random.randint(1, 9) for _ in range(shape[axis])]
            if one_hot:
                chosen = random.randrange(shape[axis])
                weights = [int(place == chosen) for place in range(shape[axis])]
            columns[key] = [Fraction(weight, sum(weights)) for weight in weights]
        return columns[key]

    def build(position: tuple[int, ...]) -> Any:
        if len(position) == len(shape):
            return column(position[:axis] + position[axis + 1 :])[position[axis]]
        return tuple(build((*position, place)) for place in range(shape[len(position)]))

    return build(())


def _with_intermediates(
    stored: Mapping[str, Any],
    sizes: Mapping[Symbol, int],
    sides: Sequence[Expr],
    space: Space,
    using: Collection[str],
    random: Random,
) -> Values:
    """The stored entries, the intermediates in use as callables, and a polynomial for each opaque function."""
    values: dict[str, Any] = dict(stored)
    parts = [*sides, *(array.expression for array in space.definitions.values())]
    for name in sorted({a.name for part in parts for a in part.atoms(Apply)}):
        if name not in space.functions or space.functions[name].expression is None:
            values[name] = _polynomial([Fraction(random.randint(-9, 9), 8) for _ in range(5)])
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


def _positions(ranges: Ranges, sizes: Mapping[Symbol, int], random: Random) -> tuple[Mapping[Symbol, int], ...]:
    variables = sorted(ranges, key=str)
    boxes = [range(_whole(ranges[v], sizes)) for v in variables]
    whole = [dict(zip(variables, place, strict=True)) for place in itertools.islice(itertools.product(*boxes), 4096)]
    return tuple(whole if len(whole) <= _POSITIONS else random.sample(whole, _POSITIONS))
