r"""The slopes of a model's root by complex steps: \(f'(x; d) = \operatorname{Im} f(x + ihd)/h\), to the last digit.

The equations are evaluated as they were given, entry by entry, along many directions at once: each number is an array
of lanes. Nothing is taken from stable forms, sweep, lowering or emission, so this can find them wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import cos, erf, exp, log, sin

from symbackprop.algebra.proving.arithmetic import FLOATS, Arithmetic, UndefinedError, scalar_arithmetic
from symbackprop.algebra.proving.evaluate import Computed, Environment, integer_of, value_of
from symbackprop.algebra.symbols import entry, size
from symbackprop.model.model import Model

STEP = 1e-20  # its square is nothing beside 1, and it leaves numbers as small as 1e-280 their digits


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
        moved, shape = self.moved(name), array.shape

        def at(position: tuple[int, ...]) -> Any:
            for place, extent in zip(position, shape, strict=True):
                if not 0 <= place < extent:
                    return 0.0
            if array.dtype.kind != "f":
                return int(array[position])
            value = float(array[position])
            return value if moved is None else moved(value, position)

        return at

    def computed(self, name: str, tensor: Computed, env: Environment) -> Callable[[tuple[int, ...]], Any]:
        """The entries of an intermediate, moved beside what moves them already."""
        moved = self.moved(name)

        def at(position: tuple[int, ...]) -> Any:
            extents = [integer_of(extent, env, dict(self.sizes)) for extent in tensor.array.shape]
            if not all(0 <= place < extent for place, extent in zip(position, extents, strict=True)):
                return 0.0
            value = tensor.at(position, env)
            return value if moved is None else moved(value, position)

        return at

    def moved(self, name: str) -> Callable[[Any, tuple[int, ...]], np.ndarray] | None:
        """What moves an entry of a tensor along the directions that there are for it; None if there are none."""
        lanes = [lane for lane, direction in enumerate(self.directions, start=1) if direction.name == name]
        if not lanes:
            return None
        steps = np.stack([1j * STEP * self.directions[lane - 1].array for lane in lanes], axis=-1)

        def at(value: Any, position: tuple[int, ...]) -> np.ndarray:
            entries = np.full(len(self.directions) + 1, value, complex)
            entries[lanes] += steps[position]
            return entries

        return at


def _arithmetic(kinks: list[float]) -> Arithmetic:
    """Arithmetic of lanes; `kinks` gains how far the compared values are from 0."""

    def sign(x: Any) -> int:
        real = float(np.asarray(x).flat[0].real)
        if np.ndim(x):
            kinks.append(abs(real))
        return (real > 0) - (real < 0)

    def number(value: Any) -> Any:
        return float(value) if isinstance(value, int | Fraction) else value

    return scalar_arithmetic(
        number, FLOATS.constant, {exp: np.exp, log: _log, sin: np.sin, cos: np.cos, erf: _erf}, _root, sign
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


def _root(x: Any, exponent: Fraction) -> Any:
    if np.any(np.real(x) < 0) or (exponent < 0 and np.any(x == 0)):
        raise UndefinedError("a root of a negative number, or of 0 in a denominator")
    return x ** float(exponent)
