"""Names as text with scripts: the glyphs of the formulas, `a1` as a and [1] above it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr

from symbackprop.notation.writing.glyphs import GREEK, Nomenclature
from symbackprop.notation.writing.layout import Glyph
from symbackprop.notation.writing.text import text
from symbackprop.rendering.figures.drawing import Run, Text

_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
_MARKS = {"[l]": "[%s]", "(l)": "(%s)"}
_LONGEST = 18
_NUMBERED = re.compile(r"([^\W\d_])(\d+)")
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def name_text(name: str, names: Nomenclature) -> Text:
    """The name of a tensor as its formulas show it."""
    glyph = names.glyph(name)
    if glyph.verbatim:
        return (Run(shortened(glyph.plain), math=True),)
    return glyph_text(glyph, names.conventions.layers)


def adjoint_text(name: str, names: Nomenclature) -> Text:
    """The derivative of the root by a tensor, in short: d before its name."""
    glyph = names.glyph(name)
    return (Run("d", math=True), *name_text(name, names)) if glyph.verbatim else _with_d(glyph, names)


def _with_d(glyph: Glyph, names: Nomenclature) -> Text:
    return glyph_text(replace(glyph, d=True), names.conventions.layers)


def glyph_text(glyph: Glyph, layers: str) -> Text:
    """A glyph with its subscript and the mark of its layer, which stands below where layers are plain."""
    letters = shortened(GREEK.get(glyph.letters, glyph.letters))
    if glyph.accent:
        letters = unicodedata.normalize("NFC", letters[:1] + _ACCENTS[glyph.accent] + letters[1:])
    plain = layers not in _MARKS
    below = ",".join(filter(None, (glyph.subscript, glyph.mark if plain else "", glyph.entry)))
    above = _MARKS[layers] % _spelled(glyph.mark) if glyph.mark and not plain else ""
    runs = [Run(("d" if glyph.d else "") + letters, math=True)]
    runs += [Run(_spelled(below), level=-1)] if below else []
    runs += [Run(above, level=1)] if above else []
    return tuple(runs)


def letters_of(name: str, names: Nomenclature) -> str:
    """A name without the mark of its layer, for formulas beside an arrow."""
    glyph = names.glyph(name)
    if glyph.verbatim:
        return glyph.plain
    letters = GREEK.get(glyph.letters, glyph.letters)
    return unicodedata.normalize("NFC", letters + _ACCENTS.get(glyph.accent, ""))


def shape_words(shape: Sequence[Expr], names: Nomenclature) -> str:
    """A shape as "h₁ × n"; empty for a scalar."""
    words = " × ".join(text(extent, names=names) for extent in shape)
    return _NUMBERED.sub(lambda match: match[1] + match[2].translate(_BELOW), words)


def shortened(word: str) -> str:
    """A word that fits a node, its middle left out where it is too long."""
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 6]}…{word[-5:]}"


def _spelled(word: str) -> str:
    return shortened(",".join(GREEK.get(part, part) for part in word.split(",")))
