r"""Why a step holds: how each equation that reads a tensor reads it, found in the step's own local derivatives.

A document says it in a sentence: \(W_{ij}\) enters only \(z_i\), where it multiplies \(x_j\).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sympy import Expr, KroneckerDelta, Mul, Piecewise, S, Symbol, solve
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import substitute, tensors_in
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, Partial, indices_of, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind, of_kind


class How(StrEnum):
    """The ways in which an equation reads an entry u of a tensor, each with an example."""

    LOSS = "loss"  # what is differentiated: L = -Σ_k y_k log p_k reads p_k in one of its terms
    ADDED = "added"  # z = W x + b adds b to z
    SUBTRACTED = "subtracted"  # c = x - μ
    MULTIPLIED = "multiplied"  # z = W x multiplies W_ij by x_j
    APPLIED = "applied"  # a = σ(z): through a function, entry by entry
    COUPLED = "coupled"  # p = softmax(z): every z_i moves every p_k, its own in another way than the rest
    GENERAL = "general"  # any other slope


@dataclass(frozen=True, slots=True)
class Reading:
    """How the equation of `through` reads the entry `of`: in `entry`, one for each value of the indices `over`.

    `slope` is the derivative of `entry` by `of`; `function` the one that it is read through, where `how` is APPLIED.
    `later` says that the entry stands at another place of the same axis than `of` does: another step of a recurrence.
    `separate` says of a LOSS that it is a sum of terms of which one alone reads `of`.
    """

    how: How
    through: str
    of: Expr
    entry: Expr
    over: tuple[Symbol, ...]
    slope: Expr
    function: str = ""
    later: bool = False
    separate: bool = False


def readings(derivation: Derivation, step: Step) -> tuple[Reading, ...]:
    """How each equation that reads the step's tensor reads it, in the order of its contributions."""
    return tuple(_reading(derivation, contribution) for contribution in of_kind(step, StepKind.CONTRIBUTION))


def _reading(derivation: Derivation, contribution: Step) -> Reading:
    (local,) = of_kind(contribution, StepKind.LOCAL_DERIVATIVE)
    folded = [s for s in of_kind(contribution, StepKind.FOLD) if isinstance(s.left, Partial)]
    partial, through = local.left, contribution.through or ""
    slope = folded[0].after if folded else local.after
    assert isinstance(partial, Partial) and isinstance(slope, Expr)
    value, of = partial.of, partial.by
    if through == derivation.root:
        several = any(extent != 1 for extent in derivation.space.shapes[tensor_of(of) or ""])
        return Reading(How.LOSS, through, of, value, (), slope, separate=several and _is_separate(slope, of))
    deltas, rest = _parted(slope)
    pins = _pins(deltas, _own(value), set(indices_of(of)))
    extents = dict(zip(_own(value), derivation.space.shapes[through], strict=True))
    open_ones = [d for d in deltas if not _is_met(substitute(d, pins))]
    at, rest = substitute(value, pins), substitute(rest, pins)
    over = tuple(index for index in _own(value) if index not in pins and extents[index] != 1)
    if open_ones or rest.has(Guard, Piecewise, Maximum, ArgMax):
        return Reading(How.GENERAL, through, of, at, over, substitute(slope, pins))
    if rest.has(KroneckerDelta):
        return Reading(How.COUPLED, through, of, at, over, rest)
    how, function = _how(rest, of, at)
    return Reading(how, through, of, at, over, rest, function, later=_is_later(of, pins))


def _parted(slope: Expr) -> tuple[list[KroneckerDelta], Expr]:
    """The deltas of a product, and what is left of it."""
    factors = Mul.make_args(slope)
    deltas = [factor for factor in factors if isinstance(factor, KroneckerDelta)]
    return deltas, Mul(*(factor for factor in factors if not isinstance(factor, KroneckerDelta)))


def _is_met(delta: Expr) -> bool:
    return delta == S.One


def _own(value: Expr) -> tuple[Symbol, ...]:
    return tuple(index for index in indices_of(value) if isinstance(index, Symbol))


def _pins(deltas: list[KroneckerDelta], own: tuple[Symbol, ...], outer: set[Expr]) -> dict[Symbol, Expr]:
    """The indices of the value that a delta ties to those of the entry, each with its place."""
    pins: dict[Symbol, Expr] = {}
    for delta in deltas:
        left, right = delta.args[:2]
        for index in own:
            if index in pins or not (left - right).has(index):
                continue
            found = solve(left - right, index)
            if len(found) == 1 and not found[0].has(*own):
                pins[index] = found[0]
                break
    return pins


def _is_later(of: Expr, pins: Mapping[Symbol, Expr]) -> bool:
    """Whether the value stands at a place of its own beside the entry's: `t + 1`."""
    return any(place not in indices_of(of) and place.free_symbols & of.free_symbols for place in pins.values())


def _how(slope: Expr, of: Expr, value: Expr) -> tuple[How, str]:
    if slope == S.One:
        return How.ADDED, ""
    if slope == S.NegativeOne:
        return How.SUBTRACTED, ""
    functions = [part for part in slope.atoms(Apply) if part.order > 0]
    if len(functions) == 1 and slope == functions[0]:
        return How.APPLIED, functions[0].name
    if tensor_of(of) in tensors_in(slope) or slope.has(value):
        return How.GENERAL, ""
    return How.MULTIPLIED, ""


def _is_separate(slope: Expr, of: Expr) -> bool:
    """Whether what is differentiated is a sum of terms of which one alone reads the entry."""
    others = (part for part in slope.atoms(Indexed) if tensor_of(part) == tensor_of(of) and part != of)
    return bool(indices_of(of)) and not any(others)
