"""The forward order of equations; recurrences in time are allowed, other circles are not."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr

from symbackprop.model.reads import names_read
from symbackprop.model.records import Equation


def forward_order(
    equations: tuple[Equation, ...], shapes: Mapping[str, tuple[Expr, ...]], size_facts: tuple[Expr, ...]
) -> tuple[Equation, ...]:
    """The equations so that each comes after those it reads, else as they were given."""
    by_name = {equation.tensor: equation for equation in equations}
    reads = {e.tensor: sorted(names_read(e.expression) & set(by_name), key=list(by_name).index) for e in equations}
    done: dict[str, Equation] = {}
    open_names: list[str] = []

    def visit(name: str) -> None:
        if name in done or name in open_names:
            return
        open_names.append(name)
        for other in reads[name]:
            visit(other)
        open_names.pop()
        done[name] = by_name[name]

    for name in by_name:
        visit(name)
    return tuple(done.values())
