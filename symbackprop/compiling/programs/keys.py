r"""Keys by which like expressions are found: equal where two expressions differ only in the names of their indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Add, Basic, Expr, KroneckerDelta, Mul, Symbol
from sympy.logic.boolalg import And, Or
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import BINDERS, body_of, bounds_of

Extents = Mapping[Symbol, Expr]
"""The size of each index."""

_UNORDERED = (Add, Mul, And, Or, KroneckerDelta)


def is_index(symbol: Basic) -> bool:
    """Whether a symbol is an index: sizes are positive, scalars are no integers."""
    return isinstance(symbol, Symbol) and bool(symbol.is_integer) and not symbol.is_positive


def indices_in(expr: Basic) -> frozenset[Symbol]:
    """The indices that stand free in an expression."""
    return frozenset(s for s in expr.free_symbols if isinstance(s, Symbol) and is_index(s))


def key_of(expr: Expr, extents: Extents) -> tuple[str, tuple[Symbol, ...]]:
    """A key, and the free indices in the order in which the key has them.

    Two expressions with one key are the same but for the names of bound indices, and of free ones, position by
    position. The converse does not hold where two factors differ in index names alone.
    """
    numbering = _Numbering()
    text = numbering.key(expr)
    sizes = ", ".join(str(extents[v]) for v in numbering.free)
    return f"{text} over {sizes}", tuple(numbering.free)


@dataclass(slots=True)
class _Numbering:
    """Numbers for indices, in the order in which a walk meets them that does not depend on their names."""

    free: list[Symbol] = field(default_factory=list)
    numbers: dict[Symbol, int] = field(default_factory=dict)
    bound: set[Symbol] = field(default_factory=set)
    count: int = 0
    blanks: dict[Basic, str] = field(default_factory=dict)

    def key(self, expr: Basic) -> str:
        if isinstance(expr, Symbol):
            return self._number(expr) if is_index(expr) else expr.name
        if isinstance(expr, Indexed):
            return f"{expr.base.label}[{', '.join(self.key(i) for i in expr.indices)}]"
        if isinstance(expr, BINDERS):
            return self._binder(expr)
        if not expr.args:
            return str(expr)
        arguments = sorted(expr.args, key=self._blank) if isinstance(expr, _UNORDERED) else expr.args
        return f"{type(expr).__name__}({', '.join(self.key(a) for a in arguments)})"

    def _number(self, index: Symbol) -> str:
        if index not in self.numbers:
            self.numbers[index] = self.count
            self.count += 1
            if index not in self.bound:
                self.free.append(index)
        return f"#{self.numbers[index]}"

    def _binder(self, binder: Expr) -> str:
        """The body with the bound indices numbered anew; their sizes in the order of these numbers."""
        bounds = bounds_of(binder)
        names = {variable for variable, _ in bounds}
        outer, around = {v: self.numbers.pop(v) for v in names if v in self.numbers}, self.bound
        self.bound = around | names
        body = self.key(body_of(binder))
        sizes = sorted((self.numbers.pop(v, -1), str(extent)) for v, extent in bounds)
        self.numbers.update(outer)
        self.bound = around
        return f"{type(binder).__name__}({body}; {', '.join(f'#{number} < {extent}' for number, extent in sizes)})"

    def _blank(self, expr: Basic) -> str:
        """The text of an expression without the names of its indices."""
        if isinstance(expr, Symbol):
            return "_" if is_index(expr) else expr.name
        if expr in self.blanks:
            return self.blanks[expr]
        if isinstance(expr, Indexed):
            text = f"{expr.base.label}[{', '.join(map(self._blank, expr.indices))}]"
        elif not expr.args:
            text = str(expr)
        else:
            parts = map(self._blank, expr.args)
            text = f"{type(expr).__name__}({', '.join(sorted(parts) if isinstance(expr, _UNORDERED) else parts)})"
        self.blanks[expr] = text
        return text
