"""The values of intermediate tensors, by the same program that computes the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from symbackprop.compiling.equations import values_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.numpy_code import emit
from symbackprop.model.model import Model


def compile_values(model: Model, names: Iterable[str]) -> Callable[[Mapping[str, Any]], dict[str, np.ndarray]]:
    """A function from all arguments by name to the tensors in `names`, over all samples; arguments are not checked.

    Sizes that no array tells are given beside the arrays.
    """
    wanted = tuple(names)
    computation = values_of(model, wanted)
    code = emit(lower(computation))

    def values(given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        _, found = code.function(*(given[name] for name in (*computation.arguments, *code.sizes)))
        return dict(zip(wanted, found, strict=True))

    return values
