r"""Trials: a function called at every point with arrays in one arrangement, what it gave and how it behaved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from symbackprop.algebra.proving.grids import Grid
from symbackprop.algebra.symbols import adjoint
from symbackprop.model.records import Tensor
from symbackprop.verifying.claims.meanings import Meaning
from symbackprop.verifying.functions.arrangements import Arrangement
from symbackprop.verifying.functions.calling import (
    RAISED,
    Failure,
    Results,
    Signature,
    as_numbers,
    failure_of,
    results_of,
)
from symbackprop.verifying.points import Point
from symbackprop.verifying.truths import Truth

CLOSE = 1e-6  # relative: what a right function in double precision may be off by
CLOSE_SINGLE = 1e-3  # the same for one in single precision


@dataclass(frozen=True, slots=True)
class Result:
    """One result under its key: the tensor, whether it is its gradient, the numbers at each point (None for no array).

    `single` says that they came in single precision.
    """

    key: str
    tensor: str
    is_gradient: bool
    numbers: tuple[Grid | None, ...]
    single: bool = False

    @property
    def close(self) -> float:
        return CLOSE_SINGLE if self.single else CLOSE


@dataclass(frozen=True)
class Trial:
    """What came of it: results in the order of the sweep, or a failure; `behaviour` says what nobody would expect.

    `last` is the point of the last call, at which it failed if it did.
    """

    truth: Truth
    meaning: Meaning
    arrangement: Arrangement
    results: tuple[Result, ...] = ()
    unknown: tuple[str, ...] = ()
    behaviour: tuple[str, ...] = ()
    failure: Failure | None = None
    last: Point | None = None

    def expected(self, result: Result, meaning: Meaning | None = None) -> tuple[Grid, ...]:
        """The true numbers at each point, arranged as the function has them."""
        return tuple(self._expected(result, point, meaning or self.meaning) for point in self.truth.points)

    def _expected(self, result: Result, point: Point, meaning: Meaning) -> Grid:
        name = adjoint(result.tensor) if result.is_gradient else result.tensor
        return self.arrangement.arranged(result.tensor, point.values[name] * self.unit(result, point, meaning))

    def unit(self, result: Result, point: Point, meaning: Meaning) -> float:
        """What the true number is multiplied by under a meaning."""
        if not result.is_gradient:
            factor = {self.truth.cost: meaning.cost_value, self.truth.loss: meaning.loss_value}.get(result.tensor)
            return 1.0 if factor is None else float(point.scalar(factor))
        sampled, shared = meaning.plain
        factor = sampled if result.tensor in self.truth.derivation.sampled else shared
        return float("nan") if factor is None else float(point.scalar(factor))

    def agrees(self, result: Result, meaning: Meaning | None = None) -> bool:
        expected = self.expected(result, meaning)
        return self.gives(result, expected)

    def gives(self, result: Result, expected: tuple[Grid, ...]) -> bool:
        """Whether the numbers are these; of values that are no gradients, axes of size 1 do not count."""
        for found, true in zip(result.numbers, expected, strict=True):
            if found is None:
                return False
            one, other = (found, true) if result.is_gradient else (np.squeeze(found), np.squeeze(true))
            if not is_close(one, other, result.close):
                return False
        return True

    @cached_property
    def right(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if self.agrees(result))

    @property
    def missing(self) -> tuple[str, ...]:
        """The parameters without a gradient."""
        given = {result.tensor for result in self.results if result.is_gradient}
        return tuple(t.name for t in self.truth.model.parameters if t.name not in given)

    @property
    def is_right(self) -> bool:
        return self.failure is None and not self.missing and len(self.right) == len(self.results)

    @property
    def worth(self) -> tuple[bool, int, int]:
        """How well it went: whether it ran, how many results are right, how many have the right shape."""
        pairs = [zip(result.numbers, self.expected(result), strict=True) for result in self.results]
        shaped = sum(all(_same_shape(found, true) for found, true in pair) for pair in pairs)
        return self.failure is None, len(self.right), shaped


def is_close(found: Grid, expected: Grid, close: float) -> bool:
    """Whether two arrays have one shape and agree, relative to the largest entry expected."""
    if not _same_shape(found, expected) or not np.all(np.isfinite(found)):
        return False
    scale = float(np.max(np.abs(expected), initial=0.0)) or 1.0
    return float(np.max(np.abs(found - expected), initial=0.0)) <= close * scale


def _same_shape(found: Grid | None, expected: Grid) -> bool:
    return found is not None and np.shape(found) == np.shape(expected)


def tried(
    function: Callable[..., Any], signature: Signature, truth: Truth, meaning: Meaning, arrangement: Arrangement
) -> Trial:
    """The function called once at each point, and once more at the first."""
    calls: list[_Call] = []
    for point in (*truth.points, truth.points[0]):
        made = _called(function, signature, truth, point, arrangement)
        if isinstance(made, Failure):
            return Trial(truth, meaning, arrangement, failure=made, last=point)
        calls.append(made)
    *counted, again = calls
    results = tuple(_in_sweep_order(_gathered(counted), truth))
    behaviour = tuple(dict.fromkeys((*_changes(counted), *_memory(counted, again))))
    return Trial(truth, meaning, arrangement, results, counted[0].results.unknown, behaviour)


@dataclass(frozen=True, slots=True)
class _Call:
    """What one call returned, a copy of its numbers taken at once, and the arguments that it changed."""

    results: Results
    copies: Mapping[tuple[bool, str], Grid | None]
    changed: tuple[str, ...]

    def value(self, is_gradient: bool, name: str) -> Any:
        """The result itself, as it is now."""
        return (self.results.gradients if is_gradient else self.results.values)[name]

    def key(self, is_gradient: bool, name: str) -> str:
        return self.results.keys[name] if is_gradient else name


def _called(
    function: Callable[..., Any], signature: Signature, truth: Truth, point: Point, arrangement: Arrangement
) -> _Call | Failure:
    names = [t.name for t in truth.model.tensors if t.role not in ("loss", "cost") and t.name in point.values]
    tensors = {name: np.array(arrangement.arranged(name, point.values[name])) for name in names}
    before = {name: array.copy() for name, array in tensors.items()}
    try:
        returned = signature.call(function, tensors)
    except RAISED as error:
        return failure_of(error, function)
    results = results_of(returned, truth.model)
    if isinstance(results, Failure):
        return results
    copies = {(True, name): as_numbers(value) for name, value in results.gradients.items()}
    copies |= {(False, name): as_numbers(value) for name, value in results.values.items()}
    changed = tuple(name for name in names if not np.array_equal(tensors[name], before[name]))
    return _Call(results, copies, changed)


def targets_ignored(function: Callable[..., Any], signature: Signature, trial: Trial) -> Mapping[str, str]:
    """For each result a target that may be another without changing it, although the loss reads it; by the key."""
    if trial.failure is not None:
        return {}
    found: dict[str, str] = {}
    truth, point = trial.truth, trial.truth.points[0]
    for target in (t for t in truth.model.tensors if t.role == "target"):
        other = replace(point, values={**point.values, target.name: _another(target, point.values[target.name])})
        made = _called(function, signature, truth, other, trial.arrangement)
        if isinstance(made, Failure):
            continue
        for result in trial.results:
            before, after = result.numbers[0], made.copies.get((result.is_gradient, result.tensor))
            if before is not None and after is not None and _same_numbers(before, after):
                found.setdefault(result.key, target.name)
    return found


def _another(target: Tensor, values: Grid) -> Grid:
    """Other values of a target, of which the same facts hold."""
    axes = {fact.kind: fact.axis or 0 for fact in target.facts}
    if "binary" in axes:
        return 1 - values
    along = axes.get("one_hot", axes.get("distribution"))
    return values + 0.5 if along is None else np.roll(values, 1, axis=along)


def _gathered(calls: list[_Call]) -> list[Result]:
    found = []
    for subject in calls[0].copies:
        is_single = getattr(calls[0].value(*subject), "dtype", None) in ("float32", "float16")
        numbers = tuple(call.copies.get(subject) for call in calls)
        found.append(Result(calls[0].key(*subject), subject[1], subject[0], numbers, is_single))
    return found


def _in_sweep_order(results: list[Result], truth: Truth) -> list[Result]:
    """Values first, then gradients as the sweep meets them: the loss's own first."""
    order = {name: place for place, name in enumerate(truth.derivation.adjoints)}
    last = len(order)
    return sorted(results, key=lambda r: (r.is_gradient, order.get(r.tensor, last)))


def _changes(calls: list[_Call]) -> list[str]:
    return [f"it changes its argument {name} in place" for call in calls for name in call.changed]


def _memory(calls: list[_Call], again: _Call) -> list[str]:
    """Whether results depend on earlier calls, or are overwritten by later ones."""
    found = []
    for call in calls:
        for subject, copy in call.copies.items():
            kept = as_numbers(call.value(*subject))
            if copy is not None and kept is not None and not _same_numbers(kept, copy):
                found.append(f"its result {call.key(*subject)} is overwritten by the next call")
    for subject, copy in calls[0].copies.items():
        second = again.copies.get(subject)
        if copy is not None and second is not None and not _same_numbers(second, copy):
            found.append(f"two calls with the same arguments give different values of {calls[0].key(*subject)}")
    return found


def _same_numbers(one: Grid, other: Grid) -> bool:
    return np.array_equal(one, other, equal_nan=True)
