"""From layouts to boxes. What LaTeX decides in `latex.py` is decided here for MathML and Typst, and in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.boxes import (
    Accented,
    Box,
    Digits,
    Fenced,
    Fraction,
    Gap,
    Letter,
    Limits,
    Line,
    Loose,
    Named,
    Radical,
    Scripts,
    Symbol,
    Table,
    Words,
    fenced,
    has_brackets,
    is_tall,
    line,
)
from symbackprop.notation.writing.glyphs import GREEK
from symbackprop.notation.writing.layout import Glyph, Layout, Name
from symbackprop.notation.writing.spacing import between, is_bare, is_marked, is_word, slashed, sum_signs

ONE = Digits("𝟏")
_TRANSPOSES: dict[str, Box] = {"⊤": Letter("⊤", True), "T": Letter("T"), "'": Symbol("′", "tight")}
_HADAMARDS = {"⊙": "⊙", "*": "∗"}
_GAPS: dict[str, Box] = {"dot": Symbol("⋅"), "thin": Gap("thin"), "": Gap("times")}
_MARKS = {"[l]": ("[", "]"), "(l)": ("(", ")")}


@singledispatch
def boxed(layout: Layout, conventions: Conventions) -> Box:
    """The boxes of a layout that has its brackets already."""
    raise TypeError(f"no boxes for {type(layout).__name__}")


# names


@boxed.register
def _(of: Name, conventions: Conventions) -> Box:
    return _glyph(of.glyph, conventions)


@boxed.register
def _(of: lay.Entry, conventions: Conventions) -> Box:
    return _glyph(of.of.glyph, conventions, below=_indices(of.indices, conventions))


def _glyph(glyph: Glyph, conventions: Conventions, above: Box | None = None, below: Box | None = None) -> Box:
    """A glyph with what else stands above and below it; two things below need brackets."""
    if glyph.entry:
        below = below or line(_listed([Digits(part) for part in glyph.entry.split(",")]))
    own = [_subscript(glyph.subscript)] if glyph.subscript else []
    own += [_layer(glyph)] if glyph.mark and conventions.layers == "plain" else []
    subscript = line(_listed(own)) if own else None
    mark = _mark(glyph, conventions)
    if subscript and below:
        inner = _scripted(glyph, subscript, mark)
        return Named(glyph.name, Scripts(Fenced("(", inner, ")", "flat"), below, above))
    raised = line([part for part in (mark, above) if part]) if mark or above else None
    return Named(glyph.name, _scripted(glyph, subscript or below, raised))


def _mark(glyph: Glyph, conventions: Conventions) -> Box | None:
    if not glyph.mark or conventions.layers not in _MARKS:
        return None
    left, right = _MARKS[conventions.layers]
    return Fenced(left, _layer(glyph), right, "flat")


def _layer(glyph: Glyph) -> Box:
    """The mark of a layer, or of the one before or after a general layer."""
    if not glyph.shift:
        return _letters(glyph.mark)
    sign = Symbol("-" if glyph.shift < 0 else "+")
    return Line((_letters(glyph.mark), sign, Digits(str(abs(glyph.shift)))))


def _scripted(glyph: Glyph, below: Box | None, above: Box | None) -> Box:
    shown = Letter(glyph.letters, True) if glyph.verbatim else _letters(glyph.letters)
    base = Accented(shown, glyph.accent) if glyph.accent else shown
    nucleus = Scripts(base, below, above) if below or above else base
    return Line((Letter("d"), nucleus)) if glyph.d else nucleus


def _letters(name: str) -> Box:
    """Letters as mathematics has them: Greek, single letters in italics, words and Greek capitals upright, digits."""
    if name in GREEK:
        return Letter(GREEK[name], name[0].isupper())
    return Digits(name) if name.isdigit() and name.isascii() else Letter(name, is_word(name))


def _subscript(part: str) -> Box:
    """A part of a name's subscript; letters and numbers that are listed there stay so: `q,1`."""
    return line(_listed([_letters(inner) for inner in part.split(",")]))


def _indices(indices: Sequence[Layout], conventions: Conventions) -> Box:
    shown = [boxed(index, conventions) for index in indices]
    beside = all(map(_is_single, indices))
    return line(_listed(shown, Gap("comma") if beside else Symbol(",", "tight")))


def _is_single(index: Layout) -> bool:
    """Whether an index is one letter, as LaTeX writes it."""
    if not isinstance(index, Name):
        return False
    glyph = index.glyph
    bare = not (glyph.subscript or glyph.mark or glyph.accent or glyph.entry or glyph.d or glyph.verbatim)
    return bare and len(glyph.letters) == 1 and not is_word(glyph.letters)


def _listed(boxes: Sequence[Box], joint: Box | None = None) -> list[Box]:
    joint = joint or Symbol(",", "tight")
    return [part for box in boxes for part in (joint, box)][1:]


# numbers, sums and products


@boxed.register
def _(of: lay.Number, _conventions: Conventions) -> Box:
    mantissa, e, exponent = of.digits.partition("e")
    if not e:
        return Digits(mantissa)
    digits = Digits(str(abs(int(exponent))))
    power = Scripts(Digits("10"), above=Line((Symbol("−", "prefix"), digits)) if int(exponent) < 0 else digits)
    return power if mantissa == "1" else Line((Digits(mantissa), Symbol("⋅"), power))


@boxed.register
def _(_of: lay.Infinity, _conventions: Conventions) -> Box:
    return Letter("∞", True)


@boxed.register
def _(of: lay.Ones, conventions: Conventions) -> Box:
    return Scripts(ONE, boxed(lay.Crossed(of.sizes), conventions))


@boxed.register
def _(of: lay.Crossed, conventions: Conventions) -> Box:
    if not of.sizes:
        return Words("scalar")
    return line(_listed([boxed(size, conventions) for size in of.sizes], Symbol("×")))


@boxed.register
def _(of: lay.Unit, conventions: Conventions) -> Box:
    return Scripts(Letter("I"), boxed(of.size, conventions))


@boxed.register
def _(of: lay.NormSquared, conventions: Conventions) -> Box:
    return Scripts(_within("‖", boxed(of.of, conventions), "‖"), above=Digits("2"))


@boxed.register
def _(of: lay.Absolute, conventions: Conventions) -> Box:
    return _within("|", boxed(of.of, conventions), "|")


def _within(left: str, inner: Box, right: str) -> Box:
    """Between lines, which do not grow for the sake of brackets inside."""
    return Fenced(left, inner, right, "tall" if is_tall(inner) else "flat")


@boxed.register
def _(of: lay.Terms, conventions: Conventions) -> Box:
    parts: list[Box] = []
    for sign, item in of.items:
        if parts:
            parts.append(Symbol("−" if sign < 0 else "+"))
        elif sign < 0:
            parts.append(Symbol("−", "prefix"))
        parts.append(boxed(item, conventions))
    return line(parts)


@boxed.register
def _(of: lay.Times, conventions: Conventions) -> Box:
    parts = [boxed(of.factors[0], conventions)]
    for before, after in zip(of.factors, of.factors[1:], strict=False):
        shown, gap = boxed(after, conventions), between(before, after)
        named = gap == "" and (_is_called(parts[-1]) or _is_called(shown))  # TeX sets off \\log and \\max by itself
        parts += [Gap("thin") if named else _GAPS[gap], shown]
    return line(parts)


def _is_called(of: Box) -> bool:
    """Whether a box begins with a word that is called: `log`, `max`."""
    match of:
        case Line((Letter(word, True) | Limits(word), *_)):
            return len(word) > 1 and word != "sum"
    return False


@boxed.register
def _(of: lay.Hadamard, conventions: Conventions) -> Box:
    sign = Symbol(_HADAMARDS[conventions.hadamard])
    return line(_listed([boxed(factor, conventions) for factor in of.factors], sign))


@boxed.register
def _(of: lay.Over, conventions: Conventions) -> Box:
    return Fraction(boxed(of.top, conventions), boxed(of.bottom, conventions))


@boxed.register
def _(of: lay.Brackets, conventions: Conventions) -> Box:
    return fenced(boxed(of.of, conventions))


# powers, functions, derivatives


@boxed.register
def _(of: lay.Raised, conventions: Conventions) -> Box:
    numbers = slashed(of.exponent)
    if numbers:
        exponent: Box = Line((Digits(numbers[0]), Symbol("/", "tight"), Digits(numbers[1])))
    else:
        exponent = boxed(of.exponent, conventions)
    if of.elementwise:
        exponent = Line((Symbol("⊙", "tight"), exponent))
    return _raised(of.base, exponent, conventions)


def _raised(base: Layout, above: Box, conventions: Conventions) -> Box:
    """What stands above a base; one that has something above it already gets brackets."""
    if is_marked(base, conventions):
        return Scripts(fenced(boxed(base, conventions)), above=above)
    return _with_above(base, above, conventions)


def _with_above(base: Layout, above: Box, conventions: Conventions) -> Box:
    match base:
        case lay.Entry(Name(glyph), indices):
            return _glyph(glyph, conventions, above, _indices(indices, conventions))
        case Name(glyph):
            return _glyph(glyph, conventions, above)
    inner = boxed(base, conventions)
    if isinstance(inner, Scripts) and inner.above is None:
        return Scripts(inner.base, inner.below, above)
    return Scripts(inner, above=above)


@boxed.register
def _(of: lay.Transposed, conventions: Conventions) -> Box:
    return _with_above(of.of, _TRANSPOSES[conventions.transpose], conventions)


@boxed.register
def _(of: lay.ByWayOf, conventions: Conventions) -> Box:
    return Line((boxed(of.of, conventions), Scripts(Symbol("|", "tight"), boxed(of.through, conventions))))


@boxed.register
def _(of: lay.Root, conventions: Conventions) -> Box:
    return Radical(boxed(of.of, conventions))


@boxed.register
def _(of: lay.Exponential, conventions: Conventions) -> Box:
    inner = boxed(of.of, conventions)
    if is_tall(inner) or has_brackets(inner):
        return Line((Letter("exp", True), Gap("call"), fenced(inner)))
    return Scripts(Letter("e", of.upright), above=inner)


@boxed.register
def _(of: lay.Call, conventions: Conventions) -> Box:
    shown = [boxed(argument, conventions) for argument in of.arguments]
    if of.function.word == "floor":
        return Fenced("⌊", shown[0], "⌋", "tall")
    name = _function(of.function, of.order)
    return Line((name, Gap("call"), fenced(line(_listed(shown, Symbol(",")))))) if shown else name


def _function(of: lay.Function, order: int) -> Box:
    """The name of a function, with primes for its first derivatives."""
    below = Letter(of.below, True) if of.below else None
    above: Box | None = Symbol("′" * order, "tight") if 0 < order < 3 else None
    if order >= 3:
        above = Fenced("(", Digits(str(order)), ")", "flat")
    name = _letters(next((key for key, letter in GREEK.items() if letter == of.word), of.word))
    return Scripts(name, below, above) if below or above else name


@boxed.register
def _(of: lay.Derivative, conventions: Conventions) -> Box:
    above, below = (Line((Letter("∂"), boxed(part, conventions))) for part in (of.of, of.by))
    return _named(of.adjoint, Fraction(above, below))


@boxed.register
def _(of: lay.Nabla, conventions: Conventions) -> Box:
    parts = (Scripts(Letter("∇", True), boxed(of.by, conventions)), Gap("times"), boxed(of.of, conventions))
    return _named(of.adjoint, Line(parts))


def _named(name: str, of: Box) -> Box:
    return Named(name, of) if name else of


# sums, conditions, cases


@boxed.register
def _(of: lay.Big, conventions: Conventions) -> Box:
    body = boxed(of.body, conventions)
    if of.kind == "sum":
        return Line((*(_sum_sign(group, conventions) for group in sum_signs(of.bounds, conventions)), body))
    ranges = [_range(bound, conventions) for bound in of.bounds]
    return Line((Limits(of.kind, line(_listed(ranges, Symbol(",")))), body))


def _sum_sign(group: tuple[lay.Bound, ...], conventions: Conventions) -> Box:
    indices = _listed([boxed(bound.index, conventions) for bound in group])
    if is_bare(group[0], conventions):
        return Limits("sum", line(indices))
    low, high = boxed(group[0].low, conventions), boxed(group[0].high, conventions)
    return Limits("sum", Line((*indices, Symbol("="), low)), high)


def _range(bound: lay.Bound, conventions: Conventions) -> Box:
    index = boxed(bound.index, conventions)
    if is_bare(bound, conventions):
        return index
    low, high = boxed(bound.low, conventions), boxed(bound.high, conventions)
    return Line((low, Symbol("≤"), index, Symbol("≤"), high))


@boxed.register
def _(of: lay.Delta, conventions: Conventions) -> Box:
    return Scripts(Letter("δ"), _indices((of.left, of.right), conventions))


@boxed.register
def _(of: lay.Iverson, conventions: Conventions) -> Box:
    return fenced(boxed(of.condition, conventions), "[", "]")


@boxed.register
def _(of: lay.Indicator, conventions: Conventions) -> Box:
    return Line((ONE, Gap("call"), fenced(boxed(of.condition, conventions), "[", "]")))


@boxed.register
def _(of: lay.Relation, conventions: Conventions) -> Box:
    return Line((boxed(of.left, conventions), Symbol(of.sign), boxed(of.right, conventions)))


@boxed.register
def _(of: lay.Logic, conventions: Conventions) -> Box:
    return line(_listed([boxed(condition, conventions) for condition in of.conditions], Words(f" {of.word} ")))


@boxed.register
def _(of: lay.Cases, conventions: Conventions) -> Box:
    rows = []
    for value, condition in of.pieces:
        when = Line((Words("if "), boxed(condition, conventions))) if condition else Words("otherwise")
        rows.append((boxed(value, conventions), when))
    return Table("cases", tuple(rows))


# equations and grids


@boxed.register
def _(of: lay.Each, conventions: Conventions) -> Box:
    indices = _listed([boxed(index, conventions) for index in of.indices], Symbol(","))
    return Line((Gap("quad"), Words("for each "), *indices))


@boxed.register
def _(of: lay.Range, conventions: Conventions) -> Box:
    numbers = _listed([Words(str(of.first)), Symbol("…"), Words(str(of.last))], Symbol(","))
    return Line((Gap("quad"), Words("for "), boxed(of.letter, conventions), Symbol("="), *numbers))


@boxed.register
def _(of: lay.ForEach, conventions: Conventions) -> Box:
    return Line((boxed(of.of, conventions), boxed(lay.Each(of.indices), conventions)))


@boxed.register
def _(of: lay.Chain, conventions: Conventions) -> Box:
    return line(_listed([boxed(side, conventions) for side in of.sides], Symbol(of.sign)))


@boxed.register
def _(of: lay.Words, _conventions: Conventions) -> Box:
    return Words(of.text)


@boxed.register
def _(of: lay.Sign, _conventions: Conventions) -> Box:
    if of.form == "big":
        return Loose("(" if of.sign == "(" else ")")
    if of.sign in _GAPS:
        return _GAPS[of.sign]
    sign = {"-": "−", **_HADAMARDS}.get(of.sign, of.sign)
    return Symbol(sign, "tight" if sign in "()" else of.form)


@boxed.register
def _(of: lay.Row, conventions: Conventions) -> Box:
    return line([boxed(part, conventions) for part in of.parts])


@boxed.register
def _(of: lay.Aligned, conventions: Conventions) -> Box:
    """Two cells in a line: the left side, and what begins with the relation sign."""
    rows: list[tuple[Box, ...]] = []
    for place, each in enumerate(of.lines):
        before = each.left if place else of.left
        left = Line(()) if before is None else boxed(before, conventions)
        start = {"relation": [Symbol(of.sign)], "continued": [Gap("quad")], "words": []}[each.kind]
        rows.append((left, line([*start, boxed(each.row, conventions)])))
    return Table("aligned", tuple(rows))


@boxed.register
def _(of: lay.Dots, _conventions: Conventions) -> Box:
    return Symbol(of.sign, "tight")


@boxed.register
def _(of: lay.Grid, conventions: Conventions) -> Box:
    return Table("grid", tuple(tuple(boxed(cell, conventions) for cell in row) for row in of.rows))
