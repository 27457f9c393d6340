"""Derives the example of two layers, writes the documents, and says what it did: `make demo`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import symbackprop as sb

EXAMPLE = Path(__file__).with_name("002_two_layer_sigmoid.model")


def main(folder: Path) -> None:
    """Writes the derivation of `EXAMPLE` to `folder` as Markdown and LaTeX."""
    began = time.perf_counter()
    model = sb.load(EXAMPLE)
    print(f"The model, {EXAMPLE}:\n")
    print(EXAMPLE.read_text(encoding="utf-8"))
    derivation = sb.derive(model)
    single = derivation.one_sample or derivation
    print("Its gradients, for one sample:\n")
    for step in single.summary():
        print(f"    {sb.text(single, step.tensor)}")
    print("\nand over all samples:\n")
    for step in derivation.summary():
        print(f"    {sb.text(derivation, step.tensor)}")
    counts = ", ".join(f"{count} {method}" for method, count in derivation.checks().items())
    print(f"\nSteps over all samples: {counts}. Derived in {time.perf_counter() - began:.1f} s.\n")
    print("The documents, each step written out:\n")
    for ending in ("md", "tex"):
        print(f"    {sb.render(derivation, folder / f'two_layer_sigmoid.{ending}')}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
