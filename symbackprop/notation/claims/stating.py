"""Which statements are about tensors: neither those of shapes alone nor those of the values of an index."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.notation.claims.accumulation import Begun
from symbackprop.notation.claims.leaves import is_letter, leaf_of, leaves_in, marks_of
from symbackprop.notation.claims.statements import Statement, Unparsed
from symbackprop.notation.claims.symbols import Symbols, key
from symbackprop.notation.surface.tree import Fence, Node, Number, Product, Range, walk


def states(part: Statement | Unparsed | Begun, tables: Sequence[Symbols]) -> bool:
    """Whether a statement is about tensors: not of shapes alone, `(h×n)(n×1) = h×1`, nor a range, `l = 2, 3`."""
    if not isinstance(part, Statement):
        return True
    leaves = [leaf for side in part.sides for leaf in leaves_in(side)]
    sizes = {key(name) for table in tables for name in table.sizes}
    if all(key("_".join((leaf.word, *marks_of(leaf.below)))) in sizes for leaf in leaves):
        return not any(_has_cross(side) for side in part.sides) and not _is_range(part, tables)
    return not _is_range(part, tables)


def _has_cross(side: Node) -> bool:
    crossed = any(isinstance(part, Product) and any(j == "×" for j, _ in part.factors) for part in walk(side))
    return crossed or isinstance(side, Fence | Number)


def _is_range(statement: Statement, tables: Sequence[Symbols]) -> bool:
    """Whether a statement gives the values of an index or a size: `l = 2, 3`, `i = 1, …, n`, `m = 1`."""
    first, *others = statement.sides
    leaf = leaf_of(first)
    if leaf is None or not leaf.bare or leaf.accents or any(table.named(leaf.word) is not None for table in tables):
        return False
    is_size = any(leaf.word in table.sizes for table in tables)
    if not is_size and not (is_letter(leaf.word) and leaf.word.islower()):
        return False
    whole = {name for table in tables for name in table.sizes}
    plain = all(all(inner.word in whole for inner in leaves_in(side)) for side in others)
    return plain and all(not isinstance(side, Number) or side.value.denominator == 1 for side in others) and (
        is_size or statement.rest is not None or isinstance(others[-1], Number | Range)
    )  # fmt: skip
