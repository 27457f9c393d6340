"""What the writers write means what was given: random formulas, read back to numbers by readers of their own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, KroneckerDelta, Mul, Piecewise, Rational, Symbol, exp, log, sin, sqrt

from symbackprop.algebra.matrices.grammar import (
    Constant,
    Leaf,
    Map,
    Matrix,
    Ones,
    Plus,
    Power,
    Product,
    Scale,
    Trace,
    Transpose,
)
from symbackprop.algebra.matrices.grammar import Hadamard as Entrywise
from symbackprop.algebra.space import ScalarFunction, Space
from symbackprop.algebra.symbols import Apply, Guard, Maximum, entry, index, size, total
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.latex import latex
from symbackprop.notation.writing.text import text
from tests.notation.formula_readers import MatrixReader, read_latex, read_text
from tests.oracles.numbers import Numbers

N, K = size("N"), size("K")
SIZES = {N: 3, K: 2}
SHAPES = {"x": (N,), "y": (K,), "W": (N, K), "a1": (N,), "z2": (K, N), "c": (), "g1": ()}
_X = Symbol("x", real=True)
FUNCTIONS = {"f": ScalarFunction("f", _X, sin(_X))}
SPACE = Space(shapes=SHAPES, functions=FUNCTIONS)
# Shrinking SymPy expressions takes minutes and gains little.
modest = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
SCOPE = ((index("i"), N), (index("j"), K))

_random = np.random.default_rng(11)
TENSORS = {name: _random.uniform(0.4, 1.6, [SIZES[s] for s in shape]) for name, shape in SHAPES.items()}
STYLES = [
    Conventions(index_base=base, layers=layers, sum_bounds="full") for base in (0, 1) for layers in ("[l]", "plain")
]


@st.composite
def formulas(draw: st.DrawFn, scope: tuple = SCOPE, depth: int = 3) -> Expr:
    """Every construct, in every place in which another may stand; total, so that each has a number."""
    if not depth:
        return draw(st.one_of(entries(scope), st.sampled_from([Integer(2), Integer(-1), Rational(3, 2), N, K])))
    kind = draw(st.sampled_from(KINDS))
    inner = formulas(scope, depth - 1)
    match kind:
        case "add":
            return draw(inner) + draw(inner)
        case "subtract":
            return draw(inner) - draw(inner)
        case "multiply":
            return draw(inner) * draw(inner)
        case "unevaluated":
            return Mul(draw(inner), draw(inner), evaluate=False)
        case "divide":
            return draw(inner) / (1 + draw(inner) ** 2)
        case "power":
            return draw(inner) ** draw(st.sampled_from([2, 3]))
        case "root":
            return sqrt(1 + draw(inner) ** 2)
        case "log":
            return log(1 + draw(inner) ** 2)
        case "exp":
            return exp(-draw(formulas(scope, 0)) / 2)
        case "apply":
            return Apply("f", draw(formulas(scope, min(depth - 1, 1))), draw(st.integers(0, 2)))
        case "indicator":
            return Piecewise((1, draw(entries(scope)) - draw(entries(scope)) > Rational(1, 7)), (0, True)) * draw(inner)
        case "cases":
            return Piecewise(
                (draw(inner), draw(positions(scope)) < draw(st.sampled_from([N, K]))),
                (draw(inner), True),
                evaluate=False,
            )
        case "delta":
            return KroneckerDelta(draw(positions(scope)), draw(positions(scope))) * draw(inner)
        case "guard":
            return Guard(draw(positions(scope)) - draw(positions(scope))) * draw(inner)
        case "index":
            return draw(st.sampled_from([v for v, _ in scope])) + draw(inner)
        case "entry":
            return draw(entries(scope))
    variable = index(draw(st.sampled_from(["k", "l", "i"])))
    extent = draw(st.sampled_from([N, K, N + K - 1, Integer(2)]))
    body = draw(formulas((*(s for s in scope if s[0] != variable), (variable, extent)), depth - 1))
    return total(body, (variable, extent)) if kind == "sum" else Maximum(body, (variable, extent))


KINDS = [
    "add", "subtract", "multiply", "unevaluated", "divide", "power", "root", "log", "exp", "apply", "indicator",
    "cases", "delta", "guard", "index", "entry", "sum", "sum", "maximum",
]  # fmt: skip


@st.composite
def positions(draw: st.DrawFn, scope: tuple) -> Expr:
    one, other = (draw(st.sampled_from([v for v, _ in scope])) for _ in range(2))
    kinds = [one, one, one, one + 1, one - 1, N - 1 - one, one + other, 2 * one + other - 1, Integer(0), Integer(1)]
    return draw(st.sampled_from(kinds))


@st.composite
def entries(draw: st.DrawFn, scope: tuple) -> Expr:
    name = draw(st.sampled_from(sorted(SHAPES)))
    return entry(name, *(draw(positions(scope)) for _ in SHAPES[name]))


def values(expr: Expr) -> list[float]:
    """The oracle's value of a formula at each value of i and j."""
    numbers = Numbers(SIZES, {name: array[..., None] + 0j for name, array in TENSORS.items()}, functions=FUNCTIONS)
    return [_real(numbers.value(expr, dict(zip((v for v, _ in SCOPE), at, strict=True)))) for at in _places()]


def _places() -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(SIZES[extent]) for _, extent in SCOPE)))


def _real(value: object) -> float:
    return float(np.real(np.ravel(value)[0])) if isinstance(value, np.ndarray) else float(value)


def read(reader, written: str, base: int) -> list[float]:
    sizes = {str(symbol): number for symbol, number in SIZES.items()}
    value = reader(written, TENSORS, sizes, base)
    return [value(dict(zip("ij", (p + base for p in at), strict=True))) for at in _places()]


@modest
@given(formulas(), st.sampled_from(STYLES))
def test_text_means_the_formula(expr: Expr, conventions: Conventions) -> None:
    """Plain text, read by its own small grammar, has the formula's value at every index."""
    written = text(expr, conventions, SPACE)
    assert read(read_text, written, conventions.index_base) == pytest.approx(values(expr), rel=1e-7, abs=1e-9), written


@modest
@given(formulas(), st.sampled_from(STYLES))
def test_latex_means_the_formula(expr: Expr, conventions: Conventions) -> None:
    """LaTeX, read by its own small grammar, has the formula's value at every index."""
    written = latex(expr, conventions, SPACE)
    assert read(read_latex, written, conventions.index_base) == pytest.approx(values(expr), rel=1e-7, abs=1e-9), written


SQUARES = {name: _random.uniform(0.4, 1.6, (3, 3)) for name in ("A", "B", "z1")}
LEAVES = [Leaf(name, (N, N)) for name in SQUARES]


@st.composite
def square_matrices(draw: st.DrawFn, depth: int = 4) -> tuple[Matrix, np.ndarray]:
    """A square matrix expression with its value, computed beside it."""
    kind = draw(st.sampled_from(["leaf", *MATRIX_KINDS])) if depth else "leaf"
    if kind == "leaf":
        leaf = draw(st.sampled_from(LEAVES))
        return leaf, SQUARES[leaf.name]
    inner, value = draw(square_matrices(depth - 1))
    if kind in ("product", "hadamard", "plus"):
        other, other_value = draw(square_matrices(depth - 1))
        node = {"product": Product, "hadamard": Entrywise, "plus": Plus}[kind]((inner, other))
        return node, {"product": np.matmul, "hadamard": np.multiply, "plus": np.add}[kind](value, other_value)
    above_0 = Plus((Ones((N, N)), Power(inner, Integer(2))))
    if kind == "slope" and np.abs(value).max() > 1000:  # the cosine of a large number is noise
        inner, value = LEAVES[0], SQUARES["A"]
    return {
        "minus": (Scale(Constant(Integer(-1)), inner), -value),
        "scale": (Scale(Constant(2 / N), inner), 2 / 3 * value),
        "complement": (Plus((Ones((N, N)), Scale(Constant(Integer(-1)), inner))), 1 - value),
        "transpose": (Transpose(inner), value.T),
        "square": (Power(inner, Integer(2)), value**2),
        "slope": (Map("f", inner, 1), np.cos(value)),
        "trace": (Scale(Trace(inner), LEAVES[0]), np.trace(value) * SQUARES["A"]),
        "quotient": (Entrywise((LEAVES[0], Power(above_0, Integer(-1)))), SQUARES["A"] / (1 + value**2)),
    }[kind]


MATRIX_KINDS = ["product", "product", "hadamard", "hadamard", "plus", "plus", "minus", "scale", "complement"]
MATRIX_KINDS += ["transpose", "square", "slope", "trace", "quotient"]


@modest
@given(square_matrices())
def test_matrix_text_means_the_matrix(pair: tuple[Matrix, np.ndarray]) -> None:
    """Matrix notation, read by its own small grammar, has the value of the matrix expression."""
    matrix, value = pair
    written = text(matrix, Conventions(), SPACE)
    assert MatrixReader(written, SQUARES, {"N": 3}).whole() == pytest.approx(value, rel=1e-6, abs=1e-6), written
