"""Derivations to files, by the ending of the file's name."""

from __future__ import annotations

from pathlib import Path

from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.errors import UsageError, check_choice
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.files import ending_of, write_whole
from symbackprop.notation.conventions import Conventions
from symbackprop.rendering.contributions import contributions_section
from symbackprop.rendering.document import document
from symbackprop.rendering.environment import environment
from symbackprop.rendering.pages.parts import page_parts
from symbackprop.rendering.records import DETAILS, LEVELS
from symbackprop.rendering.scalars import scalar_document

FORMATS = ("md", "tex", "html")
SCALAR = "scalar"
"""The level of a derivation that was made operation by operation."""


def render(
    derivation: Derivation | ScalarDerivation | BySample,
    path: str | Path,
    *,
    level: str | None = None,
    detail: str = "standard",
    conventions: Conventions | None = None,
    by_sample: BySample | None = None,
    title: str = "",
    author: str = "",
    evaluation: Evaluation | None = None,
    digits: int = 4,
) -> Path:
    """Writes the document of a derivation to `path`: Markdown (.md), LaTeX (.tex), a page (.html). Whole or not at all.

    The level is "both", "index" or "matrix"; of what `scalars` made it is "scalar". Without conventions the usual ones
    are taken, at the scalar level with ∂L/∂w for derivatives. `by_sample` adds a section: what each sample adds to a
    gradient; that alone makes a document too. Without a title the document is called after the model.
    With an `evaluation` of it, its numbers stand in the document, to `digits` significant digits.

    Raises:
        WriteError: the ending names no format, or the file cannot be written.
        UsageError: an unknown level or detail.
    """
    target = Path(path)
    ending = ending_of(target, FORMATS)
    text = document_text(
        derivation,
        ending,
        level=level,
        detail=detail,
        conventions=conventions,
        by_sample=by_sample,
        title=title,
        author=author,
        evaluation=evaluation,
        digits=digits,
    )
    write_whole(target, text)
    return target


def document_text(
    derivation: Derivation | ScalarDerivation | BySample,
    format: str,
    *,
    level: str | None = None,
    detail: str = "standard",
    conventions: Conventions | None = None,
    by_sample: BySample | None = None,
    title: str = "",
    author: str = "",
    evaluation: Evaluation | None = None,
    digits: int = 4,
) -> str:
    """The document of a derivation as text in a format: md, tex or html."""
    check_choice("detail", detail, DETAILS)
    check_choice("format", format, FORMATS)
    if format == "html" and (by_sample is not None or not isinstance(derivation, Derivation)):
        raise UsageError(
            "a page shows the derivation over whole arrays alone",
            because="The scalar level and the contributions of samples are written as Markdown and as LaTeX.",
            fix="Write OUT.md or OUT.tex.",
        )
    if isinstance(derivation, ScalarDerivation):
        check_choice("level", level or SCALAR, (SCALAR,))
        view = scalar_document(derivation, conventions or Conventions(adjoint="partial"), format, detail, title, author)
        return _filled("scalar", format, document=view)
    usual = conventions or Conventions()
    if isinstance(derivation, BySample):
        return _filled("contributions", format, section=contributions_section(derivation, usual, format))
    check_choice("level", level or LEVELS[0], LEVELS)
    section = None if by_sample is None else contributions_section(by_sample, usual, format)
    whole = document(
        derivation,
        usual,
        format,
        level or LEVELS[0],
        detail,
        title=title,
        author=author,
        evaluation=evaluation,
        digits=digits,
    )
    if format == "html":
        beside = page_parts(derivation, usual, evaluation, digits)
        return _filled("derivation", format, document=whole, section=section, **beside)
    return _filled("derivation", format, document=whole, section=section)


def _filled(template: str, format: str, **views: object) -> str:
    return environment().get_template(f"{template}.{format}.jinja").render(**views)
