"""References to syntax: names, entries and slices of tensors and of adjoints, with their powers and transposes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from sympy import Expr

from symbackprop.algebra.symbols import ADJOINT, adjoint, part_of
from symbackprop.errors import UnknownNameError
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.leaves import index_words
from symbackprop.notation.claims.powers import is_square, matrix_power
from symbackprop.notation.claims.references import Reference, Sample
from symbackprop.notation.claims.stacks import Block, linear
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.claim_calls import COLUMN
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Node

Resolve = Callable[[Node, Context], syntax.Node]


def value(reference: Reference, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    """The tensor, its entry or its slice, with its power and its transpose."""
    return _marked(_placed(reference.tensor, reference, span, context, resolve), reference, span, context, resolve)


def derivative(reference: Reference, root: str, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    """The adjoint of the tensor, or an entry or slice of it; `root` is "" where it is left to the convention."""
    name = f"{ADJOINT}{root}{ADJOINT}{reference.tensor}" if root else adjoint(reference.tensor)
    name = part_of(name, reference.through) if reference.through else name
    return _marked(_placed(name, reference, span, context, resolve), reference, span, context, resolve)


def variable(reference: Reference, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    """The tensor or entry that something is differentiated by, its power and transpose aside."""
    return _placed(reference.tensor, reference, span, context, resolve)


def _placed(name: str, reference: Reference, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    node: syntax.Node = syntax.Name(name, span)
    if reference.block is not None:
        return _part(node, reference.block, span, context)
    if all(place is None for place in reference.places):
        return node
    return syntax.Subscript(node, tuple(_place(place, span, context, resolve) for place in reference.places), span)


def _part(matrix: syntax.Node, block: Block, span: Span, context: Context) -> syntax.Node:
    """The rows or columns of a matrix that a block is."""
    letter, first = syntax.Name("stacked", span), block.first + context.notation.base
    ends = syntax.Range(_integer(first, span), _integer(first + block.count - 1, span), span)
    places = (letter, syntax.Whole(span)) if block.axis == 0 else (syntax.Whole(span), letter)
    rows = syntax.Call(
        syntax.Name(COLUMN, span), (syntax.Named(letter, ends, span), syntax.Subscript(matrix, places, span)), span
    )
    return rows if block.axis == 0 else syntax.Transpose(rows, span)


def _integer(value: Expr, span: Span) -> syntax.Node:
    """A sum of sizes and whole numbers."""
    terms: list[tuple[str, syntax.Node]] = []
    for factor, name in linear(value) or ():
        number = syntax.Number(Fraction(abs(factor)), span)
        named = syntax.Product((("", number), ("*", syntax.Name(name, span))), span)
        terms.append(("-" if factor < 0 else "+", named if name else number))
    return syntax.Addition(tuple(terms), span)


def _place(place: Node | Sample | None, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    if place is None:
        return syntax.Whole(span)
    if isinstance(place, Sample):
        return syntax.Name(place.letter, span)
    return at_index(place, index_words(place), context, resolve)


def at_index(place: Node, letters: Iterable[str], context: Context, resolve: Resolve) -> syntax.Node:
    """What stands at the place of an index, where these letters are indices.

    Raises:
        UnknownNameError: a word that is neither an index nor a size.
    """
    try:
        return resolve(place, context.binding(letters))
    except UnknownNameError as error:
        raise _unknown_index(error) from None


def _unknown_index(error: UnknownNameError) -> UnknownNameError:
    """The error for a word that stands as an index and is none."""
    return UnknownNameError(
        f"unknown size or index {error.name}",
        where=error.where,
        fix=f"Sum over it, ∑_{error.name}, or name a size of the model.",
        name=error.name,
    )


def _marked(node: syntax.Node, reference: Reference, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    if reference.transposed:
        node = syntax.Transpose(node, span)
    if reference.power is None:
        return node
    whole = all(place is None for place in reference.places)
    if whole and context.has_matrix_powers and is_square(context.symbols.tensors[reference.tensor]):
        return matrix_power(node, reference.power, span, context)
    return syntax.Power(node, resolve(reference.power, context), span)
