"""A compiled function against complex steps of the equations as they were given, at points that tell mistakes apart.

How much is compared has a bound, counted in terms of sums: a large model at fewer points, a large gradient along random
directions. What differs must do so at neighbouring points too: there an error of a formula stands, and errors of
rounding, which are large where slopes cancel, scatter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from symbackprop.compiling.arguments import Signature
from symbackprop.compiling.directions import Direction, Slopes, slopes_along
from symbackprop.compiling.drawing import Sizes, drawn, extents_at, sizes_in_turn, terms
from symbackprop.errors import UsageError
from symbackprop.model.model import Model
from symbackprop.model.words import counted

TOLERANCE = 1e-9
_VANISHING = 1e-9  # of the largest gradient: no more than rounding makes of a sum that is 0
_ENTRIES = 40  # of a gradient that are compared one by one; of a larger one, so many random directions
_TRIES = 60  # for each point
_TERMS = 100_000  # of sums that are computed, in all: some seconds
_NEAR = 1e-6  # a kink
_NEIGHBOURS = 3
_APART = 1e-3  # of the entries of a point: how far its neighbours are

Arrays = Mapping[str, np.ndarray]
Gradients = Callable[[Mapping[str, Any]], tuple[float, Arrays]]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The worst error of the loss and of each gradient over some points, relative to its largest entry.

    `asked` is at how many points they were to be compared; at fewer if the model is large.
    """

    loss: str
    errors: Mapping[str, float]
    points: int
    sizes: tuple[Mapping[str, int], ...]
    asked: int = 0
    tolerance: float = TOLERANCE

    @property
    def worst(self) -> float:
        return max(self.errors.values(), default=0.0)

    @property
    def ok(self) -> bool:
        return bool(self.worst <= self.tolerance)

    @property
    def where(self) -> str:
        """At how many points, in words."""
        fewer = f" of {self.asked}, as the model is large" if self.points < self.asked else ""
        return f"{counted(self.points, 'point', 'points')}{fewer}"

    def __str__(self) -> str:
        verdict = "agrees with" if self.ok else "DIFFERS from"
        lines = [f"{verdict} complex steps at {self.where}; worst relative errors:"]
        width = max(map(len, self.errors))
        for name, error in self.errors.items():
            lines.append(f"  {name:<{width}}  {error:.1e}{'' if error <= self.tolerance else '  too large'}")
        return "\n".join(lines)

    __repr__ = __str__


def check(
    model: Model,
    signature: Signature,
    gradients: Gradients,
    wrt: tuple[str, ...],
    points: int = 3,
    given: Mapping[str, Any] | None = None,
) -> CheckReport:
    """Compares `gradients` at some points; what is `given`, arrays or sizes, stays as it is.

    Raises:
        UsageError: no point was found at which the loss has a value, or fewer than one is asked for.
    """
    if points < 1:
        raise UsageError(f"a check at {points} points", fix="Take at least one.", name="points")
    comparison = _Comparison(model.batched(), signature, gradients, wrt, given or {})
    errors: dict[str, float] = dict.fromkeys((comparison.batch.root, *wrt), 0.0)
    sizes = []
    for point in _points(comparison, points):
        sizes.append(point.sizes)
        for name, error in _errors(comparison, point).items():
            errors[name] = max(errors[name], error)
    return CheckReport(comparison.batch.root, errors, len(sizes), tuple(sizes), points)


@dataclass(frozen=True, slots=True)
class _Comparison:
    batch: Model
    signature: Signature
    gradients: Gradients
    wrt: tuple[str, ...]
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Point:
    arrays: dict[str, np.ndarray]
    sizes: Mapping[str, int]
    directions: list[Direction]
    truth: Slopes


def _errors(comparison: _Comparison, point: _Point) -> dict[str, float]:
    """The relative error of the loss and of each gradient at a point."""
    root = point.truth.root
    loss, differences = _differences(comparison, point)
    scales = _scales(point, comparison.wrt)
    found = {name: _relative(_largest(differences[name]), scales[name]) for name in comparison.wrt}
    if any(TOLERANCE < error < np.inf for error in found.values()):
        standing = _standing(comparison, point, differences)
        found = {
            name: _relative(min(_largest(differences[name]), standing[name]), scales[name]) if error < np.inf else error
            for name, error in found.items()
        }
    return {comparison.batch.root: _relative(abs(loss - root), abs(root)), **found}


def _differences(comparison: _Comparison, point: _Point) -> tuple[float, dict[str, np.ndarray]]:
    """The loss, and for each gradient by how much its slopes along the directions differ from the true ones.

    One that has not the shape of what it is by is infinitely wrong: what is added to an array would be broadcast.
    """
    loss, found = comparison.gradients({**point.sizes, **point.arrays})
    differences = {}
    for name in comparison.wrt:
        lanes = _lanes(point, name)
        along = [point.directions[lane].array for lane in lanes]
        is_shaped = all(np.shape(found[name]) == array.shape for array in along)
        here = [np.sum(found[name] * array) if is_shaped else np.inf for array in along]
        differences[name] = np.array(here) - point.truth.slopes[lanes]
    return loss, differences


def _lanes(point: _Point, name: str) -> list[int]:
    return [lane for lane, direction in enumerate(point.directions) if direction.name == name]


def _largest(numbers: np.ndarray) -> float:
    return float(np.abs(numbers).max(initial=0.0))


def _scales(point: _Point, wrt: tuple[str, ...]) -> dict[str, float]:
    largest = max(1e-300, _largest(point.truth.slopes))
    return {name: _scale(_largest(point.truth.slopes[_lanes(point, name)]), largest) for name in wrt}


def _scale(own: float, largest: float) -> float:
    """What an error in a gradient is relative to: its own largest entry, if that is not much below those of others.

    One that vanishes (of a bias before a batch norm) is 0 but for the rounding of the terms that cancel, which have the
    size of the others.
    """
    return max(own, 1e-6 * largest) if own > _VANISHING * largest else largest


def _relative(difference: float, scale: float) -> float:
    """The relative error; infinite where something is no number."""
    if not np.isfinite(difference):
        return np.inf
    return difference / max(scale, 1e-12) if difference else 0.0


# points


def _points(comparison: _Comparison, count: int) -> Iterator[_Point]:
    """So many points, fewer if they have too many terms; without negative numbers where these give no value."""
    random = np.random.default_rng(0)
    batch, work, made, failed = comparison.batch, 0, 0, 0
    sizes = sizes_in_turn(batch, comparison.signature, comparison.given, _TERMS // count)
    for turn, chosen in enumerate(islice(sizes, count * _TRIES)):
        point = _point(comparison, chosen, random, turn, negative=failed % 2 == 0)
        failed = 0 if point is not None else failed + 1
        if point is None:
            continue
        yield point
        made += 1
        work += terms(batch, point.sizes)
        if made == count or work + work // made > _TERMS:
            return
    raise UsageError(
        f"no point was found at which {batch.root} has a value and no kink is near",
        fix="Give arrays at which it has one: check(x=..., W1=...).",
    )


def _point(
    comparison: _Comparison, chosen: Sizes, random: np.random.Generator, turn: int, *, negative: bool
) -> _Point | None:
    """A point with the true slopes there; None if the loss has no value or a kink is near."""
    batch = comparison.batch
    arrays, sizes = drawn(comparison.signature, comparison.given, chosen, random, turn, negative=negative)
    shapes = {t.name: extents_at(t.shape, sizes) for t in batch.tensors if t.name in comparison.wrt}
    directions = _directions(shapes, random)
    try:
        truth = slopes_along(batch, arrays, sizes, directions)
    except (ArithmeticError, ValueError):
        return None
    return None if truth.kink < _NEAR else _Point(arrays, sizes, directions, truth)


def _directions(shapes: Mapping[str, tuple[int, ...]], random: np.random.Generator) -> list[Direction]:
    """Each entry of a small tensor by itself; random directions through a large one."""
    found = []
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        if count <= _ENTRIES:
            found += [Direction(name, unit.reshape(shape)) for unit in np.eye(count)]
        else:
            found += [Direction(name, random.standard_normal(shape)) for _ in range(_ENTRIES)]
    return found


# neighbours


def _standing(comparison: _Comparison, point: _Point, here: Mapping[str, np.ndarray]) -> dict[str, float]:
    """For each gradient how much of the differences stands at neighbouring points: their mean, beyond their scatter."""
    random = np.random.default_rng(0)
    rows = [here]
    for _ in range(_NEIGHBOURS):
        neighbour = _neighbour(comparison, point, random)
        if neighbour is not None:
            rows.append(_differences(comparison, neighbour)[1])
    return {name: _beyond_scatter(np.array([row[name] for row in rows])) for name in here}


def _neighbour(comparison: _Comparison, point: _Point, random: np.random.Generator) -> _Point | None:
    """The point with its entries changed by a little, where no fact would be hurt."""
    plain = {
        a.name for a in comparison.signature.arguments if not a.integer and all(f.kind == "positive" for f in a.facts)
    }
    arrays = {
        name: array * (1 + _APART * random.uniform(-1, 1, array.shape)) if name in plain else array
        for name, array in point.arrays.items()
    }
    try:
        truth = slopes_along(comparison.batch, arrays, point.sizes, point.directions)
    except (ArithmeticError, ValueError):
        return None
    return replace(point, arrays=arrays, truth=truth)


def _beyond_scatter(differences: np.ndarray) -> float:
    """Of differences along directions at several points, the largest mean less four times the largest deviation."""
    if len(differences) < 3:
        return np.inf
    return max(0.0, _largest(differences.mean(axis=0)) - 4 * _largest(differences.std(axis=0, ddof=1)))
