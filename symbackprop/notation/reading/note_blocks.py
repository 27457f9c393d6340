r"""Where a note states formulas: stretches of LaTeX and of plain text, with what the headings above them say.

A heading that speaks of one sample or of all samples, of the derivatives of L or of J, does so until the next heading
of its own rank or above.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from symbackprop.notation.reading.claims import Scale
from symbackprop.notation.source import Span

_ONE = ("one sample", "single sample", "per sample", "one example", "single example", "each sample", "a sample")
_ALL = (
    "all samples", "all examples", "batch", "m samples", "m examples", "vectorized", "vectorised", "all the samples",
    "many samples", "whole data", "entire data",
)  # fmt: skip
_OF = ("derivatives of", "derivative of", "gradients of", "gradient of", "adjoints of", "differentiating")
_ROOTS = {"loss": "loss", "the loss": "loss", "cost": "cost", "the cost": "cost"}


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a note: LaTeX of one display, or lines of plain text.

    Of `loose` text only those lines count that are formulas and nothing else. `root` is "loss", "cost" or a name.
    """

    kind: Literal["latex", "plain", "loose"]
    span: Span
    scale: Scale | None = None
    root: str | None = None


@dataclass(slots=True)
class Headings:
    """The headings that a place stands under, the highest first: each with its rank and what it says."""

    under: list[tuple[int, Scale | None, str | None]] = field(default_factory=list)

    def enter(self, rank: int, title: str) -> None:
        while self.under and self.under[-1][0] >= rank:
            self.under.pop()
        self.under.append((rank, _scale(title), _root(title)))

    @property
    def scale(self) -> Scale | None:
        """What the nearest heading that speaks of samples says."""
        return next((scale for _, scale, _ in reversed(self.under) if scale is not None), None)

    @property
    def root(self) -> str | None:
        return next((root for _, _, root in reversed(self.under) if root is not None), None)


def _scale(title: str) -> Scale | None:
    words = " ".join(title.lower().replace("-", " ").split())
    one, whole = any(phrase in words for phrase in _ONE), any(phrase in words for phrase in _ALL)
    if one == whole:
        return None
    return "one sample" if one else "all samples"


def _root(title: str) -> str | None:
    """What the heading differentiates: `Gradients of the cost`, `Derivatives of $J$`."""
    lower = title.lower()
    place = next((lower.find(phrase) + len(phrase) for phrase in _OF if phrase in lower), None)
    if place is None:
        return None
    rest = title[place:].replace("$", " ").replace("`", " ").replace("\\mathcal", "").replace("{", "").replace("}", "")
    words = rest.split()
    for count in (2, 1):
        phrase = " ".join(words[:count]).lower()
        if phrase in _ROOTS:
            return _ROOTS[phrase]
    return words[0] if words and len(words[0]) == 1 and words[0].isalpha() else None
