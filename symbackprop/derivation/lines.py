r"""The lines of one step of algebra: how its result came from what stood before, as proved substeps.

An adjoint is put in, each term of the bracket is multiplied by the rest and cancelled, sums are taken term by term,
products get the names that equations give them, facts serve, and what is left is collected. A line is made only where
there is something to read in it. Unchecked derivations, which nobody reads, have none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from sympy import Add, Expr, Mul, Pow, S, Sum, preorder_traversal
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import apart, tensors_in
from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.compacting import Values
from symbackprop.algebra.display import factored_sizes, with_facts, with_names, with_signs
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.space import Fact, Ranges, Space
from symbackprop.algebra.symbols import Apply, bare_sum, bounds_of, primal, tensor_of, total
from symbackprop.algebra.terms import Term, from_term, terms_of
from symbackprop.algebra.unevaluated import shown_put_in, unevaluated_sum
from symbackprop.algebra.windows import over_windows
from symbackprop.derivation.checks import Checker
from symbackprop.derivation.steps import Step, StepKind


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says: its formula, what was done to get there, and what that rests on."""

    kind: StepKind
    expression: Expr
    reason: str
    using: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    through: str | None = None


REASONS: Mapping[StepKind, str] = {
    StepKind.MULTIPLIED_OUT: "each term of the bracket times the rest, and cancelled",
    StepKind.CANCELLED: "cancelled",
    StepKind.ONE_DENOMINATOR: "over one denominator",
    StepKind.SUMMED: "each sum taken term by term",
    StepKind.COLLECTED: "collected",
    StepKind.REGROUPED: "regrouped",
}


def with_lines(step: Step, lines: Sequence[Line], ranges: Ranges, checker: Checker, last: Line | None = None) -> Step:
    """The step with its lines as substeps, each checked under the premises of `checker`; `last` words the last one.

    A line that says what the one before it says is left out, so is the last one if it is the result, whose line then is
    of its kind. A step that is left with a single line has no substeps.
    """
    kept = [line for line in _distinct(lines, step.before) if size_of(line.expression) <= _LONG]
    last = last or Line(StepKind.COLLECTED, step.after, REASONS[StepKind.COLLECTED])
    if kept and _says(kept[-1].expression, step.after):
        last = replace(kept.pop(), expression=step.after)
    if not kept:
        return step
    chain = [step.before, *(line.expression for line in kept), step.after]
    substeps = (
        _substep(step, line, before, after, ranges, checker)
        for line, (before, after) in zip([*kept, last], pairwise(chain), strict=True)
    )
    return replace(step, substeps=tuple(substeps))


def _substep(step: Step, line: Line, before: Expr, after: Expr, ranges: Ranges, checker: Checker) -> Step:
    check = checker.equal(before, after, ranges, line.using)
    through, *also = line.using if line.kind is StepKind.IN_VALUES and line.using else (line.through or step.through,)
    return Step(
        line.kind,
        step.tensor,
        step.left,
        before,
        after,
        line.reason,
        check,
        through=through,
        also=tuple(also),
        facts=line.facts,
    )


def _distinct(lines: Sequence[Line], before: Expr) -> Iterator[Line]:
    for line in lines:
        if not _says(before, line.expression):
            before = line.expression
            yield line


def _says(one: Expr, other: Expr) -> bool:
    """Whether two formulas say the same: nothing more cancels in one than in the other."""
    return one == other or (
        leaves(one) == leaves(other) and _powers(one) == _powers(other) and _evaluated(one) == _evaluated(other)
    )


def _powers(expr: Expr) -> int:
    return sum(1 for part in preorder_traversal(expr) if isinstance(part, Pow) and part.exp != -1)


def _evaluated(expr: Expr) -> Expr:
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    arguments = [_evaluated(a) if isinstance(a, Expr) else a for a in expr.args]
    return bare_sum(arguments[0], tuple(arguments[1:])) if isinstance(expr, Sum) else expr.func(*arguments)


def leaves(expr: Expr) -> Counter[str]:
    """How often each tensor is read in a formula, as it stands."""
    name = tensor_of(expr)
    if name is not None:
        return Counter([name])
    return sum((leaves(a) for a in expr.args if isinstance(a, Expr)), Counter())


# an elimination


def elimination(step: Step, names: Sequence[str], values: Values | None, ranges: Ranges, checker: Checker) -> Step:
    """The step of an elimination with its lines: the definitions of `names` put in one after another, and worked out.

    `values` give products names, where the result is in values of the forward pass. Without checks there are no lines.
    """
    before, after, space = step.before, step.after, checker.space
    if not checker.active or not isinstance(before, Expr) or not isinstance(after, Expr):
        return step
    lines = list(_put_in(before, names, ranges, space))
    last = lines[-1].expression
    if leaves(last) == leaves(after) or size_of(last) > _LONG:
        return step  # it is put in, and that is all
    parts = _spread(before, names, ranges, space)
    terms = _terms(parts, ranges, space)
    more = len(parts) > len(Add.make_args(before))
    lines.append(_worked_out(last, _sum_of(terms, ranges, space), more))
    lines += _in_values(terms, values, ranges, space) if values is not None else ()
    lines += _by_facts(lines[-1].expression, ranges, space)
    lines += _over_one_denominator(lines[-1].expression, after)
    return with_lines(step, lines, ranges, checker)


def _put_in(expr: Expr, names: Sequence[str], ranges: Ranges, space: Space) -> Iterator[Line]:
    for name in names:
        expr = shown_put_in(expr, (name,), ranges, space)
        through = primal(name)
        yield Line(StepKind.PUT_IN, expr, f"with the adjoint of {through} put in", (name,), through=through)


def _worked_out(before: Expr, after: Expr, more: bool) -> Line:
    """The line on which brackets are multiplied out, in the words for what that was; `more` terms than before?"""
    cancels = leaves(before) != leaves(after)
    if _sums(before) != _sums(after) or (_sums(before) and not cancels):
        kind = StepKind.SUMMED
    else:
        kind = StepKind.MULTIPLIED_OUT if more else StepKind.CANCELLED
    return Line(kind, after, REASONS[kind])


def _sums(expr: Expr) -> int:
    return sum(1 for part in preorder_traversal(expr) if isinstance(part, Sum))


def _spread(expr: Expr, names: Collection[str], ranges: Ranges, space: Space) -> list[Expr]:
    """The terms of `expr` with definitions put in, each term of a bracket that has one of them times the rest."""
    if not tensors_in(expr) & set(names):
        return [expr]
    if tensor_of(expr) in names:
        found = put_in(expr, names, ranges, space)
        return [term for part in Add.make_args(found) for term in _spread(part, names, ranges, space)]
    if isinstance(expr, Add):
        return [term for part in expr.args for term in _spread(part, names, ranges, space)]
    if isinstance(expr, Mul):
        choices = product(*(_spread(factor, names, ranges, space) for factor in expr.args))
        return [Mul(*choice) for choice in choices]
    if isinstance(expr, Sum):
        inner = {**ranges, **dict(bounds_of(expr))}
        return [total(term, *bounds_of(expr)) for term in _spread(expr.function, names, inner, space)]
    return [put_in(expr, names, ranges, space)]


def _terms(parts: Iterable[Expr], ranges: Ranges, space: Space) -> list[Term]:
    """The parts as sums of products, every delta collapsed that can be."""
    return [term for part in parts for whole in terms_of(part) for term in collapse(whole, ranges, space)]


def _sum_of(terms: Iterable[Term], ranges: Ranges, space: Space) -> Expr:
    """Terms as a person writes them, nothing pulled out of them."""
    moved = (from_term(over_windows(term, ranges, space)) for term in terms)
    named = (Mul(*(_lettered(factor, ranges, space) for factor in Mul.make_args(part))) for part in moved)
    return apart(factored_sizes(Add(*named)), ranges)


def _lettered(factor: Expr, ranges: Ranges, space: Space) -> Expr:
    """A sum with its own letters, so that one sum looks the same wherever it stands."""
    return from_term(with_names(terms_of(factor)[0], ranges, space)) if isinstance(factor, Sum) else factor


def _in_values(terms: Sequence[Term], values: Values, ranges: Ranges, space: Space) -> Iterator[Line]:
    """The line on which products get their names, and the one on which sums fall away that are 0."""
    named = [values.named(term) for term in terms]
    using = tuple(values.used)
    words = ", ".join(using)
    yield Line(StepKind.IN_VALUES, _sum_of(named, ranges, space), f"in the values {words}", using)
    left = [term for term in named if not values.vanishes(term)]
    zeros = [whole for whole, rests in values.zeros.items() if rests is not None]
    through = next((name for whole in zeros for name in sorted(tensors_in(whole))), None)
    reason = f"the sum of {through} is 0"
    yield Line(StepKind.ZERO_SUM, _sum_of(left, ranges, space), reason, tuple(values.used), through=through)


def _by_facts(expr: Expr, ranges: Ranges, space: Space) -> Iterator[Line]:
    used: list[Fact] = []
    plain = with_facts(expr, ranges, space, used)
    if used:
        yield Line(StepKind.FACT, with_signs(plain), "by a fact", facts=tuple(used))


def _over_one_denominator(expr: Expr, after: Expr) -> Iterator[Line]:
    """The terms of a sum over the product of what they are divided by, where the result is such a quotient."""
    terms = Add.make_args(expr)
    below = [_denominator(term) for term in terms]
    if len(terms) < _FEWEST or len(set(below)) < _FEWEST or _denominator(after) == 1:
        return
    whole = Mul(*dict.fromkeys(factor for part in below for factor in Mul.make_args(part)))
    above = unevaluated_sum(Mul(term, whole) for term in terms)
    line = Mul(above, *(1 / factor for factor in Mul.make_args(whole)), evaluate=False)
    yield Line(StepKind.ONE_DENOMINATOR, line, REASONS[StepKind.ONE_DENOMINATOR])


def _denominator(term: Expr) -> Expr:
    """What a term is divided by, numbers and sizes aside."""
    powers = [factor for factor in Mul.make_args(term) if isinstance(factor, Pow) and tensors_in(factor)]
    return Mul(*(1 / power for power in powers if power.exp.is_Integer and power.exp < 0))


# a fold, and a collapse


def fold(step: Step, ranges: Ranges, checker: Checker) -> Step:
    """The step of a fold with its lines: in what the equation of `step.through` names, and then by that name."""
    before, after, name = step.before, step.after, step.through
    if not checker.active or not isinstance(before, Expr) or not isinstance(after, Expr) or name is None:
        return step
    if name in tensors_in(before):  # a recurrence in one equation: its earlier values would be put in as well
        return step
    shown, by_name = shown_put_in(after, (name,), ranges, checker.space), _has_slopes(before)
    kind = StepKind.SLOPE if by_name else StepKind.REGROUPED
    if size_of(shown) > 2 * size_of(before) + _ROOM:
        return step
    reason = "the slope of the function in its own value" if by_name else REASONS[kind]
    return with_lines(step, [Line(kind, shown, reason)], ranges, checker, _named(name))


def _has_slopes(expr: Expr) -> bool:
    return any(part.order > 0 for part in expr.atoms(Apply))


def _named(name: str) -> Line:
    return Line(StepKind.IN_VALUES, S.Zero, f"in the value {name}", using=(name,))


def collapsed(step: Step, ranges: Ranges, checker: Checker) -> Step:
    """The step of a collapse with its lines, where it has several terms: each by itself, then each sum carried out."""
    before, after, space = step.before, step.after, checker.space
    if not checker.active or not isinstance(before, Expr) or not isinstance(after, Expr):
        return step
    terms = terms_of(before)
    if len(terms) < _FEWEST:
        return step
    out = _sum_of(terms, ranges, space)
    summed = _sum_of(_terms([before], ranges, space), ranges, space)
    lines = [
        Line(StepKind.MULTIPLIED_OUT, out, REASONS[StepKind.MULTIPLIED_OUT]),
        Line(StepKind.SUMMED, summed, REASONS[StepKind.SUMMED]),
    ]
    return with_lines(step, lines, ranges, checker)


_FEWEST = 2  # terms, or denominators, between which there is something to do
_LONG = 120  # nodes of a line beyond which nobody reads it
_ROOM = 12  # nodes that a line may have beyond twice what it begins with
