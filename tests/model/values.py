"""Arrays of a model's floor in numbers, by the oracle's loops."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from sympy import Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.model.functions import FUNCTIONS
from tests.oracles.numbers import Numbers, Rule


def numbers(array: Array, sizes: Mapping[Symbol, int], data: Mapping[str, np.ndarray]) -> np.ndarray:
    """The array in numbers, entry by entry."""
    stored = {name: np.asarray(value, complex)[..., None] for name, value in data.items()}
    reader = Numbers(sizes, stored, functions=FUNCTIONS)
    shape = [reader.integer(extent, {}) for extent in array.shape]
    result = np.empty(shape)
    for place in itertools.product(*map(range, shape)):
        scope = dict(zip(array.indices, place, strict=True))
        result[place] = np.real(np.ravel(reader.value(array.expression, scope))[0])
    return result


def forward(model, sizes: Mapping[Symbol, int], data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every tensor that a model without samples defines, in numbers."""
    stored = {name: np.asarray(value, complex)[..., None] for name, value in data.items()}
    reader = Numbers(sizes, {}, functions=model.functions)
    rules = {
        e.tensor: Rule(e.indices, tuple(reader.integer(s, {}) for s in model.tensor(e.tensor).shape), e.expression)
        for e in model.equations
    }
    running = Numbers(sizes, stored, rules, functions=model.functions)
    return {name: running.array(name)[..., 0].real for name in rules}
