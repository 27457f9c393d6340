"""Characters of Unicode that are more than a letter: raised, lowered, under accents or of another font."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby

from symbackprop.notation.source import Span
from symbackprop.notation.surface.tokens import ACCENTS, LETTERS, LOWERED, PRIMES, RAISED, SIGNS, Kind, Token, styled

TRANSPOSES = frozenset("ᵀ⊤")


def is_shifted(character: str) -> bool:
    """Whether a character stands above or below the line: `²`, `ᵢ`, `ᵀ`, `′`."""
    return character in RAISED or character in LOWERED or character in PRIMES or character in TRANSPOSES


def shifted(text: str, position: int, end: int) -> Iterator[Token]:
    """Primes, or a run of raised or of lowered characters as a script: `ᵢⱼ` of one word, `₁ᵢ` of two parts.

    A transpose is a script of its own.
    """
    character = text[position]
    if character in PRIMES:
        yield from (Token("prime", "'", Span(position, position + 1)) for _ in range(PRIMES[character]))
    elif character in TRANSPOSES:
        yield Token("script", "^", Span(position, position))
        yield Token("word", "⊤", Span(position, position + 1))
    else:
        table = RAISED if character in RAISED else LOWERED
        stop = position
        while stop < end and text[stop] in table and text[stop] not in TRANSPOSES:
            stop += 1
        yield Token("script", "^" if table is RAISED else "_", Span(position, position))
        yield Token("open", "", Span(position, position))
        yield from _on_the_line([(at, table[text[at]]) for at in range(position, stop)])
        yield Token("close", "", Span(stop, stop))


def _on_the_line(characters: list[tuple[int, str]]) -> Iterator[Token]:
    """What the characters stand for: numbers, words, signs and brackets."""
    for kind, run in groupby(characters, lambda pair: _kind(pair[1])):
        parts = tuple(run)
        span = Span(parts[0][0], parts[-1][0] + 1)
        if kind == "number":
            yield Token("number", "".join(character for _, character in parts), span)
        elif kind == "word":
            yield Token("word", "".join(LETTERS.get(character, character) for _, character in parts), span)
        else:
            yield from (Token(_kind(c), SIGNS.get(c, c), Span(at, at + 1)) for at, c in parts)


def _kind(character: str) -> Kind:
    if character.isdigit():
        return "number"
    if character.isalpha():
        return "word"
    return "open" if character == "(" else "close" if character == ")" else "sign"


def letters(text: str, position: int, end: int) -> tuple[str, tuple[str, ...], str, int]:
    """The letter at `position` in plain form, its accents from the innermost, its font, and where it ends.

    Digits behind an accented letter belong to it: the bar of `W̄1` is over W1.
    """
    stop = position + 1
    while stop < end and unicodedata.combining(text[stop]):
        stop += 1
    plain = unicodedata.normalize("NFD", text[position:stop])
    marks = tuple(ACCENTS[character] for character in plain[1:] if character in ACCENTS)
    composed = unicodedata.normalize("NFC", plain)
    single = plain[:1] if marks else composed
    letter, font = (single, "") if len(single) > 1 or single in LETTERS else styled(single)
    letter = "".join(LETTERS.get(character, character) for character in letter)
    while marks and stop < end and text[stop].isdecimal():
        letter, stop = letter + text[stop], stop + 1
    return letter, marks, font, stop


def accented(name: str, span: Span, marks: tuple[str, ...], font: str) -> Iterator[Token]:
    """A part of a name under its accents, the outermost first."""
    for mark in reversed(marks):
        yield Token("accent", mark, Span(span.start, span.start))
    yield Token("word", name, span, "", font)
