r"""New values of what is learnt by names of their own, \(w^+\), `w_new`, \(w_{t+1}\), beside \(w\) or \(w_t\)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from symbackprop.notation.claims.leaves import Leaf, leaf_of, leaves_in, shift_of
from symbackprop.notation.claims.printed import is_printed
from symbackprop.notation.claims.statements import Statement, is_update
from symbackprop.notation.surface.tree import Node, Scripted, Sum, Text, Word, rewritten

_NEW = ("+", "new", "next", "updated")
_OLD = ("-", "old", "prev", "current")


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
