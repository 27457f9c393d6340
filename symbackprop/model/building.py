r"""Free equations in Python, in a few lines:

n, h = sizes("n h")
i, j = indices("i j")
x, y = input("x", n), target("y", 1, facts="binary")
W1, b1 = parameter("W1", h, n), parameter("b1", h)
z1, L = tensor("z1", h), tensor("L")
network = model(equation(z1[i], sum_over(W1[i, j] * x[j], j) + b1[i]), ..., loss=equation(L, ...))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Symbol

from symbackprop.algebra.arrays import as_array, described, shape_in_words
from symbackprop.algebra.space import Fact, FactKind
from symbackprop.algebra.symbols import index, indices_of, size, tensor_of
from symbackprop.errors import ShapeError, UsageError
from symbackprop.model.layers import as_size
from symbackprop.model.records import Equation, Role, Tensor


def sizes(names: str) -> tuple[Symbol, ...]:
    """Sizes by name, `n, h = sizes("n h")`."""
    return tuple(size(name) for name in names.replace(",", " ").split())


def indices(names: str) -> tuple[Symbol, ...]:
    """Indices by name, `i, j = indices("i j")`."""
    return tuple(index(name) for name in names.replace(",", " ").split())


def _declared(
    name: str, role: Role, shape: tuple[Any, ...], facts: FactKind | Iterable[FactKind], integer: bool
) -> Tensor:
    extents = tuple(as_size(extent) for extent in shape)
    kinds = (facts,) if isinstance(facts, str) else tuple(facts)
    found = tuple(Fact(name, kind, len(extents) - 1 if kind in ("one_hot", "distribution") else None) for kind in kinds)
    return Tensor(name, extents, role, found, integer)


def input(name: str, *shape: Any, facts: Any = (), integer: bool = False) -> Tensor:
    """Data that a model reads, one of each sample."""
    return _declared(name, "input", shape, facts, integer)


def target(name: str, *shape: Any, facts: Any = (), integer: bool = False) -> Tensor:
    """Data that a loss compares with, one of each sample."""
    return _declared(name, "target", shape, facts, integer)


def parameter(name: str, *shape: Any, facts: Any = ()) -> Tensor:
    """What is learned."""
    return _declared(name, "parameter", shape, facts, False)


def constant(name: str, *shape: Any, facts: Any = (), integer: bool = False) -> Tensor:
    """Data that all samples share."""
    return _declared(name, "constant", shape, facts, integer)


def tensor(name: str, *shape: Any, facts: Any = ()) -> Tensor:
    """What an equation defines."""
    return _declared(name, "intermediate", shape, facts, False)


def equation(left: Any, right: Any, *, padded: str | Tensor | Iterable[str | Tensor] = ()) -> Equation:
    """`equation(z1[i], ...)` entry by entry, or `equation(z1, W1 @ x + b1)` of whole tensors.

    Raises:
        ShapeError: two sides of different shapes.
        UsageError: a left side that is no tensor, and no entry at indices of its own.
    """
    a, b = as_array(left), as_array(right)
    name = tensor_of(a.expression)
    at = indices_of(a.expression)
    if name is None or len(set(at)) != len(at) or not all(isinstance(i, Symbol) for i in at):
        raise UsageError(
            f"the left side {described(a)} is no tensor",
            because="An equation defines a tensor, or each entry of one at distinct indices.",
            fix="Write equation(z[i], ...) or equation(z, ...).",
        )
    if a.shape != b.shape and (a.shape or b.shape):
        raise ShapeError(
            f"the two sides of {name} = {b.label or '...'} do not fit",
            because=f"{name} is {shape_in_words(a.shape)}, the right side is {shape_in_words(b.shape)}.",
            name=name,
        )
    names = tuple(
        p if isinstance(p, str) else p.name for p in ((padded,) if isinstance(padded, str | Tensor) else padded)
    )
    sources = (*a.sources, *(s for s in b.sources if s not in a.sources))
    return Equation(name, at, b.at(*a.indices) if b.shape else b.expression, names, sources=sources)
