r"""Markdown: displays, formulas in the line, rows of tables, plain text; the blocks are markdown-it's, the places ours.

Formulas stand in `$$`, `$`, `` $`…`$ ``, `\[`, `\(`, in fences of mathematics, in environments of their own. Lines of
plain text, code spans and fences of text state what has a relation sign. Programs and comments state nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from symbackprop.notation.notes.passages import Cell, Part, Passage, TableRow, Unclosed
from symbackprop.notation.notes.text import text_passages
from symbackprop.notation.source import Source, Span

_MATH = frozenset({"math", "latex", "tex", "katex"})
_TEXT = frozenset({"", "text", "txt", "plain", "plaintext"})
_DISPLAY = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]", re.S)
_INLINE = re.compile(
    r"\$`(?P<github>.+?)`\$|(?P<code>`+)(?P<text>.+?)(?P=code)(?!`)|\$\$(?P<double>.+?)\$\$|\\\[(?P<display>.+?)\\\]"
    r"|\\\((?P<round>.+?)\\\)|(?<![\\$])\$(?!\$)(?P<dollar>(?:\\.|[^$\\])+?)(?<!\\)\$(?!\$)",
    re.S,
)
_GROUPS = ("github", "text", "double", "display", "round", "dollar")
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>\n]*>", re.S)
_UNCLOSED = re.compile(r"\$\$|\\\[|\\begin\{(\w+\*?)\}")


def markdown_parts(source: Source, names: Collection[str] = ()) -> Iterator[Part]:
    """The parts of a Markdown text that may state something, in order."""
    reader = _Reader(source, names)
    yield from reader.parts(_parser().parse(source.text))


def _parser() -> MarkdownIt:
    plain = MarkdownIt("commonmark").enable("table")
    return plain.use(dollarmath_plugin, allow_space=True, allow_digits=True, double_inline=True).use(amsmath_plugin)


@dataclass(slots=True)
class _Reader:
    """Walks over the blocks of one text; headings say under what each stands, `words` what was said last."""

    source: Source
    names: Collection[str]
    starts: tuple[int, ...] = ()
    headings: tuple[tuple[int, str], ...] = ()
    words: str = ""

    def __post_init__(self) -> None:
        starts = [0]
        for line in self.source.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        self.starts = tuple(starts)

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(title for _, title in self.headings)

    def parts(self, tokens: list[Token]) -> Iterator[Part]:
        head: list[str] = []
        rows: list[int] = []
        for place, token in enumerate(tokens):
            if token.map is None:
                continue
            span = self._span(*token.map)
            if token.type in ("math_block", "math_block_label"):
                yield from self._display(span)
            elif token.type == "amsmath":
                yield self._passage(_stripped(self.source.text, span), "display")
            elif token.type == "fence":
                yield from self._fence(token, span)
            elif token.type == "code_block":
                yield from text_passages(self.source, span, self.names, self.titles)
            elif token.type == "tr_open":
                cells = self._cells(span)
                is_head = tokens[place - 1].type == "thead_open"
                if is_head:
                    head = [self.source.text[cell.start : cell.end].strip() for cell in cells]
                if span.start not in rows:
                    rows.append(span.start)
                    yield self._row(span, cells, [] if is_head else head)
            elif token.type == "inline" and tokens[place - 1].type not in ("td_open", "th_open"):
                if tokens[place - 1].type == "heading_open":
                    self._enter(int(tokens[place - 1].tag[1:]), token.content)
                yield from self._inline(span, loose=tokens[place - 1].type == "paragraph_open")

    def _span(self, first: int, last: int) -> Span:
        return Span(self.starts[first], max(self.starts[first], min(self.starts[last], len(self.source.text) + 1) - 1))

    def _enter(self, rank: int, title: str) -> None:
        self.headings = (*(pair for pair in self.headings if pair[0] < rank), (rank, title))
        self.words = ""

    def _passage(self, span: Span, place: str, before: str | None = None, after: str = "") -> Passage:
        said = self.words if before is None else before
        return Passage(self.source, span, "latex", place, said, after, self.titles)  # type: ignore[arg-type]

    # ------------------------------------------------------------------------------------------------------- displays

    def _display(self, span: Span) -> Iterator[Part]:
        text = self.source.text
        for match in _DISPLAY.finditer(text, span.start, span.end):
            group = 1 if match.group(1) is not None else 2
            yield self._passage(_stripped(text, Span(*match.span(group))), "display")

    def _fence(self, token: Token, span: Span) -> Iterator[Part]:
        """What a fence holds, if it is one of mathematics or of text."""
        language = token.info.strip().split(" ")[0].lower().strip("{}.")
        first = self.source.text.find("\n", span.start, span.end) + 1
        last = self.source.text.rfind("\n", first, span.end)
        closed = self.source.text[last + 1 : span.end].strip().strip(">").strip().startswith(token.markup[:1])
        inside = Span(first, last if closed and last >= first else span.end) if first else Span(span.end, span.end)
        if language in _MATH:
            yield self._passage(_stripped(self.source.text, inside), "display")
        elif language in _TEXT:
            yield from text_passages(self.source, inside, self.names, self.titles)

    # -------------------------------------------------------------------------------------------------------- lines

    def _inline(self, span: Span, loose: bool) -> Iterator[Part]:
        """The formulas of a paragraph, and the lines of plain text between them."""
        text = _TAG.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), self.source.text[span.start : span.end])
        matches = list(_INLINE.finditer(text))
        opened = _UNCLOSED.search(_INLINE.sub(lambda match: " " * len(match.group()), text))
        places = [0, *(match.end() for match in matches), len(text)]
        if opened is not None and opened.start() >= places[-2]:
            places[-1] = opened.start()
        for number, match in enumerate(matches):
            start = places[number]
            yield from self._plain(text, span.start, start, match.start(), loose)
            following = matches[number + 1].start() if number + 1 < len(matches) else places[-1]
            before = _words(text[start : match.start()]) or (self.words if number == 0 else "")
            after = _words(text[match.end() : following])
            yield from self._formula(match, span.start, before, after, text)
        yield from self._plain(text, span.start, places[-2], places[-1], loose)
        if opened is not None:
            yield self._unclosed(opened, span.start)
        self.words = _words(text[places[-2] :]) if matches else _words(text)

    def _formula(self, match: re.Match[str], start: int, before: str, after: str, text: str) -> Iterator[Part]:
        group = next(name for name in _GROUPS if match[name] is not None)
        span = Span(start + match.start(group), start + match.end(group))
        if group == "text":
            yield from text_passages(self.source, span, self.names, self.titles)
            return
        place = "display" if group in ("double", "display") or _is_alone(match, text) else "inline"
        yield self._passage(_stripped(self.source.text, span), place, before, after)

    def _plain(self, text: str, offset: int, start: int, end: int, loose: bool) -> Iterator[Part]:
        """Lines of plain text between formulas; a heading states nothing in plain text."""
        if loose and start < end:
            yield from text_passages(self.source, Span(offset + start, offset + end), self.names, self.titles)

    def _unclosed(self, match: re.Match[str], offset: int) -> Unclosed:
        span = Span(offset + match.start(), offset + match.end())
        closing = {"$$": "$$", "\\[": "\\]"}.get(match.group(), f"\\end{{{match.group(1)}}}")
        return Unclosed(self.source, span, match.group(), closing)

    # ------------------------------------------------------------------------------------------------------- tables

    def _cells(self, span: Span) -> list[Span]:
        """The cells of a row, whose bars divide them outside of formulas."""
        text = self.source.text
        hidden = _INLINE.sub(lambda m: "x" * len(m.group()), text[span.start : span.end]).replace("\\|", "xx")
        bars = [at for at, sign in enumerate(hidden) if sign == "|"]
        ends = [-1, *bars, len(hidden)]
        found = [Span(span.start + a + 1, span.start + b) for a, b in pairwise(ends)]
        return [cell for cell in found if text[cell.start : cell.end].strip()]

    def _row(self, span: Span, cells: list[Span], head: list[str]) -> TableRow:
        text = self.source.text
        made = [
            Cell(
                head[number] if number < len(head) else "",
                _words(_INLINE.sub(" ", text[cell.start : cell.end])),
                tuple(self._in_cell(cell)),
            )
            for number, cell in enumerate(cells)
        ]
        return TableRow(self.source, _stripped(text, span), tuple(made), self.titles)

    def _in_cell(self, cell: Span) -> Iterator[Passage]:
        """The formulas of a cell, those in code without a relation too, and what it states in plain text."""
        text = self.source.text[cell.start : cell.end]
        matches = list(_INLINE.finditer(text))
        places = [0, *(match.end() for match in matches), len(text)]
        for number, match in enumerate(matches):
            yield from self._text_in_cell(Span(cell.start + places[number], cell.start + match.start()))
            group = next(name for name in _GROUPS if match[name] is not None)
            inside = _stripped(self.source.text, Span(cell.start + match.start(group), cell.start + match.end(group)))
            markup = "text" if group == "text" else "latex"
            yield Passage(self.source, inside, markup, "cell", headings=self.titles)
        yield from self._text_in_cell(Span(cell.start + places[-2], cell.end))

    def _text_in_cell(self, span: Span) -> Iterator[Passage]:
        for passage in text_passages(self.source, span, self.names, self.titles):
            yield replace(passage, place="cell")


def _is_alone(match: re.Match[str], text: str) -> bool:
    """Whether a formula has its line for itself, marks of lists, numbers and punctuation aside."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    before, after = text[start : match.start()], text[match.end() : len(text) if end < 0 else end]
    return not re.sub(r"^\s*(?:[-*+•>]|\d+[.)])?\s*", "", before).strip() and not after.strip(" .,;")


def _stripped(text: str, span: Span) -> Span:
    inside = text[span.start : span.end]
    return Span(span.start + len(inside) - len(inside.lstrip()), span.end - len(inside) + len(inside.rstrip()))


def _words(text: str) -> str:
    return " ".join(re.sub(r"[*_>#]+", " ", text).split())
