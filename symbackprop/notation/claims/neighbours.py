"""Rows of neighbours as they are written: what stands right behind a factor, brackets, indices and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from symbackprop.notation.claims.leaves import Leaf, leaf_of
from symbackprop.notation.surface.tree import Fence, Joint, Logic, Node, Product, Relation

Row = tuple[tuple[Joint, Node], ...]
_JOINTS = ("", "·", "@")


def fence_behind(row: Row) -> Fence | None:
    if len(row) > 1 and row[1][0] == "" and isinstance(row[1][1], Fence) and row[1][1].opening in ("(", "[", "{"):
        return row[1][1]
    return None


def entries_in_brackets(node: Node) -> Iterator[tuple[Leaf, Fence]]:
    """The names of a product with brackets right behind them, `dZ[l]`, `W[i,j]`, each with these."""
    for (_, head), (joint, fence) in pairwise(node.factors) if isinstance(node, Product) else ():
        leaf = leaf_of(head)
        if leaf is not None and joint == "" and isinstance(fence, Fence) and fence.opening == "[" and fence.tight:
            yield leaf, fence


def neighbours_of(row: Row) -> Row:
    """The first factor and those that stand right behind it."""
    count = 1
    while count < len(row) and row[count][0] in _JOINTS:
        count += 1
    return row[:count]


def is_condition(node: Node) -> bool:
    return isinstance(node, Relation | Logic)


def is_indices(factor: tuple[Joint, Node]) -> bool:
    """Whether brackets behind a name are its indices."""
    joint, node = factor
    return (
        joint == "" and isinstance(node, Fence) and node.opening == "[" and node.tight and not is_condition(node.body)
    )
