r"""Updates of what is learnt: up or down, by its change, or from an old value to a new one, \(w^+\) or `w_new`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from symbackprop.algebra.symbols import is_adjoint, primal
from symbackprop.errors import NotationError
from symbackprop.notation.claims.leaves import Leaf, leaf_of, leaves_in, shift_of
from symbackprop.notation.claims.printed import is_printed
from symbackprop.notation.claims.statements import Statement, is_update
from symbackprop.notation.claims.symbols import LEARNING_RATES
from symbackprop.notation.reading import syntax
from symbackprop.notation.surface.tree import Node, Number, Product, Scripted, Sum, Text, Word, rewritten

RATES = frozenset(LEARNING_RATES)
_NEW = ("+", "new", "next", "updated")
_OLD = ("-", "old", "prev", "current")
_ASCENT, _DESCENT = re.compile(r"\bascent\b", re.I), re.compile(r"\bdescent\b|\bminimi[sz]", re.I)
_MAXIMAL = re.compile(r"\bmaximi[sz]", re.I)


def with_old_names(statement: Statement, rates: Collection[str]) -> Statement:
    """An update of `w_new` by `w_old`, or of \\(w_{t+1}\\) by \\(w_t\\), as one of w; other statements as they are.

    So is a chain, `w_new = w - η dw = 0.38`: there the new value has a name, and what it is is judged. It is an update
    where η is one of the `rates` that have no value.
    """
    target = leaf_of(statement.sides[0])
    if target is None or is_update(statement):
        return statement
    if len(statement.sides) != 2 and not _is_at_open_rate(statement, rates):
        return statement
    value = statement.sides[1]
    old = leaf_of(value.terms[0][1]) if isinstance(value, Sum) and value.terms[0][0] == "+" else None
    if old is None:
        return statement
    plain = _without(target, old)
    if plain is None:
        return statement

    def named(part: Node) -> Node | None:
        leaf = leaf_of(part)
        return (
            plain
            if leaf is not None and (leaf.word, leaf.below, leaf.above) == (old.word, old.below, old.above)
            else None
        )

    sides = tuple(rewritten(side, named) for side in statement.sides[1:])
    return replace(statement, sides=(plain, *sides), signs=(":=", *statement.signs[1:]))


def _is_at_open_rate(statement: Statement, rates: Collection[str]) -> bool:
    """Whether a chain ends with a number that depends on a rate without a value."""
    if len(statement.sides) != 3 or not is_printed(statement.sides[2]):
        return False
    return any(leaf.bare and leaf.word in rates for leaf in leaves_in(statement.sides[1]))


def _without(target: Leaf, old: Leaf) -> Node | None:
    """The name that the new and the old value share; None where they are no two values of one name."""
    new_word, new_below, new_above, is_new = _parted(target, _NEW)
    old_word, old_below, old_above, _ = _parted(old, _OLD)
    if new_word != old_word or target.accents != old.accents or target.primes:
        return None
    same = _texts(new_below) == _texts(old_below) and _texts(new_above) == _texts(old_above)
    if is_new and same:
        return _named(old, old_word, old_below, old_above)
    steps = [
        (a, b) for a, b in zip((*target.below, *target.above), (*old.below, *old.above), strict=False) if _steps(a, b)
    ]
    marks = len(target.below) == len(old.below) and len(target.above) == len(old.above)
    if marks and len(steps) == 1:
        left = steps[0][1]
        return _named(
            old, old.word, tuple(m for m in old.below if m is not left), tuple(m for m in old.above if m is not left)
        )
    return None


def _steps(new: Node, old: Node) -> bool:
    after, before = shift_of(new), shift_of(old)
    return after is not None and before is not None and after[0] == before[0] and after[1] == before[1] + 1


def _parted(leaf: Leaf, marks: tuple[str, ...]) -> tuple[str, tuple[Node, ...], tuple[Node, ...], bool]:
    """The word and the marks of a leaf without that of a new or an old value, and whether there was one."""
    word = next((leaf.word.removesuffix(f"_{mark}") for mark in marks if leaf.word.endswith(f"_{mark}")), leaf.word)
    below = tuple(mark for mark in leaf.below if _text(mark) not in marks)
    above = tuple(mark for mark in leaf.above if _text(mark) not in marks)
    return word, below, above, (word, below, above) != (leaf.word, leaf.below, leaf.above)


def _text(mark: Node) -> str:
    return mark.text.strip() if isinstance(mark, Word | Text) else ""


def _texts(marks: tuple[Node, ...]) -> tuple[str, ...]:
    return tuple(str(getattr(mark, "text", getattr(mark, "written", mark))) for mark in marks)


def _named(leaf: Leaf, word: str, below: tuple[Node, ...], above: tuple[Node, ...]) -> Node:
    base = Word(word, leaf.span, leaf.font)
    return Scripted(base, below, above, 0, leaf.span) if below or above else base


def is_ascent(statement: Statement) -> bool:
    """Whether the words around an update speak of ascent, the nearest first; or of what a step up maximises."""
    passage, new = statement.passage, statement.sides[1]
    rises = isinstance(new, Sum) and [sign for sign, _ in new.terms] == ["+", "+"]
    for words in (f"{passage.before} {passage.after}", *reversed(passage.headings)):
        if _DESCENT.search(words):
            return False
        if _ASCENT.search(words) or (rises and _MAXIMAL.search(words)):
            return True
    return False


def is_change(statement: Statement) -> bool:
    """`ΔW = -η ∂L/∂W`: the change of a parameter, by a learning rate."""
    head = statement.sides[0]
    first = leaf_of(head.factors[0][1]) if isinstance(head, Product) else leaf_of(head)
    names = {leaf.word for side in statement.sides[1:] for leaf in leaves_in(side)}
    return first is not None and first.word.startswith("Delta") and bool(names & RATES)


def with_rate(nodes: list[syntax.Node], statement: Statement, known: Collection[str]) -> list[syntax.Node]:
    """The sides of a change of a parameter as those of its update; elsewhere one that is not `known` has no value.

    Raises:
        NotationError: one side has a learning rate, and another has none.
    """
    if is_change(statement):
        target = nodes[0]
        name = target.base if isinstance(target, syntax.Subscript) else target
        if isinstance(name, syntax.Name) and is_adjoint(name.name):
            plain = syntax.Name(primal(name.name), name.span)
            whole = (
                syntax.Subscript(plain, target.indices, target.span) if isinstance(target, syntax.Subscript) else plain
            )
            return [whole, *(syntax.Addition((("+", whole), ("+", node)), node.span) for node in nodes[1:])]
    if is_update(statement):
        return nodes
    open_rates = RATES - set(known)
    rates = [{name.name for name in syntax.names_in(node)} & open_rates for node in nodes]
    own = set.intersection(*rates) if rates else set()
    lone = next((rate for found in rates for rate in found - own), None)
    if lone is not None and _is_number(statement.sides):
        raise NotationError(
            f"{lone} has no value here",
            where=statement.where,
            because="The model has no such name, so nothing can be compared with a number.",
            fix=f"Declare it in the model: {lone} = 0.5.",
            name=lone,
        )
    return nodes


def _is_number(sides: Sequence[Node]) -> bool:
    return any(isinstance(side, Number) for side in sides)
