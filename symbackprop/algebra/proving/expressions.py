r"""Generators and monomials back to expressions, for the rules that work on terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy import Add, Expr, KroneckerDelta, Mul, Piecewise, Rational, S, cos, erf, exp, log, sin

from symbackprop.algebra.proving.generators import OPAQUE, Generator, Monomial, Polynomial, Workspace
from symbackprop.algebra.symbols import Apply, Guard, Maximum, entry, total

_PLAIN = {"sin": sin, "cos": cos, "erf": erf}


def expression_of(work: Workspace, number: int) -> Expr:
    """The expression that a generator stands for."""
    key = ("expression", number)
    if key not in work.memo:
        found = work.generators[number]
        work.memo[key] = _EXPRESSIONS[found.kind](work, found)
    return work.memo[key]


def factor_of(work: Workspace, number: int, exponent) -> Expr:
    return expression_of(work, number) ** Rational(exponent)


def monomial_expression(work: Workspace, monomial: Monomial) -> Expr:
    return Mul(*(factor_of(work, n, e) for n, e in monomial))


def polynomial_expression(work: Workspace, polynomial: Polynomial) -> Expr:
    return Add(*(Rational(c) * monomial_expression(work, m) for m, c in polynomial.items()))


def _body(work: Workspace, found: Generator) -> Expr:
    return polynomial_expression(work, found.data)


def _function(work: Workspace, found: Generator) -> Expr:
    name, order, argument = found.data
    inner = polynomial_expression(work, argument)
    return _PLAIN[name](inner) if name in _PLAIN else Apply(name.removeprefix(OPAQUE), inner, order)


def _sum(work: Workspace, found: Generator) -> Expr:
    bounds, items = found.data
    return total(monomial_expression(work, items), *((v, work.boxes[v]) for v in bounds))


def _maximum(work: Workspace, found: Generator) -> Expr:
    bound, body = found.data
    return Maximum(polynomial_expression(work, body), (bound, work.boxes[bound]))


_EXPRESSIONS: Mapping[str, Callable[[Workspace, Generator], Expr]] = {
    "entry": lambda work, found: entry(found.data[0], *found.data[1]),
    "binary": lambda work, found: entry(found.data[0], *found.data[1]),
    "size": lambda work, found: found.data,
    "integer": lambda work, found: found.data,
    "constant": lambda work, found: found.data,
    "guard": lambda work, found: Guard(found.data),
    "delta": lambda work, found: KroneckerDelta(found.data, S.Zero),
    "exp": lambda work, found: exp(_body(work, found)),
    "base": _body,
    "log": lambda work, found: log(expression_of(work, found.data)),
    "sin": lambda work, found: sin(polynomial_expression(work, work.generators[found.data].data[2])),
    "function": _function,
    "pos": lambda work, found: Piecewise((1, _body(work, found) > 0), (0, True)),
    "zero": lambda work, found: (
        Piecewise((1, _body(work, found) <= 0), (0, True)) - Piecewise((1, _body(work, found) < 0), (0, True))
    ),
    "sum": _sum,
    "max": _maximum,
}
