r"""What each sample adds to the gradient of one tensor, in numbers: \(\partial L_s / \partial W\) for every s."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.matrices.grammar import Constant, Leaf, Matrix, Product, Scale, Transpose
from symbackprop.algebra.proving.arithmetic import FLOATS
from symbackprop.algebra.proving.evaluate import Computed, Environment, integer_of, value_of
from symbackprop.algebra.symbols import adjoint, primal
from symbackprop.derivation.derivation import Derivation, counted
from symbackprop.derivation.numbers import checked_arrays, refuse_opaque
from symbackprop.derivation.sweep import derive
from symbackprop.errors import DataError, UsageError
from symbackprop.model.model import Model


@dataclass(frozen=True, slots=True, repr=False)
class BySample:
    """The gradient of `tensor` put together from its samples.

    `derivation` is that of the cost, its `one_sample` that of each loss. `values` has what the contributions are made
    of: data, and the tensors and adjoints that the adjoint of `tensor` reads, each with the samples along its first
    axis. `contributions` has the samples along its first axis too; `total` is their sum, `gradient` that of the root.
    `factors` are the matrices, with their entries, of which the gradient is the product; none without such a form.
    """

    tensor: str
    derivation: Derivation
    values: Mapping[str, np.ndarray]
    contributions: np.ndarray
    total: np.ndarray
    gradient: np.ndarray
    factors: tuple[tuple[Matrix, np.ndarray], ...]

    @property
    def count(self) -> int:
        return len(self.contributions)

    def __repr__(self) -> str:
        root, count = self.derivation.root, counted(self.count, "sample")
        return f"<BySample: what each of {count} adds to the gradient of {root} with respect to {self.tensor}>"


def contributions(model: Model, name: str, arrays: Mapping[str, Any]) -> BySample:
    """What each sample adds to the gradient of the tensor `name`.

    `arrays` gives data and parameters by name, data with the samples where the model has them.

    Raises:
        UsageError: a model without samples, a tensor with an entry for each of them, or a function without a formula.
        UnknownNameError: a tensor that the model lacks.
        DataError: arrays that do not fit.
    """
    if model.samples is None:
        raise UsageError(
            f"{model.name} has no samples", fix="Say where they stand, as in: samples m in columns.", name=model.name
        )
    refuse_opaque(model)
    derivation = derive(model, [name])
    batch, single = derivation.model, derivation.one_sample
    assert single is not None
    if name in derivation.sampled:
        raise UsageError(
            f"{name} has an entry for each sample, so no sample adds to another's",
            fix=f"Choose a parameter: {', '.join(tensor.name for tensor in model.parameters)}.",
            name=name,
        )
    given, sizes = _fitting(batch, arrays)
    count = integer_of(model.samples.size, Environment({}, sizes, FLOATS), dict(sizes))
    data = [t.name for t in single.model.tensors if t.role in ("input", "target")]
    read = tensors_in(single.adjoints[name].expression) - set(data)
    shown = [n for n in single.space.shapes if n in read and single.model.tensor(primal(n)).role != "parameter"]
    wanted = [*data, *shown, adjoint(name)]
    rows = [_computed(single, dict(_sample(model, given, s)), sizes, wanted) for s in range(count)]
    values = {n: np.array([row[n] for row in rows]) for n in wanted}
    own = values.pop(adjoint(name))
    whole = _computed(derivation, given, sizes, [adjoint(name)])[adjoint(name)]
    return BySample(name, derivation, values, own, own.sum(axis=0), whole, _factors(derivation, given, sizes, name))


def _factors(
    derivation: Derivation, arrays: Mapping[str, np.ndarray], sizes: Mapping[Symbol, int], name: str
) -> tuple[tuple[Matrix, np.ndarray], ...]:
    """The factors of the gradient's matrix form, each a number, a tensor or the transpose of one."""
    form = derivation.matrix(name)
    factors: list[Matrix] = []
    while isinstance(form, Scale):
        factors.append(form.by)
        form = form.of
    factors += form.factors if isinstance(form, Product) else [form] if form is not None else []
    found = []
    for factor in factors:
        of = factor.of if isinstance(factor, Transpose) else factor
        if isinstance(of, Constant):
            value = np.array([[float(value_of(of.value, Environment({}, sizes, FLOATS), dict(sizes)))]])
        elif isinstance(of, Leaf) and not of.fixed:
            value = _computed(derivation, arrays, sizes, [of.name])[of.name]
            value = value.reshape(*value.shape, *(1,) * (2 - value.ndim))
        else:
            return ()
        found.append((factor, value.T if isinstance(factor, Transpose) else value))
    return tuple(found)


def _sample(model: Model, arrays: Mapping[str, np.ndarray], which: int) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of one sample."""
    assert model.samples is not None
    ranks = {tensor.name: len(tensor.shape) for tensor in model.tensors}
    for name, array in arrays.items():
        if array.ndim > ranks[name]:
            array = array[which] if model.samples.side == "rows" else array[..., which]
        yield name, array


def _computed(
    derivation: Derivation, arrays: Mapping[str, np.ndarray], sizes: Mapping[Symbol, int], wanted: list[str]
) -> dict[str, np.ndarray]:
    """The values of tensors and adjoints, each from its definition."""
    defined = {step.tensor: step.array for step in derivation.forward if step.array is not None}
    defined |= {adjoint(name): array for name, array in derivation.adjoints.items()}
    known = {**arrays, **{name: Computed(array, sizes) for name, array in defined.items()}}
    env = Environment(known, sizes, FLOATS, derivation.model.functions)
    found = {}
    for name in wanted:
        value = known[name]
        shape = _shape(value.array, env) if isinstance(value, Computed) else value.shape
        found[name] = np.empty(shape)
        for place in np.ndindex(shape):
            found[name][place] = _at(name, value, place, env)
    return found


def _shape(array: Array, env: Environment) -> tuple[int, ...]:
    return tuple(integer_of(extent, env, dict(env.sizes)) for extent in array.shape)


def _at(name: str, value: Any, place: tuple[int, ...], env: Environment) -> float:
    try:
        found = float(value.at(place, env) if isinstance(value, Computed) else value[place])
    except (ArithmeticError, ValueError) as error:
        found, because = math.nan, f"{error}."
    else:
        because = "It is too large." if math.isinf(found) else ""
    if not math.isfinite(found):
        raise DataError(f"{name} has no real value at these data", because=because, fix="Check the data.", name=name)
    return found


def _fitting(model: Model, arrays: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[Symbol, int]]:
    """The arrays of a batch, and the sizes that they tell; each array of the shape that the model says."""
    leaves = [tensor for tensor in model.tensors if not model.defines(tensor.name)]
    sizes: dict[Symbol, int] = {}
    for tensor in leaves:
        shape = np.shape(arrays.get(tensor.name, ()))
        if len(shape) == len(tensor.shape):
            plain = [(e, length) for e, length in zip(tensor.shape, shape, strict=True) if isinstance(e, Symbol)]
            for extent, length in plain:
                sizes.setdefault(extent, length)
    missing = sorted({s.name for t in model.tensors for e in t.shape for s in e.free_symbols if s not in sizes})
    if missing and all(tensor.name in arrays for tensor in leaves):
        raise DataError(f"the arrays do not tell the size {missing[0]}", fix="Give sizes as numbers.", name=missing[0])
    return checked_arrays(model, sizes, arrays), sizes
