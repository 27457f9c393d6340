r"""Pools over windows of the last axes, and over all of them.

The maximum of equal entries is the first, so its derivative goes to that one alone (a kink with this choice).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import index
from symbackprop.model.layers.convolution import AXES
from symbackprop.model.layers.expansion import Extents, Parts, Scalar, check_rank, leading
from symbackprop.model.layers.windows import OFFSETS, PLACES, windows
from symbackprop.model.reductions import max_over, mean

c = index("c")
Reduction = Callable[..., Expr]


@dataclass(frozen=True, slots=True)
class AvgPool1d:
    """The mean over windows of x[C, N]; the stride is the width unless given."""

    width: Extents
    stride: Scalar = None
    sources: ClassVar[int] = 1
    axes: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _pooled(self, f"avg_pool{self.axes}d", mean, parts, x)


@dataclass(frozen=True, slots=True)
class AvgPool2d(AvgPool1d):
    """The mean over windows of x[C, H, W]."""

    axes: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class MaxPool1d:
    """The maximum over windows of x[C, N]; the stride is the width unless given."""

    width: Extents
    stride: Scalar = None
    sources: ClassVar[int] = 1
    axes: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _pooled(self, f"max_pool{self.axes}d", max_over, parts, x)


@dataclass(frozen=True, slots=True)
class MaxPool2d(MaxPool1d):
    """The maximum over windows of x[C, H, W]."""

    axes: ClassVar[int] = 2


def _pooled(layer: AvgPool1d | MaxPool1d, name: str, reduce: Reduction, parts: Parts, x: Array) -> None:
    axes = layer.axes
    check_rank(name, x, axes + 1, AXES[axes])
    found = windows(name, x, axes, layer.width, layer.width if layer.stride is None else layer.stride)
    rows, places, offsets = leading(len(x.shape) - axes - 1), PLACES[:axes], OFFSETS[:axes]
    reads = tuple(window.reads(i, u) for window, i, u in zip(found, places, offsets, strict=True))
    bounds = tuple((u, window.width) for u, window in zip(offsets, found, strict=True))
    value = reduce(x.at(*rows, c, *reads), *bounds)
    shape = (*x.shape[:-axes], *(window.count for window in found))
    parts.output(Array((*rows, c, *places), shape, value, sources=x.sources))


@dataclass(frozen=True, slots=True)
class GlobalAvgPool:
    """The mean over all axes but the channels: x[C, N] or x[C, H, W] to a vector of C entries."""

    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _global(mean, "global_avg_pool", parts, x)


@dataclass(frozen=True, slots=True)
class GlobalMaxPool:
    """The maximum over all axes but the channels."""

    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _global(max_over, "global_max_pool", parts, x)


def _global(reduce: Reduction, name: str, parts: Parts, x: Array) -> None:
    check_rank(name, x, 2, "channels along one axis or two: x[C,N]", 3)
    places = PLACES[: len(x.shape) - 1]
    value = reduce(x.at(c, *places), *zip(places, x.shape[1:], strict=True))
    parts.output(Array((c,), x.shape[:1], value, sources=x.sources))
