"""The functions that compiled code calls: scalar ones and their derivatives against mpmath, near and far; additions."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable
from functools import lru_cache

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf
from sympy import exp, lambdify, log, tanh

from symbackprop.algebra.space import definition_of
from symbackprop.compiling.sources.balancing import balanced
from symbackprop.compiling.sources.functions import Functions
from symbackprop.compiling.sources.special import (
    NAMED,
    PRINTED,
    add_at,
    erf,
    erfc,
    max_along,
    needed,
    source_of,
    strided,
)
from symbackprop.model.functions import FUNCTIONS, custom, x

GRID = np.concatenate(
    [np.linspace(-40, 40, 129), 10.0 ** np.arange(-12, 2), -(10.0 ** np.arange(-12, 2)), [-1e4, -700.0, 700.0, 1e4]]
)


def units(found: np.ndarray, wanted: list[mpf]) -> float:
    """The largest error in units of the last place, of denormals too."""
    return max(abs(float((mpf(float(f)) - w) / np.spacing(abs(float(w))))) for f, w in zip(found, wanted, strict=True))


ERF_GRID = np.concatenate(
    [np.linspace(-7, 7, 1401), np.linspace(0.45, 0.55, 201), 10.0 ** np.arange(-320.0, 2.0), [5e-324, -5e-324, -0.3]]
)


def test_erf_to_a_few_units_in_the_last_place() -> None:
    """erf on a dense grid, in its tails and at denormal numbers."""
    with mp.workdps(40):
        assert units(erf(ERF_GRID), [mpmath.erf(mpf(float(a))) for a in ERF_GRID]) < 4


def test_erfc_to_a_few_units_in_the_last_place() -> None:
    """erfc keeps its digits where it is small, down to where it is 0."""
    grid = np.concatenate([ERF_GRID, np.linspace(7, 26.5, 391)])
    with mp.workdps(40):
        assert units(erfc(grid), [mpmath.erfc(mpf(float(a))) for a in grid]) < 5


@pytest.mark.parametrize("value", [0.0, -0.0, math.inf, -math.inf, math.nan, 1e300, -1e300, 0.5, -0.5])
def test_erf_at_its_edges(value: float) -> None:
    """Signed zeros, infinities and no number give what the standard library gives."""
    for ours, theirs in ((erf, math.erf), (erfc, math.erfc)):
        found, wanted = ours(value), theirs(value)
        assert math.isclose(found, wanted, rel_tol=1e-15) or (math.isnan(found) and math.isnan(wanted))
        assert math.copysign(1, found) == math.copysign(1, wanted)


def test_erf_of_arrays_and_numbers() -> None:
    """The shape stays; a number gives a number; lists will do."""
    grid = np.linspace(-2, 2, 24).reshape(2, 3, 4)
    assert erf(grid).shape == erf(grid.T).shape[::-1] == (2, 3, 4)
    assert isinstance(erf(0.3), float)
    assert erf([0.1, 2]).shape == (2,)
    assert erf(np.empty((0, 2))).shape == (0, 2)


@lru_cache
def formula_of(name: str, order: int) -> Callable[[mpf], mpf]:
    meaning = FUNCTIONS[name]
    return lambdify(x, definition_of(meaning.expression, meaning.variable, order), "mpmath", cse=True)


def exact(name: str, order: int, value: float) -> mpf:
    """The derivative by its definition, with as many digits as its exponentials lose."""
    lost = {"gelu": value**2 / 4, "gelu_tanh": abs(value) + value**2 / 4 + abs(value) ** 3 / 10}.get(
        name, 0.9 * abs(value)
    )
    with mp.workdps(int(lost) + 60):
        return +formula_of(name, order)(mpf(value))


SMOOTH = ("sigmoid", "tanh", "softplus", "silu", "elu", "selu", "relu", "leaky_relu", "abs", "gelu")


@pytest.mark.parametrize(("name", "order"), sorted(itertools.product(SMOOTH, (0, 1, 2))))
def test_functions_and_derivatives(name: str, order: int) -> None:
    """Every function and its derivatives of order 1 and 2, relative to their size or that of what they are made of."""
    found = PRINTED[name, order](GRID)
    for value, result in zip(GRID, found, strict=True):
        if name == "gelu" and abs(value) > 30:
            wanted = {0: max(value, 0.0), 1: float(value > 0), 2: 0.0}[order]
            assert math.isclose(result, wanted, rel_tol=1e-12, abs_tol=1e-100)
            continue
        if value in (0.0,) and name in ("relu", "leaky_relu", "abs", "selu"):
            continue  # kinks, in a test of their own
        wanted = exact(name, order, float(value))
        scale = max(abs(wanted), mpf(10) ** -300)
        slack = 1e-12 if name in ("gelu", "silu") or order else 4e-15
        turning = name in ("silu", "gelu", "sigmoid", "tanh", "softplus") and order > 0 and abs(value) < 5
        assert abs(mpf(float(result)) - wanted) <= slack * scale + (1e-15 if turning else 0), (value, result, wanted)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_gelu_tanh(order: int) -> None:
    """The approximation of gelu, whose sigmoid has a cubic argument."""
    near = GRID[np.abs(GRID) < 12]
    for value, result in zip(near, PRINTED["gelu_tanh", order](near), strict=True):
        wanted = exact("gelu_tanh", order, float(value))
        assert abs(mpf(float(result)) - wanted) <= 1e-12 * abs(wanted) + mpf(2e-15), value
    far = np.array([-1e4, -50.0, 50.0, 1e4])
    wanted = {0: np.maximum(far, 0), 1: (far > 0) * 1.0, 2: far * 0}[order]
    np.testing.assert_allclose(PRINTED["gelu_tanh", order](far), wanted, atol=1e-300)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_values_chosen_at_kinks(name: str) -> None:
    """At a kink the derivative has the value that the function's record chooses."""
    for kink in FUNCTIONS[name].kinks:
        assert math.isclose(float(PRINTED[name, 1](np.array(float(kink.at)))), float(kink.value), rel_tol=1e-15)


def test_sigmoid_keeps_its_digits_far_below() -> None:
    """For very negative x the value is exp(x), relative to itself; above and below it is silent."""
    assert np.allclose(
        PRINTED["sigmoid", 0](np.array([-40.0, -300.0, -700.0])), np.exp([-40.0, -300.0, -700.0]), rtol=1e-13
    )
    assert PRINTED["sigmoid", 0](np.array([-1e4, 1e4, -np.inf, np.inf])).tolist() == [0, 1, 0, 1]


def test_sources_stand_for_themselves() -> None:
    """Each function is made again from its source and those it names, with nothing but NumPy, on short lines."""
    for name in NAMED:
        space: dict = {"np": np}
        for inner in needed([name]):
            assert max(map(len, source_of(inner).splitlines())) <= 100
            exec(source_of(inner), space)
        if len(inspect.signature(NAMED[name]).parameters) == 1 and name not in ("erf_near", "erfc_tail"):
            np.testing.assert_array_equal(space[name](GRID), NAMED[name](GRID))


def test_strided_refuses_to_leave_the_array() -> None:
    """A view that would read beside the array is an error, not a wrong number."""
    array = np.arange(12.0).reshape(3, 4)
    assert strided(array, (0, 3), ((1, -1),), (3,)).tolist() == [3, 6, 9]
    for start, steps, shape in (
        ((0, 0), ((1, 1),), (4,)),
        ((2, 0), ((-1, 0),), (4,)),
        ((0, 2), ((0, 1), (0, 1)), (2, 2)),
    ):
        with pytest.raises(IndexError):
            strided(array, start, steps, shape)


CUSTOM = {
    "swish": x / (1 + exp(-x)),
    "mish": x * (exp(2 * x) + 2 * exp(x)) / (exp(2 * x) + 2 * exp(x) + 2),
    "log_sigmoid": log(1 / (1 + exp(-x))),
    "log_cosh": log(exp(x) + exp(-x)),
    "bump": x * exp(-(x**2)),
    "lecun": tanh(2 * x / 3).rewrite(exp),
    "half_steps": exp(x / 2) / (exp(x / 2) + exp(-x / 2)),
}


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", CUSTOM)
def test_definitions_are_safe_far_out(name: str, order: int) -> None:
    """A user's function and its derivatives, by their definitions: finite, silent and right to 10 digits at ±1e4."""
    functions = Functions({name: custom(name, "x", CUSTOM[name])}, set())
    made = functions.namespace
    identifier = functions.name(name, order)
    grid = np.array([-1e4, -800.0, -30.0, -2.5, -0.3, 0.0, 0.4, 3.0, 35.0, 800.0, 1e4])
    found = made()[identifier](grid)
    formula = lambdify(x, CUSTOM[name].diff(x, order) if order else CUSTOM[name], "mpmath", cse=True)
    for value, result in zip(grid, found, strict=True):
        with mp.workdps(int(abs(value)) + 60):  # e^(-2x), the smallest part of any, takes 0.87 x digits
            wanted = +formula(mpf(float(value))) if name != "bump" or abs(value) < 50 else mpf(0)
        assert abs(mpf(float(result)) - wanted) <= mpf(1e-10) * abs(wanted) + mpf(1e-15), (value, result, wanted)


def test_what_grows_stays_as_it_is() -> None:
    """exp(x) overflows because it is large: nothing is to be balanced."""
    assert balanced(exp(x)) == exp(x)
    assert balanced(exp(x) - exp(-x)) == exp(x) - exp(-x)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int32, np.int64, np.uint64])
@pytest.mark.parametrize("floats", [np.float32, np.float64])
def test_additions_at_places(kind: type, floats: type) -> None:
    """As `np.add.at` adds them, to the last bit, for indices of any type: rows of a table that come several times."""
    random = np.random.default_rng(4)
    rows = random.integers(0, 120, (7, 30)).astype(kind)
    values = random.standard_normal((7, 30, 50)).astype(floats)
    array = random.standard_normal((120, 50)).astype(floats)
    expected = array.copy()
    np.add.at(expected, (rows[:, :, None], np.arange(50)), values)
    add_at(array, (rows[:, :, None], np.arange(50)), values)
    assert array.dtype == floats
    np.testing.assert_array_equal(array, expected)


def test_additions_at_few_places() -> None:
    """A number to each of them, one place only, and none at all."""
    array = np.zeros((3, 4))
    add_at(array, (np.array([1, 1, 2]), 3), 0.5)
    add_at(array, (0, 2), 7.0)
    add_at(array, (np.zeros(0, int), np.zeros(0, int)), np.zeros(0))
    np.testing.assert_array_equal(array, [[0, 0, 7, 0], [0, 0, 0, 1], [0, 0, 0, 0.5]])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_maxima_along_short_axes(axis: int) -> None:
    """As `max` gives them, where something is no number too; a fresh array."""
    array = np.random.default_rng(2).standard_normal((3, 1, 5))
    array[0, 0, 4] = np.nan
    found = max_along(array, axis)
    np.testing.assert_array_equal(found, array.max(axis=axis))
    assert not np.shares_memory(found, array)
