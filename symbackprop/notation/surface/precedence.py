"""How tight the signs of a formula bind, in LaTeX, in plain text and in model files alike.

From loosest to tightest:

    or, and         conditions
    relations       = < ∈ ← and the like, in chains
    conditionals    a if p else b
    ranges          1..n
    terms           + - ±
    loose joints    * ⊙ × ⊗; the body of a ∑ reaches as far as such a product does
    tight joints    neighbours, · @ and /, from left to right: a/b c is (a/b) c as long as nobody objects
    prefixes        ∂ ∇ √, which take the next operand with the brackets at it
    scripts         _ ^ and primes

So `A b ⊙ c d` is a product of two products, and `∂L/∂a ⊙ ∂a/∂z` of two quotients.
"""

from __future__ import annotations

TERM_SIGNS = frozenset({"+", "-", "±", "∓"})
LOOSE_JOINTS = frozenset({"*", "⊙", "×", "⊗"})
TIGHT_JOINTS = frozenset({"·", "@", "/"})
RELATION_SIGNS = frozenset({
    "=", "==", ":=", "=:", "≡", "≈", "≠", "<", "≤", ">", "≥", "≪", "≫", "∈", "∉", "⊂", "←", "→", "∝", "∼",
    "+=", "-=", "*=", "/=",
})  # fmt: skip
BINARY_SIGNS = TERM_SIGNS | LOOSE_JOINTS | TIGHT_JOINTS
