"""Indices of a statement: which stand free, and what letters run over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symbackprop.notation.reading.claim_calls import COLUMN, ENTRIES
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import Call, Name, Named, Node, Number, Relation, Subscript, children

DELTA = "delta"
_BINDING = frozenset({"sum", "max", "argmax", "mean", "logsumexp", ENTRIES, COLUMN})


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


def free_indices(sides: Iterable[Node], each: Iterable[Name], scope: Scope) -> tuple[Name, ...]:
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
