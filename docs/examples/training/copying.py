"""One block of a causal transformer learns to copy: after eight symbols and a mark, the same eight again.

    python docs/examples/training/copying.py    # accuracy 1.000 on fresh samples

Only the steps after the mark are scored: at the others the target has no class, and a row of zeros loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from descending import adam

import symbackprop as sb
from symbackprop.compiling.values import compile_values
from symbackprop.training.initial import initial_parameters

MODEL = Path(__file__).parents[1] / "networks" / "transformer_copy.model"
LENGTH, SYMBOLS, MARK = 8, 8, 8


def samples(random: np.random.Generator, count: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Tokens s mark s without the last symbol, their targets, and the symbols."""
    symbols = random.integers(0, SYMBOLS, (count, LENGTH))
    marks = np.full((count, 1), MARK)
    tokens = np.concatenate([symbols, marks, symbols[:, :-1]], axis=1)
    y = np.zeros((*tokens.shape, SYMBOLS + 1))
    y[:, LENGTH:] = np.eye(SYMBOLS + 1)[symbols]
    return {"tok": tokens, "y": y}, symbols


def batches(random: np.random.Generator, count: int, steps: int) -> Iterator[dict[str, np.ndarray]]:
    for _ in range(steps):
        yield samples(random, count)[0]


def main() -> None:
    """Trains, and prints the share of symbols that are copied rightly in samples that it has not seen."""
    model = sb.load(MODEL)
    start = initial_parameters(model, {"T": 2 * LENGTH, "V": SYMBOLS + 1, "E": 16, "F": 32})
    found = adam(sb.compile(model), start, batches(np.random.default_rng(0), 32, steps=800), rate=0.005)
    fresh, symbols = samples(np.random.default_rng(1), 500)
    given = compile_values(model, ["o"])({**fresh, **found})["o"][:, LENGTH:].argmax(axis=-1)
    print(f"accuracy {np.mean(given == symbols):.3f} on fresh samples")


if __name__ == "__main__":
    main()
