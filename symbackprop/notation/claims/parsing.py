r"""A note's passages to its statements, each with the conditions that the words around it state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from symbackprop.errors import NotationError, SymbackpropError
from symbackprop.notation.claims.cases import with_spoken_cases, with_systems
from symbackprop.notation.claims.conditions import Spoken, is_behind, is_range, spoken
from symbackprop.notation.claims.statements import Statement, Unparsed, statements_of
from symbackprop.notation.claims.tables import stated_in_row
from symbackprop.notation.notes.passages import Part, Passage, TableRow, Unclosed
from symbackprop.notation.surface.grammar import parse
from symbackprop.notation.surface.macros import Macro, macros_of

_COUNTED = re.compile(r"[A-Za-z](?:_\{?\w\}?)?")
_COUNT = re.compile(r"= *\d+")


def parsed(parts: Iterable[Part]) -> Iterator[Statement | Unparsed]:
    """The statements of a note; one waits until what stands behind it is known, for that may be its condition."""
    before: Statement | None = None
    last: Statement | None = None
    formula: Passage | None = None
    condition: Spoken | None = None
    macros: dict[str, tuple[Macro, ...]] = {}
    for part in parts:
        if isinstance(part, TableRow | Unclosed):
            yield from () if last is None else (last,)
            last = None
            yield from stated_in_row(part) if isinstance(part, TableRow) else (_unclosed(part),)
            continue
        passage, formula_before, formula = part, formula, part
        if is_range(passage) or (formula_before is not None and _is_count(formula_before, passage)):
            continue
        try:
            known = (
                macros.setdefault(passage.source.name, macros_of(passage.source)) if passage.markup == "latex" else ()
            )
            pieces = parse(passage.source, passage.span, passage.markup, known)
        except SymbackpropError as error:
            if _is_sign(passage):
                continue
            yield from () if last is None else (last,)
            last = None
            yield Unparsed(passage, passage.span, error)
            continue
        if (said := spoken(passage, pieces)) is not None:
            if last is not None and is_behind(passage, last.passage):
                last = replace(last, conditions=(*last.conditions, said.condition))
            else:
                condition = said
            continue
        condition = condition if condition is not None and condition.reaches(passage) else None
        for found in statements_of(passage, with_spoken_cases(with_systems(pieces)), before):
            yield from () if last is None else (last,)
            last = None
            if not isinstance(found, Statement):
                yield found
                continue
            if condition is not None:
                found = replace(found, conditions=(condition.condition, *found.conditions))
                condition = replace(condition, last=passage, used=True)
            last = before = found
    yield from () if last is None else (last,)


def _is_sign(passage: Passage) -> bool:
    r"""Whether a formula is a sign by itself, of which the sentence speaks: \(\odot\), \(\top\). It states nothing."""
    return (
        re.fullmatch(r"\\[A-Za-z]+|[^\w\s]", passage.source.text[passage.span.start : passage.span.end].strip())
        is not None
    )


def _unclosed(part: Unclosed) -> Unparsed:
    return Unparsed(Passage(part.source, part.span, "latex", "display"), part.span, _never_closed(part))


def _is_count(formula: Passage, passage: Passage) -> bool:
    """Whether a sentence goes on from a letter, perhaps with a mark, with a whole number: `$n$ = 1`."""
    letter, number = (part.source.written(part.span).strip() for part in (formula, passage))
    near = formula.source is passage.source and 0 <= passage.span.start - formula.span.end <= 4
    return passage.markup == "text" and near and bool(_COUNTED.fullmatch(letter) and _COUNT.fullmatch(number))


def _never_closed(part: Unclosed) -> NotationError:
    return NotationError(
        f"this {part.opening} is never closed",
        where=part.source.locate(part.span),
        fix=f"Close it with {part.closing}.",
        name=part.opening,
    )
