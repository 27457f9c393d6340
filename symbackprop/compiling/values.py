"""The values of intermediate tensors, by the same program that computes the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from symbackprop.compiling.equations import computation_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.numpy_code import emit
from symbackprop.model.model import Model

Arrays = Mapping[str, np.ndarray]


def compile_values(model: Model, names: Iterable[str]) -> Callable[[Arrays], dict[str, np.ndarray]]:
    """A function from all arguments by name to the tensors in `names`, over all samples; arguments are not checked."""
    wanted = tuple(names)
    computation = computation_of(model)
    code = emit(lower(replace(computation, gradients={name: name for name in wanted})))

    def values(arrays: Arrays) -> dict[str, np.ndarray]:
        _, found = code.function(*(arrays[name] for name in computation.arguments))
        return dict(zip(wanted, found, strict=True))

    return values
