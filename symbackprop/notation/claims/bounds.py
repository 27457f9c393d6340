r"""Sums whose last value only the note can tell: \(\sum_{m=0}^{k_1-1}\), where the model has no \(k_1\).

Such a sum runs over all of the axis at which its index stands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sympy import Expr

from symbackprop.notation.claims.adjoints import gradient_of
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.leaves import Leaf, leaf_of, letter_of, text_of
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.claims.symbols import Symbols, key
from symbackprop.notation.reading.values import same_size
from symbackprop.notation.surface.tree import Node, Number, Product, Scripted, Sum, Word, children


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
