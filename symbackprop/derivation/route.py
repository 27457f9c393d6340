"""The route of a sweep: which tensors need an adjoint, in which order, and which equations each is used by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symbackprop.algebra.binding import tensors_in
from symbackprop.errors import UnknownNameError, UsageError, suggestion
from symbackprop.model.model import Model
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Route:
    """`order` has the last tensor first; inputs and parameters stand right after the equation that first reads them.

    `users` are the equations on the way that read a tensor, the last one first; `serves` are the tensors in
    `order` that an adjoint goes on to.
    """

    order: tuple[str, ...]
    users: Mapping[str, tuple[Equation, ...]]
    serves: Mapping[str, frozenset[str]]


def route(model: Model, wrt: Iterable[str] | None, constants: frozenset[str] = frozenset()) -> Route:
    """The route to the tensors named in `wrt`, to all parameters without it; past the equations of `constants`.

    Raises:
        UnknownNameError: a name that no tensor of the model has.
        UsageError: the root itself, or data that is no real number.
    """
    wanted = _wanted(model, wrt)
    equations = tuple(e for e in reversed(model.order) if e.tensor not in constants)
    reads = {equation.tensor: tensors_in(equation.expression) for equation in equations}
    path = _upward(equations, reads, wanted) & _downward(reads, model.root)
    users: dict[str, list[Equation]] = {}
    for equation in equations:
        if equation.tensor in path:
            for name in sorted(reads[equation.tensor]):
                users.setdefault(name, []).append(equation)
    order = _order(model, equations, path, wanted, users)
    serves = {name: reads.get(name, frozenset()) & set(order) for name in order}
    return Route(order, {name: tuple(found) for name, found in users.items()}, serves)


def _wanted(model: Model, wrt: Iterable[str] | None) -> tuple[str, ...]:
    if wrt is None:
        return tuple(tensor.name for tensor in model.parameters)
    names = tuple(dict.fromkeys(wrt))
    known = [tensor.name for tensor in model.tensors if not tensor.integer and tensor.name != model.root]
    for name in names:
        if name == model.root:
            raise UsageError(f"{name} is what is derived", because="Its derivative by itself is 1.", name=name)
        if name not in known:
            fix = suggestion(name, known) or f"Its tensors are {', '.join(known)}."
            raise UnknownNameError(f"the model has no tensor {name} to derive by", name=name, fix=fix)
    return names


def _upward(equations: tuple[Equation, ...], reads: Mapping[str, frozenset[str]], wanted: tuple[str, ...]) -> set[str]:
    """The tensors that depend on a wanted one, and those themselves; a recurrence takes more than one pass."""
    found = set(wanted)
    while True:
        more = {e.tensor for e in equations if e.tensor not in found and reads[e.tensor] & found}
        if not more:
            return found
        for equation in reversed(equations):
            if reads[equation.tensor] & found:
                found.add(equation.tensor)


def _downward(reads: Mapping[str, frozenset[str]], root: str) -> set[str]:
    """The tensors on which the root depends, and the root."""
    found, waiting = {root}, [root]
    while waiting:
        new = reads.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += sorted(new)
    return found


def _order(
    model: Model,
    equations: tuple[Equation, ...],
    path: set[str],
    wanted: tuple[str, ...],
    users: Mapping[str, list[Equation]],
) -> tuple[str, ...]:
    """Intermediates as their equations come, last first; a leaf once all that use it have their adjoints."""
    first = {name: found[-1].tensor for name, found in users.items()}
    leaves: dict[str, list[str]] = {}
    for name in wanted:
        if not model.defines(name):
            leaves.setdefault(first.get(name, ""), []).append(name)
    order: list[str] = []
    for equation in equations:
        if equation.tensor in path and equation.tensor != model.root:
            order.append(equation.tensor)
        order += leaves.get(equation.tensor, ())
    return (*order, *(name for name in wanted if name not in order))
