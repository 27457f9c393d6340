r"""Big operators: \(\sum_{j=1}^{n}\), \(\sum_{j \ne i}\), \(\sum_x\) over samples, \(\max_k\), \(\arg\max_k\)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from symbackprop.errors import NotationError
from symbackprop.notation.claims import bounds
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve
from symbackprop.notation.claims.leaves import Leaf, divided_word, index_words, leaf_of, letter_of
from symbackprop.notation.reading import syntax
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import (
    Big,
    Empty,
    Fence,
    Listing,
    Node,
    Number,
    Product,
    Range,
    Relation,
    Rows,
    Scripted,
    Word,
    rewritten,
    walk,
)

SAMPLE = "sample"
"""The letter of an index over samples that a note leaves out."""


@dataclass(frozen=True, slots=True)
class Binder:
    """An index with its first and last value as written, None for its whole range, and what it must differ from."""

    letter: str
    span: Span
    low: Node | None = None
    high: Node | None = None
    other: Node | None = None
    samples: bool = False


def summed(node: Big, context: Context, resolve: Resolve) -> syntax.Node:
    """What a big operator stands for.

    Raises:
        NotationError: an operator or limits that have no meaning here.
    """
    if node.operator not in ("sum", "max", "min", "argmax", "mean"):
        raise NotationError(
            f"{context.source.written(node.span)} has no reading here",
            where=context.source.locate(node.span),
            because="Products over an index are not read.",
            fix="Write the factors out.",
        )
    found = tuple(_over_samples(binder, node, context) for binder in binders(node, context))
    outside = context.free & context.notation.samples
    clashing = next((b for b in found if b.letter in outside and _counts_in_brackets(b.letter, node.body)), None)
    if clashing is not None:
        return summed(_with_own_sample(node, clashing), _counting(_OWN, context), resolve)
    inner = context.binding(binder.letter for binder in found)
    over_samples = next((b.letter for b in found if b.samples or b.letter in context.notation.samples), None)
    if over_samples is not None and context.symbols.samples is not None:
        inner = replace(inner, sample=over_samples)
    body = resolve(node.body, inner)
    for binder in found:
        if binder.other is not None:
            body = _except(binder, body, inner, resolve)
    arguments = [_bound(binder, node.body, inner, resolve) for binder in found]
    if node.operator == "min":
        negated = syntax.Negative(body, body.span)
        call = syntax.Call(syntax.Name("max", node.span), (*arguments, negated), node.span)
        return syntax.Negative(call, node.span)
    return syntax.Call(syntax.Name(node.operator, node.span), (*arguments, body), node.span)


def _over_samples(binder: Binder, node: Big, context: Context) -> Binder:
    """The binder over samples, where its letter stands nowhere in the body: Σ_x."""
    whole = binder.low is None and binder.other is None and context.symbols.samples is not None
    if not whole or binder.letter in _letters_in(node.body):
        return binder
    return replace(binder, letter=SAMPLE, samples=True)


_OWN = "ς"


def _counts_in_brackets(letter: str, body: Node) -> bool:
    """Whether a letter in brackets stands in a body: the sample of `L^{(i)}`."""
    return any(isinstance(part, Fence) and part.opening == "(" and letter_of(part) == letter for part in walk(body))


def _with_own_sample(node: Big, binder: Binder) -> Big:
    r"""The sum over samples with a letter of its own, where an index of the left side has the same letter.

    Of \(\sum_i \partial L^{(i)}/\partial W_{ij}\) the (i) is the sample's, the i of W the one outside.
    """

    def renamed(part: Node) -> Node | None:
        match part:
            case Fence("(", Word(binder.letter, span)):
                return replace(part, body=Word(_OWN, span))
        return None

    def bound(part: Node) -> Node | None:
        return Word(_OWN, part.span) if letter_of(part) == binder.letter else None

    below = None if node.below is None else rewritten(node.below, bound)
    return replace(node, below=below, body=rewritten(node.body, renamed))


def _counting(letter: str, context: Context) -> Context:
    """The context with one letter more that counts samples."""
    return replace(context, notation=replace(context.notation, samples=context.notation.samples | {letter}))


def _letters_in(node: Node) -> frozenset[str]:
    """Every single letter in a tree, those that stand in a run of two as well."""
    words = [part.text for part in walk(node) if isinstance(part, Word)]
    return frozenset(words) | frozenset(letter for word in words if len(word) <= 3 for letter in word)


def _except(binder: Binder, body: syntax.Node, context: Context, resolve: Resolve) -> syntax.Node:
    """The body but for where the index is the other one: times 1 - δ."""
    assert binder.other is not None
    delta = syntax.Call(
        syntax.Name("delta", binder.span),
        (syntax.Name(binder.letter, binder.span), resolve(binder.other, context)),
        binder.span,
    )
    one = syntax.Number(Fraction(1), binder.span)
    factor = syntax.Addition((("+", one), ("-", delta)), binder.span)
    return syntax.Product((("", factor), ("*", body)), body.span)


def _bound(binder: Binder, body: Node, context: Context, resolve: Resolve) -> syntax.Node:
    name = syntax.Name(binder.letter, binder.span)
    if binder.low is None or binder.high is None:
        return name
    ends = (binder.low, binder.high, binder.letter, body, context)
    if bounds.is_open(*ends) or bounds.counts_from_zero(*ends):
        return name
    low, high = resolve(binder.low, context), resolve(binder.high, context)
    return syntax.Named(name, syntax.Range(low, high, binder.span), binder.span)


def binders(node: Big, context: Context) -> Iterator[Binder]:
    """The indices that an operator binds; those that stand free in its body where it names none."""
    below, above = node.below, node.above
    if below is None:
        yield from _implied(node, context)
        return
    if isinstance(below, Empty):
        raise _no_range(node, context)
    for part in _parts(below):
        yield from _of_part(part, above, node.body, context)


def _parts(below: Node) -> Iterator[Node]:
    match below:
        case Listing(items):
            yield from items
        case Rows(_, rows):
            for row in rows:
                yield from row
        case Fence("" | "(" | "{", body):
            yield from _parts(body)
        case _:
            yield below


def _of_part(part: Node, above: Node | None, body: Node, context: Context) -> Iterator[Binder]:
    match part:
        case Relation((first, low), ("=",)) if (letter := letter_of(first)) is not None:
            if isinstance(low, Range):
                yield Binder(letter, part.span, low.low, low.high, samples=_counts_samples(low.high, context))
            elif above is not None:
                yield Binder(letter, part.span, low, above, samples=_counts_samples(above, context))
            else:
                raise _no_range(part, context)
        case Relation((first, other), ("≠",)) if (letter := letter_of(first)) is not None:
            yield Binder(letter, part.span, other=other)
        case Relation((first, other), ("∈",)) if (letter := letter_of(first)) is not None:
            yield Binder(letter, part.span, samples=_is_batch(other, context))
        case Relation((low, middle, high), ("≤", "≤")) if (letter := letter_of(middle)) is not None:
            yield Binder(letter, part.span, low, high)
        case Relation() | Number():
            raise _no_range(part, context)
        case _:
            yield from _letters(part, above, body, context)


def _letters(part: Node, above: Node | None, body: Node, context: Context) -> Iterator[Binder]:
    """`j`, `ij`, and the x of a sum over samples, which is an index nowhere in the body."""
    letter = letter_of(part)
    leaf = leaf_of(part)
    if letter is not None:
        tensor = context.symbols.tensor(letter)
        if _is_data(tensor, context) and letter not in index_letters(body):
            yield Binder(SAMPLE, part.span, samples=True)
        else:
            yield Binder(letter, part.span)
    elif leaf is not None and leaf.bare and leaf.word.isalpha() and context.symbols.tensor(leaf.word) is None:
        for one in leaf.word:
            yield Binder(one, part.span)
    elif above is None and leaf is not None and _is_data(context.symbols.tensor(leaf.word), context):
        yield Binder(SAMPLE, part.span, samples=True)
    else:
        raise _no_range(part, context)


def _is_data(tensor: str | None, context: Context) -> bool:
    return tensor is not None and tensor in context.symbols.sampled


def _counts_samples(high: Node, context: Context) -> bool:
    """Whether the last value is the number of samples."""
    samples = context.symbols.whole.samples
    leaf = leaf_of(high)
    return samples is not None and leaf is not None and leaf.bare and leaf.word == str(samples.size)


def _is_batch(node: Node, context: Context) -> bool:
    leaf = leaf_of(node)
    return context.symbols.samples is not None and leaf is not None and context.symbols.tensor(leaf.word) is None


def _implied(node: Big, context: Context) -> Iterator[Binder]:
    """The letters that stand free in the body and not on the left."""
    for letter in index_letters(node.body):
        if letter not in context.bound and letter not in context.free:
            yield Binder(letter, node.span)


def index_letters(node: Node) -> tuple[str, ...]:
    """The single letters that stand below a leaf, in the order in which they stand; those that a sum binds aside."""
    found: dict[str, None] = {}
    bound: set[str] = set()
    for part in walk(node):
        if isinstance(part, Big) and part.below is not None:
            bound |= {word.text for word in walk(part.below) if isinstance(word, Word)}
        if isinstance(part, Product):
            found |= {letter: None for letter in _in_brackets(part) if letter.islower()}
        leaf = leaf_of(part) if isinstance(part, Scripted) else None
        if isinstance(part, Word) and "_" in part.text:  # z_j in plain text
            leaf = divided_word(Leaf(part.text, part.span))
        if leaf is None:
            continue
        for mark in leaf.below:
            word = mark.text if isinstance(mark, Word) else ""
            letters = [letter_of(mark)] if letter_of(mark) else list(word) if len(word) == 2 else []
            found |= {letter: None for letter in letters if letter is not None and letter.islower()}
    return tuple(letter for letter in found if letter not in bound)


def _in_brackets(node: Product) -> Iterator[str]:
    """The letters in the brackets of entries: `dz[i]`."""
    for (_, head), (joint, fence) in pairwise(node.factors):
        inner = fence.base if isinstance(fence, Scripted) else fence
        if (
            joint == ""
            and leaf_of(head) is not None
            and isinstance(inner, Fence)
            and inner.opening == "["
            and inner.tight
        ):
            items = inner.body.items if isinstance(inner.body, Listing) else (inner.body,)
            for item in items:
                yield from index_words(item)


def _no_range(part: Node, context: Context) -> NotationError:
    written = context.source.written(part.span)
    return NotationError(
        f"{written} binds no index",
        where=context.source.locate(part.span),
        fix="Write ∑_j, ∑_{j=1}^{n} or ∑_{j ≠ i}.",
        name=written,
    )
