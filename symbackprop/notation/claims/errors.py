"""Errors on what cannot be read in a formula: no meaning here, two readings, names that nothing declares."""

from __future__ import annotations

from symbackprop.errors import NotationError, UnknownNameError, suggestion
from symbackprop.notation.claims import functions
from symbackprop.notation.claims.adjoints import looks_like_gradient
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.leaves import Leaf
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Dots, Empty, Listing, Node
from symbackprop.notation.writing.glyphs import GREEK


def no_meaning(node: Node, context: Context) -> NotationError:
    """The error for a node that stands for nothing where it stands."""
    written = context.source.written(node.span)
    what = {Dots: "dots leave open what is meant", Empty: "something is missing", Listing: f"{written} is a list"}
    return NotationError(
        what.get(type(node), f"{written} has no meaning here"),
        where=context.source.locate(node.span),
        fix="Write the terms out." if isinstance(node, Dots) else None,
        name=written,
    )


def two_readings(span: Span, ways: str, context: Context) -> NotationError:
    written = context.source.written(span)
    return NotationError(
        f"{written} can be read in two ways", where=context.source.locate(span), fix=f"Write {ways}.", name=written
    )


def unknown(leaf: Leaf, context: Context) -> UnknownNameError:
    """The error for letters that name nothing, with the nearest that do."""
    written = context.source.written(leaf.span)
    if leaf.word in ("∂", "∇"):
        return UnknownNameError(
            f"this {written} belongs to no derivative",
            where=context.source.locate(leaf.span),
            fix="Write ∂L/∂W." if leaf.word == "∂" else "Write ∇_W L.",
            name=written,
        )
    if leaf.primes and (functions.known(leaf.word, context) or functions.may_be(leaf.word)):
        return UnknownNameError(
            f"{written} stands without an argument",
            where=context.source.locate(leaf.span),
            fix=f"Write {written}(z).",
            name=written,
        )
    names: tuple[str, ...] = (*context.symbols.tensors, *context.symbols.sizes, *context.symbols.roots)
    if leaf.word.startswith("d"):
        names += tuple(f"d{name}" for name in context.symbols.tensors)
    near = suggestion(leaf.word, [name for name in names if name != leaf.word])
    fix = near or "A claim may name what the model has: W1, and dW1 or ∂L/∂W1 beside it."
    if leaf.word in GREEK and not leaf.bare:
        fix = f"If it is a gradient, say whose it is: {written} = ∂L/∂z."
    if looks_like_gradient(leaf):
        fix = near or "It looks like a gradient, and the model has no tensor of that name: say whose it is, δ = ∂L/∂z."
    return UnknownNameError(f"unknown name {written}", where=context.source.locate(leaf.span), fix=fix, name=written)


def unknown_function(leaf: Leaf, context: Context) -> UnknownNameError:
    """The error for a name with an argument that no function bears, with the nearest that one does."""
    written = context.source.written(leaf.span)
    if leaf.word == "delta":
        return UnknownNameError(
            f"{written} takes two arguments",
            where=context.source.locate(leaf.span),
            fix=f"Write {written}(i, j), 1 where i = j and 0 elsewhere.",
            name=written,
        )
    return UnknownNameError(
        f"unknown function {written}",
        where=context.source.locate(leaf.span),
        fix=near_function(leaf, context) or "Use the functions of the model, or write * for a product.",
        name=written,
    )


def near_function(leaf: Leaf, context: Context) -> str | None:
    return suggestion(leaf.word, (*context.symbols.model.functions, "softmax", "sum"))
