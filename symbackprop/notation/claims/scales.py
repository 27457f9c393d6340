"""Whether a statement is about one sample or about all, by its letters."""

from __future__ import annotations

from symbackprop.notation.claims.context import Notation
from symbackprop.notation.claims.leaves import leaves_in, letter_of
from symbackprop.notation.claims.statements import Statement
from symbackprop.notation.claims.symbols import Symbols


def names_samples(statement: Statement, whole: Symbols) -> bool:
    """Whether a statement names the number of samples, which that of one sample does not."""
    size = {s.name for s in whole.samples[0].free_symbols} if whole.samples else set()
    return any(leaf.bare and leaf.word in size for side in statement.sides for leaf in leaves_in(side))


def speaks_of_all(statement: Statement, one: Symbols, whole: Symbols, notation: Notation) -> bool:
    """Whether a statement shows by its letters that it is about all samples."""
    if names_samples(statement, whole):
        return True
    root = whole.model.root
    for side in statement.sides:
        for leaf in leaves_in(side):
            word = leaf.word.removeprefix("d") if len(leaf.word) > 1 else leaf.word
            if word in whole.roots and whole.roots[word] == root and root not in one.tensors:
                return True
            name = whole.tensor(word) or next(iter(whole.families.get(word, {}).values()), None)
            if name is not None and name in whole.sampled and one.tensor(word) is None and word not in one.families:
                return True
            marks = (*leaf.above, *leaf.below)
            if name is not None and name in whole.sampled and any(letter_of(m) in notation.samples for m in marks):
                return True
    return False


def names_loss(statement: Statement, whole: Symbols) -> bool:
    """Whether a statement names the loss of one sample, of which it is then."""
    loss = whole.whole.loss
    if loss == whole.model.root:
        return False
    return any(whole.roots.get(leaf.word.removeprefix("d")) == loss for s in statement.sides for leaf in leaves_in(s))
