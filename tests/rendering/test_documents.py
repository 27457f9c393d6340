"""Documents of the examples, kept as golden files that people read; and what must hold of every document."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError, WriteError
from symbackprop.rendering.records import DETAILS, LEVELS
from symbackprop.rendering.render import document_text

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
MODELS = sorted(path.stem for path in EXAMPLES.glob("*.model"))
LONG_FORMULAS = ("lstm_peepholes", "transformer_post", "group_norm", "batch_norm_channels", "cnn_digits")
RENDERED = {
    "hat",
    "aligned",
    "begin",
    "bigl",
    "bigr",
    "delta",
    "end",
    "eta",
    "frac",
    "left",
    "log",
    "mathbf",
    "mathrm",
    "odot",
    "partial",
    "right",
    "sigma",
    "sum",
    "text",
    "times",
    "top",
}
AWKWARD = """
size n_in, k
input x[n_in]
target y[k]
parameter W_out[k,n_in], b_out[k]
z_out = W_out x + b_out
p_hat = leaky_relu(z_out)
loss L = huber(p_hat, y)
"""
GATED = """
size d, k
constant lambda, eps
input x[d]
target y[k] one_hot
samples N in rows
parameter W[d,d], b[d], V[k,d], c[k]
g = sigmoid(W x + b)
u = tanh(W x)
r = g ⊙ u + x
mu = mean(r)
v[i] = r[i] - mu
s2 = mean(i, v[i]^2)
n[i] = v[i] / sqrt(s2 + eps)
z = V n + c
p = softmax(z)
loss L = cross_entropy(p, y)
cost J = mean(L) + lambda/2 * sum(W^2)
"""
UNUSUAL = {"awkward names": AWKWARD, "gated": GATED}


@pytest.fixture(scope="module")
def derivations() -> dict[str, sb.Derivation]:
    return {name: sb.derive(sb.load(EXAMPLES / f"{name}.model")) for name in MODELS}


@pytest.mark.parametrize("name", MODELS)
def test_markdown(name: str, derivations: dict[str, sb.Derivation], golden: Callable[[Path, str], None]) -> None:
    """The example's document stands beside its model, as it is rendered now."""
    golden(EXAMPLES / f"{name}.md", document_text(derivations[name], "md"))


def test_latex(derivations: dict[str, sb.Derivation], golden: Callable[[Path, str], None]) -> None:
    """The LaTeX of the two-layer example."""
    name = "002_two_layer_sigmoid"
    golden(EXAMPLES / f"{name}.tex", document_text(derivations[name], "tex"))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("detail", DETAILS)
def test_levels_and_details(level: str, detail: str, derivations: dict[str, sb.Derivation]) -> None:
    """Each level shows its own notation alone, and nothing is left unfilled."""
    text = document_text(derivations["002_two_layer_sigmoid"], "md", level=level, detail=detail)
    single = text.split("## All samples")[0].split("## One sample")[1]
    assert ("The deltas collapse" in single) == (level != "matrix" and detail == "every-step")
    assert ("where it is multiplied by" in single) == (detail != "outline")
    assert ("\\odot" in single) == (level != "index")
    assert "<<" not in text and "None" not in text
    assert text.count("```") % 2 == 0
    assert ("(proved)" in text) == (detail == "every-step")


def test_details_grow(derivations: dict[str, sb.Derivation]) -> None:
    """An outline is shorter than the standard, which is shorter than every step."""
    lengths = [len(document_text(derivations["softmax_classifier"], "md", detail=detail)) for detail in DETAILS]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == 3


@pytest.fixture(scope="module")
def usual_texts(derivations: dict[str, sb.Derivation]) -> dict[str, str]:
    """The document of the classifier in each format, under the usual conventions."""
    return {format: document_text(derivations["softmax_classifier"], format) for format in ("md", "tex")}


@pytest.mark.parametrize("preset", ["default", "partial", "textbook", "calculus", "autodiff", "code"])
@pytest.mark.parametrize("format", ["md", "tex"])
def test_conventions_change_notation_alone(
    preset: str, format: str, derivations: dict[str, sb.Derivation], usual_texts: dict[str, str]
) -> None:
    """Under every named convention the document has the same headings and as many formulas."""
    derivation = derivations["softmax_classifier"]
    mark = "```math" if format == "md" else "\\["
    usual = usual_texts[format]
    other = document_text(derivation, format, conventions=sb.Conventions.named(preset))
    assert other.count(mark) == usual.count(mark) or preset == "textbook"
    assert (other == usual) == (preset == "default")


def test_only_commands_that_github_renders(derivations: dict[str, sb.Derivation]) -> None:
    r"""Every command in the Markdown is one that was seen to render; \operatorname is refused by GitHub."""
    seen: set[str] = set()
    for name in MODELS:
        seen |= set(re.findall(r"\\[A-Za-z]+", document_text(derivations[name], "md")))
    assert {command.removeprefix("\\") for command in seen} <= RENDERED


def test_whole_or_not_at_all(tmp_path: Path, derivations: dict[str, sb.Derivation]) -> None:
    """A document that cannot be written leaves the old one as it was, and nothing beside it."""
    derivation = derivations["001_line"]
    target = tmp_path / "line.md"
    sb.render(derivation, target, figures="none")
    before = target.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="no level 'everything'"):
        sb.render(derivation, target, level="everything")
    with pytest.raises(WriteError, match=r"cannot tell the format of line\.docx"):
        sb.render(derivation, tmp_path / "line.docx")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(WriteError, match="It is a folder"):
        sb.render(derivation, tmp_path / "folder.md")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="cannot write"):
        sb.render(derivation, tmp_path / "file" / "line.md")
    assert target.read_text(encoding="utf-8") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.md", "line.md"]


@pytest.mark.latex
@pytest.mark.parametrize("name", [*MODELS, *UNUSUAL])
def test_compiles(name: str, tmp_path: Path, derivations: dict[str, sb.Derivation]) -> None:
    """Debian's pdflatex compiles the document without a complaint, names with underscores too."""
    assert shutil.which("pdflatex"), "pdflatex is absent; install texlive-latex-recommended"
    derivation = sb.derive(sb.parse(UNUSUAL[name])) if name in UNUSUAL else derivations[name]
    sb.render(derivation, tmp_path / "d.tex", detail="every-step")
    said = pdflatex(tmp_path)
    assert "Overfull \\hbox" not in said or name in UNUSUAL  # where a line may be long


@pytest.mark.latex
@pytest.mark.parametrize("name", LONG_FORMULAS)
def test_formulas_fit_the_page(name: str, tmp_path: Path) -> None:
    """Long sums, of gates and of statistics, are broken into lines, and so is the code beside them."""
    derivation = sb.derive(sb.load(EXAMPLES / "networks" / f"{name}.model"), checks=False)
    sb.render(derivation, tmp_path / "d.tex", code=True)
    assert "Overfull \\hbox" not in pdflatex(tmp_path)


def pdflatex(folder: Path) -> str:
    """What pdflatex says of d.tex."""
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    assert (folder / "d.pdf").stat().st_size > 10_000
    return run.stdout
