r"""Normalisation: mean 0 and variance 1 over some axes, then a gain γ and a shift β.

\(\mu\) and \(v\) are the mean and the variance of the group that an entry belongs to, \(r = 1/\sqrt{v + \epsilon}\),
\(\hat x = (x - \mu) r\), and the output \(\gamma \hat x + \beta\). The groups: the features of one vector (layer norm;
Ba et al., 2016), one channel over all samples (batch norm; Ioffe and Szegedy, 2015), some channels of one sample (group
norm; Wu and He, 2018). The statistics are tensors of the network, so derivatives go through them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from sympy import Expr, Integer, Mul, Symbol, sqrt

from symbackprop.algebra.arrays import Array, as_array, described, number
from symbackprop.algebra.symbols import index, total
from symbackprop.errors import ShapeError
from symbackprop.model.layers.expansion import Extent, Flag, Parts, Scalar, as_size, check_rank, leading
from symbackprop.model.layers.reshaping import merged, split

EPSILON = Fraction(1, 100_000)
Axes = tuple[int, ...]
i = index("i")


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """Over the last axis; gain and shift for each feature."""

    epsilon: Scalar = EPSILON
    affine: Flag = True
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("layer_norm", x, 1, "a vector, or rows of vectors")
        axis = len(x.shape) - 1
        _finished(self.affine, parts, normalised(parts, x, (axis,), self.epsilon), axis)


@dataclass(frozen=True, slots=True)
class RMSNorm:
    r"""\(\gamma x / \sqrt{\frac1n \sum x^2 + \epsilon}\) over the last axis (Zhang and Sennrich, 2019)."""

    epsilon: Scalar = EPSILON
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("rms_norm", x, 1, "a vector, or rows of vectors")
        axis = len(x.shape) - 1
        v = parts.tensor("v", mean_over(x**2, (axis,)))
        r = parts.tensor("r", 1 / root(v + _scalar(self.epsilon)))
        hat = parts.tensor("x_hat", x * spread(r, x, (axis,)))
        gamma = parts.parameter("gamma", x.shape[axis])
        parts.output(spread(gamma, x, _others(x, axis)) * hat)


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """Over the samples, the first axis of x[m, n] or x[m, C, N], and all axes after the channels.

    The statistics are those of the batch. A model with it has no per-sample loss: x has the samples as an axis.
    """

    epsilon: Scalar = EPSILON
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("batch_norm", x, 2, "all samples along its first axis: x[m,n]")
        _finished(True, parts, normalised(parts, x, _others(x, 1), self.epsilon), 1)


@dataclass(frozen=True, slots=True)
class FixedBatchNorm:
    """Batch norm as it is used after training: mean μ and variance v of each channel are given constants."""

    epsilon: Scalar = EPSILON
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("fixed_batch_norm", x, 1, "channels along its first axis")
        others = _others(x, 0)
        mu, v = parts.constant("mu", x.shape[0]), parts.constant("v", x.shape[0])
        r = parts.tensor("r", 1 / root(v + _scalar(self.epsilon)))
        hat = parts.tensor("x_hat", (x - spread(mu, x, others)) * spread(r, x, others))
        _finished(True, parts, hat, 0)


@dataclass(frozen=True, slots=True)
class GroupNorm:
    """Over each group of channels of x[C] or x[C, N], and all axes after them; gain and shift for each channel."""

    groups: Extent
    epsilon: Scalar = EPSILON
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("group_norm", x, 1, "channels along its first axis")
        channels, groups = x.shape[0], as_size(self.groups)
        each = (channels / groups).expand()
        if each.is_integer is not True:
            raise ShapeError(
                f"group_norm on {described(x)}: {groups} groups do not divide {channels} channels",
                fix=f"Choose another number, or write the size as a multiple: {groups} n.",
                name=x.label or None,
            )
        grouped = parts.tensor("x_g", split(x, 0, groups, each))
        hat = normalised(parts, grouped, tuple(range(1, len(grouped.shape))), self.epsilon)
        _finished(True, parts, parts.tensor("y", merged(hat, 0)), 0)


def normalised(parts: Parts, x: Array, axes: Axes, epsilon: Any, part: str = "x_hat", mark: str = "") -> Array:
    """(x - μ) / √(v + ε), its statistics over `axes` as tensors of their own."""
    mu = parts.tensor(f"mu{mark}", mean_over(x, axes))
    centred = parts.tensor(f"c{mark}", x - spread(mu, x, axes))
    v = parts.tensor(f"v{mark}", mean_over(centred**2, axes))
    r = parts.tensor(f"r{mark}", 1 / root(v + _scalar(epsilon)))
    return parts.tensor(part, centred * spread(r, x, axes))


def mean_over(x: Array, axes: Axes) -> Array:
    """The mean over these axes."""
    indices = _indices(x)
    bounds = tuple((indices[axis], x.shape[axis]) for axis in axes)
    kept = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
    value = total(x.at(*indices), *bounds) / Mul(*(extent for _, extent in bounds))
    return Array(tuple(indices[a] for a in kept), tuple(x.shape[a] for a in kept), value, sources=x.sources)


def spread(r: Array, like: Array, axes: Axes) -> Array:
    """r with the shape of `like`, the same along `axes`."""
    indices = _indices(like)
    at = tuple(variable for axis, variable in enumerate(indices) if axis not in axes)
    return Array(indices, like.shape, r.at(*at), sources=r.sources)


def root(value: Array) -> Array:
    """The square root of each entry."""
    return Array(value.indices, value.shape, sqrt(value.expression), sources=value.sources)


def affine(parts: Parts, hat: Array, axis: int, mark: str = "") -> Array:
    """γ x + β, with an entry of each for every place along the axis."""
    gamma, beta = parts.parameter(f"gamma{mark}", hat.shape[axis]), parts.parameter(f"beta{mark}", hat.shape[axis])
    others = _others(hat, axis)
    return spread(gamma, hat, others) * hat + spread(beta, hat, others)


def _finished(with_affine: bool, parts: Parts, hat: Array, axis: int) -> None:
    parts.output(affine(parts, hat, axis) if with_affine else hat)


def _others(x: Array, axis: int) -> Axes:
    return tuple(other for other in range(len(x.shape)) if other != axis)


def _indices(x: Array) -> tuple[Symbol, ...]:
    """Indices of x, in the letters of sequences, of features, of channels and places."""
    return (*leading(len(x.shape) - 1), i) if len(x.shape) < 3 else tuple(map(index, "tcijpq"))[: len(x.shape)]


def _scalar(value: Any) -> Expr:
    found = as_array(value) if not isinstance(value, Fraction) else as_array(number(value))
    return found.expression if not found.shape else Integer(0)
