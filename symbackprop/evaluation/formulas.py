r"""The value of any formula of a derivation: entry by entry or in matrices, with whatever stands free in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, KroneckerDelta, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, apart, free_indices, fresh, replaced
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.matrices.grammar import ForEach, Leaf, Matrix
from symbackprop.algebra.matrices.lowering import lower
from symbackprop.algebra.proving.arithmetic import EXACT, FLOATS
from symbackprop.algebra.proving.drawing import Sizes, extents_at
from symbackprop.algebra.proving.evaluate import Environment, value_of
from symbackprop.algebra.proving.grids import check_cells, grids_of
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import BINDERS, Partial, body_of, bounds_of, indices_of, primal, tensor_of, text_of
from symbackprop.derivation.steps import Formula, Step
from symbackprop.errors import UsageError


@dataclass(frozen=True, slots=True)
class Standing:
    """What the names in a formula mean: `values` of tensors and of adjoints, `∂W1`, at `sizes`, in a model's `space`.

    Values are floats, or with `exact` fractions in arrays of objects.
    """

    space: Space
    sizes: Sizes
    values: Mapping[str, Any] = field(repr=False)
    exact: bool = False

    def value(self, formula: Step | Formula, ranges: Step | Ranges | None = None) -> np.ndarray:
        """The value of what a step ends with, or of a formula, in an array.

        Index notation has an axis for each index in `ranges` (or on the left of that step), in their order, then for
        each other free index by its letter; a matrix its rows and columns, with the indices of a ForEach before them. A
        step has the axes of its left side.

        Raises:
            UsageError: a free index whose range nothing tells, or a name without a value.
        """
        axes = ranges_of(ranges.left, self.space) if isinstance(ranges, Step) else ranges
        array = array_of(formula, self.space, axes)
        return self.entries(Array(array.indices, array.shape, with_slopes(array.expression, self.space)))

    def entries(self, array: Array) -> np.ndarray:
        """All entries of an array.

        Raises:
            UsageError: a name without a value.
            ArithmeticError: an entry without a value, where entries are exact; of floats it is NaN.
        """
        try:
            return self._one_by_one(array, EXACT) if self.exact else self._at_once(array)
        except KeyError as error:
            raise UsageError(f"{array.expression} has no number", because=f"{error.args[0]}.") from None

    def _at_once(self, array: Array) -> np.ndarray:
        grids = grids_of(self.sizes, self.values, self.space.functions)
        try:
            return grids.array(array)
        except KeyError:  # a sum over no box
            return self._one_by_one(array, FLOATS)

    def _one_by_one(self, array: Array, arithmetic: Any) -> np.ndarray:
        shape = extents_at(array.shape, self.sizes)
        check_cells(shape)
        env = Environment(self.values, self.sizes, arithmetic, self.space.functions)
        found = np.empty(shape, object if self.exact else float)
        for place in np.ndindex(shape):
            scope = {**self.sizes, **dict(zip(array.indices, place, strict=True))}
            found[place] = value_of(array.expression, env, scope)
        return found


def ranges_of(left: Formula, space: Space) -> dict[Symbol, Expr]:
    """The free indices of a left side, in the order in which they stand there: of ∂v[p]/∂u[i] p, then i."""
    if isinstance(left, Leaf):
        held = zip(left.fixed, space.shapes.get(left.name, ()), strict=False)
        return {place: extent for place, extent in held if isinstance(place, Symbol)}
    if isinstance(left, Matrix):
        return {}
    read = (left.of, left.by) if isinstance(left, Partial) else (left,)
    found: dict[Symbol, Expr] = {}
    for part in read:
        for place, extent in zip(indices_of(part), _shape(part, space), strict=False):
            if isinstance(place, Symbol) and not place.is_positive:
                found.setdefault(place, extent)
    return found


def array_of(formula: Step | Formula, space: Space, ranges: Ranges | None = None) -> Array:
    """A formula entry by entry, with an axis for each index that is free in it; see `Standing.value`."""
    if isinstance(formula, Step):
        return array_of(formula.after, space, ranges_of(formula.left, space) if ranges is None else ranges)
    if isinstance(formula, Matrix):
        return _array_of_matrix(formula, space, ranges or {})
    told = {**told_ranges(formula, space), **(ranges or {})}
    free = sorted((s for s in free_indices(formula) if not s.is_positive), key=str)
    unknown = [s for s in free if s not in told]
    if unknown:
        raise UsageError(f"nothing tells the range of {unknown[0]} in {formula}", fix="Give its size.")
    axes = {**(ranges or {}), **{s: told[s] for s in free if s not in (ranges or {})}}
    return Array(tuple(axes), tuple(axes.values()), formula)


def _array_of_matrix(matrix: Matrix, space: Space, ranges: Ranges) -> Array:
    held = matrix.indices if isinstance(matrix, ForEach) else ()
    taken = {*held, *space.sizes, *(s for extent in matrix.shape for s in free_indices(extent))}
    row = fresh(taken)
    column = fresh({*taken, row})
    entry = lower(matrix, (*held, row, column), space)
    told = {**told_ranges(entry, space), **ranges}
    unknown = [s for s in held if s not in told]
    if unknown:
        raise UsageError(f"nothing tells the range of {unknown[0]}", fix="Give its size.")
    return Array((*held, row, column), (*(told[s] for s in held), *matrix.shape), entry)


def told_ranges(expr: Expr, space: Space) -> dict[Symbol, Expr]:
    """The ranges of the free indices that stand alone as an index of an entry, or are compared with one by a delta."""
    found: dict[Symbol, Expr] = {}
    deltas: list[Any] = []
    _gather(expr, space, {}, found, deltas)
    for _ in deltas:  # one delta may tell the next one
        for one, other in deltas:
            for here, there in ((one, other), (other, one)):
                if isinstance(here, Symbol) and there in found:
                    found.setdefault(here, found[there])
    return found


def _gather(expr: Any, space: Space, bound: Mapping[Any, Expr], found: dict[Any, Expr], deltas: list[Any]) -> None:
    if isinstance(expr, BINDERS):
        _gather(body_of(expr), space, {**bound, **dict(bounds_of(expr))}, found, deltas)
        return
    if isinstance(expr, KroneckerDelta):
        deltas.append(expr.args)
        for here, there in (expr.args, expr.args[::-1]):
            if isinstance(here, Symbol) and here not in bound and there in bound:
                found.setdefault(here, bound[there])
    if isinstance(expr, Indexed):
        for place, extent in zip(expr.indices, _shape(expr, space), strict=False):
            if isinstance(place, Symbol) and place not in bound:
                found.setdefault(place, extent)
    for part in expr.indices if isinstance(expr, Indexed) else expr.args:
        _gather(part, space, bound, found, deltas)


def _shape(part: Expr, space: Space) -> tuple[Expr, ...]:
    name = str(tensor_of(part))
    return space.shapes.get(name) or space.shapes.get(primal(name), ())


def with_slopes(expr: Expr, space: Space) -> Expr:
    """The formula with each ∂v/∂u in it replaced by the derivative of the equation of v by u."""
    slopes: dict[Expr, Expr] = {part: _slope(part, space) for part in sorted(expr.atoms(Partial), key=text_of)}
    return replaced(expr, slopes) if slopes else expr


def _slope(part: Partial, space: Space) -> Expr:
    of, by = str(tensor_of(part.of)), str(tensor_of(part.by))
    if of not in space.definitions:
        raise UsageError(f"{of} has no equation to be derived", name=of)
    places = {s for place in (*indices_of(part.of), *indices_of(part.by)) for s in all_symbols(place)}
    definition = apart(space.definitions[of].at(*indices_of(part.of)), places)
    return derivative(definition, by, indices_of(part.by))
