r"""Positivity, content and common denominators in the function field."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from symbackprop.algebra.proving.generators import (
    TERMS,
    Exponent,
    Monomial,
    Polynomial,
    UnprovedError,
    Workspace,
    accumulate,
    constant,
    generator,
    leading,
    merged,
    reduced,
)
from symbackprop.algebra.proving.texts import free_of, height_of, text_of


def is_positive(work: Workspace, polynomial: Polynomial) -> bool:
    """Whether a polynomial is above 0 at all real values of its generators, by its signs alone."""
    strict = False
    for monomial, coefficient in polynomial.items():
        if coefficient < 0:
            return False
        odd = [n for n, e in monomial if not work.generators[n].positive]
        if any(not (isinstance(e, int) and e % 2 == 0) for n, e in monomial if n in odd):
            return False
        strict = strict or not odd
    return strict


def sign_known(work: Workspace, number: int) -> int | None:
    """1 for a generator above 0, at all real values or in the case at hand, -1 for one below 0; None if unknown."""
    found = work.generators[number]
    if found.positive:
        return 1
    parts = factors_of(work, found.data if found.kind == "base" else {((number, 1),): 1})
    monomial = tuple(item for item in parts.monomial if not work.generators[item[0]].positive)
    sign = work.signs.get(text_of(work, {merged(m, monomial): c for m, c in parts.rest.items()}))
    return None if not sign else sign * (1 if parts.content > 0 else -1)


@dataclass(frozen=True, slots=True)
class Factors:
    """`content` · `monomial` · `rest`: a positive or negative number, powers of generators, and what remains."""

    content: Any
    monomial: Monomial
    rest: Polynomial


def factors_of(work: Workspace, polynomial: Polynomial) -> Factors:
    """Content and monomial pulled out; the rest is 1 or has several terms, whole coefficients and a chosen sign."""
    if len(polynomial) == 1:
        ((monomial, coefficient),) = polynomial.items()
        return Factors(coefficient, monomial, constant(1))
    coefficients = [Fraction(c) for c in polynomial.values()]
    content = Fraction(gcd(*(c.numerator for c in coefficients)), lcm(*(c.denominator for c in coefficients)))
    powers = [dict(m) for m in polynomial]
    shared = {n for p in powers for n in p}
    common = tuple(sorted((n, e) for n in shared if (e := min(p.get(n, 0) for p in powers))))
    inverse = tuple((n, -e) for n, e in common)
    lead = leading(work, polynomial)
    rising = sum(1 if c > 0 else -1 for c in coefficients)
    if rising < 0 or (rising == 0 and polynomial[lead] < 0):
        content = -content
    rest = {merged(m, inverse): _whole(Fraction(c) / content) for m, c in polynomial.items()}
    return Factors(content, common, rest)


def _whole(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def base_of(work: Workspace, polynomial: Polynomial) -> int:
    """The generator that stands for a polynomial, so that it can be divided by or rooted."""
    return generator(
        work,
        "base",
        text_of(work, polynomial),
        polynomial,
        free_of(work, polynomial),
        is_positive(work, polynomial),
        height_of(work, polynomial),
    )


def together(work: Workspace, polynomial: Polynomial) -> tuple[Polynomial, dict[int, int]]:
    """Numerator and the powers of bases in the denominator: every base below power 0 is multiplied up."""
    den: dict[int, int] = {}
    while True:
        lowest: dict[int, Exponent] = {}
        for monomial in polynomial:
            for number, exponent in monomial:
                if exponent < 0 and work.generators[number].kind == "base":
                    lowest[number] = min(lowest.get(number, 0), exponent)
        if not lowest:
            return polynomial, den
        number = max(lowest, key=lambda n: (work.generators[n].height, work.generators[n].label))
        shift = -(lowest[number] // 1)
        den[number] = den.get(number, 0) + int(shift)
        polynomial = _multiplied_up(work, polynomial, number, int(shift))


def _multiplied_up(work: Workspace, polynomial: Polynomial, number: int, shift: int) -> Polynomial:
    """`polynomial` times a power of a base, each monomial's own power of the base being raised first."""
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        raised = merged(monomial, ((number, shift),))
        accumulate(result, reduced(work, raised), coefficient)
        work.spend(len(result) // 16 + 1)
    if len(result) > TERMS:
        raise UnprovedError("too many terms")
    return result


def whole_exponent(exponent: Exponent) -> Exponent:
    return int(exponent) if isinstance(exponent, Fraction) and exponent.denominator == 1 else exponent


def whole_exponents(monomial: Monomial) -> Monomial:
    return tuple((n, whole_exponent(e)) for n, e in monomial)
