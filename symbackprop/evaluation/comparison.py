r"""The derivatives of a derivation beside numeric derivatives of the forward equations alone.

By complex steps, \(f'(x) = \operatorname{Im} f(x + ih)/h\), which cancel nothing; where these are too much work, or
have no value (an exponential overflows), by central differences, of parameters and data alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from symbackprop.algebra.symbols import size
from symbackprop.compiling.directions import STEP, Direction, slopes_along
from symbackprop.compiling.drawing import terms
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.model import Model
from symbackprop.verifying.points import point_at

Arrays = Mapping[str, np.ndarray]
MOST_TERMS = 12_000
"""Terms of the sums in the forward equations up to which complex steps are taken."""
ENTRIES = 60
"""The most entries of a tensor that are moved one by one."""
ALONG = 8
"""Random directions along which a larger tensor is moved."""
CENTRAL_STEP = 1e-6
_ALONG_CENTRAL = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far each derivative is from a numeric one.

    `differences` has by tensor the largest absolute difference between a derivative of the root by an entry and the
    numeric one; for the tensors in `along` it is one of slopes along random directions (entries 1 and -1), as they have
    many entries. Tensors that were not compared are missing. `step` is h of the method. `kink` is how far the nearest
    compared value was from where another case begins: at 0 a numeric derivative means nothing.
    """

    differences: Mapping[str, float]
    method: Literal["complex steps", "central differences"]
    step: float
    along: frozenset[str]
    kink: float

    @property
    def worst(self) -> float:
        return max(self.differences.values(), default=0.0)


def compare(
    derivation: Derivation, given: Arrays, values: Arrays, gradients: Arrays, sizes: Mapping[str, int], kink: float
) -> Comparison:
    """Compares `gradients` of the root, by tensor, at the point where the leaves are `given` and tensors have `values`.

    `kink` is how far the point is from one. Nothing is taken from the sweep but what is compared.
    """
    model = derivation.model
    if terms(model, sizes) <= MOST_TERMS:
        directions = tuple(_directions({name: values[name].shape for name in gradients}, ENTRIES, ALONG))
        try:
            truth = slopes_along(model, given, sizes, directions)
        except ArithmeticError:
            pass  # an exponential of a large number: its quotient may have a value all the same
        else:
            differences, along = _differences(gradients, directions, truth.slopes)
            return Comparison(differences, "complex steps", STEP, along, kink)
    return _by_central_differences(model, given, gradients, sizes, kink)


def _by_central_differences(
    model: Model, given: Arrays, gradients: Arrays, sizes: Mapping[str, int], kink: float
) -> Comparison:
    moved = {name: given[name].shape for name in gradients if name in given}
    directions = tuple(_directions(moved, _ALONG_CENTRAL, _ALONG_CENTRAL))
    root = _root(model, given, sizes)
    slopes = [(root(d, CENTRAL_STEP) - root(d, -CENTRAL_STEP)) / (2 * CENTRAL_STEP) for d in directions]
    differences, along = _differences({name: gradients[name] for name in moved}, directions, np.array(slopes))
    return Comparison(differences, "central differences", CENTRAL_STEP, along, kink)


def _root(model: Model, given: Arrays, sizes: Mapping[str, int]) -> Callable[[Direction, float], float]:
    """The root as a function of how far a tensor is moved along a direction."""
    numbers = {size(name): value for name, value in sizes.items()}
    leaves = {name: np.asarray(array, float) for name, array in given.items()}

    def at(direction: Direction, step: float) -> float:
        moved = {**leaves, direction.name: leaves[direction.name] + step * direction.array}
        return float(point_at(model, numbers, moved).values[model.root])

    return at


def _directions(shapes: Mapping[str, tuple[int, ...]], entries: int, along: int) -> Iterator[Direction]:
    """Each entry of a small tensor by itself; random directions through a large one."""
    source = random.Random(0)
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        if count <= entries:
            yield from (Direction(name, unit.reshape(shape)) for unit in np.eye(count))
            continue
        for _ in range(along):
            signs = [1.0 if source.random() < 0.5 else -1.0 for _ in range(count)]
            yield Direction(name, np.array(signs).reshape(shape))


def _differences(
    gradients: Arrays, directions: tuple[Direction, ...], slopes: np.ndarray
) -> tuple[dict[str, float], frozenset[str]]:
    found = dict.fromkeys(gradients, 0.0)
    along = set()
    for direction, slope in zip(directions, slopes, strict=True):
        here = float(np.sum(np.asarray(gradients[direction.name], float) * direction.array))
        difference = abs(here - float(slope))
        found[direction.name] = max(found[direction.name], difference) if difference == difference else np.inf
        if np.count_nonzero(direction.array) > 1:
            along.add(direction.name)
    return found, frozenset(along)
