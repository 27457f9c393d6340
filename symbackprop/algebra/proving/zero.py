r"""The zero test: what it proves holds at every size and at all real values, under the premises it names.

An expression is converted to the function field of `generators`; it is 0 if its numerator is. Where indicators of free
indices or of real conditions remain (deltas, guards, signs), each case is proved by itself: i = j and i != j, a guard
that holds and one that fails, a value above, at and below 0.

"Zero" means: wherever the expression is defined. A proof never rests on a number of points.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod

from sympy import Expr, Integer, Sum, Symbol, floor, nan, zoo

from symbackprop.algebra.binding import (
    all_symbols,
    at_unit_boxes,
    boxed,
    by_residues,
    free_indices,
    fresh,
    replaced,
    substitute,
    tensors_in,
    without_remainders,
    written_out,
)
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.proving.closing import convert_maximum, convert_sum
from symbackprop.algebra.proving.conditions import CONDITIONS
from symbackprop.algebra.proving.expressions import expression_of, polynomial_expression
from symbackprop.algebra.proving.generators import (
    IDEMPOTENT,
    Generator,
    PoleError,
    Polynomial,
    UnprovedError,
    Workspace,
)
from symbackprop.algebra.proving.naming import canonical
from symbackprop.algebra.proving.normal import HANDLERS, convert
from symbackprop.algebra.proving.quotients import together
from symbackprop.algebra.ranges import affine_coefficient, quotient_of
from symbackprop.algebra.space import Premise, Ranges, Space
from symbackprop.algebra.symbols import Maximum

HANDLED = {**HANDLERS, **CONDITIONS, Sum: convert_sum, Maximum: convert_maximum}
_DEPTH = 6
_ATTEMPTS = 48
_TERMS = 8  # of a sum that may be written out
_FEW, _PLACES = 4, 16  # values of an index, and places of all such, taken one by one
_RESIDUES = 4  # by which an index is taken case by case


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that an expression is 0, with the premises it rests on."""

    premises: tuple[Premise, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """What is assumed while one case is proved; `vanished` is what was last assumed to be 0."""

    expr: Expr
    ranges: Ranges
    space: Space
    with_facts: bool
    kinks: bool
    assuming: bool
    vanishing: frozenset[str] = frozenset()
    signs: Mapping[str, int] = field(default_factory=dict)
    vanished: Expr | None = None


@dataclass(slots=True)
class _Trial:
    """One run of the test: how many cases it may still try, and what it met."""

    left: int = _ATTEMPTS
    premises: dict[Premise, None] = field(default_factory=dict)
    fact_missed: bool = False
    assumption_missed: bool = False
    implied: dict[str, int] = field(default_factory=dict)


def is_zero(
    expr: Expr, ranges: Ranges, space: Space, using: Collection[str] = (), *, away_from_kinks: bool = False
) -> Proof | None:
    """A proof that `expr` is 0 for all indices in `ranges`, at all sizes; None if none was found.

    `using` names tensors whose definitions are put in first. With `away_from_kinks`, the points at which a real
    condition compares equal values are left out, and the proof says so.
    """
    if expr == 0:
        return Proof()
    premises: list[Premise] = []
    if using:
        expr = _with_definitions(expr, using, ranges, space, premises)
    expr = at_unit_boxes(boxed(without_remainders(expr), ranges), ranges)
    proof = _proof(expr, ranges, space, away_from_kinks)
    for take_apart, most in ((written_out, _TERMS), (written_out, 4 * _TERMS), (by_residues, _RESIDUES)):
        if proof is None and (apart := take_apart(expr, most)) != expr:
            proof = _proof(apart, ranges, space, away_from_kinks)
    if proof is None:
        proof = _entry_by_entry(expr, ranges, space, away_from_kinks)
    return None if proof is None else Proof(tuple(dict.fromkeys([*premises, *proof.premises])))


def _entry_by_entry(expr: Expr, ranges: Ranges, space: Space, away: bool) -> Proof | None:
    """A proof for each value of the free indices that run over few numbers, sums written out."""
    few = {i: int(size) for i, size in ranges.items() if size.is_Integer and 1 < size <= _FEW and expr.has(i)}
    if not few or prod(few.values()) > _PLACES:
        return None
    others = {i: size for i, size in ranges.items() if i not in few}
    premises: dict[Premise, None] = {}
    for place in product(*map(range, few.values())):
        entry = substitute(expr, dict(zip(few, map(Integer, place), strict=True)))
        proof = _proof(written_out(entry, _TERMS), others, space, away)
        if proof is None:
            return None
        premises |= dict.fromkeys(proof.premises)
    return Proof(tuple(premises))


def poles_apart(
    left: Expr, right: Expr, ranges: Ranges, space: Space, using: Collection[str] = ()
) -> tuple[Premise, ...]:
    """What must not be 0 for two equal expressions to have a value both: what one of them alone divides by."""
    sides = [_with_definitions(side, using, ranges, space, []) for side in (left, right)]
    one, other = (_domain(side, ranges, space) for side in sides)
    poles = {n: e for n, e in one.poles.items() if n not in other.labels}
    poles |= {n: e for n, e in other.poles.items() if n not in one.labels}
    return tuple(_readable(Premise("is not 0", expr), ranges, space) for expr in poles.values())


@dataclass(frozen=True, slots=True)
class _Domain:
    """What an expression divides by and is not known to differ from 0, by labels; `labels` has all that cannot be 0."""

    poles: Mapping[str, Expr] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()


def _domain(expr: Expr, ranges: Ranges, space: Space) -> _Domain:
    work = Workspace(dict(ranges), space, assuming=False, handlers=HANDLED)
    try:
        convert(work, at_unit_boxes(boxed(without_remainders(expr), ranges), ranges))
    except UnprovedError:
        return _Domain()
    poles = {work.generators[n].label: expression_of(work, n) for n in work.divisors}
    return _Domain(poles, frozenset((*poles, *work.implied)))


def _readable(premise: Premise, ranges: Ranges, space: Space) -> Premise:
    """The premise with letters for the bound indices that the proof has named by their sizes."""
    subject = premise.subject
    if not isinstance(subject, Expr):
        return premise
    taken: set[Symbol] = {*ranges, *space.sizes, *free_indices(subject)}
    letters: dict[Symbol, Expr] = {}
    for bound in sorted(free_indices(subject) - ranges.keys(), key=str):
        if not bound.is_positive:
            letter = fresh(taken)
            letters[bound] = letter
            taken.add(letter)
    return replace(premise, subject=substitute(subject, letters))


def _proof(expr: Expr, ranges: Ranges, space: Space, away_from_kinks: bool) -> Proof | None:
    """A proof without premises first, then with facts, with what is known of sizes, both; then with values above 0."""
    missed = assumption_missed = False
    implied: dict[str, int] = {}
    for assuming, size_facts, with_facts in product((False, True), repeat=3):
        if (size_facts and not space.size_facts) or (with_facts and not missed) or (assuming and not assumption_missed):
            continue
        trial = _Trial(implied=implied)
        known = space if size_facts else replace(space, size_facts=())
        proved = _prove(_Case(expr, ranges, known, with_facts, away_from_kinks, assuming), trial, _DEPTH)
        missed, assumption_missed = trial.fact_missed, assumption_missed or trial.assumption_missed
        if proved:
            sizes = [Premise("is at least 0", fact) for fact in space.size_facts] if size_facts else []
            found = (_readable(premise, ranges, space) for premise in trial.premises)
            return Proof(tuple(dict.fromkeys([*found, *sizes])))
    return None


def _with_definitions(
    expr: Expr, using: Collection[str], ranges: Ranges, space: Space, premises: list[Premise]
) -> Expr:
    """Definitions put in, later tensors first: what they read may be put in after them."""
    for name in reversed(list(space.definitions)):
        if name not in using or name not in tensors_in(expr):
            continue
        premises.append(Premise("definition", name))
        expr = put_in(expr, (name,), ranges, space)
    return expr


def _prove(case: _Case, trial: _Trial, depth: int) -> bool:
    """Whether the case is proved, by cases of its own if it must be."""
    trial.left -= 1
    if trial.left < 0:
        return False
    boxes, premises = dict(case.ranges), (case.with_facts, case.assuming)
    work = Workspace(
        boxes, case.space, *premises, case.vanishing, case.signs,
        implied=trial.implied, handlers=HANDLED, away=case.kinks,
    )  # fmt: skip
    try:
        if case.expr.has(nan, zoo):
            raise PoleError("a division by 0")
        numerator = convert(work, case.expr)
        if numerator:
            numerator, _ = together(work, numerator)
        split = _split(work, numerator, case) if numerator and depth else None
    except PoleError:
        if case.vanished is not None:  # one side divides by it: nothing is said there
            trial.premises.setdefault(Premise("is not 0", case.vanished))
        return case.vanished is not None
    except UnprovedError:
        return False
    finally:
        trial.fact_missed = trial.fact_missed or work.fact_missed
        trial.assumption_missed = trial.assumption_missed or work.assumption_missed
    trial.premises.update(work.premises)
    if not numerator:
        return True
    if split is None:
        return False
    if any(sign == 0 for _, sign in split) and case.kinks:
        trial.premises.setdefault(Premise("away from kinks"))
        split = [part for part in split if part[1] != 0]
    return all(_prove(part, trial, depth - 1) for part, _ in split)


def _split(work: Workspace, numerator: Polynomial, case: _Case) -> list[tuple[_Case, int | None]] | None:
    """The cases of the first indicator in what remains: residues, deltas, then guards, then signs."""
    if (residues := _residue_cases(case)) is not None:
        return residues
    found = {n for m in numerator for n, _ in m if work.generators[n].kind in IDEMPOTENT}
    order = {"delta": 0, "guard": 1, "pos": 2, "zero": 3}
    for number in sorted(found, key=lambda n: (order[work.generators[n].kind], work.generators[n].label)):
        generator = work.generators[number]
        if generator.kind == "delta":
            cases = _delta_cases(work, generator, case)
        elif generator.kind == "guard":
            cases = _guard_cases(generator, case)
        else:
            cases = _sign_cases(work, generator, case)
        if cases is not None:
            return cases
    return None


def _residue_cases(case: _Case) -> list[tuple[_Case, int | None]] | None:
    r"""i = 2 q and i = 2 q + 1 for a free index that is halved: \(\lfloor i/2 \rfloor\) is q in both."""
    for atom in sorted(case.expr.atoms(floor), key=str):
        above, below = quotient_of(atom)
        variable = next((v for v in sorted(above.free_symbols & case.ranges.keys(), key=str)), None)
        if variable is None or not (below.is_Integer and 1 < below <= _RESIDUES):
            continue
        if affine_coefficient(above, variable) is None:
            continue
        extent = case.ranges[variable]
        quotient = fresh({*case.ranges, *case.space.sizes, *all_symbols(case.expr)}, variable)
        others = {v: n for v, n in case.ranges.items() if v != variable}
        cases: list[tuple[_Case, int | None]] = []
        for residue in range(int(below)):
            value = below * quotient + residue
            facts = (*_moved(case, variable, value), (extent - 1 - value).expand())
            expr = substitute(case.expr, {variable: value})
            space = replace(case.space, size_facts=facts)
            cases.append((replace(case, expr=expr, ranges={**others, quotient: extent}, space=space), None))
        return cases
    return None


def _delta_cases(work: Workspace, generator: Generator, case: _Case) -> list[tuple[_Case, int | None]] | None:
    text = generator.label.partition(":")[2]
    difference = generator.data
    for variable in sorted(generator.free & case.ranges.keys(), key=str):
        slope = affine_coefficient(difference, variable)
        if slope not in (1, -1):
            continue
        value = (variable - difference / slope).expand()
        inside = (value, (case.ranges[variable] - 1 - value).expand())
        equal = replace(
            case,
            expr=substitute(case.expr, {variable: value}),
            ranges={v: n for v, n in case.ranges.items() if v != variable},
            space=replace(case.space, size_facts=(*_moved(case, variable, value), *inside)),
        )
        space = replace(case.space, size_facts=(*case.space.size_facts, *_beyond(work, difference)))
        return [(equal, None), (replace(case, space=space, vanishing=case.vanishing | {text}), None)]
    return None


def _beyond(work: Workspace, difference: Expr) -> tuple[Expr, ...]:
    """What is >= 0 where an expression that keeps to one side of 0 is not 0: m - 2 - i where i is not m - 1."""
    return tuple((e - 1).expand() for e in (difference, (-difference).expand()) if work.nonnegative(e))


def _moved(case: _Case, variable: Symbol, value: Expr) -> tuple[Expr, ...]:
    return tuple(substitute(fact, {variable: value}).expand() for fact in case.space.size_facts)


def _guard_cases(generator: Generator, case: _Case) -> list[tuple[_Case, int | None]]:
    argument = generator.data
    return [
        (replace(case, space=replace(case.space, size_facts=(*case.space.size_facts, fact))), None)
        for fact in (argument, (-argument - 1).expand())
    ]


def _sign_cases(work: Workspace, generator: Generator, case: _Case) -> list[tuple[_Case, int | None]] | None:
    text = generator.label.partition(":")[2]
    if text in case.signs:
        return None
    cases: list[tuple[_Case, int | None]] = [
        (replace(case, signs={**case.signs, text: sign}, vanished=None), sign) for sign in (1, -1)
    ]
    at = replace(case, signs={**case.signs, text: 0})
    solved = _solved(work, generator.data)
    if solved is not None:
        expr = replaced(canonical(case.expr), solved)
        at = replace(at, expr=expr, vanished=polynomial_expression(work, generator.data))
    return [*cases, (at, 0)]


def _solved(work: Workspace, polynomial: Polynomial) -> dict[Expr, Expr] | None:
    """An entry that stands in P linearly and by itself, with the value that makes P = 0; P in entries alone."""
    kinds = {work.generators[n].kind for m in polynomial for n, _ in m}
    if kinds != {"entry"}:
        return None
    for monomial, coefficient in sorted(polynomial.items()):
        if len(monomial) == 1 and monomial[0][1] == 1:
            number = monomial[0][0]
            rest = {m: c for m, c in polynomial.items() if m != monomial}
            if not any(number == n for m in rest for n, _ in m):
                return {expression_of(work, number): -polynomial_expression(work, rest) / coefficient}
    return None
