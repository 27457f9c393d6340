"""The ways in which formulas are spelled: one record for each format of documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from sympy import Expr

from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import latex, lines, mathml, typst
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.brackets import bracketed
from symbackprop.notation.writing.expressions import expression
from symbackprop.notation.writing.glyphs import GREEK, Nomenclature, tensor_layout
from symbackprop.notation.writing.layout import Layout
from symbackprop.notation.writing.matrix_layout import Formula, chain, formula


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one format spells mathematics and words.

    `spell` writes a layout that has its brackets already; `inline` and `display` take what it gives, and make of it a
    formula in a sentence or by itself. `plain` are words such that nothing in them has a meaning to the format.
    """

    spell: Callable[[Layout, Conventions], str]
    inline: Callable[[str], str]
    display: Callable[[str], str]
    plain: Callable[[str], str]

    def layout(self, of: Layout, names: Nomenclature) -> str:
        """A layout, with brackets where it needs them."""
        return self.spell(bracketed(of, in_line=False), names.conventions)

    def formula(self, of: Formula, names: Nomenclature) -> str:
        """A formula.

        Raises:
            RenderError: an expression that no model can contain.
        """
        return self.layout(formula(of, names), names)

    def chain(self, formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> str:
        """`a = b = c` on one line; a formula said for each value of an index says so once, at the end."""
        return self.layout(chain(formulas, names, sign), names)

    def lines(self, formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> str:
        """`a = b = c` on one line, or over several where it is long."""
        return self.spell(lines.lines(formulas, names, sign), names.conventions)

    def block(self, equations: Sequence[Sequence[Formula]], names: Nomenclature, sign: str = "=") -> str:
        """Equations under each other, aligned at the sign."""
        return self.spell(lines.block(equations, names, sign), names.conventions)

    def shape(self, shape: Sequence[Expr], names: Nomenclature) -> str:
        """`h × n`; a vector has one size, and a scalar is called so."""
        return self.layout(lay.Crossed(tuple(expression(size, names) for size in shape)), names)

    def name(self, tensor: str, names: Nomenclature) -> str:
        """The whole of a tensor or of an adjoint."""
        return self.layout(tensor_layout(tensor, (), names), names)


_TEX_ESCAPES = MappingProxyType(
    {
        "\\": "/", "{": "(", "}": ")", "^": "", "~": " ", "_": r"\_", "<": "$<$", ">": "$>$", "&": r"\&", "%": r"\%",
        "#": r"\#", "$": r"\$", "ᵀ": r"$^\top$", "⊙": r"$\odot$", "∂": r"$\partial$", "Σ": r"$\Sigma$",
        **{letter: f"$\\{name}$" for name, letter in GREEK.items() if name.islower() and name != "omicron"},
    }
)  # fmt: skip
_LATIN = 0x180  # letters beyond these are unknown to pdflatex without packages for their script


def _tex_words(words: str) -> str:
    """LaTeX gives `_` and `<` a meaning of their own, and knows Latin letters."""
    return "".join(_TEX_ESCAPES.get(c, c if ord(c) < _LATIN else "?") for c in words)


_MARKDOWN = re.compile(r"<(?=[A-Za-z/!?])|&(?=[#A-Za-z])|[\\`\[\]]")


def _markdown_words(words: str) -> str:
    """What could begin a tag, an entity, a link or code; `*` and `_` at most slant a word."""
    return _MARKDOWN.sub(lambda sign: f"\\{sign[0]}", words)


_TYPST = re.compile(r"(?!(?<=[A-Za-z])\.(?:\s|$))[!-+\--/:-@\[-`{-~]")


def _typst_words(words: str) -> str:
    """All ASCII signs are escaped but commas and the points behind words; a text is one line."""
    return _TYPST.sub(lambda sign: f"\\{sign[0]}", " ".join(words.splitlines()))


SPELLINGS: Mapping[str, Spelling] = MappingProxyType(
    {
        "md": Spelling(latex.spell, lambda m: f"$`{m}`$", lambda m: f"```math\n{m}\n```", _markdown_words),
        "tex": Spelling(latex.spell, lambda m: f"${m}$", lambda m: f"\\[\n{m}\n\\]", _tex_words),
        "html": Spelling(mathml.mathml, mathml.inline, mathml.display, escape),
        "typst": Spelling(typst.typst, typst.inline, typst.display, _typst_words),
    }
)
"""By format."""
