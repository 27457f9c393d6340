r"""A printed decimal beside an exact value: agreement to the digits that were printed, certified by intervals.

`0.274811083` stands for every real number that rounds to it: \(|x - c| \le \tfrac12 10^{-d}\) with d digits after the
point. Exact fractions decide where the value is rational, else intervals that contain the value; nothing rests on
floats.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Literal

from sympy import Expr, Symbol

from symbackprop.algebra.proving.arithmetic import EXACT, INTERVALS, Arithmetic, Number
from symbackprop.algebra.proving.evaluate import Computed, Environment, integer_of, value_of
from symbackprop.algebra.space import Ranges, Space

POSITIONS = 4096
"""How many entries are compared with one printed number at most."""
_UNKNOWN = (ArithmeticError, ValueError, KeyError)  # no value there, or none that is known
_WRITTEN = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal as it was printed: its value, and the place of its last digit, d for a unit of 10^-d."""

    value: Fraction
    places: int

    @property
    def half_unit(self) -> Fraction:
        return Fraction(1, 2) * Fraction(10) ** -self.places

    @property
    def digits(self) -> int:
        """The significant digits: those from the first that is not 0; for 0, those after the point."""
        shown = str(abs(self.value) * Fraction(10) ** self.places)
        return len(shown) if self.value else max(self.places, 1)


def decimal_of(written: str) -> Decimal | None:
    """The decimal that a text such as `-0.274811083` or `4.38e-4` prints; None for any other text."""
    found = _WRITTEN.fullmatch(written.strip().replace("−", "-"))
    if found is None or not (found[2] or found[3]):
        return None
    sign, whole, part, power = found[1], found[2], found[3] or "", int(found[4] or 0)
    value = Fraction(int(whole + part)) * Fraction(10) ** (power - len(part))
    return Decimal(-value if sign == "-" else value, len(part) - power)


@dataclass(frozen=True, slots=True)
class Rounding:
    """What became of a value beside a printed decimal: `agrees` to so many significant `digits`, `differs`, or neither.

    `value` is the value where it differs, as a float, and `indices` the entry.
    """

    status: Literal["agrees", "differs", "undecided"]
    digits: int = 0
    value: float | None = None
    indices: tuple[tuple[str, int], ...] = ()


def rounds_to(
    expr: Expr,
    decimal: Decimal,
    ranges: Ranges,
    space: Space,
    using: Collection[str] = (),
    *,
    sizes: Mapping[Symbol, int] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Rounding:
    """Whether each entry of `expr` over `ranges` is the printed decimal to its last digit.

    The value must be known: sizes are numbers or stand in `sizes`, and a tensor has exact `values` or a definition, by
    name in `using`. Where it is not, or where an interval meets an end of the rounding range, it is undecided.
    """
    sizes = sizes or {}
    known: dict[str, Any] = dict(values or {})
    known |= {name: Computed(space.definitions[name], sizes) for name in using if name in space.definitions}
    found: list[Rounding] = []
    for position in _positions(ranges, sizes):
        here = _rounding(expr, decimal, {**sizes, **position}, known, space)
        if here.status == "differs":
            places = tuple(sorted((symbol.name, place) for symbol, place in position.items()))
            return replace(here, indices=places)
        found.append(here)
    return next((here for here in found if here.status == "undecided"), found[0] if found else Rounding("undecided"))


def _positions(ranges: Ranges, sizes: Mapping[Symbol, int]) -> Iterator[dict[Symbol, int]]:
    """The positions of the entries; none where an extent is not known, or they are too many."""
    variables = sorted(ranges, key=str)
    try:
        extents = [integer_of(ranges[v], Environment({}, sizes, EXACT), dict(sizes)) for v in variables]
    except _UNKNOWN:
        return
    if prod(extents) <= POSITIONS:
        for place in product(*map(range, extents)):
            yield dict(zip(variables, place, strict=True))


def _rounding(
    expr: Expr, decimal: Decimal, scope: dict[Symbol, int], known: Mapping[str, Any], space: Space
) -> Rounding:
    """One value beside the decimal: as a fraction if it is one, else in an interval."""
    for arithmetic in (EXACT, INTERVALS):
        try:
            value = value_of(expr, Environment(known, scope, arithmetic, space.functions), dict(scope))
            inside = _is_within(value, decimal, arithmetic)
        except _UNKNOWN:
            continue
        return Rounding("agrees", decimal.digits) if inside else Rounding("differs", value=_float(value))
    return Rounding("undecided")


def _is_within(value: Number, decimal: Decimal, arithmetic: Arithmetic) -> bool:
    """Whether the value is within half a unit; raises `UndecidedError` where the arithmetic cannot tell."""
    number = arithmetic.number
    above = arithmetic.sign(value - number(decimal.value) - number(decimal.half_unit))
    below = arithmetic.sign(number(decimal.value) - number(decimal.half_unit) - value)
    return above <= 0 and below <= 0


def _float(value: Number) -> float:
    return float(getattr(value, "mid", value))
