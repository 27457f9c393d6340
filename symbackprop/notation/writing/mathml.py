"""Formulas in MathML Core, as browsers have it. All that a model's author wrote is escaped.

What bears a name of the model has the class `sym`, and in `data-sym` the name inside: `W1`, for its adjoint `∂W1`,
which no tensor can be called. `STYLE` are the rules that a page needs for the columns of equations, cases and grids.
"""

from __future__ import annotations

import re
from functools import singledispatch
from html import escape

from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import boxes as box
from symbackprop.notation.writing.boxes import Box
from symbackprop.notation.writing.boxing import boxed
from symbackprop.notation.writing.layout import Layout

STYLE = """\
math .aligned > mtr > mtd { padding: 0.35em 0; }
math .aligned > mtr > .left { text-align: right; text-align: -webkit-right; }
math .aligned > mtr > .right { text-align: left; text-align: -webkit-left; }
math .cases > mtr > mtd { text-align: left; text-align: -webkit-left; padding: 0.2em 0; }
math .cases > mtr > .when { padding-left: 1em; }
math .grid > mtr > mtd { text-align: right; text-align: -webkit-right; padding: 0.1em 0.4em; }
math .grid { font-variant-numeric: tabular-nums; }
"""

_FENCES = {
    "flat": ' stretchy="false"',
    "nested": ' stretchy="false" mathsize="1.2em"',
    "tall": "",  # they are stretchy by themselves
}
_GAPS = {
    "times": "<mo>&#x2062;</mo>",
    "thin": '<mo lspace="0" rspace="0.1667em">&#x2062;</mo>',
    "comma": "<mo>&#x2063;</mo>",
    "call": "<mo>&#x2061;</mo>",
    "quad": '<mspace width="1em"></mspace>',
}
_ACCENTS = {
    "hat": "ˆ", "bar": "¯", "tilde": "˜", "grave": "`", "acute": "´", "breve": "˘", "dot": "˙", "ddot": "¨",
    "check": "ˇ",
}  # fmt: skip  # of the size of a letter, as the ASCII signs are not
_CLASSES = {"aligned": ("left", "right"), "cases": ("value", "when")}
_LEAF = re.compile(r"<\w+")


def mathml(layout: Layout, conventions: Conventions) -> str:
    """The elements of a layout that has its brackets already, without the `math` around them."""
    return _inner(boxed(layout, conventions), False)


def inline(math: str) -> str:
    """The element of a formula within a sentence."""
    return f"<math>{math}</math>"


def plain_number(latex: str) -> str:
    r"""A decimal number that is written in LaTeX, with `\cdot 10^{-3}` or without, as elements."""
    mantissa, _, power = latex.partition(r" \cdot 10^")
    shown = _signed(mantissa)
    return f"{shown}<mo>·</mo><msup><mn>10</mn><mrow>{_signed(power.strip('{}'))}</mrow></msup>" if power else shown


def _signed(digits: str) -> str:
    plain = digits.removeprefix("-")
    return f"<mo>−</mo><mn>{plain}</mn>" if plain != digits else f"<mn>{plain}</mn>"


def display(math: str) -> str:
    """The element of a formula by itself."""
    return f'<math display="block">{math}</math>'


def _inner(of: Box, small: bool) -> str:
    """The elements in a place that takes any number of them."""
    return "".join(spell(part, small) for part in of.parts) if isinstance(of, box.Line) else spell(of, small)


@singledispatch
def spell(of: Box, small: bool) -> str:
    """The one element of a box; `small` in scripts, where no signs have space around them."""
    raise TypeError(f"no MathML for {type(of).__name__}")


@spell.register
def _(of: box.Letter, _small: bool) -> str:
    variant = ' mathvariant="normal"' if of.upright and len(of.text) == 1 else ""  # longer ones are upright anyway
    return f"<mi{variant}>{escape(of.text)}</mi>"


@spell.register
def _(of: box.Digits, _small: bool) -> str:
    return f"<mn>{escape(of.text)}</mn>"


@spell.register
def _(of: box.Symbol, small: bool) -> str:
    if of.sign == "|":
        return '<mo stretchy="true" minsize="1.5em" maxsize="1.5em" lspace="0" rspace="0">|</mo>'
    if of.sign in ("(", ")"):
        return f'<mo form="{"prefix" if of.sign == "(" else "postfix"}" stretchy="false">{of.sign}</mo>'
    if of.form == "prefix":
        return f'<mo form="prefix">{escape(of.sign)}</mo>'
    if small or of.form == "tight":
        return f'<mo lspace="0" rspace="0">{_sign(of.sign)}</mo>'
    return f"<mo>{_sign(of.sign)}</mo>" if of.sign == "," else f'<mo form="infix">{_sign(of.sign)}</mo>'


def _sign(sign: str) -> str:
    return "″" if sign == "′′" else escape(sign)


@spell.register
def _(of: box.Gap, _small: bool) -> str:
    return _GAPS[of.kind]


@spell.register
def _(of: box.Words, _small: bool) -> str:
    return f"<mtext>{escape(of.text).replace(' ', '&#xA0;')}</mtext>"


@spell.register
def _(of: box.Line, small: bool) -> str:
    return f"<mrow>{_inner(of, small)}</mrow>"


@spell.register
def _(of: box.Scripts, small: bool) -> str:
    base = spell(of.base, small)
    if of.below and of.above:
        return f"<msubsup>{base}{spell(of.below, True)}{spell(of.above, True)}</msubsup>"
    if of.below:
        return f"<msub>{base}{spell(of.below, True)}</msub>"
    return f"<msup>{base}{spell(of.above, True)}</msup>" if of.above else base


@spell.register
def _(of: box.Limits, _small: bool) -> str:
    """Browsers set the limits of a movable sign beside it where the formula stands in a sentence."""
    sign = "<mo>∑</mo>"
    if of.sign != "sum":
        sign = f'<mo form="prefix" movablelimits="true" lspace="0" rspace="0.1667em">{of.sign}</mo>'
    if of.over:
        return f"<munderover>{sign}{spell(of.under, True)}{spell(of.over, True)}</munderover>"
    return f"<munder>{sign}{spell(of.under, True)}</munder>"


@spell.register
def _(of: box.Fraction, small: bool) -> str:
    return f"<mfrac>{spell(of.top, small)}{spell(of.bottom, small)}</mfrac>"


@spell.register
def _(of: box.Radical, small: bool) -> str:
    return f"<msqrt>{_inner(of.of, small)}</msqrt>"


@spell.register
def _(of: box.Accented, small: bool) -> str:
    """As high as a letter without an accent, or what stands above at its right would be raised by it."""
    accented = f'<mover accent="true">{spell(of.of, small)}<mo stretchy="false">{_ACCENTS[of.accent]}</mo></mover>'
    return f'<mpadded height="0.75em">{accented}</mpadded>'


@spell.register
def _(of: box.Fenced, small: bool) -> str:
    size = _FENCES[of.size]
    left, right = (f"<mo{size}>{sign}</mo>" for sign in (of.left, of.right))  # first and last in their row: no form
    return f"<mrow>{left}{_inner(of.of, small)}{right}</mrow>"


@spell.register
def _(of: box.Loose, _small: bool) -> str:
    form = "prefix" if of.sign == "(" else "postfix"
    return f'<mo form="{form}" stretchy="true" minsize="2.4em" maxsize="2.4em">{of.sign}</mo>'


@spell.register
def _(of: box.Table, small: bool) -> str:
    style = ' displaystyle="true"' if of.kind == "aligned" else ""
    rows = "".join(f"<mtr>{_cells(of.kind, row, small)}</mtr>" for row in of.rows)
    table = f'<mtable class="{of.kind}"{style}>{rows}</mtable>'
    if of.kind == "cases":
        return f'<mrow><mo form="prefix" stretchy="true">{{</mo>{table}</mrow>'
    if of.kind == "grid":
        return f'<mrow><mo form="prefix" stretchy="true">[</mo>{table}<mo form="postfix" stretchy="true">]</mo></mrow>'
    return table


def _cells(kind: str, row: tuple[Box, ...], small: bool) -> str:
    classes = _CLASSES.get(kind, ("",) * len(row))
    marks = (f' class="{name}"' if name else "" for name in classes)
    return "".join(f"<mtd{mark}>{_inner(cell, small)}</mtd>" for mark, cell in zip(marks, row, strict=True))


@spell.register
def _(of: box.Named, small: bool) -> str:
    mark = f' class="sym" data-sym="{escape(of.name)}"'
    return _LEAF.sub(lambda tag: tag[0] + mark, spell(of.of, small), count=1)
