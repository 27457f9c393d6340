"""`Network`: layers one after the other, a loss, and the cost over samples, as a model."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import FactKind, ScalarFunction
from symbackprop.algebra.symbols import index
from symbackprop.errors import UnknownNameError, UsageError, suggestion
from symbackprop.model.building import target
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.layers import Definition, Dense, as_size, dense, numbered
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


def Network(
    inputs: int | str,
    *layers: Dense,
    loss: str = "squared_error",
    samples: int | str | None = None,
    side: Side = "columns",
    cost: Literal["mean", "sum"] = "mean",
    l2: float = 0,
    name: str = "network",
    **options: Any,
) -> Model:
    """A chain of layers from `x` to a loss `L` against `y`: W1, b1, z1, a1, W2, ...

    With `samples` the model has the cost `J`, the mean or sum of L over them. `l2` adds half of it times the squared
    weights, to the cost if there is one, else to the loss. `options` go to the loss.

    Raises:
        UsageError: no layer, or something that is none.
        UnknownNameError: a loss or an activation that nothing defines.
    """
    if not layers:
        raise UsageError("a network without layers", fix='Give it one: Network(2, Dense(1), loss="squared_error").')
    if loss not in LOSSES:
        raise UnknownNameError(
            f"unknown loss {loss}", fix=suggestion(loss, LOSSES) or f"Known: {', '.join(LOSSES)}.", name=loss
        )
    x = Tensor("x", (as_size(inputs),), "input")
    found = _chain(x, layers)
    output = found[-1][0]
    y = target("y", *output.shape, facts=_TARGET_FACTS.get(loss, ()))
    value = LOSSES[loss](output, y, **options)
    weights = [tensor for tensor, _ in found if tensor.name.startswith("W")]
    penalty = l2_penalty(l2, *weights) if l2 else None
    batch = None if samples is None else Samples(as_size(samples), side, index("s"))
    if penalty is not None and batch is None:
        value = value + penalty
    return Model(
        tensors=(x, y, *(tensor for tensor, _ in found), Tensor("L", (), "loss")),
        equations=(*(e for _, e in found if e is not None), _loss(value)),
        loss="L",
        samples=batch,
        cost=None if batch is None else cost_of("L", batch, cost, penalty),
        functions={**FUNCTIONS, **_own(layers)},
        name=name,
    )


def _chain(x: Tensor, layers: tuple[Dense, ...]) -> list[Definition]:
    found: list[Definition] = []
    source = x
    for count, layer in enumerate(layers, start=1):
        if not isinstance(layer, Dense):
            raise UsageError(f"{layer!r} is no layer", fix="Layers are Dense(units, activation).")
        found.extend(dense(numbered(count), source.whole(), layer))
        source = found[-1][0]
    return found


def _loss(value: Array) -> Equation:
    return Equation("L", (), value.expression, sources=value.sources)


def _own(layers: tuple[Dense, ...]) -> dict[str, ScalarFunction]:
    return {f.name: f for layer in layers if isinstance(f := layer.activation, ScalarFunction)}
