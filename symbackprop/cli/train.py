"""`symbackprop train MODEL DATA -o PARAMETERS.npz`: gradient descent by the compiled gradients."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from symbackprop.cli.numbers import sizes_in
from symbackprop.cli.running import whole_number
from symbackprop.cli.streams import put, tell
from symbackprop.errors import UsageError
from symbackprop.files import check_output
from symbackprop.model.model import Model
from symbackprop.notation.reading.model_text import load
from symbackprop.training.data import read_arrays, read_data
from symbackprop.training.descent import Batch, Trained, train
from symbackprop.training.files import FORMATS, save_parameters
from symbackprop.training.prediction import wrong_classes

EXAMPLE = """
Example:

\b
  $ cat xor.csv
  x[0],x[1],y
  0,0,0
  0,1,1
  1,0,1
  1,1,0

\b
  $ symbackprop train two_layer.model xor.csv --size h=3 --batch misclassified --rate 1 -o xor.npz
"""


@click.command("train", epilog=EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="OUT.npz: the parameters found.")
@click.option("--rate", type=float, default=0.1, show_default=True, help="The learning rate.")
@click.option(
    "--batch",
    default="full",
    show_default=True,
    help="What a step takes: full, a number of samples, one, or misclassified (one at random of those that are wrong).",
)
@click.option("--epochs", type=int, default=1000, show_default=True, help="The most epochs.")
@click.option("--tolerance", type=float, default=1e-6, show_default=True, help="When it has converged.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the parameters to start from and the order.")
@click.option("--start", type=click.Path(path_type=Path), help="START.npz: parameters to start from, all or some.")
@click.option("--size", "sizes", multiple=True, metavar="NAME=NUMBER", help="A size that the data do not tell: h=3.")
@click.option("--prediction", help="The tensor to compare with the target; found without it.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def train_command(
    model: Path,
    data: Path,
    output: Path | None,
    rate: float,
    batch: str,
    epochs: int,
    tolerance: float,
    seed: int,
    start: Path | None,
    sizes: tuple[str, ...],
    prediction: str | None,
    quiet: bool,
) -> None:
    """Train MODEL on DATA (CSV or NPZ) by gradient descent until it has converged."""
    if output is not None:
        check_output(output, FORMATS, [model, data])
    network = load(model)
    given = sizes_in(sizes)
    arrays = read_data(data, network)
    with _progress(epochs, quiet) as progress:
        result = train(
            network,
            arrays,
            start=None if start is None else read_arrays(start),
            sizes=given,
            progress=progress,
            rate=rate,
            batch=_batch(batch),
            epochs=epochs,
            tolerance=tolerance,
            seed=seed,
            prediction=prediction,
        )
    put(f"{_summary(result)}\n")
    wrong = _wrong(network, {**given, **arrays, **result.parameters}, prediction)
    if wrong is not None:
        put(f"{wrong}\n")
    if output is not None:
        save_parameters(output, result.parameters)
        tell(f"Wrote {output}: {', '.join(result.parameters)}.")


@contextmanager
def _progress(epochs: int, quiet: bool) -> Iterator[Callable[[int, float], None]]:
    """A bar of epochs with the cost, on a terminal only."""
    hidden = quiet or sys.stderr is None or not sys.stderr.isatty()
    bar: Any = click.progressbar(length=epochs, label="training", file=sys.stderr, hidden=hidden)
    bar.item_show_func = lambda cost: "" if cost is None else f"cost {cost:.6g}"
    with bar:
        yield lambda _epoch, cost: bar.update(1, cost)


def _batch(text: str) -> Batch:
    if text == "one":
        return 1
    number = whole_number(text)
    if number is not None:
        return number
    if text == "full" or text == "misclassified":
        return text
    raise UsageError(
        f"--batch {text} is not known", fix="Give full, one, misclassified, or a number of samples.", name=text
    )


def _summary(result: Trained) -> str:
    ended = "Converged" if result.converged else "Not converged"
    return (
        f"{ended}: {result.reason}.\n"
        f"{result.epochs} epochs, {result.steps} steps; "
        f"cost {result.costs[0]:.6g} before, {result.costs[-1]:.6g} after."
    )


def _wrong(model: Model, arrays: dict[str, Any], prediction: str | None) -> str | None:
    """How many classes are wrong, where the model has a target of classes: one a sample, or several."""
    targets = [t for t in model.tensors if t.role == "target"]
    if len(targets) != 1 or not any(f.kind in ("one_hot", "binary") for f in targets[0].facts):
        return None
    try:
        wrong = wrong_classes(model, prediction)(arrays)
    except UsageError:
        return None  # no tensor predicts the target: there is nothing to count
    samples = f"{sum(sample.any() for sample in wrong)} of {len(wrong)}"
    if wrong.size == len(wrong):
        return f"Misclassified samples: {samples}."
    return f"Misclassified positions: {wrong.sum()} of {wrong.size}, in {samples} samples."
