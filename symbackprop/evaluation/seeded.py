"""Small values for a model by a seed: sizes and entries that a reader can follow, and at which mistakes would show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, Symbol, exp

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.drawing import Leaf, extents_at
from symbackprop.algebra.proving.grids import check_cells
from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import size, tensor_of
from symbackprop.errors import UsageError
from symbackprop.evaluation.entries import Source, finer, small_entries
from symbackprop.evaluation.small_sizes import small_sizes
from symbackprop.model.model import Model, index_limits
from symbackprop.verifying.points import Point, point_at

MARGIN = 0.05
"""How far what is compared (what goes into a relu) is from where another case begins."""
TRIES = 48
_HIT = 1e-5
_MANY = 4
_ENTRIES = 3_000  # that are computed in all tries: about a second
_LARGEST = (12, 9, 6)  # tenths, one after the other: where many are added, small ones saturate nothing


@dataclass(frozen=True, slots=True)
class Values:
    """An array for each tensor that no equation gives, over all samples, and a number for each size, by name."""

    sizes: Mapping[str, int]
    arrays: Mapping[str, np.ndarray] = field(repr=False)
    seed: int


def seeded(
    model: Model,
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
    given: Mapping[str, np.ndarray] | None = None,
) -> Values:
    """Small values for all that is not `given`; the same model, sizes and seed give the same values everywhere.

    Sizes differ; entries have one decimal and differ within a tensor as far as possible; facts hold. Of several tries
    the one is taken at which everything has a value, nothing is near a kink, values of a tensor differ in two decimals,
    and where cases are compared some are on either side. In a large model tenths may always hit a kink; there
    parameters get two decimals more.

    Raises:
        UsageError: no sizes that the model allows, or no values at which its loss has one.
    """
    given = given or {}
    known = small_sizes(model, sizes)
    batch, numbers = model.batched(), {size(name): count for name, count in known.items()}
    best: tuple[tuple[int, ...], dict[str, np.ndarray]] | None = None
    enough = _tries(batch, numbers)
    for attempt in range(TRIES):
        positive = best is None and attempt % 4 == 3  # maybe logarithms and roots have values then
        is_fine = best is not None and best[0][0] > 0 and attempt >= enough
        arrays = {**dict(_drawn(batch, numbers, seed, attempt, positive=positive, is_fine=is_fine)), **given}
        looks = _looks(batch, numbers, arrays)
        if looks is not None and (best is None or looks < best[0]):
            best = looks, arrays
        if best is not None and _is_good(best[0], attempt + 1, enough):
            break
    if best is None:
        raise UsageError(
            f"no small values were found at which {batch.root} has one",
            because="Logarithms, roots and quotients were undefined at all that were tried.",
            fix="Declare what is positive: input x[n] positive. Or give values.",
            name=model.name,
        )
    return Values(known, best[1], seed)


def _is_good(looks: tuple[int, ...], tried: int, enough: int) -> bool:
    """Whether no more is tried: nothing is unlucky, or after enough tries no kink is near, or it has been many tries.

    A tie may always be there, and tell nothing: the largest of units that are all inactive.
    """
    on_kinks, near, *others = looks
    clear = not on_kinks and not near
    return (clear and (not any(others[:-1]) or tried >= enough)) or tried >= _MANY * enough


def drawn(model: Model, sizes: Mapping[str, int], seed: int = 0) -> dict[str, np.ndarray]:
    """The first arrays that are tried at sizes that are all known: of the right shapes, and true to the facts."""
    numbers = {size(name): count for name, count in sizes.items()}
    return dict(_drawn(model.batched(), numbers, seed, 0, positive=False, is_fine=False))


def _tries(batch: Model, sizes: Mapping[Symbol, int]) -> int:
    """After how many tries the best one is taken, if it is near no kink; more for a small model.

    Where there are very many values, some of them are alike whatever is tried.
    """
    entries = sum(math.prod(extents_at(batch.tensor(e.tensor).shape, sizes)) for e in batch.order)
    return max(6, min(TRIES, _ENTRIES // max(1, entries)))


def _drawn(
    batch: Model, sizes: Mapping[Symbol, int], seed: int, attempt: int, *, positive: bool, is_fine: bool
) -> Iterator[tuple[str, np.ndarray]]:
    limits, masks = index_limits(batch), masks_of(batch)
    for place, tensor in enumerate(t for t in batch.tensors if not batch.defines(t.name)):
        limit = min(extents_at(limits.get(tensor.name, ()), sizes), default=2) if tensor.integer else None
        shape = extents_at(tensor.shape, sizes)
        check_cells(shape)
        facts = (*tensor.facts, Fact(tensor.name, "binary")) if tensor.name in masks else tensor.facts
        leaf = Leaf(shape, facts, tensor.role == "parameter", limit)
        largest = _LARGEST[attempt % len(_LARGEST)] if leaf.is_weight else _LARGEST[0]
        source = Source.of(seed, attempt, place)
        array = small_entries(leaf, source, largest=largest, positive=positive)
        yield tensor.name, finer(array, source) if is_fine and leaf.is_weight else array


def masks_of(model: Model) -> frozenset[str]:
    """Data that only ever say which exponentials count in a softmax: zeros and ones, whatever their facts are."""
    found = set()
    for tensor in model.tensors:
        if tensor.role not in ("input", "constant") or tensor.integer or model.defines(tensor.name):
            continue
        readers = [e.expression for e in model.order if tensor.name in tensors_in(e.expression)]
        if readers and all(_only_gates(expr, tensor.name) for expr in readers):
            found.add(tensor.name)
    return frozenset(found)


def _only_gates(expr: Expr, name: str) -> bool:
    """Whether each term in which the tensor is read is an exponential of something else times it."""
    if name not in tensors_in(expr):
        return True
    if tensor_of(expr) == name:
        return False
    rest: tuple[Any, ...] = expr.args
    if expr.is_Mul and any(isinstance(factor, exp) for factor in rest):
        rest = tuple(factor for factor in rest if tensor_of(factor) != name)
    return all(_only_gates(part, name) for part in rest if isinstance(part, Expr))


def _looks(batch: Model, sizes: Mapping[Symbol, int], arrays: Mapping[str, np.ndarray]) -> tuple[int, ...] | None:
    """How many things are unlucky, the worst kinds first; None where something has no value.

    What is on a kink, or near one; values of one tensor that are alike; comparisons that all have one outcome; values
    of different tensors that are alike.
    """
    compared: list[np.ndarray] = []
    point = point_at(batch, sizes, {name: np.asarray(array, float) for name, array in arrays.items()}, compared)
    made = [point.values[equation.tensor] for equation in batch.order]
    if not all(np.all(np.isfinite(value)) for value in made):
        return None
    on_kinks = sum(int(np.count_nonzero(np.abs(d) < _HIT)) for d in compared)
    near = sum(int(np.count_nonzero(np.abs(d) < MARGIN)) for d in compared)
    one_sided = sum(d.size > 1 and not (np.any(d > 0) and np.any(d < 0)) for d in compared)
    rounded = [_rounded(value) for value in made]
    within = sum(len(values) - len(set(values)) for values in rounded)
    different = {value for values in rounded for value in values}
    across = sum(len(set(values)) for values in rounded) - len(different)
    return on_kinks, near, within, one_sided, across


def _rounded(value: np.ndarray) -> list[float]:
    """What a reader sees of the entries; not of those that are 0 or 1 by a case."""
    return [round(float(entry), 2) for entry in value.flat if entry not in (0.0, 1.0)]


def point_of(model: Model, values: Values, compared: list[np.ndarray] | None = None) -> Point:
    """The values of all tensors of the model over all samples; `compared` gains what chose cases."""
    numbers = {size(name): count for name, count in values.sizes.items()}
    leaves = {name: np.asarray(array, float) for name, array in values.arrays.items()}
    return point_at(model.batched(), numbers, leaves, compared)
