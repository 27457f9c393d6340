"""Formulas in plain text with Unicode signs, on one line: `dz1 = W2ᵀ dz2 ⊙ σ'(z1)`.

Names are those of the model, with Greek letters for their names, so that what is written can be told apart and read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from symbackprop.algebra.space import Space
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.brackets import bracketed
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature
from symbackprop.notation.writing.layout import Layout, Name
from symbackprop.notation.writing.matrix_layout import Formula, formula, hoisted

_TRANSPOSES = {"⊤": "ᵀ", "T": "^T", "'": "'"}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def text(
    of: Formula,
    conventions: Conventions | None = None,
    space: Space | None = None,
    *,
    names: Nomenclature | None = None,
) -> str:
    """A formula in plain text. `names` fix roots, samples and parameters; else conventions and space do.

    Raises:
        RenderError: an expression that no model can contain.
    """
    names = names or nomenclature(conventions or Conventions(), space or Space())
    return _write(formula(of, names), names)


def text_chain(formulas: Sequence[Formula], names: Nomenclature) -> str:
    """`a = b = c` on one line; a formula said for each value of an index says so once, at the end."""
    parts, indices = hoisted(formulas, names)
    return " = ".join(_write(part, names) for part in parts) + _for_each(indices)


def _for_each(indices: tuple[Layout, ...]) -> str:
    shown = ", ".join(index.glyph.plain for index in indices if isinstance(index, Name))
    return f"  for each {shown}" if shown else ""


def _write(layout: Layout, names: Nomenclature) -> str:
    return spell(bracketed(layout, in_line=True), names.conventions)


@singledispatch
def spell(layout: Layout, conventions: Conventions) -> str:
    """The text of a layout that has its brackets already."""
    raise TypeError(f"no text for {type(layout).__name__}")


@spell.register
def _(of: lay.Number, _conventions: Conventions) -> str:
    return of.digits


@spell.register
def _(of: Name, _conventions: Conventions) -> str:
    return of.glyph.plain


@spell.register
def _(of: lay.Entry, conventions: Conventions) -> str:
    return f"{of.of.glyph.plain}[{_listed(of.indices, conventions, ',').replace(' + ', '+').replace(' - ', '-')}]"


def _listed(parts: Sequence[Layout], conventions: Conventions, joint: str = ", ") -> str:
    return joint.join(spell(part, conventions) for part in parts)


@spell.register
def _(of: lay.Ones, conventions: Conventions) -> str:
    sizes = _listed(of.sizes, conventions, "×")
    return f"1_{sizes}" if sizes.isalnum() else f"1_({sizes})"


@spell.register
def _(of: lay.Unit, conventions: Conventions) -> str:
    size = spell(of.size, conventions)
    return f"I_{size}" if size.isalnum() else f"I_({size})"


@spell.register
def _(of: lay.NormSquared, conventions: Conventions) -> str:
    return f"‖{spell(of.of, conventions)}‖²"


@spell.register
def _(of: lay.Terms, conventions: Conventions) -> str:
    shown = ""
    for sign, item in of.items:
        mark = (" - " if sign < 0 else " + ") if shown else ("-" if sign < 0 else "")
        shown += mark + spell(item, conventions)
    return shown


@spell.register
def _(of: lay.Times, conventions: Conventions) -> str:
    shown = spell(of.factors[0], conventions)
    for before, after in zip(of.factors, of.factors[1:], strict=False):
        following = spell(after, conventions)
        dot = isinstance(before, lay.Number) and following[0].isdigit()
        shown += (" · " if dot else " ") + following
    return shown


@spell.register
def _(of: lay.Hadamard, conventions: Conventions) -> str:
    return _listed(of.factors, conventions, f" {conventions.hadamard} ")


@spell.register
def _(of: lay.Over, conventions: Conventions) -> str:
    top, bottom = spell(of.top, conventions), spell(of.bottom, conventions)
    return f"{top} / {bottom}" if isinstance(of.top, lay.Times) else f"{top}/{bottom}"


@spell.register
def _(of: lay.Raised, conventions: Conventions) -> str:
    exponent = spell(of.exponent, conventions)
    base = spell(of.base, conventions)
    if of.elementwise:
        return f"{base}^⊙{exponent}"
    return base + exponent.translate(_SUPERSCRIPTS) if exponent.isdigit() else f"{base}^{exponent}"


@spell.register
def _(of: lay.Transposed, conventions: Conventions) -> str:
    return spell(of.of, conventions) + _TRANSPOSES[conventions.transpose]


@spell.register
def _(of: lay.Root, conventions: Conventions) -> str:
    return f"sqrt({spell(of.of, conventions)})"


@spell.register
def _(of: lay.Exponential, conventions: Conventions) -> str:
    return f"exp({spell(of.of, conventions)})"


@spell.register
def _(of: lay.Absolute, conventions: Conventions) -> str:
    return f"abs({spell(of.of, conventions)})"


@spell.register
def _(of: lay.Call, conventions: Conventions) -> str:
    if not of.arguments:
        return of.function.plain
    primes = "'" * of.order if of.order < 3 else f"^({of.order})"
    return f"{of.function.plain}{primes}({_listed(of.arguments, conventions)})"


@spell.register
def _(of: lay.Big, conventions: Conventions) -> str:
    sign = {"sum": "∑", "max": "max", "argmax": "argmax"}[of.kind]
    ranges = [_range(bound, conventions) for bound in of.bounds]
    below = ",".join(ranges)
    bare = below.isalnum() and len(of.bounds) == 1
    return f"{sign}_{below if bare else '{' + below + '}'} {spell(of.body, conventions)}"


def _range(bound: lay.Bound, conventions: Conventions) -> str:
    """The index, and its range unless a shape tells it."""
    index = spell(bound.index, conventions)
    if bound.implied:
        return index
    return f"{index}={spell(bound.low, conventions)}..{spell(bound.high, conventions)}"


@spell.register
def _(of: lay.Delta, conventions: Conventions) -> str:
    return f"δ({spell(of.left, conventions)}, {spell(of.right, conventions)})"


@spell.register
def _(of: lay.Iverson, conventions: Conventions) -> str:
    return f"[{spell(of.condition, conventions)}]"


@spell.register
def _(of: lay.Indicator, conventions: Conventions) -> str:
    return f"1[{spell(of.condition, conventions)}]"


@spell.register
def _(of: lay.Relation, conventions: Conventions) -> str:
    return f"{spell(of.left, conventions)} {of.sign} {spell(of.right, conventions)}"


@spell.register
def _(of: lay.Logic, conventions: Conventions) -> str:
    return _listed(of.conditions, conventions, f" {of.word} ")


@spell.register
def _(of: lay.Cases, conventions: Conventions) -> str:
    rows = []
    for value, condition in of.pieces:
        when = f"if {spell(condition, conventions)}" if condition else "otherwise"
        rows.append(f"{spell(value, conventions)} {when}")
    return "{" + "; ".join(rows) + "}"


@spell.register
def _(of: lay.Derivative, conventions: Conventions) -> str:
    return f"∂{spell(of.of, conventions)}/∂{spell(of.by, conventions)}"


@spell.register
def _(of: lay.Nabla, conventions: Conventions) -> str:
    return f"∇_{spell(of.by, conventions)} {spell(of.of, conventions)}"


@spell.register
def _(of: lay.ByWayOf, conventions: Conventions) -> str:
    return f"{spell(of.of, conventions)}|{spell(of.through, conventions)}"


@spell.register
def _(_of: lay.Infinity, _conventions: Conventions) -> str:
    return "∞"


@spell.register
def _(of: lay.Words, _conventions: Conventions) -> str:
    return of.text


@spell.register
def _(of: lay.Dots, _conventions: Conventions) -> str:
    return of.sign


@spell.register
def _(of: lay.Grid, conventions: Conventions) -> str:
    """As NumPy has it: `[[1, 2], [3, 4]]`."""
    return f"[{', '.join(f'[{_listed(row, conventions)}]' for row in of.rows)}]"


@spell.register
def _(of: lay.ForEach, conventions: Conventions) -> str:
    return spell(of.of, conventions) + _for_each(of.indices)


@spell.register
def _(of: lay.Brackets, conventions: Conventions) -> str:
    return f"({spell(of.of, conventions)})"
