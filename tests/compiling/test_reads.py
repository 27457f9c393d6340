"""Each index map over each box and tensor, and each pair of guards on a box, by enumeration at sizes that include 1."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import chain, combinations, product

import numpy as np
import pytest
from sympy import Expr, Integer, Mod, S, Symbol, floor, sympify

from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Guard, entry
from symbackprop.compiling.numpy_code import emit
from symbackprop.compiling.program import Allocate, Elementwise, Into, Program
from symbackprop.compiling.programs.guards import shrunk
from tests.compiling.interpreter import interpret
from tests.compiling.written_programs import i, j, m, n, program
from tests.oracles.numbers import Numbers

SIZES: list[dict[Symbol, int]] = [{n: 1, m: 1}, {n: 1, m: 3}, {n: 3, m: 1}, {n: 2, m: 4}, {n: 4, m: 3}]
Box = tuple[tuple[Symbol, Expr], ...]


def is_right(of: Program) -> None:
    """The code gives what the interpreter gives, at every size, without a warning."""
    code = emit(of)
    for sizes in SIZES:
        random = np.random.default_rng(3)
        shapes = {name: tuple(int(e.xreplace(sizes)) for e in of.space.shapes[name]) for name in of.arguments}
        data = {name: random.uniform(0.5, 1.5, shape) for name, shape in shapes.items()}
        wanted = interpret(of, sizes, data)
        values = {symbol.name: value for symbol, value in sizes.items()}
        with warnings.catch_warnings(), np.errstate(all="raise"):
            warnings.simplefilter("error")
            _, found = code.function(*data.values(), *(values[name] for name in code.sizes))
        for tensor, array in zip(of.gradients.values(), found, strict=True):
            lines = [line for line in code.source.splitlines() if tensor in line]
            assert np.shape(array) == wanted[tensor].shape, (sizes, lines)
            np.testing.assert_allclose(array, wanted[tensor], rtol=1e-12, err_msg=f"{sizes} {lines}")


def named(reads: Iterable[tuple[Expr, Box]]) -> tuple[list[Elementwise], dict]:
    """A statement z0, z1, ... for each entry over its box."""
    statements, made = [], {}
    for number, (read, box) in enumerate(reads):
        name = f"z{number}"
        statements.append(Elementwise(name, tuple(v for v, _ in box), box, 2 * read))
        made[name] = tuple(extent for _, extent in box)
    return statements, made


VECTORS = {"v": (n,), "w": (2 * n + 1,), "u": (m,), "one": (1,)}
ALONG_ONE = [
    i, i + 1, i - 1, n - 1 - i, n - i, n - 2 - i, m - 1 - i, i - m, m - i, 2 * i, 2 * i + 1, 2 * n - 2 * i, 3 * i - 2,
    n - 1 - 2 * i, S.Zero, n - 1, n - 2, floor(i / 2), floor((i - 1) / 2), Mod(i, 3), i**2, floor(i / m), n - m,
]  # fmt: skip
ALONG_TWO = [i + j, i - j, j - i, 2 * i + j, i + 2 * j - 1, n - 1 - i - j, m * i + j, floor((i + j) / 2), i * j]
MATRICES = {"A": (n, n), "B": (n, m), "C": (n + 1, n), "D": (m, 2 * n)}
PAIRS = [
    (i, i),
    (i, i + 1),
    (i, n - 1 - i),
    (i + 1, i),
    (i, 2 * i),
    (n - 1 - i, n - 1 - i),
    (0, i),
    (i, n - 1),
    (i - 1, 0),
]
FOR_BOTH = [(i, j), (j, i), (i + j, i), (i, j - 1), (floor(i / 2), j), (i, i), (j, n - 1 - i), (i + 1, 2 * j)]


@pytest.mark.parametrize("extent", [n, n - 1, m, Integer(2)], ids=str)
@pytest.mark.parametrize("tensor", VECTORS)
def test_each_place_of_a_vector(tensor: str, extent: Expr) -> None:
    """Slices, strides, reversals, single places, quotients and sums of indices, in range, past it and over nothing."""
    one = [(entry(tensor, p), ((i, extent),)) for p in ALONG_ONE]
    two = [(entry(tensor, p), ((i, extent), (j, m))) for p in ALONG_TWO]
    statements, made = named([*one, *two])
    is_right(program(VECTORS, statements, made))


@pytest.mark.parametrize("extent", [n, n - 1, m], ids=str)
@pytest.mark.parametrize("tensor", MATRICES)
def test_each_pair_of_places_of_a_matrix(tensor: str, extent: Expr) -> None:
    """Diagonals, whole, in part, beside and across; rows, columns and the matrix turned."""
    one = [(entry(tensor, *p), ((i, extent),)) for p in PAIRS]
    two = [(entry(tensor, *p), ((i, extent), (j, m))) for p in FOR_BOTH]
    statements, made = named([*one, *two])
    is_right(program(MATRICES, statements, made))


@pytest.mark.parametrize("tensor", VECTORS)
def test_each_place_added_to(tensor: str) -> None:
    """Additions at each of these maps, into a vector of each size, beside additions one after the other."""
    targets = {f"t{number}": VECTORS[tensor] for number in range(len(ALONG_ONE) + len(ALONG_TWO))}
    boxes = [((i, extent),) for _, extent in zip(ALONG_ONE, [n, n - 1, m] * 9, strict=False)]
    boxes += [((i, n), (j, m)) for _ in ALONG_TWO]
    values = [entry("v", i)] * len(ALONG_ONE) + [entry("v", i) * entry("u", j)] * len(ALONG_TWO)
    maps = [*ALONG_ONE, *ALONG_TWO]
    statements = [Into(t, (p,), b, x) for t, p, b, x in zip(targets, maps, boxes, values, strict=True)]
    shape = tuple(map(sympify, VECTORS[tensor]))
    allocated = chain.from_iterable((Allocate(s.target, shape), s) for s in statements)
    is_right(program({"v": (n,), "u": (m,)}, allocated, targets))


@pytest.mark.parametrize("tensor", MATRICES)
def test_each_pair_of_places_added_to(tensor: str) -> None:
    """Additions to a matrix along a diagonal, beside it, past it, at places that meet, and of what reads no j."""
    maps = [*PAIRS, *FOR_BOTH, (i + j, i + j), (i + j, i - j), (j, 0)]
    shape = tuple(map(sympify, MATRICES[tensor]))
    targets = {f"t{number}": shape for number in range(len(maps))}
    box = (i, n), (j, m)
    values = [entry("v", i) * entry("u", j), entry("v", i)] * len(maps)
    reads = zip(targets, maps, values, strict=False)
    statements = [Into(name, tuple(map(sympify, at)), box, value) for name, at, value in reads]
    allocated = chain.from_iterable((Allocate(s.target, shape), s) for s in statements)
    is_right(program({"v": (n,), "u": (m,)}, allocated, targets))


CONDITIONS = [i - 1, n - 2 - i, -i, i - n + 1, m - 1 - i, i - m, i - 2, n - i, i + 1, 2 * i - 1, i - j, n - 2, m - n]


@pytest.mark.parametrize("extent", [n, n + 1, m], ids=str)
def test_a_smaller_box_holds_the_same_places(extent: Expr) -> None:
    """What guards leave of a box is the smaller box and the guards that remain; no size is below 0."""
    extents = {i: extent, j: m}
    for number in (1, 2):
        for arguments in combinations(CONDITIONS, number):
            guards = [Guard(argument) for argument in arguments]
            for facts in ((), (n - m,), (n - 2,)):
                box = shrunk(guards, (i, j), extents, Space(size_facts=facts))
                for sizes in SIZES:
                    if any(fact.xreplace(sizes) < 0 for fact in facts):
                        continue
                    assert places(guards, extents, {}, sizes) == places(box.rest, box.extents, box.first, sizes), (
                        guards,
                        box,
                        sizes,
                    )


def places(guards: Iterable[Expr], extents: dict, first: dict, sizes: dict[Symbol, int]) -> set[tuple[int, ...]]:
    """The places of a box, counted from the first ones, at which the guards hold."""
    numbers = Numbers(sizes, {})
    starts = [numbers.integer(sympify(first.get(v, 0)), {}) for v in (i, j)]
    counts = [numbers.integer(extents[v], {}) for v in (i, j)]
    assert all(count >= 0 for count in counts)
    found = set()
    for at in product(*(range(start, start + count) for start, count in zip(starts, counts, strict=True))):
        if all(numbers.value(guard, dict(zip((i, j), at, strict=True))) for guard in guards):
            found.add(at)
    return found
