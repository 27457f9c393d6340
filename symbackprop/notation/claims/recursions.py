r"""Letters that a note has for adjoints without a word: \(\gamma^{k-1} = W^\top(\gamma^k \circ \sigma'(z^k))\).

Whose adjoint it is tells the place of the slope. Where the slope is that of the step or layer of the letter on the
right, the letter is the adjoint of the activation; where it is that of the letter on the left, of the pre-activation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from symbackprop.notation.claims import functions
from symbackprop.notation.claims.context import Alias, Context, Notation
from symbackprop.notation.claims.leaves import Leaf, is_transpose, leaf_of, leaves_in, shift_of, text_of
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.claims.statements import Statement
from symbackprop.notation.claims.symbols import Symbols, key, only
from symbackprop.notation.surface.tree import Fence, Node, Product, walk
from symbackprop.notation.writing.glyphs import GREEK

_ERRORS = ("E", "e", "err")
Mark = tuple[str, int]


@dataclass(slots=True)
class _Letter:
    """What is seen of a letter: `targets` are what its places tell, `labels` marks that are no step or layer of it."""

    targets: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    recurs: bool = False
    is_defined: bool = False


def recursive_letters(
    statements: Iterable[Statement], tables: Sequence[Symbols], notation: Notation
) -> Iterator[tuple[str, Alias]]:
    """The letters that recur so, each with the word of the tensor whose adjoint it is; none that the note defines."""
    statements = tuple(statements)
    found: dict[str, _Letter] = {}
    for statement in statements:
        for word in dict.fromkeys(leaf.word for leaf in _candidates(statement, tables)):
            _look(word, statement, found.setdefault(word, _Letter()), tables, notation)
    for word, letter in found.items():
        target = only(tuple(letter.targets))
        if target is None or letter.is_defined or (word in _ERRORS and not _is_error(word, statements, letter)):
            continue
        for label in letter.labels or {""}:
            yield key(word + label), Alias(target, "")


def _candidates(statement: Statement, tables: Sequence[Symbols]) -> Iterator[Leaf]:
    """The leaves with marks whose letters are Greek, or those of errors, and bear no meaning in the model."""
    for leaf in (leaf for side in statement.sides for leaf in leaves_in(side)):
        greek = leaf.word in GREEK and leaf.word.lower() != "delta" and not functions.may_be(leaf.word)
        plain = not (leaf.accents or leaf.primes or leaf.bare)
        if plain and (greek or leaf.word in _ERRORS) and not any(_is_of_model(leaf.word, table) for table in tables):
            yield leaf


def _is_of_model(word: str, symbols: Symbols) -> bool:
    named = symbols.named(word) is not None or key(word) in symbols.families or word in symbols.sizes
    return (
        named or word in (symbols.model.root, symbols.whole.root, symbols.whole.loss) or word in symbols.model.functions
    )


def _look(word: str, statement: Statement, letter: _Letter, tables: Sequence[Symbols], notation: Notation) -> None:
    """Notes what one statement tells of a letter."""
    first = leaf_of(statement.sides[0])
    left = first if first is not None and first.word == word else None
    right = [leaf for side in statement.sides[1:] for leaf in leaves_in(side) if leaf.word == word]
    if left is not None and not right:
        letter.is_defined = True
    letter.recurs = letter.recurs or (left is not None and bool(right))
    for slope in (slope for side in statement.sides[1:] for slope in _slopes(side)):
        marks = _marks(slope)
        inner = [leaf for leaf in right if marks and marks <= _marks(leaf)]
        if inner:
            letter.targets.add(_activation(slope, statement, tables, notation) or "")
        elif left is not None and right and marks and marks <= _marks(left):
            letter.targets.add(slope.word if _is_activated(slope, statement, tables, notation) else "")
        for leaf in inner or ([left] if left is not None else []):
            rest = {name for name, change in _marks(leaf) - marks if not change and name in notation.times}
            letter.labels |= rest if len(_marks(leaf)) > len(marks) else set()


def _slopes(side: Node) -> Iterator[Leaf]:
    """The z of every f'(z)."""
    for row in (part for part in walk(side) if isinstance(part, Product)):
        for (_, head), (joint, fence) in pairwise(row.factors):
            leaf = leaf_of(head)
            inner = leaf_of(fence.body) if isinstance(fence, Fence) and joint == "" else None
            if leaf is not None and leaf.primes and inner is not None:
                yield inner


def _marks(leaf: Leaf) -> frozenset[Mark]:
    """The steps, layers and parts of a name that stand at a letter."""
    marks = [mark for mark in (*leaf.below, *leaf.above) if not is_transpose(mark)]
    found = [shift_of(mark) or ((text, 0) if (text := text_of(mark)) else None) for mark in marks]
    return frozenset(mark for mark in found if mark is not None)


def _is_activated(slope: Leaf, statement: Statement, tables: Sequence[Symbols], notation: Notation) -> bool:
    return any(_preactivations(slope, statement, table, notation) for table in tables)


def _preactivations(slope: Leaf, statement: Statement, symbols: Symbols, notation: Notation) -> frozenset[str]:
    """The tensors that are activated and may be meant: one, or those of all layers."""
    found = reference_of(slope, Context(statement.source, symbols, notation))
    names = {found.tensor} if found is not None else set(symbols.families.get(key(slope.word), {}).values())
    return frozenset(names & set(symbols.activated.values()))


def _activation(slope: Leaf, statement: Statement, tables: Sequence[Symbols], notation: Notation) -> str | None:
    """The letter of the activations of what a slope is of."""
    for symbols in tables:
        before = _preactivations(slope, statement, symbols, notation)
        stems = {after.rstrip("0123456789") for after, name in symbols.activated.items() if name in before}
        if len(stems) == 1:
            return next(iter(stems))
    return None


def _is_error(word: str, statements: Iterable[Statement], letter: _Letter) -> bool:
    """Whether E, the usual letter of a loss, is that of errors of layers: it stands nowhere bare or differentiated."""
    leaves = [leaf for statement in statements for side in statement.sides for leaf in leaves_in(side)]
    differentiated = any(leaf.word in (f"d{word}", f"∂{word}") for leaf in leaves)
    after = [
        one.word + other.word
        for statement in statements
        for side in statement.sides
        for part in walk(side)
        if isinstance(part, Product)
        for one, other in _neighbours(part)
    ]
    bare = any(leaf.word == word and leaf.bare for leaf in leaves)
    return letter.recurs and not bare and not differentiated and f"∂{word}" not in after and f"d{word}" not in after


def _neighbours(row: Product) -> Iterator[tuple[Leaf, Leaf]]:
    for (_, one), (_, other) in pairwise(row.factors):
        left, right = leaf_of(one), leaf_of(other)
        if left is not None and right is not None:
            yield left, right
