"""The training examples reach what their descriptions state; each run is a fresh process, seeded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[2] / "docs" / "examples" / "training"


def figures(script: str, *arguments: str) -> list[float]:
    """The decimals that a run prints."""
    run = [sys.executable, str(PLACE / script), *arguments]
    # one core: threads that wait for each other on a busy machine take many times as long as no threads
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    result = subprocess.run(run, capture_output=True, text=True, timeout=300, check=True, env=alone)
    return [float(number) for number in re.findall(r"\d+\.\d+", result.stdout)]


@pytest.mark.long
@pytest.mark.parametrize(("network", "least"), [("mlp", 0.96), ("cnn", 0.97)])
def test_digits(network: str, least: float) -> None:
    """Accuracy on pictures that were kept back."""
    assert figures("digits.py", network)[0] >= least


@pytest.mark.long
@pytest.mark.parametrize(("network", "most"), [("char_rnn", 1.85), ("char_lstm", 1.7)])
def test_characters(network: str, most: float) -> None:
    """Nats a character on text that was kept back, far below the entropy of single characters."""
    loss, entropy = figures("characters.py", network)
    assert loss <= most < 0.65 * entropy


@pytest.mark.long
def test_copying() -> None:
    """The share of symbols copied rightly in fresh samples."""
    assert figures("copying.py")[0] >= 0.99
