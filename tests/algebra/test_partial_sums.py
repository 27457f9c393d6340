"""Sums over part of a range: identities at all sizes, near misses, and random ones beside the independent oracle."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from sympy import Expr, Integer, KroneckerDelta, Ne, Piecewise, Rational, Symbol, exp

from symbackprop.algebra.proving.expressions import polynomial_expression
from symbackprop.algebra.proving.generators import UnprovedError, Workspace
from symbackprop.algebra.proving.normal import convert
from symbackprop.algebra.proving.zero import HANDLED, is_zero
from symbackprop.algebra.space import Fact, Space
from symbackprop.algebra.symbols import Guard, bare_sum, entry, index, size, total
from tests.oracles.numbers import Numbers
from tests.properties import holds_for

n, m = size("n"), size("m")
i, j, k, l, p = map(index, "ijklp")  # noqa: E741 (l is the usual fourth index)
SHAPES = {"x": (n,), "g": (n,), "y": (m,), "A": (n, n), "p": (n,)}
SPACE = Space(shapes=SHAPES)
FACTS = Space(shapes=SHAPES, facts=(Fact("p", "distribution", 0),))
RANGES = {i: n, j: n}
SIZES = ((1, 1), (2, 1), (1, 3), (3, 2), (5, 4))


def tensor(name: str):
    return lambda *indices: entry(name, *indices)


x, g, y, A = map(tensor, ("x", "g", "y", "A"))


def over(body: Expr, *limits: tuple[Symbol, object, object]) -> Expr:
    """A sum from a first to a last value, both of which may read other indices."""
    return bare_sum(body, limits)


def iverson(condition) -> Expr:
    return Piecewise((1, condition), (0, True))


def proved(difference: Expr, space: Space = SPACE) -> bool:
    return is_zero(difference, RANGES, space) is not None


X, XX = total(x(k), (k, n)), total(x(k) ** 2, (k, n))
SOFT = exp(A(i, j)) / over(exp(A(i, k)), (k, 0, i))
IDENTITIES = {
    "one term more": (over(x(k), (k, 0, i)), over(x(k), (k, 0, i - 1)) + x(i)),
    "one term more, a quotient": (
        over(x(k) / (1 + exp(g(k))), (k, 0, i)),
        over(x(k) / (1 + exp(g(k))), (k, 0, i - 1)) + x(i) / (1 + exp(g(i))),
    ),
    "up to and from": (over(x(k), (k, 0, i)) + over(x(k), (k, i + 1, n - 1)), X),
    "from, as the rest": (over(x(k), (k, i, n - 1)), X - over(x(k), (k, 0, i - 1))),
    "from, shifted": (over(x(k), (k, i, n - 1)), over(x(k + i), (k, 0, n - 1 - i))),
    "from, mirrored": (over(x(k), (k, i, n - 1)), over(x(n - 1 - k), (k, 0, n - 1 - i))),
    "the order of two sums": (
        over(x(k) * g(l), (k, 0, l), (l, 0, n - 1)),
        over(x(k) * g(l), (l, k, n - 1), (k, 0, n - 1)),
    ),
    "pairs": (2 * over(x(k) * x(l), (l, k + 1, n - 1), (k, 0, n - 1)), X**2 - XX),
    "pairs from either side": (
        over(x(k) * x(l), (l, k + 1, n - 1), (k, 0, n - 1)),
        over(x(k) * x(l), (l, 0, k - 1), (k, 0, n - 1)),
    ),
    "unequal pairs": (
        total(iverson(Ne(k, l)) * x(k) * g(l), (k, n), (l, n)),
        total((iverson(k < l) + iverson(k > l)) * x(k) * g(l), (k, n), (l, n)),
    ),
    "the square of a sum": (total(x(k) * x(l), (k, n), (l, n)), X**2),
    "twice cumulative": (over(x(k), (k, 0, l), (l, 0, i)), over((i - k + 1) * x(k), (k, 0, i))),
    "without the first": (over(x(k), (k, 1, n - 1)), X - x(0)),
    "without the last": (total(x(k), (k, n - 1)), X - x(n - 1)),
    "one beyond": (total(x(k), (k, n + 1)), X),
    "shifted by one": (total(g(k) * x(k - 1), (k, n)), total(g(k + 1) * x(k), (k, n - 1))),
    "telescoping": (total(x(k + 1) - x(k), (k, n - 1)), x(n - 1) - x(0)),
    "both ends": (total(iverson((k >= 1) & (k <= n - 2)) * x(k), (k, n)), over(x(k), (k, 1, n - 2))),
    "a count": (total(iverson(k <= i), (k, n)), i + 1),
    "the count of the rest": (total(iverson(k > i), (k, n)), n - 1 - i),
    "all but one": (total(iverson(Ne(k, i)), (k, n)), n - 1),
    "causal softmax": (total(SOFT * iverson(j <= i), (j, n)).xreplace({j: k}), Integer(1)),
    "a mask in the exponent": (
        total(exp(Piecewise((A(i, k), k <= i), (0, True))), (k, n)),
        over(exp(A(i, k)), (k, 0, i)) + n - 1 - i,
    ),
    "an exponent of a cumulative sum": (exp(over(x(k), (k, 0, i))), exp(over(x(k), (k, 0, i - 1))) * exp(x(i))),
    "at least and above": (Guard(i - j), Guard(i - j - 1) + KroneckerDelta(i, j)),
    "complements": (Guard(i - j) + Guard(j - i - 1), Integer(1)),
    "both ways": (Guard(i - j) * Guard(j - i), KroneckerDelta(i, j)),
    "implied": (Guard(i - 2) * Guard(i - 1), Guard(i - 2)),
    "implied, of two": (Guard(i - j - 2) * Guard(i - j + 1) * x(j), Guard(i - j - 2) * x(j)),
    "contradictory": (Guard(i - j - 1) * Guard(j - i - 1), Integer(0)),
    "twice as much": (Guard(2 * i - 2 * j + 1), Guard(i - j)),
    "the lesser of two ends": (
        total(Guard(i - k) * Guard(j - k) * x(k), (k, n)),
        Guard(i - j) * over(x(k), (k, 0, j)) + Guard(j - i - 1) * over(x(k), (k, 0, i)),
    ),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities(name: str) -> None:
    """Proved at all sizes; with a term of either side twice, it is not."""
    left, right = IDENTITIES[name]
    assert proved(left - right)
    assert not proved(left - right - x(0))
    assert not proved(left - right + Guard(i - 1))


DISTRIBUTED = {
    "but the last": (total(entry("p", k), (k, n - 1)), 1 - entry("p", n - 1)),
    "but the first": (over(entry("p", k), (k, 1, n - 1)), 1 - entry("p", 0)),
    "but one": (total(iverson(Ne(k, i)) * entry("p", k), (k, n)), 1 - entry("p", i)),
    "on either side": (over(entry("p", k), (k, 0, i - 1)) + over(entry("p", k), (k, i + 1, n - 1)), 1 - entry("p", i)),
}


@pytest.mark.parametrize("name", DISTRIBUTED)
def test_part_of_a_distribution(name: str) -> None:
    """What the others sum to is 1 less the one; not without the fact."""
    left, right = DISTRIBUTED[name]
    assert proved(left - right, FACTS)
    assert not proved(left - right)
    assert not proved(left - right - entry("p", i), FACTS)


def test_what_is_not_read_where_it_is_undefined() -> None:
    """1/x past the last place is not read: no form of the sum does so, and the sum without its last term is not it."""
    sum_of = over(x(k) / x(k + 1), (k, 0, n - 2))
    assert proved(sum_of - over(x(k - 1) / x(k), (k, 1, n - 1)))
    assert not proved(sum_of - total(x(k) / x(k + 1), (k, n)))
    assert not proved(sum_of)


@pytest.mark.parametrize(
    "wrong",
    [
        over(x(k), (k, 0, i)) - over(x(k), (k, 0, i - 1)),
        Guard(i - j) - Guard(i - j - 1),
        total(iverson(k <= i), (k, n)) - i,
        over(x(k) * x(l), (l, k + 1, n - 1), (k, 0, n - 1)) - X**2 + XX,
        over(x(k) * g(l), (k, 0, l), (l, 0, n - 1)) - over(x(k) * g(l), (l, 0, k), (k, 0, n - 1)),
        total(Integer(1), (k, n - 2)) - n + 2,  # at n = 1 there are none
    ],
)
def test_wrong_ends(wrong: Expr) -> None:
    """A term too many or too few, and a turned condition."""
    assert not proved(wrong)


# random sums


@st.composite
def places(draw: st.DrawFn, scope: tuple[Symbol, ...]) -> Expr:
    return draw(st.sampled_from(scope)) + draw(st.sampled_from([0, 0, 0, 1, -1, 2]))


@st.composite
def ends(draw: st.DrawFn, scope: tuple[Symbol, ...]) -> Expr:
    """The argument of a guard: two indices compared, or one with an end of its range."""
    one, other = draw(st.sampled_from(scope)), draw(st.sampled_from([*scope, Integer(0), n, m]))
    return draw(st.sampled_from([1, 1, 1, 2])) * draw(st.sampled_from([1, -1])) * (one - other) + draw(
        st.integers(-3, 3)
    )


@st.composite
def factors(draw: st.DrawFn, scope: tuple[Symbol, ...]) -> Expr:
    kind = draw(st.sampled_from(["x", "x", "g", "y", "A", "A", "guard", "guard", "guard", "delta", "exp", "inverse"]))
    if kind == "guard":
        return Guard(draw(ends(scope)))
    if kind == "delta":
        return KroneckerDelta(draw(places(scope)), draw(places(scope)))
    if kind == "exp":
        return exp(x(draw(places(scope))) / 2)
    if kind == "inverse":
        return 1 / (1 + g(draw(places(scope))) ** 2)
    return entry(kind, *(draw(places(scope)) for _ in SHAPES[kind]))


@st.composite
def sums(draw: st.DrawFn) -> Expr:
    """A sum of one to three indices, of products with guards; nested in another factor at times."""
    variables = (k, l, p)[: draw(st.integers(1, 3))]
    scope = (i, j, *variables)
    body = Integer(1)
    for _ in range(draw(st.integers(1, 4))):
        body = body * draw(factors(scope))
    bounds = tuple((v, draw(st.sampled_from([n, n, n, n - 1, n - 2, n + 1, m, Integer(2)]))) for v in variables)
    found = total(body, *bounds)
    if draw(st.booleans()):
        return found * draw(factors((i, j))) + draw(st.sampled_from([0, 1])) * draw(factors((i, j)))
    return found


def values(expr: Expr, sizes: tuple[int, int]) -> np.ndarray:
    known = dict(zip((n, m), sizes, strict=True))
    random = np.random.default_rng(11)
    shapes = {name: tuple(int(extent.xreplace(known)) for extent in shape) for name, shape in SHAPES.items()}
    stored = {name: random.uniform(0.5, 1.5, shape)[..., None] + 0j for name, shape in shapes.items()}
    numbers = Numbers(known, stored)
    boxes = itertools.product(range(sizes[0]), repeat=2)
    found = [numbers.value(expr, dict(zip((i, j), at, strict=True))) for at in boxes]
    return np.array([complex(np.asarray(f).flat[0]) for f in found])


def same(left: Expr, right: Expr) -> bool:
    return all(np.allclose(values(left, at), values(right, at), rtol=1e-9, atol=1e-11) for at in SIZES)


@holds_for(sums(), few=25, many=150)
def test_form_keeps_the_value(expr: Expr) -> None:
    """A sum in its one form has the value that it had, at sizes that leave ranges empty too."""
    work = Workspace(dict(RANGES), SPACE, handlers=HANDLED)
    try:
        form = polynomial_expression(work, convert(work, expr))
    except UnprovedError:
        assume(False)
        return
    assert same(expr, form)


@holds_for(sums(), sums(), st.sampled_from([Rational(1), Rational(1, 2), Rational(-1)]), few=25, many=150)
def test_what_is_proved_is_true(one: Expr, other: Expr, scale: Rational) -> None:
    """No two sums of different values are proved equal."""
    if is_zero(one - scale * other, RANGES, SPACE) is not None:
        assert same(one, scale * other)


def test_a_guard_that_fails_hides_what_has_no_value() -> None:
    """[i >= 1] / x[i-1] is 0 at i = 0, where x[-1] is: its two forms are equal there too."""
    pole = 1 / x(i - 1)
    assert proved(Guard(i - 1) * pole - Guard(i - 1) * (1 + pole) + Guard(i - 1))
    assert proved(Guard(i - 1) * pole - (1 - KroneckerDelta(i, 0)) * Guard(i - 1) * pole)
    assert not proved(Guard(i - 1) * pole - pole)
