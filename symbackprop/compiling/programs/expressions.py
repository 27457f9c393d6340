r"""Expressions without binders: each sum, maximum and maximiser becomes an entry of a tensor of its own."""

from __future__ import annotations

from sympy import Basic, Expr, Mul, Sum
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import apart, rebind
from symbackprop.algebra.symbols import BINDERS, ArgMax, Maximum, body_of, bounds_of, entry, remade, tensor_of
from symbackprop.compiling.program import Allocate, Elementwise, Reduce, Statement
from symbackprop.compiling.programs.definitions import Workshop, box_of
from symbackprop.compiling.programs.deltas import pieces
from symbackprop.compiling.programs.guards import case, has_guards, is_guard
from symbackprop.compiling.programs.keys import Extents, indices_in
from symbackprop.compiling.programs.sums import summed
from symbackprop.model.records import Equation


def lower_equation(equation: Equation, expression: Expr, recurrent: bool, shop: Workshop) -> None:
    """Defines the tensor of an equation, and those that its `expression` names on the way."""
    shop.begin(equation.tensor, recurrent, has_guards(expression))
    extents = dict(zip(equation.indices, shop.space.shapes[equation.tensor], strict=True))
    value = without_binders(apart(expression, equation.indices), extents, shop)
    if not _adopted(value, equation, shop):
        shop.finish(equation.indices, _statements(value, equation, extents, shop))


def _adopted(value: Expr, equation: Equation, shop: Workshop) -> bool:
    """Whether the last tensor defined on the way, maybe times a number, is that of the equation itself."""
    if not shop.mine:
        return False
    last = entry(shop.mine[-1], *equation.indices)
    factors = Mul.make_args(value)
    others = [factor for factor in factors if factor != last]
    if len(others) != len(factors) - 1 or any(indices_in(f) or f.atoms(Indexed) or _reads(f) for f in others):
        return False
    return shop.adopt(shop.mine[-1], Mul(*others))


def _reads(expr: Expr) -> bool:
    return any(tensor_of(part) is not None for part in expr.free_symbols if isinstance(part, Expr))


def _statements(value: Expr, equation: Equation, extents: Extents, shop: Workshop) -> tuple[Statement, ...]:
    indices = equation.indices
    if not shop.guarded:
        return (Elementwise("", indices, box_of(indices, extents), value),)
    totality = shop.totality()
    if not shop.recurrent:
        parts = pieces(indices, indices, value, extents, shop)
        whole = box_of(indices, extents)
        if not all(part.box == whole for part in parts):
            return (Allocate("", tuple(extents.values())), *parts)
    return (Elementwise("", indices, box_of(indices, extents), totality.masked(value, extents)),)


def without_binders(expr: Expr, extents: Extents, shop: Workshop) -> Expr:
    """The expression with an entry of a tensor for every binder; bound and free indices must be apart in it."""
    if not expr.has(*BINDERS):
        return expr
    return _without_binders(expr, extents, shop)


def _without_binders(expr: Expr, extents: Extents, shop: Workshop) -> Expr:
    if isinstance(expr, BINDERS):
        found = shop.find(expr, extents)
        return found if found is not None else shop.remember(expr, extents, _bound(expr, extents, shop))
    if not expr.args:
        return expr
    if shop.guarded and isinstance(expr, Mul):
        expr = _guards_within(expr, extents, shop)
    return remade(expr, (_argument(argument, extents, shop) for argument in expr.args))


def _guards_within(product: Mul, extents: Extents, shop: Workshop) -> Expr:
    """The product with its guards inside those binders, too, that have no value everywhere."""
    guards = [factor for factor in product.args if is_guard(factor)]
    factors = []
    for factor in product.args:
        if isinstance(factor, Sum | Maximum) and guards:
            whole = {**extents, **{v: extent for part in factor.atoms(*BINDERS) for v, extent in bounds_of(part)}}
            if not shop.totality().holds(body_of(factor), whole):
                factor = rebind(factor, case(guards, body_of(factor)), bounds_of(factor))
        factors.append(factor)
    return Mul(*factors)


def _argument(part: Basic, extents: Extents, shop: Workshop) -> Basic:
    if isinstance(part, Expr):
        return without_binders(part, extents, shop)
    return part if not part.args else part.func(*(_argument(argument, extents, shop) for argument in part.args))


def _bound(expr: Expr, extents: Extents, shop: Workshop) -> Expr:
    bounds = bounds_of(expr)
    whole = {**extents, **dict(bounds)}
    body = without_binders(body_of(expr), whole, shop)
    if isinstance(expr, Sum):
        return summed(body, bounds, extents, shop)
    used = indices_in(expr)
    indices = tuple(v for v in extents if v in used)
    totality = shop.totality() if shop.guarded else None
    if totality is not None:
        body = totality.masked(body, whole)
    word = "argmax" if isinstance(expr, ArgMax) else "max"
    made = shop.define(word, indices, extents, (Reduce("", indices, box_of(indices, extents), word, body, bounds),))
    if totality is not None and not totality.holds(body, whole):
        shop.partial.add(str(tensor_of(made)))
    return made
