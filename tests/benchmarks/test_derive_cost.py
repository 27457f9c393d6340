"""Deriving is linear in the number of layers, constant in their width, and quick enough for ten layers."""

from __future__ import annotations

import time

import pytest
from sympy import Integer

from symbackprop.algebra.symbols import size
from symbackprop.derivation.sweep import derive
from tests.benchmarks.derive_cost import LAYERS, TARGET, WIDTHS, by_layers, by_width, cold, fit, mlp

pytestmark = pytest.mark.benchmark(timer=time.process_time)  # what else the machine does is not ours


def test_ten_layers_with_every_step_checked(benchmark) -> None:
    """A 10-layer softmax classifier derives, one sample and batch, every step checked, within the target."""
    model = mlp(10, size("n"))
    benchmark.pedantic(derive, args=(model,), setup=cold, rounds=3)
    assert benchmark.stats.stats.min <= TARGET


@pytest.mark.parametrize("layers", LAYERS)
def test_layers(benchmark, layers: int) -> None:
    """The time for each number of layers, for the record."""
    benchmark.pedantic(derive, args=(mlp(layers, size("n")),), kwargs={"checks": False}, setup=cold, rounds=2)


@pytest.mark.parametrize("width", WIDTHS)
def test_widths(benchmark, width: int) -> None:
    """The time for each width, for the record."""
    benchmark.pedantic(derive, args=(mlp(3, Integer(width)),), setup=cold, rounds=2)


@pytest.mark.parametrize("checks", [False, True])
def test_cost_is_linear_in_the_layers(checks: bool) -> None:
    """A line explains the times from 1 to 50 layers, and a late layer costs no more than half again an early one."""
    times = by_layers(checks, rounds=2)
    _, _, explained = fit(LAYERS, times)
    per_layer = [spent / count for count, spent in zip(LAYERS, times, strict=True)]
    assert explained > 0.97, times
    assert per_layer[-1] < 1.5 * per_layer[LAYERS.index(10)], times


def test_cost_is_constant_in_the_width() -> None:
    """No width from 2 to 4096 costs half again as much as another."""
    times = by_width(True, rounds=3)
    assert max(times) < 1.5 * min(times), times
