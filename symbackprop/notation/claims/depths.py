r"""How deep the layer l of a statement lies in a model that numbers no layers: of \(w^{l+1}\), \(o^l\) beside W and o.

The marks of all letters that are the model's own must tell the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.notation.claims.context import Notation
from symbackprop.notation.claims.leaves import Leaf, shift_of
from symbackprop.notation.claims.symbols import Symbols


def depths_of(leaves: Iterable[Leaf], notation: Notation, symbols: Symbols) -> Mapping[str, int]:
    """How deep each letter of layers lies, as far as the letters with such marks agree on it."""
    if symbols.layers:
        return {}
    found: dict[str, set[int]] = {}
    for leaf in leaves:
        tensor = symbols.tensor(leaf.word)
        shifts = [shift for mark in leaf.above if (shift := shift_of(mark)) is not None]
        for letter, change in shifts:
            if letter in notation.each_layer and symbols.tensor(letter) is None and letter not in symbols.sizes:
                told = {symbols.depths.get(tensor, 0) - change} if tensor is not None else set[int]()
                found.setdefault(letter, set()).update(told)
    return {letter: next(iter(told)) for letter, told in found.items() if len(told) == 1}
