r"""Claims: equations that a person states of a model, read from plain text or LaTeX.

A claim is a chain of sides, `dz1 = (W2^T dz2) ⊙ σ'(z1) = ...`. What a name means depends on whether one sample or all
samples are meant; where both fit, a claim has a reading for each. Adjoints stand in expressions as entries:
`dW1` as `∂W1` (the root being left to the convention), `∂L/∂W1` as `∂L∂W1`, `∂J/∂W1` as `∂J∂W1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sympy import Expr, Symbol

from symbackprop.algebra.symbols import ADJOINT
from symbackprop.errors import Location, SymbackpropError
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.source import Source
from symbackprop.notation.reading.syntax import Node
from symbackprop.notation.reading.tokens import Token
from symbackprop.notation.reading.values import Value

Scale = Literal["one sample", "all samples"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a text: its tokens, the last of kind `newline`, and what its surroundings say of it.

    `scale` and `root` (`L`, `J`) are those that the text around it has set, None where it leaves them open.
    """

    source: Source
    tokens: tuple[Token, ...]
    where: Location
    written: str
    scale: Scale | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a side is about.

    `adjoint`: the derivative of `root` (None if left to the convention) by the tensor `name`. `tensor`: the tensor
    `name`. `local derivative`: of the tensor `of` by the tensor `name`. `expression`: anything else. `indices` are the
    entry's indices, counted from 0 (first those of `of`); empty for the whole array.
    """

    kind: Literal["adjoint", "tensor", "local derivative", "expression"]
    name: str = ""
    root: str | None = None
    of: str = ""
    indices: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim: its syntax tree, what it stands for entry by entry, how it was written, what it is about.

    A side without a value has an `error`: its shapes do not fit. `broadcast` if a vector was repeated for each sample.
    """

    node: Node
    value: Value | None
    written: str
    subject: Subject = Subject("expression")
    error: SymbackpropError | None = None
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim read for one sample or for all; `scope` is what its names were looked up in.

    `indices` are the indices that stand free, `dW1[i,j] = ...`: the first indices of every side's array. `rate` is the
    name that stands for the learning rate, if one does.
    """

    scale: Scale
    sides: tuple[Side, ...]
    scope: Scope
    indices: tuple[Symbol, ...] = ()
    rate: str | None = None


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
