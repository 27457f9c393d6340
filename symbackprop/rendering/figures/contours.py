"""Lines along which a function on a grid has one value: marching squares, with straight pieces joined to lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from symbackprop.rendering.figures.drawing import Point

Edge = tuple[int, int, int]
"""A side of a cell: the axis along which it runs, and the grid point where it begins."""


def contour(axes: Sequence[np.ndarray], values: np.ndarray, level: float) -> list[tuple[Point, ...]]:
    """The lines at `level` in the coordinates of the axes; a closed one ends where it begins."""
    joined: dict[Edge, list[Edge]] = {}
    for a, b in _pieces(values > level, values, level):
        joined.setdefault(a, []).append(b)
        joined.setdefault(b, []).append(a)
    ends = [edge for edge, others in joined.items() if len(others) == 1]
    lines = []
    for start in [*ends, *joined]:
        line = _line(start, joined)
        if len(line) > 1:
            lines.append(tuple(_crossing(edge, axes, values, level) for edge in line))
    return lines


def _pieces(above: np.ndarray, values: np.ndarray, level: float) -> Iterator[tuple[Edge, Edge]]:
    """Pairs of sides of a cell that the line joins; at a saddle the middle of the cell decides."""
    for i in range(above.shape[0] - 1):
        for j in range(above.shape[1] - 1):
            low, right, high, left = (0, i, j), (1, i + 1, j), (0, i, j + 1), (1, i, j)
            corners = (above[i, j], above[i + 1, j], above[i + 1, j + 1], above[i, j + 1])
            sides = (low, right, high, left)
            cut = [side for n, side in enumerate(sides) if corners[n] != corners[(n + 1) % 4]]
            if len(cut) == 2:
                yield cut[0], cut[1]
            elif len(cut) == 4:
                middle = values[i : i + 2, j : j + 2].mean() > level
                yield (low, right) if middle == corners[0] else (low, left)
                yield (high, left) if middle == corners[0] else (high, right)


def _line(start: Edge, joined: dict[Edge, list[Edge]]) -> list[Edge]:
    """Goes along from `start` and takes the pieces away that it used."""
    line = [start]
    while joined[line[-1]]:
        goal = joined[line[-1]].pop()
        joined[goal].remove(line[-1])
        line.append(goal)
    return line


def _crossing(edge: Edge, axes: Sequence[np.ndarray], values: np.ndarray, level: float) -> Point:
    """Where the level is met along a side, between its two grid points."""
    along, i, j = edge
    k, m = (i + 1, j) if along == 0 else (i, j + 1)
    part = (level - values[i, j]) / (values[k, m] - values[i, j])
    x = axes[0][i] + part * (axes[0][k] - axes[0][i])
    y = axes[1][j] + part * (axes[1][m] - axes[1][j])
    return float(x), float(y)
