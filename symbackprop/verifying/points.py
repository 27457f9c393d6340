r"""Points: numbers for a model's leaves at which mistakes show, and what everything is there.

Sizes are at least 3 and all different, entries are away from 0, targets obey their
facts, functions with kinks are away from them and on both sides. What a point is depends on the model and its number
alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.derivation import Derivation
from symbackprop.errors import DerivationError
from symbackprop.model.model import Model
from symbackprop.model.records import Tensor
from symbackprop.verifying.grids import Grid, Grids, Opaque, TooLargeError

TRIES = 40
MARGIN = 0.01  # of what is compared from 0, in a point worth taking
CLOSE = 1e-9  # relative: what rounding in floats can do to numbers like those of a point


@dataclass(frozen=True, slots=True)
class Point:
    """`sizes`, and the values of all tensors, adjoints among them (`∂W1`), by name."""

    sizes: Mapping[Symbol, int]
    values: Mapping[str, Grid]
    functions: Mapping[str, ScalarFunction] = field(default_factory=dict)
    opaque: Mapping[str, Opaque] = field(default_factory=dict)

    def value(self, array: Array) -> Grid:
        """The entries of an array there.

        Raises:
            KeyError: it reads what has no value here.
        """
        return self._grids({}).array(array)

    def scalar(self, expr: Expr) -> float:
        """The value of an expression without free indices."""
        return float(self.value(Array((), (), expr)))

    def shape(self, shape: tuple[Expr, ...]) -> tuple[int, ...]:
        return self._grids({}).shape(shape)

    def filled(self, definitions: Mapping[str, Array], *, partly: bool = False) -> Point:
        """The point with the values of these tensors, which may read each other in any order, over earlier ones.

        What does not fit in memory, such as the derivatives of all entries by all, is an error; or `partly` has no
        value, nor what reads it.
        """
        values = _filled(self._grids(definitions), definitions, partly)
        return Point(self.sizes, values, self.functions, self.opaque)

    def _grids(self, without: Mapping[str, Array]) -> Grids:
        values = {name: value for name, value in self.values.items() if name not in without}
        return Grids(self.sizes, values, self.functions, self.opaque)


def _filled(grids: Grids, definitions: Mapping[str, Array], partly: bool = False) -> dict[str, Grid]:
    """Each tensor once all that it reads has values; those of a recurrence together."""
    values = dict(grids.values)
    reads = {name: tensors_in(array.expression) for name, array in definitions.items()}
    waiting = _computable(definitions, reads, values)
    while waiting:
        ready = [name for name in waiting if not reads[name] & set(waiting)]
        if not ready:
            values.update(_by_passes(grids, values, waiting))
            break
        for name in ready:
            inner = Grids(grids.sizes, values, grids.functions, grids.opaque, grids.compared)
            array = waiting.pop(name)
            try:
                values[name] = inner.array(array)
            except TooLargeError:
                if not partly:
                    raise
        waiting = _computable(waiting, reads, values)
    return values


def _computable(
    definitions: Mapping[str, Array], reads: Mapping[str, frozenset[str]], values: Mapping[str, Grid]
) -> dict[str, Array]:
    """The definitions that read nothing without a value, but each other."""
    kept = dict(definitions)
    while lost := [name for name in kept if reads[name] - kept.keys() - values.keys()]:
        kept = {name: array for name, array in kept.items() if name not in lost}
    return kept


def _by_passes(grids: Grids, known: Mapping[str, Grid], definitions: Mapping[str, Array]) -> dict[str, Grid]:
    """The tensors of a recurrence: each again whenever what it reads has changed, so that a pass adds a step.

    What is not known yet is NaN, and so remains an entry that needs itself.
    """
    values = {name: np.full(grids.shape(array.shape), np.nan) for name, array in definitions.items()}
    reads = {name: tensors_in(array.expression) for name, array in definitions.items()}
    stale = set(definitions)
    for _ in range(1 + sum(value.size for value in values.values())):
        for name in [name for name in definitions if name in stale]:
            inner = Grids(grids.sizes, {**known, **values}, grids.functions, grids.opaque)
            found = inner.array(definitions[name])
            stale.discard(name)
            if not np.array_equal(found, values[name], equal_nan=True):
                values[name] = found
                stale |= {reader for reader, read in reads.items() if name in read}
        if not stale:
            break
    return values


def points_of(derivation: Derivation, count: int = 2, first: int = 0) -> tuple[Point, ...]:
    """Points of the model that was swept, with all forward values and adjoints.

    Raises:
        DerivationError: no point was found at which everything has a value.
    """
    samples = derivation.source.samples
    sizes = sizes_of(derivation.model, None if samples is None else samples.size)
    points = (_point(derivation.model, sizes, number) for number in range(first, first + count))
    return tuple(with_adjoints(point, derivation) for point in points)


def with_adjoints(point: Point, derivation: Derivation) -> Point:
    """The point with the adjoints of a derivation of the same model, that of the root being 1."""
    root = {adjoint(derivation.root): np.asarray(1.0)}
    known = Point(point.sizes, {**point.values, **root}, point.functions, point.opaque)
    return known.filled({adjoint(name): array for name, array in derivation.adjoints.items()})


# sizes


def sizes_of(model: Model, samples: Expr | None = None) -> dict[Symbol, int]:
    """A number of at least 3 for each symbolic size, all different, as the facts allow; less where they demand it.

    Raises:
        DerivationError: none are found.
    """
    symbols = _size_symbols(model)
    if samples in symbols:
        symbols = (samples, *(symbol for symbol in symbols if symbol != samples))
    fixed = {int(extent) for tensor in model.tensors for extent in tensor.shape if extent.is_Integer}
    for chosen in _numbers(len(symbols), fixed):
        sizes = dict(zip(symbols, chosen, strict=True))
        if _allowed(model, sizes):
            return sizes
    raise DerivationError("no sizes were found that the model allows", fix="Give its sizes as numbers.")


def _numbers(count: int, fixed: set[int]) -> Iterator[tuple[int, ...]]:
    """Choices of `count` numbers, the ones that tell most apart first."""
    free = [number for number in range(3, 40 + count) if number not in fixed]  # 2 is a common factor
    for start in range(4):
        yield tuple(free[start : start + count])
    every = itertools.islice(itertools.product(range(1, 9), repeat=count), 200_000)
    yield from sorted(every, key=lambda numbers: (-len(set(numbers)), 1 in numbers, sum(numbers)))


def _size_symbols(model: Model) -> tuple[Symbol, ...]:
    """Every symbol in a shape, in the order of the tensors."""
    found: dict[Symbol, None] = {}
    for tensor in model.tensors:
        for extent in tensor.shape:
            found.update(dict.fromkeys(sorted((s for s in extent.free_symbols if isinstance(s, Symbol)), key=str)))
    return tuple(found)


def _allowed(model: Model, sizes: Mapping[Symbol, int]) -> bool:
    grids = Grids(sizes, {})
    extents = [n for tensor in model.tensors for n in grids.shape(tensor.shape)]
    facts = [int(n) for n in grids.shape(model.size_facts)]
    return all(n >= 1 for n in extents) and all(n >= 0 for n in facts)


# values


def _point(model: Model, sizes: Mapping[Symbol, int], number: int) -> Point:
    best, most = None, -1.0
    for attempt in range(TRIES):
        point, worth = _tried(model, sizes, (number, attempt))
        if worth > most:
            best, most = point, worth
        if worth >= 1:
            break
    if best is None or most < 0:
        raise DerivationError(
            "no point was found at which every tensor of the model has a value",
            because="Logarithms, roots and quotients were undefined at all that were tried.",
            fix="Declare what is positive: input x[n] positive.",
        )
    return best


def _tried(model: Model, sizes: Mapping[Symbol, int], seed: tuple[int, int]) -> tuple[Point, float]:
    """A point and its worth: below 0 where something has no value, 1 where each kink is seen from both sides."""
    compared: list[Grid] = []
    random, positive = np.random.default_rng(seed), seed[1] >= TRIES // 2
    shapes = {t.name: Grids(sizes, {}).shape(t.shape) for t in model.tensors}
    given = [tensor for tensor in model.tensors if not model.defines(tensor.name)]
    leaves = {tensor.name: _drawn(tensor, shapes[tensor.name], random, positive, seed[0]) for tensor in given}
    opaque = opaque_functions(model.functions)
    grids = Grids(sizes, leaves, model.functions, opaque, compared)
    definitions = {e.tensor: model.space.definitions[e.tensor] for e in model.order}
    values = _filled(grids, definitions)
    point = Point(sizes, values, model.functions, opaque)
    if not all(np.all(np.isfinite(value)) for value in values.values()):
        return point, -1.0
    near = any(np.min(np.abs(d), initial=1.0) < MARGIN for d in compared)
    mixed = [np.any(d > 0) and np.any(d < 0) for d in compared if d.size > 1]
    return point, 0.0 if near else 0.5 + 0.5 * (sum(mixed) / len(mixed) if mixed else 1.0)


def _drawn(tensor: Tensor, shape: tuple[int, ...], random: np.random.Generator, positive: bool, number: int) -> Grid:
    """Numbers for one leaf as its facts say, away from 0."""
    axes = {fact.kind: fact.axis for fact in tensor.facts}
    if tensor.integer:
        return random.integers(0, 2, shape).astype(float)
    if "one_hot" in axes:
        return _hot(shape, axes["one_hot"], random)
    if "binary" in axes:
        places = np.arange(int(np.prod(shape)))
        return random.permutation((places + number + 1) % 2).reshape(shape).astype(float)
    if "distribution" in axes:
        weights = random.uniform(0.2, 1.0, shape)
        return weights / weights.sum(axis=axes["distribution"], keepdims=True)
    size = random.uniform(0.3, 1.2, shape)
    if len(shape) > 1 and tensor.role == "parameter":
        size = size * min(1.0, (3 / max(shape)) ** 0.5)  # so that sums over many do not saturate what follows
    if positive or "positive" in axes:
        return size
    return size * random.choice([-1.0, 1.0], shape)


def _hot(shape: tuple[int, ...], axis: int | None, random: np.random.Generator) -> Grid:
    """Ones at places that differ between samples, along the axis."""
    at = axis or 0
    rows = (*shape[:at], *shape[at + 1 :])
    places = random.permutation(int(np.prod(rows))).reshape(rows) % shape[at]
    return np.moveaxis(np.eye(shape[at])[places], -1, at)


def opaque_functions(functions: Mapping[str, ScalarFunction]) -> dict[str, Opaque]:
    """A meaning for each function that has none: smooth, no two alike."""
    names = sorted(name for name, function in functions.items() if function.expression is None)
    return {name: _wave(0.4 + 0.3 * place) for place, name in enumerate(names)}


def _wave(shift: float) -> Opaque:
    """x + sin(x + shift)/2 and its derivatives."""

    def value(order: int, x: Grid) -> Grid:
        polynomial = (x, np.ones_like(x))[order] if order < 2 else np.zeros_like(x)
        return polynomial + np.sin(x + shift + order * np.pi / 2) / 2

    return value


# comparison


def agree(found: Grid, expected: Grid, close: float = CLOSE) -> bool:
    """Whether two arrays are equal up to rounding, relative to the largest entry."""
    if np.shape(found) != np.shape(expected):
        return False
    if not np.all(np.isfinite(found)):
        return False
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1e-12)
    return float(np.max(np.abs(found - expected), initial=0.0)) <= close * scale


def digits_of(found: Grid, expected: Grid) -> int:
    """To how many digits two arrays agree, relative to the largest entry; at most 15."""
    scale = float(np.max(np.abs(expected), initial=0.0)) or 1.0
    error = float(np.max(np.abs(found - expected), initial=0.0)) / scale
    return 15 if error < 1e-15 else max(0, int(-np.log10(error)))


def values_at(points: Iterable[Point], array: Array) -> tuple[Grid, ...]:
    """The array's entries at each point."""
    return tuple(point.value(array) for point in points)


def scalar_entry(name: str) -> Array:
    """A tensor of rank 0 as an array."""
    return Array((), (), entry(name))
