"""Plain text to tokens.

Whitespace parts tokens and nothing else. A statement ends with its line, unless a bracket is open or the line ends with
an operator or a comma. Variants of a sign become one (`−` is `-`, `**` is `^`, `∘` is `⊙`), a Greek letter becomes its
name (`λ1` is `lambda1`), subscript digits become digits (`W₁` is `W1`), and `x²` becomes `x^2`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from symbackprop.errors import NotationError
from symbackprop.notation.reading.tokens import DOT, HADAMARD, TRANSPOSE, Token
from symbackprop.notation.source import Source, Span

NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SUPERSCRIPT = re.compile("(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
SUPERSCRIPT_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿⁱᵀ")
_SUBSCRIPT_LETTERS = frozenset("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")

SIGNS = {
    "**": "^", "==": "==", "<=": "<=", ">=": ">=", "!=": "!=", "..": "..",
    "≤": "<=", "≥": ">=", "≠": "!=", "…": "..",
    "−": "-", "–": "-", "×": "*", "∗": "*", "÷": "/", "∘": HADAMARD, "⊙": HADAMARD, "⋅": DOT, "·": DOT,
    "ᵀ": TRANSPOSE, "⊤": TRANSPOSE,
    **{sign: sign for sign in "+-*/^@()[],=<>∂"},
}  # fmt: skip
_LENGTHS = (2, 1)
_WORDS = {"∑": "sum", "∈": "in", "½": "0.5"}
_CONTINUES = frozenset({"+", "-", "*", "/", "^", "@", HADAMARD, DOT, "=", ",", "<", "<=", ">", ">=", "==", "!=", ".."})
_CONTINUING_WORDS = frozenset({"if", "else", "and", "or"})
_CLOSING = {"(": ")", "[": "]"}

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip

_FIXES = {
    "'": "Write W^T for a transpose.",
    '"': "Names are written without quotes.",
    ";": "Write one statement to a line.",
    "{": "Write ( ) for grouping and [ ] for indices.",
    "}": "Write ( ) for grouping and [ ] for indices.",
    "\\": "This is plain text, not LaTeX: write sigmoid(z), a ⊙ b, W^T.",
    "$": "This is plain text, not LaTeX: write formulas without $.",
    "|": "Write abs(x) for an absolute value.",
    "%": "A comment begins with #; a remainder is mod(k, n).",
    "!": "Write != for unequal.",
    ":": "A definition is written with =, a range with two dots: j = 0..n-1.",
    ".": "Write 0.5 or 1.0 for a decimal, 0..n-1 for a range.",
    "√": "Write sqrt(x).",
    "∇": "Write dW or ∂L/∂W for a gradient.",
    "_": "A name begins with a letter; the indices of a sum stand in brackets, sum(j, ...).",
}


def tokenize(source: Source) -> tuple[Token, ...]:
    """The tokens of a text; each statement ends with a `newline`, the whole with an `end`.

    Raises:
        NotationError: a character without meaning, or brackets that do not match.
    """
    tokens: list[Token] = []
    open_brackets: list[Token] = []
    for token in _scan(source):
        if token.kind == "newline":
            if open_brackets or not tokens or tokens[-1].kind == "newline" or continues(tokens[-1]):
                continue
        elif token.is_operator("(", "["):
            open_brackets.append(token)
        elif token.is_operator(")", "]"):
            _close(source, open_brackets, token)
        tokens.append(token)
    if open_brackets:
        opened = open_brackets[-1]
        raise NotationError(
            f"this {opened.text} is never closed",
            where=source.locate(opened.span),
            fix=f"Close it with {_CLOSING[opened.text]}.",
            name=opened.text,
        )
    end = Span(len(source.text), len(source.text))
    if tokens and tokens[-1].kind != "newline":
        tokens.append(Token("newline", "\n", Span(tokens[-1].span.end, tokens[-1].span.end)))
    return (*tokens, Token("end", "", end))


def statements(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """The tokens of each statement in turn, its `newline` last."""
    current: list[Token] = []
    for token in tokens:
        current.append(token)
        if token.kind == "newline":
            yield tuple(current)
            current = []


def continues(token: Token) -> bool:
    return token.is_operator(*_CONTINUES) or token.is_word(*_CONTINUING_WORDS)


def _close(source: Source, open_brackets: list[Token], token: Token) -> None:
    if not open_brackets:
        raise NotationError(
            f"this {token.text} closes nothing",
            where=source.locate(token.span),
            fix="Remove it, or open a bracket before it.",
            name=token.text,
        )
    opened = open_brackets.pop()
    if _CLOSING[opened.text] != token.text:
        place = source.locate(opened.span)
        raise NotationError(
            f"{token.text} cannot close the {opened.text} in line {place.line}, column {place.column}",
            where=source.locate(token.span),
            fix=f"Write {_CLOSING[opened.text]} here.",
            name=token.text,
        )


def _scan(source: Source) -> Iterator[Token]:
    text, position = source.text, 0
    while position < len(text):
        character = text[position]
        if character == "\n":
            yield Token("newline", "\n", Span(position, position + 1))
            position += 1
        elif character.isspace():
            position += 1
        elif character == "#":
            position = end_of_line(text, position)
        else:
            for token in _word(source, position):
                yield token
                position = token.span.end


def end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _word(source: Source, position: int) -> tuple[Token, ...]:
    """The tokens that begin at `position`: one, or the `^` and the digits of a superscript."""
    text = source.text
    character = text[position]
    if number := NUMBER.match(text, position):
        return (Token("number", number.group(), Span(position, number.end())),)
    if raised := _SUPERSCRIPT.match(text, position):
        return _raised(raised)
    if character in _WORDS:
        word = _WORDS[character]
        return (Token("number" if word[0].isdigit() else "name", word, Span(position, position + 1)),)
    for length in _LENGTHS:
        sign = text[position : position + length]
        if sign in SIGNS:
            return (Token("operator", SIGNS[sign], Span(position, position + len(sign))),)
    if character.isalpha() and character not in _RAISED:
        return (_name(source, position),)
    raise _meaningless(source, position)


def _raised(match: re.Match[str]) -> tuple[Token, ...]:
    """`x²` as `x`, `^`, `2`: the power sign has no width of its own."""
    start, minus = match.start(), match.group(1)
    tokens = [Token("operator", "^", Span(start, start))]
    if minus:
        tokens.append(Token("operator", "-", Span(start, start + 1)))
    digits = match.group(2).translate(SUPERSCRIPT_DIGITS)
    return (*tokens, Token("number", digits, Span(start + len(minus), match.end())))


def _name(source: Source, position: int) -> Token:
    text, end = source.text, position
    while end < len(text) and _goes_on(text, end):
        end += 1
    span = Span(position, end)
    written = text[position:end]
    for offset, character in enumerate(written):
        if character in _SUBSCRIPT_LETTERS:
            raise NotationError(
                f"the subscript {character} cannot be part of a name",
                where=source.locate(Span(position + offset, position + offset + 1)),
                fix="Write indices in brackets: W[i,j].",
                name=written,
            )
    return Token("name", canonical(written), span)


def _goes_on(text: str, position: int) -> bool:
    """Whether the character belongs to the name before it; a dot does between letters, as in `a1.W`."""
    character = text[position]
    if character == ".":
        return text[position + 1 : position + 2].isalpha() and text[position - 1] != "."
    if character in _RAISED or character in _WORDS:
        return False
    return character.isalnum() or character == "_" or unicodedata.combining(character) != 0


def canonical(written: str) -> str:
    """One form of a name: `W₁` is `W1`, `λ` is `lambda`, `σ_1` is `sigma_1`."""
    name = unicodedata.normalize("NFKC", written)
    if name[0] in _GREEK and not name[1:2].isalpha():
        return _GREEK[name[0]] + name[1:]
    return name


def _meaningless(source: Source, position: int) -> NotationError:
    character = source.text[position]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return NotationError(
        f"the character {shown} has no meaning here",
        where=source.locate(Span(position, position + 1)),
        fix=_FIXES.get(character, "Remove it, or write its name in letters."),
        name=character,
    )
