"""The collapse of deltas, floors that deltas tell, and sums over windows: beside every value of every index."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import chain, combinations, product
from math import prod
from random import Random

import pytest
from sympy import Add, Basic, Expr, Integer, KroneckerDelta, Mul, Pow, Rational, Symbol, floor
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.floors import with_known_floors
from symbackprop.algebra.ranges import quotient_of
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import entry, index, indices_of, size, tensor_of
from symbackprop.algebra.terms import Term
from symbackprop.algebra.windows import over_windows

i, j, v, w = map(index, "ijvw")
n, K = size("n"), size("K")
SIZES = ({n: 1, K: 1}, {n: 4, K: 2}, {n: 3, K: 3}, {n: 2, K: 4})
SPACE = Space({"a": (n,), "W": (K,), "b": (K * n,), "U": (Integer(3),)})
RANGES = {i: n * K, j: K}
BOUNDS = {v: n, w: K}

Values = dict[Symbol, int]


def whole(expr: Basic, values: Values) -> int | Fraction:
    """An expression of indices and sizes."""
    return meaning(expr)(values)


@cache
def meaning(expr: Basic) -> Callable[[Values], int | Fraction]:
    """An expression as a function of its symbols; floors by Python's own division."""
    if isinstance(expr, Rational):
        number = int(expr) if expr.is_Integer else Fraction(int(expr.p), int(expr.q))
        return lambda values: number
    if isinstance(expr, Symbol):
        return lambda values: values[expr]
    parts = [meaning(part) for part in expr.args]
    if isinstance(expr, Add):
        return lambda values: sum(part(values) for part in parts)
    if isinstance(expr, Mul):
        return lambda values: prod(part(values) for part in parts)
    if isinstance(expr, Pow):
        base, exponent = parts
        return lambda values: Fraction(base(values)) ** int(exponent(values))
    assert isinstance(expr, floor)
    return lambda values: parts[0](values) // 1


def value(factor: Expr, values: Values, arrays: dict[str, list[int]]) -> int | Fraction:
    if isinstance(factor, KroneckerDelta):
        return int(whole(factor.args[0], values) == whole(factor.args[1], values))
    if isinstance(factor, Indexed):
        (place,) = (whole(at, values) for at in indices_of(factor))
        array = arrays[str(tensor_of(factor))]
        return array[int(place)] if 0 <= place < len(array) else 0
    return whole(factor, values)


def total(terms: tuple[Term, ...], values: Values, arrays: dict[str, list[int]]) -> int | Fraction:
    result: int | Fraction = 0
    for term in terms:
        for at in product(*(range(int(whole(extent, values))) for _, extent in term.bounds)):
            inner = values | dict(zip((variable for variable, _ in term.bounds), at, strict=True))
            if any(whole(guard, inner) < 0 for guard in term.guards):
                continue
            part = whole(term.coefficient, inner)
            for factor in term.factors:
                part *= value(factor, inner, arrays)
            result += part
    return result


def drawn(random: Random) -> Term:
    """A term with up to three deltas, one or two guards at times, entries at shifted and divided places."""
    indices = [i, j, v, w]

    def affine() -> Expr:
        parts = [random.choice((-1, 1, 1, 2)) * random.choice(indices) for _ in range(random.randint(1, 2))]
        return sum(parts, random.choice((-1, 0, 0, 1))) * random.choice((1, 1, 1, K))

    def divided() -> Expr:
        by = random.choice((2, 3, K))
        above = affine()
        return random.choice((floor(above / by), above - by * floor(above / by)))

    def place() -> Expr:
        return random.choice((affine, affine, divided))()

    deltas = [KroneckerDelta(random.choice(indices), place()) for _ in range(random.randint(0, 3))]
    entries = [entry(random.choice("aWbU"), place()) for _ in range(random.randint(1, 3))]
    guards = tuple(affine() for _ in range(random.choice((0, 0, 0, 1, 2))))
    factors = tuple(factor for factor in (*deltas, *entries) if factor != 1)
    bounds = tuple((variable, BOUNDS[variable]) for variable in (v, w))
    return Term(Integer(random.choice((1, -2))), factors, bounds, guards)


@pytest.mark.parametrize("seed", [pytest.param(n, marks=pytest.mark.long if n >= 40 else ()) for n in range(120)])
def test_a_drawn_term(seed: int) -> None:
    """What collapses, and is moved to windows, has the same sum at every free index, at pairs of sizes."""
    term = drawn(Random(seed))
    collapsed = collapse(term, RANGES, SPACE)
    moved = tuple(over_windows(part, RANGES, SPACE) for part in collapsed)
    for sizes in SIZES:
        arrays = {
            name: [3 + 2 * p * p + len(name) for p in range(int(whole(SPACE.shapes[name][0], sizes)))]
            for name in "aWbU"
        }
        for at_i, at_j in product(range(sizes[n] * sizes[K]), range(sizes[K])):
            values = {**sizes, i: at_i, j: at_j}
            expected = total((term,), values, arrays)
            assert total(collapsed, values, arrays) == expected, (term, collapsed, values)
            assert total(moved, values, arrays) == expected, (term, moved, values)


FLAT = [
    (KroneckerDelta(j, floor(floor(i / 4) / 3)), KroneckerDelta(v, floor(i / 4) - 3 * floor(floor(i / 4) / 3)),
     KroneckerDelta(w, i - 4 * floor(i / 4))),
    (KroneckerDelta(j, floor(i / K)), KroneckerDelta(w, i - K * floor(i / K))),
    (KroneckerDelta(v, i - K * j), KroneckerDelta(j, floor(i / K))),
    (KroneckerDelta(v, floor(i / 2)), KroneckerDelta(w, floor(i / 3))),
]  # fmt: skip


@pytest.mark.parametrize("deltas", FLAT, ids=["three axes flat", "two axes flat", "a block", "two quotients"])
def test_known_floors(deltas: tuple[Expr, ...]) -> None:
    """Deltas with floors, at every value of all indices in boxes that the deltas just fit."""
    for sizes in ({K: 2}, {K: 3}, {K: 5}):
        boxes = {i: Integer(24), j: Integer(2), v: Integer(3), w: Integer(4)}
        known = with_known_floors(deltas, boxes, Space({}))
        for at in product(*(range(int(extent)) for extent in boxes.values())):
            values = sizes | dict(zip(boxes, at, strict=True))
            before, after = ([value(delta, values, {}) for delta in given] for given in (deltas, known))
            assert all(before) == all(after), (known, values)


def test_a_flat_axis_is_one_delta() -> None:
    boxes = {i: Integer(24), j: Integer(2), v: Integer(3), w: Integer(4)}
    (delta,) = with_known_floors(FLAT[0], boxes, Space({}))
    assert (delta.args[0] - delta.args[1]).expand() in (12 * j + 4 * v + w - i, i - 12 * j - 4 * v - w)


def test_the_one_block_between_two_guards() -> None:
    """Σ over v of [i - 1 <= 2 v <= i] a[v] is a[floor(i/2)]."""
    term = Term(factors=(entry("a", v),), bounds=((v, n),), guards=(2 * v - i + 1, i - 2 * v))
    (found,) = collapse(term, {i: 2 * n}, SPACE)
    assert found == Term(factors=(entry("a", floor(i / 2)),))
    assert quotient_of(floor(i / 2)) == (i, 2)


def test_a_block_past_the_last_is_none() -> None:
    """Without an entry that is 0 there, the block must be in range: Σ over v of [i - 1 <= 2 v <= i] where i goes on."""
    term = Term(bounds=((v, n),), guards=(2 * v - i + 1, i - 2 * v))
    found = collapse(term, {i: 4 * n}, SPACE)
    assert [len(part.bounds) for part in found] == [0]
    for at in range(8):
        assert total(found, {n: 2, K: 1, i: at}, {}) == (1 if at < 4 else 0)


def test_a_window_is_the_shorter_range() -> None:
    """Σ over n places of W[i - v] a[v] is the sum over W's three places, and stays so when it is met again."""
    term = Term(factors=(entry("U", i - v), entry("a", v)), bounds=((v, n),))
    moved = over_windows(term, {i: n}, SPACE)
    u = index("u")
    assert moved == Term(factors=(entry("U", u), entry("a", i - u)), bounds=((u, Integer(3)),))
    assert over_windows(moved, {i: n}, SPACE) == moved


EXTENTS = [n, n - 1, Integer(1)]  # the second empty where n is 1
CONDITIONS = [-v, v - 1, n - 1 - v, v - n + 1, v - n + 2, i - v, i - 2 * v, 2 * v - i + 1, v - i]
READS: list[tuple[Expr, ...]] = [(), (entry("a", v),), (entry("a", v + 1), entry("a", v)), (KroneckerDelta(i, v),),
                                 (KroneckerDelta(i, v + 1), entry("b", v)), (KroneckerDelta(i, K * v),)]  # fmt: skip


@pytest.mark.parametrize("extent", EXTENTS, ids=str)
def test_each_pair_of_guards(extent: Expr) -> None:
    """A sum under one or two guards that pin its index, bound it or cut it off, over a range that may be empty."""
    for number, guards in enumerate(chain(combinations(CONDITIONS, 1), combinations(CONDITIONS, 2))):
        for reads in READS if len(guards) == 1 else READS[number % 3 :: 3]:
            term = Term(factors=reads, bounds=((v, extent),), guards=guards)
            found = collapse(term, {i: n * K}, SPACE)
            for sizes in ({n: 1, K: 1}, {n: 1, K: 3}, {n: 3, K: 1}, {n: 2, K: 2}):
                arrays = {
                    name: [2 + 3 * p * p for p in range(int(whole(SPACE.shapes[name][0], sizes)))] for name in "ab"
                }
                for at in range(sizes[n] * sizes[K]):
                    values = {**sizes, i: at}
                    assert total(found, values, arrays) == total((term,), values, arrays), (term, found, values)
