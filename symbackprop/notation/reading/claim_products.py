r"""Products as claims have them: chains of partial derivatives, neighbours entry by entry, ones without a size.

A row of partials, `∂L/∂z2 ∂z2/∂W2`, is a contraction over the tensors named, in whatever order it is written. Vectors
or matrices side by side whose shapes allow no matrix product but are equal, `a1 (1 - a1)`, go entry by entry; a vector
of one entry is a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import Expr, Mul, S, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import ADJOINT, is_adjoint, primal, total
from symbackprop.errors import NotationError, ShapeError
from symbackprop.notation.reading.broadcasting import broadcast
from symbackprop.notation.reading.claim_forms import along_other, identity, is_identity
from symbackprop.notation.reading.products import multiplied, product, refuse_product
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Call, Joint, Name, Node, Number, Partial, Product, Transpose
from symbackprop.notation.reading.values import (
    Value,
    as_matrix,
    contracted,
    entrywise,
    fresh_letters,
    outer,
    same_shape,
    same_size,
    scalar,
    spread,
)

Factors = list[tuple[Joint, Node]]
Read = Callable[[Node, Scope], Value]
_MATRIX = ("", "@", "·")
_UNIT = (S.One,)


def claim_product(node: Product, scope: Scope, read: Read) -> Value:
    """What a product in a claim stands for.

    Raises:
        ShapeError: partials that do not chain, shapes that do not fit.
        NotationError: a division by zero.
    """
    factors = _without_identities(_flattened(list(node.factors)), scope)
    valued: list[tuple[Joint, Node, Value]] = []
    place = 0
    while place < len(factors):
        run = _run(factors, place)
        joint, first = factors[place]
        if len(run) > 1:
            whole = Product(tuple(run), first.span.to(run[-1][1].span))
            valued.append((joint, whole, _chained([part for _, part in run], scope, read)))
        elif _is_bare_ones(first):
            valued.append((joint, first, _ones(factors, place, scope, read)))
        elif is_open_ones(first) and joint in _MATRIX and valued and _has_columns(valued[-1][2]):
            valued.append((joint, first, Value(Array((_letter(scope),), valued[-1][2].shape[-1:], S.One))))
        elif joint == "⊙" and is_identity(first, scope) and valued[-1][2].rank == 2:
            valued.append((joint, first, identity(scope, valued[-1][2].shape[0])))  # the diagonal of a matrix
        else:
            valued.append((joint, first, read(first, scope)))
        place += len(run)
    dotted = [value for joint, _, value in valued if joint == "·" and value.rank == 1]
    if len(dotted) > 1 and scope.stated is not None:  # u · v · w is no number
        scope = replace(scope, stated=replace(scope.stated, dots=True))
    values = spread(value for _, _, value in valued)
    factors_ = [(joint, node, value) for (joint, node, _), value in zip(valued, values, strict=True)]
    return product(factors_, scope, claim_multiplied)


def _flattened(factors: Factors) -> Factors:
    """Products of partials alone, as `a b * c` nests them, in one row."""
    result: Factors = []
    for joint, node in factors:
        inner = node.factors if isinstance(node, Product) and joint != "/" else ()
        if inner and all(isinstance(part, Partial) or _is_adjoint(part) for _, part in inner):
            result += [(joint, inner[0][1]), *inner[1:]]
        else:
            result.append((joint, node))
    return result


def _without_identities(factors: Factors, scope: Scope) -> Factors:
    """A matrix product without its factors `I`, unless nothing else is left."""
    kept = [(joint, node) for joint, node in factors if joint not in _MATRIX or not is_identity(node, scope)]
    if len(kept) == len(factors) or all(isinstance(part, Number) for _, part in kept) or kept[0][0] == "/":
        return factors
    return [("", kept[0][1]), *kept[1:]]


# --------------------------------------------------------------------------------------------------- chains of partials


@dataclass(frozen=True, slots=True)
class _Link:
    """One factor of a chain: the derivative of `of` by `by`; `of` is empty for an adjoint that names no root."""

    of: str
    by: str
    node: Node
    value: Value


def _is_adjoint(node: Node) -> bool:
    return isinstance(node, Name) and is_adjoint(node.name)


def _is_local(node: Node) -> bool:
    """A derivative of one whole tensor by another."""
    return isinstance(node, Partial) and isinstance(node.of, Name) and isinstance(node.by, Name)


def _run(factors: Factors, place: int) -> Factors:
    """The factors from `place` on that chain: adjoints and whole local derivatives, one of the latter at least."""
    run = [factors[place]]
    for joint, node in factors[place + 1 :]:
        if joint not in (*_MATRIX, "*") or not (_is_local(node) or _is_adjoint(node)):
            break
        run.append((joint, node))
    nodes = [node for _, node in run]
    through_loss = {_root(node) for node in nodes} & {_by(node) for node in nodes} - {""}
    chains = (_is_local(run[0][1]) or _is_adjoint(run[0][1])) and (any(map(_is_local, nodes)) or bool(through_loss))
    return run if chains else run[:1]


def _root(node: Node) -> str:
    """`L` of the adjoint ∂L∂z; empty where it names no root."""
    return primal(node.name).rpartition(ADJOINT)[0] if isinstance(node, Name) and is_adjoint(node.name) else ""


def _by(node: Node) -> str:
    return node.name.rpartition(ADJOINT)[2] if isinstance(node, Name) and is_adjoint(node.name) else ""


def _chained(nodes: list[Node], scope: Scope, read: Read) -> Value:
    links = [_link(node, scope, read) for node in nodes]
    for one, other in pairwise(links):
        if one.by != other.of and other.by != one.of:
            raise _no_chain(one, other, scope)
    ends = {link.by for link in links}
    starts = [link for link in links if link.of not in ends]
    if len(starts) != 1:
        raise _no_chain(links[0], links[1], scope)
    value, at = starts[0].value, starts[0]
    rest = [link for link in links if link is not at]
    outer = value.rank - _rank(at.by, scope)
    while rest:
        following = next((link for link in rest if link.of == at.by), None)
        if following is None:
            raise _no_chain(at, rest[0], scope)
        own = _rank(at.by, scope) == 1 and following.value.rank == _rank(following.by, scope)
        join = _each_own if own and scope.stated is not None and scope.stated.samples is not None else _contracted
        joined = join(value.array, following.value.array, outer, scope)
        value = Value(joined, scope.stated is not None and scope.stated.row_gradients and len(joined.shape) == 1)
        at = following
        rest = [link for link in rest if link is not at]
    return value


def _link(node: Node, scope: Scope, read: Read) -> _Link:
    value = read(node, scope)
    if isinstance(node, Partial) and isinstance(node.of, Name) and isinstance(node.by, Name):
        return _Link(node.of.name, node.by.name, node, value)
    assert isinstance(node, Name)
    return _Link(_root(node), _by(node), node, value)


def _rank(name: str, scope: Scope) -> int:
    return len(scope.tensors[name])


def _contracted(left: Array, right: Array, outer: int, scope: Scope) -> Array:
    """The sum over the tensor by which `left` and of which `right` is a derivative."""
    shared = left.shape[outer:]
    count = outer + len(right.shape)
    letters = fresh_letters(count, (left, right), scope.taken)
    first, middle, last = letters[:outer], letters[outer : outer + len(shared)], letters[outer + len(shared) :]
    body = Mul(left.at(*first, *middle), right.at(*middle, *last))
    shape = (*left.shape[:outer], *right.shape[len(shared) :])
    return Array((*first, *last), shape, total(body, *zip(middle, shared, strict=True)))


def _each_own(left: Array, right: Array, outer: int, scope: Scope) -> Array:
    """`∂J/∂L ∂L/∂z`: each sample's loss depends on its own entries alone, which is how `right` has them."""
    assert scope.stated is not None
    assert scope.stated.samples is not None
    letters = fresh_letters(outer + len(right.shape), (left, right), scope.taken)
    first, last = letters[:outer], letters[outer:]
    body = Mul(left.at(*first, last[scope.stated.samples[1]]), right.at(*last))
    return Array((*first, *last), (*left.shape[:outer], *right.shape), body)


def _no_chain(first: _Link, second: _Link, scope: Scope) -> ShapeError:
    a, b = (scope.source.written(link.node.span) for link in (first, second))
    return ShapeError(
        f"{a} and {b} do not chain",
        where=scope.source.locate(first.node.span.to(second.node.span)),
        because=f"{a} is a derivative by {first.by}, {b} one of {second.of or 'the root'}.",
        fix="In a chain each factor is a derivative of what the one before it is a derivative by.",
        name=b,
    )


# -------------------------------------------------------------------------------------------------- ones without a size


def _is_bare_ones(node: Node) -> bool:
    """`1ᵀ`."""
    return isinstance(node, Transpose) and (
        (isinstance(node.base, Number) and node.base.value == 1) or is_open_ones(node.base)
    )


def _has_columns(value: Value) -> bool:
    return value.rank == 2 or (value.rank == 1 and value.row)


def is_open_ones(node: Node) -> bool:
    """**1**, whose size is left to what stands beside it: behind a matrix one for each of its columns."""
    return isinstance(node, Call) and node.function.name == "1_" and not node.arguments


def _ones(factors: Factors, place: int, scope: Scope, read: Read) -> Value:
    """A row of ones, as long as what follows needs it; at the end, one for each sample."""
    extent: Expr | None = None
    if place + 1 < len(factors) and not _is_bare_ones(factors[place + 1][1]):
        following = read(factors[place + 1][1], scope)
        extent = following.shape[0] if following.rank else None
    if extent is None and scope.stated is not None and scope.stated.samples is not None:
        extent = scope.stated.samples[0]
    if extent is None:
        raise NotationError(
            "the size of 1ᵀ is not known",
            where=scope.source.locate(factors[place][1].span),
            fix="Write it below: 1_mᵀ.",
        )
    return Value(Array((_letter(scope),), (extent,), S.One), row=True)


def _letter(scope: Scope) -> Symbol:
    return fresh_letters(1, (), scope.taken)[0]


# ------------------------------------------------------------------------------------------------------------- products


def claim_multiplied(joint: str, left: Node, first: Value, right: Node, second: Value, scope: Scope) -> Value:
    """The product of two arrays of rank 1 or more."""
    if joint in ("*", "⊙"):
        first, second = _diagonals(left, first, right, second)
        found = _entrywise(first, second, scope)
        if found is None and joint == "*":
            found = _matrix_product(first, second, scope) or _repeated_product(first, second, scope)
    else:
        by_entries = joint == "·" and scope.stated is not None and scope.stated.dots
        dot = joint != "" and not by_entries and first.rank == second.rank == 1 and first.row == second.row
        found = None if dot else _matrix_product(first, second, scope)
        if found is None and not dot and joint != "@":
            found = _entrywise(first, second, scope)
    if found is None and joint != "⊙" and _are_columns_and_rows(first, second, scope):
        return Value(outer(first.array, second.array, scope.taken))
    if found is None and joint == "" and first.rank == second.rank == 1:
        refuse_product(left, first, right, second, scope)
    return found or multiplied(joint, left, first, right, second, scope)


def _are_columns_and_rows(first: Value, second: Value, scope: Scope) -> bool:
    """Whether uᵀ v is a column times a row: in a model of rows, where the sizes allow no product of numbers."""
    rows = scope.stated is not None and scope.stated.rows
    return rows and first.rank == second.rank == 1 and first.row and not second.row


def _diagonals(left: Node, first: Value, right: Node, second: Value) -> tuple[Value, Value]:
    """`da1 ⊙ ∂a1/∂z1`: of a Jacobian that is multiplied entry by entry, its diagonal."""
    if isinstance(right, Partial) and same_shape(second.shape, first.shape * 2):
        return first, _diagonal(second)
    if isinstance(left, Partial) and same_shape(first.shape, second.shape * 2):
        return _diagonal(first), second
    return first, second


def _diagonal(value: Value) -> Value:
    rank = value.rank // 2
    indices = value.array.indices[:rank]
    return Value(Array(indices, value.shape[:rank], value.array.at(*indices, *indices)))


def _entrywise(first: Value, second: Value, scope: Scope) -> Value | None:
    """The product at equal places; None where shapes differ by more than axes of one entry."""
    if same_shape(first.shape, second.shape) and (first.rank != 1 or first.row == second.row):
        return Value(entrywise(lambda a, b: a * b, (first.array, second.array), scope.taken), first.row)
    for number, other in ((second, first), (first, second)):
        if all(same_size(extent, S.One) for extent in number.shape):
            factor = number.array.at(*(S.Zero for _ in number.shape))
            return Value(entrywise(lambda a, factor=factor: factor * a, (other.array,), scope.taken), other.row)
    rows = scope.stated is not None and scope.stated.row_gradients and first.rank == 1
    if rows and same_shape(first.shape, second.shape):
        return Value(entrywise(lambda a, b: a * b, (first.array, second.array), scope.taken), row=True)
    if scope.stated is not None and scope.stated.broadcasts:
        left, right = broadcast([first, second])
        if same_shape(left.shape, right.shape):
            return Value(entrywise(lambda a, b: a * b, (left.array, right.array), scope.taken))
    one, two = as_matrix(first), as_matrix(second)
    if {first.rank, second.rank} == {1, 2} and same_shape(one.shape, two.shape):
        return squeezed(Value(entrywise(lambda a, b: a * b, (one.array, two.array), scope.taken)))
    return None


def _repeated_product(first: Value, second: Value, scope: Scope) -> Value | None:
    """A matrix times a vector that is as long as one of its axes alone, entry by entry along it."""
    if scope.stated is None or scope.stated.samples is not None:
        return None  # a product of one sample stands among those of all
    small, large = sorted((first, second), key=lambda value: value.rank)
    wide = along_other(small, large) if (small.rank, large.rank) == (1, 2) else None
    return None if wide is None else Value(entrywise(lambda a, b: a * b, (wide.array, large.array), scope.taken))


def _matrix_product(first: Value, second: Value, scope: Scope) -> Value | None:
    """The matrix product, columns being columns and rows rows; a vector on the left may also be a row."""
    if max(first.rank, second.rank) > 2:
        return None
    if first.rank == second.rank == 1 and first.row == second.row:
        return None
    one, two = as_matrix(first), as_matrix(second)
    if same_size(one.shape[1], two.shape[0]):
        return squeezed(_contracted_matrices(one.array, two.array, scope), 1 in (first.rank, second.rank))
    if first.rank == 1 and not first.row and second.rank == 2 and same_size(first.shape[0], second.shape[0]):
        return Value(contracted(first.array, second.array, scope.taken))
    return None


def _contracted_matrices(left: Array, right: Array, scope: Scope) -> Value:
    """The product of two matrices; no sum where the inner size is 1."""
    if not same_size(left.shape[1], S.One):
        return Value(contracted(left, right, scope.taken))
    i, j = fresh_letters(2, (left, right), scope.taken)
    return Value(Array((i, j), (left.shape[0], right.shape[1]), left.at(i, S.Zero) * right.at(S.Zero, j)))


def squeezed(value: Value, flat: bool = True) -> Value:
    """A matrix of one column as a vector, of one row as a row, of one entry as a number; if `flat`."""
    if value.rank != 2 or not flat:
        return value
    array, (rows, columns) = value.array, value.shape
    i, j = array.indices
    if same_size(columns, S.One):
        if same_size(rows, S.One):
            return scalar(array.at(0, 0))
        return Value(Array((i,), (rows,), array.at(i, 0)))
    if same_size(rows, S.One):
        return Value(Array((j,), (columns,), array.at(0, j)), row=True)
    return value
