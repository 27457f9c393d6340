"""Tokens: what a lexer hands to the parser. Plain text has one lexer, other notations may have theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symbackprop.notation.reading.source import Span

Kind = Literal["name", "number", "operator", "newline", "end"]

TRANSPOSE = "ᵀ"
HADAMARD = "⊙"
DOT = "·"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the input. `text` is its canonical form (`λ` is `lambda`), `span` the place where it was written."""

    kind: Kind
    text: str
    span: Span

    def is_operator(self, *texts: str) -> bool:
        return self.kind == "operator" and self.text in texts

    def is_word(self, *texts: str) -> bool:
        return self.kind == "name" and self.text in texts
