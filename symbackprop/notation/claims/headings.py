r"""What headings set for the lines below them: one sample or all samples, and what is differentiated.

The nearest heading that speaks of it counts.
"""

from __future__ import annotations

from symbackprop.notation.claims.records import Scale

_ONE = ("one sample", "single sample", "per sample", "one example", "single example", "each sample", "a sample")
_ALL = (
    "all samples", "all examples", "batch", "m samples", "m examples", "vectorized", "vectorised", "all the samples",
    "many samples", "whole data", "entire data",
)  # fmt: skip
_OF = ("derivatives of", "derivative of", "gradients of", "gradient of", "adjoints of", "differentiating")
_ROOTS = {"loss": "loss", "the loss": "loss", "cost": "cost", "the cost": "cost"}


def scale_under(titles: tuple[str, ...]) -> Scale | None:
    """What the nearest heading that speaks of samples says; None where none does, or one speaks of both."""
    return next((scale for title in reversed(titles) if (scale := _scale(title)) is not None), None)


def _scale(title: str) -> Scale | None:
    words = " ".join(title.lower().replace("-", " ").split())
    one, whole = any(phrase in words for phrase in _ONE), any(phrase in words for phrase in _ALL)
    if one == whole:
        return None
    return "one sample" if one else "all samples"


def root_under(titles: tuple[str, ...]) -> str | None:
    """What the nearest heading differentiates, `Gradients of the cost`, `Derivatives of $J$`: "loss", "cost" or J."""
    return next((root for title in reversed(titles) if (root := _root(title)) is not None), None)


def _root(title: str) -> str | None:
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
