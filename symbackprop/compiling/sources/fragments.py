"""Pieces of Python source: text with the level at which it binds, and the folding of long lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

WIDTH = 100
"""How long a line of source may grow."""


_OPERATORS = (("+", "-"), ("*", "/", "@", "&", "|"))


class Level(IntEnum):
    """How tightly the outermost operator of a piece of source binds, from Python's grammar."""

    CASES = 1
    COMPARE = 5
    OR = 6
    AND = 8
    ADD = 10
    MATMUL = 11  # Python's * binds alike, but readers do not know
    MUL = 12
    UNARY = 13
    POWER = 14
    ATOM = 15


class Code(str):
    """Python source of one expression, with the level of its outermost operator."""

    level: Level

    def __new__(cls, text: str, level: Level = Level.ATOM) -> Code:
        made = super().__new__(cls, text)
        made.level = level
        return made

    def within(self, level: Level) -> Code:
        """This where an operand of at least `level` must stand: bracketed if it binds more loosely."""
        return self if self.level >= level else Code(f"({self})")


def call(function: str, *arguments: str) -> Code:
    return Code(f"{function}({', '.join(arguments)})")


def sequence(parts: Sequence[str]) -> Code:
    """A tuple: `(a, b)`, `(a,)`, `()`."""
    return Code(f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})")


def folded(text: str, indent: int = 0, comment: str = "") -> list[str]:
    """A statement `name = expression`, or the head of an `if`, as lines of at most `WIDTH` where it can be cut.

    Brackets hold the lines of what was cut together.
    """
    plain = "".join(c for c in comment if c.isprintable())
    tail = f"  # {plain}" if plain else ""
    head, sign, body = _assignment(text)
    if indent + len(text) + len(tail) <= WIDTH:
        return [text + tail]
    if text.startswith("if "):
        inner = _cut(text.removeprefix("if ").removesuffix(":"), indent + 4)
        return [f"if ({tail}", *(f"    {line}" for line in inner), "):"]
    if not sign:
        first, *rest = _cut(text, indent)
        return [first + tail, *rest]
    loosest = next((p for p in (_split(body, o) for o in _OPERATORS) if len(p) > 1), [])
    if (not loosest or _hangs(loosest, indent + 4)) and _longest_bracket(body)[0] >= 0:
        first, *rest = _within_bracket(text, indent)
        return [first + tail, *rest]
    inner = _cut(body, indent + 4)
    return [f"{head} {sign} ({tail}", *(f"    {line}" for line in inner), ")"]


def _assignment(text: str) -> tuple[str, str, str]:
    for sign in (" = ", " += "):
        head, found, body = text.partition(sign)
        if found and "(" not in head:
            return head, sign.strip(), body
    return text, "", ""


def _cut(text: str, indent: int) -> list[str]:
    """The lines of an expression in brackets: cut before its loosest operators, else within its last bracket."""
    if indent + len(text) <= WIDTH:
        return [text]
    for operators in _OPERATORS:
        pieces = _split(text, operators)
        if len(pieces) > 1 and not _hangs(pieces, indent):
            return [line for piece in _packed(pieces, indent) for line in _cut(piece, indent)]
    return _within_bracket(text, indent)


def _hangs(pieces: list[str], indent: int) -> bool:
    """Whether the last piece is the long one, so that what stands before it stays beside its bracket."""
    before, last = sum(map(len, pieces[:-1])), pieces[-1]
    return before < WIDTH // 4 and indent + len(last) > WIDTH and last.endswith(")")


def _within_bracket(text: str, indent: int) -> list[str]:
    """The lines of text that is cut within its longest bracket."""
    opening, closing = _longest_bracket(text)
    if opening < 0:
        return [text]
    inner = text[opening + 1 : closing]
    pieces = _split_commas(inner)
    lines = [line for piece in _packed(pieces, indent + 4) for line in _cut(piece, indent + 4)]
    return [text[: opening + 1], *(f"    {line}" for line in lines), text[closing:]]


def _packed(pieces: list[str], indent: int) -> list[str]:
    """The pieces joined into as few lines as hold them."""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if indent + len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return lines


def _depths(text: str) -> Iterator[tuple[int, str, int]]:
    """Each character with its place and the number of brackets open before it."""
    depth = 0
    for place, character in enumerate(text):
        if character in ")]}":
            depth -= 1
        yield place, character, depth
        if character in "([{":
            depth += 1


def _split(text: str, operators: tuple[str, ...]) -> list[str]:
    """The operands at the outermost depth, each but the first with its operator in front."""
    cuts = [
        place
        for place, character, depth in _depths(text)
        if depth == 0
        and character in operators
        and place
        and text[place - 1] == " "
        and text[place + 1 : place + 2] == " "
    ]
    ends = [*cuts, len(text)]
    return [text[start:end].strip() for start, end in zip([0, *cuts], ends, strict=True)]


def _split_commas(text: str) -> list[str]:
    """The parts between commas at the outermost depth, each with its comma."""
    cuts = [place + 1 for place, character, depth in _depths(text) if depth == 0 and character == ","]
    ends = [*cuts, len(text)]
    return [part for start, end in zip([0, *cuts], ends, strict=True) if (part := text[start:end].strip())]


def _longest_bracket(text: str) -> tuple[int, int]:
    """Where the longest bracket at the outermost depth opens and closes; (-1, -1) if there is none."""
    best, opened = (-1, -1), -1
    for place, character, depth in _depths(text):
        if depth == 0 and character in "([{":
            opened = place
        elif depth == 0 and character in ")]}" and place - opened > best[1] - best[0]:
            best = (opened, place)
    return best
