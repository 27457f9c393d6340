r"""The value of an index expression in plain numbers, by loops; a second reading of what an expression means.

Every number is an array of *lanes*: the same computation at several nearby inputs at once, which is how
`tests.oracles.slopes` differentiates. Entries are computed on demand, each once, so that any order of equations,
recurrences in time among them, comes out right; an entry that needs itself is an error.

Out of its range an entry is 0. A product with a `Guard` that fails is 0 whatever its other factors are; nothing else
absorbs a factor that is undefined, so a division by an entry out of range is an error here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, Piecewise, Sum, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanAtom, Not, Or
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum

Number = Any
"""A Fraction or int where only indices and sizes enter, else a complex array of lanes."""

STEP = 1e-30


@dataclass(frozen=True)
class Rule:
    """How the entries of a tensor are computed. `sample` is the axis that runs over samples, None without samples."""

    indices: tuple[Symbol, ...]
    shape: tuple[int, ...]
    expression: Expr
    sample: int | None = None


class OracleError(ArithmeticError):
    """The expression has no value: a division by 0, a log of a negative number, an entry that needs itself."""


@dataclass
class Numbers:
    """`stored` tensors by name, and `rules` for the others.

    `sampled` gives the sample axis of tensors that a per-sample expression reads without one. `kink` becomes the
    distance to the nearest kink among those that matter: where something that depends on the lane was compared.
    """

    sizes: Mapping[Symbol, int]
    stored: dict[str, np.ndarray]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    sampled: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, Any] = field(default_factory=dict)
    opaque: Mapping[str, Callable[[Number], Number]] = field(default_factory=dict)
    kink: float = math.inf
    _known: dict[tuple, Number] = field(default_factory=dict)
    _open: set[tuple] = field(default_factory=set)

    # entries

    def entry(self, name: str, position: tuple[int, ...]) -> Number:
        """The entry of `name` at `position`, 0 out of its range."""
        if name in self.stored:
            array = self.stored[name]
            inside = all(0 <= p < n for p, n in zip(position, array.shape, strict=False))
            if len(position) != array.ndim - 1:
                raise OracleError(f"{name} has rank {array.ndim - 1} and is read at {position}")
            return array[position] if inside else 0
        if name not in self.rules:
            raise OracleError(f"nothing gives {name}")
        rule = self.rules[name]
        if len(position) != len(rule.shape):
            raise OracleError(f"{name} has rank {len(rule.shape)} and is read at {position}")
        if not all(0 <= p < n for p, n in zip(position, rule.shape, strict=True)):
            return 0
        key = (name, position)
        if key not in self._known:
            if key in self._open:
                raise OracleError(f"{name}{list(position)} needs itself")
            self._open.add(key)
            self._known[key] = self.by_rule(rule, position)
            self._open.discard(key)
        return self._known[key]

    def by_rule(self, rule: Rule, position: tuple[int, ...]) -> Number:
        scope: dict[Any, int] = {}
        if rule.sample is not None:
            scope[None] = position[rule.sample]
            position = position[: rule.sample] + position[rule.sample + 1 :]
        scope.update(zip(rule.indices, position, strict=True))
        return self.value(rule.expression, scope)

    def array(self, name: str) -> np.ndarray:
        """All entries of `name`, lanes last."""
        shape = self.rules[name].shape
        entries = [self.entry(name, p) for p in itertools.product(*map(range, shape))]
        return np.stack(np.broadcast_arrays(*(np.atleast_1d(_lane(e)) for e in entries))).reshape(*shape, -1)

    # expressions; the scope gives each index its value, and None the sample

    def value(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        rule = _BY_TYPE.get(type(expr).__name__)
        if rule is None:
            if isinstance(expr, Symbol):
                return self._symbol(expr, scope)
            if expr.is_Integer:
                return int(expr)
            if expr.is_Rational:
                return Fraction(int(expr.p), int(expr.q))
            if expr.is_number and not expr.args:
                return float(expr)
            raise OracleError(f"no meaning for {type(expr).__name__}: {expr}")
        return rule(self, expr, scope)

    def integer(self, expr: Expr, scope: Mapping[Any, int]) -> int:
        value = self.value(expr, scope)
        if isinstance(value, np.ndarray):
            value = Fraction(float(value.flat[0].real))
        if value != int(value):
            raise OracleError(f"{expr} is {value}, no integer")
        return int(value)

    def _symbol(self, symbol: Symbol, scope: Mapping[Any, int]) -> Number:
        if symbol in scope:
            return scope[symbol]
        if symbol in self.sizes:
            return self.sizes[symbol]
        if symbol.is_integer:
            raise OracleError(f"the index {symbol} is not bound")
        return self._read(symbol.name, (), scope)

    def _indexed(self, expr: Indexed, scope: Mapping[Any, int]) -> Number:
        return self._read(expr.base.label.name, tuple(self.integer(i, scope) for i in expr.indices), scope)

    def _read(self, name: str, position: tuple[int, ...], scope: Mapping[Any, int]) -> Number:
        if None in scope and name in self.sampled:
            axis = self.sampled[name] if self.sampled[name] >= 0 else len(position)
            position = (*position[:axis], scope[None], *position[axis:])
        return self.entry(name, position)

    def _add(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        result: Number = 0
        for term in expr.args:
            result = _plus(result, self.value(term, scope))
        return result

    def _mul(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        guards = [a for a in expr.args if isinstance(a, Guard)]
        if any(self.value(g, scope) == 0 for g in guards):
            return 0
        product: Number = 1
        for factor in expr.args:
            if not isinstance(factor, Guard):
                product = _times(product, self.value(factor, scope))
        return product

    def _pow(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        base, exponent = (self.value(a, scope) for a in expr.args)
        if not isinstance(exponent, np.ndarray) and exponent == int(exponent):
            return _whole_power(base, int(exponent))
        return _power(base, exponent)

    def _sum(self, expr: Sum, scope: Mapping[Any, int]) -> Number:
        return self._nested(expr.function, list(expr.limits), dict(scope))

    def _nested(self, body: Expr, limits: list, scope: dict[Any, int]) -> Number:
        if not limits:
            return self.value(body, scope)
        variable, lower, upper = limits[-1]  # the last limit is the outermost
        result: Number = 0
        for k in range(self.integer(lower, scope), self.integer(upper, scope) + 1):
            result = _plus(result, self._nested(body, limits[:-1], {**scope, variable: k}))
        return result

    def _candidates(self, expr: Any, scope: Mapping[Any, int]) -> tuple[int, Number]:
        variable, extent = expr.bound
        values = [self.value(expr.body, {**scope, variable: k}) for k in range(self.integer(extent, scope))]
        if not values:
            raise OracleError(f"{expr} has no candidates")
        best = max(range(len(values)), key=lambda k: _real(values[k]))
        for k, value in enumerate(values):
            if k != best:
                self._compared(_plus(values[best], _times(-1, value)))
        return best, values[best]

    def _maximum(self, expr: Maximum, scope: Mapping[Any, int]) -> Number:
        return self._candidates(expr, scope)[1]

    def _argmax(self, expr: ArgMax, scope: Mapping[Any, int]) -> Number:
        return self._candidates(expr, scope)[0]

    def _guard(self, expr: Guard, scope: Mapping[Any, int]) -> Number:
        return int(self.integer(expr.argument, scope) >= 0)

    def _delta(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        left, right = (self.integer(a, scope) for a in expr.args)
        return int(left == right)

    def _floor(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        return math.floor(self.value(expr.args[0], scope))

    def _ceiling(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        return math.ceil(self.value(expr.args[0], scope))

    def _mod(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        left, right = (self.integer(a, scope) for a in expr.args)
        return left % right

    def _piecewise(self, expr: Piecewise, scope: Mapping[Any, int]) -> Number:
        for branch, condition in expr.args:
            if self._holds(condition, scope):
                return self.value(branch, scope)
        raise OracleError(f"no branch of {expr} holds")

    def _holds(self, condition: Any, scope: Mapping[Any, int]) -> bool:
        if isinstance(condition, BooleanAtom):
            return bool(condition)
        if isinstance(condition, And):
            return all(self._holds(c, scope) for c in condition.args)
        if isinstance(condition, Or):
            return any(self._holds(c, scope) for c in condition.args)
        if isinstance(condition, Not):
            return not self._holds(condition.args[0], scope)
        if isinstance(condition, Relational):
            difference = _plus(self.value(condition.lhs, scope), _times(-1, self.value(condition.rhs, scope)))
            self._compared(difference)
            return _RELATIONS[condition.rel_op](_real(difference), 0)
        raise OracleError(f"no meaning for the condition {condition}")

    def _compared(self, difference: Number) -> None:
        """Two values were compared: a kink stands where they meet, if their difference depends on the lane at all."""
        if isinstance(difference, np.ndarray) and np.any(difference.imag != 0):
            self.kink = min(self.kink, abs(_real(difference)))

    def _absolute(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        value = self.value(expr.args[0], scope)
        self._compared(value)
        return _times(-1, value) if _real(value) < 0 else value

    def _sign(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        value = self.value(expr.args[0], scope)
        self._compared(value)
        return int(_real(value) > 0) - int(_real(value) < 0)

    def _extreme(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        values = [self.value(a, scope) for a in expr.args]
        best = (max if type(expr).__name__ == "Max" else min)(values, key=_real)
        for value in values:
            if value is not best:
                self._compared(_plus(best, _times(-1, value)))
        return best

    def _elementary(self, expr: Expr, scope: Mapping[Any, int]) -> Number:
        return _ELEMENTARY[type(expr).__name__](_lane(self.value(expr.args[0], scope)))

    def _apply(self, expr: Apply, scope: Mapping[Any, int]) -> Number:
        return self.function(expr.name, expr.order, self.value(expr.argument, scope))

    def function(self, name: str, order: int, argument: Number) -> Number:
        """The named function, or its derivative, by a complex step, at a real argument."""
        if order == 0:
            return self._named(name, _lane(argument))
        if order > 1 or np.any(_lane(argument).imag != 0):
            meaning = self.functions[name]
            slope = meaning.expression.diff(meaning.variable, order)
            inner = Numbers(self.sizes, {meaning.variable.name: _lane(argument)}, functions=self.functions)
            return inner.value(slope, {})
        return self._named(name, _lane(argument).real + STEP * 1j).imag / STEP + 0j

    def _named(self, name: str, argument: np.ndarray) -> Number:
        if name in self.opaque:
            return self.opaque[name](argument)
        if name in _NAMED:
            if name in _KINKED:
                self._compared(argument)
            return _NAMED[name](argument)
        meaning = self.functions[name]
        inner = Numbers(self.sizes, {meaning.variable.name: argument}, functions=self.functions, opaque=self.opaque)
        result = inner.value(meaning.expression, {})
        self.kink = min(self.kink, inner.kink)
        return result


def _lane(value: Number) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else np.asarray([complex(value)])


def _real(value: Number) -> float | Fraction:
    return float(value.flat[0].real) if isinstance(value, np.ndarray) else value


def _exact(value: Number) -> bool:
    return isinstance(value, int | Fraction)


def _times(a: Number, b: Number) -> Number:
    return a * b if _exact(a) and _exact(b) else _loose(a) * _loose(b)


def _plus(a: Number, b: Number) -> Number:
    return a + b if _exact(a) and _exact(b) else _loose(a) + _loose(b)


def _loose(value: Number) -> Number:
    return float(value) if isinstance(value, Fraction) else value


def _whole_power(base: Number, exponent: int) -> Number:
    """By repeated multiplication, so that the small imaginary part of a negative base survives."""
    if exponent < 0:
        if np.any(_lane(base) == 0):
            raise OracleError("division by 0")
        inverse = Fraction(1) / base if _exact(base) else 1 / _loose(base)
        return _whole_power(inverse, -exponent)
    result: Number = 1
    for _ in range(exponent):
        result = _times(result, base)
    return result


def _power(base: Number, exponent: Number) -> Number:
    base, exponent = _lane(base), _lane(exponent)
    if np.any(base.real < 0) or (np.any(base == 0) and np.any(exponent.real < 0)):
        raise OracleError("a power of a number that is not above 0")
    return base**exponent


def _log(x: np.ndarray) -> np.ndarray:
    if np.any(x.real <= 0):
        raise OracleError("the log of a number that is not above 0")
    return np.log(x)


def _erf(x: np.ndarray) -> np.ndarray:
    """erf(a + ib) for tiny b: erf(a) + ib·2/√π·exp(-a²)."""
    x = np.atleast_1d(x)
    real = np.array([math.erf(a) for a in x.real])
    return real + 1j * x.imag * 2 / math.sqrt(math.pi) * np.exp(-(x.real**2))


def _branch(x: np.ndarray, positive: Number, negative: Number) -> np.ndarray:
    return np.where(x.real > 0, positive, negative)


_ELEMENTARY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "log": _log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "atan": np.arctan,
    "erf": _erf,
}

_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

_NAMED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "relu": lambda x: _branch(x, x, 0 * x.real),
    "leaky_relu": lambda x: _branch(x, x, 0.01 * x),
    "elu": lambda x: _branch(x, x, np.exp(x) - 1),
    "selu": lambda x: _SELU_SCALE * _branch(x, x, _SELU_ALPHA * (np.exp(x) - 1)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * (1 + _erf(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "abs": lambda x: _branch(x, x, -x),
    "exp": np.exp,
    "log": _log,
    "sqrt": lambda x: _power(x, 0.5),
    "square": lambda x: x * x,
    "sin": np.sin,
    "cos": np.cos,
    "erf": _erf,
}

_KINKED = frozenset({"relu", "leaky_relu", "selu", "abs"})

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}

_BY_TYPE: dict[str, Callable[[Numbers, Any, Mapping[Any, int]], Number]] = {
    "Add": Numbers._add,
    "Mul": Numbers._mul,
    "Pow": Numbers._pow,
    "Sum": Numbers._sum,
    "Indexed": Numbers._indexed,
    "Maximum": Numbers._maximum,
    "ArgMax": Numbers._argmax,
    "Guard": Numbers._guard,
    "KroneckerDelta": Numbers._delta,
    "floor": Numbers._floor,
    "ceiling": Numbers._ceiling,
    "Mod": Numbers._mod,
    "Piecewise": Numbers._piecewise,
    "Abs": Numbers._absolute,
    "sign": Numbers._sign,
    "Max": Numbers._extreme,
    "Min": Numbers._extreme,
    "Apply": Numbers._apply,
    **dict.fromkeys(_ELEMENTARY, Numbers._elementary),
}
