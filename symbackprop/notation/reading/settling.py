"""Names in a claim to those of the model: `dW1` to `∂W1`, `∂L/∂W1` to `∂L∂W1`, the Z1 of all samples to z1.

What stands as an index is found first, for an index hides a tensor or a size of its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from symbackprop.algebra.symbols import ADJOINT, adjoint, is_adjoint, part_of, parted
from symbackprop.errors import NotationError
from symbackprop.notation.reading.claim_parser import DELTA
from symbackprop.notation.reading.differentials import ANY_ROOT
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import (
    Call,
    Name,
    Named,
    Node,
    Number,
    Partial,
    Relation,
    Subscript,
    children,
    with_children,
)

_BINDING = frozenset({"sum", "max", "argmax", "mean", "logsumexp"})


def bound_names(node: Call) -> tuple[str, ...]:
    """The indices that a call binds in its last argument."""
    if node.function.name not in _BINDING or not node.arguments or isinstance(node.arguments[-1], Named):
        return ()
    if node.function.name == "max" and isinstance(node.arguments[-1], Number):
        return ()  # max(z, 0)
    return tuple(name.name for argument in node.arguments[:-1] if (name := _bound(argument)) is not None)


def _bound(argument: Node) -> Name | None:
    match argument:
        case Name() as name:
            return name
        case Named(name):
            return name
        case Relation((Name() as name, _)) | Relation((_, Name() as name, _)):
            return name
    return None


# --------------------------------------------------------------------------------------------------------- free indices


def free_indices_of(sides: Iterable[Node], each: Iterable[Name], scope: Scope) -> tuple[Name, ...]:
    """The indices that stand free: those of the first side that has any, and those that the claim is said for.

    A small letter of a later side that nothing declares is one of them too: what is said for each t lacks a sum over t.
    """
    found: dict[str, Name] = {}
    for side in sides:
        first = not found
        for name in _standing(side, scope, frozenset()):
            if first or (len(name.name) == 1 and name.name.islower() and not scope.declared(name.name)):
                found.setdefault(name.name, name)
    for name in each:
        found.setdefault(name.name, name)
    return tuple(found.values())


def _standing(node: Node, scope: Scope, bound: frozenset[str]) -> Iterator[Name]:
    """Names at places where an index stands, from left to right."""
    match node:
        case Subscript(base, indices):
            yield from _standing(base, scope, bound)
            for part in indices:
                yield from _index_names(part, scope, bound, alone=True)
        case Call(function, arguments):
            inner = bound | set(bound_names(node))
            if function.name == DELTA and len(arguments) == 2:
                for part in arguments:
                    yield from _index_names(part, scope, inner, alone=True)
                return
            skipped = len(arguments) - 1 if inner != bound else 0
            for part in arguments[skipped:]:
                yield from _standing(part, scope, inner)
        case _:
            for part in children(node):
                yield from _standing(part, scope, bound)


def _index_names(node: Node, scope: Scope, bound: frozenset[str], *, alone: bool = False) -> Iterator[Name]:
    """The names in an index. One that is a size as well is an index where it stands alone and is one small letter."""
    match node:
        case Name(name):
            is_size = name in scope.sizes and not (alone and len(name) == 1 and name.islower())
            if name not in bound and not is_size and name not in scope.integers:
                yield node
        case Subscript(_, indices):
            for part in indices:
                yield from _index_names(part, scope, bound, alone=True)
        case Call(_, arguments):
            inner = bound | set(bound_names(node))
            for part in arguments[len(inner) - len(bound) :]:
                yield from _index_names(part, scope, inner)
        case _:
            for part in children(node):
                yield from _index_names(part, scope, bound)


# ---------------------------------------------------------------------------------------------------------------- names


def settled(node: Node, scope: Scope, hidden: frozenset[str] = frozenset()) -> Node:
    """The tree with every name as the model has it; `hidden` are the names of indices.

    Raises:
        UnknownNameError: a derivative of or by something that nothing declares.
        NotationError: a derivative by something that is no tensor.
    """
    match node:
        case Name():
            return node if node.name in hidden else _settled_name(node, scope)
        case Subscript(base, indices):
            inner = settled(base, scope, frozenset() if isinstance(base, Name) else hidden)
            places = tuple(settled(part, scope, hidden) for part in indices)
            return replace(node, base=inner, indices=places)
        case Call(_, arguments):
            names = frozenset(bound_names(node))
            inner = hidden | names
            done = tuple(settled(part, scope, inner) for part in arguments)
            return replace(node, arguments=done)
        case Named():
            return replace(node, value=settled(node.value, scope, hidden))
        case Partial():
            return _settled_partial(node, scope, hidden)
    return with_children(node, [settled(part, scope, hidden) for part in children(node)])


def _settled_name(node: Name, scope: Scope) -> Name:
    assert scope.stated is not None
    name, through = parted(node.name)
    name = name if name in scope.tensors else scope.stated.aliases.get(name, name)
    if not through:
        return replace(node, name=name) if name != node.name else node
    through = through if through in scope.tensors else scope.stated.aliases.get(through, through)
    part = part_of(name, through)
    if part not in scope.tensors and part_of(adjoint(name), through) not in scope.tensors:
        raise NotationError(
            f"nothing comes to {scope.source.written(node.span)} by way of {through}",
            where=scope.source.locate(node.span),
            because=f"The equation of {through} does not read that tensor, or {through} has no equation.",
            fix="Write dv[i]|w where the equation of w reads v.",
            name=through,
        )
    return replace(node, name=part)


def _settled_partial(node: Partial, scope: Scope, hidden: frozenset[str]) -> Node:
    """A derivative of a root as the adjoint that it is."""
    assert scope.stated is not None
    by = settled(node.by, scope, hidden)
    variable = by.base if isinstance(by, Subscript) else by
    if not isinstance(variable, Name):
        raise _no_variable(node.by, scope)
    whole = parted(variable.name)[0]
    if whole not in scope.tensors:
        raise scope.unknown(variable, "tensor")
    if is_adjoint(variable.name):
        raise _no_variable(node.by, scope)
    of = node.of
    if not isinstance(of, Name) or (of.name != ANY_ROOT and of.name not in scope.stated.roots):
        if variable.name != whole:
            raise _no_variable(node.by, scope)
        return replace(node, of=settled(of, scope, hidden), by=by)
    root = "" if of.name == ANY_ROOT else scope.stated.roots[of.name]
    name = f"{ADJOINT}{root}{ADJOINT}{variable.name}" if root else adjoint(variable.name)
    derivative = Name(name, node.span)
    return Subscript(derivative, by.indices, node.span) if isinstance(by, Subscript) else derivative


def _no_variable(node: Node, scope: Scope) -> NotationError:
    written = scope.source.written(node.span)
    return NotationError(
        f"nothing is differentiated by {written}",
        where=scope.source.locate(node.span),
        fix="Write ∂L/∂W1, by a tensor of the model or one of its entries.",
        name=written,
    )
