r"""Closed sums: each sum is split into connected parts, and each part is one generator, known by its canonical text.

Deltas collapse by the one rule of `collapse`. A factor that does not depend on the bound indices is pulled out, an
index on which nothing depends becomes its size, a distribution sums to 1, and a part may be read at shifted indices:
where an entry h[t-1] multiplies, the sum over t is the sum over t' = t - 1, with guards. The least reading is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sympy import Expr, Sum, Symbol

from symbackprop.algebra.binding import boxed, free_indices, substitute
from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.proving.conditions import delta_of, guard_of, sign_of
from symbackprop.algebra.proving.generators import (
    Monomial,
    Polynomial,
    UnprovedError,
    Workspace,
    accumulate,
    add,
    generator,
    merged,
    multiply,
    power_of,
    product,
    scaled,
)
from symbackprop.algebra.proving.normal import (
    convert,
    entry_of,
    exponential,
    function_of,
    in_range,
    logarithm,
    power,
)
from symbackprop.algebra.proving.partial_sums import base_extent, counted, guards_in_form, lesser_end, turned
from symbackprop.algebra.proving.readings import (
    GUARDED,
    Reading,
    as_term,
    free_in,
    is_total_reading,
    loose,
    may_leave,
    settled,
    shifts,
    slot,
    support_in,
    without_guards,
)
from symbackprop.algebra.proving.texts import extremum_text, free_of, height_of, sum_text
from symbackprop.algebra.ranges import affine_coefficient, count_of
from symbackprop.algebra.space import Premise
from symbackprop.algebra.symbols import Maximum, bounds_of
from symbackprop.algebra.terms import Term, terms_of

READINGS = 10
"""How many shifted readings of one sum are compared."""


def convert_sum(work: Workspace, expr: Sum) -> Polynomial:
    """A `Sum` as an element."""
    if not all(lower == 0 and not upper.has_free(*expr.variables) for _, lower, upper in expr.limits):
        expr = boxed(expr, work.boxes)
    result: Polynomial = {}
    for term in terms_of(expr):
        accumulate(result, _summed(work, term), 1)
    return result


def _summed(work: Workspace, term: Term) -> Polynomial:
    """A term as an element. Its bound indices are renamed first: a fact about a free index must not meet them."""
    work.spend(8)
    own = {variable for variable, _ in term.bounds}
    taken = [*work.open, *(v for v in term.symbols - own)]
    mapping: dict[Symbol, Expr] = {}
    bounds: list[tuple[Symbol, Expr]] = []
    for variable, extent in term.bounds:
        if free_indices(extent) & own:
            raise UnprovedError("a sum whose box depends on another index")
        new = slot(work, extent, taken)
        mapping[variable] = new
        taken.append(new)
        bounds.append((new, extent))
    depth = len(work.open)
    work.open.extend(new for new, _ in bounds)
    result: Polynomial = {}
    for part in collapse(replace(term.substituted(mapping), bounds=tuple(bounds)), work.boxes, work.space):
        accumulate(result, _closed_term(work, part), 1)
    del work.open[depth:]
    return result


def _closed_term(work: Workspace, term: Term) -> Polynomial:
    """A collapsed term, its bound indices named apart, as an element."""
    guards = _raw(work, term.guards)
    if not guards:
        return {}
    factors = [convert(work, factor) for factor in term.factors]
    body = product(work, [convert(work, term.coefficient), guards, *factors])
    return close(work, body, tuple(variable for variable, _ in term.bounds))


def close(work: Workspace, polynomial: Polynomial, bounds: tuple[Symbol, ...]) -> Polynomial:
    """The sum of an element over bound indices."""
    result: Polynomial = {}
    if not bounds:
        for monomial, coefficient in polynomial.items():
            accumulate(result, _free_of_sums(work, monomial), coefficient)
        return result
    for monomial, coefficient in polynomial.items():
        accumulate(result, _close_monomial(work, monomial, bounds), coefficient)
    return result


def _close_monomial(work: Workspace, monomial: Monomial, bounds: tuple[Symbol, ...], least: bool = False) -> Polynomial:
    """`least` says that the monomial is the least reading already."""
    key = ("close", monomial, bounds, least)
    if key not in work.memo:
        work.spend(4)
        work.memo[key] = None  # a sum that leads back to itself is given up
        opened = None if least else _opened(work, monomial, bounds)
        work.memo[key] = opened if opened is not None else _split(work, monomial, bounds, least)
    if work.memo[key] is None:
        raise UnprovedError("a sum whose forms go round in a circle")
    return work.memo[key]


def _opened(work: Workspace, monomial: Monomial, bounds: tuple[Symbol, ...]) -> Polynomial | None:
    """A closed sum that multiplies and depends on a bound index joins the sum: one of its powers at a time."""
    for number, exponent in monomial:
        found = work.generators[number]
        if found.kind != "sum" or not isinstance(exponent, int) or exponent < 1 or not found.free & set(bounds):
            continue
        rest = merged(monomial, ((number, -1),))
        avoid = [*bounds, *work.open, *sorted(free_of(work, (rest,)), key=str)]
        inner, body = _renamed(work, found.data[0], found.data[1], avoid)
        return close(work, multiply(work, {rest: 1}, body), bounds + inner)
    return None


def _renamed(
    work: Workspace, bounds: tuple[Symbol, ...], items: Monomial, avoid: list[Symbol]
) -> tuple[tuple[Symbol, ...], Polynomial]:
    """The bounds and the body of a closed sum with bound indices that are not in `avoid`."""
    taken = [*avoid, *bounds, *free_of(work, (items,))]
    mapping: dict[Symbol, Expr] = {}
    for variable in bounds:
        if variable in avoid:
            mapping[variable] = slot(work, work.boxes[variable], taken)
            taken.append(mapping[variable])
    new = tuple(mapping.get(v, v) for v in bounds)
    return new, replaced(work, {items: 1}, mapping) if mapping else {items: 1}


def _split(work: Workspace, monomial: Monomial, bounds: tuple[Symbol, ...], least: bool) -> Polynomial:
    """Free factors pulled out, connected parts apart, unused indices counted."""
    variables = set(bounds)
    outside: list[tuple[int, Any]] = []
    parts: list[tuple[set[Symbol], list[tuple[int, Any]]]] = []
    for item in monomial:
        touched = work.generators[item[0]].free & variables
        if not touched:
            outside.append(item)
            continue
        joined, members = set(touched), [item]
        apart = []
        for indices, others in parts:
            if indices & joined:
                joined |= indices
                members = others + members
            else:
                apart.append((indices, others))
        parts = [*apart, (joined, members)]
    used = set().union(*(indices for indices, _ in parts))
    factors = [_free_of_sums(work, tuple(outside))]
    factors += [convert(work, count_of(work.boxes[v], work.space)) for v in bounds if v not in used]
    for indices, members in parts:
        factors.append(_part(work, tuple(v for v in bounds if v in indices), tuple(sorted(members)), least))
    return product(work, factors)


def _free_of_sums(work: Workspace, monomial: Monomial) -> Polynomial:
    """What no sum reads, its guards in the form that they have outside of all sums, where it stands there."""
    _, guards = without_guards(work, monomial)
    free = [guard for guard in guards if not free_indices(guard) & set(work.open)]
    if not free:
        return {monomial: 1}
    rest = tuple(item for item in monomial if work.generators[item[0]].data not in free)
    return product(work, ({rest: 1}, *(guard_of(work, guard) for guard in free)))


def _part(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial, least: bool) -> Polynomial:
    """One connected sum."""
    summed = _distribution(work, bounds, items)
    if summed is not None:
        return summed
    kinds = {work.generators[n].kind for n, _ in items}
    if kinds & {"delta", "guard"}:
        collapsed = _recollapsed(work, bounds, items)
        if collapsed is not None:
            return collapsed
    if not least:
        if any(base_extent(work.boxes[v]) != work.boxes[v] for v in bounds):
            return _over_base(work, bounds, items)
        if kinds & {"guard", "size"} and (known := _counted(work, bounds, items)) is not None:
            return known
        if "guard" in kinds or shifts(work, bounds, items):
            return _least_reading(work, bounds, items)
    return _generator(work, bounds, items)


def _generator(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> Polynomial:
    number = generator(
        work,
        "sum",
        sum_text(work, bounds, items),
        (bounds, items),
        free_of(work, (items,)) - set(bounds) | frozenset().union(*(free_indices(work.boxes[v]) for v in bounds)),
        all(work.generators[n].positive for n, _ in items) and all(work.nonnegative(work.boxes[v] - 1) for v in bounds),
        height_of(work, (items,)) + 1,
    )
    return power_of(number)


def _distribution(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> Polynomial | None:
    """A part with y[.., k, ..] whose other factors do not depend on k, by the fact that y sums to 1 along k."""
    for number, exponent in items:
        found = work.generators[number]
        if exponent != 1 or found.kind not in ("entry", "binary"):
            continue
        name, indices = found.data
        for fact in work.space.facts:
            if fact.tensor != name or fact.kind not in ("distribution", "one_hot") or fact.axis is None:
                continue
            variable = indices[fact.axis]
            others = tuple(item for item in items if item[0] != number)
            elsewhere = (i for place, i in enumerate(indices) if place != fact.axis)
            if (
                name in work.space.shapes
                and variable in bounds
                and variable not in free_of(work, (others,))
                and not any(i.has_free(variable) for i in elsewhere)
                and (work.boxes[variable] - work.space.shapes[name][fact.axis]).expand() == 0
                and in_range(work, name, indices, but=fact.axis)
                and work.may_use_fact()
            ):
                work.cite(Premise("sums to 1", name))
                return close(work, {others: 1}, tuple(v for v in bounds if v != variable))
    return None


def _recollapsed(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> Polynomial | None:
    """A part of which a delta or guards leave an index one value after all; None if they leave none."""
    rest, guards = without_guards(work, items)
    work.spend(GUARDED * len(guards))
    parts = collapse(as_term(work, bounds, rest, guards), work.boxes, work.space)
    if len(parts) == 1 and len(parts[0].bounds) == len(bounds):
        return None
    result: Polynomial = {}
    for part in parts:
        accumulate(result, _closed_term(work, part), 1)
    return result


def _counted(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> Polynomial | None:
    """A sum over an index that is only counted, or of its powers; None where it is none."""
    rest, guards = without_guards(work, items)
    if guards and not is_total_reading(work, Reading(bounds, rest, ())):
        return None
    found = counted(work, bounds, rest, guards)
    if found is None:
        return None
    variable, others, value = found
    return close(work, multiply(work, {others: 1}, value), tuple(v for v in bounds if v != variable))


def _over_base(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> Polynomial:
    r"""A sum over boxes [0, n + c) as one over [0, n), a guard for c < 0, and the last terms for c > 0."""
    variable = next(v for v in bounds if base_extent(work.boxes[v]) != work.boxes[v])
    extent, base = work.boxes[variable], base_extent(work.boxes[variable])
    others = tuple(v for v in bounds if v != variable)
    new = slot(work, base, [*bounds, *work.open, *sorted(free_of(work, (items,)), key=str)])
    body = replaced(work, {items: 1}, {variable: new})
    guard = guard_of(work, (extent - 1 - new).expand(), oriented=False)
    result = close(work, multiply(work, body, guard), tuple(new if v == variable else v for v in bounds))
    for beyond in range(int(extent - base)):
        last = replaced(work, {items: 1}, {variable: base + beyond})
        result = add(result, close(work, last, others))
    return result


# shifted readings


def _least_reading(work: Workspace, bounds: tuple[Symbol, ...], items: Monomial) -> Polynomial:
    rest, guards = without_guards(work, items)
    start = settled(work, Reading(bounds, rest, guards))
    if start is None:
        return {}
    best, best_rank = start, _rank(work, start)
    seen, queue = {best_rank}, [start]
    while queue and len(seen) < READINGS:
        reading = queue.pop(0)
        for shifted in _shifted(work, reading):
            rank = _rank(work, shifted)
            if rank in seen:
                continue
            seen.add(rank)
            queue.append(shifted)
            if rank < best_rank:
                best, best_rank = shifted, rank
    return _of_reading(work, best)


def _of_reading(work: Workspace, reading: Reading) -> Polynomial:
    """The sum in this reading, with its guards in the form of `partial_sums`."""
    if not reading.guards:
        return scaled(_close_monomial(work, reading.items, reading.bounds, least=True), reading.scale)
    total = is_total_reading(work, replace(reading, guards=()))
    support = support_in(work, reading) if total else None
    guards = guards_in_form(work, reading.bounds, reading.guards, support)
    lesser = lesser_end(work, reading.bounds, reading.items, reading.guards)
    body = multiply(work, {reading.items: reading.scale}, guards if lesser is None else lesser)
    plain = multiply(work, {reading.items: reading.scale}, _raw(work, reading.guards))
    if body != plain:
        return close(work, body, reading.bounds)
    ((items, scale),) = body.items()
    least = _turned(work, reading, items) if total else None
    return scaled(least or _close_monomial(work, items, reading.bounds, least=True), scale)


def _raw(work: Workspace, guards: Iterable[Expr]) -> Polynomial:
    return product(work, (guard_of(work, guard, oriented=False) for guard in guards))


def _turned(work: Workspace, reading: Reading, items: Monomial) -> Polynomial | None:
    """The sum with a guard between bound indices turned, where that has a lesser text; half of both if it is itself."""
    own = sum_text(work, reading.bounds, items)
    for guard in reading.guards:
        if len(free_indices(guard) & set(reading.bounds)) < 2:
            continue
        opposite, both = turned(work, guard)
        others = multiply(work, {reading.items: 1}, _raw(work, (g for g in reading.guards if g != guard)))
        other = multiply(work, others, _raw(work, (opposite,)))
        if len(other) != 1:
            continue
        (text,) = (sum_text(work, reading.bounds, monomial) for monomial in other)
        if text <= own:
            whole = close(work, multiply(work, others, both), reading.bounds)
            if text == own:
                return scaled(whole, Fraction(1, 2))
            return add(whole, scaled(close(work, other, reading.bounds), -1))
    return None


def _rank(work: Workspace, reading: Reading) -> tuple[int, str, int, str]:
    """Each bound index the place of an entry, then the least text of the factors, and fewest guards."""
    guarded = multiply(work, {reading.items: 1}, _raw(work, reading.guards))
    texts = [sum_text(work, reading.bounds, monomial) + f"*{scale}" for monomial, scale in guarded.items()]
    own = sum_text(work, reading.bounds, reading.items)
    return loose(work, reading.bounds, reading.items), own, len(reading.guards), "+".join(sorted(texts))


def _shifted(work: Workspace, reading: Reading) -> Iterator[Reading]:
    """Each reading at one index moved: the sum over v becomes a sum over the index e(v) of an entry that multiplies."""
    if any(work.generators[n].kind == "delta" for n, _ in reading.items):
        return
    for variable, place, extent in shifts(work, reading.bounds, reading.items):
        if free_indices(extent) & set(reading.bounds) or not may_leave(work, reading, place, extent):
            continue
        new = slot(work, base_extent(extent), [*reading.bounds, *work.open, *free_in(work, reading)])
        slope = affine_coefficient(place, variable)
        value = ((new - (place - slope * variable)) / slope).expand()
        body = replaced(work, {reading.items: 1}, {variable: value})
        if len(body) != 1:
            continue
        ((items, scale),) = body.items()
        guards = [substitute(guard, {variable: value}).expand() for guard in reading.guards]
        guards += [value, (work.boxes[variable] - 1 - value).expand()]
        bounds = tuple(new if v == variable else v for v in reading.bounds)
        moved = settled(work, Reading(bounds, items, tuple(dict.fromkeys(guards)), reading.scale * scale))
        if moved is not None:
            yield moved


# maxima


def convert_maximum(work: Workspace, expr: Maximum) -> Polynomial:
    """A `Maximum` as a generator, known by its body."""
    ((variable, extent),) = bounds_of(expr)
    new = slot(work, extent, work.open)
    work.open.append(new)
    body = convert(work, substitute(expr.body, {variable: new}))
    work.open.pop()
    return extremum_of(work, new, body)


def extremum_of(work: Workspace, bound: Symbol, body: Polynomial) -> Polynomial:
    text = extremum_text(work, bound, body)
    free = free_of(work, body) - {bound} | free_indices(work.boxes[bound])
    return power_of(generator(work, "max", text, (bound, body), free, False, height_of(work, body) + 1))


# substitution of indices


def replaced(work: Workspace, polynomial: Polynomial, mapping: Mapping[Symbol, Expr]) -> Polynomial:
    """An element with free indices replaced at once."""
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        fixed = tuple(item for item in monomial if not work.generators[item[0]].free & mapping.keys())
        moved = [item for item in monomial if work.generators[item[0]].free & mapping.keys()]
        factors = [power(work, _replaced(work, n, mapping), e) for n, e in moved]
        accumulate(result, product(work, [{fixed: 1}, *factors]), coefficient)
    return result


def _replaced(work: Workspace, number: int, mapping: Mapping[Symbol, Expr]) -> Polynomial:
    found = work.generators[number]
    live = tuple(sorted(((v, e) for v, e in mapping.items() if v in found.free), key=str))
    key = ("replaced", number, live)
    if key not in work.memo:
        work.spend(2)
        work.memo[key] = _SUBSTITUTIONS[found.kind](work, found.data, dict(live))
    return work.memo[key]


def _replaced_sum(work: Workspace, data: Any, mapping: Mapping[Symbol, Expr]) -> Polynomial:
    bounds, items = data
    incoming = sorted(set().union(*(free_indices(e) for e in mapping.values())), key=str)
    new, body = _renamed(work, bounds, items, incoming)
    return close(work, replaced(work, body, mapping), new)


def _replaced_maximum(work: Workspace, data: Any, mapping: Mapping[Symbol, Expr]) -> Polynomial:
    bound, body = data
    incoming = set().union(*(free_indices(e) for e in mapping.values()))
    if bound in incoming:
        new = slot(work, work.boxes[bound], [*incoming, *free_of(work, body), bound])
        body, bound = replaced(work, body, {bound: new}), new
    return extremum_of(work, bound, replaced(work, body, mapping))


def _replaced_entry(work: Workspace, data: Any, mapping: Mapping[Symbol, Expr]) -> Polynomial:
    return entry_of(work, data[0], tuple(substitute(i, mapping) for i in data[1]))


def _replaced_function(work: Workspace, data: Any, mapping: Mapping[Symbol, Expr]) -> Polynomial:
    name, order, argument = data
    return function_of(work, name, replaced(work, argument, mapping), order)


def _replaced_sine(work: Workspace, data: int, mapping: Mapping[Symbol, Expr]) -> Polynomial:
    return function_of(work, "sin", replaced(work, work.generators[data].data[2], mapping))


_SUBSTITUTIONS: Mapping[str, Callable[[Workspace, Any, Mapping[Symbol, Expr]], Polynomial]] = {
    "entry": _replaced_entry,
    "binary": _replaced_entry,
    "size": lambda work, data, mapping: convert(work, substitute(data, mapping)),
    "integer": lambda work, data, mapping: convert(work, substitute(data, mapping)),
    "guard": lambda work, data, mapping: guard_of(work, substitute(data, mapping), oriented=False),
    "delta": lambda work, data, mapping: delta_of(work, substitute(data, mapping)),
    "exp": lambda work, data, mapping: exponential(work, replaced(work, data, mapping)),
    "base": replaced,
    "log": lambda work, data, mapping: logarithm(work, _replaced(work, data, mapping)),
    "sin": _replaced_sine,
    "function": _replaced_function,
    "pos": lambda work, data, mapping: sign_of(work, replaced(work, data, mapping))[0],
    "zero": lambda work, data, mapping: sign_of(work, replaced(work, data, mapping))[1],
    "sum": _replaced_sum,
    "max": _replaced_maximum,
}
