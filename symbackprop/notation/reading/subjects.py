"""What a side of a claim is about: an adjoint, a tensor, a local derivative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sympy import Expr, S

from symbackprop.algebra.symbols import ADJOINT, is_adjoint, parted, primal
from symbackprop.errors import SymbackpropError
from symbackprop.notation.reading.index_formulas import position
from symbackprop.notation.reading.scope import BoundIndex, Scope
from symbackprop.notation.reading.syntax import Name, Node, Partial, Subscript


@dataclass(frozen=True, slots=True)
class Subject:
    """What a side is about.

    `adjoint`: the derivative of `root` (None if left to the convention) by the tensor `name`. `part`: of that
    derivative, what comes by way of the tensor `of`. `tensor`: the tensor `name`. `local derivative`: of the tensor
    `of` by the tensor `name`. `expression`: anything else. `indices` are the entry's, counted from 0 (first those of
    the `of` of a local derivative); empty for the whole array.
    """

    kind: Literal["adjoint", "part", "tensor", "local derivative", "expression"]
    name: str = ""
    root: str | None = None
    of: str = ""
    indices: tuple[Expr, ...] = ()


EXPRESSION = Subject("expression")


def subject_of(node: Node, scope: Scope) -> Subject:
    """What a side is about, if it is a name, an entry or a derivative."""
    match node:
        case Name(name) | Subscript(Name(name)) if name in scope.tensors:
            indices = _positions(node, scope)
            whole, through = parted(name)
            of, mark, by = primal(whole).rpartition(ADJOINT)
            if through:
                return Subject("part", by, of if mark else None, through, indices)
            if is_adjoint(name):
                return Subject("adjoint", by, of if mark else None, indices=indices)
            return Subject("tensor", name, indices=indices)
        case Partial(Name(of) | Subscript(Name(of)), Name(by) | Subscript(Name(by))):
            return Subject("local derivative", by, None, of, (*_positions(node.of, scope), *_positions(node.by, scope)))
    return EXPRESSION


def _positions(node: Node, scope: Scope) -> tuple[Expr, ...]:
    """The indices of an entry in the symbols of the reading; none for a whole tensor."""
    assert scope.stated is not None
    if not isinstance(node, Subscript):
        return ()
    free = scope.stated.free
    bound = {name: BoundIndex(name, "sum", symbol, node.span) for name, (symbol, _) in free.items()}
    try:
        found = [position(part, replace(scope, indices=bound)) for part in node.indices]
    except SymbackpropError:
        return ()
    shape = scope.tensors.get(node.base.name, ()) if isinstance(node.base, Name) else ()
    if len(found) == sum(size != 1 for size in shape) < len(shape):
        return tuple(_with_single_axes(found, shape))
    return tuple(found)


def _with_single_axes(found: list[Expr], shape: tuple[Expr, ...]) -> Iterator[Expr]:
    """The indices with 0 for each axis of one entry, which y[s] for y[0,s] leaves out."""
    given = iter(found)
    for size in shape:
        yield S.Zero if size == 1 else next(given)
