"""What each sample adds to a derivative, as bars that go on where the last one ended, and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from symbackprop.rendering.figures.drawing import (
    NAME,
    SMALL,
    Box,
    Curve,
    Drawing,
    Group,
    Label,
    Shape,
    Text,
    plain,
    width_of,
    words_of,
)

_HIGH, _TOP, _EDGE = 120.0, 34.0, 12.0
_LEAST, _WIDEST = 14.0, 40.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one sample adds: its name, its value, and the value as a short string."""

    name: str
    value: float
    words: str


def strip_drawing(parts: Sequence[Part], total: Part, *, of: Text, width: float = 720.0) -> Drawing:
    """Bars for the parts in a row, each from the sum so far, and behind them the bar of the total from 0.

    Numbers and names stand beside the bars where they have room. Bars that grow are full, those that take away empty.
    """
    ends = list(accumulate((part.value for part in parts), initial=0.0))
    low, high = min(0.0, *ends, total.value), max(0.0, *ends, total.value)
    unit = _HIGH / ((high - low) or 1.0)
    widest = max(width_of(plain(word), SMALL) for part in (*parts, total) for word in (part.name, part.words)) + 8
    left = _EDGE + width_of(of, NAME) + 18
    slot = min(max(widest, _WIDEST + 12), (width - left - 2 * _EDGE - widest - 20) / max(len(parts), 1))
    said = widest <= slot
    zero = _TOP + high * unit
    shapes: list[Shape] = [Label(left - 12, zero + 5, of, "backward", NAME, "end")]
    last = left + len(parts) * slot
    sum_room = max(widest, slot)
    shapes.append(Curve(((left, zero), (last + 20 + sum_room, zero)), "soft", straight=True, width=1.0))
    for number, part in enumerate(parts):
        x = left + (number + 0.5) * slot
        wide = min(_WIDEST, slot * 0.72)
        shapes += _bar(part, x, wide, zero - ends[number] * unit, zero - ends[number + 1] * unit, said)
        reach = x + slot - wide / 2 if number + 1 < len(parts) else last + 20 + sum_room / 2 - _WIDEST / 2
        level = zero - ends[number + 1] * unit
        shapes.append(Curve(((x + wide / 2, level), (reach, level)), "soft", straight=True, width=0.8))
    shapes += _bar(total, last + 20 + sum_room / 2, _WIDEST, zero, zero - total.value * unit, True)
    bottom = _TOP + _HIGH + 44
    names = [*_names(parts, left, slot, said), Label(last + 20 + sum_room / 2, bottom - 8, plain(total.name), "ink")]
    words = ", ".join(f"{part.name} {part.words}" for part in parts)
    described = f"{words_of(of)}: {words}; {total.name} {total.words}."
    return Drawing(last + 20 + sum_room + _EDGE, bottom, "What each sample adds", described, (*shapes, *names))


def _bar(part: Part, x: float, wide: float, start: float, end: float, said: bool) -> list[Shape]:
    """A bar from one level to the next, and its number at the end that it reaches."""
    top, high = min(start, end), max(abs(end - start), 1.0)
    bar = Box(x - wide / 2, top, wide, high, "backward", "backward" if end <= start else "paper")
    inner: list[Label | Box] = [bar]
    if said:
        y = top - 6 if end <= start else top + high + 14
        inner.append(Label(x, y, plain(part.words), "ink"))
    return [Group("bar", part.name, "", f"{part.name}: {part.words}", tuple(inner))]


def _names(parts: Sequence[Part], left: float, slot: float, said: bool) -> list[Label]:
    """Names below, all or every second, fifth, tenth ... one."""
    bottom = _TOP + _HIGH + 36
    labels = [Label(left + (n + 0.5) * slot, bottom, plain(part.name), "soft") for n, part in enumerate(parts)]
    widest = max((width_of(label.text, SMALL) for label in labels), default=0.0) + 6
    every = 1 if said else next(k * 10**n for n in range(9) for k in (1, 2, 5) if k * 10**n * slot >= widest)
    return [label for number, label in enumerate(labels, start=1) if number % every == 0]
