"""Sums over part of a distribution, moved ones and guarded ones: no rewrite and no proof takes them for the whole."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest
from sympy import Expr, KroneckerDelta, S, Symbol, exp

from symbackprop.algebra.display import with_facts
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.space import Fact, Space
from symbackprop.algebra.symbols import Guard, entry, index, size, total
from tests.oracles.numbers import Numbers

m, n, K = map(size, "mnK")
i, k = map(index, "ik")
SPACE = Space(
    shapes={"y": (n,), "Y": (m, n), "Z": (n, n), "x": (n,), "c": ()},
    facts=(Fact("y", "distribution", 0), Fact("Y", "one_hot", 1), Fact("Z", "distribution", 1)),
)
RANGES = {i: m}
SIZES: list[Mapping[Symbol, int]] = [
    {m: a, n: b, K: c} for a, b, c in ((1, 1, 1), (1, 3, 2), (2, 1, 3), (2, 2, 1), (3, 2, 2))
]


def arrays(sizes: Mapping[Symbol, int]) -> dict[str, np.ndarray]:
    """Tensors as their facts say; c and x are nothing in particular."""
    count, width = sizes[m], sizes[n]
    weights = np.arange(1, width + 1) / (width * (width + 1) / 2)
    hot = np.array([[float(column == (row + 1) % width) for column in range(width)] for row in range(count)])
    found = {
        "y": weights,
        "Y": hot,
        "Z": np.stack([np.roll(weights, row + 1) for row in range(width)]),
        "x": 0.3 + np.arange(width) ** 2 / 7,
        "c": np.array(1.7),
    }
    return {name: array[..., None] + 0j for name, array in found.items()}


def same(left: Expr, right: Expr) -> bool:
    """Whether two expressions have the same value at every i and all sizes tried."""
    for sizes in SIZES:
        numbers = Numbers(sizes, arrays(sizes))
        for at in range(sizes[m]):
            one, other = (complex(np.ravel(numbers.value(side, {i: at}))[0]) for side in (left, right))
            if abs(one - other) > 1e-12:
                return False
    return True


EXTENTS = [n, n - 1, K]
READS = [
    entry("y", k),
    entry("y", k + 1),
    entry("y", n - 1 - k),
    entry("Y", i, k),
    entry("Y", i + 1, k),
    entry("Y", k, i),
    entry("Y", k, k),
    entry("Z", k, k),
]
TIMES = [S.One, entry("c"), entry("x", i), entry("x", k), exp(entry("x", k)), KroneckerDelta(i, k), entry("y", k)]
GUARDS = [S.One, Guard(k - 1), Guard(n - 2 - k), Guard(i - k), Guard(i - 1), Guard(m - 2 - i)]


@pytest.mark.parametrize("extent", EXTENTS, ids=str)
def test_a_sum_is_what_it_was(extent: Expr) -> None:
    """With facts put in, a sum has the value it had, whatever stands beside the distribution and how far it runs."""
    served = 0
    for read, times, guard in product(READS, TIMES, GUARDS):
        used: list[Fact] = []
        expr = total(read * times * guard, (k, extent))
        found = with_facts(expr, RANGES, SPACE, used)
        if used:
            served += 1
            assert same(expr, found), (expr, found)
    assert (served > 0) == (extent == n)


PROVER_READS = [entry("y", k), entry("Y", i, k), entry("Y", i + 1, k), entry("Z", k, k)]
PROVER_TIMES = [S.One, entry("c"), entry("x", k), KroneckerDelta(i, k)]
PROVER_GUARDS = [S.One, Guard(k - 1), Guard(m - 2 - i)]


@pytest.mark.parametrize("extent", EXTENTS, ids=str)
def test_a_sum_is_proved_only_to_be_what_it_is(extent: Expr) -> None:
    """Σ of a distribution, of part of it, or of another is proved to be one thing or another only where it is."""
    proved = 0
    for read, times, guard in product(PROVER_READS, PROVER_TIMES, PROVER_GUARDS):
        outside = S.One if times.has(k) else times
        expr = total(read * times * guard, (k, extent))
        of_another = total(entry("y", k) * times * guard, (k, extent))
        for claim in dict.fromkeys((outside, outside if guard.has(k) else outside * guard, of_another)):
            if claim != expr and is_zero(expr - claim, RANGES, SPACE) is not None:
                proved += 1
                assert same(expr, claim), (expr, claim)
    assert (proved > 0) == (extent == n)


def test_the_fact_serves_under_the_guard_of_its_range() -> None:
    """[i <= m - 2] Σ_k Y[i+1,k] is [i <= m - 2]; without the guard it is so at all samples but the last."""
    guard, moved = Guard(m - 2 - i), total(entry("Y", i + 1, k), (k, n))
    assert with_facts(guard * moved, RANGES, SPACE, []) == guard
    assert with_facts(moved, RANGES, SPACE, []) == moved
    assert is_zero(guard * moved - guard, RANGES, SPACE) is not None
    assert is_zero(moved - 1, RANGES, SPACE) is None
    assert with_facts(total(entry("y", k), (k, n)), RANGES, SPACE, []) == 1
