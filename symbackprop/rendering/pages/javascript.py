"""Scalar expressions in index notation as JavaScript, with the meaning that `algebra/proving/evaluate` gives them.

What is written reads entries by `at(name, place, ...)`, which is 0 out of range, and calls `sum(from, to, body)`,
`largest(count, body)`, `place(count, body)` for the first maximiser, and `erf`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from sympy import (
    Abs,
    Add,
    Expr,
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
)  # fmt: skip
from sympy import KroneckerDelta as Delta
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne
from sympy.logic.boolalg import ITE, And, Boolean, BooleanFalse, BooleanTrue, Not, Or
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.space import ScalarFunction, definition_of
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, gates_and_factors, tensor_of

Scope = Mapping[Symbol, str]


class UnwrittenError(ArithmeticError):
    """An expression that is not written in JavaScript."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes expressions; `functions` are the named ones, and letters that the text binds are all different."""

    functions: Mapping[str, ScalarFunction]
    letters: count[int] = field(default_factory=count)

    def letter(self) -> str:
        return f"i{next(self.letters)}"

    def text(self, expr: Expr, scope: Scope) -> str:
        """The expression, where `scope` has the text of each size and free index.

        Raises:
            UnwrittenError: it has a part without a text, such as an opaque function.
        """
        handler = _HANDLERS.get(type(expr))
        if handler is not None:
            return handler(expr, self, scope)
        if type(expr) in _FUNCTIONS:
            return f"{_FUNCTIONS[type(expr)]}({', '.join(self.text(part, scope) for part in expr.args)})"
        if expr.is_Rational:
            return f"{expr.p}" if expr.q == 1 else f"({expr.p}/{expr.q})"
        if expr.is_number:
            return repr(float(expr))
        raise UnwrittenError(f"no JavaScript for {type(expr).__name__}")


def quoted(words: str) -> str:
    """A string of JavaScript that may stand within a `script` element."""
    return json.dumps(words).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _symbol(expr: Symbol, _writer: Writer, scope: Scope) -> str:
    return scope[expr] if expr in scope else f"at({quoted(expr.name)})"


def _entry(expr: Indexed, writer: Writer, scope: Scope) -> str:
    return f"at({', '.join([quoted(str(tensor_of(expr))), *(writer.text(i, scope) for i in expr.indices)])})"


def _add(expr: Add, writer: Writer, scope: Scope) -> str:
    return f"({' + '.join(writer.text(part, scope) for part in expr.args)})"


def _mul(expr: Mul, writer: Writer, scope: Scope) -> str:
    gates, factors = gates_and_factors(expr)
    product = " * ".join(writer.text(part, scope) for part in factors) or "1"
    if not gates:
        return f"({product})"
    return f"({' && '.join(_gate(gate, writer, scope) for gate in gates)} ? {product} : 0)"


def _gate(gate: Expr, writer: Writer, scope: Scope) -> str:
    if isinstance(gate, Guard):
        return f"{writer.text(gate.argument, scope)} >= 0"
    left, right = (writer.text(part, scope) for part in gate.args)
    return f"{left} === {right}"


def _gated(expr: Expr, writer: Writer, scope: Scope) -> str:
    return f"({_gate(expr, writer, scope)} ? 1 : 0)"


def _pow(expr: Pow, writer: Writer, scope: Scope) -> str:
    base = writer.text(expr.base, scope)
    return f"(1 / {base})" if expr.exp == -1 else f"Math.pow({base}, {writer.text(expr.exp, scope)})"


def _sum(expr: Sum, writer: Writer, scope: Scope) -> str:
    """The last limit is the outermost one; inner limits may read it."""
    inner = {**scope, **{variable: writer.letter() for variable, _, _ in expr.limits}}
    text = writer.text(expr.function, inner)
    for variable, lower, upper in expr.limits:
        text = f"sum({writer.text(lower, inner)}, {writer.text(upper, inner)}, ({inner[variable]}) => {text})"
    return text


def _over(name: str) -> Callable[[Maximum | ArgMax, Writer, Scope], str]:
    def written(expr: Maximum | ArgMax, writer: Writer, scope: Scope) -> str:
        variable, extent = expr.bound
        letter = writer.letter()
        return (
            f"{name}({writer.text(extent, scope)}, ({letter}) => {writer.text(expr.body, {**scope, variable: letter})})"
        )

    return written


def _apply(expr: Apply, writer: Writer, scope: Scope) -> str:
    """The argument is computed once."""
    function = writer.functions.get(expr.name)
    if function is None or function.expression is None:
        raise UnwrittenError(f"{expr.name} has no formula")
    definition = definition_of(function.expression, function.variable, expr.order)
    letter = writer.letter()
    body = writer.text(definition, {**scope, function.variable: letter})
    return f"(({letter}) => {body})({writer.text(expr.argument, scope)})"


def _cases(expr: Piecewise, writer: Writer, scope: Scope) -> str:
    text = "NaN"
    for value, condition in reversed(expr.args):
        text = f"({_condition(condition, writer, scope)} ? {writer.text(value, scope)} : {text})"
    return text


def _condition(condition: Boolean, writer: Writer, scope: Scope) -> str:
    if isinstance(condition, BooleanTrue | BooleanFalse):
        return "true" if condition else "false"
    if isinstance(condition, ITE):
        chosen, yes, no = (_condition(part, writer, scope) for part in condition.args)
        return f"({chosen} ? {yes} : {no})"
    if isinstance(condition, And | Or):
        parts = (_condition(part, writer, scope) for part in condition.args)
        return f"({(' && ' if isinstance(condition, And) else ' || ').join(parts)})"
    if isinstance(condition, Not):
        return f"!{_condition(condition.args[0], writer, scope)}"
    if type(condition) not in _RELATIONS:
        raise UnwrittenError(f"no JavaScript for {type(condition).__name__}")
    left, right = (writer.text(part, scope) for part in condition.args)
    return f"({left} {_RELATIONS[type(condition)]} {right})"


_RELATIONS: Mapping[type, str] = {Gt: ">", Ge: ">=", Lt: "<", Le: "<=", Eq: "===", Ne: "!=="}
_FUNCTIONS: Mapping[type, str] = {
    exp: "Math.exp", log: "Math.log", sin: "Math.sin", cos: "Math.cos", tanh: "Math.tanh", sinh: "Math.sinh",
    cosh: "Math.cosh", erf: "erf", sign: "Math.sign", Abs: "Math.abs", Max: "Math.max", Min: "Math.min",
    floor: "Math.floor", ceiling: "Math.ceil",
}  # fmt: skip
_HANDLERS: Mapping[type, Callable[..., str]] = {
    Symbol: _symbol,
    Indexed: _entry,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    Guard: _gated,
    Delta: _gated,
    Sum: _sum,
    Maximum: _over("largest"),
    ArgMax: _over("place"),
    Apply: _apply,
    Piecewise: _cases,
}
