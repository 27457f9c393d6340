"""Passages: where a note may state something, with the words around it. Nothing of a note that states is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symbackprop.notation.source import Source, Span

Markup = Literal["latex", "text"]
Place = Literal["display", "inline", "cell", "line"]


@dataclass(frozen=True, slots=True)
class Passage:
    """One formula of a note, without its delimiters, at its place in the source.

    `before` and `after` are the words of prose around it in its paragraph, as far as the formulas next to it;
    `headings` are the titles that it stands under, the highest first. A text `line` is a line of plain text (with the
    lines that go on from it) that states something.
    """

    source: Source
    span: Span
    markup: Markup
    place: Place
    before: str = ""
    after: str = ""
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: the words of its column's head, its own words, and its formulas."""

    head: str
    words: str
    formulas: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table: the head too, whose cells stand below no head."""

    source: Source
    span: Span
    cells: tuple[Cell, ...]
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A display or a fence that is never closed: what stands after it cannot be told apart."""

    source: Source
    span: Span
    opening: str
    closing: str


Part = Passage | TableRow | Unclosed
