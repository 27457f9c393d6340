"""The order in which equations are read: each after those that give the shapes it needs."""

from __future__ import annotations

import heapq

from symbackprop.errors import CycleError
from symbackprop.notation.reading.declarations import Declarations
from symbackprop.notation.reading.statements import EquationStatement, Statement
from symbackprop.notation.reading.syntax import names_in
from symbackprop.notation.source import Source


def in_order(statements: tuple[Statement, ...], declarations: Declarations) -> tuple[EquationStatement, ...]:
    """The equations, each after those that give the shapes it needs, else in the order of the file.

    Raises:
        CycleError: equations that need each other, of undeclared shapes.
    """
    equations = [s for s in statements if isinstance(s, EquationStatement) and s.role != "cost"]
    places = {equation.name.name: place for place, equation in enumerate(equations)}
    needs = [_needs(equation, places, declarations) for equation in equations]
    users: dict[int, list[int]] = {}
    for place, needed in enumerate(needs):
        for other in needed:
            users.setdefault(other, []).append(place)
    waiting = [len(needed) for needed in needs]
    ready = [place for place, count in enumerate(waiting) if not count]
    ordered: list[EquationStatement] = []
    while ready:
        place = heapq.heappop(ready)
        ordered.append(equations[place])
        for user in users.get(place, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, user)
    if len(ordered) < len(equations):
        _refuse_cycle([place for place, count in enumerate(waiting) if count], needs, equations, declarations.source)
    return tuple(ordered)


def _needs(equation: EquationStatement, places: dict[str, int], declarations: Declarations) -> frozenset[int]:
    """The equations whose tensors this one reads, those of declared shape aside."""
    needed = set()
    for name in names_in(equation.right):
        owner = name.name if name.name in places else name.name.partition(".")[0]
        if owner in places and owner not in declarations.shapes:
            needed.add(places[owner])
    return frozenset(needed)


def _refuse_cycle(
    stuck: list[int], needs: list[frozenset[int]], equations: list[EquationStatement], source: Source
) -> None:
    """A cycle among the equations `stuck`, found by going from need to need."""
    path = [stuck[0]]
    while path[-1] not in path[:-1]:
        path.append(min(needs[path[-1]] & set(stuck)))
    cycle = path[path.index(path[-1]) :]
    first = min(cycle[:-1])
    turn = cycle.index(first)
    names = [equations[place].name.name for place in (*cycle[turn:-1], *cycle[:turn], first)]
    raise CycleError(
        f"{names[0]} needs itself: {' needs '.join(names)}",
        where=source.locate(equations[first].name.span),
        fix=f"If it reads an earlier step, declare its shape, tensor {names[0]}[T,n], and read {names[0]}[t-1]."
        if len(names) == 2
        else "Take one of these reads away.",
        name=names[0],
    )
