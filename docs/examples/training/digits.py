"""A perceptron with one hidden layer and a small convolutional network on scikit-learn's digits.

    python docs/examples/training/digits.py mlp    # test accuracy 0.975
    python docs/examples/training/digits.py cnn    # test accuracy 0.978

1797 pictures of 8 x 8 points: every fifth is kept for the test, the others train.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from descending import adam, momentum
from sklearn.datasets import load_digits

import symbackprop as sb
from symbackprop.training.initial import initial_parameters
from symbackprop.training.prediction import misclassified

NETWORKS = Path(__file__).parents[1] / "networks"


def pictures(shape: tuple[int, ...]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What trains and what tests, points between 0 and 1."""
    points, digits = load_digits(return_X_y=True)
    x, y = points.reshape(-1, *shape) / 16, np.eye(10)[digits]
    test = np.arange(len(x)) % 5 == 0
    return {"x": x[~test], "y": y[~test]}, {"x": x[test], "y": y[test]}


def batches(data: dict[str, np.ndarray], size: int, epochs: int) -> Iterator[dict[str, np.ndarray]]:
    """Every sample once an epoch, in random order."""
    random, count = np.random.default_rng(0), len(data["x"])
    for _ in range(epochs):
        order = random.permutation(count)
        for begin in range(0, count, size):
            yield {name: array[order[begin : begin + size]] for name, array in data.items()}


def main(name: str) -> None:
    """Trains one of the two, and prints the accuracy on pictures that it has not seen."""
    if name == "mlp":
        model, (train, test) = sb.load(NETWORKS / "mlp.model"), pictures((64,))
        start = initial_parameters(model, {})
        found = momentum(sb.compile(model), start, batches(train, 32, epochs=30), rate=0.05)
    else:
        model, (train, test) = sb.load(NETWORKS / "cnn_digits.model"), pictures((1, 8, 8))
        start = initial_parameters(model, {})
        found = adam(sb.compile(model), start, batches(train, 32, epochs=30), rate=0.003)
    wrong = misclassified(model)({**test, **found})
    print(f"test accuracy {1 - len(wrong) / len(test['x']):.3f} ({len(wrong)} of {len(test['x'])} wrong)")


if __name__ == "__main__":
    main(*sys.argv[1:2])
