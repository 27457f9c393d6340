"""The layout of a computation graph: rows of layers, values from left to right, each parameter beside its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbackprop.rendering.figures.crossings import links_of, ordered
from symbackprop.rendering.figures.drawing import NAME, SMALL, plain, width_of
from symbackprop.rendering.figures.graph import CELL, EARLIER, FOLD, Arrow, Graph, Node
from symbackprop.rendering.figures.heights import heights
from symbackprop.rendering.figures.rows import Item, Row, rows_of

WIDTH, COLUMNS = 720.0, 8
_TALL, _LOW = 46.0, 30.0
_LINE = 16.0
_EDGE, _BETWEEN = 10.0, 26.0
WIDE_BADGE = 3
"""A step number with more letters than that stands above its node, not on the corner."""


@dataclass(frozen=True, slots=True)
class Words:
    """What stands beside nodes and arrows, by the name of a tensor: short strings that are formatted already.

    `values` stand above a node, `adjoints` below it, `slopes` (by source and reader) along the arrow back;
    with `shapes` the shape stands below a node that has no adjoint there.
    """

    values: Mapping[str, str]
    adjoints: Mapping[str, str]
    slopes: Mapping[tuple[str, str], str]
    shapes: bool
    backward: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """An item with its middle."""

    item: Item
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow through the places of its items, the source first."""

    arrow: Arrow
    places: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Placing:
    """The places of all items and the routes of all arrows, in a figure of this size."""

    places: tuple[Placed, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def below_of(node: Node, words: Words) -> tuple[str, bool]:
    """What stands below a node, and whether it is an adjoint."""
    adjoint = words.adjoints.get(node.tensor, "") if node.role not in (EARLIER, FOLD, CELL) else ""
    return (adjoint, True) if adjoint else (node.shape if words.shapes and node.role != EARLIER else "", False)


def above_of(node: Node, words: Words) -> str:
    """The value above a node."""
    return words.values.get(node.tensor, "") if node.role not in (EARLIER, FOLD, CELL) else ""


def item_of(node: Node, words: Words) -> Item:
    """The room that a node takes with what stands beside it."""
    low = node.role in ("parameter", "constant", EARLIER)
    body = _LOW if low else _TALL
    width = max(body + (8 if low else 0), width_of(node.label, NAME) + 20)
    above, below = above_of(node, words), below_of(node, words)[0]
    room = max(width + 8, *(width_of(plain(word), SMALL) + 10 for word in (above, below)))
    badge = (14.0 if len(node.step) > WIDE_BADGE else 9.0) if node.step else 0.0
    low_badge = 8.0 if node.joins else 0.0
    return Item(
        node.key,
        node,
        "node",
        width,
        body,
        room,
        max(badge, badge + _LINE if above else 0.0) + (_LINE if words.slopes and node.role == "target" else 0.0),
        max(low_badge, low_badge + _LINE if below else 0.0),
    )


def label_room(arrow: Arrow, words: Words) -> float:
    """The gap that an arrow with these labels wants."""
    slope = plain(slope_of(arrow, words))
    forth = width_of(arrow.label, SMALL) + 32 if arrow.label else 0.0
    back = width_of(slope, SMALL) + 64 if slope else 0.0  # other arrows come near from below
    return max(forth, back)


def slope_of(arrow: Arrow, words: Words) -> str:
    """The local derivative along the arrow back."""
    return words.slopes.get((arrow.source, arrow.reader), "") if words.backward and arrow.back else ""


def place(graph: Graph, words: Words, *, width: float = WIDTH, columns: int = COLUMNS) -> Placing:
    """The graph in rows that are at most `width` wide and have at most `columns` columns of values."""
    sizes = {node.key: item_of(node, words) for node in graph.nodes}
    rooms: dict[str, float] = {f"{a.source}>{a.reader}": label_room(a, words) for a in graph.arrows}
    rows = rows_of(graph, sizes, rooms, width - 2 * _EDGE, columns)
    places: list[Placed] = []
    routes: list[Route] = []
    top, right = _EDGE, 0.0
    for row in rows:
        spots = _spots(row, top)
        places += [spot for spot in spots.values() if spot.item.kind != "bend"]
        routes += [Route(way.arrow, tuple(spots[key] for key in way.keys)) for way in row.ways]
        top = max(s.y + s.item.body / 2 + s.item.below for s in spots.values()) + _BETWEEN
        right = max(right, *(s.x + s.item.room / 2 for s in spots.values()))
    return Placing(tuple(places), tuple(routes), right + _EDGE, top - _BETWEEN + _EDGE)


def _spots(row: Row, top: float) -> dict[str, Placed]:
    """Where the items of a row stand, the highest of them at `top`."""
    layers = ordered(row)
    y = heights(layers, *links_of(row))
    items = row.items
    lift = top - min((y[key] - item.body / 2 - item.above for key, item in items.items()), default=0.0)
    found: dict[str, Placed] = {}
    x = _EDGE
    for number, layer in enumerate(layers):
        room = max((item.room for item in layer), default=0.0)
        for item in layer:
            stands = replace(item, width=room) if item.kind == "bend" else item
            found[item.key] = Placed(stands, round(x + room / 2, 1), round(y[item.key] + lift, 1))
        x += room + (row.gaps[number] if number < len(row.gaps) else 0.0)
    return found
