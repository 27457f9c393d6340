"""Judges near misses: `python -m tests.planted.near_misses [--count 2000] [--seed 0]`."""

from __future__ import annotations

import argparse
import sys
import time

from symbackprop.verifying.verdicts import Status
from tests.planted.near_misses.claims import MODELS
from tests.planted.near_misses.figures import KINDS, Figures, outcomes


def shown(figures: Figures) -> str:
    """The figures in a few lines."""
    count, named = figures.counted, figures.diagnosed
    proved, refuted = count[Status.PROVED, "true"], count[Status.REFUTED, "false"]
    undecided = ", ".join(f"{count[Status.UNDECIDED, truth]} {truth}" for truth in ("true", "false"))
    share = 100 * named["named"] / max(named.total(), 1)
    aside = ", ".join(f"{number} {what}" for what, number in sorted(figures.aside.items()))
    return "\n".join(
        (
            f"{figures.total} near misses: {proved} true ones proved, {refuted} false ones refuted, "
            f"{figures.false_proofs} false proofs, {figures.false_refutations} false refutations",
            f"    {count[Status.CONVENTION, 'false']} false ones right under a convention that is named",
            f"    undecided: {undecided}",
            f"    the mistake is named in {named['named']} of {named.total()} refuted ones ({share:.0f} %), "
            f"another one in {named['another']}, none in {named['none']}",
            f"    drawn beside them: {aside or 'none'}",
        )
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", nargs="*", default=[*MODELS])
    parser.add_argument("--show", choices=KINDS, nargs="*", default=["false"])
    given = parser.parse_args()
    began = time.process_time()
    figures = Figures()
    for outcome in outcomes(given.count, given.seed, tuple(given.models)):
        if figures.count(outcome) in given.show:
            print(outcome, flush=True)
    print(shown(figures))
    print(f"{time.process_time() - began:.0f} s of processor time")
    return 1 if figures.false_proofs or figures.false_refutations else 0


if __name__ == "__main__":
    sys.exit(main())
