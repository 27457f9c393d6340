"""The rows of a picture of a graph: what stands in which layer of which row, with ports where an arrow goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from symbackprop.rendering.figures.columns import breaks, columns_of
from symbackprop.rendering.figures.graph import Arrow, Graph, Node


@dataclass(frozen=True, slots=True)
class Item:
    """A node, a port by which a value leaves or enters a row, or a bend of a long arrow, with the room it takes.

    `body` is the height of its outline; `above` and `below` are what its labels take beyond that.
    """

    key: str
    node: Node
    kind: Literal["node", "out", "in", "bend"]
    width: float
    body: float
    room: float
    above: float = 0.0
    below: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow within a row, by the keys of the items that it passes."""

    arrow: Arrow
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Layers from left to right, and ways between them; `gaps[i]` is the least distance after layer i."""

    layers: tuple[tuple[Item, ...], ...]
    ways: tuple[Way, ...]
    gaps: tuple[float, ...]

    @property
    def items(self) -> dict[str, Item]:
        return {item.key: item for layer in self.layers for item in layer}


BEND = 22.0
GAP = 42.0


def rows_of(
    graph: Graph, sizes: Mapping[str, Item], label_room: Mapping[str, float], room: float, most: int
) -> list[Row]:
    """The graph in rows at most `room` wide; `sizes` has each node's item, `label_room` what an arrow's label takes."""
    columns = columns_of(graph)
    readers: dict[str, list[int]] = {}
    for arrow in graph.arrows:
        readers.setdefault(arrow.source, []).append(columns[arrow.reader])
    count = max(columns.values(), default=0) + 1
    inner, leaf, gap = [0.0] * count, [0.0] * (count + 1), [GAP] * count
    for key, item in sizes.items():
        if key in columns:
            inner[columns[key]] = max(inner[columns[key]], item.room)
        else:
            leaf[min(readers[key])] = max(leaf[min(readers[key])], item.room)
    for arrow in graph.arrows:
        column = columns[arrow.reader]
        gap[column] = max(gap[column], label_room.get(_id(arrow), 0.0))

    def width(a: int, b: int) -> float:
        ports = (0.0 if a == 0 else 50.0, 0.0 if b == count - 1 else GAP + 50.0)
        body = sum(gap[c] + max(inner[c], leaf[c + 1] if c < b else 0.0) for c in range(a, b + 1))
        return max(leaf[a], ports[0]) + body + ports[1]

    def crossing(c: int) -> float:
        start = {**columns, **{key: min(found) for key, found in readers.items() if key not in columns}}
        going_on = sum(1 for key, found in readers.items() if start[key] <= c < max(found))
        return going_on - (0.7 if leaf[c + 1] else 0.0)  # a layer begins where parameters enter

    cut = breaks(count, width, crossing, room, most)
    return [_row(graph, sizes, columns, cut, number, gap) for number in range(len(cut))]


def _id(arrow: Arrow) -> str:
    return f"{arrow.source}>{arrow.reader}"


def _row(
    graph: Graph,
    sizes: Mapping[str, Item],
    columns: Mapping[str, int],
    cut: tuple[tuple[int, int], ...],
    number: int,
    gap: list[float],
) -> Row:
    """One row: its nodes, ports for what comes from above and goes on below, and its ways with their bends."""
    first, last = cut[number]
    here = {key: column - first + 1 for key, column in columns.items() if first <= column <= last}
    row_of = {key: next(r for r, (a, b) in enumerate(cut) if a <= column <= b) for key, column in columns.items()}
    born = _born(graph, row_of)
    for arrow in graph.arrows:
        if arrow.source not in columns and arrow.reader in here and born[arrow.source] == number:
            here[arrow.source] = min(here.get(arrow.source, last + 1), columns[arrow.reader] - first)
    end = last - first + 2
    items = {key: sizes[key] for key in here}
    layer_of, links = dict(here), []
    for arrow in graph.arrows:
        a, b = born[arrow.source], row_of[arrow.reader]
        if not a <= number <= b:
            continue
        start, goal = arrow.source, arrow.reader
        if a < number:
            start = f"{arrow.source}<"
            items[start], layer_of[start] = _port(sizes[arrow.source], "in"), 0
        if number < b:
            goal = f"{arrow.source}>"
            items[goal], layer_of[goal] = _port(sizes[arrow.source], "out"), end
        links.append((arrow, start, goal))
    ways, layers = _with_bends(links, items, layer_of, end)
    gaps = (*(gap[c] for c in range(first, last + 1)), GAP)
    return Row(tuple(layers), tuple(ways), gaps[: len(layers) - 1])


def _born(graph: Graph, row_of: Mapping[str, int]) -> dict[str, int]:
    """The row of each node; of a leaf, that of its first reader."""
    found = dict(row_of)
    for arrow in graph.arrows:
        if arrow.source not in row_of:
            found[arrow.source] = min(found.get(arrow.source, len(row_of)), row_of[arrow.reader])
    return found


def _port(item: Item, kind: Literal["in", "out"]) -> Item:
    return Item(item.key + ("<" if kind == "in" else ">"), item.node, kind, item.width, 24.0, item.width)


def _with_bends(
    links: list[tuple[Arrow, str, str]], items: Mapping[str, Item], layer_of: Mapping[str, int], end: int
) -> tuple[list[Way], list[tuple[Item, ...]]]:
    """Ways through every layer that they pass, one way for what goes on to a port; and the layers with their bends."""
    layers: list[list[Item]] = [[] for _ in range(end + 1)]
    for key, item in items.items():
        layers[layer_of[key]].append(item)
    ways: dict[tuple[str, str], Way] = {}
    for arrow, start, goal in links:
        if (start, goal) in ways:
            back = ways[start, goal].arrow.back or arrow.back
            ways[start, goal] = Way(Arrow(arrow.source, arrow.reader, (), back), ways[start, goal].keys)
            continue
        keys = [start]
        for layer in range(layer_of[start] + 1, layer_of[goal]):
            bend = Item(f"{start}|{goal}|{layer}", items[start].node, "bend", 0.0, 0.0, 0.0, BEND / 2, BEND / 2)
            layers[layer].append(bend)
            keys.append(bend.key)
        label = arrow.label if goal == arrow.reader else ()
        ways[start, goal] = Way(Arrow(arrow.source, arrow.reader, label, arrow.back), (*keys, goal))
    while layers and not layers[-1]:
        layers.pop()
    return list(ways.values()), [tuple(layer) for layer in layers]
