r"""Powers of matrices: whether \(X^2\) of a square matrix is X X, as in texts on matrices, or goes entry by entry.

Everything else goes entry by entry: powers of vectors, of other matrices, of functions, and all in plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from symbackprop.errors import NotationError
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.leaves import is_transpose, leaf_of
from symbackprop.notation.claims.statements import Statement
from symbackprop.notation.claims.symbols import Symbols
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.values import same_size
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Big, Fence, Node, Number, Product, Scripted, Sum, Word, walk

MOST = 12  # factors that a power is written out in
_REDUCTIONS = ("sum", "mean", "np.sum", "np.mean")


def are_of_matrices(statements: Iterable[Statement], tables: Sequence[Symbols]) -> bool:
    """Whether the powers of square matrices in a note are products of matrices.

    They are in LaTeX, unless the note computes entry by entry: with ⊙, with `1 - A^2`, with the sum of all entries.
    """
    symbols = tables[0]
    sides = [side for s in statements if s.passage.markup == "latex" for side in s.sides]
    parts = [part for side in sides for part in walk(side)]
    found = any(_is_square_power(part, symbols) for part in parts)
    return found and not any(_is_by_entries(part, symbols) for part in parts)


def _is_square_power(part: Node, symbols: Symbols) -> bool:
    """Whether a node is a bare square matrix with an exponent."""
    leaf = leaf_of(part) if isinstance(part, Scripted) else None
    if leaf is None and isinstance(part, Scripted) and isinstance(part.base, Fence):
        inner = leaf_of(part.base.body)  # (W^T)^2
        leaf = None if inner is None or inner.below else replace(inner, above=part.above)
    if leaf is None or leaf.below or leaf.primes or not any(map(_is_exponent, leaf.above)):
        return False
    tensor = symbols.named(leaf.word, *leaf.accents)
    return tensor is not None and is_square(symbols.tensors[tensor])


def _is_exponent(mark: Node) -> bool:
    return not isinstance(mark, Fence) and not is_transpose(mark)


def is_square(shape: Sequence) -> bool:
    """Whether a shape is that of a square matrix, of more than one entry."""
    return len(shape) == 2 and shape[0] != 1 and same_size(*shape)


def _is_by_entries(part: Node, symbols: Symbols) -> bool:
    match part:
        case Product(factors) if any(joint == "⊙" for joint, _ in factors):
            return True
        case Product(((_, Word(name)), ("", Fence(_, body)))) if name in _REDUCTIONS:
            return _has_square_power(body, symbols)
        case Big("sum", None, body=body):
            return _has_square_power(body, symbols)
        case Sum(terms) if any(isinstance(term, Number) for _, term in terms):
            return any(_is_square_power(factor, symbols) for _, term in terms for factor in _factors(term))
    return False


def _has_square_power(node: Node, symbols: Symbols) -> bool:
    return any(_is_square_power(part, symbols) for part in walk(node))


def _factors(term: Node) -> Iterator[Node]:
    yield from (part for _, part in term.factors) if isinstance(term, Product) else (term,)


def matrix_power(base: syntax.Node, exponent: Node, span: Span, context: Context) -> syntax.Node:
    """A matrix times itself.

    Raises:
        NotationError: the exponent is no small whole number.
    """
    if isinstance(exponent, Fence):
        exponent = exponent.body
    count = exponent.value if isinstance(exponent, Number) else None
    if count is None or count.denominator != 1 or not 1 <= count <= MOST:
        written = context.source.written(span)
        raise NotationError(
            f"{written} is a power of a matrix that is not written out",
            where=context.source.locate(span),
            because=f"Powers of matrices are read with whole exponents from 1 to {MOST}.",
            fix="Write the factors out.",
            name=written,
        )
    return syntax.Product(tuple(("", base) for _ in range(int(count))), span) if count > 1 else base
