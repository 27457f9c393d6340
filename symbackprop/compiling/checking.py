"""A compiled function against complex steps of the equations as they were given, at points that tell mistakes apart.

Sizes are at least 2 and all different, so that no transpose and no missing sum passes; entries have mixed signs and
stay away from kinks; data are what their facts say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Integer

from symbackprop.compiling.arguments import Argument, Signature, fitted
from symbackprop.compiling.directions import Direction, Slopes, slopes_along
from symbackprop.errors import UsageError
from symbackprop.model.model import Model

TOLERANCE = 1e-9
_VANISHING = 1e-9  # of the largest gradient: no more than rounding makes of a sum that is 0
_ENTRIES = 40  # of a gradient that are compared one by one; of a larger one, so many random directions
_TRIES = 60
_NEAR = 1e-6  # a kink

Arrays = Mapping[str, np.ndarray]
Gradients = Callable[[Mapping[str, Any]], tuple[float, Arrays]]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The worst error of the loss and of each gradient over some points, relative to its largest entry."""

    loss: str
    errors: Mapping[str, float]
    points: int
    sizes: tuple[Mapping[str, int], ...]
    tolerance: float = TOLERANCE

    @property
    def worst(self) -> float:
        return max(self.errors.values(), default=0.0)

    @property
    def ok(self) -> bool:
        return bool(self.worst <= self.tolerance)

    def __str__(self) -> str:
        verdict = "agrees with" if self.ok else "DIFFERS from"
        points = f"{self.points} {'point' if self.points == 1 else 'points'}"
        lines = [f"{verdict} complex steps at {points}; worst relative errors:"]
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
    batch = model.batched()
    errors: dict[str, float] = dict.fromkeys((batch.root, *wrt), 0.0)
    sizes = []
    for arrays, known, directions, truth in _points(batch, signature, wrt, points, given or {}):
        loss, found = gradients({**known, **arrays})
        sizes.append(known)
        errors[batch.root] = max(errors[batch.root], _relative(abs(loss - truth.root), abs(truth.root)))
        largest = max(1e-300, float(np.abs(truth.slopes).max(initial=0.0)))
        for name in wrt:
            lanes = [lane for lane, d in enumerate(directions) if d.name == name]
            here = np.array([np.sum(found[name] * directions[lane].array) for lane in lanes])
            expected = truth.slopes[lanes]
            scale = _scale(float(np.abs(expected).max(initial=0.0)), largest)
            error = _relative(float(np.abs(here - expected).max(initial=0.0)), scale)
            errors[name] = max(errors[name], error)
    return CheckReport(batch.root, errors, points, tuple(sizes))


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

Point = tuple[dict[str, np.ndarray], Mapping[str, int], list[Direction], Slopes]


def _points(
    batch: Model, signature: Signature, wrt: tuple[str, ...], count: int, given: Mapping[str, Any]
) -> Iterator[Point]:
    random = np.random.default_rng(0)
    made = 0
    for attempt in range(count * _TRIES):
        arrays, sizes = _drawn(signature, given, random, attempt)
        shapes = {t.name: tuple(_extent(extent, sizes) for extent in t.shape) for t in batch.tensors if t.name in wrt}
        directions = _directions(shapes, random)
        try:
            truth = slopes_along(batch, arrays, sizes, directions)
        except (ArithmeticError, ValueError):
            continue
        if truth.kink < _NEAR:
            continue
        yield arrays, sizes, directions, truth
        made += 1
        if made == count:
            return
    raise UsageError(
        f"no point was found at which {batch.root} has a value and no kink is near",
        fix="Give arrays at which it has one: check(x=..., W1=...).",
    )


def _drawn(
    signature: Signature, given: Mapping[str, Any], random: np.random.Generator, attempt: int
) -> tuple[dict[str, np.ndarray], Mapping[str, int]]:
    """Arrays for all arguments; every other attempt has no negative numbers, for logarithms and roots."""
    sizes = _sizes(signature, given, random, attempt)
    arrays = {}
    for argument in signature.arguments:
        if argument.name in given:
            arrays[argument.name] = given[argument.name]
            continue
        shape = tuple(_extent(extent, sizes) for extent in argument.shape)
        limit = min((_extent(extent, sizes) for extent in argument.below), default=2)
        arrays[argument.name] = _entries(argument, shape, limit, random, negative=attempt % 2 == 0)
    extra = {name: sizes[name] for name in signature.sizes}
    fitting = fitted(signature, {**extra, **arrays})
    return dict(zip(signature.names, fitting.arrays, strict=True)), fitting.sizes


def _extent(extent: Any, sizes: Mapping[str, int]) -> int:
    return int(extent.xreplace({s: Integer(sizes[s.name]) for s in extent.free_symbols}))


def _sizes(signature: Signature, given: Mapping[str, Any], random: np.random.Generator, attempt: int) -> dict[str, int]:
    """Sizes of at least 2, all different, for which every extent is one and every size fact holds."""
    known = _told(signature, given)
    free = [name for name in signature.sizes if name not in known]
    extents = [extent for argument in signature.arguments for extent in argument.shape]
    for wider in range(_TRIES):
        drawn = random.permutation(np.arange(2, 2 + len(free) + min(attempt + wider, 6)))[: len(free)]
        sizes = {**known, **{name: int(n) for name, n in zip(free, drawn, strict=True)}}
        if all(_extent(e, sizes) >= 1 for e in extents) and all(_extent(f, sizes) >= 0 for f in signature.size_facts):
            return sizes
    raise UsageError("no sizes were found that the model allows", fix="Give them: check(n=4, m=5).")


def _told(signature: Signature, given: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that what is given tells."""
    found = {name: int(given[name]) for name in signature.sizes if name in given and name not in signature.names}
    for argument in signature.arguments:
        if argument.name in given:
            for extent, count in zip(argument.shape, np.shape(given[argument.name]), strict=False):
                if extent.is_Symbol:
                    found.setdefault(str(extent), count)
    return found


def _entries(
    argument: Argument, shape: tuple[int, ...], limit: int, random: np.random.Generator, *, negative: bool
) -> np.ndarray:
    """Entries that are generic but for what the facts say."""
    kinds = {fact.kind: fact.axis for fact in argument.facts}
    if argument.integer:
        return random.integers(0, limit, shape)
    if "one_hot" in kinds or "distribution" in kinds:
        axis = kinds.get("one_hot", kinds.get("distribution"))
        scores = random.uniform(0.2, 1.0, shape)
        if "one_hot" in kinds:
            return (scores == scores.max(axis=axis, keepdims=True)).astype(float)
        return scores / scores.sum(axis=axis, keepdims=True)
    if "binary" in kinds:
        return random.integers(0, 2, shape).astype(float)
    entries = random.uniform(0.2, 1.5, shape) / _fan(argument, shape)
    return entries if "positive" in kinds or not negative else entries * random.choice([-1.0, 1.0], shape)


def _fan(argument: Argument, shape: tuple[int, ...]) -> float:
    """By how much weights are made smaller, so that a sum over many of them saturates nothing: there slopes cancel."""
    return max(1.0, np.prod(shape[1:]) / 3) if argument.role == "parameter" and len(shape) > 1 else 1.0


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
