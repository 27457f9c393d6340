r"""Canonical texts of generators, monomials and polynomials: equal texts mean equal elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sympy import Symbol

from symbackprop.algebra.proving.generators import Generator, Monomial, Polynomial, Workspace
from symbackprop.algebra.proving.naming import NO_NAMES, Names, canonical_order, label, quoted


def render(work: Workspace, number: int, names: Names) -> str:
    """The label of a generator under names for its free indices."""
    found = work.generators[number]
    touched = tuple((v, names[v]) for v in sorted(found.free & names.keys(), key=str)) if names else ()
    if not touched:
        return found.label
    key = ("render", number, touched)
    if key not in work.memo:
        work.memo[key] = f"{found.kind}:{_RENDERERS[found.kind](work, found, dict(touched))}"
    return work.memo[key]


def text_of(work: Workspace, polynomial: Polynomial, names: Names = NO_NAMES) -> str:
    """The canonical text of a polynomial."""
    parts = [f"{c}*{monomial_text(work, m, names)}" for m, c in polynomial.items()]
    return "{" + "+".join(sorted(parts)) + "}"


def monomial_text(work: Workspace, monomial: Monomial, names: Names = NO_NAMES) -> str:
    return "(" + "*".join(sorted(f"{render(work, n, names)}^{e}" for n, e in monomial)) + ")"


def free_of(work: Workspace, polynomial: Iterable[Monomial]) -> frozenset[Symbol]:
    """The indices that stand free in a polynomial."""
    return frozenset().union(*(work.generators[n].free for m in polynomial for n, _ in m))


def height_of(work: Workspace, polynomial: Iterable[Monomial]) -> int:
    return max((work.generators[n].height for m in polynomial for n, _ in m), default=0)


def binder_order(
    work: Workspace, bounds: tuple[Symbol, ...], items: Monomial, names: Names, prefix: str
) -> tuple[Symbol, ...]:
    """The bound indices of a closed sum in canonical order."""
    variables = frozenset(bounds)
    atoms = [(item, work.generators[item[0]].free & variables) for item in items]
    return canonical_order(
        bounds,
        {v: label(work.boxes[v], names) for v in bounds} if len(bounds) > 1 else {},
        atoms,
        lambda item, inner: f"{render(work, item[0], {**names, **inner})}^{item[1]}",
        prefix,
    )


def sum_text(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial, names: Names = NO_NAMES) -> str:
    """The canonical text of a closed sum."""
    prefix = f"#{height_of(work, (items,)) + 1}."
    order = binder_order(work, bounds, items, names, prefix)
    inner = {**names, **{v: f"{prefix}{place}" for place, v in enumerate(order)}}
    extents = ",".join(label(work.boxes[v], names) for v in order)
    return f"<{extents}>{monomial_text(work, items, inner)}"


def extremum_text(work: Workspace, bound: Symbol, body: Polynomial, names: Names = NO_NAMES) -> str:
    """The canonical text of a maximum."""
    inner = {**names, bound: f"#{height_of(work, body) + 1}.0"}
    return f"<{label(work.boxes[bound], names)}>{text_of(work, body, inner)}"


def delta_text(difference, names: Names = NO_NAMES) -> str:
    return min(label(difference, names), label((-difference).expand(), names))


def entry_text(name: str, indices, names: Names = NO_NAMES) -> str:
    return f"{quoted(name)}[{','.join(label(i, names) for i in indices)}]"


def _function_text(work: Workspace, name: str, order: int, argument: Polynomial, names: Names) -> str:
    return f"{quoted(name)},{order},{text_of(work, argument, names)}"


def _of_data(work: Workspace, found: Generator, names: Names) -> str:
    return text_of(work, found.data, names)


_RENDERERS: Mapping[str, Callable[[Workspace, Generator, Names], str]] = {
    "entry": lambda work, found, names: entry_text(found.data[0], found.data[1], names),
    "binary": lambda work, found, names: entry_text(found.data[0], found.data[1], names),
    "size": lambda work, found, names: label(found.data, names),
    "integer": lambda work, found, names: label(found.data, names),
    "guard": lambda work, found, names: label(found.data, names),
    "delta": lambda work, found, names: delta_text(found.data, names),
    "exp": _of_data,
    "base": _of_data,
    "pos": _of_data,
    "zero": _of_data,
    "log": lambda work, found, names: render(work, found.data, names),
    "sin": lambda work, found, names: render(work, found.data, names),
    "function": lambda work, found, names: (
        f"{quoted(found.data[0])},{found.data[1]},{text_of(work, found.data[2], names)}"
    ),
    "sum": lambda work, found, names: sum_text(work, found.data[0], found.data[1], names),
    "max": lambda work, found, names: extremum_text(work, found.data[0], found.data[1], names),
}
