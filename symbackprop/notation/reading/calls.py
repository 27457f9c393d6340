"""Calls: functions of entries, sums and means over named indices or over all entries, softmax, losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, substitute
from symbackprop.errors import NotationError, ShapeError, SymbackpropError, suggestion
from symbackprop.model.functions import FUNCTIONS, apply
from symbackprop.model.losses import LOSSES
from symbackprop.model.reductions import log_softmax, logsumexp, max_over, mean, softmax, sum_over
from symbackprop.notation.reading.binders import Binder, binders_of, extent, is_number, limits, named_variable, summed
from symbackprop.notation.reading.index_formulas import WHOLE, integer
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Call, Name, Named, Node, Range
from symbackprop.notation.reading.values import Value, described, entrywise, same_shape, scalar

Read = Callable[[Node, Scope], Value]
Made = TypeVar("Made")

ALIASES: Mapping[str, str] = {"sigma": "sigmoid", "ln": "log", "ReLU": "relu", "SiLU": "silu", "GELU": "gelu"}
REDUCTIONS: Mapping[str, Callable[..., Array]] = {
    "sum": sum_over,
    "mean": mean,
    "max": max_over,
    "logsumexp": logsumexp,
}
NORMALISED: Mapping[str, Callable[..., Array]] = {"softmax": softmax, "log_softmax": log_softmax}
KNOWN = frozenset({*FUNCTIONS, *ALIASES, *REDUCTIONS, *NORMALISED, *LOSSES, *WHOLE})


def call(node: Call, scope: Scope, read: Read) -> Value:
    """What the call stands for.

    Raises:
        UnknownNameError: no function has the name.
        NotationError: arguments that the function does not take.
    """
    name = resolved(node.function.name, scope)
    if name in scope.functions:
        return _applied(node, name, scope, read)
    if name in WHOLE:
        return scalar(integer(node, scope))
    if name in LOSSES:
        return _loss(node, name, scope, read)
    if name in REDUCTIONS:
        return _reduced(node, name, scope, read)
    if name in NORMALISED:
        return _normalised(node, name, scope, read)
    _refuse(node, scope)


def resolved(name: str, scope: Scope) -> str:
    """The function that `name` means: the user's own first, then another spelling of a known one."""
    return name if name in scope.functions else ALIASES.get(name, name)


def _refuse(node: Call, scope: Scope) -> NoReturn:
    function, written = node.function, scope.source.written(node.function.span)
    if function.name in scope.indices or function.name in scope.sizes:
        raise NotationError(
            f"{written} is no function",
            where=scope.source.locate(function.span),
            fix=f"For a product write {written} * (...).",
            name=written,
        )
    if function.name in scope.callables:
        raise NotationError(
            f"{written} cannot stand inside a formula",
            where=scope.source.locate(function.span),
            fix=f"Give it an equation of its own: a = {written}(...).",
            name=written,
        )
    raise scope.unknown(function, "function")


def _argument(node: Call, scope: Scope) -> Node:
    """The one argument."""
    written = scope.source.written(node.function.span)
    if len(node.arguments) != 1 or isinstance(node.arguments[0], Named | Range):
        option = any(isinstance(part, Named) for part in node.arguments)
        here = "an option" if option else _counted(len(node.arguments))
        raise NotationError(
            f"{written} takes one argument, here {here}",
            where=scope.source.locate(node.span),
            fix=f"Write {written}(x).",
            name=written,
        )
    return node.arguments[0]


def _applied(node: Call, name: str, scope: Scope, read: Read) -> Value:
    """A scalar function of each entry."""
    argument = _argument(node, scope)
    value = read(argument, scope)

    def function(entry: Expr) -> Expr:
        return apply(FUNCTIONS.get(name, scope.functions[name]), entry)

    return Value(entrywise(function, (value.array,), scope.taken), value.row)


def _reduced(node: Call, name: str, scope: Scope, read: Read) -> Value:
    """`sum(x)` over all entries, `sum(j, ...)` over indices."""
    arguments = node.arguments
    if name == "max" and len(arguments) == 2 and is_number(arguments[0], 0):
        argument = read(arguments[1], scope)
        return Value(entrywise(lambda entry: apply("relu", entry), (argument.array,), scope.taken), argument.row)
    if len(arguments) < 2:
        argument = _argument(node, scope)
        value = read(argument, scope)
        if value.rank == 0:
            _refuse_scalar(node, name, argument, scope)
        return scalar(_over_all(name, value.array))
    binders, inner = binders_of(node, scope)
    body = _scalar_body(node, arguments[-1], inner, read)
    if name == "sum":
        return scalar(summed(body, binders, inner))
    return scalar(_over_all(name, _bound_array(body, binders, node, inner)))


def _over_all(name: str, array: Array) -> Expr:
    """The reduction over all axes: a scalar."""
    if not array.shape:
        return array.expression
    result = REDUCTIONS[name](array)
    return result.expression if isinstance(result, Array) else result


def _refuse_scalar(node: Call, name: str, argument: Node, scope: Scope) -> NoReturn:
    written = scope.source.written(argument.span)
    raise ShapeError(
        f"{name} of the scalar {written}",
        where=scope.source.locate(node.span),
        fix=f"Write {written}." if isinstance(argument, Name) else f"Name the index: {name}(j, {written}).",
        name=name,
    )


def _scalar_body(node: Call, body: Node, scope: Scope, read: Read) -> Expr:
    value = read(body, scope)
    if value.rank:
        written = scope.source.written(body.span)
        raise ShapeError(
            f"{node.function.name} over named indices needs a scalar, and {described(written, value)}",
            where=scope.source.locate(body.span),
            fix=f"Write its entries with indices, or {node.function.name}({written}) for all of them.",
            name=written,
        )
    return value.expression


def _bound_array(body: Expr, binders: tuple[Binder, ...], node: Call, scope: Scope) -> Array:
    """`body` as an array over the bound indices under the names that were written, each from its lower limit."""
    shape, indices = [], []
    for binder in binders:
        low, high = limits(binder, scope)
        if all_symbols(high - low + 1) & {bound.symbol for bound in scope.indices.values()}:
            raise NotationError(
                f"the range of {binder.bound.name} depends on another index",
                where=scope.source.locate(binder.bound.span),
                fix=f"Only sum takes such a range; {node.function.name} does not.",
                name=binder.bound.name,
            )
        variable = named_variable(binder.bound, body, scope, indices)
        shape.append(high - low + 1)
        indices.append(variable)
        body = substitute(body, {binder.bound.symbol: variable + low})
    return Array(tuple(indices), tuple(shape), body)


def _normalised(node: Call, name: str, scope: Scope, read: Read) -> Value:
    """`softmax(z)` along the last axis; `softmax(k, z[t,k])` over an index of the equation."""
    if len(node.arguments) != 2:
        argument = _argument(node, scope)
        value = read(argument, scope)
        if value.rank == 0:
            _refuse_scalar(node, name, argument, scope)
        return Value(NORMALISED[name](value.array), value.row)
    over, body = node.arguments
    if not isinstance(over, Name) or over.name not in scope.indices:
        written = scope.source.written(over.span)
        raise NotationError(
            f"{written} is no index of this equation",
            where=scope.source.locate(over.span),
            fix=f"Write p[k] = {name}(k, z[k]), or p = {name}(z).",
            name=written,
        )
    bound = scope.indices[over.name]
    entries = _scalar_body(node, body, scope, read)
    array = NORMALISED[name](Array((bound.symbol,), (extent(bound, scope),), entries))
    return scalar(array.at(bound.symbol))


def _loss(node: Call, name: str, scope: Scope, read: Read) -> Value:
    """A loss of whole tensors, with its options: `huber(a, y, delta=2)`."""
    loss, parts = LOSSES[name], [part for part in node.arguments if not isinstance(part, Named)]
    if len(parts) != 2:
        raise NotationError(
            f"{name} takes a prediction and a target, here {_counted(len(parts))}",
            where=scope.source.locate(node.span),
            fix=f"Write {name}(a, y).",
            name=name,
        )
    values = [read(part, scope) for part in parts]
    prediction, target = (scope.source.written(part.span) for part in parts)
    if not same_shape(values[0].shape, values[1].shape):
        raise ShapeError(
            f"{name} of {prediction} and {target}",
            where=scope.source.locate(node.span),
            because=f"{described(prediction, values[0])}, {described(target, values[1])}.",
            fix="The two must have one shape.",
            name=prediction,
        )
    options: dict[str, Any] = {}
    for part in node.arguments:
        if isinstance(part, Named):
            if part.name.name not in loss.options:
                _refuse_option(part, name, loss.options, scope)
            options[part.name.name] = option(part, scope, read)
    result = attempted(lambda: loss(values[0].array, values[1].array, **options), node, scope)
    return Value(replace(result, label="", sources=()))


def _counted(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def _refuse_option(part: Named, name: str, options: tuple[str, ...], scope: Scope) -> NoReturn:
    near = suggestion(part.name.name, options)
    raise NotationError(
        f"{name} has no option {part.name.name}",
        where=scope.source.locate(part.span),
        fix=near or (f"It takes {', '.join(options)}." if options else "It takes none: a mean is written as one."),
        name=part.name.name,
    )


def option(part: Named, scope: Scope, read: Read) -> bool | Expr:
    """The value of an option: yes or no, or a number."""
    if isinstance(part.value, Name) and not scope.declared(part.value.name):
        if part.value.name not in ("yes", "no"):
            raise scope.unknown(part.value)
        return part.value.name == "yes"
    value = read(part.value, scope)
    if value.rank:
        raise NotationError(
            f"{part.name.name} is one value, not an array",
            where=scope.source.locate(part.value.span),
            fix=f"Write a number: {part.name.name}=1.",
            name=part.name.name,
        )
    return value.expression


def attempted(make: Callable[[], Made], node: Node, scope: Scope) -> Made:
    """What `make` gives; its errors get the place of the call."""
    try:
        return make()
    except SymbackpropError as error:
        raise error.located(scope.source.locate(node.span)) from None
