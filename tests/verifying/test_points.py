"""Points and grids: the numbers agree with complex steps, and the points tell mistakes apart."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import ITE, Integer, Piecewise, Symbol, Xor

import symbackprop as sb
from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.grids import TooLargeError, grids_of
from symbackprop.algebra.symbols import Guard, entry, index, size, total
from symbackprop.model.reductions import max_over
from symbackprop.verifying.points import Point, agree, digits_of, points_of
from tests.oracles.random_models import case_of
from tests.oracles.slopes import disagreement, leaves, slopes
from tests.planted.examples import EXAMPLES, load

i, j, n = index("i"), index("j"), size("n")


def checked(model: sb.Model, derivation: sb.Derivation, point: Point) -> None:
    """The leaves' adjoints at a point are the slopes by complex steps."""
    data = {name: point.values[name] for name in leaves(model)}
    truth = slopes(model, point.sizes, data, wrt=[n for n in data if n in derivation.adjoints])
    scale = float(grids_of(point.sizes, {}).array(Array((), (), derivation.scale)))
    noise = 1e-13 * max(1.0, *(float(np.abs(v).max(initial=0.0)) for v in point.values.values()))
    for name, expected in truth.slopes.items():
        expected = expected / (scale if name in derivation.sampled else 1.0)
        assert disagreement(point.values[f"∂{name}"], expected, noise) < 1e-10, name
    assert np.isclose(point.values[derivation.root], truth.root)


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(6, 40))])
def test_random_models_have_points(seed: int) -> None:
    """Forward values and adjoints of random models, recurrences and shifts among them, agree with complex steps."""
    model = case_of(seed, 1 + seed % 8).model
    derivation = sb.derive(model, wrt=leaves(model), checks=False)
    (point,) = points_of(derivation, 1)
    checked(model, derivation, point)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "000_two_layer_generic"])
def test_points_of_the_examples(name: str) -> None:
    """Both of an example's derivations have points that agree with complex steps, the same ones each time."""
    model = load(name)
    derivation = sb.derive(model, checks=False)
    for point in points_of(derivation):
        checked(model, derivation, point)
    again = points_of(sb.derive(model, checks=False))
    assert all(
        np.array_equal(point.values[k], again[at].values[k])
        for at, point in enumerate(points_of(derivation))
        for k in point.values
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_points_tell_mistakes_apart(name: str) -> None:
    """Sizes are all different, there are at least 3 samples, weights are not near 0, targets differ."""
    model = load(name)
    (point,) = points_of(sb.derive(model, checks=False), 1)
    numbers = list(point.sizes.values())
    assert len(set(numbers)) == len(numbers)
    assert all(number >= 2 for number in numbers)
    if model.samples is not None:
        assert point.sizes[Symbol("m", integer=True, positive=True)] >= 3
    for tensor in model.parameters:
        assert np.all(np.abs(point.values[tensor.name]) > 0.1)
    for tensor in model.tensors:
        if tensor.role == "target":
            assert len(np.unique(point.values[tensor.name])) > 1


def test_relus_are_on_and_off() -> None:
    """Each ReLU layer has units above and below 0, none near it."""
    (point,) = points_of(sb.derive(load("softmax_classifier"), checks=False), 1)
    for name in ("z1", "z2"):
        z = point.values[name]
        assert np.any(z > 0)
        assert np.any(z < 0)
        assert np.abs(z).min() > 0.005


def test_sizes_obey_their_facts() -> None:
    """A size that must be small is chosen so, and sizes differ from those that are numbers."""
    model = sb.parse("size n >= 3\ninput x[n]\nparameter w[2,n]\nz = w x\nloss L = sum(z)\n")
    (point,) = points_of(sb.derive(model, checks=False), 1)
    assert point.sizes == {n: 3}


def test_a_recurrence_goes_entry_by_entry() -> None:
    """An adjoint that reads itself one step later has its values too."""
    text = (
        "size T\ninput x[T]\nparameter w\ntensor h[T]\npad h\nh[t] = tanh(w * h[t-1] + x[t])\nloss L = sum(t, h[t]^2)\n"
    )
    model = sb.parse(text)
    derivation = sb.derive(model, checks=False)
    (point,) = points_of(derivation, 1)
    checked(model, derivation, point)


GRIDS = {
    "entries out of range are 0": (entry("x", i - 1), [0.0, 1.0, 2.0]),
    "a gate absorbs what is undefined": (Guard(i - 1) / entry("x", i - 1), [0.0, 1.0, 0.5]),
    "a gate in a sum": (total(Guard(i - j) * entry("x", j), (j, n)), [1.0, 3.0, 6.0]),
    "a gate in a sum over what is undefined": (total(Guard(j - 1) / entry("x", j - 1), (j, n)), [1.5] * 3),
    "a sum of what does not depend on its index": (total(entry("x", i), (j, n)), [3.0, 6.0, 9.0]),
    "an index as a value": (i * entry("x", i), [0.0, 2.0, 6.0]),
    "a case not taken": (Piecewise((1 / entry("x", i - 1), i > 0), (7, True)), [7.0, 1.0, 0.5]),
    "a maximum": (max_over(Array((j,), (n,), entry("x", j))).expression, [3.0] * 3),
}


@pytest.mark.parametrize("name", GRIDS)
def test_grids(name: str) -> None:
    """An expression at all positions at once means what it means entry by entry."""
    expr, expected = GRIDS[name]
    found = grids_of({n: 3}, {"x": np.array([1.0, 2.0, 3.0])}).array(Array((i,), (n,), expr))
    assert np.allclose(found, expected)


def test_a_grid_too_large_is_refused() -> None:
    """What does not fit in memory is an error, not an exhausted machine."""
    k, big = index("k"), size("N")
    expr = total(entry("x", i) * entry("x", j) * entry("x", k), (j, big), (k, big))
    with pytest.raises(TooLargeError):
        grids_of({big: 2000}, {"x": np.ones(2000)}).array(Array((i,), (big,), expr))


def test_agreement_is_relative() -> None:
    """Rounding agrees, a wrong digit and NaN do not; digits are counted."""
    expected = np.array([1e6, 1e-3])
    assert agree(expected * (1 + 1e-13), expected)
    assert not agree(expected * (1 + 1e-6), expected)
    assert not agree(np.array([np.nan, 1.0]), expected)
    assert not agree(expected[:1], expected)
    assert digits_of(expected * (1 + 2e-7), expected) == 6


def test_numbers_too_large_have_no_value() -> None:
    """10^400 is NaN, and no wrapped integer is ever taken for a value."""
    grids = grids_of({size("n"): 3}, {"c": np.asarray(2.0)})
    for expr in (Integer(10) ** 400, entry("c") * Integer(10) ** 400):
        assert np.isnan(grids.array(Array((), (), expr)))
    assert grids.array(Array((), (), size("n") ** 100)) == float(3**100)
    assert grids.array(Array((), (), Integer(10) ** 25)) == 1e25


@pytest.mark.parametrize("extent", [10**9, 10**19, 10**400])
def test_sizes_too_large_are_an_error(extent: int) -> None:
    """An axis, or a sum, over more than fits in memory or can be counted."""
    j = index("j")
    for array in (Array((j,), (Integer(extent),), entry("c") * j), Array((), (), total(j, (j, Integer(extent))))):
        with pytest.raises(TooLargeError):
            grids_of({}, {"c": np.asarray(2.0)}).array(array)


def test_nested_conditions_in_grids() -> None:
    """Conditions in conditions, beside NumPy's own."""
    j, c = index("j"), entry("c", index("j"))
    values = np.array([-3.0, -1.0, 0.5, 2.0])
    grids = grids_of({}, {"c": values})
    condition = ITE(c > 0, c > 1, c < -2)
    found = grids.array(Array((j,), (Integer(4),), Piecewise((1, condition), (0, True))))
    np.testing.assert_array_equal(found, np.where(values > 0, values > 1, values < -2))
    with pytest.raises(ArithmeticError):
        grids.array(Array((j,), (Integer(4),), Piecewise((1, Xor(c > 0, c > 1)), (0, True))))


@pytest.mark.parametrize("loss", ["sum(j < K, c j)", "K c", "c^K", "sum(j = 2..K, w[0] c)"])
def test_a_size_that_no_shape_has(loss: str) -> None:
    """A size in a range or as a number has a value at each point, too."""
    derivation = sb.derive(sb.parse(f"size n, K\nparameter w[n], c\nloss L = sum(i, w[i]) + {loss}"))
    (point,) = points_of(derivation, 1)
    K, c, w0 = point.sizes[size("K")], point.values["c"], point.values["w"][0]
    by_hand = {
        "sum(j < K, c j)": sum(range(K)),
        "K c": K,
        "c^K": K * c ** (K - 1),
        "sum(j = 2..K, w[0] c)": w0 * (K - 1),
    }
    np.testing.assert_allclose(point.values["∂c"], by_hand[loss], rtol=1e-12)
