r"""The order of definitions, and loops over time for those that need themselves at other steps.

Definitions that need each other form a component. Its clock is the axis along which all reads go back or stand still
(`model.ordering` finds it); the component becomes a loop along it, in which what stands still is ordered again, maybe
by another clock. What the component does not compute is taken out of the loop, for all steps at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Expr, S, Symbol

from symbackprop.algebra.binding import fresh
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.compiling.program import Allocate, Into, Loop, Statement
from symbackprop.compiling.programs.definitions import Definition, Workshop
from symbackprop.compiling.programs.hoisting import Hoist
from symbackprop.compiling.programs.parts import at_step, reads_in, symbols_of
from symbackprop.errors import DerivationError
from symbackprop.model.ordering import Clock, Need, clock_of, components

Steps = Mapping[str, Mapping[Symbol, Expr]]
"""The indices of each definition that loops around it fix, with their values."""


def circles(reads: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The names that need themselves, through others or not."""
    found: set[str] = set()
    for component in components(tuple(reads), _links(reads)):
        if len(component) > 1 or any(name in reads[name] for name in component):
            found.update(component)
    return frozenset(found)


def _links(reads: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    return [(user, used) for user, found in reads.items() for used in sorted(found) if used in reads]


def scheduled(definitions: Sequence[Definition], shop: Workshop) -> tuple[list[Definition], tuple[Statement, ...]]:
    """All definitions, with those taken out of loops, and their statements in an order in which all reads stand.

    Raises:
        DerivationError: definitions in a circle that no time axis breaks.
    """
    by_name = {definition.tensor: definition for definition in definitions}
    reads = {name: definition.reads() for name, definition in by_name.items()}
    result: list[Definition] = []
    statements: list[Statement] = []
    for component in components(tuple(by_name), _links(reads)):
        members = [by_name[name] for name in component]
        if len(members) == 1 and not any(name in reads[name] for name in component):
            made = members
            statements += members[0].statements
        else:
            made, looped = _recurrence(members, shop)
            statements += looped
        result += made
    return result, tuple(statements)


def _recurrence(members: list[Definition], shop: Workshop) -> tuple[list[Definition], list[Statement]]:
    hoist = Hoist(frozenset(d.tensor for d in members), shop)
    members = [hoist.without_parts(definition) for definition in members]
    before = [shop.definitions[name] for name in hoist.names]
    loops = _Loops({d.tensor: d for d in members}, shop)
    needs = [
        Need(d.tensor, read.tensor, read)
        for d in members
        for statement in d.statements
        for read in reads_in(statement, d.guards)
        if read.tensor in loops.members
    ]
    statements = [statement for definition in before for statement in definition.statements]
    statements += [Allocate(d.tensor, d.shape) for d in members]
    return [*before, *members], [*statements, *loops.ordered(tuple(loops.members), needs, {})]


@dataclass(slots=True)
class _Loops:
    """The members of one component, to be put in loops."""

    members: Mapping[str, Definition]
    shop: Workshop
    taken: set[Symbol] = field(default_factory=set)

    def ordered(self, names: Sequence[str], needs: Sequence[Need], steps: Steps) -> Iterator[Statement]:
        """The statements of some members, in order, in loops where these need themselves at other steps."""
        for component in components(names, [(need.user, need.used) for need in needs]):
            inner = [need for need in needs if need.user in component and need.used in component]
            if inner:
                yield from self._looped(component, inner, steps)
            else:
                (name,) = component
                yield from (at_step(s, steps.get(name, {})) for s in self.members[name].statements)

    def _looped(self, names: Sequence[str], needs: Sequence[Need], steps: Steps) -> Iterator[Statement]:
        """One loop along the clock; one for each stretch of time where the tensors do not all last as long."""
        clock = clock_of(needs, {name: self.members[name].indices for name in names}, self.shop.space)
        if clock is None or any(isinstance(s, Into) for name in names for s in self.members[name].statements):
            raise self._circle(names)
        index = self._index(names, clock)
        lasting = {name: self.members[name].shape[clock.axes[name]] for name in names}
        ends = self._ends(names, lasting)
        stretches = list(zip((S.Zero, *ends), ends, strict=False))
        for start, end in reversed(stretches) if clock.descending else stretches:
            extent = (end - start).expand()
            now = start if extent == 1 else index + start
            active = [name for name in names if not is_nonnegative(start - lasting[name], {}, self.shop.space)]
            kept = [need for need in clock.left if need.user in active and need.used in active]
            times = {
                name: {**steps.get(name, {}), self.members[name].indices[clock.axes[name]]: now} for name in active
            }
            body = tuple(self.ordered(active, kept, times))
            if extent == 1:
                yield from body
            else:
                yield Loop(index, extent, clock.descending, body)

    def _ends(self, names: Sequence[str], lasting: Mapping[str, Expr]) -> list[Expr]:
        """The different lengths of time, shortest first."""
        ends: list[Expr] = []
        for end in dict.fromkeys(lasting.values()):
            place = sum(is_nonnegative(end - other, {}, self.shop.space) for other in ends)
            if not all(is_nonnegative(other - end, {}, self.shop.space) for other in ends[place:]):
                raise self._circle(names, f"Whether {end} or {ends[place]} is longer depends on the sizes.")
            ends.insert(place, end)
        return ends

    def _index(self, names: Sequence[str], clock: Clock) -> Symbol:
        """The loop's index: that of the first tensor's time axis, where nothing else has its name."""
        wanted = self.members[names[0]].indices[clock.axes[names[0]]]
        elsewhere = set(self.taken)
        for name in names:
            own = self.members[name].indices[clock.axes[name]]
            for statement in self.members[name].statements:
                elsewhere |= symbols_of(statement) - {own}
        index = fresh(elsewhere, wanted)
        self.taken.add(index)
        return index

    def _circle(
        self, names: Sequence[str], because: str = "No axis is a clock along which every read goes back."
    ) -> DerivationError:
        equations = list(dict.fromkeys(self.members[name].equation for name in names))
        listed = ", ".join(equations)
        return DerivationError(
            f"{equations[0]} needs itself" if len(equations) == 1 else f"{listed} need each other",
            because=because,
            fix="Read earlier steps only, such as h[t - 1] for h[t].",
            name=equations[0],
        )
