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

from sympy import Expr, Mul, Symbol, sqrt

from symbackprop.algebra.arrays import Array, as_array, described, number
from symbackprop.algebra.symbols import index, total
from symbackprop.errors import UsageError
from symbackprop.model.layers.expansion import Extent, Flag, Parts, Scalar, as_size, check_rank, leading
from symbackprop.model.layers.reshaping import merged, shared, split

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
        hat = _scaled(parts, x, v, (axis,), self.epsilon)
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
        centred = parts.tensor("c", x - spread(mu, x, others))
        _finished(True, parts, _scaled(parts, centred, v, others, self.epsilon), 0)


@dataclass(frozen=True, slots=True)
class GroupNorm:
    """Over each group of channels of x[C] or x[C, N], and all axes after them; gain and shift for each channel."""

    groups: Extent
    epsilon: Scalar = EPSILON
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("group_norm", x, 1, "channels along its first axis")
        groups = as_size(self.groups)
        grouped = parts.tensor("x_g", split(x, 0, groups, shared(x.shape[0], groups, "group_norm", x)))
        hat = normalised(parts, grouped, tuple(range(1, len(grouped.shape))), self.epsilon)
        _finished(True, parts, parts.tensor("y", merged(hat, 0)), 0)


def normalised(parts: Parts, x: Array, axes: Axes, epsilon: Any, part: str = "x_hat", mark: str = "") -> Array:
    """(x - μ) / √(v + ε), its statistics over `axes` as tensors of their own."""
    mu = parts.tensor(f"mu{mark}", mean_over(x, axes))
    centred = parts.tensor(f"c{mark}", x - spread(mu, x, axes))
    v = parts.tensor(f"v{mark}", mean_over(centred**2, axes))
    return _scaled(parts, centred, v, axes, epsilon, part, mark)


def _scaled(parts: Parts, x: Array, v: Array, axes: Axes, epsilon: Any, part: str = "x_hat", mark: str = "") -> Array:
    """x / √(v + ε), the same v along `axes`."""
    r = parts.tensor(f"r{mark}", 1 / _root(v + _epsilon(epsilon)))
    return parts.tensor(part, x * spread(r, x, axes))


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


def _root(value: Array) -> Array:
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


def _epsilon(value: Any) -> Expr:
    """What keeps the root away from 0.

    Raises:
        UsageError: no single number, or one below 0.
    """
    found = as_array(number(value) if isinstance(value, Fraction) else value)
    if found.shape or (found.expression.is_number and found.expression < 0):
        raise UsageError(
            f"epsilon is {described(found)}",
            fix="Give a small number that is not negative: 1e-5.",
            name="epsilon",
        )
    return found.expression
