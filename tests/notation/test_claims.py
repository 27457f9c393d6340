"""Claims as people write them: what each side stands for, beside NumPy; what is refused, and in which words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from sympy import Symbol

from symbackprop.algebra.symbols import ADJOINT, size
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.claims import Claim, Reading, Unreadable, read_claims, text_statements
from symbackprop.notation.reading.model_text import read_model
from symbackprop.notation.reading.source import source_of
from tests.notation.claim_cases import GROUPS, MODELS
from tests.notation.claim_values import Values

SIZES: dict[Symbol, int] = {size(name): number for name, number in zip("nhkmT", (2, 3, 4, 5, 3), strict=True)}
CASES = [
    pytest.param(model, scale, written, expected, id=f"{group}: {written}")
    for group, (model, scale, cases) in GROUPS.items()
    for written, expected in cases
]


@lru_cache
def model_of(name: str) -> Model:
    return read_model(MODELS[name])


@lru_cache
def values_of(name: str, scale: str) -> Values:
    model = model_of(name)
    plain = model.batched() if scale == "all samples" else model.one_sample()
    return Values(plain, SIZES, roots=tuple({model.loss, model.root}))


class Tensors:
    """Values by short names: `dz1`, `L_z1`, `z2_W2`."""

    def __init__(self, values: Values) -> None:
        self.values = values.tensors
        self.m = SIZES[size("m")]

    def __getattr__(self, name: str) -> np.ndarray:
        if name in self.values:
            return self.values[name]
        if name[0] == "d" and ADJOINT + name[1:] in self.values:
            return self.values[ADJOINT + name[1:]]
        of, _, by = name.partition("_")
        return self.values[f"{ADJOINT}{of}{ADJOINT}{by}"]

    __getitem__ = __getattr__


def claims(written: str, model: Model, **choices: Any) -> tuple[Claim | Unreadable, ...]:
    return read_claims(text_statements(source_of(written)), model, conventions=Conventions(**choices))


def reading(written: str, model: Model, scale: str, **choices: Any) -> Reading:
    (claim,) = claims(written, model, **choices)
    assert isinstance(claim, Claim), claim.error
    return next(found for found in claim.readings if found.scale == scale)


@pytest.mark.parametrize(("model", "scale", "written", "expected"), CASES)
def test_what_a_claim_says(model: str, scale: str, written: str, expected: Any) -> None:
    """The right side of each claim has the value of the NumPy expression beside it."""
    values = values_of(model, scale)
    side = reading(written, model_of(model), scale).sides[-1]
    assert side.value is not None, side.error
    found = values.of(side.value.array)
    assert np.squeeze(found) == pytest.approx(np.squeeze(expected(Tensors(values))), rel=1e-9), side.value
