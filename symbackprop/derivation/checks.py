r"""Every step is checked when it is made: proved by the zero test, else compared at random points."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sympy import Expr

from symbackprop.algebra.matrices.grammar import Matrix, shape_errors
from symbackprop.algebra.matrices.lowering import lower
from symbackprop.algebra.proving.equality import compare
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.space import Ranges, Space
from symbackprop.derivation.steps import Check, Method
from symbackprop.errors import DerivationError

DEFINITION = Check(Method.DEFINITION)
DEFERRED = Check(Method.DEFERRED)


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks steps under the premises of `space`, or puts them all off."""

    space: Space
    active: bool = True

    def equal(self, left: Expr, right: Expr, ranges: Ranges, using: Collection[str] = ()) -> Check:
        """The verdict on `left` = `right`; a refuted step is an error of ours and is raised."""
        if not self.active:
            return DEFERRED
        if left == right:
            return Check(Method.PROVED)
        proof = is_zero(left - right, ranges, self.space, using=tuple(using))
        if proof is not None:
            return Check(Method.PROVED, proof.premises)
        verdict = compare(left, right, ranges, self.space, using=tuple(using))
        if verdict.status == "refuted":
            raise DerivationError(
                f"a step was refuted: {left} = {right}",
                because=f"They differ at {verdict.witness}.",
                fix="This is a defect of symbackprop; please report the model.",
            )
        return Check(Method.AGREES, points=verdict.points)

    def lifted(self, matrix: Matrix, expr: Expr, ranges: dict, indices: tuple) -> Check:
        """The verdict on a matrix form: its shapes fit, and read back entry by entry it is what it was lifted from."""
        errors = shape_errors(matrix)
        if errors:
            raise DerivationError(
                f"a matrix form does not fit: {errors[0]}",
                because=f"It was lifted from {expr}.",
                fix="This is a defect of symbackprop; please report the model.",
            )
        return self.equal(lower(matrix, indices, self.space), expr, ranges) if self.active else DEFERRED


Progress = Callable[[str, int, int], None]
"""Called with the name of the tensor at hand, how many are done, and how many there are."""
