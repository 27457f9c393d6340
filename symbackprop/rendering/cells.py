"""Cells of a notebook that no document has: the values of what the function takes, and the check of its gradients."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np

from symbackprop.compiling.compiled import Compiled
from symbackprop.compiling.sources.source_file import ENTRY, quoted
from symbackprop.errors import UsageError
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.rendering.environment import environment

_MOST = 20_000  # numbers that a notebook holds
_WIDTH = 100


def values_cell(compiled: Compiled, evaluation: Evaluation) -> str:
    """The arrays and sizes that the function takes, each assigned to the name that the program has for it.

    Raises:
        UsageError: more numbers than anyone reads.
    """
    listing = compiled.listing
    count = sum(evaluation.values[name].size for name in listing.arguments)
    if count > _MOST:
        raise UsageError(
            f"a notebook would have to hold {count} numbers",
            because=f"Up to {_MOST} are written into one.",
            fix="Give fewer samples, or small numbers by a seed.",
        )
    lines = [f"{code} = {evaluation.sizes[name]}" for name, code in listing.sizes.items()]
    integers = {argument.name for argument in compiled.arguments if argument.integer}
    for name, code in listing.arguments.items():
        kind = int if name in integers else float
        lines += _assignment(code, np.asarray(evaluation.values[name], dtype=float).astype(kind))
    return "\n".join(lines)


def check_cell(compiled: Compiled, evaluation: Evaluation) -> str:
    """The gradients beside central differences of the loss, and a step of gradient descent."""
    listing = compiled.listing
    given = [name for name in compiled.gradients if name in listing.arguments]
    return (
        environment()
        .get_template("check.py.jinja")
        .render(
            entry=ENTRY,
            arguments=[*listing.arguments.values(), *listing.sizes.values()],
            gradients=[(quoted(name), listing.arguments[name]) for name in given],
            rate=f"{float(evaluation.rate):g}",
        )
        .strip()
    )


def _assignment(name: str, array: np.ndarray) -> Iterator[str]:
    """`name = np.array([...])`, a row to a line."""
    head = f"{name} = np.array("
    rows = _rows(array)
    if array.ndim < 2 or not rows:
        yield from _wrapped(f"{head}{array.tolist()})", "    ")
        return
    yield f"{head}["
    for row in rows:
        yield from (f"    {line}" for line in _wrapped(f"{row},", "    "))
    yield "])"


def _rows(array: np.ndarray) -> list[str]:
    return [str(row) for row in array.tolist()] if array.ndim > 1 and array.size else []


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
