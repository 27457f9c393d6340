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
from symbackprop.errors import check_choice
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.files import ending_of, write_together
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.typst import string
from symbackprop.rendering.contributions import contributions_section
from symbackprop.rendering.document import document
from symbackprop.rendering.environment import environment
from symbackprop.rendering.illustrating import Figures, chosen_figures, figures_of
from symbackprop.rendering.pages.parts import page_parts
from symbackprop.rendering.pdf import pdf
from symbackprop.rendering.records import LEVELS
from symbackprop.rendering.references import references, safe
from symbackprop.rendering.scalars import scalar_document
from symbackprop.rendering.wanted import FORMATS, Wanted, check_maker, check_wanted

_SPELLED = MappingProxyType({"typ": "typst"})  # how formulas are spelled, where it is called otherwise than the file
_STEPS_WITHOUT_CONTENTS = 20
SCALAR = "scalar"
"""The level of a derivation that was made operation by operation."""
Derived = Derivation | ScalarDerivation | BySample


def render(
    derivation: Derived,
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
    fragment: bool = False,
    label_prefix: str = "",
) -> Path:
    r"""Writes the document of a derivation to `path`, whole or not at all.

    By the ending: Markdown (.md), LaTeX (.tex), a page (.html), Typst (.typ), PDF (.pdf, by the package typst).

    The level is "both", "index" or "matrix"; of what `scalars` made it is "scalar". Without conventions the usual ones
    are taken, at the scalar level with ∂L/∂w for derivatives. `by_sample` adds a section: what each sample adds to a
    gradient; that alone makes a document too. Without a title the document is called after the model.
    With an `evaluation` of it, its numbers stand in the document, to `digits` significant digits.
    A `fragment` in LaTeX has no preamble, to be read by `\input`; its labels begin with `label_prefix`, else with the
    name of the model.

    `figures` are some of graph, network, unrolled, boxes, descent, strip, in one string or several; "none" for none.
    Without it they are those that suit the model; an outline has none. Those of a Markdown document are SVG files
    beside it, OUT.graph.svg for OUT.md; a device or a pipe has no place for any.

    Raises:
        WriteError: the ending names no format, or a file cannot be written.
        UsageError: an unknown level, detail or figure, a figure for which there is nothing to show, PDF without the
            package typst, a fragment of what has none.
    """
    target = Path(path)
    ending = ending_of(target, FORMATS)
    check_maker(target)
    wanted = Wanted(
        level=level,
        detail=detail,
        conventions=conventions,
        by_sample=by_sample,
        title=title,
        author=author,
        evaluation=evaluation,
        digits=digits,
        figures=figures,
        fragment=fragment,
        label_prefix=label_prefix,
    )
    format = "typ" if ending == "pdf" else ending
    check_wanted(derivation, format, wanted)
    drawn = _figures(derivation, format, wanted, _stem(target))
    text = _text(derivation, format, wanted, drawn)
    whole = pdf(text) if ending == "pdf" else text
    write_together({**{target.with_name(name): picture for name, picture in drawn.files.items()}, target: whole})
    return target


def _stem(target: Path) -> str:
    """What the files beside a document are called after; empty for a device or a pipe, which has no place for them."""
    return target.stem if target.is_file() or not target.exists() else ""


def document_text(derivation: Derived, format: str, **options: Any) -> str:
    """The document of a derivation as text in a format, with options of `render`: md, tex, html or typ.

    In Markdown it has figures only where these are made already, with names for their files.
    """
    wanted = Wanted(**options)
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
        return _filled("scalar", format, document=view, figures=drawn, author=author, contents=_is_long(view.items))
    usual = wanted.conventions or Conventions()
    if isinstance(derivation, BySample):
        section = contributions_section(derivation, usual, spelled)
        return _filled("contributions", format, section=section, figures=drawn, author=string(wanted.author))
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
    views: dict[str, object] = {"document": whole, "section": section, "figures": drawn}
    views["labels"] = references(derivation)
    if wanted.fragment:
        prefix = wanted.label_prefix or safe(derivation.source.name or "model")
        return environment().get_template("fragment.tex.jinja").render(**views, prefix=prefix)
    if format == "html":
        views |= page_parts(derivation, usual, wanted.evaluation, wanted.digits)
    elif format == "typ":
        told = [t for part in whole.parts for t in part.told]
        views |= {"author": string(wanted.author), "contents": _is_long(told)}
    return _filled("derivation", format, **views)


def _figures(derivation: Derived, format: str, wanted: Wanted, stem: str = "") -> Figures:
    """The figures of a document; of an outline none that was not asked for."""
    figures = wanted.figures
    assert not isinstance(figures, Figures)
    chosen = () if figures is None and wanted.detail == "outline" else chosen_figures(figures)
    usual = wanted.conventions or Conventions(adjoint="partial" if isinstance(derivation, ScalarDerivation) else "d")
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


def _filled(template: str, format: str, **views: object) -> str:
    return environment().get_template(f"{template}.{format}.jinja").render(**views)
