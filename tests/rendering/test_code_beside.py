"""Code beside the steps: the lines of the compiled function, all of them, in their order, where they belong."""

from __future__ import annotations

import ast
import re
from functools import cache
from html import unescape

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError
from tests.planted.examples import load

BLOCKS = {
    "md": re.compile(r"```python\n(.*?)\n```", re.S),
    "tex": re.compile(r"\\begin\{verbatim\}\n(.*?)\n\\end\{verbatim\}", re.S),
    "html": re.compile(r'<pre class="program" tabindex="0"><code>(.*?)</code></pre>', re.S),
}


@cache
def derived(name: str) -> sb.Derivation:
    return sb.derive(load(name), checks=False)


def shown(derivation: sb.Derivation, format: str, detail: str = "standard") -> list[str]:
    """The blocks of code of a document."""
    text = sb.render(derivation, format=format, code=True, detail=detail)
    return [unescape(block) if format == "html" else block for block in BLOCKS[format].findall(str(text))]


def body(source: str) -> list[str]:
    """The statements of the compiled function behind its checks and sizes, as Python's own reader divides them."""
    function = next(node for node in ast.parse(source).body if getattr(node, "name", "") == "loss_and_gradients")
    lines = source.split("# forward\n")[1].splitlines()
    assert isinstance(function, ast.FunctionDef)
    return [line.removeprefix("    ") for line in lines if line.strip() and line.strip() != "# backward"]


@pytest.mark.parametrize("format", BLOCKS)
def test_the_blocks_are_the_body(format: str) -> None:
    """Of one sample and of all: each part of the document has the whole function, line by line."""
    model, derivation = load("000_two_layer_sigmoid"), derived("000_two_layer_sigmoid")
    blocks = "\n".join(shown(derivation, format)).splitlines()
    assert derivation.one_sample is not None
    single, whole = (body(sb.compile(m).source) for m in (derivation.one_sample.model, model))
    assert [line for line in blocks if line.strip()] == [*single, *whole]


RECURRENT = """size T, n
input x[T,n]
samples m in rows
h = rnn(x, 2)
loss L = sum(h^2)
cost J = mean(L)
"""


@pytest.mark.parametrize("detail", ["standard", "every-step"])
def test_loops(detail: str) -> None:
    """A loop over the steps of a recurrence stays one block; nothing is lost, doubled or put elsewhere."""
    model = sb.parse(RECURRENT)
    derivation = sb.derive(model, checks=False)
    assert derivation.one_sample is not None
    single, whole = (body(sb.compile(m).source) for m in (derivation.one_sample.model, model))
    lines = "\n".join(shown(derivation, "md", detail)).splitlines()
    assert [line for line in lines if line.strip()] == [*single, *whole]


def test_each_line_stands_at_its_step() -> None:
    """The number in a line's comment is that of the step under which it stands."""
    text = str(sb.render(derived("000_two_layer_sigmoid"), code=True))
    at: set[str] = set()
    for line in text.split("## All samples")[0].splitlines():
        if step := re.match(r"\*\*([\d, ]+)\. ", line):
            at = set(step[1].split(", "))
        if comment := re.search(r"  # step (\d+)$", line):
            assert comment[1] in at, line


def test_only_what_is_derived() -> None:
    """With `wrt` the function gives what the derivation gives."""
    model = load("000_two_layer_sigmoid")
    closing = shown(sb.derive(model, ["W2", "x"], checks=False), "md")[-1]
    assert closing == 'return J, {"W2": dW2, "x": dx}'


def test_letters_that_pdflatex_lacks() -> None:
    """LaTeX without packages for it knows no Greek outside formulas."""
    model = sb.parse("input x[2]\nparameter ж[2]\na = ж^T x\nloss L = a^2\n")
    derivation = sb.derive(model, checks=False)
    assert "a = x @ zhe" in "\n".join(shown(derivation, "tex"))
    assert "a = x @ ж" in "\n".join(shown(derivation, "md"))


def test_the_scalar_level_has_no_code() -> None:
    with pytest.raises(UsageError, match="code stands beside the steps of a derivation over whole arrays"):
        sb.render(sb.scalars(load("001_line")), code=True)
