r"""Free equations in Python, in a few lines:

    n, h = sizes("n h")
    i, j = indices("i j")
    x, y = input("x", n), target("y", h)
    W1, b1 = parameter("W1", h, n), parameter("b1", h)
    z1, a1 = tensor("z1", h), tensor("a1", h)
    net = build(
        equation(z1[i], sum_over(W1[i, j] * x[j], j) + b1[i]),      # or equation(z1, W1 @ x + b1)
        equation(a1, sigmoid(z1)),
        loss=LOSSES["squared_error"](a1, y),
        samples="m",
    )

The model takes the tensors and functions from its equations. A tensor may be read as often as one likes, so skip
connections and shared weights need nothing of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from sympy import Expr, Symbol
from sympy.core.relational import Ge, Gt, Le, Lt, Relational

from symbackprop.algebra.arrays import Array, as_array, described, shape_in_words
from symbackprop.algebra.space import Fact, FactKind
from symbackprop.algebra.symbols import index, indices_of, size, tensor_of
from symbackprop.errors import ShapeError, UsageError
from symbackprop.model.layers.expansion import Expansion, as_size
from symbackprop.model.model import Model, cost_of
from symbackprop.model.records import Equation, Role, Samples, Side, Tensor


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


def build(
    *equations: Equation | Expansion,
    loss: Equation | Array | Tensor | str,
    samples: Any = None,
    side: Side = "columns",
    cost: Literal["mean", "sum"] | Equation = "mean",
    penalty: Array | None = None,
    size_facts: Iterable[Any] = (),
    name: str = "model",
) -> Model:
    """A model of these equations, and of those of these layers.

    `loss` is the name or the equation of the loss, or a scalar to be called L. With `samples`, a number or a size, it
    has the cost J over them: the mean or the sum of the loss, plus the `penalty`. Without, the penalty joins the loss.
    Size facts are relations, `N >= K`, or expressions that are at least 0.

    Raises:
        ModelError: the equations mean no model.
    """
    batch = None if samples is None else Samples(as_size(samples), side, index("s"))
    if isinstance(loss, Array):
        whole = loss if penalty is None or batch is not None else loss + penalty
        loss = equation(tensor("L"), whole)
    elif penalty is not None and batch is None:
        raise UsageError("a penalty beside a loss that is an equation", fix="Add it to the right side of the loss.")
    named = loss.tensor if isinstance(loss, Equation) else loss if isinstance(loss, str) else loss.name
    given = cost if isinstance(cost, Equation) else None
    written = tuple(e for one in equations for e in (one.equations if isinstance(one, Expansion) else (one,)))
    if batch is not None and not isinstance(cost, Equation):
        given = cost_of(named, batch, cost, penalty)
    return Model(
        tensors=(),
        equations=(*written, loss) if isinstance(loss, Equation) else written,
        loss=named,
        samples=batch,
        cost=given,
        size_facts=tuple(map(_size_fact, size_facts)),
        name=name,
    )


def _size_fact(fact: Any) -> Expr:
    """An expression that is at least 0."""
    if isinstance(fact, Relational):
        difference = fact.lhs - fact.rhs
        signs = {Ge: difference, Gt: difference - 1, Le: -difference, Lt: -difference - 1}
        if type(fact) in signs:
            return signs[type(fact)]
    elif isinstance(fact, Expr):
        return fact
    raise UsageError(f"{fact} is no fact about sizes", fix="Write N >= K.")
