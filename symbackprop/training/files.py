"""Parameters to NPZ files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from symbackprop.errors import WriteError
from symbackprop.files import write_whole


def check_ending(path: Path) -> None:
    """Whether the path names an NPZ file, asked before a long descent.

    Raises:
        WriteError: it has another ending.
    """
    if path.suffix.lower() != ".npz":
        raise WriteError(f"cannot write parameters to {path}", fix=f"Write {path.with_suffix('.npz')}.", name=str(path))


def save_parameters(path: Path, parameters: Mapping[str, np.ndarray]) -> None:
    """Writes the arrays by name; what stood there before stays until they are written.

    Raises:
        WriteError: another ending than .npz, or a place that may not be written.
    """
    check_ending(path)
    buffer = io.BytesIO()
    np.savez(buffer, **parameters)  # type: ignore[arg-type]
    write_whole(path, buffer.getvalue())
