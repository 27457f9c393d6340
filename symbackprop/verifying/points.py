r"""Points: numbers for a model's leaves at which mistakes show, and what everything is there.

Sizes are all different, and others at each point; entries are away from 0, targets obey their facts and take all
values, functions with kinks are away from them and on both sides. What a point is depends on the model and its number
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import free_indices, tensors_in
from symbackprop.algebra.proving.drawing import Demands, Leaf, Sizes, drawn, extents_at, sizes_in_turn
from symbackprop.algebra.proving.grids import Grid, Grids, Opaque, TooLargeError, check_cells, grids_of
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.derivation import Derivation
from symbackprop.errors import DerivationError
from symbackprop.model.model import Model, index_limits
from symbackprop.model.records import Tensor

TRIES = 40
MARGIN = 0.01  # of what is compared from 0, in a point worth taking
CLOSE = 1e-9  # relative: what rounding in floats can do to numbers like those of a point
Sides = tuple[tuple[bool, bool], ...]
"""For each comparison at a point whether its difference is anywhere above 0, and whether it is anywhere below."""


@dataclass(frozen=True, slots=True)
class Point:
    """`sizes`, and the values of all tensors, adjoints among them (`∂W1`), by name."""

    sizes: Sizes
    values: Mapping[str, Grid]
    functions: Mapping[str, ScalarFunction] = field(default_factory=dict)
    opaque: Mapping[str, Opaque] = field(default_factory=dict)

    def value(self, array: Array) -> Grid:
        """The entries of an array there.

        Raises:
            KeyError: it reads what has no value here.
        """
        return self._grids({}).array(array)

    def scalar(self, expr: Expr) -> float:
        """The value of an expression without free indices."""
        return float(self.value(Array((), (), expr)))

    def shape(self, shape: tuple[Expr, ...]) -> tuple[int, ...]:
        return self._grids({}).shape(shape)

    def filled(self, definitions: Mapping[str, Array], *, partly: bool = False) -> Point:
        """The point with the values of these tensors, which may read each other in any order, over earlier ones.

        What does not fit in memory, such as the derivatives of all entries by all, is an error; or `partly` has no
        value, nor what reads it.
        """
        values = _filled(self._grids(definitions), definitions, partly)
        return Point(self.sizes, values, self.functions, self.opaque)

    def _grids(self, without: Mapping[str, Array]) -> Grids:
        values = {name: value for name, value in self.values.items() if name not in without}
        return grids_of(self.sizes, {**values, **self.opaque}, self.functions)


def _filled(grids: Grids, definitions: Mapping[str, Array], partly: bool = False) -> dict[str, Grid]:
    """Each tensor once all that it reads has values; those of a recurrence together."""
    values = dict(grids.values)
    reads = {name: tensors_in(array.expression) for name, array in definitions.items()}
    waiting = _computable(definitions, reads, values)
    while waiting:
        ready = [name for name in waiting if not reads[name] & set(waiting)]
        if not ready:
            values.update(_by_passes(grids, values, waiting))
            break
        for name in ready:
            array = waiting.pop(name)
            try:
                values[name] = replace(grids, values=values).array(array)
            except TooLargeError:
                if not partly:
                    raise
        waiting = _computable(waiting, reads, values)
    return {name: value for name, value in values.items() if not callable(value)}


def _computable(
    definitions: Mapping[str, Array], reads: Mapping[str, frozenset[str]], values: Mapping[str, Grid]
) -> dict[str, Array]:
    """The definitions that read nothing without a value, but each other."""
    kept = dict(definitions)
    while lost := [name for name in kept if reads[name] - kept.keys() - values.keys()]:
        kept = {name: array for name, array in kept.items() if name not in lost}
    return kept


def _by_passes(grids: Grids, known: Mapping[str, Grid], definitions: Mapping[str, Array]) -> dict[str, Grid]:
    """The tensors of a recurrence: each again whenever what it reads has changed, so that a pass adds a step.

    What is not known yet is NaN, and so remains an entry that needs itself.
    """
    values = {name: np.full(grids.shape(array.shape), np.nan) for name, array in definitions.items()}
    reads = {name: tensors_in(array.expression) for name, array in definitions.items()}
    stale = set(definitions)
    for _ in range(1 + sum(value.size for value in values.values())):
        for name in [name for name in definitions if name in stale]:
            found = grids_of(grids.sizes, {**known, **values}, grids.functions).array(definitions[name])
            stale.discard(name)
            if not np.array_equal(found, values[name], equal_nan=True):
                values[name] = found
                stale |= {reader for reader, read in reads.items() if name in read}
        if not stale:
            break
    return values


def points_of(derivation: Derivation, count: int = 2) -> tuple[Point, ...]:
    """Points of the model that was swept, with all forward values and adjoints; sizes are others at each of them.

    Raises:
        DerivationError: no sizes were found that the model allows, or no point at which everything has a value.
    """
    return tuple(islice(points_in_turn(derivation), count))


def points_in_turn(derivation: Derivation) -> Iterator[Point]:
    """`points_of` one after the other, without end."""
    sides: Sides = ()
    number = -1
    for number, sizes in enumerate(sizes_of(derivation)):
        point, sides = _point(derivation.model, sizes, number, sides)
        yield with_adjoints(point, derivation)
    if number < 0:
        raise DerivationError("no sizes were found that the model allows", fix="Give its sizes as numbers.")


def telling_points(derivation: Derivation, least: int, most: int) -> tuple[Point, ...]:
    """At least so many points, and more until each class of a target has been seen, but no more than `most`."""
    targets = [t for t in derivation.model.tensors if t.role == "target" and any(f.kind == "one_hot" for f in t.facts)]
    points: list[Point] = []
    unseen = True
    for point in islice(points_in_turn(derivation), most):
        if len(points) >= least and not unseen:
            break
        points.append(point)
        unseen = any(_has_unseen(target, points) for target in targets)
    return tuple(points)


def _has_unseen(target: Tensor, points: Iterable[Point]) -> bool:
    """Whether a class has no sample at any point; where there are others at each point, none is missed."""
    at = next(fact.axis or 0 for fact in target.facts if fact.kind == "one_hot")
    if not target.shape[at].is_Integer:
        return False
    others = tuple(axis for axis in range(len(target.shape)) if axis != at)
    return not np.all(np.any([point.values[target.name].any(axis=others) for point in points], axis=0))


def sizes_of(derivation: Derivation) -> Iterator[Sizes]:
    """Sizes for one point after the other; of samples too where one alone is looked at: a formula may still read it."""
    model, samples = derivation.model, derivation.source.samples
    extents = [extent for tensor in model.tensors for extent in tensor.shape]
    count = [] if samples is None else [samples.size]
    read = [*(equation.expression for equation in model.order), *model.size_facts]
    symbols = (s for part in (*count, *extents, *read) for s in sorted(free_indices(part), key=str))
    known = dict.fromkeys(symbol for symbol in symbols if symbol.is_positive)
    return sizes_in_turn(Demands(tuple(known), dict.fromkeys(extents), model.size_facts))


def with_adjoints(point: Point, derivation: Derivation) -> Point:
    """The point with the adjoints of a derivation of the same model, that of the root being 1."""
    root = {adjoint(derivation.root): np.asarray(1.0)}
    known = Point(point.sizes, {**point.values, **root}, point.functions, point.opaque)
    return known.filled({adjoint(name): array for name, array in derivation.adjoints.items()})


# values


def _point(model: Model, sizes: Sizes, number: int, before: Sides) -> tuple[Point, Sides]:
    """The first point that is worth taking, and on which sides of kinks it is; `before` is that of the last point."""
    best, most = None, -1.0
    for attempt in range(TRIES):
        point, compared = _tried(model, sizes, number, attempt)
        sides = tuple((bool(np.any(d > 0)), bool(np.any(d < 0))) for d in compared)
        worth = _worth(point, compared, sides, before)
        if worth > most:
            best, most = (point, sides), worth
        if worth >= 1:
            break
    if best is None or most < 0:
        raise DerivationError(
            "no point was found at which every tensor of the model has a value",
            because="Logarithms, roots and quotients were undefined at all that were tried.",
            fix="Declare what is positive: input x[n] positive.",
        )
    return best


def _tried(model: Model, sizes: Sizes, number: int, attempt: int) -> tuple[Point, list[Grid]]:
    """A point, and how far what it compares is from where another case begins."""
    random, limits = np.random.default_rng((number, attempt)), index_limits(model)
    leaves = {}
    for tensor in model.tensors:
        if not model.defines(tensor.name):
            limit = min(extents_at(limits.get(tensor.name, ()), sizes), default=2) if tensor.integer else None
            shape = extents_at(tensor.shape, sizes)
            check_cells(shape)
            leaf = Leaf(shape, tensor.facts, tensor.role == "parameter", limit)
            leaves[tensor.name] = drawn(leaf, random, number, positive=attempt >= TRIES // 2).astype(float)
    compared: list[Grid] = []
    return point_at(model, sizes, leaves, compared), compared


def point_at(model: Model, sizes: Sizes, leaves: Mapping[str, Grid], compared: list[Grid] | None = None) -> Point:
    """The point of a model without samples where all that no equation defines has the values in `leaves`.

    `compared` gains the differences whose sign chose a case or a maximiser. What has no real value is NaN.
    """
    opaque = opaque_functions(model.functions)
    grids = grids_of(sizes, {**leaves, **opaque}, model.functions, compared)
    values = _filled(grids, {e.tensor: model.space.definitions[e.tensor] for e in model.order})
    return Point(sizes, values, model.functions, opaque)


def _worth(point: Point, compared: list[Grid], sides: Sides, before: Sides) -> float:
    """Below 0 where something has no value, 1 where each kink is seen from both sides.

    What is compared once at a point shall be on the other side than at the point before.
    """
    if not all(np.all(np.isfinite(value)) for value in point.values.values()):
        return -1.0
    if any(np.min(np.abs(d), initial=1.0) < MARGIN for d in compared):
        return 0.0
    told = [all(side) for side, d in zip(sides, compared, strict=True) if d.size > 1]
    told += [one != other for one, other, d in zip(sides, before, compared, strict=False) if d.size == 1]
    return 0.5 + 0.5 * (sum(told) / len(told) if told else 1.0)


def opaque_functions(functions: Mapping[str, ScalarFunction]) -> dict[str, Opaque]:
    """A meaning for each function that has none: smooth, no two alike."""
    names = sorted(name for name, function in functions.items() if function.expression is None)
    return {name: _wave(0.4 + 0.3 * place) for place, name in enumerate(names)}


def _wave(shift: float) -> Opaque:
    """x + sin(x + shift)/2 and its derivatives."""

    def value(order: int, x: Grid) -> Grid:
        polynomial = (x, np.ones_like(x))[order] if order < 2 else np.zeros_like(x)
        return polynomial + np.sin(x + shift + order * np.pi / 2) / 2

    return value


# comparison


def agree(found: Grid, expected: Grid, close: float = CLOSE) -> bool:
    """Whether two arrays are equal up to rounding, relative to the largest entry."""
    if np.shape(found) != np.shape(expected):
        return False
    if not np.all(np.isfinite(found)):
        return False
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1e-12)
    return float(np.max(np.abs(found - expected), initial=0.0)) <= close * scale


def digits_of(found: Grid, expected: Grid) -> int:
    """To how many digits two arrays agree, relative to the largest entry; at most 15."""
    scale = float(np.max(np.abs(expected), initial=0.0)) or 1.0
    error = float(np.max(np.abs(found - expected), initial=0.0)) / scale
    return 15 if error < 1e-15 else max(0, int(-np.log10(error)))


def values_at(points: Iterable[Point], array: Array) -> tuple[Grid, ...]:
    """The array's entries at each point."""
    return tuple(point.value(array) for point in points)


def scalar_entry(name: str) -> Array:
    """A tensor of rank 0 as an array."""
    return Array((), (), entry(name))
