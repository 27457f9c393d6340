"""`symbackprop exercise MODEL -o SHEET`: a worksheet and its key."""

from __future__ import annotations

from pathlib import Path

import click

from symbackprop.cli.running import chosen_conventions
from symbackprop.cli.streams import put, tell
from symbackprop.errors import WriteError
from symbackprop.exercises.exercise import FORMATS, LEVELS, Kind, exercise
from symbackprop.files import check_output, ending_of, write_whole
from symbackprop.notation.conventions import PRESETS
from symbackprop.notation.reading.model_text import load

EXAMPLE = """
Example:

\b
  $ symbackprop exercise two_layer.model -o sheet.md --key key.md --seed 7
  $ symbackprop verify --model two_layer.model sheet.md    # once it is filled in
"""


@click.command("exercise", epilog=EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The sheet: SHEET.md, .tex or .html.")
@click.option("--key", type=click.Path(path_type=Path), help="Its key; beside the sheet, as SHEET-key.md, without it.")
@click.option("--kind", type=click.Choice([str(k) for k in Kind]), default="blanks", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which blanks, or which mistake.")
@click.option(
    "--level", type=click.Choice(LEVELS), default="both", show_default=True, help="Matrices, or entries alone."
)
@click.option("--all-samples", is_flag=True, help="About the cost of all samples; about one sample's loss without it.")
@click.option("--notation", default="default", show_default=True, help=f"One of {', '.join(PRESETS)}.")
@click.option("--set", "choices", multiple=True, metavar="NAME=CHOICE", help="Change one convention of the notation.")
def exercise_command(
    model: Path,
    output: Path | None,
    key: Path | None,
    kind: str,
    seed: int,
    level: str,
    all_samples: bool,
    notation: str,
    choices: tuple[str, ...],
) -> None:
    """Write a worksheet on the gradients of MODEL, with blanks or with one mistake, and its key."""
    conventions = chosen_conventions(notation, choices)
    beside = key or (None if output is None else output.with_stem(f"{output.stem}-key"))
    format = _checked(output, beside, model)
    made = exercise(
        load(model),
        kind=kind,
        seed=seed,
        format=format,
        level=level,
        all_samples=all_samples,
        conventions=conventions,
    )
    if output is None:
        put(made.sheet)
    else:
        write_whole(output, made.sheet)
    if beside is not None:
        write_whole(beside, made.key)
        tell(f"Wrote {f'{output} and ' if output is not None else ''}{beside}.")


def _checked(output: Path | None, key: Path | None, model: Path) -> str:
    """The format of both files, which may come to stand where they are wanted."""
    for path in (output, key):
        if path is not None:
            check_output(path, FORMATS, [model])
    if output is not None and key is not None and output.resolve() == key.resolve():
        raise WriteError(f"{output} cannot be the sheet and its key", fix="Give --key another name.", name=str(key))
    endings = {ending_of(path, FORMATS) for path in (output, key) if path is not None}
    if len(endings) > 1:
        raise WriteError(f"{output} and {key} are of two formats", fix="Give both the same ending.", name=str(key))
    return endings.pop() if endings else "md"
