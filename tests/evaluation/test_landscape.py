"""The loss over one or two weights, beside functions written by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.evaluation.evaluation import Evaluation, evaluate
from symbackprop.evaluation.landscape import landscape

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LINE = "input x[2]\ntarget y[1]\nparameter w[1,2]\nz = w x\nloss L = squared_error(z, y)"
DOUBLE_WELL = "parameter u, v\nloss L = (u^2 - 1)^2 + v^2"
ONE = "parameter u\nloss L = (u^2 - 1)^2"


def at(text: str, **arrays: object) -> Evaluation:
    return evaluate(sb.derive(sb.parse(text), checks=False), arrays)


def test_two_wells() -> None:
    """From u = 0.5 the descent leads to u = 1, from its opposite to u = -1; the losses are those of the formula."""
    found = landscape(at(DOUBLE_WELL, u=0.5, v=0.8))
    assert found is not None
    u, v = np.meshgrid(*found.axes, indexing="ij")
    np.testing.assert_allclose(found.losses, (u**2 - 1) ** 2 + v**2, rtol=1e-12)
    assert [tuple(path[0, :2]) for path in found.paths] == [(0.5, 0.8), (-0.5, -0.8)]
    spans = [float(np.ptp(axis)) for axis in found.axes]
    ends = [found.minima[end] for end in found.ends if end is not None]
    assert len(found.minima) == 2
    assert [round(end[0] / spans[0] * 20) for end in ends] == [round(sign / spans[0] * 20) for sign in (1, -1)]
    assert all(abs(end[1]) < spans[1] / 20 for end in ends)


def test_steps_are_those_of_gradient_descent() -> None:
    """Each step goes against the gradient, times the rate, and is written with the loss where it stands."""
    found = landscape(at(DOUBLE_WELL, u=0.5, v=0.8))
    assert found is not None
    for path in found.paths:
        u, v, loss = path.T
        np.testing.assert_allclose(loss, (u**2 - 1) ** 2 + v**2, rtol=1e-12)
        np.testing.assert_allclose(np.diff(u), -found.rate * (4 * u * (u**2 - 1))[:-1], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(np.diff(v), -found.rate * (2 * v)[:-1], rtol=1e-9, atol=1e-12)
        assert np.all(np.diff(loss) <= 0)


def test_one_weight() -> None:
    """A model with a single parameter has a curve, with both its minima at ±1 where they are in sight."""
    found = landscape(at(ONE, u=-1.6))
    assert found is not None
    assert found.weights == (("u", ()),)
    np.testing.assert_allclose(found.losses, (found.axes[0] ** 2 - 1) ** 2, rtol=1e-12)
    step = float(found.axes[0][1] - found.axes[0][0])
    assert found.ends == (0,)
    assert found.minima[0][0] == pytest.approx(-1, abs=step)


def test_a_valley_without_an_end_has_no_minimum() -> None:
    """exp(-u) falls for ever."""
    found = landscape(at("parameter u, v\nloss L = exp(-u) + v^2", u=0.5, v=0.8))
    assert found is not None
    assert (found.minima, found.ends) == ((), (None, None))


def test_other_weights_stay() -> None:
    """Of the second seed's network the first and the last weights move; all else is as given, by NumPy."""
    derivation = sb.derive(sb.load(EXAMPLES / "001_linear_1_1_2_1.model"), checks=False)
    arrays = {
        **{"x": [[2.0, -1.0]], "y": [[1.0, 0.5]], "W1": [[0.5]], "b1": [0.1], "W2": [[1.0], [-1.0]]},
        **{"b2": [0.2, -0.3], "W3": [[0.8, -0.4]], "b3": [0.3]},
    }
    found = landscape(evaluate(derivation, arrays))
    assert found is not None
    (first, _), (last, (_, column)) = found.weights
    assert (first, last) == ("W1", "W3")
    known = {name: np.array(array) for name, array in arrays.items()}
    for i, j in ((0, 0), (7, 30), (40, 12)):
        known["W1"] = np.array([[found.axes[0][i]]])
        known["W3"] = np.array([[0.8, -0.4]])
        known["W3"][0, column] = found.axes[1][j]
        hidden = known["W2"] @ (known["W1"] @ known["x"] + known["b1"][:, None]) + known["b2"][:, None]
        loss = np.mean(np.sum((known["W3"] @ hidden + known["b3"][:, None] - known["y"]) ** 2, axis=0))
        assert found.losses[i, j] == pytest.approx(loss, rel=1e-12)


def test_nothing_to_show() -> None:
    """No parameters, or a loss that does not change with them."""
    assert landscape(at("input x\nloss L = x^2", x=1.0)) is None
    assert landscape(at("input x\nparameter u\nloss L = x^2 + relu(-u^2 - 1)", x=1.0, u=1.0)) is None
