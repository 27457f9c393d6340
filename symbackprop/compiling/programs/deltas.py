r"""Sums with a delta between a free index and a map of bound ones: zeros, to which values are added along the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr, KroneckerDelta, Mul, Symbol

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.terms import Bounds
from symbackprop.compiling.program import Into
from symbackprop.compiling.programs.definitions import Workshop, box_of
from symbackprop.compiling.programs.guards import shrunk, split
from symbackprop.compiling.programs.keys import Extents, indices_in


@dataclass(frozen=True, slots=True)
class Scatter:
    """`factors` to be added where each index in `maps` has the value of its map.

    The maps read the bound indices `kept`; over `summed` the factors are summed before.
    """

    maps: Mapping[Symbol, Expr]
    factors: tuple[Expr, ...]
    kept: Bounds
    summed: Bounds


def scatter_of(members: list[Expr], bounds: Bounds, extents: Extents) -> Scatter | None:
    """The product as a scatter; None if no delta in it makes it one."""
    maps: dict[Symbol, Expr] = {}
    rest = list(members)
    while True:
        found = next((f for f in (_map_of(m, bounds, extents) for m in rest) if f is not None), None)
        if found is None:
            break
        delta, free, position = found
        rest.remove(delta)
        maps = {v: substitute(p, {free: position}) for v, p in maps.items()}
        maps[free] = position
        rest = [substitute(factor, {free: position}) for factor in rest]
    if not maps:
        return None
    used = frozenset().union(*(indices_in(position) for position in maps.values()))
    kept = tuple(b for b in bounds if b[0] in used)
    return Scatter(maps, tuple(rest), kept, tuple(b for b in bounds if b[0] not in used))


def _map_of(factor: Expr, bounds: Bounds, extents: Extents) -> tuple[Expr, Symbol, Expr] | None:
    """A delta between an index that is free and an expression in bound ones: delta, index and expression."""
    if not isinstance(factor, KroneckerDelta):
        return None
    bound = {v for v, _ in bounds}
    for free, position in (factor.args, factor.args[::-1]):
        if free in extents and indices_in(position) & bound and free not in indices_in(position):
            return factor, free, position
    return None


def pieces(
    at: tuple[Expr, ...], indices: Iterable[Symbol], value: Expr, extents: Extents, shop: Workshop
) -> list[Into]:
    """What adds `value` at a map, over smaller boxes where guards hide what is undefined."""
    indices = tuple(indices)
    if not shop.guarded:
        return [Into("", at, box_of(indices, extents), value)] if value != 0 else []
    totality = shop.totality()
    plain, guarded = split(value, extents, totality)
    parts = [] if plain == 0 else [Into("", at, box_of(indices, extents), totality.masked(plain, extents))]
    for guards, rest in guarded:
        box = shrunk(guards, indices, extents, shop.space)
        left, rest = [box.moved(guard) for guard in box.rest], box.moved(rest)
        value = totality.masked(Mul(rest, *left), box.extents)
        parts.append(Into("", tuple(map(box.moved, at)), box_of(indices, box.extents), value))
    return parts
