"""Plain and Unicode text to tokens: `dz1 = W₂ᵀ dz2 ⊙ σ'(z1)`, `dW = np.sum(dZ, axis=1)`.

A name is one word, with the digits, the underscores and the dots in it: `out_h1`, `np.sum`, `W2.T`. Greek letters go by
their names. A big operator parts from what stands below it, `sum_j`. Raised characters become scripts, and so do
lowered ones: `x²`, `W₁`.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import NoReturn

from symbackprop.errors import NotationError
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.tokens import (
    ACCENTS,
    BIG,
    CLOSING,
    CONCLUDING,
    FRACTIONS,
    LETTERS,
    LOWERED,
    PRIMES,
    PROSE,
    RAISED,
    SIGNS,
    Kind,
    Space,
    Token,
    styled,
)

_GAP = 3  # spaces that stand between two statements
_NUMBER = re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![\w.]))?")
_ASCII_LETTERS = frozenset(string.ascii_letters)
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]|\.(?=[A-Za-z])(?<![._]\.))*")
_SPACE = re.compile(r"(?:\s|#[^\n]*|[\u200b\ufeff])+")
_SCRIPTS = {"^": "^", "**": "^", ".^": "^", "_": "_"}
_BRACKETS = {**{sign: sign for sign in "()[]{}⟨⟩⌊⌋⌈⌉"}, "〈": "⟨", "〉": "⟩"}
_BARS = {"|": "|", "||": "‖", "‖": "‖", "∥": "‖"}
_LEADS = {"⇒", "=>", "⟹", "⇔", "∴", "⟺"}
_DOTS = ("...", "…", "⋯")
_BIG = {"∑": "sum", "∏": "prod"}
_LOGIC = {"∧": "and", "∨": "or", "∀": "for all"}
_TAIL = re.compile(r"[A-Za-z\u0370-\u03ff]{1,2}[0-9]?")
"""What may stand below a big operator without braces: `sum_ij`, but not `max_pool`."""
_SMALLER = re.compile(r"<-(?=[0-9])")
_SUM_SIGN = "Sigma"


def text_tokens(source: Source, span: Span) -> tuple[Token, ...]:
    """The tokens of the text in `span`, a `stop` at the end.

    Raises:
        NotationError: a character without a meaning in plain text.
    """
    return tuple(_spaced(source, span))


def _spaced(source: Source, span: Span) -> Iterator[Token]:
    """The tokens, each with what stands before it."""
    text, position, space = source.text, span.start, ""
    while position < span.end:
        if match := _SPACE.match(text, position, span.end):
            space, position = _space(match.group()), match.end()
            continue
        for token in _tokens(source, position, span.end):
            yield Token(token.kind, token.text, token.span, space or token.space, token.font)
            position, space = max(position, token.span.end), ""
    yield Token("stop", "", Span(span.end, span.end), space)


def _space(written: str) -> Space:
    if "\n" in written:
        return "row"
    return "gap" if "\t" in written or len(written) >= _GAP else " "


def _tokens(source: Source, position: int, end: int) -> Iterator[Token]:
    """The tokens that begin at `position`, which is no white space; at least one."""
    text = source.text
    character = text[position]
    if character in _ASCII_LETTERS:
        yield from _word(text, position, end)
        return
    if match := _NUMBER.match(text, position, end):
        yield Token("number", match.group(), Span(*match.span()))
        return
    if sign := _sign(text, position, end):
        yield sign
        return
    span = Span(position, position + 1)
    if character in RAISED or character in PRIMES or character == "⊤":
        yield from _raised(text, position, end)
    elif character in LOWERED:
        yield from _shifted(text, position, end, "_")
    elif character in FRACTIONS:
        yield Token("number", character, span)
    elif character in _BIG:
        yield Token("big", _BIG[character], span)
    elif character in _LOGIC:
        yield Token("prose", _LOGIC[character], span)
    elif character == "√":
        yield Token("command", "√", span)
    elif (letter := LETTERS.get(character)) and not character.isalpha():
        yield Token("word", letter, span)
    elif character.isalpha():
        yield from _word(text, position, end)
    elif character == "." and _starts_name(text, position + 1):
        yield from _word(text, position, end)  # what is taken of a bracket: (a - b).T
    else:
        _refuse(source, span)


def _sign(text: str, position: int, end: int) -> Token | None:
    """A sign, a bracket or dots, the longest that fits."""
    if _SMALLER.match(text, position) and position and not text[position - 1].isspace():
        return Token("sign", "<", Span(position, position + 1))
    for length in range(min(_LONGEST, end - position), 0, -1):
        if (found := _TABLE.get(text[position : position + length])) is not None:
            if length == 1 and text[position] == "." and _starts_name(text, position + 1):
                return None
            return Token(*found, Span(position, position + length))
    return None


_TABLE: dict[str, tuple[Kind, str]] = {
    **{spelling: ("sign", name) for spelling, name in SIGNS.items()},
    **{spelling: ("script", name) for spelling, name in _SCRIPTS.items()},
    **{spelling: ("open" if name in CLOSING else "close", name) for spelling, name in _BRACKETS.items()},
    **{spelling: ("bar", name) for spelling, name in _BARS.items()},
    **dict.fromkeys(_LEADS, ("lead", "⇒")),
    **dict.fromkeys(_DOTS, ("dots", "…")),
}
_LONGEST = max(map(len, _TABLE))


def _raised(text: str, position: int, end: int) -> Iterator[Token]:
    """Primes, and raised characters as a script."""
    count = PRIMES.get(text[position])
    if count:
        span = Span(position, position + 1)
        yield from (Token("prime", "'", span) for _ in range(count))
    else:
        yield from _shifted(text, position, end, "^")


def _shifted(text: str, position: int, end: int, script: str) -> Iterator[Token]:
    """Raised or lowered characters: `ᵢⱼ` is a script of one word, `₁ᵢ` of two parts; a transpose is one of its own."""
    table = RAISED if script == "^" else LOWERED
    stop = position
    while stop < end and (text[stop] in table or (script == "^" and text[stop] == "⊤")):
        stop += 1
    place = position
    for _, run in groupby(range(position, stop), lambda at: text[at] in "ᵀ⊤"):
        run = tuple(run)
        place = run[0]
        for at in run if text[place] in "ᵀ⊤" else ():
            yield Token("script", "^", Span(at, at))
            yield Token("word", "⊤", Span(at, at + 1))
        if text[place] not in "ᵀ⊤":
            yield Token("script", script, Span(place, place))
            yield Token("open", "", Span(place, place))
            yield from _plain(text, place, run[-1] + 1, table)
            yield Token("close", "", Span(run[-1] + 1, run[-1] + 1))


def _plain(text: str, start: int, end: int, table: object) -> Iterator[Token]:
    """What raised or lowered characters stand for."""
    kinds = [(at, (RAISED if table is RAISED else LOWERED)[text[at]]) for at in range(start, end)]
    for kind, run in groupby(kinds, lambda pair: _kind(pair[1])):
        run = tuple(run)
        span = Span(run[0][0], run[-1][0] + 1)
        if kind == "number":
            yield Token("number", "".join(c for _, c in run), span)
        elif kind == "word":
            yield Token("word", "".join(LETTERS.get(c, c) for _, c in run), span)
        else:
            for at, character in run:
                written = SIGNS.get(character, character)
                here = Span(at, at + 1)
                if written in "()":
                    yield Token(*_TABLE[written], here)
                else:
                    yield Token("sign", written, here)


def _kind(character: str) -> str:
    return "number" if character.isdigit() else "word" if character.isalpha() else "sign"


def _word(text: str, position: int, end: int) -> Iterator[Token]:
    """A name, or a word of prose, or a big operator with what stands below it."""
    plain = _PLAIN.match(text, position, end)
    stop = plain.end() if plain else position + 1
    while stop < end and _goes_on(text, stop):
        stop += 1
    while stop > position + 1 and text[stop - 1] in "_.":
        stop -= 1
    written = text[position:stop]
    if not written.isascii() and any(unicodedata.combining(c) or unicodedata.decomposition(c) for c in written):
        yield from _accented(text, position, stop)
        return
    name = _named(written)
    span = Span(position, stop)
    if name in PROSE:
        yield Token("prose", name, span)
    elif name in CONCLUDING:
        yield Token("lead", "⇒", span)
    else:
        yield from _below(name, text, span)


def _below(name: str, text: str, span: Span) -> Iterator[Token]:
    """`sum_j` in three tokens, any other name in one."""
    head, _, tail = name.partition("_")
    big = "sum" if head == _SUM_SIGN else head
    called = text[span.end : span.end + 1] in ("(", "[")
    if big in BIG and tail and _TAIL.fullmatch(tail) and not (called and len(tail) > 1):
        below = text.index("_", span.start) + 1
        yield Token("word", head, Span(span.start, below - 1))
        yield Token("script", "_", Span(below - 1, below))
        yield Token("word", tail, Span(below, span.end))
    else:
        yield Token("word", name, span)


def _goes_on(text: str, position: int) -> bool:
    """Whether the character belongs to the name before it."""
    character = text[position]
    if character == ".":
        return _starts_name(text, position + 1) and text[position - 1] not in "._"
    if character in RAISED or character in LOWERED or character in PRIMES or character in FRACTIONS:
        return False
    return character == "_" or character.isalnum() or unicodedata.combining(character) != 0


def _starts_name(text: str, position: int) -> bool:
    """Whether a letter stands here that is neither raised nor lowered."""
    character = text[position : position + 1]
    return character.isalpha() and character not in RAISED and character not in LOWERED


def _named(written: str) -> str:
    """A name with Greek letters by their names, and other alphabets as plain letters."""
    if written.isascii():
        return written
    return "".join(LETTERS.get(c) or (c if c.isascii() else styled(c)[0]) for c in written)


def _accented(text: str, start: int, end: int) -> Iterator[Token]:
    """A name with accents in it, or with letters of another alphabet: an accent is on one letter and its digits."""
    pieces: list[tuple[int, int, str, tuple[str, ...], str]] = []
    position = start
    while position < end:
        stop = position + 1
        while stop < end and unicodedata.combining(text[stop]):
            stop += 1
        plain = unicodedata.normalize("NFD", text[position:stop])
        marks = tuple(ACCENTS[c] for c in plain[1:] if c in ACCENTS)
        letter, font = styled(plain[:1])
        letter = letter if marks else styled(unicodedata.normalize("NFC", plain))[0] if len(plain) == 1 else plain
        if marks:
            while stop < end and text[stop].isdigit():
                letter, stop = letter + text[stop], stop + 1
        pieces.append((position, stop, LETTERS.get(letter[:1], letter[:1]) + letter[1:], marks, font))
        position = stop
    for (marks, font), group in groupby(pieces, lambda piece: (piece[3], piece[4])):
        run = tuple(group)
        for part in [(piece,) for piece in run] if marks else [run]:
            yield from _marked("".join(p[2] for p in part), Span(part[0][0], part[-1][1]), marks, font)


def _marked(name: str, span: Span, marks: tuple[str, ...], font: str) -> Iterator[Token]:
    """A part of a name under its accents."""
    for mark in reversed(marks):
        yield Token("accent", mark, Span(span.start, span.start))
    if name.startswith("_") and len(name) > 1:
        yield Token("script", "_", Span(span.start, span.start + 1))
        yield Token("word", name[1:], Span(span.start + 1, span.end), "", font)
    else:
        yield Token("word", name, span, "", font)


def _refuse(source: Source, span: Span) -> NoReturn:
    character = source.text[span.start]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    raise NotationError(
        f"the character {shown} has no meaning here",
        where=source.locate(span),
        fix="This is plain text, not LaTeX: write sigmoid(z), a ⊙ b, W^T."
        if character in "\\$"
        else "Remove it, or write its name in letters.",
        name=character,
    )
