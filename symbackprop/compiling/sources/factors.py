"""Factors of a product sorted out: numbers over numbers, scalars apart from arrays; an order that depends on looks."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sympy import Expr, Integer, S

from symbackprop.errors import UsageError

EXACT = 2**53
"""Whole numbers below it are exact as floats."""


def looks(expr: Any) -> tuple[int, str]:
    text = str(expr)
    return (len(text), text)


def factor_and_divisor(coefficient: Expr) -> tuple[Expr, Expr]:
    """A positive number as a factor and a divisor: 1/2 divides, 0.3 multiplies, 3/7 does both."""
    if coefficient.is_Rational and coefficient.q != 1:
        if coefficient.p == 1 and coefficient.q <= 16:
            return S.One, Integer(coefficient.q)
        value = double_of(coefficient)
        exact = Fraction(Decimal(repr(value))) == Fraction(int(coefficient.p), int(coefficient.q))
        if not exact and coefficient.p < EXACT:
            return Integer(coefficient.p), Integer(coefficient.q)
    return coefficient, S.One


def double_of(number: Expr) -> float:
    """The double nearest to a number.

    Raises:
        UsageError: the number is larger than all doubles.
    """
    value = float(number)
    if math.isfinite(value):
        return value
    raise UsageError(
        "the model has a number that is larger than all doubles",
        because=f"It has {len(str(abs(int(number))))} digits, and code computes with doubles, up to 1.8e308.",
        fix="Choose another unit, or write its logarithm.",
    )


def scalars_apart(factors: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The factors that are numbers and sizes, and the others."""
    single = [f for f in factors if all(s.is_integer and s.is_positive for s in f.free_symbols)]
    return single, [f for f in factors if f not in single]
