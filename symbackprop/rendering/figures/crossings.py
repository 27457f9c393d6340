"""The order within the layers of a row, by barycentre sweeps that keep the order with the fewest crossings."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from symbackprop.rendering.figures.rows import Item, Row

_SWEEPS = 12
Orders = list[list[str]]
Links = dict[str, list[str]]


def ordered(row: Row) -> tuple[tuple[Item, ...], ...]:
    """The layers of the row, each from top to bottom."""
    items = row.items
    before, after = links_of(row)
    orders = [[item.key for item in layer] for layer in row.layers]
    lean = _leaning(items, after)
    lanes = {key: item.node.lane or 0.0 for key, item in items.items()}
    best, fewest = orders, _crossings(orders, after)
    for sweep in range(_SWEEPS):
        layers = range(len(orders)) if sweep % 2 == 0 else reversed(range(len(orders)))
        for layer in layers:
            orders = _sorted(orders, layer, before if sweep % 2 == 0 else after, after, lean, lanes)
        crossed = _crossings(orders, after)
        if crossed < fewest or sweep == 1:
            best, fewest = [list(order) for order in orders], crossed
    return tuple(tuple(items[key] for key in order) for order in best)


def links_of(row: Row) -> tuple[Links, Links]:
    """For each key those in the layer before, and those in the layer after, that an arrow joins it with."""
    before: Links = {}
    after: Links = {}
    for way in row.ways:
        for left, right in pairwise(way.keys):
            before.setdefault(right, []).append(left)
            after.setdefault(left, []).append(right)
    return before, after


def _leaning(items: Mapping[str, Item], after: Links) -> dict[str, float]:
    """Leaves of one reader stand above and below the way of the values in turns, targets below it."""
    found: dict[str, float] = {}
    seen: dict[str, int] = {}
    for key, item in items.items():
        if item.kind != "node" or not item.node.is_leaf or item.node.role == "input":
            continue
        if item.node.role == "target":
            found[key] = 0.6
            continue
        reader = after[key][0]
        count = seen.get(reader, 0)
        seen[reader] = count + 1
        found[key] = (-0.3 - 0.01 * count) * (1 if count % 2 == 0 else -1)
    return found


def _sorted(
    orders: Orders, layer: int, side: Links, after: Links, lean: Mapping[str, float], lanes: Mapping[str, float]
) -> Orders:
    place = {key: float(spot) for order in orders for spot, key in enumerate(order)}
    middle = {key: (len(order) - 1) / 2 for order in orders for key in order}

    def wanted(key: str) -> tuple[float, float]:
        return lanes[key], _centre(key)

    def _centre(key: str) -> float:
        near = side.get(key) or after.get(key)
        if not near:
            return place[key] - middle[key]
        centre = sum(place[other] - middle[other] for other in near) / len(near)
        return centre + lean.get(key, 0.0)

    order = sorted(orders[layer], key=wanted)
    return [*orders[:layer], order, *orders[layer + 1 :]]


def _crossings(orders: Orders, after: Links) -> int:
    """How many pairs of arrows between neighbouring layers cross."""
    count = 0
    for left, right in pairwise(orders):
        spot = {key: place for place, key in enumerate(right)}
        ends = [(place, spot[goal]) for place, key in enumerate(left) for goal in after.get(key, ())]
        for number, (a, b) in enumerate(ends):
            count += sum(1 for c, d in ends[number + 1 :] if (a - c) * (b - d) < 0)
    return count
