r"""Gradient descent by compiled gradients: \(W := W - \alpha\, \partial J / \partial W\), until it has converged.

A step takes all samples ("full"), so many of them, each once an epoch in random order (a number; 1 is stochastic
gradient descent), or one at random of those that are classified wrongly ("misclassified").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from symbackprop.compiling.arguments import fitted
from symbackprop.compiling.compiled import Compiled
from symbackprop.compiling.compiled import compile as compile_gradients
from symbackprop.errors import TrainingError, UsageError
from symbackprop.model.model import Model
from symbackprop.training.data import sample_axis, sizes_told
from symbackprop.training.initial import initial_parameters
from symbackprop.training.prediction import misclassified

Arrays = Mapping[str, np.ndarray]
Batch = int | Literal["full", "misclassified"]
Progress = Callable[[int, float], None]
"""Called after each epoch with its number from 1 and the cost over all samples."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a descent ended with.

    `costs` has the cost over all samples before the first step and after each epoch; `reason` says why it ended.
    """

    parameters: Mapping[str, np.ndarray]
    costs: tuple[float, ...]
    steps: int
    converged: bool
    reason: str

    @property
    def epochs(self) -> int:
        return len(self.costs) - 1


@dataclass(frozen=True, slots=True)
class Settings:
    """How to descend. `rate` is the learning rate; `tolerance` is of the largest gradient entry, or of the cost.

    A full batch has converged when no entry of the gradient is larger than `tolerance`; parts of the data when the cost
    has changed by less than `tolerance` of itself in each of `patience` epochs; "misclassified" when no sample is.
    """

    rate: float
    batch: Batch
    epochs: int
    tolerance: float
    patience: int
    seed: int
    prediction: str | None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise UsageError(f"the learning rate is {self.rate}", because="It is a number above 0.", name="rate")
        if not (np.isfinite(self.tolerance) and self.tolerance >= 0):
            raise UsageError(f"the tolerance is {self.tolerance}", because="It is 0 or more.", name="tolerance")
        if self.epochs < 1 or self.patience < 1:
            raise UsageError(f"{self.epochs} epochs, patience {self.patience}", because="Both are at least 1.")
        if self.seed < 0:
            raise UsageError(f"the seed is {self.seed}", because="It is 0 or more.", name="seed")
        if isinstance(self.batch, int) and self.batch < 1:
            raise UsageError(f"a batch of {self.batch} samples", because="It has at least 1.", name="batch")
        if isinstance(self.batch, str) and self.batch not in ("full", "misclassified"):
            raise UsageError(
                f"no batch is named {self.batch!r}", fix="Give full, misclassified, or a number.", name="batch"
            )


def train(
    model: Model,
    data: Arrays,
    *,
    start: Arrays | None = None,
    sizes: Mapping[str, int] | None = None,
    progress: Progress | None = None,
    rate: float = 0.1,
    batch: Batch = "full",
    epochs: int = 1000,
    tolerance: float = 1e-6,
    patience: int = 5,
    seed: int = 0,
    prediction: str | None = None,
) -> Trained:
    """Parameters that a descent from `start` (drawn where none is given) ends at; from `rate` on see `Settings`.

    Raises:
        ArgumentError: data that do not fit the model.
        TrainingError: the cost left the finite numbers.
        UsageError: settings that make no sense, or parts of the data of a model of one sample.
    """
    choices = Settings(rate, batch, epochs, tolerance, patience, seed, prediction)
    if choices.batch != "full" and model.samples is None:
        raise UsageError("the model is of one sample", fix="Descend with the full batch.", name="batch")
    told = {**sizes_told(model, data), **(sizes or {})}
    parameters = initial_parameters(model, told, choices.seed, start)
    gradients = compile_gradients(model)
    known = {name: value for name, value in (sizes or {}).items() if name in gradients.signature.sizes}
    fitting = fitted(gradients.signature, {**known, **data, **parameters})  # all are checked once, here
    arrays = {a.name: array for a, array in zip(gradients.arguments, fitting.arrays, strict=True)}
    given = {name: arrays[name] for name in data}
    return _descend(_Work(model, gradients, given, fitting.sizes, parameters, choices), progress)


@dataclass(slots=True)
class _Work:
    """A descent under way; `parameters` is its own and changes."""

    model: Model
    gradients: Compiled
    data: dict[str, np.ndarray]
    sizes: Mapping[str, int]
    parameters: dict[str, np.ndarray]
    settings: Settings

    def cost_and_slopes(self, data: Arrays) -> tuple[float, Mapping[str, np.ndarray]]:
        arrays = {**data, **self.parameters}
        with np.errstate(over="ignore", invalid="ignore"):  # a cost that overflows is reported as such
            arguments = [arrays[argument.name] for argument in self.gradients.arguments]
            loss, slopes = self.gradients.function(*arguments, *(self.sizes[name] for name in self.gradients.sizes))
        return float(loss), dict(zip(self.gradients.gradients, slopes, strict=True))

    def cost(self) -> float:
        return self.cost_and_slopes(self.data)[0]

    def move(self, slopes: Mapping[str, np.ndarray]) -> None:
        for name, slope in slopes.items():
            self.parameters[name] = self.parameters[name] - self.settings.rate * slope

    def part(self, samples: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays of some samples alone."""
        axis = sample_axis(self.model)
        shared = {t.name for t in self.model.tensors if t.role == "constant"}
        return {n: a if n in shared else np.take(a, samples, axis=axis) for n, a in self.data.items()}

    @property
    def samples(self) -> int:
        name = next(t.name for t in self.model.tensors if t.role in ("input", "target"))
        return np.shape(self.data[name])[sample_axis(self.model)]


def _descend(work: _Work, progress: Progress | None) -> Trained:
    """Epoch after epoch, until converged or out of epochs."""
    settings, steps = work.settings, 0
    costs = [_finite(work.cost(), 0, settings.rate)]
    epoch = {"full": _full_epoch, "misclassified": _corrections}.get(str(settings.batch), _parts)(work)
    for number in range(1, settings.epochs + 1):
        taken, reason = next(epoch)
        steps += taken
        if taken:
            costs.append(_finite(work.cost(), number, settings.rate))
            if progress is not None:
                progress(number, costs[-1])
        if not reason and settings.batch not in ("full", "misclassified") and _settled(costs, settings):
            reason = f"the cost changed by less than {settings.tolerance:g} of itself in {settings.patience} epochs"
        if reason:
            return Trained(work.parameters, tuple(costs), steps, True, reason)
    return Trained(work.parameters, tuple(costs), steps, False, f"{settings.epochs} epochs are over")


def _finite(cost: float, epoch: int, rate: float) -> float:
    if np.isfinite(cost):
        return cost
    raise TrainingError(
        f"the cost is {cost} after {epoch} epochs",
        because=f"Steps with the learning rate {rate:g} lead away from the minimum." if epoch else None,
        fix=f"Try a smaller one: {rate / 10:g}." if epoch else "Check the data and the parameters to start from.",
        name="rate",
    )


def _settled(costs: list[float], settings: Settings) -> bool:
    last = costs[-settings.patience - 1 :]
    changes = [abs(after - before) <= settings.tolerance * abs(before) for before, after in pairwise(last)]
    return len(changes) == settings.patience and all(changes)


def _full_epoch(work: _Work) -> Iterator[tuple[int, str]]:
    """One step over all samples; converged when the gradient is small."""
    while True:
        _, slopes = work.cost_and_slopes(work.data)
        largest = max((float(np.abs(slope).max(initial=0)) for slope in slopes.values()), default=0.0)
        if largest <= work.settings.tolerance:
            yield 0, f"no entry of the gradient is larger than {work.settings.tolerance:g}"
        work.move(slopes)
        yield 1, ""


def _parts(work: _Work) -> Iterator[tuple[int, str]]:
    """Every sample once, in random order, so many a step."""
    random = np.random.default_rng(work.settings.seed)
    size = int(work.settings.batch)
    while True:
        order = random.permutation(work.samples)
        parts = [order[begin : begin + size] for begin in range(0, len(order), size)]
        for part in parts:
            work.move(work.cost_and_slopes(work.part(part))[1])
        yield len(parts), ""


def _corrections(work: _Work) -> Iterator[tuple[int, str]]:
    """As many steps as there are samples, each by one at random of those that are wrong; converged when none is."""
    random = np.random.default_rng(work.settings.seed)
    wrong_in = misclassified(work.model, work.settings.prediction)
    while True:
        taken = 0
        for _ in range(work.samples):
            wrong = wrong_in({**work.sizes, **work.data, **work.parameters})
            if not len(wrong):
                yield taken, "no sample is misclassified"
                taken = 0
                break
            work.move(work.cost_and_slopes(work.part(random.choice(wrong, 1)))[1])
            taken += 1
        yield taken, ""
