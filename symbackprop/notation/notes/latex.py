r"""LaTeX documents: displays and formulas in the line between `\begin{document}` and its end, tables, macros."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.notation.notes.passages import Cell, Part, Passage, TableRow, Unclosed
from symbackprop.notation.source import Source, Span

_SECTIONS = {"part": 0, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_DISPLAYS = (
    "equation", "align", "gather", "multline", "flalign", "eqnarray", "displaymath", "alignat", "dmath", "math",
)  # fmt: skip
_IGNORED = (
    "verbatim", "Verbatim", "lstlisting", "minted", "comment", "figure", "tikzpicture", "thebibliography",
    "filecontents",
)  # fmt: skip
_PIECE = re.compile(
    r"\\begin\{(?P<ignored>(?:" + "|".join(_IGNORED) + r")\*?)\}.*?\\end\{(?P=ignored)\}"
    r"|\\begin\{(?P<name>(?:" + "|".join(_DISPLAYS) + r")\*?)\}.*?\\end\{(?P=name)\}"
    r"|\\begin\{(?P<table>tabular|longtable|array)\*?\}.*?\\end\{(?P=table)\*?\}"
    r"|\\(?P<section>" + "|".join(_SECTIONS) + r")\*?\{"
    r"|\$\$(?P<double>.+?)\$\$|\\\[(?P<display>.+?)\\\]|\\\((?P<round>.+?)\\\)"
    r"|(?<![\\$])\$(?!\$)(?P<dollar>(?:\\.|[^$\\])+?)(?<!\\)\$"
    r"|(?P<open>\$\$|\\\[|\\begin\{(?P<opened>(?:" + "|".join(_DISPLAYS) + r")\*?)\})",
    re.S,
)
_COMMAND = re.compile(r"\\[a-zA-Z]+\*?(?:\[[^\]]*\])?|[{}~]")


def latex_parts(source: Source) -> Iterator[Part]:
    """The parts of a LaTeX document that may state something, in order."""
    text = uncommented(source.text)
    begin, end = _body(text)
    reader = _Reader(source, text)
    yield from reader.parts(begin, end)


def uncommented(text: str) -> str:
    r"""The text with spaces for its comments, so that every place stays where it is; `\%` is no comment."""
    return re.sub(r"(?<!\\)((?:\\\\)*)%[^\n]*", lambda m: m[1] + " " * (len(m[0]) - len(m[1])), text)


def _body(text: str) -> tuple[int, int]:
    begin = text.find("\\begin{document}")
    if begin < 0:
        return 0, len(text)
    end = text.find("\\end{document}", begin)
    return begin + len("\\begin{document}"), len(text) if end < 0 else end


@dataclass(slots=True)
class _Reader:
    """Walks over one document."""

    source: Source
    text: str
    headings: tuple[tuple[int, str], ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(title for _, title in self.headings)

    def parts(self, begin: int, end: int) -> Iterator[Part]:
        position = begin
        while match := _PIECE.search(self.text, position, end):
            before = _words(self.text[position : match.start()])
            position = match.end()
            if match["section"]:
                position = self._enter(match)
            elif match["table"]:
                yield from self._table(match)
            elif match["open"]:
                closing = {"$$": "$$", "\\[": "\\]"}.get(match["open"], f"\\end{{{match['opened']}}}")
                yield Unclosed(self.source, Span(*match.span()), match["open"], closing)
            elif not match["ignored"]:
                following = _PIECE.search(self.text, position, end)
                after = _words(self.text[position : following.start() if following else end])
                yield self._passage(match, before, after)

    def _passage(self, match: re.Match[str], before: str, after: str) -> Passage:
        group = next((g for g in ("double", "display", "round", "dollar") if match[g] is not None), 0)
        span = _stripped(self.text, Span(*match.span(group)))
        alone = group in (0, "double", "display") or _is_alone(match, self.text)
        return Passage(self.source, span, "latex", "display" if alone else "inline", before, after, self.titles)

    def _enter(self, match: re.Match[str]) -> int:
        """The end of a section's title, which is entered."""
        depth, at = 1, match.end()
        while at < len(self.text) and depth:
            depth += (self.text[at] == "{") - (self.text[at] == "}")
            at += 1
        rank = _SECTIONS[match["section"]]
        title = self.text[match.end() : at - 1]
        self.headings = (*(pair for pair in self.headings if pair[0] < rank), (rank, title))
        return at

    def _table(self, match: re.Match[str]) -> Iterator[TableRow]:
        """The rows of a table; the first one of several cells is the head of those below it."""
        inside = Span(self.text.find("}", match.start()) + 1, self.text.rfind("\\end", match.start(), match.end()))
        head: list[str] = []
        start = inside.start
        for row in re.split(r"(\\\\)", self.text[inside.start : inside.end]):
            span, start = Span(start, start + len(row)), start + len(row)
            if row == "\\\\":
                continue
            cells = self._cells(span)
            heads = [*head, *[""] * len(cells)]
            named = tuple(Cell(h, c.words, c.formulas) for h, c in zip(heads, cells, strict=False))
            yield TableRow(self.source, _stripped(self.text, span), named, self.titles)
            if not head and len(cells) > 1:
                head = [cell.words or self.text[span.start : span.end] for cell in cells]

    def _cells(self, span: Span) -> list[Cell]:
        cells, start = [], span.start
        for part in self.text[span.start : span.end].split("&"):
            found = []
            for match in _PIECE.finditer(self.text, start, start + len(part)):
                group = next((g for g in ("double", "display", "round", "dollar") if match[g] is not None), None)
                if group is not None:
                    inside = _stripped(self.text, Span(*match.span(group)))
                    found.append(Passage(self.source, inside, "latex", "cell", headings=self.titles))
            cells.append(Cell("", _words(_PIECE.sub(" ", part)), tuple(found)))
            start += len(part) + 1
        return cells


def _is_alone(match: re.Match[str], text: str) -> bool:
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    before, after = text[start : match.start()], text[match.end() : len(text) if end < 0 else end]
    return not before.replace("\\item", "").strip() and not after.strip(" .,;\\")


def _stripped(text: str, span: Span) -> Span:
    inside = text[span.start : span.end]
    return Span(span.start + len(inside) - len(inside.lstrip()), span.end - len(inside) + len(inside.rstrip()))


def _words(text: str) -> str:
    return " ".join(_COMMAND.sub(" ", text).split())
