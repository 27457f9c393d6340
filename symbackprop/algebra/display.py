r"""The display form: what is shown. Canonical and deterministic, and never more expanded than a person would write.

Sums are pushed over additions, deltas collapsed, disconnected sums split, bound indices renamed by rank, like terms
added, and a factor that every term has is pulled out. It proves nothing; that is the zero test's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from sympy import Add, Expr, Mul, Pow, S, Symbol, factor_list

from symbackprop.algebra.binding import all_symbols, apart, free_indices, fresh
from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Fact, Ranges, Space
from symbackprop.algebra.symbols import indices_of, tensor_of, text_of
from symbackprop.algebra.terms import Term, from_term, terms_of
from symbackprop.algebra.windows import over_windows


def display(expr: Expr, ranges: Ranges, space: Space) -> Expr:
    """`expr` in display form; an expression equal to it at every entry."""
    terms = [t for term in terms_of(expr) for t in collapse(term, ranges, space)]
    return apart(assemble(terms, ranges, space), ranges)


def assemble(terms: list[Term], ranges: Ranges, space: Space) -> Expr:
    """Terms as one expression: sums over windows, indices renamed, like terms added, common factors pulled out."""
    named = [with_names(over_windows(term, ranges, space), ranges, space) for term in terms]
    return with_signs(factored_sizes(common_factor(Add(*(from_term(term) for term in named)))))


def with_names(term: Term, ranges: Ranges, space: Space) -> Term:
    """The term with bound indices named in the order in which its factors meet them."""
    if not term.bounds:
        return term
    taken = set(ranges) | space.sizes | {s for s in term.symbols if s not in dict(term.bounds)}
    taken |= {s for f in term.factors for s in all_symbols(f) if s not in dict(term.bounds)}
    mapping: dict[Symbol, Expr] = {}
    bounds = []
    for variable, extent in _ordered_bounds(term):
        new = fresh(taken, variable)
        taken.add(new)
        mapping[variable] = new
        bounds.append((new, extent))
    return replace(term.substituted(mapping), bounds=tuple(bounds))


def _ordered_bounds(term: Term) -> list[tuple[Symbol, Expr]]:
    """Bound indices by a signature that does not depend on their names; ties keep the order they came in."""
    bound = dict(term.bounds)
    blanks = {v: Symbol("_", integer=True) for v in bound}

    def signature(variable: Symbol) -> tuple[str, ...]:
        marked = {**blanks, variable: Symbol("*", integer=True)}
        return tuple(sorted(text_of(f.xreplace(marked)) for f in (*term.factors, *term.guards) if f.has_free(variable)))

    return sorted(term.bounds, key=lambda b: (signature(b[0]), text_of(b[1])))


def factored_sizes(expr: Expr) -> Expr:
    """`expr` with the sizes that it divides by in factors, each led by a plus: 1/(2 (N - 2)) for -1/(4 - 2 N)."""
    return expr.xreplace({power: _factored(power) for power in expr.atoms(Pow) if _divides_by_sizes(power)})


def _divides_by_sizes(power: Pow) -> bool:
    base, exponent = power.args
    return (
        isinstance(base, Add)
        and bool(exponent.is_Integer and exponent.is_negative)
        and all(symbol.is_integer and symbol.is_positive for symbol in base.free_symbols)
    )


def _factored(power: Pow) -> Expr:
    number, factors = factor_list(power.base)
    parts: list[Expr] = []
    for base, count in factors:
        if sum(1 if part.could_extract_minus_sign() else -1 for part in base.args if not part.is_number) > 0:
            number, base = number * (-1) ** count, -base
        parts.append(base ** (count * power.exp))
    return Mul(number**power.exp, *parts)


def common_factor(expr: Expr) -> Expr:
    """A sum with the factors that all of its terms share pulled out: \\(p a - p b = p (a - b)\\)."""
    if not isinstance(expr, Add):
        return expr
    powers = [_powers(argument) for argument in expr.args]
    shared = set(powers[0]).intersection(*(set(p) for p in powers[1:]))
    pulled = {base: min(p[base] for p in powers) for base in shared}
    if not pulled:
        return expr
    number, rest = Add(*(_without(argument, pulled) for argument in expr.args)).primitive()
    return Mul(number, *(base**power for base, power in pulled.items()), rest)


def _powers(term: Expr) -> dict[Expr, Expr]:
    """The positive integer powers that multiply a term."""
    return {
        base: exponent
        for base, exponent in map(_base_and_power, Mul.make_args(term))
        if not base.is_number and exponent.is_Integer and exponent > 0
    }


def _without(term: Expr, pulled: Mapping[Expr, Expr]) -> Expr:
    """The term with some powers taken out: never divided out, since cases that may be 0 would leave a pole."""
    parts = map(_base_and_power, Mul.make_args(term))
    return Mul(*(base ** (exponent - pulled.get(base, 0)) for base, exponent in parts))


def _base_and_power(factor: Expr) -> tuple[Expr, Expr]:
    return factor.as_base_exp() if isinstance(factor, Pow) else (factor, S.One)


def with_facts(expr: Expr, ranges: Ranges, space: Space, used: list[Fact]) -> Expr:
    r"""`expr` with \(\sum_k y_k = 1\) for each tensor that is a distribution; `used` gains the facts that served."""
    terms = []
    for term in terms_of(expr):
        for fact in space.facts:
            reduced = _sum_to_one(term, fact, ranges, space)
            if reduced is not None:
                term = reduced
                if fact not in used:
                    used.append(fact)
        terms.append(from_term(term))
    return Add(*terms)


def _sum_to_one(term: Term, fact: Fact, ranges: Ranges, space: Space) -> Term | None:
    """The term without the factor y[.., k, ..] and the sum over all k, where nothing else depends on k.

    The other indices of y must be in range: outside, its entries sum to 0.
    """
    shape = space.shapes.get(fact.tensor)
    if fact.kind not in ("distribution", "one_hot") or fact.axis is None or shape is None:
        return None
    bound = dict(term.bounds)
    for place, factor in enumerate(term.factors):
        if tensor_of(factor) != fact.tensor:
            continue
        variable = indices_of(factor)[fact.axis]
        if variable not in bound or (bound[variable] - shape[fact.axis]).expand() != 0:
            continue
        others = (*term.factors[:place], *term.factors[place + 1 :])
        rest = [(i, n) for axis, (i, n) in enumerate(zip(indices_of(factor), shape, strict=True)) if axis != fact.axis]
        elsewhere = (*others, *term.guards, *bound.values(), *(i for i, _ in rest))
        if any(variable in free_indices(part) for part in elsewhere):
            continue
        ends = [end for i, n in rest for end in (i, n - 1 - i)]
        if all(is_nonnegative(end, {**ranges, **bound}, space, term.guards) for end in ends):
            return replace(term, factors=others, bounds=tuple(b for b in term.bounds if b[0] != variable))
    return None


def with_signs(expr: Expr) -> Expr:
    r"""Signs moved between the sums in a product until it reads best: \(a (1 - a)\) for \(-a (a - 1)\)."""
    if isinstance(expr, Add):
        return Add(*(with_signs(argument) for argument in expr.args))
    if not isinstance(expr, Mul):
        return expr
    sums = sorted((a for a in expr.args if _is_odd_power_of_sum(a)), key=text_of)[:_SIGNS]
    rest = Mul(*(a for a in expr.args if a not in sums))
    if not sums or not (rest.could_extract_minus_sign() or any(_reads_badly(s.as_base_exp()[0]) for s in sums)):
        return expr
    forms = [_flipped(rest, sums, flips) for flips in product((False, True), repeat=len(sums))]
    least = min(bad for bad, _ in forms)
    return min((form for bad, form in forms if bad == least), key=text_of)


_SIGNS = 4  # sums in one product whose signs are tried both ways


def _is_odd_power_of_sum(expr: Expr) -> bool:
    base, exponent = expr.as_base_exp()
    return isinstance(base, Add) and exponent.is_Integer and exponent % 2 == 1


def _flipped(rest: Expr, sums: list[Expr], flips: tuple[bool, ...]) -> tuple[int, Expr]:
    """The product with the signs of some sums turned, and how badly it reads: minuses in front, sums like a - 1."""
    parts = []
    for part, flip in zip(sums, flips, strict=True):
        base, exponent = part.as_base_exp()
        parts.append(Add(*(-argument for argument in base.args)) ** exponent if flip else part)
    front = -rest if sum(flips) % 2 else rest
    result = Mul(front, *parts)
    bad = 2 * front.could_extract_minus_sign() + sum(_reads_badly(part.as_base_exp()[0]) for part in parts)
    return bad, result


def _reads_badly(expr: Expr) -> bool:
    """Whether a sum begins with a negative number, or has more minuses than pluses."""
    numbers = [argument for argument in expr.args if argument.is_number]
    minuses = sum(1 for argument in expr.args if argument.could_extract_minus_sign())
    return any(number.is_negative for number in numbers) or 2 * minuses > len(expr.args)
