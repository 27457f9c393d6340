r"""The same network with its arrays the other way round: weights in×out for out×in, samples in rows for columns.

Nothing is derived anew: every formula has the same entries, only their places change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from sympy import Expr
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import entry, indices_of, is_adjoint, primal, remade, tensor_of
from symbackprop.model.model import Model
from symbackprop.model.records import Side
from symbackprop.verifying.truths import Truth, direct_name, partial_of

Order = Mapping[str, tuple[int, ...]]
"""For each tensor that is turned, the place where each of its axes stood before."""


def turned_model(model: Model, weights: bool, samples: bool) -> Model:
    """The model with its weights transposed, or its samples on the other side, or both."""
    turned = {tensor.name: (1, 0) for tensor in model.parameters if len(tensor.shape) == 2} if weights else {}
    tensors = tuple(replace(t, shape=t.shape[::-1]) if t.name in turned else t for t in model.tensors)
    equations = tuple(replace(e, expression=_moved(e.expression, turned), sources=()) for e in model.equations)
    cost = None if model.cost is None else replace(model.cost, expression=_moved(model.cost.expression, turned))
    records = model.samples
    if samples and records is not None:
        side: Side = "rows" if records.side == "columns" else "columns"
        records = replace(records, side=side)
    return replace(model, tensors=tensors, equations=equations, cost=cost, samples=records)


def turned_truth(truth: Truth, weights: bool, samples: bool) -> Truth:
    """The truth of the turned model: the same formulas and numbers with their axes in another order."""
    order = _order(truth, weights, samples)
    space = truth.space
    shapes = {name: _axes(shape, order, name) for name, shape in space.shapes.items()}
    definitions = {name: _turned(array, order, name) for name, array in space.definitions.items()}
    facts = tuple(_fact(fact, order) for fact in space.facts)
    points = tuple(
        replace(p, values={name: _numbers(value, order, name) for name, value in p.values.items()})
        for p in truth.points
    )
    known = replace(space, shapes=shapes, facts=facts, definitions=definitions)
    first = {name: _turned(array, order, name) for name, array in truth.first_forms.items()}
    return replace(truth, space=known, points=points, first_forms=first, _local={}, _scrambled={})


def _order(truth: Truth, weights: bool, samples: bool) -> Order:
    found: dict[str, tuple[int, ...]] = {}
    records = truth.derivation.source.samples
    for tensor in truth.model.tensors:
        rank = len(tensor.shape)
        if weights and tensor.role == "parameter" and rank == 2:
            found[tensor.name] = (1, 0)
        if samples and records is not None and tensor.name in truth.derivation.sampled and rank > 1:
            last_first = (rank - 1, *range(rank - 1))
            found[tensor.name] = last_first if records.side == "columns" else (*range(1, rank), 0)
    partials = {name: parts for name in truth.space.definitions if (parts := partial_of(name)) is not None}
    partials |= {direct_name(*parts): parts for parts in partials.values()}
    ranks = {name: len(shape) for name, shape in truth.space.shapes.items()}
    for name, (of, by) in partials.items():
        if name not in ranks:
            continue
        first, second = (found.get(part, tuple(range(ranks[part]))) for part in (of, by))
        found[primal(name) if is_adjoint(name) else name] = (*first, *(ranks[of] + place for place in second))
    return found


def _axes(parts: tuple, order: Order, name: str) -> tuple:
    places = order.get(primal(name) if is_adjoint(name) else name)
    return parts if places is None else tuple(parts[place] for place in places)


def _moved(expr: Expr, order: Order) -> Expr:
    name = tensor_of(expr)
    if name is not None:
        indices = tuple(_moved(i, order) for i in indices_of(expr))
        return entry(name, *_axes(indices, order, name))
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    return remade(expr, (_moved(a, order) if isinstance(a, Expr) or a.args else a for a in expr.args))


def _turned(array: Array, order: Order, name: str) -> Array:
    indices, shape = _axes(array.indices, order, name), _axes(array.shape, order, name)
    return Array(indices, shape, _moved(array.expression, order))


def _numbers(values: np.ndarray, order: Order, name: str) -> np.ndarray:
    places = order.get(primal(name) if is_adjoint(name) else name)
    return values if places is None else np.transpose(values, places)


def _fact(fact: Fact, order: Order) -> Fact:
    places = order.get(fact.tensor)
    return fact if places is None or fact.axis is None else replace(fact, axis=places.index(fact.axis))
