"""Entries that lie outside of their tensor wherever their indices stand, found at all sizes, beside enumeration."""

from __future__ import annotations

from itertools import product

import pytest
from sympy import Expr, S, floor

from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import entry, index, size
from symbackprop.model.bounds import axis_outside

i, n, m = index("i"), size("n"), size("m")
SPACE = Space(shapes={"x": (n,), "W": (n, m), "tok": (n,), "h": (S.One,)})

READS: list[tuple[Expr, int | None]] = [
    (entry("x", n), 0),
    (entry("x", n + 1), 0),
    (entry("x", S(-1)), 0),
    (entry("x", i + n), 0),
    (entry("x", i - n), 0),
    (entry("x", floor(i / n) - 1), 0),
    (entry("W", i, m + 2), 1),
    (entry("W", n, m), 0),
    (entry("x", n - 1), None),
    (entry("x", i + 1), None),
    (entry("x", i - 1), None),
    (entry("x", S(1)), None),
    (entry("x", m), None),
    (entry("W", i, i), None),
    (entry("h", i - 1), None),  # a recurrence of a single step
    (entry("h", S(1)), 0),
    (entry("x", entry("tok", i)), None),
]


@pytest.mark.parametrize(("read", "axis"), READS, ids=[str(read) for read, _ in READS])
def test_an_entry_outside(read: Expr, axis: int | None) -> None:
    """An axis is named only if no position at any small size is inside of it; none, if some position is inside."""
    assert axis_outside(read, {i: n}, SPACE) == axis
    if axis is None:
        return
    place, extent = read.indices[axis], SPACE.shapes[str(read.base.label)][axis]
    for count, other in product((1, 2, 3), repeat=2):
        for at in range(count):
            known = {n: count, m: other, i: at}
            assert not 0 <= place.xreplace(known) < extent.xreplace(known)
