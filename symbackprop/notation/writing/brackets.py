"""Brackets where a layout needs them, by one table of binding strengths for all writers, so that these only spell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from functools import partial

from symbackprop.notation.writing.layout import (
    Absolute,
    Big,
    Brackets,
    ByWayOf,
    Call,
    Cases,
    Chain,
    Crossed,
    Delta,
    Derivative,
    Entry,
    Exponential,
    ForEach,
    Grid,
    Hadamard,
    Indicator,
    Iverson,
    Layout,
    Logic,
    Nabla,
    NormSquared,
    Number,
    Ones,
    Over,
    Raised,
    Relation,
    Root,
    Row,
    Terms,
    Times,
    Transposed,
)


class Strength(IntEnum):
    """How tightly a layout holds together; what is weaker than its place demands stands in brackets."""

    RELATION = 0
    SUM = 1
    BIG = 2
    HADAMARD = 3
    QUOTIENT = 4
    PRODUCT = 5
    PREFIX = 6
    POWER = 7
    ATOM = 8


_STRENGTHS: dict[type[Layout], Strength] = {
    Relation: Strength.RELATION,
    Logic: Strength.RELATION,
    ForEach: Strength.RELATION,
    Terms: Strength.SUM,
    Big: Strength.BIG,
    Nabla: Strength.BIG,
    Hadamard: Strength.HADAMARD,
    Times: Strength.PRODUCT,
    Raised: Strength.POWER,
    Exponential: Strength.POWER,
    Root: Strength.POWER,
    NormSquared: Strength.POWER,
    ByWayOf: Strength.PREFIX,
}


def strength(layout: Layout, in_line: bool) -> Strength:
    """The strength of a layout; `in_line` if quotients are written with a slash."""
    if isinstance(layout, Over):
        return Strength.QUOTIENT if in_line else Strength.POWER
    if isinstance(layout, Derivative):
        return Strength.PREFIX if in_line else Strength.POWER
    if isinstance(layout, Cases):
        return Strength.ATOM if in_line else Strength.HADAMARD
    if isinstance(layout, Number) and "e" in layout.digits:
        return Strength.PRODUCT
    if in_line and isinstance(layout, Root | Exponential):
        return Strength.ATOM
    return _STRENGTHS.get(type(layout), Strength.ATOM)


def _open_ended(layout: Layout) -> bool:
    """Whether what is written after the layout would fall into its body."""
    match layout:
        case Big() | Nabla():
            return True
        case Times(factors) | Hadamard(factors):
            return _open_ended(factors[-1])
    return False


def bracketed(layout: Layout, in_line: bool) -> Layout:
    """The layout with brackets wherever it would be read otherwise without them, and nowhere else."""

    at_least = partial(_at_least, in_line=in_line)

    def row(factors: tuple[Layout, ...]) -> tuple[Layout, ...]:
        done = []
        for place, factor in enumerate(factors):
            last = place == len(factors) - 1
            bare = last and isinstance(factor, Big | Nabla)
            if bare or not (_open_ended(factor) and not last):
                done.append(bracketed(factor, in_line) if bare else at_least(factor, Strength.PRODUCT))
            else:
                done.append(Brackets(bracketed(factor, in_line)))
        return tuple(done)

    def free(part: Layout) -> Layout:
        return bracketed(part, in_line)

    match layout:
        case Terms(items):
            return Terms(tuple((sign, at_least(item, Strength.BIG)) for sign, item in items))
        case Times(factors):
            return Times(row(factors))
        case Hadamard(factors):
            return Hadamard(tuple(map(_fenced_product, row(factors))))
        case Over(top, bottom) if in_line:
            upper = Brackets(free(top)) if _open_ended(top) else at_least(top, Strength.PRODUCT)
            return Over(upper, at_least(bottom, Strength.POWER))
        case Raised(base, exponent):
            upper = at_least(exponent, Strength.ATOM) if in_line else free(exponent)
            return replace(layout, base=at_least(base, Strength.ATOM), exponent=upper)
        case Big(body=body):
            return replace(
                layout,
                bounds=tuple(replace(b, low=free(b.low), high=free(b.high)) for b in layout.bounds),
                body=at_least(body, Strength.BIG),
            )
        case Ones(sizes):
            return Ones(crossed(sizes, in_line))
        case Crossed(sizes):
            return Crossed(crossed(sizes, in_line))
        case Transposed(of):
            return Transposed(at_least(of, Strength.ATOM))
        case Derivative(of, by):
            return replace(layout, of=at_least(of, Strength.ATOM), by=at_least(by, Strength.ATOM))
        case Nabla(by, of):
            return replace(layout, by=free(by), of=at_least(of, Strength.ATOM))
        case Logic(_, conditions):
            return replace(
                layout,
                conditions=tuple(Brackets(free(c)) if isinstance(c, Logic) else free(c) for c in conditions),
            )
        case Relation(left, _, right):
            return replace(layout, left=free(left), right=free(right))
    return _inside(layout, free)


def _fenced_product(factor: Layout) -> Layout:
    """A product of matrices beside ⊙ in brackets, since not everybody knows which of the two binds first."""
    parts = factor.factors if isinstance(factor, Times) else ()
    bare = [part.of if isinstance(part, Brackets) else part for part in parts]
    matrices = [part for part in bare if not isinstance(part, Number | Over)]
    return Brackets(factor) if len(matrices) > 1 else factor


def _at_least(part: Layout, least: Strength, in_line: bool) -> Layout:
    inner = bracketed(part, in_line)
    return inner if strength(part, in_line) >= least else Brackets(inner)


def crossed(sizes: tuple[Layout, ...], in_line: bool) -> tuple[Layout, ...]:
    """The sizes of a shape; beside another size, a sum stands in brackets."""
    least = Strength.PRODUCT if len(sizes) > 1 else Strength.RELATION
    return tuple(_at_least(size, least, in_line) for size in sizes)


def _inside(layout: Layout, free: Callable[[Layout], Layout]) -> Layout:
    """The layouts whose parts are fenced already: no part needs brackets."""
    match layout:
        case Over(top, bottom):
            return Over(free(top), free(bottom))
        case Entry(of, indices):
            return Entry(of, tuple(free(index) for index in indices))
        case Call(arguments=arguments):
            return replace(layout, arguments=tuple(free(argument) for argument in arguments))
        case Cases(pieces):
            return Cases(tuple((free(value), free(condition) if condition else None) for value, condition in pieces))
        case Chain(sides):
            return replace(layout, sides=tuple(free(side) for side in sides))
        case Row(parts):
            return Row(tuple(free(part) for part in parts))
        case Grid(rows):
            return Grid(tuple(tuple(free(cell) for cell in row) for row in rows))
        case Delta(left, right):
            return Delta(free(left), free(right))
        case ByWayOf(of):
            return replace(layout, of=free(of))
        case Root(of) | Exponential(of) | Absolute(of) | NormSquared(of) | ForEach(of=of):
            return replace(layout, of=free(of))
        case Iverson(condition) | Indicator(condition):
            return replace(layout, condition=free(condition))
    return layout
