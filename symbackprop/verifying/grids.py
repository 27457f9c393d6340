r"""The value of an index expression at every position of its indices at once, as a NumPy array.

The same meaning as `algebra.proving.evaluate`, which goes entry by entry: entries out of range are 0, a product with a
guard that fails is 0 whatever its other factors are there, a case that is not taken counts for nothing. Where an
expression has no real value the array has NaN there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import (
    Abs,
    Add,
    Expr,
    KroneckerDelta,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
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
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import And, Boolean, BooleanFalse, BooleanTrue, Not, Or
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.evaluate import definition_of
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, bounds_of

Grid = np.ndarray
Opaque = Callable[[int, Grid], Grid]
MAX_CELLS = 50_000_000


class TooLargeError(ArithmeticError):
    """A grid that does not fit in memory."""


@dataclass(frozen=True, slots=True)
class Grids:
    """What the symbols mean: `sizes`, `values` of tensors by name, `functions`, and `opaque` ones by (order, x).

    `compared` gathers the differences whose sign chose a case or a maximiser: how near a kink is, and on which side.
    """

    sizes: Mapping[Symbol, int]
    values: Mapping[str, Grid]
    functions: Mapping[str, ScalarFunction] = field(default_factory=dict)
    opaque: Mapping[str, Opaque] = field(default_factory=dict)
    compared: list[Grid] = field(default_factory=list)

    def array(self, array: Array) -> Grid:
        """All entries of an array.

        Raises:
            KeyError: a tensor or an opaque function without a value.
            TooLargeError: more cells than fit.
        """
        shape = self.shape(array.shape)
        scope = {v: _axis(n, len(shape) - at) for at, (v, n) in enumerate(zip(array.indices, shape, strict=True))}
        with np.errstate(all="ignore"):
            return np.array(np.broadcast_to(self._value(array.expression, _Scope(scope, len(shape))), shape), float)

    def shape(self, shape: tuple[Expr, ...]) -> tuple[int, ...]:
        return tuple(self._size(extent) for extent in shape)

    def _size(self, extent: Expr) -> int:
        return int(self._value(extent, _Scope({}, 0)))

    def _value(self, expr: Expr, scope: _Scope) -> Grid:
        handler = _HANDLERS.get(type(expr))
        if handler is not None:
            return handler(self, expr, scope)
        if expr.is_number:
            return np.asarray(int(expr) if expr.is_Integer else float(expr))
        raise KeyError(f"no value for {type(expr).__name__}: {expr}")

    # leaves

    def _symbol(self, expr: Symbol, scope: _Scope) -> Grid:
        if expr in scope.indices:
            return scope.indices[expr]
        if expr in self.sizes:
            return np.asarray(self.sizes[expr])
        return self._stored(expr.name)

    def _stored(self, name: str) -> Grid:
        if name not in self.values:
            raise KeyError(f"no value given for {name}")
        return self.values[name]

    def _entry(self, expr: Indexed, scope: _Scope) -> Grid:
        stored = self._stored(expr.base.label.name)
        if not stored.size:
            return np.asarray(0.0)
        at = [np.asarray(self._value(i, scope)) for i in expr.indices]
        at = [place if place.dtype.kind == "i" else np.rint(place).astype(int) for place in at]
        inside = np.asarray(True)
        for place, extent in zip(at, stored.shape, strict=True):
            if np.any(place < 0) or np.any(place >= extent):
                inside = inside & (place >= 0) & (place < extent)
        if inside.ndim == 0 and inside:
            return stored[tuple(at)]
        clipped = (np.clip(place, 0, extent - 1) for place, extent in zip(at, stored.shape, strict=True))
        return np.where(inside, stored[tuple(clipped)], 0.0)

    # sums, products, powers

    def _add(self, expr: Add, scope: _Scope) -> Grid:
        result = self._value(expr.args[0], scope)
        for argument in expr.args[1:]:
            result = result + self._value(argument, scope)
        return result

    def _mul(self, expr: Mul, scope: _Scope) -> Grid:
        gates, plain = self._factors(expr, scope)
        result: Any = np.asarray(1)
        for factor in plain:
            result = result * factor
        return np.where(_all(gates), result, 0.0) if gates else result

    def _factors(self, expr: Expr, scope: _Scope) -> tuple[list[Grid], list[Grid]]:
        """The gates of a product as truth values, and its other factors."""
        gates, plain = [], []
        for argument in Mul.make_args(expr):
            base = argument.base if isinstance(argument, Pow) and argument.exp.is_positive else argument
            if isinstance(base, Guard | KroneckerDelta):
                gates.append(self._gate(base, scope) != 0)
            else:
                plain.append(self._value(argument, scope))
        return gates, plain

    def _gate(self, expr: Expr, scope: _Scope) -> Grid:
        if isinstance(expr, Guard):
            return (self._value(expr.argument, scope) >= 0).astype(int)
        return np.equal(self._value(expr.args[0], scope), self._value(expr.args[1], scope)).astype(int)

    def _pow(self, expr: Pow, scope: _Scope) -> Grid:
        base = self._value(expr.base, scope)
        if expr.exp.is_Integer and expr.exp >= 0:
            return base ** int(expr.exp)
        base = np.asarray(base, float)
        if expr.exp.is_Integer:
            return np.where(base == 0, np.nan, base) ** float(expr.exp)
        exponent = np.asarray(self._value(expr.exp, scope), float)
        below = np.where((base < 0) | ((base == 0) & (exponent < 0)), np.nan, base)
        return (base if expr.exp.is_integer else below) ** exponent

    # binders

    def _opened(self, expr: Expr, scope: _Scope) -> tuple[_Scope, list[int]]:
        """The scope inside a binder, a new axis in front for each bound index, and the extents of these axes."""
        extents = [int(self._value(extent, scope)) for _, extent in bounds_of(expr)]
        cells = math.prod((*(i.size for i in scope.indices.values()), *extents))
        if cells > MAX_CELLS:
            raise TooLargeError(f"{cells:,} numbers at once")
        opened: dict[Symbol, Grid] = {}
        for depth, ((variable, _), extent) in enumerate(zip(bounds_of(expr), extents, strict=True), scope.depth + 1):
            opened.setdefault(variable, _axis(extent, depth))  # of two bounds of one name the first one binds the body
        return _Scope({**scope.indices, **opened}, scope.depth + len(extents)), extents

    def _sum(self, expr: Sum, scope: _Scope) -> Grid:
        if not all(lower == 0 and not upper.has(*scope.indices) for _, lower, upper in expr.limits):
            raise KeyError(f"a sum over no box: {expr}")
        inner, extents = self._opened(expr, scope)
        gates, factors = self._factors(expr.function, inner)
        if gates and all(np.all(np.isfinite(factor)) for factor in factors):
            factors = [np.where(_all(gates), 1.0, 0.0), *factors]
        elif gates:
            factors = [self._value(expr.function, inner)]
        return _contracted(factors, scope.depth, extents)

    def _candidates(self, expr: Expr, scope: _Scope) -> Grid:
        inner, (count,) = self._opened(expr, scope)
        body = np.asarray(self._value(expr.args[0], inner), float)
        shape = np.broadcast_shapes(body.shape, (count,) + (1,) * scope.depth)
        body = np.broadcast_to(body, shape)
        if count > 1:
            ordered = np.sort(body, axis=0)
            self.compared.append(ordered[-1] - ordered[-2])
        return body

    def _maximum(self, expr: Maximum, scope: _Scope) -> Grid:
        return np.max(self._candidates(expr, scope), axis=0)

    def _argmax(self, expr: ArgMax, scope: _Scope) -> Grid:
        return np.argmax(self._candidates(expr, scope), axis=0)

    # functions and cases

    def _apply(self, expr: Apply, scope: _Scope) -> Grid:
        function = self.functions.get(expr.name)
        argument = np.asarray(self._value(expr.argument, scope), float)
        if function is None or function.expression is None:
            if expr.name not in self.opaque:
                raise KeyError(f"no value given for the function {expr.name}")
            return self.opaque[expr.name](expr.order, argument)
        definition = definition_of(function.expression, function.variable, expr.order)
        return self._value(definition, _Scope({**scope.indices, function.variable: argument}, scope.depth))

    def _piecewise(self, expr: Piecewise, scope: _Scope) -> Grid:
        open_still: Grid = np.asarray(True)
        result: Grid = np.asarray(np.nan)
        for value, condition in expr.args:
            taken = open_still & self._holds(condition, scope)
            result = np.where(taken, self._value(value, scope), result)
            open_still = open_still & ~taken
        return result

    def _holds(self, condition: Boolean, scope: _Scope) -> Grid:
        if isinstance(condition, BooleanTrue | BooleanFalse):
            return np.asarray(bool(condition))
        if isinstance(condition, And | Or):
            join = np.logical_and if isinstance(condition, And) else np.logical_or
            parts = [self._holds(part, scope) for part in condition.args]
            result = parts[0]
            for part in parts[1:]:
                result = join(result, part)
            return result
        if isinstance(condition, Not):
            return ~self._holds(condition.args[0], scope)
        assert isinstance(condition, Relational)
        left, right = (np.asarray(self._value(side, scope)) for side in condition.args)
        if left.dtype.kind == "f" or right.dtype.kind == "f":
            self.compared.append(np.asarray(left - right, float))
        return _RELATIONS[type(condition)](left, right)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The grid of each index, an axis each counted from the right, and how many axes there are."""

    indices: Mapping[Symbol, Grid]
    depth: int


def _axis(extent: int, depth: int) -> Grid:
    """0, 1, ..., extent - 1 along the axis that is `depth` from the right."""
    return np.arange(extent).reshape((extent,) + (1,) * (depth - 1))


def _all(gates: list[Grid]) -> Grid:
    result = gates[0]
    for gate in gates[1:]:
        result = result & gate
    return result


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
    repeated = math.prod(extent for axis, extent in enumerate(extents, kept + 1) if axis not in seen)
    shape = dict(zip(out, result.shape, strict=True))
    return repeated * result.reshape([shape.get(axis, 1) for axis in range(max(out, default=0), 0, -1)])


def _by_numpy(function: Callable[[Grid], Grid]) -> Callable[[Grids, Expr, _Scope], Grid]:
    def apply(grids: Grids, expr: Expr, scope: _Scope) -> Grid:
        return function(np.asarray(grids._value(expr.args[0], scope), float))

    return apply


def _absolute(grids: Grids, expr: Expr, scope: _Scope) -> Grid:
    value = grids._value(expr.args[0], scope)
    grids.compared.append(np.asarray(value, float))
    return np.abs(value)


def _extreme(grids: Grids, expr: Expr, scope: _Scope) -> Grid:
    choose = np.maximum if isinstance(expr, Max) else np.minimum
    best, *others = (np.asarray(grids._value(argument, scope), float) for argument in expr.args)
    for value in others:
        grids.compared.append(best - value)
        best = choose(best, value)
    return best


def _log(x: Grid) -> Grid:
    return np.log(np.where(x > 0, x, np.nan))


_erf = np.vectorize(math.erf, otypes=[float])

_RELATIONS = {
    Gt: np.greater,
    Ge: np.greater_equal,
    Lt: np.less,
    Le: np.less_equal,
    Eq: np.equal,
    Ne: np.not_equal,
}

_HANDLERS: Mapping[type, Callable[[Grids, Any, _Scope], Grid]] = {
    Symbol: Grids._symbol,
    Indexed: Grids._entry,
    Add: Grids._add,
    Mul: Grids._mul,
    Pow: Grids._pow,
    Sum: Grids._sum,
    Guard: Grids._gate,
    KroneckerDelta: Grids._gate,
    Maximum: Grids._maximum,
    ArgMax: Grids._argmax,
    Apply: Grids._apply,
    Piecewise: Grids._piecewise,
    Abs: _absolute,
    Max: _extreme,
    Min: _extreme,
    exp: _by_numpy(np.exp),
    log: _by_numpy(_log),
    sin: _by_numpy(np.sin),
    cos: _by_numpy(np.cos),
    tanh: _by_numpy(np.tanh),
    sinh: _by_numpy(np.sinh),
    cosh: _by_numpy(np.cosh),
    erf: _by_numpy(_erf),
    sign: _by_numpy(np.sign),
    floor: lambda grids, expr, scope: np.floor(grids._value(expr.args[0], scope)).astype(int),
    ceiling: lambda grids, expr, scope: np.ceil(grids._value(expr.args[0], scope)).astype(int),
}
