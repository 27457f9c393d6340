"""What is proved never negative, and what must not be."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace as Point

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Mod, floor

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
    (floor(i / (n - m)), (), ()),
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


PLACE = ArgMax(entry("x", t, i), (t, m))  # of a maximum over m values, which may be any of them
ROUNDED: list[tuple[Expr, Callable[[Point], int]]] = [
    (floor(i / 2), lambda p: p.i // 2),
    (floor((i - 2) / 3), lambda p: (p.i - 2) // 3),
    (floor((n - 1 - i) / 2), lambda p: (p.n - 1 - p.i) // 2),
    (floor((2 * i - j) / 3), lambda p: (2 * p.i - p.j) // 3),
    (floor((i + j) / m), lambda p: (p.i + p.j) // p.m),
    (floor((n - m) / 2), lambda p: (p.n - p.m) // 2),
    (floor((i + floor(j / 2)) / 2), lambda p: (p.i + p.j // 2) // 2),
    (floor((n - i) / (2 * m)), lambda p: (p.n - p.i) // (2 * p.m)),
    (floor(i / 2) + floor(j / 2), lambda p: p.i // 2 + p.j // 2),
    (floor(i / 3) - floor((j + 1) / 2), lambda p: p.i // 3 - (p.j + 1) // 2),
    (Mod(i, 3), lambda p: p.i % 3),
    (Mod(i - j, m), lambda p: (p.i - p.j) % p.m),
    (i - 2 * floor(i / 2), lambda p: p.i % 2),
    (PLACE, lambda p: p.place),
    (floor((PLACE + i) / 2), lambda p: (p.place + p.i) // 2),
    (2 * PLACE - floor(i / 2), lambda p: 2 * p.place - p.i // 2),
]
RESTS: list[tuple[Expr, Callable[[Point], int]]] = [
    (Integer(0), lambda p: 0),
    (2 * m - i, lambda p: 2 * p.m - p.i),
    (n + j, lambda p: p.n + p.j),
]
SLOPES: list[tuple[Expr, Callable[[Point], int]]] = [
    *((Integer(s), lambda p, s=s: s) for s in (-3, -1, 1, 2)),
    (m, lambda p: p.m),
]
POINTS = [
    Point(n=rows, m=columns, i=at_i, j=at_j, place=place)
    for rows, columns in itertools.product(range(1, 5), range(1, 4))
    for at_i, at_j, place in itertools.product(range(rows), range(columns), range(columns))
]


@pytest.mark.parametrize(("slope", "times"), SLOPES, ids=[str(s) for s, _ in SLOPES])
def test_rounded_by_enumeration(slope: Expr, times: Callable[[Point], int]) -> None:
    """With floors, remainders and maximisers by any slope, nothing is proved that is below 0 in some small box.

    Each expression is moved so that its least value in these boxes is -1, the nearest that a proof could miss; of
    those moved to 0, some are proved at every slope but a size.
    """
    proved = 0
    for (atom, value), (rest, more) in itertools.product(ROUNDED, RESTS):
        least = min(times(p) * value(p) + more(p) for p in POINTS)
        expr = slope * atom + rest - least
        assert not is_nonnegative(expr - 1, BOXES, Space()), expr
        proved += is_nonnegative(expr, BOXES, Space())
    assert proved >= 3 or not slope.is_number


@pytest.mark.parametrize("divisor", [Integer(2), Integer(3), m], ids=str)
def test_rounded_under_guards_by_enumeration(divisor: Expr) -> None:
    """What is proved under a guard on a floor or an index holds wherever the guard does."""
    atom = floor((i - 1) / divisor)
    values = [(p.i, (p.i - 1) // (p.m if divisor == m else int(divisor))) for p in POINTS]
    for slope, least, bound in itertools.product((-1, 1), range(-2, 3), range(-2, 3)):
        if is_nonnegative(slope * atom - least, BOXES, Space(), (slope * i - bound,)):
            assert all(slope * of >= least for at, of in values if slope * at >= bound), (slope, least, bound)
        if is_nonnegative(slope * i - least, BOXES, Space(), (slope * atom - bound,)):
            assert all(slope * at >= least for at, of in values if slope * of >= bound), (slope, least, bound)


def test_affine_coefficient() -> None:
    """The slope of an index, and none where it stands in a floor, a square or another tensor's index."""
    assert affine_coefficient(2 * i - j + 1, i) == 2
    assert affine_coefficient(j, i) == 0
    assert affine_coefficient(floor(i / 2) + j, i) is None
    assert affine_coefficient(i**2, i) is None
    assert affine_coefficient(entry("tok", i) + i, i) is None
