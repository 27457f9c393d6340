"""Canonical names: alpha-equal expressions get one text, others never do."""

from __future__ import annotations

import itertools
import time

import pytest
from sympy import Expr, Mul, exp

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.proving.naming import canonical, height, label
from symbackprop.algebra.symbols import ArgMax, Maximum, entry, index, size, total

n, m = size("n"), size("m")
i, j, k, l = map(index, "ijkl")  # noqa: E741 (l is the usual fourth index)


def x(*indices: object) -> Expr:
    return entry("x", *indices)


def w(*indices: object) -> Expr:
    return entry("w", *indices)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (total(x(j), (j, n)), total(x(k), (k, n))),
        (total(w(j, k) * x(j), (j, n), (k, n)), total(w(l, i) * x(l), (i, n), (l, n))),
        (total(exp(total(w(i, j) * x(j), (j, n))), (i, m)), total(exp(total(w(j, i) * x(i), (i, n))), (j, m))),
        (
            total(w(i, j) * w(j, k) * w(k, i), (i, n), (j, n), (k, n)),
            total(w(k, j) * w(j, i) * w(i, k), (k, n), (i, n), (j, n)),
        ),
        (x(ArgMax(x(i), (i, n))), x(ArgMax(x(k), (k, n)))),
        (Maximum(w(i, l), (i, n)), Maximum(w(j, l), (j, n))),
    ],
)
def test_equal_up_to_names(left: Expr, right: Expr) -> None:
    """Renamed and reordered copies have one label and one canonical form."""
    assert label(left) == label(right)
    assert canonical(left) == canonical(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (total(x(j), (j, n)), total(x(j), (j, m))),
        (total(w(j, k) * x(j), (j, n), (k, n)), total(w(j, k) * x(k), (j, n), (k, n))),
        (
            total(w(i, j) * w(j, k) * w(k, i), (i, n), (j, n), (k, n)),
            total(w(i, j) * w(j, k) * w(i, k), (i, n), (j, n), (k, n)),
        ),
        (total(exp(total(w(i, j) * x(j), (j, n))), (i, n)), total(exp(total(w(i, j) * x(i), (j, n))), (i, n))),
        (x(i), x(j)),
        (entry("n"), n),
        (entry("a,b"), entry("a")),
        (Maximum(x(i), (i, n)), total(x(i), (i, n))),
        (x(ArgMax(x(i), (i, n))), x(ArgMax(x(i), (i, m)))),
    ],
)
def test_different_things_have_different_labels(left: Expr, right: Expr) -> None:
    """What is not the same up to names never shares a label."""
    assert label(left) != label(right)
    assert canonical(left) != canonical(right)


def test_every_renaming_of_a_ring_agrees() -> None:
    """Four indices in a ring look alike to refinement; all 24 namings come out the same."""
    names = (i, j, k, l)
    labels = set()
    for a, b, c, d in itertools.permutations(names):
        labels.add(label(total(w(a, b) * w(b, c) * w(c, d) * w(d, a), *((v, n) for v in names))))
    assert len(labels) == 1


def test_rings_of_two_and_three() -> None:
    """Refinement cannot tell a ring of two from a ring of three; the least labelling can, whatever the names."""
    labels = set()
    for a, b, c, d, e in itertools.permutations((*map(index, "ijklp"),)):
        body = w(a, b) * w(b, a) * w(c, d) * w(d, e) * w(e, c)
        labels.add(label(total(body, *((v, n) for v in (i, j, k, l, index("p"))))))
    assert len(labels) == 1


def test_not_factorial() -> None:
    """Twelve indices that all look alike end at the cap, in well under a second."""
    names = [index(f"q{number}") for number in range(12)]
    body = Mul(*(w(a, b) for a, b in zip(names, [*names[1:], names[0]], strict=True)))
    ring = total(body, *((v, n) for v in names))
    started = time.perf_counter()
    label(ring)
    assert time.perf_counter() - started < 2


def test_nested_binders_are_not_captured() -> None:
    """Names go by depth, so an inner sum never takes the outer index's name."""
    expr = total(exp(total(w(i, j), (j, n))) * total(w(j, i), (j, n)), (i, n))
    named = canonical(expr)
    assert height(expr) == 2
    assert canonical(named) == named
    assert label(named) == label(expr)
    assert label(substitute(expr, {j: i})) == label(expr)


def test_free_indices_keep_their_names() -> None:
    """Only bound indices are renamed."""
    assert canonical(x(i) + total(x(k) * x(j), (k, n))) == x(i) + total(x(index("_1_0")) * x(j), (index("_1_0"), n))
