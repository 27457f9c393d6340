r"""Attention over the rows of x[T, D], and the transformer's block.

\(Q = x W_q\), \(K = x W_k\), \(V = x W_v\); \(S = Q K^\top / \sqrt{E}\), \(P = \mathrm{softmax}(S)\) along its rows,
\(A = P V\), and the output \(A W_o\) (Vaswani et al., 2017). With several heads each has weights of its own and the
outputs are added. Causal attention and masks leave terms out of the sums of the softmax: no weight goes there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sympy import Expr, S, Symbol, exp, sqrt

from symbackprop.algebra.arrays import Array, as_array, described
from symbackprop.algebra.symbols import Guard, index, total
from symbackprop.errors import ShapeError
from symbackprop.model.layers.dense import activated
from symbackprop.model.layers.expansion import (
    Activation,
    Extent,
    Flag,
    Given,
    Parts,
    Scalar,
    as_size,
    check_rank,
    check_real,
    check_shape,
)
from symbackprop.model.layers.normalising import EPSILON, affine, normalised
from symbackprop.model.words import bracketed, written

h, t, u, v = index("h"), index("t"), index("u"), index("v")
d, e = index("d"), index("e")
ROWS = "positions and features: x[T,D]"


@dataclass(frozen=True, slots=True)
class Attention:
    """Self-attention, or attention of x to the rows of `memory`; `width` is that of a head, D / heads without it.

    `mask` has a 1 for each position that may be attended to, of shape [U] or [T, U]; one at least in each row.
    """

    heads: Extent = 1
    width: Extent | None = None
    causal: Flag = False
    mask: Given = None
    memory: Given = None
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        memory = x if self.memory is None else as_array(self.memory)
        attended(parts, x, memory, self.heads, self.width, self.causal, self.mask, "")


@dataclass(frozen=True, slots=True)
class Transformer:
    r"""One block: attention, then two dense layers, each with a residual connection and a layer norm.

    With `pre` the norms stand before: \(r = x + \mathrm{attention}(\mathrm{norm}(x))\),
    \(y = r + W_2 f(W_1 \mathrm{norm}(r))\); without it after the sums, as in the original.
    """

    heads: Extent
    hidden: Extent
    activation: Activation = "relu"
    pre: Flag = True
    causal: Flag = False
    mask: Given = None
    width: Extent | None = None
    epsilon: Scalar = EPSILON
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("transformer", x, 2, ROWS, 2)
        width = _width(x, as_size(self.heads)) if self.width is None else self.width
        read = self._normed(parts, x, "_a") if self.pre else x
        r = x + attended(parts, read, read, self.heads, width, self.causal, self.mask, "O")
        r = parts.tensor("r", r if self.pre else self._normed(parts, parts.tensor("s_a", r), "_a", named=False))
        read = self._normed(parts, r, "_f") if self.pre else r
        y = r + self._feedforward(parts, read)
        parts.output(y if self.pre else self._normed(parts, parts.tensor("s_f", y), "_f", named=False))

    def _normed(self, parts: Parts, x: Array, mark: str, *, named: bool = True) -> Array:
        hat = normalised(parts, x, (1,), self.epsilon, f"x{mark}", mark)
        value = affine(parts, hat, 1, mark)
        return parts.tensor(f"n{mark}", value) if named else value

    def _feedforward(self, parts: Parts, x: Array) -> Array:
        hidden, width = as_size(self.hidden), x.shape[1]
        z = parts.tensor("z", _rows(parts, x, "_1", width, hidden))
        f = parts.tensor("f", activated(self.activation, z))
        return _rows(parts, f, "_2", hidden, width)


def _rows(parts: Parts, x: Array, mark: str, before: Expr, after: Expr) -> Array:
    """x W + b for each row."""
    W, b = parts.parameter(f"W{mark}", before, after), parts.parameter(f"b{mark}", after)
    value = total(x.at(t, d) * W.at(d, e), (d, before)) + b.at(e)
    return Array((t, e), (x.shape[0], after), value, sources=(*x.sources, *W.sources, *b.sources))


def attended(
    parts: Parts, x: Array, memory: Array, heads: Any, width: Any, causal: bool, mask: Any, output: str
) -> Array:
    """The output of attention as the tensor `output`.

    Raises:
        ShapeError: no rows of features, heads that do not divide them, a mask of another shape.
    """
    check_rank("attention", x, 2, ROWS, 2)
    check_rank("attention", memory, 2, ROWS, 2)
    check_real(memory)
    T, D, U = x.shape[0], x.shape[1], memory.shape[0]
    count = as_size(heads)
    E = _width(x, count) if width is None else as_size(width)
    each = () if count == 1 else (h,)
    many = () if count == 1 else (count,)

    def projected(part: str, rows: Array) -> Array:
        W = parts.parameter(f"W_{part.lower()}", *many, rows.shape[1], E)
        value = total(rows.at(t, d) * W.at(*each, d, e), (d, rows.shape[1]))
        return parts.tensor(
            part, Array((*each, t, e), (*many, rows.shape[0], E), value, sources=(*rows.sources, *W.sources))
        )

    Q, K, V = projected("Q", x), projected("K", memory), projected("V", memory)
    scores = total(Q.at(*each, t, e) * K.at(*each, u, e), (e, E)) / sqrt(E)
    scores = parts.tensor("S", Array((*each, t, u), (*many, T, U), scores, sources=(*Q.sources, *K.sources)))
    P = parts.tensor("P", _weights(scores, each, causal, None if mask is None else as_array(mask)))
    value = total(P.at(*each, t, u) * V.at(*each, u, e), (u, U))
    A = parts.tensor("A", Array((*each, t, e), (*many, T, E), value, sources=(*P.sources, *V.sources)))
    W = parts.parameter("W_o", *many, E, D)
    bounds = ((e, E), *(((h, count),) if each else ()))
    value = total(A.at(*each, t, e) * W.at(*each, e, d), *bounds)
    return parts.tensor(output, Array((t, d), (T, D), value, sources=(*A.sources, *W.sources)))


def _width(x: Array, heads: Expr) -> Expr:
    """The features of each head.

    Raises:
        ShapeError: the heads do not divide the features.
    """
    width = (x.shape[1] / heads).expand()
    if width.is_integer is not True:
        raise ShapeError(
            f"{written(heads)} heads do not divide the {written(x.shape[1])} features of {described(x)}",
            because="Each head has as many features as another.",
            fix=f"Choose heads that divide them, write the size as a multiple, {written(heads)} E, or give width=E.",
            name="heads",
        )
    return width


def _weights(scores: Array, each: tuple[Symbol, ...], causal: bool, mask: Array | None) -> Array:
    """The softmax along rows, over the positions that count."""
    T, U = scores.shape[-2:]
    if mask is not None:
        check_real(mask)
    if mask is not None and mask.shape not in ((U,), (T, U)):
        raise ShapeError(
            f"the mask of attention {f'has the shape {bracketed(mask.shape)}' if mask.shape else 'is a scalar'}",
            because=f"There are {written(T)} positions that attend to {written(U)}.",
            fix=f"Give a tensor of the shape {bracketed((U,))}, or {bracketed((T, U))}.",
            name=mask.label or None,
        )

    def weight(at: Symbol) -> Expr:
        kept = Guard(t - at) if causal else S.One
        if mask is not None:
            kept = kept * mask.at(*((t, at) if len(mask.shape) == 2 else (at,)))
        return kept * exp(scores.at(*each, t, at))

    value = weight(u) / total(weight(v), (v, U))
    sources = scores.sources if mask is None else (*scores.sources, *mask.sources)
    return Array((*each, t, u), scores.shape, value, sources=sources)


@dataclass(frozen=True, slots=True)
class Positions:
    """x plus a vector for each position: learned, or the rows of the given `table`, sines and cosines, say."""

    table: Given = None
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("positions", x, 2, ROWS, 2)
        table = parts.parameter("p", *x.shape) if self.table is None else as_array(self.table)
        check_shape("positions", "table", table, x.shape)
        parts.output(x + table)
