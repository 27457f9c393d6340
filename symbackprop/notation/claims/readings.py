"""Sides of a statement to a reading: what each side stands for entry by entry, over the indices that stand free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, fresh, substitute
from symbackprop.algebra.symbols import index
from symbackprop.errors import IndexRangeError, NotationError, ShapeError, SymbackpropError
from symbackprop.model.functions import FUNCTIONS
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.indices import free_indices
from symbackprop.notation.claims.records import Reading, Side
from symbackprop.notation.claims.symbols import LEARNING_RATES, Symbols
from symbackprop.notation.reading.calls import KNOWN
from symbackprop.notation.reading.meaning import read
from symbackprop.notation.reading.scope import PLACEHOLDER, BoundIndex, Scope, Stated
from symbackprop.notation.reading.subjects import subject_of
from symbackprop.notation.reading.syntax import (
    DOT,
    Addition,
    Call,
    Name,
    Node,
    Product,
    Subscript,
    children,
    names_in,
)
from symbackprop.notation.reading.values import Value, same_size


def scope_of(context: Context, given: Mapping[str, Value], each: frozenset[str]) -> Scope:
    """The names of one reading."""
    symbols, notation, source = context.symbols, context.notation, context.source
    stated = Stated(
        {},
        symbols.roots,
        notation.base,
        symbols.samples,
        broadcasts=notation.numpy,
        each=each,
        padded=frozenset(name for equation in symbols.model.equations for name in equation.padded),
        rows=symbols.vectors_are_rows,
        row_gradients=notation.row_gradients,
        depends=symbols.depends,
    )
    rates = {name: () for name in LEARNING_RATES if symbols.tensor(name) is None and name not in symbols.sizes}
    shapes = {**rates, **symbols.shapes}
    functions = {**FUNCTIONS, **symbols.model.functions}
    return Scope(source, symbols.sizes, shapes, functions, {}, KNOWN, symbols.integers, stated, given=given)


def reading_of(
    nodes: Iterable[Node],
    each: tuple[Name, ...],
    symbols: Symbols,
    scope: Scope,
    samples: frozenset[str] = frozenset(),
) -> Reading:
    """The reading of a chain of sides, at the scale of the symbols; `samples` are the letters that count samples.

    Raises:
        NotationError: a side has no meaning, or indices stand free on one side alone.
        UnknownNameError: a name that nothing declares.
    """
    sides = list(nodes)
    assert scope.stated is not None
    stated = scope.stated
    scope = replace(scope, tensors={**scope.tensors, **_variable(sides, scope)})
    free = free_indices(sides, each, scope)
    raws = [_raw(node, scope, free) for node in sides]
    if each:
        sides = [_at_each(node, each, raws, scope) for node in sides]
        raws = [_raw(node, scope, free) for node in sides]
    if _dots_are_unclear(raws, sides) or any(_adds_dots_to_vectors(node, scope, free) for node in sides):
        entrywise = replace(scope, stated=replace(stated, dots=True))
        others = [_raw(node, entrywise, free) for node in sides]
        if not _dots_are_unclear(others, sides):
            scope, stated, raws = entrywise, replace(stated, dots=True), others
    if (entry := _at_free(sides[0], free, raws)) is not None:
        sides[0] = entry
        raws[0] = _raw(entry, scope, free)
    if (sums := _with_sums_over_samples(sides, free, raws, symbols, scope, samples)) is not None:
        words = f"the sum over the samples {free[0].name} is left out"
        return replace(reading_of(sums, each, symbols, scope), left_out=words)
    if not each and (shown := _at_entries_shown(sides, raws)) is not None:
        letters, entries = shown
        words = f"the repeated {', '.join(letters)} is summed over"
        return replace(reading_of(entries, each, symbols, scope), said=words if letters else "")
    _check_whole(free, each, sides[0], raws, scope)
    sizes = {name.name: _size(name, raws, scope) for name in free}
    stated = replace(stated, free={name: (_symbol(name, sizes, scope), extent) for name, extent in sizes.items()})
    scope = replace(scope, stated=stated)
    read_sides = tuple(_side(node, raw, scope) for node, raw in zip(sides, raws, strict=True))
    said = [name.name for node in sides for name in names_in(node)]
    rate = next((name for name in said if name in LEARNING_RATES and _may_be_rate(name, symbols)), None)
    return Reading(symbols.scale, read_sides, scope, tuple(symbol for symbol, _ in stated.free.values()), rate)


def _may_be_rate(name: str, symbols: Symbols) -> bool:
    """Whether a usual name of a learning rate is none of the model's, or that of a constant which no equation reads."""
    read = any(name in names for names in symbols.reads.values())
    return name not in symbols.shapes or (symbols.roles.get(name) == "constant" and not read)


def _variable(sides: list[Node], scope: Scope) -> Mapping[str, tuple[Expr, ...]]:
    """The z of `σ'(z) = σ(z) (1 - σ(z))`, a claim about a function: any number, where nothing bears the name."""
    match sides[0]:
        case Call(_, (Name(name),)) if not scope.declared(name) and name.isalpha():
            return {name: ()}
    return {}


def _at_each(node: Node, each: tuple[Name, ...], raws: list[_Raw], scope: Scope) -> Node:
    """`S = Q[b] Kᵀ for each b`: a whole tensor is meant at the indices for each of which the claim is said."""
    ranks = {raw.value.rank for raw in raws if raw.value is not None and raw.bound[each[0].name].uses}
    whole = isinstance(node, Name) and len(scope.tensors.get(node.name, ())) - len(each) in ranks
    return Subscript(node, each, node.span) if whole else node


def _at_free(first: Node, free: tuple[Name, ...], raws: list[_Raw]) -> Node | None:
    """`∂L/∂b = ∑_j dZ[j,i]`: a whole vector is meant at the one index that stands free on the other side."""
    value, others = raws[0].value, [raw.value for raw in raws[1:]]
    if value is None or value.rank != 1 or len(free) != 1 or raws[0].bound[free[0].name].uses:
        return None
    if not isinstance(first, Name) or any(other is None or other.rank for other in others):
        return None
    sizes = [size for raw in raws[1:] for size, _ in raw.bound[free[0].name].sized]
    return Subscript(first, free, first.span) if sizes and sizes[0] == value.shape[0] else None


def _dots_are_unclear(raws: list[_Raw], sides: list[Node]) -> bool:
    """Whether a `·` makes a number of vectors where the first side is none."""
    first = raws[0].value
    if first is None or not first.rank or not any(map(_has_dot, sides)):
        return False
    return any(raw.value is None or not raw.value.rank for raw in raws[1:])


def _adds_dots_to_vectors(node: Node, scope: Scope, free: tuple[Name, ...]) -> bool:
    """Whether a `·` in a sum makes a number that is added to a vector, `u · v + w`."""
    if not _has_dot(node):
        return False
    if isinstance(node, Addition):
        values = [(_raw(term, scope, free).value, _has_dot(term)) for _, term in node.terms]
        numbers = any(value is not None and not value.rank and dotted for value, dotted in values)
        return numbers and any(value is not None and value.rank for value, _ in values)
    return any(_adds_dots_to_vectors(part, scope, free) for part in children(node))


def _has_dot(node: Node) -> bool:
    dotted = isinstance(node, Product) and any(joint == DOT for joint, _ in node.factors)
    return dotted or any(map(_has_dot, children(node)))


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


def _with_sums_over_samples(
    sides: list[Node], free: tuple[Name, ...], raws: list[_Raw], symbols: Symbols, scope: Scope, samples: frozenset[str]
) -> list[Node] | None:
    """The sides of `∂J/∂W = ∂J/∂z^(i) a^(i)T` with the sum over i, which is left out; None for other claims.

    The derivative of the cost stands whole, and the letter of samples is all that stands free beside it.
    """
    subject, value = subject_of(sides[0], scope), raws[0].value
    entries = any(bound.uses for bound in raws[0].bound.values())
    if symbols.samples is None or len(free) != 1 or value is None or entries:
        return None
    of_cost = subject.kind == "adjoint" and subject.root == symbols.model.root and not subject.indices
    uses = [extent for raw in raws[1:] for bound in raw.bound.values() for extent, _ in bound.uses]
    if not of_cost or free[0].name not in samples or not uses:
        return None
    if any(not same_size(extent, symbols.samples[0]) for extent in uses):
        return None
    return [sides[0], *(_summed_over(side, free) for side in sides[1:])]


def _summed_over(node: Node, letters: tuple[Name, ...]) -> Node:
    """A side with the sum over letters at each of its terms that has them."""
    if isinstance(node, Addition):
        return replace(node, terms=tuple((sign, _summed_over(term, letters)) for sign, term in node.terms))
    if not {name.name for name in letters} & {name.name for name in names_in(node)}:
        return node
    return Call(Name("sum", node.span), (*letters, node), node.span)


def _at_entries_shown(sides: list[Node], raws: list[_Raw]) -> tuple[tuple[str, ...], list[Node]] | None:
    """`C = A_iq B_pi = (B A)_pq = B A` at the entries p, q that the brackets show, summed over the i that they lack.

    What else stands free must stand twice in a product. None for a chain that shows no entries of a whole side.
    """
    uses = [{name for name, bound in raw.bound.items() if bound.uses} for raw in raws]
    ranks = {raw.value.rank for raw, used in zip(raws, uses, strict=True) if raw.value is not None and not used}
    shown = [side.indices for side in sides if isinstance(side, Subscript) and not isinstance(side.base, Name)]
    names = tuple(part for part in shown[0] if isinstance(part, Name)) if shown else ()
    if len(ranks) != 1 or not shown or len(names) != len(shown[0]) or ranks != {len({n.name for n in names})}:
        return None
    made: list[Node] = []
    summed: dict[str, None] = {}
    for side, used in zip(sides, uses, strict=True):
        others = [name for name in _standing_once(side) if name.name in used - {n.name for n in names}]
        written = [name.name for name in names_in(side)]
        if not used:
            made.append(Subscript(side, names, side.span))
            continue
        if others and (not isinstance(side, Product) or any(written.count(name.name) != 2 for name in others)):
            return None
        summed |= dict.fromkeys(name.name for name in others)
        made.append(Call(Name("sum", side.span), (*others, side), side.span) if others else side)
    return tuple(summed), made


def _standing_once(node: Node) -> Iterable[Name]:
    """Each name in a side, once."""
    return {name.name: name for name in names_in(node)}.values()


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
    raw = _raw(node, scope, free)
    if raw.error is not None:
        raise raw.error
    assert raw.value is not None
    return _closed(raw, raw.value, scope)
