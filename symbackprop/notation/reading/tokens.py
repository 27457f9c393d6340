"""Tokens: what a lexer hands to the parser. Plain text has one lexer, other notations may have theirs.

Claims have more of them than models. Whatever the notation they come from, their parser expects

    dW1  W_bar  y_hat  delta1          names; a Greek letter by its name, a bar or a hat as a suffix, W̄1 as W1_bar
    W ^ { [ 1 ] } _ { i j }            scripts, in any order, in braces or of one token: W ^ [ 1 ], z ^ ( 1 ), x _ i
    ∂ L / ∂ W1 [ i , j ]               a derivative: no brackets round ∂ L and ∂ W1, but round both if they are a factor
    ∇ _ { W1 } L
    sum _ { j = 1 } ^ { n } body       also sum _ j, sum _ { i , j }, sum _ { j = 1 .. n }; max and argmax likewise
    sigma ' ( z1 )    W3 '    W3 ᵀ     a derivative by a prime, a transpose
    1 _ m    I _ n    1 _ { h * m }    ones, the identity
    1 [ z > 0 ]    [ p >= u ]          indicators, with = and != too
    { x if p ; y otherwise }           cases
    a ^ ⊙ 2    ‖ W ‖ ^ 2    | x |      powers of entries, norms, absolute values
    W := W - alpha dW    a ≈ b         updates; ≈ is refused by name
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symbackprop.notation.source import Span

Kind = Literal["name", "number", "operator", "newline", "end"]

TRANSPOSE = "ᵀ"
BY_WAY_OF = "|_"  # what stands behind it is a tensor by way of which a part of an adjoint comes
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
