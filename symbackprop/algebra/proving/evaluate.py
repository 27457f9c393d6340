r"""The value of an index expression at given sizes and entries, in any arithmetic.

An entry out of its range is 0; a product with a `Guard` that fails is 0 whatever its other factors are; a `Piecewise`
evaluates the branch it takes and no other. Where an expression has no real value (a division by 0, a logarithm of a
negative number) an `ArithmeticError` is raised.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sympy import (
    Add,
    Expr,
    KroneckerDelta,
    Mul,
    Piecewise,
    Pow,
    S,
    Sum,
    Symbol,
    ceiling,
    exp,
    floor,
    log,
)
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne
from sympy.logic.boolalg import ITE, And, Boolean, BooleanFalse, BooleanTrue, Not, Or
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.arithmetic import EXACT, FLOATS, Arithmetic, Number, UndefinedError
from symbackprop.algebra.space import ScalarFunction, definition_of
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, bounds_of, gates_and_factors, tensor_of

Position = tuple[int, ...]
Scope = dict[Symbol, Any]


@dataclass(frozen=True, slots=True)
class Environment:
    """What symbols mean: `sizes` for sizes and free indices, `values` for tensors and opaque functions.

    A tensor is an array, nested lists, a plain number (rank 0), or a callable from a position to a number, which gives
    0 out of range by itself. An opaque function is a callable from (order, number) to a number.

    `sums` keeps the sums that were computed, so `values` do not change while an environment is in use.

    The methods are what it takes to go entry by entry: indices are integers, and nothing is computed that does not
    count. `grids.Grids` has them for all entries at once.
    """

    values: Mapping[str, Any]
    sizes: Mapping[Symbol, int]
    arithmetic: Arithmetic
    functions: Mapping[str, ScalarFunction] = field(default_factory=dict)
    sums: dict[tuple[Any, ...], Number] = field(default_factory=dict, init=False, compare=False, repr=False)

    def stored(self, name: str, position: tuple[Any, ...]) -> Number:
        """An entry of a tensor by name; 0 out of its range."""
        value = self.values[name]
        if isinstance(value, Computed):
            return value.at(position, self)
        if callable(value):
            return self.arithmetic.number(value(position))
        for place in position:
            if not 0 <= place < len(value):
                return self.arithmetic.number(0)
            value = value[place]
        return self.arithmetic.number(value.item() if hasattr(value, "item") else value)

    def integer(self, expr: Expr, scope: Scope) -> Any:
        """The value of an index expression."""
        return _integer(expr, self, scope)

    def gated(self, gates: list[Expr], factors: list[Expr], scope: Scope) -> Number:
        """A product, which is 0 where a gate does not hold, whatever the factors are there."""
        result = self.arithmetic.number(1)
        for gate in gates:
            if not holds_gate(gate, self, scope):
                return self.arithmetic.number(0)
        for factor in factors:
            result = result * value_of(factor, self, scope)
        return result

    def joined(self, parts: Iterator[Any], *, every: bool) -> Any:
        """Whether all of some conditions hold, or any of them."""
        return all(parts) if every else any(parts)

    def cases(self, expr: Piecewise, scope: Scope) -> Number:
        """The first branch whose condition holds."""
        for value, condition in expr.args:
            if holds(condition, self, scope):
                return value_of(value, self, scope)
        raise UndefinedError(f"no branch of {expr} holds")

    def total(self, expr: Sum, scope: Scope) -> Number:
        """A sum; one within others is computed once for each place that it reads."""
        key = (expr, *(scope.get(symbol) for symbol in _free(expr)))
        if key not in self.sums:
            result = self.arithmetic.number(0)
            for inner in _instances(expr, self, scope):
                result = result + value_of(expr.function, self, inner)
            self.sums[key] = result
        return self.sums[key]

    def largest(self, expr: Maximum | ArgMax, scope: Scope) -> tuple[Number, Any]:
        """The largest value of a body, and the first place where it is."""
        best, where = None, 0
        for place, inner in enumerate(_instances(expr, self, scope)):
            value = value_of(expr.body, self, inner)
            if best is None or self.arithmetic.sign(value - best) > 0:
                best, where = value, place
        if best is None:
            raise UndefinedError(f"{expr} runs over nothing")
        return best, where


@lru_cache(maxsize=4096)
def _free(expr: Sum) -> tuple[Symbol, ...]:
    return tuple(sorted(expr.free_symbols, key=str))


@dataclass(frozen=True, slots=True)
class Computed:
    """A tensor, entry by entry from its definition; 0 out of its range. An entry that needs itself is undefined."""

    array: Array
    sizes: Mapping[Symbol, int]
    known: dict[tuple[int, Position], Number] = field(default_factory=dict)
    open: set[tuple[int, Position]] = field(default_factory=set)

    def at(self, position: Position, env: Environment) -> Number:
        if (key := (id(env.arithmetic), position)) in self.open:
            raise UndefinedError(f"the entry at {position} needs itself")
        if key not in self.known:
            self.open.add(key)
            try:
                self.known[key] = self._found(position, env)
            finally:  # `open` are those that are being computed
                self.open.discard(key)
        return self.known[key]

    def _found(self, position: Position, env: Environment) -> Number:
        scope: Scope = {**self.sizes, **dict(zip(self.array.indices, position, strict=True))}
        extents = (integer_of(extent, env, dict(self.sizes)) for extent in self.array.shape)
        inside = all(0 <= place < extent for place, extent in zip(position, extents, strict=True))
        return value_of(self.array.expression, env, scope) if inside else env.arithmetic.number(0)


def evaluate(
    expr: Expr,
    values: Mapping[str, Any],
    sizes: Mapping[Symbol, int],
    arithmetic: Arithmetic | None = None,
    functions: Mapping[str, ScalarFunction] | None = None,
) -> Number:
    """The value of `expr`; see `Environment` for the arguments. Floats (complex steps allowed) by default."""
    environment = Environment(values, sizes, arithmetic or FLOATS, functions or {})
    return value_of(expr, environment, dict(sizes))


def value_of(expr: Expr, env: Environment, scope: Scope) -> Number:
    """The value of `expr` where `scope` gives each free index, size and variable of a definition."""
    kind = type(expr)
    handler = _HANDLERS.get(kind)
    if handler is not None:
        return handler(expr, env, scope)
    function = env.arithmetic.functions.get(kind)
    if function is not None:
        return function(*(value_of(argument, env, scope) for argument in expr.args))
    if expr.is_Rational:
        return env.arithmetic.number(Fraction(int(expr.p), int(expr.q)))
    if expr.is_number:
        return env.arithmetic.constant(expr)
    raise UndefinedError(f"no value for {kind.__name__}: {expr}")


# leaves


def _symbol(expr: Symbol, env: Environment, scope: Scope) -> Number:
    if expr in scope:
        value = scope[expr]
        return env.arithmetic.number(value) if isinstance(value, int) else value
    return _read(expr.name, (), env)


def _entry(expr: Indexed, env: Environment, scope: Scope) -> Number:
    return _read(str(tensor_of(expr)), tuple(env.integer(i, scope) for i in expr.indices), env)


def _read(name: str, position: tuple[Any, ...], env: Environment) -> Number:
    if name not in env.values:
        raise KeyError(f"no value given for {name}")
    return env.stored(name, position)


def integer_of(expr: Expr, env: Environment, scope: Scope) -> int:
    """The value of an index expression, as an int."""
    return env.integer(expr, scope)


def _integer(expr: Expr, env: Environment, scope: Scope) -> int:
    if isinstance(expr, Symbol) and expr in scope:
        return int(scope[expr])
    if expr.is_Integer:
        return int(expr)
    if isinstance(expr, Add):
        return sum(_integer(a, env, scope) for a in expr.args)
    if isinstance(expr, Mul) and all(a.is_integer for a in expr.args):
        return math.prod(_integer(a, env, scope) for a in expr.args)
    if isinstance(expr, Indexed):
        return _whole(_entry(expr, env, scope), expr)
    if isinstance(expr, floor | ceiling):
        inner = value_of(expr.args[0], replace(env, arithmetic=EXACT), scope)
        return math.floor(inner) if isinstance(expr, floor) else math.ceil(inner)
    if isinstance(expr, ArgMax):
        return env.largest(expr, scope)[1]
    return _whole(value_of(expr, replace(env, arithmetic=EXACT), scope), expr)


def _whole(value: Number, expr: Expr) -> int:
    """Data that serves as an index, as an int, whatever kind of number holds it."""
    middle = getattr(value, "mid", None)  # of an interval
    real = float(middle) if middle is not None else value.real
    if real != int(real):
        raise UndefinedError(f"{expr} is no integer there")
    return int(real)


# products, sums, powers


def _add(expr: Add, env: Environment, scope: Scope) -> Number:
    result = value_of(expr.args[0], env, scope)
    for argument in expr.args[1:]:
        result = result + value_of(argument, env, scope)
    return result


def _mul(expr: Mul, env: Environment, scope: Scope) -> Number:
    return env.gated(*gates_and_factors(expr), scope)


def holds_gate(gate: Expr, env: Environment, scope: Scope) -> Any:
    """Whether a guard's argument is at least 0, whether a delta's are equal."""
    if isinstance(gate, Guard):
        return env.integer(gate.argument, scope) >= 0
    return env.integer(gate.args[0], scope) == env.integer(gate.args[1], scope)


def _pow(expr: Pow, env: Environment, scope: Scope) -> Number:
    base, exponent = value_of(expr.base, env, scope), expr.exp
    if exponent.is_Rational:
        return env.arithmetic.power(base, Fraction(int(exponent.p), int(exponent.q)))
    if exponent.is_integer:
        return env.arithmetic.power(base, env.integer(exponent, scope))
    functions = env.arithmetic.functions
    return functions[exp](value_of(exponent, env, scope) * functions[log](base))


# binders


def _instances(expr: Expr, env: Environment, scope: Scope) -> Iterable[dict[Symbol, Any]]:
    bounds = bounds_of(expr)
    if isinstance(expr, Sum) and not all(lower == 0 for _, lower, _ in expr.limits):
        yield from _dependent(list(expr.limits), env, scope)
        return
    if any(extent.has_free(*(v for v, _ in bounds)) for _, extent in bounds):
        yield from _dependent([(v, S.Zero, e - 1) for v, e in bounds], env, scope)
        return
    extents = [range(integer_of(extent, env, scope)) for _, extent in bounds]
    for position in itertools.product(*extents):
        yield {**scope, **{v: p for (v, _), p in zip(bounds, position, strict=True)}}


def _dependent(limits: list[Any], env: Environment, scope: Scope) -> Iterable[dict[Symbol, Any]]:
    """Limits that read other indices: the last one is the outermost, as SymPy has them."""
    if not limits:
        yield scope
        return
    *inner, (variable, lower, upper) = limits
    for place in range(integer_of(lower, env, scope), integer_of(upper, env, scope) + 1):
        yield from _dependent(inner, env, {**scope, variable: place})


# functions and conditions


def _apply(expr: Apply, env: Environment, scope: Scope) -> Number:
    function = env.functions.get(expr.name)
    x = value_of(expr.argument, env, scope)
    if function is None or function.expression is None:
        if expr.name not in env.values:
            raise KeyError(f"no value given for the function {expr.name}")
        return env.values[expr.name](expr.order, x)
    definition = definition_of(function.expression, function.variable, expr.order)
    return value_of(definition, env, {**scope, function.variable: x})


def holds(condition: Boolean, env: Environment, scope: Scope) -> Any:
    """Whether a condition holds: relations of index expressions or of real expressions, and, or, not."""
    if isinstance(condition, BooleanTrue | BooleanFalse):
        return bool(condition)
    if isinstance(condition, And | Or):
        return env.joined((holds(part, env, scope) for part in condition.args), every=isinstance(condition, And))
    if isinstance(condition, Not):
        return holds(condition.args[0], env, scope) ^ True
    if isinstance(condition, ITE):
        chosen, yes, no = condition.args
        return holds(Or(And(chosen, yes), And(Not(chosen), no)), env, scope)
    if type(condition) not in _RELATIONS:
        raise UndefinedError(f"no condition: {condition}")
    left, right = condition.args
    if left.is_integer and right.is_integer:
        where = env.integer(left, scope) - env.integer(right, scope)
    else:
        where = env.arithmetic.sign(value_of(left, env, scope) - value_of(right, env, scope))
    return _RELATIONS[type(condition)](where, 0)


_RELATIONS: Mapping[type, Callable[[Any, int], Any]] = {Gt: gt, Ge: ge, Lt: lt, Le: le, Eq: eq, Ne: ne}

_HANDLERS: Mapping[type, Callable[[Any, Environment, Scope], Number]] = {
    Symbol: _symbol,
    Indexed: _entry,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    Guard: lambda expr, env, scope: env.gated([expr], [], scope),
    KroneckerDelta: lambda expr, env, scope: env.gated([expr], [], scope),
    Sum: lambda expr, env, scope: env.total(expr, scope),
    Maximum: lambda expr, env, scope: env.largest(expr, scope)[0],
    ArgMax: lambda expr, env, scope: env.arithmetic.number(env.largest(expr, scope)[1]),
    floor: lambda expr, env, scope: env.arithmetic.number(env.integer(expr, scope)),
    ceiling: lambda expr, env, scope: env.arithmetic.number(env.integer(expr, scope)),
    Apply: _apply,
    Piecewise: lambda expr, env, scope: env.cases(expr, scope),
}
