"""What a planted error is: a right line of a note, a wrong one in its place, and the word that should name the mistake.

Beside each line stands what it says in NumPy, so that complex steps can tell by themselves whether it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Line:
    """A line of a note, and both of its sides in NumPy: `dz2, a2 - y`."""

    text: str
    numpy: str


@dataclass(frozen=True)
class Plant:
    """A wrong line in place of line `at` (from 1) of a note; `word` is a pattern that its diagnosis should match."""

    at: int
    text: str
    numpy: str
    word: str


@dataclass(frozen=True)
class Note:
    """A right note on a model, and what can be planted in it; for one sample or all samples, in plain text or LaTeX."""

    name: str
    model: str
    scale: Literal["one sample", "all samples"]
    lines: tuple[Line, ...]
    plants: tuple[Plant, ...]
    latex: bool = False

    def text(self, plant: Plant | None = None) -> str:
        """The note as a person would write it, with the wrong line of `plant` in its place."""
        lines = [line.text for line in self.lines]
        if plant is not None:
            lines[plant.at - 1] = plant.text
        if self.latex:
            return "\n".join(f"$${line}$$" for line in lines) + "\n"
        return "\n".join(lines) + "\n"


def note(name: str, model: str, scale: str, lines: str, plants: str, *, latex: bool = False) -> Note:
    """A note from two tables, one entry a line: `text   | numpy` and `line | text | numpy | word`."""
    right = [[cell.strip() for cell in row.split(" | ")] for row in lines.strip().splitlines()]
    wrong = [[cell.strip() for cell in row.split(" | ")] for row in plants.strip().splitlines()]
    assert scale in ("one sample", "all samples")
    return Note(
        name,
        model,
        scale,
        tuple(Line(text, numpy) for text, numpy in right),
        tuple(Plant(int(at), text, numpy, word) for at, text, numpy, word in wrong),
        latex,
    )
