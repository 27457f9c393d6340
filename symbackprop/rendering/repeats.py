"""Steps that go the same way as an earlier one, under other names: told once, with what stands for what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from sympy import Expr, Symbol

from symbackprop.derivation.steps import Step, StepKind, of_kind
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.layout import Bound, Glyph, Layout, Name
from symbackprop.notation.writing.matrix_layout import formula


@dataclass(frozen=True, slots=True)
class Pattern:
    """The formulas of a step without their names, and the names in the order in which they stand first."""

    shape: tuple[object, ...]
    names: tuple[Glyph, ...]


def pattern(step: Step, names: Nomenclature) -> Pattern:
    """The pattern of a step: equal for two steps that differ in names and in the sizes of sums alone."""
    names = replace(names, letters=None)
    numbers: dict[Glyph, int] = {}
    shape: list[object] = []
    for part in (step, *step.substeps, *_locals(step)):
        shape.append(part.kind)
        for side in (part.left, part.after):
            shape.extend(_signs(formula(side, names), numbers))
    return Pattern(tuple(shape), tuple(numbers))


def spelled(of: Expr, names: Nomenclature, without: Symbol | None = None) -> tuple[object, ...]:
    """The signs of a formula by entries, its tensors by name however they look, the index `without` left out.

    Equal for the formula of one sample and for that of a batch in which each sample goes its own way.
    """
    known: dict[object, object] = {}
    for name, glyph in names.glyphs.items():
        known[glyph] = name
        known[replace(glyph, d=True, plain="d" + glyph.plain)] = f"d {name}"
    names = replace(names, letters=None)
    dropped = None if without is None else names.index(without).glyph
    numbers: dict[object, int] = {}
    signs = [sign for sign in _signs(formula(of, names), None) if sign != dropped and not isinstance(sign, int)]
    return tuple(
        known.get(sign, numbers.setdefault(sign, len(numbers))) if isinstance(sign, Glyph) else sign for sign in signs
    )


def _locals(step: Step) -> Iterator[Step]:
    for contribution in of_kind(step, StepKind.CONTRIBUTION):
        yield from of_kind(contribution, StepKind.LOCAL_DERIVATIVE)


def _signs(layout: object, numbers: dict[Glyph, int] | None) -> Iterator[object]:
    """The signs of a layout from left to right, each name as the number of its first place, or as it is."""
    if isinstance(layout, Glyph):
        yield layout if numbers is None else numbers.setdefault(layout, len(numbers))
    elif isinstance(layout, Name):
        yield from _signs(layout.glyph, numbers)
    elif isinstance(layout, Bound):
        yield from _signs(layout.index, numbers)
    elif isinstance(layout, Layout):
        yield type(layout).__name__
        for field in (field for field in fields(layout) if field.repr):  # the others are no part of the look
            yield from _signs(getattr(layout, field.name), numbers)
    elif isinstance(layout, tuple):
        yield len(layout)
        for part in layout:
            yield from _signs(part, numbers)
    else:
        yield layout
