"""Random models, compiled: loss and every gradient agree with complex steps, away from kinks."""

from __future__ import annotations

import pytest

import symbackprop as sb
from tests.derivation.test_random_models import point
from tests.oracles.random_models import case_of
from tests.oracles.slopes import disagreement, leaves

FEW, MANY, BLOCK = 10, 300, 10


def check(seed: int) -> None:
    case = case_of(seed, 1 + seed % 8)
    truth = point(case.model, case)
    compiled = sb.compile(case.model, wrt=leaves(case.model))
    sizes = {symbol.name: value for symbol, value in case.sizes.items() if symbol.name in compiled.sizes}
    loss, gradients = compiled({name: truth.values[name] for name in leaves(case.model)}, **sizes)
    assert loss == pytest.approx(truth.root, rel=1e-11, abs=1e-11), case
    largest = max(1.0, *(float(abs(slope).max(initial=0.0)) for slope in truth.slopes.values()))
    for name, gradient in gradients.items():
        worst = disagreement(gradient, truth.slopes[name], noise=1e-13 * largest)
        assert worst <= 1e-9, f"the gradient by {name} is off by {worst:.1e} of its largest entry\n{case}"


@pytest.mark.parametrize("block", range(FEW // BLOCK))
def test_random_models(block: int) -> None:
    """Ten models in the default run."""
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        check(seed)


@pytest.mark.long
@pytest.mark.parametrize("block", range(FEW // BLOCK, MANY // BLOCK))
def test_many_random_models(block: int) -> None:
    """Three hundred models together with those of the default run."""
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        check(seed)
