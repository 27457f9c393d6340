"""Prints how many planted errors are found: `python -m tests.planted`."""

from __future__ import annotations

import sys
import time

from tests.planted.figures import Figures, all_claims, all_functions


def shown(what: str, figures: Figures) -> str:
    """One line of figures, and the errors that were missed."""
    share = 100 * figures.diagnosed / figures.planted
    words = (
        f"{what}: {figures.refuted} of {figures.planted} wrong ones refuted at the right place, "
        f"{figures.diagnosed} diagnosed as expected ({share:.0f} %); "
        f"{figures.wronged} of {figures.right} right ones not accepted"
    )
    return "\n".join([words, *(f"    {line}" for line in figures.missed)])


def main() -> int:
    began = time.perf_counter()
    claims, functions = all_claims(), all_functions()
    print(shown("claims", claims))
    print(shown("functions", functions))
    print(f"{time.perf_counter() - began:.0f} s")
    found = all(f.refuted == f.planted and not f.wronged for f in (claims, functions))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
