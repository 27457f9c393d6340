"""Equations over several lines: no line wider than the page, nothing lost, and read back as the same equation."""

from __future__ import annotations

import pytest
from sympy import Expr

import symbackprop as sb
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import entry, index, size
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import nomenclature
from symbackprop.notation.writing.lines import ROOM, latex_lines, width

i = index("i")
n = size("n")
TENSORS = tuple(f"long{place}" for place in range(12))
NAMES = nomenclature(Conventions(), Space(dict.fromkeys((*TENSORS, "x", "y"), (n,))))
MODEL = sb.parse(
    f"size n\ninput x[n], {', '.join(f'{name}[n]' for name in TENSORS)}\ntarget t[n]\n"
    f"y[i] = x[i] * ({' '.join(f'{sign} {name}[i] x[i]' for sign, name in zip('-+' * 6, TENSORS, strict=True))})\n"
    "loss L = squared_error(y, t)\n"
)


def long_sum() -> Expr:
    return sum((-1) ** (place + 1) * entry(name, i) * entry("x", i) for place, name in enumerate(TENSORS))


def rows(latex: str) -> list[str]:
    first, *between, last = latex.splitlines()
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    return between


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        ("x", 1),
        ("x y", 2),
        (r"\alpha", 1),
        ("x_{ij}", 1 + 0.7 * 2),
        ("x_i^2", 1 + 0.7),  # above each other
        (r"\frac{a b c}{d}", 3),
        (r"\left( a \right)", 3),
        ("a + b", 2 + 2.4),
        (r"\mathrm{diag}(v)", 4 + 3),
    ],
)
def test_width(latex: str, letters: float) -> None:
    assert width(latex) == pytest.approx(letters)


def test_what_fits_stays_on_a_line() -> None:
    assert latex_lines([entry("y", i), entry("x", i) + 1], NAMES) == "y_i = 1 + x_i"


@pytest.mark.parametrize("expr", [long_sum(), entry("x", i) * (1 + long_sum())], ids=["a sum", "a sum in brackets"])
def test_broken_before_signs(expr: Expr) -> None:
    """Each row fits and begins with its sign; all of the terms are there, in their order."""
    found = rows(latex_lines([entry("y", i), expr], NAMES))
    assert len(found) > 1
    assert all(width(row) <= ROOM for row in found)
    assert found[0].startswith("y_i &= ")
    assert all(row.startswith((r"&\quad + ", r"&\quad - ")) for row in found[1:])
    whole = " ".join(found)
    assert [whole.count(rf"\mathrm{{long}}^{{[{place}]}}_i") for place in range(12)] == [1] * 12


@pytest.mark.parametrize("mistake", [False, True])
def test_read_back(mistake: bool) -> None:
    """A broken line is the equation that it was, and one sign in a later row decides."""
    latex = latex_lines([entry("y", i), entry("x", i) * long_sum()], NAMES)
    assert len(rows(latex)) > 1
    if mistake:
        head, tail = latex.rsplit(" + ", 1)
        latex = f"{head} - {tail}"
    (verdict,) = sb.verify(MODEL, f"$$\n{latex}\n$$\n").verdicts
    assert verdict.status == ("refuted" if mistake else "proved")
