r"""The adjoint of one tensor: its contributions added up, what can be eliminated, its matrix form."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Piecewise, Pow
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.display import display, with_facts
from symbackprop.algebra.elimination import eliminate
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.matrices.grammar import ForEach, Leaf
from symbackprop.algebra.matrices.lifting import lift
from symbackprop.algebra.space import Fact, Space
from symbackprop.algebra.symbols import adjoint, primal, tensor_of
from symbackprop.derivation.checks import DEFINITION, Checker
from symbackprop.derivation.contributions import Contribution
from symbackprop.derivation.joining import compacted, in_values, inside, values_in
from symbackprop.derivation.lines import elimination
from symbackprop.derivation.places import Adjoint, Place
from symbackprop.derivation.steps import Step, StepKind


def adjoint_of(
    place: Place,
    contributions: tuple[Contribution, ...],
    known: Mapping[str, Adjoint],
    serves: Mapping[str, frozenset[str]],
    space: Space,
    checker: Checker,
    *,
    lifting: bool = True,
) -> Adjoint:
    """Adds the contributions, uses facts, puts in adjoints that serve only here, and lifts to matrices if wanted.

    `known` holds the adjoints found so far, `serves` the tensors that each of them goes on to.
    """
    if len(contributions) == 1:
        named, folded = contributions[0].named, contributions[0].folded
    else:
        named = display(Add(*(c.named for c in contributions)), place.ranges, space)
        folded = display(Add(*(c.folded for c in contributions)), place.ranges, space)
    steps = [c.step for c in contributions]
    if len(contributions) > 1:
        steps.append(_paths_step(place, contributions, folded, checker))
    swept = folded
    named, folded, more = _with_facts(place, named, folded, space, checker)
    steps += more
    found = compacted(place, folded, known, serves, space, checker)
    if found is not None:
        named = folded = found.after
        steps.append(found)
    named, folded, more = _eliminated(place, (named, folded), known, serves, space, checker)
    steps += more
    if lifting:
        steps += matrix_steps(place, place.left, named, folded, space, checker)
    whole = Step(
        StepKind.ADJOINT,
        place.tensor,
        place.left,
        swept,
        folded,
        f"the adjoint of {place.tensor}",
        DEFINITION,
        array=Array(place.at, place.shape, folded),
        substeps=tuple(steps),
    )
    return Adjoint(place.tensor, Array(place.at, place.shape, swept), named, folded, whole)


def _paths_step(place: Place, contributions: tuple[Contribution, ...], after: Expr, checker: Checker) -> Step:
    before = Add(*(c.folded for c in contributions), evaluate=False)
    through = ", ".join(c.through for c in contributions)
    check = checker.equal(Add(*(c.folded for c in contributions)), after, place.ranges)
    return Step(StepKind.ADD_PATHS, place.tensor, place.left, before, after, f"the paths through {through}", check)


def _with_facts(
    place: Place, named: Expr, folded: Expr, space: Space, checker: Checker
) -> tuple[Expr, Expr, list[Step]]:
    used: list[Fact] = []
    plain = with_facts(folded, place.ranges, space, used)
    if not used:
        return named, folded, []
    after = display(plain, place.ranges, space)
    step = Step(
        StepKind.FACT,
        place.tensor,
        place.left,
        folded,
        after,
        "by a fact",
        checker.equal(folded, after, place.ranges),
        facts=tuple(used),
    )
    return display(with_facts(named, place.ranges, space, used), place.ranges, space), after, [step]


def _eliminated(
    place: Place,
    forms: tuple[Expr, Expr],
    known: Mapping[str, Adjoint],
    serves: Mapping[str, frozenset[str]],
    space: Space,
    checker: Checker,
) -> tuple[Expr, Expr, list[Step]]:
    """Puts in the adjoint of v where that shortens the result, where it is constant, or where it serves only here."""
    named, folded = forms
    steps = []
    read, within = tensors_in(folded), inside(place.tensor, known, serves)
    for name in [name for name in map(adjoint, known) if name in read]:
        through = primal(name)
        form = known[through].folded
        serves_here = len(serves[through]) == 1 and _is_entrywise(folded, name, place)
        wanted = _is_plain(form) or (serves_here and _is_short(form))
        if not (wanted or _may_cancel(form)):
            continue
        premises = space.with_definitions({name: known[through].final})
        result = eliminate(folded, (name,), place.ranges, premises)
        after, values = in_values(place, result.expression, within, space)
        if not wanted and size_of(after) > size_of(folded):
            continue
        by_name = eliminate(named, (name,), place.ranges, premises).expression
        inner = Checker(premises, checker.active)
        step = Step(
            StepKind.ELIMINATE,
            place.tensor,
            place.left,
            folded,
            after,
            f"with the adjoint of {through} put in",
            inner.equal(folded, after, place.ranges, using=(name, *values)),
            through=through,
            facts=result.facts,
        )
        named_by = values_in(place, within, space) if values else None
        steps.append(elimination(step, (name,), named_by, place.ranges, inner))
        folded = after
        named = by_name if size_of(by_name) < size_of(folded) else folded
    return named, folded, steps


_LARGE = 150  # nodes beyond which nobody reads a formula as matrices
_SHORT = 30  # nodes of an adjoint that may still be put in where it only makes the result longer


def _is_plain(expr: Expr) -> bool:
    """Whether an adjoint is a constant, or a short formula of scalars."""
    return not tensors_in(expr) or (not expr.has(Indexed) and _is_short(expr))


def _is_short(expr: Expr) -> bool:
    return size_of(expr) <= _SHORT and not expr.has(Piecewise)


def _may_cancel(expr: Expr) -> bool:
    """Whether an adjoint may make shorter what it is put in: it has a quotient, or is a single entry."""
    return size_of(expr) == 1 or any(power.exp.could_extract_minus_sign() for power in expr.atoms(Pow))


def _is_entrywise(expr: Expr, name: str, place: Place) -> bool:
    """Whether the adjoint is read at this tensor's own indices alone, outside every sum."""
    entries = [part for part in expr.atoms(type(place.left)) if tensor_of(part) == name]
    return bool(place.at) and all(part.indices == place.at for part in entries)


def matrix_steps(place: Place, left: Expr, named: Expr, folded: Expr, space: Space, checker: Checker) -> list[Step]:
    """The matrix forms: with derivatives by name, then folded; none where nothing lifts within its budget."""
    steps = []
    for expr in dict.fromkeys((named, folded)):
        if size_of(expr) > _LARGE:
            continue
        found = lift(Array(place.at, place.shape, expr), space)
        if found is None:
            continue
        check = checker.lifted(found, expr, place.ranges, place.at)
        held = found.indices if isinstance(found, ForEach) else ()
        leaf = Leaf(str(tensor_of(left)), found.shape, held)
        steps.append(Step(StepKind.MATRIX, place.tensor, leaf, expr, found, "matrix form", check))
    return steps
