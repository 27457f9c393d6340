r"""Canonical names for bound indices, and canonical text for expressions.

Two expressions have the same `label` only if they are equal up to the names of bound indices and the order of
commutative arguments. The converse holds unless the cap on leaves was hit, which may lose a proof and never makes one.

The labelling is colour refinement (an index is known by the atoms it stands in, and by the colours of its company
there), then individualise and refine where indices remain alike. Nothing here depends on the names given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from sympy import Add, Basic, Expr, KroneckerDelta, Mul, Symbol
from sympy.core.symbol import Str
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices, rebind, substitute
from symbackprop.algebra.symbols import BINDERS, Apply, body_of, bounds_of, index, tensor_of

LEAVES = 24
"""How many labellings are compared where refinement leaves indices alike."""

Atom = TypeVar("Atom")
Names = Mapping[Symbol, str]
NO_NAMES: Names = {}


def canonical_order(
    variables: Sequence[Symbol],
    colours: Mapping[Symbol, str],
    atoms: Sequence[tuple[Atom, frozenset[Symbol]]],
    render: Callable[[Atom, Names], str],
    prefix: str,
) -> tuple[Symbol, ...]:
    """The variables in canonical order; `atoms` come with the variables in each, `render` gives the text of one."""
    if len(variables) < 2:
        return tuple(variables)
    found = sorted({colours[v] for v in variables})
    start = {v: found.index(colours[v]) for v in variables}
    best: list[tuple[tuple[str, ...], tuple[Symbol, ...]]] = []
    leaves = 0

    def descend(ranks: dict[Symbol, int]) -> None:
        nonlocal leaves
        ranks = _refined(variables, ranks, atoms, render, prefix)
        cell = _first_cell(variables, ranks)
        if not cell:
            order = tuple(sorted(variables, key=lambda v: ranks[v]))
            text: tuple[str, ...] = ()
            if leaves:
                names = {v: f"{prefix}{place}" for place, v in enumerate(order)}
                text = tuple(sorted(render(atom, names) for atom, _ in atoms))
            if not best or text < best[0][0]:
                best[:] = [(text, order)]
            return
        for chosen in cell:
            if leaves >= LEAVES:
                return
            leaves += 1
            descend({v: 2 * ranks[v] + (v is not chosen) for v in variables})

    descend(start)
    return best[0][1]


def _first_cell(variables: Sequence[Symbol], ranks: Mapping[Symbol, int]) -> list[Symbol]:
    """The variables of the first colour that more than one has; empty if all differ."""
    for rank in sorted(set(ranks.values())):
        cell = [v for v in variables if ranks[v] == rank]
        if len(cell) > 1:
            return cell
    return []


def _refined(
    variables: Sequence[Symbol],
    ranks: dict[Symbol, int],
    atoms: Sequence[tuple[Atom, frozenset[Symbol]]],
    render: Callable[[Atom, Names], str],
    prefix: str,
) -> dict[Symbol, int]:
    while len(set(ranks.values())) < len(variables):
        names = {v: f"{prefix}c{ranks[v]}" for v in variables}
        signatures = {
            v: (ranks[v], tuple(sorted(render(atom, {**names, v: "*"}) for atom, touched in atoms if v in touched)))
            for v in variables
        }
        order = {signature: rank for rank, signature in enumerate(sorted(set(signatures.values())))}
        if len(order) == len(set(ranks.values())):
            break
        ranks = {v: order[signatures[v]] for v in variables}
    return ranks


@lru_cache(maxsize=4096)
def quoted(name: str) -> str:
    """A name in which none of the signs of a label stands."""
    return "".join(c if c.isalnum() or c in "_.∂'" else f"%{ord(c):x}%" for c in name)


def label(expr: Basic, names: Names = NO_NAMES) -> str:
    """The canonical text of an expression; `names` gives the text of some free indices."""
    if isinstance(expr, Symbol):
        return names.get(expr) or _symbol_label(expr)
    if expr.is_Number:
        return str(expr)
    if isinstance(expr, Add | Mul):
        sign = "+" if isinstance(expr, Add) else "*"
        return f"({sign.join(sorted(label(a, names) for a in expr.args))})"
    if isinstance(expr, Indexed):
        return f"{quoted(str(tensor_of(expr)))}[{','.join(label(i, names) for i in expr.indices)}]"
    if isinstance(expr, BINDERS):
        return _binder_label(expr, names)
    if isinstance(expr, Str):
        return quoted(expr.name)
    parts = [label(a, names) for a in expr.args]
    if isinstance(expr, KroneckerDelta):
        parts.sort()
    head = "Apply" if isinstance(expr, Apply) else type(expr).__name__
    return f"{head}({','.join(parts)})"


@lru_cache(maxsize=8192)
def _symbol_label(symbol: Symbol) -> str:
    if not symbol.is_integer:
        return f"{quoted(symbol.name)}[]"
    return quoted(symbol.name) + ("!" if symbol.is_positive else "")


def _binder_label(binder: Expr, names: Names) -> str:
    bounds, body = bounds_of(binder), body_of(binder)
    prefix = f"#{height(binder)}."
    order = _binder_order(binder, names)
    inner = {**names, **{v: f"{prefix}{place}" for place, v in enumerate(order)}}
    extents = dict(bounds)
    boxes = ",".join(label(extents[v], inner) for v in order)
    return f"{type(binder).__name__}{{{boxes}}}({label(body, inner)})"


def _binder_order(binder: Expr, names: Names) -> tuple[Symbol, ...]:
    bounds, body = bounds_of(binder), body_of(binder)
    variables = [v for v, _ in bounds]
    atoms = [(a, free_indices(a) & frozenset(variables)) for a in Mul.make_args(body)]
    return canonical_order(
        variables,
        {v: label(extent, names) for v, extent in bounds},
        atoms,
        lambda atom, inner: label(atom, {**names, **inner}),
        f"#{height(binder)}.",
    )


def height(expr: Basic) -> int:
    """How deep binders are nested in `expr`."""
    if not expr.args or isinstance(expr, Symbol):
        return 0
    inner = max((height(a) for a in expr.args), default=0)
    return inner + 1 if isinstance(expr, BINDERS) else inner


def canonical(expr: Expr) -> Expr:
    """`expr` with its bound indices named canonically, by how deep each binder is nested: `_1_0`, `_1_1`, `_2_0`."""
    if not expr.args or not expr.has(*BINDERS):
        return expr
    if isinstance(expr, Indexed):
        return expr.func(expr.base, *(canonical(i) for i in expr.indices))
    if not isinstance(expr, BINDERS):
        return expr.func(*(canonical(a) if isinstance(a, Expr) else a for a in expr.args))
    inner = rebind(expr, canonical(body_of(expr)), bounds_of(expr))
    depth, extents = height(inner), dict(bounds_of(inner))
    order = _binder_order(inner, NO_NAMES)
    mapping = {v: index(f"_{depth}_{place}") for place, v in enumerate(order)}
    return rebind(inner, substitute(body_of(inner), mapping), tuple((mapping[v], extents[v]) for v in order))
