"""A text made by another process, with another hash seed: what depends on the order of sets comes out different."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def elsewhere(imports: str, text: str) -> str:
    """The value of the expression `text` after `imports`, in a process whose hash seed is not this one's."""
    code = f"import sys\n{imports}\nsys.stdout.buffer.write(({text}).encode())"
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        timeout=600,
    )
    return found.stdout.decode()
