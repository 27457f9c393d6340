r"""Equations of layers that are alike, told once for a general one: \(z^{[l]} = W^{[l]} a^{[l-1]}\) for l = 2, …, 9."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from symbackprop.notation.writing.layout import Glyph, Layout

_FEWEST = 3  # alike layers that are worth a general one
_LONGEST = 12  # equations of one layer


@dataclass(frozen=True, slots=True)
class Generic:
    """Layouts for the layers from `first` to `last`, whose number is the letter `letter`."""

    letter: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Told:
    """Layouts that stand together, such as the sides of an equation: those of one layer or, if `over`, of many.

    `at` is the place of the (first) original.
    """

    at: int
    layouts: tuple[Layout, ...]
    over: Generic | None = None


def in_general(groups: Sequence[Sequence[Layout]], letter: str) -> list[Told]:
    """The groups in their order, those of alike layers once with `letter` for the number; as they are without one."""
    told: list[Told] = []
    waiting = [Told(at, tuple(group)) for at, group in enumerate(groups)]
    while waiting:
        layouts = [each.layouts for each in waiting]
        period, count = _repeated(layouts, 0) if letter else (1, 1)
        if count < _FEWEST or _begins_later(layouts, 0, period, count):
            told.append(waiting.pop(0))
            continue
        layer, waiting = _Layer.of(waiting[:period], count, layouts, letter), waiting[period * count :]
        told, taken = layer.taking(told, period, layer.first - layer.step)
        rest, further = layer.taking(waiting[:period][::-1], period, layer.last + layer.step)
        waiting = [*rest[::-1], *waiting[period:]]
        told += layer.told(taken, further)
    return told


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one of several alike layers has, numbered from `first` to `last` in steps of 1 or -1."""

    groups: tuple[Told, ...]
    first: int
    last: int
    letter: str

    @classmethod
    def of(cls, groups: Sequence[Told], count: int, layouts: Sequence[Sequence[Layout]], letter: str) -> _Layer:
        first, last = _number(layouts[0]), _number(layouts[len(groups) * (count - 1)])
        assert first is not None and last is not None
        return cls(tuple(groups), first, last, letter)

    @property
    def step(self) -> int:
        return 1 if self.last > self.first else -1

    def taking(self, beside: list[Told], near: int, number: int) -> tuple[list[Told], set[int]]:
        """Of the last few groups those that are no part of a layer `number`, and which of its parts the others are."""
        own = _shape([group.layouts for group in self.groups], self.first)
        kept, taken = list(beside), set[int]()
        for group in beside[-near:]:
            (shape,) = _shape([group.layouts], number)
            if group.over is None and shape in own:
                kept.remove(group)
                taken.add(own.index(shape))
        return kept, taken

    def told(self, before: set[int], after: set[int]) -> list[Told]:
        """The general layer, each part of which may go a layer further than all of them together do."""
        found = []
        for place, group in enumerate(self.groups):
            first = self.first - self.step * (place in before)
            last = self.last + self.step * (place in after)
            layouts = tuple(_shifted(layout, self.first, self.letter) for layout in group.layouts)
            found.append(Told(group.at, layouts, Generic(self.letter, first, last)))
        return found


def _repeated(groups: Sequence[Sequence[Layout]], at: int) -> tuple[int, int]:
    """How many groups from `at` make one layer, and how many layers go on like it, each numbered next to the last."""
    best = (1, 1)
    for period in range(1, min(_LONGEST, (len(groups) - at) // _FEWEST) + 1):
        count = _count(groups, at, period)
        if count >= _FEWEST and period * count > best[0] * best[1]:
            best = (period, count)
    return best


def _begins_later(groups: Sequence[Sequence[Layout]], at: int, period: int, count: int) -> bool:
    """Whether what makes one layer begins a few groups later, so that all of it has the number of that layer."""

    def is_one(place: int) -> bool:
        return len({_number(group) for group in groups[place : place + period]}) == 1

    later = range(at + 1, at + period)
    return not is_one(at) and any(is_one(p) and _count(groups, p, period) >= max(count - 1, _FEWEST) for p in later)


def _count(groups: Sequence[Sequence[Layout]], at: int, period: int) -> int:
    first = _number(groups[at])
    if first is None:
        return 1
    wanted = _shape(groups[at : at + period], first)
    for step in (1, -1):
        count = 1
        while _shape(groups[at + count * period : at + (count + 1) * period], first + step * count) == wanted:
            count += 1
        if count > 1:
            return count
    return 1


def _number(group: Sequence[Layout]) -> int | None:
    """The number of the layer of the first name in a group."""
    marks = [glyph.mark for glyph in _glyphs(group[0])] if group else []
    return int(marks[0]) if marks and marks[0].isdecimal() else None


def _shape(groups: Sequence[Sequence[Layout]], base: int) -> list[tuple[Layout, ...]]:
    return [tuple(_shifted(layout, base, "#") for layout in group) for group in groups]


def _glyphs(layout: object) -> Iterator[Glyph]:
    if isinstance(layout, Glyph):
        yield layout
    elif isinstance(layout, Layout):
        for field in fields(layout):
            yield from _glyphs(getattr(layout, field.name))
    elif isinstance(layout, tuple):
        for part in layout:
            yield from _glyphs(part)


def _shifted(layout: Layout, base: int, letter: str) -> Layout:
    """The layout with `letter` in the place of the layer number `base`, and `letter - 1` in that of the one before."""
    found = _with_letter(layout, base, letter)
    assert isinstance(found, Layout)
    return found


def _with_letter(part: object, base: int, letter: str) -> object:
    if isinstance(part, Glyph):
        if not part.mark.isdecimal():
            return part
        by = int(part.mark) - base
        plain = f"{'d' if part.d else ''}{part.letters}{letter}{by:+d}" if by else f"{part.letters}{letter}"
        return replace(part, mark=letter, shift=by, plain=plain, name="")
    if isinstance(part, Layout):
        inside = {field.name: _with_letter(getattr(part, field.name), base, letter) for field in fields(part)}
        return replace(part, **inside)
    if isinstance(part, tuple):
        return tuple(_with_letter(inner, base, letter) for inner in part)
    return part
