"""Entries to look at: with one decimal, of both signs, no two alike as far as there are so many, true to the facts."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbackprop.algebra.proving.drawing import Leaf

_TENTH = 10
MOST_TENTHS = 19  # up to 1.9
_FAN = 3  # a sum over so many weights saturates nothing


@dataclass(frozen=True, slots=True)
class Source:
    """Random numbers that are the same everywhere: Python promises those of `random()` for a seed, and no others."""

    state: random.Random

    @classmethod
    def of(cls, *seeds: int) -> Source:
        return cls(random.Random(":".join(map(str, seeds))))

    def below(self, count: int) -> int:
        return min(count - 1, int(self.state.random() * count))

    def shuffled(self, items: Sequence[Any]) -> list[Any]:
        found = list(items)
        for place in range(len(found) - 1, 0, -1):
            other = self.below(place + 1)
            found[place], found[other] = found[other], found[place]
        return found

    def sign(self) -> int:
        return 1 if self.state.random() < 0.5 else -1


def small_entries(leaf: Leaf, source: Source, *, largest: int = 12, positive: bool = False) -> np.ndarray:
    """An array for a leaf; real entries are of at most `largest` tenths, more where so many would be alike."""
    axes = {fact.kind: fact.axis or 0 for fact in leaf.facts}
    if leaf.limit is not None:
        return _in_rotation(leaf.shape, leaf.limit, source)
    if "one_hot" in axes:
        at = axes["one_hot"]
        places = _in_rotation((*leaf.shape[:at], *leaf.shape[at + 1 :]), leaf.shape[at], source)
        return np.moveaxis(np.eye(leaf.shape[at])[places], -1, at)
    if "distribution" in axes:
        return _distributions(leaf.shape, axes["distribution"], source)
    if "binary" in axes:
        return _in_rotation(leaf.shape, 2, source).astype(float)
    positive = positive or "positive" in axes
    return _tenths(leaf.shape, source, _most(leaf, largest, positive=positive), positive=positive)


def finer(array: np.ndarray, source: Source) -> np.ndarray:
    """The entries with two decimals more, so that sums of them seldom meet."""
    more = np.array([source.sign() * (1 + source.below(49)) for _ in range(array.size)], float).reshape(array.shape)
    return np.round(array + more / 1000, 3)


def _most(leaf: Leaf, largest: int, *, positive: bool) -> int:
    """The most tenths: enough that no two need be alike; where there are not so many, no sum over weights is large."""
    entries = math.prod(leaf.shape)
    needed = entries if positive else math.ceil(entries / 2)
    if needed <= MOST_TENTHS or not leaf.is_weight:
        return min(MOST_TENTHS, max(largest, needed))
    fan = max(math.prod(leaf.shape[1:]), math.prod(leaf.shape[:-1]))
    return max(2, min(largest, int(largest * math.sqrt(_FAN / fan))))


def _in_rotation(shape: tuple[int, ...], count: int, source: Source) -> np.ndarray:
    """Numbers below `count`, each as often as any other or once more, in random order."""
    first = source.below(count)
    numbers = [(first + place) % count for place in range(math.prod(shape))]
    return np.array(source.shuffled(numbers), int).reshape(shape)


def _distributions(shape: tuple[int, ...], axis: int, source: Source) -> np.ndarray:
    """Shares of 1 along an axis: tenths that differ where there are few, hundredths or less where there are many."""
    count = shape[axis]
    whole = 10 ** max(1, math.ceil(math.log10(max(1, 2 * count))))
    steps = count * (count + 1) // 2
    shares = list(range(1, count + 1)) if steps <= whole else [1] * count
    shares[-1] += whole - sum(shares)
    rest = (*shape[:axis], *shape[axis + 1 :])
    found = np.array([source.shuffled(shares) for _ in range(math.prod(rest))], float).reshape((*rest, count))
    return np.moveaxis(found, -1, axis) / whole


def _tenths(shape: tuple[int, ...], source: Source, sizes: int, *, positive: bool) -> np.ndarray:
    """Tenths up to `sizes`: each once before one comes again, and with the other sign before it is the same."""
    entries = math.prod(shape)
    found: list[int] = []
    while len(found) < entries:
        once = [(n, source.sign()) for n in source.shuffled(range(1, sizes + 1))]
        found += [n if positive else n * sign for n, sign in once]
        found += [] if positive else source.shuffled([-n * sign for n, sign in once])
    chosen = found[:entries]
    if entries > 1 and not positive and len({n > 0 for n in chosen}) == 1:
        chosen[-1] = -chosen[-1]
    return np.array(source.shuffled(chosen), float).reshape(shape) / _TENTH
