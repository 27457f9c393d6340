"""What compiling costs, once: by the number of layers, and where the time goes for ten of them.

    python -m tests.benchmarks.compile_cost

prints the tables. Times are processor time, from empty caches; a line is fitted to the layers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from symbackprop.algebra.symbols import size
from symbackprop.compiling.compiled import compile as compile_gradients
from symbackprop.compiling.equations import computation_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.numpy_code import emit
from symbackprop.compiling.stability.stable import stable
from symbackprop.model.model import Model
from tests.benchmarks.derive_cost import cold, fit, mlp

LAYERS = (1, 2, 3, 5, 7, 10, 14, 20)
TARGET = 1.0  # second for ten layers, everything included


def seconds(model: Model, rounds: int = 3) -> float:
    """Processor time of compiling once, the least of some rounds."""
    return min(_timed(compile_gradients, model)[0] for _ in range(rounds))


def _timed(work: Callable[..., Any], *arguments: Any, chilled: bool = True) -> tuple[float, Any]:
    if chilled:
        cold()
    start = time.process_time()
    result = work(*arguments)
    return time.process_time() - start, result


def parts(model: Model) -> dict[str, float]:
    """Where the time goes: stable forms and sweep, lowering, emission."""
    batch = model.batched()
    forms, _ = _timed(stable, batch)
    equations, computation = _timed(computation_of, model)
    lowering, program = _timed(lower, computation, chilled=False)
    emission, _ = _timed(emit, program, chilled=False)
    return {
        "stable forms": forms,
        "reverse sweep": equations - forms,
        "lowering": lowering,
        "emission": emission,
    }


def main() -> None:
    compile_gradients(mlp(1, size("n")))  # imports and first-use costs
    print("layers (symbolic width)")
    times = [seconds(mlp(count, size("n"))) for count in LAYERS]
    for count, spent in zip(LAYERS, times, strict=True):
        print(f"  {count:5d}  {spent:8.3f} s  {1000 * spent / count:8.1f} ms a layer")
    a, b, explained = fit(LAYERS, times)
    print(f"  fit: {a:.3f} s + {1000 * b:.1f} ms a layer, R² = {explained:.4f}")
    print("\nwhere the time goes, 10 layers")
    for name, spent in parts(mlp(10, size("n"))).items():
        print(f"  {name:14s} {spent:8.3f} s")
    print(f"\n10 layers, compiled once: {seconds(mlp(10, size('n')), 5):.3f} s (target {TARGET} s)")


if __name__ == "__main__":
    main()
