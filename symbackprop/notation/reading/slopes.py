r"""Derivatives of written expressions: \(\frac{\partial}{\partial x} x^\top B x\), over all paths by which x enters."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Add, Expr, Mul

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import apart, tensors_in
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.symbols import ADJOINT, entry, is_adjoint, total
from symbackprop.errors import NotationError
from symbackprop.notation.reading.index_formulas import position
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Name, Node, Slope, Subscript, Whole
from symbackprop.notation.reading.values import Value, described, fresh_letters

Read = Callable[[Node, Scope], Value]


def slope(node: Slope, scope: Scope, read: Read) -> Value:
    """The derivative of an expression by a tensor or an entry: the indices of the expression first, then those of it.

    What the expression reads and what is computed from the variable contribute by the chain rule, as `∂u∂x`.

    Raises:
        NotationError: the expression reads adjoints, or ∇ stands before one that is no number.
    """
    value = read(node.of, scope)
    name, given = _variable(node.by, scope)
    if any(is_adjoint(read_) for read_ in tensors_in(value.expression)):
        raise NotationError(
            f"{scope.source.written(node.of.span)} reads gradients, and a derivative of it would be of second order",
            where=scope.source.locate(node.span),
            fix="Differentiate what the model computes.",
        )
    if node.gradient and value.rank:
        raise NotationError(
            f"∇ is of a number, and {described(scope.source.written(node.of.span), value)}",
            where=scope.source.locate(node.span),
            fix="Write a product of vectors as uᵀ v, or the matrix of derivatives as ∂u/∂x.",
        )
    shape = scope.tensors[name]
    taken = scope.taken.union(*(place.free_symbols for place in given if place is not None))
    letters = fresh_letters(value.rank + len(shape), (value.array,), taken)
    own, by = letters[: value.rank], letters[value.rank :]
    expression = apart(value.array.at(*own), letters)
    result = _total(expression, name, tuple(by), scope)
    kept = [(letter, size) for letter, size, place in zip(by, shape, given, strict=True) if place is None]
    at = {letter: place for letter, place in zip(by, given, strict=True) if place is not None}
    array = Array(tuple(by), shape, result).at(*(at.get(letter, letter) for letter in by))
    indices = (*own, *(letter for letter, _ in kept))
    return Value(Array(indices, (*value.shape, *(size for _, size in kept)), array))


def _variable(node: Node, scope: Scope) -> tuple[str, tuple[Expr | None, ...]]:
    """The tensor that is differentiated by, and the indices of its entry, None for each axis that is left whole."""
    if isinstance(node, Subscript) and isinstance(node.base, Name):
        shape = scope.tensors[node.base.name]
        for part, size in zip(node.indices, shape, strict=True):
            if isinstance(part, Name) and part.name in scope.indices:
                scope.indices[part.name].uses.append((size, node.span))
        places = tuple(None if isinstance(part, Whole) else position(part, scope) for part in node.indices)
        return node.base.name, places
    assert isinstance(node, Name)
    return node.name, (None,) * len(scope.tensors[node.name])


def _total(expression: Expr, by: str, indices: tuple, scope: Scope) -> Expr:
    """The derivative by every path: directly, and through each tensor that is computed from the variable."""
    terms = [derivative(expression, by, indices)]
    assert scope.stated is not None
    for inner in sorted(tensors_in(expression) - {by}):
        if not scope.stated.depends(inner, by):
            continue
        shape = scope.tensors[inner]
        middle = fresh_letters(len(shape), (), scope.taken | frozenset(indices) | frozenset(expression.free_symbols))
        outer = derivative(apart(expression, middle), inner, tuple(middle))
        chained = entry(f"{ADJOINT}{inner}{ADJOINT}{by}", *middle, *indices)
        terms.append(total(Mul(outer, chained), *zip(middle, shape, strict=True)))
    return Add(*terms)
