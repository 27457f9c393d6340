r"""The value of an index expression at given sizes and entries, in floats, exact fractions or intervals.

An entry out of its range is 0; a product with a `Guard` that fails is 0 whatever its other factors are; a `Piecewise`
evaluates the branch it takes and no other. Where an expression has no real value (a division by 0, a logarithm of a
negative number) an `ArithmeticError` is raised.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

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
    S,
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
from symbackprop.algebra.proving.arithmetic import EXACT, FLOATS, Arithmetic, Number, UndefinedError
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, bounds_of, tensor_of

Position = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """What symbols mean: `sizes` for sizes and free indices, `values` for tensors and opaque functions.

    A tensor is an array, nested lists, a plain number (rank 0), or a callable from a position to a number, which gives
    0 out of range by itself. An opaque function is a callable from (order, number) to a number.
    """

    values: Mapping[str, Any]
    sizes: Mapping[Symbol, int]
    arithmetic: Arithmetic
    functions: Mapping[str, ScalarFunction] = field(default_factory=dict)


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
        scope: dict[Symbol, Any] = {**self.sizes, **dict(zip(self.array.indices, position, strict=True))}
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


def value_of(expr: Expr, env: Environment, scope: dict[Symbol, Any]) -> Number:
    """The value of `expr` where `scope` gives each free index, size and variable of a definition."""
    kind = type(expr)
    handler = _HANDLERS.get(kind)
    if handler is not None:
        return handler(expr, env, scope)
    if isinstance(expr, Indexed):
        return _entry(expr, env, scope)
    if expr.is_Rational:
        return env.arithmetic.number(Fraction(int(expr.p), int(expr.q)))
    if expr.is_number:
        return env.arithmetic.constant(expr)
    raise UndefinedError(f"no value for {kind.__name__}: {expr}")


# leaves


def _symbol(expr: Symbol, env: Environment, scope: dict[Symbol, Any]) -> Number:
    if expr in scope:
        value = scope[expr]
        return env.arithmetic.number(value) if isinstance(value, int) else value
    return _stored(expr.name, (), env)


def _entry(expr: Indexed, env: Environment, scope: dict[Symbol, Any]) -> Number:
    return _stored(str(tensor_of(expr)), tuple(integer_of(i, env, scope) for i in expr.indices), env)


def _stored(name: str, position: Position, env: Environment) -> Number:
    if name not in env.values:
        raise KeyError(f"no value given for {name}")
    value = env.values[name]
    if isinstance(value, Computed):
        return value.at(position, env)
    if callable(value):
        return env.arithmetic.number(value(position))
    for place in position:
        if not 0 <= place < len(value):
            return env.arithmetic.number(0)
        value = value[place]
    if hasattr(value, "item"):
        value = value.item()
    return env.arithmetic.number(value)


def integer_of(expr: Expr, env: Environment, scope: dict[Symbol, Any]) -> int:
    """The value of an index expression, as an int."""
    if isinstance(expr, Symbol) and expr in scope:
        return int(scope[expr])
    if expr.is_Integer:
        return int(expr)
    if isinstance(expr, Add):
        return sum(integer_of(a, env, scope) for a in expr.args)
    if isinstance(expr, Mul) and all(a.is_integer for a in expr.args):
        return math.prod(integer_of(a, env, scope) for a in expr.args)
    if isinstance(expr, Indexed):
        return _whole(_entry(expr, env, scope), expr)
    if isinstance(expr, floor | ceiling):
        inner = value_of(expr.args[0], replace(env, arithmetic=EXACT), scope)
        return math.floor(inner) if isinstance(expr, floor) else math.ceil(inner)
    if isinstance(expr, ArgMax):
        return _first_maximiser(expr, env, scope)
    return _whole(value_of(expr, replace(env, arithmetic=EXACT), scope), expr)


def _whole(value: Number, expr: Expr) -> int:
    """Data that serves as an index, as an int, whatever kind of number holds it."""
    middle = getattr(value, "mid", None)  # of an interval
    real = float(middle) if middle is not None else value.real
    if real != int(real):
        raise UndefinedError(f"{expr} is no integer there")
    return int(real)


# products, sums, powers


def _add(expr: Add, env: Environment, scope: dict[Symbol, Any]) -> Number:
    result = value_of(expr.args[0], env, scope)
    for argument in expr.args[1:]:
        result = result + value_of(argument, env, scope)
    return result


def _mul(expr: Mul, env: Environment, scope: dict[Symbol, Any]) -> Number:
    plain = []
    for argument in expr.args:
        gate = argument.base if isinstance(argument, Pow) and argument.exp.is_positive else argument
        if not isinstance(gate, Guard | KroneckerDelta):
            plain.append(argument)
        elif not _holds_gate(gate, env, scope):
            return env.arithmetic.number(0)
    result = env.arithmetic.number(1)
    for argument in plain:
        result = result * value_of(argument, env, scope)
    return result


def _holds_gate(gate: Expr, env: Environment, scope: dict[Symbol, Any]) -> bool:
    if isinstance(gate, Guard):
        return integer_of(gate.argument, env, scope) >= 0
    return integer_of(gate.args[0], env, scope) == integer_of(gate.args[1], env, scope)


def _gate(expr: Expr, env: Environment, scope: dict[Symbol, Any]) -> Number:
    return env.arithmetic.number(1 if _holds_gate(expr, env, scope) else 0)


def _pow(expr: Pow, env: Environment, scope: dict[Symbol, Any]) -> Number:
    base = value_of(expr.base, env, scope)
    exponent = expr.exp
    if exponent.is_Integer:
        if exponent >= 0:
            return base ** int(exponent)
        if env.arithmetic.sign(base) == 0:
            raise UndefinedError(f"{expr.base} is 0 there")
        return env.arithmetic.number(1) / base ** int(-exponent)
    if exponent.is_Rational:
        return env.arithmetic.power(base, Fraction(int(exponent.p), int(exponent.q)))
    if exponent.is_integer:
        return base ** integer_of(exponent, env, scope)
    return env.arithmetic.exp(value_of(exponent, env, scope) * env.arithmetic.log(base))


# binders


def _instances(expr: Expr, env: Environment, scope: dict[Symbol, Any]) -> Iterable[dict[Symbol, Any]]:
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


def _dependent(limits: list[Any], env: Environment, scope: dict[Symbol, Any]) -> Iterable[dict[Symbol, Any]]:
    """Limits that read other indices: the last one is the outermost, as SymPy has them."""
    if not limits:
        yield scope
        return
    *inner, (variable, lower, upper) = limits
    for place in range(integer_of(lower, env, scope), integer_of(upper, env, scope) + 1):
        yield from _dependent(inner, env, {**scope, variable: place})


def _sum(expr: Sum, env: Environment, scope: dict[Symbol, Any]) -> Number:
    result = env.arithmetic.number(0)
    for inner in _instances(expr, env, scope):
        result = result + value_of(expr.function, env, inner)
    return result


def _maximum(expr: Maximum, env: Environment, scope: dict[Symbol, Any]) -> Number:
    best = None
    for inner in _instances(expr, env, scope):
        value = value_of(expr.body, env, inner)
        if best is None or env.arithmetic.sign(value - best) > 0:
            best = value
    if best is None:
        raise UndefinedError(f"{expr} runs over nothing")
    return best


def _first_maximiser(expr: ArgMax, env: Environment, scope: dict[Symbol, Any]) -> int:
    best, where = None, 0
    for place, inner in enumerate(_instances(expr, env, scope)):
        value = value_of(expr.body, env, inner)
        if best is None or env.arithmetic.sign(value - best) > 0:
            best, where = value, place
    return where


# functions and conditions


def _by_arithmetic(name: str) -> Callable[[Expr, Environment, dict[Symbol, Any]], Number]:
    def apply(expr: Expr, env: Environment, scope: dict[Symbol, Any]) -> Number:
        return getattr(env.arithmetic, name)(value_of(expr.args[0], env, scope))

    return apply


def _by_exponentials(expr: Expr, env: Environment, scope: dict[Symbol, Any]) -> Number:
    x, arithmetic = value_of(expr.args[0], env, scope), env.arithmetic
    if isinstance(expr, tanh):
        falls = arithmetic.sign(x) < 0
        shrinking = arithmetic.exp(x + x if falls else -x - x)
        return (shrinking - 1) / (shrinking + 1) if falls else (1 - shrinking) / (1 + shrinking)
    rising, falling = arithmetic.exp(x), arithmetic.exp(-x)
    return (rising - falling) / 2 if isinstance(expr, sinh) else (rising + falling) / 2


def _absolute(expr: Abs, env: Environment, scope: dict[Symbol, Any]) -> Number:
    value = value_of(expr.args[0], env, scope)
    return -value if env.arithmetic.sign(value) < 0 else value


def _sign(expr: sign, env: Environment, scope: dict[Symbol, Any]) -> Number:
    return env.arithmetic.number(env.arithmetic.sign(value_of(expr.args[0], env, scope)))


def _extreme(expr: Expr, env: Environment, scope: dict[Symbol, Any]) -> Number:
    best, *others = (value_of(argument, env, scope) for argument in expr.args)
    for value in others:
        difference = value - best if isinstance(expr, Max) else best - value
        if env.arithmetic.sign(difference) > 0:
            best = value
    return best


def _apply(expr: Apply, env: Environment, scope: dict[Symbol, Any]) -> Number:
    function = env.functions.get(expr.name)
    x = value_of(expr.argument, env, scope)
    if function is None or function.expression is None:
        if expr.name not in env.values:
            raise KeyError(f"no value given for the function {expr.name}")
        return env.values[expr.name](expr.order, x)
    definition = definition_of(function.expression, function.variable, expr.order)
    return value_of(definition, env, {**scope, function.variable: x})


@lru_cache(maxsize=4096)
def definition_of(expression: Expr, variable: Symbol, order: int) -> Expr:
    """The derivative of some order of a function's definition, in its own variable."""
    return expression.diff(variable, order) if order else expression


def _piecewise(expr: Piecewise, env: Environment, scope: dict[Symbol, Any]) -> Number:
    for value, condition in expr.args:
        if holds(condition, env, scope):
            return value_of(value, env, scope)
    raise UndefinedError(f"no branch of {expr} holds")


def holds(condition: Boolean, env: Environment, scope: dict[Symbol, Any]) -> bool:
    """Whether a condition holds: relations of index expressions or of real expressions, and, or, not."""
    if isinstance(condition, BooleanTrue | BooleanFalse):
        return bool(condition)
    if isinstance(condition, And):
        return all(holds(part, env, scope) for part in condition.args)
    if isinstance(condition, Or):
        return any(holds(part, env, scope) for part in condition.args)
    if isinstance(condition, Not):
        return not holds(condition.args[0], env, scope)
    if not isinstance(condition, Relational):
        raise UndefinedError(f"no condition: {condition}")
    left, right = condition.args
    if left.is_integer and right.is_integer:
        difference = integer_of(left, env, scope) - integer_of(right, env, scope)
        where = (difference > 0) - (difference < 0)
    else:
        where = env.arithmetic.sign(value_of(left, env, scope) - value_of(right, env, scope))
    answers = {Gt: where > 0, Ge: where >= 0, Lt: where < 0, Le: where <= 0, Eq: where == 0, Ne: where != 0}
    for relation, answer in answers.items():
        if isinstance(condition, relation):
            return answer
    raise UndefinedError(f"no relation: {condition}")


_HANDLERS: Mapping[type, Callable[[Any, Environment, dict[Symbol, Any]], Number]] = {
    Symbol: _symbol,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    Sum: _sum,
    Guard: _gate,
    KroneckerDelta: _gate,
    Maximum: _maximum,
    ArgMax: lambda expr, env, scope: env.arithmetic.number(_first_maximiser(expr, env, scope)),
    floor: lambda expr, env, scope: env.arithmetic.number(integer_of(expr, env, scope)),
    ceiling: lambda expr, env, scope: env.arithmetic.number(integer_of(expr, env, scope)),
    exp: _by_arithmetic("exp"),
    log: _by_arithmetic("log"),
    sin: _by_arithmetic("sin"),
    cos: _by_arithmetic("cos"),
    erf: _by_arithmetic("erf"),
    tanh: _by_exponentials,
    sinh: _by_exponentials,
    cosh: _by_exponentials,
    Abs: _absolute,
    sign: _sign,
    Max: _extreme,
    Min: _extreme,
    Apply: _apply,
    Piecewise: _piecewise,
}
