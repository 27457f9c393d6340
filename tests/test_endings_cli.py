"""How the command line ends, whatever happens: an exit code for each kind of end, readable words, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from symbackprop.cli import main
from symbackprop.cli.ending import DEBUG, Program
from symbackprop.errors import UsageError

ROOT = Path(__file__).parents[1]
MODEL = "input x[2]\ntarget y[1]\nparameter W[1,2], b[1]\na = W x + b\nloss L = half_squared_error(a, y)\n"
NOTES = "da = a - y\ndW = da x^T\ndb = 2 da\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "line.model"
    path.write_text(MODEL, encoding="utf-8")
    (tmp_path / "notes.txt").write_text(NOTES, encoding="utf-8")
    return path


def ended_by(error: BaseException, **environment: str) -> Result:
    """A program whose only command meets this error."""

    @click.group(cls=Program)
    def program() -> None: ...

    @program.command()
    def meet() -> None:
        raise error

    return CliRunner(env=environment).invoke(program, ["meet"])


ENDS: list[tuple[BaseException, int, str]] = [
    (UsageError("no such thing"), 2, "UsageError: no such thing"),
    (click.UsageError("no such option"), 2, "no such option"),
    (click.ClickException("no such file"), 2, "no such file"),
    (OSError(28, "No space left on device"), 2, "No space left on device"),
    (ValueError("too\nmany lines"), 70, "internal error, ValueError: too"),
    (AssertionError(), 70, "internal error, AssertionError"),
    (RecursionError("maximum recursion depth exceeded"), 70, "nested too deeply"),
    (MemoryError(), 70, "the memory is not enough"),
    (KeyboardInterrupt(), 130, "Interrupted."),
    (click.Abort(), 130, "Interrupted."),
    (BrokenPipeError(), 141, ""),
]


@pytest.mark.parametrize(("error", "code", "words"), ENDS, ids=[type(error).__name__ for error, _, _ in ENDS])
def test_every_end_has_its_code(error: BaseException, code: int, words: str) -> None:
    """No error shares a code with a verdict (0, 1, 3); a defect says that it is one and how to see more."""
    result = ended_by(error)
    assert result.exit_code == code
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert ("This is a defect of symbackprop" in result.stderr and DEBUG in result.stderr) == (
        code == 70 and not isinstance(error, MemoryError)
    )


def test_the_traceback_is_shown_on_request() -> None:
    """The environment variable that the message names."""
    result = ended_by(ValueError("strange"), **{DEBUG: "1"})
    assert result.exit_code == 70
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.index("raise error") < result.stderr.index("internal error, ValueError: strange")


# real processes, for streams are the interpreter's


HELPS = [pytest.param(words, marks=pytest.mark.long) for words in (["--help"], ["derive", "--help"])]
LONG = [pytest.param(command, marks=pytest.mark.long) for command in ("derive", "compile")]


def process(
    arguments: list[object], stdout: object = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "symbackprop", *map(str, arguments)],
        check=False,
        stdout=stdout,  # type: ignore[arg-type]
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=300,
    )


@pytest.mark.parametrize(
    "encoding", ["cp1252", *(pytest.param(name, marks=pytest.mark.long) for name in ("ascii", "utf-8"))]
)
def test_streams_that_lack_characters(encoding: str, model: Path) -> None:
    """What a stream cannot encode is shown in ASCII; verdicts keep their exit code."""
    done = process(["verify", "--model", model, model.parent / "notes.txt"], PYTHONIOENCODING=encoding)
    shown = done.stdout.decode(encoding)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "✓ line 2: proved  dW = da x^T" in shown if encoding == "utf-8" else "+ line 2: proved  dW = da x^T" in shown
    missing = process(["derive", model.parent / "∂σ₁\udcff.model"], PYTHONIOENCODING=encoding)
    assert missing.returncode == 2
    wanted = "∂σ₁\\udcff.model" if encoding == "utf-8" else "dsigma_1\\udcff.model"
    assert wanted in missing.stderr.decode(encoding)


@pytest.mark.parametrize("command", ["verify", *LONG])
def test_standard_output_that_takes_no_more(command: str, model: Path) -> None:
    """A full device and a closed stream are errors of the input's code, said once."""
    arguments = [command, model] if command != "verify" else [command, "--model", model, model.parent / "notes.txt"]
    with open("/dev/full", "wb") as full:
        done = process(arguments, stdout=full)
    assert done.returncode == 2
    assert b"cannot write to standard output" in done.stderr
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", [["compile"], *HELPS])
def test_a_reader_that_left(arguments: list[str], model: Path) -> None:
    """It is no error: the code is that of a closed pipe, and nothing is said."""
    reader, writer = os.pipe()
    os.close(reader)
    done = process([*arguments, *([] if "--help" in arguments else [model])], stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_no_standard_error(model: Path) -> None:
    """Where nobody can be told, the exit code still tells."""
    command = f"'{sys.executable}' -m symbackprop derive '{model}x' 2>"
    for place in ("/dev/full", "&-"):
        assert subprocess.run(["sh", "-c", command + place], cwd=ROOT, check=False, timeout=300).returncode == 2


# files that are no models


STRANGE: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)) * 20,
    "UTF-16": MODEL.encode("utf-16"),
    "UTF-16 without a mark": MODEL.encode("utf-16-le"),
    "null": MODEL.replace("W x", "W\0x").encode(),
    "Latin-1": b"# caf\xe9\n" + MODEL.encode(),
    "huge": b"# comment\n" * 1_000_000,
    "one line": b"input x[" + b"9" * 2_000_000 + b"]",
}
HARMLESS: dict[str, bytes] = {
    "byte order mark": b"\xef\xbb\xbf" + MODEL.encode(),
    "CRLF": MODEL.replace("\n", "\r\n").encode(),
    "CR": MODEL.replace("\n", "\r").encode(),
    "no last line end": MODEL.rstrip("\n").encode(),
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("kind", STRANGE)
def test_files_that_are_no_models(kind: str, model: Path) -> None:
    """As a model, as data, as values: an error in words."""
    strange, table = model.with_name("strange.model"), model.with_name("strange.csv")
    strange.write_bytes(STRANGE[kind])
    table.write_bytes(STRANGE[kind])
    numbers = model.with_name("strange.npz")
    numbers.write_bytes(STRANGE[kind])
    for arguments in (
        ["derive", strange],
        ["verify", "--model", strange, model.with_name("notes.txt")],
        ["train", model, table],
        ["train", model, numbers],
        ["derive", model, "--level", "scalar", "--values", table],
        ["derive", model, "--level", "scalar", "--values", numbers],
    ):
        result = run(*arguments)
        assert result.exit_code == 2, (arguments, result.output)
        assert "Error: " in result.stderr


@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_ways_to_save_a_text(kind: str, model: Path) -> None:
    """They give the same document."""
    usual = run("derive", model).stdout
    model.write_bytes(HARMLESS[kind])
    assert run("derive", model).stdout == usual


def test_folders_where_files_are_wanted(model: Path) -> None:
    """A folder is no model, no note, no data and no output."""
    folder = model.parent
    for ending in ("csv", "npz", "md", "py"):
        (folder / f"folder.{ending}").mkdir()
    for arguments in (
        ["derive", folder],
        ["verify", "--model", model, folder],
        ["train", model, folder / "folder.csv"],
        ["train", model, folder / "folder.npz"],
        ["derive", model, "-o", folder / "folder.md"],
        ["compile", model, "-o", folder / "folder.py"],
        ["train", model, folder / "folder.csv", "-o", folder / "folder.npz"],
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, ""), arguments
        assert "Error: " in result.stderr
