"""Arrays for a model, checked: names, shapes against each other, finite numbers, facts. And the sizes they tell."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Rational
from typing import Any

import numpy as np

from symbackprop.compiling.arguments import Fitting, fitted, signature_of
from symbackprop.errors import ArgumentError, DataError
from symbackprop.evaluation.exact import floats_of
from symbackprop.model.model import Model
from symbackprop.model.words import bracketed

Origins = Mapping[str, str]
"""Where an array came from, by its name: the path of a file."""


def fit(
    model: Model, arrays: Mapping[str, Any], sizes: Mapping[str, int] | None = None, origins: Origins | None = None
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """An array of floats (of integers where they are indices) for each tensor that no equation gives, and all sizes.

    Over all samples, in the layout of the model's batch.

    Raises:
        DataError: an array that is missing, unknown, of another shape, with an entry that is no finite number, or
            against a fact; or a size that nothing tells. With the file that it came from.
    """
    signature = signature_of(model)
    unknown = [name for name in sizes or {} if name not in signature.sizes]
    if unknown:
        raise DataError(
            f"the model has no size {unknown[0]}",
            fix=f"Its sizes are {', '.join(signature.sizes) or 'all numbers'}.",
            name=unknown[0],
        )
    missing = [a for a in signature.arguments if a.name not in arrays]
    if missing:
        listed = ", ".join(f"{a.name}{bracketed(a.shape)}" for a in missing)
        raise DataError(
            f"no values were given for {', '.join(a.name for a in missing)}",
            because=f"Numbers need {listed}.",
            fix="Give them by --data and --values, or --numbers seeded for small numbers.",
            name=missing[0].name,
        )
    told = {name: floats_of(value) if _is_exact(value) else value for name, value in arrays.items()}
    try:
        found = fitted(signature, {**(sizes or {}), **told})
    except ArgumentError as error:
        raise _placed(error, origins or {}) from None
    return _complete(signature.sizes, found, dict(zip(signature.names, found.arrays, strict=True)))


def _is_exact(value: Any) -> bool:
    """Whether these are fractions, all of them."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return False  # rows of several lengths: refused with all other values
    return array.dtype.kind == "O" and all(isinstance(entry, Rational) for entry in array.flat)


def _complete(
    wanted: Mapping[str, Any], found: Fitting, arrays: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    for name in wanted:
        if name not in found.sizes:
            raise DataError(f"no array tells the size {name}", fix=f"Give it: --size {name}=3.", name=name)
    return arrays, dict(found.sizes)


def _placed(error: ArgumentError, origins: Origins) -> DataError:
    """The error as one of data, with the file that the array came from."""
    file = origins.get(error.name or "")
    what = error.what if file is None else f"{error.what}, in {file}"
    return DataError(what, because=error.because, fix=error.fix, name=error.name)
