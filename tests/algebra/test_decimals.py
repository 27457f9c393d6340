"""Printed decimals beside exact values; the oracle is Python's `decimal` at 60 digits, and fractions by hand."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from sympy import Expr, Rational, exp, sqrt

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.decimals import decimal_of, rounds_to
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import entry, index, size, total

i, k, n = index("i"), index("k"), size("n")


def exact(text: str) -> Expr:
    return Rational(text)


@pytest.mark.parametrize(
    ("written", "value", "places", "digits"),
    [
        ("0.274811083", Fraction(274811083, 10**9), 9, 9),
        ("-0.0190", Fraction(-19, 1000), 4, 3),
        ("4.38e-4", Fraction(438, 10**6), 6, 3),
        ("1200", Fraction(1200), 0, 4),
        (".5", Fraction(1, 2), 1, 1),
        ("0.00", Fraction(0), 2, 2),
        ("−2.5E+1", Fraction(-25), 0, 2),
    ],
)
def test_a_printed_decimal(written: str, value: Fraction, places: int, digits: int) -> None:
    """The value, the place of the last digit, and the significant digits."""
    decimal = decimal_of(written)
    assert decimal is not None
    assert (decimal.value, decimal.places, decimal.digits) == (value, places, digits)


@pytest.mark.parametrize("written", ["", ".", "a", "1/3", "1.2.3", "1e99999", "0.5 x", "nan", "1_0"])
def test_no_decimal(written: str) -> None:
    """Any other text is none."""
    assert decimal_of(written) is None


def forward() -> tuple[Space, dict[str, Decimal]]:
    """A 2-1-1 network with printed weights, as definitions, and by hand with 60 digits."""
    given = {"x1": "0.05", "x2": "0.1", "w1": "0.15", "w2": "0.2", "w5": "0.4", "b1": "0.351237", "t": "0.01"}
    v = {name: entry(name) for name in given}
    net = entry("net")
    definitions = {name: Array((), (), exact(text)) for name, text in given.items()}
    definitions["net"] = Array((), (), v["w1"] * v["x1"] + v["w2"] * v["x2"] + v["b1"])
    definitions["out"] = Array((), (), 1 / (1 + exp(-net)))
    definitions["E"] = Array((), (), (v["t"] - entry("out")) ** 2 / 2)
    d = {name: Decimal(text) for name, text in given.items()}
    d["net"] = d["w1"] * d["x1"] + d["w2"] * d["x2"] + d["b1"]
    d["out"] = 1 / (1 + (-d["net"]).exp())
    d["E"] = (d["t"] - d["out"]) ** 2 / 2
    return Space(shapes=dict.fromkeys(definitions, ()), definitions=definitions), d


@pytest.mark.parametrize("name", ["net", "out", "E"])
@pytest.mark.parametrize("places", [1, 3, 9, 20])
def test_rounded_numbers_agree_and_neighbours_differ(name: str, places: int) -> None:
    """The nearest decimal agrees at every length; one that is a unit beyond the nearest two does not."""
    with localcontext() as context:
        context.prec = 60
        space, by_hand = forward()
        unit = Decimal(1).scaleb(-places)
        nearest = by_hand[name].quantize(unit, ROUND_HALF_EVEN)
        wrong = by_hand[name].quantize(unit, ROUND_UP if nearest < by_hand[name] else ROUND_DOWN)
        for shown, status in ((nearest, "agrees"), (wrong, "differs"), (nearest + 2 * unit, "differs")):
            decimal = decimal_of(f"{shown:f}")
            assert decimal is not None
            found = rounds_to(entry(name), decimal, {}, space, tuple(space.definitions))
            if wrong == nearest == by_hand[name]:
                continue  # printed in all its digits
            assert found.status == status
            assert found.value is None or found.value == pytest.approx(float(by_hand[name]))


def test_an_end_of_the_range() -> None:
    """Half a unit is agreement where the value is rational; where it cannot be told, it is undecided."""
    tenth = decimal_of("0.1")
    assert tenth is not None
    space = Space()
    assert rounds_to(Rational(15, 100), tenth, {}, space).status == "agrees"
    assert rounds_to(Rational(15, 100) + Rational(1, 10**30), tenth, {}, space).status == "differs"
    end = entry("a") ** 2 * Rational(75, 1000)
    known = Space(shapes={"a": ()}, definitions={"a": Array((), (), sqrt(2))})
    assert rounds_to(end, tenth, {}, known, ("a",)).status == "undecided"
    assert rounds_to(end - Rational(1, 10**20), tenth, {}, known, ("a",)).status == "agrees"


def test_every_entry_and_what_is_not_known() -> None:
    """All entries are compared, the sums in them at the sizes given; a tensor without a value decides nothing."""
    space = Space(shapes={"x": (n,), "c": ()})
    expr = entry("x", i) + total(entry("x", k), (k, n))
    decimal = decimal_of("0.33")
    assert decimal is not None
    thirds = {"x": (Fraction(1, 12),) * 3}
    assert rounds_to(expr, decimal, {i: n}, space, sizes={n: 3}, values=thirds).status == "agrees"
    uneven = {"x": (Fraction(1, 12), Fraction(1, 12), Fraction(1, 6))}
    found = rounds_to(expr - entry("x", 2) + entry("x", 0), decimal, {i: n}, space, sizes={n: 3}, values=uneven)
    assert (found.status, found.indices) == ("differs", (("i", 2),))
    assert rounds_to(expr, decimal, {i: n}, space).status == "undecided"
    assert rounds_to(entry("c"), decimal, {}, space).status == "undecided"
