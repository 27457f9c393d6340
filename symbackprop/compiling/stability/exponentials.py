r"""Sums of exponentials, and what stays finite in their place.

\(E = \sum_q c_q e^{u_q}\), by a reduction, by hand, or both (\(1 + \sum_k e^{z_k}\)). Nothing here is decided by size:

* two plain terms are a sigmoid or a softplus of the difference of their exponents;
* all others are shifted by their largest exponent M, for any value of which
  \(E = e^M \sum_q c_q e^{u_q - M}\) and \(\log E = M + \log \sum_q c_q e^{u_q - M}\). Where \(c_q\) is 0, \(u_q\) has
  no part in M, and may be larger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sympy import Add, Expr, Mul, Ne, Piecewise, Pow, S, Sum, Symbol, exp, log
from sympy.logic.boolalg import Boolean, true

from symbackprop.algebra.binding import all_symbols, refresh, replaced
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import Apply, Guard, Maximum, bounds_of, tensor_of, total
from symbackprop.algebra.terms import Bounds


@dataclass(frozen=True, slots=True)
class Part:
    r"""\(\sum_{\text{bounds}} w\, e^u\), `weight` being free of exponentials."""

    weight: Expr
    exponent: Expr
    bounds: Bounds = ()

    @property
    def is_plain(self) -> bool:
        """Whether it is a positive number times an exponential."""
        return not self.bounds and self.weight.is_number and bool(self.weight.is_positive)

    @property
    def is_positive(self) -> bool:
        return all(bool(f.is_positive) or _opened(f) is not None for f in Mul.make_args(self.weight))

    @property
    def gates(self) -> tuple[Expr, ...]:
        """The factors that may be 0 at some of the positions: what they shut out takes no part in the sum."""
        bound = {variable for variable, _ in self.bounds}
        factors = Mul.make_args(self.weight)
        return tuple(f for f in factors if not f.is_positive and not f.is_number and f.free_symbols & bound)

    def shifted(self, by: Expr, gates: tuple[Expr, ...]) -> Expr:
        """The part with the largest exponent `by` taken off; what these gates shut out may have a larger one."""
        exponent = self.exponent - by
        return total(self.weight * exp(capped(exponent) if gates else exponent), *self.bounds)


Definition = Callable[[Expr], tuple[Part, ...] | None]
"""What the tensor of an entry is defined as there, if that is a sum of exponentials too."""


def parts_of(expr: Expr, definition: Definition) -> tuple[Part, ...] | None:
    """`expr` as a sum of exponentials; None if it is none, or has no exponential in it."""
    found = _parts(expr, definition, frozenset(all_symbols(expr)))
    if found is None or all(part.exponent == 0 for part in found):
        return None
    return found


def _parts(expr: Expr, definition: Definition, avoid: frozenset) -> tuple[Part, ...] | None:
    if isinstance(expr, exp):
        return (Part(S.One, expr.args[0]),)
    if expr.is_number:
        return (Part(expr, S.Zero),)
    if isinstance(expr, Add):
        found = [_parts(argument, definition, avoid) for argument in expr.args]
        return None if any(part is None for part in found) else tuple(p for parts in found for p in parts or ())
    if isinstance(expr, Sum):
        inner = _parts(expr.function, definition, avoid)
        return None if inner is None else tuple(replace(p, bounds=(*p.bounds, *bounds_of(expr))) for p in inner)
    if isinstance(expr, Mul):
        return _product(expr, definition, avoid)
    if _is_case(expr):
        value, condition = expr.args[0]
        inner = _parts(value, definition, avoid) if value != 1 else None
        indicator = Piecewise((S.One, condition), (S.Zero, True))
        return None if inner is None else tuple(replace(p, weight=p.weight * indicator) for p in inner)
    if tensor_of(expr):
        found = definition(expr)
        return None if found is None else tuple(_apart(part, avoid) for part in found)
    return None


def _apart(part: Part, avoid: frozenset) -> Part:
    """The part of another tensor's equation, its bound indices renamed where they would meet ours."""
    taken = set(avoid)
    body, bounds = refresh(part.weight * exp(part.exponent), part.bounds, taken)
    weight, exponent = S.One, S.Zero
    for factor in Mul.make_args(body):
        if isinstance(factor, exp):
            exponent += factor.args[0]
        else:
            weight *= factor
    return Part(weight, exponent, bounds)


def _product(expr: Expr, definition: Definition, avoid: frozenset) -> tuple[Part, ...] | None:
    """One exponential, or one sum of them, times what has none."""
    weight, sums = S.One, []
    exponent = S.Zero
    for factor in Mul.make_args(expr):
        found = _parts(factor, definition, avoid)
        if found is None:
            if factor.has(exp):
                return None
            weight *= factor
        elif len(found) == 1 and not found[0].bounds:
            weight, exponent = weight * found[0].weight, exponent + found[0].exponent
        else:
            sums.append(found)
    if len(sums) > 1:
        return None
    if not sums:
        return (Part(weight, exponent),) if exponent != 0 or weight.is_number else None
    return tuple(replace(p, weight=p.weight * weight, exponent=p.exponent + exponent) for p in sums[0])


def difference(one: Part, other: Part) -> Expr:
    r"""u - v of two plain parts, their weights taken into the exponents: \(\log(c e^u) - \log(d e^v)\)."""
    return (one.exponent - other.exponent).expand() + log(one.weight / other.weight)


def is_pair(parts: tuple[Part, ...]) -> bool:
    return len(parts) == 2 and all(part.is_plain for part in parts)


def softplus_of(pair: tuple[Part, ...]) -> Expr:
    r"""\(\log(c e^u + d e^v) = u + \log c + \mathrm{softplus}(v - u + \log(d/c))\)."""
    first, second = sorted(pair, key=lambda p: (p.exponent != 0, size_of(p.exponent), str(p.exponent)))
    return first.exponent + log(first.weight) + Apply("softplus", difference(second, first))


def sigmoids_of(pair: tuple[Part, ...], power: int, exponent: Expr) -> tuple[Expr, Expr] | None:
    r"""\(e^w (c e^u + d e^v)^{-n} = e^r \sigma^k \sigma^{n-k}\): the sigmoids, and r if it is less than w."""
    one, other = pair
    ways = []
    for k in range(power, -1, -1):
        rest = (exponent - k * one.exponent - (power - k) * other.exponent).expand()
        ways.append((size_of(rest) if rest != 0 else 0, k, rest))
    size, k, rest = min(ways, key=lambda way: (way[0], -way[1]))
    if size and (exponent == 0 or size >= size_of(exponent)):
        return None
    gap = difference(one, other)
    scale = one.weight**k * other.weight ** (power - k)
    return Apply("sigmoid", gap) ** k * Apply("sigmoid", -gap) ** (power - k) / scale, rest


def tanh_of(above: tuple[Part, ...], below: tuple[Part, ...]) -> Expr | None:
    r"""\((A - B)/(A + B)\) of two exponentials, as a tanh, times a number; None if it is none."""
    if len(above) != 2 or any(part.bounds or not part.weight.is_number for part in above):
        return None
    by_exponent = {part.exponent: part.weight for part in above}
    one, other = below
    if set(by_exponent) != {one.exponent, other.exponent}:
        return None
    ratio = by_exponent[one.exponent] / one.weight
    if by_exponent[other.exponent] / other.weight != -ratio:
        return None
    gap = difference(one, other) / 2
    return -ratio * Apply("tanh", -gap) if gap.could_extract_minus_sign() else ratio * Apply("tanh", gap)


def without_common(parts: tuple[Part, ...]) -> tuple[tuple[Part, ...], Expr]:
    r"""The parts without the terms that all exponents share, and these: \(e^{z_k - m}\) summed over k has -m."""
    shared = [set(Add.make_args(part.exponent)) for part in parts]
    bound = {variable for part in parts for variable, _ in part.bounds}
    common = Add(*(t for t in set.intersection(*shared) if not t.free_symbols & bound and not t.is_number))
    return tuple(replace(part, exponent=part.exponent - common) for part in parts), common


def largest_of(part: Part, gates: Iterable[Expr]) -> Expr:
    """The largest exponent of one part, over the positions that these of its gates let through."""
    body = part.exponent
    for gate in gates:
        opened = _opened(gate)
        body = Piecewise((body, Ne(gate, 0) if opened is None else opened), (_LEAST, True))
    for bound in part.bounds:
        body = Maximum(body, bound)
    return body


def _opened(gate: Expr) -> Boolean | None:
    """The condition under which a guard or an indicator is 1, and else 0; None for another factor."""
    if isinstance(gate, Guard):
        return gate.argument >= 0
    return gate.args[0][1] if _is_case(gate) and gate.args[0][0] == 1 else None


def _is_case(expr: Expr) -> bool:
    """Whether an expression is one value under a condition, and else 0."""
    return isinstance(expr, Piecewise) and len(expr.args) == 2 and tuple(expr.args[1]) == (S.Zero, true)


_LEAST = -(S(10) ** 300)  # below every exponent that counts

_x = Symbol("x", real=True)
CAPPED = ScalarFunction("_capped", _x, _x)
"""Of an exponent that is above 0 only where its exponential counts for nothing: x to proofs, min(x, 0) in code."""


def capped(exponent: Expr) -> Expr:
    return Apply(CAPPED.name, exponent)


def with_caps(expr: Expr) -> Expr:
    """`expr` with min(x, 0) for each exponent that is above 0 only where it does not count."""
    found = {part for part in expr.atoms(Apply) if part.name == CAPPED.name}
    return replaced(expr, {part: -Apply("relu", -part.argument) for part in found}) if found else expr


def base_and_power(factor: Expr) -> tuple[Expr, Expr]:
    """b and n of a factor bⁿ; of an exponential, itself and 1."""
    return (factor.base, factor.exp) if isinstance(factor, Pow) else (factor, S.One)
