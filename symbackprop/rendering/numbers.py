"""The numbers of one evaluation beside the derivation: each array, its derivative, the update, and the check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.notation.writing.number_grids import numbers_grid
from symbackprop.rendering.formulas import Formulas

_MOST_AXES = 2


@dataclass(frozen=True, slots=True)
class ArrayRow:
    """One array: its symbol, its value and the derivative by it, each a formula; empty where there is none."""

    symbol: str
    value: str
    derivative: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the templates word: the arrays of one sample, or of all where there are no samples, and one step."""

    rows: tuple[ArrayRow, ...]
    first: bool
    root: str
    rate: str
    before: str
    after: str
    method: str
    worst: str


def numbers_of(formulas: Formulas, evaluation: Evaluation, digits: int) -> Numbers:
    """The numbers of the derivation that `formulas` write; of a model with samples those of the first one."""
    one = evaluation.one_sample or evaluation
    names = [tensor.name for tensor in one.derivation.model.tensors]
    return Numbers(
        rows=tuple(_row(formulas, one, name, digits) for name in names),
        first=evaluation.one_sample is not None,
        root=formulas.tensor(evaluation.derivation.root),
        rate=f"{float(evaluation.rate):g}",
        before=f"{float(evaluation.loss):.{digits}g}",
        after=f"{float(evaluation.loss_after):.{digits}g}",
        method=evaluation.check.method,
        worst=f"{max(evaluation.check.worst, 1e-15):.0e}",
    )


def _row(formulas: Formulas, one: Evaluation, name: str, digits: int) -> ArrayRow:
    derivative = one.adjoints.get(name)
    shown = "" if derivative is None else grid(formulas, derivative, digits)
    return ArrayRow(formulas.tensor(name), grid(formulas, one.values[name], digits), shown)


def grid(formulas: Formulas, array: np.ndarray, digits: int) -> str:
    """The array in brackets; of one with more axes, how many entries it has along each."""
    numbers = np.asarray(array, dtype=float)
    if numbers.ndim > _MOST_AXES:
        return formulas.plain(" by ".join(str(extent) for extent in numbers.shape) + " numbers")
    return formulas.inline(formulas.spelling.layout(numbers_grid(numbers, digits), formulas.names))
