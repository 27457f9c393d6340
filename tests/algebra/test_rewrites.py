"""Every rewrite keeps the value of random expressions at every index and size, by the independent oracle."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import HealthCheck, given, settings
from sympy import Add, Expr, Piecewise

from symbackprop.algebra.binding import apart, replaced, substitute
from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.display import common_factor, display, with_signs
from symbackprop.algebra.elimination import cancel_products, compact
from symbackprop.algebra.symbols import entry, index, size, total
from symbackprop.algebra.terms import Term, from_term, terms_of
from tests.algebra.random_expressions import RANGES, SPACE, expressions, i, j, same
from tests.properties import holds_for

WANTED = 5
"""So many expressions must show what a collapse without its guards changes."""


def from_terms(terms: Iterable[Term]) -> Expr:
    return Add(*map(from_term, terms))


@holds_for(expressions(), few=30, many=150)
def test_terms(expr: Expr) -> None:
    """Multiplying out to terms and back keeps the value."""
    assert same(expr, from_terms(terms_of(expr)))


@holds_for(expressions(), few=30, many=150)
def test_collapse(expr: Expr) -> None:
    """Collapsing deltas and dropping implied guards keeps the value."""
    assert same(expr, from_terms(t for term in terms_of(expr) for t in collapse(term, RANGES, SPACE)))


@holds_for(expressions(), few=30, many=150)
def test_display(expr: Expr) -> None:
    """The display form has the value of what it shows, and is its own display form's value."""
    shown = display(expr, RANGES, SPACE)
    assert same(expr, shown)
    assert same(expr, display(shown, RANGES, SPACE))


@holds_for(expressions(), few=30, many=150)
def test_compact(expr: Expr) -> None:
    """The compact form, factors pulled out, signs moved and products cancelled keep the value."""
    assert same(expr, compact(expr, RANGES, SPACE, []))
    assert same(expr, common_factor(expr))
    assert same(expr, with_signs(expr))
    assert same(expr, cancel_products(expr))


@holds_for(expressions(), few=30, many=150)
def test_renaming_apart(expr: Expr) -> None:
    """Bound indices renamed apart keep the value, and none bears a name to avoid."""
    assert same(expr, apart(expr, (i, j, index("k"))))


@holds_for(expressions(), few=30, many=150)
def test_substitution(expr: Expr) -> None:
    """Exchanging the two free indices twice gives the same values back; nothing is captured."""
    swapped = substitute(expr, {i: j, j: i})
    assert same(expr, substitute(swapped, {i: j, j: i}))
    moved = substitute(expr, {i: index("q")})
    assert same(expr, substitute(moved, {index("q"): i}))


def test_a_naive_collapse_is_seen() -> None:
    """Without its guards a collapse changes values, and the oracle sees it."""
    seen = 0

    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(expressions())
    def naive(expr: Expr) -> None:
        nonlocal seen
        if seen >= WANTED:
            return  # enough was seen: the rest of the examples costs no time
        terms = [t for term in terms_of(expr) for t in collapse(term, RANGES, SPACE)]
        bare = [Term(t.coefficient, t.factors, t.bounds) if t.guards else t for t in terms]
        if any(t.guards for t in terms) and not same(expr, from_terms(bare)):
            seen += 1

    naive()
    assert seen >= WANTED


def test_terms_are_kept_apart() -> None:
    """A product of two sums over the same letter has two letters."""
    k = index("k")
    left = total(entry("x", k), (k, size("N")))
    (term,) = terms_of(left * total(entry("x", k) * entry("c"), (k, size("N"))))
    assert len({v for v, _ in term.bounds}) == 2
    assert same(from_terms((term,)), left**2 * entry("c"), ())


def test_cases_stay_under_the_sum_that_binds_their_condition() -> None:
    """SymPy's constructor would pull the cases out of the inner sum and leave its index unbound."""
    weight = entry("W", i, j)
    inner = total(Piecewise((weight, weight > 1), (0, True)), (j, size("K")))
    outer = total(entry("x", i) * inner, (i, size("N")))
    assert j not in outer.free_symbols
    assert j not in substitute(outer, {index("q"): i}).free_symbols
    assert j not in replaced(outer, {entry("x", i): entry("y", i)}).free_symbols
    assert j not in display(outer, {}, SPACE).free_symbols
