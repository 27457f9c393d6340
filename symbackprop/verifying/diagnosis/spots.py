"""Places in a syntax tree: each part with what rebuilds the whole round another one, and how parts are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import (
    Addition,
    Call,
    Cases,
    Indicator,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Subscript,
    Transpose,
)
from symbackprop.verifying.claims.spelling import untransposed

Rebuild = Callable[[Node], Node]


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of a formula, and the whole formula with that part exchanged."""

    node: Node
    whole: Rebuild


def spots(node: Node) -> Iterator[Spot]:
    """Every part that has a value of its own, the whole first."""
    waiting = [Spot(node, lambda new: new)]
    while waiting:
        spot = waiting.pop(0)
        yield spot
        waiting.extend(_inner(spot))


def _inner(spot: Spot) -> Iterator[Spot]:
    for child, rebuild in _children(spot.node):
        yield Spot(child, lambda new, rebuild=rebuild: spot.whole(rebuild(new)))


def _children(node: Node) -> Iterator[tuple[Node, Rebuild]]:
    """The parts directly below, each with what rebuilds `node` round another one."""
    match node:
        case Addition() | Product():
            field = "terms" if isinstance(node, Addition) else "factors"
            pairs = getattr(node, field)
            for at, (mark, child) in enumerate(pairs):
                yield child, lambda new, at=at, mark=mark: replace(node, **{field: put(pairs, at, (mark, new))})
        case Negative(child):
            yield child, lambda new: replace(node, operand=new)
        case Transpose(child) | Power(child):
            yield child, lambda new: replace(node, base=new)
        case Subscript(_, indices):
            for at, child in enumerate(indices):
                yield child, lambda new, at=at: replace(node, indices=put(indices, at, new))
        case Call(_, arguments):
            for at, child in enumerate(arguments):
                yield child, lambda new, at=at: replace(node, arguments=put(arguments, at, new))
        case Relation(operands) | Logic(_, operands):
            for at, child in enumerate(operands):
                yield child, lambda new, at=at: replace(node, operands=put(operands, at, new))
        case Indicator(child):
            yield child, lambda new: replace(node, condition=new)
        case Cases(pieces, otherwise):
            yield otherwise, lambda new: replace(node, otherwise=new)
            for at, (value, condition) in enumerate(pieces):
                yield value, lambda new, at=at, c=condition: replace(node, pieces=put(pieces, at, (new, c)))
        case _:
            return


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """The formula with other names at once, in all of its parts that have a value of their own, and in indices."""
    if isinstance(node, Name):
        return Name(names.get(node.name, node.name), node.span)
    for at in range(len(tuple(_children(node)))):
        child, rebuild = tuple(_children(node))[at]
        node = rebuild(renamed(child, names))
    return replace(node, base=renamed(node.base, names)) if isinstance(node, Subscript) else node


def put(items: tuple, at: int, new: object) -> tuple:
    return (*items[:at], new, *items[at + 1 :])


def shown(node: Node, scope: Scope) -> str:
    """What was written there; of a part made by an edit, what would be."""
    match node:
        case Transpose(base):
            written = shown(base, scope)
            return f"({written})ᵀ" if " " in written else f"{written}ᵀ"
        case Product(factors):
            first, *rest = ((joint, bracketed(child, scope)) for joint, child in factors)
            return first[1] + "".join(_joined(joint, text) for joint, text in rest)
        case Subscript(base, indices) if base.span == node.span and _as_written(indices, scope):
            return untransposed(scope.source.written(node.span))
        case Name():
            return untransposed(scope.source.written(node.span))
        case Subscript(base, indices):
            name = shown(base, scope)
            name = name[: max(name.rfind("["), name.rfind("_"))] if base.span == node.span else name
            return f"{name}[{','.join(shown(i, scope) for i in indices)}]"
        case Power(base):
            return scope.source.written(base.span.to(node.span))
        case Negative(operand):
            return f"-{bracketed(operand, scope)}"
        case Number(value):
            return str(value)
        case Addition(terms):
            (sign, first), *rest = terms
            start = ("-" if sign == "-" else "") + shown(first, scope)
            return start + "".join(f" {mark} {shown(term, scope)}" for mark, term in rest)
    return scope.source.written(node.span)


def _as_written(indices: tuple[Node, ...], scope: Scope) -> bool:
    """Whether no edit has changed the indices."""
    return all(
        isinstance(part, Name) and scope.source.written(part.span).strip("{}\\") == part.name for part in indices
    )


def _joined(joint: str, text: str) -> str:
    return f"/{text}" if joint == "/" else f" {joint} {text}" if joint else f" {text}"


def bracketed(node: Node, scope: Scope) -> str:
    text = shown(node, scope)
    return f"({text})" if isinstance(node, Addition | Negative) and not text.startswith("(") else text
