r"""Three kinds of numbers for the same expression: floats (complex steps allowed), exact fractions, intervals."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
from mpmath.ctx_iv import MPIntervalContext
from sympy import Expr, S

Number = Any


class UndefinedError(ArithmeticError):
    """The expression has no real value there."""


class UndecidedError(ArithmeticError):
    """The arithmetic cannot tell: an interval that contains 0 was compared, or a value is not rational."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The operations beyond + - * / that numbers of one kind have; `sign` is that of the real part."""

    number: Callable[[Any], Number]
    constant: Callable[[Expr], Number]
    exp: Callable[[Number], Number]
    log: Callable[[Number], Number]
    sin: Callable[[Number], Number]
    cos: Callable[[Number], Number]
    erf: Callable[[Number], Number]
    power: Callable[[Number, Any], Number]
    sign: Callable[[Number], int]


def _float(value: Any) -> Number:
    return value if isinstance(value, complex) else float(value)


def _float_log(x: Number) -> Number:
    if x.real <= 0:
        raise UndefinedError("a logarithm of a number that is not positive")
    return cmath.log(x) if isinstance(x, complex) else math.log(x)


def _float_exp(x: Number) -> Number:
    return cmath.exp(x) if isinstance(x, complex) else math.exp(x)


def _float_erf(x: Number) -> Number:
    if not isinstance(x, complex):
        return math.erf(x)
    if abs(x.imag) < 1e-12:  # a complex step: the next term is of the order of its square
        return complex(math.erf(x.real), x.imag * 2 / math.sqrt(math.pi) * math.exp(-x.real * x.real))
    return complex(mpmath.erf(x))


def _float_power(x: Number, exponent: Fraction) -> Number:
    if x.real < 0 or (x == 0 and exponent < 0):
        raise UndefinedError("a root of a negative number, or of 0 in a denominator")
    return x ** float(exponent)


FLOATS = Arithmetic(
    number=_float,
    constant=lambda expr: float(expr.evalf(17)),
    exp=_float_exp,
    log=_float_log,
    sin=lambda x: cmath.sin(x) if isinstance(x, complex) else math.sin(x),
    cos=lambda x: cmath.cos(x) if isinstance(x, complex) else math.cos(x),
    erf=_float_erf,
    power=_float_power,
    sign=lambda x: (x.real > 0) - (x.real < 0),
)


def _exact_at(point: int, value: int) -> Callable[[Fraction], Fraction]:
    def known(x: Fraction) -> Fraction:
        if x != point:
            raise UndecidedError("not a rational number")
        return Fraction(value)

    return known


def _exact_power(x: Fraction, exponent: Fraction) -> Fraction:
    if x < 0:
        raise UndefinedError("a root of a negative number")
    parts = []
    for part in (x.numerator, x.denominator):
        root = round(part ** (1 / exponent.denominator))
        if root**exponent.denominator != part:
            raise UndecidedError("not a rational number")
        parts.append(root)
    if x == 0 and exponent < 0:
        raise UndefinedError("a division by 0")
    return Fraction(*parts) ** exponent.numerator


def _inexact(_expr: Expr) -> Fraction:
    raise UndecidedError("not a rational number")


EXACT = Arithmetic(
    number=Fraction,
    constant=_inexact,
    exp=_exact_at(0, 1),
    log=_exact_at(1, 0),
    sin=_exact_at(0, 0),
    cos=_exact_at(0, 1),
    erf=_exact_at(0, 0),
    power=_exact_power,
    sign=lambda x: (x > 0) - (x < 0),
)


@lru_cache(maxsize=8)
def intervals(bits: int) -> Arithmetic:
    """Intervals whose ends have so many bits: what they exclude is false, whatever rounding does."""
    context, ends = MPIntervalContext(), mpmath.MPContext()
    context.prec, ends.prec = bits, bits + 40

    def number(value: Any) -> Number:
        if isinstance(value, Fraction):
            return context.mpf(value.numerator) / value.denominator
        return context.mpf(value) if isinstance(value, int | float) else value

    def constant(expr: Expr) -> Number:
        if expr is S.Pi:
            return +context.pi
        if expr is S.Exp1:
            return +context.e
        raise UndecidedError(f"no interval for {expr}")

    def logarithm(x: Number) -> Number:
        if not x.a > 0:
            raise UndefinedError("a logarithm of an interval that is not positive")
        return context.log(x)

    def error_function(x: Number) -> Number:
        """erf rises, so its values at the ends bound it; the ends are widened by far more than their error."""
        low, high = (ends.erf(ends.make_mpf(end._mpi_[0])) for end in (x.a, x.b))
        slack = ends.mpf(2) ** (10 - bits)
        return context.mpf([low - slack, high + slack])

    def power(x: Number, exponent: Fraction) -> Number:
        if not x.a > 0:
            if exponent > 0 and x.a == 0 and x.b == 0:
                return x
            raise UndefinedError("a root of an interval that is not positive")
        return context.exp(context.log(x) * exponent.numerator / exponent.denominator)

    return Arithmetic(
        number=number,
        constant=constant,
        exp=context.exp,
        log=logarithm,
        sin=context.sin,
        cos=context.cos,
        erf=error_function,
        power=power,
        sign=_interval_sign,
    )


def _interval_sign(x: Number) -> int:
    if x.a > 0:
        return 1
    if x.b < 0:
        return -1
    if x.a == 0 and x.b == 0:
        return 0
    raise UndecidedError("an interval that contains 0 was compared with 0")


PRECISIONS = (100, 1600)  # bits, as a difference is looked for that is smaller and smaller
INTERVALS = intervals(PRECISIONS[0])
