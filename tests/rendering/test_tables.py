"""Tables of numbers: digits, signs, and what each sample adds to a gradient beside NumPy by hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import DataError, UnknownNameError, UsageError
from symbackprop.rendering.render import document_text
from symbackprop.rendering.tables import alone, column
from symbackprop.training.data import read_data
from symbackprop.training.parameters import read_parameters

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.1, -0.05, 0.0123456], ["0.1000", "-0.0500", "0.0123"]),
        ([-2.0, 3.0, 5.0], ["-2.000", "3.000", "5.000"]),
        ([123.456, -1.0], ["123.5", "-1.0"]),
        ([0.0, 1.5], ["0", "1.500"]),
        ([0.99996, 0.1], ["1.000", "0.100"]),  # the largest is rounded before its decimals are chosen
        ([0.5, 1e-9], ["0.5000", r"1.000 \cdot 10^{-9}"]),  # it would show none of its digits
        ([1e-5, -2e-5], [r"1.000 \cdot 10^{-5}", r"-2.000 \cdot 10^{-5}"]),
        ([1e9, 3.0], [r"1.000 \cdot 10^{9}", "3"]),
        ([None, 1.5], ["", "1.500"]),
        ([], []),
    ],
)
def test_columns(values: list[float | None], shown: list[str]) -> None:
    """The decimals of a column are those that give its largest number four significant digits."""
    assert column(values) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.025, "0.02500"), (-1, "-1.000"), (0, "0"), (12345.6, "12346"), (-3e-7, r"-3.000 \cdot 10^{-7}")],
)
def test_a_number_alone(value: float, shown: str) -> None:
    """A number that stands by itself has its own significant digits."""
    assert alone(value) == shown


@pytest.fixture(scope="module")
def model() -> sb.Model:
    return sb.load(EXAMPLES / "000_two_layer_sigmoid.model")


@pytest.fixture(scope="module")
def arrays(model: sb.Model) -> dict[str, np.ndarray]:
    data = read_data(EXAMPLES / "000_samples.csv", model)
    return {**data, **read_parameters(EXAMPLES / "000_parameters.csv", model, {})}


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("name", ["W1", "W2"])
def test_contributions_beside_numpy(name: str, model: sb.Model, arrays: dict[str, np.ndarray]) -> None:
    """Each sample's contribution and their sum, by hand in NumPy for half the summed squared error."""
    x, y, w1, w2 = (arrays[n] for n in ("x", "y", "W1", "W2"))
    a2 = sigmoid(x @ w1)
    yhat = sigmoid(a2 @ w2)
    d3 = (yhat - y) * yhat * (1 - yhat)
    d2 = (d3 @ w2.T) * a2 * (1 - a2)
    by_hand = {"W2": np.einsum("si,sj->sij", a2, d3), "W1": np.einsum("si,sj->sij", x, d2)}[name]
    found = sb.contributions(model, name, arrays)
    assert found.count == 5
    np.testing.assert_allclose(found.contributions, by_hand, rtol=1e-13)
    np.testing.assert_allclose(found.total, by_hand.sum(axis=0), rtol=1e-13)
    np.testing.assert_allclose(found.gradient, by_hand.sum(axis=0), rtol=1e-13)
    assert found.total.shape == (w2 if name == "W2" else w1).shape


def test_a_mean_with_a_penalty_in_columns() -> None:
    """Where the cost is a mean plus a penalty, its gradient is another than the sum, and both are shown."""
    model = sb.parse(
        "constant lambda\ninput x[2]\ntarget y[1]\nsamples m in columns\nparameter W[1,2], b[1]\n"
        "a = W x + b\nloss L = half_squared_error(a, y)\ncost J = mean(L) + lambda/2 * sum(W^2)"
    )
    random = np.random.default_rng(1)
    x, y, w, b = (random.normal(size=shape) for shape in ((2, 4), (1, 4), (1, 2), (1,)))
    found = sb.contributions(model, "W", {"x": x, "y": y, "W": w, "b": b, "lambda": 0.25})
    error = w @ x + b[:, None] - y
    np.testing.assert_allclose(found.contributions, np.einsum("is,js->sij", error, x), rtol=1e-13)
    np.testing.assert_allclose(found.gradient, error @ x.T / 4 + 0.25 * w, rtol=1e-13)
    text = document_text(found, "md")
    rows = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")]
    assert rows[-2:] == ["sum", "$`dW`$"]
    assert r"\begin{pmatrix}" not in text  # no product of matrices alone


def test_the_tables_as_they_stand_in_the_examples(model: sb.Model, arrays: dict[str, np.ndarray]) -> None:
    """The document in docs/examples is the one that the software writes, and its rows add up."""
    text = document_text(sb.contributions(model, "W2", arrays), "md")
    assert text == (EXAMPLES / "000_contributions.md").read_text(encoding="utf-8")
    table = text.split("What each of them adds, and the sum:")[1].split("Over all samples")[0]
    rows = [[float(n) for n in re.findall(r"`(-?[\d.]+)`", line)] for line in table.splitlines()[4:] if line]
    assert len(rows) == 6
    np.testing.assert_allclose(np.sum(rows[:5], axis=0), rows[5], atol=3e-5)


def test_a_section_of_the_derivation(model: sb.Model, arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    """The tables stand before the checks of a whole document, in both formats."""
    found = sb.contributions(model, "W2", arrays)
    for ending in ("md", "tex"):
        path = sb.render(found.derivation, tmp_path / f"d.{ending}", by_sample=found)
        text = path.read_text(encoding="utf-8")
        assert text.index("What each sample adds to") < text.index("How it was checked")


def test_many_samples_are_cut(model: sb.Model, arrays: dict[str, np.ndarray]) -> None:
    """Of more than 200 samples the first are shown, which is said, and the sum is that of all."""
    many = {**arrays, "x": np.tile(arrays["x"], (41, 1)), "y": np.tile(arrays["y"], (41, 1))}
    found = sb.contributions(model, "W2", many)
    text = document_text(found, "md")
    assert "The first 200 of the 205 samples are shown." in text
    assert "\n| 200 |" in text
    assert "\n| 201 |" not in text
    np.testing.assert_allclose(found.total, 41 * sb.contributions(model, "W2", arrays).total, rtol=1e-12)


def test_bad_arrays(model: sb.Model, arrays: dict[str, np.ndarray]) -> None:
    """What does not fit is named."""
    with pytest.raises(UsageError, match="001_line has no samples"):
        sb.contributions(sb.load(EXAMPLES / "001_line.model"), "m", {})
    with pytest.raises(UsageError, match="f has no formula"):
        sb.contributions(sb.load(EXAMPLES / "000_two_layer_generic.model"), "W2", arrays)
    with pytest.raises(UsageError, match="x has an entry for each sample"):
        sb.contributions(model, "x", arrays)
    with pytest.raises(UnknownNameError, match="no tensor V"):
        sb.contributions(model, "V", arrays)
    with pytest.raises(DataError, match="no values were given for W2"):
        sb.contributions(model, "W2", {name: array for name, array in arrays.items() if name != "W2"})
    with pytest.raises(DataError, match="the values of W2 have the shape 1 × 3"):
        sb.contributions(model, "W2", {**arrays, "W2": arrays["W2"].T})
    with pytest.raises(DataError, match="the values of y have the shape 4 × 1"):
        sb.contributions(model, "W2", {**arrays, "y": arrays["y"][:4]})


@pytest.mark.latex
def test_compiles(model: sb.Model, arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    """Debian's pdflatex compiles the tables without a complaint."""
    assert shutil.which("pdflatex"), "pdflatex is absent; install texlive-latex-recommended"
    sb.render(sb.contributions(model, "W2", arrays), tmp_path / "d.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    assert "Overfull \\hbox" not in run.stdout
