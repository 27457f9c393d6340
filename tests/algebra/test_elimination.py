"""Putting a definition in: compact textbook forms, guarded where the index may leave its range."""

from __future__ import annotations

from sympy import Expr, S

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.elimination import eliminate, put_in
from symbackprop.algebra.space import Fact, Space
from symbackprop.algebra.symbols import Apply, Guard, entry, index, size, total
from symbackprop.algebra.terms import terms_of

i, j, k, t = (index(name) for name in "ijkt")
n, T = size("n"), size("T")


def vector(name: str) -> Expr:
    return entry(name, i)


def test_binary_cross_entropy_after_a_sigmoid() -> None:
    """-y/a + (1-y)/(1-a) put into da a (1-a) leaves a - y."""
    da = Array((i,), (n,), -vector("y") / vector("a") + (1 - vector("y")) / (1 - vector("a")))
    space = Space(shapes=dict.fromkeys("ay", (n,)), definitions={"∂a": da})
    found = eliminate(entry("∂a", i) * vector("a") * (1 - vector("a")), ("∂a",), {i: n}, space)
    assert found.expression == vector("a") - vector("y")
    assert found.facts == ()


def test_softmax_cross_entropy_needs_its_fact() -> None:
    """p - y rests on Σ y = 1; without the fact the sum stays."""
    dp = Array((i,), (n,), -vector("y") / vector("p"))
    swept = vector("p") * (entry("∂p", i) - total(entry("∂p", k) * entry("p", k), (k, n)))
    shapes = dict.fromkeys(("p", "y", "∂p"), (n,))
    fact = Fact("y", "distribution", 0)
    known = eliminate(swept, ("∂p",), {i: n}, Space(shapes=shapes, facts=(fact,), definitions={"∂p": dp}))
    assert known.expression == vector("p") - vector("y")
    assert known.facts == (fact,)
    unknown = eliminate(swept, ("∂p",), {i: n}, Space(shapes=shapes, definitions={"∂p": dp}))
    assert unknown.expression != vector("p") - vector("y")
    assert unknown.expression.has(total(entry("y", j), (j, n)).func)
    assert unknown.facts == ()


def test_a_definition_comes_under_its_guards() -> None:
    """h[t-1] = σ(z[t-1]) is 0 at t = 0, not ½."""
    h = Array((t,), (T,), Apply("sigmoid", entry("z", t)))
    space = Space(shapes={"h": (T,), "z": (T,)}, definitions={"h": h})
    found = put_in(entry("h", t - 1), ("h",), {t: T}, space)
    (term,) = terms_of(found)
    assert term.guards == (t - 1,)
    assert put_in(entry("h", t), ("h",), {t: T}, space) == Apply("sigmoid", entry("z", t))
    assert found == Guard(t - 1) * Apply("sigmoid", entry("z", t - 1))


def test_under_a_sum_no_name_is_captured() -> None:
    """The definition's own sum keeps apart from the sum it is put under."""
    h = Array((i,), (n,), total(entry("w", i, j) * entry("x", j), (j, n)))
    space = Space(shapes={"h": (n,), "x": (n,), "w": (n, n)}, definitions={"h": h})
    found = put_in(total(entry("h", j) * entry("x", j), (j, n)), ("h",), {}, space)
    (term,) = terms_of(found)
    assert len(term.bounds) == 2
    assert S.One == term.coefficient
