r"""Where a descent begins: parameters that only add begin at 0, those that multiply at random.

A parameter whose local derivative is a number in every equation that reads it (a bias) needs no spread. The others are
uniform in \(\pm\sqrt{6 / (n_1 + n_2)}\), their first and last sizes, which keeps the variance of values and of adjoints
alike from layer to layer (Glorot and Bengio, 2010).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Expr, Integer

from symbackprop.algebra.binding import all_symbols, substitute, tensors_in
from symbackprop.algebra.derivative import uses
from symbackprop.errors import DataError, suggestion
from symbackprop.model.model import Model
from symbackprop.model.records import Tensor


def initial_parameters(
    model: Model,
    sizes: Mapping[str, int],
    seed: int = 0,
    given: Mapping[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """An array for each parameter: as given, else drawn; the same seed gives the same arrays.

    Raises:
        DataError: a size without a value, or given arrays that are no parameters of the model or have other shapes.
    """
    random = np.random.default_rng(seed)
    given = given or {}
    names = [tensor.name for tensor in model.parameters]
    for name in given:
        if name not in names:
            raise DataError(
                f"{name} is no parameter of the model",
                fix=suggestion(name, names) or f"Its parameters are {', '.join(names)}.",
                name=name,
            )
    found = {}
    for tensor in model.parameters:
        shape = _numbers(tensor, sizes)
        drawn = np.zeros(shape) if only_adds(model, tensor) else _spread(shape, random)
        if tensor.name in given and np.shape(given[tensor.name]) != shape:
            raise DataError(
                f"{tensor.name} has the shape {np.shape(given[tensor.name])}, not {shape}", name=tensor.name
            )
        found[tensor.name] = np.array(given.get(tensor.name, drawn), dtype=float)
    return found


def only_adds(model: Model, tensor: Tensor) -> bool:
    """Whether the local derivative by the tensor is a number in every equation that reads it; penalties aside."""
    for equation in model.equations:
        if tensor.name in tensors_in(equation.expression):
            avoid = set(all_symbols(equation.expression)) | set(equation.indices)
            if any(tensors_in(use.factor) for use in uses(equation.expression, tensor.name, avoid)):
                return False
    return True


def _spread(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    ends = (shape[0], shape[-1]) if len(shape) > 1 else (*shape, 1)
    limit = np.sqrt(6 / sum(ends))
    return random.uniform(-limit, limit, shape)


def _numbers(tensor: Tensor, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(_number(extent, tensor, sizes) for extent in tensor.shape)


def _number(extent: Expr, tensor: Tensor, sizes: Mapping[str, int]) -> int:
    symbols = sorted(extent.free_symbols, key=str)
    for symbol in symbols:
        if symbol.name not in sizes:
            raise DataError(
                f"the size {symbol} of {tensor.name} is not known from the data",
                fix=f"Give it: --size {symbol}=4, or sizes={{'{symbol}': 4}}.",
                name=symbol.name,
            )
        if sizes[symbol.name] < 1:
            raise DataError(
                f"the size {symbol} is {sizes[symbol.name]}", because="A size is at least 1.", name=symbol.name
            )
    return int(substitute(extent, {symbol: Integer(sizes[symbol.name]) for symbol in symbols}))
