r"""Local derivatives as people write them: \(\partial z / \partial W = x^\top\), \(\partial a / \partial z = a(1-a)\).

Such a formula is no Jacobian; it is what stands beside the adjoint in the chain rule. It is right if, with an arbitrary
g in place of the adjoint of v, one of the usual products of g and it is \(\sum g\, \partial v / \partial u\).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
from sympy import Mul, S

from symbackprop.algebra.arrays import Array, array_of
from symbackprop.algebra.binding import fresh
from symbackprop.algebra.display import display
from symbackprop.algebra.symbols import adjoint, total
from symbackprop.notation.claims.records import rooted
from symbackprop.notation.reading.values import Value, contracted, entrywise, same_size
from symbackprop.verifying.claims.comparing import Pair, pair_of, screened
from symbackprop.verifying.truths import Truth, direct_name

_NOTHING = frozenset()


@dataclass(frozen=True, slots=True)
class LocalForm:
    """A product of g and the formula that may be right: in words, beside what it should be, g being arbitrary."""

    words: str
    pair: Pair
    truth: Truth


def local_form(formula: Value, of: str, by: str, truth: Truth, held: Collection[str], turned: bool) -> LocalForm | None:
    """The first product in which `formula` serves as the derivative of `of` by `by`, by the points; else None.

    A derivative in `held` is by the equation of `of` alone. A matrix is no factor but a Jacobian where both are
    vectors, for one sample or for each; `turned` says that factors, and Jacobians, stand transposed.
    """
    name = rooted(of, by)
    if not truth.knows(name):
        truth = truth.with_partials((name,))
    name = direct_name(of, by) if name in held else name
    shapes = truth.space.shapes
    if name not in truth.space.definitions or (formula.rank > 1 and len(shapes[of]) == len(shapes[by]) == 1):
        return None
    turned = turned != _stands_side_by_side(of, by, truth)
    free = _with_arbitrary(truth, adjoint(of))
    samples = truth.derivation.source.samples
    size = None if samples is None or truth.scale == "one sample" else samples.size
    g = Value(array_of(adjoint(of), shapes[of]))
    expected = _contraction(of, truth.space.definitions[name], truth)
    for words, product in _products(g, formula, of in truth.derivation.sampled, turned):
        pair = pair_of(Value(expected), product, 0, size)
        if pair is not None and screened(pair, free.points).status == "agree":
            return LocalForm(words, pair, free)
    return None


def _stands_side_by_side(of: str, by: str, truth: Truth) -> bool:
    """Whether both are vectors for each sample, in columns: a Jacobian J then serves as in Jᵀ g."""
    samples = truth.derivation.source.samples
    if samples is None or truth.scale == "one sample" or samples.side == "rows":
        return False
    return {of, by} <= truth.derivation.sampled and len(truth.space.shapes[of]) == len(truth.space.shapes[by]) == 2


def _with_arbitrary(truth: Truth, name: str) -> Truth:
    """The truth with any values for one adjoint."""
    points = tuple(
        replace(point, values={**point.values, name: random_values(point.values[name], number)})
        for number, point in enumerate(truth.points)
        if name in point.values
    )
    return replace(truth, points=points)


def _contraction(of: str, slope: Array, truth: Truth) -> Array:
    r"""\(\sum_v g_v \, \partial v / \partial u\), over the indices of u."""
    rank = len(truth.space.shapes[of])
    outer, inner = slope.indices[:rank], slope.indices[rank:]
    body = Mul(array_of(adjoint(of), truth.space.shapes[of]).at(*outer), slope.expression)
    whole = total(body, *zip(outer, slope.shape[:rank], strict=True))
    shape = slope.shape[rank:]
    return Array(inner, shape, display(whole, dict(zip(inner, shape, strict=True)), truth.space))


def _products(g: Value, r: Value, sampled: bool, turned: bool) -> Iterator[tuple[str, Value]]:
    """The usual products, entry by entry first; g is turned where that makes it fit, r where it stands transposed."""
    if r.shape == g.shape or r.rank == 0 or g.rank == 0:
        product = entrywise(lambda a, b: a * b, (g.array, r.array), _NOTHING)
        yield "g ⊙ r", Value(product, g.row)
        if sampled and g.rank:
            yield "Σ g ⊙ r over the samples", _summed(product, -1)
            yield "Σ g ⊙ r over the samples", _summed(product, 0)
    if max(g.rank, r.rank) > 2:
        return
    other, formula = _matrix(r, turned), "rᵀ" if turned else "r"
    for turn_g in (False, True):
        one, said = _matrix(g, turn_g), "gᵀ" if turn_g else "g"
        if same_size(one.shape[1], other.shape[0]):
            yield f"{said} {formula}", Value(contracted(one, other, _NOTHING))
        if same_size(other.shape[1], one.shape[0]):
            yield f"{formula} {said}", Value(contracted(other, one, _NOTHING))


def _matrix(value: Value, turned: bool) -> Array:
    """A value as a matrix: vectors are columns, rows where they are transposed."""
    array = value.array
    if len(array.shape) < 2:
        extra = fresh([*array.indices, *array.expression.free_symbols])
        other = fresh([extra, *array.indices, *array.expression.free_symbols])
        indices = (*array.indices, extra) if array.indices else (other, extra)
        shape = (*array.shape, S.One) if array.shape else (S.One, S.One)
        array = Array(indices, shape, array.expression)
        turned = turned != value.row
    return Array(array.indices[::-1], array.shape[::-1], array.expression) if turned else array


def _summed(array: Array, axis: int) -> Value:
    place = axis % len(array.shape)
    bound = (array.indices[place], array.shape[place])
    rest = [k for k in range(len(array.shape)) if k != place]
    indices, shape = tuple(array.indices[k] for k in rest), tuple(array.shape[k] for k in rest)
    return Value(Array(indices, shape, total(array.expression, bound)))


def random_values(like: np.ndarray, number: int) -> np.ndarray:
    """Numbers away from 0 of both signs, of the same shape."""
    random = np.random.default_rng([7, number])
    return random.uniform(0.3, 1.2, like.shape) * random.choice([-1.0, 1.0], like.shape)
