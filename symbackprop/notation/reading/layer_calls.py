"""Layer calls: `a1 = dense(x, h, sigmoid)` to the tensors and equations of the layer.

How a layer is called follows from its record: the tensors that it reads, then its options in their order or by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import ScalarFunction
from symbackprop.errors import Location, NotationError, SymbackpropError, suggestion
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.layers.catalogue import LAYERS, Option, Signature
from symbackprop.model.layers.dense import NORMALISED
from symbackprop.model.layers.expansion import Definition, as_size, expansion, named_after
from symbackprop.model.records import Tensor
from symbackprop.notation.reading.calls import attempted, option, resolved
from symbackprop.notation.reading.index_formulas import size_of
from symbackprop.notation.reading.meaning import read
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.statements import EquationStatement
from symbackprop.notation.reading.syntax import Call, Listed, Name, Named, Node, Number


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
    signature = LAYERS[call.function.name]
    sources, plain = _divided(call, signature, scope)
    nodes = _options(call, signature, plain, scope)
    _check_words(nodes, plain, signature, scope)
    given = {one.name: _value(one, nodes[one.name], scope) for one in signature.options if one.name in nodes}
    try:
        made = expansion(signature.layer(**given), named_after(statement.name.name), *sources).definitions
    except SymbackpropError as error:
        raise error.located(_place(error, call, nodes, scope)) from None
    return tuple(
        (_placed(tensor, statement, scope), None if equation is None else replace(equation, origin=where, sources=()))
        for tensor, equation in made
    )


def _place(error: SymbackpropError, call: Call, nodes: Mapping[str, Node], scope: Scope) -> Location:
    """The option or the argument that the error names, else the call."""
    places: dict[str, Node] = {}
    for node in (*call.arguments, *nodes.values()):
        places[scope.source.written(node.span)] = node
    places.update(nodes)
    return scope.source.locate(places.get(error.name or "", call).span)


def _placed(tensor: Tensor, statement: EquationStatement, scope: Scope) -> Tensor:
    return replace(tensor, origin=scope.source.locate(statement.name.span))


def _divided(call: Call, signature: Signature, scope: Scope) -> tuple[list[Array], Sequence[Node]]:
    """The arrays that the layer reads, and its options that stand without a name."""
    plain = [part for part in call.arguments if not isinstance(part, Named)]
    count = signature.sources or len(plain)
    most = count + sum(one.kind != "flag" for one in signature.options)
    if not (count <= len(plain) <= most) or (not signature.sources and count < 2):
        _refuse_arguments(call, signature, scope)
    for part in plain[:count]:
        if isinstance(part, Number):
            raise NotationError(
                f"{call.function.name} reads a tensor, and {scope.source.written(part.span)} is a number",
                where=scope.source.locate(part.span),
                fix=f"For example: {signature.example}",
                name=scope.source.written(part.span),
            )
    return [_source(part, scope) for part in plain[:count]], plain[count:]


def _source(node: Node, scope: Scope) -> Array:
    """The array, with a record that says so where it is data that serves as an index."""
    written = scope.source.written(node.span)
    if isinstance(node, Name) and node.name in scope.integers:
        integers = Tensor(node.name, scope.tensors[node.name], "input", integer=True)
        return replace(integers.whole(), label=written)
    return replace(read(node, scope).array, label=written, sources=())


def _refuse_arguments(call: Call, signature: Signature, scope: Scope) -> NoReturn:
    reads = {0: "two or more tensors", 1: "a tensor"}.get(signature.sources, f"{signature.sources} tensors")
    positional = [one.name for one in signature.options if one.kind != "flag"]
    listed = f", then {', '.join(positional)}" if positional else ""
    raise NotationError(
        f"{call.function.name} takes {reads}{listed}",
        where=scope.source.locate(call.span),
        fix=f"For example: {signature.example}",
        name=call.function.name,
    )


def _options(call: Call, signature: Signature, plain: Sequence[Node], scope: Scope) -> dict[str, Node]:
    """What is written for each option, by name.

    Raises:
        NotationError: an option that the layer does not have, that stands twice or is missing.
    """
    by_name = {one.name: one for one in signature.options}
    positional = [one for one in signature.options if one.kind != "flag"]
    given = {one.name: node for one, node in zip(positional, plain, strict=False)}
    for part in call.arguments:
        if isinstance(part, Named):
            _check_option(part, by_name, call, given, signature, scope)
            given[part.name.name] = part.value
    missing = [one.name for one in signature.options if one.required and one.name not in given]
    if missing:
        raise NotationError(
            f"{call.function.name} needs its {' and its '.join(missing)}",
            where=scope.source.locate(call.span),
            fix=f"For example: {signature.example}",
            name=call.function.name,
        )
    return given


def _check_option(
    part: Named,
    options: Mapping[str, Option],
    call: Call,
    given: Mapping[str, Any],
    signature: Signature,
    scope: Scope,
) -> None:
    name = part.name.name
    if name in options and name not in given:
        return
    twice, near = name in given, suggestion(name, options)
    takes = f"It takes {', '.join(options) or 'none'}: {signature.example}"
    raise NotationError(
        f"{name} is given twice" if twice else f"{call.function.name} has no option {name}",
        where=scope.source.locate(part.span),
        fix="Give it once." if twice else f"{near} {takes}" if near else takes,
        name=name,
    )


_ARE = {"size": "a size", "sizes": "a size", "scalar": "a number", "tensor": "a tensor"}


def _check_words(nodes: Mapping[str, Node], plain: Sequence[Node], signature: Signature, scope: Scope) -> None:
    """A word stands where one is meant: a yes or no by its name, a function for an activation.

    Raises:
        NotationError: one that stands for a size, a number or a tensor.
    """
    flags = {one.name for one in signature.options if one.kind == "flag"}
    for one in signature.options:
        node = nodes.get(one.name)
        if not isinstance(node, Name) or scope.declared(node.name):
            continue
        written, word = scope.source.written(node.span), scope.is_function(node.name) or node.name in ("yes", "no")
        if node.name in flags and any(node is part for part in plain):
            what, fix = f"{written} is yes or no", f"Write {written}=yes or {written}=no."
        elif one.kind == "scalar" or (one.kind in _ARE and word):
            what, fix = f"{one.name} is {_ARE[one.kind]}, and {written} is none", f"For example: {signature.example}"
        else:
            continue
        raise NotationError(what, where=scope.source.locate(node.span), fix=fix, name=written)


def _value(one: Option, node: Node, scope: Scope) -> Any:
    """What an option stands for, by its kind."""
    readers: Mapping[str, Callable[[], Any]] = {
        "activation": lambda: _activation(node, scope),
        "size": lambda: _size(one, node, scope),
        "sizes": lambda: _each(node, lambda part: _size(one, part, scope)),
        "scalar": lambda: _each(node, lambda part: _scalar(one, part, scope)),
        "tensor": lambda: _source(node, scope),
        "flag": lambda: _flag(one, node, scope),
    }
    return readers[one.kind]()


def _each(node: Node, one: Callable[[Node], Any]) -> Any:
    """One value, or a tuple of a list."""
    return tuple(map(one, node.parts)) if isinstance(node, Listed) else one(node)


def _size(one: Option, node: Node, scope: Scope) -> Expr:
    if isinstance(node, Listed):
        raise NotationError(
            f"{one.name} is one size, not a list",
            where=scope.source.locate(node.span),
            fix=f"Write a size: {one.name}=3.",
            name=one.name,
        )
    return attempted(lambda: as_size(size_of(node, scope)), node, scope)


def _scalar(one: Option, node: Node, scope: Scope) -> Any:
    return option(Named(Name(one.name, node.span), node, node.span), scope, read)


def _flag(one: Option, node: Node, scope: Scope) -> bool:
    value = _scalar(one, node, scope)
    if not isinstance(value, bool):
        raise NotationError(
            f"{one.name} is yes or no",
            where=scope.source.locate(node.span),
            fix=f"Write {one.name}=no.",
            name=one.name,
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
