r"""Layers as forward equations: each expands to tensors and equations, and nothing else is known of it.

`dense(x, h, sigmoid)` with the output `a1` gives the parameters `a1.W` and `a1.b`, and the equations
\(z = W x + b\) of `a1.z` and \(a = \sigma(z)\) of `a1`; without an activation the output is z itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sympy import Expr

from symbackprop.algebra.arrays import Array, array_of, described, number, shape_in_words
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import size
from symbackprop.errors import ShapeError, UnknownNameError, UsageError, suggestion
from symbackprop.model.functions import FUNCTIONS, apply
from symbackprop.model.records import Equation, Tensor
from symbackprop.model.reductions import log_softmax, softmax

Definition = tuple[Tensor, Equation | None]
"""A tensor with its equation; a parameter has none."""

Activation = str | ScalarFunction
NORMALISED: Mapping[str, Callable[[Array], Array]] = MappingProxyType({"softmax": softmax, "log_softmax": log_softmax})


@dataclass(frozen=True, slots=True)
class DenseNames:
    """What the tensors of one dense layer are called."""

    weights: str
    bias: str
    sum: str
    output: str


def named_after(output: str) -> DenseNames:
    """`a1.W`, `a1.b`, `a1.z`, `a1`."""
    return DenseNames(f"{output}.W", f"{output}.b", f"{output}.z", output)


def numbered(count: int) -> DenseNames:
    """`W1`, `b1`, `z1`, `a1`."""
    return DenseNames(f"W{count}", f"b{count}", f"z{count}", f"a{count}")


@dataclass(frozen=True, slots=True)
class Dense:
    r"""A fully connected layer \(a = f(W x + b)\) of so many units; `units` is a number or the name of a size."""

    units: int | str | Expr
    activation: Activation | None = None
    bias: bool = True


def as_size(value: Any) -> Expr:
    """A size from a number, a name or an expression.

    Raises:
        UsageError: not at least 1, or no whole number.
    """
    extent = size(value) if isinstance(value, str) else value if isinstance(value, Expr) else number(value)
    if extent.is_integer is not True or (extent.is_number and extent < 1):
        raise UsageError(f"{value!r} is no size", fix="A size is a whole number of at least 1, or a name.")
    return extent.expand()


def dense(names: DenseNames, source: Array, layer: Dense) -> tuple[Definition, ...]:
    """The tensors and equations of a dense layer that reads the vector `source`.

    Raises:
        ShapeError: a source that is no vector.
        UnknownNameError: an activation that nothing defines.
    """
    if len(source.shape) != 1:
        raise ShapeError(
            f"dense reads {described(source)}, which is no vector",
            because=f"Its shape is {shape_in_words(source.shape)}.",
            fix="Give it a tensor with one index.",
            name=source.label or None,
        )
    units = as_size(layer.units)
    weights = Tensor(names.weights, (units, *source.shape), "parameter")
    found: list[Definition] = [(weights, None)]
    z = weights @ source
    if layer.bias:
        bias = Tensor(names.bias, (units,), "parameter")
        found.append((bias, None))
        z = z + bias
    if layer.activation in (None, "identity"):
        return (*found, _defined(names.output, z))
    found.append(_defined(names.sum, z))
    return (*found, _defined(names.output, activated(layer.activation, array_of(names.sum, (units,), (found[-1][0],)))))


def activated(activation: Activation | None, z: Array) -> Array:
    """The activation of z, entry by entry or a softmax.

    Raises:
        UnknownNameError: an activation that nothing defines.
    """
    if activation is None:
        return z
    if isinstance(activation, str) and activation in NORMALISED:
        return NORMALISED[activation](z)
    if isinstance(activation, str) and activation not in FUNCTIONS:
        raise UnknownNameError(
            f"unknown activation {activation}",
            fix=suggestion(activation, [*FUNCTIONS, *NORMALISED]) or f"Known: {', '.join([*FUNCTIONS, *NORMALISED])}.",
            name=activation,
        )
    return apply(activation, z)


def _defined(name: str, array: Array) -> Definition:
    equation = Equation(name, array.indices, array.expression, sources=array.sources)
    return Tensor(name, array.shape, "intermediate"), equation


def _dense_call(
    output: str, source: Array, units: Any, activation: Activation | None = None, *, bias: bool = True
) -> tuple[Definition, ...]:
    """`dense(x, units, activation, bias=yes)`"""
    return dense(named_after(output), source, Dense(units, activation, bias))


LAYERS: Mapping[str, Callable[..., tuple[Definition, ...]]] = MappingProxyType({"dense": _dense_call})
"""Layer calls of a model text: `LAYERS[name](output, source, ...)`, its tensors each with its equation or None."""
