"""How messages and listings speak of expressions, equations and places."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sympy import Expr
from sympy.printing.str import StrPrinter

from symbackprop.algebra.symbols import bounds_of
from symbackprop.errors import Location


class _Writer(StrPrinter):
    """Expressions much as a `.model` text has them."""

    def _print_Sum(self, expr: Any) -> str:
        return self._binder("sum", expr, expr.function)

    def _print_Maximum(self, expr: Any) -> str:
        return self._binder("max", expr, expr.body)

    def _print_ArgMax(self, expr: Any) -> str:
        return self._binder("argmax", expr, expr.body)

    def _binder(self, word: str, expr: Any, body: Any) -> str:
        names = ", ".join(f"{variable} < {self._print(extent)}" for variable, extent in reversed(bounds_of(expr)))
        return f"{word}({names}: {self._print(body)})"

    def _print_Apply(self, expr: Any) -> str:
        return f"{expr.name}{chr(39) * expr.order}({self._print(expr.argument)})"

    def _print_Guard(self, expr: Any) -> str:
        return f"[{self._print(expr.argument)} >= 0]"

    def _print_KroneckerDelta(self, expr: Any) -> str:
        return f"[{self._print(expr.args[0])} = {self._print(expr.args[1])}]"

    def _print_Piecewise(self, expr: Any) -> str:
        cases = [f"{self._print(value)} if {self._print(condition)}" for value, condition in expr.args[:-1]]
        return f"({' else '.join([*cases, self._print(expr.args[-1][0])])})"


def written(expr: Expr) -> str:
    """The expression in a line: `sum(j < n: W[i, j]*x[j]) + b[i]`."""
    return _Writer().doprint(expr)


def named_place(origin: Location | None, name: str | None) -> Location | None:
    """Where `name` first stands in the span of `origin`; the whole span if it does not."""
    if origin is None or not name:
        return origin
    start = origin.column - 1
    found = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", origin.text[start : start + origin.length])
    if found is None:
        return origin
    return replace(origin, column=start + found.start() + 1, length=len(name))


def ordinal(axis: int) -> str:
    """`first`, `second`, ... for axis 0, 1, ..."""
    words = ("first", "second", "third", "fourth", "fifth", "sixth")
    return words[axis] if axis < len(words) else f"{axis + 1}th"


def counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def bracketed(shape: tuple[Expr, ...]) -> str:
    """`[h, n]`, or nothing for a scalar."""
    return f"[{', '.join(map(str, shape))}]" if shape else ""
