r"""LaTeX documents: displays between `\begin{document}` and its end, and what the section titles above them say."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.errors import NotationError
from symbackprop.notation.reading.note_blocks import Block, Headings
from symbackprop.notation.reading.note_markdown import inline
from symbackprop.notation.source import Source, Span

_SECTIONS = {"part": 0, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_DISPLAYS = frozenset(
    {"equation", "align", "gather", "multline", "flalign", "eqnarray", "displaymath", "alignat", "dmath", "math"}
)
_IGNORED = frozenset(
    {
        "verbatim", "Verbatim", "lstlisting", "minted", "comment", "tabular", "longtable", "table", "figure",
        "tikzpicture", "thebibliography", "filecontents",
    }
)  # fmt: skip
_CLOSING = {"\\[": "\\]", "$$": "$$"}


def latex_blocks(source: Source) -> Iterator[Block | NotationError]:
    """The blocks of a LaTeX document from first to last; an error stands for a display that never ends."""
    text = uncommented(source.text)
    begin, end = _body(text)
    headings = Headings()
    position = begin
    while position < end:
        backslash = min(
            (at for at in (text.find("\\", position, end), text.find("$", position, end)) if at >= 0), default=-1
        )
        if backslash < 0:
            return
        position = backslash
        name = _command(text, position)
        if text[position : position + 2] in _CLOSING:
            opening = text[position : position + 2]
            closed = text.find(_CLOSING[opening], position + 2, end)
            if closed < 0:
                yield _never_closed(source, position, opening)
                return
            yield Block("latex", Span(position + 2, closed), headings.scale, headings.root)
            position = closed + 2
        elif name == "begin":
            opened = position
            position, block = _environment(text, position, end, headings)
            if block is None:
                yield _never_closed(source, opened, "\\begin")
                return
            if isinstance(block, Block):
                yield block
        elif name.rstrip("*") in _SECTIONS:
            title, position = _argument(text, position + 1 + len(name), end)
            headings.enter(_SECTIONS[name.rstrip("*")], title)
        elif text[position] == "$" or name == "(":
            span, position = _inline(text, position, end)
            if span is not None:
                yield Block("latex", span, headings.scale, headings.root)
        else:
            position += 1 + max(1, len(name))


def uncommented(text: str) -> str:
    r"""The text with spaces for its comments, so that every place stays where it is; `\%` is no comment."""
    lines = []
    for line in text.split("\n"):
        at = line.find("%")
        while at >= 0 and (at - len(line[:at].rstrip("\\"))) % 2 == 1:
            at = line.find("%", at + 1)
        lines.append(line if at < 0 else line[:at] + " " * (len(line) - at))
    return "\n".join(lines)


def _body(text: str) -> tuple[int, int]:
    begin = text.find("\\begin{document}")
    if begin < 0:
        return 0, len(text)
    end = text.find("\\end{document}", begin)
    return begin + len("\\begin{document}"), len(text) if end < 0 else end


def _command(text: str, position: int) -> str:
    """The name of the command at `position`: letters and perhaps a star, or one other character."""
    if text[position] != "\\":
        return ""
    end = position + 1
    while end < len(text) and text[end].isascii() and text[end].isalpha():
        end += 1
    if end == position + 1:
        return text[end : end + 1]
    return text[position + 1 : end + (text[end : end + 1] == "*")]


def _argument(text: str, position: int, end: int) -> tuple[str, int]:
    """What stands in the braces at `position`, and where they end."""
    opened = text.find("{", position, end)
    if opened < 0:
        return "", end
    level, at = 0, opened
    while at < end:
        level += {"{": 1, "}": -1}.get(text[at], 0)
        at += 2 if text[at] == "\\" else 1
        if level == 0:
            break
    return text[opened + 1 : at - 1], at


def _environment(text: str, position: int, end: int, headings: Headings) -> tuple[int, Block | str | None]:
    """A display as a block and where it ends; of other environments the name, to be gone into or past; None if open."""
    name, inside = _argument(text, position, end)
    if name.rstrip("*") not in _DISPLAYS | _IGNORED:
        return inside, name
    mark = f"\\end{{{name}}}"
    closed = text.find(mark, inside, end)
    if closed < 0:
        return position, None
    if name.rstrip("*") in _IGNORED:
        return closed + len(mark), name
    return closed + len(mark), Block("latex", Span(position, closed + len(mark)), headings.scale, headings.root)


def _inline(text: str, position: int, end: int) -> tuple[Span | None, int]:
    """A formula in the line: a span if it is all that the line has, and where it ends."""
    opening = "$" if text[position] == "$" else "\\("
    closed = text.find("$" if opening == "$" else "\\)", position + len(opening), end)
    if closed < 0:
        return None, position + 1
    after = closed + len(opening)
    start = text.rfind("\n", 0, position) + 1
    stop = text.find("\n", after)
    line = text[start : len(text) if stop < 0 else stop]
    bare = line.strip().removeprefix("\\item").lstrip()
    found = inline(bare)
    if found is None or "\n" in text[position:after]:
        return None, after
    begin = start + line.find(bare)
    return Span(begin + found.start, begin + found.end), after


def _never_closed(source: Source, begin: int, opening: str) -> NotationError:
    return NotationError(
        f"this {opening} is never closed",
        where=source.locate(Span(begin, begin + len(opening))),
        fix=f"Close it with {_CLOSING.get(opening, opening.replace('begin', 'end'))}.",
        name=opening,
    )
