r"""Recurrences over the steps of a sequence x[T, n]: plain, LSTM, GRU.

Backpropagation through time is not written here: it comes from the index t - 1.

Before the first step the state is 0, or the vector given as `initial`. With `reverse` time runs from the last step to
the first: step t reads step t + 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sympy import Expr, Integer, Piecewise, Symbol
from sympy.core.relational import Relational

from symbackprop.algebra.arrays import Array, as_array
from symbackprop.algebra.symbols import index, total
from symbackprop.errors import ShapeError, UsageError
from symbackprop.model.functions import apply
from symbackprop.model.layers.dense import activated
from symbackprop.model.layers.expansion import (
    Activation,
    Extent,
    Flag,
    Given,
    Parts,
    as_size,
    check_rank,
    check_shape,
)
from symbackprop.model.words import bracketed

t, i, j = index("t"), index("i"), index("j")
SEQUENCE = "steps and features: x[T,n]"


@dataclass(frozen=True, slots=True)
class RNN:
    r"""\(h_t = f(W_x x_t + W_h h_{t-1} + b)\) (Elman, 1990)."""

    units: Extent
    activation: Activation = "tanh"
    initial: Given = None
    reverse: Flag = False
    bias: Flag = True
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        steps = _steps("rnn", parts, x, self.units, self.reverse)
        h = steps.state("", "h_prev", self.initial)
        z = steps.affine("", (h,), self.bias)
        z = parts.tensor("z", z, padded=steps.padded)
        parts.output(activated(self.activation, z))


@dataclass(frozen=True, slots=True)
class LSTM:
    r"""Long short-term memory (Hochreiter and Schmidhuber, 1997; the forget gate by Gers et al., 2000).

    \(i, f, o = \sigma(W x_t + U h_{t-1} + b)\) and \(g = \tanh(\dots)\), each with weights of its own;
    \(c_t = f \odot c_{t-1} + i \odot g\), \(h_t = o \odot \tanh(c_t)\). With peepholes the gates also read the cell
    through a vector each: i and f read \(c_{t-1}\), o reads \(c_t\).
    """

    units: Extent
    peepholes: Flag = False
    initial: Given = None
    initial_cell: Given = None
    reverse: Flag = False
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        steps = _steps("lstm", parts, x, self.units, self.reverse)
        h, before = (
            steps.state("", "h_prev", self.initial),
            steps.state("c", "c_prev", self.initial_cell, "initial cell"),
        )
        cell = parts.declared("c", *before.shape)
        gate = {}
        for name, function in (("i", "sigmoid"), ("f", "sigmoid"), ("g", "tanh")):
            z = steps.affine(f"_{name}", (h,), True)
            if self.peepholes and name != "g":
                z = z + _peephole(parts, name, before)
            gate[name] = parts.tensor(name, apply(function, parts.tensor(f"z_{name}", z, padded=steps.padded)))
        parts.tensor("c", gate["f"] * before + gate["i"] * gate["g"], padded=steps.padded)
        z = steps.affine("_o", (h,), True)
        if self.peepholes:
            z = z + _peephole(parts, "o", cell)
        out = parts.tensor("o", apply("sigmoid", parts.tensor("z_o", z, padded=steps.padded)))
        squashed = parts.tensor("q", apply("tanh", cell))
        parts.output(out * squashed)


@dataclass(frozen=True, slots=True)
class GRU:
    r"""The gated recurrent unit (Cho et al., 2014), its reset after the product with U:

    \(r, u = \sigma(W x_t + U h_{t-1} + b)\), \(n = \tanh(W_n x_t + b_n + r \odot (U_n h_{t-1} + d))\),
    \(h_t = (1 - u) \odot n + u \odot h_{t-1}\).
    """

    units: Extent
    initial: Given = None
    reverse: Flag = False
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        steps = _steps("gru", parts, x, self.units, self.reverse)
        h = steps.state("", "h_prev", self.initial)
        gate = {}
        for name in ("r", "u"):
            z = parts.tensor(f"z_{name}", steps.affine(f"_{name}", (h,), True), padded=steps.padded)
            gate[name] = parts.tensor(name, apply("sigmoid", z))
        recalled = parts.tensor("p", steps.recalled("_n", h) + steps.bias("d"), padded=steps.padded)
        new = parts.tensor("n", apply("tanh", parts.tensor("z_n", steps.affine("_n", (), True) + gate["r"] * recalled)))
        parts.output((1 - gate["u"]) * new + gate["u"] * h, padded=steps.padded)


@dataclass(slots=True)
class _Steps:
    """What one step reads: the input at t, states at the step `before` it, if that is `inside` the sequence."""

    layer: str
    parts: Parts
    x: Array
    units: Expr
    before: Expr
    inside: Relational
    padded: tuple[Array, ...] = ()

    @property
    def shape(self) -> tuple[Expr, Expr]:
        return self.x.shape[0], self.units

    def state(self, part: str, previous: str, initial: object, what: str = "initial state") -> Array:
        """The state a step before: 0 before the first one, or the vector given."""
        h = self.parts.declared(part, *self.shape)
        earlier = h.at(self.before, i)
        if initial is None:
            self.padded = (*self.padded, h)
            return Array((t, i), self.shape, earlier, sources=h.sources)
        start = as_array(initial)
        check_shape(self.layer, what, start, (self.units,), "it is 0")
        value = Piecewise((earlier, self.inside), (start.at(i), True))
        return self.parts.tensor(previous, Array((t, i), self.shape, value, sources=(*start.sources, *h.sources)))

    def affine(self, part: str, states: tuple[Array, ...], bias: bool) -> Array:
        """W x + U h + b with the weights of this part: without one W_x, W_h and b."""
        n = self.x.shape[1]
        W = self.parts.parameter(f"W{part}" if part else "W_x", self.units, n)
        value = total(W.at(i, j) * self.x.at(t, j), (j, n))
        z = Array((t, i), self.shape, value, sources=(*W.sources, *self.x.sources))
        for h in states:
            z = z + self.recalled(part, h)
        return z + self.bias(f"b{part}") if bias else z

    def recalled(self, part: str, h: Array) -> Array:
        """U h."""
        U = self.parts.parameter(f"U{part}" if part else "W_h", self.units, self.units)
        value = total(U.at(i, j) * h.at(t, j), (j, self.units))
        return Array((t, i), self.shape, value, sources=(*U.sources, *h.sources))

    def bias(self, part: str) -> Array:
        """The same vector at each step."""
        b = self.parts.parameter(part, self.units)
        return Array((t, i), self.shape, b.at(i), sources=b.sources)


def _steps(name: str, parts: Parts, x: Array, units: Extent, reverse: bool) -> _Steps:
    check_rank(name, x, 2, SEQUENCE, 2)
    if reverse:
        return _Steps(name, parts, x, as_size(units), t + 1, t <= x.shape[0] - 2)
    return _Steps(name, parts, x, as_size(units), t - 1, t >= 1)


def _peephole(parts: Parts, gate: str, cell: Array) -> Array:
    p = parts.parameter(f"p_{gate}", cell.shape[1])
    return Array((t, i), cell.shape, p.at(i) * cell.at(t, i), sources=(*p.sources, *cell.sources))


@dataclass(frozen=True, slots=True)
class Last:
    """The last step of a sequence: h[T, n] to its row T."""

    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("last", x, 2, SEQUENCE, 2)
        parts.output(Array((i,), x.shape[1:], x.at(x.shape[0] - 1, i), sources=x.sources))


@dataclass(frozen=True, slots=True)
class Concat:
    """Tensors side by side along the last axis: of sequences f[T, n] and g[T, k] one of n + k features."""

    sources: ClassVar[int] = 0

    def expand(self, parts: Parts, *sources: Array) -> None:
        first = sources[0]
        for other in sources:
            check_rank("concat", other, 1, "features along the last axis", 2)
            if other.shape[:-1] != first.shape[:-1]:
                raise ShapeError(
                    "concat of tensors that do not fit side by side",
                    because=f"One has the shape {bracketed(first.shape)}, another {bracketed(other.shape)}.",
                    fix="All axes but the last must be the same.",
                    name=other.label or None,
                )
        rows = (t,) if len(first.shape) == 2 else ()
        found = tuple(source for array in sources for source in array.sources)
        width = sum((array.shape[-1] for array in sources), Integer(0))
        parts.output(Array((*rows, i), (*first.shape[:-1], width), _joined(sources, rows), sources=found))


def _joined(sources: tuple[Array, ...], rows: tuple[Symbol, ...]) -> Expr:
    """Cases: each source where its features stand."""
    cases, start = [], Integer(0)
    for place, array in enumerate(sources, start=1):
        stop = start + array.shape[-1]
        cases.append((array.at(*rows, i - start), i < stop if place < len(sources) else True))
        start = stop
    return Piecewise(*cases)


@dataclass(frozen=True, slots=True)
class Stack:
    r"""So many equal layers, their number maybe a symbol: \(h_l = f(W_l h_{l-1} + b_l)\), \(h_{-1} = x\).

    The output is the last of them. The layers have the width of x; `W`, `b`, `z` and `h` have one axis for the layer.
    """

    depth: Extent
    activation: Activation = "sigmoid"
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        check_rank("stack", x, 1, "a vector", 1)
        (n,), depth, layer = x.shape, as_size(self.depth), index("l")
        if self.activation is None:
            raise UsageError("a stack without an activation", fix="Give one: sigmoid, tanh, relu.")
        W, b = parts.parameter("W", depth, n, n), parts.parameter("b", depth, n)
        h = parts.declared("h", depth, n)
        before = Piecewise((h.at(layer - 1, i), layer >= 1), (x.at(i), True))
        previous = parts.tensor("h_prev", Array((layer, i), (depth, n), before, sources=(*x.sources, *h.sources)))
        value = total(W.at(layer, i, j) * previous.at(layer, j), (j, n)) + b.at(layer, i)
        z = Array((layer, i), (depth, n), value, sources=(*W.sources, *b.sources, *previous.sources))
        h = parts.tensor("h", activated(self.activation, parts.tensor("z", z)))
        parts.output(Array((i,), (n,), h.at(depth - 1, i), sources=h.sources))
