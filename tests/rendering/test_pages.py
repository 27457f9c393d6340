"""Pages: well-formed, by themselves, safe, and linked within."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.rendering.render import document_text

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
VOID = {"meta", "br", "hr", "img", "link", "input"}
NET = """
input x[2]
target y[1]
parameter W[2,2], v[2]
z = W x
o = sum(i, v[i] z[i])
loss L = (o - y[0])^2
"""
HOSTILE = '<script>alert(1)</script> & "50%" é'


class Elements(HTMLParser):
    """The elements of a page, each with its attributes; a tag that is not closed in its place is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, name: str) -> list[str]:
        return [value for _, attributes in self.found if (value := attributes.get(name)) is not None]


@pytest.fixture(scope="module")
def derivation() -> sb.Derivation:
    return sb.derive(sb.load(EXAMPLES / "softmax_classifier.model"))


@pytest.fixture(scope="module")
def page(derivation: sb.Derivation) -> str:
    return document_text(derivation, "html")


def test_elements_are_closed_and_links_lead_somewhere(page: str) -> None:
    elements = Elements(page)
    ids = elements.all("id")
    assert len(ids) == len(set(ids))
    inside = [link.removeprefix("#") for link in elements.all("href")]
    assert inside and set(inside) <= set(ids)


def test_nothing_is_fetched(page: str) -> None:
    """No address but those that name the languages of formulas and drawings, and a policy that forbids all."""
    addresses = set(re.findall(r"https?://[^\"' <>)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
    assert not re.search(r"<link|<img|@import|url\((?!data:font/woff2;base64,)", page)
    assert "default-src 'none'" in page


def test_the_policy_lets_this_script_run_and_no_other(page: str) -> None:
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode("utf-8")).digest()).decode("ascii")
    assert f"script-src 'sha256-{digest}'" in page
    assert not [name for _, attributes in Elements(page).found for name in attributes if name.startswith("on")]


def test_symbols_are_told(derivation: sb.Derivation, page: str) -> None:
    """Each symbol of a tensor or an adjoint has words of its own."""
    tips = json.loads(re.findall(r'id="symbols">(.*?)</script>', page, re.DOTALL)[0])["all"]
    tensors = {tensor.name for tensor in derivation.model.tensors}
    shown = {name for name in Elements(page).all("data-sym") if name.removeprefix("∂") in tensors}
    assert len(shown) > len(tensors) and shown <= set(tips)


def test_steps_of_both_parts_are_there(derivation: sb.Derivation, page: str) -> None:
    assert derivation.one_sample is not None
    ids = Elements(page).all("id")
    assert "one-1" in ids and any(name.startswith("all-") for name in ids)
    assert page.count("<details>") >= 6 and page.count("<svg ") == 1


def test_a_seed_is_a_small_page(derivation: sb.Derivation, page: str) -> None:
    assert len(page.encode("utf-8")) < 600_000
    assert document_text(derivation, "html") == page


@pytest.mark.parametrize("format", ["md", "tex", "html"])
def test_titles_and_authors_are_words(derivation: sb.Derivation, format: str) -> None:
    text = document_text(derivation, format, title=HOSTILE, author=HOSTILE)
    assert "<script>alert" not in text.replace(r"\<script", "")
    if format == "html":
        Elements(text)
        assert "&lt;script&gt;alert(1)" in text


def test_what_a_page_has_not() -> None:
    scalar = sb.scalars(sb.load(EXAMPLES / "001_line.model"))
    with pytest.raises(UsageError, match=r"OUT\.md or OUT\.tex"):
        document_text(scalar, "html")


@pytest.mark.parametrize("format", ["md", "tex"])
def test_numbers_stand_beside_the_derivation(format: str, tmp_path: Path) -> None:
    """The hidden sums at x = (1, 2): by hand, and the document is read back and proved as it is without numbers."""
    model = sb.parse(NET)
    derivation = sb.derive(model)
    values = {"x": [1.0, 2.0], "y": [3.0], "W": [[0.5, -0.25], [1.5, 2.0]], "v": [2.0, -1.0]}
    evaluation = evaluation_for(derivation, values=values)
    text = document_text(derivation, format, evaluation=evaluation)
    assert r"\begin{bmatrix} 0.000 \\ 5.500 \end{bmatrix}" in text  # z = W x
    assert r"\begin{bmatrix} -34.00 \\ 17.00 \end{bmatrix}" in text  # dz = 2 (v z - 3) v
    path = tmp_path / f"numbers.{format}"
    path.write_text(text, "utf-8")
    assert {verdict.status for verdict in sb.verify(model, path).verdicts} == {sb.Status.PROVED}
