"""Python names for tensors, sizes and indices: legal, distinct, and near to those of the model."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Collection, Iterable

from symbackprop.algebra.symbols import ADJOINT

_RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np"})
AMBIGUOUS = frozenset({"l", "O", "I"})
"""Names that linters refuse, since they look like digits."""


def identifiers(names: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """An identifier for each name, in order: `∂z1` is dz1, `a1.W` a1_W, `lambda` lambda_, unless that is taken."""
    used = {*_RESERVED, *taken}
    found: dict[str, str] = {}
    for name in names:
        if name in found:
            continue
        plain = identifier(name)
        while plain in used:
            plain += "_"
        used.add(plain)
        found[name] = plain
    return found


def identifier(name: str) -> str:
    """The name with d for ∂ and with _ for what no identifier may contain, as Python itself would read it."""
    plain = unicodedata.normalize("NFKC", name.replace(ADJOINT, "d"))
    plain = "".join(c if c == "_" or f"a{c}".isidentifier() else "_" for c in plain)
    return plain if plain.isidentifier() else f"_{plain}"
