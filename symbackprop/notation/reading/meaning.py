"""A syntax tree, over a symbol table, to what it stands for: a scalar, a vector, a matrix or a larger array.

Neighbours, `@` and `·` are matrix products; `*`, `⊙`, `/`, `^` and functions go entry by entry, a scalar with every
entry. What has two meanings is refused and both are named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any, NoReturn

from sympy import Add, And, Eq, Expr, I, Ne, Or, Piecewise, Pow, Rational, S, nan, oo, pi, preorder_traversal, zoo
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.arrays import Array, array_of
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.symbols import is_adjoint
from symbackprop.errors import LimitError, ModelError, NotationError, ShapeError
from symbackprop.notation.reading.calls import call
from symbackprop.notation.reading.claim_calls import ENTRIES, LIST, claim_call, counted
from symbackprop.notation.reading.claim_forms import (
    identity,
    indicator,
    is_identity,
    local_derivative,
    sliced,
    summands,
)
from symbackprop.notation.reading.claim_products import claim_product
from symbackprop.notation.reading.index_formulas import position
from symbackprop.notation.reading.products import matched, product
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.slopes import slope
from symbackprop.notation.reading.syntax import (
    Addition,
    Call,
    Cases,
    Indicator,
    Listed,
    Logic,
    Name,
    Named,
    Negative,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Range,
    Relation,
    Slope,
    Subscript,
    Transpose,
    Whole,
    names_in,
)
from symbackprop.notation.reading.values import (
    Value,
    described,
    entrywise,
    fresh_letters,
    places,
    same_size,
    scalar,
    transposed,
)

MAX_BITS = 4096
MAX_SIZE = 5_000  # parts of one expression
_SIGNS: dict[str, Callable[[Expr, Expr], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": Eq,
    "!=": Ne,
}


def read(node: Node, scope: Scope) -> Value:
    """What `node` stands for.

    Raises:
        NotationError: it has two meanings, or none.
        UnknownNameError: a name that nothing declares.
        ShapeError: operands whose shapes do not fit.
        IndexRangeError: an index with two ranges.
    """
    match node:
        case Number(value):
            return scalar(Rational(value.numerator, value.denominator))
        case Name():
            return _name(node, scope)
        case Subscript():
            return _subscript(node, scope)
        case Call():
            made = call if scope.stated is None else claim_call
            return _real(made(node, scope, read), node, scope)
        case Transpose(base):
            return _transpose(node, read(base, scope), scope)
        case Power():
            return _power(node, scope)
        case Negative(operand):
            value = read(operand, scope)
            return Value(entrywise(lambda a: -a, (value.array,), scope.taken), value.row)
        case Addition(terms):
            return _addition(terms, scope)
        case Product(factors):
            if scope.stated is not None:
                return claim_product(node, scope, read)
            return product([(joint, factor, read(factor, scope)) for joint, factor in factors], scope)
        case Cases():
            return _cases(node, scope)
        case Partial():
            return local_derivative(node, scope)
        case Slope():
            return slope(node, scope, read)
        case Indicator() | Relation() | Logic() if scope.stated is not None:
            return indicator(node, scope, read, _condition)
    _refuse_kind(node, scope)


def _refuse_kind(node: Node, scope: Scope) -> NoReturn:
    where = scope.source.locate(node.span)
    if isinstance(node, Named | Range | Listed):
        raise NotationError(
            f"{scope.source.written(node.span)} is an option, a list or a range",
            where=where,
            fix="Options and lists stand in calls of layers and losses, ranges in sums.",
        )
    raise NotationError(
        f"{scope.source.written(node.span)} is a condition, not a value",
        where=where,
        fix="Write a if p else b.",
        name=scope.source.written(node.span),
    )


def _name(node: Name, scope: Scope) -> Value:
    if node.name in scope.indices:
        return scalar(scope.indices[node.name].symbol + scope.base)
    if node.name in scope.given:
        return scope.given[node.name]
    if node.name in scope.tensors:
        return _tensor(node, node, scope)
    if node.name in scope.sizes:
        return scalar(scope.sizes[node.name])
    if node.name == "pi":
        return scalar(pi)
    if scope.stated is not None and scope.stated.unit is not None and is_identity(node, scope):
        return identity(scope, scope.stated.unit)
    written = scope.source.written(node.span)
    if scope.is_function(node.name):
        raise NotationError(
            f"{written} is a function and needs an argument",
            where=scope.source.locate(node.span),
            fix=f"Write {written}(...).",
            name=written,
        )
    raise scope.unknown(node)


def _subscript(node: Subscript, scope: Scope) -> Value:
    base, written = node.base, scope.source.written(node.base.span)
    if isinstance(base, Name) and base.name not in scope.tensors and base.name not in scope.given:
        if base.name in scope.indices or base.name in scope.sizes or base.name in scope.functions:
            raise NotationError(
                f"{written} is no tensor and has no entries",
                where=scope.source.locate(node.span),
                fix=f"Write {written} without indices, or name a tensor.",
                name=written,
            )
        raise scope.unknown(base, "tensor")
    if (slice_ := sliced(node, scope)) is not None:
        return slice_
    # in a claim, an index may have the name of a tensor
    value = _tensor(base, node, scope) if isinstance(base, Name) and base.name not in scope.given else read(base, scope)
    if isinstance(base, Name) and base.name in scope.given and len(node.indices) < value.rank:  # g_t of the note's g
        rest = (Whole(node.span),) * (value.rank - len(node.indices))
        node = replace(node, indices=(*node.indices, *rest))
    if any(isinstance(part, Whole) for part in node.indices) and len(node.indices) == value.rank:
        return _slice(node, value, scope)
    if scope.stated is not None and len(node.indices) == sum(size != 1 for size in value.shape) > 0:
        value = _without_single_axes(value)
    indices = tuple(_place(part, scope) for part in node.indices)
    if len(indices) != value.rank:
        count = "1 index" if value.rank == 1 else f"{value.rank} indices"
        given = [scope.source.written(part.span) for part in node.indices]
        letters = ", ".join([*given, *(letter for letter in "ijklpqrstuv" if letter not in given)][: value.rank])
        raise ShapeError(
            f"{written} takes {count}, here {len(indices)}" if value.rank else f"{written} takes no index",
            where=scope.source.locate(node.span),
            because=f"{described(written, value)}.",
            fix=f"Write {written}[{letters}]." if value.rank else f"Write {written}.",
            name=written,
        )
    for part, size in zip(node.indices, value.shape, strict=True):
        if isinstance(part, Name) and part.name in scope.indices:
            scope.indices[part.name].uses.append((size, node.span))
    return scalar(value.array.at(*indices))


def _slice(node: Subscript, value: Value, scope: Scope) -> Value:
    """`W[:,k]`: the entries along the axes that are left whole, as a vector or a smaller array."""
    free = [size for part, size in zip(node.indices, value.shape, strict=True) if isinstance(part, Whole)]
    places = [None if isinstance(part, Whole) else _place(part, scope) for part in node.indices]
    given = [place for place in places if place is not None]
    taken = scope.taken.union(*(place.free_symbols for place in given))
    letters = fresh_letters(len(free), (value.array,), taken)
    for part, size in zip(node.indices, value.shape, strict=True):
        if isinstance(part, Name) and part.name in scope.indices:
            scope.indices[part.name].uses.append((size, node.span))
    waiting = iter(letters)
    at = [next(waiting) if place is None else place for place in places]
    return Value(Array(tuple(letters), tuple(free), value.array.at(*at)))


def _tensor(name: Name, node: Node, scope: Scope) -> Value:
    """The tensor of that name. Data that serve as an index are no value in a model; a claim compares with them.

    A number for each of all samples is a row where these stand side by side.
    """
    array = array_of(name.name, scope.tensors[name.name])
    if name.name not in scope.integers:
        gradient = scope.stated is not None and scope.stated.row_gradients and is_adjoint(name.name)
        return Value(array, _is_row_of_samples(array, scope) or (gradient and len(array.shape) == 1))
    if scope.stated is not None:
        return Value(replace(array, expression=array.expression + scope.base), _is_row_of_samples(array, scope))
    written = scope.source.written(node.span)
    axes = "" if isinstance(node, Subscript) else places(array.shape)
    raise ModelError(
        f"{written} is an index and has no place as a value",
        where=scope.source.locate(node.span),
        because=f"{name.name} is declared as integer: it chooses an entry.",
        fix=f"Read something at it, E[{written}{axes}], or do not declare {name.name} as integer.",
        name=name.name,
    )


def _is_row_of_samples(array: Array, scope: Scope) -> bool:
    samples = scope.stated.samples if scope.stated is not None else None
    return samples is not None and samples[1] == -1 and len(array.shape) == 1 and same_size(array.shape[0], samples[0])


def _without_single_axes(value: Value) -> Value:
    """The array over its axes of more than one entry: in a claim, y[s] may be the y[0,s] of a single row."""
    kept = [axis for axis, size in enumerate(value.shape) if size != 1]
    single = {v: S.Zero for v, size in zip(value.array.indices, value.shape, strict=True) if size == 1}
    indices = tuple(value.array.indices[axis] for axis in kept)
    shape = tuple(value.shape[axis] for axis in kept)
    return Value(Array(indices, shape, substitute(value.array.expression, single)))


def _place(node: Node, scope: Scope) -> Expr:
    """An index of an entry, counted from 0; in a claim it may be reckoned from the place of a maximum."""
    return position(node, scope) if scope.stated is None else counted(node, scope, read) - scope.base


def _transpose(node: Transpose, value: Value, scope: Scope) -> Value:
    if _is_list_of_numbers(node.base, scope):
        return value
    if value.rank in (1, 2):
        return transposed(value)
    if value.rank == 0 and scope.stated is not None:
        return value
    written = scope.source.written(node.base.span)
    raise ShapeError(
        f"{described(written, value)} and has no transpose",
        where=scope.source.locate(node.span),
        fix=f"For a power, write {written}^(T)." if value.rank == 0 else "Write its entries with indices.",
        name=written,
    )


def _is_list_of_numbers(node: Node, scope: Scope) -> bool:
    """Whether a vector is written from left to right, `(a, b)`, so that a T behind it makes the column that it is."""
    if not isinstance(node, Call) or node.function.name not in (LIST, ENTRIES):
        return False
    return node.function.name == ENTRIES or all(read(part, scope).rank == 0 for part in node.arguments)


def _power(node: Power, scope: Scope) -> Value:
    base, exponent = read(node.base, scope), read(node.exponent, scope)
    where = scope.source.locate(node.span)
    if exponent.rank:
        raise ShapeError(
            f"the exponent {described(scope.source.written(node.exponent.span), exponent)}",
            where=where,
            fix="An exponent is a scalar.",
        )
    below, above = base.expression, exponent.expression
    if base.rank == 2 and above.is_number and not above.is_positive:
        written = scope.source.written(node.base.span)
        raise NotationError(
            f"{scope.source.written(node.span)} could be an inverse",
            where=where,
            because="Powers go entry by entry; there is no inverse of a matrix here.",
            fix=f"Write 1/{written} for the inverse of each entry.",
            name=written,
        )
    if base.rank == 0 and below.is_number and above.is_number:
        _bounded_power(node, below, above, scope)
    power = entrywise(lambda a, b: Pow(a, b), (base.array, exponent.array), scope.taken)
    return _real(Value(power, base.row), node, scope)


def _bounded_power(node: Power, base: Expr, exponent: Expr, scope: Scope) -> None:
    """Numbers raised to numbers are computed at once: they must stay small."""
    parts = (part for number in base.atoms(Rational) for part in (number.p, number.q))
    bits = max((abs(int(part)).bit_length() for part in parts), default=1)
    if exponent.is_Rational and (abs(exponent) * bits > MAX_BITS or exponent.q.bit_length() > MAX_BITS // 64):
        raise LimitError(
            f"the number {scope.source.written(node.span)} is too large to write out",
            where=scope.source.locate(node.span),
            fix="Declare a constant for it.",
            name=scope.source.written(node.span),
        )


def _real(value: Value, node: Node, scope: Scope) -> Value:
    """Refuses numbers that are no real numbers, 1/0, log(0), sqrt(-1), and expressions that double until too large."""
    expression = value.expression
    if sum(1 for _ in islice(preorder_traversal(expression), MAX_SIZE)) == MAX_SIZE:
        raise LimitError(
            f"this formula grows to more than {MAX_SIZE:,} parts",
            where=scope.source.locate(node.span),
            fix="Name a part of it in an equation of its own.",
            name=scope.source.written(node.span),
        )
    negative_root = any(p.base.is_negative and not p.exp.is_integer for p in expression.atoms(Pow) if p.is_number)
    if negative_root or expression.has(zoo, nan, oo, -oo, I):
        written = scope.source.written(node.span)
        raise NotationError(
            f"{written} is not a real number",
            where=scope.source.locate(node.span),
            fix="Everything in a model is real: keep logs and roots of positive values.",
            name=written,
        )
    return value


# -------------------------------------------------------------------------------------------------- sums and cases


def _addition(terms: tuple[tuple[str, Node], ...], scope: Scope) -> Value:
    nodes = [term for _, term in terms]
    values = [read(node, scope) for node in nodes] if scope.stated is None else summands(nodes, scope, read)
    signs = [1 if sign == "+" else -1 for sign, _ in terms]
    row = matched(nodes, values, "add", scope)
    arrays = tuple(value.array for value in values)
    return Value(
        entrywise(lambda *parts: Add(*(s * p for s, p in zip(signs, parts, strict=True))), arrays, scope.taken), row
    )


def _cases(node: Cases, scope: Scope) -> Value:
    """`a if p else b`, entry by entry where values or conditions are arrays."""
    nodes: list[Node] = []
    values: list[Value] = []
    builders: list[tuple[int, Callable[[tuple[Expr, ...]], Boolean]]] = []

    def operand(part: Node) -> int:
        nodes.append(part)
        values.append(read(part, scope))
        return len(values) - 1

    for value, condition in node.pieces:
        before = {name: len(bound.uses) for name, bound in scope.indices.items()}
        place = operand(value)
        _set_aside(condition, before, scope)
        builders.append((place, _condition(condition, operand, scope)))
    before = {name: len(bound.uses) for name, bound in scope.indices.items()}
    last = operand(node.otherwise)
    _set_aside(node.pieces[-1][1], before, scope)
    row = matched(nodes, values, "combine", scope)

    def piecewise(*parts: Expr) -> Expr:
        return Piecewise(*((parts[at], test(parts)) for at, test in builders), (parts[last], True))

    return Value(entrywise(piecewise, tuple(value.array for value in values), scope.taken), row)


def _set_aside(condition: Node, before: Mapping[str, int], scope: Scope) -> None:
    """Where a condition is on indices alone, the uses of indices since `before` say nothing of their whole ranges."""
    if not all(name.name in scope.indices or name.name in scope.sizes for name in names_in(condition)):
        return
    for name, bound in scope.indices.items():
        bound.cased.extend(bound.uses[before[name] :])
        del bound.uses[before[name] :]


def _condition(node: Node, operand: Callable[[Node], int], scope: Scope) -> Callable[[tuple[Expr, ...]], Boolean]:
    """A test of the operands' entries."""
    if isinstance(node, Logic):
        join = And if node.word == "and" else Or
        tests = [_condition(part, operand, scope) for part in node.operands]
        return lambda parts: join(*(test(parts) for test in tests))
    if not isinstance(node, Relation):
        raise NotationError(
            f"{scope.source.written(node.span)} is not a condition",
            where=scope.source.locate(node.span),
            fix="A condition compares: x > 0, i = 0, 0 <= t < T.",
            name=scope.source.written(node.span),
        )
    places = [operand(part) for part in node.operands]
    signs = [_SIGNS[sign] for sign in node.signs]

    def test(parts: tuple[Expr, ...]) -> Boolean:
        return And(*(sign(parts[a], parts[b]) for sign, (a, b) in zip(signs, pairwise(places), strict=True)))

    return test
