"""Integer formulas as written: sizes (`2 n + 1`), and indices (`t - 1`, `2 i + u`, `floor(i/2)`, `tok[t]`)."""

from __future__ import annotations

from fractions import Fraction
from typing import NoReturn

from sympy import Add, Expr, Integer, Mul, Rational, floor

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.symbols import entry
from symbackprop.errors import LimitError, NotationError, ShapeError
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Addition, Call, Name, Negative, Node, Number, Product, Subscript

MAX_INTEGER = 10**9


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
        case Call(function, (argument,)) if function.name == "floor":
            return floor(_quotient(argument, scope))
        case Subscript(Name(name), indices) if name in scope.integers:
            if len(indices) != len(scope.tensors[name]):
                raise ShapeError(
                    f"{name} has {len(scope.tensors[name])} indices, here {len(indices)}",
                    where=scope.source.locate(node.span),
                    name=name,
                )
            _note_uses(node, name, scope)
            return entry(name, *(position(part, scope) for part in indices)) + scope.base
    _refuse(node, scope)


def position(node: Node, scope: Scope) -> Expr:
    """An index of an entry, counted from 0."""
    return integer(node, scope) - scope.base


def _note_uses(node: Subscript, name: str, scope: Scope) -> None:
    for part, size in zip(node.indices, scope.tensors[name], strict=True):
        if isinstance(part, Name) and part.name in scope.indices:
            scope.indices[part.name].uses.append((size, node.span))


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
    if node.name in scope.tensors:
        _refuse(node, scope)
    raise scope.unknown(node, "size or index" if scope.indices else "size")


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


def _quotient(node: Node, scope: Scope) -> Expr:
    """What may stand in a floor: an integer expression over a whole number, or a fraction of one."""
    if isinstance(node, Product) and (share := _fraction(node.factors[0][1])) is not None:
        rest = Product(
            (("", Number(Fraction(1), node.span)), *(("*", part) for _, part in node.factors[1:])), node.span
        )
        if all(joint != "/" for joint, _ in node.factors):
            return Rational(share.numerator, share.denominator) * integer(rest, scope)
    if isinstance(node, Product):
        *above, (joint, divisor) = node.factors
        if joint == "/" and (below := _divisor(divisor, scope)) is not None:
            numerator = Product(tuple(above), node.span)
            return integer(numerator, scope) / below
    return integer(node, scope)


def _divisor(node: Node, scope: Scope) -> Expr | None:
    """A whole number above 0, or a size; None for any other divisor."""
    if isinstance(node, Number):
        return _number(node.value, node, scope) if node.value > 0 else None
    names = isinstance(node, Name) and node.name in scope.sizes and node.name not in scope.indices
    return scope.sizes[node.name] if isinstance(node, Name) and names else None


def _fraction(node: Node) -> Fraction | None:
    """`1/2`, which is no integer."""
    if isinstance(node, Product) and len(node.factors) == 2:
        (_, above), (joint, below) = node.factors
        if joint == "/" and isinstance(above, Number) and isinstance(below, Number) and below.value:
            return above.value / below.value
    return None


def _refuse(node: Node, scope: Scope) -> NoReturn:
    written = scope.source.written(node.span)
    kind = "an index" if scope.indices else "a size"
    whole = "indices, sizes and whole numbers" if scope.indices else "sizes and whole numbers"
    fix = "For a part of one write floor(i/2)."
    if isinstance(node, Subscript) and isinstance(node.base, Name) and node.base.name in scope.tensors:
        fix = f"If {node.base.name} holds indices, declare it so: input {node.base.name}[n] integer."
    raise NotationError(
        f"{written} is not {kind}",
        where=scope.source.locate(node.span),
        because=f"{kind.capitalize()} is made of {whole} with +, - and products.",
        fix=fix,
        name=written,
    )
