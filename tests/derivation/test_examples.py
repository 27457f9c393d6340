"""Every gradient of every example, inputs too, agrees with complex steps, at several sizes and in both conventions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.symbols import size
from symbackprop.derivation.derivation import Derivation
from symbackprop.notation.conventions import Stand
from tests.oracles.draws import draw
from tests.oracles.numbers import Numbers
from tests.oracles.slopes import Slopes, disagreement, leaves, slopes, swept

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.model"), key=str)
NAMES = ("n", "h", "h1", "h2", "k", "m")
SIZES = [(1, 1, 1, 1, 1, 1), (3, 2, 4, 2, 3, 2), (2, 5, 1, 3, 2, 4)]
OPAQUE = {"f": lambda x: x**3 / 5 + np.sin(x)}


def at_a_smooth_point(model: sb.Model, sizes: dict, seed: int) -> Slopes:
    """The slopes at random data that are away from kinks."""
    for attempt in range(50):
        opaque = OPAQUE if model.functions.get("f") else {}
        found = slopes(model, sizes, draw(model, sizes, seed + attempt), leaves(model), opaque)
        if found.kink > 1e-3:
            return found
    raise AssertionError("no point away from kinks")


@cache
def derived(path: Path, place: Stand) -> tuple[sb.Model, Derivation]:
    """An example and its derivation, once for all sizes."""
    model = sb.load(path)
    return model, sb.derive(model, wrt=leaves(model), one_over_m=place)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
@pytest.mark.parametrize("place", ["parameters", "adjoints"])
@pytest.mark.parametrize("extents", SIZES, ids=str)
def test_gradients(path: Path, place: Stand, extents: tuple[int, ...]) -> None:
    """The example's gradients, of one sample's loss and of the cost, to 1e-10 of the largest entry."""
    sizes = {size(name): extent for name, extent in zip(NAMES, extents, strict=True)}
    model, whole = derived(path, place)
    pairs = [(model, whole)]
    if whole.one_sample is not None:
        pairs.append((replace(model, samples=None, cost=None), whole.one_sample))
    for source, derivation in pairs:
        truth = at_a_smooth_point(source, sizes, seed=sum(extents))
        opaque = OPAQUE if model.functions.get("f") else {}
        found = swept(derivation.adjoints, derivation.root, sizes, truth.values, model.functions, opaque)
        scale = float(Numbers(sizes, {}).value(derivation.scale, {}))
        for name in leaves(source):
            expected = truth.slopes[name] / (scale if name in derivation.sampled else 1.0)
            assert disagreement(found[name], expected, noise=1e-13) <= 1e-10, name
