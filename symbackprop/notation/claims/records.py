r"""Claims: what a person states of a model, read from a note, with the readings of each line.

A claim is a chain of sides, `dz1 = (W2^T dz2) ⊙ σ'(z1) = ...`. What a name means depends on whether one sample or all
samples are meant; where both fit, a claim has a reading for each. Adjoints stand in expressions as entries:
`dW1` as `∂W1` (the root being left to the convention), `∂L/∂W1` as `∂L∂W1`, `∂J/∂W1` as `∂J∂W1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from sympy import Symbol

from symbackprop.algebra.symbols import ADJOINT
from symbackprop.errors import Location, SymbackpropError
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.subjects import EXPRESSION, Subject
from symbackprop.notation.reading.syntax import Node
from symbackprop.notation.reading.values import Value

Scale = Literal["one sample", "all samples"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim: its syntax tree, what it stands for entry by entry, how it was written, what it is about.

    A side without a value has an `error`: its shapes do not fit. `broadcast` if a vector was repeated for each sample.
    `decimals` counts the digits after the point of a side that is a printed decimal number, which stands for all that
    round to it.
    """

    node: Node
    value: Value | None
    written: str
    subject: Subject = EXPRESSION
    error: SymbackpropError | None = None
    broadcast: bool = False
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim read for one sample or for all; `scope` is what its names were looked up in.

    `indices` are the indices that stand free, `dW1[i,j] = ...`: the first indices of every side's array. `rate` is the
    name that stands for the learning rate, if one does. `values` are the numbers that the note gives to what the model
    leaves open, by tensor, at which a printed number is right. `left_out` says what was added that the line
    leaves out, without which nothing is right, `said` what else was understood.
    """

    scale: Scale
    sides: tuple[Side, ...]
    scope: Scope
    indices: tuple[Symbol, ...] = ()
    rate: str | None = None
    values: Mapping[str, Fraction] = field(default_factory=dict)
    left_out: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A line that states something, with its readings, the likeliest first.

    `kind` is "equality" or "update" (`W := W - α dW`: the two sides are the parameter and its new value). `scale` is
    the one that the text around it has set, None where it leaves that open. `definition` is the name that the line
    gives to what its sides stand for, where it gives one. An update `ascends` where the text says that the root grows.
    `conditions` are those under which it is said, where they are no part of what is `written`.
    """

    where: Location
    written: str
    kind: Literal["equality", "update"]
    readings: tuple[Reading, ...]
    scale: Scale | None = None
    definition: str = ""
    ascends: bool = False
    conditions: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """A line that is said for each layer: one claim for each, with the value of the letter, and all must hold."""

    where: Location
    written: str
    instances: tuple[tuple[str, Claim], ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """A line that gives a name to something, and claims nothing."""

    where: Location
    written: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that looks like a claim and cannot be read."""

    where: Location
    written: str
    error: SymbackpropError


Line = Claim | Schema | Defined | Unreadable


@dataclass(frozen=True, slots=True)
class Note:
    """The lines of a note, and what was decided once for all of them.

    `ranked` says that the readings of each claim stand in the order of the evidence for them, so that a later one is
    meant only where the shapes of those before it do not fit. The first entry was taken to be
    that of number `base`.
    """

    lines: tuple[Line, ...]
    notation: tuple[str, ...] = ()
    ranked: bool = False
    base: int = 1


def rooted(root: str, tensor: str) -> str:
    """The name of the derivative of a named root by a tensor, as it stands in an expression: `∂L∂W1`."""
    return f"{ADJOINT}{root}{ADJOINT}{tensor}"
