"""What is wanted of a document, and whether it can be had: asked before long work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.errors import UsageError, check_choice
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.files import ending_of
from symbackprop.notation.conventions import Conventions
from symbackprop.rendering.dialects import DIALECTS
from symbackprop.rendering.environment import check_templates
from symbackprop.rendering.illustrating import Figures
from symbackprop.rendering.pdf import check_typst
from symbackprop.rendering.records import DETAILS

TEXTS = ("md", "tex", "html", "typ", "ipynb")
FORMATS = (*TEXTS, "pdf")
_PREFIX = re.compile(r"[A-Za-z0-9.:_-]*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of a document, as `render` explains them."""

    level: str | None = None
    detail: str = "standard"
    conventions: Conventions | None = None
    by_sample: BySample | None = None
    title: str = ""
    author: str = ""
    evaluation: Evaluation | None = None
    digits: int = 4
    figures: str | Sequence[str] | Figures | None = None
    dialect: str | None = None
    code: bool = False
    fragment: bool = False
    label_prefix: str = ""
    templates: Path | None = None
    background: bool = False


def check_wanted(derivation: object, format: str, wanted: Wanted) -> None:
    """Whether a document can be made so.

    Raises:
        UsageError: an unknown detail, format or dialect; a fragment, or code, of what has none.
    """
    check_choice("detail", wanted.detail, DETAILS)
    check_choice("format", format, TEXTS)
    check_dialect(wanted.dialect, format)
    over_arrays = isinstance(derivation, Derivation)
    if wanted.fragment or wanted.label_prefix:
        check_fragment(format, over_arrays, wanted.fragment, wanted.label_prefix)
    if wanted.templates is not None:
        check_templates(wanted.templates)
    if wanted.code and not over_arrays:
        raise UsageError(
            "code stands beside the steps of a derivation over whole arrays alone",
            because="The compiled function computes with arrays, and has no line for a single entry or sample.",
            fix="Leave out code.",
            name="code",
        )


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
