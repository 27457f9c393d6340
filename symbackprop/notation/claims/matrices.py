"""Cases with their conditions, matrices and columns by their entries, some of which dots may leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbackprop.errors import NotationError
from symbackprop.notation.claims import dots
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve
from symbackprop.notation.claims.indicators import condition_of, of_binary, resolve_condition
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.claim_calls import COLUMN, STACK
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Empty, Listing, Node, Product, Relation, Rows, Text, Word


def cases_or_matrix(node: Rows, context: Context, resolve: Resolve) -> syntax.Node:
    """Cases with their conditions; a column of vectors is one vector."""
    if node.kind != "cases":
        return _matrix(node, context, resolve)
    pieces: list[tuple[syntax.Node, syntax.Node]] = []
    otherwise: syntax.Node | None = None
    for row in node.rows:
        value_, *conditions = [cell for cell in row if not isinstance(cell, Empty)]
        condition = _case(conditions)
        made = resolve(_without_comma(value_), context)
        if condition is None:
            otherwise = made
        else:
            pieces.append((made, condition_of(condition, context, resolve)))
    if otherwise is None and pieces and (binary := _by_binary(node, context, resolve)) is not None:
        return binary
    if otherwise is None and pieces:
        otherwise = pieces.pop()[0] if _is_complement(node) else None
    if otherwise is None:
        raise NotationError(
            "these cases do not say what holds otherwise",
            where=context.source.locate(node.span),
            fix="Write a last case: otherwise.",
        )
    return syntax.Cases(tuple(pieces), otherwise, node.span) if pieces else otherwise


def _by_binary(node: Rows, context: Context, resolve: Resolve) -> syntax.Node | None:
    """Two cases y = 1 and y = 0 of a target with these values; None for others."""
    conditions = [_case([cell for cell in row[1:] if not isinstance(cell, Empty)]) for row in node.rows]
    found = [None if condition is None else of_binary(condition, context) for condition in conditions]
    if len(found) != 2 or None in found or {number for pair in found if pair for number in pair[1:]} != {0, 1}:
        return None
    terms = []
    for row, condition in zip(node.rows, conditions, strict=True):
        assert condition is not None
        holds = resolve_condition(condition, node.span, context, resolve)
        value = resolve(_without_comma(row[0]), context)
        terms.append(("+", syntax.Product((("", holds), ("*", value)), node.span)))
    return syntax.Addition(tuple(terms), node.span)


def _matrix(node: Rows, context: Context, resolve: Resolve) -> syntax.Node:
    """A matrix or a column by its entries, some of which dots may leave out; a column of vectors is one vector."""
    sequence = dots.as_matrix(node) or dots.as_entries(node)
    if sequence is not None:
        made = by_entries(sequence, node.span, context, resolve)
        return made if len(node.rows) > 1 else syntax.Transpose(made, node.span)
    rows = [tuple(resolve(cell, context) for cell in row) for row in node.rows]
    if all(len(row) == 1 for row in rows):
        return syntax.Call(syntax.Name("concat", node.span), tuple(row[0] for row in rows), node.span)
    lists = tuple(syntax.Call(syntax.Name("concat", node.span), row, node.span) for row in rows)
    if len(lists) == 1:
        return syntax.Transpose(lists[0], node.span)
    return syntax.Call(syntax.Name(STACK, node.span), lists, node.span)


def by_entries(
    found: dots.Sequence, span: Span, context: Context, resolve: Resolve, brackets: str = COLUMN
) -> syntax.Node:
    """A vector by its entry at an index; a matrix by its row."""
    name = syntax.Name(found.letter, span)
    inner = context.binding((found.letter,))
    body = (
        by_entries(found.term, span, inner, resolve)
        if isinstance(found.term, dots.Sequence)
        else resolve(found.term, inner)
    )
    index: syntax.Node = name
    if found.high is not None:
        index = syntax.Named(name, syntax.Range(resolve(found.low, context), resolve(found.high, context), span), span)
    return syntax.Call(syntax.Name(brackets, span), (index, body), span)


def _without_comma(node: Node) -> Node:
    return node.items[0] if isinstance(node, Listing) and len(node.items) == 1 else node


def _case(cells: Sequence[Node]) -> Node | None:
    """The condition of a case, its words left off; None for otherwise."""
    found = [part for cell in cells for part in _words_aside(cell)]
    return found[0] if len(found) == 1 else None


def _words_aside(node: Node) -> Iterator[Node]:
    match node:
        case Text() | Empty():
            return
        case Listing(items):
            for item in items:
                yield from _words_aside(item)
        case Product(factors) if any(isinstance(part, Text) for _, part in factors):
            rest = tuple((joint, part) for joint, part in factors if not isinstance(part, Text))
            if len(rest) == 1:
                yield rest[0][1]
            elif rest:
                yield Product((("", rest[0][1]), *rest[1:]), node.span)
        case Relation((Product(factors), *rest), signs) if isinstance(factors[0][1], Text | Word) and _is_if(
            factors[0][1]
        ):
            left = factors[1][1] if len(factors) == 2 else Product((("", factors[1][1]), *factors[2:]), node.span)
            yield Relation((left, *rest), signs, node.span)
        case Word(text) if text in ("otherwise", "else", "if"):
            return
        case _:
            yield node


def _is_if(node: Node) -> bool:
    return isinstance(node, Text | Word) and node.text.strip() in ("if", "for", "when", "where")


def _is_complement(node: Rows) -> bool:
    """Whether the last condition is the complement of the one before it: z > 0 and z ≤ 0."""
    conditions = [_case([cell for cell in row[1:] if not isinstance(cell, Empty)]) for row in node.rows]
    pairs = {frozenset(pair) for pair in ((">", "≤"), ("<", "≥"), ("=", "≠"))}
    last = conditions[-2:]
    return (
        len(last) == 2
        and all(isinstance(c, Relation) and len(c.signs) == 1 for c in last)
        and frozenset(c.signs[0] for c in last if isinstance(c, Relation)) in pairs
    )
