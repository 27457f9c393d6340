r"""The array program: what is computed, in order, before any backend says how. Sizes stay symbols.

A statement gives `target[at]` for every position of its `box`. Ordinary statements write each entry of a tensor once,
`at` being the indices of the box themselves; inside a loop over t, `at` also names t; `Into` writes through any affine
map and adds.

Expressions are those of the model: entries with affine index maps (one strided view each), maybe with an integer tensor
as an index (a take), `Guard`, `KroneckerDelta` and `Piecewise` over indices or values, `Apply` of named functions. An
entry outside its tensor reads 0, and what `Into` would add outside is left out. A case (`Piecewise`) that does not hold
may be undefined; a factor beside a guard is not. No binder (`Sum`, `Maximum`, `ArgMax`) stands in an expression: each
became a statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sympy import Expr, Symbol

from symbackprop.algebra.space import Space

UNROLLED = 9
"""How often a window may be walked by a loop in Python."""

Box = tuple[tuple[Symbol, Expr], ...]
"""Indices with their sizes: each runs over [0, size)."""


@dataclass(frozen=True, slots=True)
class Elementwise:
    """`target[at] = expression` for each position in `box`."""

    target: str
    at: tuple[Expr, ...]
    box: Box
    expression: Expr


@dataclass(frozen=True, slots=True)
class Contract:
    r"""`target[at]` \(= c \sum_{\text{bound}} \prod\) `factors`: one or two entries; `coefficient` reads no entry."""

    target: str
    at: tuple[Expr, ...]
    box: Box
    coefficient: Expr
    factors: tuple[Expr, ...]
    bound: Box


@dataclass(frozen=True, slots=True)
class Reduce:
    """`target[at]` = the sum, the maximum or the first maximiser of `expression` over `bound` (of one index if max)."""

    target: str
    at: tuple[Expr, ...]
    box: Box
    operation: Literal["sum", "max", "argmax"]
    expression: Expr
    bound: Box


@dataclass(frozen=True, slots=True)
class Allocate:
    """An array of zeros, to be filled by `Into` or in a loop."""

    target: str
    shape: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Into:
    """`target[at] += expression` for each position in `box`; `at` need not be one to one."""

    target: str
    at: tuple[Expr, ...]
    box: Box
    expression: Expr


@dataclass(frozen=True, slots=True)
class Loop:
    """`body` for each value of `index` in [0, extent), from the last to the first if `descending`."""

    index: Symbol
    extent: Expr
    descending: bool
    body: tuple[Statement, ...]


Statement = Elementwise | Contract | Reduce | Allocate | Into | Loop


@dataclass(frozen=True, slots=True)
class Program:
    """Statements in order, over arguments by name; every tensor that is read stands earlier or is an argument.

    `space` has the shape of every tensor, also of those that lowering named; `loss` and `gradients` (the variable's
    name to the tensor with its gradient) are the results. `numbers` gives the step of the document that a tensor's
    equation or adjoint has there.
    """

    arguments: tuple[str, ...]
    statements: tuple[Statement, ...]
    space: Space
    loss: str
    gradients: Mapping[str, str]
    numbers: Mapping[str, str]
