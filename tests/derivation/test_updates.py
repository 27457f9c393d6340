"""Gradient descent in a derivation: each parameter less a learning rate whose name is nothing else's in the model."""

from __future__ import annotations

import pytest

import symbackprop as sb
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.scalar_derivation import scalar_derivation

PLAIN = """size n
input x[n]
parameter w[n], b
q = sum(i, w[i] x[i]) + b
loss L = q^2
"""
TAKEN = {
    "nothing": (PLAIN, "eta"),
    "a parameter": (PLAIN.replace("b", "eta"), "alpha"),
    "an input": (PLAIN.replace("x", "eta"), "alpha"),
    "an intermediate": (PLAIN.replace("q", "eta"), "alpha"),
    "a size": (PLAIN.replace("n", "eta").replace("ietaput", "input"), "alpha"),
    "an index": (PLAIN.replace("sum(i, w[i] x[i])", "sum(eta, w[eta] x[eta])"), "alpha"),
    "a function": (PLAIN.replace("loss L = q^2", "function eta(u) = u^2 + 1\nloss L = eta(q)"), "alpha"),
    "two": (PLAIN.replace("b", "eta").replace("x", "alpha"), "gamma"),
    "all": (PLAIN.replace("w", "eta").replace("x", "alpha").replace("b", "gamma").replace("q", "learning_rate"), None),
}


@pytest.mark.parametrize(("text", "rate"), TAKEN.values(), ids=TAKEN)
def test_the_learning_rate_has_a_name_of_its_own(text: str, rate: str | None) -> None:
    """Whatever bears the usual name, the rate bears the next, at every level and in the document."""
    model = sb.parse(text)
    rate = rate or "learning_rate2"
    updates = {step.tensor: step for step in sb.derive(model).updates}
    assert set(updates) == {tensor.name for tensor in model.parameters}
    for name, step in updates.items():
        at = step.array.indices
        assert step.after == entry(name, *at) - entry(rate) * entry(adjoint(name), *at)
    (extent,) = {symbol.name for tensor in model.tensors for e in tensor.shape for symbol in e.free_symbols}
    assert scalar_derivation(model, {extent: 2}).rate == rate
