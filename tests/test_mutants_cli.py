"""The command line over inputs with small mistakes: each ends with a verdict's code or an error in words, and soon."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbackprop.cli import main
from tests.mutants import mutant

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
SMALL = [EXAMPLES / f"{name}.model" for name in ("001_line", "000_two_layer_generic", "softmax_classifier")]
XOR, TABLE = EXAMPLES / "002_two_layer_sigmoid.model", EXAMPLES / "002_xor.csv"
NOTES = [EXAMPLES / name for name in ("002_notes.txt", "002_notes_with_a_mistake.txt")]
MODELS = [*sorted(EXAMPLES.glob("*.model")), *sorted((EXAMPLES / "networks").glob("*.model"))]
SECONDS = 30  # of the processor: what none needs, and what a search without a bound exceeds


def check(arguments: list[str], seen: str) -> None:
    """Runs it; the exit code is one of those that are documented, with words where it is no success."""
    began = time.process_time()
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in (0, 1, 2, 3), f"{arguments}\n{seen}\n{result.output}"
    assert result.exit_code != 2 or "rror: " in result.stderr
    assert "Traceback" not in result.output
    assert time.process_time() - began < SECONDS, f"{arguments}\n{seen}"


def derived_or_compiled(seed: int, models: list[Path], folder: Path) -> None:
    chance = random.Random(seed)
    model = folder / "mutant.model"
    model.write_text(mutant(chance.choice(models).read_text(encoding="utf-8"), chance), encoding="utf-8")
    check([chance.choice(("derive", "compile")), str(model)], model.read_text(encoding="utf-8"))


def verified(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    note = folder / "mutant.txt"
    note.write_text(mutant(chance.choice(NOTES).read_text(encoding="utf-8"), chance), encoding="utf-8")
    check(["verify", "--model", str(XOR), str(note)], note.read_text(encoding="utf-8"))


def trained(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    table = folder / "mutant.csv"
    table.write_text(mutant(TABLE.read_text(encoding="utf-8"), chance), encoding="utf-8")
    check(["train", str(XOR), str(table), "--size", "h=2", "--epochs", "2"], table.read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(12))
def test_a_few(seed: int, tmp_path: Path) -> None:
    """Models, notes and tables."""
    derived_or_compiled(seed, SMALL, tmp_path)
    trained(seed, tmp_path)
    if seed % 4 == 0:
        verified(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_mutants_of_all_examples(seed: int, tmp_path: Path) -> None:
    """Any of the example networks."""
    derived_or_compiled(seed, MODELS, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2000, 2100))
def test_mutants_of_notes_and_tables(seed: int, tmp_path: Path) -> None:
    """Notes beside the two-layer network, and its samples."""
    verified(seed, tmp_path)
    trained(seed, tmp_path)
