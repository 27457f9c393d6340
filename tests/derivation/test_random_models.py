"""Random models: every gradient agrees with complex steps, away from kinks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.sweep import derive
from symbackprop.model.model import Model
from tests.oracles.draws import draw
from tests.oracles.numbers import Numbers, OracleError
from tests.oracles.random_models import Case, case_of, cases, describe
from tests.oracles.slopes import Slopes, disagreement, leaves, slopes, swept

BLOCK = 20
BLOCKS = 30


def point(model: Model, case: Case) -> Slopes:
    """The slopes at data away from every kink at which the model has a value."""
    for attempt in range(50):
        data = draw(model, case.sizes, case.seed + 1_000_003 * attempt)
        try:
            found = slopes(model, case.sizes, data)
        except (OracleError, FloatingPointError):
            continue
        if found.kink > 1e-6:
            return found
    raise AssertionError(f"no point away from kinks for {case}")


def check(case: Case) -> None:
    """Every gradient by every leaf, of one sample's loss and of the cost; 1/m in either place by turns."""
    place = "adjoints" if case.seed % 2 else "parameters"
    derivation = derive(case.model, wrt=leaves(case.model), checks=False, one_over_m=place)
    compare(case, case.model, derivation)
    if derivation.one_sample is not None:
        compare(case, replace(case.model, samples=None, cost=None), derivation.one_sample)


def compare(case: Case, model: Model, derivation: Derivation) -> None:
    truth = point(model, case)
    assert derivation.root == model.root
    values = swept(derivation.adjoints, derivation.root, case.sizes, truth.values, model.functions)
    scale = float(Numbers(case.sizes, {}).value(derivation.scale, {}))
    largest = max(1.0, *(float(abs(value).max(initial=0.0)) for value in values.values()))
    for name in leaves(case.model):
        expected = truth.slopes[name] / (scale if name in derivation.sampled else 1.0)
        worst = disagreement(values[name], expected, noise=1e-14 * largest)
        assert worst <= 1e-10, (
            f"∂{model.root}/∂{name}{list(derivation.adjoints[name].indices)} = "
            f"{derivation.adjoints[name].expression}\nis off by {worst:.1e} of its largest entry, "
            f"where ∂J of a sample counts {derivation.scale}\n{case}"
        )


@settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(cases())
def test_gradients_of_random_models(case: Case) -> None:
    """Ten random models in the default run; the long run has six hundred."""
    check(case)


@pytest.mark.long
@pytest.mark.parametrize("block", range(BLOCKS))
def test_gradients_of_many_random_models(block: int) -> None:
    """Six hundred random models, by their numbers."""
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        check(case_of(seed, 1 + seed % 8))


@pytest.mark.long
def test_the_models_differ() -> None:
    """At least 500 of the six hundred are different models."""
    assert len({describe(case_of(seed, 1 + seed % 8).model) for seed in range(BLOCK * BLOCKS)}) >= 500
