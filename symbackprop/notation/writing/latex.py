r"""Formulas in LaTeX: amsmath alone, and only what GitHub renders too (so no `\operatorname`, no `\{`, no `\lt`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch

from sympy import Expr

from symbackprop.algebra.space import Space
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.brackets import bracketed
from symbackprop.notation.writing.expressions import expression
from symbackprop.notation.writing.glyphs import GREEK, Nomenclature, nomenclature, roman, tensor_layout
from symbackprop.notation.writing.layout import Glyph, Layout, Name
from symbackprop.notation.writing.matrix_layout import Formula, chain, formula
from symbackprop.notation.writing.spacing import between, is_bare, is_marked, is_word, slashed, sum_signs

_COMMAND = re.compile(r"\\[A-Za-z]+")
_TALL = (r"\frac", r"\sum", r"\max", r"\mathrm{argmax}", r"\begin", r"\left")
SIGNS = {"≥": r"\ge", "≤": r"\le", "≠": r"\ne", ":=": ":="}
_TRANSPOSES = {"⊤": r"\top", "T": "T", "'": r"\prime"}
_HADAMARDS = {"⊙": r" \odot ", "*": r" \ast "}
_GAPS = {"dot": r" \cdot ", "thin": r" \, ", "": " "}
_ROW_SIGNS = {**_HADAMARDS, **_GAPS, "+": " + ", "-": " - "}
_DOTS = {"⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots"}


def latex(
    of: Formula,
    conventions: Conventions | None = None,
    space: Space | None = None,
    *,
    names: Nomenclature | None = None,
) -> str:
    r"""A formula in LaTeX, without dollars. `names` fix roots, samples and parameters; else conventions and space do.

    Raises:
        RenderError: an expression that no model can contain.
    """
    names = names or nomenclature(conventions or Conventions(), space or Space())
    return _write(formula(of, names), names)


def latex_chain(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> str:
    """`a = b = c` on one line; a formula said for each value of an index says so once, at the end."""
    return _write(chain(formulas, names, sign), names)


def latex_shape(shape: Sequence[Expr], names: Nomenclature) -> str:
    r"""\(h \times n\); a vector has one size, and a scalar is called so."""
    return _write(lay.Crossed(tuple(expression(size, names) for size in shape)), names)


def latex_name(tensor: str, names: Nomenclature) -> str:
    """The whole of a tensor or of an adjoint."""
    return _write(tensor_layout(tensor, (), names), names)


def _write(layout: Layout, names: Nomenclature) -> str:
    return spell(bracketed(layout, in_line=False), names.conventions)


def fenced(inner: str, left: str = "(", right: str = ")") -> str:
    """In brackets, which grow where the content is tall or has brackets itself."""
    if any(mark in inner for mark in _TALL):
        return rf"\left{left} {inner} \right{right}"
    return rf"\bigl{left}{inner}\bigr{right}" if "(" in inner else f"{left}{inner}{right}"


def _script(inner: str) -> str:
    return inner if len(inner) == 1 or _COMMAND.fullmatch(inner) else f"{{{inner}}}"


@singledispatch
def spell(layout: Layout, conventions: Conventions) -> str:
    """The LaTeX of a layout that has its brackets already."""
    raise TypeError(f"no LaTeX for {type(layout).__name__}")


@spell.register
def _(of: lay.Number, _conventions: Conventions) -> str:
    mantissa, e, exponent = of.digits.partition("e")
    power = f"10^{{{int(exponent)}}}" if e else ""
    return power if mantissa == "1" and power else rf"{mantissa} \cdot {power}" if power else mantissa


@spell.register
def _(of: Name, conventions: Conventions) -> str:
    return _glyph(of.glyph, conventions.layers)


def _glyph(glyph: Glyph, layers: str, above: str = "", below: str = "") -> str:
    """A glyph with what else stands above and below it; two things below need brackets."""
    below = below or glyph.entry
    layer = (_part(glyph.mark) + (f"{glyph.shift:+d}" if glyph.shift else "")) if glyph.mark else ""
    own = [_part(part) for part in glyph.subscript.split(",") if part]
    subscript = ",".join([*own, *([layer] if layer and layers == "plain" else [])])
    marks = {"[l]": "[%s]", "(l)": "(%s)"}
    mark = marks[layers] % layer if layer and layers in marks else ""
    if subscript and below:
        return f"({_letters(glyph)}{_up(mark)}_{_script(subscript)})_{_script(below)}" + _up(above)
    nucleus = _letters(glyph) + _up(mark + above if mark else "")
    above = "" if mark else above
    return nucleus + (f"_{_script(subscript or below)}" if subscript or below else "") + _up(above)


def _up(above: str) -> str:
    return f"^{_script(above)}" if above else ""


def _letters(glyph: Glyph) -> str:
    shown = roman(glyph.letters) if glyph.verbatim else _part(glyph.letters)
    accented = rf"\{glyph.accent}{{{shown}}}" if glyph.accent else shown
    return _joined("d", accented) if glyph.d else accented


def _joined(before: str, after: str) -> str:
    return f"{before} {after}" if before[-1].isalpha() and "\\" in before and after[0].isalpha() else before + after


def _part(name: str) -> str:
    """Letters as mathematics has them: Greek, single letters in italics, words in roman, digits."""
    if name in GREEK:
        return "o" if name == "omicron" else f"\\{name}"
    return roman(name) if is_word(name) else name


@spell.register
def _(of: lay.Entry, conventions: Conventions) -> str:
    return _glyph(of.of.glyph, conventions.layers, below=_indices(of.indices, conventions))


def _indices(indices: tuple[Layout, ...], conventions: Conventions) -> str:
    shown = [_tight(index, conventions) for index in indices]
    joint = "" if all(len(index) == 1 and index.isalpha() for index in shown) else ","
    return joint.join(shown)


def _tight(small: Layout, conventions: Conventions) -> str:
    """What is set in small type: no space around its signs."""
    return spell(small, conventions).replace(" + ", "+").replace(" - ", "-")


@spell.register
def _(of: lay.Ones, conventions: Conventions) -> str:
    return rf"\mathbf{{1}}_{_script(spell(lay.Crossed(of.sizes), conventions))}"


@spell.register
def _(of: lay.Crossed, conventions: Conventions) -> str:
    return r" \times ".join(spell(size, conventions) for size in of.sizes) or r"\text{scalar}"


@spell.register
def _(of: lay.Unit, conventions: Conventions) -> str:
    return f"I_{_script(spell(of.size, conventions))}"


@spell.register
def _(of: lay.NormSquared, conventions: Conventions) -> str:
    inner = spell(of.of, conventions)
    tall = any(mark in inner for mark in _TALL)
    return rf"\left\lVert {inner} \right\rVert^2" if tall else rf"\lVert {inner} \rVert^2"


@spell.register
def _(of: lay.Terms, conventions: Conventions) -> str:
    text = ""
    for sign, item in of.items:
        mark = (" - " if sign < 0 else " + ") if text else ("-" if sign < 0 else "")
        text += mark + spell(item, conventions)
    return text


@spell.register
def _(of: lay.Times, conventions: Conventions) -> str:
    text = spell(of.factors[0], conventions)
    for before, after in zip(of.factors, of.factors[1:], strict=False):
        text += _GAPS[between(before, after)] + spell(after, conventions)
    return text


@spell.register
def _(of: lay.Hadamard, conventions: Conventions) -> str:
    return _HADAMARDS[conventions.hadamard].join(spell(factor, conventions) for factor in of.factors)


@spell.register
def _(of: lay.Over, conventions: Conventions) -> str:
    return rf"\frac{{{spell(of.top, conventions)}}}{{{spell(of.bottom, conventions)}}}"


@spell.register
def _(of: lay.Raised, conventions: Conventions) -> str:
    exponent = _slashed(of.exponent, conventions)
    if of.elementwise:
        return _raised(of.base, rf"\odot {exponent}", conventions)
    return _raised(of.base, exponent, conventions)


def _slashed(exponent: Layout, conventions: Conventions) -> str:
    """3/2 in an exponent is written with a slash."""
    numbers = slashed(exponent)
    return "/".join(numbers) if numbers else spell(exponent, conventions)


def _raised(base: Layout, above: str, conventions: Conventions) -> str:
    """What stands above a base; one that has something above it already gets brackets."""
    shown = spell(base, conventions)
    if is_marked(base, conventions):
        return (f"({shown})" if isinstance(base, lay.Entry | Name) else fenced(shown)) + _up(above)
    match base:
        case lay.Entry(Name(glyph), indices):
            return _glyph(glyph, conventions.layers, above=above, below=_indices(indices, conventions))
        case Name(glyph):
            return _glyph(glyph, conventions.layers, above=above)
    return shown + _up(above)


@spell.register
def _(of: lay.ByWayOf, conventions: Conventions) -> str:
    return rf"{spell(of.of, conventions)} \big|_{{{spell(of.through, conventions)}}}"


@spell.register
def _(of: lay.Transposed, conventions: Conventions) -> str:
    sign = _TRANSPOSES[conventions.transpose]
    match of.of:
        case Name(glyph):
            return _glyph(glyph, conventions.layers, above=sign)
        case lay.Entry(Name(glyph), indices):
            return _glyph(glyph, conventions.layers, above=sign, below=_indices(indices, conventions))
    return spell(of.of, conventions) + _up(sign)


@spell.register
def _(of: lay.Root, conventions: Conventions) -> str:
    return rf"\sqrt{{{spell(of.of, conventions)}}}"


@spell.register
def _(of: lay.Exponential, conventions: Conventions) -> str:
    inner = spell(of.of, conventions)
    if any(mark in inner for mark in _TALL) or "(" in inner:
        return rf"\exp{fenced(inner)}"
    return (r"\mathrm{e}" if of.upright else "e") + f"^{_script(inner)}"


@spell.register
def _(of: lay.Absolute, conventions: Conventions) -> str:
    inner = spell(of.of, conventions)
    tall = any(mark in inner for mark in _TALL)
    return rf"\left\lvert {inner} \right\rvert" if tall else rf"\lvert {inner} \rvert"


@spell.register
def _(of: lay.Call, conventions: Conventions) -> str:
    if of.function.word == "floor":
        return rf"\left\lfloor {spell(of.arguments[0], conventions)} \right\rfloor"
    if not of.arguments:
        return of.function.latex
    primes = "'" * of.order if of.order < 3 else f"^{{({of.order})}}"
    return of.function.latex + primes + fenced(", ".join(spell(argument, conventions) for argument in of.arguments))


@spell.register
def _(of: lay.Big, conventions: Conventions) -> str:
    body = spell(of.body, conventions)
    if of.kind == "sum":
        return "".join(f"{_sum_sign(group, conventions)} " for group in sum_signs(of.bounds, conventions)) + body
    ranges = ", ".join(_range(bound, conventions) for bound in of.bounds)
    sign = r"\max" if of.kind == "max" else r"\mathop{\mathrm{argmax}}"
    return rf"{sign}_{_script(ranges)} {body}"


def _sum_sign(group: tuple[lay.Bound, ...], conventions: Conventions) -> str:
    indices = ",".join(spell(bound.index, conventions) for bound in group)
    if is_bare(group[0], conventions):
        return rf"\sum_{_script(indices)}"
    low, high = _tight(group[0].low, conventions), _tight(group[0].high, conventions)
    return rf"\sum_{{{indices}={low}}}^{{{high}}}"


def _range(bound: lay.Bound, conventions: Conventions) -> str:
    index = spell(bound.index, conventions)
    return (
        index
        if is_bare(bound, conventions)
        else rf"{spell(bound.low, conventions)} \le {index} \le {spell(bound.high, conventions)}"
    )


@spell.register
def _(of: lay.Delta, conventions: Conventions) -> str:
    return rf"\delta_{_script(_indices((of.left, of.right), conventions))}"


@spell.register
def _(of: lay.Iverson, conventions: Conventions) -> str:
    return fenced(spell(of.condition, conventions), "[", "]")


@spell.register
def _(of: lay.Indicator, conventions: Conventions) -> str:
    return r"\mathbf{1}" + fenced(spell(of.condition, conventions), "[", "]")


@spell.register
def _(of: lay.Relation, conventions: Conventions) -> str:
    return f"{spell(of.left, conventions)} {SIGNS.get(of.sign, of.sign)} {spell(of.right, conventions)}"


@spell.register
def _(of: lay.Logic, conventions: Conventions) -> str:
    return rf" \text{{ {of.word} }} ".join(spell(condition, conventions) for condition in of.conditions)


@spell.register
def _(of: lay.Cases, conventions: Conventions) -> str:
    rows = []
    for value, condition in of.pieces:
        when = rf"\text{{if }} {spell(condition, conventions)}" if condition else r"\text{otherwise}"
        rows.append(f"{spell(value, conventions)} & {when}")
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


@spell.register
def _(of: lay.Derivative, conventions: Conventions) -> str:
    above, below = (_joined(r"\partial", " " + spell(part, conventions)) for part in (of.of, of.by))
    return rf"\frac{{{above}}}{{{below}}}"


@spell.register
def _(of: lay.Nabla, conventions: Conventions) -> str:
    return rf"\nabla_{_script(spell(of.by, conventions))} {spell(of.of, conventions)}"


@spell.register
def _(of: lay.ForEach, conventions: Conventions) -> str:
    return spell(of.of, conventions) + spell(lay.Each(of.indices), conventions)


@spell.register
def _(of: lay.Each, conventions: Conventions) -> str:
    shown = ", ".join(spell(index, conventions) for index in of.indices)
    return rf" \quad \text{{for each }} {shown}"


@spell.register
def _(of: lay.Range, conventions: Conventions) -> str:
    return rf" \quad \text{{for }} {spell(of.letter, conventions)} = {of.first}, \dots, {of.last}"


@spell.register
def _(_of: lay.Infinity, _conventions: Conventions) -> str:
    return r"\infty"


@spell.register
def _(of: lay.Words, _conventions: Conventions) -> str:
    return rf"\text{{{of.text}}}"


@spell.register
def _(of: lay.Sign, _conventions: Conventions) -> str:
    if of.form == "big":
        return r"\biggl( " if of.sign == "(" else r" \biggr)"
    return of.sign if of.form == "prefix" else _ROW_SIGNS.get(of.sign, of.sign)


@spell.register
def _(of: lay.Row, conventions: Conventions) -> str:
    return "".join(spell(part, conventions) for part in of.parts)


@spell.register
def _(of: lay.Chain, conventions: Conventions) -> str:
    return f" {SIGNS.get(of.sign, of.sign)} ".join(spell(side, conventions) for side in of.sides)


@spell.register
def _(of: lay.Aligned, conventions: Conventions) -> str:
    starts = {"relation": f"&{SIGNS.get(of.sign, of.sign)} ", "continued": r"&\quad ", "words": "&"}
    rows = [(line.kind, spell(line.row, conventions)) for line in of.lines]
    lines = [starts[kind] + (row if kind == "words" else row.lstrip()) for kind, row in rows]
    for place, left in enumerate((of.left, *(line.left for line in of.lines[1:]))):
        if left is not None:
            lines[place] = f"{spell(left, conventions)} {lines[place]}"
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


@spell.register
def _(of: lay.Dots, _conventions: Conventions) -> str:
    return _DOTS[of.sign]


@spell.register
def _(of: lay.Grid, conventions: Conventions) -> str:
    rows = (" & ".join(spell(cell, conventions) for cell in row) for row in of.rows)
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


@spell.register
def _(of: lay.Brackets, conventions: Conventions) -> str:
    return fenced(spell(of.of, conventions))
