"""Documents in Typst and PDF: how long they are, that they compile and fit, that no name in them becomes code."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
import typst
from click.testing import CliRunner

import symbackprop as sb
from symbackprop.cli import main
from symbackprop.errors import RenderError, UsageError
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.rendering import pdf as maker
from symbackprop.rendering.pdf import pdf
from symbackprop.rendering.records import DETAILS, LEVELS
from symbackprop.rendering.render import document_text

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
THIRD_SEED = "002_two_layer_sigmoid"
PAGES = {THIRD_SEED: 2.5}
MORE_PAGES = {
    "softmax_classifier": 3,
    "networks/attention": 3,
    "networks/layer_norm": 4,  # 3 are wanted
    "networks/lstm": 7,  # 6 are wanted
    "networks/transformer_block": 8,
}
TOP, HEIGHT = 16 * 72 / 25.4, (297 - 16 - 18) * 72 / 25.4
HOSTILE = '#read("/etc/passwd") $x$ `a` *b* _c_ @d <script> \\write18 50% é // /* = ~ #'
AT_THE_END = "\n#context [#metadata((counter(page).get().first(), here().position().y / 1pt)) <end>]\n"
WIDTHS = (
    "#show math.equation.where(block: true): it => layout(size =>"
    " [#metadata((measure(it).width / 1pt, size.width / 1pt)) <widths>#it])\n"
)


@cache
def of(name: str) -> sb.Derivation:
    return sb.derive(sb.load(EXAMPLES / f"{name}.model"), checks=False)


def ten_layers() -> sb.Derivation:
    layers = range(1, 11)
    parameters = ", ".join(f"W{n}[n{n},n{n - 1}], b{n}[n{n}]" for n in layers)
    lines = [f"size {', '.join(f'n{n}' for n in range(11))}", "input x[n0]", "target y[n10] binary"]
    lines += ["samples m in columns", f"parameter {parameters}"]
    for n in layers:
        lines += [f"z{n} = W{n} {'x' if n == 1 else f'a{n - 1}'} + b{n}", f"a{n} = sigmoid(z{n})"]
    return sb.derive(sb.parse("\n".join([*lines, "loss L = binary_cross_entropy(a10, y)", "cost J = mean(L)"])))


def asked(source: str, label: str) -> list[list[float]]:
    """What metadata with a label hold, by typst's own layout."""
    return json.loads(typst.query(source.encode("utf-8"), f"<{label}>", field="value"))


def pages(source: str) -> float:
    """The pages of a document, the last one as far as it is filled."""
    ((page, y),) = asked(source + AT_THE_END, "end")
    return page - 1 + (y - TOP) / HEIGHT


@pytest.mark.parametrize("name", PAGES)
def test_pages(name: str) -> None:
    """At standard detail the documents are as short as people want them, and every formula fits its line."""
    source = document_text(of(name), "typ")
    assert 1 < pages(source) <= PAGES[name]
    assert [w for w, room in asked(WIDTHS + source, "widths") if w > room + 0.5] == []


@pytest.mark.long
@pytest.mark.parametrize("name", [*MORE_PAGES, "ten layers"])
def test_more_pages(name: str) -> None:
    source = document_text(ten_layers() if name == "ten layers" else of(name), "typ")
    assert 1 < pages(source) <= MORE_PAGES.get(name, 4)
    assert [w for w, room in asked(WIDTHS + source, "widths") if w > room + 0.5] == []


@pytest.mark.long
@pytest.mark.parametrize("path", sorted((EXAMPLES / "networks").glob("*.model")), ids=lambda path: path.stem)
def test_every_network(path: Path) -> None:
    """The document of every example compiles without a warning."""
    _, warnings = typst.compile_with_warnings(
        document_text(sb.derive(sb.load(path), checks=False), "typ").encode("utf-8"), format="pdf"
    )
    assert warnings == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("detail", DETAILS)
def test_levels_and_details(level: str, detail: str) -> None:
    source = document_text(of("001_line"), "typ", level=level, detail=detail)
    _, warnings = typst.compile_with_warnings(source.encode("utf-8"), format="pdf")
    assert warnings == []
    assert "<<" not in source and "None" not in source


def test_numbers_and_samples() -> None:
    """The scalar level, contributions of samples and numbers are printed too, by Typst's own spelling."""
    model = EXAMPLES / "000_two_layer_sigmoid.model"
    derivation = sb.derive(sb.load(model), checks=False)
    evaluation = evaluation_for(derivation, seed=1)
    for source in (
        document_text(derivation, "typ", evaluation=evaluation),
        document_text(sb.scalars(sb.load(EXAMPLES / "001_line.model")), "typ"),
    ):
        assert "\\frac" not in source and "\\cdot" not in source
        assert pdf(source).startswith(b"%PDF-")


def test_contributions(tmp_path: Path) -> None:
    """What each sample adds stands in the document; the sum is that in the Markdown of the same example."""
    given = [f"--data={EXAMPLES / '000_samples.csv'}", f"--values={EXAMPLES / '000_parameters.csv'}"]
    model, target = EXAMPLES / "000_two_layer_sigmoid.model", tmp_path / "out.typ"
    CliRunner().invoke(main, ["derive", str(model), "-o", str(target), "--contributions", "W2", *given])
    source = target.read_text("utf-8")
    assert "0.03992" in source and "| sum | $`0.03992`$" in (EXAMPLES / "000_contributions.md").read_text("utf-8")
    assert pdf(source).startswith(b"%PDF-")


def test_equations_can_be_referred_to() -> None:
    """Each step's result has a number, the step's, and a label; each label stands once."""
    derivation = of(THIRD_SEED)
    source = document_text(derivation, "typ")
    labels = re.findall(r'"eq:([^"]*)"', source)
    steps = derivation.one_sample.steps if derivation.one_sample else ()
    assert labels[: len(steps)] == [f"d{step.tensor}" for step in steps]
    assert len(set(labels)) == len(labels)
    pdf(source + "By @eq:dW1 and @step:da2, @eq:all:dW1.")
    with pytest.raises(RenderError, match="eq:dW9"):
        pdf(source + "By @eq:dW9.")


def test_names_are_no_code(tmp_path: Path) -> None:
    """Titles, authors and names of models are shown as they are; the metadata are in plain text in the file."""
    model = sb.load(EXAMPLES / "001_line.model")
    for title, author in ((HOSTILE, 'A "B" \\ #x'), ("= Heading", "- item"), ("+ a", "/ b"), ("1. one", "")):
        target = sb.render(sb.derive(model, checks=False), tmp_path / "d.pdf", title=title, author=author)
        whole = target.read_bytes()
        shown = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        found = re.search(rb"<rdf:li xml:lang=\"x-default\">(.*?)</rdf:li>", whole)
        assert found is not None
        assert found[1].decode("utf-8").replace('"', "&quot;") == shown


def test_no_file_can_be_read() -> None:
    """Even what would be code has no file to read, and no package to import."""
    for code in ('#read("/etc/passwd")', '#image("/../../etc/passwd")', '#include "/etc/hosts"'):
        with pytest.raises(RenderError, match="typst says"):
            pdf(code)


def test_same_bytes() -> None:
    source = document_text(of("001_line"), "typ")
    one, other = pdf(source), pdf(source)
    assert one == other
    assert b"/CreationDate" not in one


def test_without_typst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is missing, the error says what to install, and nothing is written."""
    monkeypatch.setattr(maker, "typst", None)
    derivation = of("001_line")
    with pytest.raises(UsageError, match="needs the package typst") as caught:
        sb.render(derivation, tmp_path / "d.pdf")
    assert "pip install 'symbackprop[pdf]'" in (caught.value.fix or "")
    assert list(tmp_path.iterdir()) == []
    sb.render(derivation, tmp_path / "d.typ")


def test_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that typst refuses leaves the old file as it was."""
    target = tmp_path / "d.pdf"
    target.write_bytes(b"old")
    monkeypatch.setattr("symbackprop.rendering.render._text", lambda *_, **__: "#nothing")
    with pytest.raises(RenderError, match="cannot be made a PDF"):
        sb.render(of("001_line"), target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["d.pdf"]
