"""Two ways to go down a gradient, for the examples beside this file: momentum, and Adam."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

Arrays = dict[str, np.ndarray]
Gradients = Callable[[Mapping[str, np.ndarray]], tuple[float, Arrays]]
BELOW = 1e-8  # what Adam adds to the root of the second moment


def momentum(gradients: Gradients, start: Arrays, batches: Iterable[Arrays], rate: float, kept: float = 0.9) -> Arrays:
    """Steps with the velocity v := kept v - rate g, one for each batch (Polyak, 1964)."""
    parameters = dict(start)
    velocity = {name: np.zeros_like(array) for name, array in start.items()}
    for batch in batches:
        for name, slope in gradients({**batch, **parameters})[1].items():
            velocity[name] = kept * velocity[name] - rate * slope
            parameters[name] = parameters[name] + velocity[name]
    return parameters


def adam(gradients: Gradients, start: Arrays, batches: Iterable[Arrays], rate: float) -> Arrays:
    """Steps by the first moment of the gradient over the root of the second (Kingma and Ba, 2015)."""
    parameters = dict(start)
    first, second = ({name: np.zeros_like(array) for name, array in start.items()} for _ in range(2))
    for step, batch in enumerate(batches, start=1):
        for name, slope in gradients({**batch, **parameters})[1].items():
            first[name] = 0.9 * first[name] + 0.1 * slope
            second[name] = 0.999 * second[name] + 0.001 * slope**2
            root = np.sqrt(second[name] / (1 - 0.999**step)) + BELOW
            parameters[name] = parameters[name] - rate * first[name] / (1 - 0.9**step) / root
    return parameters
