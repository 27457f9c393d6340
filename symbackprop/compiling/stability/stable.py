r"""Stable forms: the model's equations rewritten, before the sweep, so that they stay finite wherever their value is.

Each rewrite is an identity between the equation as it was given and as it stands, proved at all sizes; what is not
proved is not used. A sum of exponentials is shifted by its largest exponent, a tensor of its own such as `z3_max`. The
identity holds for any value of that tensor, so the derivative by it is exactly 0, and the sweep takes it as given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Pow, exp, log

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.zero import Proof, is_zero
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply
from symbackprop.compiling.stability.exponentials import CAPPED
from symbackprop.compiling.stability.naming import Added, Naming
from symbackprop.compiling.stability.steady import LOG_SOFTPLUS, Steady, by_cases
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Tensor


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The equation of `tensor` as it was given and as it stands now, for any value of the tensors in `shifts`.

    A logarithm of softplus stands by cases, right to the last digit (see `by_cases`); everything else is exact.
    """

    tensor: str
    before: Expr
    after: Expr
    proof: Proof
    shifts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StableModel:
    """A plain model with the same loss and gradients, what was rewritten, and the tensors the sweep takes as given."""

    model: Model
    rewrites: tuple[Rewrite, ...]
    constants: frozenset[str]


def stable(model: Model, kept: frozenset[str] = frozenset()) -> StableModel:
    """The plain model in stable form; itself where there is nothing to rewrite.

    Tensors in `kept`, by which the loss is to be derived, are still read by all that read them.
    """
    equations: list[Equation] = []
    added: list[Added] = []
    rewrites: list[Rewrite] = []
    known: dict[str, str] = {}
    exponentials = _exponentials(model)
    taken = frozenset(tensor.name for tensor in model.tensors) | frozenset(model.functions)
    for equation in model.order:
        if not _is_concerned(equation, model, exponentials):
            equations.append(equation)
            continue
        naming = Naming(taken | {a.name for a in added}, equation.tensor, [], dict(known))
        found = _rewritten(equation, model, naming, added, kept)
        if found:
            rewrites += found
            added += naming.added
            known.update(naming.known)
            equations += [replace(new.equation, expression=by_cases(new.array.expression)) for new in naming.added]
            equation = replace(equation, expression=found[-1].after)
        equations.append(equation)
    if not rewrites:
        return StableModel(model, (), frozenset())
    tensors = (*model.tensors, *(Tensor(new.name, new.array.shape, "intermediate") for new in added))
    constants = frozenset(new.name for new in added if new.of is None)
    return StableModel(model.rewritten(tensors, tuple(equations), (CAPPED,)), tuple(rewrites), constants)


def _exponentials(model: Model) -> frozenset[str]:
    """The tensors that are exponentials, or sums of such tensors."""
    found: set[str] = set()
    for equation in model.order:
        expr = equation.expression
        if expr.has(exp) or (not expr.has(Apply) and tensors_in(expr) & found):
            found.add(equation.tensor)
    return frozenset(found)


def _is_concerned(equation: Equation, model: Model, exponentials: frozenset[str]) -> bool:
    """Whether there may be something to rewrite: an exponential, a logarithm, a quotient of such tensors."""
    expr = equation.expression
    if expr.has(exp, log):
        return True
    functions = [model.functions.get(part.name) for part in expr.atoms(Apply)]
    if any(f is not None and f.expression is not None and f.expression.has(exp) for f in functions):
        return True
    return any(p.exp.is_negative for p in expr.atoms(Pow)) and not exponentials.isdisjoint(tensors_in(expr))


def _rewritten(
    equation: Equation, model: Model, naming: Naming, before: list[Added], kept: frozenset[str]
) -> list[Rewrite]:
    """The rewrite of the equation, after those of the logarithms that it names; none if one of them is not proved."""
    array = model.space.definitions[equation.tensor]
    steady = Steady(model.space, naming, kept=kept)
    after = steady.form(equation.expression, array.ranges)
    if after == equation.expression:
        return []
    logs = [new for new in (*before, *naming.added) if new.of is not None]
    known = replace(model.space, functions={**model.functions, LOG_SOFTPLUS.name: LOG_SOFTPLUS, CAPPED.name: CAPPED})
    space = known.with_definitions({new.name: new.array for new in logs})
    using = (*steady.using, *(new.name for new in logs))
    changes = [(equation.tensor, equation.expression, replace(array, expression=after))]
    for new in naming.added:
        if new.of is not None:
            given = log(model.space.definitions[new.of].at(*new.array.indices))
            changes.insert(0, (new.name, given, new.array))
    found = [_proved(name, given, now, using, space, naming) for name, given, now in changes]
    return [rewrite for rewrite in found if rewrite is not None] if None not in found else []


def _proved(
    tensor: str, given: Expr, now: Array, using: tuple[str, ...], space: Space, naming: Naming
) -> Rewrite | None:
    """The rewrite, if `given` less what stands now is 0 for any values of the largest exponents."""
    used = tuple(name for name in using if name != tensor)
    proof = is_zero(given - now.expression, now.ranges, space, using=used)
    if proof is None:
        return None
    shifts = tuple(new.name for new in naming.added if new.of is None and new.name in tensors_in(now.expression))
    return Rewrite(tensor, given, by_cases(now.expression), proof, shifts)
