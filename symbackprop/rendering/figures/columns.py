"""Columns of a computation graph by longest paths, and where they break into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symbackprop.rendering.figures.graph import Graph

_NO_ROOM = 1e6


def columns_of(graph: Graph) -> dict[str, int]:
    """The column of each node that an equation gives: after all that it reads; early ones as late as their readers let.

    Leaves have none: they stand beside the first that reads them.
    """
    inner = [node.key for node in graph.nodes if not node.is_leaf]
    before: dict[str, list[str]] = {key: [] for key in inner}
    after: dict[str, list[str]] = {key: [] for key in inner}
    for arrow in graph.arrows:
        if arrow.source in before:
            before[arrow.reader].append(arrow.source)
            after[arrow.source].append(arrow.reader)
    found: dict[str, int] = {}
    for key in _forward(inner, before):
        found[key] = max((found[source] + 1 for source in before[key]), default=0)
    for key in reversed(list(found)):
        if not before[key] and after[key]:
            found[key] = min(found[reader] for reader in after[key]) - 1
    first = min(found.values(), default=0)
    return {key: column - first for key, column in found.items()}


def _forward(keys: list[str], before: Mapping[str, list[str]]) -> list[str]:
    """The keys so that each stands after what it reads, else in the given order."""
    done: dict[str, None] = {}
    while len(done) < len(keys):
        ready = [k for k in keys if k not in done and all(source in done for source in before[k])]
        done.update(dict.fromkeys(ready))
    return list(done)


def breaks(
    count: int, width: Callable[[int, int], float], crossing: Callable[[int], float], room: float, most: int
) -> tuple[tuple[int, int], ...]:
    """Columns 0 to count - 1 in rows (first, last): few rows, even ones, cut where few arrows cross.

    `width(a, b)` is the width of a row of those columns, `crossing(c)` how many values go on past column c, or what
    else speaks against a cut there; a row has at most `most` columns and fits in `room`, unless it is a single column.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, count + 1):
        options = []
        for start in range(max(0, end - most), end):
            used = width(start, end - 1)
            cost = 1.5 + (1 - used / room) ** 2 if used <= room else _NO_ROOM
            cut = 0.3 * crossing(end - 1) if end < count else 0.0
            options.append((best[start][0] + cost + cut, start))
        best.append(min(options))
    rows, end = [], count
    while end > 0:
        start = best[end][1]
        rows.append((start, end - 1))
        end = start
    return tuple(reversed(rows))
