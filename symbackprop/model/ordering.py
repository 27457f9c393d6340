r"""The forward order of equations, and the circles that a time index breaks.

Equations that need each other form a component. It is in order if one axis of each tensor is a clock: along it every
read goes back or stands still, and those that stand still form no circle, or one that another axis breaks. So
\(h_t = f(h_{t-1})\) is in order, forward or backward in time, and \(h_t = f(h_{t-1}, h_{t+1})\) is not.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Space
from symbackprop.errors import CycleError
from symbackprop.model.reads import Read
from symbackprop.model.records import Equation
from symbackprop.model.words import named_place, written

Clocks = dict[str, int]
Indices = Mapping[str, tuple[Symbol, ...]]
"""The indices of the equation of each tensor."""


@dataclass(frozen=True, slots=True)
class Need:
    """The equation of `user` reads the tensor `used`."""

    user: str
    used: str
    read: Read


@dataclass(frozen=True, slots=True)
class Clock:
    """The time axis of each tensor of a component, which way time runs, and the needs that it leaves standing still."""

    axes: Mapping[str, int]
    descending: bool
    left: tuple[Need, ...]


def forward_order(
    equations: tuple[Equation, ...], reads: Mapping[str, tuple[Read, ...]], space: Space
) -> tuple[Equation, ...]:
    """The equations, each after those it reads, else as they were given; those of a recurrence stand together.

    Raises:
        CycleError: a circle that no time index breaks.
    """
    by_name = {equation.tensor: equation for equation in equations}
    needs = [Need(name, r.tensor, r) for name in by_name for r in reads[name] if r.tensor in by_name]
    return tuple(by_name[name] for name in _arranged(tuple(by_name), needs, by_name, space))


def _arranged(
    names: tuple[str, ...], needs: Sequence[Need], equations: Mapping[str, Equation], space: Space
) -> Iterable[str]:
    for component in components(names, [(need.user, need.used) for need in needs]):
        inner = [need for need in needs if need.user in component and need.used in component]
        if not inner:
            yield from component
            continue
        clock = clock_of(inner, {name: equations[name].indices for name in component}, space)
        if clock is None:
            raise _cycle(component, inner, equations)
        yield from _arranged(component, clock.left, equations, space)


# clocks


def clock_of(needs: Sequence[Need], indices: Indices, space: Space) -> Clock | None:
    """The first clock that takes needs away, tried axis by axis, forward before backward; None if there is none."""
    first = needs[0].user
    for axis in range(len(indices[first])):
        for direction in (1, -1):
            clocks = _clocks(first, axis, direction, needs, indices, space)
            if clocks is None:
                continue
            left = tuple(need for need in needs if not _lags(need, clocks, direction, 1, indices, space))
            if len(left) < len(needs):
                return Clock(clocks, direction < 0, left)
    return None


def _clocks(
    first: str, axis: int, direction: int, needs: Sequence[Need], indices: Indices, space: Space
) -> Clocks | None:
    """The axis of each tensor along which no read goes forward, from one tensor's axis on; None if there is none."""
    clocks: Clocks = {first: axis}
    waiting = [need for need in needs if need.user != need.used or need.user == first]
    while waiting:
        need = next((n for n in waiting if n.user in clocks), None)
        if need is None:
            break
        waiting.remove(need)
        if need.used not in clocks:
            found = _clock_of_used(need, clocks, direction, indices, space)
            if found is None:
                return None
            clocks[need.used] = found
    complete = all(need.user in clocks and need.used in clocks for need in needs)
    return clocks if complete and all(_lags(n, clocks, direction, 0, indices, space) for n in needs) else None


def _clock_of_used(need: Need, clocks: Clocks, direction: int, indices: Indices, space: Space) -> int | None:
    """The axis of the tensor read along which the read goes back, or at least not forward."""
    for least in (1, 0):
        for axis in range(len(need.read.indices)):
            if _lags(need, {**clocks, need.used: axis}, direction, least, indices, space):
                return axis
    return None


def _lags(need: Need, clocks: Clocks, direction: int, least: int, indices: Indices, space: Space) -> bool:
    """Whether the read is proved to lie at least so many steps back along the clocks."""
    now: Expr = indices[need.user][clocks[need.user]]
    lag = direction * (now - need.read.indices[clocks[need.used]]) - Integer(least)
    return is_nonnegative(lag, need.read.ranges, space, need.read.known)


# components


def components(names: Sequence[str], links: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    """Names that need each other, together; each component after those it needs, else in the order given.

    `links` are pairs of names, each of which the first needs the second.
    """
    place = {name: number for number, name in enumerate(names)}
    used: dict[str, list[str]] = {name: [] for name in names}
    users: dict[str, list[str]] = {name: [] for name in names}
    for user, other in links:
        used[user].append(other)
        users[other].append(user)
    label: dict[str, str] = {}
    for name in reversed(_finished(names, used)):
        _spread(name, users, label)
    members: dict[str, list[str]] = {}
    for name in names:
        members.setdefault(label[name], []).append(name)
    waiting = {
        head: {label[other] for name in group for other in used[name]} - {head} for head, group in members.items()
    }
    ready = [(place[group[0]], head) for head, group in members.items() if not waiting[head]]
    heapq.heapify(ready)
    while ready:
        _, head = heapq.heappop(ready)
        yield tuple(members[head])
        for other in sorted({label[user] for name in members[head] for user in users[name]}, key=place.__getitem__):
            if head in waiting[other]:
                waiting[other].remove(head)
                if not waiting[other]:
                    heapq.heappush(ready, (place[members[other][0]], other))


def _finished(names: Sequence[str], used: Mapping[str, list[str]]) -> list[str]:
    """The names in the order in which a depth-first walk leaves them."""
    seen: set[str] = set()
    done: list[str] = []
    for start in names:
        stack = [(start, iter(used[start]))] if start not in seen else []
        seen.add(start)
        while stack:
            name, rest = stack[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                done.append(name)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(used[following])))
    return done


def _spread(start: str, users: Mapping[str, list[str]], label: dict[str, str]) -> None:
    """Label what reaches `start` along `users` and has no label yet."""
    stack = [start]
    while stack:
        name = stack.pop()
        if name not in label:
            label[name] = start
            stack.extend(users[name])


# the message


def _cycle(component: tuple[str, ...], needs: list[Need], equations: Mapping[str, Equation]) -> CycleError:
    path = [component[0]]
    while path[-1] not in path[:-1]:
        path.append(next(need.used for need in needs if need.user == path[-1]))
    path = path[path.index(path[-1]) :]
    first, second = path[0], path[1]
    reads = [written(n.read.entry) for n in needs if n.user == first and n.used == second]
    indexed = any(equations[name].indices for name in component)
    because = "No axis is a clock, along which every read goes back in time or stands still."
    return CycleError(
        f"{first} needs itself: {' needs '.join(path)}",
        where=named_place(equations[first].origin, second),
        because=f"It reads {', '.join(dict.fromkeys(reads))}. {because if indexed else ''}".rstrip(),
        fix="Read an earlier step only, such as h[t - 1] for h[t], or take one of the equations away.",
        name=second,
    )
