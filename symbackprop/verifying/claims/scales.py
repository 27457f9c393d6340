"""Which reading of a line is meant where the reader leaves that open: until it ranks them, the one that is right.

To be dropped with the first reader: `Note.ranked` says that readings stand in the order of the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.notation.claims.records import Scale
from symbackprop.verifying.claims.judging import Judgement

_ORDER = {"right": 0, "undecided": 1, "wrong": 2, "void": 3}


def best(judgements: Sequence[Judgement]) -> Judgement:
    """Right before undecided before wrong; of the wrong ones, shapes that fit come first."""
    return min(judgements, key=lambda judgement: (_ORDER[judgement.status], not judgement.fits))


def fitting(place: int, lines: Sequence[tuple[Judgement, ...]]) -> tuple[Judgement, ...]:
    """The judgements on a line without those for one sample, where it is right for one alone amid lines for all.

    `db2 = dz2` is right for one sample; between `dW2 = dz2 a1^T / m` and `dW1 = dz1 x^T / m` it has not been summed.
    """
    if _scales_right(lines[place]) != {"one sample"}:
        return lines[place]
    before = next((s for other in reversed(lines[:place]) if len(s := _scales_right(other)) == 1), None)
    after = next((s for other in lines[place + 1 :] if len(s := _scales_right(other)) == 1), None)
    around = [scales for scales in (before, after) if scales is not None]
    whole = tuple(j for j in lines[place] if j.reading is not None and j.reading.scale == "all samples")
    if whole and around and all(scales == {"all samples"} for scales in around):
        return whole
    return lines[place]


def _scales_right(judgements: tuple[Judgement, ...]) -> set[Scale]:
    return {j.reading.scale for j in judgements if j.status == "right" and j.reading is not None}
