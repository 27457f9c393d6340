"""What stands at a path is the old file or the whole new one; where it may stand is told before the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbackprop.cli import main
from symbackprop.errors import WriteError
from symbackprop.files import check_output, ending_of, write_whole

MODEL = "input x[2]\ntarget y[1]\nparameter W[1,2], b[1]\na = W x + b\nloss L = half_squared_error(a, y)\n"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_written_whole(tmp_path: Path) -> None:
    """New folders are made; rights of a file that stood there stay, those of a new one are the usual ones."""
    path = tmp_path / "new" / "folders" / "out.md"
    old = os.umask(0o027)
    try:
        write_whole(path, "one")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o600)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(path.parent) == ["out.md"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_what_stood_there(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the last moment too; nothing is left beside it."""

    def fails(*_: object) -> None:
        raise error

    path = tmp_path / "out.md"
    write_whole(path, "old")
    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(WriteError if isinstance(error, OSError) else KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.md"]


def test_links_and_devices(tmp_path: Path) -> None:
    """A link stays one, and its file is written; a device stays one too."""
    (tmp_path / "out.md").symlink_to(tmp_path / "real.md")
    write_whole(tmp_path / "out.md", "text")
    assert (tmp_path / "out.md").is_symlink()
    assert (tmp_path / "real.md").read_text() == "text"
    (tmp_path / "full.md").symlink_to("/dev/full")
    with pytest.raises(WriteError, match="No space left on device"):
        write_whole(tmp_path / "full.md", "text")
    assert Path("/dev/full").is_char_device()
    (tmp_path / "null.md").symlink_to("/dev/null")
    write_whole(tmp_path / "null.md", "text")
    assert Path("/dev/null").is_char_device()


def test_places_that_cannot_be(tmp_path: Path) -> None:
    """A folder, a file as a folder, a null character, a name too long, a ring of links."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "ring.md").symlink_to(tmp_path / "ring.md")
    for place in ("folder.md", "file/out.md", "a\0b.md", f"{'n' * 300}.md"):
        with pytest.raises(WriteError, match="cannot write"):
            write_whole(tmp_path / place, "text")
    with pytest.raises(WriteError):
        check_output(tmp_path / "file" / "out.md", ("md",))
    assert names(tmp_path) == ["file", "folder.md", "ring.md"]


def test_places_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a file without the right to write; the system is asked, for to root it would say yes."""
    folder, file = tmp_path / "folder", tmp_path / "file.md"
    folder.mkdir()
    file.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode & os.W_OK and Path(path) in (folder, file)))
    for path in (folder / "out.md", file):
        with pytest.raises(WriteError, match="may not be written"):
            check_output(path, ("md",))
        with pytest.raises(WriteError, match="may not be written"):
            write_whole(path, "new")
    assert file.read_text() == "old"


@pytest.mark.parametrize("name", ["out.md", "out.MD", "a.b.md"])
def test_endings(name: str) -> None:
    """Capitals are as good."""
    assert ending_of(Path(name), ("tex", "md")) == "md"


OUTPUTS = {"derive": (".md", ".tex"), "compile": (".py",), "train": (".npz",)}


@pytest.mark.parametrize("command", OUTPUTS)
@pytest.mark.parametrize("name", ["net.c", "net.foo", "net", "net.md.txt", ".md", "."])
def test_unknown_endings_are_refused_by_every_command(command: str, name: str, tmp_path: Path) -> None:
    """Before anything is read; the message names the endings that exist, and nothing is written."""
    inputs = [str(tmp_path / "absent.model"), *([str(tmp_path / "absent.csv")] if command == "train" else [])]
    result = CliRunner().invoke(main, [command, *inputs, "-o", os.path.join(tmp_path, name)])
    assert result.exit_code == 2
    assert "It is a folder" in result.stderr if name == "." else all(e in result.stderr for e in OUTPUTS[command])
    assert names(tmp_path) == []


def test_inputs_are_not_overwritten(tmp_path: Path) -> None:
    """An output that is an input, under whatever name, is refused."""
    model, data = tmp_path / "net.md", tmp_path / "data.npz"
    model.write_text(MODEL)
    data.write_bytes(b"samples")
    (tmp_path / "link.npz").symlink_to(data)
    for arguments in (
        ["derive", str(model), "-o", str(model)],
        ["derive", str(model), "--values", str(data), "-o", str(tmp_path / "net.md")],
        ["train", str(model), str(data), "-o", str(data)],
        ["train", str(model), str(data), "-o", str(tmp_path / "link.npz")],
    ):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert "is read as well" in result.stderr
    assert (model.read_text(), data.read_bytes()) == (MODEL, b"samples")
