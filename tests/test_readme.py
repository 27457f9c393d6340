"""What the README says can be done, as it says it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbackprop.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (symbackprop .*)$", README, re.MULTILINE)
CODES = {"derive": 0, "compile": 0, "train": 0, "verify": 1, "exercise": 0}  # the note that is verified has a mistake


def test_the_python_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The block runs, prints what its comments say, and the claim in it is proved."""
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(block, "README.md", "exec"), names)
    expected = [line.split("# ")[1] for line in block.splitlines() if line.startswith("print(")]
    assert capsys.readouterr().out.splitlines() == expected
    assert names["report"].ok
    assert names["gradients"]["W1"].shape == (3, 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_readme(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command ends as it should and says what the README shows of it."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)[1:]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == CODES[words[0]], result.output
    if words[0] == "verify":
        (shown,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
        assert shown in result.output


def test_there_are_commands_for_all_jobs() -> None:
    """The README shows every command once at least."""
    assert {command.split()[1] for command in COMMANDS} == set(CODES)
