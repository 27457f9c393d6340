r"""Sums of products: the form in which deltas collapse.

A `Term` means \(\sum_{\text{bounds}} \text{coefficient} \cdot \prod \text{factors} \cdot \prod [\text{guard} \ge 0]\),
each bound index over the box [0, n). `terms_of` multiplies out only what has to be: sums, deltas and guards, never a
plain factor such as \(1 - a_i\).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sympy import (
    Add,
    And,
    Eq,
    Expr,
    Integer,
    KroneckerDelta,
    Mul,
    Ne,
    Not,
    Or,
    Piecewise,
    Pow,
    S,
    Sum,
    Symbol,
    ilcm,
    log,
)
from sympy.core.relational import Ge, Gt, Le, Lt, Relational
from sympy.logic.boolalg import ITE, Boolean, BooleanFalse, BooleanTrue

from symbackprop.algebra.binding import all_symbols, free_indices, refresh, substitute
from symbackprop.algebra.ranges import count_of
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Guard, bounds_of, text_of, total

Bounds = tuple[tuple[Symbol, Expr], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One product under one sum; see the module's docstring."""

    coefficient: Expr = S.One
    factors: tuple[Expr, ...] = ()
    bounds: Bounds = ()
    guards: tuple[Expr, ...] = ()

    @property
    def symbols(self) -> frozenset[Symbol]:
        """Every symbol in the term, bound ones too."""
        parts = (*self.factors, *self.guards, *(extent for _, extent in self.bounds))
        return frozenset(v for v, _ in self.bounds).union(*(all_symbols(part) for part in parts))

    def substituted(self, mapping: dict[Symbol, Expr]) -> Term:
        """The term with indices replaced, which must not be bound by it."""
        return replace(
            self,
            factors=tuple(substitute(factor, mapping) for factor in self.factors),
            guards=tuple(substitute(guard, mapping).expand() for guard in self.guards),
        )


def terms_of(expr: Expr) -> tuple[Term, ...]:
    """`expr` as a sum of terms, in the order of its own parts; zero terms are left out."""
    if isinstance(expr, Add):
        return tuple(term for argument in expr.args for term in terms_of(argument))
    if isinstance(expr, Mul):
        return _product(tuple(terms_of(argument) if _is_structured(argument) else None for argument in expr.args), expr)
    if isinstance(expr, Sum):
        return _terms_of_sum(expr)
    if expr.is_number:
        return (Term(expr),) if expr != 0 else ()
    if isinstance(expr, Guard):
        return (Term(guards=(expr.argument.expand(),)),)
    if isinstance(expr, Piecewise):
        return _terms_of_piecewise(expr) if is_index_piecewise(expr) else _terms_of_cases(expr)
    if isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp > 0 and _is_structured(expr.base):
        return _terms_of_power(expr)
    return (Term(factors=(expr,)),)


def _is_structured(expr: Expr) -> bool:
    """Whether sums, deltas, guards or index conditions stand at the surface of `expr`, outside functions."""
    if isinstance(expr, Sum | Guard | KroneckerDelta | Piecewise):
        return True
    if isinstance(expr, Add | Mul):
        return any(_is_structured(argument) for argument in expr.args)
    return isinstance(expr, Pow) and bool(expr.exp.is_Integer) and expr.exp > 0 and _is_structured(expr.base)


def _product(parts: tuple[tuple[Term, ...] | None, ...], product: Mul) -> tuple[Term, ...]:
    plain = [a for a, part in zip(product.args, parts, strict=True) if part is None]
    coefficient = Mul(*(a for a in plain if a.is_number))
    result: tuple[Term, ...] = (Term(coefficient, tuple(a for a in plain if not a.is_number)),)
    for part in parts:
        if part is not None:
            result = tuple(times(left, right) for left in result for right in part)
    return result


def _terms_of_power(expr: Pow) -> tuple[Term, ...]:
    base = terms_of(expr.base)
    if len(base) == 1 and not base[0].bounds and not base[0].guards and len(base[0].factors) == 1:
        return (Term(base[0].coefficient ** expr.exp, (base[0].factors[0] ** expr.exp,)),)
    result: tuple[Term, ...] = (Term(),)
    for _ in range(int(expr.exp)):
        result = tuple(times(left, right) for left in result for right in base)
    return result


def _terms_of_sum(expr: Sum) -> tuple[Term, ...]:
    body, bounds = expr.function, bounds_of(expr)
    if len({variable for variable, _ in bounds}) < len(bounds):  # SymPy flattened two sums over one letter
        body, bounds = refresh(body, bounds, set(all_symbols(expr)))
    inner = (_renamed_apart(term, {v for v, _ in bounds}) for term in terms_of(body))
    return tuple(replace(term, bounds=(*bounds, *term.bounds)) for term in inner)


def times(left: Term, right: Term) -> Term:
    """The product of two terms, the bound indices of the second renamed apart."""
    if right.bounds and left.symbols & right.symbols:
        right = _renamed_apart(right, left.symbols)
    if left.bounds and {v for v, _ in left.bounds} & right.symbols:
        left = _renamed_apart(left, right.symbols)
    return Term(
        left.coefficient * right.coefficient,
        left.factors + right.factors,
        left.bounds + right.bounds,
        left.guards + right.guards,
    )


def _renamed_apart(term: Term, avoid: Iterable[Symbol]) -> Term:
    clash = {v for v, _ in term.bounds} & set(avoid)
    if not clash:
        return term
    taken = set(avoid) | set(term.symbols)
    mapping: dict[Symbol, Expr] = {}
    bounds = []
    for variable, extent in term.bounds:
        if variable in clash:
            _, ((new, _),) = refresh(S.One, ((variable, extent),), taken)
            mapping[variable] = new
            bounds.append((new, extent))
        else:
            bounds.append((variable, extent))
    return replace(term, bounds=tuple(bounds)).substituted(mapping)


def is_index_condition(condition: Boolean) -> bool:
    """Whether a condition compares indices and sizes, and no real values."""
    return bool(condition.free_symbols) and all(symbol.is_integer for symbol in condition.free_symbols)


def is_index_piecewise(expr: Piecewise) -> bool:
    return any(is_index_condition(condition) for _, condition in expr.args) and all(
        is_index_condition(condition) or condition in (True, False) for _, condition in expr.args
    )


def _terms_of_piecewise(expr: Piecewise) -> tuple[Term, ...]:
    terms: list[Term] = []
    remaining: tuple[Term, ...] = (Term(),)
    for value, condition in expr.args:
        here = indicator(condition)
        for chosen in (times(r, h) for r in remaining for h in here):
            terms.extend(times(chosen, term) for term in terms_of(value))
        elsewhere = indicator(Not(condition))
        remaining = tuple(times(r, e) for r in remaining for e in elsewhere)
    return tuple(terms)


def _terms_of_cases(expr: Piecewise) -> tuple[Term, ...]:
    """Cases by real values: what all branches have as a factor is pulled out, since SymPy's `Sum` pushes it in.

    Where sums, deltas or guards still stand in a branch, each branch is multiplied by the indicator of its condition.
    What may be singular stays inside: a branch that is not taken need not be defined.
    """
    conditions = [condition for _, condition in expr.args]
    branches = [Mul.make_args(value) for value, _ in expr.args]
    live = [factors for factors in branches if factors != (0,)]
    common = [f for f in live[0] if all(f in factors for factors in live[1:])] if live else []
    shared = [f for f in common if not f.is_number and _is_tame(f)]
    values = [Mul(*(f for f in factors if f not in shared)) for factors in branches]
    if not any(_is_structured(value) for value in values) or not all(_is_tame(value) for value in values):
        result = _single(Piecewise(*zip(values, conditions, strict=True)))
    else:
        result = tuple(
            times(chosen, term)
            for place, value in enumerate(values)
            for chosen in _single(_chosen(place, conditions))
            for term in terms_of(value)
        )
    for factor in shared:
        result = tuple(times(outer, term) for outer in terms_of(factor) for term in result)
    return result


def _single(value: Expr) -> tuple[Term, ...]:
    if value.is_number:
        return (Term(value),) if value != 0 else ()
    return (Term(factors=(value,)),)


def _chosen(place: int, conditions: list[Boolean]) -> Expr:
    """1 where the branch at `place` is taken, else 0."""
    return Piecewise(*((S.One if other == place else S.Zero, c) for other, c in enumerate(conditions)))


def _is_tame(expr: Expr) -> bool:
    """Whether nothing in an expression can be singular."""
    return not expr.has(log) and all(p.exp.is_Integer and p.exp > 0 for p in expr.atoms(Pow))


def indicator(condition: Boolean) -> tuple[Term, ...]:
    """An index condition as a sum of terms of guards and deltas, exactly one of which is 1 where it holds."""
    if isinstance(condition, BooleanTrue):
        return (Term(),)
    if isinstance(condition, BooleanFalse):
        return ()
    if isinstance(condition, And):
        result: tuple[Term, ...] = (Term(),)
        for part in sorted(condition.args, key=text_of):
            result = tuple(times(left, right) for left in result for right in indicator(part))
        return result
    if isinstance(condition, Or):
        first, *rest = sorted(condition.args, key=text_of)
        return indicator(first) + indicator(And(Not(first), Or(*rest)))
    if isinstance(condition, Not) and isinstance(condition.args[0], And | Or):
        inner = condition.args[0]
        return indicator((Or if isinstance(inner, And) else And)(*(Not(part) for part in inner.args)))
    if isinstance(condition, ITE):
        chosen, yes, no = condition.args
        return indicator(And(chosen, yes)) + indicator(And(Not(chosen), no))
    if isinstance(condition, Not) and isinstance(condition.args[0], ITE):
        chosen, yes, no = condition.args[0].args
        return indicator(ITE(chosen, Not(yes), Not(no)))
    if isinstance(condition, Relational):
        return _relation(condition)
    raise TypeError(f"no index condition: {condition}")


def _relation(relation: Relational) -> tuple[Term, ...]:
    difference = (relation.lhs - relation.rhs).expand()
    whole = ilcm(1, *(value.q for value in difference.as_coefficients_dict().values()))  # i < 3/2 is 3 - 2 i - 1 >= 0
    difference = (whole * difference).expand()
    delta = KroneckerDelta(whole * relation.lhs, whole * relation.rhs)
    if isinstance(relation, Eq):
        return (Term(factors=(delta,)),)
    if isinstance(relation, Ne):
        return (Term(), Term(Integer(-1), (delta,)))
    guards = {Ge: difference, Gt: difference - 1, Le: -difference, Lt: -difference - 1}
    return (Term(guards=(guards[type(relation)],)),)


def from_term(term: Term) -> Expr:
    """The expression that the term means: its sum split into connected parts, free factors before it."""
    bound = {v for v, _ in term.bounds}
    atoms = [*term.factors, *(Guard(guard) for guard in term.guards)]
    free = [a for a in atoms if not free_indices(a) & bound]
    result = Mul(term.coefficient, *free)
    for bounds, members in components(term.bounds, [a for a in atoms if free_indices(a) & bound]):
        result *= total(Mul(*members), *bounds) if members else Mul(*(count_of(n, Space()) for _, n in bounds))
    return result


def components(bounds: Bounds, atoms: list[Expr]) -> list[tuple[Bounds, list[Expr]]]:
    """Bound indices and factors, split into the parts that share no bound index; an unused index stands alone."""
    parts: list[tuple[set[Symbol], list[Expr]]] = []
    bound = {v for v, _ in bounds}
    for atom in atoms:
        touched, members = free_indices(atom) & bound, [atom]
        apart = []
        for indices, others in parts:
            if indices & touched:
                touched, members = touched | indices, others + members
            else:
                apart.append((indices, others))
        parts = [*apart, (set(touched), members)]
    used = set().union(*(indices for indices, _ in parts)) if parts else set()
    result = [(tuple(b for b in bounds if b[0] in indices), members) for indices, members in parts]
    return result + [((b,), []) for b in bounds if b[0] not in used]
