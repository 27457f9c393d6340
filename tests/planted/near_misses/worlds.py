r"""Numbers for all that a claim can name, by complex steps through the forward equations alone.

Each entry of each tensor has a lane of its own, in which a tiny imaginary number is added to it. One forward pass then
has every derivative \(\partial v / \partial u\), over all paths, and with them the adjoints; no derivation, and no
point of the verifier, has a part in it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from sympy import Expr, Symbol

import symbackprop as sb
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import is_adjoint, parted, primal
from symbackprop.model.model import index_limits
from symbackprop.notation.claims.records import Scale
from symbackprop.verifying.truths import partial_of
from tests.oracles.draws import draw
from tests.oracles.numbers import STEP, Numbers, OracleError, Rule
from tests.oracles.slopes import numbers_of, running, sampled_tensors, whole_shapes

LARGEST = 6  # size
MOST = 900  # entries of all tensors together
_CLEAR = 1e-3  # from a kink

Fixed = frozenset[str] | None
"""The tensors that a derivative holds fixed; None: all but those that it is of and by."""


class NoValueError(LookupError):
    """A name that means nothing at this scale."""


def opaque(x):
    """What stands for an activation without a formula; it takes complex numbers."""
    return np.sin(x) + x * x / 4


@dataclass(frozen=True)
class World:
    """One model at one scale with numbers for all of its tensors; `slopes[v]` has the derivatives of v by all lanes."""

    model: sb.Model
    scale: Scale
    sizes: dict[Symbol, int]
    seed: int = 0
    _known: dict[tuple, np.ndarray] = field(default_factory=dict)

    # the forward pass

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return whole_shapes(self.model, self.sizes)

    @cached_property
    def space(self) -> Space:
        """The shapes of the tensors, samples included."""
        return (self.model if self.model.samples is None else self.model.batched()).space

    @cached_property
    def sampled(self) -> frozenset[str]:
        return sampled_tensors(self.model)

    @cached_property
    def lanes(self) -> dict[str, int]:
        """The first lane of each tensor; lane 0 is that of the values."""
        integers = {tensor.name for tensor in self.model.tensors if tensor.integer}
        found, first = {}, 1
        for name, shape in self.shapes.items():
            if name not in integers:
                found[name] = first
                first += math.prod(shape)
        return found

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """The value of each tensor, with a last axis for the lanes."""
        limits = index_limits(self.model if self.model.samples is None else self.model.batched())
        below = {name: min(numbers_of(extents, self.sizes)) for name, extents in limits.items()}
        for attempt in range(20):
            numbers = self._forward(draw(self.model, self.sizes, 100 * self.seed + attempt, below))
            with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
                values = {**numbers.stored, **{name: numbers.array(name) for name in numbers.rules}}
            if numbers.kink > _CLEAR:
                return values
        raise OracleError("every point that was tried is at a kink")

    def _forward(self, data: dict[str, np.ndarray]) -> Numbers:
        count = 1 + sum(math.prod(self.shapes[name]) for name in self.lanes)
        real = {name: np.asarray(array, complex)[..., None] for name, array in data.items()}
        stored = {name: np.repeat(array, count, axis=-1) for name, array in real.items()}
        for name in stored.keys() & self.lanes.keys():
            flat = stored[name].reshape(-1, count)
            flat[np.arange(len(flat)), self.lanes[name] + np.arange(len(flat))] += STEP * 1j
        numbers = running(self.model, self.sizes, stored, {"f": opaque})
        firsts = {id(rule): self.lanes[name] for name, rule in numbers.rules.items()}
        return _Pushed(**{key: getattr(numbers, key) for key in _FIELDS}, firsts=firsts, count=count)

    @cached_property
    def plain(self) -> dict[str, np.ndarray]:
        """The values alone, in one lane."""
        return {name: value[..., :1].real + 0j for name, value in self.values.items()}

    # derivatives

    def slope(self, of: str, by: str) -> np.ndarray:
        """The derivative of a tensor by another, over all paths: first the axes of the former."""
        if by not in self.lanes or of not in self.values:
            raise NoValueError(f"{of} by {by}")
        first, size = self.lanes[by], math.prod(self.shapes[by])
        return (self.values[of][..., first : first + size].imag / STEP).reshape((*self.shapes[of], *self.shapes[by]))

    def held(self, of: str, by: str, fixed: Fixed = None) -> np.ndarray:
        """The same with some tensors held fixed, all by default: then by the equation of `of` alone."""
        size = math.prod(self.shapes[by])
        stored = {name: np.repeat(value, 1 + size, axis=-1) for name, value in self.plain.items()}
        flat = stored[by].reshape(size, -1)
        flat[np.arange(size), 1 + np.arange(size)] += STEP * 1j
        numbers = running(self.model, self.sizes, stored, {"f": opaque})
        if fixed is not None:
            kept = {by, *fixed} | (self.plain.keys() - numbers.rules.keys())
            numbers = replace(numbers, stored={name: stored[name] for name in kept})
        positions = itertools.product(*map(range, self.shapes[of]))
        rule = numbers.rules[of]
        entries = [np.zeros(1 + size, complex) + numbers.by_rule(rule, position) for position in positions]
        return (np.stack(entries)[:, 1:].imag / STEP).reshape((*self.shapes[of], *self.shapes[by]))

    # what names mean

    @property
    def root(self) -> str:
        cost = self.model.cost
        return self.model.loss if cost is None or self.scale == "one sample" else cost.tensor

    @cached_property
    def weight(self) -> float | None:
        """What the loss of one sample counts in the cost; None where that is not the same for all."""
        if self.root == self.model.loss:
            return 1.0
        weights = np.ravel(self.slope(self.root, self.model.loss))
        return float(weights[0]) if np.allclose(weights, weights[0], rtol=1e-12) else None

    def named(self, name: str, held: dict[str, Fixed]) -> np.ndarray:
        """The numbers of a tensor, an adjoint or a derivative; those in `held` hold others fixed."""
        if not is_adjoint(name):
            if name not in self.values:
                raise NoValueError(name)
            return self.plain[name][..., 0].real
        key = (name, name in held)
        if key not in self._known:
            self._known[key] = self._adjoint(name, held)
        return self._known[key]

    def _adjoint(self, name: str, held: dict[str, Fixed]) -> np.ndarray:
        whole, through = parted(name)
        of, by = partial_of(whole) or ("", primal(whole))
        if name in held:
            if not of and self.root != self.model.loss:
                raise NoValueError(name)
            return self.held(of or self.root, by, held[name])
        if of and of not in (self.model.loss, self.root):
            return self.slope(of, by)
        is_each = of == self.model.loss != self.root
        if is_each and (self.weight is None or through):
            raise NoValueError(name)
        if is_each and by not in self.sampled:
            return self.slope(of, by)  # one for each sample
        slope = self._by_way_of(through, by) if through else self.slope(self.root, by)
        return slope / (self.weight or 1.0) if by in self.sampled and of != self.root else slope

    def _by_way_of(self, through: str, by: str) -> np.ndarray:
        local = self.held(through, by)
        rank = len(self.shapes[through])
        return np.tensordot(self.slope(self.root, through), local, axes=(range(rank), range(rank)))


_FIELDS = ("sizes", "stored", "rules", "sampled", "functions", "opaque")


@dataclass
class _Pushed(Numbers):
    """Numbers where each entry by a rule is pushed a tiny step in its own lane."""

    firsts: dict[int, int] = field(default_factory=dict)
    count: int = 1

    def by_rule(self, rule: Rule, position: tuple[int, ...]):
        value = np.zeros(self.count, complex) + super().by_rule(rule, position)
        place = int(np.ravel_multi_index(position, rule.shape)) if rule.shape else 0
        value[self.firsts[id(rule)] + place] += STEP * 1j
        return value


# sizes


def worlds_of(model: sb.Model, scale: Scale) -> tuple[World, ...]:
    """Worlds of few entries: with sizes 1 wherever the model allows it, with 2, and with sizes that differ.

    One of them is without a lone entry along any axis that can have more: where N >= 3, an axis of N - 2 is as short as
    it can be at the N next to any small number, and along one entry all indices are the same.
    """
    beside = model if scale == "all samples" else model.one_sample()
    chosen = _sizes_of(model, beside)
    return tuple(World(beside, scale, sizes, seed) for seed, sizes in enumerate(chosen))


def _sizes_of(model: sb.Model, beside: sb.Model) -> list[dict[Symbol, int]]:
    symbols = sorted(_symbols(model), key=str)
    all_of_them = [dict(zip(symbols, counts, strict=True)) for counts in _counts(len(symbols))]
    allowed = [sizes for sizes in all_of_them if _is_allowed(model, beside, sizes)]
    extents = sorted({extent for tensor in model.tensors for extent in tensor.shape}, key=str)
    wishes = (
        lambda sizes: sum(sizes.values()),
        lambda sizes: sum(abs(count - 2) for count in sizes.values()),
        lambda sizes: sum(abs(count - (1, 3, 2)[at % 3]) for at, count in enumerate(sizes.values())),
        lambda sizes: sum(abs(count - (2, 1, 3, 4)[at % 4]) for at, count in enumerate(sizes.values())),
        lambda sizes: sum(abs(count - (4, 3, 5, 2)[at % 4]) for at, count in enumerate(sizes.values())),
        lambda sizes: _alikeness(extents, sizes),
    )
    found = [min(allowed, key=wish) for wish in wishes if allowed]
    return [sizes for at, sizes in enumerate(found) if sizes not in found[:at]]


def _alikeness(extents: list[Expr], sizes: dict[Symbol, int]) -> tuple[int, int, int]:
    """How many axes have one entry, how many are as long as another, and how many entries they have together."""
    counts = numbers_of(extents, sizes)
    return counts.count(1), len(counts) - len(set(counts)), sum(counts)


def _counts(rank: int) -> Iterator[tuple[int, ...]]:
    """All sizes where they are few, else a sample of them."""
    if LARGEST**rank <= 4000:
        yield from itertools.product(range(1, LARGEST + 1), repeat=rank)
        return
    random = np.random.default_rng(rank)
    for most in range(1, LARGEST + 1):
        yield (most,) * rank
        yield from (tuple(map(int, random.integers(1, most + 1, rank))) for _ in range(700))


def _symbols(model: sb.Model) -> set[Symbol]:
    extents = [extent for tensor in model.tensors for extent in tensor.shape]
    extents += list(model.size_facts) + ([] if model.samples is None else [model.samples.size])
    return {symbol for extent in extents if isinstance(extent, Expr) for symbol in extent.free_symbols}  # pyright: ignore


def _is_allowed(model: sb.Model, beside: sb.Model, sizes: dict[Symbol, int]) -> bool:
    reader = Numbers(sizes, {})
    try:
        if any(reader.integer(fact, {}) < 0 for fact in model.size_facts):
            return False
        shapes = whole_shapes(beside, sizes)
    except OracleError:
        return False
    counts = [extent for shape in shapes.values() for extent in shape]
    return min(counts, default=1) >= 1 and sum(map(math.prod, shapes.values())) <= MOST
