"""The numbers that a document is asked for: from files, from arrays by name, or small ones by a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.derivation.derivation import Derivation
from symbackprop.errors import DataError, suggestion
from symbackprop.evaluation.evaluation import Evaluation, evaluate
from symbackprop.evaluation.fitting import fit
from symbackprop.evaluation.seeded import drawn, seeded
from symbackprop.evaluation.small_sizes import small_sizes
from symbackprop.model.model import Model
from symbackprop.training.data import read_data, sizes_told
from symbackprop.training.parameters import read_parameters

Given = str | Path | Mapping[str, Any]
"""A CSV or NPZ file, or arrays by name."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Arrays by name, sizes that they or the caller told, and the file that an array came from."""

    arrays: Mapping[str, Any] = field(repr=False)
    sizes: Mapping[str, int]
    origins: Mapping[str, str] = field(default_factory=dict)


def evaluation_for(
    derivation: Derivation,
    *,
    data: Given | None = None,
    values: Given | None = None,
    seed: int | None = None,
    sizes: Mapping[str, int] | None = None,
    rate: float | Fraction = 0.1,
    exact: bool = False,
) -> Evaluation:
    """The derivation in numbers: `data` are inputs, targets and constants, `values` parameters, each a file or arrays.

    What neither gives is drawn small by the `seed`; without anything given the seed is 0. `sizes` are those that no
    array tells, and those of what is drawn. `rate` is that of the step of descent. With `exact`, numbers are fractions,
    and decimals in files are taken as they are written.

    Raises:
        DataError: a file that cannot be read, or numbers that do not fit: which, the shape expected, the file.
        UsageError: sizes that the model lacks, a function without a formula, or with `exact` one without fractions.
    """
    model = derivation.source
    found = chosen(model, data=data, values=values, sizes=sizes)
    if seed is not None or (data is None and values is None):
        found = completed(model, found, seed or 0)
    return evaluate(derivation, found.arrays, found.sizes, rate=rate, exact=exact, origins=found.origins)


def chosen(
    model: Model, *, data: Given | None = None, values: Given | None = None, sizes: Mapping[str, int] | None = None
) -> Chosen:
    """What was given: data first, then parameters, whose entries may need the sizes that the data tell.

    Raises:
        DataError: a file that cannot be read, or with an array of no tensor of the model.
    """
    samples = {} if data is None else _read_data(data, model)
    told = {**sizes_told(model, samples), **(sizes or {})}
    parameters = {} if values is None else _read_values(values, model, told)
    origins = dict.fromkeys(samples, _origin(data)) | dict.fromkeys(parameters, _origin(values))
    known = {name: file for name, file in origins.items() if file}
    arrays = {**samples, **parameters}
    _check_names(model, arrays, known)
    return Chosen(arrays, dict(sizes or {}), known)


def completed(model: Model, found: Chosen, seed: int) -> Chosen:
    """With small numbers for what is not given, at the sizes that the rest tells.

    Raises:
        DataError: arrays that do not fit the model, or each other.
        UsageError: no sizes or values that the model allows.
    """
    told = sizes_told(model, {name: array for name, array in found.arrays.items() if _has_shape(array)})
    sizes = small_sizes(model, {**told, **found.sizes})
    fitting, _ = fit(model, {**drawn(model, sizes, seed), **found.arrays}, sizes, found.origins)
    rest = seeded(model, sizes, seed, {name: fitting[name] for name in found.arrays})
    return Chosen({**rest.arrays, **found.arrays}, rest.sizes, found.origins)


def _has_shape(array: Any) -> bool:
    try:
        np.shape(array)
    except ValueError:  # rows of several lengths, which is told when they are to fit
        return False
    return True


def _read_data(data: Given, model: Model) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else read_data(data, model)


def _read_values(values: Given, model: Model, sizes: Mapping[str, int]) -> Mapping[str, Any]:
    return values if isinstance(values, Mapping) else read_parameters(Path(values), model, sizes)


def _origin(given: Given | None) -> str:
    return "" if given is None or isinstance(given, Mapping) else str(given)


def _check_names(model: Model, arrays: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    wanted = [tensor.name for tensor in model.tensors if not model.defines(tensor.name) and tensor.role != "cost"]
    for name in arrays:
        if name not in wanted:
            file = f", in {origins[name]}" if name in origins else ""
            is_computed = any(tensor.name == name for tensor in model.tensors)
            raise DataError(
                f"{name} is {'computed, not given' if is_computed else 'no tensor of the model'}{file}",
                fix=suggestion(name, wanted) or f"It takes values for {', '.join(wanted)}.",
                name=name,
            )
