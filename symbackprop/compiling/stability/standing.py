r"""Adjoints in the values that stand already: \(\sigma(-z)\) is 1 - a, \(e^{z-M}/\sum e^{z-M}\) is p.

So they read as in the document, \(\bar z = a - y\), and compute nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sympy import Expr, Mul, Pow, Sum, Symbol, exp

from symbackprop.algebra.binding import free_indices, rebind, replaced, substitute
from symbackprop.algebra.elimination import compact
from symbackprop.algebra.folding import match
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.proving.naming import label
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import BINDERS, Apply, body_of, bounds_of, entry, remade
from symbackprop.compiling.stability.steady import Steady
from symbackprop.model.model import Model
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Curve:
    """`value`, an expression in an entry, is `function` of `argument`, at the indices in `ranges`."""

    function: str
    argument: Expr
    value: Expr
    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Share:
    """`value`, an entry, is the exponential of `exponent` over the sum `below`, at the indices in `ranges`."""

    exponent: Expr
    below: Expr
    value: Expr
    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands: curves and shares of the forward pass, to be recognised in adjoints."""

    space: Space
    curves: tuple[Curve, ...]
    shares: tuple[Share, ...]
    shifts: frozenset[str] = frozenset()

    def form(self, expr: Expr, ranges: Ranges) -> Expr:
        """`expr` with sigmoids for quotients of exponentials, and values that stand for what they are."""
        if not expr.has(exp, Apply):
            return expr
        plain = self._known(Steady(self.space, shifts=self.shifts).form(expr, ranges), ranges)
        forms = [expr if plain == expr else compact(plain, ranges, self.space, [])]
        one_sided = _one_sided(plain)
        if one_sided != plain:
            forms.append(compact(one_sided, ranges, self.space, []))
        return min(forms, key=size_of)

    def _known(self, expr: Expr, ranges: Ranges) -> Expr:
        if not expr.args or not expr.has(exp, Apply):
            return expr
        if isinstance(expr, BINDERS):
            bounds = bounds_of(expr)
            return rebind(expr, self._known(body_of(expr), {**ranges, **dict(bounds)}), bounds)
        if isinstance(expr, Apply):
            return next(self._curve(expr, ranges), expr)
        if isinstance(expr, Mul):
            expr = self._shares(expr, ranges)
        arguments = [self._known(a, ranges) if isinstance(a, Expr) or a.args else a for a in expr.args]
        return remade(expr, arguments) if expr.args else expr

    def _curve(self, expr: Apply, ranges: Ranges) -> Iterator[Expr]:
        if expr.order:
            return
        for curve in (curve for curve in self.curves if curve.function == expr.name):
            ways = [(expr.argument, curve.value)]
            if expr.name in _MIRRORED:
                ways.append((-expr.argument, _MIRRORED[expr.name](curve.value)))
            for argument, value in ways:
                found = self._found(curve.argument, argument, curve.ranges, ranges)
                if found is not None:
                    yield substitute(value, found)

    def _shares(self, product: Expr, ranges: Ranges) -> Expr:
        """The product with each exponential over its sum as the entry that it is."""
        for share in self.shares:
            if not isinstance(product, Mul):
                return product
            for factor in [f for f in product.args if isinstance(f, exp)]:
                found = self._found(share.exponent, factor.args[0], share.ranges, ranges)
                if found is None:
                    continue
                wanted = label(substitute(share.below, found))
                for part in product.args:
                    if isinstance(part, Pow) and part.exp.is_Integer and part.exp < 0 and label(part.base) == wanted:
                        rest = [argument for argument in product.args if argument not in (factor, part)]
                        product = Mul(*rest, part.base ** (part.exp + 1), substitute(share.value, found))
                        break
        return product

    def _found(self, pattern: Expr, instance: Expr, own: Ranges, ranges: Ranges) -> dict[Symbol, Expr] | None:
        """The indices at which `pattern` is `instance`, if they are in range."""
        found = match(pattern, instance, frozenset(own))
        if found is None or set(found) != set(own):
            return None
        inside = all(
            is_nonnegative(at, ranges, self.space) and is_nonnegative(own[v] - 1 - at, ranges, self.space)
            for v, at in found.items()
        )
        return found if inside else None


def _one_sided(expr: Expr) -> Expr:
    r"""1 - σ(u) for σ(-u) where both stand."""
    arguments = {part.argument for part in expr.atoms(Apply) if part.name == "sigmoid" and part.order == 0}
    twice = [u for u in arguments if -u in arguments and u.could_extract_minus_sign()]
    return replaced(expr, {Apply("sigmoid", u): 1 - Apply("sigmoid", -u) for u in sorted(twice, key=str)})


_MIRRORED: dict[str, Callable[[Expr], Expr]] = {
    "sigmoid": lambda value: 1 - value,
    "tanh": lambda value: -value,
}


def standing(model: Model, shifts: frozenset[str]) -> Standing:
    """What the equations of a plain model in stable form give to their adjoints; `shifts` are its largest exponents."""
    curves: list[Curve] = []
    shares: list[Share] = []
    for equation in model.order:
        ranges = model.space.definitions[equation.tensor].ranges
        value = entry(equation.tensor, *equation.indices)
        expr = equation.expression
        if isinstance(expr, Apply) and expr.name in (*_MIRRORED, "softplus") and expr.order == 0:
            curves.append(Curve(expr.name, expr.argument, value, ranges))
            if expr.name == "tanh":
                curves.append(Curve("sigmoid", 2 * expr.argument, (1 + value) / 2, ranges))
        elif isinstance(expr, Mul):
            shares += _shares_of(equation, value, ranges)
    return Standing(model.space, tuple(curves), tuple(shares), shifts)


def _shares_of(equation: Equation, value: Expr, ranges: Ranges) -> Iterator[Share]:
    """The exponential over a sum that the equation is, if it is one."""
    factors = equation.expression.args
    if len(factors) != 2:
        return
    above = next((f for f in factors if isinstance(f, exp)), None)
    below = next((f for f in factors if isinstance(f, Pow) and f.exp == -1 and isinstance(f.base, Sum)), None)
    if above is not None and below is not None and free_indices(above) >= set(ranges):
        yield Share(above.args[0], below.base, value, ranges)
