"""`symbackprop derive MODEL -o OUT`: the derivation as a document."""

from __future__ import annotations

from pathlib import Path

import click

from symbackprop.cli.running import chosen_conventions, names_in, progress_line, without_traceback
from symbackprop.derivation.sweep import derive
from symbackprop.notation.conventions import PRESETS
from symbackprop.notation.reading.model_text import load
from symbackprop.rendering.document import DETAILS, LEVELS
from symbackprop.rendering.render import document_text, render

EXAMPLE = """
Example:

\b
  $ cat two_layer.model
  size n, h
  input x[n]
  target y[1] binary
  parameter W1[h,n], b1[h], W2[1,h], b2[1]
  z1 = W1 x + b1
  a1 = sigmoid(z1)
  z2 = W2 a1 + b2
  a2 = sigmoid(z2)
  loss L = binary_cross_entropy(a2, y)

\b
  $ symbackprop derive two_layer.model -o two_layer.md
"""


@click.command("derive", epilog=EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="OUT.md or OUT.tex; standard output without it.")
@click.option("--wrt", help="Derive by these tensors only, inputs too: --wrt W1,x. All parameters without it.")
@click.option("--level", type=click.Choice(LEVELS), default="both", show_default=True, help="Index or matrix notation.")
@click.option("--detail", type=click.Choice(DETAILS), default="standard", show_default=True, help="How many steps.")
@click.option("--notation", default="default", show_default=True, help=f"One of {', '.join(PRESETS)}.")
@click.option(
    "--set",
    "choices",
    multiple=True,
    metavar="NAME=CHOICE",
    help="Change one convention, as in --set layers=plain; may be given several times. --set help lists them.",
)
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@without_traceback
def derive_command(
    model: Path,
    output: Path | None,
    wrt: str | None,
    level: str,
    detail: str,
    notation: str,
    choices: tuple[str, ...],
    quiet: bool,
) -> None:
    """Write the derivation of every gradient of MODEL as Markdown or LaTeX."""
    conventions = chosen_conventions(notation, choices)
    network = load(model)
    progress = None if quiet else progress_line()
    derivation = derive(network, names_in(wrt), one_over_m=conventions.one_over_m, progress=progress)
    if output is None:
        click.echo(document_text(derivation, "md", level=level, detail=detail, conventions=conventions), nl=False)
        return
    render(derivation, output, level=level, detail=detail, conventions=conventions)
    click.echo(f"Wrote {output}: {len(derivation.adjoints)} adjoints derived from {model}.", err=True)
