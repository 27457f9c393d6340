"""What holds for a part of the real numbers alone is proved with that premise named, or not at all."""

from __future__ import annotations

import pytest
from sympy import Abs, Expr, exp, log, sqrt

from symbackprop.algebra.proving.equality import compare
from symbackprop.algebra.space import Fact, Space
from symbackprop.algebra.symbols import entry, index, size, total

i, j = index("i"), index("j")
n = size("n")
x, y, z = (entry(name) for name in "xyz")
u, v = entry("u", j), entry("v", j)
SHAPES = {"x": (), "y": (), "z": (), "u": (n,), "v": (n,)}
SPACE = Space(shapes=SHAPES)

RESTING: dict[str, tuple[Expr, Expr, set[str]]] = {
    "log of a square": (log(x**2), 2 * log(x), {"x is above 0"}),
    "log of a product": (log(x * y), log(x) + log(y), {"x is above 0", "y is above 0"}),
    "log of a complement": (log(x * (1 - x)), log(x) + log(1 - x), {"x is above 0", "1 - x is above 0"}),
    "a difference of logs": (log(z**2) - log(z), log(z), {"z is above 0"}),
    "logs in a sum": (
        total(log(u * v), (j, n)),
        total(log(u) + log(v), (j, n)),
        {"u[i] is above 0", "v[i] is above 0"},
    ),
    "root of a quotient": (sqrt(x / y), sqrt(x) / sqrt(y), {"x is above 0", "y is above 0"}),
    "root of a product": (sqrt(x * y), sqrt(x) * sqrt(y), {"x is above 0", "y is above 0"}),
    "power of a product": ((x * y) ** z, x**z * y**z, {"x is above 0", "y is above 0"}),
    "a pole divided out": ((x**2 - x) / x, x - 1, {"x is not 0"}),
    "a pole of two terms": ((x**2 - 1) / (x - 1), x + 1, {"x - 1 is not 0"}),
    "a pole brought in": (total(u, (j, n)), total(u * exp(x) * y, (j, n)) / (y * exp(x)), {"y is not 0"}),
}

EVERYWHERE: dict[str, tuple[Expr, Expr]] = {
    "the same log": (log(x * y) + 1, 1 + log(y * x)),
    "log of a cube": (log(x**3), 3 * log(x)),
    "log of a reciprocal": (log(1 / x), -log(x)),
    "log of a fourth power": (log(x**4), 2 * log(x**2)),
    "log of even and odd powers": (log(x**2 * y**3 * z), log(x**2) + log(y**2) + log(y * z)),
    "log of an exponential": (log(y * exp(x)), x + log(y)),
    "log of two signs": (log(-2 * x * y), log(2) + log(-x * y)),
    "poles on both sides": (1 / x - 1 / (x + 1), 1 / (x * (x + 1))),
    "a pole that is none": ((1 + exp(x)) * y / (1 + exp(x)), y),
}

FALSE: dict[str, tuple[Expr, Expr]] = {
    "a root of a square": (sqrt(x**2), x),
    "a log of a square without a square": (log(x**2), log(x)),
    "logs of opposites": (log(-x), log(x)),
    "logs of opposite differences": (log(x - y), log(y - x)),
    "a log of a sum": (log(x + y), log(x) + log(y)),
}


@pytest.mark.parametrize("name", RESTING)
def test_the_premise_is_named(name: str) -> None:
    """Proved with all of its premises, and with none other."""
    left, right, premises = RESTING[name]
    verdict = compare(left, right, {}, SPACE)
    assert verdict.status == "proved"
    assert set(map(str, verdict.premises)) == premises


@pytest.mark.parametrize("name", EVERYWHERE)
def test_no_premise_without_need(name: str) -> None:
    """What holds wherever both sides have a value rests on nothing."""
    left, right = EVERYWHERE[name]
    verdict = compare(left, right, {}, SPACE)
    assert (verdict.status, verdict.premises) == ("proved", ())


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_not_proved(name: str) -> None:
    """Not under a premise under which one side has no value either."""
    left, right = FALSE[name]
    assert compare(left, right, {}, SPACE).status != "proved"


def test_what_is_false_below_0_is_refuted() -> None:
    """Some points have no entry above 0."""
    assert compare(Abs(x), x, {}, SPACE).status == "refuted"
    assert compare(Abs(x) * Abs(y), x * y, {}, SPACE).status == "refuted"
    assert compare(sqrt(x * y) / y, sqrt(x / y), {}, SPACE).status == "refuted"
    assert compare(log(x**2) * y, 2 * log(Abs(x)) * Abs(y), {}, SPACE).status == "refuted"


def test_a_fact_serves_before_an_assumption() -> None:
    """What the model says of data is the premise, where it suffices."""
    known = Space(shapes=SHAPES, facts=(Fact("x", "positive"), Fact("y", "positive")))
    verdict = compare(log(x * y), log(x) + log(y), {}, known)
    assert set(map(str, verdict.premises)) == {"x is above 0", "y is above 0"}
    assert {premise.subject for premise in verdict.premises} == {"x", "y"}
