r"""Certified witnesses: real points at which two sides differ, whatever rounding does.

Both sides are computed in interval arithmetic from short decimals for the leaves, and the interval of their difference
excludes 0. A function without a formula is a polynomial there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.proving.arithmetic import INTERVALS, UndecidedError
from symbackprop.algebra.proving.equality import Witness
from symbackprop.algebra.proving.evaluate import Computed, Environment, value_of
from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import index, is_adjoint, tensor_of
from symbackprop.verifying.claims.comparing import Pair, Screen
from symbackprop.verifying.points import Point
from symbackprop.verifying.truths import Truth, partial_of

ATTEMPTS = 6
_DIGITS = 2
_SHOWN = 6  # entries that a witness shows beside its sizes


@dataclass(slots=True)
class Certifier:
    """Interval values of one truth's tensors at its points; what was computed for one claim serves the next."""

    truth: Truth
    _environments: dict[int, Environment] = field(default_factory=dict)
    _leaves: dict[int, dict[str, Any]] = field(default_factory=dict)

    def witness(self, pair: Pair, screen: Screen) -> Witness | None:
        """A place where the sides of `pair` differ for certain, if one is found near those where floats do."""
        for number, place in screen.differing:
            point = self.truth.points[number]
            env = self._environment(number)
            for position in _near(place, point.shape(pair.shape)):
                scope: dict[Symbol, Any] = {**point.sizes, **dict(zip(pair.indices, position, strict=True))}
                try:
                    left, right = value_of(pair.left, env, scope), value_of(pair.right, env, scope)
                    if INTERVALS.sign(left - right) == 0:
                        continue
                except (ArithmeticError, ValueError, UndecidedError, KeyError):
                    continue
                return self._found(number, pair, position, left, right)
        return None

    def _found(self, number: int, pair: Pair, position: tuple[int, ...], left: Any, right: Any) -> Witness:
        sizes = sorted(self.truth.points[number].sizes.items(), key=str)
        read = {s for shape in self.truth.space.shapes.values() for extent in shape for s in extent.free_symbols}
        read |= (pair.left - pair.right).free_symbols
        indices = tuple((variable.name, at) for variable, at in zip(pair.indices, position, strict=True))
        counts = tuple((symbol.name, count) for symbol, count in sizes if symbol in read)
        return Witness(counts, indices, _stored(self._leaves[number]), _middle(left), _middle(right))

    def values_read(self, expr: Expr, witness: Witness) -> tuple[tuple[Expr, float], ...]:
        """The entries that `expr` reads at the witness's place, with their values; none where they are many."""
        number = next(n for n, leaves in self._leaves.items() if witness.values == _stored(leaves))
        places = {index(name): Integer(place) for name, place in witness.indices}
        read = sorted(_entries_in(substitute(expr, places)), key=str)
        env, scope = self._environment(number), dict(self.truth.points[number].sizes)
        if len(read) > _SHOWN or any(partial_of(str(tensor_of(part))) for part in read):
            return ()
        try:
            return tuple((part, _middle(value_of(part, env, scope))) for part in read)
        except (ArithmeticError, ValueError, KeyError):
            return ()  # an entry under a sum has no one place

    def _environment(self, number: int) -> Environment:
        if number not in self._environments:
            point, space = self.truth.points[number], self.truth.space
            leaves = exact_leaves(point, self.truth)
            computed = {name: Computed(array, point.sizes) for name, array in space.definitions.items()}
            opaque = {name: _polynomial(place) for place, name in enumerate(sorted(point.opaque))}
            self._leaves[number] = leaves
            self._environments[number] = Environment(
                {**leaves, **opaque, **computed}, point.sizes, INTERVALS, space.functions
            )
        return self._environments[number]


def _entries_in(expr: Expr) -> set[Expr]:
    """The entries that stand in an expression."""
    if tensor_of(expr) is not None:
        return {expr}
    return set().union(*(_entries_in(part) for part in expr.args if isinstance(part, Expr)))


def _near(place: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The place itself, then a few others."""
    others = [position for position in product(*map(range, shape)) if position != place]
    return [place, *others[: ATTEMPTS - 1]]


def _stored(leaves: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(leaves.items()))


def _middle(value: Any) -> float:
    return float(getattr(value, "mid", value))


# leaves


def exact_leaves(point: Point, truth: Truth) -> dict[str, Any]:
    """Each leaf's numbers at the point as short decimals, nested tuples of fractions; facts hold exactly."""
    facts = {(fact.tensor, fact.kind): fact for fact in truth.space.facts}
    found = {}
    for name, values in point.values.items():
        if name in truth.space.definitions or is_adjoint(name):
            continue
        rounded = np.vectorize(lambda v: Fraction(str(round(float(v), _DIGITS))), otypes=[object])(values)
        if (name, "distribution") in facts:
            rounded = _normalised(rounded, facts[name, "distribution"])
        found[name] = _nested(rounded)
    return found


def _normalised(values: np.ndarray, fact: Fact) -> np.ndarray:
    return values / values.sum(axis=fact.axis or 0, keepdims=True)


def _nested(values: np.ndarray) -> Any:
    if values.ndim == 0:
        return values.item()
    return tuple(_nested(part) if isinstance(part, np.ndarray) else part for part in values)


def _polynomial(place: int) -> Any:
    """x²(1 + place)/4 + x³/8 - x/2 and its derivatives, in whatever numbers x is."""
    coefficients = (Fraction(0), Fraction(-1, 2), Fraction(1 + place, 4), Fraction(1, 8))

    def value(order: int, x: Any) -> Any:
        slopes = list(coefficients)
        for _ in range(order):
            slopes = [c * power for power, c in enumerate(slopes)][1:]
        result = x * 0
        for c in reversed(slopes):
            result = result * x + INTERVALS.number(c)
        return result

    return value
