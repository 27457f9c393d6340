"""An unrolled recurrence as a grid: a column for each step, inputs below, then states and outputs, the loss on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import hypot

from symbackprop.rendering.figures.drawing import Curve, Ink, Point, width_of
from symbackprop.rendering.figures.graph import Arrow, Graph, Node
from symbackprop.rendering.figures.placing import Placed, Words, item_of

_COLUMN, _ROW, _EDGE = 190.0, 92.0, 14.0
_BESIDE, _BELOW = 84.0, 40.0
_APART = 4.5  # of an arrow and the one back from the line between them
_BULGE = 44.0  # of an arrow around a node
_MOST, _ALONG = 5, 115.0  # nodes of no step that fit the top row, and how far they are from each other


def steps_grid(graph: Graph, words: Words) -> tuple[tuple[Placed, ...], tuple[Curve, ...]] | None:
    """Places and arrows of a graph that `unrolling` made; None where it has more beside the steps than fits the top.

    Parameters that the steps share stand beside each of them, lower left of the state that reads them. None too where
    each step has parameters of its own, or all steps read one input: that is no recurrence over time.
    """
    steps = sorted({step for node in graph.nodes if (step := _step(node)) is not None})
    top = [n for n in graph.nodes if _step(n) is None and n.role != "parameter"]
    own = any(n.role == "parameter" and _step(n) is not None for n in graph.nodes)
    if len(top) > _MOST or own or any(n.role == "input" for n in top):
        return None
    rows = _rows(graph)
    spots: dict[str, Point] = {}
    for kind, row in rows.items():
        for column, step in enumerate(steps):
            spots[f"{kind} at {step}"] = (_x(column), _y(len(rows) - row))
    spots |= {node.key: (_x(1) + n * _ALONG, _y(0)) for n, node in enumerate(_top_first(top, graph))}
    placed = {n.key: Placed(item_of(n, words), *spots[n.key]) for n in graph.nodes if n.key in spots}
    arrows = [a for a in graph.arrows if a.source in placed and a.reader in placed]
    curves = [curve for arrow in arrows for curve in _curves(arrow, placed, words)]
    beside = [_beside(a, graph, placed[a.reader], words) for a in graph.arrows if a.source not in placed]
    for one, arrow in beside:
        curves += _curves(arrow, {**placed, one.item.key: one}, words)
    return (*placed.values(), *(one for one, _ in beside)), tuple(curves)


def _step(node: Node) -> int | None:
    kind, at, step = node.key.rpartition(" at ")
    return int(step) if at and kind and step.lstrip("-").isdecimal() else None


def _rows(graph: Graph) -> dict[str, int]:
    """The rows of what stands at each step, from below: each above all that it reads within a step."""
    kinds = list(dict.fromkeys(n.key.rpartition(" at ")[0] for n in graph.nodes if _step(n) is not None))
    inner = [
        (a.source, a.reader) for a in graph.arrows if a.source.rpartition(" at ")[2] == a.reader.rpartition(" at ")[2]
    ]
    pairs = {(source.rpartition(" at ")[0], reader.rpartition(" at ")[0]) for source, reader in inner}
    level = dict.fromkeys(kinds, 0)
    for _ in kinds:
        for source, reader in sorted(pairs):
            if source in level and reader in level:
                level[reader] = max(level[reader], level[source] + 1)
    return {kind: row for row, kind in enumerate(sorted(kinds, key=lambda kind: level[kind]))}


def _top_first(nodes: Sequence[Node], graph: Graph) -> list[Node]:
    """What is computed from left to right, what is only read after it."""
    return sorted(nodes, key=lambda n: (n.is_leaf, graph.nodes.index(n)))


def _x(column: int) -> float:
    return _EDGE + 2 * _BESIDE - 40 + column * _COLUMN


def _y(row: int) -> float:
    return _EDGE + 34 + row * _ROW


def _beside(arrow: Arrow, graph: Graph, reader: Placed, words: Words) -> tuple[Placed, Arrow]:
    """Parameters beside one reader, and their arrow to it."""
    node = graph.node(arrow.source)
    key = f"{node.key} for {arrow.reader}"
    item = item_of(Node(key, node.tensor, node.role, node.label, "", "", False, node.members), words)
    x = reader.x - max(_BESIDE, width_of(node.label, 16.0) / 2 + 24)
    return Placed(item, x, reader.y + _BELOW), Arrow(key, arrow.reader, (), arrow.back)


def _curves(arrow: Arrow, placed: Mapping[str, Placed], words: Words) -> Iterator[Curve]:
    a, b = placed[arrow.source], placed[arrow.reader]
    between = [p for p in placed.values() if p not in (a, b) and _is_between(p, a, b)]
    bulge = _BULGE if between else 0.0
    yield _curve(a, b, -_APART if arrow.back and words.backward else 0.0, bulge, "ink", arrow)
    if arrow.back and words.backward:
        yield _curve(b, a, -_APART, -bulge, "backward", Arrow(arrow.reader, arrow.source))


def _is_between(p: Placed, a: Placed, b: Placed) -> bool:
    """Whether a node lies on the straight way."""
    length = hypot(b.x - a.x, b.y - a.y)
    along = ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length**2
    away = abs((p.x - a.x) * (b.y - a.y) - (p.y - a.y) * (b.x - a.x)) / length
    return 0 < along < 1 and away < p.item.body / 2 + 8


def _curve(a: Placed, b: Placed, apart: float, bulge: float, ink: Ink, arrow: Arrow) -> Curve:
    """From the edge of one node to that of the other, a little to the left of the line between their middles."""
    length = hypot(b.x - a.x, b.y - a.y)
    ux, uy = (b.x - a.x) / length, (b.y - a.y) / length
    side = (-uy * apart, ux * apart)
    bend = (-uy * bulge, ux * bulge)
    controls = [(p.x + bend[0] + side[0], p.y + bend[1] + side[1]) for p in (a, b)]
    start, end = (
        _edge(a, controls[0] if bulge else (b.x, b.y), side),
        _edge(b, controls[1] if bulge else (a.x, a.y), side),
    )
    if not bulge:
        controls = [_part(start, end, 1 / 3), _part(start, end, 2 / 3)]
    points = tuple((round(x, 1), round(y, 1)) for x, y in (start, *controls, end))
    return Curve(points, ink, dashed=ink == "backward", head=True, of=(arrow.source, arrow.reader))


def _edge(of: Placed, towards: Point, side: Point) -> Point:
    """Where the way from the middle of a node leaves it, with a little air."""
    dx, dy = towards[0] - of.x, towards[1] - of.y
    length = hypot(dx, dy)
    half = (of.item.width / 2, of.item.body / 2)
    reach = min(half[0] / abs(dx) if dx else 1e9, half[1] / abs(dy) if dy else 1e9)
    if of.item.width == of.item.body:
        reach = half[0] / length
    return of.x + dx * reach + 1.5 * dx / length + side[0], of.y + dy * reach + 1.5 * dy / length + side[1]


def _part(a: Point, b: Point, part: float) -> Point:
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part
