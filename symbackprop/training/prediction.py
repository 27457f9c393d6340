r"""Which classes are wrong, and in which samples: the tensor that the loss compares with the target, as a class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symbackprop.algebra.binding import tensors_in
from symbackprop.compiling.values import compile_values
from symbackprop.errors import UsageError, suggestion
from symbackprop.model.model import Model
from symbackprop.model.records import Tensor
from symbackprop.training.data import sample_axis

Given = Mapping[str, Any]
"""Arrays of all arguments by name, and beside them the sizes that none of them tells."""


def target_of(model: Model) -> Tensor:
    """The model's one target.

    Raises:
        UsageError: it has none, or several.
    """
    targets = [tensor for tensor in model.tensors if tensor.role == "target"]
    if len(targets) != 1:
        raise UsageError(
            f"the model has {len(targets)} targets, and misclassified samples are told by one",
            fix="Choose another batch: full, one, or a number of samples.",
        )
    return targets[0]


def prediction_of(model: Model, name: str | None = None) -> str:
    """The tensor that is compared with the target: the one named, else the one the loss reads beside it.

    Raises:
        UsageError: none or several could be meant, or the one named has another shape than the target.
    """
    target = target_of(model)
    shaped = [t.name for t in model.tensors if model.defines(t.name) and t.shape == target.shape]
    if name is not None:
        if name not in shaped:
            raise UsageError(
                f"{name} is no prediction of {target.name}",
                because=f"Of the shape of {target.name} are: {', '.join(shaped) or 'none'}.",
                fix=suggestion(name, shaped),
                name=name,
            )
        return name
    read = tensors_in(model.equation(model.loss).expression)
    found = [candidate for candidate in shaped if candidate in read]
    if len(found) != 1:
        raise UsageError(
            f"which tensor predicts {target.name} is not clear",
            because=f"The loss reads {', '.join(found) or 'none of its shape'}.",
            fix="Name it: --prediction a2.",
        )
    return found[0]


def wrong_classes(model: Model, prediction: str | None = None) -> Callable[[Given], np.ndarray]:
    r"""A function of all arguments that tells for each class whether it is wrong: the samples along the first axis.

    One-hot targets and distributions: the largest entry along their axis; a sample may have several, one a step, say.
    Targets 0 or 1: the prediction at least ½. Others: its sign.
    """
    target, name = target_of(model), prediction_of(model, prediction)
    values = compile_values(model, [name])
    kinds = {fact.kind: fact.axis for fact in target.facts}
    axis = kinds.get("one_hot", kinds.get("distribution"))
    samples = None if model.samples is None else sample_axis(model)

    def classes(entries: np.ndarray, truth: np.ndarray) -> np.ndarray:
        if axis is not None:
            return entries.argmax(axis=1 + axis % len(target.shape))
        if "binary" in kinds or bool(np.isin(truth, (0, 1)).all()):
            return entries >= 0.5
        return np.sign(entries)

    def by_sample(entries: np.ndarray) -> np.ndarray:
        return entries[None] if samples is None else np.moveaxis(entries, samples, 0)

    numbers = {tensor.name for tensor in model.tensors if tensor.integer}

    def wrong(arrays: Given) -> np.ndarray:
        arrays = {name: np.asarray(array, int) if name in numbers else array for name, array in arrays.items()}
        truth = by_sample(np.asarray(arrays[target.name], dtype=float))
        return classes(by_sample(values(arrays)[name]), truth) != classes(truth, truth)

    return wrong


def misclassified(model: Model, prediction: str | None = None) -> Callable[[Given], np.ndarray]:
    """A function of all arguments that gives the numbers of the samples of which a class is wrong."""
    wrong = wrong_classes(model, prediction)
    return lambda arrays: np.flatnonzero([sample.any() for sample in wrong(arrays)])
