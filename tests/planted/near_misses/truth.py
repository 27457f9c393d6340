r"""Whether a line is right as it is read: both sides at every world, entry by entry, in the oracle's loops."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from sympy import Expr, Sum

import symbackprop as sb
from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import indices_of, is_adjoint, tensor_of
from symbackprop.notation.claims.records import Claim, Reading, Scale, Side
from symbackprop.notation.reading.values import Value
from symbackprop.verifying.claims.comparing import Pair, pair_of, where_it_exists
from symbackprop.verifying.claims.contexts import Context
from symbackprop.verifying.truths import partial_of
from tests.oracles.numbers import Numbers, OracleError
from tests.planted.near_misses.worlds import Fixed, NoValueError, World, opaque, worlds_of

CLOSE = 1e-9
STEPS = 60_000  # terms of sums at one world
LEAST = 2  # worlds
Truth = Literal["true", "false", "unknown"]
"""Unknown: without a value, without a meaning, or too large."""


@dataclass(frozen=True)
class Evaluator:
    """One model at the sizes of its worlds."""

    model: sb.Model
    worlds: dict[Scale, tuple[World, ...]]

    def truth(self, claim: Claim, number: int, context: Context) -> Truth:
        """Whether a line is right in the first reading whose shapes fit; false where none does."""
        for reading in claim.readings:
            worlds = self.worlds[reading.scale]
            try:
                found = _truth(claim, reading, worlds, _held(number, reading, context))
            except (NoValueError, OracleError, FloatingPointError):
                return "unknown"
            if found is not None:
                return found
        return "false"


def evaluator_of(model: sb.Model) -> Evaluator:
    scales: tuple[Scale, ...] = ("one sample",) if model.samples is None else ("one sample", "all samples")
    return Evaluator(model, {scale: worlds_of(model, scale) for scale in scales})


def _held(number: int, reading: Reading, context: Context) -> dict[str, Fixed]:
    """What derivatives hold fixed as the note is read: what stands between, or all where they are by one equation."""
    derivatives = {name: partial_of(name) or ("", "") for name in _names(reading) if is_adjoint(name)}
    if not derivatives:
        return {}
    basis = context.basis_of_line(number, reading.scale)
    known, partials = basis.truth, basis.partials
    found: dict[str, Fixed] = {}
    for name, (of, by) in derivatives.items():
        is_inner = of not in ("", known.loss, known.cost)
        if is_inner and of in known.reads and known.is_endless(of, by):
            found[name] = None if by in known.reads[of] and of != by else frozenset()  # over the paths of one step
        elif name in partials.held:
            found[name] = partials.several.get(name) if is_inner else None
    return found


def _names(reading: Reading) -> set[str]:
    return {name for side in reading.sides if side.value for name in tensors_in(side.value.expression)}


def _truth(claim: Claim, reading: Reading, worlds: Sequence[World], held: dict[str, Fixed]) -> Truth | None:
    """The truth in one reading; None where shapes do not fit."""
    if not worlds or any(side.decimals is not None for side in reading.sides):
        return "unknown"
    if claim.kind == "update":
        return _update(reading, worlds, held)
    found: list[Truth] = []
    for left, right in itertools.pairwise(reading.sides):
        pair = _pair(left, right, reading, worlds[0].model)
        if pair and left.subject.kind == "local derivative":
            pair = where_it_exists(pair, pair.left, _space(pair, worlds[0]))
        same = _same(pair, worlds, held) if pair else None
        if same != "true" and left.value and right.value and _may_be_factor(left, reading):
            same = _is_factor(left, right.value, worlds, held) or same
        if same is None:
            return None
        found.append(same)
    return min(found, key=("false", "unknown", "true").index)


def _space(pair: Pair, world: World) -> Space:
    """The shapes of the tensors and that of the derivative on the left."""
    name, space = str(tensor_of(pair.left)), world.space
    of, by = partial_of(name) or ("", "")
    known = of in space.shapes and by in space.shapes
    return replace(space, shapes={**space.shapes, name: (*space.shapes[of], *space.shapes[by])}) if known else space


def _pair(left: Side, right: Side, reading: Reading, model: sb.Model) -> Pair | None:
    """Both sides over the same indices; where samples stand in rows, a vector is a row as well."""
    if left.value is None or right.value is None:
        return None
    free, samples = len(reading.indices), model.samples if reading.scale == "all samples" else None
    pair = pair_of(left.value, right.value, free, None if samples is None else samples.size)
    if pair is None and samples is not None and samples.side == "rows":
        pair = pair_of(Value(left.value.array), Value(right.value.array), free, samples.size)
    return pair


def _same(pair: Pair, worlds: Iterable[World], held: dict[str, Fixed]) -> Truth:
    """Whether both sides are the same wherever both have a value."""
    compared = 0
    for world in worlds:
        if _cost(pair.left, world, pair) + _cost(pair.right, world, pair) > STEPS:
            continue
        pairs = [pair_ for pair_ in _entries(pair, world, held) if pair_ is not None]
        if not _are_close(pairs):
            return "false"
        compared += bool(pairs)
    return "true" if compared >= LEAST else "unknown"


def _are_close(pairs: list[tuple[float, float]]) -> bool:
    largest = max((abs(side) for pair in pairs for side in pair), default=0.0)
    return all(abs(left - right) <= CLOSE * (1e-3 + largest) for left, right in pairs)


def _entries(pair: Pair, world: World, held: dict[str, Fixed]) -> Iterator[tuple[float, float] | None]:
    """Both sides at each place, None where one of them has no value."""
    numbers = _numbers(tensors_in(pair.left) | tensors_in(pair.right), world, held)
    shape = [numbers.integer(extent, {}) for extent in pair.shape]
    for position in itertools.product(*map(range, shape)):
        scope = dict(zip(pair.indices, position, strict=True))
        try:
            yield _real(numbers.value(pair.left, scope)), _real(numbers.value(pair.right, scope))
        except OracleError:
            yield None


def _numbers(names: Iterable[str], world: World, held: dict[str, Fixed]) -> Numbers:
    stored = {}
    for name in names:
        known = name.startswith("∂") or name in world.shapes
        stored[name] = (world.named(name, held) if known else _rate(name))[..., None] + 0j
    return Numbers(world.sizes, stored, functions=world.model.functions, opaque={"f": opaque})


def _rate(name: str) -> np.ndarray:
    """A number for a name that the model leaves free, a learning rate."""
    return np.asarray(0.3 + 0.01 * (sum(map(ord, name)) % 17))


def _real(value) -> float:
    return float(np.real(np.ravel(value)[0])) if isinstance(value, np.ndarray) else float(value)


def _cost(expr: Expr, world: World, pair: Pair) -> int:
    """How many terms it takes to evaluate an expression at all places, about."""
    reader = Numbers(world.sizes, {})
    return math.prod(reader.integer(extent, {}) for extent in pair.shape) * _terms(expr, world, reader)


def _terms(expr: Expr, world: World, reader: Numbers) -> int:
    inner = sum(_terms(part, world, reader) for part in expr.args if isinstance(part, Expr)) or 1
    if not isinstance(expr, Sum):
        return inner
    return inner * math.prod(_length(upper, reader) for _, _, upper in expr.limits)  # pyright: ignore


def _length(upper: Expr, reader: Numbers) -> int:
    try:
        return max(reader.integer(upper, {}) + 1, 1)
    except OracleError:
        return 4


# local derivatives that are right as factors of the chain rule


def _may_be_factor(left: Side, reading: Reading) -> bool:
    return left.subject.kind == "local derivative" and not left.subject.indices and not reading.indices


def _is_factor(left: Side, right: Value, worlds: Sequence[World], held: dict[str, Fixed]) -> Truth | None:
    """Whether one of the usual products of an arbitrary g and the formula is Σ g ∂v/∂u; None where none fits."""
    of, by = left.subject.of, left.subject.name
    found: list[set[str] | None] = [_right_products(of, by, right, world, held) for world in worlds]
    known = [products for products in found if products is not None]
    if len(known) < LEAST:
        return "unknown"
    return "true" if set.intersection(*known) else "false"


def _right_products(of: str, by: str, right: Value, world: World, held: dict[str, Fixed]) -> set[str] | None:
    """The products that are right at one world; None where it is too large."""
    shape = world.shapes[of]
    pair = Pair(right.array.indices, right.shape, right.expression, right.expression)
    if _cost(right.expression, world, pair) > STEPS:
        return None
    if right.rank > 1 and len(shape) == len(world.shapes[by]) == 1:
        return set()
    r = _array(right.array, world, held)
    g = np.random.default_rng(world.seed).uniform(0.5, 1.5, shape)
    name = f"∂{of}∂{by}"
    slope = world.held(of, by, held[name]) if name in held else world.slope(of, by)
    expected = np.tensordot(g, slope, axes=(range(g.ndim), range(g.ndim)))
    other = np.reshape(r, (1, -1) if right.row else (-1, 1)) if r.ndim < 2 else r
    other = other.T if _stand_side_by_side(of, by, world) else other
    return {words for words, product in _products(g, r, other) if _fits(product, expected)}


def _stand_side_by_side(of: str, by: str, world: World) -> bool:
    """Whether both are vectors for each sample, in columns: a Jacobian J then serves as in Jᵀ g."""
    samples = world.model.samples
    columns = samples is not None and samples.side == "columns" and world.scale == "all samples"
    return columns and {of, by} <= world.sampled and len(world.shapes[of]) == len(world.shapes[by]) == 2


def _fits(product: np.ndarray, expected: np.ndarray) -> bool:
    one, other = np.squeeze(product), np.squeeze(expected)
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=CLOSE, atol=CLOSE))


def _products(g: np.ndarray, r: np.ndarray, other: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The usual products of g and a formula; `other` is that as a matrix, as it stands beside g."""
    if r.shape == g.shape or not r.ndim or not g.ndim:
        yield "entry by entry", g * r
        if g.ndim:
            yield "summed over the last axis", np.sum(g * r, axis=-1)
            yield "summed over the first axis", np.sum(g * r, axis=0)
    if max(g.ndim, r.ndim) > 2:
        return
    column = g.reshape(-1, 1) if g.ndim < 2 else g
    for words, one in (("g", column), ("gᵀ", column.T)):
        if one.shape[1] == other.shape[0]:
            yield f"{words} r", one @ other
        if other.shape[1] == one.shape[0]:
            yield f"r {words}", other @ one


def _array(array: Array, world: World, held: dict[str, Fixed]) -> np.ndarray:
    numbers = _numbers(tensors_in(array.expression), world, held)
    shape = [numbers.integer(extent, {}) for extent in array.shape]
    found = np.empty(shape)
    for position in itertools.product(*map(range, shape)):
        found[position] = _real(numbers.value(array.expression, dict(zip(array.indices, position, strict=True))))
    return found


# updates


def _update(reading: Reading, worlds: Sequence[World], held: dict[str, Fixed]) -> Truth | None:
    """Whether the new value is the old one less a positive multiple of the derivative, the rate named or a number."""
    old, new = reading.sides[0].value, reading.sides[-1].value
    if old is None or new is None:
        return None
    pair = pair_of(old, new, len(reading.indices))
    name = str(tensor_of(old.expression))
    if pair is None or name not in worlds[0].lanes:
        return None
    rates: set[float] = set()
    inner = [index for index in indices_of(old.expression) if index in pair.indices]
    for world in worlds:
        slopes = np.broadcast_to(world.named(f"∂{name}", held), world.shapes[name])
        changes = [entry for entry in _entries(pair, world, held) if entry is not None]
        if len(changes) != slopes.size or inner != list(pair.indices):
            return "unknown"
        for (before, after), slope in zip(changes, slopes.ravel(), strict=True):
            if abs(slope) > 1e-6:
                rates.add(float((before - after) / slope))
            elif abs(before - after) > 1e-6:
                return "false"
    named = _rate(reading.rate) if reading.rate else None
    expected = float(named) if named is not None and reading.rate in _names(reading) else next(iter(rates), 0.0)
    return "true" if expected > 0 and all(math.isclose(rate, expected, rel_tol=1e-6) for rate in rates) else "false"
