r"""Three kinds of numbers for the same expression: floats (complex steps allowed), exact fractions, intervals."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any

import mpmath
from mpmath.ctx_iv import MPIntervalContext
from sympy import Abs, Expr, Max, Min, S, cos, cosh, erf, exp, log, sign, sin, sinh, tanh

Number = Any


class UndefinedError(ArithmeticError):
    """The expression has no real value there."""


class UndecidedError(ArithmeticError):
    """The arithmetic cannot tell: an interval that contains 0 was compared, or a value is not rational."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What numbers of one kind have beyond + - *: `functions` by their SymPy class, `power` with a rational exponent.

    `sign` is that of the real part. It decides cases and maximisers too.
    """

    number: Callable[[Any], Number]
    constant: Callable[[Expr], Number]
    functions: Mapping[type, Callable[..., Number]]
    power: Callable[[Number, Any], Number]
    sign: Callable[[Number], Any]


def scalar_arithmetic(
    number: Callable[[Any], Number],
    constant: Callable[[Expr], Number],
    own: Mapping[type, Callable[[Number], Number]],
    root: Callable[[Number, Fraction], Number],
    sign_of: Callable[[Number], int],
) -> Arithmetic:
    """The arithmetic of numbers that have a sign each, from its exp, log, sin, cos, erf and roots."""

    def power(x: Number, exponent: Fraction | int) -> Number:
        if exponent.denominator != 1:
            return root(x, Fraction(exponent))
        if isinstance(x, Fraction) and _digits(x) * abs(exponent) > _BITS:
            raise UndecidedError("a power with too many digits")
        if exponent >= 0:
            return x ** int(exponent)
        if sign_of(x) == 0:
            raise UndefinedError("a division by 0")
        return number(1) / x ** int(-exponent)

    def hyperbolic_tangent(x: Number) -> Number:
        falls = sign_of(x) < 0
        shrinking = own[exp](x + x if falls else -x - x)
        return (shrinking - 1) / (shrinking + 1) if falls else (1 - shrinking) / (1 + shrinking)

    def extreme(way: int, *arguments: Number) -> Number:
        best, *others = arguments
        for value in others:
            best = value if way * sign_of(value - best) > 0 else best
        return best

    derived = {
        tanh: hyperbolic_tangent,
        sinh: lambda x: (own[exp](x) - own[exp](-x)) / 2,
        cosh: lambda x: (own[exp](x) + own[exp](-x)) / 2,
        Abs: lambda x: -x if sign_of(x) < 0 else x,
        sign: lambda x: number(sign_of(x)),
        Max: partial(extreme, 1),
        Min: partial(extreme, -1),
    }
    return Arithmetic(number, constant, {**own, **derived}, power, sign_of)


_BITS = 1 << 20  # of an exact power


def _digits(x: Fraction) -> int:
    """How many binary digits each factor adds to a power: none of 1."""
    return max(abs(x.numerator), x.denominator).bit_length() - 1


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


FLOATS = scalar_arithmetic(
    _float,
    lambda expr: float(expr.evalf(17)),
    {
        exp: _float_exp,
        log: _float_log,
        sin: lambda x: cmath.sin(x) if isinstance(x, complex) else math.sin(x),
        cos: lambda x: cmath.cos(x) if isinstance(x, complex) else math.cos(x),
        erf: _float_erf,
    },
    _float_power,
    lambda x: (x.real > 0) - (x.real < 0),
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


EXACT = scalar_arithmetic(
    Fraction,
    _inexact,
    {exp: _exact_at(0, 1), log: _exact_at(1, 0), sin: _exact_at(0, 0), cos: _exact_at(0, 1), erf: _exact_at(0, 0)},
    _exact_power,
    lambda x: (x > 0) - (x < 0),
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

    def root(x: Number, exponent: Fraction) -> Number:
        if not x.a > 0:
            if exponent > 0 and x.a == 0 and x.b == 0:
                return x
            raise UndefinedError("a root of an interval that is not positive")
        return context.exp(context.log(x) * exponent.numerator / exponent.denominator)

    own = {exp: context.exp, log: logarithm, sin: context.sin, cos: context.cos, erf: error_function}
    return scalar_arithmetic(number, constant, own, root, _interval_sign)


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
