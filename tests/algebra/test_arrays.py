"""Operators between whole tensors: values against NumPy, shapes, and errors in the user's names."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sympy import Integer, Rational, Symbol

from symbackprop.algebra.arrays import Array, array_of, as_array, entrywise
from symbackprop.algebra.symbols import entry, index, size
from symbackprop.errors import ShapeError, UsageError
from tests.oracles.numbers import Numbers

n, h, p = size("n"), size("h"), size("p")
i, j, k = index("i"), index("j"), index("k")
SIZES = {n: 3, h: 4, p: 2}

W, V, U = array_of("W", (h, n)), array_of("V", (n, p)), array_of("U", (h, n))
x, z, c = array_of("x", (n,)), array_of("z", (n,)), array_of("c", ())
B = array_of("B", (h, n, p))

random = np.random.default_rng(7)
DATA = {
    "W": random.normal(size=(4, 3)),
    "V": random.normal(size=(3, 2)),
    "U": random.normal(size=(4, 3)),
    "x": random.normal(size=3),
    "z": random.normal(size=3),
    "c": np.array(1.5),
    "B": random.normal(size=(4, 3, 2)),
}


def numbers(array: Array, scope: dict[Any, int] | None = None) -> np.ndarray:
    """The array in numbers, entry by entry."""
    reader = Numbers(SIZES, {name: np.asarray(value, complex)[..., None] for name, value in DATA.items()})
    shape = [reader.integer(extent, {}) for extent in array.shape]
    result = np.empty(shape)
    for place in itertools.product(*map(range, shape)):
        at = dict(zip(array.indices, place, strict=True))
        result[place] = np.real(np.ravel(reader.value(array.expression, {**(scope or {}), **at}))[0])
    return result


D = DATA
VALUES: dict[str, tuple[Array, np.ndarray | float]] = {
    "sum": (W + U, D["W"] + D["U"]),
    "sum with a scalar": (W + c, D["W"] + 1.5),
    "sum with a number": (1 + x, 1 + D["x"]),
    "difference": (x - z, D["x"] - D["z"]),
    "number less array": (1 - x, 1 - D["x"]),
    "Hadamard product": (W * U, D["W"] * D["U"]),
    "scaling": (c * W, 1.5 * D["W"]),
    "scaling by a size": (n * x, 3 * D["x"]),
    "scaling by a NumPy number": (np.float64(0.5) * x, 0.5 * D["x"]),
    "quotient": (x / z, D["x"] / D["z"]),
    "number by array": (2 / z, 2 / D["z"]),
    "power": (x**2, D["x"] ** 2),
    "power of a number": (2**x, 2 ** D["x"]),
    "negative": (-x, -D["x"]),
    "matrix times vector": (W @ x, D["W"] @ D["x"]),
    "matrix product": (W @ V, D["W"] @ D["V"]),
    "three factors": (W @ V @ V.T, D["W"] @ D["V"] @ D["V"].T),
    "gram matrix": (W.T @ W, D["W"].T @ D["W"]),
    "matrix times its transpose": (W @ W.T, D["W"] @ D["W"].T),
    "dot product": (x @ z, D["x"] @ D["z"]),
    "dot product with itself": (x @ x, D["x"] @ D["x"]),
    "outer product": (x @ z.T, np.outer(D["x"], D["z"])),
    "outer product with itself": (x @ x.T, np.outer(D["x"], D["x"])),
    "outer product of products": ((W @ x) @ (V.T @ x).T, np.outer(D["W"] @ D["x"], D["V"].T @ D["x"])),
    "row times matrix": (x.T @ V, (D["x"] @ D["V"])[None]),
    "row times vector": (x.T @ z, np.array([D["x"] @ D["z"]])),
    "transpose": (W.T, D["W"].T),
    "transpose twice": (W.T.T, D["W"]),
    "transpose of a vector": (x.T, D["x"][None]),
    "transpose of a scalar": (c.T, 1.5),
    "an entry": (W[2, 1], D["W"][2, 1]),
    "a row": (W[2, :], D["W"][2]),
    "a column, shifted": (W[1:, 0], D["W"][1:, 0]),
    "a window": (x[1:n], D["x"][1:]),
    "columns in another order": (B[1, :, :].T, D["B"][1].T),
    "quadratic form": (x @ (W.T @ W @ x), D["x"] @ D["W"].T @ D["W"] @ D["x"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    """Each operator has NumPy's value and shape."""
    array, expected = VALUES[name]
    np.testing.assert_allclose(numbers(array), expected, rtol=1e-13)


def test_no_index_is_caught() -> None:
    """An index that stands free in an entry is not caught by an array that uses its name."""
    left = array_of("x", (n,))
    (own,) = left.indices
    mixed = array_of("z", (n,))[own] * left
    for value in range(3):
        np.testing.assert_allclose(numbers(mixed, {own: value}), D["z"][value] * D["x"])
    product = W[own, j] * (W @ x)
    np.testing.assert_allclose(numbers(product, {own: 2, j: 1}), D["W"][2, 1] * (D["W"] @ D["x"]))


def test_no_index_has_the_name_of_a_size() -> None:
    """Where a size is called i, no index is."""
    array = array_of("x", (size("i"), size("k")))
    assert [variable.name for variable in array.indices] == ["j", "l"]
    assert "i" not in {s.name for s in (array @ array_of("y", (size("k"),))).indices}


NUMBERS = [(1, Integer(1)), (0.1, Rational(1, 10)), (Fraction(1, 3), Rational(1, 3)), (np.float64(2.5), Rational(5, 2))]


@pytest.mark.parametrize(("given", "expected"), [*NUMBERS, (np.int64(4), Integer(4)), (-1e-3, Rational(-1, 1000))])
def test_numbers_are_exact(given: Any, expected: Any) -> None:
    """A float is taken by its decimal digits."""
    assert as_array(given).expression == expected


NO_NUMBERS = [float("nan"), float("inf"), 1j, True, None, "x", [1, 2]]


@pytest.mark.parametrize("given", NO_NUMBERS, ids=map(repr, NO_NUMBERS))
def test_what_is_no_number(given: Any) -> None:
    """What is no real, finite number is refused, by operators too."""
    for make in (as_array, lambda value: x + value, lambda value: W @ value):
        with pytest.raises(UsageError, match="no real, finite number"):
            make(given)


def test_division_by_zero() -> None:
    """A division by the number 0 is refused."""
    with pytest.raises(UsageError, match="x divided by 0"):
        x / 0


def test_arrays_are_not_iterable() -> None:
    """Indexing does not make an array a sequence."""
    with pytest.raises(TypeError):
        list(x)  # type: ignore[call-overload]


Case = tuple[Callable[[], object], str, str | None]
CLASHES: dict[str, Case] = {
    "sum": (lambda: W + x, "cannot add W and x: W is h×n, x has n entries", None),
    "sum of transposed": (lambda: W + V @ V.T, "cannot add W and V @ V.T: W is h×n, V @ V.T is n×n", None),
    "sum of a matrix and its transpose": (lambda: W + W.T, "cannot add W and W.T", "Did you mean W + W?"),
    "Hadamard for product": (lambda: W * V, "cannot multiply W and V", "Did you mean W @ V?"),
    "inner sizes": (lambda: W @ U, "the inner sizes n and h differ", "Did you mean W.T @ U, which is n×n?"),
    "exchanged": (lambda: V @ W, "the inner sizes p and h differ", "Did you mean W @ V, which is h×p?"),
    "vector before matrix": (lambda: x @ V, "a vector is a column", "Did you mean V.T @ x, which has p entries?"),
    "matrix times long vector": (
        lambda: W @ (W @ x),
        "cannot multiply W and W @ x",
        "Did you mean W.T @ (W @ x), which has n entries?",
    ),
    "product with a scalar": (lambda: c @ x, "c is a scalar", "Use * to scale."),
    "product of rank 3": (lambda: B @ x, "B is h×n×p", "Write the equation with indices and a sum."),
    "transpose of rank 3": (lambda: B.T, "cannot transpose B", None),
    "too many indices": (lambda: x[i, j], "x read with 2 indices: x has n entries, so it takes 1 index", None),
    "too few indices": (lambda: W[i], "W is h×n, so it takes 2 indices, and 1 stand here", None),
    "index of a scalar": (lambda: c[i], "c is a scalar, so it takes 0 indices", None),
    "negative index": (lambda: x[-1], "x is read at -1, which is no index", None),
    "half an index": (lambda: x[0.5], "x is read at 1/2, which is no index", None),
    "an array as an index": (lambda: x[z], "x is read at z, which is no index", None),
    "stride": (lambda: x[::2], "x is sliced with a step", "Write the stride into the index: x[2*i]."),
    "a long label": (lambda: sum([W @ x] * 7, start=W @ x) + x, "cannot add a vector of h entries and x", None),
}


@pytest.mark.parametrize("name", CLASHES)
def test_clashes(name: str) -> None:
    """Each clash names both sides and their shapes, and says what would fit."""
    make, text, fix = CLASHES[name]
    with pytest.raises(ShapeError) as caught:
        make()
    assert text in f"{caught.value.what}: {caught.value.because}"
    if fix is not None:
        assert caught.value.fix == fix


def test_entrywise_refuses_unequal_shapes() -> None:
    """A function of entries needs equal shapes."""
    with pytest.raises(ShapeError, match="cannot combine W and x"):
        entrywise(lambda a, b: a + b, W, x)


def test_entries_are_plain() -> None:
    """An entry of an array is an ordinary expression."""
    assert W[i, k].expression == entry("W", i, k)
    assert c.expression == Symbol("c", real=True)
    assert (2 * x[i]).expression == 2 * entry("x", i)
