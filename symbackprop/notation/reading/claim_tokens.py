"""Plain text that states claims, to tokens: one statement to a line, with signs that a model file has no use for.

A statement goes on over the next line where a bracket is open, where its line ends with an operator or a comma, and
where the next line begins with `=` or a sign that joins. Lines without an equals sign are prose and left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from symbackprop.errors import NotationError
from symbackprop.notation.reading.lexer import (
    NUMBER,
    SIGNS,
    SUPERSCRIPT_DIGITS,
    canonical,
    continues,
)
from symbackprop.notation.reading.tokens import HADAMARD, TRANSPOSE, Kind, Token
from symbackprop.notation.source import Source, Span

_CLAIM_SIGNS = {
    **SIGNS,
    ":=": ":=", "<-": ":=", "←": ":=", "≔": ":=", "-=": "-=", "+=": "+=", "−=": "-=",
    "≈": "≈", "~=": "≈", "∝": "∝", "->": "→", "→": "→", "=>": "⇒", "⇒": "⇒", "⟹": "⇒",
    ".*": HADAMARD, "./": "/", ".^": "^", "⊗": "⊗", "⊘": "/", "•": "·", "∙": "·",
    "'": "'", "′": "'", "’": "'", "″": "''", "‴": "'''",
    "_": "_", "{": "{", "}": "}", ";": ";", "|": "|", "||": "‖", "‖": "‖", "∥": "‖", "∇": "∇", "∂": "∂",
    "√": "√",
}  # fmt: skip
_WORDS = {"∑": "sum", "∈": "in", "∀": "for", "𝟏": "1", "𝟙": "1", "𝟭": "1", "∧": "and", "∨": "or"}
_FRACTIONS = {"½": (1, 2), "⅓": (1, 3), "¼": (1, 4), "¾": (3, 4), "⅔": (2, 3)}
_RAISED = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀᵗ⊤′⁽⁾ˡⁿ]+")
_LOWERED = re.compile("[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ]+")
_ACCENTS = {"\u0304": "_bar", "\u0305": "_bar", "\u0302": "_hat", "\u0303": "_tilde"}
_PARTS = re.compile(r"(\.T|\.transpose)$")
_RELATIONS = (":=", "=", "≈", "-=", "+=", "∝")
_STARTS = re.compile(r"\s*(?:(?:=|≈)(?!=)|[⊙∘·⋅/]|\+(?!.*=))")
_BEGINS = re.compile(r"\s*[^\s=]+\s*(?::=|=(?!=)|←)")
_LABEL = re.compile(r"\s*(?:\(?\d{1,3}(?:\.\d+)*[.):]|[•*–—-](?=\s+\S+\s*:?=)|\([a-z]\))\s+")
_NUMBERED = re.compile(r"(?:\s{2,}|\t)\(\d{1,3}(?:\.\d+)*[a-z]?\)\s*$")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def statements_of(source: Source) -> Iterator[tuple[Span, tuple[Token, ...] | NotationError]]:
    """Each stretch of lines that has an equals sign: its place, and its tokens or why it has none."""
    start = 0
    while start < len(source.text):
        end, tokens, error = _stretch(source, start)
        span = _trimmed(source, start, end)
        if error is not None and _states(source.text[span.start : span.end]):
            yield span, error
        elif error is None:
            for part in _parts(tokens):
                if any(token.is_operator(*_RELATIONS) for token in part):
                    stop = part[-1].span.end
                    yield part[0].span.to(part[-1].span), (*part, Token("newline", "\n", Span(stop, stop)))
        start = end + 1


def _parts(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """The claims of one line: a comma, a semicolon, `and` or `where` parts them if both sides state something."""
    start, depth, stated = 0, 0, False
    for place, token in enumerate(tokens):
        depth += token.is_operator(*_CLOSING) - token.is_operator(*_CLOSING.values())
        if depth:
            continue
        if token.is_operator(*_RELATIONS):
            stated = True
        elif stated and _parts_claims(token) and _states_next(tokens[place + 1 :]):
            yield tokens[start : place - (place > 0 and tokens[place - 1].is_operator(",", ";"))]
            start, stated = place + 1, False
    yield tokens[start:]


def _parts_claims(token: Token) -> bool:
    return token.is_operator(",", ";") or token.is_word("and", "where", "with")


def _states_next(tokens: tuple[Token, ...]) -> bool:
    """Whether a claim begins here: an equals sign before the next comma outside of brackets."""
    depth = 0
    for token in tokens:
        depth += token.is_operator(*_CLOSING) - token.is_operator(*_CLOSING.values())
        if depth == 0 and token.is_operator(*_RELATIONS):
            return True
        if depth == 0 and (token.is_operator(",", ";") or token.is_word("for", "where", "with", "and")):
            return False
    return False


def _states(text: str) -> bool:
    """Whether a text that has no tokens was meant to state something."""
    plain = text.partition("#")[0]
    return any(sign in plain for sign in ("=", "≈", "←", "≔"))


def _trimmed(source: Source, start: int, end: int) -> Span:
    text = source.text[start:end]
    return Span(start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip()))


def _stretch(source: Source, start: int) -> tuple[int, tuple[Token, ...], NotationError | None]:
    """The end of the statement that begins at `start`, its tokens, and what stopped them."""
    text = source.text
    tokens: list[Token] = []
    label = _LABEL.match(text, start, line_end(text, start))
    position = label.end() if label else start
    unclosed: tuple[int, tuple[Token, ...], NotationError] | None = None
    while True:
        end = line_end(text, position)
        number = _NUMBERED.search(text, position, end)
        try:
            tokens.extend(_line(source, position, number.start() if number else end))
            opened = _open_bracket(source, tuple(tokens))
        except NotationError as error:
            return unclosed or (end, tuple(tokens), error)
        if opened is not None and unclosed is None:
            unclosed = end, tuple(tokens), _never_closed(source, opened)
        following = text[end + 1 : line_end(text, end + 1)] if end < len(text) else ""
        within = opened is not None and not _BEGINS.match(following)
        if not following.strip() or not (within or (opened is None and _continues(tokens, following))):
            return unclosed if opened is not None and unclosed else (end, tuple(tokens), None)
        position = end + 1


def _continues(tokens: list[Token], following: str) -> bool:
    """Whether a statement goes on over the next line, which is `following`."""
    if not tokens:
        return False
    stated = any(token.is_operator(*_RELATIONS) for token in tokens)
    return continues(tokens[-1]) or (stated and _STARTS.match(following) is not None)


def line_end(text: str, position: int) -> int:
    """Where the line of `position` ends, its comment included."""
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _open_bracket(source: Source, tokens: tuple[Token, ...]) -> Token | None:
    """The last bracket that is open.

    Raises:
        NotationError: a bracket that closes nothing, or not what was opened.
    """
    opened: list[Token] = []
    for token in tokens:
        if token.is_operator(*_CLOSING):
            opened.append(token)
        elif token.is_operator(*_CLOSING.values()):
            if not opened or _CLOSING[opened[-1].text] != token.text:
                raise _misplaced(source, token, opened[-1] if opened else None)
            opened.pop()
    return opened[-1] if opened else None


def _misplaced(source: Source, token: Token, opened: Token | None) -> NotationError:
    return NotationError(
        f"this {token.text} closes nothing" if opened is None else f"{token.text} cannot close {opened.text}",
        where=source.locate(token.span),
        fix="Remove it, or open a bracket before it." if opened is None else f"Write {_CLOSING[opened.text]} here.",
        name=token.text,
    )


def _never_closed(source: Source, bracket: Token) -> NotationError:
    return NotationError(
        f"this {bracket.text} is never closed",
        where=source.locate(bracket.span),
        fix=f"Close it with {_CLOSING[bracket.text]}.",
        name=bracket.text,
    )


# ---------------------------------------------------------------------------------------------------------------- words


def _line(source: Source, position: int, end: int) -> Iterator[Token]:
    text = source.text
    while position < end:
        character = text[position]
        if character.isspace():
            position += 1
        elif character == "#":
            return
        else:
            for token in _word(source, position, end):
                yield token
                position = max(position, token.span.end)


def _word(source: Source, position: int, end: int) -> tuple[Token, ...]:
    """The tokens that begin at `position`."""
    text = source.text
    character = text[position]
    if (number := NUMBER.match(text, position, end)) and not text.startswith("..", number.end() - 1):
        return (Token("number", number.group(), Span(position, number.end())),)
    if raised := _RAISED.match(text, position, end):
        return tuple(_raised(raised))
    if character in _FRACTIONS:
        return _fraction(*_FRACTIONS[character], Span(position, position + 1))
    if character in _WORDS:
        word = _WORDS[character]
        return (Token("number" if word[0].isdigit() else "name", word, Span(position, position + 1)),)
    for length in (2, 1):
        sign = text[position : position + length]
        if len(sign) == length and sign in _CLAIM_SIGNS:
            return _sign(_CLAIM_SIGNS[sign], Span(position, position + length))
    if text.startswith(".T", position) and not text[position + 2 : position + 3].isalnum():
        return (Token("operator", TRANSPOSE, Span(position, position + 2)),)
    if (plain := unicodedata.normalize("NFKC", character)) in _CLAIM_SIGNS:  # an italic ∂
        return _sign(_CLAIM_SIGNS[plain], Span(position, position + 1))
    if character.isalpha():
        return _names(source, position, end)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    raise NotationError(
        f"the character {shown} has no meaning here",
        where=source.locate(Span(position, position + 1)),
        fix="This is plain text, not LaTeX: write sigmoid(z), a ⊙ b, W^T."
        if character in "\\$"
        else "Remove it, or write its name in letters.",
        name=character,
    )


def _sign(sign: str, span: Span) -> tuple[Token, ...]:
    if set(sign) == {"'"}:
        return tuple(Token("operator", "'", span) for _ in sign)
    return (Token("operator", sign, span),)


def _fraction(above: int, below: int, span: Span) -> tuple[Token, ...]:
    """`½` as `(1/2)`."""
    return (
        Token("operator", "(", span),
        Token("number", str(above), span),
        Token("operator", "/", span),
        Token("number", str(below), span),
        Token("operator", ")", span),
    )


def _raised(match: re.Match[str]) -> Iterator[Token]:
    """`x²` as `x`, `^`, `2`; `a⁽¹⁾ᵀ` as `a`, `^`, `(`, `1`, `)` and a transpose."""
    written, start = match.group(), match.start()
    for part in re.finditer("⁽[⁰¹²³⁴⁵⁶⁷⁸⁹ˡ]+⁾|⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+|⁻?ⁿ|.", written):
        span = Span(start + part.start(), start + part.end())
        raised = part.group()
        if raised in "ᵀ⊤ᵗ":
            yield Token("operator", TRANSPOSE, span)
        elif raised == "′":
            yield Token("operator", "'", span)
        else:
            yield Token("operator", "^", Span(span.start, span.start))
            for letter in re.findall("[⁰¹²³⁴⁵⁶⁷⁸⁹]+|.", raised):
                digits = str(letter).translate(SUPERSCRIPT_DIGITS)
                text = {"⁽": "(", "⁾": ")", "⁻": "-", "ⁿ": "n", "ˡ": "l"}.get(digits, digits)
                kind: Kind = "number" if text.isdigit() else "name" if text.isalpha() else "operator"
                yield Token(kind, text, span)


def _names(source: Source, position: int, limit: int) -> tuple[Token, ...]:
    """A name, perhaps with a transpose behind it: `W2.T`."""
    text, end = source.text, position
    while end < limit and _goes_on(text, end):
        end += 1
    written = text[position:end].rstrip("_")
    end = position + len(written)
    if turned := _PARTS.search(written):
        stop = position + turned.start()
        name = Token("name", claim_name(written[: turned.start()]), Span(position, stop))
        return name, Token("operator", TRANSPOSE, Span(stop, end))
    return (Token("name", claim_name(written), Span(position, end)),)


def _goes_on(text: str, position: int) -> bool:
    """Whether the character belongs to the name before it."""
    character = text[position]
    if character == ".":
        return text[position + 1 : position + 2].isalpha() and text[position - 1] != "."
    if _RAISED.match(character) or character in _WORDS or character in _FRACTIONS:
        return False
    return character.isalnum() or character == "_" or unicodedata.combining(character) != 0


def claim_name(written: str) -> str:
    """The canonical form of a name: accents as words, subscript letters behind `_`: `W̄1` is `W1_bar`, `zᵢ` is `z_i`."""
    accents = ""
    plain = ""
    for character in unicodedata.normalize("NFD", written):
        if character in _ACCENTS:
            accents += _ACCENTS[character]
        else:
            plain += character
    if not plain.endswith("ₜₐₙₕ"):
        plain = _LOWERED.sub(lambda match: "_" + match.group(), plain)
    return canonical(unicodedata.normalize("NFC", plain)) + accents
