"""Drawings as SVG: inside a page, with the colours of the page, or as a file of its own with fixed ones. No script."""

from __future__ import annotations

from math import atan2, cos, pi, sin
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

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

COLOURS = MappingProxyType(
    {
        "ink": ("--ink", "#1d1c1a"),
        "soft": ("--soft", "#6b6862"),
        "line": ("--line", "#d9d4ca"),
        "paper": ("--paper", "#fdfcf9"),
        "wash": ("--wash", "#f1ede4"),
        "forward": ("--fwd", "#0d6b73"),
        "backward": ("--bwd", "#b4411c"),
        "none": ("", "none"),
    }
)
"""For each ink the custom property of a page that gives it, and the colour without one."""
_VALUES = frozenset({"forward", "backward"})  # the inks of numbers, which a page takes away where they change
_SANS = "Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_MATHS = "'STIX Two Math', 'STIX Two Text', 'Latin Modern Roman', Cambria, Georgia, 'DejaVu Serif', serif"
_HEAD = 7.5
_ADVANCES = MappingProxyType({"[": 0.333, "]": 0.333, "(": 0.333, ")": 0.333, ",": 0.25, "−": 0.6, "⊤": 0.6})


def svg(drawing: Drawing, *, standalone: bool = False) -> str:
    """A drawing as an `<svg>` element with a title and a description; `standalone` as the text of a file.

    Inside a page it takes the colours of the custom properties --ink, --soft, --line, --paper, --wash, --fwd and
    --bwd where the page has them.
    """
    width, height = _number(drawing.width), _number(drawing.height)
    role = "img" if standalone else "group"  # in a page the nodes can be reached one by one
    space = ' xmlns="http://www.w3.org/2000/svg"'
    lines = [
        f'<svg{space} class="figure" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="{role}"'
        f" aria-label={_quoted(drawing.title)} font-family={_quoted(_SANS)}>",
        f"<title>{_escaped(drawing.title)}</title>",
        f"<desc>{_escaped(drawing.description)}</desc>",
    ]
    if standalone:
        lines.append(f'<rect width="{width}" height="{height}" fill="{COLOURS["paper"][1]}"/>')
    lines += [_shape(shape, standalone) for shape in drawing.shapes]
    return "\n".join([*(['<?xml version="1.0" encoding="UTF-8"?>'] if standalone else []), *lines, "</svg>", ""])


def _shape(shape: Shape, fixed: bool) -> str:
    match shape:
        case Group():
            return _group(shape, fixed)
        case Label():
            return _label(shape, fixed)
        case Circle(x, y, radius, stroke, fill):
            ends = f'cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"'
            return f'<circle {ends} style="{_paint(stroke, fill, fixed)}"/>'
        case Box():
            return _box(shape, fixed)
        case Curve():
            return _curve(shape, fixed)


def _group(group: Group, fixed: bool) -> str:
    """A node can be reached by keys; a port only repeats one."""
    step = f" data-step={_quoted(group.step)}" if group.step else ""
    reach = ' tabindex="0"' if group.kind == "node" else ""
    inner = "".join(_shape(shape, fixed) for shape in group.shapes)
    head = f'<g class="{group.kind}" data-sym={_quoted(group.symbol)}{step}{reach} role="img"'
    return f"{head} aria-label={_quoted(group.title)}><title>{_escaped(group.title)}</title>{inner}</g>"


def _box(box: Box, fixed: bool) -> str:
    place = " ".join(
        f'{name}="{_number(value)}"'
        for name, value in (("x", box.x), ("y", box.y), ("width", box.width), ("height", box.height), ("rx", box.round))
    )
    dash = ' stroke-dasharray="3 3"' if box.dashed else ""
    return f'<rect {place}{dash} style="{_paint(box.stroke, box.fill, fixed)}"/>'


def _curve(curve: Curve, fixed: bool) -> str:
    points = curve.points
    if curve.straight:
        way = "M" + " L".join(map(_point, points))
    else:
        pieces = (" ".join(map(_point, points[n : n + 3])) for n in range(1, len(points), 3))
        way = f"M{_point(points[0])} " + " ".join(f"C{piece}" for piece in pieces)
    dash = ' stroke-dasharray="5 3.5"' if curve.dashed else ""
    kind = "back" if curve.dashed else "forth"
    of = f" data-from={_quoted(curve.of[0])} data-to={_quoted(curve.of[1])}" if curve.of[0] else ""
    paint = _paint(curve.ink, "none", fixed)
    line = f'<path class="{kind}"{of} d="{way}"{dash} stroke-width="{curve.width}" style="{paint}"/>'
    return line + (_head(points, curve.ink, fixed) if curve.head else "")


def _head(points: tuple[Point, ...], ink: Ink, fixed: bool) -> str:
    """The head of an arrow as a triangle of its own: markers would need names that are unique in a page."""
    (x, y) = points[-1]
    before = next((p for p in reversed(points[:-1]) if p != points[-1]), (x - 1, y))
    angle = atan2(y - before[1], x - before[0])
    sides = ((x + _HEAD * cos(angle + turn), y + _HEAD * sin(angle + turn)) for turn in (pi - 0.42, pi + 0.42))
    corners = " L".join(map(_point, ((x, y), *sides)))
    return f'<path class="head" d="M{corners} Z" style="{_paint("none", ink, fixed)}"/>'


def _label(label: Label, fixed: bool) -> str:
    weight = ' font-weight="650"' if label.bold else ""
    place = f'x="{_number(label.x)}" y="{_number(label.y)}" font-size="{_number(label.size)}"'
    anchor = f' text-anchor="{label.anchor}"' if label.anchor != "start" else ""
    ink = _paint("none", label.ink, fixed)
    given = ' class="given"' if label.ink in _VALUES else ""
    return f'<text{given} {place}{anchor}{weight} xml:space="preserve" style="{ink}">{_runs(label)}</text>'


def _runs(label: Label) -> str:
    """Letters above and below the line are shifted by hand, which all viewers know, and shifted back."""
    said, height, across = [], 0.0, 0.0
    for runs in clusters(label.text):
        widths = [_script_width(run, label.size) for run in runs] if len(runs) > 1 else [0.0]
        more = 0.1 * label.size if len(runs) > 1 else 0.0  # one above the other they need more room
        for run, width in zip(runs, widths, strict=True):
            wanted = -(0.38 * label.size + more) if run.level > 0 else 0.22 * label.size + more if run.level else 0.0
            shift = f' dx="{_number(across)}"' if abs(across) > 0.01 else ""
            shift += f' dy="{_number(wanted - height)}"' if abs(wanted - height) > 0.01 else ""
            size = f' font-size="{_number(_script(label.size))}"' if run.level else ""
            said.append(f"<tspan{shift}{size}{_style(run)}>{_escaped(run.text)}</tspan>")
            height, across = wanted, -width
        across = max(0.0, widths[0] - widths[-1]) if len(runs) > 1 else 0.0
    return "".join(said)


def _script(size: float) -> float:
    return max(size * 0.75, 10.5)


def _script_width(run: Run, size: float) -> float:
    """How far the usual fonts come with letters above or below, so that others can begin where these did."""
    return sum(_ADVANCES.get(c, 0.5) for c in run.text) * _script(size)


def _style(run: Run) -> str:
    if run.math:
        return f' font-family="{_MATHS}" font-style="italic"'
    return f' font-family="{_MATHS}"' if run.level else ""


def _paint(stroke: Ink, fill: Ink, fixed: bool) -> str:
    return f"stroke:{_colour(stroke, fixed)};fill:{_colour(fill, fixed)}"


def _colour(ink: Ink, fixed: bool) -> str:
    name, colour = COLOURS[ink]
    return colour if fixed or not name else f"var({name},{colour})"


def _point(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if round(value, 1) else "0"


def _escaped(words: str) -> str:
    return escape("".join(c for c in words if c >= " "))


def _quoted(words: str) -> str:
    return quoteattr("".join(c for c in words if c >= " "))
