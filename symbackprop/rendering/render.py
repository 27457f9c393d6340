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
from symbackprop.notation.writing.mathml import STYLE
from symbackprop.rendering.code_beside import code_beside
from symbackprop.rendering.contributions import contributions_section
from symbackprop.rendering.dialects import DIALECTS, in_dialect
from symbackprop.rendering.document import document
from symbackprop.rendering.environment import environment
from symbackprop.rendering.illustrating import Figures, chosen_figures, figures_of
from symbackprop.rendering.notebooks import notebook
from symbackprop.rendering.pages.fonts import font_faces
from symbackprop.rendering.pages.parts import page_parts
from symbackprop.rendering.records import DETAILS, LEVELS
from symbackprop.rendering.scalars import scalar_document

FORMATS = ("md", "tex", "html", "ipynb")
SCALAR = "scalar"
"""The level of a derivation that was made operation by operation."""


def render(
    derivation: Derivation | ScalarDerivation | BySample,
    path: str | Path | None = None,
    *,
    format: str | None = None,
    level: str | None = None,
    detail: str = "standard",
    conventions: Conventions | None = None,
    by_sample: BySample | None = None,
    title: str = "",
    author: str = "",
    evaluation: Evaluation | None = None,
    digits: int = 4,
    dialect: str | None = None,
    code: bool = False,
    figures: str | Sequence[str] | None = None,
) -> Path | str:
    """Writes the document of a derivation to `path`, whole or not at all; without a path its text is returned.

    By the ending: Markdown (.md), LaTeX (.tex), a page (.html), a notebook (.ipynb). Without a
    path the `format` says which, "md" if it is not given.

    The level is "both", "index" or "matrix"; of what `scalars` made it is "scalar". Without conventions the usual ones
    are taken, at the scalar level with ∂L/∂w for derivatives. `by_sample` adds a section: what each sample adds to a
    gradient; that alone makes a document too. Without a title the document is called after the model.
    With an `evaluation` of it, its numbers stand in the document, to `digits` significant digits.
    `dialect` is that of Markdown: "github", with fences of mathematics, or "dollar". With `code` the lines of the
    compiled function stand beside the steps that they compute; in a notebook they always do.

    `figures` are some of graph, network, unrolled, boxes, descent, strip, in one string or several; "none" for none.
    Without it they are those that suit the model; an outline has none. Those of a Markdown document are SVG files
    beside it, OUT.graph.svg for OUT.md; a device or a pipe has no place for any.

    Raises:
        WriteError: the ending names no format, or a file cannot be written.
        UsageError: an unknown level, detail, format, dialect or figure; a figure for which there is nothing to show;
            code of what has none.
    """
    if path is not None and format is not None:
        raise UsageError("a path says its format itself", fix="Leave out format, or the path.", name="format")
    target = None if path is None else Path(path)
    ending = format or "md" if target is None else ending_of(target, FORMATS)
    drawn: str | Sequence[str] | Figures | None = figures
    if target is not None:
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
        dialect=dialect,
        code=code,
        figures=drawn,
    )
    if target is None:
        return text
    beside = drawn.files if isinstance(drawn, Figures) and ending == "md" else {}  # a notebook has its pictures inside
    write_together({**{target.with_name(name): picture for name, picture in beside.items()}, target: text})
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
    dialect: str | None = None,
    code: bool = False,
    figures: str | Sequence[str] | Figures | None = None,
) -> str:
    """The document of a derivation as text in a format: md, tex, html or ipynb.

    In Markdown it has figures only where these are made already, with names for their files.
    """
    check_choice("detail", detail, DETAILS)
    check_choice("format", format, FORMATS)
    check_dialect(dialect, format)
    _check_code(derivation, code)
    drawn = figures
    if not isinstance(drawn, Figures):
        drawn = _figures(derivation, format, conventions, drawn, detail, evaluation, by_sample)
    spelled = "md" if format == "ipynb" else format
    if isinstance(derivation, ScalarDerivation):
        check_choice("level", level or SCALAR, (SCALAR,))
        partial = Conventions(adjoint="partial")
        view = scalar_document(derivation, conventions or partial, spelled, detail, title, author)
        return _filled("scalar", format, dialect, drawn, document=view)
    usual = conventions or Conventions()
    if isinstance(derivation, BySample):
        section = contributions_section(derivation, usual, spelled)
        return _filled("contributions", format, dialect, drawn, section=section)
    check_choice("level", level or LEVELS[0], LEVELS)
    added = None if by_sample is None else contributions_section(by_sample, usual, spelled)
    whole = document(
        derivation,
        usual,
        spelled,
        level or LEVELS[0],
        detail,
        title=title,
        author=author,
        evaluation=evaluation,
        digits=digits,
    )
    views: dict[str, object] = {"document": whole, "section": added, "code": None}
    if code or format == "ipynb":
        views["code"] = code_beside(derivation, whole.parts, format, evaluation)
    if format == "html":
        views |= page_parts(derivation, usual, evaluation, digits)
    return _filled("derivation", format, dialect, drawn, **views)


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
    if format == "ipynb":
        format, stem = "md", "figure"
    return figures_of(derivation, usual, format, chosen, stem=stem, evaluation=evaluation, by_sample=by_sample)


def _filled(template: str, format: str, dialect: str | None, figures: Figures, **views: object) -> str:
    """The template of a format with what it words; a notebook is the Markdown document, cut into cells."""
    name = f"{template}.{'md' if format == 'ipynb' else format}.jinja"
    page = {"math_style": STYLE, "fonts": font_faces()} if format == "html" else {}
    text = environment().get_template(name).render(**{**page, "figures": figures, **views})
    if format == "ipynb":
        return notebook(in_dialect(text, "dollar"), figures.files)
    return in_dialect(text, dialect or "github") if format == "md" else text


def check_dialect(dialect: str | None, format: str) -> None:
    """Whether a format has the dialect.

    Raises:
        UsageError: another dialect, or one for what is no Markdown.
    """
    if dialect is None:
        return
    check_choice("dialect", dialect, DIALECTS)
    if format != "md":
        raise UsageError(
            f"the dialect {dialect} is one of Markdown, and the format is {format}",
            fix="Write OUT.md, or leave out the dialect.",
            name="dialect",
        )


def _check_code(derivation: object, code: bool) -> None:
    if code and not isinstance(derivation, Derivation):
        raise UsageError(
            "code stands beside the steps of a derivation over whole arrays alone",
            because="The compiled function computes with arrays, and has no line for a single entry or sample.",
            fix="Leave out code.",
            name="code",
        )
