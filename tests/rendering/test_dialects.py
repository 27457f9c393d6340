"""Markdown in two dialects: the same formulas between other marks, as those who read them find them."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

import symbackprop as sb
from symbackprop.errors import UsageError
from tests.rendering.small import derived, written


def github_formulas(text: str) -> list[str]:
    """Fences of mathematics as a reader of CommonMark finds them."""
    return [token.content.strip() for token in MarkdownIt("commonmark").parse(text) if token.info == "math"]


def dollar_formulas(text: str) -> list[str]:
    """Displays as MyST finds them, which takes no more than dollars."""
    reader = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_space=False, allow_digits=False)
    return [token.content.strip() for token in reader.parse(text) if token.type == "math_block"]


def test_the_same_formulas() -> None:
    """Every display is found in either dialect, with the same LaTeX; nothing of the other dialect is left."""
    github, dollar = written("samples", "md", "github"), written("samples", "md", "dollar")
    assert github == written("samples", "md")
    assert dollar_formulas(dollar) == github_formulas(github) != []
    assert "$`" not in dollar and "```math" not in dollar
    assert dollar.count("```") == github.count("```python") * 2  # code is left as it is


@pytest.mark.parametrize("dialect", ["github", "dollar"])
def test_read_back(dialect: str, tmp_path: Path) -> None:
    """Both are read back, formula by formula, and proved."""
    path = tmp_path / "document.md"
    path.write_text(written("samples", "md", dialect), "utf-8")
    report = sb.verify(derived("samples").source, path)
    assert len(report.verdicts) > 20
    assert report.ok, report.summary


def test_formulas_in_the_line_are_found_as_well() -> None:
    """A dollar that opens has no space behind it, one that closes none before it and no digit after it."""
    reader = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_space=False, allow_digits=False)
    inner = [child for token in reader.parse(written("samples", "md", "dollar")) for child in token.children or ()]
    assert len([child for child in inner if child.type == "math_inline"]) > 40
    assert not [child.content for child in inner if child.type == "text" and "$" in child.content]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"dialect": "myst"}, "there is no dialect 'myst'"),
        ({"dialect": "dollar", "format": "tex"}, "is one of Markdown"),
        ({"format": "docx"}, "there is no format 'docx'"),
        ({"path": "out.md", "format": "md"}, "a path says its format itself"),
    ],
)
def test_mistakes(named: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        sb.render(derived("plain"), **named)  # type: ignore[arg-type]
