"""The loss over two weights: lines of equal loss, descents as points, letters where they begin and settle."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from symbackprop.rendering.figures.contours import contour
from symbackprop.rendering.figures.descent import Frame, frame_axes, short, short_of
from symbackprop.rendering.figures.drawing import (
    NAME,
    SMALL,
    Box,
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
    words_of,
)

_LEVELS, _NUMBERED = 11, 3
_APART = 9.0  # between points of a path
_ALONG = 12  # points of a line between places for its number


def plane_drawing(
    axes: Sequence[np.ndarray],
    losses: np.ndarray,
    paths: Sequence[Sequence[Point]],
    *,
    weights: tuple[Text, Text],
    loss: Text,
    marks: Sequence[tuple[str, float, float]] = (),
    width: float = 500.0,
    height: float = 390.0,
) -> Drawing:
    """Lines of equal loss over two weights, `losses` on the grid of `axes`; `marks` are letters at pairs of weights.

    Levels lie closer where the loss is low, so that a bowl has its lines at like distances.
    """
    low, high = (float(axis[0]) for axis in axes), (float(axis[-1]) for axis in axes)
    frame = Frame((next(low), next(low)), (next(high), next(high)), width, height)
    spots = [_apart([frame.at(*point) for point in path]) for path in paths]
    letters = list(_letters(frame, marks, [spot for path in spots for spot in path]))
    taken = [extent_of(s) for s in letters if isinstance(s, Label)]
    taken += [Extent(x - 7, y - 7, x + 7, y + 7) for path in spots for x, y in path]
    lines, numbers = _contours(frame, axes, losses, taken)
    said = f"Lines of equal {words_of(loss)} over {words_of(weights[0])} and {words_of(weights[1])}, with descents"
    ends = "; ".join(f"{letter} at {short(x)} and {short(y)}" for letter, x, y in marks)
    shapes = (*lines, *numbers, *frame_axes(frame, *weights), *_steps(spots), *letters)
    return Drawing(width, height, "The loss over two weights", f"{said}: {ends}." if ends else f"{said}.", shapes)


def _contours(
    frame: Frame, axes: Sequence[np.ndarray], losses: np.ndarray, taken: list[Extent]
) -> tuple[list[Shape], list[Shape]]:
    """The lines, and a number on some of them where nothing else stands."""
    lowest, span = float(losses.min()), float(np.ptp(losses))
    lines: list[Shape] = []
    numbers: list[Shape] = []
    for n in range(1, _LEVELS + 1):
        level = lowest + span * (n / (_LEVELS + 1)) ** 2
        found = [[frame.at(*point) for point in line] for line in contour(axes, losses, level)]
        lines += [Curve(tuple(line), "forward", straight=True, width=0.9) for line in found]
        if n % _NUMBERED == 1:
            numbers += _level(short(float(f"{level:.3g}")), found, frame, taken)
    return lines, numbers


def _level(words: str, lines: list[list[Point]], frame: Frame, taken: list[Extent]) -> list[Shape]:
    """The number of a level on its longest line, on a piece of paper."""
    for x, y in max(lines, key=len, default=[])[_ALONG::_ALONG]:
        label = Label(x, y + 4.0, plain(words), "forward", SMALL)
        e = extent_of(label)
        inside = e.left > frame.at(*frame.low)[0] + 2 and e.right < frame.at(*frame.high)[0] - 2
        if inside and e.bottom < frame.at(*frame.low)[1] - 2 and not any(e.meets(other, 3.0) for other in taken):
            taken.append(e)
            return [Box(e.left - 1, e.top, e.right - e.left + 2, e.bottom - e.top, "none", "paper"), label]
    return []


def _apart(spots: list[Point]) -> list[Point]:
    """The steps of a path and its end; a step that lies on the one before is left out."""
    kept = spots[:1]
    for spot in spots[1:]:
        if abs(spot[0] - kept[-1][0]) + abs(spot[1] - kept[-1][1]) > _APART:
            kept.append(spot)
    return kept if kept[-1] == spots[-1] else [*kept, spots[-1]]


def _steps(paths: Sequence[list[Point]]) -> Iterator[Shape]:
    for spots in paths:
        for a, b in itertools.pairwise(spots):
            if abs(a[0] - b[0]) + abs(a[1] - b[1]) > 14:
                yield Curve((a, short_of(a, b, 5.0)), "backward", straight=True, head=True)
            else:
                yield Curve((a, b), "backward", straight=True)
        for x, y in spots:
            yield Circle(x, y, 3.2, "backward", "backward")


def _letters(frame: Frame, marks: Sequence[tuple[str, float, float]], steps: list[Point]) -> Iterator[Shape]:
    """A ring and a letter beside it, where no step is."""
    taken: list[Extent] = []
    for letter, x, y in marks:
        at = frame.at(x, y)
        yield Circle(*at, 5.5, "ink", "none")
        choices = [
            Label(at[0] + dx, at[1] + dy, (Run(letter, math=True),), "ink", NAME)
            for dx, dy in ((12, -8), (-12, -8), (13, 16), (-13, 16), (0, -13), (0, 22))
        ]
        crowd = [sum(_holds(extent_of(c), p) for p in steps) + 9 * _meets(c, taken) for c in choices]
        label = choices[crowd.index(min(crowd))]
        taken.append(extent_of(label))
        back = extent_of(label)
        yield Box(back.left - 1, back.top, back.right - back.left + 2, back.bottom - back.top, "none", "paper")
        yield label


def _meets(label: Label, taken: list[Extent]) -> bool:
    return any(extent_of(label).meets(other, 1.0) for other in taken)


def _holds(extent: Extent, point: Point) -> bool:
    return extent.left - 5 < point[0] < extent.right + 5 and extent.top - 5 < point[1] < extent.bottom + 5
