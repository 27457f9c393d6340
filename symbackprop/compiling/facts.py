"""Whether data are what the model says they are: one-hot, a distribution, binary, positive."""

from __future__ import annotations

from typing import Any

import numpy as np

from symbackprop.algebra.space import Fact
from symbackprop.errors import ArgumentError
from symbackprop.model.words import ordinal


def check_fact(name: str, fact: Fact, array: np.ndarray, given: np.dtype[Any]) -> None:
    """That the fact holds; sums to half of the digits of the type the data were given in.

    Raises:
        ArgumentError: it does not hold; at which entry or in which sum.
    """
    if fact.kind == "positive":
        _check(name, array <= 0, array, "must be above 0", "positive")
    if fact.kind in ("binary", "one_hot"):
        said = "binary" if fact.kind == "binary" else "one-hot"
        _check(name, (array != 0) & (array != 1), array, "must be 0 or 1", said)
    if fact.kind in ("distribution", "one_hot") and fact.axis is not None:
        said = "one-hot" if fact.kind == "one_hot" else "a distribution"
        _check_sums(name, fact.axis, array, given, said)


def _check(name: str, wrong: np.ndarray, array: np.ndarray, must: str, said: str) -> None:
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        raise ArgumentError(
            f"{placed(name, place)} is {array[place]:g}, and {must}",
            because=f"The model says that {name} is {said}.",
            fix=_FIX,
            name=name,
        )


def _check_sums(name: str, axis: int, array: np.ndarray, given: np.dtype[Any], said: str) -> None:
    sums = array.sum(axis=axis)
    tolerance = float(np.sqrt(np.finfo(given).eps)) if given.kind == "f" else 0.0
    wrong = np.abs(sums - 1) > tolerance
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        where = [str(int(p)) for p in place]
        where.insert(axis, ":")
        raise ArgumentError(
            f"{name}[{', '.join(where)}] sums to {sums[place]:g}, and must sum to 1",
            because=f"The model says that {name} is {said} along its {ordinal(axis)} axis.",
            fix=_FIX,
            name=name,
        )


def placed(name: str, place: tuple[Any, ...]) -> str:
    """`x[3, 1]`, or `x` for a scalar."""
    return f"{name}[{', '.join(str(int(p)) for p in place)}]" if place else name


_FIX = "Mend the data, or compile with check_facts=False."
