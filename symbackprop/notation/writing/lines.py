r"""Equations over several lines: a line for each `=`, and a side that is too wide broken before its signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.notation.writing.brackets import bracketed
from symbackprop.notation.writing.generic import Told, in_general
from symbackprop.notation.writing.glyphs import Nomenclature, letter
from symbackprop.notation.writing.latex import spell
from symbackprop.notation.writing.layout import (
    Aligned,
    Brackets,
    Each,
    Hadamard,
    Layout,
    Line,
    Range,
    Row,
    Sign,
    Terms,
    Times,
)
from symbackprop.notation.writing.matrix_layout import Formula, chained, hoisted

Parts = tuple[Layout, ...]

ROOM = 80.0
"""Letters of middle width in a line of 160 mm at 11 pt."""

_SIGN = 2.4  # a sign and the space around it
_QUAD = 2.0  # by which a row is set in that goes on with the side above
_SMALL = 0.7  # of scripts
_LONG = 70  # letters of LaTeX beyond which a chain of equalities has a line for each


def lines(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> Layout:
    """The layout of `a = b = c`, with its brackets: a `Chain` on one line, or `Aligned` where it is long.

    What is long, LaTeX says for every way of spelling.
    """
    sides, indices = hoisted(formulas, names)
    row = bracketed(chained(sides, indices, sign), in_line=False)
    line = spell(row, names.conventions)
    if len(line) <= _LONG or (len(formulas) < 3 and width(line) <= ROOM):
        return row
    return _aligned(sides, _each(indices), names, sign)


def aligned(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> Aligned:
    """`a = b = c` with a line for each `=`; no line wider than the page, if signs allow it."""
    sides, indices = hoisted(formulas, names)
    return _aligned(sides, _each(indices), names, sign)


def _each(indices: Parts) -> Parts:
    return (Each(indices),) if indices else ()


def _aligned(sides: Sequence[Layout], ending: Parts, names: Nomenclature, sign: str) -> Aligned:
    rows = _Rows(names)
    first, *rest = [bracketed(side, in_line=False) for side in sides]
    done: list[Line] = []
    for side in rest:
        head, *more = rows.of(side, ROOM - rows.width([first]) - _SIGN)
        done += [Line("relation", Row(head)), *(Line("continued", Row(row)) for row in more)]
    if ending:
        last = done[-1]
        if rows.width([first, *last.row.parts, *ending]) + (_SIGN if last.kind == "relation" else _QUAD) > ROOM:
            done.append(Line("words", Row(ending)))
        else:
            done[-1] = Line(last.kind, Row((*last.row.parts, *ending)))
    return Aligned(first, sign, tuple(done))


def block(equations: Sequence[Sequence[Formula]], names: Nomenclature, sign: str = "=") -> Layout:
    """Equations under each other, aligned at the sign, those of alike layers once; a single one as it stands alone."""
    if len(equations) == 1:
        return lines(equations[0], names, sign)
    sides = [hoisted(equation, names) for equation in equations]
    first, *rest = [
        _general(told, sides[told.at][1], names, sign) for told in in_general([s for s, _ in sides], names.layer)
    ]
    done = list(first.lines)
    for each in rest:
        begun, *more = each.lines
        done += [Line(begun.kind, begun.row, each.left), *more]
    return Aligned(first.left, sign, tuple(done))


def _general(told: Told, indices: Parts, names: Nomenclature, sign: str) -> Aligned:
    over = () if told.over is None else (Range(letter(told.over.letter), told.over.first, told.over.last),)
    return _aligned(told.layouts, (*_each(indices), *over), names, sign)


def latex_lines(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> str:
    """`a = b = c` on one line, or over several where it is long."""
    return spell(lines(formulas, names, sign), names.conventions)


def latex_aligned(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> str:
    """`a = b = c` with a line for each `=`, in an `aligned` block."""
    return spell(aligned(formulas, names, sign), names.conventions)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one side of an equation, whose layout has its brackets already."""

    names: Nomenclature

    def width(self, parts: Sequence[Layout]) -> float:
        return width(spell(Row(tuple(parts)), self.names.conventions))

    def of(self, side: Layout, room: float) -> list[Parts]:
        """As few rows as do, each after the first beginning with a sign: broken between terms, also in brackets."""
        fits = self.width([side]) <= room
        if not fits and isinstance(side, Terms):
            return self._terms(side.items, room)
        if not fits and isinstance(side, Times | Hadamard):
            places = [n for n, f in enumerate(side.factors) if isinstance(f, Brackets) and isinstance(f.of, Terms)]
            if places:
                return self._product(side, max(places, key=lambda n: self.width([side.factors[n]])), room)
        return [(side,)]

    def _product(self, side: Times | Hadamard, place: int, room: float) -> list[Parts]:
        entrywise = isinstance(side, Hadamard)
        sign, fence = Sign(self.names.conventions.hadamard if entrywise else "thin"), Sign("")
        before = [part for factor in side.factors[:place] for part in (factor, sign)]
        after = [part for factor in side.factors[place + 1 :] for part in (sign, factor)]
        if before and not entrywise:
            before[-1] = fence
        inner = side.factors[place].of  # type: ignore[attr-defined]
        head, *more = self._terms(inner.items, room - self.width(before[:-1]) - _SIGN)
        if not more:
            return [(side,)]
        return [(*before, Sign("(", "big"), *head), *more[:-1], (*more[-1], Sign(")", "big"), *after)]

    def _terms(self, items: Sequence[tuple[int, Layout]], room: float) -> list[Parts]:
        rows: list[Parts] = []
        for sign, item in items:
            head, *more = self.of(item, room - _SIGN)
            mark = Sign("-" if sign < 0 else "+")
            if rows and not more and self.width(rows[-1]) + self.width(head) + _SIGN <= room:
                rows[-1] += (mark, *head)
            elif rows:
                rows += [(mark, *head), *more]
            else:
                rows = [(Sign("-", "prefix"), *head) if sign < 0 else head, *more]
        return rows


_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_NOTHING = {r"\left", r"\right", r"\bigl", r"\bigr", r"\biggl", r"\biggr", r"\,", "&", "{", "}"}
_WIDE = {r"\sum": 2.5, r"\max": 3.5, r"\quad": _QUAD, r"\mathrm": 0.0, r"\mathbf": 0.0, r"\mathop": 0.0, r"\text": 0.0}
_RELATIONS = {"=", "+", "-", "<", ">", r"\odot", r"\ast", r"\times", r"\le", r"\ge", r"\cdot"}


def width(latex: str) -> float:
    """About how wide a formula is, in letters of middle width."""
    return _width(_TOKEN.findall(latex))


def _width(tokens: list[str]) -> float:
    total, place, script = 0.0, 0, 0.0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token in ("_", "^"):
            inner, place = _group(tokens, place)
            total += max(_SMALL * _width(inner) - script, 0.0)  # below and above each other
            script = _SMALL * _width(inner)
            continue
        script = 0.0
        if token == r"\frac":
            top, place = _group(tokens, place)
            bottom, place = _group(tokens, place)
            total += max(_width(top), _width(bottom))
        elif token in _RELATIONS:
            total += _SIGN
        elif token not in _NOTHING and not token.isspace():
            total += _WIDE.get(token, 1.0)
    return total


def _group(tokens: list[str], place: int) -> tuple[list[str], int]:
    """The tokens of the group in braces that begins here, or the one token, and where it ends."""
    if tokens[place] != "{":
        return tokens[place : place + 1], place + 1
    depth = 0
    for end in range(place, len(tokens)):
        depth += (tokens[end] == "{") - (tokens[end] == "}")
        if depth == 0:
            return tokens[place + 1 : end], end + 1
    return tokens[place + 1 :], len(tokens)
