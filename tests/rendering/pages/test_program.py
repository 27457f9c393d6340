"""The programs of pages in a browser: every value, adjoint and step of descent is that of Python."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

import symbackprop as sb
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.rendering.environment import templates
from symbackprop.rendering.pages.program import program
from tests.rendering.pages.written import NETWORKS

pytestmark = pytest.mark.long
MODELS = (
    "attention_causal", "batch_norm", "conv2d", "deep_stack", "embedding", "gaussian_mixture", "gru", "layer_norm",
    "lstm", "max_pool2d", "maxout", "variational_autoencoder", "weight_norm",
)  # fmt: skip
RUN = """() => {{ {helpers}; const part = {program}.parts.one; const at = reader(part, part.given);
const all = [...part.rules.keys()].map(n => [n, placesOf(part.shapes.get(n)).map(p => at(n, ...p))]);
return [Object.fromEntries(all), after(part, part.given)]; }}"""


@pytest.mark.parametrize("name", MODELS)
def test_a_program_computes_what_python_does(browser: Browser, name: str) -> None:
    evaluation = evaluation_for(sb.derive(sb.load(NETWORKS / f"{name}.model")), seed=1)
    helpers = (Path(templates()) / "page" / "computing.js").read_text("utf-8")
    page = browser.new_page()
    computed, after = page.evaluate(RUN.format(helpers=helpers, program=program({"one": evaluation}, 4)))
    page.close()
    assert len(computed) > len(evaluation.adjoints)
    for tensor, entries in computed.items():
        wanted = evaluation.adjoints[tensor[1:]] if tensor.startswith("∂") else evaluation.values[tensor]
        np.testing.assert_allclose(np.array(entries, float), np.ravel(wanted), rtol=1e-9, atol=1e-12, err_msg=tensor)
    assert after == pytest.approx(float(evaluation.loss_after), rel=1e-12)


@pytest.mark.parametrize("x", [-7.0, -2.6, -0.3, 0.0, 1e-9, 0.5, 2.49, 2.51, 4.0])
def test_erf(browser: Browser, x: float) -> None:
    helpers = (Path(templates()) / "page" / "computing.js").read_text("utf-8")
    page = browser.new_page()
    assert page.evaluate(f"() => {{ {helpers}; return erf({x!r}); }}") == pytest.approx(math.erf(x), abs=2e-15)
    page.close()
