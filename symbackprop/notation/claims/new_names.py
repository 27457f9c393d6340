"""Names that a note may give to something: those that the model does not have, or leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.model.model import Model
from symbackprop.notation.claims.leaves import Leaf, leaf_of, marks_of
from symbackprop.notation.claims.symbols import Symbols, key
from symbackprop.notation.claims.updates import RATES
from symbackprop.notation.surface.tree import Fence, Node, Number, Product


def is_named(leaf: Leaf, table: Symbols) -> bool:
    """Whether the model itself has a tensor of that name."""
    return table.named(leaf.word, *leaf.accents) is not None


def has_powers(leaf: Leaf) -> bool:
    """Whether a name has a number above it, which may be an exponent."""
    return any(isinstance(mark, Number) for mark in leaf.above)


def is_open_rate(leaf: Leaf, tables: Sequence[Symbols]) -> bool:
    """Whether a letter could be a learning rate and is nothing else, so that a note may define it: γ = α/r."""
    return leaf.bare and leaf.word in RATES and all(table.named(leaf.word) is None for table in tables)


def change_of(side: Node, tables: Sequence[Symbols]) -> Leaf | None:
    """The name ΔW of a change of something that the model does not have."""
    if not isinstance(side, Product) or len(side.factors) != 2:
        return None
    head, target = (leaf_of(part) for _, part in side.factors)
    if head is None or target is None or head.word != "Delta" or not head.bare or not target.word.isalpha():
        return None
    known = any(table.named(target.word, *marks_of(target.below)) or target.word in table.families for table in tables)
    return None if known else replace(target, word=f"change_{target.word}", span=side.span)


def open_function(side: Node, model: Model) -> str | None:
    """The function that a side applies to something, where the model gives it no formula: σ(x) of `function σ(x)`."""
    match side:
        case Product(((_, head), (joint, Fence("(")))) if joint == "":
            leaf = leaf_of(head)
            word = "" if leaf is None else leaf.word
            known = model.functions.get(word) or model.functions.get(key(word))
            return known.name if known is not None and known.expression is None else None
    return None
