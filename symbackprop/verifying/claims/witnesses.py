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
from symbackprop.algebra.proving.arithmetic import PRECISIONS, UndecidedError, intervals
from symbackprop.algebra.proving.drawing import exact
from symbackprop.algebra.proving.equality import Witness
from symbackprop.algebra.proving.evaluate import Computed, Environment, value_of
from symbackprop.algebra.symbols import index, is_adjoint, tensor_of
from symbackprop.verifying.claims.comparing import Pair, Screen
from symbackprop.verifying.points import Point
from symbackprop.verifying.truths import Truth, partial_of

ATTEMPTS = 6
_CELLS = 20_000  # numbers at a point: too many to compute any in intervals
_SHOWN = 6  # entries that a witness shows beside its sizes


@dataclass(slots=True)
class Certifier:
    """Interval values of one truth's tensors at its points; what was computed for one claim serves the next."""

    truth: Truth
    _environments: dict[tuple[int, int], Environment] = field(default_factory=dict)
    _leaves: dict[int, dict[str, Any]] = field(default_factory=dict)

    def witness(self, pair: Pair, screen: Screen) -> Witness | None:
        """A place where the sides of `pair` differ for certain, if one is found near those where floats do."""
        for number, place in screen.differing:
            for position in _near(place, self.truth.points[number].shape(pair.shape)):
                found = self._difference(pair, number, position, PRECISIONS[0])
                if found is not None:
                    return found
        return None

    def hidden(self, pair: Pair) -> Witness | None:
        """A place where the sides differ for certain, though by less than floats show; digits are added to find it."""
        points = [(n, p) for n, p in enumerate(self.truth.points) if sum(map(np.size, p.values.values())) <= _CELLS]
        places = [(number, position) for number, point in points for position in _farthest(pair, point)]
        found = (self._difference(pair, *place, bits) for bits in PRECISIONS for place in places)
        return next((witness for witness in found if witness is not None), None)

    def _difference(self, pair: Pair, number: int, position: tuple[int, ...], bits: int) -> Witness | None:
        """The witness at a place, if intervals of so many bits tell the sides apart there."""
        point, env = self.truth.points[number], self._environment(number, bits)
        scope: dict[Symbol, Any] = {**point.sizes, **dict(zip(pair.indices, position, strict=True))}
        try:
            left, right = value_of(pair.left, env, scope), value_of(pair.right, env, scope)
            if env.arithmetic.sign(left - right) == 0:
                return None
        except (ArithmeticError, ValueError, UndecidedError, KeyError):
            return None
        sizes = sorted(point.sizes.items(), key=str)
        read = {s for shape in self.truth.space.shapes.values() for extent in shape for s in extent.free_symbols}
        read |= (pair.left - pair.right).free_symbols
        indices = tuple((variable.name, at) for variable, at in zip(pair.indices, position, strict=True))
        counts = tuple((symbol.name, count) for symbol, count in sizes if symbol in read)
        sides = _middle(left), _middle(right), _middle(right - left)
        return Witness(counts, indices, _stored(self._leaves[number]), *sides)

    def values_read(self, expr: Expr, witness: Witness) -> tuple[tuple[Expr, float], ...]:
        """The entries that `expr` reads at the witness's place, with their values; none where they are many."""
        number = next(n for n, leaves in self._leaves.items() if witness.values == _stored(leaves))
        places = {index(name): Integer(place) for name, place in witness.indices}
        read = sorted(_entries_in(substitute(expr, places)), key=str)
        env, scope = self._environment(number, PRECISIONS[0]), dict(self.truth.points[number].sizes)
        if len(read) > _SHOWN or any(partial_of(str(tensor_of(part))) for part in read):
            return ()
        try:
            return tuple((part, _middle(value_of(part, env, scope))) for part in read)
        except (ArithmeticError, ValueError, KeyError):
            return ()  # an entry under a sum has no one place

    def _environment(self, number: int, bits: int) -> Environment:
        if (number, bits) not in self._environments:
            point, space = self.truth.points[number], self.truth.space
            leaves = self._leaves.setdefault(number, exact_leaves(point, self.truth))
            computed = {name: Computed(array, point.sizes) for name, array in space.definitions.items()}
            opaque = {name: _polynomial(place, bits) for place, name in enumerate(sorted(point.opaque))}
            self._environments[number, bits] = Environment(
                {**leaves, **opaque, **computed}, point.sizes, intervals(bits), space.functions
            )
        return self._environments[number, bits]


def _farthest(pair: Pair, point: Point) -> list[tuple[int, ...]]:
    """A few places, those where floats differ most before others."""
    shape = point.shape(pair.shape)
    gap = np.abs(point.value(pair.array(pair.left)) - point.value(pair.array(pair.right)))
    order = np.argsort(-np.nan_to_num(gap, nan=0.0, posinf=0.0), axis=None, kind="stable")[:ATTEMPTS]
    return [tuple(int(i) for i in np.unravel_index(flat, shape)) for flat in order]


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
    """Each leaf's numbers at the point as fractions; facts hold exactly."""
    leaves = (n for n in point.values if n not in truth.space.definitions and not is_adjoint(n))
    return {name: exact(point.values[name]) for name in leaves}


def _polynomial(place: int, bits: int) -> Any:
    """x²(1 + place)/4 + x³/8 - x/2 and its derivatives, in whatever numbers x is."""
    coefficients = (Fraction(0), Fraction(-1, 2), Fraction(1 + place, 4), Fraction(1, 8))

    def value(order: int, x: Any) -> Any:
        slopes = list(coefficients)
        for _ in range(order):
            slopes = [c * power for power, c in enumerate(slopes)][1:]
        result = x * 0
        for c in reversed(slopes):
            result = result * x + intervals(bits).number(c)
        return result

    return value
