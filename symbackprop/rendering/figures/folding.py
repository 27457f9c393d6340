"""A deep stack of equal layers as one node: those between the first and the last of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import Run
from symbackprop.rendering.figures.graph import EARLIER, FOLD, Arrow, Graph, Node

LIMIT = 40
_LEAST = 3  # layers in a fold; parameters that are gathered
_NAMED = 4  # of these that are named


def folded(graph: Graph, names: Nomenclature, limit: int = LIMIT) -> Graph:
    """The graph with runs of equal layers folded, where it has more than `limit` nodes; else as it is.

    Layers are told by the marks of names: the 3 of z3 and of a3.W. Two are equal if their tensors have the same
    letters and roles and read one another, the layer before and all else in the same way.
    """
    if len(graph.nodes) <= limit:
        return graph
    marks = {node.key: _mark(node, names) for node in graph.nodes}
    for first, last in _runs(graph, marks, names):
        graph = _fold(graph, {key for key, mark in marks.items() if mark is not None and first < mark < last}, marks)
    return graph


def gathered(graph: Graph) -> Graph:
    """The graph with the parameters of each reader as one node, where a reader has three or more to itself.

    They are named without the mark of their layer, which is that of the reader.
    """
    readers: dict[str, set[str]] = {}
    for arrow in graph.arrows:
        readers.setdefault(arrow.source, set()).add(arrow.reader)
    own: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.role == "parameter" and len(readers.get(node.key, ())) == 1:
            own.setdefault(next(iter(readers[node.key])), []).append(node)
    for reader, members in own.items():
        if len(members) >= _LEAST:
            graph = _gather(graph, reader, members)
    return graph


def _gather(graph: Graph, reader: str, members: Sequence[Node]) -> Graph:
    keys = {node.key for node in members}
    label: list[Run] = []
    for node in members[:_NAMED]:
        label += [*([Run(", ")] if label else []), *(run for run in node.label if run.level <= 0)]
    label += [Run(", …")] if len(members) > _NAMED else []
    names = tuple(node.tensor for node in members)
    one = replace(members[0], tensor=" ".join(names), label=tuple(label), step=_span(members), shape="", members=names)
    arrow = next(a for a in graph.arrows if a.source in keys)
    arrows = [a for a in graph.arrows if a.source not in keys or a is arrow]
    merged = replace(arrow, source=one.key, back=any(a.back for a in graph.arrows if a.source in keys))
    nodes = [one if node is members[0] else node for node in graph.nodes if node is members[0] or node.key not in keys]
    return Graph(tuple(nodes), tuple(merged if a is arrow else a for a in arrows), graph.root)


def _span(members: Sequence[Node]) -> str:
    """The steps of several nodes: 24–26, or 3, 9."""
    steps = sorted({int(node.step) for node in members if node.step.isdecimal()})
    if not steps:
        return ""
    is_run = steps[-1] - steps[0] == len(steps) - 1 and len(steps) > 1
    return f"{steps[0]}–{steps[-1]}" if is_run else ", ".join(map(str, steps))


def _mark(node: Node, names: Nomenclature) -> int | None:
    mark = names.glyph(node.tensor).mark if node.role != EARLIER else ""
    return int(mark) if mark.isdecimal() else None


def _runs(graph: Graph, marks: Mapping[str, int | None], names: Nomenclature) -> list[tuple[int, int]]:
    """The first and the last layer of each run that is long enough to fold what lies between."""
    layers = sorted({mark for mark in marks.values() if mark is not None})
    looks = {layer: _look(graph, layer, marks, names) for layer in layers}
    runs: list[list[int]] = []
    for layer in layers:
        if runs and layer == runs[-1][-1] + 1 and looks[layer] == looks[runs[-1][-1]]:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    return [(run[0], run[-1]) for run in runs if len(run) >= _LEAST + 2]


def _look(graph: Graph, layer: int, marks: Mapping[str, int | None], names: Nomenclature) -> frozenset[object]:
    """What a layer is made of and how it is joined, without its number."""

    def sign(key: str) -> tuple[object, ...]:
        node, mark = graph.node(key), marks[key]
        glyph = names.glyph(node.tensor)
        return (glyph.letters, glyph.subscript, node.role, mark - layer) if mark is not None else (key,)

    own = {sign(key) for key, mark in marks.items() if mark == layer}
    reads = {(sign(a.source), sign(a.reader), a.label) for a in graph.arrows if marks[a.reader] == layer}
    return frozenset(own | reads)


def _fold(graph: Graph, inside: set[str], marks: Mapping[str, int | None]) -> Graph:
    """The nodes inside as one, and arrows that cross its edge once each."""
    members = [node for node in graph.nodes if node.key in inside]
    layers = sorted({mark for node in members if (mark := marks[node.key]) is not None})
    key = f"layers {layers[0]} to {layers[-1]}"
    label = (Run(f"layers {layers[0]} … {layers[-1]}"),)
    steps = [int(node.step) for node in members if node.step.isdecimal()]
    step = f"{min(steps)}–{max(steps)}" if steps else ""
    words = f"{len(layers)} equal layers"
    fold = Node(key, key, FOLD, label, step, words, False, tuple(node.tensor for node in members))
    place = next(i for i, node in enumerate(graph.nodes) if node.key in inside and not node.is_leaf)
    nodes = [*graph.nodes[:place], fold, *graph.nodes[place:]]
    arrows: dict[tuple[str, str], Arrow] = {}
    for arrow in graph.arrows:
        source = key if arrow.source in inside else arrow.source
        reader = key if arrow.reader in inside else arrow.reader
        if source == reader:
            continue
        label = () if reader == key else arrow.label
        old = arrows.get((source, reader))
        back = arrow.back or (old is not None and old.back)
        arrows[source, reader] = replace(arrow, source=source, reader=reader, label=label, back=back)
    return Graph(tuple(n for n in nodes if n.key not in inside), tuple(arrows.values()), graph.root)
