r"""How a person's function may have its arrays: as the model has them, or the other way round.

Samples in rows for columns, weights in×out for out×in, vectors as columns or rows. The same numbers serve, their axes
in another order; a function that is right so is right, but not for the arrays of the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from symbackprop.algebra.proving.grids import Grid
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.records import Tensor

Vectors = Literal["flat", "columns", "rows"]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which axes are turned; `vectors` says how parameters of rank 1 stand."""

    derivation: Derivation
    samples: bool = False
    weights: bool = False
    vectors: Vectors = "flat"

    @property
    def is_stated(self) -> bool:
        return not (self.samples or self.weights or self.vectors != "flat")

    @property
    def words(self) -> str:
        """The arrangement as a convention."""
        records, said = self.derivation.source.samples, []
        if self.samples and records is not None:
            said.append(f"samples stand in {'rows' if records.side == 'columns' else 'columns'}")
        if self.weights:
            said.append("the weights are transposed")
        if self.vectors != "flat":
            said.append(f"vectors are {self.vectors}, of shape {'(n, 1)' if self.vectors == 'columns' else '(1, n)'}")
        return " and ".join(said)

    def arranged(self, name: str, array: Grid) -> Grid:
        """The array of the tensor `name`, or of its adjoint, as the function has it."""
        tensor = self.derivation.model.tensor(name)
        if tensor.role == "parameter":
            return self._parameter(tensor, array)
        if self.samples and name in self.derivation.sampled and array.ndim > 1:
            records = self.derivation.source.samples
            assert records is not None
            last, first = (-1, 0) if records.side == "columns" else (0, -1)
            return np.moveaxis(array, last, first)
        return array

    def _parameter(self, tensor: Tensor, array: Grid) -> Grid:
        if self.weights and len(tensor.shape) == 2:
            return array.T
        if self.vectors != "flat" and len(tensor.shape) == 1:
            return array[:, None] if self.vectors == "columns" else array[None, :]
        return array


def arrangements_of(derivation: Derivation) -> Iterator[Arrangement]:
    """The model's own first, then those that change least."""
    has_samples = derivation.source.samples is not None
    has_vectors = any(len(t.shape) == 1 for t in derivation.model.parameters)
    has_weights = any(len(t.shape) == 2 for t in derivation.model.parameters)
    choices: tuple[Vectors, ...] = ("flat", "columns", "rows") if has_vectors else ("flat",)
    for samples, weights in ((False, False), (True, True), (True, False), (False, True)):
        if (samples and not has_samples) or (weights and not has_weights):
            continue
        for vectors in choices:
            yield Arrangement(derivation, samples, weights, vectors)
