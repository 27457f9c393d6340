r"""Layers that multiply by weights: dense, maxout, bilinear; and the activation that may follow any layer.

`dense(x, h, sigmoid)` with the output `a1` gives the parameters `a1.W` and `a1.b`, and the equations
\(z = W x + b\) of `a1.z` and \(a = \sigma(z)\) of `a1`; without an activation the output is z itself. Of a sequence
x[T,n] each row is multiplied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import Maximum, index, total
from symbackprop.errors import UnknownNameError, UsageError, suggestion
from symbackprop.model.functions import FUNCTIONS, apply
from symbackprop.model.layers.expansion import Activation, Extent, Flag, Parts, as_size, check_rank, leading
from symbackprop.model.reductions import log_softmax, softmax

NORMALISED: Mapping[str, Callable[[Array], Array]] = MappingProxyType({"softmax": softmax, "log_softmax": log_softmax})

i, j, k = index("i"), index("j"), index("k")


@dataclass(frozen=True, slots=True)
class Dense:
    r"""A fully connected layer \(a = f(W x + b)\) of so many units, along the last axis of x; W is units × n."""

    units: Extent
    activation: Activation = None
    bias: Flag = True
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("dense", x, 1, "a vector, or rows of vectors")
        units, n = as_size(self.units), x.shape[-1]
        W = parts.parameter("W", units, n)
        z = W @ x if len(x.shape) == 1 else _of_rows(W, x)
        if self.bias:
            z = _plus(z, parts.parameter("b", units))
        activate(parts, self.activation, z)


@dataclass(frozen=True, slots=True)
class Maxout:
    r"""\(a_i = \max_k (W_k x + b_k)_i\) over so many pieces (Goodfellow et al., 2013); of equal ones the first."""

    units: Extent
    pieces: Extent
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("maxout", x, 1, "a vector", 1)
        units, pieces, (n,) = as_size(self.units), as_size(self.pieces), x.shape
        W = parts.parameter("W", pieces, units, n)
        b = parts.parameter("b", pieces, units)
        value = total(W.at(k, i, j) * x.at(j), (j, n)) + b.at(k, i)
        z = parts.tensor("z", Array((k, i), (pieces, units), value, sources=(*W.sources, *b.sources, *x.sources)))
        parts.output(Array((i,), (units,), Maximum(z.at(k, i), (k, pieces)), sources=z.sources))


@dataclass(frozen=True, slots=True)
class Bilinear:
    r"""\(z_k = x^\top W_k y + b_k\) of two vectors."""

    units: Extent
    activation: Activation = None
    bias: Flag = True
    sources: ClassVar[int] = 2

    def expand(self, parts: Parts, x: Array, y: Array) -> None:
        check_rank("bilinear", x, 1, "a vector", 1)
        check_rank("bilinear", y, 1, "a vector", 1)
        units, (n,), (p,) = as_size(self.units), x.shape, y.shape
        W = parts.parameter("W", units, n, p)
        value = total(W.at(k, i, j) * x.at(i) * y.at(j), (i, n), (j, p))
        z = Array((k,), (units,), value, sources=(*W.sources, *x.sources, *y.sources))
        if self.bias:
            z = _plus(z, parts.parameter("b", units))
        activate(parts, self.activation, z)


def _of_rows(W: Array, x: Array) -> Array:
    """W times each row."""
    (units, n), rows = W.shape, leading(len(x.shape) - 1)
    value = total(W.at(i, j) * x.at(*rows, j), (j, n))
    return Array((*rows, i), (*x.shape[:-1], units), value, sources=(*W.sources, *x.sources))


def _plus(z: Array, b: Array) -> Array:
    """z + b, the same b in each row."""
    value = z.expression + b.at(z.indices[-1])
    return Array(z.indices, z.shape, value, sources=(*z.sources, *b.sources))


def activate(parts: Parts, activation: Activation, z: Array, padded: tuple[Array, ...] = ()) -> None:
    """The output f(z), z being a tensor of its own; z itself without an activation.

    Raises:
        UnknownNameError: an activation that nothing defines.
    """
    if activation in (None, "identity"):
        parts.output(z, padded=padded)
    else:
        parts.output(activated(activation, parts.tensor("z", z, padded=padded)))


def activated(activation: Activation, z: Array) -> Array:
    """The activation of z, entry by entry or a softmax.

    Raises:
        UnknownNameError: an activation that nothing defines.
        UsageError: what is no activation.
    """
    if activation is None:
        return z
    if not isinstance(activation, str | ScalarFunction):
        raise UsageError(
            f"{activation!r} is no activation",
            fix='Give the name of a function, "sigmoid", or one made by custom(...).',
        )
    if isinstance(activation, str) and activation in NORMALISED:
        return NORMALISED[activation](z)
    if isinstance(activation, str) and activation not in FUNCTIONS:
        raise UnknownNameError(
            f"unknown activation {activation}",
            fix=suggestion(activation, [*FUNCTIONS, *NORMALISED]) or f"Known: {', '.join([*FUNCTIONS, *NORMALISED])}.",
            name=activation,
        )
    return apply(activation, z)
