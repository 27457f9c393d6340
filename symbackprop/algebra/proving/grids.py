r"""The value of an index expression at every position of its indices at once, as a NumPy array.

The same walk as entry by entry (`evaluate`), but each index is an axis, and all cases are computed and chosen from.
Where an expression has no real value the array has NaN there.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from operator import and_, or_
from typing import Any

import numpy as np
from sympy import (
    Abs,
    Expr,
    Max,
    Min,
    Piecewise,
    Sum,
    Symbol,
    ceiling,
    cos,
    cosh,
    erf,
    exp,
    floor,
    log,
    sign,
    sin,
    sinh,
    tanh,
)

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.arithmetic import Arithmetic
from symbackprop.algebra.proving.evaluate import Environment, Scope, holds, holds_gate, value_of
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import ArgMax, Maximum, bounds_of, gates_and_factors

Grid = np.ndarray
Opaque = Callable[[int, Grid], Grid]
MAX_CELLS = 50_000_000


_EXACT = 2**62  # up to which an integer is one of NumPy's


class TooLargeError(ArithmeticError):
    """A grid that does not fit in memory."""


def check_cells(shape: Iterable[int]) -> None:
    """That numbers in such a shape fit in memory.

    Raises:
        TooLargeError: they do not.
    """
    cells = math.prod(shape)
    if cells > MAX_CELLS:
        raise TooLargeError(f"{cells:,} numbers at once" if cells < _EXACT else "more numbers than can be counted")


def grids_of(
    sizes: Mapping[Symbol, int],
    values: Mapping[str, Grid | Opaque],
    functions: Mapping[str, ScalarFunction] | None = None,
    compared: list[Grid] | None = None,
) -> Grids:
    """Grids of tensors and opaque functions by name.

    `compared` gathers the differences whose sign chose a case or a maximiser: how near a kink is, and on which side.
    """
    gathered = [] if compared is None else compared
    return Grids(values, sizes, _arithmetic(gathered), functions or {}, gathered)


@dataclass(frozen=True, slots=True)
class Grids(Environment):
    """An environment in which indices, and so all values, are arrays; an axis for each index, the last one first."""

    compared: list[Grid] = field(default_factory=list)

    def array(self, array: Array) -> Grid:
        """All entries of an array.

        Raises:
            KeyError: a tensor or an opaque function without a value.
            TooLargeError: more cells than fit.
        """
        shape = self.shape(array.shape)
        check_cells(shape)
        axes = {v: _axis(n, len(shape) - at) for at, (v, n) in enumerate(zip(array.indices, shape, strict=True))}
        with np.errstate(all="ignore"):
            found = value_of(array.expression, self, {**self.sizes, **axes})
            return np.array(np.broadcast_to(found, shape), float)

    def shape(self, shape: tuple[Expr, ...]) -> tuple[int, ...]:
        return tuple(self._count(extent, dict(self.sizes)) for extent in shape)

    def _count(self, extent: Expr, scope: Scope) -> int:
        """A size: a number that can be counted to."""
        value = float(value_of(extent, self, scope))
        if not value < _EXACT:
            raise TooLargeError(f"a size of {value:.3g}")
        return int(self.integer(extent, scope))

    def stored(self, name: str, position: tuple[Grid, ...]) -> Grid:
        stored = self.values[name]
        if not stored.size:
            return np.asarray(0.0)
        inside: Any = True
        for place, extent in zip(position, stored.shape, strict=True):
            if place.size and (place.min() < 0 or place.max() >= extent):
                inside = inside & (place >= 0) & (place < extent)
        if inside is True:
            return stored[position]
        clipped = tuple(np.clip(place, 0, extent - 1) for place, extent in zip(position, stored.shape, strict=True))
        return np.where(inside, stored[clipped], 0.0)

    def integer(self, expr: Expr, scope: Scope) -> Grid:
        if expr.func in _WHOLE:
            return _WHOLE[expr.func](value_of(expr.args[0], self, scope)).astype(int)
        place = np.asarray(value_of(expr, self, scope))
        return place if place.dtype.kind == "i" else np.rint(place).astype(int)

    def gated(self, gates: list[Expr], factors: list[Expr], scope: Scope) -> Grid:
        result: Any = 1
        for factor in factors:
            result = result * value_of(factor, self, scope)
        return np.where(self._open(gates, scope), result, 0) if gates else result

    def _open(self, gates: list[Expr], scope: Scope) -> Grid:
        return reduce(and_, (holds_gate(gate, self, scope) for gate in gates))

    def joined(self, parts: Iterator[Any], *, every: bool) -> Any:
        return reduce(and_ if every else or_, parts)

    def cases(self, expr: Piecewise, scope: Scope) -> Grid:
        open_still: Grid = np.asarray(True)
        result: Grid = np.asarray(np.nan)
        for value, condition in expr.args:
            taken = open_still & holds(condition, self, scope)
            result = np.where(taken, value_of(value, self, scope), result)
            open_still = open_still & ~taken
        return result

    # binders

    def _opened(self, expr: Expr, scope: Scope) -> tuple[Scope, list[int], int]:
        """The scope inside a binder, a new axis in front for each bound index; their extents; how many axes were."""
        extents = [self._count(extent, scope) for _, extent in bounds_of(expr)]
        check_cells((*(np.size(i) for i in scope.values()), *extents))
        depth = max(map(np.ndim, scope.values()), default=0)
        opened: Scope = {}
        for place, ((variable, _), extent) in enumerate(zip(bounds_of(expr), extents, strict=True), depth + 1):
            opened.setdefault(variable, _axis(extent, place))  # of two bounds of one name the first one binds the body
        return {**scope, **opened}, extents, depth

    def total(self, expr: Sum, scope: Scope) -> Grid:
        indices = [symbol for symbol, value in scope.items() if np.ndim(value)]
        if not all(lower == 0 and not upper.has(*indices) for _, lower, upper in expr.limits):
            raise KeyError(f"a sum over no box: {expr}")
        inner, extents, depth = self._opened(expr, scope)
        gates, factors = gates_and_factors(expr.function)
        values = [value_of(factor, self, inner) for factor in factors]
        if gates and all(np.all(np.isfinite(value)) for value in values):
            values = [np.where(self._open(gates, inner), 1.0, 0.0), *values]
        elif gates:
            values = [value_of(expr.function, self, inner)]
        return _contracted(values, depth, extents)

    def largest(self, expr: Maximum | ArgMax, scope: Scope) -> tuple[Grid, Grid]:
        inner, (count,), depth = self._opened(expr, scope)
        body = np.asarray(value_of(expr.body, self, inner), float)
        body = np.broadcast_to(body, np.broadcast_shapes(body.shape, (count,) + (1,) * depth))
        if count > 1:
            ordered = np.sort(body, axis=0)
            self.compared.append(ordered[-1] - ordered[-2])
        return np.max(body, axis=0), np.argmax(body, axis=0)


def _axis(extent: int, depth: int) -> Grid:
    """0, 1, ..., extent - 1 along the axis that is `depth` from the right."""
    return np.arange(extent).reshape((extent,) + (1,) * (depth - 1))


def _contracted(factors: list[Grid], kept: int, extents: list[int]) -> Grid:
    """The sum of a product over the axes beyond the last `kept`: one contraction, so that no large product is made."""
    operands: list[Any] = []
    seen: set[int] = set()
    for factor in factors:
        axes = range(np.ndim(factor), 0, -1)
        wide = [axis for axis, extent in zip(axes, np.shape(factor), strict=True) if extent != 1]
        operands += [np.asarray(factor, float).reshape([n for n in np.shape(factor) if n != 1]), wide]
        seen.update(wide)
    out = [axis for axis in range(kept, 0, -1) if axis in seen]
    result = np.asarray(np.einsum(*operands, out, optimize=len(factors) > 2))
    repeated = math.prod(max(extent, 0) for axis, extent in enumerate(extents, kept + 1) if axis not in seen)
    shape = dict(zip(out, result.shape, strict=True))
    return repeated * result.reshape([shape.get(axis, 1) for axis in range(max(out, default=0), 0, -1)])


def _arithmetic(compared: list[Grid]) -> Arithmetic:
    """NumPy's functions, NaN where they have no real value; `compared` gains what is compared with 0."""

    def sign_of(x: Grid) -> Grid:
        compared.append(np.asarray(x, float))
        return np.sign(x)

    def absolute(x: Grid) -> Grid:
        sign_of(x)
        return np.abs(x)

    def extreme(choose: Callable[[Grid, Grid], Grid], *arguments: Grid) -> Grid:
        best, *others = arguments
        for value in others:
            sign_of(best - value)
            best = choose(best, value)
        return best

    own = {
        Abs: absolute,
        Max: lambda *arguments: extreme(np.maximum, *arguments),
        Min: lambda *arguments: extreme(np.minimum, *arguments),
    }
    return Arithmetic(_number, float, {**_FUNCTIONS, **own}, _power, sign_of)


def _number(value: Any) -> Any:
    """Whole numbers stay whole, as they may be indices; one that no float holds is NaN."""
    if not isinstance(value, Fraction):
        return value
    if value.denominator == 1 and abs(value) < _EXACT:
        return value.numerator
    return float(value) if abs(value) < sys.float_info.max else math.nan


def _power(base: Grid, exponent: Any) -> Grid:
    if _stays_whole(base, exponent):
        return base ** int(exponent)
    base = np.asarray(base, float)
    is_whole = (isinstance(exponent, Fraction) and exponent.denominator == 1) or not isinstance(exponent, Fraction)
    power = float(exponent) if isinstance(exponent, Fraction) else exponent
    lost = (base == 0) & (power < 0) if is_whole else (base < 0) | ((base == 0) & (power < 0))
    return np.where(lost, np.nan, base) ** power


def _stays_whole(base: Grid, exponent: Any) -> bool:
    """Whether a power is one of NumPy's integers."""
    if not isinstance(exponent, Fraction) or exponent.denominator != 1 or not 0 <= exponent <= 64:
        return False
    return np.asarray(base).dtype.kind == "i" and float(np.max(np.abs(base), initial=1)) ** int(exponent) < _EXACT


_FUNCTIONS: Mapping[type, Callable[..., Grid]] = {
    exp: np.exp,
    log: lambda x: np.log(np.where(np.asarray(x) > 0, x, np.nan)),
    sin: np.sin,
    cos: np.cos,
    tanh: np.tanh,
    sinh: np.sinh,
    cosh: np.cosh,
    erf: np.vectorize(math.erf, otypes=[float]),
    sign: np.sign,
}
_WHOLE = {floor: np.floor, ceiling: np.ceil}
