"""What judging a claim costs, over the documents and notes of the examples, and what a wrong line costs.

    python -m tests.benchmarks.verify_cost

prints a row for each document: its claims, the median and the most expensive one, and what comes before the first:
reading the note and deriving the model. Then a note of 40 formulas, all in all; and for each model one wrong line that
no known mistake explains, for which all that can be tried is. Times are processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from sympy.core.cache import clear_cache

import symbackprop as sb
from symbackprop.notation.claims.records import Claim
from symbackprop.rendering.render import document_text
from symbackprop.verifying.claims.alternatives import stated_context
from symbackprop.verifying.truths import Truths, truths_of
from tests.notation.readings import note_of
from tests.planted.examples import EXAMPLES, FOLDER, load

DOCUMENTS = {
    "002_notes.txt": "002_two_layer_sigmoid",
    "002_two_layer_sigmoid.md": "002_two_layer_sigmoid",
    "002_two_layer_sigmoid.tex": "002_two_layer_sigmoid",
    "000_two_layer_sigmoid.md": "000_two_layer_sigmoid",
    "000_two_layer_generic.md": "000_two_layer_generic",
    "001_linear_1_1_2_1.md": "001_linear_1_1_2_1",
    "softmax_classifier.md": "softmax_classifier",
}
TARGET = 0.020  # seconds for a claim, the median
NOTE = 2.0  # for a note of 40 formulas
WRONG = 3.0  # for a wrong line, whatever the model
NETWORKS = tuple(sorted((FOLDER / "networks").glob("*.model")))


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
    context = stated_context(lambda _model, _only=None: note, truths)
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


def spent(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def claims_of(model: sb.Model) -> list[str]:
    """The formulas of a model's own document."""
    document = document_text(sb.derive(model, checks=False), "md")
    return [line.written for line in note_of(document, model).lines if isinstance(line, Claim)]


def cost_of_note(example: str, count: int = 40) -> float:
    """A note with so many of the formulas of an example: read and judged, the model derived."""
    model = load(example)
    note = "\n\n".join(f"$$ {formula} $$" for formula in claims_of(model)[-count:])
    clear_cache()
    truths_of.cache_clear()
    return spent(lambda: sb.verify(model, note))


def costs_of_wrong_lines(model: sb.Model, count: int = 3) -> list[float]:
    """Lines of a model's document, each made wrong in two ways at once, in a note of its own; the model is derived."""
    truths = truths_of(model)
    for scale in truths.scales:
        truths.at(scale)
    right = [formula for formula in claims_of(model) if " = " in formula and "&" not in formula]
    found = []
    for formula in right[:: max(1, len(right) // count)][:count]:
        first, _, last = formula.rpartition(" = ")
        wrong = rf"$$ {first} = \frac{{7}}{{5}} \left({last}\right) + \frac{{1}}{{3}} $$"
        found.append(spent(lambda wrong=wrong: sb.verify(model, wrong)))
    return found


def main() -> None:
    print(f"{'document':<28} {'claims':>6} {'reading':>8} {'deriving':>9} {'median':>9} {'95 %':>9} {'most':>9}")
    found = costs()
    for name, cost in found.items():
        print(row(name, cost.claims, f"{cost.reading:6.2f} s {cost.deriving:7.2f} s"))
    print(row("all", tuple(one for cost in found.values() for one in cost.claims), " " * 18))
    print(f"\na note of 40 formulas on 002_two_layer_sigmoid: {cost_of_note('002_two_layer_sigmoid'):.2f} s")
    print("\na wrong line, the most expensive of three")
    for path in [*(FOLDER / f"{name}.model" for name in EXAMPLES), *NETWORKS]:
        print(f"{path.stem:<28} {max(costs_of_wrong_lines(sb.load(path))):6.2f} s", flush=True)


def row(name: str, claims: tuple[float, ...], before: str) -> str:
    found = (median(claims), quantiles(claims, n=20)[-1], max(claims))
    return f"{name:<28} {len(claims):>6} {before} {' '.join(f'{1000 * one:6.1f} ms' for one in found)}"


if __name__ == "__main__":
    main()
