r"""Sums over part of a range, in one form: up to an index, with no constant beside it.

    [e + c >= 0] = [e >= 0] + \(\sum_{1 \le q \le c}\) δ(e + q)                     a constant becomes deltas
    [v - r >= 0] = 1 - [r - v >= 0] + δ(r, v)                                   from below becomes up to
    [r - v >= 0] [s - v >= 0] = [s - r >= 0] [r - v >= 0] + [r > s] [s - v >= 0]    the lesser of two ends
    \(\sum_{0 \le v < n}\) [r - v >= 0] = [r >= 0] (r + 1) - [r >= n] (r + 1 - n)      an index that is only counted

The deltas collapse, so that \(\sum_{j \le i} x_j = \sum_{j < i} x_j + x_i\), a sum up to n - 1 is the whole sum without
the last term, and so on. A step that reads a factor where it was not read before is made only if the factors are total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sympy import Expr, Symbol

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.proving.conditions import MOVED, delta_of, guard_of, moved_guard
from symbackprop.algebra.proving.generators import (
    Monomial,
    Polynomial,
    Workspace,
    add,
    constant,
    multiply,
    product,
    scaled,
)
from symbackprop.algebra.proving.normal import convert
from symbackprop.algebra.ranges import affine_coefficient, is_nonnegative


def base_extent(extent: Expr) -> Expr:
    """The size n of a box [0, n + c) with a number c; the extent itself if it is none such."""
    number, rest = extent.as_coeff_Add()
    return rest if isinstance(rest, Symbol) and number != 0 else extent


def guards_in_form(
    work: Workspace, bounds: Sequence[Symbol], guards: Sequence[Expr], support: Sequence[Expr] | None
) -> Polynomial:
    """The product of guards, those on bound indices in the form of this module.

    `support` is what is >= 0 wherever the factors beside the guards are not 0; None if they are not total.
    """
    return product(work, (_in_form(work, set(bounds), guard, support) for guard in guards))


def _in_form(work: Workspace, bounds: set[Symbol], guard: Expr, support: Sequence[Expr] | None) -> Polynomial:
    own = free_indices(guard) & bounds
    slopes = {v: affine_coefficient(guard, v) for v in own}
    if not any(slope in (1, -1) for slope in slopes.values()):
        return guard_of(work, guard, oriented=False)
    rising = len(own) == 1 and next(iter(slopes.values())) == 1
    if support is None:
        return guard_of(work, guard, oriented=False) if rising else moved_guard(work, guard, outward=False)
    if rising:
        return add(constant(1), scaled(_up_to(work, (-guard - 1).expand(), support), -1))
    return _up_to(work, guard, support)


def _up_to(work: Workspace, guard: Expr, support: Sequence[Expr]) -> Polynomial:
    """A guard with its number as deltas; by deltas alone where the support leaves as many places."""
    number, rest = guard.as_coeff_Add()
    if 0 <= number <= MOVED and is_nonnegative(-rest, work.boxes, work.space, support):
        return add(*(delta_of(work, rest + q) for q in range(int(number) + 1)))
    return moved_guard(work, guard, outward=True)


def lesser_end(work: Workspace, bounds: Sequence[Symbol], items: Monomial, guards: Sequence[Expr]) -> Polynomial | None:
    """The product of `guards` with one of two upper ends of an index taken, case by case; None if none has two."""
    for variable, ends in _upper_ends(work, bounds, items, guards):
        if len(ends) < 2:
            continue
        (first, r), (second, s) = ends[:2]
        others = [guard for guard in guards if guard not in (first, second)]
        rest = product(work, (guard_of(work, guard, oriented=False) for guard in others))
        below = multiply(work, guard_of(work, s - r, oriented=False), guard_of(work, r - variable, oriented=False))
        above = multiply(work, guard_of(work, r - s - 1, oriented=False), guard_of(work, s - variable, oriented=False))
        return multiply(work, rest, add(below, above))
    return None


def _upper_ends(
    work: Workspace, bounds: Sequence[Symbol], items: Monomial, guards: Sequence[Expr]
) -> Iterator[tuple[Symbol, list[tuple[Expr, Expr]]]]:
    """Each bound index with its upper ends, which read no bound index, or any where nothing else reads this one."""
    read = frozenset().union(*(work.generators[number].free for number, _ in items))
    for variable in bounds:
        found = [(guard, (guard + variable).expand()) for guard in guards if affine_coefficient(guard, variable) == -1]
        yield (
            variable,
            [(guard, end) for guard, end in found if variable not in read or not free_indices(end) & set(bounds)],
        )


def counted(
    work: Workspace, bounds: Sequence[Symbol], items: Monomial, guards: Sequence[Expr]
) -> tuple[Symbol, Monomial, Polynomial] | None:
    """An index of which only a power stands in a sum, and one upper end at most.

    It comes with the items that do not read it and with what the sum over it is, times the other guards.
    """
    for variable in bounds:
        read = [item for item in items if variable in work.generators[item[0]].free]
        own = [guard for guard in guards if variable in free_indices(guard)]
        power = sum(exponent for _, exponent in read)
        if any(work.generators[number].data != variable for number, _ in read) or power not in _POWER_SUMS:
            continue
        if len(own) > 1 or any(affine_coefficient(guard, variable) != -1 for guard in own):
            continue
        rest = (guard_of(work, guard, oriented=False) for guard in guards if guard not in own)
        end = (own[0] + variable).expand() if own else work.boxes[variable] - 1
        value = multiply(work, product(work, rest), _power_sum(work, int(power), end, work.boxes[variable]))
        return variable, tuple(item for item in items if item not in read), value
    return None


_POWER_SUMS: Mapping[Any, Callable[[Expr], Expr]] = {
    0: lambda e: e + 1,
    1: lambda e: e * (e + 1) / 2,
    2: lambda e: e * (e + 1) * (2 * e + 1) / 6,
    3: lambda e: (e * (e + 1) / 2) ** 2,
}
r"""\(\sum_{0 \le v \le e} v^p\) by p, for e >= -1."""


def _power_sum(work: Workspace, power: int, end: Expr, extent: Expr) -> Polynomial:
    r"""\(\sum_{0 \le v < n} [v \le e] v^p\): what the end counts, less what of it is out of the box."""
    up_to = _POWER_SUMS[power]
    beyond = (end - extent).expand()
    over = multiply(
        work,
        guard_of(work, beyond, oriented=False),
        convert(work, (up_to(end) - up_to(extent - 1)).expand()),
    )
    whole = multiply(work, guard_of(work, end, oriented=False), convert(work, up_to(end).expand()))
    return add(whole, scaled(over, -1))


def turned(work: Workspace, guard: Expr) -> tuple[Expr, Polynomial]:
    r"""-e and 1 + δ(e) of a guard e >= 0: \([e \ge 0] = 1 + \delta(e) - [-e \ge 0]\)."""
    return (-guard).expand(), add(constant(1), delta_of(work, guard))
