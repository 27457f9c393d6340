r"""Losses of one sample, each an equation in a prediction and a target: rank 0 arrays.

`LOSSES` lists them by name. A mean is over the entries of one sample; the mean over samples belongs to the cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sympy import Expr, Piecewise, Rational, S, exp, log

from symbackprop.algebra.arrays import Array, as_array, described, entrywise, number, shape_in_words
from symbackprop.algebra.symbols import index, total
from symbackprop.errors import ShapeError, UsageError
from symbackprop.model.functions import apply
from symbackprop.model.reductions import logsumexp, mean, sum_over


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss by name: `formula(prediction, target, **options)`, its formula in LaTeX, and the options it takes."""

    name: str
    formula: Callable[..., Array]
    summary: str
    options: tuple[str, ...] = ()

    def __call__(self, prediction: Any, target: Any, **options: Any) -> Array:
        """The loss of one sample.

        Raises:
            ShapeError: prediction and target of different shapes.
            UsageError: an option that it does not take.
        """
        a, y = as_array(prediction), as_array(target)
        unknown = sorted(set(options) - set(self.options))
        if unknown:
            taken = f"It takes {', '.join(self.options)}." if self.options else "It takes no options."
            raise UsageError(f"{self.name} has no option {unknown[0]}", fix=taken, name=unknown[0])
        if a.shape != y.shape:
            raise ShapeError(
                f"{self.name} of {described(a)} and {described(y)}",
                because=f"The prediction is {shape_in_words(a.shape)}, the target {shape_in_words(y.shape)}.",
                fix="They must have one shape.",
                name=a.label or y.label or None,
            )
        return self.formula(a, y, **options)


def _whole(entries: Array) -> Array:
    return sum_over(entries) if entries.shape else entries


def _mean(entries: Array) -> Array:
    return mean(entries) if entries.shape else entries


def _squares(a: Array, y: Array) -> Array:
    return (a - y) ** 2


def squared_error(a: Array, y: Array) -> Array:
    r"""\(\sum_i (a_i - y_i)^2\)"""
    return _whole(_squares(a, y))


def half_squared_error(a: Array, y: Array) -> Array:
    r"""\(\frac12 \sum_i (a_i - y_i)^2\)"""
    return _whole(_squares(a, y)) / 2


def mean_squared_error(a: Array, y: Array) -> Array:
    r"""\(\frac1n \sum_i (a_i - y_i)^2\)"""
    return _mean(_squares(a, y))


def half_mean_squared_error(a: Array, y: Array) -> Array:
    r"""\(\frac1{2n} \sum_i (a_i - y_i)^2\)"""
    return _mean(_squares(a, y)) / 2


def binary_cross_entropy(a: Array, y: Array) -> Array:
    r"""\(-\sum_i y_i \log a_i + (1 - y_i) \log(1 - a_i)\), of probabilities"""
    return -_whole(entrywise(lambda p, t: t * log(p) + (1 - t) * log(1 - p), a, y))


def binary_cross_entropy_with_logits(z: Array, y: Array) -> Array:
    r"""\(\sum_i \log(1 + e^{z_i}) - y_i z_i\), of logits"""
    return _whole(entrywise(lambda v, t: apply("softplus", v) - t * v, z, y))


def cross_entropy(p: Array, y: Array) -> Array:
    r"""\(-\sum_k y_k \log p_k\), of probabilities"""
    return -_whole(entrywise(lambda q, t: t * log(q), p, y))


def cross_entropy_with_logits(z: Array, y: Array) -> Array:
    r"""\(-\sum_k y_k (z_k - \log \sum_l e^{z_l})\), of logits; the inner sum runs over the last axis"""
    if not z.shape:
        raise ShapeError("cross_entropy_with_logits of a scalar", fix="It needs a score for each class.")
    return -_whole((z - _along_last(z)) * y)


def _along_last(z: Array) -> Array:
    """log Σ exp along the last axis, as an array of the shape of z."""
    below = logsumexp(z, -1)
    return Array(z.indices, z.shape, below.expression)


def hinge(a: Array, y: Array) -> Array:
    r"""\(\sum_i \max(0, 1 - y_i a_i)\), for targets -1 and 1"""
    return _whole(apply("relu", 1 - y * a))


def huber(a: Array, y: Array, delta: Any = 1) -> Array:
    r"""\(\sum_i \frac12 r_i^2\) where \(|r_i| \le \delta\), else \(\delta (|r_i| - \frac12 \delta)\); \(r = a - y\)"""
    width = delta if isinstance(delta, Expr) else number(delta)
    if width.is_positive is not True:
        raise UsageError(f"huber with delta = {delta}", fix="delta must be a positive number.", name="delta")

    def entry_of(p: Expr, t: Expr) -> Expr:
        r = p - t
        return Piecewise((width * (r - width / 2), r > width), (-width * (r + width / 2), r < -width), (r**2 / 2, True))

    return _whole(entrywise(entry_of, a, y))


def kl_divergence(p: Array, y: Array) -> Array:
    r"""\(\sum_k y_k \log(y_k / p_k)\), of positive distributions"""
    return _whole(entrywise(lambda q, t: t * (log(t) - log(q)), p, y))


def gaussian_kl(mu: Array, log_variance: Array) -> Array:
    r"""\(\frac12 \sum_i (e^{v_i} + \mu_i^2 - 1 - v_i)\): from \(N(\mu, e^v)\) to \(N(0, 1)\), v being log variances"""
    return _whole(entrywise(lambda m, v: (exp(v) + m**2 - 1 - v) / 2, mu, log_variance))


def info_nce(a: Array, b: Array, temperature: Any = 1) -> Array:
    r"""\(-\frac1N \sum_i \log \frac{e^{S_{ii}}}{\sum_k e^{S_{ik}}}\), \(S_{ik} = a_i \cdot b_k / \tau\), of N rows each

    Row i of b is the right one for row i of a, its other rows are wrong ones (van den Oord et al., 2018).
    """
    if len(a.shape) != 2:
        raise ShapeError("info_nce of no rows of vectors", fix="It compares rows: a[N,D] and b[N,D].")
    width = temperature if isinstance(temperature, Expr) else number(temperature)
    i, k, d = index("i"), index("k"), index("d")
    N, D = a.shape

    def score(row: Expr, other: Expr) -> Expr:
        return total(a.at(row, d) * b.at(other, d), (d, D)) / width

    value = total(log(total(exp(score(i, k)), (k, N))) - score(i, i), (i, N)) / N
    return Array((), (), value, sources=(*a.sources, *b.sources))


def l2_penalty(weight: Any, *tensors: Any, half: bool = True) -> Array:
    r"""\(\frac{\lambda}{2} \sum W^2\) over all entries of the tensors; without `half`, \(\lambda \sum W^2\)."""
    if not tensors:
        raise UsageError("l2_penalty of nothing", fix="Name the tensors: l2_penalty(0.01, W1, W2).")
    squares = [_whole(as_array(tensor) ** 2) for tensor in tensors]
    sum_of_squares = squares[0]
    for part in squares[1:]:
        sum_of_squares = sum_of_squares + part
    return as_array(weight) * (Rational(1, 2) if half else S.One) * sum_of_squares


def _loss(formula: Callable[..., Array], *options: str) -> Loss:
    return Loss(formula.__name__, formula, formula.__doc__ or "", options)


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        loss.name: loss
        for loss in (
            _loss(squared_error),
            _loss(half_squared_error),
            _loss(mean_squared_error),
            _loss(half_mean_squared_error),
            _loss(binary_cross_entropy),
            _loss(binary_cross_entropy_with_logits),
            _loss(cross_entropy),
            _loss(cross_entropy_with_logits),
            _loss(hinge),
            _loss(huber, "delta"),
            _loss(kl_divergence),
            _loss(gaussian_kl),
            _loss(info_nce, "temperature"),
        )
    }
)
