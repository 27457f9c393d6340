"""Documents are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from symbackprop.errors import RenderError


def write_whole(path: Path, text: str) -> None:
    """Writes `text` beside `path` first and then moves it into place, so that no reader ever sees half of it."""
    if path.is_dir():
        raise RenderError(f"cannot write {path}", because="It is a folder.", fix="Name a file, such as out.md.")
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise RenderError(
            f"cannot write {path}", because=f"{error.strerror}.", fix="Choose a place that you may write to."
        ) from error
