"""`symbackprop compile`: what it prints, what it writes, how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import symbackprop as sb
from symbackprop.cli import main

EXAMPLES = sorted((Path(__file__).parents[1] / "docs" / "examples").glob("*.model"))
MODEL = "size n\ninput x[n]\ntarget y[1]\nparameter W[1,n]\na = W x\nloss L = half_squared_error(a, y)\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "line.model"
    path.write_text(MODEL, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compile", *map(str, arguments)])


def test_to_standard_output(model: Path) -> None:
    """The source alone; nothing else on either stream."""
    result = run(model)
    assert result.exit_code == 0
    assert result.stdout == sb.compile(sb.load(model)).source
    assert result.stderr == ""


def test_to_a_file(model: Path, tmp_path: Path) -> None:
    """The file is written, and standard error says so."""
    out = tmp_path / "sub" / "line.py"
    result = run(model, "-o", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"Wrote {out}: 1 gradient compiled from {model}.\n"
    assert out.read_text(encoding="utf-8") == sb.compile(sb.load(model)).source


def test_with_a_check(model: Path) -> None:
    """The worst error is told on standard error."""
    result = run(model, "--check")
    assert result.exit_code == 0
    assert result.stderr.startswith("Agrees with complex steps at 3 points, sizes all different: worst relative error ")
    assert "def loss_and_gradients" in result.stdout


def test_quietly(model: Path, tmp_path: Path) -> None:
    """Nothing is said that is no error."""
    result = run(model, "--check", "--quiet", "-o", tmp_path / "line.py")
    assert (result.exit_code, result.output) == (0, "")


def test_a_check_that_fails(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, the errors by name, and no file."""
    report = sb.CheckReport("L", {"L": 0.0, "W": 0.5}, 3, ())
    monkeypatch.setattr(sb.Compiled, "check", lambda self: report)
    result = run(model, "--check", "-o", tmp_path / "line.py")
    assert result.exit_code == 1
    assert result.stderr == (
        "The compiled code DIFFERS from complex steps at 3 points; worst relative errors:\n"
        "  L  0.0e+00\n"
        "  W  5.0e-01  too large\n"
    )
    assert not (tmp_path / "line.py").exists()


def test_by_other_tensors(model: Path) -> None:
    """Inputs and intermediates, by name."""
    result = run(model, "--wrt", "x, a", "--check")
    assert result.exit_code == 0
    assert 'return L, {"x": dx, "a": da}' in result.stdout


@pytest.mark.parametrize("path", [p for p in EXAMPLES if "generic" not in p.stem], ids=lambda path: path.stem)
def test_examples(path: Path) -> None:
    """Every example that has formulas compiles, and agrees with complex steps."""
    result = run(path, "--check")
    assert result.exit_code == 0, result.stderr


UNUSABLE = {
    "no such file": (["missing.model"], "missing.model"),
    "no such tensor": (["line.model", "--wrt", "V"], "the model has no tensor V to derive by"),
    "a folder": (["line.model", "-o", "."], "cannot write ."),
    "a function without a formula": (["general.model"], "f has no definition"),
    "text that is no model": (["broken.model"], "broken.model:1"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_input_that_cannot_be_used(case: str, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, one error in our words, no traceback."""
    folder = model.parent
    (folder / "general.model").write_text("function f(u)\n" + MODEL.replace("a = W x", "a = f(W x)"))
    (folder / "broken.model").write_text("nonsense here =\n")
    monkeypatch.chdir(folder)
    arguments, words = UNUSABLE[case]
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
