"""How tight the signs of a formula bind, in LaTeX and in plain text alike: one table for reading and for writing.

From loosest to tightest:

    CONDITIONAL   a if p else b
    OR, AND       conditions
    RELATION      = < ∈ ← and the like, in chains
    RANGE         1..n
    SUM           + - ±
    PRODUCT       * ⊙ × ⊗; the body of a ∑ reaches as far as such a product does
    NEIGHBOUR     neighbours, · @ and /, from left to right: a/b c is (a/b) c as long as nobody objects
    PREFIX        ∂ ∇ √, which take the next operand with the brackets at it
    SCRIPT        _ ^ and primes

So `A b ⊙ c d` is a product of two products, and `∂L/∂a ⊙ ∂a/∂z` of two quotients.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CONDITIONAL, OR, AND, RELATION, RANGE, SUM, PRODUCT, NEIGHBOUR, PREFIX, SCRIPT = range(10)

TERM_SIGNS = ("+", "-", "±", "∓")
LOOSE_JOINTS = ("*", "⊙", "×", "⊗")
TIGHT_JOINTS = ("·", "@", "/")
RELATION_SIGNS = (
    "=", "==", ":=", "=:", "≡", "≈", "≠", "<", "≤", ">", "≥", "≪", "≫", "∈", "∉", "⊂", "←", "→", "∝", "∼",
    "+=", "-=", "*=", "/=",
)  # fmt: skip
PREFIXES = ("∂", "∇", "√")

LEVELS: Mapping[str, int] = MappingProxyType(
    {
        "if": CONDITIONAL, "or": OR, "and": AND, "..": RANGE, "^": SCRIPT, "_": SCRIPT, "'": SCRIPT,
        **dict.fromkeys(RELATION_SIGNS, RELATION),
        **dict.fromkeys(TERM_SIGNS, SUM),
        **dict.fromkeys(LOOSE_JOINTS, PRODUCT),
        **dict.fromkeys(TIGHT_JOINTS, NEIGHBOUR),
        **dict.fromkeys(PREFIXES, PREFIX),
    }
)  # fmt: skip
"""How tight each sign binds."""
