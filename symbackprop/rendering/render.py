"""Derivations to files, by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.errors import UsageError, check_choice
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.files import ending_of, write_together
from symbackprop.notation.conventions import Conventions
from symbackprop.rendering.contributions import contributions_section
from symbackprop.rendering.document import document
from symbackprop.rendering.environment import environment
from symbackprop.rendering.illustrating import Figures, chosen_figures, figures_of
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
    figures: str | Sequence[str] | None = None,
) -> Path:
    """Writes the document of a derivation to `path`: Markdown (.md), LaTeX (.tex), a page (.html). Whole or not at all.

    The level is "both", "index" or "matrix"; of what `scalars` made it is "scalar". Without conventions the usual ones
    are taken, at the scalar level with ∂L/∂w for derivatives. `by_sample` adds a section: what each sample adds to a
    gradient; that alone makes a document too. Without a title the document is called after the model.
    With an `evaluation` of it, its numbers stand in the document, to `digits` significant digits.

    `figures` are some of graph, network, unrolled, boxes, descent, strip, in one string or several; "none" for none.
    Without it they are those that suit the model; an outline has none. Those of a Markdown document are SVG files
    beside it, OUT.graph.svg for OUT.md; a device or a pipe has no place for any.

    Raises:
        WriteError: the ending names no format, or a file cannot be written.
        UsageError: an unknown level, detail or figure, or a figure for which there is nothing to show.
    """
    target = Path(path)
    ending = ending_of(target, FORMATS)
    _refuse_page(derivation, ending, by_sample)
    drawn = _figures(derivation, ending, conventions, figures, detail, evaluation, by_sample, _stem(target))
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
        figures=drawn,
    )
    write_together({**{target.with_name(name): picture for name, picture in drawn.files.items()}, target: text})
    return target


def _stem(target: Path) -> str:
    """What the files beside a document are called after; empty for a device or a pipe, which has no place for them."""
    return target.stem if target.is_file() or not target.exists() else ""


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
    figures: str | Sequence[str] | Figures | None = None,
) -> str:
    """The document of a derivation as text in a format: md, tex or html.

    In Markdown it has figures only where these are made already, with names for their files.
    """
    check_choice("detail", detail, DETAILS)
    check_choice("format", format, FORMATS)
    _refuse_page(derivation, format, by_sample)
    drawn = figures
    if not isinstance(drawn, Figures):
        drawn = _figures(derivation, format, conventions, drawn, detail, evaluation, by_sample)
    if isinstance(derivation, ScalarDerivation):
        check_choice("level", level or SCALAR, (SCALAR,))
        view = scalar_document(derivation, conventions or Conventions(adjoint="partial"), format, detail, title, author)
        return _filled("scalar", format, document=view, figures=drawn)
    usual = conventions or Conventions()
    if isinstance(derivation, BySample):
        section = contributions_section(derivation, usual, format)
        return _filled("contributions", format, section=section, figures=drawn)
    check_choice("level", level or LEVELS[0], LEVELS)
    added = None if by_sample is None else contributions_section(by_sample, usual, format)
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
    page = page_parts(derivation, usual, evaluation, digits) if format == "html" else {}
    return _filled("derivation", format, document=whole, section=added, figures=drawn, **page)


def _figures(
    derivation: Derivation | ScalarDerivation | BySample,
    format: str,
    conventions: Conventions | None,
    figures: str | Sequence[str] | None,
    detail: str,
    evaluation: Evaluation | None,
    by_sample: BySample | None,
    stem: str = "",
) -> Figures:
    """The figures of a document; of an outline none that was not asked for."""
    chosen = () if figures is None and detail == "outline" else chosen_figures(figures)
    usual = conventions or Conventions(adjoint="partial" if isinstance(derivation, ScalarDerivation) else "d")
    return figures_of(derivation, usual, format, chosen, stem=stem, evaluation=evaluation, by_sample=by_sample)


def _refuse_page(derivation: object, format: str, by_sample: BySample | None) -> None:
    if format == "html" and (by_sample is not None or not isinstance(derivation, Derivation)):
        raise UsageError(
            "a page shows the derivation over whole arrays alone",
            because="The scalar level and the contributions of samples are written as Markdown and as LaTeX.",
            fix="Write OUT.md or OUT.tex.",
        )


def _filled(template: str, format: str, **views: object) -> str:
    return environment().get_template(f"{template}.{format}.jinja").render(**views)
