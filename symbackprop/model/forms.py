"""Tensors and equations in their standard form.

Sums run over boxes [0, n); bound indices bear no name of an index around them, of a tensor or of a size; numbers are
exact; |x|, tanh x and the like are functions by name. What has no such form is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from sympy import (
    Abs,
    Add,
    Expr,
    Float,
    I,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Mod,
    Mul,
    Piecewise,
    Pow,
    Rational,
    S,
    Sum,
    Symbol,
    cos,
    cosh,
    erf,
    exp,
    floor,
    log,
    nan,
    oo,
    sign,
    sin,
    sinh,
    tan,
    tanh,
    zoo,
)
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import apart, boxed, free_indices, fresh, substitute
from symbackprop.algebra.symbols import BINDERS, Apply, Guard, entry, index, indices_of, tensor_of
from symbackprop.errors import Location, ModelError, ShapeError
from symbackprop.model.records import Equation, Tensor
from symbackprop.model.words import named_place

Shapes = Mapping[str, tuple[Expr, ...]]

_KEPT = (Add, Mul, Pow, exp, log, sin, cos, erf, floor, Mod, KroneckerDelta, Guard, Apply, *BINDERS)


def _largest(*values: Expr) -> Expr:
    """The maximum by cases; beside 0 it is the function relu, whose slope at 0 is 0."""
    result, *others = sorted((value for value in values if value != 0), key=str)
    for value in others:
        result = Piecewise((result, result > value), (value, True))
    return Apply("relu", result) if S.Zero in values else result


_REWRITTEN: Mapping[type, Callable[..., Expr]] = MappingProxyType(
    {
        Abs: lambda a: Apply("abs", a),
        tanh: lambda a: Apply("tanh", a),
        sinh: lambda a: (exp(a) - exp(-a)) / 2,
        cosh: lambda a: (exp(a) + exp(-a)) / 2,
        tan: lambda a: sin(a) / cos(a),
        sign: lambda a: Piecewise((S.One, a > 0), (S.NegativeOne, a < 0), (S.Zero, True)),
        Max: _largest,
        Min: lambda *values: -_largest(*(-value for value in values)),
    }
)


def standard_tensor(tensor: Tensor) -> Tensor:
    """The tensor with its sizes multiplied out.

    Raises:
        ShapeError: a size that is no whole number of at least 1.
    """
    shape = tuple(extent.expand() if isinstance(extent, Expr) else Integer(extent) for extent in tensor.shape)
    for extent in shape:
        if not extent.is_integer or extent.is_nonpositive or not all(s.is_positive for s in extent.free_symbols):
            raise ShapeError(
                f"{tensor.name} has the size {extent}",
                where=tensor.origin,
                because="A size is a whole number of at least 1, or an expression in sizes.",
                fix="Make sizes with size(name).",
                name=tensor.name,
            )
    return replace(tensor, shape=shape)


def standard_equation(equation: Equation, shapes: Shapes, taken: Iterable[Symbol]) -> Equation:
    """The equation in standard form; `taken` are indices with the names of tensors and sizes, which no index keeps.

    The equation's sources are dropped: a model has them by then.

    Raises:
        ModelError: a number that is not real and finite, a symbol or a function that the algebra does not know.
    """
    plain = _Standard(equation).form(equation.expression)
    old, avoid = equation.indices, {*taken, *free_indices(plain)}
    own: list[Symbol] = []
    for variable in old:
        own.append(fresh({*avoid, *old, *own} - {variable}, variable) if variable in set(taken) else variable)
    plain = substitute(plain, dict(zip(old, own, strict=True)))
    ranges = dict(zip(own, shapes.get(equation.tensor, ()), strict=False))
    expression = apart(boxed(plain, ranges), {*taken, *own})
    return replace(equation, indices=tuple(own), expression=expression, sources=())


class _Standard:
    """Rewrites one equation part by part; knows where it stands, for messages."""

    def __init__(self, equation: Equation) -> None:
        self.equation = equation

    def form(self, expr: Expr) -> Expr:
        if isinstance(expr, Float) and expr.is_finite:
            return Rational(str(expr))
        if expr.is_number and not expr.is_Float and (expr.has(nan, oo, -oo, zoo, I) or expr.is_extended_real is False):
            raise self.refused(f"{expr} is no real, finite number", "Every number in a model must be one.")
        if isinstance(expr, Indexed) or (isinstance(expr, Symbol) and not expr.is_integer):
            return self.entry(expr)
        if isinstance(expr, Symbol):
            return self.integer(expr)
        if expr.is_number and not expr.args:
            return expr
        if isinstance(expr, Piecewise):
            return self.cases(expr)
        if isinstance(expr, Sum):
            return self.sum(expr)
        if isinstance(expr, _KEPT):
            return self.rebuilt(expr)
        if type(expr) in _REWRITTEN:
            return _REWRITTEN[type(expr)](*(self.form(argument) for argument in expr.args))
        raise self.refused(
            f"{type(expr).__name__} is unknown here",
            f"It stands in {expr}.",
            "Write it with exp, log and cases, or make a function with custom(name, variable, formula).",
        )

    def rebuilt(self, expr: Expr) -> Expr:
        arguments = tuple(self.form(a) if isinstance(a, Expr) else self.inner(a) for a in expr.args)
        return expr if all(a is b for a, b in zip(arguments, expr.args, strict=True)) else expr.func(*arguments)

    def inner(self, part: object) -> object:
        """The bound of a maximum, or the name of a function."""
        arguments = getattr(part, "args", ())
        return part.func(*map(self.form, arguments)) if arguments else part  # type: ignore[attr-defined]

    def sum(self, expr: Sum) -> Expr:
        for limits in expr.limits:
            if len(limits) != 3:
                raise self.refused(
                    f"a sum over {limits[0]} without limits", f"It stands in {expr}.", "Write Sum(f, (j, 0, n - 1))."
                )
        limits = [tuple(map(self.form, limit)) for limit in expr.limits]
        return Sum(self.form(expr.function), *limits)

    def cases(self, expr: Piecewise) -> Expr:
        if expr.args[-1][1] != True:  # noqa: E712 SymPy's true is no Python bool
            raise self.refused("cases that leave something open", f"In {expr}.", "Add a last case: (0, True).")
        return Piecewise(*(ExprCondPair(self.form(value), self.condition(when)) for value, when in expr.args))

    def condition(self, condition: Boolean) -> Boolean:
        if not condition.args:
            return condition
        return condition.func(*(self.form(a) if isinstance(a, Expr) else self.condition(a) for a in condition.args))

    def entry(self, expr: Expr) -> Expr:
        name = tensor_of(expr)
        made = None if name is None else entry(name, *map(self.form, indices_of(expr)))
        same = made is not None and (made.args[:1] == expr.args[:1] if isinstance(expr, Indexed) else made == expr)
        if made is None or not same:
            raise self.foreign(expr.base if isinstance(expr, Indexed) else expr)
        return made

    def integer(self, symbol: Symbol) -> Expr:
        if symbol != index(symbol.name) and not (symbol.is_positive and symbol == type(symbol)(symbol.name, **_SIZE)):
            raise self.foreign(symbol)
        return symbol

    def foreign(self, symbol: Expr) -> ModelError:
        return self.refused(
            f"{symbol} is a symbol of another kind",
            "SymPy takes symbols of one name and different assumptions for strangers, and derivatives would be 0.",
            "Make tensors with parameter, input and so on, indices with index(name), sizes with size(name).",
            str(symbol),
        )

    def refused(self, what: str, because: str, fix: str | None = None, name: str | None = None) -> ModelError:
        where: Location | None = named_place(self.equation.origin, name)
        return ModelError(
            f"{what}, in the equation of {self.equation.tensor}", where=where, because=because, fix=fix, name=name
        )


_SIZE = MappingProxyType({"integer": True, "positive": True})
