"""Drawings one below the other as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.rendering.figures.drawing import Box, Circle, Curve, Drawing, Group, Label, Shape


def stacked(drawings: Sequence[Drawing], title: str, air: float = 18.0) -> Drawing:
    """The drawings from top to bottom, aligned at the left; their descriptions follow each other."""
    shapes: list[Shape] = []
    y = 0.0
    for drawing in drawings:
        shapes += [moved(shape, 0.0, y) for shape in drawing.shapes]
        y += drawing.height + air
    said = " ".join(drawing.description for drawing in drawings)
    return Drawing(max(d.width for d in drawings), y - air, title, said, tuple(shapes))


def moved(shape: Shape, x: float, y: float) -> Shape:
    """The shape at another place."""
    if isinstance(shape, Group):
        return replace(shape, shapes=tuple(_moved(part, x, y) for part in shape.shapes))
    return _moved(shape, x, y)


def _moved(shape: Label | Circle | Box | Curve, x: float, y: float) -> Label | Circle | Box | Curve:
    if isinstance(shape, Curve):
        return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
    return replace(shape, x=shape.x + x, y=shape.y + y)
