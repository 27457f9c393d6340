r"""LaTeX to be read by \input: its labels, and that a document can have several."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError
from symbackprop.rendering.render import document_text

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
HOST = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath, amssymb, array, longtable, tikz}
\usetikzlibrary{arrows.meta}
\begin{document}
First \eqref{one:dW1}, \eqref{one:all:dW1}, \ref{one:step:da2}; second \eqref{two:dW1}.
\input{one}
\input{two}
\end{document}
"""


@pytest.fixture(scope="module")
def derivation() -> sb.Derivation:
    return sb.derive(sb.load(EXAMPLES / "002_two_layer_sigmoid.model"), checks=False)


def test_every_step_has_a_label(derivation: sb.Derivation) -> None:
    """Every gradient of one sample, and what changes over all samples; no preamble, no label twice."""
    text = document_text(derivation, "tex", fragment=True, label_prefix="net")
    labels = re.findall(r"\\label\{(net:[^}]*)\}", text)
    assert derivation.one_sample is not None
    assert labels[:8] == [f"net:d{step.tensor}" for step in derivation.one_sample.steps]
    assert labels[8:] == ["net:all:dW2", "net:all:db2", "net:all:dW1", "net:all:db1"]
    assert "documentclass" not in text and "\\tag" not in text
    assert "%   \\usepackage{amsmath" in text.split("\\makeatletter")[0]


def test_prefix_is_the_name_of_the_model(derivation: sb.Derivation) -> None:
    assert r"\label{002_two_layer_sigmoid:dW1}" in document_text(derivation, "tex", fragment=True)


def test_whole_document_has_the_numbers_of_its_steps(derivation: sb.Derivation) -> None:
    assert r"\tag{7}\label{eq:dW1}" in document_text(derivation, "tex")


@pytest.mark.parametrize(
    ("format", "options", "said"),
    [
        ("md", {"fragment": True}, "only the derivation over whole arrays has a fragment, in LaTeX"),
        ("tex", {"label_prefix": "a"}, "a prefix of labels is for a fragment"),
        ("tex", {"fragment": True, "label_prefix": r"a}\write18{ls"}, "labels cannot begin with"),
    ],
)
def test_what_has_no_fragment(format: str, options: dict[str, object], said: str, derivation: sb.Derivation) -> None:
    with pytest.raises(UsageError, match=said):
        document_text(derivation, format, **options)  # type: ignore[arg-type]


def test_scalar_level_has_none() -> None:
    with pytest.raises(UsageError, match="only the derivation over whole arrays"):
        document_text(sb.scalars(sb.load(EXAMPLES / "001_line.model")), "tex", fragment=True)


@pytest.mark.latex
def test_two_in_one_document(tmp_path: Path, derivation: sb.Derivation) -> None:
    """pdflatex numbers the equations of both on, and knows every label."""
    (tmp_path / "host.tex").write_text(HOST, "utf-8")
    for prefix in ("one", "two"):
        sb.render(derivation, tmp_path / f"{prefix}.tex", fragment=True, label_prefix=prefix)
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "host.tex"]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[-2000:]
    assert "undefined" not in run.stdout and "multiply" not in run.stdout and "Overfull" not in run.stdout
    numbers = dict(re.findall(r"\\newlabel\{([^}]*)\}\{\{([^}]*)\}", (tmp_path / "host.aux").read_text("utf-8")))
    assert [numbers[f"one:{name}"] for name in ("dW1", "all:dW1", "step:da2")] == ["7", "11", "1"]
    assert numbers["two:dW1"] == str(12 + 7)
