r"""Pools over windows of the last axes, and over all of them.

The maximum of equal entries is the first, so its derivative goes to that one alone (a kink with this choice). Over two
axes it is taken along one after the other: the same maximum, and of equal ones the same first, row by row.
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
from symbackprop.model.layers.windows import OFFSETS, PLACES, Window, windows
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
        found = _windows(self, f"avg_pool{self.axes}d", x)
        parts.output(_pooled(mean, x, found, tuple(range(self.axes))))


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
        found = _windows(self, f"max_pool{self.axes}d", x)
        for axis in reversed(range(1, self.axes)):
            x = parts.tensor("r", _pooled(max_over, x, found, (axis,)))
        parts.output(_pooled(max_over, x, found, (0,)))


@dataclass(frozen=True, slots=True)
class MaxPool2d(MaxPool1d):
    """The maximum over windows of x[C, H, W]: along the rows, then of these down the columns."""

    axes: ClassVar[int] = 2


def _windows(layer: AvgPool1d | MaxPool1d, name: str, x: Array) -> tuple[Window, ...]:
    check_rank(name, x, layer.axes + 1, AXES[layer.axes])
    return windows(name, x, layer.axes, layer.width, layer.width if layer.stride is None else layer.stride)


def _pooled(reduce: Reduction, x: Array, found: tuple[Window, ...], along: tuple[int, ...]) -> Array:
    """The windows along some of the last axes, each reduced; the other axes stay."""
    count = len(found)
    rows, places = leading(len(x.shape) - count - 1), PLACES[:count]
    reads = [found[n].reads(i, OFFSETS[n]) if n in along else i for n, i in enumerate(places)]
    extents = [found[n].count if n in along else extent for n, extent in enumerate(x.shape[-count:])]
    value = reduce(x.at(*rows, c, *reads), *((OFFSETS[n], found[n].width) for n in along))
    return Array((*rows, c, *places), (*x.shape[:-count], *extents), value, sources=x.sources)


@dataclass(frozen=True, slots=True)
class GlobalAvgPool:
    """The mean over all axes but the channels: x[C, N] or x[C, H, W] to a vector of C entries."""

    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _check_axes("global_avg_pool", x)
        places = PLACES[: len(x.shape) - 1]
        value = mean(x.at(c, *places), *zip(places, x.shape[1:], strict=True))
        parts.output(Array((c,), x.shape[:1], value, sources=x.sources))


@dataclass(frozen=True, slots=True)
class GlobalMaxPool:
    """The maximum over all axes but the channels: along the rows, then of these."""

    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _check_axes("global_max_pool", x)
        if len(x.shape) > 2:
            x = parts.tensor("r", _largest_along_last(x))
        parts.output(_largest_along_last(x))


def _largest_along_last(x: Array) -> Array:
    *kept, last = (c, *PLACES)[: len(x.shape)]
    return Array(tuple(kept), x.shape[:-1], max_over(x.at(*kept, last), (last, x.shape[-1])), sources=x.sources)


def _check_axes(name: str, x: Array) -> None:
    check_rank(name, x, 2, "channels along one axis or two: x[C,N]", 3)
