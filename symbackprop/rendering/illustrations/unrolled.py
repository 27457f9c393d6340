"""Three steps of a recurrence."""

from __future__ import annotations

from symbackprop.rendering.figures.picture import unrolled_drawing
from symbackprop.rendering.illustrations.subject import Illustration, Subject


def illustration(subject: Subject) -> Illustration | None:
    """The steps before, at and after t; None for a model without a recurrence."""
    drawing = unrolled_drawing(subject.one.derivation, subject.one.names)
    return None if drawing is None else Illustration("unrolled", drawing)
