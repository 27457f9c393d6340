"""Drawings beside and below each other as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.rendering.figures.drawing import Box, Circle, Curve, Drawing, Group, Label, Shape

_GAP = 40.0


def stacked(drawings: Sequence[Drawing], title: str, width: float, air: float = 18.0) -> Drawing:
    """The drawings in rows of which none is wider than `width`, on one base line; descriptions in their order."""
    shapes: list[Shape] = []
    y = 0.0
    for row in _rows(drawings, width):
        x, tall = 0.0, max(drawing.height for drawing in row)
        for drawing in row:
            shapes += [moved(shape, x, y + tall - drawing.height) for shape in drawing.shapes]
            x += drawing.width + _GAP
        y += tall + air
    said = " ".join(drawing.description for drawing in drawings)
    widest = max(_width(row) for row in _rows(drawings, width))
    return Drawing(widest, y - air, title, said, tuple(shapes))


def _rows(drawings: Sequence[Drawing], width: float) -> list[list[Drawing]]:
    rows: list[list[Drawing]] = []
    for drawing in drawings:
        if rows and _width([*rows[-1], drawing]) <= width:
            rows[-1].append(drawing)
        else:
            rows.append([drawing])
    return rows


def _width(row: Sequence[Drawing]) -> float:
    return sum(drawing.width for drawing in row) + _GAP * (len(row) - 1)


def moved(shape: Shape, x: float, y: float) -> Shape:
    """The shape at another place."""
    if isinstance(shape, Group):
        return replace(shape, shapes=tuple(_moved(part, x, y) for part in shape.shapes))
    return _moved(shape, x, y)


def _moved(shape: Label | Circle | Box | Curve, x: float, y: float) -> Label | Circle | Box | Curve:
    if isinstance(shape, Curve):
        return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
    return replace(shape, x=shape.x + x, y=shape.y + y)
