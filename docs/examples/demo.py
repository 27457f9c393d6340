"""Derives, compiles, trains and verifies the example of two layers: `make demo`."""

from __future__ import annotations

import sys
import textwrap
import time
from pathlib import Path

import numpy as np

import symbackprop as sb

HERE = Path(__file__).parent
EXAMPLE = HERE / "002_two_layer_sigmoid.model"
DATA = HERE / "002_xor.csv"
NOTES = HERE / "002_notes_with_a_mistake.txt"


def main(folder: Path) -> None:
    """Writes the derivation, the compiled gradients and the trained parameters to `folder`, and judges a note."""
    print(f"The model, {EXAMPLE.name}:\n")
    print(EXAMPLE.read_text(encoding="utf-8"))
    model = sb.load(EXAMPLE)
    derive(model, folder)
    compile_gradients(model, folder)
    train(model, folder)
    verify(model)


def derive(model: sb.Model, folder: Path) -> None:
    began = time.perf_counter()
    derivation = sb.derive(model)
    took = time.perf_counter() - began
    single = derivation.one_sample or derivation
    print("== Derive. Its gradients, for one sample:\n")
    for step in single.summary():
        print(f"    {sb.text(single, step.tensor)}")
    print("\nand over all samples:\n")
    for step in derivation.summary():
        print(f"    {sb.text(derivation, step.tensor)}")
    counts = ", ".join(f"{count} {method}" for method, count in derivation.checks().items())
    print(f"\nSteps over all samples: {counts}. Derived in {took:.1f} s.\n")
    for ending in ("md", "tex"):
        print(f"    {sb.render(derivation, folder / f'two_layer_sigmoid.{ending}')}")


def compile_gradients(model: sb.Model, folder: Path) -> None:
    began = time.perf_counter()
    gradients = sb.compile(model)
    took = time.perf_counter() - began
    print(f"\n== Compile. One NumPy function, made in {took:.1f} s:\n")
    body = gradients.source[gradients.source.index("def loss_and_gradients") :]
    print(textwrap.indent(body, "    "))
    print(f"Checked: {gradients.check()}")
    gradients.save(folder / "two_layer_sigmoid.py")
    print(f"\n    {folder / 'two_layer_sigmoid.py'}")


def train(model: sb.Model, folder: Path) -> None:
    print(f"\n== Train on {DATA.name}, one misclassified sample at a time:\n")
    data = sb.read_data(DATA, model)
    trained = sb.train(model, data, sizes={"h": 3}, batch="misclassified", rate=1.0)
    print(f"Cost {trained.costs[0]:.4f} before, {trained.costs[-1]:.4f} after {trained.steps} steps: {trained.reason}.")
    for name, array in trained.parameters.items():
        print(f"\n    {name} = {np.array2string(array, precision=3, prefix=f'    {name} = ')}")


def verify(model: sb.Model) -> None:
    print(f"\n== Verify {NOTES.name}:\n")
    print(sb.verify(model, NOTES))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
