r"""Equations over several lines: a line for each `=`, and a side that is too wide broken before its signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.notation.writing.brackets import bracketed
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.latex import HADAMARDS, SIGNS, for_each, latex_chain, spell
from symbackprop.notation.writing.layout import Brackets, Hadamard, Layout, Terms, Times
from symbackprop.notation.writing.matrix_layout import Formula, hoisted

ROOM = 80.0
"""Letters of middle width in a line of 160 mm at 11 pt."""

_SIGN = 2.4  # a sign and the space around it
_SMALL = 0.7  # of scripts
_LONG = 70  # letters of LaTeX beyond which a chain of equalities has a line for each


def latex_lines(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> str:
    """`a = b = c` on one line, or over several where it is long."""
    line = latex_chain(formulas, names, sign)
    if len(line) <= _LONG or (len(formulas) < 3 and width(line) <= ROOM):
        return line
    return latex_aligned(formulas, names, sign)


def latex_aligned(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> str:
    """`a = b = c` with a line for each `=`, in an `aligned` block; no line wider than the page, if signs allow it."""
    sides, indices = hoisted(formulas, names)
    rows = _Rows(names)
    first, *rest = [bracketed(side, in_line=False) for side in sides]
    left, mark, ending = rows.spelled(first), SIGNS.get(sign, sign), for_each(indices)
    lines: list[str] = []
    for side in rest:
        head, *more = rows.of(side, ROOM - width(left) - _SIGN)
        lines += [f"&{mark} {head}", *(rf"&\quad {row}" for row in more)]
    if ending and width(left) + width(lines[-1]) + width(ending) > ROOM:
        lines.append("&" + ending)
    else:
        lines[-1] += ending
    return aligned([f"{left} {lines[0]}", *lines[1:]])


def latex_block(equations: Sequence[Sequence[Formula]], names: Nomenclature, sign: str = "=") -> str:
    """Several equations under each other, aligned at the sign; a single one alone."""
    if len(equations) == 1:
        return latex_lines(equations[0], names, sign)
    rows, mark = _Rows(names), SIGNS.get(sign, sign)
    lines: list[str] = []
    for equation in equations:
        sides, indices = hoisted(equation, names)
        left, *rest = [bracketed(side, in_line=False) for side in sides]
        before = rows.spelled(left)
        for side in rest:
            head, *more = rows.of(side, ROOM - width(before) - _SIGN)
            lines += [f"{before} &{mark} {head}".lstrip(), *(rf"&\quad {row}" for row in more)]
            before = ""
        lines[-1] += for_each(indices)
    return aligned(lines)


def aligned(lines: Sequence[str]) -> str:
    """Lines that carry `&` marks, as one `aligned` block."""
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one side of an equation, whose layout has its brackets already."""

    names: Nomenclature

    def spelled(self, layout: Layout) -> str:
        return spell(layout, self.names.conventions)

    def of(self, side: Layout, room: float) -> list[str]:
        """As few rows as do, each after the first beginning with a sign: broken between terms, also in brackets."""
        line = self.spelled(side)
        if width(line) > room and isinstance(side, Terms):
            return self._terms(side.items, room)
        if width(line) > room and isinstance(side, Times | Hadamard):
            places = [n for n, f in enumerate(side.factors) if isinstance(f, Brackets) and isinstance(f.of, Terms)]
            if places:
                return self._product(side, max(places, key=lambda n: width(self.spelled(side.factors[n]))), room)
        return [line]

    def _product(self, side: Times | Hadamard, place: int, room: float) -> list[str]:
        between = HADAMARDS[self.names.conventions.hadamard] if isinstance(side, Hadamard) else r" \, "
        fence = between if isinstance(side, Hadamard) else " "
        before = "".join(self.spelled(factor) + between for factor in side.factors[:place]).removesuffix(between)
        after = "".join(between + self.spelled(factor) for factor in side.factors[place + 1 :])
        inner = side.factors[place].of  # type: ignore[attr-defined]
        head, *more = self._terms(inner.items, room - width(before) - _SIGN)
        if not more:
            return [self.spelled(side)]
        return [rf"{before}{fence if before else ''}\biggl( {head}", *more[:-1], rf"{more[-1]} \biggr){after}"]

    def _terms(self, items: Sequence[tuple[int, Layout]], room: float) -> list[str]:
        rows: list[str] = []
        for sign, item in items:
            head, *more = self.of(item, room - _SIGN)
            mark = "-" if sign < 0 else "+" if rows else ""
            if rows and not more and width(rows[-1]) + width(head) + _SIGN <= room:
                rows[-1] += f" {mark} {head}"
            else:
                rows += [f"{mark} {head}" if rows else mark + head, *more]
        return rows


_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_NOTHING = {r"\left", r"\right", r"\bigl", r"\bigr", r"\biggl", r"\biggr", r"\,", "&", "{", "}"}
_WIDE = {r"\sum": 2.5, r"\max": 3.5, r"\quad": 2.0, r"\mathrm": 0.0, r"\mathbf": 0.0, r"\mathop": 0.0, r"\text": 0.0}
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
