"""Dialects of the one language of formulas: LaTeX, plain text, and what other texts make of plain text.

A dialect is a record of what it allows, and of the words in which the rest is refused. Lexer, brackets and grammar ask
it; none of them knows which dialect it reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from types import MappingProxyType

from symbackprop.notation.surface.precedence import BINARY_SIGNS, RELATION_SIGNS
from symbackprop.notation.surface.tokens import CLOSING, PROSE, SIGNS, Kind, Token

_BRACKETS = {**{sign: sign for sign in "()[]{}⟨⟩⌊⌋⌈⌉"}, "〈": "⟨", "〉": "⟩"}

PLAIN_SIGNS: Mapping[str, tuple[Kind, str]] = MappingProxyType(
    {
        **{spelling: ("sign", name) for spelling, name in SIGNS.items()},
        **{spelling: ("open" if name in CLOSING else "close", name) for spelling, name in _BRACKETS.items()},
        **dict.fromkeys(("^", "**", ".^"), ("script", "^")),
        "_": ("script", "_"),
        "|": ("bar", "|"),
        **dict.fromkeys(("||", "‖", "∥"), ("bar", "‖")),
        **dict.fromkeys(("⇒", "=>", "⟹", "⇔", "∴", "⟺"), ("lead", "⇒")),
        **dict.fromkeys(("...", "…", "⋯"), ("dots", "…")),
    }
)
"""Signs, brackets and dots of plain text, by their spellings."""


def remedy(token: Token, before: Token, written: str, operand: bool) -> str | None:
    """How to mend what stands where it cannot: `operand` says whether an operand was expected there."""
    if token.kind == "stop":
        return "Write what is meant, or leave out the sign before."
    if token.kind == "sign" and token.text in BINARY_SIGNS | RELATION_SIGNS:
        return f"Write what {written} stands between."
    if token.kind in ("close", "end"):
        return "Write what is meant before it, or leave out the brackets."
    return None


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a way of writing formulas allows."""

    space: re.Pattern[str]  # what parts tokens and is passed over
    number: re.Pattern[str]
    signs: Mapping[str, tuple[Kind, str]]  # signs and brackets by their spellings
    words: Set[str]  # words of the language, which are no names
    hints: Mapping[str, str]  # characters that have no meaning, with what to write for them
    operand: str
    ending: str
    remedy: Callable[[Token, Token, str, bool], str | None]
    plain: bool = True  # plain text, not LaTeX
    gaps: bool = True  # a sign may stand alone, as in `w^+`, or before its first operand
    prose: bool = True  # words may stand among formulas; `if` needs no `else`
    apart: bool = True  # wide space and new lines part formulas
    limits: bool = True  # `∑` and `max_j` have limits, and the rest of their term as body
    marks: bool = True  # what stands above need be no power: `W^[2]T`
    intervals: bool = True  # `[0, 1)`
    counted: bool = True  # a number may stand behind a factor: `x 2`
    accents: bool = True  # a name is parted at accents and at what stands below it; else it is one word, `ŷ₁`


TEXT = Dialect(
    space=re.compile(r"(?:\s|#[^\n]*|[\u200b\ufeff])+"),
    number=re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![\w.]))?"),
    signs=PLAIN_SIGNS,
    words=PROSE,
    hints=MappingProxyType(dict.fromkeys("\\$", "This is plain text, not LaTeX: write sigmoid(z), a ⊙ b, W^T.")),
    operand="an operand",
    ending="the formula ends",
    remedy=remedy,
)
LATEX = replace(TEXT, plain=False)
