r"""What the rows of a table state: equations, a gradient beside its value, a quantity beside its gradient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from symbackprop.errors import SymbackpropError
from symbackprop.notation.claims.leaves import leaf_of
from symbackprop.notation.claims.statements import Statement, Unparsed, statements_of
from symbackprop.notation.notes.passages import Passage, TableRow
from symbackprop.notation.notes.text import RELATION
from symbackprop.notation.surface.grammar import parse
from symbackprop.notation.surface.tree import Node, Product, Word

_GRADIENT = re.compile(r"gradient|derivative|adjoint|\\partial|∂|\bgrad", re.I)
_OTHER = re.compile(r"shape|size|dim|type|role|meaning|symbol|name|note|comment|descri|unit|where|layer|step", re.I)
"""Heads of columns whose cells are no values of a gradient."""
_IS_GRADIENT = re.compile(r"\\d?frac\s*\{\s*(?:\\partial|d\b|\\mathrm\{d\})|∂|\\partial|\\nabla|∇|d[A-Z]|dL?/d")


def stated_in_row(row: TableRow) -> Iterator[Statement | Unparsed]:
    """The statements in the cells of a row."""
    first: tuple[Passage, Node] | None = None
    for number, cell in enumerate(row.cells):
        for passage in cell.formulas:
            try:
                pieces = parse(passage.source, passage.span, passage.markup)
            except SymbackpropError as error:
                if passage.markup == "latex" or RELATION.search(passage.source.written(passage.span)):
                    yield Unparsed(passage, passage.span, error)
                continue
            stated = tuple(statements_of(passage, pieces, None))
            yield from stated
            if stated or len(pieces) != 1:
                continue
            node = pieces[0].node
            if first is None and number == 0 and (leaf_of(node) is not None or _is_gradient(passage)):
                first = passage, node
            elif first is not None and (subject := _subject(*first, cell.head)) is not None:
                yield Statement(passage, (subject, node), ("=",), subject.span.to(node.span))


def _subject(passage: Passage, node: Node, head: str) -> Node | None:
    """What a cell under this head is the value of: the gradient before it, or that by the quantity before it."""
    if _is_gradient(passage):
        return None if _OTHER.search(head) else node
    if not _GRADIENT.search(head):
        return None
    return Product((("", Word("∇", node.span)), ("", node)), node.span)


def _is_gradient(passage: Passage) -> bool:
    return _IS_GRADIENT.match(passage.source.written(passage.span).strip("$` ")) is not None
