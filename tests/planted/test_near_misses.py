"""Near misses: what is false by complex steps is never proved, what is true is never refuted."""

from __future__ import annotations

import numpy as np
import pytest

from tests.planted.near_misses.changes import Written, changes_of
from tests.planted.near_misses.claims import MODELS, claims_of, model_of
from tests.planted.near_misses.figures import Figures, outcomes
from tests.planted.near_misses.worlds import worlds_of

PARTS = 6
FEW = ("001_line", "000_two_layer_sigmoid")


def checked(count: int, seed: int, models: tuple[str, ...]) -> Figures:
    figures = Figures()
    said = [str(outcome) for outcome in outcomes(count, seed, models) if figures.count(outcome) == "false"]
    assert said == []
    return figures


def test_a_few_near_misses() -> None:
    """No false proof and no false refutation among the first of two models."""
    figures = checked(4 * len(MODELS), 3, FEW)
    assert figures.total == 4 * len(FEW)
    assert figures.diagnosed["named"] > figures.diagnosed["none"]


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_near_misses_over_all_models(part: int) -> None:
    """One or two of each model; in parts, so that workers can share them."""
    figures = checked(100, 4, tuple(MODELS)[part::PARTS])
    assert figures.total >= 90 // PARTS


def test_changes_are_small_and_not_the_claim() -> None:
    """Each change of a claim is told by its kind, and none gives the claim back."""
    claim = Written("dz1", "W2ᵀ dz2 ⊙ σ'(z1)", False, (("z1", "a1"), ("dz1", "da1")), "m")
    found = {change.text: change.kind for change in changes_of(claim)}
    assert claim.text not in found
    assert found["dz1 = -W2ᵀ dz2 ⊙ σ'(z1)"] == "sign"
    assert found["dz1 = W2 dz2 ⊙ σ'(z1)"] == "transpose"
    assert found["dz1 = W2ᵀ dz2 ⊙ σ(z1)"] == "function"
    assert found["dz1 = W2ᵀ dz2 ⊙ σ'(a1)"] == "name"
    assert found["dz1 = W2ᵀ dz2 @ σ'(z1)"] == "product"
    assert found["dz1 = W2ᵀ dz2"] == "factor dropped"


@pytest.mark.parametrize("name", ["rnn", "batch_norm"])
def test_worlds_have_sizes_of_one_and_two(name: str) -> None:
    """Sizes 1 and 2 among others, and the derivatives of all entries that a forward pass by itself gives."""
    worlds = worlds_of(model_of(name), "all samples")
    counts = [set(world.sizes.values()) for world in worlds]
    assert {1} in counts
    assert {2} in counts
    assert max(map(max, counts)) > 2
    for world in worlds[:2]:
        root = world.named(f"∂{world.root}", {})
        assert np.allclose(root, 1)


TOLD_APART = ("conv1d_depthwise", "mlp")
"""Models where an axis is shorter than its size, and where all sizes are numbers: these in the fast run too."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in TOLD_APART else pytest.mark.long) for name in MODELS]
)
def test_worlds_tell_indices_apart(name: str) -> None:
    """Each axis of symbolic length has more than one entry at some world, else a wrong index there would seem right."""
    worlds = worlds_of(model_of(name), "one sample")
    for tensor in worlds[0].model.tensors:
        lengths = zip(*(world.shapes[tensor.name] for world in worlds), strict=True)
        for extent, counts in zip(tensor.shape, lengths, strict=True):
            assert max(counts) > 1 or not extent.free_symbols, (tensor.name, extent)


def test_every_model_has_right_claims() -> None:
    for name in FEW:
        claims = claims_of(name)
        assert len(claims) > 8
        assert {claim.is_latex for claim in claims} == {True, False}
