"""What is proved never negative, and what must not be."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, floor

from symbackprop.algebra.ranges import affine_coefficient, is_nonnegative
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import ArgMax, entry, index, size

i, j, t = (index(name) for name in "ijt")
n, m, K = size("n"), size("m"), size("K")
BOXES = {i: n, j: m, t: n}

PROVED: list[tuple[Expr, tuple[Expr, ...], tuple[Expr, ...]]] = [
    (i, (), ()),
    (n - 1 - i, (), ()),
    (n + m - 2 - i - j, (), ()),
    (n - 1, (), ()),
    (n * m - m * i - m, (), ()),
    (2 * n - 1 - 2 * i, (), ()),
    (floor(i / 2), (), ()),
    (n - 1 - floor(i / 2), (), ()),
    (n - 1 - K + 1, (n - K,), ()),
    (n - 1 - i + j, (), ()),
    (i - 1, (), (i - 1,)),
    (i - j, (), (i - t, t - j)),
    (ArgMax(entry("x", j), (j, m)), (), ()),
    (m - 1 - ArgMax(entry("x", j), (j, m)), (), ()),
]
NOT_PROVED: list[tuple[Expr, tuple[Expr, ...], tuple[Expr, ...]]] = [
    (i - 1, (), ()),
    (n - 2 - i, (), ()),
    (n - m, (), ()),
    (n - 2, (), ()),
    (i - j, (), ()),
    (n - 1 - 2 * i, (), ()),
    (n - K - 1, (n - K,), ()),
    (floor(i / 2) - 1, (), ()),
    (entry("tok", i), (), ()),
    (i * j - 1, (), ()),
    (index("q"), (), ()),
]


@pytest.mark.parametrize(("expr", "sizes", "guards"), PROVED, ids=[str(r[0]) for r in PROVED])
def test_proved(expr: Expr, sizes: tuple[Expr, ...], guards: tuple[Expr, ...]) -> None:
    """These are at least 0 at every index and size, under their premises."""
    assert is_nonnegative(expr, BOXES, Space(size_facts=sizes), guards)


@pytest.mark.parametrize(("expr", "sizes", "guards"), NOT_PROVED, ids=[str(r[0]) for r in NOT_PROVED])
def test_not_proved(expr: Expr, sizes: tuple[Expr, ...], guards: tuple[Expr, ...]) -> None:
    """These can be negative, or nothing is known of them."""
    assert not is_nonnegative(expr, BOXES, Space(size_facts=sizes), guards)


coefficients = st.integers(-3, 3)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(*[coefficients] * 5, st.lists(st.tuples(*[coefficients] * 5), max_size=2))
def test_sound(a: int, b: int, c: int, d: int, e: int, guards: list[tuple[int, ...]]) -> None:
    """Whatever is proved holds at every index of small boxes where the guards hold."""

    def affine(*w: int) -> Expr:
        return w[0] * i + w[1] * j + w[2] * n + w[3] * m + Integer(w[4])

    extra = tuple(affine(*g) for g in guards)
    if not is_nonnegative(affine(a, b, c, d, e), BOXES, Space(), extra):
        return
    for rows, columns in itertools.product(range(1, 4), repeat=2):
        for at in itertools.product(range(rows), range(columns)):
            point = dict(zip((i, j, n, m), (*at, rows, columns), strict=True))
            if all(g.xreplace(point) >= 0 for g in extra):
                assert affine(a, b, c, d, e).xreplace(point) >= 0


def test_affine_coefficient() -> None:
    """The slope of an index, and none where it stands in a floor, a square or another tensor's index."""
    assert affine_coefficient(2 * i - j + 1, i) == 2
    assert affine_coefficient(j, i) == 0
    assert affine_coefficient(floor(i / 2) + j, i) is None
    assert affine_coefficient(i**2, i) is None
    assert affine_coefficient(entry("tok", i) + i, i) is None
