"""The vocabulary of all figures: frozen shapes in units of a CSS pixel, y downward, which SVG and TikZ print alike.

An ink is a role and no colour: "ink" for lines and names, "soft" for what stands back, "line" for hairlines, "paper",
"wash" for quiet areas, "forward" for values, "backward" for derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ink = Literal["ink", "soft", "line", "paper", "wash", "forward", "backward", "none"]
Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

NAME, SMALL = 16.0, 12.5
"""Sizes of letters: of the names in nodes, and of all else. Nothing is smaller than 12 where a figure has its width."""
_SCRIPT = 0.75
_NARROW, _WIDE = frozenset("ijltfr.,:;|'!()[]′·I /"), frozenset("mwMW@%→…⊙")


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one style: mathematical (italic) or plain, at the line (0), above it (1) or below it (-1)."""

    text: str
    math: bool = False
    level: Literal[-1, 0, 1] = 0


Text = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; (x, y) is the middle, start or end of its base line."""

    x: float
    y: float
    text: Text
    ink: Ink = "ink"
    size: float = SMALL
    anchor: Anchor = "middle"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Circle:
    x: float
    y: float
    radius: float
    stroke: Ink = "ink"
    fill: Ink = "paper"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner, with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    stroke: Ink = "ink"
    fill: Ink = "paper"
    round: float = 0.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """Cubic pieces: the start, then two controls and an end for each piece; or straight pieces without controls.

    With `head` an arrow points to the last point. `of` names what it joins, the source and the reader.
    """

    points: tuple[Point, ...]
    ink: Ink = "ink"
    straight: bool = False
    dashed: bool = False
    head: bool = False
    width: float = 1.2
    of: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that belong to one thing, as a node's do; `kind` is "node" or "port", `title` says it in words."""

    kind: str
    symbol: str
    step: str
    title: str
    shapes: tuple[Label | Circle | Box | Curve, ...]


Shape = Label | Circle | Box | Curve | Group


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole figure: its size, a title, a description in words for who does not see it, and its shapes in order."""

    width: float
    height: float
    title: str
    description: str
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """The upright rectangle that something takes."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Extent, air: float = 0.0) -> bool:
        """Whether the two are nearer to each other than `air`."""
        return (
            self.left < other.right + air
            and other.left < self.right + air
            and self.top < other.bottom + air
            and other.top < self.bottom + air
        )


def plain(text: str) -> Text:
    """Words or numbers as text."""
    return (Run(text),) if text else ()


def words_of(text: Text) -> str:
    """The letters of a text, what stands above in brackets or behind ^, what stands below behind _."""
    signs = {0: "", 1: "^", -1: "_"}
    return "".join((signs[run.level] if run.text[:1] not in "[(" else "") + run.text for run in text)


def width_of(text: Text, size: float) -> float:
    """The width of a text, on the safe side for the usual fonts; letters above and below stand over each other."""
    width = 0.0
    for runs in clusters(text):
        width += max(sum(_width(c) for c in run.text) * size * (_SCRIPT if run.level else 1.0) for run in runs)
    return width


def clusters(text: Text) -> list[tuple[Run, ...]]:
    """The runs one by one, but what stands above and what stands below the same place together."""
    found: list[tuple[Run, ...]] = []
    for run in text:
        if found and len(found[-1]) == 1 and run.level * found[-1][0].level < 0:
            found[-1] = (*found[-1], run)
        else:
            found.append((run,))
    return found


def _width(character: str) -> float:
    if "\u0300" <= character < "\u0370":
        return 0.0  # stands on the letter before it
    if character in _NARROW:
        return 0.37
    if character in _WIDE:
        return 0.95
    if ord(character) >= 0x2E80:
        return 1.05
    return 0.72 if character.isupper() or character in "+−=×<>≥≤" else 0.58


def extent_of(label: Label) -> Extent:
    """What a label takes on the page."""
    width = width_of(label.text, label.size)
    left = label.x - {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    high = 0.95 if any(run.level > 0 for run in label.text) else 0.78
    low = 0.42 if any(run.level < 0 for run in label.text) else 0.24
    return Extent(left, label.y - high * label.size, left + width, label.y + low * label.size)
