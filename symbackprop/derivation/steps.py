r"""Steps are data. A derivation is a tuple of these frozen records; results and documents are folds over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.matrices.grammar import Matrix
from symbackprop.algebra.space import Fact, Premise

Formula = Expr | Matrix
"""What stands on a side of a step: index notation or matrix notation."""


class StepKind(StrEnum):
    """The closed list of step kinds, each with an example."""

    FORWARD = "forward"  # a[i] = σ(z[i]): an equation of the model, with its matrix form
    CONTRIBUTION = "contribution"  # what one equation that uses u adds to ∂L/∂u; its substeps say how
    CHAIN_RULE = "chain rule"  # dz[i] = Σ_p da[p] ∂a[p]/∂z[i]
    LOCAL_DERIVATIVE = "local derivative"  # ∂a[p]/∂z[i] = σ'(z[p]) δ(p, i)
    COLLAPSE = "collapse"  # Σ_p da[p] σ'(z[p]) δ(p, i) = da[i] σ'(z[i])
    FOLD = "fold"  # da[i] σ'(z[i]) = da[i] a[i] (1 - a[i])
    ADD_PATHS = "add paths"  # dx[i] = (by z) + (by u)
    FACT = "fact"  # Σ_k y[k] p[i] = p[i], since y sums to 1
    ELIMINATE = "eliminate"  # dz[i] = da[i] a[i] (1 - a[i]) = a[i] - y[i], with da[i] put in
    PUT_IN = "put in"  # da a (1 - a) = ((1 - y)/(1 - a) - y/a) a (1 - a): a name's definition, nothing simplified
    MULTIPLIED_OUT = "multiplied out"  # ((1 - y)/(1 - a) - y/a) a (1 - a) = (1 - y) a - y (1 - a)
    CANCELLED = "cancelled"  # (a - y)/(a (1 - a)) a (1 - a) = a - y
    ONE_DENOMINATOR = "one denominator"  # (1 - y)/(1 - a) - y/a = ((1 - y) a - y (1 - a))/(a (1 - a))
    SUMMED = "summed"  # Σ_l (dx[l] - c x[l]) = Σ_l dx[l] - c Σ_l x[l]; Σ_l dp[l] δ(i, l) = dp[i]
    ZERO_SUM = "sum is zero"  # dx[i] - c Σ_j xhat[j] = dx[i], since the equations make Σ_j xhat[j] = 0
    COLLECTED = "collected"  # (1 - y) a - y (1 - a) = a - y: like terms added, common factors pulled out
    SLOPE = "slope"  # σ'(z) = σ(z) (1 - σ(z)): the derivative of a named function
    REGROUPED = "regrouped"  # -1/2 (v + ε)^(-3/2) = -1/2 (1/sqrt(v + ε))³: in what an equation gives a name
    IN_VALUES = "in values"  # σ(z) (1 - σ(z)) = a (1 - a), since a = σ(z)
    OWN = "own names"  # of an operation: 2 c h = 2 (a3 - y) a2, in the names of the model
    MATRIX = "matrix form"  # dW[i,j] = dz[i] x[j] becomes dW = dz xᵀ
    ADJOINT = "adjoint"  # the whole of one tensor: its substeps are all of the above, its `after` the result
    UPDATE = "update"  # W := W - η dW


LINES = frozenset(
    {
        StepKind.PUT_IN,
        StepKind.MULTIPLIED_OUT,
        StepKind.CANCELLED,
        StepKind.ONE_DENOMINATOR,
        StepKind.SUMMED,
        StepKind.ZERO_SUM,
        StepKind.FACT,
        StepKind.COLLECTED,
        StepKind.SLOPE,
        StepKind.REGROUPED,
        StepKind.IN_VALUES,
    }
)
"""Kinds of the lines by which one step of algebra is made."""


class Method(StrEnum):
    """How a step was checked."""

    DEFINITION = "definition"  # the chain rule itself, an equation of the model, an update: nothing to prove
    PROVED = "proved"  # before - after is 0 at all sizes, under the premises named
    AGREES = "agrees"  # equal at random points; no proof was found
    DEFERRED = "deferred"  # checks were put off (compiling)


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on one step: how, resting on which premises; `points` counts the points of an `AGREES`."""

    method: Method
    premises: tuple[Premise, ...] = ()
    points: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    r"""One step: `left` = `before` = `after`, all for the entry (or matrix) of the adjoint of `tensor`.

    `through` names the tensor whose equation is used (a contribution), or whose adjoint is put in (an elimination),
    `also` those whose adjoints are put in after it. A line written in values names these in `through` and `also`.
    The substeps of an elimination, a fold, a collapse or a slope are its lines (`lines_of`), none where it is one line.
    `array` is the result of a whole tensor's step, entry by entry, with its shape.
    """

    kind: StepKind
    tensor: str
    left: Formula
    before: Formula
    after: Formula
    reason: str
    check: Check
    number: str = ""
    through: str | None = None
    also: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    kinks: tuple[str, ...] = ()
    array: Array | None = None
    substeps: tuple[Step, ...] = ()


def numbered(steps: Iterable[Step], prefix: str = "") -> tuple[Step, ...]:
    """The steps with numbers 1, 2, ... and 1.1, 1.2, ... for their substeps."""
    result = []
    for count, step in enumerate(steps, start=1):
        number = f"{prefix}{count}"
        result.append(replace(step, number=number, substeps=numbered(step.substeps, f"{number}.")))
    return tuple(result)


def walk(steps: Iterable[Step]) -> Iterator[Step]:
    """Every step and substep, each before its own substeps."""
    for step in steps:
        yield step
        yield from walk(step.substeps)


def of_kind(step: Step, *kinds: StepKind) -> tuple[Step, ...]:
    """The direct substeps of the given kinds."""
    return tuple(substep for substep in step.substeps if substep.kind in kinds)


def lines_of(step: Step) -> tuple[Step, ...]:
    """The lines from `before` to `after`, each going on where the last one ended; none where there is but one."""
    whole = (StepKind.ADJOINT, StepKind.CONTRIBUTION, StepKind.FORWARD, StepKind.UPDATE)
    return () if step.kind in whole else of_kind(step, *LINES)
