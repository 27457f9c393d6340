r"""Where the formulas of a derivation read entries out of range: \(a_{t-1}\) at the first t, \(dz_{t+1}\) at the last.

Such entries are 0, which a formula does not say by itself. Reads whose factors exclude them already are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Expr, KroneckerDelta, Mul, Piecewise
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import BINDERS, ArgMax, Guard, body_of, bounds_of, is_adjoint, primal, tensor_of
from symbackprop.derivation.derivation import Derivation


@dataclass(frozen=True, slots=True)
class Edge:
    """A read that leaves the range of an axis: before its first entry, past its last one, or both."""

    read: Expr
    before: bool
    past: bool

    @property
    def of_adjoint(self) -> bool:
        return is_adjoint(tensor_of(self.read) or "")


def edges(derivation: Derivation) -> tuple[Edge, ...]:
    """Each such read of the equations and of the adjoints in their first and final forms, once for each tensor."""
    found: dict[tuple[str | None, bool, bool], Edge] = {}
    for step in (*derivation.forward, *derivation.steps):
        if step.array is None:
            continue
        for formula in (step.before, step.after):
            if isinstance(formula, Expr):
                for edge in _edges(formula, step.array.ranges, derivation.space, ()):
                    found.setdefault((tensor_of(edge.read), edge.before, edge.past), edge)
    return tuple(found.values())


def _edges(expr: Expr, ranges: Ranges, space: Space, guards: tuple[Expr, ...]) -> Iterator[Edge]:
    if isinstance(expr, Indexed):
        edge = _edge(expr, ranges, space, guards)
        if edge.before or edge.past:
            yield edge
    elif isinstance(expr, BINDERS):
        yield from _edges(body_of(expr), {**ranges, **dict(bounds_of(expr))}, space, guards)
    elif isinstance(expr, Piecewise):
        return  # its cases say where they hold
    else:
        inner = guards
        if isinstance(expr, Mul):
            inner = (*guards, *(part.argument for part in expr.args if isinstance(part, Guard)))
        for part in expr.args:
            if isinstance(part, Expr) and not isinstance(part, KroneckerDelta | Guard):
                yield from _edges(part, ranges, space, inner)


def _edge(read: Indexed, ranges: Ranges, space: Space, guards: tuple[Expr, ...]) -> Edge:
    shape = space.shapes.get(primal(tensor_of(read) or ""), ())
    before = past = False
    for position, extent in zip(read.indices, shape, strict=False):
        if tensors_in(position) or position.has(ArgMax):
            continue  # data and maxima stay in range by themselves
        before = before or not is_nonnegative(position, ranges, space, guards)
        past = past or not is_nonnegative(extent - 1 - position, ranges, space, guards)
    return Edge(read, before, past)
