"""What a program makes line by line: `dW = X.T @ dz` and then `dW += reg * W` state one sum, as `*=` a product.

`dz = da` and then `dz[z <= 0] = 0` state one product with an indicator, where z is a pre-activation. What was the
gradient of an activation before is no longer that behind the mask, so there the name is another one from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from symbackprop.notation.claims.leaves import Leaf, leaf_of
from symbackprop.notation.claims.statements import Statement, Unparsed
from symbackprop.notation.surface.tree import Fence, Joint, Node, Number, Product, Relation, Sum

_ADDING: dict[tuple[str, ...], str] = {("+=",): "+", ("-=",): "-"}
_SCALING: dict[tuple[str, ...], Joint] = {("*=",): "*", ("/=",): "/"}
NOT = {"≤": ">", "<": "≥", "≥": "<", ">": "≤", "=": "≠", "==": "≠", "≠": "="}


@dataclass(frozen=True, slots=True)
class Begun:
    """A statement that gives what later statements add to, or change."""

    statement: Statement


Part = Statement | Unparsed | Begun


def accumulated(
    parts: Iterable[Statement | Unparsed], learnt: frozenset[str], joins_mask: Callable[[str], bool]
) -> Iterator[Part]:
    """The parts with what is added up in the last of its statements, and those before as begun.

    What is `learnt` is no sum: `W -= rate * dW` changes W. `joins_mask` tells of a name whether what a mask makes of it
    is what it stands for.
    """
    found: list[Part] = list(parts)
    last: dict[str, int] = {}
    for place, part in enumerate(found):
        if not isinstance(part, Statement):
            continue
        mask = mask_of(part)
        name = mask[0].word if mask is not None else _name(part)
        if name is None or name in learnt:
            continue
        begun = found[last[name]] if name in last else None
        known = isinstance(begun, Statement) and begun.source is part.source
        if mask is not None:
            if known and isinstance(begun, Statement) and joins_mask(name):
                found[last[name]] = Begun(begun)
                found[place] = _under_mask(begun, part, mask[1])
                last[name] = place
            continue
        if known and isinstance(begun, Statement) and (part.signs in _ADDING or part.signs in _SCALING):
            found[last[name]] = Begun(begun)
            found[place] = _joined(begun, part) if part.signs in _ADDING else _scaled(begun, part)
        if part.signs in _ADDING or part.signs in _SCALING or part.signs in (("=",), (":=",)):
            last[name] = place
    yield from found


def _name(statement: Statement) -> str | None:
    """The bare name that a statement of two sides is about."""
    leaf = leaf_of(statement.sides[0])
    return leaf.word if leaf is not None and leaf.bare and len(statement.sides) == 2 else None


def mask_of(statement: Statement) -> tuple[Leaf, Relation] | None:
    """The name and the condition of `dh[h <= 0] = 0`; None for another statement."""
    match statement.sides:
        case (Product(((_, head), ("", Fence("[", Relation() as condition)))), Number(value)) if value == 0:
            leaf = leaf_of(head)
            return (leaf, condition) if leaf is not None and leaf.bare and not leaf.accents else None
    return None


def where_not(value: Node, condition: Relation) -> Node:
    """A value where a condition does not hold, 0 where it does."""
    signs = tuple(NOT.get(sign, sign) for sign in condition.signs)
    otherwise = Fence("(", Relation(condition.operands, signs, condition.span), condition.span)
    return Product((("", value), ("⊙", otherwise)), value.span)


def _under_mask(begun: Statement, masking: Statement, condition: Relation) -> Statement:
    value = Fence("(", begun.sides[-1], begun.sides[-1].span)
    return replace(masking, sides=(begun.sides[0], where_not(value, condition)), signs=("=",))


def _scaled(begun: Statement, scaling: Statement) -> Statement:
    first, factor = begun.sides[-1], scaling.sides[-1]
    parts: tuple[tuple[Joint, Node], ...] = (
        ("", Fence("(", first, first.span)),
        (_SCALING[scaling.signs], Fence("(", factor, factor.span)),
    )
    return replace(scaling, sides=(scaling.sides[0], Product(parts, first.span)), signs=("=",))


def _joined(begun: Statement, added: Statement) -> Statement:
    """The statement with the terms of both, as what the name is in the end."""
    first, term = begun.sides[-1], added.sides[-1]
    terms = [*_terms(first), (_ADDING[added.signs], term)]
    total = Sum(tuple(terms), first.span)
    if _is_zero(first):
        total = Sum(((_ADDING[added.signs], term),), term.span)
    return replace(added, sides=(added.sides[0], total), signs=("=",))


def _terms(node: Node) -> tuple[tuple[str, Node], ...]:
    return node.terms if isinstance(node, Sum) else (("+", node),)


def _is_zero(node: Node) -> bool:
    """Whether a sum begins with `np.zeros_like(W)`."""
    match node:
        case Product(((_, head), (_, Fence("(")))):
            leaf = leaf_of(head)
            return leaf is not None and leaf.word.rpartition(".")[2] in ("zeros", "zeros_like")
    return False
