"""Boxes: formulas as type is set, from which MathML and Typst are spelled. What a layout is made of is decided before.

A box knows no tensor and no convention; `Named` alone says of what a part of the formula is the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True, slots=True)
class Box:
    """A formula, or a part of one."""


@dataclass(frozen=True, slots=True)
class Letter(Box):
    """A letter in italics, or what stands upright: a word, a capital Greek letter."""

    text: str
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Digits(Box):
    """A number."""

    text: str


@dataclass(frozen=True, slots=True)
class Symbol(Box):
    """A sign, which has the space around it that its form asks for; `tight` has none."""

    sign: str
    form: Literal["infix", "prefix", "tight"] = "infix"


@dataclass(frozen=True, slots=True)
class Gap(Box):
    """What is not seen: a product without a sign, `thin` where it is set off, indices side by side, a call, a quad."""

    kind: Literal["times", "thin", "comma", "call", "quad"]


@dataclass(frozen=True, slots=True)
class Words(Box):
    """Words in a sentence, with the spaces at their ends."""

    text: str


@dataclass(frozen=True, slots=True)
class Line(Box):
    """Boxes beside each other."""

    parts: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Scripts(Box):
    """A base with what stands below or above at its right."""

    base: Box
    below: Box | None = None
    above: Box | None = None


@dataclass(frozen=True, slots=True)
class Limits(Box):
    """A large sign with its limits, under and over it in displays: `∑`, `max`, `argmax`."""

    sign: str
    under: Box
    over: Box | None = None


@dataclass(frozen=True, slots=True)
class Fraction(Box):
    """One box over another."""

    top: Box
    bottom: Box


@dataclass(frozen=True, slots=True)
class Radical(Box):
    """The square root."""

    of: Box


@dataclass(frozen=True, slots=True)
class Accented(Box):
    """A letter with `hat`, `bar` or `tilde` above it."""

    of: Box
    accent: str


@dataclass(frozen=True, slots=True)
class Fenced(Box):
    """In brackets: as they are, a size larger, or as tall as what they hold."""

    left: str
    of: Box
    right: str
    size: Literal["flat", "nested", "tall"]


@dataclass(frozen=True, slots=True)
class Loose(Box):
    """A large bracket whose partner stands in another row."""

    sign: Literal["(", ")"]


@dataclass(frozen=True, slots=True)
class Table(Box):
    """Rows of cells: of a `grid` in square brackets, of `cases`, of an `aligned` equation."""

    kind: Literal["grid", "cases", "aligned"]
    rows: tuple[tuple[Box, ...], ...]


@dataclass(frozen=True, slots=True)
class Named(Box):
    """The name of a tensor, an adjoint, a size or an index with all that belongs to it; `name` is the inner one."""

    name: str
    of: Box


def line(parts: list[Box]) -> Box:
    """The parts beside each other; one by itself."""
    return parts[0] if len(parts) == 1 else Line(tuple(parts))


def fenced(inner: Box, left: str = "(", right: str = ")") -> Fenced:
    """In brackets, which grow where the content is tall or has brackets itself."""
    return Fenced(left, inner, right, "tall" if is_tall(inner) else "nested" if has_brackets(inner) else "flat")


def is_tall(box: Box) -> bool:
    """Whether a box has a part that is taller than a line."""
    tall = (Fraction, Limits, Table)
    return any(isinstance(part, tall) or (isinstance(part, Fenced) and part.size == "tall") for part in parts(box))


def has_brackets(box: Box) -> bool:
    """Whether round brackets stand anywhere in a box."""
    return any(isinstance(part, Fenced) and part.left == "(" for part in parts(box))


def parts(box: Box) -> Iterator[Box]:
    """The box and all that is in it."""
    yield box
    for field in fields(box):
        yield from _boxes(getattr(box, field.name))


def _boxes(value: object) -> Iterator[Box]:
    if isinstance(value, Box):
        yield from parts(value)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _boxes(inner)
