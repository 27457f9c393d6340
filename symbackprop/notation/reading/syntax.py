"""The syntax tree: what was written, before any model says what it means.

Sums and products are lists, not nested pairs, so that the depth of a tree is the depth of its brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symbackprop.notation.source import Span

HADAMARD = "⊙"
DOT = "·"

Joint = str
"""How a factor is joined to those before it: `@`, `·`, `*`, `⊙`, `/`, or empty for neighbours, as in `W x`."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, exactly as written."""

    value: Fraction
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A name in canonical form: a tensor, a size, an index or a function."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Subscript:
    """`x[i,j]`."""

    base: Node
    indices: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Whole:
    """`:` among indices: every entry along that axis."""

    span: Span


@dataclass(frozen=True, slots=True)
class Named:
    """`bias = no` or `j = 0..n-1` among the arguments of a call."""

    name: Name
    value: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Listed:
    """`[3, 5]` among the arguments of a call: one for each axis."""

    parts: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`f(x, y, option=value)`; `order` counts derivatives, as in `f'(x)`."""

    function: Name
    arguments: tuple[Node, ...]
    span: Span
    order: int = 0


@dataclass(frozen=True, slots=True)
class Transpose:
    """`W^T`."""

    base: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Power:
    """`x^2`."""

    base: Node
    exponent: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Negative:
    """`-x`."""

    operand: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Addition:
    """`a + b - c`: the terms, each with its sign."""

    terms: tuple[tuple[str, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Product:
    """`a b / c`: the factors from left to right, each with its joint to those before it; the first joint is empty."""

    factors: tuple[tuple[Joint, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Relation:
    """`0 <= i < n`: one sign fewer than operands."""

    operands: tuple[Node, ...]
    signs: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by `and` or by `or`."""

    word: str
    operands: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Cases:
    """`a if p else b if q else c`: pieces of value and condition, and the value otherwise."""

    pieces: tuple[tuple[Node, Node], ...]
    otherwise: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """`0..n-1`, both ends included."""

    low: Node
    high: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Indicator:
    """`1[z > 0]`: 1 where the condition holds, else 0."""

    condition: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Partial:
    """`∂v/∂u`: a name or an entry by a name or an entry."""

    of: Node
    by: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Slope:
    """`∂(xᵀ B x)/∂x`: the derivative of a written expression, which need not be a tensor, by a name or an entry.

    `gradient`: it was written with ∇, and is of a number.
    """

    of: Node
    by: Node
    span: Span
    gradient: bool = False


Node = (
    Number
    | Name
    | Whole
    | Subscript
    | Named
    | Listed
    | Call
    | Transpose
    | Power
    | Negative
    | Addition
    | Product
    | Relation
    | Logic
    | Cases
    | Range
    | Indicator
    | Partial
    | Slope
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below `node`, from left to right as written."""
    match node:
        case Number() | Name() | Whole():
            return ()
        case Subscript(base, indices):
            return (base, *indices)
        case Named(name, value):
            return (name, value)
        case Call(function, arguments):
            return (function, *arguments)
        case Transpose(base):
            return (base,)
        case Power(base, exponent):
            return (base, exponent)
        case Negative(operand):
            return (operand,)
        case Addition(pairs) | Product(pairs):
            return tuple(part for _, part in pairs)
        case Relation(operands) | Logic(_, operands):
            return operands
        case Cases(pieces, otherwise):
            return (*(part for piece in pieces for part in piece), otherwise)
        case Range(first, second) | Partial(first, second) | Slope(first, second):
            return (first, second)
        case Indicator(condition):
            return (condition,)
        case Listed(parts):
            return parts


def with_children(node: Node, parts: Sequence[Node]) -> Node:
    """The node with other nodes directly below it, as many as `children` gives, each of a kind that fits there."""
    below: list[Any] = list(parts)
    match node:
        case Number() | Name() | Whole():
            return node
        case Subscript():
            return replace(node, base=below[0], indices=tuple(below[1:]))
        case Named():
            return replace(node, name=below[0], value=below[1])
        case Call():
            return replace(node, function=below[0], arguments=tuple(below[1:]))
        case Transpose():
            return replace(node, base=below[0])
        case Power():
            return replace(node, base=below[0], exponent=below[1])
        case Negative():
            return replace(node, operand=below[0])
        case Addition(pairs):
            return replace(node, terms=tuple((sign, part) for (sign, _), part in zip(pairs, below, strict=True)))
        case Product(pairs):
            return replace(node, factors=tuple((joint, part) for (joint, _), part in zip(pairs, below, strict=True)))
        case Relation() | Logic():
            return replace(node, operands=tuple(below))
        case Listed():
            return replace(node, parts=tuple(below))
        case Cases():
            pieces = tuple(zip(below[:-1:2], below[1::2], strict=True))
            return replace(node, pieces=pieces, otherwise=below[-1])
        case Range():
            return replace(node, low=below[0], high=below[1])
        case Indicator():
            return replace(node, condition=below[0])
        case Partial() | Slope():
            return replace(node, of=below[0], by=below[1])


def names_in(node: Node) -> tuple[Name, ...]:
    """Every name in the tree, from left to right."""
    found: list[Name] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Name):
            found.append(current)
        waiting.extend(reversed(children(current)))
    return tuple(found)
