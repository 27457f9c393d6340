"""Arrows as curves: side by side where several reach one node, level at both ends, back beside forth."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from symbackprop.rendering.figures.drawing import Curve, Point
from symbackprop.rendering.figures.graph import CELL, EARLIER, FOLD
from symbackprop.rendering.figures.heights import spread
from symbackprop.rendering.figures.placing import Placed, Placing, Route

_PAIR = 13.0
_PULL = 0.5
_LEVEL = 6.0


@dataclass(frozen=True, slots=True)
class Track:
    """A route with its curve forth, and back where there is one."""

    route: Route
    forth: Curve
    back: Curve | None


def tracks(placing: Placing, *, backward: bool) -> tuple[Track, ...]:
    """The curves of all routes."""
    leaving, arriving = _ends(placing, 0, 1, backward), _ends(placing, -1, -2, backward)
    found = []
    for number, route in enumerate(placing.routes):
        start, goal = leaving[number], arriving[number]
        returns = backward and route.arrow.back
        middle = (-_PAIR / 2, _PAIR / 2) if returns else (0.0, 0.0)
        forth = _curve(route, start[0], goal[0], middle[0])
        back = _curve(route, start[-1], goal[-1], middle[1]) if returns else None
        found.append(
            Track(route, _drawn(route, forth, False), _drawn(route, forth_reversed(back), True) if back else None)
        )
    return tuple(found)


def forth_reversed(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The same curve from its end to its start."""
    return tuple(reversed(points))


def _drawn(route: Route, points: tuple[Point, ...], back: bool) -> Curve:
    of = (route.arrow.source, route.arrow.reader)
    return Curve(points, "backward" if back else "ink", dashed=back, head=True, width=1.3 if back else 1.2, of=of)


def _ends(placing: Placing, end: int, near: int, backward: bool) -> dict[int, tuple[float, ...]]:
    """For each route the heights at which it leaves (or reaches) its node, relative to the middle: forth, and back.

    Lines leave level with where they go, as far as they have room beside one another.
    """
    groups: dict[str, list[int]] = {}
    for number, route in enumerate(placing.routes):
        groups.setdefault(route.places[end].item.key, []).append(number)
    found: dict[int, tuple[float, ...]] = {}
    for numbers in groups.values():
        numbers.sort(key=lambda n: (placing.routes[n].places[near].y, n))
        own = placing.routes[numbers[0]].places[end]
        lines = [(n, turn) for n in numbers for turn in range(2 if backward and placing.routes[n].arrow.back else 1)]
        reach = own.item.body / 2 - 4
        reach = reach if end else min(reach, _PAIR * len(lines) / 2)  # what leaves alone leaves in the middle
        apart = min(_PAIR, 2 * reach / max(len(lines) - 1, 1))
        wanted, weights = [], []
        for number, turn in lines:
            drop = placing.routes[number].places[near].y - own.y
            pair = (2 * turn - 1) * _PAIR / 2 if backward and placing.routes[number].arrow.back else 0.0
            wanted.append(drop + pair if abs(drop) < reach else reach * (1 if drop > 0 else -1))
            weights.append(20.0 if abs(drop) < reach else 1.0)
        heights = spread(wanted, weights, [apart] * (len(lines) - 1))
        over = max(0.0, heights[-1] - reach) + min(0.0, heights[0] + reach)
        for (number, _), height in zip(lines, heights, strict=True):
            found[number] = (*found.get(number, ()), max(-reach, min(reach, height - over)))
    return found


def _curve(route: Route, leaves: float, reaches: float, middle: float) -> tuple[Point, ...]:
    """Level pieces through bends and past the labels beside nodes, and an S between them."""
    first, last = route.places[0], route.places[-1]
    stops: list[Point] = [(first.x + _side(first, leaves), first.y + leaves)]
    if first.item.room / 2 > first.item.width / 2 + _LEVEL:
        stops.append((first.x + first.item.room / 2, first.y + leaves))
    for bend in route.places[1:-1]:
        half = bend.item.width / 2
        stops += [(bend.x - half, bend.y + middle), (bend.x + half, bend.y + middle)]
    if last.item.room / 2 > last.item.width / 2 + _LEVEL:
        stops.append((last.x - last.item.room / 2, last.y + reaches))
    stops.append((last.x - _side(last, reaches), last.y + reaches))
    return tuple(_rounded(_pieces(stops)))


def _pieces(stops: list[Point]) -> Iterator[Point]:
    yield stops[0]
    for (x0, y0), (x1, y1) in itertools.pairwise(stops):
        pull = (x1 - x0) * _PULL
        yield from ((x0 + pull, y0), (x1 - pull, y1), (x1, y1))


def _rounded(points: Iterator[Point]) -> Iterator[Point]:
    for x, y in points:
        yield round(x, 1), round(y, 1)


def _side(placed: Placed, height: float) -> float:
    """How far from its middle the outline of an item is at this height: its ends are half circles, or straight."""
    half = placed.item.width / 2
    if placed.item.kind != "node":
        return half
    radius = corner_of(placed)
    over = abs(height) - (placed.item.body / 2 - radius)
    return half - (radius - sqrt(max(radius**2 - over**2, 0.0)) if over > 0 else 0.0)


def corner_of(placed: Placed) -> float:
    """The radius of an item's corners: tensors that are computed or given are round, parameters have corners."""
    item = placed.item
    if item.kind != "node" or item.node.role in ("parameter", "constant", EARLIER):
        return 6.0
    return 12.0 if item.node.role in (FOLD, CELL) else item.body / 2


def sampled(curve: Curve, each: int = 12) -> Iterator[Point]:
    """Points on the curve."""
    points = curve.points
    for start in range(0, len(points) - 1, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[start : start + 4]
        for part in range(each + 1):
            t = part / each
            u = 1 - t
            a, b, c, d = u**3, 3 * u * u * t, 3 * u * t * t, t**3
            yield a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy
