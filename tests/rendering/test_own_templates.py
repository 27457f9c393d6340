"""Templates of the user's own: taken where they have a name that is used, in a sandbox, and told what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import symbackprop as sb
from symbackprop.cli import main
from symbackprop.errors import UsageError
from symbackprop.rendering.environment import templates
from symbackprop.rendering.render import document_text

MODEL = "input x[2]\ntarget y[1]\nparameter W[1,2]\nz = W x\nloss L = squared_error(z, y)\n"


@pytest.fixture(scope="module")
def derivation() -> sb.Derivation:
    return sb.derive(sb.parse(MODEL))


def test_a_template_goes_before_ours(derivation: sb.Derivation, tmp_path: Path) -> None:
    text = "<% for part in document.parts %><% for item in part.told %><< item.math >>;<% endfor %><% endfor %>"
    (tmp_path / "derivation.md.jinja").write_text(text, encoding="utf-8")
    assert document_text(derivation, "md", templates=tmp_path) == "$`dz`$;$`dW`$;"
    assert document_text(derivation, "tex", templates=tmp_path) == document_text(derivation, "tex")


def test_words_can_be_translated(derivation: sb.Derivation, tmp_path: Path) -> None:
    words = (Path(templates()) / "words.jinja").read_text(encoding="utf-8")
    (tmp_path / "words.jinja").write_text(words.replace("As in step", "Wie in Schritt"), encoding="utf-8")
    for format in ("md", "tex", "html", "typ"):
        ours, own = document_text(derivation, format), document_text(derivation, format, templates=tmp_path)
        assert own == ours.replace("As in step", "Wie in Schritt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<< document.tittle >>", "tittle"),
        ("<% for %>", "line 1"),
        ("a\n<% if document.title %>", "line 2"),
        ("<< document.__class__.__mro__ >>", "SecurityError"),
        ("<< ''.__class__.__base__.__subclasses__() >>", "SecurityError"),
        ("<% include '/etc/passwd' %>", "TemplateNotFound"),
        ("<< 1 / 0 >>", "ZeroDivisionError"),
        ("<< document.title + 1 >>", "TypeError"),
    ],
)
def test_what_is_broken_or_reaches_out_is_told(derivation: sb.Derivation, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "derivation.md.jinja").write_text(text, encoding="utf-8")
    target = tmp_path / "out.md"
    with pytest.raises(UsageError, match="cannot be used") as raised:
        sb.render(derivation, target, templates=tmp_path)
    assert said in str(raised.value)
    assert not target.exists()


def test_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "m.model").write_text(MODEL, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for folder, said in (("empty", "has no template that is used"), ("none", "cannot read the folder")):
        options = ["derive", str(tmp_path / "m.model"), "--templates", str(tmp_path / folder)]
        result = CliRunner().invoke(main, options)
        assert result.exit_code == 2 and said in result.output


def test_the_page_about_them_names_what_there_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    there = {path.name for path in Path(templates()).iterdir()}
    for named in re.findall(r"`([\w.*]+\.(?:jinja|css))`", page):
        assert named in there or any(Path(name).match(named) for name in there), named
