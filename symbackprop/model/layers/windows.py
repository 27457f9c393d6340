r"""Where a window lies on an axis, as affine indices: the arithmetic that convolutions and pools share.

Output i reads input \(s i + d u - p\), u being the place in a window of K: stride s, dilation d, padding p. There are
\(\lfloor (N + 2p - d (K - 1) - 1) / s \rfloor + 1\) outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer, Symbol, floor

from symbackprop.algebra.arrays import Array, described
from symbackprop.algebra.symbols import index
from symbackprop.errors import ShapeError
from symbackprop.model.layers.expansion import as_sizes, whole_numbers

PLACES = tuple(map(index, "ij"))  # of outputs
OFFSETS = tuple(map(index, "uv"))  # in the window


@dataclass(frozen=True, slots=True)
class Window:
    """The windows along one axis of size `extent`."""

    extent: Expr
    width: Expr
    stride: Integer
    padding: Integer
    dilation: Integer

    @property
    def count(self) -> Expr:
        """How many there are."""
        room = self.extent + 2 * self.padding - self.dilation * (self.width - 1) - 1
        return (floor((room / self.stride).expand()) + 1).expand()

    def reads(self, place: Symbol, offset: Symbol) -> Expr:
        """The input that output `place` reads at `offset`."""
        return self.stride * place + self.dilation * offset - self.padding


def windows(
    layer: str, x: Array, axes: int, width: object, stride: object, padding: object = 0, dilation: object = 1
) -> tuple[Window, ...]:
    """The windows along the last `axes` axes of x.

    Raises:
        ShapeError: a window wider than the padded input.
        UsageError: options that are no whole numbers.
    """
    widths = as_sizes(width, "width", axes)
    strides = whole_numbers(stride, "stride", 1, axes)
    paddings = whole_numbers(padding, "padding", 0, axes)
    dilations = whole_numbers(dilation, "dilation", 1, axes)
    found = tuple(map(Window, x.shape[-axes:], widths, strides, paddings, dilations))
    for window in found:
        room = window.extent + 2 * window.padding - window.dilation * (window.width - 1)
        if room.is_number and room < 1:
            raise _too_wide(layer, x, window)
    return found


def _too_wide(layer: str, x: Array, window: Window) -> ShapeError:
    reach = window.dilation * (window.width - 1) + 1
    holes = f" with dilation {window.dilation} reaches over {reach} places and" if window.dilation != 1 else ""
    padded = f"With its padding the axis has {window.extent + 2 * window.padding}." if window.padding else None
    return ShapeError(
        f"{layer} on {described(x)}: a window of {window.width}{holes} is wider than its axis of {window.extent}",
        because=padded,
        fix="Take a smaller window." if "pool" in layer else "Take a smaller window, or pad more.",
        name="width",
    )
