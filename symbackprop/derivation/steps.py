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
    OWN = "own names"  # of an operation: 2 c h = 2 (a3 - y) a2, in the names of the model
    MATRIX = "matrix form"  # dW[i,j] = dz[i] x[j] becomes dW = dz xᵀ
    ADJOINT = "adjoint"  # the whole of one tensor: its substeps are all of the above, its `after` the result
    UPDATE = "update"  # W := W - η dW


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
    `also` those whose adjoints are put in after it.
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
