"""What is drawn for points: sizes that tell mistakes apart, entries that obey their facts and take all values."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, islice

import numpy as np
import pytest
from sympy import Expr, Integer

from symbackprop.algebra.proving.drawing import Demands, Leaf, drawn, exact, sizes_in_turn
from symbackprop.algebra.space import Fact, FactKind
from symbackprop.algebra.symbols import size

m, n, h, N, K = map(size, ("m", "n", "h", "N", "K"))


def turns(count: int, demands: Demands, least: tuple[int, ...] = (3,)) -> list[dict]:
    return [dict(sizes) for sizes in islice(sizes_in_turn(demands, least), count)]


@pytest.mark.parametrize("symbols", [(m,), (m, n), (m, n, h), (m, n, h, N, K)])
def test_sizes_differ_within_and_between_points(symbols: tuple) -> None:
    """At a point all are different and at least 3; each is another at any three points that follow each other."""
    points = turns(6, Demands(symbols, (*symbols, Integer(4))))
    for sizes in points:
        assert len({*sizes.values(), 4}) == len(symbols) + 1
        assert min(sizes.values()) >= 3
    for three in (points[at : at + 3] for at in range(4)):
        assert all(len({sizes[s] for sizes in three}) == 3 for s in symbols)
    for one, other in combinations(symbols, 2):
        assert {sizes[one] < sizes[other] for sizes in points} == {True, False}


@pytest.mark.parametrize(
    ("extents", "facts"),
    [
        ((N - K + 1,), (N - K,)),  # a window
        ((N, K), (K - 2 * N, 2 * N - K)),  # one is twice the other
        ((N, K), (2 - N, N - K)),  # small ones alone
        ((N - 7,), (7 - K,)),
    ],
)
def test_sizes_obey_what_is_known(extents: tuple[Expr, ...], facts: tuple[Expr, ...]) -> None:
    """Every extent is at least 1 and every fact holds, however few sizes are left."""
    for sizes in turns(4, Demands((N, K), extents, facts)):
        assert all(extent.xreplace(sizes) >= 1 for extent in extents)
        assert all(fact.xreplace(sizes) >= 0 for fact in facts)


def test_sizes_that_are_given_stay() -> None:
    """Those known are kept at every point, and others avoid them; where all are known, points go on."""
    assert all(sizes[m] == 4 and sizes[n] != 4 for sizes in turns(5, Demands((n,), (m, n), (), {m: 4})))
    assert turns(2, Demands((), (m,), (), {m: 4})) == [{m: 4}, {m: 4}]


def test_sizes_that_nothing_allows() -> None:
    """No sizes, no points."""
    assert turns(3, Demands((n,), (n,), (-n,))) == []


def test_sizes_of_one_are_there_where_they_are_meant() -> None:
    """Each point begins at the least size that is meant for it."""
    least = [min(sizes.values()) for sizes in turns(8, Demands((m, n), (m, n)), (2, 2, 2, 1))]
    assert [smallest == 1 for smallest in least] == [False, False, False, True] * 2


@pytest.mark.parametrize("shape", [(5,), (1, 5), (3, 5), (2, 3, 5)])
def test_every_class_is_seen(shape: tuple[int, ...]) -> None:
    """A one-hot target of one sample is of another class at each point; that of several takes all in few."""
    leaf = Leaf(shape, (Fact("y", "one_hot", len(shape) - 1),))
    points = [drawn(leaf, np.random.default_rng(turn), turn) for turn in range(5)]
    for values in points:
        assert np.array_equal(values.sum(axis=-1), np.ones(shape[:-1]))
        assert set(np.unique(values)) == {0.0, 1.0}
    seen = {int(k) for values in points for k in values.argmax(axis=-1).ravel()}
    assert seen == set(range(5))


@pytest.mark.parametrize("shape", [(), (1,), (4,), (3, 1)])
def test_binary_targets_take_both_values(shape: tuple[int, ...]) -> None:
    """At one point or at two that follow each other."""
    leaf = Leaf(shape, (Fact("y", "binary"),))
    pair = [drawn(leaf, np.random.default_rng(turn), turn) for turn in (0, 1)]
    assert {float(v) for values in pair for v in values.ravel()} == {0.0, 1.0}


def test_indices_are_in_range_and_repeat() -> None:
    """Data that indexes takes every value, and one value several times at a point: there shares are added."""
    points = [drawn(Leaf((4,), limit=5), np.random.default_rng(turn), turn) for turn in range(5)]
    assert {int(v) for values in points for v in values} == set(range(5))
    assert all(len(set(values.tolist())) < 4 for values in points)


@pytest.mark.parametrize("kind", ["distribution", "positive", None])
@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (30, 40)])
@pytest.mark.parametrize("positive", [False, True])
def test_the_fractions_are_what_was_drawn(kind: FactKind | None, shape: tuple[int, ...], positive: bool) -> None:
    """Each float is the one nearest to a fraction that holds the facts exactly; away from 0, positive ones below 1."""
    if kind == "distribution" and not shape:
        return
    facts = () if kind is None else (Fact("x", kind, 0 if kind == "distribution" else None),)
    values = drawn(Leaf(shape, facts, is_weight=True), np.random.default_rng(1), positive=positive)
    fractions = np.array(exact(values), object)
    assert all(isinstance(v, Fraction) for v in fractions.ravel())
    assert np.array_equal(fractions.astype(float), values)
    assert np.all(np.abs(values) > 0.004)
    if kind == "distribution":
        assert all(total == 1 for total in np.atleast_1d(fractions.sum(axis=0)).ravel())
    if kind == "positive" or positive:
        assert np.all((values > 0) & (values < 1))
    elif len(shape) == 2 and kind is None:
        assert np.any(values < 0)
        assert np.any(values > 0)
