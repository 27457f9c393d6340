"""The templates of documents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@lru_cache(maxsize=1)
def environment() -> Environment:
    """One strict environment; its delimiters leave LaTeX's braces alone."""
    made = Environment(
        loader=FileSystemLoader(templates()),
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
    made.filters["rows"] = rows
    made.filters["unnumbered"] = unnumbered
    made.filters["ranged"] = ranged
    made.filters["indented"] = lambda text: f" {text}" if text else ""
    return made


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
