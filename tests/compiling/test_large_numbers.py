"""Numbers and sizes beyond what can be computed: refused in words, and soon."""

from __future__ import annotations

import time

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError

NETWORK = """
size n = {n}
size h = {h}
input x[n]
target y[1]
parameter W[h,n], V[1,h]
a = sigmoid({c} W x)
b = V a
loss L = half_squared_error(b, y)
"""


def network(n: str = "2", h: str = "3", c: str = "1") -> sb.Model:
    return sb.parse(NETWORK.format(n=n, h=h, c=c))


@pytest.mark.parametrize("number", ["1e400", "10^400", "1e-400", "1/10^400", "(10^400 + 1/3)"])
def test_numbers_that_no_double_holds(number: str) -> None:
    """The derivation is exact; code is refused, and no name `inf` stands in it."""
    model = network(c=number)
    sb.derive(model, checks=False)
    with pytest.raises(UsageError, match="larger than all doubles"):
        sb.compile(model)


@pytest.mark.parametrize("size", ["1000000000"])
def test_sizes_that_no_memory_holds(size: str) -> None:
    """Derived and compiled as any other; what would make the arrays, or name each entry, says so at once."""
    began = time.process_time()
    for model in (network(n=size), network(h=size)):
        assert sb.text(sb.derive(model), "b") == "db = b - y"
        with pytest.raises(UsageError, match="too large to be computed for a comparison"):
            sb.compile(model).check()
        with pytest.raises(UsageError, match="more than 100,000 entries and terms"):
            sb.scalars(model)
    assert time.process_time() - began < 20


def test_long_ranges_in_a_small_model() -> None:
    """A sum over many terms of which nearly all are 0, or a greatest of many entries."""
    for formula in ("sum(t < 1000000000, (w x if t < 2 else 0))", "max(t < 1000000000, w x t)"):
        model = sb.parse(f"input x\nparameter w\nloss L = {formula}\n")
        with pytest.raises(UsageError, match=r"more than (100,000 entries and terms|20,000 operations)"):
            sb.scalars(model)
        with pytest.raises(UsageError, match="too large to be computed for a comparison"):
            sb.compile(model).check(given=1)
