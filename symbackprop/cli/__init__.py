"""The command line: one module for each command."""

from __future__ import annotations

from importlib.metadata import version

import click

from symbackprop.cli.compile import compile_command
from symbackprop.cli.derive import derive_command
from symbackprop.cli.ending import Program
from symbackprop.cli.exercise import exercise_command
from symbackprop.cli.train import train_command
from symbackprop.cli.verify import verify_command


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("symbackprop"), prog_name="symbackprop")
def main() -> None:
    """Derives backpropagation step by step, compiles it, trains with it, and verifies hand derivations."""


for command in (
    derive_command,
    compile_command,
    train_command,
    verify_command,
    exercise_command,
):
    main.add_command(command)
