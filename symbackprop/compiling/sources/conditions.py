"""Conditions on indices and values: what they imply, how they are turned to be read, and values that hang on them."""

from __future__ import annotations

from sympy import Add, And, Eq, Expr
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.symbols import Apply, Guard

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


class Where(Expr):
    """`value` where `condition` holds, another number elsewhere."""

    is_commutative = True
    is_real = True

    def __new__(cls, condition: Boolean, value: Expr, other: Expr) -> Expr:
        return Expr.__new__(cls, condition, value, other)


def holds(gate: Expr) -> Boolean:
    if isinstance(gate, Guard):
        return gate.argument >= 0
    left, right = gate.args
    return Eq(left, right)


def nonnegative(condition: Boolean) -> tuple[Expr, ...]:
    """What is at least 0 where a condition on indices holds."""
    if isinstance(condition, And):
        return tuple(e for part in condition.args for e in nonnegative(part))
    if not isinstance(condition, Relational) or not (condition.lhs.is_integer and condition.rhs.is_integer):
        return ()
    difference = condition.lhs - condition.rhs
    found = {
        ">=": (difference,), ">": (difference - 1,), "<=": (-difference,), "<": (-difference - 1,),
        "==": (difference, -difference), "!=": (),
    }  # fmt: skip
    return tuple(e.expand() for e in found[condition.rel_op])


def solved(difference: Expr, sign: str) -> tuple[Expr, Expr, str]:
    """`difference` against 0 with what is positive on the left and the rest on the right; `>= 1`, not `> 0`."""
    difference = difference.expand()
    terms = Add.make_args(difference)
    indexed = [t for t in terms if any(not s.is_positive for s in t.free_symbols)]
    left = [t for t in indexed or terms if not t.could_extract_minus_sign()]
    if not left:
        difference, sign = -difference, _FLIPPED[sign]
        terms = Add.make_args(difference)
        left = [-t for t in indexed or terms]
    right = [-t for t in terms if t not in left]
    return Add(*left), Add(*right), sign


def is_minus_absolute(expr: Expr) -> bool:
    coefficient, rest = expr.as_coeff_Mul()
    return coefficient < 0 and isinstance(rest, Apply) and rest.name == "abs" and rest.order == 0
