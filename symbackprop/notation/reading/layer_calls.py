"""Layer calls: `a1 = dense(x, h, sigmoid)` to the tensors and equations of the layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from symbackprop.algebra.space import ScalarFunction
from symbackprop.errors import NotationError, suggestion
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.layers import LAYERS, NORMALISED, Definition
from symbackprop.model.records import Tensor
from symbackprop.notation.reading.calls import attempted, option, resolved
from symbackprop.notation.reading.index_formulas import integer
from symbackprop.notation.reading.meaning import read
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.statements import EquationStatement
from symbackprop.notation.reading.syntax import Call, Name, Named, Node


@dataclass(frozen=True, slots=True)
class Signature:
    """How a layer is called: what it reads, its width, and its options by name."""

    example: str
    options: tuple[str, ...]


SIGNATURES: Mapping[str, Signature] = {"dense": Signature("a = dense(x, h, sigmoid, bias=no)", ("activation", "bias"))}


def is_layer(node: Node, scope: Scope) -> bool:
    """Whether the right side of an equation calls a layer."""
    return isinstance(node, Call) and node.function.name in LAYERS and node.function.name not in scope.functions


def layer(statement: EquationStatement, call: Call, scope: Scope) -> tuple[Definition, ...]:
    """The tensors of a layer call, each with its equation if it has one; all stand where the call stands.

    Raises:
        NotationError: arguments that the layer does not take.
        ModelError: a source of another shape, or an activation that nothing defines.
    """
    where = scope.source.locate(statement.span)
    if statement.indices:
        raise NotationError(
            f"a layer defines all of {statement.name.name}",
            where=scope.source.locate(statement.name.span),
            fix=f"Write {statement.name.name} without indices.",
            name=statement.name.name,
        )
    source, units, options = _arguments(call, scope)
    make: Callable[..., tuple[Definition, ...]] = LAYERS[call.function.name]
    found = attempted(lambda: make(statement.name.name, source, units, **options), call, scope)
    return tuple(
        (_placed(tensor, statement, scope), None if equation is None else replace(equation, origin=where))
        for tensor, equation in found
    )


def _placed(tensor: Tensor, statement: EquationStatement, scope: Scope) -> Tensor:
    return replace(tensor, origin=scope.source.locate(statement.name.span))


def _arguments(call: Call, scope: Scope) -> tuple[Any, Any, dict[str, Any]]:
    """The array that the layer reads, its units, and its options."""
    signature = SIGNATURES[call.function.name]
    plain = [part for part in call.arguments if not isinstance(part, Named)]
    if not 2 <= len(plain) <= 3:
        raise NotationError(
            f"{call.function.name} takes a tensor, a size and an activation",
            where=scope.source.locate(call.span),
            fix=f"For example: {signature.example}",
            name=call.function.name,
        )
    written = scope.source.written(plain[0].span)
    source = replace(read(plain[0], scope).array, label=written)
    options: dict[str, Any] = {}
    if len(plain) == 3:
        options["activation"] = _activation(plain[2], scope)
    for part in call.arguments:
        if isinstance(part, Named):
            options[part.name.name] = _option(part, signature, call, options, scope)
    return source, integer(plain[1], scope), options


def _option(part: Named, signature: Signature, call: Call, given: Mapping[str, Any], scope: Scope) -> Any:
    name = part.name.name
    if name not in signature.options or name in given:
        twice, near = name in given, suggestion(name, signature.options)
        raise NotationError(
            f"{name} is given twice" if twice else f"{call.function.name} has no option {name}",
            where=scope.source.locate(part.span),
            fix="Give it once."
            if twice
            else near or f"It takes {' and '.join(signature.options)}: {signature.example}",
            name=name,
        )
    if name == "activation":
        return _activation(part.value, scope)
    value = option(part, scope, read)
    if not isinstance(value, bool):
        raise NotationError(
            f"{name} is yes or no",
            where=scope.source.locate(part.value.span),
            fix=f"Write {name}=no.",
            name=name,
        )
    return value


def _activation(node: Node, scope: Scope) -> str | ScalarFunction:
    """The name of a known function, or the record of the user's own."""
    written = scope.source.written(node.span)
    if not isinstance(node, Name):
        raise NotationError(
            f"{written} is no activation",
            where=scope.source.locate(node.span),
            fix="Give the name of a function: sigmoid, relu, softmax.",
            name=written,
        )
    name = resolved(node.name, scope)
    if name in scope.functions and name not in FUNCTIONS:
        return scope.functions[name]
    if name not in FUNCTIONS and name not in NORMALISED:
        raise scope.unknown(node, "activation")
    return name
