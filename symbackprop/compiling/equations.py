r"""What is to be computed, as index equations in order: the forward pass, then the adjoints.

This is what lowering takes: no array, no layout, no order of loops yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbackprop.algebra.space import Space
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Computation:
    """Equations, each reading arguments and tensors of equations, maybe its own at an earlier step of a recurrence.

    `space` has the shapes of all tensors and adjoints, and the functions. `loss` and `gradients` (variable to the name
    of its adjoint) are the results; `numbers` gives the step of the document for a tensor or adjoint by name.
    """

    arguments: tuple[str, ...]
    equations: tuple[Equation, ...]
    space: Space
    loss: str
    gradients: Mapping[str, str]
    numbers: Mapping[str, str]
