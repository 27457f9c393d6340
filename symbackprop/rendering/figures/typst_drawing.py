r"""Drawings in Typst: shapes put into a block. All words stand in strings, where none is code."""

from __future__ import annotations

from math import atan2, cos, pi, sin

from symbackprop.notation.writing.typst import string
from symbackprop.rendering.figures.drawing import (
    Box,
    Circle,
    Curve,
    Drawing,
    Group,
    Ink,
    Label,
    Point,
    Run,
    Shape,
    clusters,
)
from symbackprop.rendering.figures.svg import COLOURS

SCALE = 0.64
"""Points for each unit: a figure of 720 units is 461 points wide."""
SMALLEST, HIGHEST = 0.52, 300.0  # points for each unit, and points
_HEAD = 7.0
_WORDS = "New Computer Modern"
_FALLBACK = "New Computer Modern Math"
_SCRIPT = 0.75
_ROOM = 720.0  # for a label


def typst_drawing(drawing: Drawing) -> str:
    """A drawing as Typst code in markup. One that is high is made smaller, as far as its letters can be read."""
    scale = max(SMALLEST, min(SCALE, HIGHEST / drawing.height))
    width, height = _length(drawing.width * scale), _length(drawing.height * scale)
    shapes = [f"  {line}" for shape in drawing.shapes for line in _shape(shape, scale)]
    return "\n".join([f"#block(width: {width}, height: {height}, {{", *shapes, "})"])


def _shape(shape: Shape, scale: float) -> list[str]:
    match shape:
        case Group():
            return [line for part in shape.shapes for line in _shape(part, scale)]
        case Label():
            return [_label(shape, scale)]
        case Circle(x, y, radius, stroke, fill):
            paint = _paint(stroke, fill, 1.0, scale)
            return [_placed((x - radius, y - radius), f"circle(radius: {_length(radius * scale)}, {paint})", scale)]
        case Box():
            return [_box(shape, scale)]
        case Curve():
            return _curve(shape, scale)


def _box(box: Box, scale: float) -> str:
    corner = min(box.round, box.width / 2, box.height / 2)
    width, height, radius = (_length(of * scale) for of in (box.width, box.height, corner))
    paint = _paint(box.stroke, box.fill, 1.0, scale, "2pt" if box.dashed else "")
    return _placed((box.x, box.y), f"rect(width: {width}, height: {height}, radius: {radius}, {paint})", scale)


def _curve(curve: Curve, scale: float) -> list[str]:
    points = curve.points
    parts = [f"curve.move({_point(points[0], scale)})"]
    if curve.straight:
        parts += [f"curve.line({_point(point, scale)})" for point in points[1:]]
    else:
        triples = (points[n : n + 3] for n in range(1, len(points), 3))
        parts += [f"curve.cubic({', '.join(_point(point, scale) for point in triple)})" for triple in triples]
    paint = _paint(curve.ink, "none", curve.width, scale, "3pt" if curve.dashed else "")
    line = _placed((0, 0), f"curve({paint}, {', '.join(parts)})", scale)
    return [line, _head(points, curve.ink, scale)] if curve.head else [line]


def _head(points: tuple[Point, ...], ink: Ink, scale: float) -> str:
    (x, y) = points[-1]
    before = next((p for p in reversed(points[:-1]) if p != points[-1]), (x - 1, y))
    angle = atan2(y - before[1], x - before[0])
    sides = [(x + _HEAD * cos(angle + turn), y + _HEAD * sin(angle + turn)) for turn in (pi - 0.4, pi + 0.4)]
    corners = ", ".join(_point(point, scale) for point in ((x, y), *sides))
    return _placed((0, 0), f"polygon({_paint('none', ink, 0, scale)}, {corners})", scale)


def _label(label: Label, scale: float) -> str:
    """A line of text whose base line is at the point of the label, in a box so wide that it never breaks."""
    weight = ', weight: "bold"' if label.bold else ""
    fonts = f"({string(_WORDS)}, {string(_FALLBACK)})"
    style = f"font: {fonts}, size: {_length(label.size * scale)}, fill: {_colour(label.ink)}{weight}"
    runs = " + ".join(_cluster(runs, label.size * scale) for runs in clusters(label.text)) or "[]"
    anchor = {"start": "left", "middle": "center", "end": "right"}[label.anchor]
    left = {"start": 0.0, "middle": _ROOM / 2, "end": _ROOM}[label.anchor]
    edges = 'top-edge: "baseline", bottom-edge: "baseline"'
    line = f"block(width: {_length(_ROOM * scale)}, align({anchor}, text({style}, {edges}, {runs})))"
    return _placed((label.x - left, label.y), line, scale)


def _cluster(runs: tuple[Run, ...], size: float) -> str:
    """What stands above and what stands below one place begin there both."""
    if len(runs) == 1:
        return _run(runs[0], size)
    above, below = (_run(run, size) for run in runs)
    over = "h(calc.max(0pt, measure(a).width - measure(b).width))"
    return f"(context {{ let a = {above}; let b = {below}; a + h(-measure(a).width) + b + {over} }})"


def _run(run: Run, size: float) -> str:
    """What stands above or below the line is moved by hand: the scripts of a font differ from letter to letter."""
    words = string("".join(c for c in run.text if c >= " "))
    said = f'text(style: "italic", {words})' if run.math else f"text({words})"
    if not run.level:
        return said
    shift = (-0.36 if run.level > 0 else 0.2) * size
    return f"text(size: {_length(size * _SCRIPT)}, baseline: {_length(shift)}, {said})"


def _paint(stroke: Ink, fill: Ink, width: float, scale: float, dash: str = "") -> str:
    dashes = f", dash: ({dash}, {dash})" if dash else ""
    line = f"(paint: {_colour(stroke)}, thickness: {_length(width * scale)}{dashes})" if stroke != "none" else "none"
    return f"stroke: {line}, fill: {_colour(fill)}"


def _colour(ink: Ink) -> str:
    return "none" if ink == "none" else f'rgb("{COLOURS[ink][1]}")'


def _placed(at: Point, what: str, scale: float) -> str:
    return f"place(top + left, dx: {_length(at[0] * scale)}, dy: {_length(at[1] * scale)}, {what})"


def _point(point: Point, scale: float) -> str:
    return f"({_length(point[0] * scale)}, {_length(point[1] * scale)})"


def _length(value: float) -> str:
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{'0' if shown == '-0' else shown}pt"
