"""Sizes, samples and parameters that a command is given, as numbers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from symbackprop.cli.running import whole_number
from symbackprop.errors import UsageError
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.model.model import Model
from symbackprop.training.data import Arrays, data_tensors, read_data, sample_axis, sizes_told
from symbackprop.training.parameters import read_parameters


def sizes_in(choices: tuple[str, ...]) -> dict[str, int]:
    """The sizes in `--size h=3 --size n=2`."""
    found: dict[str, int] = {}
    for choice in choices:
        name, equals, value = (part.strip() for part in choice.partition("="))
        number = whole_number(value)
        if not (name and equals and number):
            raise UsageError(f"--size takes NAME=NUMBER, not {choice}", fix="Write --size h=3.", name=choice)
        found[name] = number
    return found


def seed_in(text: str | None) -> int | None:
    """The seed in `--numbers seeded:3`; 0 without a number, None without the option."""
    if text is None:
        return None
    word, colon, number = (part.strip() for part in text.partition(":"))
    seed = whole_number(number) if colon else 0
    if word != "seeded" or seed is None:
        raise UsageError(
            f"--numbers takes seeded or seeded:SEED, not {text}", fix="Write --numbers seeded:1.", name=text
        )
    return seed


def checked_rate(rate: float) -> float:
    """The learning rate, above 0 and finite."""
    if not 0 < rate < math.inf:
        raise UsageError(f"--rate {rate:g} is no learning rate", fix="Give a number above 0: --rate 0.1.", name="rate")
    return rate


def summary(evaluation: Evaluation, digits: int) -> str:
    """The root before and after a step of descent, and the check, in a line."""
    check, root = evaluation.check, evaluation.derivation.root
    before, after = (f"{float(value):.{digits}g}" for value in (evaluation.loss, evaluation.loss_after))
    return (
        f"Numbers: {root} = {before}, {after} after a step of {float(evaluation.rate):g}; "
        f"gradients are within {max(check.worst, 1e-15):.0e} of {check.method}."
    )


def arrays_in(model: Model, data: Path | None, values: Path | None, sizes: dict[str, int]) -> Arrays:
    """The samples in `--data` and the tensors in `--values`, by name."""
    samples = {} if data is None else read_data(data, model)
    told = {**sizes_told(model, samples), **sizes}
    return {**samples, **({} if values is None else read_parameters(values, model, told))}


def sizes_of_one_sample(model: Model, arrays: Arrays, given: dict[str, int]) -> dict[str, int]:
    """The sizes given, and those that the arrays tell; not how many samples there are."""
    told = sizes_told(model, arrays)
    if model.samples is not None:
        told.pop(str(model.samples.size), None)
    return {**told, **given}


def of_first_sample(model: Model, arrays: Arrays) -> Arrays:
    """The arrays as one sample has them: of data the first sample."""
    if model.samples is None:
        return arrays
    ranks = {tensor.name: len(tensor.shape) for tensor in data_tensors(model)}
    return {
        name: np.take(array, 0, axis=sample_axis(model)) if array.ndim > ranks.get(name, array.ndim) else array
        for name, array in arrays.items()
    }
