"""Random index expressions over a few tensors, and their values at every free index, by the independent oracle."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from hypothesis import strategies as st
from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Piecewise, Rational, Symbol, exp

from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, Guard, entry, index, size, total
from tests.oracles.numbers import Numbers

N, K = size("N"), size("K")
i, j = index("i"), index("j")
RANGES = {i: N, j: K}
SHAPES = {"x": (N,), "y": (K,), "W": (N, K), "U": (K, N), "c": ()}
SPACE = Space(shapes=SHAPES)
SIZES = ((1, 1), (2, 3), (4, 2))


@lru_cache(maxsize=64)
def values(expr: Expr, indices: tuple[Symbol, ...], sizes: tuple[int, int], seed: int = 3) -> np.ndarray:
    """The value of `expr` at each value of its free indices."""
    known = dict(zip((N, K), sizes, strict=True))
    random = np.random.default_rng(seed)
    stored = {
        name: random.uniform(0.5, 1.5, tuple(int(s.xreplace(known)) for s in shape))[..., None] + 0j
        for name, shape in SHAPES.items()
    }
    stored = {name: np.asarray(array, complex) for name, array in stored.items()}
    numbers = Numbers(known, stored)
    boxes = [range(int(RANGES[v].xreplace(known))) for v in indices]
    found = [numbers.value(expr, dict(zip(indices, at, strict=True))) for at in itertools.product(*boxes)]
    return np.array([complex(f.flat[0]) if isinstance(f, np.ndarray) else complex(f) for f in found])


def same(left: Expr, right: Expr, indices: Iterable[Symbol] = (i, j)) -> bool:
    """Whether two expressions have the same values at all sizes tried."""
    free = tuple(indices)
    return all(np.allclose(values(left, free, s), values(right, free, s), rtol=1e-9, atol=1e-11) for s in SIZES)


@st.composite
def expressions(draw: st.DrawFn, scope: tuple[tuple[Symbol, Expr], ...] = ((i, N), (j, K)), depth: int = 3) -> Expr:
    """Sums, products, deltas, guards, shifted reads and functions; total at every index."""
    kinds = ["entry", "entry", "number"]
    if depth:
        kinds += ["add", "mul", "mul", "sum", "sum", "delta", "guard", "exp", "apply", "square", "cases", "branches"]
    kind = draw(st.sampled_from(kinds))
    inner = expressions(scope, depth - 1) if depth else None
    if kind == "number":
        return Rational(draw(st.integers(-3, 3)), draw(st.sampled_from([1, 2])))
    if kind == "entry":
        return draw(entries(scope))
    if kind in ("add", "mul"):
        parts = [draw(inner) for _ in range(draw(st.integers(2, 3)))]
        return Add(*parts) if kind == "add" else Mul(*parts)
    if kind == "sum":
        extent = draw(st.sampled_from([N, K, N + K - 1, Integer(2)]))
        variable = index(draw(st.sampled_from(["k", "l", "i", "j", "p"])))
        bound = (*(s for s in scope if s[0] != variable), (variable, extent))
        return total(draw(expressions(bound, depth - 1)), (variable, extent))
    if kind == "delta":
        return KroneckerDelta(draw(positions(scope)), draw(positions(scope))) * draw(inner)
    if kind == "guard":
        return Guard(draw(positions(scope)) - draw(positions(scope))) * draw(inner)
    if kind == "square":
        return draw(inner) ** 2
    if kind == "cases":
        return Piecewise((draw(inner), draw(positions(scope)) < draw(st.sampled_from([N, K]))), (draw(inner), True))
    if kind == "branches":
        shared = draw(inner)
        return Piecewise((draw(inner) * shared, draw(entries(scope)) > 1), (draw(inner) * shared, True))
    argument = draw(entries(scope))
    return exp(argument / 2) if kind == "exp" else Apply("tanh", argument)


@st.composite
def positions(draw: st.DrawFn, scope: tuple[tuple[Symbol, Expr], ...]) -> Expr:
    """An index, shifted, mirrored, or the sum of two."""
    variable = draw(st.sampled_from([v for v, _ in scope]))
    other = draw(st.sampled_from([v for v, _ in scope]))
    return draw(
        st.sampled_from(
            [variable, variable, variable, variable + 1, variable - 1, N - 1 - variable, variable + other, Integer(0)]
        )
    )


@st.composite
def entries(draw: st.DrawFn, scope: tuple[tuple[Symbol, Expr], ...]) -> Expr:
    name = draw(st.sampled_from(sorted(SHAPES)))
    return entry(name, *(draw(positions(scope)) for _ in SHAPES[name]))
