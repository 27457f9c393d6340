r"""The derivative of a model's root by complex steps, and the numbers that a sweep's adjoint arrays give.

For an analytic f, \(f'(x) = \operatorname{Im} f(x + ih)/h\) up to h², and with h = 1e-30 that is the last digit: no
difference is taken, so nothing cancels. Each entry of each leaf gets a lane of its own (see `tests.oracles.numbers`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import ADJOINT, tensor_of
from tests.oracles.numbers import STEP, Numbers, OracleError, Rule

Sizes = Mapping[Symbol, int]
Data = Mapping[str, np.ndarray]
Opaque = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True)
class Slopes:
    """The root's value, every tensor's value, the slope by every leaf asked for, and the distance to the next kink."""

    root: float
    values: dict[str, np.ndarray]
    slopes: dict[str, np.ndarray]
    kink: float


def numbers_of(shape: Iterable[Expr], sizes: Sizes) -> tuple[int, ...]:
    """A shape in numbers."""
    reader = Numbers(sizes, {})
    return tuple(reader.integer(extent, {}) for extent in shape)


def reads(expr: Expr) -> set[str]:
    """The names of the tensors that stand in `expr`."""
    return {name for symbol in expr.atoms(Symbol) if (name := tensor_of(symbol))}


@lru_cache(maxsize=256)
def sampled_tensors(model: Any) -> frozenset[str]:
    """The tensors that have one value per sample: inputs, targets, and all that reads one of them."""
    if model.samples is None:
        return frozenset()
    sampled = {t.name for t in model.tensors if t.role in ("input", "target")} | {model.loss}
    grown = True
    while grown:
        more = {e.tensor for e in model.equations if reads(e.expression) & sampled} - sampled
        sampled |= more
        grown = bool(more)
    return frozenset(sampled)


def whole_shapes(model: Any, sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor in numbers, samples included."""
    sampled = sampled_tensors(model)
    shapes = {t.name: numbers_of(t.shape, sizes) for t in model.tensors}
    if model.samples is None:
        return shapes
    (count,) = numbers_of((model.samples.size,), sizes)
    for name in sampled:
        shape = shapes[name]
        shapes[name] = (count, *shape) if model.samples.side == "rows" else (*shape, count)
    return shapes


def leaves(model: Any) -> tuple[str, ...]:
    """The tensors that no equation defines."""
    return tuple(t.name for t in model.tensors if t.role not in ("intermediate", "loss", "cost"))


def _rules(model: Any, sizes: Sizes) -> dict[str, Rule]:
    sampled, shapes = sampled_tensors(model), whole_shapes(model, sizes)
    rules = {}
    for equation in model.equations:
        axis = None
        if equation.tensor in sampled:
            axis = 0 if model.samples.side == "rows" else len(shapes[equation.tensor]) - 1
        rules[equation.tensor] = Rule(equation.indices, shapes[equation.tensor], equation.expression, axis)
    if model.cost is not None:
        rules[model.cost.tensor] = Rule((), (), model.cost.expression)
    return rules


def running(model: Any, sizes: Sizes, stored: Mapping[str, np.ndarray], opaque: Opaque) -> Numbers:
    axis = 0 if model.samples is not None and model.samples.side == "rows" else -1
    sampled = dict.fromkeys(sampled_tensors(model), axis)
    return Numbers(sizes, dict(stored), _rules(model, sizes), sampled, model.functions, opaque)


def slopes(model: Any, sizes: Sizes, data: Data, wrt: Iterable[str] | None = None, opaque: Opaque = {}) -> Slopes:  # noqa: B006 read only
    """The root and its slope by each entry of the leaves in `wrt` (default: all that are not integers).

    Errors: OracleError or FloatingPointError where the model has no finite value at `data`.
    """
    integers = {t.name for t in model.tensors if t.integer}
    wrt = [name for name in leaves(model) if name not in integers] if wrt is None else list(wrt)
    lanes = 1 + sum(data[name].size for name in wrt)
    stored = {name: np.repeat(np.asarray(array, complex)[..., None], lanes, axis=-1) for name, array in data.items()}
    first = 1
    for name in wrt:
        flat = stored[name].reshape(-1, lanes)
        flat[np.arange(data[name].size), first + np.arange(data[name].size)] += STEP * 1j
        first += data[name].size
    with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
        numbers = running(model, sizes, stored, opaque)
        root = np.broadcast_to(numbers.array(model.root), (lanes,))
        values = {name: numbers.array(name)[..., 0].real for name in numbers.rules}
    if not np.all(np.isfinite(root)):
        raise OracleError("the root is not finite")
    found, first = {}, 1
    for name in wrt:
        found[name] = root[first : first + data[name].size].imag.reshape(data[name].shape) / STEP
        first += data[name].size
    return Slopes(float(root[0].real), {**data, **values}, found, numbers.kink)


def swept(
    adjoints: Mapping[str, Array],
    root: str,
    sizes: Sizes,
    values: Data,
    functions: Any,
    opaque: Opaque = {},  # noqa: B006 read only
) -> dict[str, np.ndarray]:
    """Every adjoint array in numbers: each reads the forward `values` and the other adjoints, the root's being 1."""
    stored = {name: np.asarray(array, complex)[..., None] for name, array in values.items()}
    rules = {
        ADJOINT + name.removeprefix(ADJOINT): Rule(a.indices, numbers_of(a.shape, sizes), a.expression)
        for name, a in adjoints.items()
    }
    if ADJOINT + root not in rules:
        stored[ADJOINT + root] = np.ones(1, complex)
    numbers = Numbers(sizes, stored, rules, functions=functions, opaque=opaque)
    with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
        return {name.removeprefix(ADJOINT): numbers.array(name)[..., 0].real for name in rules}


def disagreement(found: np.ndarray, expected: np.ndarray, noise: float = 0.0) -> float:
    """The largest difference over the largest entry expected; `noise` is a difference that rounding alone can make."""
    if found.shape != expected.shape:
        return math.inf
    difference = float(np.max(np.abs(found - expected), initial=0.0))
    if difference <= noise:
        return 0.0
    largest = float(np.max(np.abs(expected), initial=0.0))
    return difference / largest if largest else math.inf
