"""Gradients that a program adds up line by line: `dW = X.T @ dz` and then `dW += reg * W` state one sum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from symbackprop.notation.claims.leaves import leaf_of
from symbackprop.notation.claims.statements import Statement, Unparsed
from symbackprop.notation.surface.tree import Fence, Node, Product, Sum

_ADDING: dict[tuple[str, ...], str] = {("+=",): "+", ("-=",): "-"}


@dataclass(frozen=True, slots=True)
class Begun:
    """A statement that gives the first terms of a sum to which later statements add."""

    statement: Statement


Part = Statement | Unparsed | Begun


def accumulated(parts: Iterable[Statement | Unparsed], learnt: frozenset[str]) -> Iterator[Part]:
    """The parts with what is added up in the last of its statements, and those before as begun.

    What is `learnt` is no sum: `W -= rate * dW` changes W.
    """
    found: list[Part] = list(parts)
    last: dict[str, int] = {}
    for place, part in enumerate(found):
        if not isinstance(part, Statement) or (name := _name(part)) is None or name in learnt:
            continue
        begun = found[last[name]] if name in last else None
        if part.signs in _ADDING and isinstance(begun, Statement) and begun.source is part.source:
            found[last[name]] = Begun(begun)
            found[place] = _joined(begun, part)
        if part.signs in _ADDING or part.signs in (("=",), (":=",)):
            last[name] = place
    yield from found


def _name(statement: Statement) -> str | None:
    """The bare name that a statement of two sides is about."""
    leaf = leaf_of(statement.sides[0])
    return leaf.word if leaf is not None and leaf.bare and len(statement.sides) == 2 else None


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
