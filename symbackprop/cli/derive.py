"""`symbackprop derive MODEL -o OUT`: the derivation as a document."""

from __future__ import annotations

from pathlib import Path

import click

from symbackprop.cli.numbers import (
    arrays_in,
    checked_rate,
    of_first_sample,
    seed_in,
    sizes_in,
    sizes_of_one_sample,
    summary,
)
from symbackprop.cli.running import chosen_conventions, names_in, progress_line
from symbackprop.cli.streams import put, tell
from symbackprop.derivation.by_sample import contributions as contributions_of
from symbackprop.derivation.scalar_derivation import scalar_derivation
from symbackprop.derivation.sweep import derive
from symbackprop.errors import UsageError
from symbackprop.evaluation.choosing import Chosen, completed, evaluation_for
from symbackprop.files import check_output
from symbackprop.notation.conventions import PRESETS
from symbackprop.notation.reading.model_text import load
from symbackprop.rendering.illustrating import KINDS, chosen_figures, figure_names
from symbackprop.rendering.records import DETAILS, LEVELS
from symbackprop.rendering.render import SCALAR, document_text, render
from symbackprop.rendering.wanted import FORMATS, check_fragment, check_maker

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
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="OUT.md, OUT.tex, OUT.html, OUT.typ or OUT.pdf; standard output (Markdown) without it.",
)
@click.option("--wrt", help="Derive by these tensors only, inputs too: --wrt W1,x. All parameters without it.")
@click.option(
    "--level",
    type=click.Choice((*LEVELS, SCALAR)),
    default="both",
    show_default=True,
    help="Index or matrix notation; or each entry and each operation by itself.",
)
@click.option("--detail", type=click.Choice(DETAILS), default="standard", show_default=True, help="How many steps.")
@click.option("--notation", help=f"One of {', '.join(PRESETS)}; at the scalar level partial without it.")
@click.option(
    "--set",
    "choices",
    multiple=True,
    metavar="NAME=CHOICE",
    help="Change one convention, as in --set layers=plain; may be given several times. --set help lists them.",
)
@click.option("--size", "sizes", multiple=True, metavar="NAME=NUMBER", help="A size, for the scalar level: --size h=3.")
@click.option("--data", type=click.Path(path_type=Path), help="Samples, CSV or NPZ; the scalar level takes the first.")
@click.option("--values", type=click.Path(path_type=Path), help="Parameters, CSV (entry,value) or NPZ, for numbers.")
@click.option("--numbers", metavar="seeded[:SEED]", help="Small numbers for what --data and --values do not give.")
@click.option("--digits", type=click.IntRange(1, 15), default=4, show_default=True, help="Significant digits.")
@click.option("--exact", is_flag=True, help="Fractions in the place of decimals, where the model has them.")
@click.option("--rate", type=float, default=0.1, show_default=True, help="The learning rate of the step of descent.")
@click.option("--contributions", metavar="TENSOR", help="A section: what each sample of --data adds to its gradient.")
@click.option("--figures", metavar="LIST|none", help=f"Some of {', '.join(KINDS)}; what suits the model without it.")
@click.option("--title", default="", help="The title of the document; after the model without it.")
@click.option("--author", default="", help="Its author.")
@click.option("--fragment", is_flag=True, help="OUT.tex without a preamble, for \\input in a document of yours.")
@click.option("--label-prefix", default="", help="What its labels begin with; the name of the model without it.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def derive_command(
    model: Path,
    output: Path | None,
    wrt: str | None,
    level: str,
    detail: str,
    notation: str | None,
    choices: tuple[str, ...],
    sizes: tuple[str, ...],
    data: Path | None,
    values: Path | None,
    numbers: str | None,
    digits: int,
    exact: bool,
    rate: float,
    contributions: str | None,
    figures: str | None,
    title: str,
    author: str,
    fragment: bool,
    label_prefix: str,
    quiet: bool,
) -> None:
    """Write the derivation of every gradient of MODEL as Markdown, LaTeX, Typst, PDF or a page."""
    chosen_figures(figures)
    usual = "partial" if level == SCALAR else "default"
    conventions = chosen_conventions(notation or usual, choices)
    seed, rate = seed_in(numbers), checked_rate(rate)
    _check_contributions(contributions, level, data)
    if fragment or label_prefix:
        check_fragment(output.suffix.lower()[1:] if output else "md", level != SCALAR, fragment, label_prefix)
    if output is not None:
        check_output(output, FORMATS, [model, data, values])
        _check_figures(output, [model, data, values])
        check_maker(output)
    network = load(model)
    progress = None if quiet else progress_line()
    arrays = arrays_in(network, data, values, sizes_in(sizes))
    evaluation = None
    if level == SCALAR:
        if seed is not None:
            arrays = dict(completed(network, Chosen(arrays, sizes_in(sizes)), seed).arrays)
        derivation = scalar_derivation(
            network,
            sizes_of_one_sample(network, arrays, sizes_in(sizes)),
            wrt=names_in(wrt),
            values=of_first_sample(network, arrays) if arrays else None,
            first=conventions.index_base,
            progress=progress,
        )
        count = len(derivation.steps)
    else:
        derivation = derive(network, names_in(wrt), one_over_m=conventions.one_over_m, progress=progress)
        count = len(derivation.adjoints)
        if data is not None or values is not None or seed is not None:
            evaluation = evaluation_for(
                derivation,
                data=data,
                values=values,
                seed=seed,
                sizes=sizes_in(sizes),
                rate=rate,
                exact=exact,
            )
    options = {
        "level": level,
        "detail": detail,
        "conventions": conventions,
        "title": title,
        "author": author,
        "fragment": fragment,
        "label_prefix": label_prefix,
        "by_sample": None if contributions is None else contributions_of(network, contributions, arrays),
    }
    if figures is not None:
        options["figures"] = figures
    if evaluation is not None:
        options |= {"evaluation": evaluation, "digits": digits}
        tell(summary(evaluation, digits))
    if output is None:
        put(document_text(derivation, "md", **options))
        return
    render(derivation, output, **options)
    tell(f"Wrote {output}: {count} adjoints derived from {model}.")


def _check_figures(output: Path, inputs: list[Path | None]) -> None:
    """The files of figures beside a Markdown document may not stand where an input stands."""
    if output.suffix.lower() == ".md":
        for name in figure_names(output.stem):
            check_output(output.with_name(name), ("svg",), inputs)


def _check_contributions(tensor: str | None, level: str, data: Path | None) -> None:
    """Contributions need samples, and a level that has them."""
    if tensor is not None and (level == SCALAR or data is None):
        raise UsageError(
            "--contributions needs samples" if data is None else "the scalar level is of one sample",
            fix="Give --data FILE.csv and --values FILE.csv, at another level than scalar.",
            name=tensor,
        )
