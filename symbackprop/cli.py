"""The command line: `symbackprop derive MODEL -o OUT`.

Exit codes: 0 all well; 1 something refuted; 2 the input could not be used; 3 something undecided.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from symbackprop.derivation.sweep import derive
from symbackprop.errors import SymbackpropError, UsageError
from symbackprop.notation.conventions import CHOICES, PRESETS, Conventions
from symbackprop.notation.reading.model_text import load
from symbackprop.rendering.document import DETAILS, LEVELS
from symbackprop.rendering.render import document_text, render

UNUSABLE = 2

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


def _no_traceback(command: Callable[..., Any]) -> Callable[..., Any]:
    """Our own errors are printed as they read; everything else is a defect and keeps its traceback."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except SymbackpropError as error:
            click.echo(str(error), err=True)
            sys.exit(UNUSABLE)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("symbackprop"), prog_name="symbackprop")
def main() -> None:
    """Derives backpropagation symbolically, step by step, and writes it down."""


@main.command("derive", epilog=EXAMPLE)
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
@_no_traceback
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
    conventions = _conventions(notation, choices)
    network = load(model)
    names = None if wrt is None else [name.strip() for name in wrt.split(",") if name.strip()]
    derivation = derive(network, names, one_over_m=conventions.one_over_m, progress=None if quiet else _progress())
    if output is None:
        click.echo(document_text(derivation, "md", level=level, detail=detail, conventions=conventions), nl=False)
        return
    render(derivation, output, level=level, detail=detail, conventions=conventions)
    click.echo(f"Wrote {output}: {len(derivation.adjoints)} adjoints derived from {model}.", err=True)


def _progress() -> Callable[[str, int, int], None] | None:
    """A line that is written over, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def show(name: str, done: int, of: int) -> None:
        click.echo(f"\r\033[Kderiving ∂{name} ({done + 1} of {of})", err=True, nl=False)
        if done + 1 == of:
            click.echo("\r\033[K", err=True, nl=False)

    return show


def _conventions(notation: str, choices: tuple[str, ...]) -> Conventions:
    """The named conventions with the choices of `--set` made."""
    known = "; ".join(f"{name}: {', '.join(map(str, options))}" for name, options in CHOICES.items())
    found: dict[str, object] = {}
    for choice in choices:
        name, equals, value = choice.partition("=")
        if not equals:
            raise UsageError(
                f"--set takes NAME=CHOICE, not {choice}", because=f"The conventions are: {known}.", name=choice
            )
        found[name.strip()] = int(value) if value.strip().isdigit() else value.strip()
    return Conventions.named(notation).having(**found)
