"""What each tensor of a network is for, found in how it is made and read: weights, biases, a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from symbackprop.algebra.symbols import indices_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.records import Tensor
from symbackprop.notation.writing.glyphs import parts
from symbackprop.rendering.origins import Form, Origin, origins
from symbackprop.rendering.reasons import How, Reading


class Kind(StrEnum):
    """The kinds of tensors that a reader knows by a word."""

    INPUT = "input"
    TARGET = "target"
    CONSTANT = "constant"
    WEIGHTS = "weights"  # multiplied by what a layer reads
    BIAS = "bias"  # added
    PARAMETER = "parameter"
    SCALE = "scale"  # what a layer's values are multiplied by, entry by entry
    SUMS = "sums"  # weighted sums, which an activation function may be applied to
    ARGUMENT = "argument"  # anything else that an activation function is applied to
    SCORES = "scores"  # what a softmax is made of
    PROBABILITIES = "probabilities"
    ACTIVATION = "activation"  # a function applied entry by entry
    GATE = "gate"  # between 0 and 1, multiplied by what it lets through
    STATE = "state"  # what a recurrence hands on to its next step
    WEIGHTED = "weighted"  # averages, weighted by probabilities
    MEAN = "mean"
    CENTRED = "centred"
    VARIANCE = "variance"
    MEAN_SQUARE = "mean square"
    INVERSE_ROOT = "inverse root"
    NORMALISED = "normalised"
    PREDICTION = "prediction"  # what the loss reads
    SUM = "sum"
    PRODUCT = "product"
    INTERMEDIATE = "intermediate"
    LOSS = "loss"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Role:
    """The kind of a tensor, its layer if its name has one, and the function that makes it or that is applied to it.

    `of` names the tensors that the word is about: the mean of z.
    """

    kind: Kind
    layer: str = ""
    function: str = ""
    several: bool = True
    of: tuple[str, ...] = ()


def roles(derivation: Derivation, read: Mapping[str, tuple[Reading, ...]]) -> dict[str, Role]:
    """The role of each tensor of the derivation; `read` says how those on the way back are read."""
    made = origins(derivation)
    return {t.name: _role(derivation, t, read.get(t.name, ()), made) for t in derivation.model.tensors}


def _role(derivation: Derivation, tensor: Tensor, read: tuple[Reading, ...], made: Mapping[str, Origin]) -> Role:
    several = _is_several(tensor)
    if tensor.name in (derivation.source.loss, derivation.source.root):
        return Role(Kind(derivation.source.tensor(tensor.name).role), several=several)
    if tensor.role == "parameter":
        return Role(_parameter(tensor, read), _layer(tensor.name), several=several)
    if tensor.role != "intermediate":
        return Role(Kind(tensor.role), several=several)
    return _intermediate(tensor, read, made.get(tensor.name, Origin(Form.OTHER)), made)


def _intermediate(tensor: Tensor, read: tuple[Reading, ...], own: Origin, made: Mapping[str, Origin]) -> Role:
    several, layer = _is_several(tensor), _layer(tensor.name)
    readers = {reading.through: made.get(reading.through, Origin(Form.OTHER)) for reading in read}
    if any(reading.how is How.LOSS for reading in read) and len(read) == 1:
        return Role(Kind.PREDICTION, function=_word(own), several=several)
    if any(reading.later for reading in read):
        return Role(Kind.STATE, layer, own.function, several)
    if own.form is Form.FUNCTION:
        gate = own.function == "sigmoid" and {reading.how for reading in read} == {How.MULTIPLIED}
        gate = gate and not any(readers[reading.through].form is Form.LINEAR for reading in read)
        return Role(Kind.GATE if gate else Kind.ACTIVATION, layer, own.function, several)
    if len(readers) == 1 and all(origin.form is Form.SOFTMAX for origin in readers.values()):
        return Role(Kind.SCORES, layer, "softmax", several)
    if own.form in _NAMED:
        return Role(_NAMED[own.form], layer, several=several, of=own.of)
    applied = [reading.function for reading in read if reading.how is How.APPLIED]
    if len(applied) == 1 and len(read) == 1:
        return Role(Kind.SUMS if own.form is Form.LINEAR else Kind.ARGUMENT, layer, applied[0], several)
    if own.form in _ABOUT:
        return Role(_ABOUT[own.form], layer, several=several, of=own.of)
    return Role(Kind.INTERMEDIATE, layer, several=several)


_NAMED: Mapping[Form, Kind] = {
    Form.MEAN: Kind.MEAN,
    Form.VARIANCE: Kind.VARIANCE,
    Form.MEAN_SQUARE: Kind.MEAN_SQUARE,
    Form.CENTRED: Kind.CENTRED,
    Form.INVERSE_ROOT: Kind.INVERSE_ROOT,
    Form.NORMALISED: Kind.NORMALISED,
    Form.WEIGHTED: Kind.WEIGHTED,
    Form.SOFTMAX: Kind.PROBABILITIES,
}
_ABOUT: Mapping[Form, Kind] = {Form.LINEAR: Kind.SUMS, Form.SUM: Kind.SUM, Form.PRODUCT: Kind.PRODUCT}


def _word(own: Origin) -> str:
    """The function whose values a prediction has."""
    return "softmax" if own.form is Form.SOFTMAX else own.function


def _is_several(tensor: Tensor) -> bool:
    return any(extent != 1 for extent in tensor.shape)


def _parameter(tensor: Tensor, read: tuple[Reading, ...]) -> Kind:
    hows = {reading.how for reading in read}
    if hows == {How.ADDED}:
        return Kind.BIAS
    if hows != {How.MULTIPLIED} or not tensor.shape:
        return Kind.PARAMETER
    own = all(set(indices_of(reading.of)) <= set(indices_of(reading.entry)) for reading in read)
    return Kind.SCALE if own and len(tensor.shape) == 1 else Kind.WEIGHTS


def _layer(name: str) -> str:
    """The number of the layer in a name: of `W2`, `l2.gamma`; else empty."""
    owner, _, leaf = name.rpartition(".")
    return parts(leaf)[2] or (parts(owner)[2] if owner else "")
