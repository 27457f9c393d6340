"""The templates of documents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from symbackprop.errors import UsageError
from symbackprop.notation.writing.typst import string


@lru_cache(maxsize=8)
def environment(own: Path | None = None) -> Environment:
    """The strict environment of the templates; its delimiters leave LaTeX's braces alone.

    Templates in the folder `own` go before those of the same name, and can reach nothing but what they are given.
    """
    folders = [templates()] if own is None else [str(own), templates()]
    made = (Environment if own is None else ImmutableSandboxedEnvironment)(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    made.filters["lines"] = lambda text: [line for line in str(text).splitlines() if line.strip()]
    made.filters["literal"] = string
    made.filters["rows"] = rows
    made.filters["unnumbered"] = unnumbered
    made.filters["ranged"] = ranged
    made.filters["indented"] = lambda text: f" {text}" if text else ""
    return made


def filled(name: str, own: Path | None = None, **views: object) -> str:
    """A template with what it words.

    Raises:
        UsageError: a template in the folder `own` that cannot be read, asks for what there is not, or fails.
    """
    if own is None:
        return environment().get_template(name).render(**views)
    try:
        return environment(own).get_template(name).render(**views)
    except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError, OSError) as error:
        raise _broken(name, own, error) from error


def _broken(name: str, own: Path, error: Exception) -> UsageError:
    line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
    where = f"{error.name or name}{line}" if isinstance(error, TemplateSyntaxError) else name
    return UsageError(
        f"the templates in {own} cannot be used: {where}",
        because=f"{type(error).__name__}: {error}".rstrip("."),
        fix="docs/templates.md says what templates are given; those of symbackprop are examples.",
        name=str(own),
    )


def check_templates(own: Path) -> None:
    """Whether a folder has templates that would be used.

    Raises:
        UsageError: no such folder, or none of its files has the name of a template.
    """
    known = {path.name for path in Path(templates()).iterdir() if path.suffix in (".jinja", ".css")}
    try:
        found = {path.name for path in own.iterdir()}
    except OSError as error:
        raise UsageError(
            f"cannot read the folder of templates {own}", because=error.strerror or str(error), name=str(own)
        ) from error
    if not found & known:
        raise UsageError(
            f"the folder {own} has no template that is used",
            because=f"Their names are {', '.join(sorted(known))}.",
            fix="Copy one of them there and change it.",
            name=str(own),
        )


def rows(block: str) -> list[str]:
    """The equations of an aligned block in Typst or LaTeX, each with the lines that go on with it."""
    inner = block.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
    end = " \\\n" if inner == block else " \\\\\n"
    found: list[str] = []
    for line in inner.split(end):
        if found and line.startswith("&"):
            found[-1] += end + line
        else:
            found.append(line)
    return found


def unnumbered(equation: str) -> str:
    """An equation of LaTeX's `align` that has a number at its last line alone."""
    return equation.replace(" \\\\\n", " \\notag \\\\\n")


def ranged(numbers: Iterable[str]) -> str:
    """Numbers of steps in a row: "7–10", "3, 4"; others as they are, with commas."""
    given = list(numbers)
    if len(given) < 3 or not all(number.isdecimal() for number in given):
        return ", ".join(given)
    whole = [int(number) for number in given]
    return f"{whole[0]}–{whole[-1]}" if whole == list(range(whole[0], whole[-1] + 1)) else ", ".join(given)


def templates() -> str:
    """The folder of templates: inside the package when installed from a wheel, else the checkout's own."""
    inside = Path(str(files("symbackprop"))) / "templates"
    return str(inside if inside.is_dir() else inside.parents[1] / "templates")
