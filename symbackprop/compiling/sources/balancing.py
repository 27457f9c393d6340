r"""Formulas in one exponential, written so that it never overflows: \(e^g\) where g <= 0, \(e^{-g}\) elsewhere.

\(1 / (1 + e^{-x})^2\) at -10000 is a quotient of an infinity as it stands; with \(u = e^{-|x|}\) it is
\(u^2 / (1 + u)^2\) there. Logarithms of such formulas give up their largest power: \(\log(1 + e^x) = x + \log(1 + u)\).
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Dummy, Expr, Piecewise, Poly, Rational, cancel, exp, fraction, ilcm, log, together
from sympy.codegen.cfunctions import log1p
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.polys.polyerrors import PolynomialError

from symbackprop.algebra.symbols import Apply


def balanced(expr: Expr) -> Expr:
    """An equal formula without overflow, where `expr` is rational in one exponential and its logarithms; else `expr`.

    No exponential is touched that cannot overflow.
    """
    if isinstance(expr, Piecewise):
        return Piecewise(*(ExprCondPair(balanced(value), when) for value, when in expr.args))
    if not may_overflow(expr) or expr.has(Piecewise):
        return expr
    power = _common_exponent(expr)
    if power is None:
        return expr
    rising, falling = (_Side(power, sign).form(expr) for sign in (1, -1))
    return expr if rising is None or falling is None else Piecewise((rising, power > 0), (falling, True))


def may_overflow(expr: Expr) -> bool:
    return any(not e.args[0].is_nonpositive and e.args[0].free_symbols for e in expr.atoms(exp))


def _common_exponent(expr: Expr) -> Expr | None:
    """An exponent of which all others are whole multiples."""
    exponents = sorted((e.args[0] for e in expr.atoms(exp)), key=str)
    ratios = [cancel(e / exponents[0]) for e in exponents]
    if not all(r.is_Rational for r in ratios):
        return None
    unit = exponents[0] / ilcm(*(r.q for r in ratios), 1)
    return -unit if unit.could_extract_minus_sign() else unit


@dataclass(frozen=True, slots=True)
class _Side:
    """Where the exponent is above 0 (`sign` 1) or not (-1): formulas in u = exp(-|exponent|)."""

    power: Expr
    sign: int

    def form(self, expr: Expr) -> Expr | None:
        """The formula in u, divided by the largest power of what grows; None if it is not rational in u."""
        u = Dummy("u", positive=True)
        plain = self._in(expr, u)
        if plain is None:
            return None
        above, below = fraction(together(plain))
        try:
            result = self._polynomial(above, u) / self._polynomial(below, u) if plain.has(u) else plain
            shift = self._lowest(above, u) - self._lowest(below, u) if plain.has(u) else 0
        except PolynomialError:
            return None
        if shift < 0:
            return None  # it grows without bound as it stands
        small = exp(-Apply("abs", self.power))
        return (result * u**shift).xreplace({u: small})

    def _in(self, expr: Expr, u: Expr) -> Expr | None:
        """`expr` with u**(-sign k) for exp(k power), and logarithms freed of their largest power."""
        if isinstance(expr, exp):
            ratio = cancel(expr.args[0] / self.power)
            return u ** (-self.sign * ratio)
        if isinstance(expr, log) and expr.has(exp):
            return self._logarithm(expr.args[0], u)
        if not expr.has(exp):
            return expr
        if isinstance(expr, Apply):
            return None
        parts = [self._in(a, u) for a in expr.args]
        return None if any(p is None for p in parts) else expr.func(*parts)

    def _logarithm(self, argument: Expr, u: Expr) -> Expr | None:
        inner = self._in(argument, u)
        if inner is None or inner.has(log):
            return None
        above, below = fraction(together(inner))
        try:
            top, bottom = self._polynomial(above, u), self._polynomial(below, u)
            shift = self._lowest(above, u) - self._lowest(below, u)
        except PolynomialError:
            return None
        small = {u: exp(-Apply("abs", self.power))}
        parts = [_log_of(top, u).xreplace(small), -_log_of(bottom, u).xreplace(small)]
        return -self.sign * shift * self.power + parts[0] + parts[1]

    def _polynomial(self, expr: Expr, u: Expr) -> Expr:
        """The polynomial divided by its lowest power of u."""
        terms = Poly(expr, u).terms()
        low = min(power for (power,), _ in terms)
        return sum((c * u ** (power - low) for (power,), c in terms), start=Rational(0))

    def _lowest(self, expr: Expr, u: Expr) -> int:
        return min(power for (power,), _ in Poly(expr, u).terms())


def _log_of(expr: Expr, u: Expr) -> Expr:
    """log(e), or log1p(e - 1) where the constant term is 1, which keeps the digits of a small u."""
    if expr == 1:
        return Rational(0)
    rest = expr - 1
    return log1p(rest) if rest.xreplace({u: Rational(0)}) == 0 else log(expr)
