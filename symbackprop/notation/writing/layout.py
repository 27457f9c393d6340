"""Layouts: formulas as they stand on paper, before LaTeX or plain text spells them. A layout knows no SymPy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Glyph:
    r"""A name as a sign: letters, an accent, a subscript that belongs to the name, a layer's mark.

    `d` before it makes an adjoint of it, \(dW^{[1]}\); `plain` is its spelling in plain text. A `verbatim` glyph shows
    the name letter for letter. `entry` is the position of the one entry that the name stands for: \(w^{[1]}_{1,2}\).
    `shift` is added to a mark that is a letter: \(W^{[l-1]}\).
    `name` is what it is called inside: the tensor, `∂W1` for an adjoint, the size, the index.
    """

    letters: str
    plain: str
    mark: str = ""
    subscript: str = ""
    accent: str = ""
    d: bool = False
    verbatim: bool = False
    entry: str = ""
    shift: int = 0
    name: str = field(default="", repr=False)  # no part of the look, by which layouts are ordered


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
class Function:
    r"""The name of a function: a word or a Greek letter, and a word below it, \(\mathrm{GELU}_{\tanh}\).

    Authors of models may choose its LaTeX, and plain text has its own spelling.
    """

    word: str
    latex: str
    plain: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Call(Layout):
    """`f(x)`; `order` counts derivatives."""

    function: Function
    arguments: tuple[Layout, ...]
    order: int = 0


@dataclass(frozen=True, slots=True)
class Infinity(Layout):
    """`∞`."""


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
    """`∂a/∂b`; `adjoint` is the adjoint that it is, if it is one."""

    of: Layout
    by: Layout
    adjoint: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Nabla(Layout):
    """`∇_W L`, and the adjoint that it is."""

    by: Layout
    of: Layout
    adjoint: str = field(default="", repr=False)


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


@dataclass(frozen=True, slots=True)
class Words(Layout):
    """A word of ours in a formula: ASCII letters, upright."""

    text: str


@dataclass(frozen=True, slots=True)
class Dots(Layout):
    """What is left out of a grid: `⋯` in a row, `⋮` in a column, `⋱` in both."""

    sign: Literal["⋯", "⋮", "⋱"]


@dataclass(frozen=True, slots=True)
class Grid(Layout):
    """A matrix of layouts in square brackets; a column has rows of one cell."""

    rows: tuple[tuple[Layout, ...], ...]


@dataclass(frozen=True, slots=True)
class Crossed(Layout):
    """The sizes of a shape, `h × n`; of none, the word scalar."""

    sizes: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Each(Layout):
    """The words at the end of a formula that is said for each value of some indices."""

    indices: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Range(Layout):
    """The words at the end of a formula that is said for each whole number from `first` to `last`, up or down."""

    letter: Layout
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sign(Layout):
    """A sign in a `Row`: `+`, `-`, `⊙`, `*`, brackets; a `thin` space, or nothing, between factors.

    A minus may be a `prefix`; `big` brackets are closed in another row.
    """

    sign: str
    form: Literal["infix", "prefix", "big"] = "infix"


@dataclass(frozen=True, slots=True)
class Row(Layout):
    """Parts beside each other, where the signs between them are parts as well."""

    parts: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Chain(Layout):
    """`a = b = c` by the sign in plain text."""

    sides: tuple[Layout, ...]
    sign: str = "="


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an equation: after its relation sign, going on with the side above, or the words at the end.

    `left` is the left side of a further equation, which begins here.
    """

    kind: Literal["relation", "continued", "words"]
    row: Row
    left: Layout | None = None


@dataclass(frozen=True, slots=True)
class Aligned(Layout):
    """An equation over several lines, with the relation signs under each other."""

    left: Layout
    sign: str
    lines: tuple[Line, ...]
