"""Layouts: formulas as they stand on paper, before LaTeX or plain text spells them.

A layout knows nothing of SymPy. `bracketed` puts in the brackets that it needs, by one table of binding strengths for
all writers, so that the writers only spell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Glyph:
    r"""A name as a sign: letters, an accent, a subscript that belongs to the name, a layer's mark.

    `d` before it makes an adjoint of it, \(dW^{[1]}\); `plain` is its spelling in plain text. A `verbatim` glyph shows
    the name letter for letter. `entry` is the position of the one entry that the name stands for: \(w^{[1]}_{1,2}\).
    """

    letters: str
    plain: str
    mark: str = ""
    subscript: str = ""
    accent: str = ""
    d: bool = False
    verbatim: bool = False
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A formula, or a part of one."""


@dataclass(frozen=True, slots=True)
class Number(Layout):
    """A number that is not negative, in digits."""

    digits: str


@dataclass(frozen=True, slots=True)
class Name(Layout):
    """A tensor, a size, an index."""

    glyph: Glyph


@dataclass(frozen=True, slots=True)
class Entry(Layout):
    """`W[i,j]`."""

    of: Name
    indices: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Ones(Layout):
    """The matrix of ones; one size for a column."""

    sizes: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Unit(Layout):
    """The identity matrix."""

    size: Layout


@dataclass(frozen=True, slots=True)
class NormSquared(Layout):
    """`‖X‖²`: the sum of the squares of all entries."""

    of: Layout


@dataclass(frozen=True, slots=True)
class Terms(Layout):
    """`a - b + c`: each term with its sign, 1 or -1."""

    items: tuple[tuple[int, Layout], ...]


@dataclass(frozen=True, slots=True)
class Times(Layout):
    """`a b c`, at least two factors: a product, of numbers or of matrices."""

    factors: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Hadamard(Layout):
    """`A ⊙ B`, at least two factors."""

    factors: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Over(Layout):
    """`a/b`."""

    top: Layout
    bottom: Layout


@dataclass(frozen=True, slots=True)
class Raised(Layout):
    """`a^b`; entry by entry if `elementwise` (a matrix)."""

    base: Layout
    exponent: Layout
    elementwise: bool = False


@dataclass(frozen=True, slots=True)
class Root(Layout):
    """The square root."""

    of: Layout


@dataclass(frozen=True, slots=True)
class Exponential(Layout):
    """The exponential of a scalar."""

    of: Layout


@dataclass(frozen=True, slots=True)
class Absolute(Layout):
    """`|x|`."""

    of: Layout


@dataclass(frozen=True, slots=True)
class Call(Layout):
    """`f(x)`; `order` counts derivatives. `function` is spelled twice: in LaTeX and in plain text."""

    function: str
    plain: str
    arguments: tuple[Layout, ...]
    order: int = 0


@dataclass(frozen=True, slots=True)
class Bound(Layout):
    """A bound index with its first and last value; `implied` if a shape in the body already tells them."""

    index: Layout
    low: Layout
    high: Layout
    implied: bool


@dataclass(frozen=True, slots=True)
class Big(Layout):
    """A sum, a maximum or an argmax over bound indices; its body reaches as far as a product does."""

    kind: Literal["sum", "max", "argmax"]
    bounds: tuple[Bound, ...]
    body: Layout


@dataclass(frozen=True, slots=True)
class Delta(Layout):
    """Kronecker's delta."""

    left: Layout
    right: Layout


@dataclass(frozen=True, slots=True)
class Iverson(Layout):
    """`[p ≥ u]`: 1 if the condition holds, else 0."""

    condition: Layout


@dataclass(frozen=True, slots=True)
class Indicator(Layout):
    """`1[z > 0]`: Iverson's bracket of a condition on values."""

    condition: Layout


@dataclass(frozen=True, slots=True)
class Relation(Layout):
    """`a ≥ b`, by the sign in plain text."""

    left: Layout
    sign: str
    right: Layout


@dataclass(frozen=True, slots=True)
class Logic(Layout):
    """Conditions joined by `and` or `or`."""

    word: Literal["and", "or"]
    conditions: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Cases(Layout):
    """Values with their conditions; the last may have none."""

    pieces: tuple[tuple[Layout, Layout | None], ...]


@dataclass(frozen=True, slots=True)
class Derivative(Layout):
    """`∂a/∂b`."""

    of: Layout
    by: Layout


@dataclass(frozen=True, slots=True)
class Nabla(Layout):
    """`∇_W L`."""

    by: Layout
    of: Layout


@dataclass(frozen=True, slots=True)
class ByWayOf(Layout):
    """`dv|w`: the part of an adjoint that comes by way of w."""

    of: Layout
    through: Name


@dataclass(frozen=True, slots=True)
class Transposed(Layout):
    """`Aᵀ`."""

    of: Layout


@dataclass(frozen=True, slots=True)
class ForEach(Layout):
    """A formula for each value of some indices."""

    indices: tuple[Layout, ...]
    of: Layout


@dataclass(frozen=True, slots=True)
class Brackets(Layout):
    """`( a )`; only `bracketed` makes them."""

    of: Layout


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

    def at_least(part: Layout, least: Strength) -> Layout:
        inner = bracketed(part, in_line)
        return inner if strength(part, in_line) >= least else Brackets(inner)

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
            return Hadamard(row(factors))
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
        case Transposed(of):
            return Transposed(at_least(of, Strength.ATOM))
        case Derivative(of, by):
            return Derivative(at_least(of, Strength.ATOM), at_least(by, Strength.ATOM))
        case Nabla(by, of):
            return Nabla(free(by), at_least(of, Strength.ATOM))
        case Logic(_, conditions):
            return replace(
                layout,
                conditions=tuple(Brackets(free(c)) if isinstance(c, Logic) else free(c) for c in conditions),
            )
        case Relation(left, _, right):
            return replace(layout, left=free(left), right=free(right))
    return _inside(layout, free)


def crossed(sizes: tuple[Layout, ...], in_line: bool) -> tuple[Layout, ...]:
    """The sizes of a shape; beside another size, a sum stands in brackets."""
    inner = tuple(bracketed(size, in_line) for size in sizes)
    is_weak = [len(sizes) > 1 and strength(size, in_line) < Strength.PRODUCT for size in sizes]
    return tuple(Brackets(size) if weak else size for size, weak in zip(inner, is_weak, strict=True))


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
        case Delta(left, right):
            return Delta(free(left), free(right))
        case ByWayOf(of):
            return replace(layout, of=free(of))
        case Root(of) | Exponential(of) | Absolute(of) | NormSquared(of) | ForEach(of=of):
            return replace(layout, of=free(of))
        case Iverson(condition) | Indicator(condition):
            return replace(layout, condition=free(condition))
    return layout
