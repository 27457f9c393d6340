"""Forms that only claims have: local derivatives, indicators, slices of tensors, biases repeated for each sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import or_

from sympy import Expr, KroneckerDelta, Mul, Piecewise, S
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import ADJOINT, Guard, entry, is_adjoint
from symbackprop.errors import NotationError, ShapeError
from symbackprop.notation.reading.broadcasting import broadcast
from symbackprop.notation.reading.index_formulas import integer, position
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import (
    Call,
    Indicator,
    Logic,
    Name,
    Negative,
    Node,
    Number,
    Partial,
    Product,
    Relation,
    Subscript,
    Whole,
    children,
    names_in,
)
from symbackprop.notation.reading.values import (
    Value,
    as_matrix,
    entrywise,
    fresh_letters,
    same_shape,
    same_size,
    scalar,
    spread,
)

Read = Callable[[Node, Scope], Value]
Condition = Callable[[Node, Callable[[Node], int], Scope], Callable[[tuple[Expr, ...]], Boolean]]


# ---------------------------------------------------------------------------------------------------- local derivatives


def local_derivative(node: Partial, scope: Scope) -> Value:
    """`∂v/∂u` as entries of a tensor of that name: the indices of v first, then those of u."""
    name = f"{ADJOINT}{_tensor(node.of, scope)}{ADJOINT}{_tensor(node.by, scope)}"
    shape = (*scope.tensors[_tensor(node.of, scope)], *scope.tensors[_tensor(node.by, scope)])
    of, by = (_positions(part, scope) for part in (node.of, node.by))
    given = of + by
    free = sum(1 for place in given if place is None)
    letters = iter(fresh_letters(free, (), scope.taken | _symbols(given)))
    kept: list[tuple] = []
    at: list[Expr] = []
    for place, extent in zip(given, shape, strict=True):
        if place is None:
            place = next(letters)
            kept.append((place, extent))
        at.append(place)
    assert scope.stated is not None
    row = scope.stated.row_gradients and len(kept) == 1 and not scope.tensors[_tensor(node.of, scope)]
    return Value(Array(tuple(v for v, _ in kept), tuple(n for _, n in kept), entry(name, *at)), row)


def _symbols(places: tuple[Expr | None, ...]) -> frozenset:
    return frozenset().union(*(place.free_symbols for place in places if place is not None))


def _tensor(node: Node, scope: Scope) -> str:
    base = node.base if isinstance(node, Subscript) else node
    if isinstance(base, Name) and base.name in scope.tensors and not is_adjoint(base.name):
        return base.name
    if isinstance(base, Name) and not is_adjoint(base.name):
        raise scope.unknown(base, "tensor")
    written = scope.source.written(node.span)
    raise NotationError(
        f"∂{written} is no derivative of a tensor",
        where=scope.source.locate(node.span),
        fix="Write ∂L/∂W1 or ∂z1/∂W1, of tensors and roots.",
        name=written,
    )


def _positions(node: Node, scope: Scope) -> tuple[Expr | None, ...]:
    """The indices of one side of a derivative; None for each axis that is left whole."""
    shape = scope.tensors[_tensor(node, scope)]
    if not isinstance(node, Subscript):
        return (None,) * len(shape)
    check_count(node, shape, scope)
    note_uses(node, shape, scope)
    return tuple(None if isinstance(part, Whole) else position(part, scope) for part in node.indices)


def check_count(node: Subscript, shape: tuple[Expr, ...], scope: Scope) -> None:
    if len(node.indices) == len(shape):
        return
    written = scope.source.written(node.base.span)
    letters = ", ".join("ijklpqrstuv"[: len(shape)])
    raise ShapeError(
        f"{written} takes {len(shape)} {'index' if len(shape) == 1 else 'indices'}, here {len(node.indices)}",
        where=scope.source.locate(node.span),
        fix=f"Write {written}[{letters}]." if shape else f"Write {written}.",
        name=written,
    )


def note_uses(node: Subscript, shape: tuple[Expr, ...], scope: Scope) -> None:
    """Each index that stands alone runs over the axis at which it stands."""
    for part, extent in zip(node.indices, shape, strict=False):
        if isinstance(part, Name) and part.name in scope.indices:
            scope.indices[part.name].uses.append((extent, node.span))


def sliced(node: Subscript, scope: Scope) -> Value | None:
    """`Q[s]`, a tensor of rank 3 at its first index: a matrix. None where as many indices are given as it has.

    A matrix with an entry for each sample is read at both of its indices, for `dz1[i]` is an entry of one sample,
    unless the claim is said for each value of the one that it has, `dz1[s] = ...  for each s`, or this runs over all
    samples: `sum(s = 1..m, x[s] dz1[s]^T)`.
    """
    base = node.base
    if scope.stated is None or not isinstance(base, Name) or base.name not in scope.tensors:
        return None
    shape = scope.tensors[base.name]
    count = len(node.indices)
    samples = scope.stated.samples
    sampled = samples is not None and any(same_size(extent, samples[0]) for extent in shape)
    each = all(isinstance(part, Name) and _counts_samples(part.name, scope) for part in node.indices)
    if count >= len(shape) or (len(shape) < 3 and sampled and not each):
        return None
    note_uses(node, shape, scope)
    at = tuple(position(part, scope) for part in node.indices)
    letters = fresh_letters(len(shape) - count, (), scope.taken | _symbols(at))
    return Value(Array(tuple(letters), shape[count:], entry(base.name, *at, *letters)))


def _counts_samples(name: str, scope: Scope) -> bool:
    """Whether a claim is said for each value of this index, or sums over all samples by it."""
    stated, bound = scope.stated, scope.indices.get(name)
    if stated is None or name in stated.each:
        return stated is not None
    last = None if bound is None else bound.last
    return last is not None and stated.samples is not None and same_size(last + 1, stated.samples[0])


# ------------------------------------------------------------------------------------------------- identities, by sizes


def is_identity(node: Node, scope: Scope) -> bool:
    """`I`, where nothing else bears the name."""
    return isinstance(node, Name) and node.name == "I" and not scope.declared("I") and "I" not in scope.indices


def identity(scope: Scope, extent: Expr) -> Value:
    i, j = fresh_letters(2, (), scope.taken)
    return Value(Array((i, j), (extent, extent), KroneckerDelta(i, j)))


def _with_identity_for_one(nodes: list[Node], scope: Scope, read: Read) -> list[Node]:
    """`1 + ∂F/∂x`, in which 1 beside a square matrix of derivatives is the identity."""
    ones = [isinstance(node, Number) and node.value == 1 for node in nodes]
    derivatives = [isinstance(node, Partial) for node in nodes]
    if scope.stated is None or not any(ones) or not all(map(or_, ones, derivatives)) or scope.declared("I"):
        return nodes
    values = [read(node, scope) for node, derived in zip(nodes, derivatives, strict=True) if derived]
    square = all(value.rank == 2 and same_size(*value.shape) for value in values)
    return [Name("I", node.span) if one and square else node for node, one in zip(nodes, ones, strict=True)]


def summands(nodes: list[Node], scope: Scope, read: Read) -> list[Value]:
    """The values of terms; `I` among them is as large as the first matrix beside it."""
    nodes = _with_identity_for_one(nodes, scope, read)
    unsized = [any(is_identity(name, scope) for name in names_in(node)) for node in nodes]
    if scope.stated is None or scope.stated.unit is not None or not any(unsized) or all(unsized):
        return widened(nodes, [read(node, scope) for node in nodes], scope)
    values = [None if waits else read(node, scope) for node, waits in zip(nodes, unsized, strict=True)]
    matrix = next((value for value in values if value is not None and value.rank == 2), None)
    inner = scope if matrix is None else replace(scope, stated=replace(scope.stated, unit=matrix.shape[0]))
    known = [read(node, inner) if value is None else value for node, value in zip(nodes, values, strict=True)]
    return widened(nodes, known, scope)


# ----------------------------------------------------------------------------------------------------------- indicators


def indicator(node: Node, scope: Scope, read: Read, condition: Condition) -> Value:
    """1 where a condition holds and 0 elsewhere: of indices a guard or a delta, of values a case."""
    inner = node.condition if isinstance(node, Indicator) else node
    if _counts(inner, scope):
        return scalar(_guard(inner, scope))
    values: list[Value] = []
    nodes: list[Node] = []

    def operand(part: Node) -> int:
        nodes.append(part)
        values.append(read(part, scope))
        return len(values) - 1

    test = condition(inner, operand, scope)
    shape = next((value.shape for value in values if value.rank), ())
    rows = {value.row for value in values if value.rank == 1}
    for part, value in zip(nodes, values, strict=True):
        if value.rank and (len(value.shape) != len(shape) or not all(map(same_size, value.shape, shape))):
            written = scope.source.written(part.span)
            raise ShapeError(
                f"{written} has another shape than what it is compared with",
                where=scope.source.locate(part.span),
                fix="Compare a tensor with a number or with one of its own shape.",
                name=written,
            )
    array = entrywise(
        lambda *parts: Piecewise((S.One, test(parts)), (S.Zero, True)),
        tuple(value.array for value in values),
        scope.taken,
    )
    return Value(array, rows == {True})


def _counts(node: Node, scope: Scope) -> bool:
    """Whether a condition is on indices, sizes and whole numbers alone, on one index at least."""
    parts = [node]
    found = False
    while parts:
        part = parts.pop()
        if isinstance(part, Name) and part.name not in scope.indices and part.name not in scope.sizes:
            return False
        found = found or (isinstance(part, Name) and part.name in scope.indices)
        if isinstance(part, Number) and part.value.denominator != 1:
            return False
        if not isinstance(part, Subscript):
            parts.extend(children(part))
        elif not (isinstance(part.base, Name) and part.base.name in scope.integers):
            return False
    return found


def _guard(node: Node, scope: Scope) -> Expr:
    if isinstance(node, Logic):
        parts = [_guard(part, scope) for part in node.operands]
        return Mul(*parts) if node.word == "and" else 1 - Mul(*(1 - part for part in parts))
    assert isinstance(node, Relation)
    values = [integer(part, scope) for part in node.operands]
    pairs = zip(node.signs, values, values[1:], strict=False)
    return Mul(*(_related(sign, left, right) for sign, left, right in pairs))


def _related(sign: str, left: Expr, right: Expr) -> Expr:
    difference = (left - right).expand()
    match sign:
        case ">=":
            return Guard(difference)
        case ">":
            return Guard(difference - 1)
        case "<=":
            return Guard(-difference)
        case "<":
            return Guard(-difference - 1)
        case "==" | "=":
            return delta(left, right)
    return 1 - delta(left, right)


def delta(left: Expr, right: Expr) -> Expr:
    """Kronecker's delta of two integers, what both have in common left off."""
    constant = left.as_coeff_Add()[0]
    return KroneckerDelta(left - constant, right - constant) if left != right else S.One


# ------------------------------------------------------------------------------------------------------ repeated biases


def widened(nodes: list[Node], values: list[Value], scope: Scope) -> list[Value]:
    """Values to be added; beside a matrix, a vector becomes one.

    That is where it is one of its shape, a column or a row, or where a matrix has an entry for each sample and the
    vector is repeated for each of them; else where it is as long as one axis of the matrix alone, `W X + b`.
    """
    assert scope.stated is not None
    if scope.stated.broadcasts:
        return broadcast(values)
    values = spread(values)
    whole = next((value for value in values if value.rank == 2), None)
    if whole is None:
        return values
    result = []
    for node, value in zip(nodes, values, strict=True):
        axis = _summed_axis(node)
        if value.rank == 1 and axis is not None and same_size(value.shape[0], whole.shape[1 - axis]):
            result.append(_repeated(Value(value.array), whole.shape[axis], -1 if axis else 0))
            continue
        if value.rank == 1 and same_shape(as_matrix(value).shape, whole.shape):
            value = as_matrix(value)
        elif value.rank == 1 and (repeated := _for_samples(value, whole, scope) or along_other(value, whole)):
            scope.stated.repeated.append(node.span)
            value = repeated
        result.append(value)
    return result


def _summed_axis(node: Node) -> int | None:
    """The axis that a sum of rows (1) or of columns (0) goes along, scalars before it aside; None for another term."""
    match node:
        case Call(Name("rowsum" | "rowsums")):
            return 1
        case Call(Name("colsum" | "colsums")):
            return 0
        case Negative(operand):
            return _summed_axis(operand)
        case Product(factors):
            found = [axis for _, part in factors if (axis := _summed_axis(part)) is not None]
            return found[0] if len(found) == 1 and all(isinstance(p, Number | Call) for _, p in factors) else None
    return None


def _for_samples(value: Value, whole: Value, scope: Scope) -> Value | None:
    if scope.stated is None or scope.stated.samples is None:
        return None
    size, axis = scope.stated.samples
    own = 0 if axis == -1 else 1
    fits = same_size(whole.shape[axis], size) and same_size(value.shape[0], whole.shape[own])
    return _repeated(value, size, axis) if fits else None


def along_other(value: Value, whole: Value) -> Value | None:
    """A vector repeated along the axis that it does not fit; None where it fits both axes, or none."""
    fitting = [axis for axis, size in enumerate(whole.shape) if same_size(value.shape[0], size)]
    if len(fitting) != 1 or (value.row and fitting == [0]):
        return None
    other = 1 - fitting[0]
    return _repeated(Value(value.array), whole.shape[other], 0 if other == 0 else -1)


def _repeated(value: Value, size: Expr, axis: int) -> Value:
    array = value.array
    sample = fresh_letters(1, (array,), frozenset(array.indices))[0]
    own = array.indices[0]
    indices, shape = ((sample, own), (size, array.shape[0])) if axis == 0 else ((own, sample), (array.shape[0], size))
    return Value(Array(indices, shape, array.expression))
