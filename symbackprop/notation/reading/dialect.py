"""The dialect of model files: plain text, strict, whose statements end with their lines.

A line goes on where a bracket is open or where it ends with an operator or a comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from symbackprop.notation.reading.remedies import WORDS, remedy
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.characters import TRANSPOSES
from symbackprop.notation.surface.dialects import PLAIN_SIGNS, Dialect
from symbackprop.notation.surface.text import text_tokens
from symbackprop.notation.surface.tokens import LETTERS, PRIMES, Kind, Token

RELATIONS = frozenset({"=", "==", "≠", "<", "≤", ">", "≥"})
_SIGNS = RELATIONS | frozenset("+-*⊙·@/,()[]^") | {".."}
_CONTINUING_WORDS = ("if", "else", "and", "or")

_OWN_SIGNS: dict[str, tuple[Kind, str]] = {
    "×": ("sign", "*"), "…": ("sign", ".."), "∂": ("sign", "∂"), "∈": ("prose", "in"),
}  # fmt: skip

MODEL = Dialect(
    space=re.compile(r"(?:\s|#[^\n]*)+"),
    number=re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"),
    signs=MappingProxyType(
        {sign: found for sign, found in PLAIN_SIGNS.items() if found[1] in _SIGNS and sign not in (".*", "./", ".^")}
        | _OWN_SIGNS
    ),
    words=WORDS,
    hints=MappingProxyType(
        {
            **dict.fromkeys(
                (c for c in LETTERS if not c.isalpha() and c not in TRANSPOSES),
                "Remove it, or write its name in letters.",
            ),
            **dict.fromkeys(PRIMES, "Write W^T for a transpose."),
            **dict.fromkeys("{}", "Write ( ) for grouping and [ ] for indices."),
            '"': "Names are written without quotes.",
            ";": "Write one statement to a line.",
            "\\": "This is plain text, not LaTeX: write sigmoid(z), a ⊙ b, W^T.",
            "$": "This is plain text, not LaTeX: write formulas without $.",
            "|": "Write abs(x) for an absolute value.",
            "%": "A comment begins with #; a remainder is mod(k, n).",
            "!": "Write != for unequal.",
            ":": "A definition is written with =, a range with two dots: j = 0..n-1.",
            ".": "Write 0.5 or 1.0 for a decimal, 0..n-1 for a range.",
            "√": "Write sqrt(x).",
            "∏": "Write products out, or exp(sum(j, log(x[j]))).",
            "∇": "Write dW or ∂L/∂W for a gradient.",
            "_": "A name begins with a letter; the indices of a sum stand in brackets, sum(j, ...).",
        }
    ),
    operand="a number, a name or (",
    ending="the line ends",
    remedy=remedy,
    gaps=False,
    prose=False,
    apart=False,
    limits=False,
    marks=False,
    intervals=False,
    counted=False,
    accents=False,
)


def lines_of(source: Source) -> Iterator[tuple[Token, ...]]:
    """The tokens of each statement, and a `stop` right behind them.

    Raises:
        NotationError: a character without a meaning in a model.
    """
    current: list[Token] = []
    depth = 0
    for token in text_tokens(source, Span(0, len(source.text)), MODEL):
        ends = token.kind == "stop" or (token.space == "row" and depth == 0 and not _continues(current))
        if ends and current:
            end = current[-1].span.end + 1
            yield (*current, Token("stop", "", Span(end, end)))
            current = []
        current.append(token)
        depth = max(0, depth + (token.kind == "open") - (token.kind == "close"))


def _continues(tokens: list[Token]) -> bool:
    if not tokens:
        return False
    last = tokens[-1]
    return last.kind in ("sign", "script") or last.is_prose(*_CONTINUING_WORDS)
