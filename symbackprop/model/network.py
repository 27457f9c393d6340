"""`Network`: layers one after the other, a loss, and the cost over samples, as a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import FactKind, ScalarFunction
from symbackprop.algebra.symbols import index, tensor_of
from symbackprop.errors import ShapeError, UnknownNameError, UsageError, suggestion
from symbackprop.model.batching import batched_parts
from symbackprop.model.building import input, target
from symbackprop.model.layers.expansion import (
    Definition,
    Expansion,
    Layer,
    Parts,
    as_size,
    expansion,
    numbered,
)
from symbackprop.model.layers.lookup import Embedding
from symbackprop.model.layers.normalising import BatchNorm
from symbackprop.model.layers.recurrent import GRU, LSTM, RNN, Concat
from symbackprop.model.losses import LOSSES, l2_penalty
from symbackprop.model.model import Model, cost_of
from symbackprop.model.records import Equation, Samples, Side, Tensor
from symbackprop.model.words import bracketed

_TARGET_FACTS: Mapping[str, tuple[FactKind, ...]] = MappingProxyType(
    {
        "binary_cross_entropy": ("binary",),
        "binary_cross_entropy_with_logits": ("binary",),
        "cross_entropy": ("one_hot",),
        "cross_entropy_with_logits": ("one_hot",),
        "kl_divergence": ("distribution", "positive"),
    }
)


@dataclass(frozen=True, init=False, slots=True)
class Residual:
    """Layers whose output is added to what they read: x + f(x)."""

    layers: tuple[Layer, ...]
    sources: ClassVar[int] = 1

    def __init__(self, *layers: Layer) -> None:
        if not layers:
            raise UsageError("a residual without layers", fix="Give it one: Residual(Dense(4)).")
        object.__setattr__(self, "layers", layers)

    def expand(self, parts: Parts, x: Array) -> None:
        raise UsageError("Residual stands in a Network alone", fix="Elsewhere write the sum: equation(y, x + f).")


@dataclass(frozen=True, slots=True)
class Bidirectional:
    """A recurrence from the first step to the last and one from the last to the first, side by side."""

    layer: RNN | LSTM | GRU
    sources: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not isinstance(self.layer, RNN | LSTM | GRU):
            raise UsageError(f"{self.layer!r} is no recurrence", fix="Give one: Bidirectional(LSTM(8)).")

    def expand(self, parts: Parts, x: Array) -> None:
        raise UsageError("Bidirectional stands in a Network alone", fix="Elsewhere use reverse=True and Concat.")


def Network(
    inputs: int | str | tuple[int | str | Expr, ...],
    *layers: Layer,
    loss: str = "squared_error",
    samples: int | str | None = None,
    side: Side = "columns",
    cost: Literal["mean", "sum"] = "mean",
    l2: float = 0,
    name: str = "network",
    **options: Any,
) -> Model:
    """A chain of layers from `x` to a loss `L` against `y`: W1, b1, z1, a1, W2, ...

    `inputs` is the size of x, or its shape: `(1, 8, 8)` for a convolution, `("T", 20)` for a recurrence. With
    `samples` the model has the cost `J`, the mean or sum of L over them. `l2` adds half of it times the squared
    weights, to the cost if there is one, else to the loss. `options` go to the loss.

    Batch norm takes statistics over the samples, so a chain with it has no loss of one sample: the model is that of all
    samples at once, which stand in rows, and its loss is J.

    Raises:
        UsageError: no layer, something that is none, or batch norm without samples.
        UnknownNameError: a loss or an activation that nothing defines.
    """
    if not layers:
        raise UsageError("a network without layers", fix='Give it one: Network(2, Dense(1), loss="squared_error").')
    if loss not in LOSSES:
        raise UnknownNameError(
            f"unknown loss {loss}", fix=suggestion(loss, LOSSES) or f"Known: {', '.join(LOSSES)}.", name=loss
        )
    together = any(isinstance(layer, BatchNorm) for layer in _all(layers))
    if together and samples is None:
        raise UsageError("batch norm without samples", fix="Say how many: samples=32, or samples='m'.")
    batch = None if samples is None else Samples(as_size(samples), "rows" if together else side, index("s"))
    x = input("x", *(inputs if isinstance(inputs, tuple) else (inputs,)), integer=isinstance(layers[0], Embedding))
    chain = _Chain(batch, [(x, None)])
    output = chain.through(layers, x.whole())
    y = target("y", *output.shape, facts=_TARGET_FACTS.get(loss, ()))
    value = LOSSES[loss](output, y, **options)
    weights = [t for t, e in chain.definitions if e is None and t.role == "parameter" and t.name[0] in "WU"]
    penalty = l2_penalty(l2, *weights) if l2 else None
    if penalty is not None and batch is None:
        value = value + penalty
    chain.definitions.insert(1, (y, None))
    chain.definitions.append((Tensor("L", (), "loss"), Equation("L", (), value.expression, sources=value.sources)))
    over_samples = None if batch is None else cost_of("L", batch, cost, penalty)
    return chain.model_of_all(over_samples, name) if together else chain.model(over_samples, name)


@dataclass(slots=True)
class _Chain:
    """The definitions of layers one after the other, each with the next number, and those of batch norms apart.

    In the equations of one sample a batch norm's output is data; it has equations over all `samples` alone.
    """

    samples: Samples | None
    definitions: list[Definition]
    norms: dict[str, Expansion] = field(default_factory=dict)
    count: int = 0

    def through(self, layers: Iterable[Layer], x: Array) -> Array:
        for layer in layers:
            x = self.add(layer, x)
        return x

    def add(self, layer: Layer, *sources: Array) -> Array:
        if isinstance(layer, Residual):
            return self._summed(sources[0], self.through(layer.layers, sources[0]))
        if isinstance(layer, Bidirectional):
            forward, backward = replace(layer.layer, reverse=False), replace(layer.layer, reverse=True)
            return self.add(Concat(), self.add(forward, *sources), self.add(backward, *sources))
        if isinstance(layer, type) or not hasattr(layer, "expand"):
            raise UsageError(f"{layer!r} is no layer", fix="Layers are Dense(units, activation), Conv2d(8, 3), ...")
        self.count += 1
        if isinstance(layer, BatchNorm):
            return self._normalised(layer, sources[0])
        made = expansion(layer, numbered(self.count), *sources)
        self.definitions.extend(made.definitions)
        return made.whole()

    def _normalised(self, layer: BatchNorm, x: Array) -> Array:
        assert self.samples is not None
        name = str(tensor_of(x.expression))
        made = expansion(layer, numbered(self.count), Tensor(name, (self.samples.size, *x.shape), "intermediate"))
        self.norms[made.output.name] = made
        output = Tensor(made.output.name, x.shape, "input")
        self.definitions.append((output, None))
        return output.whole()

    def _summed(self, x: Array, inner: Array) -> Array:
        if inner.shape != x.shape:
            raise ShapeError(
                f"a residual reads {bracketed(x.shape)} and makes {bracketed(inner.shape)}",
                because="What goes in is added to what comes out.",
                fix="Let its last layer have the shape of its input.",
            )
        self.count += 1
        parts = Parts(numbered(self.count))
        parts.output(x + inner)
        self.definitions.extend(parts.definitions)
        return parts.definitions[-1][0].whole()

    def model(self, cost: Equation | None, name: str) -> Model:
        """The model of one sample, with the cost over all."""
        tensors, equations = _split(self.definitions)
        return Model(tensors, equations, "L", self.samples, cost, name=name)

    def model_of_all(self, cost: Equation | None, name: str) -> Model:
        """The model of all samples at once, in which the batch norms have their equations."""
        assert self.samples is not None
        assert cost is not None
        tensors, equations = _split((*self.definitions, (Tensor(cost.tensor, (), "cost"), None)))
        named = {tensor.name for tensor in tensors}
        carried = tuple(dict.fromkeys(source for equation in equations for source in equation.sources))
        tensors += tuple(t for t in carried if isinstance(t, Tensor) and t.name not in named)
        whole, made, root = batched_parts(tensors, equations, "L", self.samples, cost)
        normed = [definition for norm in self.norms.values() for definition in norm.definitions]
        more, statistics = _split(normed)
        return Model(
            (*(tensor for tensor in whole if tensor.name not in self.norms), *more),
            tuple(replace(equation, sources=()) for equation in (*made, *statistics)),
            root,
            functions={f.name: f for f in carried if isinstance(f, ScalarFunction)},
            name=name,
        )


def _split(definitions: Iterable[Definition]) -> tuple[tuple[Tensor, ...], tuple[Equation, ...]]:
    found = tuple(definitions)
    return tuple(tensor for tensor, _ in found), tuple(equation for _, equation in found if equation is not None)


def _all(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers, with those inside residuals."""
    for layer in layers:
        yield layer
        if isinstance(layer, Residual):
            yield from _all(layer.layers)
