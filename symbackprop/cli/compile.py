"""`symbackprop compile MODEL -o OUT.py`: the gradients as a file that needs NumPy alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from symbackprop.cli.ending import WRONG
from symbackprop.cli.running import names_in
from symbackprop.cli.streams import put, tell
from symbackprop.compiling.compiled import FORMATS, Compiled
from symbackprop.compiling.compiled import compile as compile_gradients
from symbackprop.files import check_output
from symbackprop.model.words import counted
from symbackprop.notation.reading.model_text import load

EXAMPLE = """
Example:

\b
  $ symbackprop compile two_layer.model -o two_layer.py --check
  $ python -c "import two_layer; help(two_layer.loss_and_gradients)"
"""


@click.command("compile", epilog=EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="OUT.py; standard output without it.")
@click.option("--wrt", help="Gradients by these tensors only, inputs too: --wrt W1,x. By all parameters without it.")
@click.option("--assume-facts", is_flag=True, help="Let the code rest on what the model says of data (one-hot, ...).")
@click.option("--check", is_flag=True, help="Compare with complex steps first; exit code 1 and no file if they differ.")
@click.option("--quiet", is_flag=True, help="Nothing on standard error but errors.")
def compile_command(
    model: Path, output: Path | None, wrt: str | None, assume_facts: bool, check: bool, quiet: bool
) -> None:
    """Write NumPy code for the loss of MODEL and its gradients."""
    if output is not None:
        check_output(output, FORMATS, [model])
    compiled = compile_gradients(load(model), wrt=names_in(wrt), assume_facts=assume_facts)
    if check:
        _check(compiled, quiet)
    if output is None:
        put(compiled.source)
        return
    compiled.save(output)
    if not quiet:
        gradients = counted(len(compiled.gradients), "gradient", "gradients")
        tell(f"Wrote {output}: {gradients} compiled from {model}.")


def _check(compiled: Compiled, quiet: bool) -> None:
    """Prints the worst error, all errors if one is too large, and ends there."""
    report = compiled.check()
    if not report.ok:
        tell(f"The compiled code {report}")
        sys.exit(WRONG)
    if not quiet:
        where = f"{report.where}, sizes all different"
        tell(f"Agrees with complex steps at {where}: worst relative error {report.worst:.1e}.")
