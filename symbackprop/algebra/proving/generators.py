r"""The function field in which zero is tested: Laurent polynomials over generators with relations.

A generator is an entry, a size, an exponential, a logarithm, a closed sum, an indicator, ... known by its canonical
label. A polynomial maps monomials to rational coefficients; exponents may be negative, and fractions for roots. The
inverse of a polynomial P with several terms is a power of the generator that stands for P (its *base*). Relations:

    B^1 = P,  lm(P) B^e = B^(e+1) - (P - lm(P)) B^e   for e < 0        a base and its polynomial
    sin^2 = 1 - cos^2                                                 g^2 = g for guards, deltas, indicators
    [P = 0][P > 0] = 0,  [x = 0] x = 0                                y^2 = y for binary data
    y_k y_l = δ(k, l) y_k for one-hot data
    [e >= 1][e >= 0] = [e >= 1],  δ(e, 1)[e >= 2] = 0                 guards and deltas of one e
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce as fold
from math import inf
from typing import Any

from sympy import Expr, KroneckerDelta, Symbol

from symbackprop.algebra.proving.naming import label
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Premise, Space

Exponent = int | Fraction
Monomial = tuple[tuple[int, Exponent], ...]
Polynomial = dict[Monomial, Any]

ONE: Monomial = ()
IDEMPOTENT = frozenset({"guard", "delta", "pos", "zero"})
OPAQUE = "f."  # before the name of a function without a meaning: it may be called sin
TERMS = 4000
WORK = 200_000


class UnprovedError(Exception):
    """The zero test gives up: too much work, or something that it does not know. Caught by `is_zero`."""


class PoleError(UnprovedError):
    """The expression has no value in this case."""


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """One generator: its `number` in the workspace, its canonical `label`, and `data` by its `kind`."""

    number: int
    label: str
    kind: str
    data: Any
    free: frozenset[Symbol]
    positive: bool
    height: int


@dataclass(slots=True)
class Workspace:
    """The tables of one zero test.

    `boxes` are the sizes of all indices, `vanishing` the deltas assumed to be 0, `signs` the signs assumed of
    polynomials, by their texts; `handlers` convert the kinds of expressions; `open` are the bound indices in scope.
    `divisors` gains what is divided by and not known to differ from 0, `implied` the signs without which some logarithm
    or root has no value, by labels. With `away`, what a condition under a sum compares is never equal.
    """

    boxes: dict[Symbol, Expr]
    space: Space
    with_facts: bool = True
    assuming: bool = True
    vanishing: frozenset[str] = frozenset()
    signs: Mapping[str, int] = field(default_factory=dict)
    generators: list[Generator] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    premises: dict[Premise, None] = field(default_factory=dict)
    fact_missed: bool = False
    assumption_missed: bool = False
    divisors: dict[int, None] = field(default_factory=dict)
    implied: dict[str, int] = field(default_factory=dict)
    open: list[Symbol] = field(default_factory=list)
    memo: dict[Any, Any] = field(default_factory=dict)
    handlers: Mapping[type, Callable[[Workspace, Any], Polynomial]] = field(default_factory=dict)
    special: set[int] = field(default_factory=set)
    away: bool = False
    work: int = 0

    def spend(self, amount: int = 1) -> None:
        self.work += amount
        if self.work > WORK:
            raise UnprovedError("too much work")

    def cite(self, premise: Premise) -> None:
        self.premises.setdefault(premise)

    def nonnegative(self, expr: Expr) -> bool:
        key = ("nonnegative", expr)
        if key not in self.memo:
            self.memo[key] = is_nonnegative(expr, self.boxes, self.space)
        return self.memo[key]

    def may_use_fact(self) -> bool:
        """Whether facts of tensors may serve; notes that one would have."""
        self.fact_missed = self.fact_missed or not self.with_facts
        return self.with_facts

    def may_assume(self) -> bool:
        """Whether values may be taken to be above 0, with a premise for each; notes that one would have been."""
        self.assumption_missed = self.assumption_missed or not self.assuming
        return self.assuming


def generator(
    work: Workspace, kind: str, label: str, data: Any, free: frozenset[Symbol], positive: bool = False, height: int = 0
) -> int:
    """The number of the generator with this label, made if it is new."""
    label = f"{kind}:{label}" if kind not in ("entry", "size") else label
    number = work.numbers.get(label)
    if number is None:
        number = len(work.generators)
        work.generators.append(Generator(number, label, kind, data, free, positive, height))
        work.numbers[label] = number
        if kind in IDEMPOTENT or kind in ("base", "sin", "binary"):
            work.special.add(number)
    return number


def constant(value: Any) -> Polynomial:
    return {ONE: value} if value else {}


def power_of(number: int) -> Polynomial:
    return {((number, 1),): 1}


def add(*polynomials: Polynomial) -> Polynomial:
    result: Polynomial = {}
    for polynomial in polynomials:
        accumulate(result, polynomial, 1)
    return result


def accumulate(result: Polynomial, polynomial: Polynomial, scale: Any) -> None:
    """`result` += `scale` * `polynomial`, in place."""
    for monomial, coefficient in polynomial.items():
        value = result.get(monomial, 0) + scale * coefficient
        if value:
            result[monomial] = value
        else:
            result.pop(monomial, None)


def scaled(polynomial: Polynomial, scale: Any) -> Polynomial:
    return {m: c * scale for m, c in polynomial.items()} if scale else {}


def merged(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials, no relation applied."""
    if not left:
        return right
    if not right:
        return left
    powers = dict(left)
    for number, exponent in right:
        total = powers.get(number, 0) + exponent
        if total:
            powers[number] = total
        else:
            del powers[number]
    return tuple(sorted(powers.items()))


def multiply(work: Workspace, left: Polynomial, right: Polynomial) -> Polynomial:
    result: Polynomial = {}
    work.spend(len(left) * len(right))
    for m1, c1 in left.items():
        for m2, c2 in right.items():
            monomial = merged(m1, m2)
            if work.special and any(n in work.special for n, _ in monomial):
                accumulate(result, reduced(work, monomial), c1 * c2)
            else:
                value = result.get(monomial, 0) + c1 * c2
                if value:
                    result[monomial] = value
                else:
                    result.pop(monomial, None)
    if len(result) > TERMS:
        raise UnprovedError("too many terms")
    return result


def product(work: Workspace, factors: Iterable[Polynomial]) -> Polynomial:
    return fold(lambda left, right: multiply(work, left, right), factors, constant(1))


def whole_power(work: Workspace, polynomial: Polynomial, exponent: int) -> Polynomial:
    """A power with a natural exponent."""
    result, square = constant(1), polynomial
    while exponent:
        if exponent & 1:
            result = multiply(work, result, square)
        exponent >>= 1
        if exponent:
            square = multiply(work, square, square)
    return result


def reduced(work: Workspace, monomial: Monomial) -> Polynomial:
    """A monomial by the relations, in normal form."""
    key = ("reduced", monomial)
    known = work.memo.get(key)
    if known is None:
        work.spend()
        step = _step(work, monomial)
        if step is None:
            known = {monomial: 1}
        else:
            known = {}
            for inner, coefficient in step.items():
                accumulate(known, reduced(work, inner), coefficient)
        work.memo[key] = known
    return known


def _step(work: Workspace, monomial: Monomial) -> Polynomial | None:
    """One relation applied to a monomial; None if none applies."""
    powers = dict(monomial)
    for number, exponent in monomial:
        if number not in work.special:
            continue
        kind = work.generators[number].kind
        if kind in IDEMPOTENT or kind == "binary":
            if exponent != 1 and (kind in IDEMPOTENT or (exponent > 1 and isinstance(exponent, int))):
                if kind == "binary":
                    work.cite(Premise("is 0 or 1", work.generators[number].data[0]))
                return {_with(powers, {number: 1}): 1}
            if kind == "binary" and (one := _one_of(work, number, powers)) is not None:
                return one
            if kind == "zero" and _meets_zero(work, number, powers):
                return {}
            if kind in ("guard", "delta") and (weaker := _met(work, number, powers)) is not None:
                return {_with(powers, {weaker: 0}): 1} if weaker >= 0 else {}
        elif kind == "sin":
            if exponent >= 2 and isinstance(exponent, int):
                cosine = work.generators[number].data
                rest = _with(powers, {number: exponent - 2})
                return {rest: 1, merged(rest, ((cosine, 2),)): -1}
        else:
            step = _base_step(work, number, exponent, powers)
            if step is not None:
                return step
    return None


def _with(powers: Mapping[int, Exponent], changed: Mapping[int, Exponent]) -> Monomial:
    return tuple(sorted((n, e) for n, e in {**powers, **changed}.items() if e))


def _meets_zero(work: Workspace, number: int, powers: Mapping[int, Exponent]) -> bool:
    """Whether [P = 0] stands beside [P > 0], or P is a single generator that multiplies."""
    polynomial = work.generators[number].data
    positive = work.numbers.get("pos:" + work.generators[number].label.removeprefix("zero:"))
    if positive in powers:
        return True
    if len(polynomial) == 1:
        ((monomial, _),) = polynomial.items()
        return any(powers.get(n, 0) > 0 and e > 0 for n, e in monomial)
    return False


def _one_of(work: Workspace, number: int, powers: Mapping[int, Exponent]) -> Polynomial | None:
    r"""\(y_k y_l = \delta_{kl} y_k\) of one-hot entries that differ in the place on their axis."""
    name, indices = work.generators[number].data
    axis = next((fact.axis for fact in work.space.facts if fact.tensor == name and fact.kind == "one_hot"), None)
    for other in powers:
        found = work.generators[other]
        if axis is None or other <= number or found.kind != "binary" or found.data[0] != name:
            continue
        if all(
            one == two for place, (one, two) in enumerate(zip(indices, found.data[1], strict=True)) if place != axis
        ):
            kept, left = sorted((number, other), key=lambda n: work.generators[n].label)
            work.cite(Premise("sums to 1", name))
            delta = work.handlers[KroneckerDelta](work, KroneckerDelta(indices[axis], found.data[1][axis]))
            rest = _with(powers, {kept: 1, left: 0})
            return {merged(rest, monomial): scale for monomial, scale in delta.items()}
    return None


def _met(work: Workspace, number: int, powers: Mapping[int, Exponent]) -> int | None:
    """A guard or delta implied by another one of the same e + c, both in a monomial; -1 if they exclude each other."""
    own = _levels(work, number)
    for other in powers:
        if other <= number or work.generators[other].kind not in ("guard", "delta"):
            continue
        key, low, high = _levels(work, other)
        if key != own[0]:
            continue
        if max(low, own[1]) > min(high, own[2]):
            return -1
        if low <= own[1] and own[2] <= high:
            return other
        if own[1] <= low and high <= own[2]:
            return number
    return None


def _levels(work: Workspace, number: int) -> tuple[str, float, float]:
    r"""The values of e between which a guard \([\pm e + c \ge 0]\) or a delta of e + c is 1, with the text of e."""
    key = ("levels", number)
    if key not in work.memo:
        found = work.generators[number]
        shift, rest = found.data.as_coeff_Add()
        text, opposite = label(rest), label(-rest)
        turned = opposite < text
        low, high = (-shift, inf) if found.kind == "guard" else (-shift, -shift)
        work.memo[key] = (opposite, -high, -low) if turned else (text, low, high)
    return work.memo[key]


def _base_step(work: Workspace, number: int, exponent: Exponent, powers: Mapping[int, Exponent]) -> Polynomial | None:
    base: Polynomial = work.generators[number].data
    if exponent >= 1:
        whole = int(exponent)
        rest = _with(powers, {number: exponent - whole})
        expanded = whole_power(work, base, whole)
        return {merged(rest, m): c for m, c in expanded.items()}
    if exponent > 0:
        return None
    lead = leading(work, base)
    if all(powers.get(n, 0) >= e for n, e in lead):
        rest = merged(_with(powers, {}), tuple((n, -e) for n, e in lead))
        scale = Fraction(1) / base[lead]
        result: Polynomial = {merged(rest, ((number, 1),)): scale}
        for monomial, coefficient in base.items():
            if monomial != lead:
                accumulate(result, {merged(rest, monomial): 1}, -scale * coefficient)
        return result
    return _partial_fraction(base, number, powers)


def _partial_fraction(base: Polynomial, number: int, powers: Mapping[int, Exponent]) -> Polynomial | None:
    """1/(g P) = 1/(c g) - Q/(c P) where P = c + g Q with a number c."""
    if ONE not in base:
        return None
    for other, exponent in powers.items():
        if exponent < 0 and other != number and all(other in dict(m) for m in base if m != ONE):
            scale = Fraction(1) / base[ONE]
            monomial = _with(powers, {})
            result: Polynomial = {merged(monomial, ((number, 1),)): scale}
            for part, coefficient in base.items():
                if part != ONE:
                    accumulate(result, {merged(monomial, part): 1}, -scale * coefficient)
            return result
    return None


def leading(work: Workspace, polynomial: Polynomial) -> Monomial:
    """The leading monomial: the highest degree, then by labels."""
    key = ("leading", tuple(sorted(polynomial)))
    if key not in work.memo:
        labels = work.generators

        def rank(monomial: Monomial) -> tuple:
            powers = sorted(((labels[n].label, e) for n, e in monomial), reverse=True)
            return (sum(e for _, e in monomial), powers)

        work.memo[key] = max(polynomial, key=rank)
    return work.memo[key]
