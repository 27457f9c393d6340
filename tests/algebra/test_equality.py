"""Verdicts: proved with premises, refuted at a real point that is checked here by hand, or undecided."""

from __future__ import annotations

import math

import pytest
from sympy import Expr, KroneckerDelta, Piecewise, Rational, cos, exp, floor, log, sin, sqrt

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.equality import Point, compare, points_of
from symbackprop.algebra.proving.evaluate import evaluate
from symbackprop.algebra.space import Fact, FactKind, ScalarFunction, Space
from symbackprop.algebra.symbols import Apply, entry, index, size, total

n, m, N, K = map(size, ("n", "m", "N", "K"))
i, j, k = map(index, "ijk")
SHAPES = {"x": (n,), "y": (n,), "Y": (m, n), "p": (n,), "tok": (m,), "E": (n, n), "c": ()}
SPACE = Space(shapes=SHAPES)


def x(*indices: object) -> Expr:
    return entry("x", *indices)


def y(*indices: object) -> Expr:
    return entry("y", *indices)


def test_proved() -> None:
    """A proof at all sizes comes with its premises."""
    space = Space(shapes=SHAPES, facts=(Fact("y", "distribution", 0),))
    verdict = compare(total(y(k) * x(i), (k, n)), x(i), {i: n}, space)
    assert (verdict.status, tuple(map(str, verdict.premises)), verdict.witness) == ("proved", ("Σ y = 1",), None)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (x(i) * 2, x(i) * 2 + x(i) / 1000000),
        (total(x(k) ** 2, (k, n)), total(x(k), (k, n)) ** 2),
        (exp(x(i)), 1 + x(i) + x(i) ** 2 / 2),
        (log(x(i) * y(i)), log(x(i)) * log(y(i))),
        (x(i + 1), x(i)),
        (sqrt(1 + x(i) ** 2), 1 + x(i)),
        (total(x(k), (k, n)) / n, total(x(k), (k, n)) / (n + 1)),
        (entry("E", entry("tok", i), j), entry("E", i, entry("tok", j))),
        (entry("unknown", i, j), entry("unknown", j, i)),
    ],
)
def test_refuted_at_a_real_point(left: Expr, right: Expr) -> None:
    """The witness holds sizes, indices and values at which the two sides differ, as evaluation confirms."""
    verdict = compare(left, right, {i: n, j: n}, SPACE)
    assert verdict.status == "refuted"
    witness = verdict.witness
    assert witness is not None
    known = {size(name): value for name, value in witness.sizes}
    known |= {index(name): value for name, value in witness.indices}
    values = dict(witness.values)
    assert evaluate(left, values, known) == pytest.approx(witness.left)
    assert evaluate(right, values, known) == pytest.approx(witness.right)
    assert not math.isclose(witness.left, witness.right, rel_tol=1e-10)
    assert "and" in str(witness)


def test_a_witness_says_how_small_a_difference_is() -> None:
    """Where both sides are the same to the digits that are shown, the difference is written out."""
    witness = compare(x(i), x(i) - Rational(1, 10**12), {i: n}, SPACE).witness
    assert witness is not None
    assert witness.said(" and ") == f"{witness.left:.6g} and {witness.left:.6g} - 1e-12"


@pytest.mark.parametrize("digits", [9, 12, 17, 60, 200])
def test_a_difference_that_floats_do_not_show(digits: int) -> None:
    """However small a difference is, it is found where no proof is: never agreement, never a proof."""
    small = Rational(1, 10**digits)
    only = KroneckerDelta(i, j) * small
    for one, other in (
        (x(i), x(i) + small),
        (x(i) * y(j), x(i) * y(j) + only),
        (exp(x(i)) / 3, exp(x(i)) / (3 + small)),
        (total(x(k) ** 2, (k, n)), total(x(k) ** 2, (k, n)) * (1 - small)),
        (sin(2 * x(i)), 2 * sin(x(i)) * cos(x(i)) + small),
    ):
        verdict = compare(one, other, {i: n, j: n}, SPACE)
        assert verdict.status == "refuted", (one, other)
        assert verdict.witness is not None
        known = {index(name): value for name, value in verdict.witness.indices}
        known |= {size(name): value for name, value in verdict.witness.sizes}
        values = dict(verdict.witness.values)
        assert evaluate(one, values, known) == pytest.approx(verdict.witness.left)
        assert 0.01 < abs(verdict.witness.difference) / float(small) < 100


def test_undecided_counts_points() -> None:
    """What is true and has no proof is undecided, with the points that agreed."""
    verdict = compare(sin(2 * x(i)), 2 * sin(x(i)) * cos(x(i)), {i: n}, SPACE)
    assert verdict.status == "undecided"
    assert verdict.points > 0


@pytest.mark.parametrize("factor", [10**14, -(10**17), 10**30])
def test_what_rounding_alone_tells_apart_is_not_refuted(factor: int) -> None:
    """Where floats differ by what they lose, the intervals hold 0: no witness for sin 2x = 2 sin x cos x times much."""
    left = factor * (sin(2 * x(i)) - 2 * sin(x(i)) * cos(x(i))) + y(i)
    verdict = compare(left, y(i), {i: n}, SPACE)
    assert (verdict.status, verdict.witness) == ("undecided", None)
    assert compare(left + factor * x(i) / 10**6, y(i), {i: n}, SPACE).status == "refuted"


def test_a_side_without_a_value_is_not_refuted() -> None:
    """Where intervals cannot be computed, there is no certificate."""
    left = log(sin(2 * x(i)) - 2 * sin(x(i)) * cos(x(i)) + y(i) - y(i) ** 2 / y(i) + 0 * x(i))
    verdict = compare(left, 1 + x(i), {i: n}, SPACE)
    assert verdict.witness is None


def test_nowhere_defined_agrees_nowhere() -> None:
    """Points at which a side has no value do not count."""
    verdict = compare(log(-(x(i) ** 2) - 1) * floor(i / 2), log(-(x(i) ** 2) - 1) + 1, {i: n}, SPACE)
    assert (verdict.status, verdict.points) == ("undecided", 0)


def test_kinks_are_a_premise() -> None:
    """Equal but at a kink: proved away from it."""
    above = Piecewise((1, x(i) > 0), (0, True))
    verdict = compare(above, Piecewise((1, x(i) >= 0), (0, True)), {i: n}, SPACE)
    assert (verdict.status, tuple(map(str, verdict.premises))) == ("proved", ("away from kinks",))


def test_definitions_are_computed_at_the_points() -> None:
    """With `using`, an intermediate is what its definition says; without, it is free and the claim is refuted."""
    softmax = exp(x(i)) / total(exp(x(k)), (k, n))
    space = Space(shapes=SHAPES, definitions={"p": Array((i,), (n,), softmax)})
    p = entry("p", i)
    assert compare(p, softmax, {i: n}, space, using=("p",)).status == "proved"
    assert compare(p, softmax, {i: n}, space).status == "refuted"
    wrong = compare(p, 2 * softmax, {i: n}, space, using=("p",))
    assert wrong.status == "refuted"
    assert wrong.witness is not None
    assert "p" not in dict(wrong.witness.values)
    assert wrong.witness.right == pytest.approx(2 * wrong.witness.left)


def test_opaque_functions_have_consistent_derivatives() -> None:
    """A random f is a polynomial and f' its derivative: (f(x)²)' is not 2 f'(x)."""
    space = Space(shapes=SHAPES, functions={"f": ScalarFunction("f", entry("t"), None)})
    f, slope = Apply("f", x(i)), Apply("f", x(i), 1)
    assert compare(2 * f * slope, 2 * slope, {i: n}, space).status == "refuted"
    (point, *_) = points_of((f, slope), {i: n}, space)
    value = point.values["f"]
    assert value(1, 0.5) == pytest.approx((value(0, 0.5 + 1e-6) - value(0, 0.5 - 1e-6)) / 2e-6)


@pytest.mark.parametrize("kind", ["one_hot", "distribution", "binary", "positive"])
def test_points_respect_facts(kind: FactKind) -> None:
    """Targets are what their facts say, along the axis that the fact names."""
    axis = 1 if kind in ("one_hot", "distribution") else None
    space = Space(shapes=SHAPES, facts=(Fact("Y", kind, axis),))
    for point in points_of((entry("Y", j, i),), {i: n, j: m}, space):
        _check_fact(point, kind)


def _check_fact(point: Point, kind: FactKind) -> None:
    rows = point.stored["Y"]
    flat = [value for row in rows for value in row]
    if kind in ("one_hot", "distribution"):
        assert all(sum(row) == 1 for row in rows)
    if kind in ("one_hot", "binary"):
        assert all(value in (0, 1) for value in flat)
    if kind == "positive":
        assert all(value > 0 for value in flat)


def test_points_respect_size_facts_and_differ() -> None:
    """Sizes obey their facts, are mostly unequal, and are the same on every run."""
    space = Space(shapes={"x": (N,), "y": (K,)}, size_facts=(N - K,))
    points = list(points_of((x(i) + y(i),), {i: K}, space))
    assert all(point.sizes[N] >= point.sizes[K] for point in points)
    assert any(point.sizes[N] > point.sizes[K] for point in points)
    assert [p.stored for p in points] == [p.stored for p in points_of((x(i) + y(i),), {i: K}, space)]
