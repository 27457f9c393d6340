r"""Formulas to statements: a chain of sides, what holds it together, and the conditions and remarks beside it.

A formula may state several things; a row or a formula that begins with `=` goes on with what stands before it; `(1)`,
full stops and words after a statement are no part of it. A condition is: `(i \ne j)`, `if z > 0`, `for all i`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from symbackprop.errors import Location, NotationError, SymbackpropError
from symbackprop.notation.claims.leaves import Leaf, leaf_of, letter_of
from symbackprop.notation.notes.passages import Passage
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.tree import (
    Dots,
    Empty,
    Fence,
    Listing,
    Logic,
    Node,
    Number,
    Piece,
    Product,
    Relation,
    Sum,
    Text,
    Word,
)

_EQUATING = frozenset({"=", "==", ":=", "=:", "≡"})
_CHANGING = frozenset({"←", "+=", "-=", "*=", "/="})
STATING = _EQUATING | _CHANGING | {"≈", "∝"}
_QUANTIFIERS = frozenset({"for", "all", "each", "every", "any", "forall", "and", "where"})
_LAYERS = frozenset({"l", "ell", "L"})
_MEMBERS = frozenset({"∈", "⊂", "∼"})


@dataclass(frozen=True, slots=True)
class Statement:
    """A chain of sides with the signs between them, at its place; `each` are indices for each value of which it holds.

    `conditions` restrict it; `values` are what a letter of it may be, of `k ∈ {f, i, o}`. `passage` is where it stands;
    `goes_on` tells that its first side is that of the statement before, `rest` what nothing was told by.
    """

    passage: Passage
    sides: tuple[Node, ...]
    signs: tuple[str, ...]
    span: Span
    each: tuple[str, ...] = ()
    conditions: tuple[Node, ...] = ()
    values: tuple[tuple[str, tuple[Node, ...]], ...] = ()
    goes_on: bool = False
    rest: Node | None = None

    @property
    def source(self) -> Source:
        return self.passage.source

    @property
    def where(self) -> Location:
        return self.source.locate(self.span)

    @property
    def written(self) -> str:
        return self.source.written(self.span)


@dataclass(frozen=True, slots=True)
class Unparsed:
    """A passage that states something and has no tree."""

    passage: Passage
    span: Span
    error: SymbackpropError


def statements_of(
    passage: Passage, pieces: Iterable[Piece], before: Statement | None
) -> Iterator[Statement | Unparsed]:
    """The statements of one formula; `before` is the last one of the formulas before it."""
    current: Statement | None = None
    waiting: tuple[Node, ...] = ()
    conditional = remarks = False
    begun: Node | None = None
    for piece in pieces:
        node = piece.node
        if conditional and isinstance(node, Relation) and _are_letters(node):
            waiting, conditional = (*waiting, node), False
            continue
        conditional = _begins_condition(piece, current)
        if isinstance(node, Relation):
            node = _without_membership(node)
        if isinstance(node, Relation) and set(node.signs) & STATING and not _is_quantified(node):
            if current is not None and not isinstance(node.operands[0], Empty):
                yield current
                current = None
            if (error := _no_equality(passage, node)) is not None:
                yield Unparsed(passage, node.span, error)
            elif not isinstance(node.operands[0], Empty):
                current = Statement(passage, node.operands, node.signs, node.span, conditions=waiting)
                waiting = ()
            elif current is not None:
                current = _extended(current, node)
            elif begun is not None:
                current = Statement(passage, (begun, *node.operands[1:]), node.signs, begun.span.to(node.span))
            elif before is not None:
                sides = (before.sides[0], *node.operands[1:])
                current = Statement(passage, sides, node.signs, node.span, before.each, before.conditions, goes_on=True)
            else:
                yield Unparsed(passage, node.span, _no_beginning(passage, node))
        elif current is not None:
            current = _with_remark(current, piece, remarks)
        elif not isinstance(node, Text | Relation):
            begun = node
        remarks = remarks or isinstance(node, Text)
    if current is not None:
        yield current


def _without_membership(node: Relation) -> Relation:
    """A chain up to the first `∈`, `∼`: where its last side lies is a remark."""
    cut = next((at for at, sign in enumerate(node.signs) if sign in _MEMBERS and at), None)
    return node if cut is None else replace(node, operands=node.operands[: cut + 1], signs=node.signs[:cut])


def _no_equality(passage: Passage, node: Relation) -> NotationError | None:
    """The error for a chain that is no equality and no change of a parameter; ≈ may stand before a printed decimal."""
    for sign, side in zip(node.signs, node.operands[1:], strict=True):
        if sign in _EQUATING or (sign in _CHANGING and len(node.signs) == 1):
            continue
        if sign == "≈" and decimals_of(side) is not None:
            continue
        leaves_open = sign in ("≈", "∝")
        return NotationError(
            f"a claim is an equality, but found {sign}",
            where=passage.source.locate(node.span),
            because=f"{sign} leaves open what holds." if leaves_open else None,
            fix="Write =, or the number rounded, as 0.25." if leaves_open else "Write =.",
            name=sign,
        )
    return None


def decimals_of(side: Node) -> int | None:
    """The digits after the point of a printed decimal number; None for anything else."""
    match side:
        case Number(_, written) if "." in written and "e" not in written.lower():
            return len(written.partition(".")[2])
        case Sum(((_, Number() as number),)):
            return decimals_of(number)
    return None


def _begins_condition(piece: Piece, current: Statement | None) -> bool:
    """Whether a piece is the `if` of a condition that stands before its statement."""
    node = piece.node
    return isinstance(node, Text) and node.text.strip().lower() in ("if", "for", "when") and (
        current is None or piece.lead in (";", "row", ".")
    )  # fmt: skip


def _are_letters(node: Relation) -> bool:
    return len(node.operands) == 2 and all(letter_of(part) is not None for part in node.operands)


def _extended(statement: Statement, node: Relation) -> Statement:
    sides = (*statement.sides, *node.operands[1:])
    return replace(statement, sides=sides, signs=statement.signs + node.signs, span=statement.span.to(node.span))


def _no_beginning(passage: Passage, node: Relation) -> NotationError:
    return NotationError(
        "this line begins with a sign, and no statement stands before it",
        where=passage.source.locate(node.span),
        fix="Write the left side.",
    )


def _is_quantified(node: Relation) -> bool:
    """Whether a relation is `for l = 1`, words before it saying for what it gives values."""
    head = node.operands[0]
    first = head.factors[0][1] if isinstance(head, Product) else head.items[0] if isinstance(head, Listing) else head
    return isinstance(first, Text | Word) and bool(set(first.text.lower().split()) & {"for", "if", "when", "where"})


def _with_remark(statement: Statement, piece: Piece, remarks: bool) -> Statement:
    """The statement with what stands behind it: a condition, indices for each of which it holds, or a remark.

    Whatever is neither is kept as `rest`, for a formula may not be read in part; behind words, formulas are a remark.
    """
    node = piece.node
    if (ranged := _ranged(node)) is not None:
        letter, condition = ranged
        if letter in _LAYERS:
            return statement
        if condition is None:
            return replace(statement, each=(*statement.each, letter))
        return replace(statement, conditions=(*statement.conditions, condition))
    if (values := _values(node)) is not None:
        return replace(statement, values=(*statement.values, values))
    if (letters := _quantified(node)) is not None:
        return replace(statement, each=statement.each + letters)
    condition = _condition(node)
    if condition is not None:
        return replace(statement, conditions=(*statement.conditions, condition))
    if remarks or isinstance(node, Text | Empty) or is_numbered(node) or (piece.lead and leaf_of(node) is not None):
        return statement
    return replace(statement, rest=statement.rest or node)


def _ranged(node: Node) -> tuple[str, Node | None] | None:
    """The letter of `for i = 1, ..., n`, with the condition that it states of a range that does not begin at the first.

    None for anything else.
    """
    if isinstance(node, Fence) and node.opening == "(":
        node = node.body
    match node:
        case Listing((Text() | Word(), *items), (_, *separators)) if len(items) == 3 and isinstance(items[0], Relation):
            return _ranged(Listing(tuple(items), tuple(separators), node.span))
        case Listing((Relation((first, low), ("=",)), Dots(), high)):
            letter = letter_of(first)
        case Listing((Relation((first, low), ("=",)), _, Dots(), high)):
            letter = letter_of(first)
        case Listing((Text() | Word(), Relation() as inner), ("",)):
            return _ranged(inner)
        case Relation((first, Fence("{", Listing((low, *_, Dots(), high)))), ("∈",)):
            letter = letter_of(first.factors[-1][1] if isinstance(first, Product) else first)
        case _:
            return None
    if letter is None:
        return None
    whole = isinstance(low, Number) and low.value in (0, 1) and (leaf_of(high) is not None or low.value == 0)
    ends = (low, Word(letter, node.span), high)
    falls = isinstance(high, Number) and not isinstance(low, Number)
    return letter, None if whole or falls else Relation(ends, ("≤", "≤"), node.span)


def _values(node: Node) -> tuple[str, tuple[Node, ...]] | None:
    """The letter and its values in `for k ∈ {f, i, o}`."""
    if isinstance(node, Listing) and len(node.items) == 2 and isinstance(node.items[0], Text):
        node = node.items[1]
    match node:
        case Relation((head, Fence("{", Listing(items, separators))), ("∈",)) if set(separators) == {","}:
            if isinstance(head, Product) and isinstance(head.factors[0][1], Text | Word):
                head = head.factors[-1][1]
            elif isinstance(head, Listing):
                head = head.items[-1]
            letter = letter_of(head)
            return None if letter is None or any(isinstance(item, Dots) for item in items) else (letter, items)
    return None


def _quantified(node: Node) -> tuple[str, ...] | None:
    """The letters of `for all i, j`, `∀ i`; None for anything else."""
    parts = (
        node.items
        if isinstance(node, Listing)
        else tuple(p for _, p in node.factors)
        if isinstance(node, Product)
        else ()
    )
    if not parts or not isinstance(parts[0], Text | Word):
        return None
    words = parts[0].text.lower().split()
    if (
        not words
        or not set(words) <= _QUANTIFIERS
        or ("for" not in words and "forall" not in words and words != ["each"])
    ):
        return None
    letters: list[str] = []
    for part in parts[1:]:
        if isinstance(part, Text | Word) and part.text.strip().lower() in _QUANTIFIERS:
            continue
        letter = letter_of(part)
        if letter is None:
            return None
        letters.append(letter)
    return tuple(letters)


def _condition(node: Node) -> Node | None:
    """The condition that a piece is: `(i ≠ j)`, `z > 0`, `if i = j`; None for a number of an equation or a remark."""
    match node:
        case Fence(_, body) if isinstance(body, Relation | Logic):
            return body
        case Fence():
            return None
        case Relation(_, signs) if not set(signs) & (STATING | _MEMBERS):
            return node
        case Listing((Text(words), Relation() as inner), ("",)) if words.strip().lower() in ("if", "for", "when"):
            return inner
        case Relation((Product(factors), *rest), signs) if isinstance(factors[0][1], Text | Word):
            inner = factors[1][1] if len(factors) == 2 else Product(factors[1:], node.span)
            words = factors[0][1].text.lower().split()
            return Relation((inner, *rest), signs, node.span) if words and words[0] in ("if", "when", "for") else None
    return None


def is_numbered(node: Node) -> bool:
    """Whether a piece is the number of an equation: `(1)`."""
    return isinstance(node, Fence) and isinstance(node.body, Number)


def is_update(statement: Statement) -> bool:
    """`W := W - α dW`, `W ← ...`, `ΔW = ΔW + dW`: a new value for something, which stands on the right as well."""
    if statement.signs in (("←",), ("-=",), ("+=",)):
        return True
    if statement.signs[0] not in (":=", "=", "←"):
        return False
    target, value = statement.sides[:2]
    if not isinstance(value, Sum):
        return False
    written = statement.source.written
    return written(value.terms[0][1].span) == written(target.span)


def named_by(side: Node) -> Leaf | None:
    """The name that a side is, or an entry of: `W1`, `W1_{ij}`, `W1[i,j]`."""
    match side:
        case Product(((_, head), ("", Fence("[") as fence))) if fence.tight:
            return leaf_of(head)
    return leaf_of(side)
