"""Files are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from symbackprop.errors import WriteError


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes beside `path` first and then moves it into place, so that no reader ever sees half of it.

    Raises:
        WriteError: the path is a folder, or may not be written.
    """
    if path.is_dir():
        raise WriteError(f"cannot write {path}", because="It is a folder.", fix="Name a file in it.", name=str(path))
    whole = content.encode("utf-8") if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(whole)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise WriteError(
            f"cannot write {path}",
            because=f"{error.strerror}.",
            fix="Choose a place that you may write to.",
            name=str(path),
        ) from error
