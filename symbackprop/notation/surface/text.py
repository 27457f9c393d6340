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
from symbackprop.notation.surface.characters import accented, is_shifted, letters, shifted
from symbackprop.notation.surface.dialects import PLAIN_SIGNS, TEXT, Dialect
from symbackprop.notation.surface.tokens import (
    BIG,
    CONCLUDING,
    FRACTIONS,
    GREEK,
    LETTERS,
    LOWERED,
    PRIMES,
    RAISED,
    Space,
    Token,
    styled,
)

_GAP = 3  # spaces that stand between two statements
_ASCII_LETTERS = frozenset(string.ascii_letters)
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]|\.(?=[A-Za-z])(?<![._]\.))*")
_LONGEST = max(map(len, PLAIN_SIGNS))
_BIG = {"∑": "sum", "∏": "prod"}
_LOGIC = {"∧": "and", "∨": "or", "∀": "for all"}
_TAIL = re.compile(r"[A-Za-z\u0370-\u03ff]{1,2}[0-9]?")
"""What may stand below a big operator without braces: `sum_ij`, but not `max_pool`."""
_SMALLER = re.compile(r"<-(?=[0-9])")
_SUM_SIGN = "Sigma"
_GREEK = {letter: name for name, letter in GREEK.items()}


def text_tokens(source: Source, span: Span, dialect: Dialect = TEXT) -> tuple[Token, ...]:
    """The tokens of the text in `span`, a `stop` at the end.

    Raises:
        NotationError: a character without a meaning in the dialect.
    """
    return tuple(_spaced(source, span, dialect))


def _spaced(source: Source, span: Span, dialect: Dialect) -> Iterator[Token]:
    """The tokens, each with what stands before it."""
    text, position, space = source.text, span.start, ""
    while position < span.end:
        if match := dialect.space.match(text, position, span.end):
            space, position = _space(match.group()), match.end()
            continue
        for token in _tokens(source, position, span.end, dialect):
            yield Token(token.kind, token.text, token.span, space or token.space, token.font)
            position, space = max(position, token.span.end), ""
    yield Token("stop", "", Span(span.end, span.end), space)


def _space(written: str) -> Space:
    if "\n" in written:
        return "row"
    return "gap" if "\t" in written or len(written) >= _GAP else " "


def _tokens(source: Source, position: int, end: int, dialect: Dialect) -> Iterator[Token]:
    """The tokens that begin at `position`, which is no white space; at least one."""
    text = source.text
    character = text[position]
    if character in _ASCII_LETTERS:
        yield from _word(source, position, end, dialect)
        return
    if match := dialect.number.match(text, position, end):
        yield Token("number", match.group(), Span(*match.span()))
        return
    if sign := _sign(text, position, end, dialect):
        yield sign
        return
    span = Span(position, position + 1)
    lowered = character in LOWERED and not dialect.accents
    if lowered and character.isalpha():
        _refuse_subscript(source, position, character)
    elif lowered or character in dialect.hints:
        _refuse(source, span, dialect)
    elif is_shifted(character):
        yield from shifted(text, position, end)
    elif character in FRACTIONS:
        yield Token("number", character, span)
    elif character in _BIG:
        yield Token("big" if dialect.limits else "word", _BIG[character], span)
    elif character in _LOGIC:
        yield Token("prose", _LOGIC[character], span)
    elif character == "√":
        yield Token("command", "√", span)
    elif (letter := LETTERS.get(character)) and not character.isalpha():
        yield Token("word", letter, span)
    elif character.isalpha():
        yield from _word(source, position, end, dialect)
    elif character == "." and _starts_name(text, position + 1):
        yield from _word(source, position, end, dialect)  # what is taken of a bracket: (a - b).T
    else:
        _refuse(source, span, dialect)


def _sign(text: str, position: int, end: int, dialect: Dialect) -> Token | None:
    """A sign, a bracket or dots, the longest that fits."""
    if _SMALLER.match(text, position) and position and not text[position - 1].isspace():
        return Token("sign", "<", Span(position, position + 1))
    for length in range(min(_LONGEST, end - position), 0, -1):
        if (found := dialect.signs.get(text[position : position + length])) is not None:
            if length == 1 and text[position] == "." and _starts_name(text, position + 1):
                return None
            return Token(*found, Span(position, position + length))
    return None


def _word(source: Source, position: int, end: int, dialect: Dialect) -> Iterator[Token]:
    """A name, or a word of prose, or a big operator with what stands below it."""
    text = source.text
    plain = _PLAIN.match(text, position, end)
    stop = plain.end() if plain else position + 1
    while stop < end and _goes_on(text, stop, dialect):
        stop += 1
    if not dialect.accents:
        yield _whole_name(source, Span(position, stop), dialect)
        return
    while stop > position + 1 and text[stop - 1] in "_.":
        stop -= 1
    written = text[position:stop]
    if not written.isascii() and any(unicodedata.combining(c) or unicodedata.decomposition(c) for c in written):
        yield from _accented(text, position, stop)
        return
    if len(written) > 1 and all(letter in LETTERS and not letter.isascii() for letter in written):
        yield from (Token("word", _named(one), Span(at, at + 1)) for at, one in enumerate(written, position))  # ηλ
        return
    name = _named(written)
    span = Span(position, stop)
    if name in dialect.words:
        yield Token("prose", name, span)
    elif name in CONCLUDING:
        yield Token("lead", "⇒", span)
    else:
        yield from _below(name, text, span)


def canonical(written: str) -> str:
    """One form of a whole name: `W₁` is `W1`, `λ` is `lambda`, `σ_1` is `sigma_1`."""
    name = unicodedata.normalize("NFKC", written)
    return _GREEK[name[0]] + name[1:] if name[0] in _GREEK and not name[1:2].isalpha() else name


def _whole_name(source: Source, span: Span, dialect: Dialect) -> Token:
    """A name of letters and digits alone, however they are typed: `W₁` is `W1`."""
    written = source.text[span.start : span.end]
    for offset, character in enumerate(written):
        if not LOWERED.get(character, "0").isdigit():
            _refuse_subscript(source, span.start + offset, written)
    name = written if written.isascii() else canonical(written)
    return Token("prose" if name in dialect.words else "word", name, span)


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


def _goes_on(text: str, position: int, dialect: Dialect) -> bool:
    """Whether the character belongs to the name before it."""
    character = text[position]
    if character in LOWERED:
        return not dialect.accents
    if character == ".":
        return _starts_name(text, position + 1) and text[position - 1] not in "._"
    if character in RAISED or character in PRIMES or character in FRACTIONS:
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
    """A name with accents in it, or with letters of another font: a word for each stretch of one kind."""
    pieces: list[tuple[str, tuple[str, ...], str, Span]] = []
    position = start
    while position < end:
        letter, marks, font, stop = letters(text, position, end)
        pieces.append((letter, marks, font, Span(position, stop)))
        position = stop
    pieces = list(_with_spelled_accents(pieces))
    owner: tuple[tuple[str, tuple[str, ...], str, Span], ...] = ()
    for (marks, font), group in groupby(pieces, lambda piece: piece[1:3]):
        run = tuple(group)
        if run[-1][0] == "." and not marks and run[-1][3].end < end:
            owner = run  # of a name in another one, `a1.W̄`
            continue
        for part in [(piece,) for piece in run] if marks else [run]:
            part, owner = (*owner, *part), ()
            name, span = "".join(piece[0] for piece in part), part[0][3].to(part[-1][3])
            if name.startswith("_") and len(name) > 1:
                yield Token("script", "_", Span(span.start, span.start + 1))
                name, span = name[1:], Span(span.start + 1, span.end)
            yield from accented(name, span, marks, font)


def _with_spelled_accents(
    pieces: list[tuple[str, tuple[str, ...], str, Span]],
) -> Iterator[tuple[str, tuple[str, ...], str, Span]]:
    """The letters with `hat` behind one with an accent drawn in as the name that the accent stands over: `ȳhat`."""
    place = 0
    while place < len(pieces):
        letter, marks, font, span = pieces[place]
        behind = "".join(piece[0] for piece in pieces[place + 1 : place + 4] if not piece[1])
        if marks and behind == "hat":
            yield letter + behind, marks, font, span.to(pieces[place + 3][3])
            place += 3
        else:
            yield pieces[place]
        place += 1


def _refuse(source: Source, span: Span, dialect: Dialect) -> NoReturn:
    character = source.text[span.start]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    raise NotationError(
        f"the character {shown} has no meaning here",
        where=source.locate(span),
        fix=dialect.hints.get(character, "Remove it, or write its name in letters."),
        name=character,
    )


def _refuse_subscript(source: Source, position: int, name: str) -> NoReturn:
    raise NotationError(
        f"the subscript {source.text[position]} cannot be part of a name",
        where=source.locate(Span(position, position + 1)),
        fix="Write indices in brackets: W[i,j].",
        name=name,
    )
