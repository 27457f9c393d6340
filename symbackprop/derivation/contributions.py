r"""What one equation that uses u adds to the adjoint of u: chain rule, local derivative, collapse, fold."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Piecewise, S, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, fresh
from symbackprop.algebra.derivative import Use, delta, uses
from symbackprop.algebra.display import display
from symbackprop.algebra.folding import Fold, fold
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, Maximum, Partial, adjoint, entry, total
from symbackprop.algebra.terms import is_index_piecewise
from symbackprop.derivation.checks import DEFINITION, Checker
from symbackprop.derivation.steps import Step, StepKind
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Contribution:
    """What the equation of `through` adds to the adjoint of a tensor.

    `uses` keep the form that code reads: each in the equation's own indices, with its target index map. `named` holds
    derivatives by name (σ'(z)), `folded` in values of the forward pass; they are the same where nothing folds.
    """

    through: str
    uses: tuple[Use, ...]
    named: Expr
    folded: Expr
    step: Step


@dataclass(frozen=True, slots=True)
class Frame:
    """One equation beside the entry of u that it is differentiated by: v at its own indices, u at `at`."""

    tensor: str
    at: tuple[Symbol, ...]
    shape: tuple[Expr, ...]
    through: str
    indices: tuple[Symbol, ...]
    equation: Array

    @property
    def outer(self) -> dict[Symbol, Expr]:
        """The ranges of u's own indices."""
        return dict(zip(self.at, self.shape, strict=True))

    @property
    def ranges(self) -> dict[Symbol, Expr]:
        return {**self.outer, **dict(zip(self.indices, self.equation.shape, strict=True))}

    @property
    def expression(self) -> Expr:
        return self.equation.at(*self.indices)

    @property
    def value(self) -> Expr:
        return entry(self.through, *self.indices)

    def through_adjoint(self, local: Expr, scale: Expr, root: str) -> Expr:
        r"""\(\sum_i \bar v_i\,\) `local`; the adjoint of the root is 1."""
        factor = S.One if self.through == root else entry(adjoint(self.through), *self.indices)
        return scale * total(factor * local, *zip(self.indices, self.equation.shape, strict=True))


def frame(tensor: str, at: tuple[Symbol, ...], shape: tuple[Expr, ...], equation: Equation, array: Array) -> Frame:
    """The equation with its own indices renamed apart from `at`."""
    taken = set(at)
    indices = []
    for variable in equation.indices:
        new = fresh(taken, variable)
        taken.add(new)
        indices.append(new)
    return Frame(tensor, at, shape, equation.tensor, tuple(indices), array)


def contribution(place: Frame, root: str, scale: Expr, space: Space, checker: Checker) -> Contribution:
    """The contribution of one equation, with its substeps."""
    left = entry(adjoint(place.tensor), *place.at)
    avoid = set(place.at) | set(place.indices) | set(all_symbols(place.expression))
    found = uses(place.expression, place.tensor, avoid)
    raw = sum((total(u.factor * delta(place.at, u.target), *u.bounds) for u in found), S.Zero)
    local = display(raw, place.ranges, space)
    partial = Partial(place.value, entry(place.tensor, *place.at))
    chain = place.through_adjoint(partial, scale, root)
    steps = [
        Step(StepKind.CHAIN_RULE, place.tensor, left, chain, chain, "chain rule", DEFINITION, through=place.through)
    ]
    steps.append(
        Step(
            StepKind.LOCAL_DERIVATIVE,
            place.tensor,
            partial,
            raw,
            local,
            "local derivative",
            checker.equal(raw, local, place.ranges),
            through=through,
            kinks=kinks_of(place.expression, place.tensor, space),
        ),
    ]
    result = fold(local, place.expression, place.value, place.ranges, space)
    if _is_by_name(local):
        named, folded, more = _collapse_then_fold(place, left, local, result, (root, scale), space, checker)
    else:
        named, folded, more = _fold_then_collapse(place, left, local, result, (root, scale), space, checker)
    whole = Step(
        StepKind.CONTRIBUTION,
        place.tensor,
        left,
        chain,
        folded,
        f"through {place.through}",
        more[-1].check,
        through=place.through,
        substeps=(*steps, *more),
    )
    return Contribution(place.through, found, named, folded, whole)


def _is_by_name(local: Expr) -> bool:
    """Whether the local derivative reads well as it stands, with derivatives by name: σ'(z) δ."""
    return any(part.order > 0 for part in local.atoms(Apply))


Way = tuple[str, Expr]


def _collapsed(place: Frame, left: Expr, local: Expr, way: Way, space: Space, checker: Checker) -> tuple[Expr, Step]:
    root, scale = way
    before = place.through_adjoint(local, scale, root)
    after = display(before, place.outer, space)
    check = checker.equal(before, after, place.outer)
    step = Step(
        StepKind.COLLAPSE, place.tensor, left, before, after, "collapse of the deltas", check, through=place.through
    )
    return after, step


def _collapse_then_fold(
    place: Frame, left: Expr, local: Expr, result: Fold, way: Way, space: Space, checker: Checker
) -> tuple[Expr, Expr, list[Step]]:
    named, step = _collapsed(place, left, local, way, space, checker)
    if result.expression == local:
        return named, named, [step]
    root, scale = way
    folded = display(place.through_adjoint(result.expression, scale, root), place.outer, space)
    check = checker.equal(named, folded, place.outer, using=(place.through,))
    fold_step = Step(
        StepKind.FOLD, place.tensor, left, named, folded, _fold_reason(place), check, through=place.through
    )
    return named, folded, [step, fold_step]


def _fold_then_collapse(
    place: Frame, left: Expr, local: Expr, result: Fold, way: Way, space: Space, checker: Checker
) -> tuple[Expr, Expr, list[Step]]:
    steps = []
    if result.expression != local:
        partial = Partial(place.value, entry(place.tensor, *place.at))
        check = checker.equal(local, result.expression, place.ranges, using=(place.through,))
        steps.append(
            Step(
                StepKind.FOLD,
                place.tensor,
                partial,
                local,
                result.expression,
                _fold_reason(place),
                check,
                through=place.through,
            )
        )
    folded, step = _collapsed(place, left, result.expression, way, space, checker)
    return folded, folded, [*steps, step]


def _fold_reason(place: Frame) -> str:
    return f"in the value {place.through}"


def kinks_of(expr: Expr, tensor: str, space: Space) -> tuple[str, ...]:
    """The kinks of the functions through which `expr` reads `tensor`, in words."""
    found = []
    for part in sorted(expr.atoms(Apply), key=str):
        function = space.functions.get(part.name)
        if function is None or not any(entry_.base.label.name == tensor for entry_ in part.atoms(Indexed)):
            continue
        found += [f"{part.name}'({kink.at}) = {kink.value} by choice" for kink in function.kinks]
    if expr.has(Maximum):
        found.append("where several entries are largest, the first one is taken")
    if any(not is_index_piecewise(p) for p in expr.atoms(Piecewise)):
        found.append("on the border of two cases, the case written first that holds is taken")
    return tuple(dict.fromkeys(found))
