"""The command line: what it prints, what it writes, how it ends; never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import symbackprop as sb
from symbackprop.cli import main

MODEL = """
size n
input x[n]
target y[1]
parameter W[1,n], b[1]
a = W x + b
loss L = half_squared_error(a, y)
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "line.model"
    path.write_text(MODEL, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_shows_an_example() -> None:
    """`derive --help` ends with a model and the command that derives it."""
    shown = run("derive", "--help")
    assert shown.exit_code == 0
    assert "loss L = binary_cross_entropy(a2, y)" in shown.output
    assert "symbackprop derive two_layer.model -o two_layer.md" in shown.output


def test_the_example_of_the_help_is_a_model() -> None:
    """What the help shows can be derived."""
    lines = run("derive", "--help").output.splitlines()
    begin = next(n for n, line in enumerate(lines) if "cat two_layer.model" in line) + 1
    end = next(n for n, line in enumerate(lines) if "symbackprop derive two_layer" in line and n > begin)
    derivation = sb.derive(sb.parse("\n".join(line.strip() for line in lines[begin:end])))
    assert sb.text(derivation, "z2") == "dz2 = a2 - y"


def test_version() -> None:
    """`--version` names the program and its version."""
    assert run("--version").output.startswith("symbackprop, version ")


def test_writes_what_it_says(model: Path, tmp_path: Path) -> None:
    """The document is written, and standard error says so; the formats go by their endings."""
    for ending in ("md", "tex"):
        result = run("derive", model, "-o", tmp_path / f"out.{ending}")
        assert result.exit_code == 0
        assert f"Wrote {tmp_path / f'out.{ending}'}" in result.stderr
    assert "dW = da \\, x^\\top" in (tmp_path / "out.md").read_text(encoding="utf-8")
    assert "\\documentclass" in (tmp_path / "out.tex").read_text(encoding="utf-8")


def test_standard_output(model: Path) -> None:
    """Without -o the Markdown goes to standard output, and nothing else does."""
    result = run("derive", model)
    assert result.exit_code == 0
    assert result.stdout.startswith("# The gradients of ")


def test_wrt_and_conventions(model: Path) -> None:
    """Only what is asked for is derived, inputs too, in the notation that is asked for."""
    result = run("derive", model, "--wrt", "x", "--set", "transpose=T", "--set", "adjoint=partial")
    assert "\\frac{\\partial L}{\\partial x} = W^T" in result.stdout
    assert "\\frac{\\partial L}{\\partial W}" not in result.stdout


BAD: list[tuple[list[str], str]] = [
    (["derive", "MODEL", "--wrt", "w"], "no tensor w to derive by"),
    (["derive", "MODEL", "--wrt", "L"], "L is what is derived"),
    (["derive", "MODEL", "-o", "FOLDER/out.docx"], "cannot tell the format of out.docx"),
    (["derive", "MODEL", "-o", "FOLDER"], "It is a folder"),
    (["derive", "MODEL", "--notation", "fancy"], "no conventions named 'fancy'"),
    (["derive", "MODEL", "--set", "transpose"], "--set takes NAME=CHOICE"),
    (["derive", "MODEL", "--set", "transpose=t"], "'t' is no choice for the convention 'transpose'"),
    (["derive", "MODEL", "--set", "transposed=T"], "no convention 'transposed'"),
    (["derive", "FOLDER/absent.model"], "absent.model"),
    (["derive", "FOLDER"], "FOLDER"),
    (["derive", "MODEL", "--level", "tensor"], "'tensor' is not one of"),
    (["derive"], "Missing argument 'MODEL'"),
    (["differentiate"], "No such command"),
]


@pytest.mark.parametrize(("arguments", "expected"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_unusable_input_ends_with_2(arguments: list[str], expected: str, model: Path, tmp_path: Path) -> None:
    """What cannot be used ends with exit code 2 and words, no traceback, and writes nothing."""
    places = {"MODEL": str(model), "FOLDER": str(tmp_path)}
    before = sorted(tmp_path.iterdir())
    result = run(*(places.get(a, a.replace("FOLDER", str(tmp_path))) for a in arguments))
    assert result.exit_code == 2
    assert expected.replace("FOLDER", str(tmp_path)) in result.stderr
    assert "Traceback" not in result.output
    assert sorted(tmp_path.iterdir()) == before


def test_a_bad_model_is_told_with_its_place(tmp_path: Path) -> None:
    """A mistake in the model is shown where it stands, with a caret and a suggestion; nothing is written."""
    path = tmp_path / "bad.model"
    path.write_text(MODEL.replace("W x", "w x"), encoding="utf-8")
    result = run("derive", path, "-o", tmp_path / "out.md")
    assert result.exit_code == 2
    assert f"{path}:6:5" in result.stderr
    assert "    a = w x + b\n        ^" in result.stderr
    assert "Did you mean W?" in result.stderr
    assert not (tmp_path / "out.md").exists()
