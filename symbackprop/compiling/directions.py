r"""The slopes of a model's root by complex steps: \(f'(x; d) = \operatorname{Im} f(x + ihd)/h\), to the last digit.

The equations are evaluated as they were given, entry by entry, along many directions at once: each number is an array
of lanes. Nothing is taken from stable forms, sweep, lowering or emission, so this can find them wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from symbackprop.algebra.proving.arithmetic import FLOATS, Arithmetic, UndefinedError
from symbackprop.algebra.proving.evaluate import Computed, Environment, integer_of, value_of
from symbackprop.algebra.symbols import entry, size
from symbackprop.model.model import Model

STEP = 1e-30


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction in the space of one argument: an array of its shape."""

    name: str
    array: np.ndarray


@dataclass(frozen=True, slots=True)
class Slopes:
    """The root, its slope along each direction, and the least distance of a compared value from where it changes."""

    root: float
    slopes: np.ndarray
    kink: float


def slopes_along(
    batch: Model, arrays: Mapping[str, np.ndarray], sizes: Mapping[str, int], directions: Sequence[Direction]
) -> Slopes:
    """The root of a plain model and its slopes at real arrays.

    Raises:
        ArithmeticError: the root has no finite value there.
    """
    numbers = {size(name): value for name, value in sizes.items()}
    kinks = [math.inf]
    work = _Work(directions, numbers, _arithmetic(kinks), batch)
    values: dict[str, Any] = {name: work.given(name, array) for name, array in arrays.items()}
    values |= {name: Computed(array, numbers) for name, array in batch.space.definitions.items()}
    environment = Environment(values, numbers, work.arithmetic, batch.functions)
    for name in {d.name for d in directions} - set(arrays):
        values[name] = work.computed(name, values[name], environment)
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
        found = value_of(entry(batch.root), environment, dict(numbers))
    lanes = np.broadcast_to(np.asarray(found, complex), (len(directions) + 1,))
    if not np.isfinite(lanes).all():
        raise UndefinedError(f"{batch.root} is not finite")
    return Slopes(float(lanes[0].real), np.imag(lanes[1:]) / STEP, min(kinks))


@dataclass(frozen=True, slots=True)
class _Work:
    """Entries in lanes: lane 0 stands still, each other one moves along its direction."""

    directions: Sequence[Direction]
    sizes: Mapping[Any, int]
    arithmetic: Arithmetic
    batch: Model

    def given(self, name: str, array: np.ndarray) -> Callable[[tuple[int, ...]], Any]:
        """The entries of an argument; plain numbers where no direction moves them."""
        is_moved = any(direction.name == name for direction in self.directions)

        def at(position: tuple[int, ...]) -> Any:
            if not all(0 <= place < extent for place, extent in zip(position, array.shape, strict=True)):
                return 0.0
            if array.dtype.kind != "f":
                return int(array[position])
            return self.moved(name, float(array[position]), position) if is_moved else float(array[position])

        return at

    def computed(self, name: str, tensor: Computed, env: Environment) -> Callable[[tuple[int, ...]], Any]:
        """The entries of an intermediate, moved beside what moves them already."""

        def at(position: tuple[int, ...]) -> Any:
            extents = [integer_of(extent, env, dict(self.sizes)) for extent in tensor.array.shape]
            if not all(0 <= place < extent for place, extent in zip(position, extents, strict=True)):
                return 0.0
            return self.moved(name, tensor.at(position, env), position)

        return at

    def moved(self, name: str, value: Any, position: tuple[int, ...]) -> np.ndarray:
        entries = np.zeros(len(self.directions) + 1, complex) + value
        for lane, direction in enumerate(self.directions, start=1):
            if direction.name == name:
                entries[lane] += 1j * STEP * direction.array[position]
        return entries


def _arithmetic(kinks: list[float]) -> Arithmetic:
    """Arithmetic of lanes; `kinks` gains how far the compared values are from 0."""

    def sign(x: Any) -> int:
        real = float(np.asarray(x).flat[0].real)
        if np.ndim(x):
            kinks.append(abs(real))
        return (real > 0) - (real < 0)

    return replace(
        FLOATS,
        number=lambda value: float(value) if isinstance(value, int | Fraction) else value,
        exp=np.exp,
        log=_log,
        sin=np.sin,
        cos=np.cos,
        erf=_erf,
        power=_power,
        sign=sign,
    )


def _log(x: Any) -> Any:
    if np.any(np.real(x) <= 0):
        raise UndefinedError("a logarithm of a number that is not positive")
    return np.log(x)


def _erf(x: Any) -> Any:
    """erf(a + ib) for tiny b: erf(a) + ib·2/√π·exp(-a²)."""
    if not np.ndim(x):
        return math.erf(x)
    real = np.array([math.erf(a) for a in np.real(x)])
    return real + 1j * np.imag(x) * 2 / math.sqrt(math.pi) * np.exp(-(np.real(x) ** 2))


def _power(x: Any, exponent: Fraction) -> Any:
    if np.any(np.real(x) < 0) or (exponent < 0 and np.any(x == 0)):
        raise UndefinedError("a root of a negative number, or of 0 in a denominator")
    return x ** float(exponent)
