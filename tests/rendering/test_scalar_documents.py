"""Documents of the scalar level: golden files that people read, and what must hold of every one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError
from symbackprop.notation.conventions import PRESETS
from symbackprop.rendering.records import DETAILS
from symbackprop.rendering.render import document_text
from symbackprop.training.data import read_data
from symbackprop.training.parameters import read_parameters

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
RELU = """
input x[2]
target y[2] one_hot
samples m in rows
parameter W1[3,2], b1[3], W2[2,3]
z = W1 x + b1
a = relu(z)
p = softmax(W2 a)
loss L = cross_entropy(p, y)
cost J = mean(L)
"""
WIDE = "size n\ninput x[n]\ntarget y\nparameter w[n], v_out[n]\nz = sum(i, w[i] x[i])\nu = sum(i, v_out[i] x[i]^2)\n"
WIDE += "loss L = half_squared_error(z u, y)"


@pytest.fixture(scope="module")
def network() -> sb.ScalarDerivation:
    """The linear network of the founding document, derived by its inputs too, with numbers."""
    model = sb.load(EXAMPLES / "001_linear_1_1_2_1.model")
    data = read_data(EXAMPLES / "001_samples.csv", model)
    values = read_parameters(EXAMPLES / "001_parameters.csv", model, {})
    values |= {name: array[..., 0] for name, array in data.items()}
    return sb.scalars(model, wrt=["W1", "b1", "W2", "b2", "W3", "b3", "x", "y"], values=values)


@pytest.fixture(scope="module")
def relu() -> sb.ScalarDerivation:
    return sb.scalars(sb.parse(RELU))


@pytest.fixture(scope="module")
def wide() -> sb.ScalarDerivation:
    return sb.scalars(sb.parse(WIDE), {"n": 60})


def golden(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def test_the_network_as_it_stands_in_the_examples(network: sb.ScalarDerivation) -> None:
    """The document in docs/examples is the one that the software writes."""
    assert document_text(network, "md") == golden("001_linear_1_1_2_1_scalar.md")


def test_the_line_as_it_stands_in_the_examples() -> None:
    """y = m x + c, by its parameters and its input."""
    found = sb.scalars(sb.load(EXAMPLES / "001_line.model"), wrt=["m", "c", "x"])
    assert document_text(found, "md") == golden("001_line_scalar.md")


def test_the_node_with_two_paths_is_explained(network: sb.ScalarDerivation) -> None:
    """Step 19 says why two products are added, and no other step does."""
    text = document_text(network, "md")
    step = text.split("### 19. ")[1].split("### 20. ")[0]
    assert "$`l`$ is used by $`j`$ and by $`k`$, so its derivative is the sum over both paths." in step
    assert text.count("so its derivative is the sum over") == 1


def test_every_claim_is_there(network: sb.ScalarDerivation) -> None:
    """Each node as a formula; each step with its local derivatives and a chain for its derivative."""
    text = document_text(network, "md")
    formulas = re.findall(r"```math\n(.*?)\n```", text, re.DOTALL)
    for node in network.network.nodes:
        assert f"$`{node.name} = " in text
        left = rf"\frac{{\partial L}}{{\partial {node.name}}}"
        assert any(formula.startswith(f"{left} = ") or f"{left} &= " in formula for formula in formulas)
        for user in node.users:
            assert any(rf"\frac{{\partial {user}}}{{\partial {node.name}}} = " in formula for formula in formulas)
    assert sum(":=" in formula for formula in formulas) == 9
    assert sum(formula.startswith(r"\frac{\partial J}") for formula in formulas) == 9
    assert r"J = \frac{1}{m} \sum_{s=1}^{m} L_s" in formulas


HUBER = """
size n
input u[n]
target t[1]
samples N in rows
parameter A[n,1]
r = u A
loss E = huber(r, t, delta=1)
cost C = mean(E)
"""


def test_cases_and_the_number_of_samples_are_read_back(tmp_path: Path) -> None:
    """A slope of cases holds where the earlier conditions fail; with so many samples the cost is a sum of so many."""
    sizes = {"n": 2, "N": 3}
    sb.render(sb.scalars(sb.parse(HUBER), sizes), tmp_path / "huber.md")
    text = (tmp_path / "huber.md").read_text(encoding="utf-8")
    assert r"\mathbf{1}[i \le 1 \text{ and } i \ge -1]" in text
    assert r"C = \frac{1}{3} \sum_{s=1}^{3} E_s" in text
    report = sb.verify(sb.parse(HUBER), tmp_path / "huber.md", sizes=sizes)
    assert {verdict.status for verdict in report.verdicts} == {sb.Status.PROVED}


@pytest.fixture(scope="module")
def usual_texts(relu: sb.ScalarDerivation) -> dict[str, str]:
    """The document in each format, under the usual conventions."""
    return {format: document_text(relu, format) for format in ("md", "tex")}


@pytest.mark.parametrize("format", ["md", "tex"])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_convention(preset: str, format: str, relu: sb.ScalarDerivation, usual_texts: dict[str, str]) -> None:
    """Conventions change notation alone: the same steps and as many formulas under each."""
    mark = "```math" if format == "md" else "\\["
    usual = usual_texts[format]
    other = document_text(relu, format, conventions=sb.Conventions.named(preset))
    assert other.count(mark) == usual.count(mark)
    assert (other == usual) == (preset == "partial")
    assert "<<" not in other
    assert "None" not in other


@pytest.mark.parametrize("format", ["md", "tex"])
def test_details(format: str, relu: sb.ScalarDerivation) -> None:
    """An outline has the chain rule alone; every step says that it was proved."""
    texts = [document_text(relu, format, detail=detail) for detail in DETAILS]
    assert len(texts[0]) < len(texts[1]) < len(texts[2])
    assert ["(proved)" in text for text in texts] == [False, False, True]
    assert ["A small change of" in text for text in texts] == [False, True, True]


def test_kinks_are_named(relu: sb.ScalarDerivation) -> None:
    """The value chosen at 0 for ReLU' stands at the end."""
    assert document_text(relu, "md").endswith("At the kinks a value is chosen:\n\n- relu'(0) = 0 by choice\n")


def test_a_network_too_large_says_so(wide: sb.ScalarDerivation) -> None:
    """One entry of each parameter stands for the others, and what is left out is called a rest."""
    text = document_text(wide, "md")
    lead = text.split("## The symbols")[0]
    assert "It takes 302 operations of one or two operands, more than anyone wants to read." in lead
    assert "So one entry of each parameter stands for the others: $`w_1`$ and $`(v_{\\mathrm{out}})_1`$." in lead
    assert "Shown are the" in lead
    assert r"\mathrm{rest}_1" in text
    assert "## The network as one formula" not in text


def test_levels(network: sb.ScalarDerivation, tmp_path: Path) -> None:
    """What was derived by entries has the scalar level alone, and other derivations do not have it."""
    sb.render(network, tmp_path / "network.tex", level="scalar")
    with pytest.raises(UsageError, match="there is no level 'matrix'"):
        sb.render(network, tmp_path / "network.md", level="matrix")
    with pytest.raises(UsageError, match="there is no level 'scalar'"):
        sb.render(sb.derive(sb.load(EXAMPLES / "001_line.model")), tmp_path / "line.md", level="scalar")
    assert [path.name for path in tmp_path.iterdir()] == ["network.tex"]


@pytest.mark.latex
@pytest.mark.parametrize("name", ["network", "relu", "wide"])
def test_compiles(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Debian's pdflatex compiles the document without a complaint."""
    assert shutil.which("pdflatex"), "pdflatex is absent; install texlive-latex-recommended"
    sb.render(request.getfixturevalue(name), tmp_path / "d.tex", detail="every-step")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    assert "Overfull \\hbox" not in run.stdout
