"""What stands between factors, and how scripts and limits are grouped: decided once for every way of spelling."""

from __future__ import annotations

from typing import Literal

from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.functions import OPERATORS
from symbackprop.notation.writing.glyphs import GREEK
from symbackprop.notation.writing.layout import Layout, Name


def between(before: Layout, after: Layout) -> Literal["dot", "thin", ""]:
    """A dot between numbers, a thin space where letters would run together, else nothing but the usual space."""
    if isinstance(before, lay.Number) and _begins_with_digit(after):
        return "dot"
    if isinstance(after, lay.Iverson):
        return "thin"
    if isinstance(before, lay.Number) or isinstance(after, lay.Brackets | lay.Big):
        return ""
    if isinstance(before, lay.Over) and isinstance(after, lay.Over):
        return ""
    return "thin" if _is_wide(before) or _is_wide(after) else ""


def _begins_with_digit(layout: Layout) -> bool:
    match layout:
        case lay.Number():
            return True
        case lay.Raised(of) | lay.Transposed(of) | lay.ByWayOf(of):
            return _begins_with_digit(of)
    return False


def _is_wide(layout: Layout) -> bool:
    """Whether a factor would run together with its neighbours; \\log and its like are set off anyway."""
    if isinstance(layout, lay.Entry | lay.Transposed):
        return _is_wide(layout.of)
    if isinstance(layout, Name):
        return layout.glyph.d or layout.glyph.verbatim or is_word(layout.glyph.letters)
    return isinstance(layout, lay.Call) and layout.function.latex not in OPERATORS


def is_word(name: str) -> bool:
    """Whether a part of a name is upright: no number, no single letter from a to z, no Greek letter by name."""
    return name not in GREEK and not (name.isascii() and (name.isdigit() or (len(name) == 1 and name.isalpha())))


def sum_signs(bounds: tuple[lay.Bound, ...], conventions: Conventions) -> list[tuple[lay.Bound, ...]]:
    """Bounds that share one sum sign: those that only name their index."""
    bare = tuple(bound for bound in bounds if is_bare(bound, conventions))
    return [*((bare,) if bare else ()), *((bound,) for bound in bounds if bound not in bare)]


def is_bare(bound: lay.Bound, conventions: Conventions) -> bool:
    """Whether a bound names its index alone."""
    return bound.implied and conventions.sum_bounds == "index"


def slashed(exponent: Layout) -> tuple[str, str] | None:
    """The numbers of a quotient that is written with a slash in an exponent, as in 3/2."""
    match exponent:
        case lay.Over(lay.Number(top), lay.Number(bottom)):
            return top, bottom
    return None


def is_marked(base: Layout, conventions: Conventions) -> bool:
    r"""Whether a base has a layer's mark above it already, so that a power needs brackets: \((a^{[1]})^2\)."""
    match base:
        case lay.Entry(Name(glyph)) | Name(glyph):
            return bool(glyph.mark) and conventions.layers != "plain"
    return isinstance(base, lay.Transposed | lay.Raised)
