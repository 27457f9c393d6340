r"""A tensor on the way back: its place, with names for its indices, and its adjoint once it is found."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.steps import Step


@dataclass(frozen=True, slots=True)
class Adjoint:
    """The adjoint of a tensor: as the sweep gives it, and in its shortest form, each by name (σ') and folded."""

    tensor: str
    swept: Array
    named: Expr
    folded: Expr
    step: Step

    @property
    def final(self) -> Array:
        """The shortest form, folded."""
        return Array(self.swept.indices, self.swept.shape, self.folded)


@dataclass(frozen=True, slots=True)
class Place:
    """The tensor whose adjoint is wanted, the names of its indices, and its shape."""

    tensor: str
    at: tuple[Symbol, ...]
    shape: tuple[Expr, ...]

    @property
    def left(self) -> Expr:
        return entry(adjoint(self.tensor), *self.at)

    @property
    def ranges(self) -> dict[Symbol, Expr]:
        return dict(zip(self.at, self.shape, strict=True))
