"""`Network`: layers one after the other, a loss, and the cost over samples, as a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import FactKind, ScalarFunction
from symbackprop.algebra.symbols import index
from symbackprop.errors import UnknownNameError, UsageError, suggestion
from symbackprop.model.building import input, target
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.layers.expansion import Definition, Layer, Parts, as_size, expansion, numbered
from symbackprop.model.layers.lookup import Embedding
from symbackprop.model.layers.normalising import BatchNorm
from symbackprop.model.layers.recurrent import GRU, LSTM, RNN, Concat
from symbackprop.model.losses import LOSSES, l2_penalty
from symbackprop.model.model import Model, cost_of
from symbackprop.model.records import Equation, Samples, Side, Tensor

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
        object.__setattr__(self, "layers", layers)

    def expand(self, parts: Parts, x: Array) -> None:
        raise UsageError("Residual stands in a Network alone", fix="Elsewhere write the sum: equation(y, x + f).")


@dataclass(frozen=True, slots=True)
class Bidirectional:
    """A recurrence from the first step to the last and one from the last to the first, side by side."""

    layer: RNN | LSTM | GRU
    sources: ClassVar[int] = 1

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

    Batch norm takes statistics over the samples, so a chain with it has no loss of one sample: x and y get the samples
    as their first axis, and L is that of all.

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
    shape = tuple(map(as_size, inputs if isinstance(inputs, tuple) else (inputs,)))
    count = None if samples is None else as_size(samples)
    if together:
        shape = (count, *shape)
    x = input("x", *shape, integer=isinstance(layers[0], Embedding))
    chain = _Chain()
    output = chain.through(layers, x.whole())
    y = target("y", *output.shape, facts=_TARGET_FACTS.get(loss, ()))
    value = LOSSES[loss](output, y, **options)
    if together and cost == "mean":
        value = value / count
    weights = [t for t, e in chain.definitions if e is None and t.role == "parameter" and t.name.startswith("W")]
    penalty = l2_penalty(l2, *weights) if l2 else None
    batch = None if count is None or together else Samples(count, side, index("s"))
    if penalty is not None and batch is None:
        value = value + penalty
    equations = (*(e for _, e in chain.definitions if e is not None), Equation("L", (), value.expression))
    return Model(
        tensors=(x, y, *(tensor for tensor, _ in chain.definitions), Tensor("L", (), "loss")),
        equations=equations,
        loss="L",
        samples=batch,
        cost=None if batch is None else cost_of("L", batch, cost, penalty),
        functions={**FUNCTIONS, **_own(layers)},
        name=name,
    )


@dataclass(slots=True)
class _Chain:
    """The definitions of layers one after the other, each with the next number."""

    definitions: list[Definition] = field(default_factory=list)
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
        if not hasattr(layer, "expand"):
            raise UsageError(f"{layer!r} is no layer", fix="Layers are Dense(units, activation), Conv2d(8, 3), ...")
        self.count += 1
        made = expansion(layer, numbered(self.count), *sources)
        self.definitions.extend(made.definitions)
        return made.whole()

    def _summed(self, x: Array, inner: Array) -> Array:
        self.count += 1
        parts = Parts(numbered(self.count))
        parts.output(x + inner)
        self.definitions.extend(parts.definitions)
        return parts.definitions[-1][0].whole()


def _all(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers, with those inside residuals."""
    for layer in layers:
        yield layer
        if isinstance(layer, Residual):
            yield from _all(layer.layers)


def _own(layers: Iterable[Layer]) -> dict[str, ScalarFunction]:
    """The functions of the user's own that are activations."""
    found = (getattr(layer, "activation", None) for layer in _all(layers))
    return {f.name: f for f in found if isinstance(f, ScalarFunction)}
