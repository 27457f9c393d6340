r"""The root over one or two entries of parameters, all others held, and descents of these alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from symbackprop.compiling.compiled import compile as compiled
from symbackprop.evaluation.evaluation import Evaluation

Weight = tuple[str, tuple[int, ...]]
"""An entry of a parameter: its tensor and its place, counted from 0."""
Slopes = Callable[[np.ndarray], tuple[float, np.ndarray]]

_STEPS = 600
_RATES = tuple(digit * 10.0**power for power in range(-3, 2) for digit in (1, 2, 5))
_STILL = 3e-4  # of the way gone: what is shorter is no step in a picture
_NEAR = 0.06  # of the width of what is shown: how near a path comes to its minimum
_LONGEST = 0.5  # of a path, that is a single step
_FLAT = 1e-9  # a loss that differs by less has no picture
_POINTS, _GRID = 161, (41, 33)


@dataclass(frozen=True, slots=True)
class Landscape:
    """`losses` has an axis for each of the one or two `weights`, at the values in `axes`.

    Each of `paths` is a descent at `rate`, a row for each step: the weights, then the loss. The first one starts from
    the values given, a second one from their opposites. `minima` are rows of the same kind: on a curve its lowest
    points; over two weights the lowest points of the grid that a path comes to. `ends` has for each path the place of
    its minimum among these, or None where it comes to none.
    """

    weights: tuple[Weight, ...]
    axes: tuple[np.ndarray, ...] = field(repr=False)
    losses: np.ndarray = field(repr=False)
    rate: float
    paths: tuple[np.ndarray, ...] = field(repr=False)
    minima: tuple[tuple[float, ...], ...]
    ends: tuple[int | None, ...]


def landscape(evaluation: Evaluation) -> Landscape | None:
    """The root around the values of an evaluation, over two weights, or over one where there is but one.

    The weights are those with the largest derivatives in the first and in the last matrix of parameters; None where the
    model has no parameters, or where it has no finite values around.
    """
    weights = _weights(evaluation)
    if not weights:
        return None
    slopes = _slopes(evaluation, weights)
    given = np.array([float(evaluation.values[name][place]) for name, place in weights])
    starts = [given] if len(weights) == 1 or not np.any(given) else [given, -given]
    rate = _rate(slopes, starts)
    paths = tuple(_descent(slopes, start, rate) for start in starts)
    axes = _axes(paths, len(weights))
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    losses = np.array([slopes(place)[0] for place in places.reshape(-1, len(weights))]).reshape(places.shape[:-1])
    if not np.all(np.isfinite(losses)) or float(np.ptp(losses)) < _FLAT:
        return None
    minima = _lowest(axes[0], losses) if len(weights) == 1 else _bottoms(axes, losses, paths)
    return Landscape(weights, axes, losses, rate, paths, minima, tuple(_end(path, minima, axes) for path in paths))


def _weights(evaluation: Evaluation) -> tuple[Weight, ...]:
    """One entry of each of two parameters, or two entries of the only one, or its only one."""
    model = evaluation.derivation.model
    known = [t.name for t in model.parameters if t.name in evaluation.adjoints]
    matrices = [name for name in known if evaluation.values[name].ndim > 1]
    chosen = matrices if len(matrices) > 1 else known
    if len(chosen) > 1:
        return tuple(_steepest(evaluation, name)[0] for name in (chosen[0], chosen[-1]))
    return tuple(_steepest(evaluation, chosen[0])[:2]) if chosen else ()


def _steepest(evaluation: Evaluation, name: str) -> list[Weight]:
    """The entries of a tensor, those with the largest derivatives first."""
    gradient = np.abs(np.asarray(evaluation.gradient(name), float))
    places = [tuple(map(int, place)) for place in np.ndindex(*gradient.shape)]
    return [(name, place) for place in sorted(places, key=lambda place: (-round(float(gradient[place]), 9), place))]


def _slopes(evaluation: Evaluation, weights: Sequence[Weight]) -> Slopes:
    """The root and its derivatives by the weights, as a function of these."""
    derivation = evaluation.derivation
    function = compiled(derivation.source, wrt=list(dict.fromkeys(name for name, _ in weights)), check_facts=False)
    arrays = {a.name: np.array(evaluation.values[a.name], float) for a in function.arguments}
    integers = {t.name for t in derivation.model.tensors if t.integer}
    given = [arrays[a.name].astype(int) if a.name in integers else arrays[a.name] for a in function.arguments]
    sizes = [evaluation.sizes[name] for name in function.sizes]

    def at(place: np.ndarray) -> tuple[float, np.ndarray]:
        for (name, entry), value in zip(weights, place, strict=True):
            arrays[name][entry] = value
        with np.errstate(all="ignore"):
            loss, gradients = function.function(*given, *sizes)
        found = dict(zip(function.gradients, gradients, strict=True))
        return float(loss), np.array([np.asarray(found[name])[entry] for name, entry in weights])

    return at


def _rate(slopes: Slopes, starts: Sequence[np.ndarray]) -> float:
    """The largest rate, of round numbers, at which no step of the descents turns back."""
    for rate in reversed(_RATES[1:]):
        if all(_goes_on(_descent(slopes, start, rate, 12)) for start in starts):
            return rate
    return _RATES[0]


def _goes_on(path: np.ndarray) -> bool:
    """Whether the loss falls at every step, and each goes on as the one before: it turns less than a right angle.

    No step makes up half of the way, for then there would be little of a path to see.
    """
    if not np.all(np.isfinite(path)) or not np.all(np.diff(path[:, -1]) <= 0):
        return False
    moves = np.diff(path[:, :-1], axis=0)
    lengths = np.sqrt(np.sum(moves**2, axis=1))
    return bool(np.all(np.sum(moves[1:] * moves[:-1], axis=1) >= 0) and np.all(lengths <= _LONGEST * lengths.sum()))


def _descent(slopes: Slopes, start: np.ndarray, rate: float, steps: int = _STEPS) -> np.ndarray:
    """The weights and the loss at each step, until a step is too short to be seen."""
    rows, place, gone = [], np.array(start), 0.0
    for _ in range(steps):
        loss, slope = slopes(place)
        rows.append([*place, loss])
        step = rate * slope
        length = math.hypot(*step)
        gone += length
        if not math.isfinite(loss + length) or length <= _STILL * gone:
            break
        place = place - step
    return np.array(rows)


def _axes(paths: Sequence[np.ndarray], count: int) -> tuple[np.ndarray, ...]:
    """Values along each axis: the paths and some room around them, both axes in like measure."""
    points = np.concatenate(paths)[:, :count]
    low, high = points.min(axis=0), points.max(axis=0)
    half = np.maximum((high - low) / 2, 0.25 * float((high - low).max()) or 0.5)
    middle, reach = (low + high) / 2, 1.4 * half if count == 2 else 1.6 * half
    numbers = _GRID if count == 2 else (_POINTS,)
    return tuple(np.linspace(m - r, m + r, n) for m, r, n in zip(middle, reach, numbers, strict=True))


def _lowest(axis: np.ndarray, losses: np.ndarray) -> tuple[tuple[float, float], ...]:
    """The points of a curve that lie below both their neighbours."""
    inner = range(1, len(axis) - 1)
    return tuple(
        (float(axis[n]), float(losses[n])) for n in inner if losses[n] < losses[n - 1] and losses[n] <= losses[n + 1]
    )


def _bottoms(
    axes: Sequence[np.ndarray], losses: np.ndarray, paths: Sequence[np.ndarray]
) -> tuple[tuple[float, ...], ...]:
    """The points of the grid that are lower than all their neighbours and that a path comes to, lowest first."""
    inner = losses[1:-1, 1:-1]
    rows, columns = inner.shape
    around = [losses[i : i + rows, j : j + columns] for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    places = np.argwhere(np.all([inner < other for other in around], axis=0)) + 1
    found = [(float(axes[0][i]), float(axes[1][j]), float(losses[i, j])) for i, j in places]
    return tuple(sorted((m for m in found if any(_end(path, [m], axes) == 0 for path in paths)), key=lambda m: m[-1]))


def _end(path: np.ndarray, minima: Sequence[tuple[float, ...]], axes: Sequence[np.ndarray]) -> int | None:
    """The minimum at which a path ends, by its place."""
    near = np.array([_NEAR * float(np.ptp(axis)) for axis in axes])
    for place, minimum in enumerate(minima):
        if np.all(np.abs(path[-1, :-1] - np.array(minimum[:-1])) < near):
            return place
    return None
