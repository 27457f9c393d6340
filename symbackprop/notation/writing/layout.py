"""Layouts: formulas as they stand on paper, before LaTeX or plain text spells them. A layout knows no SymPy."""

from __future__ import annotations

from dataclasses import dataclass
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
    """The exponential of a scalar; `upright` where a tensor is called e."""

    of: Layout
    upright: bool = False


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
    """`( a )`; only brackets.py makes them."""

    of: Layout
