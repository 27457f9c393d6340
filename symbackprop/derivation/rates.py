"""The name of the learning rate in a model's updates."""

from __future__ import annotations

from itertools import chain, count

from symbackprop.algebra.binding import all_symbols
from symbackprop.model.model import Model
from symbackprop.model.validation import size_names

LEARNING_RATES = ("eta", "alpha", "gamma", "learning_rate")
"""Names for the learning rate, the usual one first."""


def learning_rate(model: Model) -> str:
    """The first of these names that nothing else in the model has; else learning_rate2, learning_rate3, ..."""
    symbols = {s for e in model.equations for s in (*e.indices, *all_symbols(e.expression))}
    taken = {tensor.name for tensor in model.tensors} | {symbol.name for symbol in symbols}
    taken |= size_names(model.tensors, model.samples, model.size_facts) | set(model.functions)
    numbered = (f"{LEARNING_RATES[-1]}{number}" for number in count(2))
    return next(name for name in chain(LEARNING_RATES, numbered) if name not in taken)
