r"""The shapes in a matrix formula: what stands for \(W x + b\) is (h × n)(n × 1) + (h × 1)."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.algebra.matrices.grammar import Constant, Hadamard, Matrix, Plus, Product, Scale
from symbackprop.notation.writing.expressions import expression
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.layout import Crossed, Layout, Row, Sign


def shape_formula(matrix: Matrix, names: Nomenclature) -> Layout:
    """The formula with each part's shape in its place; scalar factors are left out."""
    if isinstance(matrix, Product):
        return Row(tuple(_grouped(factor, names) for factor in matrix.factors))
    if isinstance(matrix, Hadamard):
        return _joined([_grouped(factor, names) for factor in matrix.factors], Sign("⊙"))
    if isinstance(matrix, Plus):
        terms = [term for term in matrix.terms if not isinstance(term, Constant)]
        return _joined([shape_formula(term, names) for term in terms], Sign("+"))
    if isinstance(matrix, Scale):
        return shape_formula(matrix.of, names)
    return _shape(matrix, names)


def is_all_scalar(matrix: Matrix) -> bool:
    """Whether no part has another shape than 1 x 1, so that there is nothing to check."""
    if isinstance(matrix, Product | Hadamard):
        return all(is_all_scalar(factor) for factor in matrix.factors)
    if isinstance(matrix, Plus):
        return all(is_all_scalar(term) for term in matrix.terms)
    return is_all_scalar(matrix.of) if isinstance(matrix, Scale) else matrix.is_scalar


def _joined(parts: Sequence[Layout], sign: Sign) -> Layout:
    return Row(tuple(shown for part in parts for shown in (sign, part))[1:])


def _shape(matrix: Matrix, names: Nomenclature) -> Layout:
    sizes = Crossed(tuple(expression(size, names) for size in matrix.shape))
    return Row((Sign("("), sizes, Sign(")")))


def _grouped(matrix: Matrix, names: Nomenclature) -> Layout:
    inner = matrix
    while isinstance(inner, Scale):
        inner = inner.of
    return _shape(inner, names) if isinstance(inner, Plus | Hadamard) else shape_formula(inner, names)
