"""The loss over one weight: its curve, the steps of a descent as points, and letters at what is worth a name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10

from symbackprop.rendering.figures.drawing import (
    NAME,
    SMALL,
    Circle,
    Curve,
    Drawing,
    Extent,
    Label,
    Point,
    Run,
    Shape,
    Text,
    extent_of,
    plain,
    width_of,
    words_of,
)

_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 16.0, 30.0, 52.0
_NUMBERED = 6  # steps that bear their numbers


@dataclass(frozen=True, slots=True)
class Frame:
    """How values become places: the ranges of both axes in a box of this size."""

    low: Point
    high: Point
    width: float
    height: float

    def at(self, x: float, y: float) -> Point:
        """The place of a value."""
        across = (x - self.low[0]) / (self.high[0] - self.low[0])
        up = (y - self.low[1]) / (self.high[1] - self.low[1])
        inner = (self.width - _LEFT - _RIGHT, self.height - _TOP - _BOTTOM)
        return round(_LEFT + across * inner[0], 1), round(_TOP + (1 - up) * inner[1], 1)


def descent_drawing(
    curve: Sequence[Point],
    path: Sequence[Point],
    *,
    weight: Text,
    loss: Text,
    marks: Sequence[tuple[str, float, float]] = (),
    width: float = 500.0,
    height: float = 290.0,
) -> Drawing:
    """The loss (upward) over a weight: `curve` and `path` are pairs (weight, loss), `marks` letters at such pairs.

    The first steps of the path are numbered from 0.
    """
    frame = _frame([*curve, *path], width, height)
    shapes: list[Shape] = [*frame_axes(frame, weight, loss)]
    shapes.append(Curve(tuple(frame.at(*point) for point in curve), "forward", straight=True, width=1.8))
    spots = [frame.at(*point) for point in path]
    for a, b in itertools.pairwise(spots):
        if abs(a[0] - b[0]) + abs(a[1] - b[1]) > 12:
            shapes.append(Curve((a, short_of(a, b, 5.0)), "backward", straight=True, dashed=True, head=True))
    shapes += [Circle(x, y, 4.0, "backward", "backward") for x, y in spots]
    shapes += _letters(frame, spots, marks, [frame.at(*point) for point in curve])
    said = f"{words_of(loss)} over {words_of(weight)}; {len(path)} steps of a descent"
    if path:
        said += f" from {path[0][0]:.3g} to {path[-1][0]:.3g}"
    return Drawing(width, height, "The loss over one weight", said + ".", tuple(shapes))


def _frame(points: Sequence[Point], width: float, height: float) -> Frame:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    across, up = (high[0] - low[0]) or 1.0, (high[1] - low[1]) or 1.0
    return Frame(
        (low[0] - 0.02 * across, low[1] - 0.1 * up), (high[0] + 0.02 * across, high[1] + 0.04 * up), width, height
    )


def short_of(a: Point, b: Point, distance: float) -> Point:
    """The point on the way from a to b that is short of b."""
    length = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
    return b[0] + (a[0] - b[0]) * distance / length, b[1] + (a[1] - b[1]) * distance / length


def frame_axes(frame: Frame, across: Text, up: Text) -> Iterator[Shape]:
    """Both axes with round numbers and their names."""
    left, base = _LEFT, frame.height - _BOTTOM
    yield Curve(((left, _TOP - 8), (left, base)), "soft", straight=True, width=1.0)
    yield Curve(((left, base), (frame.width - _RIGHT + 6, base)), "soft", straight=True, width=1.0)
    for value in _ticks(frame.low[0], frame.high[0]):
        x = frame.at(value, frame.low[1])[0]
        yield Curve(((x, base), (x, base + 5)), "soft", straight=True, width=1.0)
        yield Label(x, base + 19, plain(short(value)), "soft")
    for value in _ticks(frame.low[1], frame.high[1]):
        y = frame.at(frame.low[0], value)[1]
        yield Curve(((left - 5, y), (left, y)), "soft", straight=True, width=1.0)
        yield Label(left - 9, y + 4.3, plain(short(value)), "soft", anchor="end")
    yield Label(frame.width - _RIGHT, base + 38, across, "ink", NAME, "end")
    yield Label(max(left - 9, width_of(up, NAME) + 4), _TOP - 12, up, "ink", NAME, "end")


def _ticks(low: float, high: float) -> list[float]:
    """Five or so round numbers between the two."""
    rough = (high - low) / 5.5
    unit = 10.0 ** floor(log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first = floor(low / step) + 1
    return [n * step for n in range(first, first + 12) if n * step <= high]


def short(value: float) -> str:
    """A number beside an axis."""
    return f"{value:.4g}".replace("-", "−")


def _letters(
    frame: Frame, spots: Sequence[Point], marks: Sequence[tuple[str, float, float]], curve: Sequence[Point]
) -> Iterator[Shape]:
    """The letters of marks below the curve, the numbers of steps above it, where they have room."""
    taken: list[Extent] = []
    for letter, x, y in marks:
        at = frame.at(x, y)
        label = Label(at[0], at[1] + 19, (Run(letter, math=True),), "ink", NAME)
        taken.append(extent_of(label))
        yield Circle(at[0], at[1], 3.5, "ink", "paper")
        yield label
    for number, (x, y) in enumerate(spots[:_NUMBERED]):
        for dx, dy in ((10, -7), (-10, -7), (11, 13), (-11, 13), (0, -11)):
            label = Label(x + dx, y + dy, plain(str(number)), "backward", SMALL)
            extent = extent_of(label)
            on_curve = any(extent.left < a < extent.right and extent.top < b < extent.bottom for a, b in curve)
            if not on_curve and not any(extent.meets(other, 1.0) for other in taken):
                taken.append(extent)
                yield label
                break
