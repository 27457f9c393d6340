r"""The surface tree: what was written, in LaTeX, plain text or Unicode, before anything says what it means.

The tree keeps the structure of the writing and knows no model: whether `f(x)` is a call or a product, whether `a^2` is
a power or layer 2, whether `dz` is an adjoint or d times z, all that is left open. A run of letters is one `Word`.

Sums and products are lists, not nested pairs, so that the depth of a tree is the depth of its brackets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, get_args

from symbackprop.notation.source import Span

Joint = str
"""How a factor is joined to those before it: "" for neighbours, "*", "⊙", "·", "×", "@", "⊗", "/"."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number; `written` keeps its digits, `0.50` beside 1/2."""

    value: Fraction
    written: str
    span: Span


@dataclass(frozen=True, slots=True)
class Word:
    r"""A run of letters, with digits behind or among them: `dz`, `ylog`, `W1`, `out_h1` in plain text.

    Greek letters and signs that serve as letters go by their names: `alpha`, `ell`, `∂`, `∇`, `⊤`, `∞`, `ℝ`, `𝟏`.
    `font` is "" for letters that are variables, "upright" for words (`\mathrm{softmax}`, `\log`), "bold", "cal".
    """

    text: str
    span: Span
    font: str = ""


@dataclass(frozen=True, slots=True)
class Accent:
    r"""`\hat y`: kind "hat", "bar", "tilde", "vec", "dot"."""

    kind: str
    base: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Scripted:
    """A base with what stands below and above it, each in the order of writing, and the number of its primes.

    A sign that stands there alone is a `Word`: `w^+`, `a^*`.
    """

    base: Node
    below: tuple[Node, ...]
    above: tuple[Node, ...]
    primes: int
    span: Span


@dataclass(frozen=True, slots=True)
class Fence:
    r"""Brackets: `opening` is "(", "[", "{", "|", "‖", "⟨", "⌊", "⌈"; "" for the braces of LaTeX, which nobody sees.

    `tight`: nothing, not even a space, stands before the opening bracket. `closing` is "" but where another bracket
    closes than the one that belongs to the opening one: ")" of the interval `[0, 1)`. What stands before the bar of
    `f|_{x=1}` or `\left. f \right|_{x=1}` is in brackets that open with "." and close with "|".
    """

    opening: str
    body: Node
    span: Span
    tight: bool = False
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Quotient:
    """A built-up fraction."""

    above: Node
    below: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Root:
    """A root; `degree` is None for the square root."""

    body: Node
    degree: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Big:
    """A big operator, its limits, and its body, the rest of the term: "sum", "prod", "max", "min", "argmax"."""

    operator: str
    below: Node | None
    above: Node | None
    body: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Product:
    """Factors from left to right, each with its joint; the first joint is "".

    Neighbours, `·`, `@` and `/` bind tighter than `*`, `⊙`, `×` and `⊗`: `A b ⊙ c d` is a product of two products, and
    `∂L/∂a ⊙ ∂a/∂z` one of two quotients; `a/b c` are three factors side by side. `∂` and `∇` with the operand that they
    stand at are a product of their own: `∂L/∂W x` is `(∂ L)`, "/" `(∂ W)`, "" `x`. The exponent of `a^{⊙2}` is a
    product whose only factor has the joint "⊙".
    """

    factors: tuple[tuple[Joint, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms, each with its sign "+", "-" or "±"; `-x` is a sum of one term."""

    terms: tuple[tuple[str, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain `a = b = c`, one sign fewer than operands; what goes on from the line before begins with `Empty`.

    Signs: "=", "==", ":=", "=:", "≡", "≈", "≠", "<", "≤", ">", "≥", "∈", "⊂", "←", "→", "∝", "∼", "+=", "-=", "*=",
    "/=".
    """

    operands: tuple[Node, ...]
    signs: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by "and" or by "or"."""

    word: str
    operands: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    """Items with what stands between them: ",", ";", "|", "‖", ":"; "" between words of prose and what they stand at.

    `for all i, j` is a listing of the `Text` and the indices; `da1|z2` one of two sides.
    """

    items: tuple[Node, ...]
    separators: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """`1..n`, both ends included."""

    low: Node
    high: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """`:`, `k:`, `:k` among indices; None for an end that is left open."""

    low: Node | None
    high: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Rows:
    """A matrix ("matrix") or cases ("cases"), by rows; of a row of cases the first cell is the value."""

    kind: str
    rows: tuple[tuple[Node, ...], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    r"""Words of prose inside of a formula: `\text{if}`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Braced:
    r"""A part with a remark above or below it: `\underbrace{a + b}_{\text{direct}}`."""

    body: Node
    remark: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Dots:
    """`…`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing, where something could stand."""

    span: Span


Node = (
    Number
    | Word
    | Accent
    | Scripted
    | Fence
    | Quotient
    | Root
    | Big
    | Product
    | Sum
    | Relation
    | Logic
    | Listing
    | Range
    | Slice
    | Rows
    | Text
    | Braced
    | Dots
    | Empty
)
_KINDS = frozenset(get_args(Node))


@dataclass(frozen=True, slots=True)
class Piece:
    r"""One expression or relation of a formula, and what stands before it there.

    `lead` is "" at the beginning, "," ";" "." ":" for a sign, "gap" for `\quad` or wide space, "row" for a new row, "⇒"
    for `\Rightarrow`, `\implies`, `\therefore`, "and" for a word between two pieces.
    """

    lead: str
    node: Node


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below `node`, from left to right."""
    return tuple(_below(node))


def _below(part: Any) -> Iterator[Node]:
    for name in _names_of_fields(type(part)):
        yield from _nodes(getattr(part, name))


@lru_cache(maxsize=256)
def _names_of_fields(kind: type) -> tuple[str, ...]:
    """The fields of a record that may hold nodes: asked of `dataclasses` once, for a note is walked through often."""
    return tuple(field.name for field in fields(kind) if field.name != "span")


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, tuple):
        for part in value:
            yield from _nodes(part)
    elif type(value) in _KINDS:
        yield value


def with_children(node: Node, parts: Sequence[Node]) -> Node:
    """The node with other nodes directly below it, as many as `children` gives."""
    waiting = iter(parts)

    def filled(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(filled(part) for part in value)
        return next(waiting) if isinstance(value, Node) else value

    changed = {field.name: filled(getattr(node, field.name)) for field in fields(node) if field.name != "span"}
    return replace(node, **changed)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, from left to right."""
    yield node
    for part in children(node):
        yield from walk(part)


def rewritten(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The tree with what `change` makes of a node in the place of each for which it is not None."""
    found = change(node)
    return found if found is not None else with_children(node, [rewritten(part, change) for part in children(node)])
