r"""Claims: equations that a person states of a model, read from plain text or LaTeX.

A claim is a chain of sides, `dz1 = (W2^T dz2) ⊙ σ'(z1) = ...`. What a name means depends on whether one sample or all
samples are meant; where both fit, a claim has a reading for each. Adjoints stand in expressions as entries:
`dW1` as `∂W1` (the root being left to the convention), `∂L/∂W1` as `∂L∂W1`, `∂J/∂W1` as `∂J∂W1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symbackprop.algebra.symbols import ADJOINT
from symbackprop.errors import Location, SymbackpropError
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Node
from symbackprop.notation.reading.values import Value

Scale = Literal["one sample", "all samples"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim: its syntax tree, what it stands for entry by entry, and how it was written."""

    node: Node
    value: Value
    written: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim read for one sample or for all; `scope` is what its names were looked up in."""

    scale: Scale
    sides: tuple[Side, ...]
    scope: Scope


@dataclass(frozen=True, slots=True)
class Claim:
    """A line that states something, with its readings, the likeliest first.

    `kind` is "equality" or "update" (`W := W - α dW`: the two sides are the parameter and its new value).
    """

    where: Location
    written: str
    kind: Literal["equality", "update"]
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that looks like a claim and cannot be read."""

    where: Location
    written: str
    error: SymbackpropError


def rooted(root: str, tensor: str) -> str:
    """The name of the derivative of a named root by a tensor, as it stands in an expression: `∂L∂W1`."""
    return f"{ADJOINT}{root}{ADJOINT}{tensor}"
