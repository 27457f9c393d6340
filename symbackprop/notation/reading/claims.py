r"""Claims: equations that a person states of a model, read from plain text or LaTeX.

A claim is a chain of sides, `dz1 = (W2^T dz2) ⊙ σ'(z1) = ...`. What a name means depends on whether one sample or all
samples are meant; where both fit, a claim has a reading for each. Adjoints stand in expressions as entries:
`dW1` as `∂W1` (the root being left to the convention), `∂L/∂W1` as `∂L∂W1`, `∂J/∂W1` as `∂J∂W1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, fresh, substitute
from symbackprop.algebra.symbols import ADJOINT, index
from symbackprop.errors import IndexRangeError, LimitError, Location, NotationError, ShapeError, SymbackpropError
from symbackprop.model.batching import sampled_tensors
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.claim_parser import ClaimParser, Parsed
from symbackprop.notation.reading.claim_scope import LEARNING_RATES, Names, lexicon_of, names_of, scope_of
from symbackprop.notation.reading.claim_tokens import statements_of
from symbackprop.notation.reading.meaning import read
from symbackprop.notation.reading.scope import PLACEHOLDER, BoundIndex, Scope, Stated
from symbackprop.notation.reading.scripts import Lexicon
from symbackprop.notation.reading.settling import free_indices_of, settled
from symbackprop.notation.reading.subjects import EXPRESSION, Subject, subject_of
from symbackprop.notation.reading.syntax import Addition, Call, Name, Node, Subscript, names_in
from symbackprop.notation.reading.tokens import DOT, Token
from symbackprop.notation.reading.values import Value
from symbackprop.notation.source import Source

Scale = Literal["one sample", "all samples"]
MAX_CLAIMS = 2_000


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a text: its tokens, the last of kind `newline`, and what its surroundings say of it.

    `scale` and `root` (`L`, `J`) are those that the text around it has set, None where it leaves them open.
    """

    source: Source
    tokens: tuple[Token, ...]
    where: Location
    written: str
    scale: Scale | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim: its syntax tree, what it stands for entry by entry, how it was written, what it is about.

    A side without a value has an `error`: its shapes do not fit. `broadcast` if a vector was repeated for each sample.
    `decimals` counts the digits after the point of a side that is a printed decimal number, which stands for all that
    round to it.
    """

    node: Node
    value: Value | None
    written: str
    subject: Subject = EXPRESSION
    error: SymbackpropError | None = None
    broadcast: bool = False
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim read for one sample or for all; `scope` is what its names were looked up in.

    `indices` are the indices that stand free, `dW1[i,j] = ...`: the first indices of every side's array. `rate` is the
    name that stands for the learning rate, if one does.
    """

    scale: Scale
    sides: tuple[Side, ...]
    scope: Scope
    indices: tuple[Symbol, ...] = ()
    rate: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A line that states something, with its readings, the likeliest first.

    `kind` is "equality" or "update" (`W := W - α dW`: the two sides are the parameter and its new value). `scale` is
    the one that the text around it has set, None where it leaves that open. `definition` is the name that the line
    gives to what its sides stand for, where it gives one.
    """

    where: Location
    written: str
    kind: Literal["equality", "update"]
    readings: tuple[Reading, ...]
    scale: Scale | None = None
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """A line that is said for each layer: one claim for each, with the value of the letter, and all must hold."""

    where: Location
    written: str
    instances: tuple[tuple[str, Claim], ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """A line that gives a name to something, and claims nothing."""

    where: Location
    written: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that looks like a claim and cannot be read."""

    where: Location
    written: str
    error: SymbackpropError


Line = Claim | Schema | Defined | Unreadable


@dataclass(frozen=True, slots=True)
class Note:
    """The lines of a note, and what was decided once for all of them.

    `ranked` says that the readings of each claim stand in the order of the evidence for them, so that a later one is
    meant only where the shapes of those before it do not fit.
    """

    lines: tuple[Line, ...]
    notation: tuple[str, ...] = ()
    ranked: bool = False


def rooted(root: str, tensor: str) -> str:
    """The name of the derivative of a named root by a tensor, as it stands in an expression: `∂L∂W1`."""
    return f"{ADJOINT}{root}{ADJOINT}{tensor}"


# ---------------------------------------------------------------------------------------------------------- plain text


def text_statements(source: Source) -> tuple[Statement | Unreadable, ...]:
    """The statements of a plain text: the lines that have an equals sign, and why one of them has no tokens.

    Raises:
        LimitError: more than `MAX_CLAIMS` statements.
    """
    found: list[Statement | Unreadable] = []
    for span, tokens in statements_of(source):
        where, written = source.locate(span), source.written(span)
        if len(found) == MAX_CLAIMS:
            raise LimitError(f"there are more than {MAX_CLAIMS:,} claims", where=where, fix="Split the notes.")
        if isinstance(tokens, SymbackpropError):
            found.append(Unreadable(tokens.where or where, written, tokens))
        else:
            found.append(Statement(source, tokens, where, written))
    return tuple(found)


# --------------------------------------------------------------------------------------------------------------- claims


@dataclass(frozen=True, slots=True)
class _Table:
    """The names at one scale."""

    scale: Scale
    model: Model
    names: Names
    samples: tuple[Expr, int] | None


def _tables(model: Model) -> tuple[_Table, ...]:
    if model.samples is None:
        return (_Table("one sample", model, names_of(model, model, frozenset()), None),)
    sampled = sampled_tensors(model.tensors, model.equations, model.loss)
    one, whole = model.one_sample(), model.batched()
    axis = 0 if model.samples.side == "rows" else -1
    return (
        _Table("one sample", one, names_of(one, model, frozenset()), None),
        _Table("all samples", whole, names_of(whole, model, sampled), (model.samples.size, axis)),
    )


def read_claims(
    statements: Iterable[Statement | Unreadable], model: Model, *, conventions: Conventions | None = None
) -> tuple[Claim | Unreadable, ...]:
    """Each statement as a claim of `model`, or why it cannot be read.

    A claim has a reading for each scale at which its names and shapes fit; if they fit at none, those at which its
    names are known, whose sides say what does not fit.
    """
    conventions = conventions or Conventions()
    tables = _tables(model)
    lexicon = lexicon_of(tuple(table.names for table in tables), model, conventions)
    return tuple(
        _claim(statement, tables, lexicon, conventions) if isinstance(statement, Statement) else statement
        for statement in statements
    )


def _claim(
    statement: Statement, tables: tuple[_Table, ...], lexicon: Lexicon, conventions: Conventions
) -> Claim | Unreadable:
    try:
        parsed = ClaimParser(statement.tokens, statement.source, lexicon).claim()
    except SymbackpropError as error:
        return Unreadable(error.where or statement.where, statement.written, error)
    readings: list[Reading] = []
    errors: list[SymbackpropError] = []
    for table in _ordered(tables, parsed, statement):
        try:
            readings.append(_reading(parsed, table, statement, conventions))
        except SymbackpropError as error:
            errors.append(error)
    whole = [reading for reading in readings if all(side.error is None for side in reading.sides)]
    if not readings:
        error = max(errors, key=_progress)
        return Unreadable(error.where or statement.where, statement.written, error)
    kind = "update" if parsed.kind == "update" or _is_update(parsed, statement) else "equality"
    return Claim(statement.where, statement.written, kind, tuple(whole or readings), statement.scale)


def _progress(error: SymbackpropError) -> tuple[int, int]:
    """How far a claim was read before the error."""
    return (error.where.line, error.where.column) if error.where is not None else (0, 0)


def _ordered(tables: tuple[_Table, ...], parsed: Parsed, statement: Statement) -> list[_Table]:
    """The scales, the likeliest first: that of the text around, then what a root or the number of samples suggests."""
    if len(tables) == 1:
        return list(tables)
    one, whole = tables
    if statement.scale is not None:
        return [one, whole] if statement.scale == "one sample" else [whole, one]
    said = {name.name for side in parsed.sides for name in names_in(side)}
    size = whole.samples[0].free_symbols if whole.samples else set()
    root = {whole.model.root} - {one.model.root}
    batch = bool(said & (root | {symbol.name for symbol in size})) or statement.root in root
    return [whole, one] if batch else [one, whole]


def _is_update(parsed: Parsed, statement: Statement) -> bool:
    """`W = W - α dW`, which nobody means as an equation."""
    target, *rest = parsed.sides
    if len(rest) != 1 or not isinstance(rest[0], Addition) or not isinstance(target, Name | Subscript):
        return False
    written = statement.source.written
    same = written(rest[0].terms[0][1].span) == written(target.span)
    return same and any(name.name in LEARNING_RATES for name in names_in(rest[0]))


# ------------------------------------------------------------------------------------------------------------- readings


def _reading(parsed: Parsed, table: _Table, statement: Statement, conventions: Conventions) -> Reading:
    each = frozenset(name.name for name in parsed.each)
    stated = Stated(table.names.aliases, table.names.roots, conventions.index_base, table.samples, each=each)
    scope = scope_of(table.model, table.names, statement.source, stated)
    scope = replace(scope, tensors={**scope.tensors, **_variable(parsed, scope)})
    free = free_indices_of(parsed.sides, parsed.each, scope)
    hidden = frozenset(name.name for name in free)
    nodes = [settled(side, scope, hidden) for side in parsed.sides]
    raws = [_raw(node, scope, free) for node in nodes]
    if parsed.each:
        nodes = [_at_each(node, parsed.each, raws, scope) for node in nodes]
        raws = [_raw(node, scope, free) for node in nodes]
    if _dots_are_unclear(raws, statement):
        entrywise = replace(scope, stated=replace(stated, dots=True))
        others = [_raw(node, entrywise, free) for node in nodes]
        if not _dots_are_unclear(others, statement):
            scope, stated, raws = entrywise, replace(stated, dots=True), others
    _check_whole(free, parsed.each, nodes[0], raws, scope)
    sizes = {name.name: _size(name, raws, scope) for name in free}
    stated = replace(stated, free={name: (_symbol(name, sizes, scope), extent) for name, extent in sizes.items()})
    scope = replace(scope, stated=stated)
    sides = tuple(_side(node, raw, scope) for node, raw in zip(nodes, raws, strict=True))
    tensors = {tensor.name for tensor in table.model.tensors}
    said = [name.name for node in nodes for name in names_in(node)]
    rate = next((name for name in said if name in LEARNING_RATES and name not in tensors), None)
    return Reading(table.scale, sides, scope, tuple(symbol for symbol, _ in stated.free.values()), rate)


def _variable(parsed: Parsed, scope: Scope) -> Mapping[str, tuple[Expr, ...]]:
    """The z of `σ'(z) = σ(z) (1 - σ(z))`, a claim about a function: any number, where nothing bears the name."""
    match parsed.sides[0]:
        case Call(_, (Name(name),)) if not scope.declared(name) and name.isalpha():
            known = scope.stated is not None and name in scope.stated.aliases
            return {} if known else {name: ()}
    return {}


def _at_each(node: Node, each: tuple[Name, ...], raws: list[_Raw], scope: Scope) -> Node:
    """`S = Q[b] Kᵀ for each b`: a whole tensor is meant at the indices for each of which the claim is said."""
    ranks = {raw.value.rank for raw in raws if raw.value is not None and raw.bound[each[0].name].uses}
    whole = isinstance(node, Name) and len(scope.tensors.get(node.name, ())) - len(each) in ranks
    return Subscript(node, each, node.span) if whole else node


def _dots_are_unclear(raws: list[_Raw], statement: Statement) -> bool:
    """Whether a `·` makes a number of vectors where the first side is none."""
    first = raws[0].value
    if first is None or not first.rank or not any(token.is_operator(DOT) for token in statement.tokens):
        return False
    return any(raw.value is None or not raw.value.rank for raw in raws[1:])


@dataclass(frozen=True, slots=True)
class _Raw:
    """A side as read, its free indices still placeholders; `bound` gathered their uses."""

    value: Value | None
    error: SymbackpropError | None
    bound: Mapping[str, BoundIndex]
    broadcast: bool


def _raw(node: Node, scope: Scope, free: Iterable[Name]) -> _Raw:
    assert scope.stated is not None
    bound = {
        name.name: BoundIndex(name.name, "sum", index(f"{PLACEHOLDER}{number}{name.name}"), name.span)
        for number, name in enumerate(free)
    }
    repeated: list = []
    inner = replace(scope, indices=bound, stated=replace(scope.stated, repeated=repeated))
    try:
        return _Raw(read(node, inner), None, bound, bool(repeated))
    except (ShapeError, IndexRangeError) as error:
        if isinstance(error, IndexRangeError) and "two ranges" not in error.what:
            raise
        return _Raw(None, error, bound, bool(repeated))


def _check_whole(free: tuple[Name, ...], each: tuple[Name, ...], first: Node, raws: list[_Raw], scope: Scope) -> None:
    """No side is said for a whole tensor and another for its entries; dW = dz[t] h[t]ᵀ lacks a sum over t alone."""
    value = raws[0].value
    known = {name.name for name in each}
    if value is None or not value.rank or any(bound.uses for bound in raws[0].bound.values()):
        return
    if all(raw.value is not None and raw.value.rank == value.rank for raw in raws[1:]):
        return
    for name in free:
        if name.name not in known:
            written = scope.source.written(first.span)
            letters = ",".join("ijklpq"[: value.rank])
            raise NotationError(
                f"{written} stands whole, and the index {name.name} stands free beside it",
                where=scope.source.locate(name.span),
                fix=f"Write {written}[{letters}] = ..., or sum over {name.name}.",
                name=name.name,
            )


def _size(name: Name, raws: list[_Raw], scope: Scope) -> Expr:
    """The size of a free index: that of the axis at which it first stands alone."""
    for raw in raws:
        if raw.bound[name.name].sized:
            return raw.bound[name.name].sized[0][0]
    raise NotationError(
        f"the range of the index {name.name} is not known",
        where=scope.source.locate(name.span),
        because=f"{name.name} stands alone in no entry.",
        fix=f"Write an entry that has {name.name} for an index.",
        name=name.name,
    )


def _symbol(name: str, sizes: Mapping[str, Expr], scope: Scope) -> Symbol:
    """The symbol of a free index; another letter if something declared has its name."""
    own = index(name)
    return own if not scope.declared(name) else fresh((*scope.taken, *map(index, sizes)), own)


def _side(node: Node, raw: _Raw, scope: Scope) -> Side:
    written = scope.source.written(node.span)
    subject = subject_of(node, scope)
    if raw.value is None:
        return Side(node, None, written, subject, raw.error)
    try:
        return Side(node, _closed(raw, raw.value, scope), written, subject, None, raw.broadcast)
    except IndexRangeError as error:
        return Side(node, None, written, subject, error)


def _closed(raw: _Raw, value: Value, scope: Scope) -> Value:
    """The value as an array over the free indices and its own."""
    assert scope.stated is not None
    free = scope.stated.free
    for name, bound in raw.bound.items():
        for extent, span in bound.uses:
            if name in free and not (extent - free[name][1]).expand().is_nonnegative:  # an axis may reach farther
                raise IndexRangeError(
                    f"the index {name} has two ranges",
                    where=scope.source.locate(span),
                    because=f"{name} runs over {free[name][1]} and over {extent}.",
                    fix="Use two indices.",
                    name=name,
                )
    array = value.array
    symbols = tuple(symbol for symbol, _ in free.values())
    taken = {*symbols, *all_symbols(array.expression), *scope.taken}
    own: list[Symbol] = []
    for variable in array.indices:
        own.append(variable if variable not in symbols else fresh((*taken, *own), variable))
    at = {raw.bound[name].symbol: symbol for name, (symbol, _) in free.items()}
    expression = substitute(array.at(*own), at)
    shape = (*(extent for _, extent in free.values()), *array.shape)
    return Value(Array((*symbols, *own), shape, expression), value.row)


def resolve(node: Node, scope: Scope) -> Value:
    """What a syntax tree stands for in the scope of a reading; the tree may be an edited one.

    Raises:
        SymbackpropError: it stands for nothing: unknown names, shapes that do not fit, two meanings.
    """
    assert scope.stated is not None
    free = tuple(Name(name, node.span) for name in scope.stated.free)
    raw = _raw(settled(node, scope, frozenset(scope.stated.free)), scope, free)
    if raw.error is not None:
        raise raw.error
    assert raw.value is not None
    return _closed(raw, raw.value, scope)
