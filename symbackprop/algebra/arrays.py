r"""Arrays: tensors given entry by entry, with the operators that people write between whole tensors."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Symbol, sympify

from symbackprop.algebra.binding import fresh, substitute
from symbackprop.algebra.symbols import entry


@dataclass(frozen=True, slots=True)
class Array:
    r"""A tensor given entry by entry: \(A[i_1, \dots, i_r] = \) `expression` for each \(0 \le i_k < \) `shape[k]`."""

    indices: tuple[Symbol, ...]
    shape: tuple[Expr, ...]
    expression: Expr

    @property
    def ranges(self) -> dict[Symbol, Expr]:
        """The size of each free index."""
        return dict(zip(self.indices, self.shape, strict=True))

    def at(self, *indices: object) -> Expr:
        """The entry at `indices`, substituted without capture."""
        values = tuple(sympify(value, strict=True) for value in indices)
        return substitute(self.expression, dict(zip(self.indices, values, strict=True)))


def array_of(name: str, shape: tuple[Expr, ...]) -> Array:
    """The named tensor as an array: each entry is itself."""
    indices: list[Symbol] = []
    for _ in shape:
        indices.append(fresh(indices))
    return Array(tuple(indices), shape, entry(name, *indices))
