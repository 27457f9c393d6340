"""Sums over ranges that may be empty: a count of terms is never negative."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Expr, Sum

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import boxed
from symbackprop.algebra.display import display
from symbackprop.algebra.matrices.lifting import lift
from symbackprop.algebra.matrices.lowering import lower
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.space import Premise, Space
from symbackprop.algebra.symbols import Guard, entry, index, size, total
from tests.oracles.numbers import Numbers

i, j, k = (index(name) for name in "ijk")
n, m = size("n"), size("m")
c = entry("c")
SPACE = Space(shapes={"c": (), "x": (n,)})

SUMS = {
    "a constant": (Sum(c, (j, 2, n - 1)), {}),
    "a constant twice": (Sum(c, (j, 2, n - 1), (k, 3, n - 1)), {}),
    "as often as another size": (total(c, (j, n - 2), (k, m - 2)), {}),
    "a window that is too long": (Sum(c, (j, 0, n - m)), {}),
    "below an index": (Sum(c, (j, 0, i - 1)), {i: n}),
    "far below an index": (Sum(c, (j, 3, i - 1)), {i: n}),
    "past an index": (Sum(c, (j, i + 2, n - 1)), {i: n}),
    "beside a sum": (Sum(entry("x", k), (j, 2, n - 1), (k, 0, n - 1)), {}),
    "what is read": (Sum(entry("x", j - 2), (j, 2, n - 1)), {}),
    "a square": (Sum(c, (j, 2, n - 1)) ** 2, {}),
    "inside": (Sum(c * Sum(c, (k, 2, n - 1)), (j, 2, n - 1)), {}),
}


def value(expr: Expr, sizes: dict, at: dict) -> float:
    """By enumeration: an empty sum is 0."""
    values = {"c": np.array([0.75]), "x": np.array([[1.5], [-0.5], [2.0], [0.25]])[: sizes[n]]}
    return float(np.real(np.asarray(Numbers(sizes, values).value(expr, {**sizes, **at}), complex)).item())


@pytest.mark.parametrize("name", SUMS)
def test_what_is_shown_has_the_value(name: str) -> None:
    """The display form and what it lifts to equal the sum at the smallest sizes, too."""
    expr, ranges = SUMS[name]
    shown = display(boxed(expr, ranges), ranges, SPACE)
    matrix = lift(Array(tuple(ranges), tuple(ranges.values()), shown), SPACE)
    forms = [shown] if matrix is None else [shown, lower(matrix, tuple(ranges), SPACE)]
    for count in (1, 2, 3, 4):
        for other in (1, 2, 3, 4):
            sizes = {n: count, m: other}
            for place in range(count) if ranges else (0,):
                at = dict.fromkeys(ranges, place)
                for form in forms:
                    assert value(form, sizes, at) == pytest.approx(value(expr, sizes, at)), (form, sizes, at)


def test_a_count_is_proved_where_it_is_one() -> None:
    """n - 2 terms are only proved where something says that n is at least 2."""
    claim = total(c, (j, n - 2)) - (n - 2) * c
    assert is_zero(claim, {}, SPACE) is None
    assert is_zero(total(c, (j, n - 2)) - (n - 2) * c * Guard(n - 2), {}, SPACE) is not None
    known = Space(shapes=SPACE.shapes, size_facts=(n - 2,))
    proof = is_zero(claim, {}, known)
    assert proof is not None
    assert proof.premises == (Premise("is at least 0", n - 2),)
    axis = Space(shapes={**SPACE.shapes, "v": (n - 2,)})
    assert is_zero(claim, {}, axis) is not None
    assert is_zero(total(c, (j, n - 1)) - (n - 1) * c, {}, SPACE) is not None


def test_two_empty_ranges_do_not_make_a_positive_count() -> None:
    """(-1)(-1) is no count."""
    assert is_zero(total(c, (j, n - 2), (k, m - 2)) - (n - 2) * (m - 2) * c, {}, SPACE) is None
