"""Integer formulas as written: sizes (`2 n + 1`), and indices (`t - 1`, `2 i + u`, `floor(i/2)`, `tok[t]`).

A remainder is read as k - n floor(k/n), and a floor over a product of sizes as floors in floors, floor(k/(H W)) as
floor(floor(k/W)/H): the forms whose ranges are provable, and the derivative of which collapses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import NoReturn

from sympy import Add, Expr, Integer, Mul, floor

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.symbols import entry
from symbackprop.errors import LimitError, NotationError, ShapeError
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Addition, Call, Name, Negative, Node, Number, Product, Subscript
from symbackprop.notation.reading.values import in_words, places

MAX_INTEGER = 10**9
WHOLE = {"floor": (1, "one argument", "floor(i/2)"), "mod": (2, "an index and a divisor", "mod(i, 2)")}
"""Functions of integers: how many arguments each takes, which, and an example."""


def integer(node: Node, scope: Scope) -> Expr:
    """The integer expression that `node` writes, in the sizes and the indices of `scope`.

    Raises:
        NotationError: it is no integer expression, or a product of two indices.
        UnknownNameError: a name that is neither a size nor an index.
        LimitError: an integer beyond a thousand million.
    """
    match node:
        case Number(value):
            return _number(value, node, scope)
        case Name():
            return _name(node, scope)
        case Negative(operand):
            return -integer(operand, scope)
        case Addition(terms):
            return Add(*(integer(term, scope) * (1 if sign == "+" else -1) for sign, term in terms))
        case Product(factors):
            return _product(node, factors, scope)
        case Call(function, arguments) if function.name in WHOLE:
            return _whole(function.name, arguments, node, scope)
        case Subscript(Name(name), indices) if name in scope.integers and not scope.sizing:
            return _data(node, name, indices, scope)
    _refuse(node, scope)


def size_of(node: Node, scope: Scope) -> Expr:
    """A size: an integer expression in sizes alone."""
    return integer(node, replace(scope, sizing=True))


def position(node: Node, scope: Scope) -> Expr:
    """An index of an entry, counted from 0."""
    return integer(node, scope) - scope.base


def _data(node: Node, name: str, indices: tuple[Node, ...], scope: Scope) -> Expr:
    """An entry of an integer tensor, `tok[t]`, or a scalar one, `u`."""
    shape = scope.tensors[name]
    if len(indices) != len(shape):
        raise ShapeError(
            f"{scope.source.written(node.span)} is not one entry of {name}, which {in_words(shape)}",
            where=scope.source.locate(node.span),
            fix=f"Write {name}{places(shape)}.",
            name=name,
        )
    for part, size in zip(indices, shape, strict=True):
        if isinstance(part, Name) and part.name in scope.indices:
            scope.indices[part.name].uses.append((size, node.span))
    return entry(name, *(position(part, scope) for part in indices)) + scope.base


def _number(value: Fraction, node: Node, scope: Scope) -> Expr:
    if value.denominator != 1:
        _refuse(node, scope)
    if abs(value) > MAX_INTEGER:
        raise LimitError(
            f"{scope.source.written(node.span)} is too large for a size or an index",
            where=scope.source.locate(node.span),
            because=f"Integers here go up to {MAX_INTEGER:,}.",
            fix="Leave the size symbolic.",
        )
    return Integer(value.numerator)


def _name(node: Name, scope: Scope) -> Expr:
    bound = scope.indices.get(node.name)
    if bound is not None:
        return bound.symbol + scope.base
    if node.name in scope.sizes:
        return scope.sizes[node.name]
    if node.name in scope.integers and not scope.sizing:
        return _data(node, node.name, (), scope)
    if node.name in scope.tensors:
        _refuse(node, scope)
    raise scope.unknown(node, "size" if scope.sizing else "size or index")


def _product(node: Node, factors: tuple[tuple[str, Node], ...], scope: Scope) -> Expr:
    if any(joint not in ("", "*", "·") for joint, _ in factors):
        _refuse(node, scope)
    parts = [integer(factor, scope) for _, factor in factors]
    symbols = {bound.symbol for bound in scope.indices.values()}
    if sum(1 for part in parts if free_indices(part) & symbols) > 1:
        raise NotationError(
            f"{scope.source.written(node.span)} multiplies two indices",
            where=scope.source.locate(node.span),
            fix="Multiply an index by numbers and sizes only.",
            name=scope.source.written(node.span),
        )
    return Mul(*parts)


def _whole(name: str, arguments: tuple[Node, ...], node: Node, scope: Scope) -> Expr:
    """`floor(i/2)` and `mod(i, 2)`."""
    count, takes, example = WHOLE[name]
    if len(arguments) != count:
        raise NotationError(
            f"{name} takes {takes}, here {len(arguments)}",
            where=scope.source.locate(node.span),
            fix=f"Write {example}.",
            name=name,
        )
    return _floor(arguments[0], scope) if name == "floor" else _remainder(arguments[0], arguments[1], scope)


def _floor(node: Node, scope: Scope) -> Expr:
    """The floor of an integer expression over whole numbers and sizes."""
    above, below = _quotient(node)
    whole = integer(Product(tuple(("*", part) for part in above), node.span), scope) if below else integer(node, scope)
    return floors(whole, [divisor for part in below for divisor in divisors(part, scope)])


def _quotient(node: Node) -> tuple[list[Node], list[Node]]:
    """What is multiplied and what it is divided by, from left to right."""
    if isinstance(node, Negative):
        above, below = _quotient(node.operand)
        return [Number(Fraction(-1), node.span), *above], below
    if not isinstance(node, Product):
        return [node], []
    above: list[Node] = []
    below: list[Node] = []
    for joint, factor in node.factors:
        over, under = _quotient(factor)
        above += under if joint == "/" else over
        below += over if joint == "/" else under
    return above, below


def _remainder(node: Node, divisor: Node, scope: Scope) -> Expr:
    whole, below = integer(node, scope), divisors(divisor, scope)
    return (whole - Mul(*below) * floors(whole, below)).expand()


def floors(whole: Expr, divisors: Iterable[Expr]) -> Expr:
    """The floor of `whole` over the product of positive divisors, the last one first."""
    for divisor in reversed(tuple(divisors)):
        whole = floor((whole / divisor).expand())
    return whole


def divisors(node: Node, scope: Scope) -> tuple[Expr, ...]:
    """The factors of a divisor, each positive: whole numbers, and expressions in sizes.

    Raises:
        NotationError: one that reads an index, or is not at least 1.
    """
    if isinstance(node, Product) and all(joint != "/" for joint, _ in node.factors):
        return tuple(part for _, factor in node.factors for part in divisors(factor, scope))
    value = integer(node, scope)
    if not value.is_positive:
        written = scope.source.written(node.span)
        raise NotationError(
            f"{written} divides an index",
            where=scope.source.locate(node.span),
            because="An index is divided by sizes and by whole numbers of at least 1.",
            fix="Write floor(i/2) or floor(i/n), n being a size.",
            name=written,
        )
    return (value,)


def _refuse(node: Node, scope: Scope) -> NoReturn:
    base = node.base if isinstance(node, Subscript) else node
    if isinstance(base, Name) and base.name in scope.tensors:
        _refuse_real(node, base, scope)
    written = scope.source.written(node.span)
    kind, letter = ("a size", "n") if scope.sizing else ("an index", "i")
    whole = "sizes and whole numbers" if scope.sizing else "indices, sizes and whole numbers"
    divided = isinstance(node, Product) and any(joint == "/" for joint, _ in node.factors)
    fix = f"Write one of these: {letter} + 1, 2 {letter}, floor({letter}/2)."
    if divided:
        fix = f"For its whole part write floor({written})."
    raise NotationError(
        f"{written} is not {kind}",
        where=scope.source.locate(node.span),
        because=f"{kind.capitalize()} is made of {whole} with +, - and products.",
        fix=fix,
        name=written,
    )


def _refuse_real(node: Node, base: Name, scope: Scope) -> NoReturn:
    """A tensor where a whole number must stand."""
    written, name = scope.source.written(node.span), scope.source.written(base.span)
    if scope.sizing:
        raise NotationError(
            f"{name} is a tensor and no size",
            where=scope.source.locate(node.span),
            fix="Give a whole number, or declare a size: size n.",
            name=written,
        )
    shape = scope.tensors[base.name]
    sizes = f"[{','.join(map(str, shape))}]" if shape else ""
    raise NotationError(
        f"{written} is a real number and cannot be an index",
        where=scope.source.locate(node.span),
        because="What chooses an entry is an index of the equation, or data declared as integer.",
        fix=f"If {name} is such data, declare it so: input {name}{sizes} integer.",
        name=written,
    )
