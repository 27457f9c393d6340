r"""The records that a model is made of: tensors, equations, samples.

Equations are per sample. `Samples` says how many there are and where they stand; the cost reads the loss of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array, array_of
from symbackprop.algebra.space import Fact, FactKind, ScalarFunction, Space
from symbackprop.errors import Location

Role = Literal["input", "target", "constant", "parameter", "intermediate", "loss", "cost"]
Side = Literal["rows", "columns"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A name, a shape, a role and facts. `integer` marks data that serves as an index."""

    name: str
    shape: tuple[Expr, ...]
    role: Role
    facts: tuple[Fact, ...] = ()
    integer: bool = False
    origin: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Equation:
    r"""One tensor, entry by entry: `tensor[indices] = expression`, each index over the tensor's own size.

    `padded` names tensors whose reads outside their range are declared to be 0 (an initial state, a padding).
    """

    tensor: str
    indices: tuple[Symbol, ...]
    expression: Expr
    padded: tuple[str, ...] = ()
    origin: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Samples:
    """`size` samples, standing in the rows or the columns of each array that has one entry per sample."""

    size: Expr
    side: Side
    index: Symbol
