"""The graph of operations made ready to be shown: the part on the way from a few leaves, in steps of two operands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Symbol

from symbackprop.algebra.binding import replaced
from symbackprop.algebra.symbols import entry
from symbackprop.derivation.graph import Entry, Graph, Operation

Terms = tuple[tuple[int, Expr], ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a graph. `given` are symbols that stand for what the part leaves out.

    `given` maps a leaf's name to the terms of the whole graph that it is the sum of, with their signs.
    """

    graph: Graph
    given: Mapping[str, Terms]


def size_of_graph(graph: Graph) -> int:
    """How many operations of one or two operands there are."""
    return sum(len(o.operands) - 1 if o.value is None else 1 for o in graph.operations.values())


def on_the_way(graph: Graph, leaves: Iterable[str], names: Mapping[Entry, str]) -> Cut:
    """The operations that depend on `leaves`; what they read beside that stands as a value.

    The terms of a sum that do not depend on them are put together to one, `rest_1`; an entry of a tensor keeps the
    name that `names` gives it.
    """
    live = _live(graph, set(leaves))
    given: dict[str, Terms] = {}
    stand_ins: dict[Expr, Expr] = {}

    def outside(symbol: Expr) -> Expr:
        """What stands for an operand that does not depend on the leaves."""
        if not isinstance(symbol, Symbol) or symbol.name in live or symbol.name in graph.leaves or symbol.name in given:
            return symbol
        if symbol not in stand_ins:
            means = graph.means.get(symbol.name)
            name = names[means[-1]] if means else _rest(given)
            given[name] = ((1, symbol),)
            stand_ins[symbol] = entry(name)
        return stand_ins[symbol]

    operations: dict[str, Operation] = {}
    for operation in graph.operations.values():
        if operation.name in live:
            known = _with_rest(operation, live, given) if operation.word == "sum" else operation
            operations[operation.name] = _with_operands(known, tuple(map(outside, known.operands)))
    read = {s.name for o in operations.values() for s in o.operands if isinstance(s, Symbol)}
    kept = {name: which for name, which in graph.leaves.items() if name in read}
    return Cut(Graph(graph.root, operations, kept, graph.means), given)


def _live(graph: Graph, leaves: set[str]) -> set[str]:
    live = set(leaves)
    for operation in graph.operations.values():
        if any(isinstance(s, Symbol) and s.name in live for s in operation.operands):
            live.add(operation.name)
    return live


def _rest(given: Mapping[str, object]) -> str:
    return f"rest_{1 + sum(name.startswith('rest_') for name in given)}"


def _with_rest(operation: Operation, live: set[str], given: dict[str, Terms]) -> Operation:
    """A sum with the terms that do not depend on the leaves put together, where there are two or more."""
    terms = list(zip(operation.signs, operation.operands, strict=True))
    others = tuple(t for t in terms if not (isinstance(t[1], Symbol) and t[1].name in live))
    if len(others) < 2:
        return operation
    name = _rest(given)
    given[name] = others
    live_terms = [t for t in terms if t not in others]
    rest = (1, entry(name))
    signs, operands = zip(*([*live_terms, rest] if live_terms[0][0] > 0 else [rest, *live_terms]), strict=True)
    return replace(operation, operands=operands, signs=signs)


def _with_operands(operation: Operation, operands: tuple[Expr, ...]) -> Operation:
    value = operation.value
    if value is not None:
        value = replaced(value, dict(zip(operation.operands, operands, strict=True)))
    return replace(operation, operands=operands, value=value)


def in_twos(graph: Graph) -> Graph:
    """Sums and products of three and more as chains of sums, differences and products of two, from the left."""
    operations: dict[str, Operation] = {}
    for operation in graph.operations.values():
        for step in _chain(operation):
            operations[step.name] = step
    return replace(graph, operations=operations)


def _chain(operation: Operation) -> Iterator[Operation]:
    if operation.value is not None:
        yield operation
        return
    signs = operation.signs or (1,) * len(operation.operands)
    (front, *others), last = zip(operation.operands, signs, strict=True), len(operation.operands) - 1
    left = front[0] if front[1] > 0 else -front[0]
    for place, (right, sign) in enumerate(others, start=1):
        name = operation.name if place == last else f"{operation.name}.{place}"
        word = operation.word if sign > 0 else "difference"
        value = left * right if word == "product" else left + sign * right
        yield Operation(name, word, (left, right), value=value)
        left = entry(name)


def in_order(graph: Graph) -> tuple[Operation, ...]:
    """The operations from the last to the first, each after all that use it, along the longest ways from the root."""
    depth: dict[str, int] = {}
    users: dict[str, list[tuple[str, int]]] = {}
    for operation in reversed(tuple(graph.operations.values())):
        for place, symbol in enumerate(operation.operands):
            if isinstance(symbol, Symbol):
                depth[symbol.name] = max(depth.get(symbol.name, 0), depth.get(operation.name, 0) + 1)
                users.setdefault(symbol.name, []).append((operation.name, place))
    levels: dict[int, list[Operation]] = {}
    for operation in graph.operations.values():
        levels.setdefault(depth.get(operation.name, 0), []).append(operation)
    order: dict[str, int] = {}
    found: list[Operation] = []
    for _, level in sorted(levels.items()):
        keys = {o.name: min(((order[u], p) for u, p in users.get(o.name, ())), default=(0, 0)) for o in level}
        for operation in sorted(level, key=lambda o: keys[o.name]):
            order[operation.name] = len(order)
            found.append(operation)
    return tuple(found)
