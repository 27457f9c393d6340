"""Derivations to files, by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.errors import UsageError, check_choice
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.files import ending_of, write_together
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.mathml import STYLE
from symbackprop.notation.writing.typst import string
from symbackprop.rendering.code_beside import code_beside
from symbackprop.rendering.contributions import contributions_section
from symbackprop.rendering.dialects import in_dialect
from symbackprop.rendering.document import document
from symbackprop.rendering.environment import filled
from symbackprop.rendering.illustrating import Figures, chosen_figures, figures_of
from symbackprop.rendering.notebooks import notebook
from symbackprop.rendering.pages.fonts import font_faces
from symbackprop.rendering.pages.parts import page_parts
from symbackprop.rendering.pdf import pdf
from symbackprop.rendering.records import LEVELS
from symbackprop.rendering.references import references, safe
from symbackprop.rendering.scalars import scalar_document
from symbackprop.rendering.wanted import FORMATS, Wanted, check_maker, check_wanted

_SPELLED = MappingProxyType(
    {"typ": "typst", "ipynb": "md"}
)  # how formulas are spelled, where it is called otherwise than the file
_STEPS_WITHOUT_CONTENTS = 20
SCALAR = "scalar"
"""The level of a derivation that was made operation by operation."""
Derived = Derivation | ScalarDerivation | BySample


def render(
    derivation: Derived,
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
    fragment: bool = False,
    label_prefix: str = "",
    templates: str | Path | None = None,
    background: bool = False,
) -> Path | str:
    r"""Writes the document of a derivation to `path`, whole or not at all; without a path its text is returned.

    By the ending: Markdown (.md), LaTeX (.tex), a page (.html), Typst (.typ), PDF (.pdf, by the package typst), a
    notebook (.ipynb). Without a path the `format` says which, "md" if it is not given.

    The level is "both", "index" or "matrix"; of what `scalars` made it is "scalar". Without conventions the usual ones
    are taken, at the scalar level with ∂L/∂w for derivatives. `by_sample` adds a section: what each sample adds to a
    gradient; that alone makes a document too. Without a title the document is called after the model.
    With an `evaluation` of it, its numbers stand in the document, to `digits` significant digits.
    `dialect` is that of Markdown: "github", with fences of mathematics, or "dollar". With `code` the lines of the
    compiled function stand beside the steps that they compute; in a notebook they always do.
    A `fragment` in LaTeX has no preamble, to be read by `\input`; its labels begin with `label_prefix`, else with the
    name of the model.

    With `background` it begins with what of calculus it rests on: derivative, limit, chain rule, several ways.
    `templates` is a folder of templates of your own, which go before those of the same name (docs/templates.md).

    `figures` are some of graph, network, unrolled, boxes, descent, strip, in one string or several; "none" for none.
    Without it they are those that suit the model; an outline has none. Those of a Markdown document are SVG files
    beside it, OUT.graph.svg for OUT.md; a device or a pipe has no place for any.

    Raises:
        WriteError: the ending names no format, or a file cannot be written.
        UsageError: an unknown level, detail, format, dialect or figure, a figure for which there is nothing to show,
            PDF without the package typst, a fragment or code of what has none, templates that cannot be used.
    """
    wanted = Wanted(
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
        figures=figures,
        fragment=fragment,
        label_prefix=label_prefix,
        templates=None if templates is None else Path(templates),
        background=background,
    )
    if path is None:
        return document_text(derivation, format or "md", wanted)
    if format is not None:
        raise UsageError("a path says its format itself", fix="Leave out format, or the path.", name="format")
    return _written(derivation, Path(path), wanted)


def _written(derivation: Derived, target: Path, wanted: Wanted) -> Path:
    ending = ending_of(target, FORMATS)
    check_maker(target)
    format = "typ" if ending == "pdf" else ending
    check_wanted(derivation, format, wanted)
    drawn = _figures(derivation, format, wanted, _stem(target))
    text = _text(derivation, format, wanted, drawn)
    whole = pdf(text) if ending == "pdf" else text
    beside = drawn.files if ending == "md" else {}  # a notebook has its pictures inside
    write_together({**{target.with_name(name): picture for name, picture in beside.items()}, target: whole})
    return target


def _stem(target: Path) -> str:
    """What the files beside a document are called after; empty for a device or a pipe, which has no place for them."""
    return target.stem if target.is_file() or not target.exists() else ""


def document_text(derivation: Derived, format: str, wanted: Wanted | None = None, **options: Any) -> str:
    """The document of a derivation as text in a format: md, tex, html, typ or ipynb.

    The `options` are those of `render`, in the place of `wanted`.

    In Markdown it has figures only where these are made already, with names for their files.
    """
    wanted = wanted or Wanted(**options)
    check_wanted(derivation, format, wanted)
    drawn = wanted.figures if isinstance(wanted.figures, Figures) else _figures(derivation, format, wanted)
    return _text(derivation, format, wanted, drawn)


def _text(derivation: Derived, format: str, wanted: Wanted, drawn: Figures) -> str:
    spelled = _SPELLED.get(format, format)
    if isinstance(derivation, ScalarDerivation):
        check_choice("level", wanted.level or SCALAR, (SCALAR,))
        usual = wanted.conventions or Conventions(adjoint="partial")
        view = scalar_document(derivation, usual, spelled, wanted.detail, wanted.title, wanted.author)
        author = string(wanted.author)
        views = {"document": view, "author": author, "contents": _is_long(view.items)}
        return _filled("scalar", format, wanted, drawn, **views)
    usual = wanted.conventions or Conventions()
    if isinstance(derivation, BySample):
        section = contributions_section(derivation, usual, spelled)
        return _filled("contributions", format, wanted, drawn, section=section, author=string(wanted.author))
    check_choice("level", wanted.level or LEVELS[0], LEVELS)
    return _of_arrays(derivation, format, replace(wanted, conventions=usual), drawn)


def _of_arrays(derivation: Derivation, format: str, wanted: Wanted, drawn: Figures) -> str:
    """The document over whole arrays; its conventions are given."""
    spelled, usual = _SPELLED.get(format, format), wanted.conventions or Conventions()
    whole = document(
        derivation,
        usual,
        spelled,
        wanted.level or LEVELS[0],
        wanted.detail,
        title=wanted.title,
        author=wanted.author,
        evaluation=wanted.evaluation,
        digits=wanted.digits,
    )
    section = None if wanted.by_sample is None else contributions_section(wanted.by_sample, usual, spelled)
    views: dict[str, object] = {"document": whole, "section": section, "code": None, "labels": references(derivation)}
    views["background"] = wanted.background
    if wanted.code or format == "ipynb":
        views["code"] = code_beside(derivation, whole.parts, format, wanted.evaluation)
    if wanted.fragment:
        prefix = wanted.label_prefix or safe(derivation.source.name or "model")
        return filled("fragment.tex.jinja", wanted.templates, **views, figures=drawn, prefix=prefix)
    if format == "html":
        views |= page_parts(derivation, usual, wanted.evaluation, wanted.digits)
    elif format == "typ":
        told = [t for part in whole.parts for t in part.told]
        views |= {"author": string(wanted.author), "contents": _is_long(told)}
    return _filled("derivation", format, wanted, drawn, **views)


def _figures(derivation: Derived, format: str, wanted: Wanted, stem: str = "") -> Figures:
    """The figures of a document; of an outline none that was not asked for."""
    figures = wanted.figures
    assert not isinstance(figures, Figures)
    chosen = () if figures is None and wanted.detail == "outline" else chosen_figures(figures)
    usual = wanted.conventions or Conventions(adjoint="partial" if isinstance(derivation, ScalarDerivation) else "d")
    if format == "ipynb":
        stem = "figure"
    return figures_of(
        derivation,
        usual,
        _SPELLED.get(format, format),
        chosen,
        stem=stem,
        evaluation=wanted.evaluation,
        by_sample=wanted.by_sample,
    )


def _is_long(told: Sequence[object]) -> bool:
    """Whether a document is so long that a list of contents helps: by its steps, those told together counted once."""
    return len(told) > _STEPS_WITHOUT_CONTENTS


def _filled(template: str, format: str, wanted: Wanted, figures: Figures, **views: object) -> str:
    """The template of a format with what it words; a notebook is the Markdown document, cut into cells."""
    name = f"{template}.{'md' if format == 'ipynb' else format}.jinja"
    page = {"math_style": STYLE, "fonts": font_faces()} if format == "html" else {}
    text = filled(name, wanted.templates, **{**page, "figures": figures, "background": wanted.background, **views})
    if format == "ipynb":
        return notebook(in_dialect(text, "dollar"), figures.files)
    return in_dialect(text, wanted.dialect or "github") if format == "md" else text
