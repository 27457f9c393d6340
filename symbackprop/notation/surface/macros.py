r"""Macros of a note: what `\newcommand`, `\def` and `\DeclareMathOperator` define."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbackprop.notation.source import Source, Span


@dataclass(frozen=True, slots=True)
class Macro:
    r"""What `\newcommand{\R}{\mathbb{R}}` defines: a name, the number of its arguments, and a body with `#1`, `#2`."""

    name: str
    arguments: int
    body: str


DEFINES = re.compile(
    r"\\(?:(?:re)?newcommand\*?|providecommand\*?|DeclareMathOperator(?P<star>\*?))"
    r"\s*(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<bare>[A-Za-z]+))\s*(?:\[(?P<count>\d)\])?\s*(?=\{)"
    r"|\\def\s*\\(?P<plain>[A-Za-z]+)\s*(?P<marks>(?:#[1-9])*)\s*(?=\{)"
)
"""The head of a definition, up to the brace of its body."""


def macros_of(source: Source, span: Span | None = None) -> tuple[Macro, ...]:
    """The macros that a text defines, in order."""
    span = span or Span(0, len(source.text))
    found = []
    for match in DEFINES.finditer(source.text, span.start, span.end):
        stop = balanced(source.text, match.end(), span.end)
        if stop is not None:
            found.append(_defined(match, source.text[match.end() + 1 : stop - 1]))
    return tuple(found)


def _defined(match: re.Match[str], body: str) -> Macro:
    if match["plain"]:
        return Macro(match["plain"], match["marks"].count("#"), body)
    name, count = match["braced"] or match["bare"], int(match["count"] or 0)
    if match[0].startswith("\\DeclareMathOperator"):
        return Macro(name, count, rf"\operatorname{match['star']}{{{body}}}")
    return Macro(name, count, body)


def balanced(text: str, position: int, end: int) -> int | None:
    """Where the brace that opens at `position` has closed; None if it does not before `end`."""
    depth = 0
    while position < end:
        character = text[position]
        if character == "\\":
            position += 1
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return min(position + 1, end)
        position += 1
    return None
