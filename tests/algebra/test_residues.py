"""Strides, remainders and halves: residue by residue, at all sizes; near misses; random ones beside the oracle."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import strategies as st
from sympy import Eq, Expr, Integer, KroneckerDelta, Mod, Piecewise, Symbol, floor

from symbackprop.algebra.binding import by_residues, without_remainders
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.space import Fact, Space
from symbackprop.algebra.symbols import Guard, entry, index, size, total
from tests.oracles.numbers import Numbers
from tests.properties import holds_for

n = size("n")
i, j, k, l, u = map(index, "ijklu")  # noqa: E741 (l is the usual fourth index)
SHAPES = {"x": (n,), "g": (n,), "w": (2 * n,), "Y": (n, n), "c": (3 * n,)}
SPACE = Space(shapes=SHAPES)
RANGES = {i: 2 * n, j: n, u: n}


def tensor(name: str):
    return lambda *indices: entry(name, *indices)


x, g, w, Y = map(tensor, ("x", "g", "w", "Y"))


def iverson(condition) -> Expr:
    return Piecewise((1, condition), (0, True))


def proved(difference: Expr, space: Space = SPACE) -> bool:
    return is_zero(difference, RANGES, space) is not None


IDENTITIES = {
    "even and odd": (total(w(2 * k), (k, n)) + total(w(2 * k + 1), (k, n)), total(w(k), (k, 2 * n))),
    "the even ones": (total(iverson(Eq(Mod(k, 2), 0)) * w(k), (k, 2 * n)), total(w(2 * k), (k, n))),
    "pooled": (total(x(floor(k / 2)) * w(k), (k, 2 * n)), total(x(k) * (w(2 * k) + w(2 * k + 1)), (k, n))),
    "the adjoint of a stride": (
        total(g(k) * KroneckerDelta(i, 2 * k), (k, n)),
        iverson(Eq(Mod(i, 2), 0)) * g(floor(i / 2)),
    ),
    "all residues": (iverson(Eq(Mod(j, 3), 0)) + iverson(Eq(Mod(j, 3), 1)) + iverson(Eq(Mod(j, 3), 2)), Integer(1)),
    "a remainder": (Mod(j, 3), j - 3 * floor(j / 3)),
    "half of twice": (x(floor((2 * j + 1) / 2)), x(j)),
    "never equal": (KroneckerDelta(2 * i, 2 * j + 1), Integer(0)),
    "equal as their doubles": (KroneckerDelta(2 * i, 2 * j), KroneckerDelta(i, j)),
    "all numbers": (total(k, (k, n)), n * (n - 1) / 2),
    "all squares": (total(k**2, (k, n)), n * (n - 1) * (2 * n - 1) / 6),
    "cubes up to one": (total(k**3 * Guard(j - k), (k, n)), (j * (j + 1) / 2) ** 2),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities(name: str) -> None:
    """Proved at all sizes; not with a term more on one side."""
    left, right = IDENTITIES[name]
    assert proved(left - right)
    assert not proved(left - right + w(0))
    assert not proved(left - right + KroneckerDelta(i, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        total(w(2 * k), (k, n)) - total(w(2 * k + 1), (k, n)),
        iverson(Eq(Mod(j, 3), 0)) + iverson(Eq(Mod(j, 3), 1)) - 1,
        x(floor(i / 2)) - x(floor((i + 1) / 2)),
        KroneckerDelta(2 * i, j) - KroneckerDelta(i, j),
        total(k, (k, n)) - n * (n + 1) / 2,
    ],
)
def test_wrong_residues(wrong: Expr) -> None:
    """Another residue, one residue forgotten, a half rounded up."""
    assert not proved(wrong)


def test_two_entries_of_a_one_hot_row() -> None:
    """y_k y_l is y_k where k = l and 0 elsewhere; of no two rows, and not without the fact."""
    one_hot = Space(shapes=SHAPES, facts=(Fact("Y", "one_hot", 1),))
    claim = Y(j, k) * Y(j, l) - KroneckerDelta(k, l) * Y(j, k)
    ranges = {j: n, k: n, l: n}
    proof = is_zero(claim, ranges, one_hot)
    assert proof is not None
    assert "Σ Y = 1" in map(str, proof.premises)
    assert is_zero(claim, ranges, SPACE) is None
    assert is_zero(claim, ranges, Space(shapes=SHAPES, facts=(Fact("Y", "binary"),))) is None
    assert is_zero(Y(k, j) * Y(l, j) - KroneckerDelta(k, l) * Y(k, j), ranges, one_hot) is None
    assert is_zero(total(Y(j, k) * Y(j, l) * x(k), (k, n)) - Y(j, l) * x(l), ranges, one_hot) is not None


# random ones


@st.composite
def places(draw: st.DrawFn, scope: tuple[Symbol, ...]) -> Expr:
    one, other = draw(st.sampled_from(scope)), draw(st.sampled_from(scope))
    step = draw(st.sampled_from([2, 2, 3]))
    return draw(
        st.sampled_from([one, 2 * one, 2 * one + 1, floor(one / step), floor((one + 1) / step), Mod(one, step)])
    ) + draw(st.sampled_from([Integer(0), Integer(0), other]))


@st.composite
def products(draw: st.DrawFn) -> Expr:
    scope = (i, j, k)
    body = Integer(1)
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["x", "w", "w", "Y", "delta", "guard", "index"]))
        if kind == "delta":
            body *= KroneckerDelta(draw(places(scope)), draw(places(scope)))
        elif kind == "guard":
            body *= Guard(draw(places(scope)) - draw(places(scope)))
        elif kind == "index":
            body *= draw(st.sampled_from(scope)) ** draw(st.integers(1, 2))
        else:
            body *= entry(kind, *(draw(places(scope)) for _ in SHAPES[kind]))
    return total(body, (k, draw(st.sampled_from([n, 2 * n, 3 * n]))))


def values(expr: Expr, count: int) -> np.ndarray:
    known = {n: count}
    random = np.random.default_rng(5)
    shapes = {name: tuple(int(extent.xreplace(known)) for extent in shape) for name, shape in SHAPES.items()}
    stored = {name: random.uniform(0.5, 1.5, shape)[..., None] + 0j for name, shape in shapes.items()}
    numbers = Numbers(known, stored)
    found = [
        numbers.value(expr, dict(zip((i, j), at, strict=True)))
        for at in itertools.product(range(2 * count), range(count))
    ]
    return np.array([complex(np.asarray(f).flat[0]) for f in found])


@holds_for(products(), few=25, many=120)
def test_residues_keep_the_value(expr: Expr) -> None:
    """Sums by residues, and remainders as floors, have the value that they had."""
    for count in (1, 2, 3):
        assert np.allclose(values(expr, count), values(by_residues(without_remainders(expr), 4), count))


@holds_for(products(), products(), few=12, many=120)
def test_what_is_proved_is_true(one: Expr, other: Expr) -> None:
    """Neither 0 nor equal without being so."""
    ranges = {i: 2 * n, j: n}
    for difference in (one, one - other):
        if is_zero(difference, ranges, SPACE) is not None:
            assert all(np.allclose(values(difference, count), 0) for count in (1, 2, 3))
