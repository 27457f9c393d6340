"""Parameters to NPZ files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from symbackprop.files import ending_of, write_whole

FORMATS = ("npz",)
"""The endings of files that parameters are written to."""


def save_parameters(path: Path, parameters: Mapping[str, np.ndarray]) -> None:
    """Writes the arrays by name; what stood there before stays until they are written.

    Raises:
        WriteError: another ending than .npz, or a place that may not be written.
    """
    ending_of(path, FORMATS)
    buffer = io.BytesIO()
    np.savez(buffer, **parameters)  # type: ignore[arg-type]
    write_whole(path, buffer.getvalue())
