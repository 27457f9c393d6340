r"""Convolutions over the last axes of x[C, N] or x[C, N, M], as cross-correlations, the way networks use the word.

\(z_{oi} = \sum_{c,u} W_{ocu} \, x_{c, s i + d u - p} + b_o\), where reads outside of x are 0. In groups each block of
outputs reads its own block of channels. The transposed one is the adjoint of the strided one:
\(z_{oq} = \sum_{c,i} x_{ci} W_{c, o, q + p - s i} + b_o\), where reads outside of W are 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array, described
from symbackprop.algebra.symbols import index, total
from symbackprop.errors import ShapeError
from symbackprop.model.layers.dense import activate
from symbackprop.model.layers.expansion import (
    Activation,
    Extent,
    Extents,
    Flag,
    Parts,
    Scalar,
    as_size,
    as_sizes,
    check_rank,
    leading,
    whole_numbers,
)
from symbackprop.model.layers.reshaping import merged, shared, split
from symbackprop.model.layers.windows import OFFSETS, PLACES, Window, windows

c, g, o = index("c"), index("g"), index("o")
AXES = {1: "channels along one axis: x[C,N]", 2: "channels along two axes: x[C,H,W]"}


@dataclass(frozen=True, slots=True)
class Conv1d:
    """A convolution of x[C, N] with so many kernels of this width; W is channels × C/groups × width."""

    channels: Extent
    width: Extents
    activation: Activation = None
    stride: Scalar = 1
    padding: Scalar = 0
    dilation: Scalar = 1
    groups: Extent = 1
    bias: Flag = True
    sources: ClassVar[int] = 1
    axes: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _convolution(self, f"conv{self.axes}d", parts, x)


@dataclass(frozen=True, slots=True)
class Conv2d(Conv1d):
    """A convolution of x[C, H, W]; width, stride, padding and dilation are one number or a pair."""

    axes: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class ConvTranspose1d:
    """The transposed convolution of x[C, N]: (N - 1) stride + width - 2 padding outputs; W is C × channels × width."""

    channels: Extent
    width: Extents
    activation: Activation = None
    stride: Scalar = 1
    padding: Scalar = 0
    bias: Flag = True
    sources: ClassVar[int] = 1
    axes: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        _transposed(self, f"conv_transpose{self.axes}d", parts, x)


@dataclass(frozen=True, slots=True)
class ConvTranspose2d(ConvTranspose1d):
    """The transposed convolution of x[C, H, W]."""

    axes: ClassVar[int] = 2


def _convolution(layer: Conv1d, name: str, parts: Parts, x: Array) -> None:
    axes = layer.axes
    check_rank(name, x, axes + 1, AXES[axes])
    found = windows(name, x, axes, layer.width, layer.stride, layer.padding, layer.dilation)
    channels, inputs = as_size(layer.channels), x.shape[-axes - 1]
    groups, is_padded = as_size(layer.groups), any(window.padding for window in found)
    if groups == 1:
        x = parts.named("x", x) if is_padded else x
        padded = (x,) if is_padded else ()
        W = parts.parameter("W", channels, inputs, *(window.width for window in found))
        z = _correlation(W, x, found)
    else:
        each = shared(inputs, groups, name, x), shared(channels, groups, name, x)
        x = parts.tensor("x_g", split(x, -axes - 1, groups, each[0]))
        padded = (x,) if is_padded else ()
        W = parts.parameter("W", groups, each[1], each[0], *(window.width for window in found))
        z = parts.tensor("z_g", _correlation(W, x, found, groups), padded=padded)
        z, padded = merged(z, -axes - 2), ()
    _finished(layer, parts, z, channels, padded)


def _correlation(W: Array, x: Array, found: tuple[Window, ...], groups: Expr | None = None) -> Array:
    """The sum over channels and offsets, without a bias; in groups g stands before the channels of all three."""
    axes = len(found)
    own = (g,) if groups is not None else ()
    count = axes + len(own) + 1
    rows, sizes = leading(len(x.shape) - count), x.shape[: len(x.shape) - count]
    places, offsets = PLACES[:axes], OFFSETS[:axes]
    reads = tuple(window.reads(i, u) for window, i, u in zip(found, places, offsets, strict=True))
    bounds = tuple((u, window.width) for u, window in zip(offsets, found, strict=True))
    value = total(W.at(*own, o, c, *offsets) * x.at(*rows, *own, c, *reads), (c, x.shape[-axes - 1]), *bounds)
    shape = (*sizes, *W.shape[: len(own) + 1], *(window.count for window in found))
    return Array((*rows, *own, o, *places), shape, value, sources=(*W.sources, *x.sources))


def _transposed(layer: ConvTranspose1d, name: str, parts: Parts, x: Array) -> None:
    axes = layer.axes
    check_rank(name, x, axes + 1, AXES[axes])
    channels, inputs = as_size(layer.channels), x.shape[-axes - 1]
    widths = as_sizes(layer.width, "width", axes)
    strides = whole_numbers(layer.stride, "stride", 1, axes)
    paddings = whole_numbers(layer.padding, "padding", 0, axes)
    rows, sizes = leading(len(x.shape) - axes - 1), x.shape[: -axes - 1]
    places, sources = tuple(map(index, "qr"))[:axes], PLACES[:axes]
    counts = tuple(
        ((n - 1) * s + k - 2 * p).expand()
        for n, s, k, p in zip(x.shape[-axes:], strides, widths, paddings, strict=True)
    )
    _check_outputs(name, x, counts)
    W = parts.parameter("W", inputs, channels, *widths)
    offsets = tuple(q + p - s * i for q, p, s, i in zip(places, paddings, strides, sources, strict=True))
    bounds = tuple(zip(sources, x.shape[-axes:], strict=True))
    value = total(x.at(*rows, c, *sources) * W.at(c, o, *offsets), (c, inputs), *bounds)
    z = Array((*rows, o, *places), (*sizes, channels, *counts), value, sources=(*W.sources, *x.sources))
    _finished(layer, parts, z, channels, (W,))


def _check_outputs(name: str, x: Array, counts: tuple[Expr, ...]) -> None:
    for count in counts:
        if count.is_number and count < 1:
            raise ShapeError(
                f"{name} on {described(x)} leaves no output",
                because=f"An axis would have {count} entries.",
                fix="Take a wider window, or pad less.",
                name="width",
            )


def _finished(layer: Any, parts: Parts, z: Array, channels: Expr, padded: tuple[Array, ...]) -> None:
    """z plus the bias of each channel, then the activation."""
    if layer.bias:
        b = parts.parameter("b", channels)
        z = Array(z.indices, z.shape, z.expression + b.at(_channel(z, layer.axes)), sources=(*z.sources, *b.sources))
    activate(parts, layer.activation, z, padded)


def _channel(z: Array, axes: int) -> Symbol:
    return z.indices[-axes - 1]
