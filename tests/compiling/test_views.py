"""Entries with index maps as views: the source of each, and its values beside the reference interpreter's."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Expr, KroneckerDelta, Mod, Piecewise, floor

from symbackprop.algebra.symbols import Apply, Guard, entry
from symbackprop.compiling.program import Elementwise
from tests.compiling.written_programs import assert_right, box, c, h, i, j, lines_of, m, n, program, u

X = {"x": (n, m)}
V = {"v": (n,)}
READS: list[tuple[str, dict, dict, Expr, str]] = [
    # name, arguments, box, what is read, the source
    ("whole", X, {"i": n, "j": m}, 2 * entry("x", i, j), "2 * x"),
    ("transposed", X, {"j": m, "i": n}, 2 * entry("x", i, j), "2 * x.T"),
    (
        "axes turned round",
        {"x": (n, m, h)},
        {"c": h, "i": n, "j": m},
        2 * entry("x", i, j, c),
        "2 * x.transpose(2, 0, 1)",
    ),
    ("a column", V, {"i": n, "j": m}, 2 * entry("v", i), "np.full((n, m), (2 * v)[:, None])"),
    ("a row beside", {**X, "b": (m,)}, {"i": n, "j": m}, entry("x", i, j) + entry("b", j), "x + b"),
    ("a column beside", {**X, "b": (n,)}, {"i": n, "j": m}, entry("x", i, j) + entry("b", i), "x + b[:, None]"),
    ("a slice", {"v": (n + 2,)}, {"i": n}, 2 * entry("v", i + 1), "2 * v[1:-1]"),
    ("a slice to the end", {"v": (n + 2,)}, {"i": n}, 2 * entry("v", i + 2), "2 * v[2:]"),
    ("a stride", {"v": (2 * n,)}, {"i": n}, 2 * entry("v", 2 * i + 1), "2 * v[1::2]"),
    ("a short stride", {"v": (3 * n + 2,)}, {"i": n}, 2 * entry("v", 3 * i), "2 * v[:-4:3]"),
    ("a size as a stride", {"v": (n * h,)}, {"i": n}, 2 * entry("v", h * i), "2 * v[::h]"),
    ("turned round", V, {"i": n}, 2 * entry("v", n - 1 - i), "2 * v[::-1]"),
    ("turned round, in part", {"v": (n + 2,)}, {"i": n}, 2 * entry("v", n - i), "2 * v[n:0:-1]"),
    ("one position", X, {"j": m}, 2 * entry("x", 0, j), "2 * x[0]"),
    ("one column", X, {"i": n}, 2 * entry("x", i, m - 1), "2 * x[:, m - 1]"),
    ("the diagonal", {"x": (n, n)}, {"i": n}, 2 * entry("x", i, i), "2 * x.diagonal()"),
    ("part of the diagonal", {"x": (n + 1, n + 1)}, {"i": n}, 2 * entry("x", i, i), "2 * strided("),
    ("the diagonal of a wide matrix", {"x": (n, n + 2)}, {"i": n}, 2 * entry("x", i, i), "2 * strided("),
    ("the diagonal of a tall matrix", {"x": (n + 2, n)}, {"i": n}, 2 * entry("x", i, i), "2 * strided("),
    ("beside the diagonal", {"x": (n, n + 1)}, {"i": n}, 2 * entry("x", i, i + 1), "2 * strided("),
    ("the other diagonal", {"x": (n, n)}, {"i": n}, 2 * entry("x", i, n - 1 - i), "2 * strided("),
    ("past the diagonal's end", {"x": (n - 1, n - 1)}, {"i": n}, 2 * entry("x", i, i), "strided(np.pad("),
    ("an index in two axes", {"x": (n, n, m)}, {"i": n, "j": m}, 2 * entry("x", i, i, j), "2 * strided("),
    ("two indices in an axis", {"v": (n + h - 1,)}, {"i": n, "u": h}, 2 * entry("v", i + u), "2 * strided("),
    ("strided windows", {"v": (2 * n + 3 * h,)}, {"i": n, "u": h}, 2 * entry("v", 2 * i + 3 * u), "((2,), (3,))"),
    ("a convolution", {"v": (n + h - 1,)}, {"i": n, "u": h}, 2 * entry("v", i + h - 1 - u), "((1,), (-1,))"),
    ("before the start", V, {"i": n}, 2 * entry("v", i - 1), "2 * np.pad(v, (1, 0))[:-1]"),
    ("past the end", V, {"i": n}, 2 * entry("v", i + 2), "2 * np.pad(v, (0, 2))[2:]"),
    ("past one side of two", X, {"i": n, "j": m}, 2 * entry("x", i, j + 1), "2 * np.pad(x, ((0, 0), (0, 1)))[:, 1:]"),
    ("windows past both ends", V, {"i": n, "u": 3}, 2 * entry("v", i + u - 1), "strided(np.pad(v, (1, 1))"),
    ("one position outside", V, {}, 2 * entry("v", n - 2), "2 * (v[n - 2] if n >= 2 else 0.0)"),
    ("one row outside", X, {"j": m}, 2 * entry("x", n - 2, j), "2 * (x[n - 2] if n >= 2 else np.zeros(m))"),
    ("halved", V, {"i": n}, 2 * entry("v", floor(i / 2)), "2 * v[np.arange(n) // 2]"),
    ("a remainder", V, {"i": m}, 2 * entry("v", Mod(i, n)), "2 * v[np.arange(m) % n]"),
    ("a square, cut off", V, {"i": n}, 2 * entry("v", i**2), "2 * np.where("),
    (
        "an index as a value",
        V,
        {"i": n, "j": m},
        i * entry("v", i) + j,
        "np.arange(m) + np.arange(n)[:, None] * v[:, None]",
    ),
    ("a guard", V, {"i": n}, Guard(i - 1) * entry("v", i), "np.where(np.arange(n) >= 1, v, 0.0)"),
    ("a guard by itself", V, {"i": n}, Guard(n - 2 - i) + entry("v", i), "np.where(np.arange(n) <= n - 2, 1.0, 0.0)"),
    ("a delta", V, {"i": n, "j": n}, KroneckerDelta(i, j) * entry("v", i), "np.arange(n)[:, None] == np.arange(n)"),
    (
        "cases of indices",
        V,
        {"i": n},
        Piecewise((entry("v", i), i < n - 1), (0, True)),
        "np.where(np.arange(n) < n - 1, v, 0.0)",
    ),
    (
        "cases of sizes",
        V,
        {"i": n},
        Piecewise((entry("v", i), n > 2), (0, True)),
        "z = (v if n > 2 else np.zeros(n)).copy()",
    ),
]


@pytest.mark.parametrize(("arguments", "sizes", "read", "source"), [r[1:] for r in READS], ids=[r[0] for r in READS])
def test_reads(arguments: dict, sizes: dict, read: Expr, source: str) -> None:
    """Each index map prints as a person would write it, and reads what it should."""
    indices = box(**sizes)
    made = {"z": tuple(sizes.values())}
    code = assert_right(program(arguments, [Elementwise("z", tuple(s for s, _ in indices), indices, read)], made))
    assert any(source in line for line in lines_of(code)), "\n".join(lines_of(code))


TAKEN: list[tuple[str, dict, dict, Expr, str]] = [
    ("rows", {"E": (5, h), "tok": (m,)}, {"i": m, "c": h}, entry("E", entry("tok", i), c), "2 * E[tok]"),
    ("columns", {"E": (h, 5), "tok": (m,)}, {"i": m, "c": h}, entry("E", c, entry("tok", i)), "2 * E[:, tok].T"),
    (
        "one of each row",
        {"E": (m, 5), "tok": (m,)},
        {"i": m},
        entry("E", i, entry("tok", i)),
        "2 * E[np.arange(m), tok]",
    ),
    (
        "by a matrix",
        {"E": (5, h), "tok": (m, n)},
        {"i": m, "j": n, "c": h},
        entry("E", entry("tok", i, j), c),
        "2 * E[tok]",
    ),
    ("by a number", {"E": (5, h), "tok": ()}, {"c": h}, entry("E", entry("tok"), c), "2 * E[tok]"),
    (
        "next to it, or outside",
        {"E": (5,), "tok": (m,)},
        {"i": m},
        entry("E", entry("tok", i) + 1),
        "np.clip(1 + tok, 0, 4)",
    ),
    (
        "in a part",
        {"E": (5, h + 1), "tok": (m,)},
        {"i": m, "c": h},
        entry("E", entry("tok", i), c + 1),
        "2 * E[tok, 1:]",
    ),
]


@pytest.mark.parametrize(("arguments", "sizes", "read", "source"), [r[1:] for r in TAKEN], ids=[r[0] for r in TAKEN])
def test_takes(arguments: dict, sizes: dict, read: Expr, source: str) -> None:
    """Entries of integer tensors as indices."""
    indices = box(**sizes)
    made = {"z": tuple(sizes.values())}
    statement = Elementwise("z", tuple(s for s, _ in indices), indices, 2 * read)
    code = assert_right(program(arguments, [statement], made), {"tok": 5})
    assert any(source in line for line in lines_of(code)), "\n".join(lines_of(code))
    assert set(code.below) == {"tok"}


def test_a_view_that_is_a_result_is_copied() -> None:
    """A result that is an entry as it stands shares no memory with the argument."""
    statements = [
        Elementwise("z", (j, i), box(j=m, i=n), entry("x", i, j)),
        Elementwise("w", (i,), box(i=n), entry("d", i, i)),
        Elementwise("v", (i, u), box(i=n, u=2), entry("e", i + u)),
    ]
    made = {"z": (m, n), "w": (n,), "v": (n, 2)}
    code = assert_right(program({"x": (n, m), "d": (n, n), "e": (n + 1,)}, statements, made))
    assert "z = x.T.copy()" in lines_of(code)


def test_a_size_of_no_entries_reads_nothing() -> None:
    """Where a range n - 1 is empty, a reversed slice does not start from the end."""
    statement = Elementwise("z", (i,), box(i=n - 1), 2 * entry("v", n - 2 - i))
    of = program({"v": (n,)}, [statement], {"z": (n - 1,)})
    code = assert_right(of)
    assert code.function(np.ones(1))[1][0].shape == (0,)


def test_branches_that_do_not_hold_are_harmless() -> None:
    """A quotient reads a number that it takes where its case does not hold."""
    expression = Piecewise((1 / entry("v", i + 1), i < n - 1), (Apply("sigmoid", entry("v", i)), True))
    assert_right(program({"v": (n,)}, [Elementwise("z", (i,), box(i=n), expression)], {"z": (n,)}))
