"""Calls that only claims have: derivatives of functions, sums of rows and columns, diagonals, ones, deltas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Piecewise, S, exp, log, sqrt

from symbackprop.algebra.arrays import Array, as_array
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, index, total
from symbackprop.errors import NotationError, ShapeError
from symbackprop.model.functions import ELEMENTARY, FUNCTIONS
from symbackprop.model.reductions import log_softmax, logsumexp, softmax
from symbackprop.notation.reading.binders import binders_of, limits, summed
from symbackprop.notation.reading.calls import KNOWN, call, resolved
from symbackprop.notation.reading.claim_forms import delta, identity
from symbackprop.notation.reading.claim_products import claim_multiplied
from symbackprop.notation.reading.index_formulas import integer
from symbackprop.notation.reading.products import divided
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import (
    DOT,
    Addition,
    Call,
    Listed,
    Name,
    Named,
    Negative,
    Node,
    Number,
    Product,
    children,
)
from symbackprop.notation.reading.values import (
    Value,
    as_vector,
    described,
    entrywise,
    fresh_letters,
    same_size,
    scalar,
    transposed,
)
from symbackprop.notation.surface.text import canonical
from symbackprop.notation.writing.functions import function_text

Read = Callable[[Node, Scope], Value]

ONES, IDENTITY, NORM, DELTA = "1_", "I_", "‖", "delta"
"""The functions that signs stand for: ones and the identity with their sizes, a norm, Kronecker's delta."""

LIST, ENTRIES, COLUMN, STACK = "(,)", "(…)", "[…]", "[;]"
"""Arrays in brackets: numbers or vectors one behind the other, entries at an index in a list or in a column, rows."""

OTHER_NAMES = {
    "logistic": "sigmoid", "sigm": "sigmoid", "swish": "silu", "leakyrelu": "leaky_relu", "gelutanh": "gelu_tanh",
    "maximum": "max", "sqr": "square", "rowsums": "rowsum", "colsums": "colsum", "columnsum": "colsum", "tr": "trace",
    "atanh": "artanh", "arctanh": "artanh", "matmul": "dot", "sgn": "sign", "Tr": "trace", "concatenate": "concat",
    **{name.lower(): name for name in (*FUNCTIONS, "softmax", "sum", "mean", "max")},
}  # fmt: skip
"""Further spellings of functions, in small letters."""


def claim_call(node: Call, scope: Scope, read: Read) -> Value:
    """What a call in a claim stands for; whatever a model may call is left to `call`."""
    node = replace(node, function=replace(node.function, name=function_named(node.function.name, scope)))
    name = node.function.name
    if name in scope.functions and node.order:
        return _derivative(node, scope, read)
    if node.order and name not in _CALLS and name not in KNOWN:
        raise scope.unknown(node.function, "function")
    if node.order:
        raise NotationError(
            f"{scope.source.written(node.function.span)} is no function of one number and has no derivative f'",
            where=scope.source.locate(node.span),
            fix="Write its Jacobian with indices.",
            name=name,
        )
    made = _CALLS.get(name)
    if made is not None and name not in scope.functions:
        return made(node, scope, read)
    return call(node, scope, read)


def function_named(name: str, scope: Scope) -> str:
    """The function that a claim means by `name`: the model's own first, then a known one in any spelling."""
    if name in scope.functions or name in _CALLS:
        return name
    own = next((known for known in scope.functions if canonical(function_text(known)) == name), None)
    if own is not None:
        return own
    known = resolved(name, scope)
    if known in scope.functions or known in KNOWN or known in _CALLS:
        return known
    return OTHER_NAMES.get(name.lower(), name)


def _derivative(node: Call, scope: Scope, read: Read) -> Value:
    """`f'(x)`, entry by entry."""
    value = _argument(node, scope, read)
    name, order = node.function.name, node.order
    meaning = FUNCTIONS.get(name, scope.functions[name])

    def slope(entry: Expr) -> Expr:
        if name not in ELEMENTARY or meaning.expression is None:
            return Apply(name, entry, order)
        return substitute(meaning.expression.diff(meaning.variable, order), {meaning.variable: entry})

    return Value(entrywise(slope, (value.array,), scope.taken), value.row)


def _argument(node: Call, scope: Scope, read: Read) -> Value:
    if len(node.arguments) != 1 or isinstance(node.arguments[0], Named):
        written = scope.source.written(node.function.span)
        raise NotationError(
            f"{written} takes one argument",
            where=scope.source.locate(node.span),
            fix=f"Write {written}(x).",
            name=written,
        )
    return read(node.arguments[0], scope)


def _two(node: Call, scope: Scope) -> tuple[Node, Node]:
    if len(node.arguments) != 2 or any(isinstance(part, Named) for part in node.arguments):
        written = scope.source.written(node.function.span)
        raise NotationError(
            f"{written} takes two arguments",
            where=scope.source.locate(node.span),
            fix=f"Write {written}(a, b).",
            name=written,
        )
    return node.arguments[0], node.arguments[1]


def _sizes(node: Call, most: int, scope: Scope) -> tuple[Expr, ...]:
    if not 1 <= len(node.arguments) <= most:
        written = scope.source.written(node.span)
        raise NotationError(
            f"{written} needs {'its size' if most == 1 else 'one size or two'}",
            where=scope.source.locate(node.span),
            fix="Write it below: I_n." if most == 1 else "Write it below: 1_m, 1_(h×m).",
            name=written,
        )
    return tuple(integer(part, scope) for part in node.arguments)


def _matrix(node: Call, scope: Scope, read: Read) -> Value:
    """The one argument, which must be a matrix."""
    value = _argument(node, scope, read)
    if value.rank != 2:
        written = scope.source.written(node.arguments[0].span)
        raise ShapeError(
            f"{node.function.name} needs a matrix, and {described(written, value)}",
            where=scope.source.locate(node.span),
            fix=f"Write sum({written}) for the sum of all entries." if value.rank else None,
            name=written,
        )
    return value


# ----------------------------------------------------------------------------------------------------------------- sums


def _row_sum(node: Call, scope: Scope, read: Read) -> Value:
    return _along(_matrix(node, scope, read), 1)


def _column_sum(node: Call, scope: Scope, read: Read) -> Value:
    value = _along(_matrix(node, scope, read), 0)
    return Value(value.array, row=True)


def _along(value: Value, axis: int) -> Value:
    """The sum over one axis of a matrix, as a vector."""
    array = value.array
    summed, kept = array.indices[axis], array.indices[1 - axis]
    body = total(array.expression, (summed, array.shape[axis]))
    return Value(Array((kept,), (array.shape[1 - axis],), body))


def _sum(node: Call, scope: Scope, read: Read) -> Value:
    """`sum(X)`, `sum(t, x[t])` also of arrays, and as NumPy has it `sum(X, axis=1, keepdims=True)`."""
    options = {part.name.name: part.value for part in node.arguments if isinstance(part, Named)}
    if node.function.name == "sum" and len(node.arguments) > 1 and not isinstance(node.arguments[-1], Named):
        return _sum_of_arrays(node, scope, read)
    axis = options.get("axis", options.get("dim"))
    if axis is None or set(options) - {"axis", "dim", "keepdims", "keepdim"} or node.function.name == "max":
        return call(node, scope, read)
    plain = replace(node, arguments=tuple(part for part in node.arguments if not isinstance(part, Named)))
    value = _argument(plain, scope, read)
    along = _axes(axis, value, scope)
    body = total(value.expression, *((value.array.indices[at], value.shape[at]) for at in along))
    if node.function.name == "mean":
        body = body / Mul(*(value.shape[at] for at in along))
    kept = [at for at in range(value.rank) if at not in along]
    indices, shape = tuple(value.array.indices[at] for at in kept), tuple(value.shape[at] for at in kept)
    keeps = options.get("keepdims", options.get("keepdim"))
    stays = isinstance(keeps, Name) and keeps.name.lower() in ("true", "yes")
    of_samples = scope.stated is not None and scope.stated.samples == (value.shape[along[0]], 0)
    as_vector_ = of_samples or (scope.stated is not None and scope.stated.broadcasts)
    return Value(Array(indices, shape, body), row=along == [0] and stays and value.rank == 2 and not as_vector_)


def _axes(node: Node, value: Value, scope: Scope) -> list[int]:
    """The axes that `axis=1`, `axis=-1`, `axis=(0, 1)` names, counted from 0."""
    found: list[int] = []
    for part in node.parts if isinstance(node, Listed) else (node,):
        sign, number = (-1, part.operand) if isinstance(part, Negative) else (1, part)
        at = sign * int(number.value) if isinstance(number, Number) and number.value.denominator == 1 else None
        if at is None or not -value.rank <= at < value.rank:
            written = scope.source.written(part.span)
            raise NotationError(
                f"there is no axis {written}",
                where=scope.source.locate(part.span),
                because=f"It has {value.rank} axes, counted from 0.",
                fix="Write axis=0 for the sum over the first one.",
                name=written,
            )
        found.append(at % value.rank)
    return sorted(found)


def _concat(node: Call, scope: Scope, read: Read) -> Value:
    """`[x, h]`: vectors and numbers one behind the other; matrices along the last axis."""
    values = [read(part, scope) for part in node.arguments]
    if any(value.rank == 0 for value in values) and all(value.rank < 2 for value in values):
        values = [as_vector(value, scope.taken) for value in values]
    first = values[0]
    fits = all(v.rank == first.rank and v.shape[:-1] == first.shape[:-1] and v.row == first.row for v in values)
    if not fits or not first.rank:
        written = scope.source.written(node.span)
        raise ShapeError(
            f"{written} cannot be put together",
            where=scope.source.locate(node.span),
            because="Vectors go with vectors, and matrices with as many rows.",
            name=written,
        )
    letters = fresh_letters(first.rank, [v.array for v in values], scope.taken)
    *outer, last = letters
    offset: Expr = S.Zero
    terms: list[Expr] = []
    for v in values:
        inside = Guard(last - offset) * Guard(offset + v.shape[-1] - 1 - last)
        terms.append(inside * v.array.at(*outer, last - offset))
        offset += v.shape[-1]
    return Value(Array(tuple(letters), (*first.shape[:-1], offset), Add(*terms)), first.row)


def _ratio(node: Call, scope: Scope, read: Read) -> Value:
    """`np.divide(a, b)`, entry by entry."""
    above, below = _two(node, scope)
    return divided(above, read(above, scope), below, read(below, scope), scope)


def _raised(node: Call, scope: Scope, read: Read) -> Value:
    """`np.power(a, 2)`, entry by entry."""
    base, exponent = _two(node, scope)
    value, power = read(base, scope), read(exponent, scope)
    if power.rank:
        raise ShapeError("an exponent is a number", where=scope.source.locate(exponent.span))
    return Value(entrywise(lambda a: a**power.expression, (value.array,), scope.taken), value.row)


def _stack(node: Call, scope: Scope, read: Read) -> Value:
    """A matrix by its rows, vectors of one length."""
    rows = [read(part, scope) for part in node.arguments]
    first = rows[0]
    if first.rank != 1 or any(row.rank != 1 or not same_size(row.shape[0], first.shape[0]) for row in rows):
        written = scope.source.written(node.span)
        raise ShapeError(
            f"the rows of {written} are not equally long", where=scope.source.locate(node.span), name=written
        )
    row, column = fresh_letters(2, [value.array for value in rows], scope.taken)
    terms = [KroneckerDelta(row, Integer(at)) * value.array.at(column) for at, value in enumerate(rows)]
    return Value(Array((row, column), (Integer(len(rows)), first.shape[0]), Add(*terms)))


def _by_formula(formula: Callable[[Expr], Expr]) -> Callable[[Call, Scope, Read], Value]:
    """A function of one number, entry by entry, by its formula."""

    def made(node: Call, scope: Scope, read: Read) -> Value:
        value = _argument(node, scope, read)
        return Value(entrywise(formula, (value.array,), scope.taken), value.row)

    return made


def _sign(entry: Expr) -> Expr:
    return Piecewise((S.One, entry > 0), (S.NegativeOne, entry < 0), (S.Zero, True))


def _sum_of_arrays(node: Call, scope: Scope, read: Read) -> Value:
    """`∑_t dv[t] h[t-1]ᵀ`: the sum over named indices of what need not be a number."""
    binders, inner = binders_of(node, scope)
    value = read(node.arguments[-1], inner)
    taken = inner.taken | {index(binder.bound.name) for binder in binders}
    letters = fresh_letters(value.rank, (value.array,), taken)
    body = summed(value.array.at(*letters), binders, inner)
    return Value(Array(tuple(letters), value.shape, body), value.row)


def _entries(node: Call, scope: Scope, read: Read) -> Value:
    """`(x_1, ..., x_n)`, a vector by its entry at an index; of rows a matrix."""
    binders, inner = binders_of(node, scope)
    value = read(node.arguments[-1], inner)
    taken = inner.taken | {index(binder.bound.name) for binder in binders}
    letters = fresh_letters(value.rank + 1, (value.array,), taken)
    low, high = limits(binders[0], inner)
    body = substitute(value.array.at(*letters[1:]), {binders[0].bound.symbol: letters[0] + low})
    return Value(Array(tuple(letters), (high - low + 1, *value.shape), body))


def _argmax(node: Call, scope: Scope, read: Read) -> Value:
    """`argmax_k x[k]`, counted as indices are."""
    binders, inner = binders_of(node, scope)
    body = read(node.arguments[-1], inner)
    if len(binders) != 1 or body.rank:
        raise NotationError(
            "argmax is over one index of an entry",
            where=scope.source.locate(node.span),
            fix="Write argmax_k x[k].",
        )
    low, high = limits(binders[0], inner)
    if low != 0:
        raise NotationError("argmax is over a whole axis", where=scope.source.locate(node.span))
    variable = binders[0].bound.symbol
    return scalar(ArgMax(body.expression, (variable, high - low + 1)) + scope.base)


def _norm(node: Call, scope: Scope, read: Read) -> Value:
    array = _argument(node, scope, read).array
    return scalar(sqrt(total(array.expression**2, *zip(array.indices, array.shape, strict=True))))


# -------------------------------------------------------------------------------------------------- softmax of a batch


Reduction = Callable[..., Array]


def _over_classes(reduction: Reduction) -> Callable[[Call, Scope, Read], Value]:
    """Along the only axis of a vector; of a matrix, along the axis that is not over samples."""

    def made(node: Call, scope: Scope, read: Read) -> Value:
        value = _argument(node, scope, read) if len(node.arguments) == 1 else None
        if value is None or not value.rank:
            return call(node, scope, read)
        samples = scope.stated.samples if scope.stated is not None else None
        axis = 0 if value.rank == 2 and samples is not None and samples[1] == -1 else value.rank - 1
        return Value(reduction(value.array, axis), value.row)

    return made


def _along_axis(reduction: Reduction, axis: int) -> Callable[[Call, Scope, Read], Value]:
    return lambda node, scope, read: Value(as_array(reduction(_matrix(node, scope, read).array, axis)))


# -------------------------------------------------------------------------------------------- matrices by construction


def _diagonal(node: Call, scope: Scope, read: Read) -> Value:
    """Of a vector the matrix that has it on its diagonal, of a matrix the vector on its diagonal."""
    value = _argument(node, scope, read)
    array = value.array
    if value.rank == 1:
        other = fresh_letters(1, (array,), scope.taken | {array.indices[0]})[0]
        expression = array.expression * KroneckerDelta(array.indices[0], other)
        return Value(Array((array.indices[0], other), array.shape * 2, expression))
    value = _matrix(node, scope, read)
    i, _ = value.array.indices
    return Value(Array((i,), value.shape[:1], value.array.at(i, i)))


def _trace(node: Call, scope: Scope, read: Read) -> Value:
    value = _matrix(node, scope, read)
    if not same_size(*value.shape):
        raise ShapeError("a trace is of a square matrix", where=scope.source.locate(node.span))
    i, _ = value.array.indices
    return scalar(total(value.array.at(i, i), (i, value.shape[0])))


def _ones(node: Call, scope: Scope, _read: Read) -> Value:
    if not node.arguments:
        return scalar(S.One)  # repeated wherever it stands
    """`1_m`, a vector of ones, or `1_(h×m)`."""
    shape = _sizes(node, 2, scope)
    return Value(Array(tuple(fresh_letters(len(shape), (), scope.taken)), shape, S.One))


def _identity(node: Call, scope: Scope, _read: Read) -> Value:
    (extent,) = _sizes(node, 1, scope)
    return identity(scope, extent)


def _delta(node: Call, scope: Scope, read: Read) -> Value:
    left, right = (counted(part, scope, read) for part in _two(node, scope))
    return scalar(delta(left, right))


def counted(node: Node, scope: Scope, read: Read) -> Expr:
    """An index of a claim as counted there; it may be reckoned from the place of a maximum: `2 i + argmax_u x[i,u]`."""
    if not _has_argmax(node):
        return integer(node, scope)
    match node:
        case Addition(terms):
            return Add(*(counted(term, scope, read) * (1 if sign == "+" else -1) for sign, term in terms))
        case Negative(operand):
            return -counted(operand, scope, read)
        case Product(factors) if all(joint in ("", "*", DOT) for joint, _ in factors):
            return Mul(*(counted(factor, scope, read) for _, factor in factors))
        case Call(function) if function.name == "argmax":
            return read(node, scope).expression
    return integer(node, scope)


def _has_argmax(node: Node) -> bool:
    named = isinstance(node, Call) and node.function.name == "argmax"
    return named or (isinstance(node, Addition | Product | Negative) and any(map(_has_argmax, children(node))))


# ------------------------------------------------------------------------------------------------- operators by name


def _transpose(node: Call, scope: Scope, read: Read) -> Value:
    return transposed(_argument(node, scope, read))


def _operator(joint: str) -> Callable[[Call, Scope, Read], Value]:
    def made(node: Call, scope: Scope, read: Read) -> Value:
        left, right = _two(node, scope)
        first, second = read(left, scope), read(right, scope)
        if not first.rank or not second.rank:
            return Value(entrywise(lambda a, b: a * b, (first.array, second.array), scope.taken), first.row)
        return claim_multiplied(joint, left, first, right, second, scope)

    return made


def _outer(node: Call, scope: Scope, read: Read) -> Value:
    left, right = _two(node, scope)
    first, second = read(left, scope), read(right, scope)
    row = Value(second.array, row=True) if second.rank == 1 else second
    return claim_multiplied("", left, first, right, row, scope)


def _max(node: Call, scope: Scope, read: Read) -> Value:
    """`max(z, 0)` is `max(0, z)`."""
    match node.arguments:
        case (first, Number(value) as zero) if value == 0 and not isinstance(first, Number):
            return call(replace(node, arguments=(zero, first)), scope, read)
    return call(node, scope, read)


_CALLS: dict[str, Callable[[Call, Scope, Read], Value]] = {
    ONES: _ones,
    IDENTITY: _identity,
    NORM: _norm,
    "norm": _norm,
    "ones": _ones,
    "eye": _identity,
    DELTA: _delta,
    LIST: _concat,
    ENTRIES: _entries,
    COLUMN: _entries,
    STACK: _stack,
    "rowsum": _row_sum,
    "colsum": _column_sum,
    "sum": _sum,
    "mean": _sum,
    "max": _max,
    "argmax": _argmax,
    "diag": _diagonal,
    "concat": _concat,
    "sign": _by_formula(_sign),
    "cosh": _by_formula(lambda x: (exp(x) + exp(-x)) / 2),
    "sinh": _by_formula(lambda x: (exp(x) - exp(-x)) / 2),
    "sech": _by_formula(lambda x: 2 / (exp(x) + exp(-x))),
    "artanh": _by_formula(lambda x: log((1 + x) / (1 - x)) / 2),
    "logit": _by_formula(lambda x: log(x / (1 - x))),
    "trace": _trace,
    "transpose": _transpose,
    "dot": _operator("@"),
    "multiply": _operator("⊙"),
    "divide": _ratio,
    "power": _raised,
    "outer": _outer,
    "softmax": _over_classes(softmax),
    "log_softmax": _over_classes(log_softmax),
    **{
        f"{name}_{side}": _along_axis(reduction, axis)
        for name, reduction in (("softmax", softmax), ("log_softmax", log_softmax), ("logsumexp", logsumexp))
        for axis, side in enumerate(("columns", "rows"))
    },
}
CLAIM_FUNCTIONS = frozenset({*_CALLS, *OTHER_NAMES}) - {DELTA, ONES, IDENTITY, NORM, LIST, ENTRIES, COLUMN, STACK}
"""What a claim may call beside what a model may."""
