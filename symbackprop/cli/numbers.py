"""Sizes, samples and parameters that a command is given, as numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from symbackprop.cli.running import whole_number
from symbackprop.errors import UsageError
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
