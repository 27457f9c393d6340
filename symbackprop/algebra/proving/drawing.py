r"""Points drawn at random, the same at every run: sizes that differ, entries that obey what is known of them.

Entries are fractions of small denominators, and the floats nearest to them; `exact` gives the fractions back. So what
floats find at a point can be certified at the same point.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symbackprop.algebra.proving.arithmetic import EXACT
from symbackprop.algebra.proving.evaluate import Environment, integer_of
from symbackprop.algebra.space import Fact

Sizes = Mapping[Symbol, int]
LEAST = 3  # of a size: 2 is a common factor, 1 hides sums and transposes
_REMEMBERED = 2  # points: a size has another value at each than at so many before it
_LARGEST = 8  # of sizes where none of the usual ones are allowed
_CHOICES = 100_000
_FAN = 3  # a sum over so many weights saturates nothing
_DENOMINATOR = 10**6  # more than that of any fraction drawn


# sizes


@dataclass(frozen=True, slots=True)
class Demands:
    """What sizes must be: each of `extents` at least 1, each of `facts` at least 0, those `known` as they are."""

    symbols: tuple[Symbol, ...]
    extents: Collection[Expr] = ()
    facts: Collection[Expr] = ()
    known: Sizes = field(default_factory=dict)

    def allow(self, sizes: Sizes) -> bool:
        whole = {**self.known, **sizes}
        return (
            min(extents_at(self.extents, whole), default=1) >= 1 and min(extents_at(self.facts, whole), default=0) >= 0
        )


def extents_at(shape: Collection[Expr], sizes: Sizes) -> tuple[int, ...]:
    """A shape at sizes."""
    env = Environment({}, sizes, EXACT)
    return tuple(integer_of(extent, env, dict(sizes)) for extent in shape)


def sizes_in_turn(demands: Demands, least: Sequence[int] = (LEAST,)) -> Iterator[Sizes]:
    """Sizes for one point after the other, without end; none at all where none are found that the demands allow.

    At each point they differ from one another and from extents that are numbers, and at least `least`, one of these
    after the other; they are others than at the points before, and in another order. All this as far as they may.
    """
    recent: deque[Sizes] = deque(maxlen=_REMEMBERED)
    for turn, smallest in enumerate(itertools.cycle(least)):
        candidates = _candidates(demands, recent, smallest, backwards=turn % 2 == 1)
        sizes = next(filter(demands.allow, candidates), None)
        if sizes is None:
            return
        recent.append(sizes)
        yield {**demands.known, **sizes}


def _candidates(demands: Demands, recent: Collection[Sizes], least: int, *, backwards: bool) -> Iterator[Sizes]:
    """The small ones that tell most apart first, in any order; then all others."""
    order = demands.symbols[::-1] if backwards else demands.symbols
    fixed = {int(extent) for extent in demands.extents if extent.is_Integer} | set(demands.known.values())
    for start in range(least, least + 4):
        chosen: dict[Symbol, int] = {}
        for symbol in order:
            taken = {*fixed, *chosen.values(), *(sizes[symbol] for sizes in recent)}
            chosen[symbol] = next(n for n in itertools.count(start) if n not in taken)
        for numbers in itertools.islice(itertools.permutations(chosen.values()), 24):
            yield dict(zip(order, numbers, strict=True))
    every = itertools.islice(itertools.product(range(1, _LARGEST + 1), repeat=len(order)), _CHOICES)

    def tells_little(numbers: tuple[int, ...]) -> tuple[int, bool, int, int]:
        again = sum(sizes[symbol] == n for sizes in recent for symbol, n in zip(order, numbers, strict=True))
        return -len(set(numbers)), 1 in numbers, again, sum(numbers)

    yield from (dict(zip(order, numbers, strict=True)) for numbers in sorted(every, key=tells_little))


# entries


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is drawn: an array of a shape, what is known of its entries, and whether sums run over it as weights.

    The entries of what has a `limit` are whole numbers below it, and at least 0.
    """

    shape: tuple[int, ...]
    facts: Collection[Fact] = ()
    is_weight: bool = False
    limit: int | None = None


def drawn(leaf: Leaf, random: np.random.Generator, turn: int = 0, *, positive: bool = False) -> np.ndarray:
    """Entries away from 0, of both signs or `positive` and below 1; so small that sums over weights saturate nothing.

    What takes few values, such as classes, takes others in each `turn`: one sample after the other, all of them.
    """
    axes = {fact.kind: fact.axis or 0 for fact in leaf.facts}
    if leaf.limit is not None:
        return _in_rotation(leaf.shape, leaf.limit, random, turn, each=2)  # what is read twice has two shares to add
    if "one_hot" in axes:
        at = axes["one_hot"]
        count = leaf.shape[at]
        places = _in_rotation((*leaf.shape[:at], *leaf.shape[at + 1 :]), count, random, turn)
        return np.moveaxis(np.eye(count)[places], -1, at)
    if "distribution" in axes:
        weights = random.integers(1, 10, leaf.shape)
        return weights / weights.sum(axis=axes["distribution"], keepdims=True)
    if "binary" in axes:
        return _in_rotation(leaf.shape, 2, random, turn + 1).astype(float)
    positive = positive or "positive" in axes
    return _decimals(leaf, random, positive=positive)


def _in_rotation(
    shape: tuple[int, ...], count: int, random: np.random.Generator, turn: int, each: int = 1
) -> np.ndarray:
    """Numbers below `count` in random order, `each` so many times; they begin where the last turn ended."""
    entries = math.prod(shape)
    return (random.permutation(entries) // each + turn * math.ceil(entries / each)).reshape(shape) % count


def _decimals(leaf: Leaf, random: np.random.Generator, *, positive: bool) -> np.ndarray:
    low, high = (0.2, 0.95) if positive else (0.3, 1.2)
    fan = max(math.prod(leaf.shape[1:]), math.prod(leaf.shape[:-1])) if len(leaf.shape) > 1 and leaf.is_weight else 1
    scale = min(1.0, _FAN / fan) if positive else min(1.0, math.sqrt(_FAN / fan))
    sizes = np.round(scale * random.uniform(low, high, leaf.shape), min(6, 2 - math.floor(math.log10(scale))))
    return sizes if positive else sizes * random.choice([-1.0, 1.0], leaf.shape)


def exact(values: np.ndarray) -> Any:
    """The entries that were drawn, as fractions: nested tuples, or one number."""
    if values.ndim == 0:
        return Fraction(values.item()).limit_denominator(_DENOMINATOR)
    return tuple(exact(np.asarray(part)) for part in values)
