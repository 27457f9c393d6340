r"""Names with what they depend on in brackets: \(J(W, b)\), \(f(x)\), \(h_\theta(x^{(i)})\), \(\pi(a|s)\)."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.errors import NotationError
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve, value
from symbackprop.notation.claims.leaves import Leaf, leaf_of, letter_of
from symbackprop.notation.claims.references import Reference, reference_of
from symbackprop.notation.reading import syntax
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Dots, Fence, Listing, Node, Text


def check_arguments(leaf: Leaf, fence: Fence, context: Context) -> None:
    """A loss is named with what it depends on, `J(W, b; x, y)`.

    Raises:
        NotationError: a formula, a number or an unknown name stands in the brackets: the loss at another place.
    """
    items = fence.body.items if isinstance(fence.body, Listing) else (fence.body,)
    for item in items:
        inner = leaf_of(item)
        known = inner is not None and (inner.word in _ANY_PARAMETERS or _may_be_depended_on(inner, context))
        if not known and not isinstance(item, Dots | Text):
            written = context.source.written
            raise NotationError(
                f"{written(leaf.span.to(fence.span))} is {written(leaf.span)} at another place, or of something else",
                where=context.source.locate(item.span),
                fix=f"Write {written(leaf.span)} alone, or * for a product.",
                name=written(item.span),
            )


_ANY_PARAMETERS = ("theta", "Theta", "w", "W", "b", "params", "phi", "psi", "omega", "x", "X", "y", "Y")
"""What a loss is usually said to depend on, whatever the model calls it."""


def _may_be_depended_on(leaf: Leaf, context: Context) -> bool:
    """Whether a name in brackets is a tensor or a letter that the model numbers by layers."""
    stem = leaf.word + "".join(leaf.accents)
    family = any(stem in table for table in (context.symbols.families, context.symbols.whole_families))
    return family or reference_of(leaf, context) is not None or context.symbols.whole_names(stem)


def at_arguments(leaf: Leaf, fence: Fence, context: Context, resolve: Resolve) -> syntax.Node | None:
    r"""\(f(x)\), \(h_\theta(x^{(i)})\), \(\pi(a|s)\): a tensor named with what it depends on; None for a product."""
    if leaf.primes or not fence.tight:
        return None
    body = fence.body
    items = body.items if isinstance(body, Listing) else (body,)
    inner = [leaf_of(item) for item in items]
    found = reference_of(leaf, context)
    plain = found if found is not None else reference_of(replace(leaf, below=()), context)
    if plain is None or not all(arg is not None for arg in inner):
        return None
    if isinstance(body, Listing) and body.separators[:1] == ("|",):
        return _of_chosen(plain, items[0], leaf.span.to(fence.span), context, resolve)
    arguments = [reference_of(arg, context) for arg in inner if arg is not None]
    depends = [
        arg is not None and arg.tensor != plain.tensor and context.symbols.depends(plain.tensor, arg.tensor)
        for arg in arguments
    ]
    if not all(depends) or (found is None and not _are_parameters(leaf.below, context)):
        return None
    sample = _sample_mark(inner, context)
    marked = replace(leaf, below=(), above=(*leaf.above, sample)) if sample is not None else leaf
    at = reference_of(marked, context) if sample is not None else plain
    return None if at is None else value(at, leaf.span, context, resolve)


def _are_parameters(marks: tuple[Node, ...], context: Context) -> bool:
    """Whether marks below name what is learnt: θ, w, `W, b`."""
    leaves = [leaf_of(mark) for mark in marks]
    return all(
        leaf is not None
        and (
            leaf.word in _ANY_PARAMETERS
            or (
                ((found := reference_of(leaf, context)) is not None)
                and context.symbols.roles.get(found.tensor) == "parameter"
            )
        )
        for leaf in leaves
    )


def _sample_mark(arguments: list[Leaf | None], context: Context) -> Node | None:
    """The sample of x^{(i)} or x_i, in brackets."""
    for leaf in arguments:
        for mark in () if leaf is None else (*leaf.above, *leaf.below):
            if letter_of(mark) in context.notation.samples:
                return mark if isinstance(mark, Fence) else Fence("(", mark, mark.span)
    return None


def _of_chosen(of: Reference, chosen: Node, span: Span, context: Context, resolve: Resolve) -> syntax.Node | None:
    r"""\(\pi(a|s)\): the probability of the class that the data a choose, a one-hot vector or the number of a class."""
    leaf = leaf_of(chosen)
    choice = None if leaf is None else reference_of(leaf, context)
    if choice is None or (of.places and any(of.places)):
        return None
    if choice.tensor in context.symbols.integers:
        marked = replace(of, places=(chosen, *of.places[1:]))
        return value(marked, span, context, resolve)
    if context.symbols.tensors[choice.tensor] != context.symbols.tensors[of.tensor]:
        return None
    left, right = (value(part, span, context, resolve) for part in (choice, of))
    return syntax.Product((("", left), ("·", right)), span)
