"""Every document that we render is read back, and all of its lines are proved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.notation.conventions import PRESETS
from symbackprop.notation.notes.formats import parts_of
from symbackprop.notation.notes.passages import Passage
from symbackprop.rendering.render import document_text
from tests.planted.examples import EXAMPLES, FOLDER, load

WRITTEN = sorted([*FOLDER.glob("*.md"), *FOLDER.glob("*.tex"), FOLDER / "002_notes.txt"])

NETWORKS = sorted((FOLDER / "networks").glob("*.model"))

OTHERS = {"002_notes": "002_two_layer_sigmoid", "000_contributions": "000_two_layer_sigmoid"}


def owner(document: Path) -> str:
    """The example that a document is of."""
    named = [name for name in EXAMPLES if document.stem.startswith(name)]
    return max(named, key=len) if named else OTHERS[document.stem]


def not_proved(report: sb.Report) -> list[str]:
    return [str(verdict) for verdict in report.verdicts if verdict.status is not sb.Status.PROVED]


@pytest.mark.parametrize(
    "document",  # test_scalar_documents.py reads other scalar documents back
    [pytest.param(path, marks=pytest.mark.long if "scalar" in path.stem else ()) for path in WRITTEN],
    ids=lambda path: path.name,
)
def test_documents_of_the_examples(document: Path) -> None:
    """The documents beside the models, and the note by hand."""
    report = sb.verify(load(owner(document)), document)
    assert len(report.verdicts) >= 2
    assert not_proved(report) == []


def read_back(network: Path, ending: str, folder: Path) -> sb.Report:
    """The report on the document that is derived of a network."""
    model, path = sb.load(network), folder / f"document.{ending}"
    path.write_text(document_text(sb.derive(model, checks=False), ending), "utf-8")
    return sb.verify(model, path)


@pytest.mark.parametrize("name", ["embedding", "rnn", "matrix_factorisation"])
def test_documents_of_networks(name: str, tmp_path: Path) -> None:
    assert not_proved(read_back(FOLDER / "networks" / f"{name}.model", "md", tmp_path)) == []


SMALL = {
    "a number before an indicator": "input x[3]\nparameter W[3,3]\nz = W x\nq = relu(z)\nloss L = sum(q^2)\n",
    "vectors of each sample under a sum": "size T, n\ninput x[T,n]\nsamples m in rows\nparameter v[n]\n"
    "o[t] = sum(i, v[i] x[t,i])\nloss L = sum(o^2)\ncost J = mean(L)\n",
    "a layer called as the cost of others": "size n\ninput x[1,n]\nsamples m in rows\nc = conv1d(x, 2, 2, relu)\n"
    "loss L = sum(c^2)\ncost J = mean(L)\n",
    "a layer called as the loss": "size n\ninput x[n]\nsamples m in rows\nl = dense(x, 3, tanh)\nloss L = sum(l^2)\n"
    "cost J = mean(L)\n",
    "a sum over an index that data choose": "size n, k\ninput u integer\nsamples m in rows\nparameter P[n,k], b[n]\n"
    "s = sum(d, P[u,d]) + b[u]\nloss L = s^2\ncost J = mean(L)\n",
}


@pytest.mark.parametrize("ending", ["md", pytest.param("tex", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", SMALL)
def test_documents_of_small_models(name: str, ending: str, tmp_path: Path) -> None:
    model, path = sb.parse(SMALL[name]), tmp_path / f"document.{ending}"
    path.write_text(document_text(sb.derive(model, checks=False), ending), "utf-8")
    assert not_proved(sb.verify(model, path)) == []


FRAME = re.compile(r"\\(?:begin|end)\{(?:equation|align|aligned)\}|\\(?:tag|label)\{[^}]*\}")
"""What stands around equations in LaTeX: their numbers and labels."""


def formulas(document: Path) -> list[tuple[tuple[str, ...], str]]:
    """The equations of a document in order, each with the headings that it stands under but for the title."""
    passages = [part for part in parts_of(document) if isinstance(part, Passage) and part.markup == "latex"]
    title = 1 if document.suffix == ".md" else 0  # in LaTeX it is no section
    texts = ((part.headings[title:], part.source.written(part.span)) for part in passages)
    return [(headings, "".join(FRAME.sub("", text).split())) for headings, text in texts if "=" in text]


@pytest.mark.long
@pytest.mark.parametrize("network", NETWORKS, ids=lambda path: path.stem)
def test_documents_of_all_networks(network: Path, tmp_path: Path) -> None:
    """The Markdown is proved, and LaTeX has the same formulas under the same headings."""
    assert not_proved(read_back(network, "md", tmp_path)) == []
    (tmp_path / "document.tex").write_text(document_text(sb.derive(sb.load(network), checks=False), "tex"), "utf-8")
    in_latex = formulas(tmp_path / "document.tex")
    assert len(in_latex) > 12  # fewer would be a reader that passes over them
    assert in_latex == formulas(tmp_path / "document.md")


@pytest.mark.long
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_notation(name: str, preset: str, tmp_path: Path) -> None:
    """Every step under all named conventions, proved in Markdown, and the same in LaTeX."""
    conventions = PRESETS[preset]
    derivation = sb.derive(load(name), checks=False, one_over_m=conventions.one_over_m)
    paths = [tmp_path / f"document.{ending}" for ending in ("md", "tex")]
    for path in paths:
        text = document_text(derivation, path.suffix[1:], detail="every-step", conventions=conventions)
        path.write_text(text, "utf-8")
    assert not_proved(sb.verify(load(name), paths[0], conventions=conventions)) == []
    assert formulas(paths[1]) == formulas(paths[0])


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "sizes"),
    [("002_two_layer_sigmoid", {"n": 2, "h": 3}), ("softmax_classifier", {"n": 2, "h1": 2, "h2": 2, "k": 2})],
)
def test_scalar_level(name: str, sizes: dict[str, int], tmp_path: Path) -> None:
    """Every operation of a network at given sizes, read back at that level."""
    path = tmp_path / "scalars.md"
    sb.render(sb.scalars(load(name), sizes), path)
    report = sb.verify(load(name), path, sizes=sizes)
    assert not_proved(report) == []
    assert len(report.verdicts) > 100
