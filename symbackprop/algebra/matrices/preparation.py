r"""An index expression made ready for lifting: distinct bound indices, branches as indicators, no literal 0."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Abs, Expr, Mul, Piecewise, S, Symbol, cos, cosh, erf, exp, log, sin, sinh, tan, tanh
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import And, Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import rebind, refresh, substitute
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import BINDERS, body_of, bounds_of, is_adjoint, primal, tensor_of, text_of

FUNCTIONS = {f.__name__: f for f in (Abs, cos, cosh, erf, exp, log, sin, sinh, tan, tanh)}
"""Functions that SymPy knows, by the names that `Map` gives them."""

RELATIONS = {StrictGreaterThan: ">", GreaterThan: ">=", StrictLessThan: "<", LessThan: "<="}


def shape_of(tensor: str | None, space: Space) -> tuple[Expr, ...] | None:
    """The shape of a tensor; an adjoint that is not declared has that of its primal."""
    while tensor is not None and tensor not in space.shapes and is_adjoint(tensor):
        tensor = primal(tensor)
    return None if tensor is None else space.shapes.get(tensor)


def distinct(expr: Expr, avoid: set[Symbol], sizes: dict[Symbol, Expr]) -> Expr:
    """`expr` with a name of its own for every bound index; `sizes` gains them all."""
    if isinstance(expr, BINDERS):
        body, bounds = refresh(body_of(expr), bounds_of(expr), avoid)
        sizes.update(bounds)
        return rebind(expr, distinct(body, avoid, sizes), bounds)
    return _over_arguments(expr, lambda argument: distinct(argument, avoid, sizes))


def _over_arguments(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    arguments = [change(a) if a.args or isinstance(a, Expr) else a for a in expr.args]
    return expr if all(a is b for a, b in zip(arguments, expr.args, strict=True)) else expr.func(*arguments)


def rewritten(expr: Expr, space: Space, unit: Symbol) -> Expr:
    if isinstance(expr, Indexed):
        shape = shape_of(tensor_of(expr), space) or ()
        if len(shape) != len(expr.indices):
            return expr
        places = zip(expr.indices, shape, strict=True)
        return expr.func(expr.args[0], *(unit if i == 0 and extent == 1 else i for i, extent in places))
    expr = _over_arguments(expr, lambda argument: rewritten(argument, space, unit))
    return _branches(expr) if isinstance(expr, Piecewise) and not is_indicator(expr) else expr


def is_indicator(expr: Expr) -> bool:
    return isinstance(expr, Piecewise) and len(expr.args) == 2 and expr.args[0][0] == 1 and expr.args[1][0] == 0


def _branches(expr: Piecewise) -> Expr:
    """Each branch times the indicator of its condition and of the failure of those before it."""
    result: Expr = S.Zero
    missed: Expr = S.One
    for value, condition in expr.args:
        result += value * missed * _bracket(condition)
        missed *= _bracket(~condition)
    return result


def _bracket(condition: Boolean) -> Expr:
    if isinstance(condition, And):
        return Mul(*(_bracket(part) for part in sorted(condition.args, key=text_of)))
    return Piecewise((S.One, condition), (S.Zero, True))


def alike(left: Expr, right: Expr) -> bool:
    """Whether two expressions differ only in the names of their bound indices."""
    return left == right or _numbered(left, []) == _numbered(right, [])


def _numbered(expr: Expr, seen: list[Symbol]) -> Expr:
    """`expr` with its bound indices renamed by the order in which they are met."""
    if isinstance(expr, BINDERS):
        bounds = bounds_of(expr)
        names = {variable: Symbol(f"_{len(seen) + n}", integer=True) for n, (variable, _) in enumerate(bounds)}
        seen = [*seen, *names]
        body = _numbered(substitute(body_of(expr), names), seen)
        return rebind(expr, body, tuple((names[variable], extent) for variable, extent in bounds))
    return _over_arguments(expr, lambda argument: _numbered(argument, seen))
