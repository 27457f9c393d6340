"""`symbackprop verify --model MODEL NOTES...`: a verdict for each line of hand derivations."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from symbackprop.cli.ending import UNDECIDED, WELL, WRONG
from symbackprop.cli.numbers import sizes_in
from symbackprop.cli.running import chosen_conventions
from symbackprop.cli.streams import put
from symbackprop.notation.conventions import CHOICES, PRESETS
from symbackprop.notation.reading.model_text import load
from symbackprop.rendering.reports import report_text
from symbackprop.verifying.verdicts import Report, Status
from symbackprop.verifying.verify import verify

EXAMPLE = """
Exit codes: 0 every line is proved; 1 a line is refuted, or right only under another convention; 2 the input could not
be used; 3 nothing is refuted, but a line is undecided or cannot be read,
or nothing is claimed. All else is no verdict: 70 a defect of
symbackprop, 130 Ctrl-C, 141 output that nobody reads any more.

Example:

\b
  $ cat notes.txt
  dz2 = a2 - y
  dW2 = dz2 a1^T
  dz1 = W2^T dz2
  dW1 = dz1 x^T

\b
  $ symbackprop verify --model two_layer.model notes.txt
"""


@click.command("verify", epilog=EXAMPLE)
@click.argument("notes", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", required=True, type=click.Path(path_type=Path), help="The .model file that the notes are of.")
@click.option(
    "--one-over-m",
    type=click.Choice(CHOICES["one_over_m"]),
    help="Where the notes have the 1/m of a mean: at the parameters, or in every adjoint.",
)
@click.option("--notation", default="default", show_default=True, help=f"One of {', '.join(PRESETS)}.")
@click.option("--set", "choices", multiple=True, metavar="NAME=CHOICE", help="Change one convention of the notation.")
@click.option("--size", "sizes", multiple=True, metavar="NAME=NUMBER", help="A size of notes in scalars: --size h=3.")
@click.option("--quiet", is_flag=True, help="Only what is not right, and the summary.")
def verify_command(
    notes: tuple[Path, ...],
    model: Path,
    one_over_m: str | None,
    notation: str,
    choices: tuple[str, ...],
    sizes: tuple[str, ...],
    quiet: bool,
) -> None:
    """Judge every line of NOTES (.txt, .md or .tex) beside the derivation of MODEL."""
    conventions = chosen_conventions(notation, choices)
    if one_over_m is not None:
        conventions = conventions.having(one_over_m=one_over_m)
    network = load(model)
    reports = [verify(network, note, conventions=conventions, sizes=sizes_in(sizes)) for note in notes]
    colour = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for report in reports:
        put(report_text(report, colour=colour, quiet=quiet), colour=colour)
    sys.exit(exit_code(reports))


def exit_code(reports: Iterable[Report]) -> int:
    """The worst that was found: wrong lines before what is not all well."""
    reports = tuple(reports)
    if any(report.count(status) for report in reports for status in (Status.REFUTED, Status.CONVENTION)):
        return WRONG
    return WELL if all(report.ok for report in reports) else UNDECIDED
