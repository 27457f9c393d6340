r"""What one equation that uses u adds to the adjoint of u: chain rule, local derivative, collapse, fold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr, Piecewise, S, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import all_symbols, apart, fresh, tensors_in
from symbackprop.algebra.derivative import Use, delta, uses
from symbackprop.algebra.display import display
from symbackprop.algebra.folding import fold
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, Maximum, Partial, adjoint, entry, text_of, total
from symbackprop.algebra.terms import is_index_piecewise
from symbackprop.derivation import lines
from symbackprop.derivation.checks import DEFINITION, Checker
from symbackprop.derivation.steps import Check, Step, StepKind
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
    expression: Expr

    @property
    def outer(self) -> dict[Symbol, Expr]:
        """The ranges of u's own indices."""
        return dict(zip(self.at, self.shape, strict=True))

    @property
    def ranges(self) -> dict[Symbol, Expr]:
        return {**self.outer, **dict(zip(self.indices, self.equation.shape, strict=True))}

    @property
    def value(self) -> Expr:
        return entry(self.through, *self.indices)

    def through_adjoint(self, local: Expr, scale: Expr, root: str) -> Expr:
        r"""\(\sum_i \bar v_i\,\) `local`; the adjoint of the root is 1."""
        factor = S.One if self.through == root else entry(adjoint(self.through), *self.indices)
        return scale * total(factor * local, *zip(self.indices, self.equation.shape, strict=True))


def frame(
    tensor: str,
    at: tuple[Symbol, ...],
    shape: tuple[Expr, ...],
    equation: Equation,
    array: Array,
    sizes: frozenset[Symbol],
) -> Frame:
    """The equation with its own indices renamed apart from `at`, from all sizes and from the indices it binds."""
    taken = {*at, *sizes}
    taken |= all_symbols(array.expression) - set(equation.indices)
    indices = []
    for variable in equation.indices:
        new = fresh(taken, variable)
        taken.add(new)
        indices.append(new)
    expression = apart(array.at(*indices), (*at, *indices))
    return Frame(tensor, at, shape, equation.tensor, tuple(indices), array, expression)


def contribution(
    place: Frame, root: str, scale: Expr, space: Space, checker: Checker, *, is_loss: bool = False
) -> Contribution:
    """The contribution of one equation, with its substeps: chain rule, local derivative, collapse, fold."""
    work = _Work(place, root, scale, space, checker)
    avoid = set(place.at) | set(place.indices) | set(all_symbols(place.expression))
    found = uses(place.expression, place.tensor, avoid)
    raw = sum((total(u.factor * delta(place.at, u.target), *u.bounds) for u in found), S.Zero)
    local = display(raw, place.ranges, space)
    chain = work.summed(work.partial)
    steps = [
        work.step(StepKind.CHAIN_RULE, work.left, chain, chain, "chain rule", DEFINITION),
        replace(
            work.step(StepKind.LOCAL_DERIVATIVE, work.partial, raw, local, "local derivative", work.local(raw, local)),
            kinks=kinks_of(place.expression, place.tensor, space),
        ),
    ]
    value = None if is_loss else place.value  # nobody writes the slope of a loss in the value of that loss
    short = fold(local, place.expression, value, place.ranges, space)
    finish = _collapse_then_fold if _is_by_name(local) else _fold_then_collapse
    named, folded, more = finish(work, local, short)
    reason = f"through {place.through}"
    whole = work.step(StepKind.CONTRIBUTION, work.left, chain, folded, reason, more[-1].check)
    return Contribution(place.through, found, named, folded, replace(whole, substeps=(*steps, *more)))


def _is_by_name(local: Expr) -> bool:
    """Whether the local derivative reads well as it stands, with derivatives by name: σ'(z) δ."""
    return any(part.order > 0 for part in local.atoms(Apply))


@dataclass(frozen=True, slots=True)
class _Work:
    """What making the steps of one contribution takes."""

    place: Frame
    root: str
    scale: Expr
    space: Space
    checker: Checker

    @property
    def left(self) -> Expr:
        return entry(adjoint(self.place.tensor), *self.place.at)

    @property
    def partial(self) -> Expr:
        return Partial(self.place.value, entry(self.place.tensor, *self.place.at))

    def summed(self, local: Expr) -> Expr:
        return self.place.through_adjoint(local, self.scale, self.root)

    def local(self, before: Expr, after: Expr, using: tuple[str, ...] = ()) -> Check:
        return self.checker.equal(before, after, self.place.ranges, using)

    def whole(self, before: Expr, after: Expr, using: tuple[str, ...] = ()) -> Check:
        return self.checker.equal(before, after, self.place.outer, using)

    def step(self, kind: StepKind, left: Expr, before: Expr, after: Expr, reason: str, check: Check) -> Step:
        return Step(kind, self.place.tensor, left, before, after, reason, check, through=self.place.through)

    def collapsed(self, local: Expr) -> tuple[Expr, Step]:
        before = self.summed(local)
        after = display(before, self.place.outer, self.space)
        reason = "collapse of the deltas"
        step = self.step(StepKind.COLLAPSE, self.left, before, after, reason, self.whole(before, after))
        return after, lines.collapsed(step, self.place.outer, self.checker)

    @property
    def fold_reason(self) -> str:
        return f"in the value {self.place.through}"


def _collapse_then_fold(work: _Work, local: Expr, short: Expr) -> tuple[Expr, Expr, list[Step]]:
    named, step = work.collapsed(local)
    if short == local:
        return named, named, [step]
    folded = display(work.summed(short), work.place.outer, work.space)
    check = work.whole(named, folded, using=(work.place.through,))
    whole = work.step(StepKind.FOLD, work.left, named, folded, work.fold_reason, check)
    return named, folded, [step, lines.fold(whole, work.place.outer, work.checker)]


def _fold_then_collapse(work: _Work, local: Expr, short: Expr) -> tuple[Expr, Expr, list[Step]]:
    folded, step = work.collapsed(short)
    if short == local:
        return folded, folded, [step]
    check = work.local(local, short, using=(work.place.through,))
    whole = work.step(StepKind.FOLD, work.partial, local, short, work.fold_reason, check)
    return folded, folded, [lines.fold(whole, work.place.ranges, work.checker), step]


def kinks_of(expr: Expr, tensor: str, space: Space) -> tuple[str, ...]:
    """The kinks of the functions through which `expr` reads `tensor`, in words."""
    found = []
    for part in sorted(expr.atoms(Apply), key=text_of):
        function = space.functions.get(part.name)
        if function is None or tensor not in tensors_in(part):
            continue
        found += [f"{part.name}'({kink.at}) = {kink.value} by choice" for kink in function.kinks]
    if expr.has(Maximum):
        found.append("where several entries are largest, the first one is taken")
    if any(not is_index_piecewise(p) for p in expr.atoms(Piecewise)):
        found.append("on the border of two cases, the case written first that holds is taken")
    return tuple(dict.fromkeys(found))
