r"""Sums whose ends are the note's own: \(\sum_{m=0}^{k_1-1}\), where the model has no \(k_1\), and \(\sum_{t=0}^{T}\).

Such a sum runs over all of the axis at which its index stands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from sympy import Expr, Symbol

from symbackprop.notation.claims.adjoints import gradient_of
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.leaves import Leaf, index_words, leaf_of, letter_of, text_of
from symbackprop.notation.claims.neighbours import entries_in_brackets
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.claims.symbols import Symbols, key
from symbackprop.notation.reading.values import same_size
from symbackprop.notation.surface.tree import (
    Big,
    Fence,
    Listing,
    Node,
    Number,
    Product,
    Quotient,
    Relation,
    Scripted,
    Sum,
    Word,
    children,
    walk,
)


def is_open(low: Node, high: Node, letter: str, body: Node, context: Context) -> bool:
    """Whether the last value of a sum has a name that nothing gives, and its index an axis that it can run over.

    Where the number of entries of that axis stands in the last value, the sum ends before or behind it.
    """
    notation = context.notation
    letters = (context.bound, context.free, context.sizes_of, context.layers, notation.times, notation.samples)
    known = frozenset(context.named_sizes).union(*letters)
    if not _is_first(low) or not unknown_in(high, context.symbols, known):
        return False
    axes = tuple(axes_of(letter, body, context))
    sizes = [context.symbols.sizes[leaf.word] for leaf in _names(high) if leaf.word in context.symbols.sizes]
    one = bool(axes) and all(same_size(axis, axes[0]) for axis in axes)
    return one and not any((axes[0] - size).is_number for size in sizes)


def _is_first(low: Node) -> bool:
    return isinstance(low, Number) and low.value in (0, 1)


def unknown_in(node: Node, symbols: Symbols, known: Collection[str] = ()) -> bool:
    """Whether a sum or difference of names and numbers has one that is no size, no index and no datum."""
    if not _is_of_names(node):
        return False
    return any(not _is_known(leaf, symbols, known) for leaf in _names(node))


def _is_known(leaf: Leaf, symbols: Symbols, known: Collection[str]) -> bool:
    spelled = leaf.word + "".join(text_of(mark) or "" for mark in leaf.below)
    if spelled in known or key(spelled) in map(key, symbols.sizes):
        return True
    return symbols.named(spelled) in symbols.integers


def _is_of_names(node: Node) -> bool:
    match node:
        case Sum(terms):
            return all(_is_of_names(part) for _, part in terms)
        case Number():
            return True
        case Product():
            return False
    leaf = leaf_of(node)
    return leaf is not None and not leaf.above and not leaf.accents and not leaf.primes and leaf.word.isalpha()


def _names(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Sum):
        for _, part in node.terms:
            yield from _names(part)
        return
    leaf = leaf_of(node)
    if leaf is not None and not isinstance(node, Number):
        yield leaf


def axes_of(letter: str, body: Node, context: Context) -> Iterator[Expr]:
    """The extents of the axes at which a letter stands alone, of tensors and of adjoints."""
    for leaf in _leaves(body):
        found = reference_of(leaf, context)
        gradient = gradient_of(leaf, context) if found is None else None
        found = gradient.reference if gradient is not None else found
        if found is None:
            continue
        for place, extent in zip(found.places, context.symbols.tensors[found.tensor], strict=False):
            if isinstance(place, Word | Scripted) and letter_of(place) == letter:
                yield extent


def _leaves(node: Node) -> Iterator[Leaf]:
    leaf = leaf_of(node) if isinstance(node, Scripted | Word) else None
    if leaf is not None and not leaf.bare:
        yield leaf
        return
    for part in children(node):
        yield from _leaves(part)


def counts_from_zero(low: Node, high: Node, letter: str, body: Node, context: Context) -> bool:
    r"""Whether \(\sum_{t=0}^{T}\) goes over all T steps of a model: its note counts from 0, and t stands alone always.

    A step that stands shifted would be read before the first one.
    """
    leaf = leaf_of(high)
    zero = isinstance(low, Number) and low.value == 0 and leaf is not None and leaf.bare
    if leaf is None or not zero or leaf.word not in context.notation.from_zero:
        return False
    extent = context.symbols.sizes.get(leaf.word)
    axes = tuple(axes_of(letter, body, context))
    whole = extent is not None and bool(axes) and all(same_size(axis, extent) for axis in axes)
    return whole and not _is_shifted(letter, body)


def _is_shifted(letter: str, body: Node) -> bool:
    """Whether a letter stands in a sum or a product within an index, or as a number."""
    for leaf in _leaves(body):
        marks = (*leaf.below, *leaf.above)
        if any(letter in index_words(mark) and letter_of(mark) != letter for mark in marks):
            return True
    inside = [fence for part in walk(body) for _, fence in entries_in_brackets(part)]
    items = [item for f in inside for item in (f.body.items if isinstance(f.body, Listing) else (f.body,))]
    return any(letter in index_words(item) and letter_of(item) != letter for item in items)


def sizes_from_zero(leaves: Iterable[Leaf], sums: Iterable[Big], base: int, symbols: Symbols) -> Iterator[str]:
    """The sizes n to which sums from 0 go, and none from 1 or to n - 1; nothing else in the note says where 0 is."""
    zero: set[str] = set()
    other: set[str] = set()
    for big in sums:
        if big.above is None or not isinstance(big.below, Relation):
            continue
        names = {leaf.word for leaf in _names(big.above)}
        whole = leaf_of(big.above) is not None
        from_zero = isinstance(big.below.operands[-1], Number) and big.below.operands[-1].value == 0
        (zero if whole and from_zero else other).update(names & symbols.sizes.keys())
    if base:
        other |= {name for leaf in leaves if _is_at_zero(leaf) for name in _sizes_of(leaf, symbols)}
    yield from zero - other


def _is_at_zero(leaf: Leaf) -> bool:
    marks = [mark.body if isinstance(mark, Fence) else mark for mark in (*leaf.below, *leaf.above)]
    return any(isinstance(mark, Number) and mark.value == 0 for mark in marks)


def _sizes_of(leaf: Leaf, symbols: Symbols) -> Iterator[str]:
    """The sizes of the tensor that a letter names."""
    tensor = symbols.tensor(leaf.word.removeprefix("d")) or symbols.tensor(leaf.word)
    for extent in symbols.tensors.get(tensor or "", ()):
        yield from (symbol.name for symbol in extent.free_symbols if isinstance(symbol, Symbol))


def stands_as_number(name: str, node: Node) -> bool:
    """Whether the letter of a size stands in a formula, ends of sums and marks of letters aside."""
    match node:
        case Word(text):
            return text == name
        case Big():
            return stands_as_number(name, node.body)
        case Scripted():
            return stands_as_number(name, node.base)
    return any(stands_as_number(name, part) for part in children(node))


def counts_of_terms(sides: Iterable[Node], context: Context) -> Mapping[str, str]:
    r"""The letters that count the terms of a sum, \(\frac1N \sum_i\), where nothing else bears them: N is the size n.

    In a model with samples such a letter counts samples, and the sum must be over these.
    """
    found: dict[str, set[str]] = {}
    for row in (part for side in sides for part in walk(side) if isinstance(part, Product)):
        for (_, above), (joint, big) in pairwise(row.factors):
            letter = _divisor(above, context)
            if letter is not None and joint == "" and isinstance(big, Big) and not isinstance(big.body, Big):
                found.setdefault(letter, set()).add(_terms_of(big, context))
    return {letter: next(iter(sizes)) for letter, sizes in found.items() if len(sizes) == 1 and "" not in sizes}


def _divisor(node: Node, context: Context) -> str | None:
    """The N of 1/N, where it is one letter that nothing bears."""
    match node:
        case Quotient(Number(one), Word(text)) if one == 1 and len(text) == 1:
            known = text in context.symbols.sizes or context.symbols.named(text) is not None or text in context.bound
            return None if known else text
    return None


def _terms_of(big: Big, context: Context) -> str:
    """The name of the size that a sum over one whole axis has; "" where it has none, or is not over the samples."""
    letter = letter_of(big.below) if big.below is not None and big.above is None else None
    axes = tuple(axes_of(letter, big.body, context)) if letter is not None and big.operator == "sum" else ()
    samples = context.symbols.whole.samples
    if not axes or not all(same_size(axis, axes[0]) for axis in axes):
        return ""
    if samples is not None and not same_size(samples.size, axes[0]):
        return ""
    return str(axes[0]) if str(axes[0]) in context.symbols.sizes else ""
