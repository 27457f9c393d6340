"""Formulas in Typst's mathematics. A name of more than one letter stands in a string, so nothing in it is code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch

from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import boxes as box
from symbackprop.notation.writing.boxes import Box
from symbackprop.notation.writing.boxing import boxed
from symbackprop.notation.writing.glyphs import GREEK
from symbackprop.notation.writing.layout import Layout

_FENCES = {"|": "abs", "‖": "norm", "⌊": "floor"}
_GAPS = {"times": " ", "thin": " thin ", "comma": " ", "call": "", "quad": " quad "}
_SIGNS = {",": r"\,", "/": r"\/", "′": "prime", "′′": "prime.double", "|": 'class("closing", lr(size: #1.4em, |))'}
_ACCENTS = {
    "hat": "hat", "bar": "macron", "tilde": "tilde", "grave": "grave", "acute": "acute", "breve": "breve",
    "dot": "dot", "ddot": "dot.double", "check": "caron",
}  # fmt: skip
_CONTINUED = re.compile(r"^(& quad) +([+−]) ")  # a sign with nothing before it would be that of a number
_POWER = re.compile(r" \\cdot 10\^\{(-?\d+)\}")
_CHARACTERS = frozenset("∂∇∞⊤").union(GREEK.values())


def typst(layout: Layout, conventions: Conventions) -> str:
    """The source of a layout that has its brackets already, without dollars."""
    return " ".join(spell(boxed(layout, conventions)).split(" ")).strip()


def inline(math: str) -> str:
    """A formula within a sentence."""
    return f"${math}$"


def display(math: str) -> str:
    """A formula by itself."""
    return f"$ {math} $"


def string(words: str) -> str:
    """A string literal, in which nothing is code."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def plain_number(latex: str) -> str:
    r"""A decimal number that is written in LaTeX, with `\cdot 10^{-3}` or without."""
    return _POWER.sub(r" dot 10^(\1)", latex)


@singledispatch
def spell(of: Box) -> str:
    """The source of a box."""
    raise TypeError(f"no Typst for {type(of).__name__}")


@spell.register
def _(of: box.Letter) -> str:
    single = of.text in _CHARACTERS or (len(of.text) == 1 and of.text.isascii() and of.text.isalpha())
    if single and not (of.upright and of.text.isascii()):
        return of.text
    return f"upright({string(of.text)})"


@spell.register
def _(of: box.Digits) -> str:
    return "bold(1)" if of.text == "𝟏" else of.text


@spell.register
def _(of: box.Symbol) -> str:
    shown = _SIGNS.get(of.sign, of.sign)
    return f" {shown} " if of.form == "infix" else shown


@spell.register
def _(of: box.Gap) -> str:
    return _GAPS[of.kind]


@spell.register
def _(of: box.Words) -> str:
    return string(of.text)


@spell.register
def _(of: box.Line) -> str:
    """Beside each other; two letters in a row are no name, and a text has its own spaces."""
    text = ""
    for part in of.parts:
        shown = spell(part)
        text += (" " if _touches(text, shown) else "") + shown
    return text


def _touches(before: str, after: str) -> bool:
    """Whether two pieces of source would be read as one."""
    return before[-1:].isalnum() and after[:1].isalnum()


@spell.register
def _(of: box.Scripts) -> str:
    base = spell(of.base)
    below = f"_({spell(of.below)})" if of.below else ""
    if isinstance(of.above, box.Symbol) and of.above.sign.strip("′") == "":
        return base + below + "'" * len(of.above.sign)
    return base + below + (f"^({spell(of.above)})" if of.above else "")


@spell.register
def _(of: box.Limits) -> str:
    sign = "sum" if of.sign == "sum" else f'op("{of.sign}", limits: #true)'
    return f"{sign}_({spell(of.under)})" + (f"^({spell(of.over)})" if of.over else "") + " "


@spell.register
def _(of: box.Fraction) -> str:
    return f"frac({spell(of.top)}, {spell(of.bottom)})"


@spell.register
def _(of: box.Radical) -> str:
    return f"sqrt({spell(of.of)})"


@spell.register
def _(of: box.Accented) -> str:
    return f"{_ACCENTS[of.accent]}({spell(of.of)})"


@spell.register
def _(of: box.Fenced) -> str:
    """Typst's brackets grow with scripts too, which is more than what is wanted."""
    inner = spell(of.of)
    if of.left in _FENCES:
        return f"{_FENCES[of.left]}({inner})"
    whole = f"{of.left}{inner}{of.right}"
    if of.size == "nested":
        return f"lr(size: #1.2em, {whole})"
    raised = of.size == "flat" and any(isinstance(part, box.Scripts) for part in box.parts(of.of))
    return f"lr(size: #1em, {whole})" if raised else whole


@spell.register
def _(of: box.Loose) -> str:
    return rf" lr(size: #2.4em, \{of.sign}) "


@spell.register
def _(of: box.Table) -> str:
    if of.kind == "aligned":
        rows = [f"{spell(left)} &{spell(right)}".strip() for left, right in of.rows]
        return " \\\n".join(_CONTINUED.sub(r'\1 class("binary", \2) ', row) for row in rows)
    rows = [", ".join(spell(cell).strip() for cell in row) for row in of.rows]
    if of.kind == "grid":
        return f'mat(delim: "[", align: #right, {"; ".join(rows)})'
    return f"cases({', '.join(_case(row) for row in of.rows)})"


def _case(row: Sequence[Box]) -> str:
    return " & ".join(spell(cell).strip() for cell in row)


@spell.register
def _(of: box.Named) -> str:
    return spell(of.of)
