"""Files are written whole or not at all; where they may stand is asked before the work."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from symbackprop.errors import WriteError


def ending_of(path: Path, known: tuple[str, ...]) -> str:
    """Which of the known endings, given without their dots, the path has; capitals are as good as small letters.

    Raises:
        WriteError: none of them.
    """
    ending = path.suffix.removeprefix(".").lower()
    if ending not in known:
        names = ", ".join(f".{name}" for name in known)
        some = f"the known ones are {names}" if "," in names else f"the known one is {names}"
        raise WriteError(
            f"cannot tell the format of {path.name or path}",
            because=f"Its ending is {path.suffix or 'missing'}; {some}.",
            fix=f"Name it {path.stem or 'out'}.{known[0]}, for example.",
            name=str(path),
        )
    return ending


def check_output(path: Path, known: tuple[str, ...], inputs: Iterable[Path | None] = ()) -> None:
    """Whether a file with one of the known endings can come to stand at `path`: asked before long work.

    Raises:
        WriteError: another ending, a folder, one of the inputs, or a place that may not be written.
    """
    _check_place(path)
    ending_of(path, known)
    for given in inputs:
        if given is not None and _same(path, given):
            raise WriteError(
                f"{path} is read as well",
                because="What is written would take its place.",
                fix="Write to another file.",
                name=str(path),
            )


def write_together(contents: Mapping[Path, str | bytes]) -> None:
    """Writes several files, all or none: the first one is moved into place when all are written beside theirs.

    Raises:
        WriteError: one of the paths is a folder, or may not be written.
    """
    if len(contents) == 1:
        write_whole(*next(iter(contents.items())))
        return
    for path in contents:
        _check_place(path)
    staged: list[tuple[Path, Path]] = []
    path = next(iter(contents))
    try:
        for path, content in contents.items():
            target = Path(os.path.realpath(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.append((_new_beside(target), target))
            _fill(*staged[-1], content.encode("utf-8") if isinstance(content, str) else content)
        for temporary, target in staged:
            os.replace(temporary, target)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from error
    finally:
        for temporary, _ in staged:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes beside `path` first and then moves it into place, so that no reader ever sees half of it.

    A link is followed. A device or a pipe is written to as it is.

    Raises:
        WriteError: the path is a folder, or may not be written.
    """
    whole = content.encode("utf-8") if isinstance(content, str) else content
    _check_place(path)
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                stream.write(whole)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        _put(target, whole)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from error


def _put(target: Path, whole: bytes) -> None:
    """Writes to a new file beside the target, with the rights of the one that stands there, and moves it there."""
    temporary = _new_beside(target)
    try:
        _fill(temporary, target, whole)
        os.replace(temporary, target)
    finally:  # after a success it is there no more
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _new_beside(target: Path) -> Path:
    return target.parent / f".{secrets.token_hex(8)}.part"


def _fill(temporary: Path, target: Path, whole: bytes) -> None:
    """Writes a new file, with the rights of the one whose place it will take."""
    with temporary.open("xb") as stream:
        stream.write(whole)
    if target.exists():
        os.chmod(temporary, target.stat().st_mode & 0o777)


def _check_place(path: Path) -> None:
    """Whether the path is no folder and may be written, as far as can be told without writing."""
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise WriteError(
                f"cannot write {path}", because="It is a folder.", fix="Name a file in it.", name=str(path)
            )
        nearest = next(place for place in (target, *target.parents) if os.path.lexists(place))
        if nearest != target and not nearest.is_dir():
            raise NotADirectoryError(0, f"{nearest} is no folder")
        if not os.access(nearest, os.W_OK):
            raise PermissionError(0, f"{nearest} may not be written")
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError | ValueError) -> WriteError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return WriteError(
        f"cannot write {path}", because=f"{reason}.", fix="Choose a place that you may write to.", name=str(path)
    )


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file that is there."""
    with suppress(OSError, ValueError):
        return os.path.samefile(one, other)
    return False
