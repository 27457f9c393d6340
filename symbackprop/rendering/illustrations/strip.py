"""What each sample adds to one entry of a gradient, as bars that add up."""

from __future__ import annotations

import numpy as np

from symbackprop.algebra.symbols import adjoint
from symbackprop.rendering.figures.labels import adjoint_text
from symbackprop.rendering.figures.strip import Part, strip_drawing
from symbackprop.rendering.illustrations.subject import (
    Illustration,
    Subject,
    entry_text,
    entry_told,
    short_number,
)

_SAMPLES = 60


def illustration(subject: Subject) -> Illustration | None:
    """The entry whose sum is largest; None without contributions, and for more than 60 samples."""
    found = subject.by_sample
    if found is None or found.count > _SAMPLES:
        return None
    shape = found.total.shape
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(np.abs(found.total))), shape))
    values = [float(value) for value in found.contributions[(slice(None), *place)]]
    parts = [Part(str(n), value, _signed(value)) for n, value in enumerate(values, start=1)]
    total = float(found.total[place])
    label = entry_text(adjoint_text(found.tensor, subject.one.names), subject.one.names, place, shape)
    drawing = strip_drawing(parts, Part("sum", total, short_number(total)), of=label)
    told = entry_told(subject.one, adjoint(found.tensor), place, shape)
    return Illustration("strip", drawing, {"of": told, "alone": max(shape, default=1) == 1})


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")
