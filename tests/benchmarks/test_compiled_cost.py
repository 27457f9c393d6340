"""Compiled steps beside those by hand: the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.compiled_cost import CASES, Case, both


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name} {case.sizes['m']}")
def test_the_numbers_are_those_by_hand(case: Case) -> None:
    """Loss and every gradient."""
    ours, theirs = (step() for step in both(case))
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    assert ours[1].keys() == theirs[1].keys()
    for name, gradient in theirs[1].items():
        np.testing.assert_allclose(ours[1][name], gradient, rtol=1e-9, atol=1e-12 * abs(gradient).max(), err_msg=name)
