"""Numbers for the leaves of a model, drawn from a seed: as its facts say, and generic otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Symbol

from tests.oracles.slopes import leaves, numbers_of, sampled_tensors


def draw(
    model: Any, sizes: Mapping[Symbol, int], seed: int, below: Mapping[str, int] | None = None
) -> dict[str, np.ndarray]:
    """An array for each leaf, samples included; `below` bounds the entries of integer tensors."""
    random = np.random.default_rng(seed)
    sampled = sampled_tensors(model)
    data = {}
    for name in leaves(model):
        tensor = next(t for t in model.tensors if t.name == name)
        shape = numbers_of(tensor.shape, sizes)
        if name not in sampled:
            data[name] = _one(tensor, shape, random, (below or {}).get(name, 1))
            continue
        (count,) = numbers_of((model.samples.size,), sizes)
        each = [_one(tensor, shape, random, (below or {}).get(name, 1)) for _ in range(count)]
        data[name] = np.stack(each, axis=0 if model.samples.side == "rows" else -1)
    return data


def _one(tensor: Any, shape: tuple[int, ...], random: np.random.Generator, below: int) -> np.ndarray:
    if tensor.integer:
        return random.integers(0, below, shape).astype(float)
    kinds = {fact.kind: fact.axis for fact in tensor.facts}
    if "one_hot" in kinds:
        axis = kinds["one_hot"]
        scores = random.random(shape)
        return (scores == scores.max(axis=axis, keepdims=True)).astype(float)
    if "binary" in kinds:
        return random.integers(0, 2, shape).astype(float)
    if "distribution" in kinds:
        scores = random.uniform(0.2, 1.0, shape)
        return scores / scores.sum(axis=kinds["distribution"], keepdims=True)
    if "positive" in kinds:
        return random.uniform(0.5, 2.0, shape)
    return random.uniform(0.2, 1.5, shape) * random.choice([-1.0, 1.0], shape)
