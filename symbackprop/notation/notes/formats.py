"""Notes of every format to their parts: .md, .tex, .txt, .ipynb, or a text, whose marks tell its format."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, get_args

from symbackprop.errors import UsageError, suggestion
from symbackprop.notation.notes.latex import latex_parts
from symbackprop.notation.notes.markdown import markdown_parts
from symbackprop.notation.notes.notebooks import cells_of
from symbackprop.notation.notes.passages import Part, Passage
from symbackprop.notation.notes.text import text_passages
from symbackprop.notation.source import Source, Span, read_file, source_of

Format = Literal["md", "tex", "txt", "latex", "ipynb"]
_UNICODE = "∑∂∇⊙∘·ᵀ⊤"  # signs that plain text has and LaTeX spells out
_ENDINGS: dict[str, Format] = {
    ".md": "md", ".markdown": "md", ".tex": "tex", ".latex": "tex", ".txt": "txt", ".text": "txt", "": "txt",
    ".ipynb": "ipynb",
}  # fmt: skip


def parts_of(note: str | Path | Source, format: Format | None = None, names: Collection[str] = ()) -> tuple[Part, ...]:
    """The parts of a note that may state something; `names` are words of plain text that are no prose.

    The format is that of the file's ending; a text without one is told by its marks. "latex" is one display by itself.

    Raises:
        NotationError: the file cannot be read.
        LimitError: the note is too long.
        UsageError: an unknown format.
    """
    if isinstance(note, Path):
        format = format or format_of(note)
        source = read_file(note, of_lines=format != "ipynb")
    else:
        source = note if isinstance(note, Source) else source_of(note, "<note>")
        format = format or guessed(source.text)
    if format not in get_args(Format):
        raise UsageError(
            f"there is no format {format!r} of notes",
            because=f"The formats are {', '.join(get_args(Format))}.",
            fix=suggestion(str(format), get_args(Format)),
            name=str(format),
        )
    return tuple(_parts(source, format, names))


def _parts(source: Source, format: Format, names: Collection[str]) -> Iterator[Part]:
    whole = Span(0, len(source.text))
    match format:
        case "md":
            yield from markdown_parts(source, names)
        case "tex":
            yield from latex_parts(source)
        case "ipynb":
            for cell in cells_of(source):
                yield from markdown_parts(cell, names)
        case "latex":
            yield Passage(source, whole, "latex", "display")
        case _:
            yield from text_passages(source, whole, names)


def format_of(path: Path) -> Format:
    """The format that a file's ending says.

    Raises:
        UsageError: an ending of no format.
    """
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise UsageError(
            f"cannot tell the format of {path.name}",
            because=f"Its ending is {path.suffix}; notes end in .md, .tex, .txt or .ipynb.",
            fix=f"Name it {path.stem}.md, for example.",
            name=path.name,
        )
    return _ENDINGS[ending]


def guessed(text: str) -> Format:
    """The format that the marks in a text speak for."""
    if any(mark in text for mark in ("\\documentclass", "\\begin{document}", "\\section")):
        return "tex"
    if any(mark in text for mark in ("```", "$", "\\[", "\n## ", "~~~")) or text.startswith("## "):
        return "md"
    if "\\" in text:
        return "latex"
    scripts = "^{" in text or "_{" in text
    return "latex" if scripts and not any(sign in text for sign in _UNICODE) else "txt"
