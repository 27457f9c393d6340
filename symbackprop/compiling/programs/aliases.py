r"""Tensors that need no array of their own: numbers, and multiples of one entry of another tensor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr, Mul, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import substitute, tensors_in
from symbackprop.algebra.symbols import BINDERS, bounds_of, entry, indices_of, remade, tensor_of
from symbackprop.compiling.programs.definitions import Workshop
from symbackprop.compiling.programs.guards import has_guards
from symbackprop.compiling.programs.keys import Extents, indices_in, key_of
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Alias:
    """What to read for an entry of a tensor at `indices`: a number, or a number times an entry."""

    indices: tuple[Symbol, ...]
    value: Expr


def aliases_of(equations: Iterable[Equation], shop: Workshop) -> dict[str, Alias]:
    """The aliases among the equations, none in terms of another; equal equations are aliases of the first of them."""
    found: dict[str, Alias] = {}
    first: dict[str, tuple[tuple[Symbol, ...], Expr]] = {}
    for equation in equations:
        extents = dict(zip(equation.indices, shop.space.shapes[equation.tensor], strict=True))
        expression = inlined(equation.expression, extents, found, shop)
        if _is_multiple(expression) and equation.tensor not in tensors_in(expression):
            found[equation.tensor] = Alias(equation.indices, expression)
            continue
        key, free = key_of(equation.expression, extents)
        if set(free) != set(equation.indices):
            continue
        if key in first:
            indices, read = first[key]
            value = substitute(read, dict(zip(indices, free, strict=True)))
            found[equation.tensor] = Alias(equation.indices, value)
        else:
            first[key] = free, entry(equation.tensor, *equation.indices)
    return found


def _is_multiple(expr: Expr) -> bool:
    """Whether an expression is a number, or a number times one entry at indices that no other tensor gives."""
    if expr.has(*BINDERS) or has_guards(expr):
        return False
    reads = [factor for factor in Mul.make_args(expr) if tensors_in(factor) or indices_in(factor)]
    if not reads:
        return True
    return len(reads) == 1 and tensor_of(reads[0]) is not None and not any(p.has(Indexed) for p in indices_of(reads[0]))


def inlined(expr: Expr, extents: Extents, aliases: Mapping[str, Alias], shop: Workshop) -> Expr:
    """The expression with every alias read through, wherever that means the same also out of range."""
    if not aliases or not tensors_in(expr) & aliases.keys():
        return expr
    return _inlined(expr, extents, aliases, shop)


def _inlined(expr: Expr, extents: Extents, aliases: Mapping[str, Alias], shop: Workshop) -> Expr:
    name = tensor_of(expr)
    if name is not None:
        if expr.args and isinstance(expr, Indexed):
            expr = expr.func(expr.args[0], *(_inlined(p, extents, aliases, shop) for p in expr.indices))
        alias = aliases.get(name)
        return expr if alias is None else _read(expr, alias, extents, shop)
    if not expr.args:
        return expr
    inner = {**extents, **dict(bounds_of(expr))} if isinstance(expr, BINDERS) else extents
    return remade(expr, (_inlined(argument, inner, aliases, shop) for argument in expr.args))


def _read(expr: Expr, alias: Alias, extents: Extents, shop: Workshop) -> Expr:
    """What the alias reads at this place; the entry itself where it may be out of range and the other is not."""
    shape = shop.space.shapes[str(tensor_of(expr))]
    reads = [factor for factor in Mul.make_args(alias.value) if tensor_of(factor) is not None]
    carried = {
        position
        for factor in reads
        for position, extent in zip(indices_of(factor), shop.space.shapes[str(tensor_of(factor))], strict=True)
        if position in alias.indices and shape[alias.indices.index(position)] == extent
    }
    for variable, position, extent in zip(alias.indices, indices_of(expr), shape, strict=True):
        if variable not in carried and not shop.is_inside(position, extent, extents):
            return expr
    return substitute(alias.value, dict(zip(alias.indices, indices_of(expr), strict=True)))
