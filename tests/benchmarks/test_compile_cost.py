"""Compiling is quick enough for ten layers, and linear in their number."""

from __future__ import annotations

import time

import pytest

from symbackprop.algebra.symbols import size
from symbackprop.compiling.compiled import compile as compile_gradients
from tests.benchmarks.compile_cost import LAYERS, TARGET, seconds
from tests.benchmarks.derive_cost import cold, fit, mlp

pytestmark = pytest.mark.benchmark(timer=time.process_time)  # what else the machine does is not ours


def test_ten_layers(benchmark) -> None:
    """A 10-layer softmax classifier compiles, everything included, within the target."""
    compile_gradients(mlp(1, size("n")))
    benchmark.pedantic(compile_gradients, args=(mlp(10, size("n")),), setup=cold, rounds=5)
    assert benchmark.stats.stats.min <= TARGET


def test_cost_is_linear_in_the_layers() -> None:
    """A line explains the times from 1 to 20 layers."""
    times = [seconds(mlp(count, size("n"))) for count in LAYERS]
    _, _, explained = fit(LAYERS, times)
    assert explained > 0.95, times
