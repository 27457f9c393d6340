"""Functions on NumPy arrays: scalar ones with their derivatives, right and silent far out; views and additions.

The source of each is copied into the files that need it, so each stands for itself beside NumPy and the functions that
it names; hence lines of at most 100 characters. `f_prime` and `f_second` are the first and the second derivative.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np


def sigmoid(x):
    """1 / (1 + exp(-x)); where the exponential overflows, that is 0."""
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-x))


def sigmoid_prime(x):
    """The derivative of sigmoid."""
    e = np.exp(-np.abs(x))
    return e / (1.0 + e) ** 2


def sigmoid_second(x):
    """The second derivative of sigmoid."""
    return -sigmoid_prime(x) * np.tanh(x / 2)


def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def tanh_prime(x):
    """The derivative of tanh."""
    e = np.exp(-2.0 * np.abs(x))
    return 4.0 * e / (1.0 + e) ** 2


def tanh_second(x):
    """The second derivative of tanh."""
    return -2.0 * np.tanh(x) * tanh_prime(x)


def relu(x):
    """x where it is above 0, else 0."""
    return np.maximum(x, 0.0)


def relu_prime(x):
    """The derivative of relu; 0 at 0."""
    return np.where(x > 0, 1.0, 0.0)


def leaky_relu(x):
    """x where it is above 0, else x / 100."""
    return np.where(x > 0, x, x / 100.0)


def leaky_relu_prime(x):
    """The derivative of leaky_relu; 1/100 at 0."""
    return np.where(x > 0, 1.0, 0.01)


def elu(x):
    """x where it is above 0, else exp(x) - 1."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))


def elu_prime(x):
    """The derivative of elu."""
    return np.exp(np.minimum(x, 0.0))


def elu_second(x):
    """The second derivative of elu; 1 at 0."""
    return np.where(x > 0, 0.0, np.exp(np.minimum(x, 0.0)))


def selu(x):
    """The scaled exponential linear unit."""
    below = 1.6732632423543772 * np.expm1(np.minimum(x, 0.0))
    return 1.0507009873554805 * np.where(x > 0, x, below)


def selu_prime(x):
    """The derivative of selu; its left one at 0."""
    below = 1.6732632423543772 * np.exp(np.minimum(x, 0.0))
    return 1.0507009873554805 * np.where(x > 0, 1.0, below)


def selu_second(x):
    """The second derivative of selu; its left one at 0."""
    below = 1.6732632423543772 * np.exp(np.minimum(x, 0.0))
    return 1.0507009873554805 * np.where(x > 0, 0.0, below)


def silu(x):
    """x sigmoid(x)."""
    return x * sigmoid(x)


def silu_prime(x):
    """The derivative of silu."""
    return sigmoid(x) + x * sigmoid_prime(x)


def silu_second(x):
    """The second derivative of silu."""
    return 2.0 * sigmoid_prime(x) + x * sigmoid_second(x)


def polynomial(x, coefficients):
    """The polynomial with these coefficients, the constant first, by Horner's rule."""
    result = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result *= x
        result += coefficient
    return result


def erfc_tail(x):
    """1 - erf(x) for x of at least 1/2: (x + 2) exp(x²) erfc(x) is smooth in 1 - 5 / (x + 2)."""
    x = np.minimum(x, 40.0)  # erfc(40) is 0
    coefficients = (
        0.8950057559069498, -0.4643007442723715, 0.16193915053222951, -0.02591894616216746,
        -0.005522382161057884, 0.003016900646102336, 0.00032789201530411874,
        -0.00035635721199247985, -5.364636934074009e-05, 4.59743421459542e-05,
        1.3753090150995815e-05, -5.242648378481397e-06, -3.401369235328979e-06,
        1.6228314130318026e-07, 6.895019088710068e-07, 1.6811659946336418e-07,
        -9.136779309184384e-08, -6.580076576542637e-08, -5.909598278970984e-10,
        1.3587243389421986e-08, 3.3844800496290458e-09, -1.3468359664147843e-09,
        -5.57600952271946e-10,
    )  # fmt: skip
    scaled = polynomial(1.0 - 5.0 / (x + 2.0), coefficients) / (x + 2.0)
    cut = x.astype(np.float32).astype(float)  # cut² is exact, so that exp(-x²) keeps its digits
    return scaled * np.exp(-cut * cut) * np.exp((cut - x) * (cut + x))


def erf_near(x):
    """erf(x) for |x| up to 1/2: erf(x) / x is smooth in x²."""
    coefficients = (
        1.1283791670955126, -0.37612638903183476, 0.11283791670925457, -0.026866170632921085,
        0.005223977373542183, -0.0008548297798086192, 0.00012053337222877719,
        -1.4845900896375835e-05, 1.4726381680017032e-06,
    )  # fmt: skip
    return x * polynomial(x * x, coefficients)


def erf(x):
    """The error function, to a few units in the last place."""
    x = np.asarray(x, dtype=float)
    result = np.empty_like(x)
    near = np.abs(x) < 0.5
    result[near] = erf_near(x[near])
    far = x[~near]
    result[~near] = np.copysign(1.0 - erfc_tail(np.abs(far)), far)
    return result[()]


def erfc(x):
    """1 - erf(x), accurate where that is small."""
    x = np.asarray(x, dtype=float)
    result = np.empty_like(x)
    near = np.abs(x) < 0.5
    result[near] = 1.0 - erf_near(x[near])
    far = x[~near]
    tail = erfc_tail(np.abs(far))
    result[~near] = np.where(far > 0, tail, 2.0 - tail)
    return result[()]


def gelu(x):
    """x Φ(x), Φ being the normal distribution function."""
    return x * erfc(x * -0.7071067811865476) / 2.0


def gelu_prime(x):
    """The derivative of gelu, Φ(x) + x φ(x)."""
    density = np.exp(-x * x / 2.0) * 0.3989422804014327
    return erfc(x * -0.7071067811865476) / 2.0 + x * density


def gelu_second(x):
    """The second derivative of gelu, (2 - x²) φ(x)."""
    return (2.0 - x * x) * np.exp(-x * x / 2.0) * 0.3989422804014327


def gelu_tanh(x):
    """x sigmoid(u) with u = 2 sqrt(2/π) (x + 0.044715 x³), which is near to gelu."""
    near = np.clip(x, -40.0, 40.0)  # sigmoid(u) is 0 or 1 beyond
    return x * sigmoid(1.5957691216057308 * (near + 0.044715 * near * near * near))


def gelu_tanh_prime(x):
    """The derivative of gelu_tanh."""
    near = np.clip(x, -40.0, 40.0)
    u = 1.5957691216057308 * (near + 0.044715 * near * near * near)
    slope = 1.5957691216057308 * (1.0 + 0.134145 * near * near)
    return sigmoid(u) + near * slope * sigmoid_prime(u)


def gelu_tanh_second(x):
    """The second derivative of gelu_tanh."""
    near = np.clip(x, -40.0, 40.0)
    u = 1.5957691216057308 * (near + 0.044715 * near * near * near)
    slope = 1.5957691216057308 * (1.0 + 0.134145 * near * near)
    curve = 1.5957691216057308 * 0.26829 * near
    return (2.0 * slope + near * curve) * sigmoid_prime(u) + near * slope**2 * sigmoid_second(u)


def zero(x):
    """0 for each entry of x."""
    return np.zeros(np.shape(x))


def strided(array, start, steps, shape):
    """A view whose entry at (i, j, ...) is that of `array` at start + i steps[0] + j steps[1] + ...

    `start` and each of `steps` have one number for each axis of `array`.
    """
    if 0 in shape:
        return np.zeros(shape)
    for axis, size in enumerate(array.shape):
        reach = [step[axis] * (extent - 1) for step, extent in zip(steps, shape, strict=True)]
        first = start[axis] + sum(r for r in reach if r < 0)
        last = start[axis] + sum(r for r in reach if r > 0)
        if first < 0 or last >= size:
            raise IndexError(f"a view from {first} to {last} leaves an axis of size {size}")
    strides = [sum(s * b for s, b in zip(step, array.strides, strict=True)) for step in steps]
    origin = array[tuple(slice(place, None) for place in start)]
    return np.lib.stride_tricks.as_strided(origin, shape, strides, writeable=False)


def add_at(array, places, values):
    """array[places] += values, also where a place comes several times; `array` is contiguous."""
    number = np.zeros((), dtype=np.intp)
    for place, extent in zip(places, array.shape, strict=True):
        number = number * extent + np.asarray(place, dtype=np.intp)
    # NumPy adds fast along one axis, and slowly along several
    np.add.at(array.reshape(-1), number.ravel(), np.broadcast_to(values, number.shape).ravel())


def max_along(array, axis):
    """array.max(axis=axis); NumPy is slow along an axis with few entries, and fast beside it."""
    largest, *others = np.moveaxis(array, axis, 0)
    for other in others:
        largest = np.maximum(largest, other)
    return largest if others else largest.copy()


_Function = Callable[..., Any]

PRINTED: Mapping[tuple[str, int], _Function] = MappingProxyType(
    {
        ("sigmoid", 0): sigmoid,
        ("sigmoid", 1): sigmoid_prime,
        ("sigmoid", 2): sigmoid_second,
        ("softplus", 0): softplus,
        ("softplus", 1): sigmoid,
        ("softplus", 2): sigmoid_prime,
        ("tanh", 0): np.tanh,
        ("tanh", 1): tanh_prime,
        ("tanh", 2): tanh_second,
        ("relu", 0): relu,
        ("relu", 1): relu_prime,
        ("relu", 2): zero,
        ("leaky_relu", 0): leaky_relu,
        ("leaky_relu", 1): leaky_relu_prime,
        ("leaky_relu", 2): zero,
        ("elu", 0): elu,
        ("elu", 1): elu_prime,
        ("elu", 2): elu_second,
        ("selu", 0): selu,
        ("selu", 1): selu_prime,
        ("selu", 2): selu_second,
        ("silu", 0): silu,
        ("silu", 1): silu_prime,
        ("silu", 2): silu_second,
        ("gelu", 0): gelu,
        ("gelu", 1): gelu_prime,
        ("gelu", 2): gelu_second,
        ("gelu_tanh", 0): gelu_tanh,
        ("gelu_tanh", 1): gelu_tanh_prime,
        ("gelu_tanh", 2): gelu_tanh_second,
        ("abs", 0): np.abs,
        ("abs", 1): np.sign,
        ("abs", 2): zero,
    }
)
"""The functions of `model.functions.FUNCTIONS` and their derivatives by name and order."""

NAMED: Mapping[str, _Function] = MappingProxyType(
    {
        function.__name__: function
        for function in (*PRINTED.values(), polynomial, erfc_tail, erf_near, erf, erfc, strided, add_at, max_along)
        if not isinstance(function, np.ufunc)
    }
)
"""Every function of this module by its name."""


def needed(names: Iterable[str]) -> tuple[str, ...]:
    """The names and those of the functions that they call, each after what it calls."""
    found: dict[str, None] = {}
    for name in sorted(names):
        inner = [used for used in NAMED[name].__code__.co_names if used in NAMED and used not in found]
        found.update(dict.fromkeys((*needed(inner), name)) if inner else {name: None})
    return tuple(found)


@cache
def source_of(name: str) -> str:
    """The source of a function of this module."""
    return inspect.getsource(NAMED[name]).replace("  # fmt: skip", "").rstrip()
