"""Each layer and its options: values and compiled gradients beside the functions written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import symbackprop as sb
from tests.layers import by_hand as hand
from tests.layers.cases import CASES, Case
from tests.model.values import forward
from tests.oracles.draws import draw
from tests.oracles.slopes import disagreement

STEP = 1e-30


def plain(data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The parts of the output `h` by their own names."""
    return {name.removeprefix("h."): value for name, value in data.items()}


def slope(function: hand.Forward, data: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The derivative of the summed cubes of the output by each entry, by complex steps."""
    found = np.zeros(data[name].shape)
    for place in np.ndindex(*found.shape):
        moved = {key: value.astype(complex) if value.dtype.kind == "f" else value for key, value in data.items()}
        moved[name][place] += 1j * STEP
        found[place] = (function(plain(moved)) ** 3).sum().imag / STEP
    return found


def trials(case: Case, model: sb.Model):
    """For each choice of sizes the numbers, as drawn and adjusted; integers as such."""
    for seed, chosen in enumerate(case.sizes):
        sizes = dict(zip(sb.sizes(" ".join(chosen)), chosen.values(), strict=True))
        data = draw(model, sizes, seed, case.below)
        case.adjust(data)
        data.update({name: data[name].astype(int) for name in case.integers})
        yield sizes, data


@pytest.mark.parametrize("name", CASES)
def test_text_and_python_make_one_model(name: str) -> None:
    """A call in text and the record in Python have the same tensors and equations."""
    assert repr(CASES[name].in_python()) == repr(sb.parse(CASES[name].text))


@pytest.mark.parametrize("name", CASES)
def test_values(name: str) -> None:
    """The output has the shape and the values of the function by hand, to 1e-12."""
    case = CASES[name]
    model = sb.parse(case.text)
    for sizes, data in trials(case, model):
        expected = case.forward(plain(data))
        found = forward(model, sizes, data)["h"]
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, np.real(expected), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_compiled_gradients(name: str) -> None:
    """The compiled gradients, the inputs' too, are complex steps through the function by hand, to 1e-9."""
    case = CASES[name]
    model = sb.parse(case.text)
    wrt = [t.name for t in model.tensors if t.role in ("parameter", "input") and t.name not in case.integers]
    wrt = [name for name in wrt if name not in ("mask", "h.mask")]
    compiled = sb.compile(model, wrt=wrt)
    for _, data in trials(case, model):
        loss, gradients = compiled(data)
        assert loss == pytest.approx(float((case.forward(plain(data)) ** 3).sum().real), rel=1e-11, abs=1e-12)
        for leaf in wrt:
            assert disagreement(gradients[leaf], slope(case.forward, data, leaf)) <= 1e-9, leaf
