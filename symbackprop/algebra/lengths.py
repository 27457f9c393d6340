"""How long a formula is to read."""

from __future__ import annotations

from sympy import Expr, Pow, exp, log

from symbackprop.algebra.symbols import tensor_of


def size_of(expr: Expr) -> int:
    """How much there is to read: the nodes of the formula, functions and quotients counted heavier than products."""
    if tensor_of(expr) or not expr.args:
        return 1
    own = (
        4 if isinstance(expr, exp | log) else 2 if isinstance(expr, Pow) and expr.exp.could_extract_minus_sign() else 1
    )
    return own + sum(size_of(argument) for argument in expr.args)
