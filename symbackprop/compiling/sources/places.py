"""Where an expression stands, the axes of a tensor that it reads, and subscripts: what views are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean, true

from symbackprop.compiling.sources.fragments import Code, Level


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands: `axes` are the indices that its array has as axes, from left to right.

    `ranges` has the size of each index, of those of loops around it too. The value matters only where `condition`
    holds; it is computed only if each of `known` is at least 0.
    """

    axes: tuple[Symbol, ...]
    ranges: Mapping[Symbol, Expr]
    condition: Boolean = true
    known: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One axis of a subscript: its text, and the index that runs along it; none for a single position."""

    text: str
    axis: Symbol | None


@dataclass(frozen=True, slots=True)
class View:
    """`base[parts]`: an array whose axes are those of its parts. `tensor` is the one whose memory it may share."""

    base: Code
    parts: tuple[Part, ...]
    tensor: str | None = None

    @property
    def axes(self) -> tuple[Symbol, ...]:
        return tuple(part.axis for part in self.parts if part.axis is not None)

    def code(self) -> Code:
        return subscripted(self.base, [part.text for part in self.parts])

    def arranged(self, axes: tuple[Symbol, ...]) -> Code:
        """The array with its axes in the order that `axes` has them, those that it lacks left out."""
        return _transposed(self.code(), self.axes, tuple(a for a in axes if a in self.axes))

    def aligned(self, axes: tuple[Symbol, ...]) -> Code:
        """The array broadcast against one with `axes`: axes of size 1 where it lacks one, but for leading ones."""
        present = tuple(a for a in axes if a in self.axes)
        if not present:
            return self.code()
        shown = axes[axes.index(present[0]) :]
        if present != self.axes:
            code = self.arranged(axes)
            texts = [":" if a in present else "None" for a in shown]
            return code if len(shown) == len(present) else subscripted(code, texts)
        texts, waiting = [], list(shown)
        for part in self.parts:
            while part.axis is not None and waiting and waiting[0] != part.axis:
                waiting.pop(0)
                texts.append("None")
            texts.append(part.text)
            if part.axis is not None:
                waiting.pop(0)
        return subscripted(self.base, [*texts, *("None" for _ in waiting)])


def subscripted(base: Code, texts: list[str]) -> Code:
    while texts and texts[-1] == ":":
        texts.pop()
    return Code(f"{base.within(Level.ATOM)}[{', '.join(texts)}]") if texts else base


def _transposed(code: Code, old: tuple[Symbol, ...], new: tuple[Symbol, ...]) -> Code:
    if old == new:
        return code
    base = code.within(Level.ATOM)
    if old == new[::-1]:
        return Code(f"{base}.T")
    return Code(f"{base}.transpose({', '.join(str(old.index(a)) for a in new)})")


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a tensor: `position` = `offset` + the slopes times their indices, or data; `extent` is its size."""

    position: Expr
    extent: Expr
    slopes: Mapping[Symbol, Expr]
    offset: Expr
    affine: bool
    inside: bool  # proved, or taken to be so


Margins = tuple[tuple[Expr, Expr], ...]
"""For each axis, how many entries stand before and behind those of a tensor."""


def shifted(axis: Axis, before: Expr, after: Expr) -> Axis:
    """The axis as positions in an array with margins."""
    extent, inside = axis.extent + before + after, axis.inside or bool(axis.slopes)
    return replace(axis, offset=(axis.offset + before).expand(), extent=extent, inside=inside)
