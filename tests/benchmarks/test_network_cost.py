"""Recurrent and attentive networks derive quickly, and at a cost that knows nothing of T, width or batch."""

from __future__ import annotations

import pytest

from tests.benchmarks.derive_cost import seconds
from tests.benchmarks.network_cost import SIZES, TARGETS

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("name", TARGETS)
def test_symbolic_sizes(name: str) -> None:
    """One sample and batch, checks deferred, within the target."""
    make, target = TARGETS[name]
    sizes = SIZES["symbolic T, width and batch"]
    assert seconds(make(*sizes), False, rounds=3) <= target


@pytest.mark.parametrize("name", TARGETS)
def test_cost_is_constant_in_the_sizes(name: str) -> None:
    """No choice of T, width and batch costs half again as much as another."""
    make, _ = TARGETS[name]
    times = [seconds(make(*sizes), False, rounds=3) for sizes in SIZES.values()]
    assert max(times) < 1.5 * min(times), times
