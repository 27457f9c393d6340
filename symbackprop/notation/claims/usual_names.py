r"""Names that notes use for what every network has, where the model calls it otherwise: scores, \(\Theta^{(l)}\).

They are asked for last, where a name means nothing else, and stand only for the one tensor that it can be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Add

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.notation.claims.leaves import Leaf, text_of
from symbackprop.notation.claims.symbols import Symbols, key, only
from symbackprop.notation.reading.values import Value
from symbackprop.notation.surface.tree import Word


def _hidden(symbols: Symbols) -> str | None:
    """The one tensor that is computed and multiplied by parameters."""
    learnt = {name for name, role in symbols.roles.items() if role in ("parameter", "constant")}
    matrices = {name for name in learnt if len(symbols.tensors[name]) == 2}
    ends = (symbols.whole.loss, symbols.whole.root)
    layers = [names for tensor, names in symbols.reads.items() if names & matrices and tensor not in ends]
    read = {name for names in layers for name in names}
    return only(tuple(name for name in read if symbols.roles.get(name) == "intermediate"))


def _target(symbols: Symbols) -> str | None:
    return only(tuple(name for name, role in symbols.roles.items() if role == "target"))


def _weights(symbols: Symbols) -> str | None:
    """The letter of the one family of matrices that are learnt."""
    matrices = {n for n, role in symbols.roles.items() if role == "parameter" and len(symbols.tensors[n]) == 2}
    return only(tuple({name.rstrip("0123456789") for name in matrices if name[-1:].isdigit()}))


_USUAL: dict[str, Callable[[Symbols], str | None]] = {
    **dict.fromkeys(
        ("probs", "prob", "probabilities", "preds", "pred", "predictions", "prediction"),
        lambda symbols: symbols.prediction,
    ),
    **dict.fromkeys(("scores", "logits", "logit"), lambda symbols: symbols.logits),
    **dict.fromkeys(("hidden", "hiddenlayer", "hid", "hiddens"), _hidden),
    **dict.fromkeys(("inputs", "features"), lambda symbols: symbols.network_input),
    **dict.fromkeys(("labels", "targets"), _target),
    **dict.fromkeys(("Θ", "θ"), _weights),
}
_GATES = {"i": "u", "u": "i"}
"""The input gate is the update gate."""


def usual(leaf: Leaf, symbols: Symbols) -> Leaf | None:
    """The leaf with the model's own name for what its word usually names; None where it has no such name."""
    found = _USUAL.get(key(leaf.word))
    if found is not None and not leaf.accents:
        name = found(symbols)
        return None if name is None else replace(leaf, word=name)
    gate = text_of(leaf.below[0]) if leaf.below and leaf.word in ("Gamma", "G") else None
    if gate in _GATES:
        return replace(leaf, below=(Word(_GATES[gate], leaf.span), *leaf.below[1:]))
    return None


def data_terms(symbols: Symbols) -> dict[str, Value]:
    r"""The cost without its penalties by its usual names, \(C_0\), `data_loss`; none where it has no penalty.

    A penalty reads what is learnt and constants alone.
    """
    root = symbols.model.root
    terms = Add.make_args(symbols.model.space.definitions[root].expression)
    kept = [term for term in terms if any(map(symbols.rests_on_data, tensors_in(term)))]
    if not kept or len(kept) == len(terms):
        return {}
    value = Value(Array((), (), Add(*kept)))
    names = [f"{name}_{mark}" for name, of in symbols.roots.items() if of == root for mark in ("0", "data")]
    return {name: value for name in (*names, "data_loss") if symbols.tensor(name) is None}


def is_masked_later(word: str, symbols: Symbols) -> bool:
    """Whether a word is that of a hidden layer whose activation has no pre-activation by a name.

    What programs call its gradient may be that before or after the activation.
    """
    hidden = _USUAL.get(key(word)) is _hidden and symbols.tensor(word) is None
    return hidden and _hidden(symbols) not in symbols.activated
