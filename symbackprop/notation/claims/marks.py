"""Marks at something larger than a letter: indices, transposes and powers at brackets, `(W x)_i`, `(W^T)^T`."""

from __future__ import annotations

from symbackprop.errors import NotationError
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve
from symbackprop.notation.claims.errors import two_readings
from symbackprop.notation.claims.leaves import index_words, is_letter, is_transpose, letter_of
from symbackprop.notation.claims.powers import is_square, matrix_power
from symbackprop.notation.reading import syntax
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Empty, Fence, Joint, Listing, Node, Number, Product, Scripted, Word


def with_marks(made: syntax.Node, node: Scripted, context: Context, resolve: Resolve) -> syntax.Node:
    """What was read of the base, with the indices, transposes and powers at it."""
    if node.below and isinstance(node.base, Fence) and node.base.opening == "‖" and not _is_norm(node):
        written = context.source.written(node.span)
        raise NotationError(
            f"{written} is no norm that is read",
            where=context.source.locate(node.span),
            fix="Write the sum: ∑_i |x[i]|.",
            name=written,
        )
    if node.below and not _is_norm(node):
        marks = tuple(part for mark in node.below for part in _index_parts(mark))
        indices = tuple(resolve(mark, context.binding(_own_letters(marks))) for mark in marks)
        made = syntax.Subscript(made, indices, node.span)
    for _ in range(node.primes):
        made = syntax.Transpose(made, node.span)
    powers = 0
    for mark in node.above:
        if is_transpose(mark):
            made = syntax.Transpose(made, node.span)
            continue
        if powers:
            raise two_readings(node.span, "brackets: (a^b)^c or a^(b^c)", context)
        made, powers = power_of(made, mark, node.span, context, resolve), 1
    return made


def _is_norm(node: Scripted) -> bool:
    """Whether marks below say which norm is meant, the usual one: ‖x‖_2, ‖W‖_F."""
    written = [getattr(mark, "text", getattr(mark, "written", "")) for mark in node.below]
    return isinstance(node.base, Fence) and node.base.opening in ("‖", "|") and written in (["2"], ["F"])


def power_of(base: syntax.Node, mark: Node, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    """A power: of a square matrix in brackets a product of matrices, where the note has them so."""
    if _is_square_matrix(base, context) and not _is_by_entries(mark):
        whole = mark.body if isinstance(mark, Fence) else mark
        if context.has_matrix_powers or (context.divides_words and not isinstance(whole, Number)):
            return matrix_power(base, mark, span, context)
    return syntax.Power(base, _exponent(mark, context, resolve), span)


def _is_square_matrix(node: syntax.Node, context: Context) -> bool:
    """Whether a node is a square matrix of the model, transposed or not."""
    while isinstance(node, syntax.Transpose):
        node = node.base
    return isinstance(node, syntax.Name) and is_square(context.symbols.tensors.get(node.name, ()))


def _is_by_entries(mark: Node) -> bool:
    return isinstance(mark, Product) and mark.factors[-1][0] == "⊙"


def _exponent(mark: Node, context: Context, resolve: Resolve) -> syntax.Node:
    match mark:
        case Product(((_, Empty() | Word("⊙")), (_, part))):
            return resolve(part, context)
        case Product((("⊙", part),)):
            return resolve(part, context)
    return resolve(mark, context)


def _index_parts(mark: Node) -> tuple[Node, ...]:
    match mark:
        case Listing(items):
            return items
        case Fence("" | "(" | "[", body):
            return _index_parts(body)
        case Word(text, span) if text.isalpha() and 1 < len(text) <= 4 and not is_letter(text):
            return tuple(Word(letter, span) for letter in text)
    return (mark,)


def _own_letters(marks: tuple[Node, ...]) -> tuple[str, ...]:
    return tuple(letter for mark in marks if (letter := letter_of(mark)) is not None)


def are_letters(factor: tuple[Joint, Node], context: Context) -> bool:
    """Whether brackets behind a larger expression hold letters of indices in scope: `(W x)[i]`."""
    joint, node = factor
    if joint != "" or not isinstance(node, Fence) or node.opening != "[" or not node.tight:
        return False
    items = node.body.items if isinstance(node.body, Listing) else (node.body,)
    return all(letter_of(item) in (*context.bound, *context.free) for item in items)


def with_indices(base: syntax.Node, fence: Node, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    assert isinstance(fence, Fence)
    items = fence.body.items if isinstance(fence.body, Listing) else (fence.body,)
    indices = tuple(resolve(item, context.binding(index_words(item))) for item in items)
    return syntax.Subscript(base, indices, span.to(fence.span))
