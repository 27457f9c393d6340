"""Code beside the steps: the lines of the compiled function, all of them, in their order, where they belong."""

from __future__ import annotations

import ast
import re
from html import unescape

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError
from tests.planted.examples import FOLDER, load
from tests.rendering.small import derived, written

BLOCKS = {
    "md": re.compile(r"```python\n(.*?)\n```", re.S),
    "tex": re.compile(r"\\begin\{verbatim\}\n(.*?)\n\\end\{verbatim\}", re.S),
    "html": re.compile(r'<pre class="program" tabindex="0"><code>(.*?)</code></pre>', re.S),
}


def blocks_in(text: str, format: str) -> list[str]:
    """The blocks of code of a document."""
    return [unescape(block) if format == "html" else block for block in BLOCKS[format].findall(text)]


def body(source: str) -> list[str]:
    """The statements of the compiled function behind its checks and sizes, as Python's own reader divides them."""
    function = next(node for node in ast.parse(source).body if getattr(node, "name", "") == "loss_and_gradients")
    lines = source.split("# forward\n")[1].splitlines()
    assert isinstance(function, ast.FunctionDef)
    return [line.removeprefix("    ") for line in lines if line.strip() and line.strip() != "# backward"]


def bodies(derivation: sb.Derivation) -> list[str]:
    """Those of the functions of one sample and of all, compiled by themselves."""
    assert derivation.one_sample is not None
    return [line for m in (derivation.one_sample.model, derivation.source) for line in body(sb.compile(m).source)]


@pytest.mark.parametrize("format", BLOCKS)
def test_the_blocks_are_the_body(format: str) -> None:
    """Of one sample and of all: each part of the document has the whole function, line by line."""
    lines = "\n".join(blocks_in(written("samples", format), format)).splitlines()
    assert [line for line in lines if line.strip()] == bodies(derived("samples"))


def test_a_loop_is_one_block() -> None:
    """The steps of a recurrence are computed together; what was named before the loss is told with its step."""
    lines = "\n".join(blocks_in(written("recurrent", "md"), "md")).splitlines()
    assert [line for line in lines if line.strip()] == body(sb.compile(derived("recurrent").source).source)


@pytest.mark.long
@pytest.mark.parametrize("detail", ["standard", "every-step"])
@pytest.mark.parametrize("name", ["rnn_two_layers", "embedding", "deep_stack", "residual", "cnn_digits"])
def test_networks(name: str, detail: str) -> None:
    """Nothing is lost, doubled or put elsewhere, also where several steps are told together."""
    derivation = sb.derive(sb.load(FOLDER / "networks" / f"{name}.model"), checks=False)
    text = str(sb.render(derivation, code=True, detail=detail))
    lines = "\n".join(blocks_in(text, "md")).splitlines()
    assert [line for line in lines if line.strip()] == bodies(derivation)


def test_each_line_stands_at_its_step() -> None:
    """The number in a line's comment is that of the step under which it stands."""
    at: set[str] = set()
    seen = 0
    for line in written("samples", "md").split("## All samples")[0].splitlines():
        if step := re.match(r"\*\*([\d, ]+)\. ", line):
            at = set(step[1].split(", "))
        if comment := re.search(r"  # step (\d+)$", line):
            assert comment[1] in at, line
            seen += 1
    assert seen == 3


def test_only_what_is_derived() -> None:
    """With `wrt` the function gives what the derivation gives."""
    derivation = sb.derive(derived("plain").source, ["x"], checks=False)
    assert blocks_in(str(sb.render(derivation, code=True)), "md")[-1] == 'return L, {"x": dx}'


def test_letters_that_pdflatex_lacks() -> None:
    """LaTeX without packages for it knows Latin letters alone; nothing else is changed."""
    derivation = sb.derive(sb.parse("input x[2]\nparameter ж[2]\na = ж^T x\nloss L = a^2\n"), checks=False)
    assert "a = x @ zhe" in blocks_in(str(sb.render(derivation, code=True, format="tex")), "tex")[0]
    assert "a = x @ ж" in blocks_in(str(sb.render(derivation, code=True)), "md")[0]


def test_the_scalar_level_has_no_code() -> None:
    with pytest.raises(UsageError, match="code stands beside the steps of a derivation over whole arrays"):
        sb.render(sb.scalars(load("001_line"), checks=False), code=True)
