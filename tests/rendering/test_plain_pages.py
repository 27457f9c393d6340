"""Pages of the scalar level and of what samples add: the formulas of the Markdown document, as a browser reads them."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

import pytest

import symbackprop as sb
from symbackprop.notation.writing.mathml import plain_number
from tests.rendering.small import derived

MODEL = derived("samples").source
VOID = {"meta", "br", "mspace"}


@cache
def written(name: str) -> sb.ScalarDerivation | sb.BySample:
    values = sb.seeded(MODEL, {"n": 2}).arrays
    if name == "samples":
        return sb.contributions(MODEL, "W", values)
    return sb.scalars(
        MODEL, {"n": 2}, checks=False, values={name: a[0] if name in ("x", "y") else a for name, a in values.items()}
    )


class Page(HTMLParser):
    """Whether each element ends; how many formulas there are, and the words outside of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.formulas: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "math":
            self.formulas.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "math" in self.open:
            self.formulas[-1] += data
        else:
            self.words += data


@pytest.mark.parametrize("name", ["scalar", "samples"])
def test_the_formulas_of_the_markdown(name: str) -> None:
    """As many formulas, as many of them in tables, and no LaTeX among them."""
    page = Page(str(sb.render(written(name), format="html", figures="none")))
    markdown = str(sb.render(written(name)))
    tree = re.search(r"```text\n(.*?)\n```", markdown, re.S)  # there in plain text
    nodes = tree[1].count("\n") + 1 if tree else 0
    assert len(page.formulas) == markdown.count("$`") + markdown.count("```math") + nodes
    assert all(formula.strip() for formula in page.formulas)
    assert "\\" not in page.words + "".join(page.formulas)


def test_the_numbers_of_the_markdown() -> None:
    """Each number of the table of samples stands on the page, with a minus for a hyphen."""
    page, markdown = Page(str(sb.render(written("samples"), format="html"))), str(sb.render(written("samples")))
    rows = [line for line in markdown.splitlines() if re.match(r"\| (\d+|sum) \|", line)]
    numbers = [number for row in rows for number in re.findall(r"\$`(-?[\d.]+)`\$", row)]
    assert len(numbers) > 10
    for number in numbers:
        assert number.replace("-", "−") in page.formulas, number


@pytest.mark.parametrize(("latex", "said"), [(r"1.5 \cdot 10^{-9}", "1.5·10−9"), ("-2.0", "−2.0"), ("0", "0")])
def test_powers_of_ten(latex: str, said: str) -> None:
    from_page = Page(plain_number(latex))
    assert from_page.words == said


def test_a_section_of_the_page() -> None:
    """The contributions stand within the page of a derivation too."""
    derivation = derived("samples")
    found = written("samples")
    assert isinstance(found, sb.BySample)
    page = str(sb.render(derivation, format="html", by_sample=found))
    alone = str(sb.render(found, format="html"))
    section = alone[alone.index('<section class="part">') : alone.index("</main>")]
    assert section.strip() in page


def test_hostile_names() -> None:
    """A title is words, and a page asks for nothing from elsewhere."""
    page = str(sb.render(written("scalar"), format="html", title="<script>1</script>", author='"><b>'))
    assert "<script" not in page and "<b>" not in page
    assert not re.search(r'(src|href)="(?!#)', page)
