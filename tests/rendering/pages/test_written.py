"""What stands in pages, without a browser: numbers beside the steps, both levels, fonts, the program of the numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.rendering.pages.fonts import font_faces
from symbackprop.rendering.pages.javascript import UnwrittenError, Writer, quoted
from symbackprop.rendering.pages.program import MOST, program
from symbackprop.rendering.render import document_text
from tests.rendering.pages.written import derivation, evaluation, page

OPAQUE = "input x[2]\nparameter w[2]\nfunction f(u)\ntarget y[1]\na = sum(i, w[i] f(x[i]))\nloss L = (a - y[0])^2\n"


def section(text: str, id: str) -> str:
    """A step of a page."""
    return re.findall(rf'<section class="step[^>]*id="{id}".*?</section>', text, re.DOTALL)[0]


def numbers_in(text: str) -> list[float]:
    """The numbers of the aside of a step."""
    values = re.findall(r'<span class="value".*?</span>', text, re.DOTALL)
    cells = [cell for value in values for cell in re.findall(r"(−?)(?:</mo>)?<mn>([0-9.]+)</mn>", value)]
    return [float(("-" if minus else "") + digits) for minus, digits in cells]


def test_the_numbers_of_a_step_stand_beside_it() -> None:
    """Of the first sample, by NumPy: the error, and its product with the hidden activations."""
    leaves = evaluation("seed").values
    x, y = leaves["x"][:, 0], leaves["y"][:, 0]
    hidden = 1 / (1 + np.exp(-(leaves["W1"] @ x + leaves["b1"])))
    error = 1 / (1 + np.exp(-(leaves["W2"] @ hidden + leaves["b2"]))) - y
    assert np.allclose(numbers_in(section(page("seed"), "one-2")), error, atol=5e-5)
    assert np.allclose(numbers_in(section(page("seed"), "one-3")), np.outer(error, hidden).ravel(), atol=5e-5)


def test_a_page_without_numbers_has_none_and_no_sliders() -> None:
    text = document_text(derivation("seed"), "html")
    assert 'class="num' not in text and "data-value=" not in text and 'class="sliders"' not in text
    assert "const program = null;" in text


def test_every_step_has_a_form_by_entries_and_in_matrices() -> None:
    for id in ("one-1", "one-3", "one-5", "one-6"):
        step = section(page("seed"), id)
        assert re.search(r'class="(main )?(e|only-e)"', step) or 'class="main"' in step
        assert 'class="main m"' in step or 'class="main"' in step
    alone = document_text(derivation("seed"), "html", level="index")
    assert 'name="level"' not in alone and "only-e" not in alone.partition("</style>")[2].partition("<script")[0]


def test_fonts_are_small_and_inside() -> None:
    assert len(font_faces()) <= 250_000
    assert font_faces().count("url(data:font/woff2;base64,d09GMg") == 3  # wOF2, the first letters of such a file


@pytest.mark.parametrize(("name", "most"), [("seed", 600_000), ("ten_layers", 1_500_000)])
def test_pages_are_small_enough(name: str, most: int) -> None:
    assert len(page(name).encode("utf-8")) <= most


def test_sliders_are_for_few_numbers() -> None:
    sliders = re.findall(r'<input type="range"[^>]*>', page("seed"))
    assert len(sliders) == 6 + 3 + 3 + 1 + 2 <= MOST
    assert len({re.findall(r'aria-label="([^"]+)"', slider)[0] for slider in sliders}) == len(sliders)
    assert 'class="sliders"' not in page("ten_layers") and "const program = null;" in page("ten_layers")


def test_no_text_of_a_program_ends_its_element() -> None:
    assert quoted('</script>"&') == '"\\u003c/script\\u003e\\"\\u0026"'
    assert "</" not in program({"one": evaluation("seed")}, 4)


def test_what_has_no_formula_is_not_written() -> None:
    expression = sb.parse(OPAQUE).space.definitions["a"].expression
    with pytest.raises(UnwrittenError, match="f has no formula"):
        Writer({}).text(expression, {})


def test_the_same_page_twice() -> None:
    again = evaluation_for(derivation("seed"), seed=1, sizes={"n": 2, "h": 3, "m": 4})
    assert document_text(derivation("seed"), "html", evaluation=again) == page("seed")
