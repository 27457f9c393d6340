"""Names at the scalar level: a letter for each operation, and for each leaf the name of its entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Symbol
from sympy.functions import exp

from symbackprop.derivation.graph import Entry, Graph, extents, positions
from symbackprop.derivation.rates import LEARNING_RATES
from symbackprop.model.model import Model
from symbackprop.model.validation import size_names
from symbackprop.notation.writing.glyphs import parts

_LATIN = "abcdefghijklmnpqrstuvwxyz"  # no o, which looks like 0
_GREEK = (
    "beta", "zeta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "tau", "phi", "chi", "psi", "omega",
)  # fmt: skip
_BASES = ("v", "u", "t", "q", "s", "r", "node")


def leaf_names(model: Model, sizes: Mapping[Symbol, int], first: int) -> dict[Entry, str]:
    """`w1_1_2` for the entry in row 1 and column 2 of W1; data of a single entry go by their own name.

    `first` is what the first entry is called, 1 or 0.
    """
    taken = {tensor.name for tensor in model.tensors} | _size_names(model) | set(model.functions)
    names: dict[Entry, str] = {}
    for tensor in model.tensors:
        if model.defines(tensor.name) or tensor.role == "cost":
            continue
        shape = extents(model, tensor.name, sizes)
        alone = not shape or (tensor.role != "parameter" and all(extent == 1 for extent in shape))
        base = _small(tensor.name, taken) if shape else tensor.name
        for position in positions(model, tensor.name, sizes):
            name = tensor.name if alone else "_".join([base, *(str(first + place) for place in position)])
            while name in taken and not alone:
                name += "_"
            taken.add(name)
            names[tensor.name, position] = name
    return names


def _small(name: str, taken: set[str]) -> str:
    """The entries of W are w, where nothing else is."""
    letters = parts(name)[0]
    lower = name[:1].lower() + name[1:]
    is_capital = len(letters) == 1 and letters.isascii() and letters.isupper()
    return lower if is_capital and lower not in taken else name


def _size_names(model: Model) -> frozenset[str]:
    return size_names(model.tensors, model.samples, model.size_facts)


def node_names(model: Model, graph: Graph, count: int, taken: Iterable[str]) -> tuple[str, ...]:
    """Names for the operations: single letters that the model and `taken` do not use, else v_1, v_2, ..."""
    own = {tensor.name.rpartition(".")[2] for tensor in model.tensors if not model.defines(tensor.name)}
    used = {parts(name)[0].lower() for name in own} | {*taken, *_size_names(model)}
    used |= {model.root, *(tensor.name for tensor in model.tensors if not tensor.shape)}
    used |= {*model.functions, *LEARNING_RATES}
    if any(operation.value is not None and operation.value.has(exp) for operation in graph.operations.values()):
        used.add("e")
    letters = [letter for letter in (*_LATIN, *_GREEK) if letter not in used]
    if count <= len(letters):
        return tuple(letters[:count])
    base = next(base for base in _BASES if base not in used)
    return tuple(f"{base}_{number}" for number in range(1, count + 1))
