r"""Which two factors of a product to contract first.

The rule: the pair with which the whole product takes the fewest multiplications, each symbolic size counting as 64; of
equals the one that leaves the smaller results, then the one that stands first. Up to five factors every order is
tried, beyond that the cheapest next pair is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import prod

from sympy import Expr, Symbol

from symbackprop.compiling.programs.keys import Extents, indices_in

_SIZE = 64
_EXHAUSTIVE = 5

Indices = frozenset[Symbol]


@dataclass(frozen=True)
class Group:
    """Factors with the same indices, or with those of one of them."""

    factors: tuple[Expr, ...]

    @cached_property
    def indices(self) -> Indices:
        return frozenset().union(*(indices_in(factor) for factor in self.factors))


def joint(first: Group, second: Group) -> Group:
    return Group((*first.factors, *second.factors))


def best_pair(groups: Sequence[Group], bound: set[Symbol], extents: Extents) -> tuple[Group, Group, set[Symbol]]:
    """The pair to contract first, and the indices that are summed with it."""
    counts = {v: _count(extents[v]) for group in groups for v in group.indices}
    sets = [group.indices for group in groups]
    first, second = min(combinations(range(len(groups)), 2), key=lambda pair: _cost(sets, pair, bound, counts))
    return groups[first], groups[second], set(_gone(sets, (first, second), bound))


def _count(extent: Expr) -> float:
    return max(1.0, float(extent.xreplace(dict.fromkeys(extent.free_symbols, _SIZE))))


def _gone(sets: Sequence[Indices], pair: tuple[int, int], bound: set[Symbol]) -> Indices:
    """The bound indices that no other factor has."""
    others = frozenset().union(*(s for place, s in enumerate(sets) if place not in pair))
    return ((sets[pair[0]] | sets[pair[1]]) & bound) - others


def _cost(
    sets: Sequence[Indices], pair: tuple[int, int], bound: set[Symbol], counts: dict[Symbol, float]
) -> tuple[float, float]:
    """Multiplications and entries of results, for the pair and the best way on."""
    union = sets[pair[0]] | sets[pair[1]]
    result = union - _gone(sets, pair, bound)
    work, memory = prod(counts[v] for v in union), prod(counts[v] for v in result)
    rest = [*(s for place, s in enumerate(sets) if place not in pair), result]
    if len(rest) < 2 or len(sets) > _EXHAUSTIVE:
        return work, memory
    more, larger = min(_cost(rest, following, bound, counts) for following in combinations(range(len(rest)), 2))
    return work + more, memory + larger
