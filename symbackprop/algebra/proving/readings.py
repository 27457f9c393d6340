r"""Readings of a connected sum: the same sum over other indices, as terms see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Symbol

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.collapse import is_total, settle, support_of
from symbackprop.algebra.proving.expressions import factor_of
from symbackprop.algebra.proving.generators import Monomial, Workspace
from symbackprop.algebra.proving.naming import label
from symbackprop.algebra.proving.partial_sums import base_extent
from symbackprop.algebra.proving.texts import free_of
from symbackprop.algebra.ranges import affine_coefficient
from symbackprop.algebra.symbols import index
from symbackprop.algebra.terms import Term

GUARDED = 400
"""The work that one guard counts for where all are looked through for implied ones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a connected sum: bound indices, factors and guards, times a number."""

    bounds: tuple[Symbol, ...]
    items: Monomial
    guards: tuple[Expr, ...]
    scale: Any = 1


def slot(work: Workspace, extent: Expr, taken: list[Symbol]) -> Symbol:
    """A name for a bound index of this size that is not taken; its size is noted."""
    text = label(extent)
    number = 0
    while (found := index(f"#{number}|{text}")) in taken:
        number += 1
    work.boxes[found] = extent
    return found


def as_term(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial, guards: tuple[Expr, ...]) -> Term:
    factors = tuple(factor_of(work, n, e) for n, e in items)
    return Term(factors=factors, bounds=tuple((v, work.boxes[v]) for v in bounds), guards=guards)


def without_guards(work: Workspace, items: Monomial) -> tuple[Monomial, tuple[Expr, ...]]:
    guards = tuple(work.generators[n].data for n, _ in items if work.generators[n].kind == "guard")
    return tuple(item for item in items if work.generators[item[0]].kind != "guard"), guards


def shifts(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> list[tuple[Symbol, Expr, Expr]]:
    """(v, e, size) for each multiplicative entry with an index e that is v, moved or mirrored."""
    found = []
    for number, exponent in items:
        entry = work.generators[number]
        if entry.kind not in ("entry", "binary") or not exponent > 0:
            continue
        name, indices = entry.data
        shape = work.space.shapes.get(name, ())
        for place, extent in zip(indices, shape, strict=False):
            for variable in sorted(free_indices(place) & set(bounds), key=bounds.index):
                moved = place != variable or base_extent(extent) != work.boxes[variable]
                if moved and affine_coefficient(place, variable) in (1, -1):
                    found.append((variable, place, extent))
    return found


def loose(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> int:
    """How many bound indices are not, as they stand and with their box, the place of an entry that multiplies."""
    placed: set[Expr] = set()
    for number, exponent in items:
        entry = work.generators[number]
        if entry.kind in ("entry", "binary") and exponent > 0:
            name, indices = entry.data
            shape = work.space.shapes.get(name, ())
            placed |= {p for p, n in zip(indices, shape, strict=False) if work.boxes.get(p) == base_extent(n)}
    return sum(variable not in placed for variable in bounds)


def settled(work: Workspace, reading: Reading) -> Reading | None:
    """The reading without the guards that are implied; None if it is 0."""
    if not reading.guards:
        return reading
    work.spend(GUARDED * len(reading.guards))
    term = settle(as_term(work, reading.bounds, reading.items, reading.guards), work.boxes, work.space)
    return None if term is None else replace(reading, guards=term.guards)


def free_in(work: Workspace, reading: Reading) -> list[Symbol]:
    guards = frozenset().union(*(free_indices(guard) for guard in reading.guards))
    return sorted(free_of(work, (reading.items,)) | guards, key=str)


def may_leave(work: Workspace, reading: Reading, place: Expr, extent: Expr) -> bool:
    """Whether nothing is lost where the entry's index is out of range: it is never, or the other factors are total."""
    if work.nonnegative(place) and work.nonnegative(extent - 1 - place):
        return True
    return is_total_reading(work, reading)


def is_total_reading(work: Workspace, reading: Reading) -> bool:
    """Whether every factor has a value wherever the guards hold, also where entries read 0 out of range."""
    term = as_term(work, reading.bounds, reading.items, reading.guards)
    return all(is_total(factor, term, work.boxes, work.space) for factor in term.factors)


def support_in(work: Workspace, reading: Reading) -> list[Expr]:
    """What is >= 0 wherever the factors of a reading are not 0: the ranges of the entries that multiply."""
    term = as_term(work, reading.bounds, reading.items, ())
    return [fact for factor in term.factors for fact in support_of(factor, work.space)]
