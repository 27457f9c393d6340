"""What figures are made of, and what they are before a format prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Integer, Symbol

from symbackprop.algebra.symbols import entry
from symbackprop.derivation.by_sample import BySample
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.evaluation.small_sizes import small_sizes
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import Drawing, Run, Text
from symbackprop.rendering.formulas import Formulas


@dataclass(frozen=True, slots=True)
class Subject:
    """A derivation: of `one` sample (the whole where there are none) and the `whole`, and the numbers given.

    `asked` says that the reader asked for the figure; else it is made only where it suits.
    """

    one: Formulas
    whole: Formulas
    evaluation: Evaluation | None
    by_sample: BySample | None
    asked: bool

    def sizes(self) -> dict[str, int]:
        """Numbers for sizes: those of the numbers given; small ones where asked, or where only samples are counted."""
        if self.evaluation is not None:
            return dict(self.evaluation.sizes)
        fixed = not any(extent.free_symbols for t in self.one.derivation.model.tensors for extent in t.shape)
        return small_sizes(self.whole.derivation.source) if self.asked or fixed else {}


@dataclass(frozen=True, slots=True)
class Illustration:
    """A drawing, and what its caption tells in strings of the format."""

    kind: str
    drawing: Drawing
    facts: Mapping[str, object] = field(default_factory=dict)


def sizes_told(formulas: Formulas, sizes: Mapping[str, int], names: set[str] | None = None) -> tuple[str, ...]:
    """The sizes of the model with their numbers, for a caption: "2 as n"; of those `names` alone."""
    letters = {s for t in formulas.derivation.model.tensors for extent in t.shape for s in extent.free_symbols}
    known = sorted((s for s in letters if isinstance(s, Symbol) and s.name in sizes), key=lambda s: s.name)
    return tuple(f"{sizes[s.name]} as {formulas.size(s)}" for s in known if names is None or s.name in names)


def entry_told(formulas: Formulas, tensor: str, place: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """An entry within a sentence; the only one of a tensor needs no index."""
    return formulas.entry(entry(tensor, *(map(Integer, place) if max(shape, default=1) > 1 else ())))


def entry_text(label: Text, names: Nomenclature, place: tuple[int, ...], shape: tuple[int, ...]) -> Text:
    """The same within a figure: the label of its tensor with the indices below."""
    if max(shape, default=1) == 1:
        return label
    base = names.conventions.index_base
    return (*label, Run(",".join(str(k + base) for k in place), level=-1))


def short_number(value: float) -> str:
    """Three significant digits with a proper minus."""
    return f"{value + 0.0:.3g}".replace("-", "−")
