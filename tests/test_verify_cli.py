"""`symbackprop verify`: exit codes, output, and what it does with input that it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from symbackprop.cli import main
from tests.planted.examples import FOLDER

MODEL = str(FOLDER / "002_two_layer_sigmoid.model")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["verify", *arguments])


def note(folder: Path, *lines: str, name: str = "notes.txt") -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        (("dz2 = a2 - y", "dW2 = dz2 a1^T"), 0, "2 claims: 2 proved."),
        (("dz2 = a2 - y", "dW2 = dz2 z1^T"), 1, "The first wrong one is in line 2."),
        (("dZ2 = (A2 - Y)/m",), 1, "1/m in every adjoint"),
        (("dz2 = a2 - y", "dW7 = dz2 a1^T"), 3, "1 proved, 1 unreadable."),
        (("dz2 = y - a2", "dW7 = dz2 a1^T"), 1, "1 refuted, 1 unreadable."),
        (("Nothing is claimed here.",), 2, "claims nothing"),
    ],
)
def test_exit_codes(lines: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    """0 all proved; 1 refuted or another convention; 2 nothing to use; 3 undecided or unreadable."""
    result = run("--model", MODEL, note(tmp_path, *lines))
    assert result.exit_code == code, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_several_notes(tmp_path: Path) -> None:
    """Each has its own report; the worst decides."""
    right, wrong = note(tmp_path, "dz2 = a2 - y"), note(tmp_path, "dz2 = y - a2", name="wrong.txt")
    result = run("--model", MODEL, right, wrong)
    assert result.exit_code == 1
    assert f"{right}: 1 claim: 1 proved." in result.output and f"{wrong}: 1 claim: 1 refuted." in result.output


def test_quiet_and_plain(tmp_path: Path) -> None:
    """What is right is left out on request; no colours where there is no terminal."""
    path = note(tmp_path, "dz2 = a2 - y", "db2 = -dz2")
    result = run("--model", MODEL, path, "--quiet")
    assert "line 2: refuted" in result.output and "line 1" not in result.output
    assert "\033" not in result.output


def test_one_over_m(tmp_path: Path) -> None:
    """The place of 1/m is the author's to say."""
    path = note(tmp_path, "dZ2 = (A2 - Y)/m", "dW2 = dZ2 A1^T")
    assert run("--model", MODEL, path, "--one-over-m", "adjoints").exit_code == 0
    assert run("--model", MODEL, path, "--one-over-m", "parameters").exit_code == 1


def test_scalars(tmp_path: Path) -> None:
    """A note in scalars is judged at that level, at the sizes given."""
    path = note(tmp_path, "∂L/∂w2_1_1 = (a2_1 - y) a1_1", "∂L/∂b2_1 = a2_1 - y")
    assert run("--model", MODEL, path).exit_code == 0  # entries of the tensors
    document = str(tmp_path / "scalars.md")
    sizes = ["--size", "n=1", "--size", "h=1"]
    derived = CliRunner().invoke(main, ["derive", MODEL, "--level", "scalar", *sizes, "-o", document])
    assert derived.exit_code == 0
    assert run("--model", MODEL, document, *sizes).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "nowhere.model", "notes.txt"), "there is no file nowhere.model"),
        (("--model", MODEL, "nowhere.txt"), "there is no file nowhere.txt"),
        (("--model", MODEL, "notes.pdf"), ""),
        (("--model", MODEL), "NOTES"),
        (("notes.txt",), "--model"),
        (("--model", MODEL, "notes.txt", "--one-over-m", "nowhere"), "--one-over-m"),
        (("--model", MODEL, "notes.txt", "--size", "h"), "NAME=NUMBER"),
    ],
)
def test_unusable_input(arguments: tuple[str, ...], said: str) -> None:
    """Missing files and options that make no sense: a sentence and exit code 2."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
