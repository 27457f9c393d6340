"""How high each item of a row stands: near those that it is joined with, in the given order, with room between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from symbackprop.rendering.figures.crossings import Links
from symbackprop.rendering.figures.graph import CELL
from symbackprop.rendering.figures.rows import Item

_SWEEPS = 24
_AIR, _PULL = 14.0, 1.0
_LIGHT = 0.01  # leaves give way, so that the way of the values is straight


def heights(layers: Sequence[Sequence[Item]], before: Links, after: Links) -> dict[str, float]:
    """The middle of each item, y downward."""
    items = {item.key: item for layer in layers for item in layer}
    found: dict[str, float] = {}
    for layer in layers:
        found |= dict(zip((i.key for i in layer), apart(layer, [0.0] * len(layer), [1.0] * len(layer)), strict=True))
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else tuple(reversed(layers)):
            wanted = [_wanted(item, items, found, before, after) for item in layer]
            weights = [_weight(item) for item in layer]
            found |= dict(zip((i.key for i in layer), apart(layer, wanted, weights), strict=True))
    return found


def _weight(item: Item) -> float:
    if item.kind == "bend":
        return 4.0
    if item.node.role == CELL:
        return 400.0
    return _LIGHT if item.node.is_leaf and item.kind == "node" and item.node.role != "input" else 12.0


def _wanted(item: Item, items: dict[str, Item], found: dict[str, float], before: Links, after: Links) -> float:
    """The weighted mean of the neighbours; leaves beside a node do not draw it."""
    near = [*before.get(item.key, ()), *after.get(item.key, ())]
    heavy = [key for key in near if _weight(items[key]) > _LIGHT] or near
    if not heavy:
        return found[item.key]
    weights = [_weight(items[key]) for key in heavy]
    passes = item.kind != "node" and all(items[key].kind != "node" for key in near)
    pull = _PULL if passes else 0.0  # what only passes by keeps near to the rest
    return sum(w * found[key] for w, key in zip(weights, heavy, strict=True)) / (sum(weights) + pull)


def apart(layer: Sequence[Item], wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The heights nearest to `wanted` at which no two items meet."""
    gaps = []
    for above, below in pairwise(layer):
        air = _AIR if "bend" not in (above.kind, below.kind) else _AIR / 2
        gaps.append(above.body / 2 + above.below + air + below.above + below.body / 2)
    return spread(wanted, weights, gaps)


def spread(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    r"""The numbers nearest to `wanted`, \(\min \sum w_i (y_i - d_i)^2\), each at least a gap after the one before.

    With the gaps taken out it is a regression on an ascending sequence, solved by pooling neighbours that are out of
    order (Ayer et al., 1955).
    """
    shifts = [0.0, *accumulate(gaps)]
    pools: list[tuple[float, float, int]] = []
    for want, weight, shift in zip(wanted, weights, shifts, strict=False):
        pools.append((want - shift, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, v, m), (b, w, n) = pools[-2:]
            pools[-2:] = [((v * a + w * b) / (v + w), v + w, m + n)]
    level = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + shift for mean, shift in zip(level, shifts, strict=False)]
