r"""An expression in values of the forward pass: products that an equation names, sums that its equations make 0.

Where \(\hat x_i = c_i r\) is an equation, \(r^3 c_i c_j\) is \(r\, \hat x_i \hat x_j\); where \(c_i = x_i - \mu\) with
\(\mu\) the mean, \(\sum_j \hat x_j\) is 0, which is proved. Nothing is known of any layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sympy import Expr, Function, Mul, Piecewise, Pow, S, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.display import assemble
from symbackprop.algebra.elimination import expanded
from symbackprop.algebra.folding import in_range, match
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import Apply, entry, tensor_of, total
from symbackprop.algebra.terms import Term, components


@dataclass(slots=True)
class Values:
    """The equations of `names`, the later ones first; `used` gains those whose definitions a form rests on."""

    names: tuple[str, ...]
    ranges: Ranges
    space: Space
    used: dict[str, None] = field(default_factory=dict)
    zeros: dict[Expr, tuple[str, ...] | None] = field(default_factory=dict)

    @property
    def has_products(self) -> bool:
        """Whether an equation is a product of entries."""
        return any(_product(self.space.definitions[name]) for name in self.names)

    def form(self, expr: Expr) -> Expr:
        """`expr` multiplied out, its products by the names that equations give them, without sums that are 0."""
        terms = [t for term in expanded(expr) for t in collapse(term, self.ranges, self.space)]
        named = [self.named(term) for term in terms]
        return assemble([term for term in named if not self.vanishes(term)], self.ranges, self.space)

    def named(self, term: Term) -> Term:
        """The term with each product that an equation names replaced by its entry."""
        for name in self.names:
            product = _product(_apart(self.space.definitions[name]))
            while product and (shorter := self._with(term, name, product)) is not None:
                term = shorter
                self.used[name] = None
        return term

    def _with(self, term: Term, name: str, product: Mapping[Expr, int]) -> Term | None:
        """The term with one instance of the product replaced by the entry that it defines."""
        array = _apart(self.space.definitions[name])
        powers = _powers(term.factors)
        before = dict(powers)
        boxes = {**self.ranges, **dict(term.bounds)}
        shape = dict(zip(array.indices, array.shape, strict=True))
        for found in _instances(list(product.items()), powers, frozenset(array.indices)):
            if set(found) != set(shape) or not in_range(found, shape, boxes, self.space):
                continue
            for base, power in product.items():
                powers[base.xreplace(found)] -= power
            if any(power * powers[base] < 0 for base, power in before.items()):
                return None  # the same factor would serve twice
            value = entry(name, *(found[index] for index in array.indices))
            powers[value] = powers.get(value, 0) + 1
            number = array.expression.as_coeff_Mul()[0]
            factors = tuple(base**power for base, power in powers.items() if power != 0)
            return replace(term, coefficient=term.coefficient / number, factors=factors)
        return None

    def vanishes(self, term: Term) -> bool:
        """Whether a sum of forward values in the term is proved to be 0."""
        known = set(self.names)
        for bounds, members in components(term.bounds, list(term.factors)):
            body = Mul(*members)
            if not bounds or term.guards or len(members) != 1 or not tensors_in(body) <= known:
                continue
            whole = total(body, *bounds)
            if whole not in self.zeros:
                self.zeros[whole] = self._zero(whole)
            rests = self.zeros[whole]
            if rests is not None:
                self.used.update(dict.fromkeys(rests))
                return True
        return False

    def _zero(self, whole: Expr) -> tuple[str, ...] | None:
        """The equations by which a sum is 0: those without quotients, roots and functions, as far as it takes."""
        using: tuple[str, ...] = ()
        for name in self.names:
            if not _is_polynomial(self.space.definitions[name].expression) and name not in tensors_in(whole):
                continue
            using = (*using, name)
            if is_zero(whole, self.ranges, self.space, using=using) is not None:
                return using
        return None


def _is_polynomial(expr: Expr) -> bool:
    powers = (p for p in expr.atoms(Pow) if tensors_in(p.base) or tensors_in(p.exp))
    return all(p.exp.is_Integer and p.exp > 0 for p in powers) and not expr.has(Apply, Function, Piecewise)


def _apart(array: Array) -> Array:
    """The equation with indices of its own, which stand in no other expression."""
    own = tuple(Symbol(f"_place{number}", integer=True) for number in range(len(array.indices)))
    return Array(own, array.shape, array.at(*own))


def _product(array: Array) -> dict[Expr, int] | None:
    """The powers of entries whose product an equation is, a number aside; None for any other equation."""
    powers = _powers(Mul.make_args(array.expression.as_coeff_Mul()[1]))
    if len(powers) < 2 or not all(tensor_of(base) for base in powers):
        return None
    return powers


def _powers(factors: tuple[Expr, ...]) -> dict[Expr, int]:
    result: dict[Expr, int] = {}
    for factor in factors:
        base, power = factor.as_base_exp() if isinstance(factor, Pow) else (factor, S.One)
        if not power.is_Integer:
            base, power = factor, S.One
        result[base] = result.get(base, 0) + int(power)
    return result


def _instances(
    wanted: list[tuple[Expr, int]], powers: Mapping[Expr, int], variables: frozenset[Symbol]
) -> Iterator[dict[Symbol, Expr]]:
    """Values of the indices at which all wanted powers are there."""
    if not wanted:
        yield {}
        return
    (pattern, least), *others = wanted
    for base, power in powers.items():
        if power * least < least * least:
            continue
        found = match(pattern, base, variables)
        if found is None:
            continue
        rest = [(other.xreplace(found), power) for other, power in others]
        for more in _instances(rest, powers, variables):
            yield {**found, **more}
