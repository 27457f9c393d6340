"""What of calculus a document rests on: there where it is asked for, in every format, and no claim about the model."""

from __future__ import annotations

import pytest

import symbackprop as sb
from symbackprop.rendering.render import document_text

MODEL = "input x[2]\ntarget y[1]\nparameter W[1,2]\nz = W x\nloss L = squared_error(z, y)\n"


@pytest.mark.parametrize("format", ["md", "tex", "html", "typ", "ipynb"])
@pytest.mark.parametrize("scalar", [False, True])
def test_there_where_it_is_asked_for(format: str, scalar: bool) -> None:
    model = sb.parse(MODEL)
    made = sb.scalars(model) if scalar else sb.derive(model)
    plain, more = (document_text(made, format, background=wanted) for wanted in (False, True))
    for words in ("A little calculus", "0.002 divided by 0.001 is 2", "Two ways", "are its gradient"):
        assert words in more and words not in plain


def test_it_claims_nothing_about_the_model() -> None:
    model = sb.parse(MODEL)
    derivation = sb.derive(model)
    reports = [sb.verify(model, document_text(derivation, "md", background=wanted)) for wanted in (False, True)]
    assert reports[1].ok
    assert [v.claim for v in reports[0].verdicts] == [v.claim for v in reports[1].verdicts]


def test_its_numbers() -> None:
    """Those in the words, worked out."""
    assert round((2 * 1.001 - 2 * 1) / 0.001, 9) == 2
    x, h = 3.0, 0.5
    assert ((x + h) ** 2 - x**2) / h == 2 * x + h
