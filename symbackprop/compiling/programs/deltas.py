r"""Sums with a delta between a free index and a map of bound ones: zeros, to which values are added along the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, KroneckerDelta, Mul, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import all_symbols, fresh, substitute
from symbackprop.algebra.ranges import affine_coefficient, is_nonnegative
from symbackprop.algebra.symbols import entry, indices_of, tensor_of
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


def by_places(scatter: Scatter, extents: Extents, shop: Workshop) -> Scatter:
    """An addition at the maximiser of a short window, as one at each of its places, where that is the maximiser."""
    maps, factors, kept = dict(scatter.maps), scatter.factors, scatter.kept
    for chosen in sorted({e for p in maps.values() for e in p.atoms(Indexed)}, key=str):
        width = shop.window_of(chosen)
        if width is None:
            continue
        taken = {v for part in (*factors, *maps.values()) for v in all_symbols(part)} | {v for v, _ in kept}
        inner = fresh(taken | set(extents) | {v for v, _ in scatter.summed})
        maps = {v: p.xreplace({chosen: inner}) for v, p in maps.items()}
        factors = (*(f.xreplace({chosen: inner}) for f in factors), KroneckerDelta(chosen, inner))
        kept = (*kept, (inner, width))
    return replace(scatter, maps=maps, factors=factors, kept=kept)


def unrolled(members: list[Expr], bounds: Bounds, extents: Extents, shop: Workshop) -> Scatter | None:
    r"""A sum over the places of a kernel, \(\sum_j K_{p-sj} \bar y_j\), as \(K_u \bar y_j\) added at u + sj.

    A kernel is an argument, read at a free index less a multiple of a bound one that only computed tensors read beside
    it, and not proved to be as long as that index runs. None if the product has no kernel.
    """
    for place, factor in enumerate(members):
        found = _kernel_axis(factor, bounds, extents, shop) if tensor_of(factor) in shop.arguments else None
        others = [*members[:place], *members[place + 1 :]]
        if found is None or any(found.free in indices_in(other) for other in others):
            continue
        readers = [e for other in others if found.bound in indices_in(other) for e in other.atoms(Indexed)]
        if not readers or any(tensor_of(reader) in shop.arguments for reader in readers):
            continue
        names = {v for part in members for v in all_symbols(part)} | {v for v, _ in bounds} | set(extents)
        inner = fresh(names)
        positions = (*indices_of(factor)[: found.axis], inner, *indices_of(factor)[found.axis + 1 :])
        kernel = entry(str(tensor_of(factor)), *positions)
        maps = {found.free: (found.sign * (inner - found.rest)).expand()}
        kept = (*(b for b in bounds if b[0] == found.bound), (inner, found.extent))
        return Scatter(maps, (kernel, *others), kept, tuple(b for b in bounds if b[0] != found.bound))
    return None


@dataclass(frozen=True, slots=True)
class _KernelAxis:
    """The axis of a kernel that is read at `sign` times the index `free`, plus `rest`, in which `bound` stands."""

    axis: int
    free: Symbol
    bound: Symbol
    sign: Expr
    rest: Expr
    extent: Expr


def _kernel_axis(factor: Expr, bounds: Bounds, extents: Extents, shop: Workshop) -> _KernelAxis | None:
    within = dict(bounds)
    for axis, position in enumerate(indices_of(factor)):
        mine = indices_in(position)
        free, bound = [v for v in mine if v in extents], [v for v in mine if v in within]
        if position.has(Indexed) or len(free) != 1 or len(bound) != 1:
            continue
        sign, slope = (affine_coefficient(position, v) for v in (free[0], bound[0]))
        once = sum(free[0] in indices_in(p) or bound[0] in indices_in(p) for p in indices_of(factor)) == 1
        extent = shop.space.shapes[str(tensor_of(factor))][axis]
        longer = is_nonnegative(extent - within[bound[0]], {}, shop.space)
        if sign in (1, -1) and slope is not None and slope.is_Integer and once and not longer:
            rest = (position - sign * free[0]).expand()
            return _KernelAxis(axis, free[0], bound[0], sign, rest, extent)
    return None


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
