r"""Dots that leave out what anyone can fill in: \(w_1 x_1 + \dots + w_n x_n\), a column, a row or a matrix of entries.

What is meant is told by the terms before and behind the dots, which must be the same but for one number. Between
layers, \(\Sigma'(z^l) (W^{l+1})^T \cdots \Sigma'(z^{L-1}) (W^L)^T\), the factors are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from symbackprop.notation.surface.tree import (
    Big,
    Dots,
    Fence,
    Joint,
    Listing,
    Node,
    Number,
    Relation,
    Rows,
    Sum,
    Word,
    rewritten,
)

LETTERS = ("ι", "κ")
"""The letters of the indices that dots leave out, which nobody writes."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Terms alike but for an index: the term at `letter`, the first and the last value, None for the whole range.

    The term of a matrix is a row, a sequence in its turn.
    """

    term: Node | Sequence
    letter: str
    low: Node
    high: Node | None


def as_sum(node: Sum) -> Sum:
    """A sum whose dots are a sum over an index; as it is where they are not told."""
    place = next((at for at, (_, term) in enumerate(node.terms) if isinstance(term, Dots)), None)
    if place is None:
        return node
    sign = node.terms[place][0]
    first = place
    while first and node.terms[first - 1][0] == sign:
        first -= 1
    last = node.terms[place + 1 : place + 2]
    for start in range(first, place):
        before = [term for _, term in node.terms[start:place]]
        for behind in ([term for s, term in last if s == sign], []):
            found = _sequence([*before, Dots(node.terms[place][1].span), *behind], 0)
            if found is not None:
                rest = node.terms[place + 1 + len(behind) :]
                return replace(node, terms=(*node.terms[:start], (sign, _big(found, node)), *rest))
    return node


def _big(found: Sequence, node: Node) -> Big:
    letter = Word(found.letter, node.span)
    assert not isinstance(found.term, Sequence)  # that is of matrices alone
    if found.high is None:
        return Big("sum", letter, None, found.term, node.span)
    return Big("sum", Relation((letter, found.low), ("=",), node.span), found.high, found.term, node.span)


def as_entries(node: Fence | Rows) -> Sequence | None:
    """A row or a column with dots as its entry at an index; of a matrix, whose term is a sequence in its turn."""
    match node:
        case Fence(_, Listing(items, separators)) if set(separators) <= {",", ";"}:
            return _sequence(list(items), 0)
        case Rows(kind, rows) if kind != "cases" and all(len(row) == 1 for row in rows):
            return _sequence([row[0] for row in rows], 0)
        case Rows(kind, (row,)) if kind != "cases":
            return _sequence(list(row), 0)
    return None


def as_matrix(node: Rows) -> Sequence | None:
    """A matrix with dots as its entry at two indices."""
    rows = [row for row in node.rows if not all(isinstance(cell, Dots) for cell in row)]
    if node.kind == "cases" or len(rows) < 2 or len(rows) == len(node.rows) or any(len(row) < 2 for row in rows):
        return None
    inner = [_sequence(list(row), 1) for row in rows]
    first, last = inner[0], inner[-1]
    if first is None or last is None or _alike(first.low, last.low) is None:
        return None
    at = next(at for at, row in enumerate(node.rows) if all(isinstance(cell, Dots) for cell in row))
    terms = [found.term for found in inner if found is not None]
    outer = _sequence([*terms[:at], Dots(node.span), *terms[at:]], 0)
    return None if outer is None else replace(outer, term=replace(first, term=outer.term))


def _sequence(terms: list[Any], depth: int) -> Sequence | None:
    """What terms with dots among them go through; None where they are not alike but for an index that counts up."""
    places = [at for at, term in enumerate(terms) if isinstance(term, Dots)]
    if len(places) != 1 or not places[0]:
        return None
    before, behind = terms[: places[0]], terms[places[0] + 1 :]
    if len(behind) > 1 or (not behind and len(before) < 2):
        return None
    other = behind[0] if behind else before[1]
    found = _general(before[0], other, LETTERS[depth])
    if found is None:
        return None
    term, low, high = found
    for step, said in enumerate(before):
        if not isinstance(low, Number) or _alike(_at(term, LETTERS[depth], _plus(low, step)), said) is None:
            return None
    return Sequence(term, LETTERS[depth], low, high if behind else None)


def _plus(low: Number, step: int) -> Number:
    value = low.value + step
    return Number(value, str(value), low.span)


def _at(term: Node, letter: str, value: Node) -> Node:
    return rewritten(term, lambda part: value if isinstance(part, Word) and part.text == letter else None)


def _general(first: Node, last: Node, letter: str) -> tuple[Node, Node, Node] | None:
    """A term with a letter where two differ, and what stands there in each; None where they differ otherwise."""
    found: list[tuple[Node, Node]] = []

    def differing(one: Node, other: Node) -> Node | None:
        if not isinstance(one, Number) or not isinstance(other, Number | Word | Sum):
            return None
        if found and (_alike(found[0][0], one) is None or _alike(found[0][1], other) is None):
            return None
        found.append((one, other))
        return Word(letter, one.span)

    term = _alike(first, last, differing)
    return (term, *found[0]) if term is not None and found else None


def _alike(one: Any, other: Any, differing: Callable[[Node, Node], Node | None] | None = None) -> Any:
    """The tree that both are, places in the text aside, with what `differing` makes of parts that differ; else None."""
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        parts = [_alike(a, b, differing) for a, b in zip(one, other, strict=True)]
        return None if any(part is None for part in parts) else tuple(parts)
    if isinstance(one, Number) and isinstance(other, Number) and one.value == other.value:
        return one
    if isinstance(one, Node) and isinstance(other, Node):
        same = type(one) is type(other) and not isinstance(one, Number)
        made = _alike_records(one, other, differing) if same else None
        return made if made is not None or differing is None else differing(one, other)
    return one if one == other and one is not None else None


def _alike_records(one: Node, other: Node, differing: Callable[[Node, Node], Node | None] | None) -> Node | None:
    changed: dict[str, Any] = {}
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("span", "tight") or (a is None and b is None):
            continue
        made = _alike(a, b, differing)
        if made is None:
            return None
        changed[field.name] = made
    return replace(one, **changed)


# ---------------------------------------------------------------------------------------------------- between layers


Factors = tuple[tuple[Joint, Node], ...]
Layer = Callable[[Node], int | str | None]
"""The number that a mark stands for as a layer."""


def written_out(factors: Factors, layer: Layer) -> Factors | None:
    """The factors with those that dots between layers leave out; None where it is not told which these are.

    As many factors before the dots as behind them are alike but for their layers.
    """
    place = next((at for at, (_, part) in enumerate(factors) if isinstance(part, Dots)), None)
    if place is None:
        return None
    for count in range(min(place, len(factors) - place - 1), 0, -1):
        first, last = factors[place - count : place], factors[place + 1 : place + 1 + count]
        found = _step(first, last, layer)
        if found is None:
            continue
        marks, step = found
        if step == 0:  # the first of the layers is the last one
            return (*factors[:place], *factors[place + 1 + count :])
        sign = 1 if step > 0 else -1
        between = (_further(first, marks, sign * number, layer) for number in range(1, abs(step)))
        return (*factors[:place], *(factor for run in between for factor in run), *factors[place + 1 :])
    return None


def _step(first: Factors, last: Factors, layer: Layer) -> tuple[frozenset[Node], int] | None:
    """The marks at which two rows of factors differ, and by how many layers; None where they differ otherwise."""
    marks: dict[Node, int] = {}

    def differing(one: Node, other: Node) -> Node | None:
        a, b = _number(one, layer), _number(other, layer)
        if not isinstance(a, int) or not isinstance(b, int):
            return None
        marks[one] = b - a
        return one

    alike = _alike(tuple(part for _, part in first), tuple(part for _, part in last), differing)
    steps = set(marks.values())
    return (frozenset(marks), steps.pop()) if alike is not None and len(steps) == 1 else None


def _number(mark: Node, layer: Layer) -> int | str | None:
    if isinstance(mark, Number):
        return int(mark.value) if mark.value.denominator == 1 else None
    return layer(mark)


def _further(run: Factors, marks: frozenset[Node], step: int, layer: Layer) -> Iterator[tuple[Joint, Node]]:
    """The factors some layers further on."""

    def further(part: Node) -> Node | None:
        number = _number(part, layer) if part in marks else None
        if not isinstance(number, int):
            return None
        return Number(Fraction(number + step), str(number + step), part.span)

    for joint, part in run:
        yield joint, rewritten(part, further)
