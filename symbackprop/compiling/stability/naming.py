"""Tensors that stable forms add: the largest exponent of a sum (`z3_max`), the logarithm of a tensor (`log_p`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

from sympy import Expr, Piecewise, Symbol
from sympy.core.traversal import preorder_traversal
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.proving.naming import label
from symbackprop.algebra.space import Ranges
from symbackprop.algebra.symbols import Maximum, entry, index, tensor_of
from symbackprop.compiling.stability.exponentials import Part, largest_of, without_common
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Added:
    """A tensor that a stable form added, with its equation: the logarithm `of` a tensor, else a largest exponent."""

    name: str
    array: Array
    of: str | None = None

    @property
    def equation(self) -> Equation:
        return Equation(self.name, self.array.indices, self.array.expression)


@dataclass(slots=True)
class Naming:
    """Names each largest exponent and each logarithm once; `added` has them in the order in which they are needed."""

    taken: frozenset[str]
    owner: str
    added: list[Added] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def largest(self, parts: tuple[Part, ...], ranges: Ranges) -> Expr:
        """The largest exponent of a sum: an entry for the free indices that it reads, and what all exponents share."""
        parts, common = without_common(parts)
        values = list(dict.fromkeys(largest_of(part, part.gates) for part in parts))
        entries = [self._entry(value, ranges) if value.has(Maximum) else value for value in values]
        found = entries[0]
        for value in entries[1:]:
            found = self._entry(Piecewise((found, found > value), (value, True)), ranges)
        return found + common

    def largest_if_known(self, parts: tuple[Part, ...], ranges: Ranges) -> tuple[Expr | None, tuple[Expr, ...]]:
        """The same where it has its tensor already, or where that of fewer gates has; and the gates that it heeds."""
        parts, common = without_common(parts)
        shared = [gate for gate in parts[0].gates if all(gate in part.gates for part in parts)]
        for count in range(len(shared), -1, -1):
            for gates in combinations(shared, count):
                values = {largest_of(part, gates) for part in parts}
                array, free = _over(values.pop(), ranges)
                name = self.known.get(_key(array))
                if name is not None and not values:
                    return entry(name, *free) + common, gates
        return None, ()

    def logarithm(self, name: str, array: Array, expression: Expr, at: Iterable[Expr]) -> Expr:
        """The entry of `log_p` at the indices of an entry of p, `expression` being log p at p's own."""
        key = f"log:{name}"
        if key not in self.known:
            found = Array(array.indices, array.shape, expression)
            self.known[key] = self._add(f"log_{name}", found, name)
        return entry(self.known[key], *at)

    def _entry(self, value: Expr, ranges: Ranges) -> Expr:
        array, free = _over(value, ranges)
        key = _key(array)
        if key not in self.known:
            self.known[key] = self._add(f"{self._base(value)}_max", array)
        return entry(self.known[key], *free)

    def _base(self, value: Expr) -> str:
        """The tensor whose entries the exponents are, else the one whose equation it is."""
        if isinstance(value, Maximum):
            while isinstance(value, Maximum | Piecewise):  # what shuts a position out is no exponent
                value = value.body if isinstance(value, Maximum) else value.args[0][0]
        read = {str(tensor_of(part)) for part in value.atoms(Indexed)}
        return read.pop().removesuffix("_max") if len(read) == 1 else self.owner

    def _add(self, wanted: str, array: Array, of: str | None = None) -> str:
        taken = self.taken | {found.name for found in self.added}
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}{number}", number + 1
        self.added.append(Added(name, array, of))
        return name


def _over(value: Expr, ranges: Ranges) -> tuple[Array, tuple[Symbol, ...]]:
    """The value as an array over the indices that it reads freely, in the order in which entries name them."""
    free = value.free_symbols & set(ranges)
    met = [part for part in preorder_traversal(value) if isinstance(part, Symbol) and part in free]
    order = tuple(dict.fromkeys(sorted(met, key=lambda v: _place(value, v))))
    return Array(order, tuple(ranges[v] for v in order), value), order


def _place(value: Expr, variable: Symbol) -> tuple[int, str]:
    """The first axis at which an entry in `value` has the index by itself."""
    axes = [part.indices.index(variable) for part in value.atoms(Indexed) if variable in part.indices]
    return (min(axes, default=99), variable.name)


def _key(array: Array) -> str:
    """The same text for the same array, whatever its indices are called."""
    blank = {v: index(f"_{place}") for place, v in enumerate(array.indices)}
    return f"{label(substitute(array.expression, blank))}:{array.shape}"
