r"""Derivatives at the scalar level in the model's own names: \(2 (a^{[3]} - y)\, a^{[2]}_1\) for 2 c h.

A node that is an entry of the model goes by that entry's name, every other one by its formula; the derivatives by the
nodes that read it are put in as far as a reader follows, and the result is cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, S

from symbackprop.algebra.binding import replaced, tensors_in
from symbackprop.algebra.folding import shortest_quotient
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.symbols import adjoint, entry, is_adjoint
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalars import ScalarNetwork

_LONG = 24
"""Nodes of a derivative beyond which what follows from it is written with the derivative itself."""

_CANCELLED = 160
"""Nodes of a formula beyond which nothing is cancelled."""


@dataclass(frozen=True, slots=True)
class OwnForm:
    """A derivative in the model's own names: as it is put in, and cancelled."""

    put_in: Expr
    after: Expr


def own_forms(network: ScalarNetwork, derivation: Derivation) -> dict[str, OwnForm]:
    """The form of each derivative in the model's own names, by the node or leaf."""
    values = own_values(network)
    slopes: dict[Expr, Expr] = {entry(adjoint(derivation.root)): S.One}
    found: dict[str, OwnForm] = {}
    for step in derivation.steps:
        put_in = replaced(step.before, {**values, **slopes})
        if size_of(put_in) > _CANCELLED:
            put_in = replaced(step.before, values)
        after = shortest_quotient(put_in)
        found[step.tensor] = OwnForm(put_in, after)
        if size_of(after) <= _LONG and not any(map(is_adjoint, tensors_in(after))):
            slopes[entry(adjoint(step.tensor))] = after
    return found


def own_values(network: ScalarNetwork) -> Mapping[Expr, Expr]:
    r"""What stands for each node: its name in the model, else its formula; the node itself where that is long.

    The numerator of a quotient that has a name is that times the denominator: \(e^{z_1} = p_1 v\).
    """
    values, known = {entry(node): entry(name) for node, name in network.own.items()}, dict[Expr, Expr]()
    for node in network.nodes:
        if node.word == "quotient" and node.name in network.own:
            above, below = node.operands
            known[above] = values[entry(node.name)] * below
    kept = {part for product in known.values() for part in product.free_symbols}
    for node in reversed(network.nodes):
        symbol = entry(node.name)
        if symbol in values or symbol in kept:
            continue
        value = known.get(symbol, replaced(node.value, values))
        if size_of(value) <= _LONG:
            values[symbol] = value
    return values
