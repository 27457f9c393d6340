r"""A derivation in numbers: what every tensor and every adjoint is, what a step of descent does, and the check."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.drawing import Sizes
from symbackprop.algebra.space import Ranges
from symbackprop.algebra.symbols import adjoint, size
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.numbers import refuse_opaque
from symbackprop.derivation.rates import learning_rate
from symbackprop.derivation.steps import Formula, Step
from symbackprop.errors import DataError, UnknownNameError, UsageError, suggestion
from symbackprop.evaluation.comparison import Comparison, compare
from symbackprop.evaluation.exact import exact_values, fractions_of
from symbackprop.evaluation.fitting import Origins, fit
from symbackprop.evaluation.formulas import Standing
from symbackprop.model.model import Model
from symbackprop.notation.claims.records import rooted
from symbackprop.verifying.by_sample import by_sample
from symbackprop.verifying.points import Point, point_at, with_adjoints

Numbers = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One derivation at one point; arrays have the layout of the model that was swept.

    `values` has every tensor of that model, `adjoints` every adjoint of the derivation by its tensor, in the
    derivation's own convention: of a sampled tensor it is that of one sample's loss (`gradient` is that of the root).
    `updated` are the parameters after one step of descent at `rate`, `loss` and `loss_after` the root before and after
    it (NaN where the step leads too far for it to have a value). `check` compares all gradients with numeric
    derivatives of the forward equations. `one_sample` is the derivation of one sample at the first of the samples. With
    `exact`, entries are fractions in arrays of objects.
    """

    derivation: Derivation
    sizes: Mapping[str, int]
    values: Mapping[str, np.ndarray] = field(repr=False)
    adjoints: Mapping[str, np.ndarray] = field(repr=False)
    rate: float | Fraction
    updated: Mapping[str, np.ndarray] = field(repr=False)
    loss: float | Fraction
    loss_after: float | Fraction
    check: Comparison
    one_sample: Evaluation | None = None
    exact: bool = False

    @property
    def differences(self) -> Mapping[str, float]:
        """By tensor, how far its gradient is from a numeric derivative; see `Comparison`."""
        return self.check.differences

    def gradient(self, name: str) -> np.ndarray:
        """The derivative of the root by each entry of the tensor `name`.

        Raises:
            UnknownNameError: the derivation has none by it.
        """
        if name not in self.adjoints:
            raise UnknownNameError(
                f"this derivation has no gradient by {name}", name=name, fix=suggestion(name, self.adjoints)
            )
        return _gradients(self.derivation, {name: self.adjoints[name]}, self._standing())[name]

    def value_of(self, formula: Step | Formula, ranges: Step | Ranges | None = None) -> np.ndarray:
        """The value of any formula of the derivation, in index notation or in matrices, or of what a step ends with.

        Index notation has an axis for each index in `ranges`, in their order, then one for each other free index in the
        order of the letters. A step has those of its left side, and lends them: `value_of(step.before, step)`. A matrix
        has rows and columns, a vector too (a column), and before them the indices that a ForEach holds. ∂v/∂u is the
        derivative of the equation of v alone.

        Raises:
            UsageError: an index whose range nothing tells, or a name without a value.
        """
        return self._standing().value(formula, ranges)

    def by_sample(self, name: str) -> np.ndarray:
        """What each sample's own loss has as derivative by a tensor that all share, samples along the first axis.

        Their sum, scaled as the cost does and with the derivative of its penalty, is the gradient.

        Raises:
            UsageError: a derivation without samples, or a tensor that does not have such derivatives.
        """
        definitions = by_sample(name, self.derivation)
        if not definitions:
            raise UsageError(f"the samples have no derivatives by {name} of their own", name=name)
        values, standing = dict(self._standing().values), self._standing()
        for key, array in definitions.items():
            values[key] = replace(standing, values=values).entries(array)
        return values[rooted(self.derivation.source.loss, name)]

    def _standing(self) -> Standing:
        one = fractions_of(1) if self.exact else np.asarray(1.0)
        adjoints = {adjoint(name): value for name, value in self.adjoints.items()}
        rate = fractions_of(self.rate) if self.exact else np.asarray(float(self.rate))
        known = {adjoint(self.derivation.root): one, learning_rate(self.derivation.model): rate}
        return Standing(
            self.derivation.space, _numbered(self.sizes), {**known, **self.values, **adjoints}, exact=self.exact
        )


def evaluate(
    derivation: Derivation,
    arrays: Mapping[str, Any],
    sizes: Mapping[str, int] | None = None,
    *,
    rate: float | Fraction = 0.1,
    exact: bool = False,
    origins: Origins | None = None,
) -> Evaluation:
    """The derivation at `arrays`: one for each tensor that no equation gives, over all samples where it has them.

    `sizes` are those that the arrays do not tell. `origins` says from which file an array came, for messages.

    Raises:
        DataError: arrays that do not fit, or at which a tensor or an adjoint has no finite value.
        UsageError: a function without a formula; with `exact`, one that makes no fractions of fractions.
    """
    refuse_opaque(derivation.source)
    given, known = fit(derivation.source, arrays, sizes, origins)
    fractions = {name: fractions_of(arrays[name]) for name in given} if exact else None
    whole = _evaluated(derivation, given, fractions, known, rate)
    if derivation.one_sample is None:
        return whole
    first = {name: _first(array, derivation, name) for name, array in given.items()}
    exactly = None if fractions is None else {n: _first(a, derivation, n) for n, a in fractions.items()}
    return replace(whole, one_sample=_evaluated(derivation.one_sample, first, exactly, known, rate))


def _first(array: np.ndarray, derivation: Derivation, name: str) -> np.ndarray:
    """The array of the first sample; as it is where all samples share it."""
    samples = derivation.source.samples
    if samples is None or name not in derivation.sampled:
        return array
    return array[0] if samples.side == "rows" else array[..., 0]


def _evaluated(
    derivation: Derivation,
    given: Numbers,
    fractions: Numbers | None,
    sizes: Mapping[str, int],
    rate: float | Fraction,
) -> Evaluation:
    model, numbers = derivation.model, _numbered(sizes)
    values, adjoints, kink = _floats(derivation, given, numbers)
    floats = Standing(derivation.space, numbers, {**values, **_by_adjoint(adjoints)})
    check = compare(derivation, given, values, _gradients(derivation, adjoints, floats), sizes, kink)
    if fractions is not None:
        values, adjoints = _fractions(derivation, fractions, numbers)
        rate = _as_fraction(rate)
    made = Evaluation(
        derivation, dict(sizes), values, adjoints, rate, {}, _number(values[model.root]), 0.0, check,
        exact=fractions is not None,
    )  # fmt: skip
    updated = {step.tensor: made.value_of(step) for step in derivation.updates}
    after = _root(model, {**(given if fractions is None else fractions), **updated}, numbers, exact=made.exact)
    return replace(made, updated=updated, loss_after=after)


def _floats(derivation: Derivation, given: Numbers, sizes: Sizes) -> tuple[Numbers, Numbers, float]:
    """The values of all tensors, those of all adjoints, and how far what is compared is from where cases change."""
    compared: list[np.ndarray] = []
    leaves = {name: np.asarray(array, float) for name, array in given.items()}
    point = with_adjoints(point_at(derivation.model, sizes, leaves, compared), derivation)
    order = [*leaves, *(equation.tensor for equation in derivation.model.order)]
    values = {name: _finite(name, point) for name in order}
    kink = min((float(np.min(np.abs(d), initial=math.inf)) for d in compared), default=math.inf)
    return values, {name: _finite(adjoint(name), point) for name in derivation.adjoints}, kink


def _finite(name: str, point: Point) -> np.ndarray:
    value = point.values[name]
    if not np.all(np.isfinite(value)):
        place = tuple(int(p) for p in np.argwhere(~np.isfinite(value))[0])
        at = f"[{', '.join(map(str, place))}]" if place else ""
        raise DataError(
            f"{name}{at} has no finite value at these numbers",
            because="A logarithm or a quotient is undefined there, or a number is too large.",
            fix="Choose other numbers.",
            name=name,
        )
    return value


def _fractions(derivation: Derivation, given: Numbers, sizes: Sizes) -> tuple[Numbers, Numbers]:
    model = derivation.model
    forward = {e.tensor: model.space.definitions[e.tensor] for e in model.order}
    values = {**given, **exact_values(forward, given, sizes, model.functions)}
    backward = {adjoint(name): array for name, array in derivation.adjoints.items()}
    known = {adjoint(derivation.root): fractions_of(1), **values}
    found = exact_values(backward, known, sizes, model.functions)
    return values, {name: found[adjoint(name)] for name in derivation.adjoints}


def _root(model: Model, given: Numbers, sizes: Sizes, *, exact: bool) -> float | Fraction:
    """The root at other parameters; NaN where it has no value: a step may lead too far."""
    if not exact:
        leaves = {name: np.asarray(array, float) for name, array in given.items()}
        return _number(point_at(model, sizes, leaves).values[model.root])
    forward = {e.tensor: model.space.definitions[e.tensor] for e in model.order}
    try:
        return _number(exact_values(forward, given, sizes, model.functions)[model.root])
    except DataError:
        return math.nan


def _gradients(derivation: Derivation, adjoints: Mapping[str, np.ndarray], standing: Standing) -> Numbers:
    """The derivatives of the root: sampled adjoints scaled as the cost does."""
    scale = standing.entries(Array((), (), derivation.scale))
    return {name: array * scale if name in derivation.sampled else array for name, array in adjoints.items()}


def _by_adjoint(adjoints: Mapping[str, np.ndarray]) -> Numbers:
    return {adjoint(name): array for name, array in adjoints.items()}


def _numbered(sizes: Mapping[str, int]) -> dict[Symbol, int]:
    return {size(name): value for name, value in sizes.items()}


def _number(value: np.ndarray) -> Any:
    """The one entry of an array of rank 0."""
    return value.item()


def _as_fraction(rate: float | Fraction) -> Fraction:
    return fractions_of(rate).item()
