"""`symbackprop derive MODEL -o OUT`: the derivation as a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation, scalar_derivation
from symbackprop.derivation.sweep import derive
from symbackprop.errors import UsageError
from symbackprop.evaluation.choosing import Chosen, completed, evaluation_for
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.files import check_output, ending_of
from symbackprop.model.model import Model
from symbackprop.notation.conventions import PRESETS, Conventions
from symbackprop.notation.reading.model_text import load
from symbackprop.rendering.dialects import DIALECTS
from symbackprop.rendering.environment import check_templates
from symbackprop.rendering.illustrating import KINDS, chosen_figures, figure_names
from symbackprop.rendering.records import DETAILS, LEVELS
from symbackprop.rendering.render import SCALAR, document_text, render
from symbackprop.rendering.wanted import FORMATS, check_dialect, check_fragment, check_maker
from symbackprop.training.data import Arrays

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


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command, each as it was given."""

    model: Path
    output: Path | None
    wrt: str | None
    level: str
    detail: str
    notation: str | None
    choices: tuple[str, ...]
    sizes: tuple[str, ...]
    data: Path | None
    values: Path | None
    numbers: str | None
    digits: int | None
    exact: bool
    rate: float | None
    contributions: str | None
    figures: str | None
    dialect: str | None
    code: bool
    title: str
    author: str
    fragment: bool
    label_prefix: str
    templates: Path | None
    background: bool
    quiet: bool

    @property
    def is_scalar(self) -> bool:
        return self.level == SCALAR

    @property
    def conventions(self) -> Conventions:
        return chosen_conventions(self.notation or ("partial" if self.is_scalar else "default"), self.choices)

    @property
    def has_numbers(self) -> bool:
        """Whether numbers are asked for at all; a notebook computes with some."""
        return self.format == "ipynb" or any(given is not None for given in (self.data, self.values, self.numbers))

    @property
    def format(self) -> str:
        return "md" if self.output is None else ending_of(self.output, FORMATS)

    @property
    def progress(self) -> Callable[[str, int, int], None] | None:
        return None if self.quiet else progress_line()


@click.command("derive", epilog=EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="OUT.md, .tex, .html, .pdf, .typ or .ipynb; standard output (Markdown) without it.",
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
@click.option("--digits", type=click.IntRange(1, 15), help="Significant digits; 4 without it.")
@click.option("--exact", is_flag=True, help="Fractions in the place of decimals, where the model has them.")
@click.option("--rate", type=float, help="The learning rate of the step of descent; 0.1 without it.")
@click.option("--contributions", metavar="TENSOR", help="A section: what each sample of --data adds to its gradient.")
@click.option("--figures", metavar="LIST|none", help=f"Some of {', '.join(KINDS)}; what suits the model without it.")
@click.option(
    "--dialect", type=click.Choice(DIALECTS), help="How Markdown marks formulas: with fences, or with dollars."
)
@click.option("--code", is_flag=True, help="The lines of the compiled function beside the steps that they compute.")
@click.option("--title", default="", help="The title of the document; after the model without it.")
@click.option("--author", default="", help="Its author.")
@click.option("--fragment", is_flag=True, help="OUT.tex without a preamble, for \\input in a document of yours.")
@click.option("--label-prefix", default="", help="What its labels begin with; the name of the model without it.")
@click.option("--background", is_flag=True, help="First what of calculus it rests on.")
@click.option("--templates", type=click.Path(path_type=Path), help="A folder of templates of your own.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def derive_command(**given: Any) -> None:
    """Write the derivation of every gradient of MODEL as Markdown, LaTeX, Typst, PDF, a page or a notebook."""
    asked = Asked(**given)
    _check(asked)
    network = load(asked.model)
    arrays = arrays_in(network, asked.data, asked.values, sizes_in(asked.sizes))
    if asked.is_scalar:
        scalars = _node_by_node(network, asked, arrays)
        _write(scalars, asked, len(scalars.steps), {})
        return
    derivation = derive(network, names_in(asked.wrt), one_over_m=asked.conventions.one_over_m, progress=asked.progress)
    options: dict[str, Any] = {"code": asked.code}
    if asked.contributions is not None:
        options["by_sample"] = contributions_of(network, asked.contributions, arrays)
    if asked.has_numbers:
        options |= {"evaluation": _evaluation(derivation, asked), "digits": asked.digits or 4}
        tell(summary(options["evaluation"], options["digits"]))
    _write(derivation, asked, len(derivation.adjoints), options)


def _write(derivation: Derivation | ScalarDerivation, asked: Asked, count: int, options: Mapping[str, Any]) -> None:
    """The document to the output, or to standard output."""
    shown = {
        "level": asked.level,
        "detail": asked.detail,
        "conventions": asked.conventions,
        "dialect": asked.dialect,
        "figures": asked.figures,
        "title": asked.title,
        "author": asked.author,
        "fragment": asked.fragment,
        "label_prefix": asked.label_prefix,
        "templates": asked.templates,
        "background": asked.background,
        **options,
    }
    if asked.output is None:
        put(document_text(derivation, "md", **shown))
        return
    render(derivation, asked.output, **shown)
    tell(f"Wrote {asked.output}: {count} adjoints derived from {asked.model}.")


def _node_by_node(network: Model, asked: Asked, arrays: Arrays) -> ScalarDerivation:
    """The derivation at the scalar level, at the sizes and the numbers that are given."""
    sizes, seed = sizes_in(asked.sizes), seed_in(asked.numbers)
    if seed is not None:
        arrays = dict(completed(network, Chosen(arrays, sizes), seed).arrays)
    return scalar_derivation(
        network,
        sizes_of_one_sample(network, arrays, sizes),
        wrt=names_in(asked.wrt),
        values=of_first_sample(network, arrays) if arrays else None,
        first=asked.conventions.index_base,
        progress=asked.progress,
    )


def _evaluation(derivation: Derivation, asked: Asked) -> Evaluation:
    """The derivation at the numbers that are given."""
    return evaluation_for(
        derivation,
        data=asked.data,
        values=asked.values,
        seed=seed_in(asked.numbers),
        sizes=sizes_in(asked.sizes),
        rate=0.1 if asked.rate is None else asked.rate,
        exact=asked.exact,
    )


def _check(asked: Asked) -> None:
    """What can be said of the options before long work."""
    if asked.output is not None:
        check_output(asked.output, FORMATS, [asked.model, asked.data, asked.values])
        check_maker(asked.output)
        _check_figures(asked.output, [asked.model, asked.data, asked.values])
    check_dialect(asked.dialect, asked.format)
    if asked.templates is not None:
        check_templates(asked.templates)
    if asked.fragment or asked.label_prefix:
        check_fragment(asked.format, not asked.is_scalar, asked.fragment, asked.label_prefix)
    chosen_figures(asked.figures)
    seed_in(asked.numbers)
    chosen_conventions(asked.notation or "default", asked.choices)
    if asked.rate is not None:
        checked_rate(asked.rate)
    _check_contributions(asked.contributions, asked.level, asked.data)
    _check_numbers(asked)
    if asked.code and asked.is_scalar:
        raise UsageError(
            "--code says nothing at the scalar level",
            because="The compiled function computes with arrays.",
            fix="Leave out --code, or choose another level.",
            name="--code",
        )


def _check_numbers(asked: Asked) -> None:
    """What says how numbers are shown wants some; the scalar level shows decimals, and takes no step."""
    wanting = {"--exact": asked.exact, "--rate": asked.rate is not None, "--digits": asked.digits is not None}
    for option in (name for name, given in wanting.items() if given):
        if asked.is_scalar:
            raise UsageError(
                f"{option} says nothing at the scalar level",
                because="It shows decimals of 4 digits beside each node, and the update in letters.",
                fix=f"Leave out {option}, or choose another level.",
                name=option,
            )
        if not asked.has_numbers:
            raise UsageError(
                f"{option} is about numbers, and there are none",
                fix="Give --numbers seeded, or --data and --values.",
                name=option,
            )


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
