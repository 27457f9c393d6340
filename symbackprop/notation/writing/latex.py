r"""Formulas in LaTeX: amsmath alone, and only what GitHub renders too (so no `\operatorname`, no `\{`, no `\lt`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch

from sympy import Expr, Symbol

from symbackprop.algebra.space import Space
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.brackets import bracketed, crossed
from symbackprop.notation.writing.expressions import expression
from symbackprop.notation.writing.functions import OPERATORS, function_call
from symbackprop.notation.writing.glyphs import GREEK, Nomenclature, nomenclature, roman, tensor_layout
from symbackprop.notation.writing.layout import Glyph, Layout, Name
from symbackprop.notation.writing.matrix_layout import Formula, formula, hoisted

_COMMAND = re.compile(r"\\[A-Za-z]+")
_TALL = (r"\frac", r"\sum", r"\max", r"\mathrm{argmax}", r"\begin", r"\left")
SIGNS = {"≥": r"\ge", "≤": r"\le", "≠": r"\ne", ":=": ":="}
TRANSPOSES = {"⊤": r"\top", "T": "T", "'": r"\prime"}
HADAMARDS = {"⊙": r" \odot ", "*": r" \ast "}


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
    parts, indices = hoisted(formulas, names)
    return f" {SIGNS.get(sign, sign)} ".join(_write(part, names) for part in parts) + for_each(indices)


def latex_shape(shape: Sequence[Expr], names: Nomenclature) -> str:
    r"""\(h \times n\); a vector has one size, and a scalar is called so."""
    sizes = crossed(tuple(expression(size, names) for size in shape), in_line=False)
    return _crossed(sizes, names.conventions) if shape else r"\text{scalar}"


def latex_name(tensor: str, names: Nomenclature) -> str:
    """The whole of a tensor or of an adjoint."""
    return _write(tensor_layout(tensor, (), names), names)


def latex_index(index: Symbol, names: Nomenclature) -> str:
    """The letter of an index."""
    return _glyph(names.index(index).glyph, names.conventions.layers)


def latex_function(name: str, names: Nomenclature) -> str:
    """The sign or the name of a function."""
    return function_call(name, (), 0, names).function


def for_each(indices: tuple[Layout, ...]) -> str:
    shown = ", ".join(_glyph(index.glyph, "") for index in indices if isinstance(index, Name))
    return rf" \quad \text{{for each }} {shown}" if shown else ""


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
    subscript = ",".join(_part(part) for part in (glyph.subscript, glyph.mark if layers == "plain" else "") if part)
    marks = {"[l]": "[%s]", "(l)": "(%s)"}
    mark = marks[layers] % _part(glyph.mark) if glyph.mark and layers in marks else ""
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
    plain = name.isascii() and (name.isdigit() or (len(name) == 1 and name.isalpha()))
    return name if plain else roman(name)


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
    return rf"\mathbf{{1}}_{_script(_crossed(of.sizes, conventions))}"


def _crossed(sizes: Sequence[Layout], conventions: Conventions) -> str:
    return r" \times ".join(spell(size, conventions) for size in sizes)


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
        shown = spell(after, conventions)
        text += _between(before, after, shown) + shown
    return text


def _between(before: Layout, after: Layout, shown: str) -> str:
    """A dot between numbers, a thin space where letters would run together, else what TeX does by itself."""
    if isinstance(before, lay.Number) and shown[0].isdigit():
        return r" \cdot "
    if isinstance(after, lay.Iverson):
        return r" \, "
    if isinstance(before, lay.Number) or isinstance(after, lay.Brackets | lay.Big):
        return " "
    if isinstance(before, lay.Over) and isinstance(after, lay.Over):
        return " "
    return r" \, " if _is_wide(before) or _is_wide(after) else " "


def _is_wide(layout: Layout) -> bool:
    """Whether a factor would run together with its neighbours; TeX itself sets off \\log and its like."""
    if isinstance(layout, lay.Entry | lay.Transposed):
        return _is_wide(layout.of)
    if isinstance(layout, Name):
        return layout.glyph.d or layout.glyph.verbatim or _part(layout.glyph.letters).startswith(r"\mathrm")
    return isinstance(layout, lay.Call) and layout.function not in OPERATORS


@spell.register
def _(of: lay.Hadamard, conventions: Conventions) -> str:
    return HADAMARDS[conventions.hadamard].join(spell(factor, conventions) for factor in of.factors)


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
    if (
        isinstance(exponent, lay.Over)
        and isinstance(exponent.top, lay.Number)
        and isinstance(exponent.bottom, lay.Number)
    ):
        return f"{exponent.top.digits}/{exponent.bottom.digits}"
    return spell(exponent, conventions)


def _raised(base: Layout, above: str, conventions: Conventions) -> str:
    """What stands above a base; one that has something above it already gets brackets."""
    match base:
        case lay.Entry(Name(glyph), indices):
            below = _indices(indices, conventions)
        case Name(glyph):
            below = ""
        case lay.Transposed() | lay.Raised():  # TeX refuses a second superscript
            return fenced(spell(base, conventions)) + _up(above)
        case _:
            return spell(base, conventions) + _up(above)
    if glyph.mark and conventions.layers != "plain":
        return f"({spell(base, conventions)})" + _up(above)
    return _glyph(glyph, conventions.layers, above=above, below=below)


@spell.register
def _(of: lay.ByWayOf, conventions: Conventions) -> str:
    return rf"{spell(of.of, conventions)} \big|_{{{spell(of.through, conventions)}}}"


@spell.register
def _(of: lay.Transposed, conventions: Conventions) -> str:
    sign = TRANSPOSES[conventions.transpose]
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
    if of.function == "\\mathrm{floor}":
        return rf"\left\lfloor {spell(of.arguments[0], conventions)} \right\rfloor"
    if not of.arguments:
        return of.function
    primes = "'" * of.order if of.order < 3 else f"^{{({of.order})}}"
    return of.function + primes + fenced(", ".join(spell(argument, conventions) for argument in of.arguments))


@spell.register
def _(of: lay.Big, conventions: Conventions) -> str:
    body = spell(of.body, conventions)
    if of.kind == "sum":
        return "".join(f"{_sum_sign(group, conventions)} " for group in _grouped(of.bounds, conventions)) + body
    ranges = ", ".join(_range(bound, conventions) for bound in of.bounds)
    sign = r"\max" if of.kind == "max" else r"\mathop{\mathrm{argmax}}"
    return rf"{sign}_{_script(ranges)} {body}"


def _grouped(bounds: tuple[lay.Bound, ...], conventions: Conventions) -> list[tuple[lay.Bound, ...]]:
    """Bounds that share one sum sign: those that only name their index."""
    bare = tuple(bound for bound in bounds if bound.implied and conventions.sum_bounds == "index")
    return [*((bare,) if bare else ()), *((bound,) for bound in bounds if bound not in bare)]


def _sum_sign(group: tuple[lay.Bound, ...], conventions: Conventions) -> str:
    indices = ",".join(spell(bound.index, conventions) for bound in group)
    if group[0].implied and conventions.sum_bounds == "index":
        return rf"\sum_{_script(indices)}"
    low, high = _tight(group[0].low, conventions), _tight(group[0].high, conventions)
    return rf"\sum_{{{indices}={low}}}^{{{high}}}"


def _range(bound: lay.Bound, conventions: Conventions) -> str:
    if bound.implied and conventions.sum_bounds == "index":
        return spell(bound.index, conventions)
    index = spell(bound.index, conventions)
    return rf"{spell(bound.low, conventions)} \le {index} \le {spell(bound.high, conventions)}"


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
    return spell(of.of, conventions) + for_each(of.indices)


@spell.register
def _(of: lay.Brackets, conventions: Conventions) -> str:
    return fenced(spell(of.of, conventions))
