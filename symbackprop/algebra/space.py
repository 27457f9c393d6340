r"""What the algebra may know of the symbols in an expression: shapes, facts, functions, definitions.

A `Space` is the premise of every rewrite and every proof. It is a frozen record; nothing below it is looked up anywhere
else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean, true

from symbackprop.algebra.arrays import Array

Ranges = Mapping[Symbol, Expr]
"""The sizes of free indices: each runs over [0, size)."""

FactKind = Literal["one_hot", "distribution", "positive", "binary"]


@dataclass(frozen=True, slots=True)
class Fact:
    r"""A premise about a tensor's values.

    `distribution`: \(\sum_k y_k = 1\) along `axis`. `one_hot`: entries 0 or 1, and a distribution along `axis`.
    `binary`: entries 0 or 1, so \(y^2 = y\). `positive`: entries above 0. The last two have no axis.
    """

    tensor: str
    kind: FactKind
    axis: int | None = None


@dataclass(frozen=True, slots=True)
class Premise:
    r"""What a proof rests on.

    `subject` is the tensor whose definition or fact serves, the expression that is above 0 or not 0, or the size fact
    that is at least 0; no subject for "away from kinks".
    """

    kind: Literal["definition", "sums to 1", "is 0 or 1", "is above 0", "is at least 0", "is not 0", "away from kinks"]
    subject: str | Expr = ""

    def __str__(self) -> str:
        words = {"sums to 1": f"Σ {self.subject} = 1", "definition": f"the definition of {self.subject}"}
        return words.get(self.kind, f"{self.subject} {self.kind}".strip())


@dataclass(frozen=True, slots=True)
class Kink:
    """A point where a scalar function has no derivative, and the value chosen for the derivative there."""

    at: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class ScalarFunction:
    r"""A named scalar function \(f(x)\): one SymPy expression in `variable`, or none if `f` is opaque.

    `domain` is the condition on `variable` under which the expression is real; `latex` writes the function's name.
    """

    name: str
    variable: Symbol
    expression: Expr | None
    domain: Boolean = true
    kinks: tuple[Kink, ...] = ()
    latex: str = ""


@dataclass(frozen=True, slots=True)
class Space:
    """Premises: the shape of each tensor, facts, `size_facts` (each >= 0), functions by name, and definitions.

    `shapes` is ordered: the order in which tensors were declared, which is the order of factors in a display form.
    `definitions` gives the forward equation of a tensor, for folding, eliminating and proofs that rest on them. `sizes`
    are the symbols in the shapes, whose names no index of a formula should bear; `axes` say that no axis is empty (each
    >= 0), where that does not follow from the sizes. `limits` are the sizes of the axes that data choose an entry of.
    """

    shapes: Mapping[str, tuple[Expr, ...]] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    size_facts: tuple[Expr, ...] = ()
    functions: Mapping[str, ScalarFunction] = field(default_factory=dict)
    definitions: Mapping[str, Array] = field(default_factory=dict)
    limits: Mapping[str, tuple[Expr, ...]] = field(default_factory=dict)
    sizes: frozenset[Symbol] = field(init=False, compare=False)
    axes: tuple[Expr, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        sizes = (s for shape in self.shapes.values() for extent in shape for s in extent.free_symbols)
        object.__setattr__(self, "sizes", frozenset(s for s in sizes if isinstance(s, Symbol)))
        extents = dict.fromkeys(extent for shape in self.shapes.values() for extent in shape)
        object.__setattr__(self, "axes", tuple(n - 1 for n in extents if not isinstance(n, Symbol) and not n.is_number))
        for name in ("shapes", "functions", "definitions", "limits"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def with_definitions(self, definitions: Mapping[str, Array]) -> Space:
        return replace(self, definitions={**self.definitions, **definitions})

    def has(self, tensor: str | None, *kinds: FactKind) -> bool:
        return any(fact.tensor == tensor and fact.kind in kinds for fact in self.facts)


@lru_cache(maxsize=4096)
def definition_of(expression: Expr, variable: Symbol, order: int) -> Expr:
    """The derivative of some order of a function's definition, in its own variable."""
    return expression.diff(variable, order) if order else expression
