"""Where a letter may stand for a layer: the marks of a name, and which names have layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from symbackprop.notation.claims.leaves import Leaf
from symbackprop.notation.claims.neighbours import entries_in_brackets
from symbackprop.notation.claims.symbols import Symbols, key
from symbackprop.notation.surface.tree import Fence, Node, Number, walk


def with_brackets(side: Node) -> Iterator[Leaf]:
    """The names of plain text with what stands in brackets behind them as a mark above, `dZ[l]`: it may be a layer."""
    for part in walk(side):
        yield from (replace(leaf, above=(fence,)) for leaf, fence in entries_in_brackets(part) if leaf.bare)


def open_marks(leaf: Leaf) -> Iterator[Node]:
    r"""The marks that may be a layer: none behind a number that is one, as in \((z_3)_l\) and \(z^{(3)}_l\)."""
    if any(isinstance(mark, Fence) and isinstance(mark.body, Number) for mark in leaf.above):
        return
    for marks in (leaf.above, leaf.below):
        yield from takewhile(lambda mark: not isinstance(mark, Number), marks)


def has_layers(leaf: Leaf, tables: Sequence[Symbols]) -> bool:
    """Whether the letter is one that the model numbers by layers, a gradient's, or a function."""
    word = leaf.word.removeprefix("d") if len(leaf.word) > 1 else leaf.word
    stems = (key(word), key(word + "".join(leaf.accents)))
    numbered = any(stem in table.families for table in tables for stem in stems)
    return numbered or word in ("delta", "Delta", "f", "g", "sigma", "phi", "h", "n", "Sigma")
