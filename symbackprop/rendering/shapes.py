r"""The shapes in a matrix formula: what stands for \(W x + b\) is (h × n)(n × 1) + (h × 1)."""

from __future__ import annotations

from symbackprop.algebra.matrices.grammar import Constant, Hadamard, Matrix, Plus, Product, Scale
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.latex import latex_shape


def shape_formula(matrix: Matrix, names: Nomenclature) -> str:
    """The formula with each part's shape in its place; scalar factors are left out."""
    if isinstance(matrix, Product):
        return "".join(_grouped(factor, names) for factor in matrix.factors)
    if isinstance(matrix, Hadamard):
        return r" \odot ".join(_grouped(factor, names) for factor in matrix.factors)
    if isinstance(matrix, Plus):
        return " + ".join(shape_formula(term, names) for term in matrix.terms if not isinstance(term, Constant))
    if isinstance(matrix, Scale):
        return shape_formula(matrix.of, names)
    return f"({latex_shape(matrix.shape, names)})"


def is_all_scalar(matrix: Matrix) -> bool:
    """Whether no part has another shape than 1 x 1, so that there is nothing to check."""
    if isinstance(matrix, Product | Hadamard):
        return all(is_all_scalar(factor) for factor in matrix.factors)
    if isinstance(matrix, Plus):
        return all(is_all_scalar(term) for term in matrix.terms)
    return is_all_scalar(matrix.of) if isinstance(matrix, Scale) else matrix.is_scalar


def _grouped(matrix: Matrix, names: Nomenclature) -> str:
    inner = matrix
    while isinstance(inner, Scale):
        inner = inner.of
    if isinstance(inner, Plus | Hadamard):
        return f"({latex_shape(inner.shape, names)})"
    return shape_formula(inner, names)
