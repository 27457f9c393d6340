"""What judging a claim costs, over the documents and notes of the examples.

    python -m tests.benchmarks.verify_cost

prints a row for each document: its claims, the median and the most expensive one, and what comes before the first:
reading the note and deriving the model. Times are processor time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from sympy.core.cache import clear_cache

from symbackprop.verifying.claims.contexts import stated_context
from symbackprop.verifying.truths import Truths
from tests.notation.readings import note_of
from tests.planted.examples import FOLDER, load

DOCUMENTS = {
    "002_notes.txt": "002_two_layer_sigmoid",
    "002_two_layer_sigmoid.md": "002_two_layer_sigmoid",
    "002_two_layer_sigmoid.tex": "002_two_layer_sigmoid",
    "000_two_layer_sigmoid.md": "000_two_layer_sigmoid",
    "000_two_layer_generic.md": "000_two_layer_generic",
    "001_linear_1_1_2_1.md": "001_linear_1_1_2_1",
    "softmax_classifier.md": "softmax_classifier",
}
TARGET = 0.050  # seconds for a claim, the median


@dataclass(frozen=True)
class Cost:
    """Seconds: to read the note, to derive and to prepare what it reads, and for each claim."""

    reading: float
    deriving: float
    claims: tuple[float, ...]


def cost_of(document: Path, example: str) -> Cost:
    """The times for one document, from empty SymPy caches."""
    clear_cache()
    model = load(example)
    began = time.process_time()
    note = note_of(document, model)
    read = time.process_time()
    truths = Truths(model)
    context = stated_context(lambda _model, _base=None: note, truths)
    for scale in truths.scales:
        context.basis(scale)
    ready = time.process_time()
    claims = []
    for number in range(len(context.lines)):
        start = time.process_time()
        context.alone(number)
        claims.append(time.process_time() - start)
    return Cost(read - began, ready - read, tuple(claims))


def costs() -> dict[str, Cost]:
    return {name: cost_of(FOLDER / name, example) for name, example in DOCUMENTS.items()}


def main() -> None:
    print(f"{'document':<28} {'claims':>6} {'reading':>8} {'deriving':>9} {'median':>9} {'95 %':>9} {'most':>9}")
    found = costs()
    for name, cost in found.items():
        print(row(name, cost.claims, f"{cost.reading:6.2f} s {cost.deriving:7.2f} s"))
    print(row("all", tuple(spent for cost in found.values() for spent in cost.claims), " " * 18))


def row(name: str, claims: tuple[float, ...], before: str) -> str:
    found = (median(claims), quantiles(claims, n=20)[-1], max(claims))
    return f"{name:<28} {len(claims):>6} {before} {' '.join(f'{1000 * spent:6.1f} ms' for spent in found)}"


if __name__ == "__main__":
    main()
