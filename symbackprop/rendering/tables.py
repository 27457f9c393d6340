"""Tables of numbers: significant digits, one number of decimals in a column, signs and points under each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DIGITS = 4
"""Significant digits of the largest number in a column."""

_LARGE = 10**7


@dataclass(frozen=True, slots=True)
class Table:
    """Cells that are strings already; `numeric` says of each column whether it stands to the right."""

    header: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def markdown_marks(self) -> str:
        """The line under the header: `| --- | ---: |`."""
        return f"| {' | '.join('---:' if right else '---' for right in self.numeric)} |"

    @property
    def latex_columns(self) -> str:
        return "".join("r" if right else "l" for right in self.numeric)

    @property
    def typst_columns(self) -> str:
        """How the columns of a table in Typst are aligned: `(left, right)`."""
        return f"({', '.join('right' if right else 'left' for right in self.numeric)},)"


def column(values: Sequence[float | None], digits: int = DIGITS) -> list[str]:
    """The numbers of a column in LaTeX, without dollars; nothing for None.

    All have the decimals that give the largest one `digits` significant digits. A number that would show none of its
    digits so, and one that is very large or very small, is written with a power of ten.
    """
    sizes = [math.fabs(value) for value in values if value]
    decimals = _decimals(max(sizes), digits) if sizes else 0
    return ["" if value is None else number(value, decimals, digits) for value in values]


def number(value: float, decimals: int, digits: int = DIGITS) -> str:
    """One number with so many decimals."""
    size = math.fabs(value)
    if value == 0:
        return "0"
    if size >= _LARGE or size < 10.0**-decimals or decimals > digits + 2:
        return _with_power(value, digits)
    return f"{value:.{decimals}f}"


def alone(value: float, digits: int = DIGITS) -> str:
    """One number that stands by itself, with its own significant digits."""
    return column([value], digits)[0]


def _decimals(size: float, digits: int) -> int:
    """The decimals that give `size` so many significant digits."""
    return max(0, digits - 1 - math.floor(math.log10(float(f"{size:.{digits - 1}e}"))))


def _with_power(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
