"""A text and its places: offsets into it become `Location`s, files become texts."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from symbackprop.errors import LimitError, Location, NotationError

MAX_TEXT = 1_000_000
MAX_LINE = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """The characters from `start` up to but not including `end`, as offsets into a `Source`."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other."""
        return Span(self.start, max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Source:
    """A text with a name for messages; line ends are newlines alone."""

    name: str
    text: str
    _starts: tuple[int, ...] = field(repr=False, compare=False)

    def locate(self, span: Span) -> Location:
        """The place of `span`; of a span over several lines, the part on its first line."""
        number = bisect_right(self._starts, span.start) - 1
        begin = self._starts[number]
        line = self.text[begin:].partition("\n")[0] if begin < len(self.text) else ""
        column = span.start - begin
        length = max(1, min(span.end - span.start, len(line) - column))
        return Location(self.name, number + 1, column + 1, length, line)

    def written(self, span: Span) -> str:
        """The text of `span` on one line, white space and comments reduced to single spaces."""
        lines = self.text[span.start : span.end].split("\n")
        return " ".join(" ".join(line.partition("#")[0] for line in lines).split())


def source_of(text: str, name: str = "<text>", *, of_lines: bool = True) -> Source:
    """A source within bounds: no null characters, no line and no text too long to read; or one that has no lines."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        raise LimitError(
            f"{name} has {len(text):,} characters",
            because=f"A text may have {MAX_TEXT:,} characters.",
            fix="Split the model, or generate it in Python with symbackprop.Network.",
        )
    lines = text.split("\n")
    starts = [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    source = Source(name, text, tuple(starts))
    for number, line in enumerate(lines, start=1):
        if of_lines and len(line) > MAX_LINE:
            raise LimitError(
                f"line {number} has {len(line):,} characters",
                where=Location(name, number, 1, 1, line[:60] + " …"),
                because=f"A line may have {MAX_LINE:,} characters.",
                fix="Break it: a line goes on after an operator, a comma or an open bracket.",
            )
    null = text.find("\0")
    if null >= 0:
        place = source.locate(Span(null, null + 1))
        raise NotationError(
            f"{name} is not a text file",
            because=f"It has a null character in line {place.line}.",
            fix="Give a plain text file in UTF-8.",
        )
    return source


def read_file(path: Path, *, of_lines: bool = True) -> Source:
    """The text of a UTF-8 file; JSON is not `of_lines`: a picture in it is a single one.

    Raises:
        NotationError: the path is missing, is no file, cannot be read, or is not UTF-8 text.
        LimitError: the file is too large.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(4 * MAX_TEXT + 1)
    except FileNotFoundError:
        raise NotationError(f"there is no file {name}", fix="Check the path.") from None
    except IsADirectoryError:
        raise NotationError(f"{name} is a directory", fix="Give the path of a file in it.") from None
    except PermissionError:
        raise NotationError(f"{name} may not be read", fix="Check its permissions.") from None
    except (OSError, ValueError) as error:
        raise NotationError(f"{name} cannot be read", because=f"{error}.", fix="Check the path.") from None
    if len(content) > 4 * MAX_TEXT:
        raise LimitError(f"{name} is too large", because=f"A text may have {MAX_TEXT:,} characters.", fix="Split it.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NotationError(
            f"{name} is not UTF-8 text",
            because=f"Line {line} has the byte 0x{content[error.start]:02x}.",
            fix="Save it as UTF-8.",
        ) from None
    return source_of(text, name, of_lines=of_lines)
