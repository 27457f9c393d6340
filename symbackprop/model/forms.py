"""Tensors and equations in their standard form.

Sums run over boxes [0, n); bound indices bear no name of an index around them, of a tensor or of a size; numbers are
exact; |x|, tanh x and the like are functions by name. What has no such form is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sympy import (
    Abs,
    Add,
    Eq,
    Expr,
    Float,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Mod,
    Mul,
    Ne,
    Number,
    NumberSymbol,
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
    sign,
    sin,
    sinh,
    tan,
    tanh,
)
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import apart, boxed, free_indices, fresh, substitute
from symbackprop.algebra.symbols import (
    BINDERS,
    Apply,
    Guard,
    bare_sum,
    body_of,
    bounds_of,
    entry,
    index,
    size,
    tensor_of,
)
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


def standard_equation(equation: Equation, shapes: Shapes, taken: Collection[Symbol]) -> Equation:
    """The equation in standard form; `taken` are indices with the names of tensors and sizes, which no index keeps.

    The equation's sources are dropped: a model has them by then.

    Raises:
        ModelError: a number that is not real and finite, a symbol or a function that the algebra does not know.
    """
    plain = standard(equation.expression, f"the equation of {equation.tensor}", equation.origin)
    old, avoid = equation.indices, {*taken, *free_indices(plain)}
    own: list[Symbol] = []
    for variable in old:
        own.append(fresh({*avoid, *old, *own}, variable) if variable in taken else variable)
    plain = substitute(plain, dict(zip(old, own, strict=True)))
    ranges = dict(zip(own, shapes.get(equation.tensor, ()), strict=False))
    expression = plain if _runs_over_boxes(plain) else boxed(plain, ranges)
    names = frozenset(symbol.name for symbol in (*taken, *own))
    expression = expression if _is_apart(expression, names) else apart(expression, {*taken, *own})
    expression = _ordered(expression, ranges)
    return replace(equation, indices=tuple(own), expression=expression, sources=())


def _ordered(expr: Expr, ranges: Mapping[Symbol, Expr]) -> Expr:
    """Cases of the first or the last step in signs of order: an index is never negative, so t = 0 is t <= 0.

    So cases part a range in two, and the reads of the one before and after it are known to be in range.
    """
    found = {}
    for condition in expr.atoms(Eq, Ne):
        for v, other in (condition.args, condition.args[::-1]):
            if not (isinstance(v, Symbol) and v.is_integer and not v.is_positive):
                continue
            if other == 0:
                found[condition] = v <= 0 if isinstance(condition, Eq) else v >= 1
            elif v in ranges and (ranges[v] - 1 - other).expand() == 0:
                found[condition] = v >= other if isinstance(condition, Eq) else v <= other - 1
    return expr.xreplace(found) if found else expr


def _runs_over_boxes(expr: Expr) -> bool:
    """Whether every sum has the limits 0 and n - 1, n being an expression in sizes."""
    return all(
        lower == 0 and all(s.is_positive for s in upper.free_symbols)
        for part in expr.atoms(Sum)
        for _, lower, upper in part.limits
    )


def _is_apart(expr: Expr, names: frozenset[str]) -> bool:
    """Whether no bound index bears one of `names`, or the name of a binder around it."""
    if isinstance(expr, BINDERS):
        bound = [variable.name for variable, _ in bounds_of(expr)]
        if not names.isdisjoint(bound) or len(set(bound)) < len(bound):
            return False
        names = names.union(bound)
        return _is_apart(body_of(expr), names)
    return all(_is_apart(argument, names) for argument in expr.args)


def standard(expr: Expr, owner: str, origin: Location | None = None) -> Expr:
    """An expression with exact numbers, symbols of our own and functions that the algebra knows.

    Raises:
        ModelError: it has no such form; `owner` says in which equation or function.
    """
    return _Standard(owner, origin).form(expr)


@dataclass(frozen=True, slots=True)
class _Standard:
    """Rewrites an expression part by part; knows where it stands, for messages."""

    owner: str
    origin: Location | None

    def form(self, expr: Expr) -> Expr:
        if isinstance(expr, Indexed):
            return self.entry(expr)
        if not expr.args:
            return self.symbol(expr) if isinstance(expr, Symbol) else self.number(expr)
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

    def number(self, expr: Expr) -> Expr:
        if not isinstance(expr, Number | NumberSymbol) or not expr.is_finite:
            raise self.refused(f"{expr} is no real, finite number", "Every number in a model must be one.")
        return Rational(str(expr)) if isinstance(expr, Float) else expr

    def rebuilt(self, expr: Expr) -> Expr:
        arguments = tuple(self.form(a) if isinstance(a, Expr) else self.inner(a) for a in expr.args)
        return expr if all(a is b for a, b in zip(arguments, expr.args, strict=True)) else expr.func(*arguments)

    def inner(self, part: object) -> object:
        """The bound of a maximum, or the name of a function."""
        arguments = getattr(part, "args", ())
        return part.func(*map(self.form, arguments)) if arguments else part  # type: ignore[attr-defined]

    def sum(self, expr: Sum) -> Expr:
        limits = [tuple(map(self.form, limit)) for limit in expr.limits]
        body = self.form(expr.function)
        return (
            expr if body is expr.function and limits == list(map(tuple, expr.limits)) else bare_sum(body, tuple(limits))
        )

    def cases(self, expr: Piecewise) -> Expr:
        if expr.args[-1][1] != True:  # noqa: E712 SymPy's true is no Python bool
            raise self.refused("cases that leave something open", f"In {expr}.", "Add a last case: (0, True).")
        return Piecewise(*(ExprCondPair(self.form(value), self.condition(when)) for value, when in expr.args))

    def condition(self, condition: Boolean) -> Boolean:
        if not condition.args:
            return condition
        return condition.func(*(self.form(a) if isinstance(a, Expr) else self.condition(a) for a in condition.args))

    def entry(self, expr: Indexed) -> Expr:
        name = tensor_of(expr)
        if name is None or expr.base.args != (Symbol(name, real=True),):
            raise self.foreign(expr.base)
        indices = tuple(map(self.form, expr.indices))
        return expr if indices == tuple(expr.indices) else entry(name, *indices)

    def symbol(self, symbol: Symbol) -> Expr:
        if symbol not in (Symbol(symbol.name, real=True), index(symbol.name), size(symbol.name)):
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
        where = named_place(self.origin, name)
        return ModelError(f"{what}, in {self.owner}", where=where, because=because, fix=fix, name=name)
