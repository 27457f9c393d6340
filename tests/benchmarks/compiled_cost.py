"""What compiled training steps cost, beside steps written by hand: ratios of times that were taken in turn.

    python -m tests.benchmarks.compiled_cost

prints the table. It wants a machine that does nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import symbackprop as sb
from symbackprop.compiling.drawing import extents_at
from tests.benchmarks import hand_written

NETWORKS = Path(__file__).parents[2] / "docs" / "examples" / "networks"
Step = Callable[[np.ndarray, np.ndarray, dict[str, np.ndarray]], tuple[float, dict[str, np.ndarray]]]


@dataclass(frozen=True, slots=True)
class Case:
    """A model of the examples by the name of its step, at sizes; how many times the step by hand it may cost."""

    name: str
    sizes: Mapping[str, int]
    target: float = 1.5

    @property
    def step(self) -> Step:
        return getattr(hand_written, self.name)

    def arrays(self, f: sb.Compiled) -> dict[str, np.ndarray]:
        """Arrays for all arguments."""
        random = np.random.default_rng(0)
        found = {}
        for argument in f.arguments:
            shape = extents_at(argument.shape, self.sizes)
            if argument.integer:
                found[argument.name] = random.integers(0, min(extents_at(argument.below, self.sizes)), shape)
            elif argument.role == "target" and len(shape) and self.name not in ("conv1d_groups", "conv1d_depthwise"):
                found[argument.name] = np.eye(shape[-1])[random.integers(0, shape[-1], shape[:-1])]
            else:
                found[argument.name] = random.standard_normal(shape) / np.sqrt(max(shape[-1:], default=1))
        return found


CASES = (
    Case("cnn_digits", {"m": 32}),
    Case("cnn_digits", {"m": 64}),
    Case("char_lstm", {"m": 16, "T": 25, "K": 60, "D": 32, "h": 64}),
    Case("char_lstm", {"m": 32, "T": 50, "K": 60, "D": 64, "h": 128}),
    Case("transformer_copy", {"m": 16, "T": 24, "V": 20, "E": 16, "F": 64}),
    Case("transformer_copy", {"m": 32, "T": 64, "V": 60, "E": 32, "F": 256}),
    Case("conv1d_groups", {"m": 32, "C": 8, "N": 100}),
    Case("conv1d_depthwise", {"m": 32, "K": 12, "N": 100}),
)


@cache
def compiled_network(name: str) -> sb.Compiled:
    return sb.compile(sb.load(NETWORKS / f"{name}.model"))


def both(case: Case) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The compiled step, nothing checked, and the one by hand, at the same arrays."""
    f = compiled_network(case.name)
    arrays = case.arrays(f)
    given = [arrays[argument.name] for argument in f.arguments]
    x, y = (next(a for a in f.arguments if a.role == role).name for role in ("input", "target"))
    weights = {argument.name: arrays[argument.name] for argument in f.arguments if argument.role == "parameter"}

    def compiled() -> tuple[float, dict[str, np.ndarray]]:
        loss, gradients = f.function(*given)
        return float(loss), dict(zip(f.gradients, gradients, strict=True))

    return compiled, lambda: case.step(arrays[x], arrays[y], weights)


def times(one: Callable[[], Any], other: Callable[[], Any], seconds: float = 1.0) -> tuple[float, float, float]:
    """The medians of both, and that of their ratio, run by turns."""
    one(), other()
    found, end = [], time.perf_counter() + seconds
    while len(found) < 5 or time.perf_counter() < end:
        begin = time.perf_counter()
        one()
        middle = time.perf_counter()
        other()
        found.append((middle - begin, time.perf_counter() - middle))
    return median(a for a, _ in found), median(b for _, b in found), median(a / b for a, b in found)


def main() -> None:
    print(f"{'':18s}  compiled   by hand   ratio")
    for case in CASES:
        ours, theirs, ratio = times(*both(case))
        sizes = ", ".join(f"{name} = {value}" for name, value in case.sizes.items())
        print(f"{case.name:18s}{1e3 * ours:8.2f} ms{1e3 * theirs:8.2f} ms{ratio:7.2f}   {sizes}")


if __name__ == "__main__":
    main()
