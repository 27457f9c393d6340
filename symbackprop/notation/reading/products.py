"""Products, quotients and the shapes that go together; every refusal names what would fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from sympy import Expr, Mul

from symbackprop.errors import LimitError, NotationError, ShapeError
from symbackprop.notation.reading.broadcasting import broadcast
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Addition, Cases, Negative, Node, Product, Transpose
from symbackprop.notation.reading.values import (
    Value,
    contracted,
    described,
    entrywise,
    in_words,
    outer,
    same_shape,
    same_size,
    scalar,
    transposed,
)

MAX_MATRICES = 30
Multiply = Callable[[str, Node, Value, Node, Value, Scope], Value]


def matched(nodes: list[Node], values: list[Value], verb: str, scope: Scope, repeats: bool = True) -> bool:
    """Whether the values, which are scalars or all of one shape, are rows; a ShapeError at the first that differs.

    In a claim, a vector may be repeated without a word but where `repeats` is false, as ⊙ is of equal shapes alone.
    """
    first = next((i for i, value in enumerate(values) if value.rank), None)
    if first is None:
        return False
    for node, value in zip(nodes[first + 1 :], values[first + 1 :], strict=True):
        if value.rank and not (same_shape(value.shape, values[first].shape) and value.row == values[first].row):
            if repeats and scope.stated is not None and _may_be_repeated(values[first], value):
                _refuse_repetition(nodes[first], values[first], node, value, scope)
            _refuse_shapes(nodes[first], values[first], node, value, verb, scope)
    return values[first].row


def _refuse_shapes(left: Node, first: Value, right: Node, second: Value, verb: str, scope: Scope) -> NoReturn:
    a, b = scope.source.written(left.span), scope.source.written(right.span)
    fix = "Shapes must be equal, unless one is a scalar."
    if verb == "multiply" and joined(first, second):
        fix = f"For the matrix product write {_bracketed(left, scope)} {_bracketed(right, scope)}."
    elif second.rank == first.rank and same_shape(second.shape[::-1], first.shape):
        fix = f"Did you mean {_bracketed(right, scope)}^T?"
        if second.rank == 1:
            fix = "A row and a vector do not go together: take ^T from one, or give it to both."
    elif {first.rank, second.rank} == {1, 2}:
        fix = "Shapes must be equal; a vector is not repeated for each row or column."
    raise ShapeError(
        f"cannot {verb} {a} and {b}",
        where=scope.source.locate(right.span),
        because=f"{described(a, first)}, {described(b, second)}.",
        fix=fix,
        name=b,
    )


def _refuse_repetition(left: Node, first: Value, right: Node, second: Value, scope: Scope) -> NoReturn:
    a, b = scope.source.written(left.span), scope.source.written(right.span)
    raise NotationError(
        f"it is not said how {a} and {b} go together",
        where=scope.source.locate(right.span),
        because=f"{described(a, first)}, {described(b, second)}.",
        fix="Write how a vector is repeated, u 1_mᵀ, or write entries with their indices.",
        name=b,
    )


def _may_be_repeated(first: Value, second: Value) -> bool:
    """Whether one of the values, repeated along an axis that it lacks, has the shape of the other."""
    small, large = sorted((first, second), key=lambda value: value.rank)
    axes = iter(large.shape)
    return small.rank < large.rank and all(any(same_size(size, axis) for axis in axes) for size in small.shape)


def _bracketed(node: Node, scope: Scope) -> str:
    """What was written, in brackets if it would fall apart in a product."""
    written = scope.source.written(node.span)
    loose = isinstance(node, Addition | Negative | Product | Cases)
    return f"({written})" if loose and not written.startswith("(") else written


def product(factors: list[tuple[str, Node, Value]], scope: Scope, multiply: Multiply | None = None) -> Value:
    """Factors from left to right, each with its joint; scalars are multiplied at once, arrays by `multiply`.

    Raises:
        NotationError: a product that can be read in several ways, or a division by zero.
        ShapeError: shapes that do not fit.
        LimitError: a product of too many matrices.
    """
    if sum(1 for _, _, factor in factors if factor.rank == 2) > MAX_MATRICES:
        raise LimitError(
            f"a product of more than {MAX_MATRICES} matrices",
            where=scope.source.locate(factors[MAX_MATRICES][1].span),
            fix="Name a part of it in an equation of its own.",
            name=scope.source.written(factors[MAX_MATRICES][1].span),
        )
    multiply = multiply or multiplied
    (_, left, value), *rest = factors
    scalars: list[Expr] = []
    for joint, node, factor in rest:
        if joint == "/":
            value = divided(left, value, node, factor, scope)
        elif factor.rank == 0 or value.rank == 0:
            number, value = (factor, value) if factor.rank == 0 else (value, factor)
            scalars.append(number.expression)
        else:
            value = multiply(joint, left, value, node, factor, scope)
        left = _until(left, node)
    if not scalars:
        return value
    return Value(entrywise(lambda a: Mul(*scalars, a), (value.array,), scope.taken), value.row)


def _until(left: Node, right: Node) -> Node:
    """A stand-in for all factors so far, for messages alone."""
    return Product((("", left), ("", right)), left.span.to(right.span))


def divided(left: Node, value: Value, right: Node, divisor: Value, scope: Scope) -> Value:
    if scope.stated is not None and scope.stated.broadcasts:
        value, divisor = broadcast([value, divisor])
    matched([left, right], [value, divisor], "divide", scope)
    if divisor.expression.is_zero:
        written = scope.source.written(right.span)
        raise NotationError(
            "division by zero", where=scope.source.locate(right.span), fix="Divide by something else.", name=written
        )
    quotient = entrywise(lambda a, b: a / b, (value.array, divisor.array), scope.taken)
    return Value(quotient, value.row or divisor.row)


def multiplied(joint: str, left: Node, first: Value, right: Node, second: Value, scope: Scope) -> Value:
    """The product of two arrays of rank 1 or more."""
    if joint in ("*", "⊙"):
        row = matched([left, right], [first, second], "multiply", scope, repeats=joint == "*")
        return Value(entrywise(lambda a, b: a * b, (first.array, second.array), scope.taken), row)
    if max(first.rank, second.rank) > 2:
        a, b = scope.source.written(left.span), scope.source.written(right.span)
        raise ShapeError(
            f"cannot multiply {a} and {b}",
            where=scope.source.locate(left.span.to(right.span)),
            because="A matrix product is of vectors and matrices.",
            fix="Write it with indices: sum(j, W[i,j,k] x[j]).",
            name=b,
        )
    if first.rank == second.rank == 1:
        return _vectors(joint, left, first, right, second, scope)
    if not joined(first, second):
        refuse_product(left, first, right, second, scope)
    return Value(contracted(first.array, second.array, scope.taken), first.row)


def joined(first: Value, second: Value) -> bool:
    """Whether a matrix product of the two has a meaning, one of them being a matrix."""
    if first.rank == second.rank == 1 or not (1 <= first.rank <= 2 and 1 <= second.rank <= 2):
        return False
    return not second.row and same_size(first.shape[-1], second.shape[0])


def _vectors(joint: str, left: Node, first: Value, right: Node, second: Value, scope: Scope) -> Value:
    """Two vectors: `u^T v` and `u · v` are numbers, `u v^T` a matrix, `u v` could be any."""
    if second.row and not first.row:
        return Value(outer(first.array, second.array, scope.taken))
    a, b = _bracketed(left, scope), _bracketed(right, scope)
    if first.row == second.row and (first.row or joint == ""):
        readings = f"Write {a} ⊙ {b} (entry by entry), {a}^T {b} (a number) or {a} {b}^T (a matrix)."
        raise NotationError(
            f"{a} {b} can be read in several ways",
            where=scope.source.locate(left.span.to(right.span)),
            because=f"{described(a, first)}, {described(b, second)}.",
            fix="Two rows have no product." if first.row else readings,
            name=b,
        )
    if not same_shape(first.shape, second.shape):
        refuse_product(left, first, right, second, scope)
    return scalar(contracted(first.array, second.array, scope.taken).expression)


def refuse_product(left: Node, first: Value, right: Node, second: Value, scope: Scope) -> NoReturn:
    a, b = scope.source.written(left.span), scope.source.written(right.span)
    if second.row:
        because = f"{described(b, second)}: a matrix has a vector on its right."
        fix = f"Write {scope.source.written(right.base.span)}." if isinstance(right, Transpose) else None
    else:
        inner = f"the inner sizes {first.shape[-1]} and {second.shape[0]} differ"
        because = f"{described(a, first)}, {described(b, second)}: {inner}."
        fix = _product_that_fits(left, first, right, second, scope)
    raise ShapeError(
        f"cannot multiply {a} and {b}",
        where=scope.source.locate(left.span.to(right.span)),
        because=because,
        fix=fix,
        name=a,
    )


def _product_that_fits(left: Node, first: Value, right: Node, second: Value, scope: Scope) -> str | None:
    a, b = _bracketed(left, scope), _bracketed(right, scope)
    exchanged = (f"{b} {a}", second, first)
    candidates: list[tuple[str, Value, Value]] = [exchanged] if first.rank == 1 else []
    if first.rank == 2:
        candidates.append((f"{_turned(a)} {b}", transposed(first), second))
    if second.rank == 2:
        candidates.append((f"{a} {_turned(b)}", first, transposed(second)))
    candidates.append(exchanged)
    for written, x, y in candidates:
        if joined(x, y):
            result = Value(contracted(x.array, y.array, scope.taken))
            return f"Did you mean {written}, which {in_words(result.shape)}?"
    return None


def _turned(written: str) -> str:
    """The transpose of what is written: `V` for `V^T`."""
    return written.removesuffix("^T") if written.endswith("^T") else f"{written}^T"
