r"""Which figures a document has, found from its model, and each as its format has them.

A figure is a drawing and what its caption tells; templates word that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from urllib.parse import quote

from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.errors import UsageError, suggestion
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.spellings import SPELLINGS
from symbackprop.notation.writing.typst import string
from symbackprop.rendering.figures.drawing import Drawing
from symbackprop.rendering.figures.svg import svg
from symbackprop.rendering.figures.tikz import SCALE, tikz
from symbackprop.rendering.figures.typst_drawing import typst_drawing
from symbackprop.rendering.formulas import formulas_of
from symbackprop.rendering.illustrations import boxes, descent, graph, network, strip, unrolled
from symbackprop.rendering.illustrations.subject import Illustration, Subject
from symbackprop.rendering.scalars import scalar_formulas

KINDS = ("graph", "network", "unrolled", "boxes", "descent", "strip")
"""The figures that a document can have, in the order in which they stand."""
NONE = "none"
_PAGE = 446.0  # points: a line of the LaTeX document
_PLACES = MappingProxyType(
    {"graph": "forward", "network": "forward", "unrolled": "forward", "boxes": "products", "descent": "numbers"}
)
_MAKERS: Mapping[str, Callable[[Subject], Illustration | None]] = MappingProxyType(
    {
        "graph": graph.illustration,
        "network": network.illustration,
        "unrolled": unrolled.illustration,
        "boxes": boxes.illustration,
        "descent": descent.illustration,
        "strip": strip.illustration,
    }
)
_WANTS = MappingProxyType(
    {
        "graph": "It has at most 40 nodes at the scalar level.",
        "network": "It shows a chain of layers, each a matrix times the one before, of at most six units.",
        "unrolled": "It shows a recurrence, and the model has none.",
        "boxes": "It shows products of matrices, and the derivation has none of plain tensors.",
        "descent": "It shows the loss around given numbers: parameters and data, or seeded ones.",
        "strip": "It shows what each sample adds to a gradient, which is to be asked for with its tensor.",
    }
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What a template puts in: the picture in its own format, or the name of its file; words for who does not see it.

    `facts` are what the caption tells, strings of the format.
    """

    kind: str
    picture: str
    alt: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a document by their places, and the files that stand beside it: SVG by name."""

    forward: tuple[Figure, ...] = ()
    products: tuple[Figure, ...] = ()
    numbers: tuple[Figure, ...] = ()
    strip: tuple[Figure, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def chosen_figures(figures: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """The kinds in "graph,boxes", in their order; none for "none", None where nothing was said.

    Raises:
        UsageError: a kind that does not exist.
    """
    if figures is None:
        return None
    words = [w.strip() for w in (figures.split(",") if isinstance(figures, str) else figures)]
    if words == [NONE]:
        return ()
    for word in words:
        if word not in KINDS:
            choices = (*KINDS, NONE)
            raise UsageError(
                f"there is no figure {word!r}",
                because=f"The choices are {', '.join(choices)}; none stands alone.",
                fix=suggestion(word, choices),
                name=word,
            )
    return tuple(kind for kind in KINDS if kind in words)


def figures_of(
    derivation: Derivation | ScalarDerivation | BySample,
    conventions: Conventions,
    format: str,
    chosen: tuple[str, ...] | None,
    *,
    stem: str = "",
    evaluation: Evaluation | None = None,
    by_sample: BySample | None = None,
) -> Figures:
    """The figures that were chosen, or else those that suit what was derived. In Markdown, files called after `stem`.

    At the scalar level that can be the graph alone, of what samples add the strip alone.

    Without a `stem` a Markdown document has no place for files, and no figures.

    Raises:
        UsageError: a figure was chosen for which the model, or what was given, has nothing to show.
    """
    if format == "md" and not stem:
        return Figures()
    if isinstance(derivation, ScalarDerivation):
        formulas = scalar_formulas(derivation, conventions, format)
        makers = {"graph": lambda: graph.scalar_illustration(formulas, derivation.numbers)}
    else:
        by_sample = derivation if isinstance(derivation, BySample) else by_sample
        of = derivation.derivation if isinstance(derivation, BySample) else derivation
        subject = _subject(of, conventions, format, evaluation, by_sample, asked=chosen is not None)
        kinds = ("strip",) if isinstance(derivation, BySample) else KINDS
        makers = {kind: partial(_MAKERS[kind], subject) for kind in kinds}
    return placed(_made(makers, chosen), format, stem)


def _subject(
    derivation: Derivation,
    conventions: Conventions,
    format: str,
    evaluation: Evaluation | None,
    by_sample: BySample | None,
    *,
    asked: bool,
) -> Subject:
    whole = formulas_of(derivation, conventions, format)
    one = whole if derivation.one_sample is None else formulas_of(derivation.one_sample, conventions, format)
    return Subject(one, whole, evaluation, by_sample, asked)


def _made(
    makers: Mapping[str, Callable[[], Illustration | None]], chosen: tuple[str, ...] | None
) -> Iterator[Illustration]:
    """What was chosen, all of it; or what there is."""
    for kind in makers if chosen is None else chosen:
        made = makers[kind]() if kind in makers else None
        if made is not None:
            yield made
        elif chosen is not None:
            raise UsageError(
                f"there is nothing to show in the figure {kind}",
                because=_WANTS[kind] if kind in makers else f"Here there can be {' and '.join(makers)} alone.",
                fix="Leave it out of the figures.",
                name=kind,
            )


def placed(found: Iterable[Illustration], format: str, stem: str) -> Figures:
    """Illustrations as the figures of a format, by their places."""
    places: dict[str, list[Figure]] = {}
    files: dict[str, str] = {}
    for made in found:
        name = f"{stem}.{made.kind}.svg"
        if format == "md":
            files[name] = svg(made.drawing, standalone=True)
        picture = quote(name) if format == "md" else _PRINTERS[format](made.drawing)
        figure = Figure(made.kind, picture, _alternative(made.drawing, format), made.facts)
        places.setdefault(_PLACES.get(made.kind, made.kind), []).append(figure)
    return Figures(**{place: tuple(figures) for place, figures in places.items()}, files=files)


def figure_names(stem: str) -> tuple[str, ...]:
    """The files that a Markdown document called `stem` can have beside it."""
    return tuple(f"{stem}.{kind}.svg" for kind in KINDS)


def _fitting_tikz(drawing: Drawing) -> str:
    """As wide as a line at most."""
    return tikz(drawing, scale=math.floor(100 * min(SCALE, _PAGE / drawing.width)) / 100)


_PRINTERS: Mapping[str, Callable[[Drawing], str]] = MappingProxyType(
    {"html": svg, "tex": _fitting_tikz, "typst": typst_drawing}
)
"""By format, for figures that are part of the document."""


def _alternative(drawing: Drawing, format: str) -> str:
    r"""The words for who does not see it.

    In Typst a literal; in Markdown with round brackets alone, for `\[` begins a formula to some.
    """
    words = f"{drawing.title}. {drawing.description}"
    if format == "typst":
        return string(words)
    return SPELLINGS[format].plain(words.replace("[", "(").replace("]", ")") if format == "md" else words)
