"""Values of what a claim stands for, and of what it should stand for, by the oracle's loops over random tensors."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol, sin

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import ADJOINT
from symbackprop.model.model import Model
from tests.oracles.numbers import Numbers

_X = Symbol("x", real=True)


@dataclass
class Values:
    """Random values for each tensor at one scale, for its adjoint under each root, and for local derivatives."""

    model: Model
    sizes: Mapping[Symbol, int]
    seed: int = 3
    roots: tuple[str, ...] = ("L", "J")
    extra: Mapping[str, tuple[Expr, ...]] = field(default_factory=dict)
    tensors: dict[str, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        shapes = {tensor.name: tensor.shape for tensor in self.model.tensors}
        self.tensors = {name: self._drawn(shape, random) for name, shape in {**shapes, **self.extra}.items()}
        for tensor in self.model.tensors:
            if tensor.integer:
                self.tensors[tensor.name] = random.integers(0, 2, self.tensors[tensor.name].shape).astype(float)
        for name, shape in shapes.items():
            self.tensors[ADJOINT + name] = self._drawn(shape, random) - 0.7
            for root in self.roots:
                self.tensors[f"{ADJOINT}{root}{ADJOINT}{name}"] = self._drawn(shape, random) - 0.6
        for of, by in itertools.product(shapes, repeat=2):
            local = self._drawn((*shapes[of], *shapes[by]), random) - 0.5
            self.tensors[f"{ADJOINT}{of}{ADJOINT}{by}" if of not in self.roots else f"{of} by {by}"] = local
        for rate in ("alpha", "eta", "lr", "learning_rate", "u"):
            self.tensors.setdefault(rate, random.uniform(0.1, 0.9, ()))

    def _drawn(self, shape: tuple[Expr, ...], random: np.random.Generator) -> np.ndarray:
        return random.uniform(0.2, 0.8, [self.number(extent) for extent in shape])

    def number(self, extent: Any) -> int:
        return int(Integer(extent.xreplace(self.sizes) if isinstance(extent, Expr) else extent))

    def numbers(self) -> Numbers:
        return Numbers(
            self.sizes,
            {name: value[..., None] + 0j for name, value in self.tensors.items()},
            functions={**self.model.functions, "f": ScalarFunction("f", _X, sin(_X))},
            opaque={"f": np.sin},
        )

    def of(self, array: Array) -> np.ndarray:
        """All entries of the array."""
        shape = [self.number(extent) for extent in array.shape]
        result, numbers = np.empty(shape), self.numbers()
        for at in itertools.product(*map(range, shape)):
            result[at] = self.entry(array, at, numbers)
        return result

    def entry(self, array: Array, at: tuple[int, ...], numbers: Numbers | None = None) -> float:
        """One entry of the array; `numbers` saves making them for each."""
        value = (numbers or self.numbers()).value(array.expression, dict(zip(array.indices, at, strict=True)))
        return float(np.real(np.ravel(value)[0])) if isinstance(value, np.ndarray) else float(value)
