r"""Bound and free indices: substitution that never captures, fresh names, and boxes for sums.

SymPy's `subs` and `xreplace` capture under `Sum`; no other module may use them to replace an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product
from math import prod

from sympy import Add, Expr, Integer, Mod, S, Sum, Symbol, floor
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import (
    BINDERS,
    Guard,
    Maximum,
    bare_sum,
    body_of,
    bounds_of,
    entry_of,
    index,
    remade,
    tensor_of,
    total,
)

_KIN = {"s": "r", "t": "tau", "u": "v"}  # samples, times and windows keep their own kind of letter
_LETTERS = ("i", "j", "k", "l", "p", "q", "r", "s", "t", "u", "v")


def letters() -> Iterator[str]:
    """Names for indices without end: i, j, ..., v, i1, j1, ..."""
    yield from _LETTERS
    number = 1
    while True:
        yield from (f"{letter}{number}" for letter in _LETTERS)
        number += 1


def fresh(avoid: Iterable[Symbol], like: Symbol | None = None) -> Symbol:
    """An index whose name none in `avoid` has: `like` itself if it is free to take, else the next free letter."""
    taken = {symbol.name for symbol in avoid if isinstance(symbol, Symbol)}  # not x[i], which SymPy counts as free
    for name in (like.name, _KIN.get(like.name)) if like is not None else ():
        if name is not None and name not in taken:
            return index(name)
    return index(next(name for name in letters() if name not in taken))


@lru_cache(maxsize=65536)
def free_indices(expr: Expr) -> frozenset[Symbol]:
    """The integer symbols (indices and sizes) that stand free in `expr`."""
    return frozenset(s for s in expr.free_symbols if isinstance(s, Symbol) and s.is_integer)


@lru_cache(maxsize=16384)
def tensors_in(expr: Expr) -> frozenset[str]:
    """The names of the tensors whose entries stand in `expr`, bound and free indices alike."""
    return frozenset(name for part in expr.atoms(Indexed, Symbol) if (name := tensor_of(part)) is not None)


@lru_cache(maxsize=16384)
def all_symbols(expr: Expr) -> frozenset[Symbol]:
    """Every symbol in `expr`, bound ones too: what a fresh name must avoid."""
    return frozenset(expr.atoms(Symbol))


def rebind(binder: Expr, body: Expr, bounds: tuple[tuple[Symbol, Expr], ...]) -> Expr:
    """A binder of the same kind as `binder` with another body and other bounds."""
    if isinstance(binder, Sum):
        return total(body, *bounds)
    return type(binder)(body, bounds[0])


def substitute(expr: Expr, mapping: Mapping[Symbol, Expr]) -> Expr:
    """`expr` with free indices replaced at once; bound indices that would capture are renamed first."""
    mapping = {key: value for key, value in mapping.items() if key != value}
    return _substitute(expr, mapping) if mapping else expr


def _substitute(expr: Expr, mapping: Mapping[Symbol, Expr]) -> Expr:
    if isinstance(expr, BINDERS):
        return _substitute_binder(expr, mapping)
    if not expr.args:
        return mapping.get(expr, expr)
    if isinstance(expr, Indexed):
        return entry_of(expr.base, tuple(_substitute(i, mapping) for i in expr.indices))
    arguments = [_substitute(argument, mapping) for argument in expr.args]
    return remade(expr, arguments)


def _substitute_binder(binder: Expr, mapping: Mapping[Symbol, Expr]) -> Expr:
    bounds, body = bounds_of(binder), body_of(binder)
    bound = {variable for variable, _ in bounds}
    free = binder.free_symbols  # `has_free` would rebuild every nested sum with dummies
    live = {key: value for key, value in mapping.items() if key not in bound and key in free}
    if not live:
        return binder
    incoming = set().union(*(value.free_symbols for value in live.values()))
    avoid = set(incoming) | all_symbols(body)
    renamed = []
    for variable, extent in bounds:
        new = variable
        if variable in incoming:
            new = fresh(avoid, variable)
            avoid.add(new)
            live.setdefault(variable, new)  # the first of two bounds of one name is the innermost: it binds the body
        renamed.append((new, _substitute(extent, mapping)))
    return rebind(binder, _substitute(body, live), tuple(renamed))


def replaced(expr: Expr, mapping: Mapping[Expr, Expr]) -> Expr:
    """`expr` with parts exchanged, under binders too; the new parts' indices must be meant where the old ones stood.

    Like `xreplace`, but without the constructor of SymPy's `Sum`.
    """
    if expr in mapping:
        return mapping[expr]
    return remade(expr, (replaced(argument, mapping) for argument in expr.args)) if expr.args else expr


def refresh(body: Expr, bounds: Iterable[tuple[Symbol, Expr]], avoid: set[Symbol]) -> tuple[Expr, tuple]:
    """`body` and `bounds` with each bound index renamed so that none is in `avoid`; `avoid` gains the new names."""
    mapping: dict[Symbol, Expr] = {}
    renamed = []
    for variable, extent in bounds:
        new = fresh(avoid, variable)
        avoid.add(new)
        mapping.setdefault(variable, new)  # the first of two bounds of one name is the innermost: it binds the body
        renamed.append((new, extent))
    return substitute(body, mapping), tuple(renamed)


def apart(expr: Expr, avoid: Iterable[Symbol]) -> Expr:
    """`expr` with every bound index renamed that bears a name in `avoid`, of its size, or of a binder around it."""
    if not expr.has(*BINDERS):
        return expr
    if isinstance(expr, BINDERS):
        taken = set(avoid).union(*(extent.free_symbols for _, extent in bounds_of(expr)))
        body, bounds = refresh(body_of(expr), bounds_of(expr), taken)
        return rebind(expr, apart(body, taken), bounds)
    arguments = [apart(a, avoid) if isinstance(a, Expr) or a.args else a for a in expr.args]
    return remade(expr, arguments)


def boxed(expr: Expr, ranges: Mapping[Symbol, Expr]) -> Expr:
    """`expr` with every `Sum` over boxes [0, n): lower bounds shifted away, bounds that read an index as guards."""
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    if isinstance(expr, Sum):
        return _boxed_sum(expr, ranges)
    if isinstance(expr, Maximum):
        variable, extent = expr.bound
        return Maximum(boxed(expr.body, {**ranges, variable: extent}), (variable, extent))
    return expr.func(*(boxed(a, ranges) if isinstance(a, Expr) or a.args else a for a in expr.args))


def _boxed_sum(expr: Expr, ranges: Mapping[Symbol, Expr]) -> Expr:
    if len({variable for variable, *_ in expr.limits}) < len(expr.limits):
        return boxed(_twice_bound_apart(expr), ranges)
    scope = dict(ranges)
    shifts: dict[Symbol, Expr] = {}
    bounds: list[tuple[Symbol, Expr]] = []
    body = expr.function
    for variable, *limits in reversed(expr.limits):  # outermost first: inner limits may read outer indices
        lower, upper = (substitute(limit, shifts) for limit in limits)
        least, most = _extreme(lower, scope, least=True), _extreme(upper, scope, least=False)
        if least != lower:
            body = Guard(variable - limits[0]) * body
        if most != upper:
            body = Guard(limits[1] - variable) * body
        if least != 0:
            shifts[variable] = variable + least
        scope[variable] = most - least + 1
        bounds.append((variable, most - least + 1))
    return total(boxed(substitute(body, shifts), scope), *reversed(bounds))


def _extreme(limit: Expr, ranges: Mapping[Symbol, Expr], *, least: bool) -> Expr:
    """The least or greatest value that a limit takes while the indices in it run over their boxes."""
    for variable in sorted(free_indices(limit) & set(ranges), key=str):
        rising = limit.expand().coeff(variable).is_nonnegative
        limit = limit.xreplace({variable: Integer(0) if rising == least else ranges[variable] - 1})
    return limit


def _twice_bound_apart(expr: Expr) -> Expr:
    """A `Sum` that SymPy flattened with two sums over one letter: the outer one, which binds nothing, renamed."""
    taken = set(all_symbols(expr))
    seen: set[Symbol] = set()
    limits = []
    for variable, *ends in expr.limits:
        new = fresh(taken) if variable in seen else variable
        taken.add(new)
        seen.add(variable)
        limits.append((new, *ends))
    return bare_sum(expr.function, tuple(limits))


def at_unit_boxes(expr: Expr, ranges: Mapping[Symbol, Expr]) -> Expr:
    """`expr` with 0 for each index whose box is [0, 1): free ones in `ranges`, and those that a sum runs over."""
    return _at_unit_sums(substitute(expr, {v: S.Zero for v, extent in ranges.items() if extent == 1}))


def _at_unit_sums(expr: Expr) -> Expr:
    if not expr.has(Sum):
        return expr
    if isinstance(expr, Sum):
        bounds = bounds_of(expr)
        unit = {variable: S.Zero for variable, extent in bounds if extent == 1}
        body = _at_unit_sums(substitute(expr.function, unit))
        return total(body, *(b for b in bounds if b[0] not in unit))
    arguments = [_at_unit_sums(a) if isinstance(a, Expr) or a.args else a for a in expr.args]
    return remade(expr, arguments)


def written_out(expr: Expr, most: int) -> Expr:
    """`expr` with each sum over boxes of numbers term by term, where it has at most `most` terms."""
    if not expr.has(Sum):
        return expr
    if isinstance(expr, Sum):
        bounds = bounds_of(expr)
        body = written_out(expr.function, most)
        numbers = [(v, int(extent)) for v, extent in bounds if extent.is_Integer]
        if numbers and prod(extent for _, extent in numbers) <= most:
            places = product(*(range(extent) for _, extent in numbers))
            names = [v for v, _ in numbers]
            terms = (substitute(body, dict(zip(names, map(Integer, place), strict=True))) for place in places)
            return total(Add(*terms), *(b for b in bounds if b[0] not in names))
        return remade(expr, (body, *expr.limits))
    return remade(expr, (written_out(a, most) if isinstance(a, Expr) or a.args else a for a in expr.args))


def by_residues(expr: Expr, most: int) -> Expr:
    r"""`expr` with each sum over a multiple of a size by residues: \(\sum_{k < 2n}\) by even and by odd ones."""
    if not expr.has(Sum):
        return expr
    arguments = (by_residues(a, most) if isinstance(a, Expr) or a.args else a for a in expr.args)
    if not isinstance(expr, Sum):
        return remade(expr, arguments)
    body = by_residues(expr.function, most)
    bounds = []
    for variable, extent in bounds_of(expr):
        times, base = extent.as_coeff_Mul()
        if times.is_Integer and 1 < times <= most and not base.is_number:
            body = Add(*(substitute(body, {variable: times * variable + r}) for r in range(int(times))))
            extent = base
        bounds.append((variable, extent))
    return total(body, *bounds)


def without_remainders(expr: Expr) -> Expr:
    r"""`expr` with \(e - s \lfloor e/s \rfloor\) for each remainder of an index expression."""
    found = sorted(expr.atoms(Mod), key=lambda atom: len(atom.atoms(Mod)))
    for atom in found:
        above, below = atom.args
        expr = replaced(expr, {atom: above - below * floor(above / below)})
    return expr
