"""Indices under an index base: what is entry 0 inside is called `index_base` on paper.

An index i stands for a value from 0; on paper it is called i + base. So an index inside an expression becomes i - base,
an integer that says which entry is read is raised by base, and a guard is written with what is left. Data that serve
as an index (`tok[t]`, a scalar `u`) count from the base as well.
"""

from __future__ import annotations

from typing import Any

from sympy import Add, Expr, Integer, Mul, Pow, S, Symbol, ceiling, expand, floor

from symbackprop.algebra.symbols import ArgMax, tensor_of

_ARITHMETIC = (Add, Mul, Pow, Integer, Symbol, floor, ceiling)


class Shown(Expr):
    """An index, an entry or an argmax, already counted from the index base."""

    is_integer = True
    is_commutative = True

    @property
    def of(self) -> Any:
        return self.args[0]


def is_index(expr: Any) -> bool:
    """Whether `expr` is an index; sizes, which are integers too, are known to be positive."""
    return isinstance(expr, Symbol) and bool(expr.is_integer) and not expr.is_positive


def counts(expr: Expr) -> bool:
    """Whether a value is made of indices, sizes and integers alone, and of at least one index."""
    whole = all(isinstance(part, _ARITHMETIC) for part in _nodes(expr))
    return whole and bool(expr.is_integer) and any(is_index(symbol) for symbol in expr.free_symbols)


def _nodes(expr: Any) -> list[Any]:
    return [expr, *(node for argument in expr.args for node in _nodes(argument))]


def shifted(expr: Expr, base: int) -> Expr:
    """The value of an integer expression, said in indices that count from `base`."""
    return expand(_shifted(expr, base), power_exp=False)


def position(expr: Expr, base: int) -> Expr:
    """What an index of value `expr` is called: its value and the base."""
    return expand(_shifted(expr, base) + base, power_exp=False)


def _shifted(expr: Any, base: int) -> Any:
    if is_index(expr) or isinstance(expr, ArgMax) or tensor_of(expr) is not None:
        return Shown(expr) - base
    if not expr.args or isinstance(expr, Shown):
        return expr
    return expr.func(*(_shifted(argument, base) for argument in expr.args))


def sides(expr: Expr, sign: str) -> tuple[Expr, str, Expr]:
    """`expr` related to 0 by "≥", "=" or "≠", as a person writes it: indices on the left, sizes on the right.

    p - u ≥ 0 is p ≥ u, n - 1 - i ≥ 0 is i < n. `expr` is shifted already.
    """
    terms = Add.make_args(expr)
    moving = [term for term in terms if term.has(Shown)]
    left = Add(*(term for term in moving if not term.could_extract_minus_sign()))
    if left == 0 and moving:
        left, sign = -Add(*moving), {"≥": "≤"}.get(sign, sign)
        right = expr + left
    else:
        if not moving:
            left = Add(*(term for term in terms if not term.could_extract_minus_sign()))
        right = left - expr
    constant = right.as_coeff_Add()[0]
    if right != constant and constant == (S.NegativeOne if sign == "≤" else S.One) and sign in "≤≥":
        return left, {"≤": "<", "≥": ">"}[sign], right - constant
    return left, sign, right
