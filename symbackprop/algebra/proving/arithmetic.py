r"""Three kinds of numbers for the same expression: floats (complex steps allowed), exact fractions, intervals."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
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

_IV = MPIntervalContext()
_IV.prec = 100
_MP = mpmath.MPContext()
_MP.prec = 140


def _interval(value: Any) -> Number:
    if isinstance(value, Fraction):
        return _IV.mpf(value.numerator) / value.denominator
    if isinstance(value, int | float):
        return _IV.mpf(value)
    return value


def _interval_sign(x: Number) -> int:
    if x.a > 0:
        return 1
    if x.b < 0:
        return -1
    if x.a == 0 and x.b == 0:
        return 0
    raise UndecidedError("an interval that contains 0 was compared with 0")


def _interval_log(x: Number) -> Number:
    if not x.a > 0:
        raise UndefinedError("a logarithm of an interval that is not positive")
    return _IV.log(x)


def _interval_erf(x: Number) -> Number:
    """erf rises, so its values at the ends bound it; the ends are widened by far more than their error."""
    low, high = (_MP.erf(_MP.mpf(end)) for end in (_end(x.a), _end(x.b)))
    slack = _MP.mpf(2) ** -90
    return _IV.mpf([low - slack, high + slack])


def _end(point: Any) -> Any:
    return _MP.make_mpf(point._mpi_[0])


def _interval_power(x: Number, exponent: Fraction) -> Number:
    if not x.a > 0:
        if exponent > 0 and x.a == 0 and x.b == 0:
            return x
        raise UndefinedError("a root of an interval that is not positive")
    return _IV.exp(_IV.log(x) * exponent.numerator / exponent.denominator)


def _interval_constant(expr: Expr) -> Number:
    if expr is S.Pi:
        return +_IV.pi
    if expr is S.Exp1:
        return +_IV.e
    raise UndecidedError(f"no interval for {expr}")


INTERVALS = Arithmetic(
    number=_interval,
    constant=_interval_constant,
    exp=_IV.exp,
    log=_interval_log,
    sin=_IV.sin,
    cos=_IV.cos,
    erf=_interval_erf,
    power=_interval_power,
    sign=_interval_sign,
)
