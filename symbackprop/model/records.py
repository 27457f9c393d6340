r"""The records that a model is made of: tensors, equations, samples.

Equations are per sample. `Samples` says how many there are and where they stand; the cost reads the loss of each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array, Operators, array_of
from symbackprop.algebra.space import Fact
from symbackprop.errors import Location
from symbackprop.model.words import bracketed, written

Role = Literal["input", "target", "constant", "parameter", "intermediate", "loss", "cost"]
ROLES: tuple[Role, ...] = ("input", "target", "constant", "parameter", "intermediate", "loss", "cost")
Side = Literal["rows", "columns"]


@dataclass(frozen=True, slots=True)
class Tensor(Operators):
    """A name, a shape, a role and facts. `integer` marks data that serves as an index.

    A tensor is used like the array of its entries: `W1 @ x + b1`, `W1[i, j] * x[j]`, `W.T`.
    """

    name: str
    shape: tuple[Expr, ...]
    role: Role
    facts: tuple[Fact, ...] = ()
    integer: bool = False
    origin: Location | None = field(default=None, compare=False)

    def whole(self) -> Array:
        return array_of(self.name, self.shape, (self,))

    def __repr__(self) -> str:
        marks = [*(["integer"] if self.integer else []), *(fact.kind for fact in self.facts)]
        return " ".join([self.role, f"{self.name}{bracketed(self.shape)}", *marks])


@dataclass(frozen=True, slots=True)
class Equation:
    r"""One tensor, entry by entry: `tensor[indices] = expression`, each index over the tensor's own size.

    `padded` names tensors whose reads outside their range are declared to be 0 (an initial state, a padding).
    `sources` are the records that the equation was made from, where it was made from any.
    """

    tensor: str
    indices: tuple[Symbol, ...]
    expression: Expr
    padded: tuple[str, ...] = ()
    origin: Location | None = field(default=None, compare=False)
    sources: tuple[object, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        padded = f"    pad {', '.join(self.padded)}" if self.padded else ""
        return f"{self.tensor}{bracketed(self.indices)} = {written(self.expression)}{padded}"


@dataclass(frozen=True, slots=True)
class Samples:
    """`size` samples, standing in the rows or the columns of each array that has one entry per sample."""

    size: Expr
    side: Side
    index: Symbol

    def __repr__(self) -> str:
        return f"samples {self.size} in {self.side}"
