"""The next character of an English text, by a recurrent network and by a long short-term memory.

    python docs/examples/training/characters.py char_rnn     # loss 1.76 nats a character
    python docs/examples/training/characters.py char_lstm    # loss 1.62

The text is what Python's own `help` says of its statements and terms: the first 190,000 characters train, the 10,000
after them test. Whoever knew how often each character occurs and nothing else would lose the entropy of that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
from descending import adam

import symbackprop as sb
from symbackprop.training.initial import initial_parameters

NETWORKS = Path(__file__).parents[1] / "networks"
STEPS, SAMPLES = 32, 16
READ, TESTED = 190_000, 10_000


def text() -> str:
    """The topics of `help` in the order of their names, in small letters, each run of spaces and line ends as one."""
    written = " ".join(body for _, body in sorted(topics.items()))
    return " ".join("".join(c for c in written.lower() if c.isascii()).split())[: READ + TESTED]


def windows(numbers: np.ndarray, starts: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """The characters from each start on, and the ones after them as classes."""
    at = starts[:, None] + np.arange(STEPS)
    return {"tok": numbers[at], "y": np.eye(count)[numbers[at + 1]]}


def batches(numbers: np.ndarray, count: int, steps: int) -> Iterator[dict[str, np.ndarray]]:
    random = np.random.default_rng(0)
    for _ in range(steps):
        yield windows(numbers, random.integers(0, len(numbers) - STEPS, SAMPLES), count)


def main(name: str) -> None:
    """Trains one of the two, and prints its loss over the text that it has not read."""
    characters, numbers = np.unique(list(text()), return_inverse=True)
    count, read, rest = len(characters), numbers[:READ], numbers[READ:]
    gradients = sb.compile(sb.load(NETWORKS / f"{name}.model"))
    start = initial_parameters(gradients.model, {"K": count, "D": 16, "h": 96})
    found = adam(gradients, start, batches(read, count, steps=2000), rate=0.005)
    loss, _ = gradients({**windows(rest, np.arange(0, len(rest) - STEPS, STEPS), count), **found})
    shares = np.bincount(rest) / len(rest)
    entropy = -np.sum(shares * np.log(shares, where=shares > 0, out=np.zeros(len(shares))))
    print(f"loss {loss:.3f} nats a character; entropy of single characters {entropy:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
