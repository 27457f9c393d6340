"""The records of a graph of operations, and the entries of a tensor at given sizes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Expr, Symbol

from symbackprop.algebra.proving.arithmetic import EXACT
from symbackprop.algebra.proving.evaluate import Environment, integer_of
from symbackprop.model.model import Model

Entry = tuple[str, tuple[int, ...]]
"""A tensor and a position in it, counted from 0."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. A "sum" has a sign for each operand; it and a "product" have two operands or more.

    The other words are "quotient", "power", "opposite", "cases", "maximum" or the name of a scalar function; `value`
    is the operation as an expression in its operands, None for sums and products.
    """

    name: str
    word: str
    operands: tuple[Expr, ...]
    signs: tuple[int, ...] = ()
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """The operations that the root needs, in forward order; the leaves they read; the entries that each one gives."""

    root: Expr
    operations: Mapping[str, Operation]
    leaves: Mapping[str, Entry]
    means: Mapping[str, tuple[Entry, ...]]


def positions(model: Model, tensor: str, sizes: Mapping[Symbol, int]) -> Iterator[tuple[int, ...]]:
    """All positions in a tensor, the last index fastest."""
    return itertools.product(*(range(extent) for extent in extents(model, tensor, sizes)))


def extents(model: Model, tensor: str, sizes: Mapping[Symbol, int]) -> tuple[int, ...]:
    """The shape of a tensor in numbers."""
    nothing = Environment({}, sizes, EXACT)
    return tuple(integer_of(extent, nothing, dict(sizes)) for extent in model.space.shapes[tensor])
