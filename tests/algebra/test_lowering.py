"""Lowering: a matrix expression of every kind, written out, has the value that NumPy gives it."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Integer, KroneckerDelta, Rational, S, Sum

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.matrices import grammar as mx
from symbackprop.algebra.matrices.lowering import lower
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import entry, index, size, total
from symbackprop.errors import UsageError
from tests.algebra.matrix_oracles import array_value, lifted_value, number

n, h, m = size("n"), size("h"), size("m")
SIZES = {n: 3, h: 4, m: 2}
i, j, k, b = index("i"), index("j"), index("k"), index("b")
SPACE = Space({"A": (h, n), "B": (n, m), "S": (h, h), "v": (h,), "w": (n,), "row": (S.One, n), "c": (), "Q": (m, h, n)})
DATA = {
    name: np.random.default_rng(7).uniform(0.2, 0.9, tuple(number(extent, SIZES) for extent in shape))
    for name, shape in SPACE.shapes.items()
}
A, B, SQUARE = mx.Leaf("A", (h, n)), mx.Leaf("B", (n, m)), mx.Leaf("S", (h, h))
V, W, ROW, C = (
    mx.Leaf("v", (h, S.One)),
    mx.Leaf("w", (n, S.One)),
    mx.Leaf("row", (S.One, n)),
    mx.Leaf("c", (S.One, S.One)),
)
Q = mx.Leaf("Q", (h, n), (b,))

KINDS = {
    "leaf": A,
    "vector": V,
    "scalar": C,
    "constant": mx.Constant(Rational(3, 2) / h),
    "ones": mx.Ones((h, m)),
    "identity": mx.Identity(h),
    "transpose": mx.Transpose(A),
    "product": mx.Product((A, B)),
    "product through a diagonal": mx.Product((mx.Transpose(A), mx.Diagonal(V), A)),
    "product of diagonals": mx.Product((mx.Diagonal(V), mx.Diagonal(V))),
    "diagonal first": mx.Product((mx.Diagonal(V), A)),
    "diagonal last": mx.Product((A, mx.Diagonal(W))),
    "identity in a product": mx.Product((SQUARE, mx.Identity(h), A)),
    "outer product": mx.Product((V, mx.Transpose(W))),
    "dot product": mx.Product((mx.Transpose(V), V)),
    "row times matrix": mx.Product((ROW, B)),
    "product inside a product": mx.Product((mx.Transpose(V), mx.Product((SQUARE, A)), W)),
    "Hadamard": mx.Hadamard((A, A, mx.Product((V, mx.Transpose(W))))),
    "scale": mx.Scale(mx.Product((mx.Transpose(V), V)), A),
    "plus": mx.Plus((A, mx.Product((V, mx.Ones((S.One, n)))))),
    "power": mx.Power(A, Rational(-1, 2)),
    "map": mx.Map("log", A),
    "named map": mx.Map("sigmoid", A, 1),
    "indicator": mx.Indicator(mx.Plus((A, mx.Scale(mx.Constant(Rational(-1, 2)), mx.Ones((h, n))))), "<="),
    "diagonal": mx.Diagonal(V),
    "diagonal of": mx.DiagonalOf(SQUARE),
    "row sum": mx.RowSum(A),
    "column sum": mx.ColumnSum(A),
    "total sum": mx.TotalSum(A),
    "total sum of a vector": mx.TotalSum(V),
    "norm": mx.NormSquared(A),
    "trace": mx.Trace(mx.Product((A, mx.Transpose(A)))),
    "softmax down": mx.Softmax(A, 0),
    "softmax across": mx.Softmax(A, 1),
    "log-sum-exp down": mx.LogSumExp(A, 0),
    "log-sum-exp across": mx.LogSumExp(A, 1),
    "sum over": mx.SumOver(((b, m),), mx.Product((Q, mx.Transpose(Q)))),
}


def indices_for(matrix: mx.Matrix) -> tuple:
    rows, columns = matrix.shape
    return (i, j) if columns != 1 else (i,) if rows != 1 else ()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_matrix_keeps_its_value(kind: str) -> None:
    """The entries written out are the entries that NumPy computes."""
    matrix = KINDS[kind]
    indices = indices_for(matrix)
    array = Array(indices, matrix.shape[: len(indices)], lower(matrix, indices, SPACE))
    np.testing.assert_allclose(array_value(array, DATA, SIZES), lifted_value(matrix, array, DATA, SIZES), rtol=1e-12)


def test_every_node_of_the_grammar_is_among_the_kinds() -> None:
    """A node that is added without a lowering is noticed (ForEach has a test of its own)."""
    found: set[str] = set()
    waiting = list(KINDS.values())
    while waiting:
        matrix = waiting.pop()
        found.add(type(matrix).__name__)
        waiting.extend(mx.parts(matrix))
    assert {node.__name__ for node in mx.Matrix.__subclasses__()} - found == {"ForEach"}


def test_indices_that_are_held_fixed_come_first() -> None:
    """Of a ForEach the first places are its own indices."""
    matrix = mx.ForEach((b,), mx.Product((Q, B)))
    array = Array((k, i, j), (m, h, m), lower(matrix, (k, i, j), SPACE))
    np.testing.assert_allclose(array_value(array, DATA, SIZES), DATA["Q"] @ DATA["B"], rtol=1e-12)


def test_a_sum_over_an_index_that_is_held_fixed_around_it() -> None:
    """Before and behind a sum over b, b is the index that is held, and so it is inside another such sum."""
    summed = mx.SumOver(((b, m),), Q)
    for terms in ((summed, Q), (Q, summed), (summed, Q, summed)):
        array = Array((k, i, j), (m, h, n), lower(mx.ForEach((b,), mx.Plus(terms)), (k, i, j), SPACE))
        parts = {summed: DATA["Q"].sum(axis=0), Q: DATA["Q"]}
        np.testing.assert_allclose(array_value(array, DATA, SIZES), sum(parts[term] for term in terms), rtol=1e-12)
    twice = mx.SumOver(((b, m),), mx.Hadamard((summed, Q)))
    array = Array((i, j), (h, n), lower(twice, (i, j), SPACE))
    np.testing.assert_allclose(array_value(array, DATA, SIZES), DATA["Q"].sum(axis=0) ** 2, rtol=1e-12)


def test_a_sum_never_captures_an_index_that_it_is_read_at() -> None:
    """Read at i, j, k or b, the bound indices take other names."""
    for place in (i, j, k, b, i + k):
        expr = lower(mx.SumOver(((b, m),), mx.Product((Q, W))), (place,), SPACE)
        assert place.free_symbols <= expr.free_symbols
        bound = {variable for part in expr.atoms(Sum) for variable, *_ in part.limits}
        assert not bound & place.free_symbols


def test_a_product_is_a_sum_over_a_box() -> None:
    """A product of two matrices is written Σ_k A[i,k] B[k,j] with its size."""
    expr = lower(mx.Product((A, B)), (index("p"), index("q")), SPACE)
    assert expr == total(entry("A", index("p"), i) * entry("B", i, index("q")), (i, n))


def test_an_index_of_size_one_is_not_summed() -> None:
    """An outer product, and what a 1×n matrix does to a scalar, need no sum."""
    assert lower(mx.Product((V, mx.Transpose(W))), (i, j), SPACE) == entry("v", i) * entry("w", j)
    assert lower(mx.Product((mx.Transpose(ROW), C)), (i,), SPACE) == entry("row", 0, i) * entry("c")


def test_a_diagonal_in_a_product_leaves_no_delta() -> None:
    """diag(v) A is v[i] A[i,j], and only a diagonal by itself has a delta."""
    assert not lower(mx.Product((mx.Diagonal(V), A)), (i, j), SPACE).has(KroneckerDelta)
    assert lower(mx.Diagonal(V), (i, j), SPACE) == entry("v", i) * KroneckerDelta(i, j)


@pytest.mark.parametrize(("matrix", "indices"), [(A, (i,)), (A, ()), (V, (i, j, k)), (C, (i, j, k))])
def test_the_wrong_number_of_indices_is_refused(matrix: mx.Matrix, indices: tuple) -> None:
    """The error names the shape and the number of indices."""
    with pytest.raises(UsageError, match=rf"cannot be read at {len(indices)} indices"):
        lower(matrix, indices, SPACE)


def test_the_oracle_tells_a_product_from_its_reverse() -> None:
    """A planted error in a matrix expression changes the numbers that the tests compare."""
    right = lower(mx.Product((SQUARE, V)), (i,), SPACE)
    wrong = mx.Product((mx.Transpose(SQUARE), V))
    array = Array((i,), (h,), right)
    assert not np.allclose(array_value(array, DATA, SIZES), lifted_value(wrong, array, DATA, SIZES))
    assert number(Integer(2) * h, SIZES) == 8
