"""The figure of a computation graph: a drawing of a placing, with its labels where nothing else stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symbackprop.derivation.derivation import Derivation
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import (
    NAME,
    Box,
    Circle,
    Curve,
    Drawing,
    Extent,
    Group,
    Ink,
    Label,
    Shape,
    Text,
    extent_of,
    plain,
    words_of,
)
from symbackprop.rendering.figures.folding import LIMIT, folded, gathered
from symbackprop.rendering.figures.graph import Graph, Node, graph_of
from symbackprop.rendering.figures.placing import (
    COLUMNS,
    WIDE_BADGE,
    WIDTH,
    Placed,
    Placing,
    Words,
    above_of,
    below_of,
    place,
    slope_of,
)
from symbackprop.rendering.figures.routes import Track, corner_of, sampled, tracks
from symbackprop.rendering.figures.stacking import moved
from symbackprop.rendering.figures.steps_grid import steps_grid
from symbackprop.rendering.figures.unrolling import unrolled

_SHAPES_UP_TO = 20  # nodes
_BADGE = 9.5
_ONE_ROW = 1e4
_MARGIN = 14.0


def graph_drawing(
    derivation: Derivation,
    names: Nomenclature,
    *,
    backward: bool = True,
    values: Mapping[str, str] | None = None,
    adjoints: Mapping[str, str] | None = None,
    slopes: Mapping[tuple[str, str], str] | None = None,
    shapes: bool | None = None,
    width: float = WIDTH,
    columns: int = COLUMNS,
    limit: int = LIMIT,
) -> Drawing:
    """The computation graph: values forward, with `backward` derivatives back and the steps' numbers on the nodes.

    `values` and `adjoints` are short strings by the names of tensors, `slopes` by source and reader. Shapes are shown
    in small graphs unless said otherwise; equal layers are folded where there are more than `limit` nodes, and three or
    more parameters that one equation alone reads are one node.
    """
    graph = gathered(folded(graph_of(derivation, names), names, limit))
    shown = len(graph.nodes) <= _SHAPES_UP_TO if shapes is None else shapes
    words = Words(values or {}, adjoints or {}, slopes or {}, shown, backward)
    return drawing_of(graph, words, "Computation graph", width=width, columns=columns)


def unrolled_drawing(derivation: Derivation, names: Nomenclature, *, backward: bool = True) -> Drawing | None:
    """The recurrences of a model at three steps; None where it has none."""
    graph = unrolled(derivation, names)
    if graph is None:
        return None
    title, words = "Three steps of the recurrence", Words({}, {}, {}, False, backward)
    grid = steps_grid(graph, words)
    if grid is None:
        return drawing_of(graph, words, title, width=_ONE_ROW)
    places, curves = grid
    ends = [(p.x - p.item.width / 2, p.x + p.item.width / 2, p.y + p.item.body / 2) for p in places]
    ends += [(x, x, y) for curve in curves for x, y in curve.points]
    left = _MARGIN - min(end[0] for end in ends)
    width, height = left + max(end[1] for end in ends) + _MARGIN, max(end[2] for end in ends) + _MARGIN
    shapes = tuple(moved(shape, left, 0.0) for shape in (*curves, *(_group(placed, words) for placed in places)))
    return Drawing(width, height, title, description(graph, backward=backward), shapes)


def drawing_of(graph: Graph, words: Words, title: str, *, width: float = WIDTH, columns: int = COLUMNS) -> Drawing:
    """A graph as a drawing."""
    placing = place(graph, words, width=width, columns=columns)
    lines = tracks(placing, backward=words.backward)
    groups = tuple(_group(placed, words) for placed in placing.places)
    labels = _arrow_labels(placing, lines, groups, words)
    curves: list[Shape] = [track.forth for track in lines]
    curves += [track.back for track in lines if track.back is not None]
    shapes = (*curves, *labels, *groups)
    return Drawing(placing.width, placing.height, title, description(graph, backward=words.backward), shapes)


def description(graph: Graph, *, backward: bool) -> str:
    """The graph in words, reader by reader, for alternative text."""
    said: list[str] = []
    readers = {arrow.reader: None for arrow in graph.arrows}
    for reader in readers:
        sources = [words_of(graph.node(a.source).label) for a in graph.arrows if a.reader == reader]
        said.append(f"{words_of(graph.node(reader).label)} reads {_and(sources)}.")
    if backward:
        steps = [f"{n.step}: {words_of(n.label)}" for n in sorted(graph.nodes, key=_step) if n.step]
        said.append(f"Derivatives come back along the dashed arrows, by step {', '.join(steps)}.")
    return " ".join(said)


def _step(node: Node) -> tuple[int, str]:
    head = node.step.split("–")[0].split(".")[0]
    return (int(head) if head.isdecimal() else 0, node.step)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _group(placed: Placed, words: Words) -> Group:
    """A node with its name, the number of its step, what stands beside it; or a port."""
    item = placed.item
    if item.kind != "node" or item.node.role == "earlier":
        return Group("port", item.node.tensor, "", _port_title(placed), (_outline(placed), _name(placed)))
    shapes: list[Label | Circle | Box | Curve] = [_outline(placed), _name(placed)]
    top, bottom = placed.y - item.body / 2, placed.y + item.body / 2
    node = item.node
    above, (below, is_adjoint) = above_of(node, words), below_of(node, words)
    if above:
        shapes.append(Label(placed.x, top - (12 if node.step else 5), plain(above), "forward"))
    if below:
        ink: Ink = "backward" if is_adjoint else "soft"
        shapes.append(Label(placed.x, bottom + (22 if node.joins else 14), plain(below), ink))
    if node.step and words.backward:
        shapes += _badge(placed, node)
    if node.joins and words.backward:
        x, y = placed.x + item.width / 2 - 5, bottom
        shapes += [Circle(x, y, 7.5, "backward", "paper"), Label(x, y + 4.4, plain("+"), "backward", 13.0)]
    return Group("node", node.tensor, node.step, _title(node), tuple(shapes))


def _badge(placed: Placed, node: Node) -> list[Label | Circle | Box | Curve]:
    """The number of the step at a corner that no arrow touches: leaves have it on the left."""
    side = -1 if node.is_leaf else 1
    x = placed.x + side * (placed.item.width / 2 - 4)
    y = placed.y - placed.item.body / 2
    half = max(_BADGE, len(node.step) * 3.6 + 3)
    if len(node.step) > WIDE_BADGE:
        x, y = x - side * (half - 7), y - 5
    outline = Box(x - half, y - _BADGE, 2 * half, 2 * _BADGE, "none", "backward", _BADGE)
    return [outline, Label(x, y + 4.3, plain(node.step), "paper", 12.0, bold=True)]


def _outline(placed: Placed) -> Box:
    item = placed.item
    role = item.node.role
    port = item.kind != "node" or role == "earlier"
    given = role in ("input", "target", "constant", "parameter")
    return Box(
        placed.x - item.width / 2,
        placed.y - item.body / 2,
        item.width,
        item.body,
        "soft" if port else "ink",
        "wash" if given and not port else "paper",
        corner_of(placed),
        dashed=port,
    )


def _name(placed: Placed) -> Label:
    item = placed.item
    port = item.kind != "node"
    size = 14.0 if port else NAME
    return Label(placed.x, placed.y + size * 0.32, item.node.label, "soft" if port else "ink", size)


def _title(node: Node) -> str:
    """What a node is, in words: for its tip and for who hears the figure."""
    if node.members:
        return f"{', '.join(node.members[:12])}{', …' if len(node.members) > 12 else ''}"
    said = [f"{words_of(node.label)}: {node.role}"]
    said += [node.shape] if node.shape else []
    said += [f"derivative in step {node.step}"] if node.step else []
    said += ["several paths join"] if node.joins else []
    return ", ".join(said)


def _port_title(placed: Placed) -> str:
    name = words_of(placed.item.node.label)
    way = {"out": "goes on in the next row", "in": "comes from the row above"}
    return f"{name} {way.get(placed.item.kind, 'of another step')}"


def _arrow_labels(
    placing: Placing, lines: tuple[Track, ...], groups: tuple[Group, ...], words: Words
) -> tuple[Label, ...]:
    """A label for each operation and each slope, where it meets nothing; left out where there is no such place."""
    taken = [extent for group in groups for extent in _extents(group)]
    dots = [
        (track, curve, tuple(sampled(curve, 28))) for track in lines for curve in (track.forth, track.back) if curve
    ]
    points = [(curve, point) for _, curve, found in dots for point in found]
    labels: list[Label] = []
    for track in lines:
        wanted: list[tuple[Curve | None, Text, Ink, float]] = [(track.forth, track.route.arrow.label, "soft", -6.0)]
        if track.back is not None and track.route.places[-1].item.key == track.route.arrow.reader:
            wanted.append((track.back, plain(slope_of(track.route.arrow, words)), "backward", 15.0))
        for curve, text, ink, away in wanted:
            if curve is None or not text:
                continue
            for spot in _candidates(curve, text, ink, away):
                extent = extent_of(spot)
                if _is_free(extent, taken, points) and extent.left >= 0 and extent.right <= placing.width:
                    labels.append(spot)
                    taken.append(extent)
                    break
    return tuple(labels)


def _candidates(curve: Curve, text: Text, ink: Ink, away: float) -> Iterator[Label]:
    """Places along a curve, the middle first, on the side asked for and then on the other, nearer ones first."""
    found = list(sampled(curve, 10))
    order = sorted(range(2, len(found) - 2), key=lambda n: abs(n - len(found) / 2))
    for more in (0.0, 4.0, 9.0):
        for side in (away - more if away < 0 else away + more, (9.0 - away + more) if away < 0 else 9.0 - away - more):
            for n in order:
                yield Label(found[n][0], found[n][1] + side, text, ink)


def _is_free(extent: Extent, taken: list[Extent], points: list[tuple[Curve, tuple[float, float]]]) -> bool:
    if any(extent.meets(other, 2.0) for other in taken):
        return False
    return not any(
        extent.left - 3 < x < extent.right + 3 and extent.top - 1.5 < y < extent.bottom + 1.5 for _, (x, y) in points
    )


def _extents(group: Group) -> Iterator[Extent]:
    for shape in group.shapes:
        match shape:
            case Label():
                yield extent_of(shape)
            case Box(x, y, width, height):
                yield Extent(x, y, x + width, y + height)
            case Circle(x, y, radius):
                yield Extent(x - radius, y - radius, x + radius, y + radius)
            case Curve():
                pass
