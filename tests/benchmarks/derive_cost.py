"""What deriving costs: by the number of layers, by their width, and for ten layers with every step checked.

    python -m tests.benchmarks.derive_cost

prints the tables. Times are processor time, from empty caches; a line is fitted to the layers.
"""

from __future__ import annotations

import gc
import sys
import time

import numpy as np
from sympy import Expr, Integer, exp, log
from sympy.core.cache import clear_cache

from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import Apply, entry, index, size, total
from symbackprop.derivation.sweep import derive
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Samples, Tensor

LAYERS = (1, 2, 5, 10, 20, 35, 50)
WIDTHS = (2, 8, 32, 128, 512, 2048, 4096)
TARGET = 3.0  # seconds for ten layers, every step checked

i, j, k, s = (index(name) for name in "ijks")


def mlp(layers: int, width: Expr) -> Model:
    """`layers` layers of sigmoids (the last one a softmax), cross-entropy, and the mean over m samples in rows."""
    tensors = [Tensor("a0", (width,), "input"), Tensor("y", (width,), "target", (Fact("y", "one_hot", 0),))]
    equations = []
    for layer in range(1, layers + 1):
        weights, bias, z, a = (f"{letter}{layer}" for letter in "Wbza")
        tensors += [Tensor(weights, (width, width), "parameter"), Tensor(bias, (width,), "parameter")]
        tensors += [Tensor(z, (width,), "intermediate"), Tensor(a, (width,), "intermediate")]
        product = total(entry(weights, i, j) * entry(f"a{layer - 1}", j), (j, width))
        equations.append(Equation(z, (i,), product + entry(bias, i)))
        softmax = exp(entry(z, i)) / total(exp(entry(z, k)), (k, width))
        equations.append(Equation(a, (i,), softmax if layer == layers else Apply("sigmoid", entry(z, i))))
    equations.append(Equation("L", (), -total(entry("y", i) * log(entry(f"a{layers}", i)), (i, width))))
    m = size("m")
    return Model(
        tensors=(*tensors, Tensor("L", (), "loss"), Tensor("J", (), "cost")),
        equations=tuple(equations),
        loss="L",
        samples=Samples(m, "rows", s),
        cost=Equation("J", (), total(entry("L", s), (s, m)) / m),
        functions=FUNCTIONS,
        name=f"mlp{layers}",
    )


def cold() -> None:
    """Empty SymPy's caches and the package's, so that each run pays for itself."""
    clear_cache()
    for name, module in list(sys.modules.items()):
        if name.startswith("symbackprop"):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
    gc.collect()


def seconds(model: Model, checks: bool, rounds: int = 1) -> float:
    """Processor time of one derivation, the least of some rounds."""
    times = []
    for _ in range(rounds):
        cold()
        start = time.process_time()
        derive(model, checks=checks)
        times.append(time.process_time() - start)
    return min(times)


def fit(counts: tuple[int, ...], times: list[float]) -> tuple[float, float, float]:
    """The line times ≈ a + b counts: a, b, and the share of the variance that it explains."""
    b, a = np.polyfit(counts, times, 1)
    residual = np.asarray(times) - (a + b * np.asarray(counts))
    return float(a), float(b), float(1 - residual.var() / np.var(times))


def by_layers(checks: bool, rounds: int = 1, layers: tuple[int, ...] = LAYERS) -> list[float]:
    return [seconds(mlp(count, size("n")), checks, rounds) for count in layers]


def by_width(checks: bool, rounds: int = 1, widths: tuple[int, ...] = WIDTHS) -> list[float]:
    return [seconds(mlp(3, Integer(width)), checks, rounds) for width in widths]


def main() -> None:
    seconds(mlp(1, size("n")), True)  # imports and first-use costs
    for checks in (False, True):
        print(f"\nlayers (symbolic width), steps {'checked' if checks else 'not checked'}")
        times = by_layers(checks)
        for count, spent in zip(LAYERS, times, strict=True):
            print(f"  {count:5d}  {spent:8.3f} s  {1000 * spent / count:8.1f} ms a layer")
        a, b, explained = fit(LAYERS, times)
        print(f"  fit: {a:.3f} s + {1000 * b:.1f} ms a layer, R² = {explained:.4f}")
    print("\nwidth (3 layers, literal), steps checked")
    for width, spent in zip(WIDTHS, by_width(True), strict=True):
        print(f"  {width:5d}  {spent:8.3f} s")
    print(f"\n10 layers, every step checked: {seconds(mlp(10, size('n')), True):.3f} s (target {TARGET} s)")


if __name__ == "__main__":
    main()
