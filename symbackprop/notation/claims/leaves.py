r"""Leaves of the surface tree: a letter or a word with its accents, scripts and primes, folded into one record.

\(\hat{x}_i^{(t)}\), \({W^{(2)}}^\top\), \(a^{[1](i)T}\) and `dW1` are leaves. What each mark is, a layer, a time, an
index, a power or a part of the name, is said by `references`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import (
    Accent,
    Fence,
    Listing,
    Node,
    Number,
    Product,
    Scripted,
    Slice,
    Sum,
    Text,
    Word,
    children,
)

TRANSPOSES = frozenset({"T", "⊤", "Tr", "tr", "top"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word with its marks: `accents` from the inside out, `above` and `below` one by one, `primes` counted."""

    word: str
    span: Span
    accents: tuple[str, ...] = ()
    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()
    primes: int = 0
    font: str = ""

    @property
    def bare(self) -> bool:
        return not (self.below or self.above or self.primes)


def leaf_of(node: Node) -> Leaf | None:
    """The leaf that a node is; None for anything larger."""
    match node:
        case Word(text, span, font):
            return Leaf(text, span, font=font)
        case Accent(kind, base, span):
            inner = leaf_of(base)
            accents = () if kind in ("vec", "dot") else (kind,)
            return inner and replace(inner, accents=(*inner.accents, *accents), span=span)
        case Scripted(base, below, above, primes, span):
            inner = leaf_of(base)
            if inner is None:
                return _entry_of_brackets(node)
            marks_below, marks_above = tuple(_marks(below)), tuple(_marks(above))
            return replace(
                inner,
                below=inner.below + marks_below,
                above=inner.above + marks_above,
                primes=inner.primes + primes + sum(map(_primes_in, above)),
                span=span,
            )
        case Fence("", body):
            return leaf_of(body)
    return None


def as_node(leaf: Leaf) -> Node:
    """The leaf as a node of the surface, its accents aside."""
    return Word(leaf.word, leaf.span, leaf.font) if leaf.bare else as_scripted(leaf)


def as_scripted(leaf: Leaf) -> Scripted:
    word = Word(leaf.word, leaf.span, leaf.font)
    return Scripted(word, leaf.below, leaf.above, leaf.primes, leaf.span)


def _entry_of_brackets(node: Node) -> Leaf | None:
    r"""\((W_1)_{ij}\), the entry of a tensor whose name has marks of its own."""
    match node:
        case Scripted(Fence("(", body), below, above, primes, span) if below:
            inner = leaf_of(body)
            if inner is None or inner.bare or inner.primes or not all(isinstance(m, Fence) for m in inner.above):
                return None
            marks = (*inner.above, *_marks(above))
            return replace(inner, below=(*inner.below, *_marks(below)), above=marks, primes=primes, span=span)
    return None


def _marks(scripts: tuple[Node, ...]) -> Iterator[Node]:
    """The marks in scripts, one by one: of `^{[2](i)T}` the fences [2] and (i) and the word T."""
    for node in scripts:
        match node:
            case Product(factors) if all(joint == "" for joint, _ in factors) and _is_row(factors):
                yield from _marks(tuple(part for _, part in factors))
            case Listing(items, separators) if all(sign == "," for sign in separators):
                yield from _marks(items)
            case Fence("", body):
                yield from _marks((body,))
            case Slice(low, high, span) if (low is None) != (high is None):  # W_{:j}, W_{i:}
                whole = Slice(None, None, span)
                yield from (part for part in (low or whole, high or whole))
            case Scripted(Fence("[" | "(") as fence, (), above, _):
                yield fence
                yield from _marks(above)
            case _:
                yield node


def _primes_in(script: Node) -> int:
    r"""The primes that stand in a script behind a layer, as in \(g^{[1]\prime}(z)\): they are those of the letter."""
    return script.primes if isinstance(script, Scripted) and isinstance(script.base, Fence) else 0


def _is_row(factors: tuple[tuple[str, Node], ...]) -> bool:
    """Whether neighbours in a script are marks of their own, and no product as in `2i`."""
    parts = [part for _, part in factors]
    numbers = sum(isinstance(part, Number) for part in parts)
    return any(isinstance(part, Fence) for part in parts) or numbers == 0


def is_transpose(mark: Node) -> bool:
    return isinstance(mark, Word) and mark.text in TRANSPOSES


def marks_of(marks: Iterable[Node]) -> Iterator[str]:
    """What each mark adds to a name, "" where that is a formula."""
    return (text_of(mark) or "" for mark in marks)


def text_of(mark: Node) -> str | None:
    r"""What a mark adds to a name: of a word, a number, `{h1}`, `\text{in}`, `h_t` its letters; None for a formula."""
    match mark:
        case Word(text) | Text(text):
            return text if text.strip().isalnum() or "_" in text else None
        case Number(_, written):
            return written if written.isdigit() else None
        case Fence("" | "(", body):
            return text_of(body)
        case Scripted(base, below, (), 0):
            parts = [text_of(part) for part in (base, *below)]
            return "".join(part for part in parts if part) if all(parts) else None
        case Accent(kind, base):
            inner = text_of(base)
            return inner and inner + kind
        case Product(factors) if all(joint == "" for joint, _ in factors):
            parts = [text_of(part) for _, part in factors]
            return "".join(part for part in parts if part) if all(parts) else None
    return None


def letter_of(mark: Node) -> str | None:
    """The single letter, with primes, that a mark is: `i`, `i'`; None for anything else."""
    match mark:
        case Word(text):
            return text if is_letter(text) else None
        case Scripted(Word(text), (), (), primes) if primes:
            return text + "prime" * primes if is_letter(text) else None
        case Scripted(Word(text), (Number(_, written),), (), 0):
            return text + written if is_letter(text) else None
        case Fence("" | "(" | "⟨", body):
            return letter_of(body)
    return None


def is_letter(text: str) -> bool:
    """Whether a word may be the letter of an index: one letter or a Greek one, perhaps with a number."""
    stem = text.rstrip("0123456789")
    return len(stem) == 1 or stem in ("tau", "alpha", "beta", "mu", "nu", "ell", "kappa", "iota", "lambda", "rho")


def shift_of(mark: Node) -> tuple[str, int] | None:
    """Of `t`, `t-1`, `l+1` the letter and what is added to it; of anything else None."""
    match mark:
        case Fence("" | "(" | "[" | "⟨", body):
            return shift_of(body)
        case Sum(((("+", first)), (sign, Number(value)))) if value.denominator == 1 and sign in ("+", "-"):
            letter = letter_of(first)
            return None if letter is None else (letter, int(value) if sign == "+" else -int(value))
        case Sum(((("+", Number(value))), ("+", first))) if value.denominator == 1:
            letter = letter_of(first)
            return None if letter is None else (letter, int(value))
    letter = letter_of(mark)
    return None if letter is None else (letter, 0)


def divided_word(leaf: Leaf) -> Leaf | None:
    """A leaf with its subscript behind an underscore, `W1_ij`, with that as a mark below; None without one."""
    head, _, tail = leaf.word.rpartition("_")
    if not head or not tail:
        return None
    mark: Node = Number(Fraction(tail), tail, leaf.span) if tail.isdigit() else Word(tail, leaf.span)
    return replace(leaf, word=head, below=(mark, *leaf.below))


def given_name(leaf: Leaf, indices: Collection[str] = ()) -> tuple[str, tuple[Node, ...]] | None:
    """The name by which a note's own letter is known to later lines, and the marks that are its `indices`.

    The marks before these are part of the name: `C_0`, `r_{out}`. None where one of them is a formula.
    """
    first = next((at for at, mark in enumerate(leaf.below) if letter_of(mark) in indices), len(leaf.below))
    texts = [text_of(mark) for mark in leaf.below[:first]]
    power = _power_in_name(leaf)
    if power is None or leaf.primes or not all(texts):
        return None
    return "_".join((leaf.word, *leaf.accents, *(text for text in texts if text))) + power, leaf.below[first:]


def _power_in_name(leaf: Leaf) -> str | None:
    r"""The exponent that belongs to a name, as in \(\sigma^2\); "" without marks above, None with others."""
    match leaf.above:
        case ():
            return ""
        case (Number(_, written),):
            return f"^{written}"
    return None


def given_in(leaf: Leaf, given: Collection[str]) -> tuple[str, Leaf] | None:
    """The name among those `given` that a leaf bears, with the marks that are left; the longest one first."""
    for power in dict.fromkeys((_power_in_name(leaf) or "", "")):
        for count in range(len(leaf.below), -1, -1):
            texts = [text_of(mark) for mark in leaf.below[:count]]
            name = "_".join((leaf.word, *leaf.accents, *(text for text in texts if text))) + power
            if all(texts) and name in given:
                above = () if power else leaf.above
                return name, replace(leaf, accents=(), below=leaf.below[count:], above=above)
    return None


def index_words(node: Node) -> Iterator[str]:
    """The letters in an index, which hide tensors of their names there."""
    match node:
        case Word(text) if is_letter(text):
            yield text
        case Sum(terms):
            for _, part in terms:
                yield from index_words(part)
        case Product(factors):
            for _, part in factors:
                yield from index_words(part)
        case Scripted():
            letter = letter_of(node)
            if letter is not None:
                yield letter
        case Fence(_, body):
            yield from index_words(body)


def is_slice(mark: Node) -> bool:
    return isinstance(mark, Slice) and mark.low is None and mark.high is None


@lru_cache(maxsize=1024)
def leaves_in(node: Node) -> tuple[Leaf, ...]:
    """Every leaf of a tree, those that stand in scripts as well; a side of a statement is asked for them often."""
    return tuple(_leaves(node))


def _leaves(node: Node) -> Iterator[Leaf]:
    leaf = leaf_of(node) if isinstance(node, Scripted | Accent | Word) else None
    if leaf is not None:
        yield leaf
        for mark in (*leaf.below, *leaf.above):
            yield from _leaves(mark)
        return
    for part in children(node):
        yield from _leaves(part)
