"""Notebooks: valid, run from top to bottom with NumPy alone, with numbers that somebody else computed too."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import UsageError
from tests.planted.examples import FOLDER, load
from tests.rendering.small import derived, written

NETWORKS = sorted((FOLDER / "networks").glob("*.model"))

RUN = """
import json, pathlib, sys
cells = json.loads(pathlib.Path(sys.argv[1]).read_text("utf-8"))["cells"]
names, values = {}, []
for cell in cells:
    if cell["cell_type"] != "code":
        continue
    exec("".join(cell["source"]), names)
    if "differences" in names:
        values.append({"loss": float(names["loss"]), "same": names["same"], "rate": names["rate"],
                       "loss_after": float(names["loss_after"]),
                       "differences": {k: float(v) for k, v in names.pop("differences").items()},
                       "gradients": {k: v.tolist() for k, v in names["gradients"].items()}})
assert not [name for name in sys.modules if name.split(".")[0] in ("symbackprop", "sympy")]
print("\\n" + json.dumps(values))
"""


def cells(name: str) -> list[dict[str, Any]]:
    return json.loads(written(name, "ipynb"))["cells"]


def run(path: Path) -> list[dict[str, Any]]:
    """What the code cells come to in a process that has none of us: a record for each part of the notebook."""
    command = [sys.executable, "-I", "-W", "error", "-c", RUN, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["samples", "lookup", "recurrent"])
def test_it_runs_and_is_right(name: str, tmp_path: Path) -> None:
    """The whole notebook in another process; the derivation's own numbers are those of its last part."""
    path = tmp_path / "notebook.ipynb"
    path.write_text(written(name, "ipynb"), "utf-8")
    nbformat.validate(nbformat.read(path, 4))
    found = run(path)
    expected = sb.evaluate(derived(name))
    wholes = [expected] if expected.one_sample is None else [expected.one_sample, expected]
    assert len(found) == len(wholes)
    for part, whole in zip(found, wholes, strict=True):
        assert part["same"] is True
        assert part["loss"] == pytest.approx(whole.loss, rel=1e-12)
        assert part["loss_after"] == pytest.approx(whole.loss_after, rel=1e-10)
        assert part["gradients"].keys() == whole.updated.keys()
        for tensor, gradient in part["gradients"].items():
            assert np.asarray(gradient) == pytest.approx(whole.gradient(tensor), rel=1e-10, abs=1e-14)
            assert part["differences"][tensor] < 1e-7 * max(1.0, np.max(np.abs(gradient)))


def test_by_hand(tmp_path: Path) -> None:
    """Given numbers, of which the loss and the gradient are known: L = (w x)², with w x = 6, dw = 2 · 6 · 3."""
    model, path = sb.parse("input x\nparameter w\nz = w x\nloss L = z^2\n"), tmp_path / "square.ipynb"
    given = sb.evaluate(sb.derive(model), data={"x": 3.0}, values={"w": 2.0}, rate=0.01)
    sb.render(given.derivation, path, evaluation=given)
    (part,) = run(path)
    assert (part["loss"], part["gradients"]["w"], part["rate"]) == (36.0, 36.0, 0.01)
    assert part["loss_after"] == pytest.approx((2 - 0.36) ** 2 * 9)


def test_a_wrong_gradient_shows(tmp_path: Path) -> None:
    """The check of the notebook is one: of a program with a mistake it prints a large difference."""
    path = tmp_path / "plain.ipynb"
    text = written("plain", "ipynb")
    assert text.count("(1 - a[:, None] ** 2)") == 2
    path.write_text(text.replace("(1 - a[:, None] ** 2)", "(1 + a[:, None] ** 2)"), "utf-8")
    (part,) = run(path)
    assert max(part["differences"].values()) > 0.01


def test_a_step_is_a_cell_of_words_and_one_of_code() -> None:
    """The code of a step stands behind its words, and ends with the name whose value is shown."""
    kinds = [(cell["cell_type"], "".join(cell["source"])) for cell in cells("plain")]
    words = next(place for place, (_, text) in enumerate(kinds) if text.startswith("**2. "))
    assert kinds[words][0] == "markdown"
    assert kinds[words + 1] == ("code", "dW = 2 * x * a[:, None] * (1 - a[:, None] ** 2)  # step 2\n\ndW")
    assert all("\n#" not in text for kind, text in kinds if kind == "markdown")
    assert not [text for _, text in kinds if "$`" in text or "```" in text]


def test_the_same_bytes_and_ids_of_their_own() -> None:
    assert sb.render(derived("plain"), format="ipynb") == written("plain", "ipynb")
    ids = [cell["id"] for cell in cells("samples")]
    assert len(ids) == len(set(ids)) > 20


def test_read_back(tmp_path: Path) -> None:
    """What the cells state is proved, as many lines as the Markdown document has."""
    reports = []
    for format in ("ipynb", "md"):
        path = tmp_path / f"document.{format}"
        path.write_text(written("samples", format), "utf-8")
        reports.append(sb.verify(derived("samples").source, path))
    assert reports[0].ok, str(reports[0])
    assert len(reports[0].verdicts) == len(reports[1].verdicts) > 20


def test_figures_are_within(tmp_path: Path) -> None:
    """A notebook is one file; its picture is that which stands beside the Markdown document."""
    sb.render(derived("samples"), tmp_path / "d.md")
    (picture,) = (file.read_text("utf-8") for file in tmp_path.glob("*.graph.svg"))
    texts = ["".join(cell["source"]) for cell in cells("samples")]
    found = [unquote(data) for text in texts for data in re.findall(r"\]\(data:image/svg\+xml,([^)]*)\)", text)]
    assert picture in found
    assert "data:image" not in str(sb.render(derived("samples"), format="ipynb", figures="none"))
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".md", *[".svg"] * len(found)]


@pytest.mark.long
@pytest.mark.parametrize("network", NETWORKS, ids=lambda path: path.stem)
def test_networks(network: Path, tmp_path: Path) -> None:
    """The notebook of every network runs, steps and function alike, and its gradients are central differences."""
    derivation, path = sb.derive(sb.load(network), checks=False), tmp_path / "network.ipynb"
    sb.render(derivation, path)
    for part in run(path):
        assert part["same"] is True
        for tensor, difference in part["differences"].items():
            assert difference < 1e-5 * max(1.0, float(np.max(np.abs(part["gradients"][tensor])))), tensor


def test_other_documents_are_notebooks_of_words(tmp_path: Path) -> None:
    """The scalar level has no program; its notebook is valid all the same."""
    path = tmp_path / "scalars.ipynb"
    sb.render(sb.scalars(load("001_line"), checks=False), path)
    found = nbformat.read(path, 4)
    nbformat.validate(found)
    assert {cell.cell_type for cell in found.cells} == {"markdown"}


def test_more_numbers_than_anyone_reads(tmp_path: Path) -> None:
    rows = {"x": np.ones((9000, 2)), "y": np.ones((9000, 1))}
    values = {"W": np.ones((1, 2)), "b": np.ones(1)}
    given = sb.evaluate(derived("samples"), data=rows, values=values)
    with pytest.raises(UsageError, match="a notebook would have to hold 27003 numbers"):
        sb.render(derived("samples"), tmp_path / "large.ipynb", evaluation=given)
    assert not list(tmp_path.iterdir())
