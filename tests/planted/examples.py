"""The models over which errors are planted: those of docs/examples."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import symbackprop as sb

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
EXAMPLES = tuple(sorted(path.stem for path in FOLDER.glob("*.model")))


@lru_cache(maxsize=64)
def load(name: str) -> sb.Model:
    """The model of an example."""
    return sb.load(FOLDER / f"{name}.model")
