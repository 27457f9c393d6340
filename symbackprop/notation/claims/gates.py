r"""Gates, \(\Gamma = \sigma(z)\) beside which something is multiplied entry by entry: whose gradient δΓ or dΓ may be.

In notes on recurrent networks it often is that of the pre-activation z, which has no letter of its own there.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import indices_of, tensor_of
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.references import Reference
from symbackprop.notation.claims.symbols import Symbols


def outer(reference: Reference, context: Context) -> Reference:
    """The reference, or that to its pre-activation where the note's δ of an activation, or of a gate, means that."""
    notation, tensor = context.notation, reference.tensor
    meant = notation.outer_deltas or (notation.gate_deltas and tensor in gates(context.symbols))
    before = preactivation_of(tensor, context.symbols) if meant else None
    return reference if before is None else replace(reference, tensor=before)


def preactivation_of(tensor: str, symbols: Symbols) -> str | None:
    """The tensor z of a = f(z)."""
    read = symbols.reads.get(tensor, frozenset())
    found = [name for name in read if name in symbols.preactivations]
    return found[0] if len(found) == 1 and len(read) == 1 else None


def gates(symbols: Symbols) -> frozenset[str]:
    """The activations that do nothing but multiply something else entry by entry, another activation among it all."""
    activations = {name for name in symbols.tensors if preactivation_of(name, symbols) is not None}
    found = {name: read for name in activations if (read := _multiplied(name, symbols))}
    return frozenset(found) if any(read & activations for read in found.values()) else frozenset()


def _multiplied(tensor: str, symbols: Symbols) -> frozenset[str]:
    """What a tensor is multiplied by, entry by entry, in all that read it; nothing where one does something else."""
    found: frozenset[str] = frozenset()
    for reader in [name for name, read in symbols.reads.items() if tensor in read]:
        array, kind = symbols.model.space.definitions[reader], Indexed if symbols.tensors[tensor] else Symbol
        uses = [part for part in array.expression.atoms(kind) if tensor_of(part) == tensor]
        read = symbols.slope_reads(reader, tensor)
        by_entries = all(indices_of(use) == array.indices for use in uses)
        if not by_entries or not read or tensor in read or reader in symbols.roots.values():
            return frozenset()
        found |= read
    return found
