"""What each tensor of a network is for, found in how it is made and read: weights, biases, a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import Apply, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.records import Tensor
from symbackprop.notation.writing.glyphs import parts
from symbackprop.rendering.reasons import How, Reading


class Kind(StrEnum):
    """The kinds of tensors that a reader knows by a word."""

    INPUT = "input"
    TARGET = "target"
    CONSTANT = "constant"
    WEIGHTS = "weights"  # multiplied by what a layer reads
    BIAS = "bias"  # added
    PARAMETER = "parameter"
    SUMS = "sums"  # what an activation function is applied to
    ACTIVATION = "activation"  # a function applied entry by entry
    PREDICTION = "prediction"  # what the loss reads
    INTERMEDIATE = "intermediate"
    LOSS = "loss"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Role:
    """The kind of a tensor, its layer if its name has one, and the function that makes it or that is applied to it."""

    kind: Kind
    layer: str = ""
    function: str = ""
    several: bool = True


def roles(derivation: Derivation, read: Mapping[str, tuple[Reading, ...]]) -> dict[str, Role]:
    """The role of each tensor of the derivation; `read` says how those on the way back are read."""
    return {t.name: _role(derivation, t, read.get(t.name, ())) for t in derivation.model.tensors}


def _role(derivation: Derivation, tensor: Tensor, read: tuple[Reading, ...]) -> Role:
    several = bool(tensor.shape)
    if tensor.name in (derivation.source.loss, derivation.source.root):
        return Role(Kind(derivation.source.tensor(tensor.name).role), several=several)
    if tensor.role == "parameter":
        return Role(_parameter(tensor, read), _layer(tensor.name), several=several)
    if tensor.role != "intermediate":
        return Role(Kind(tensor.role), several=several)
    applied = [reading.function for reading in read if reading.how is How.APPLIED]
    made = _made_by(derivation, tensor.name)
    if any(reading.how is How.LOSS for reading in read) and len(read) == 1:
        return Role(Kind.PREDICTION, function=made, several=several)
    if made:
        return Role(Kind.ACTIVATION, _layer(tensor.name), made, several)
    if len(applied) == 1 and len(read) == 1:
        return Role(Kind.SUMS, _layer(tensor.name), applied[0], several)
    return Role(Kind.INTERMEDIATE, _layer(tensor.name), several=several)


def _parameter(tensor: Tensor, read: tuple[Reading, ...]) -> Kind:
    hows = {reading.how for reading in read}
    if hows == {How.ADDED}:
        return Kind.BIAS
    return Kind.WEIGHTS if hows == {How.MULTIPLIED} and len(tensor.shape) > 1 else Kind.PARAMETER


def _made_by(derivation: Derivation, name: str) -> str:
    """The function that a tensor is made by, entry by entry: a = σ(z); else empty."""
    equation = next((e for e in derivation.model.equations if e.tensor == name), None)
    if equation is None or not isinstance(equation.expression, Apply):
        return ""
    of = equation.expression.argument
    plain = tensor_of(of) is not None and (not isinstance(of, Indexed) or of.indices == equation.indices)
    return equation.expression.name if plain and equation.expression.order == 0 else ""


def _layer(name: str) -> str:
    """The number of the layer in a name: of `W2`, `l2.gamma`; else empty."""
    owner, _, leaf = name.rpartition(".")
    return parts(leaf)[2] or (parts(owner)[2] if owner else "")
