"""Random models: every gradient agrees with complex steps, away from kinks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, note, settings

from symbackprop.derivation.sweep import derive
from tests.oracles.draws import draw
from tests.oracles.numbers import Numbers, OracleError
from tests.oracles.random_models import Case, cases
from tests.oracles.slopes import Slopes, disagreement, leaves, slopes, swept

FEW = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
MANY = settings(FEW, max_examples=600)


def point(case: Case) -> Slopes | None:
    """The slopes at data away from every kink at which the model has a value."""
    for attempt in range(20):
        data = draw(case.model, case.sizes, case.seed + 1000 * attempt)
        try:
            found = slopes(case.model, case.sizes, data)
        except (OracleError, FloatingPointError):
            continue
        if found.kink > 1e-6:
            return found
    return None


def check(case: Case) -> None:
    """Every gradient by every leaf, samples or not, under both places of 1/m."""
    truth = point(case)
    assume(truth is not None)
    note(repr(case))
    names = leaves(case.model)
    for place in ("adjoints", "parameters") if case.model.samples is not None else ("adjoints",):
        derivation = derive(case.model, wrt=names, checks=False, one_over_m=place)
        values = swept(derivation.adjoints, derivation.root, case.sizes, truth.values, case.model.functions)
        scale = Numbers(case.sizes, {}).value(derivation.scale, {})
        largest = max(1.0, *(float(abs(value).max(initial=0.0)) for value in values.values()))
        for name in names:
            expected = truth.slopes[name] / (float(scale) if name in derivation.sampled else 1.0)
            worst = disagreement(values[name], expected, noise=1e-14 * largest)
            assert worst <= 1e-10, (
                f"∂{name}{derivation.gradient(name).indices} = {derivation.gradient(name).expression}\n"
                f"is off by {worst:.1e} of its largest entry, 1/m at the {place}\n{case}"
            )


@FEW
@given(cases())
def test_gradients_of_random_models(case: Case) -> None:
    """A hundred random models in the default run."""
    check(case)


@pytest.mark.long
@MANY
@given(cases())
def test_gradients_of_many_random_models(case: Case) -> None:
    """Six hundred random models."""
    check(case)
