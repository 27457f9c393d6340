r"""Markdown notes: displays (`$$`, math fences, `\[`), lines that are one formula, text fences, lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.errors import NotationError
from symbackprop.notation.reading.note_blocks import Block, Headings
from symbackprop.notation.source import Source, Span

_MATH = frozenset({"math", "latex", "tex", "katex"})
_TEXT = frozenset({"", "text", "txt", "plain", "plaintext"})
_CLOSING = {"$$": "$$", "\\[": "\\]"}
_MARKS = ("- ", "* ", "+ ", "• ", "> ")


def markdown_blocks(source: Source) -> Iterator[Block | NotationError]:
    """The blocks of a Markdown text from first to last; an error stands for a display that never ends."""
    headings = Headings()
    lines = _lines(source)
    at = 0
    while at < len(lines):
        start, text = lines[at]
        bare = _unmarked(text)
        begin = start + text.find(bare) if bare else start
        if bare.startswith(("```", "~~~")):
            at, blocks = _fence(lines, at, begin, bare, headings)
            yield from blocks
        elif (opening := _opens_display(bare)) and not bare.startswith("$`"):
            end = _display_end(source.text, begin, opening)
            if end is None:
                yield _never_closed(source, begin, opening)
                return
            yield Block("latex", _display_span(source.text, begin, end, opening), headings.scale, headings.root)
            at = _line_after(lines, end, at)
        elif bare.startswith("#"):
            rank = len(bare) - len(bare.lstrip("#"))
            headings.enter(rank, bare[rank:].strip())
            at += 1
        elif at + 1 < len(lines) and bare and _underlines(lines[at + 1][1]) and not text.startswith((" ", "\t")):
            headings.enter(1 if lines[at + 1][1].lstrip().startswith("=") else 2, bare)
            at += 2
        elif bare.startswith("<!--"):
            closed = source.text.find("-->", begin)
            at = len(lines) if closed < 0 else _line_after(lines, closed + 3, at)
        else:
            end = _paragraph_end(lines, at)
            yield from _paragraph(lines, at, end, begin, headings)
            at = end


def _lines(source: Source) -> list[tuple[int, str]]:
    """Each line with its offset."""
    found, start = [], 0
    for line in source.text.split("\n"):
        found.append((start, line))
        start += len(line) + 1
    return found


def _line_after(lines: list[tuple[int, str]], end: int, at: int) -> int:
    """The number of the first line that begins after `end`."""
    while at < len(lines) and lines[at][0] < end:
        at += 1
    return at


def _unmarked(text: str) -> str:
    """A line without the marks of lists and quotations before it."""
    bare = text.strip()
    while bare.startswith(_MARKS):
        bare = bare[2:].lstrip()
    number = bare.split(" ", 1)[0]
    if len(number) > 1 and number[-1] in ".)" and number[:-1].isdigit():
        bare = bare[len(number) :].lstrip()
    return bare


def _underlines(text: str) -> bool:
    bare = text.strip()
    return len(bare) >= 3 and set(bare) in ({"="}, {"-"})


def _fence(
    lines: list[tuple[int, str]], at: int, begin: int, bare: str, headings: Headings
) -> tuple[int, tuple[Block, ...]]:
    """The block in a fence, if it is one of formulas, and the line after the fence."""
    mark = bare[0] * (len(bare) - len(bare.lstrip(bare[0])))
    language = bare[len(mark) :].strip().split(" ")[0].lower().strip("{}.")
    end = at + 1
    while end < len(lines) and not _closes(lines[end][1], mark):
        end += 1
    first = lines[at + 1][0] if at + 1 < len(lines) else begin
    last = lines[end][0] if end < len(lines) else lines[-1][0] + len(lines[-1][1])
    if language not in _MATH and language not in _TEXT:
        return end + 1, ()
    kind = "latex" if language in _MATH else "plain"
    return end + 1, (Block(kind, Span(first, max(first, last)), headings.scale, headings.root),)


def _closes(line: str, mark: str) -> bool:
    bare = _unmarked(line)
    return bare.startswith(mark) and not bare.strip(mark[0])


def _opens_display(bare: str) -> str:
    for opening in _CLOSING:
        if bare.startswith(opening):
            return opening
    return "\\begin" if bare.startswith("\\begin{") else ""


def _display_end(text: str, begin: int, opening: str) -> int | None:
    """Where the display that begins here ends, its closing sign included; None if it does not."""
    if opening == "\\begin":
        name = text[begin + len("\\begin{") :].split("}", 1)[0]
        mark = f"\\end{{{name}}}"
        closed = text.find(mark, begin)
        return None if closed < 0 else closed + len(mark)
    closed = text.find(_CLOSING[opening], begin + len(opening))
    return None if closed < 0 else closed + len(_CLOSING[opening])


def _display_span(text: str, begin: int, end: int, opening: str) -> Span:
    return Span(begin, end) if opening == "\\begin" else Span(begin + len(opening), end - len(opening))


def _never_closed(source: Source, begin: int, opening: str) -> NotationError:
    return NotationError(
        f"this {opening} is never closed",
        where=source.locate(Span(begin, begin + len(opening))),
        fix=f"Close it with {_CLOSING.get(opening, opening.replace('begin', 'end'))}.",
        name=opening,
    )


def _paragraph_end(lines: list[tuple[int, str]], at: int) -> int:
    """The line after those from `at` on that are of its kind: plain text as much indented, or that line alone."""
    kind = _kind(lines[at][1])
    end = at + 1
    while kind and end < len(lines) and _kind(lines[end][1]) == kind:
        end += 1
    return end


def _kind(text: str) -> str:
    """Of plain text "plain" if it is indented, else "loose"; empty for a line of another sort."""
    bare = _unmarked(text)
    if not bare or bare.startswith(("|", "```", "~~~", "#", "<!--", "\\begin", "\\[")) or "$" in bare or "`" in bare:
        return ""
    return "plain" if text.startswith(("    ", "\t")) else "loose"


def _paragraph(lines: list[tuple[int, str]], at: int, end: int, begin: int, headings: Headings) -> Iterator[Block]:
    """Lines of plain text, or one line that is one formula between dollars; tables are none."""
    start, text = lines[at]
    bare = _unmarked(text)
    kind = _kind(text)
    if kind:
        span = Span(begin, lines[end - 1][0] + len(lines[end - 1][1]))
        yield Block("plain" if kind == "plain" else "loose", span, headings.scale, headings.root)
    elif (inside := inline(bare)) is not None:
        yield Block("latex", Span(begin + inside.start, begin + inside.end), headings.scale, headings.root)
    elif bare.startswith("`") and bare.endswith("`") and bare.count("`") == 2:
        yield Block("plain", Span(begin + 1, start + len(text.rstrip()) - 1), headings.scale, headings.root)


def inline(bare: str) -> Span | None:
    r"""The formula of a line that is nothing else, between `$`, `` $` `` or `\(`; punctuation may follow it."""
    bare = bare.rstrip(" .,;")
    for opening, closing in (("$`", "`$"), ("\\(", "\\)"), ("$", "$")):
        inside = bare[len(opening) : -len(closing)]
        if bare.startswith(opening) and bare.endswith(closing) and inside and "$" not in inside:
            return Span(len(opening), len(bare) - len(closing))
    return None
