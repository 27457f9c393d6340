"""Words that are several names side by side: `ylog`, `mx_i`, `2xy`."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.notation.claims import functions
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve
from symbackprop.notation.claims.leaves import Leaf, as_node
from symbackprop.notation.claims.names import named
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Node, Word
from symbackprop.notation.writing.glyphs import GREEK


def names_in_word(leaf: Leaf, context: Context, resolve: Resolve) -> tuple[Node, ...] | None:
    """A run of letters as the names that it is made of, longest first: `ylog` is y and log, `mx_i` is m and x_i.

    The name of a Greek letter is no run of letters.
    """
    if leaf.accents or len(leaf.word) < 2 or leaf.word in GREEK:
        return None
    cut = _cuts(leaf.word, leaf, context, resolve)
    if cut is None:
        return None
    *heads, last = cut
    if not context.source.written(leaf.span).startswith(leaf.word):
        return (*(Word(head, leaf.span) for head in heads), as_node(replace(leaf, word=last)))
    parts: list[Node] = []
    start = leaf.span.start
    for head in heads:
        parts.append(Word(head, Span(start, start + len(head))))
        start += len(head)
    return (*parts, as_node(replace(leaf, word=last, span=Span(start, leaf.span.end))))


def are_names(word: str, context: Context) -> bool:
    """Whether a short word of plain text is made of letters that are tensors each: `mx`, `2xy`."""
    return (
        len(word) == len(set(word)) <= 3
        and word.isalpha()
        and all(letter in context.symbols.tensors for letter in word)
    )


def _cuts(word: str, leaf: Leaf, context: Context, resolve: Resolve) -> tuple[str, ...] | None:
    """Where a run is cut: each piece has a meaning, the last one with the marks of the leaf."""
    if not word:
        return ()
    if _is_meant(replace(leaf, word=word), context, resolve) and word != leaf.word:
        return (word,)
    for end in range(len(word) - 1, 0, -1):
        head = word[:end]
        if _is_meant(Leaf(head, leaf.span), context, resolve):
            rest = _cuts(word[end:], leaf, context, resolve)
            if rest is not None:
                return (head, *rest)
    return None


def _is_meant(leaf: Leaf, context: Context, resolve: Resolve) -> bool:
    if functions.known(leaf.word, context) is not None and len(leaf.word) > 1:
        return True
    if leaf.word in context.bound:
        return True
    return named(leaf, context, resolve) is not None
