r"""Over what the letters of indices run, told by sums to a size, whole entries \(W_{ij}\), the classes of a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sympy import Expr

from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.differentials import with_indices
from symbackprop.notation.claims.leaves import Leaf, leaf_of, letter_of
from symbackprop.notation.claims.neighbours import entries_in_brackets
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.reading.values import same_size
from symbackprop.notation.surface.tree import Big, Node, Relation, Scripted, Word, walk


def extents_of_note(chains: Iterable[Iterable[Node]], context: Context) -> Mapping[str, Expr]:
    """The extents of the letters that run over the same one in all statements of a note."""
    found: dict[str, Expr] = {}
    several: set[str] = set()
    for sides in chains:
        for letter, extent in extents_in(sides, context).items():
            if not same_size(found.setdefault(letter, extent), extent):
                several.add(letter)
    return {letter: extent for letter, extent in found.items() if letter not in several}


def extents_in(sides: Iterable[Node], context: Context) -> Mapping[str, Expr]:
    """The extents over which the letters of a statement are known to run, from sums and from whole entries."""
    found: dict[str, Expr] = {}
    for side in sides:
        for part in walk(side):
            if isinstance(part, Big) and isinstance(part.below, Relation) and part.above is not None:
                letter, high = letter_of(part.below.operands[0]), leaf_of(part.above)
                if letter is not None and high is not None and high.bare and high.word in context.symbols.sizes:
                    found.setdefault(letter, context.symbols.sizes[high.word])
            if isinstance(part, Relation) and part.signs == ("=",):
                found |= _classes(part, context)
            for leaf in _entries(part):
                found = _ranges(leaf, context) | found
    return found


def _entries(part: Node) -> Iterator[Leaf]:
    """The leaves with indices: `W_{ij}`, and of a row those with their indices in brackets behind them, `W[i,j]`."""
    yield from (with_indices(leaf, fence) for leaf, fence in entries_in_brackets(part))
    leaf = leaf_of(part) if isinstance(part, Scripted | Word) else None
    if leaf is not None and leaf.below:
        yield leaf


def _ranges(leaf: Leaf, context: Context) -> dict[str, Expr]:
    """The extents of the axes at which letters stand alone in a whole entry."""
    word = leaf.word[1:] if leaf.word[:1] == "d" and len(leaf.word) > 1 else leaf.word
    reference = reference_of(replace(leaf, word=word), context) or reference_of(leaf, context)
    if reference is None or any(not isinstance(place, Node) for place in reference.places):
        return {}
    found: dict[str, Expr] = {}
    for place, extent in zip(reference.places, context.symbols.tensors[reference.tensor], strict=True):
        letter = letter_of(place) if isinstance(place, Node) else None
        if letter is not None:
            found.setdefault(letter, extent)
    return found


def named_sizes(sides: Iterable[Node], context: Context) -> Mapping[str, str]:
    """The letters that a note has for sizes: the N of a sum to N over an axis of m entries."""
    found: dict[str, str] = {}
    for side in sides:
        for part in walk(side):
            if not isinstance(part, Big) or not isinstance(part.below, Relation) or part.above is None:
                continue
            letter, high = letter_of(part.below.operands[0]), leaf_of(part.above)
            extent = context.sizes_of.get(letter or "")
            if high is None or not high.bare or extent is None or high.word == str(extent):
                continue
            known = high.word in context.symbols.sizes or context.symbols.named(high.word) is not None
            if not known and str(extent) in context.symbols.sizes:
                found[high.word] = str(extent)
    return found


def _classes(relation: Relation, context: Context) -> dict[str, Expr]:
    """The letter of a class, `y = k`, runs over the classes of the target y."""
    target, letter = leaf_of(relation.operands[0]), letter_of(relation.operands[1])
    found = None if target is None else reference_of(target, context)
    if found is None or letter is None:
        return {}
    shape = context.symbols.tensors[found.tensor]
    whole = [extent for extent, place in zip(shape, found.places, strict=True) if place is None]
    return {letter: whole[0]} if len(whole) == 1 else {}
