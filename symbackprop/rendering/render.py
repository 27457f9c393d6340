"""Derivations to files, by the ending of the file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.errors import UsageError, check_choice
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.files import ending_of, write_whole
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.typst import string
from symbackprop.rendering.contributions import contributions_section
from symbackprop.rendering.document import document
from symbackprop.rendering.environment import environment
from symbackprop.rendering.page import page_parts
from symbackprop.rendering.pdf import check_typst, pdf
from symbackprop.rendering.records import DETAILS, LEVELS
from symbackprop.rendering.references import references, safe
from symbackprop.rendering.scalars import scalar_document

TEXTS = ("md", "tex", "html", "typ")
FORMATS = (*TEXTS, "pdf")
_SPELLED = MappingProxyType({"typ": "typst"})  # how formulas are spelled, where it is called otherwise than the file
_PREFIX = re.compile(r"[A-Za-z0-9.:_-]*")
_STEPS_WITHOUT_CONTENTS = 20
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

    Raises:
        WriteError: the ending names no format, or the file cannot be written.
        UsageError: an unknown level or detail; PDF without the package typst; a fragment of what has none.
    """
    target = Path(path)
    ending = ending_of(target, FORMATS)
    check_maker(target)
    text = document_text(
        derivation,
        "typ" if ending == "pdf" else ending,
        level=level,
        detail=detail,
        conventions=conventions,
        by_sample=by_sample,
        title=title,
        author=author,
        evaluation=evaluation,
        digits=digits,
        fragment=fragment,
        label_prefix=label_prefix,
    )
    write_whole(target, pdf(text) if ending == "pdf" else text)
    return target


def check_maker(path: Path) -> None:
    """Whether what makes the document at `path` is installed: asked before long work.

    Raises:
        UsageError: PDF is wanted and the package typst is missing.
    """
    if ending_of(path, FORMATS) == "pdf":
        check_typst()


def check_fragment(format: str, over_arrays: bool, fragment: bool, label_prefix: str) -> None:
    """Whether a fragment can be made so: asked before long work.

    Raises:
        UsageError: another format than LaTeX, another level, or a prefix that labels cannot have.
    """
    if not fragment:
        raise UsageError("a prefix of labels is for a fragment", fix="Ask for the fragment too: --fragment.")
    if format != "tex" or not over_arrays:
        raise UsageError(
            "only the derivation over whole arrays has a fragment, in LaTeX",
            fix="Write OUT.tex, at another level than scalar.",
        )
    if not _PREFIX.fullmatch(label_prefix):
        raise UsageError(
            f"labels cannot begin with {label_prefix!r}",
            because="They have ASCII letters, digits and the signs . : _ - alone.",
            fix="Choose a prefix like net1.",
            name=label_prefix,
        )


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
    fragment: bool = False,
    label_prefix: str = "",
) -> str:
    """The document of a derivation as text in a format: md, tex, html or typ."""
    check_choice("detail", detail, DETAILS)
    check_choice("format", format, TEXTS)
    spelled = _SPELLED.get(format, format)
    if fragment or label_prefix:
        check_fragment(format, isinstance(derivation, Derivation), fragment, label_prefix)
    if format == "html" and (by_sample is not None or not isinstance(derivation, Derivation)):
        raise UsageError(
            "a page shows the derivation over whole arrays alone",
            because="The scalar level and the contributions of samples are written as Markdown and as LaTeX.",
            fix="Write OUT.md or OUT.tex.",
        )
    if isinstance(derivation, ScalarDerivation):
        check_choice("level", level or SCALAR, (SCALAR,))
        view = scalar_document(
            derivation, conventions or Conventions(adjoint="partial"), spelled, detail, title, author
        )
        return _filled("scalar", format, document=view, author=string(author), contents=_is_long(view.items))
    usual = conventions or Conventions()
    if isinstance(derivation, BySample):
        section = contributions_section(derivation, usual, spelled)
        return _filled("contributions", format, section=section, author=string(author))
    check_choice("level", level or LEVELS[0], LEVELS)
    section = None if by_sample is None else contributions_section(by_sample, usual, spelled)
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
    views: dict[str, object] = {"document": whole, "section": section, "labels": references(derivation)}
    if fragment:
        prefix = label_prefix or safe(derivation.source.name or "model")
        return environment().get_template("fragment.tex.jinja").render(**views, prefix=prefix)
    if format == "html":
        views |= page_parts(whole.tips)
    elif format == "typ":
        views |= {"author": string(author), "contents": _is_long([t for part in whole.parts for t in part.told])}
    return _filled("derivation", format, **views)


def _is_long(told: Sequence[object]) -> bool:
    """Whether a document is so long that a list of contents helps: by its steps, those told together counted once."""
    return len(told) > _STEPS_WITHOUT_CONTENTS


def _filled(template: str, format: str, **views: object) -> str:
    return environment().get_template(f"{template}.{format}.jinja").render(**views)
