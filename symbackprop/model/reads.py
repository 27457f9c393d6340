"""What an expression reads: tensors by name, and each read with its index expressions and the ranges around it."""

from __future__ import annotations

from sympy import Expr, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import tensor_of


def names_read(expr: Expr) -> frozenset[str]:
    """The tensors that stand in `expr`, as values or in indices."""
    found = {tensor_of(part) for part in expr.atoms(Indexed, Symbol)}
    labels = {part.base.label for part in expr.atoms(Indexed)}
    return frozenset(name for name in found if name is not None) | {label.name for label in labels}
