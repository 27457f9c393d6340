"""`symbackprop derive` with sizes, samples and parameters: the scalar level, and contributions of samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from symbackprop.cli import main

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
TWO_LAYERS = EXAMPLES / "002_two_layer_sigmoid.model"
SIGMOID = EXAMPLES / "000_two_layer_sigmoid.model"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["derive", *(str(argument) for argument in arguments)])


def test_the_scalar_level_as_in_the_examples(tmp_path: Path) -> None:
    """One command writes the document of docs/examples."""
    out = tmp_path / "out.md"
    ran = run(
        *(EXAMPLES / "001_linear_1_1_2_1.model", "--level", "scalar", "--wrt", "W1,b1,W2,b2,W3,b3,x,y"),
        *("--data", EXAMPLES / "001_samples.csv", "--values", EXAMPLES / "001_parameters.csv", "-o", out),
        *("--figures", "none"),
    )
    assert ran.exit_code == 0, ran.output
    assert out.read_bytes() == (EXAMPLES / "001_linear_1_1_2_1_scalar.md").read_bytes()
    assert "23 adjoints derived" in ran.output


def test_sizes() -> None:
    """`--size` gives the sizes; positions follow the convention for the first index."""
    ran = run(TWO_LAYERS, "--level", "scalar", "--size", "h=2", "--size", "n=1")
    assert ran.exit_code == 0, ran.output
    assert r"w^{[1]}_{2,1}" in ran.output
    from_zero = run(TWO_LAYERS, "--level", "scalar", "--size", "h=2", "--size", "n=1", "--set", "index_base=0")
    assert r"w^{[1]}_{1,0}" in from_zero.output
    assert r"w^{[1]}_{2,1}" not in from_zero.output


def test_sizes_that_the_files_tell(tmp_path: Path) -> None:
    """Samples and parameters tell the sizes; the number of samples is none of one sample's."""
    shapes = {"W1": (2, 2), "b1": (2,), "W2": (1, 2), "b2": (1,)}
    np.savez(tmp_path / "p.npz", **{n: np.full(s, 0.5) for n, s in shapes.items()})  # type: ignore[arg-type]
    ran = run(TWO_LAYERS, "--level", "scalar", "--data", EXAMPLES / "002_xor.csv", "--values", tmp_path / "p.npz")
    assert ran.exit_code == 0, ran.output
    assert "of one sample, at the sizes $`n`$ = 2 and $`h`$ = 2, taken apart into 23 operations" in ran.output
    assert "## In numbers" in ran.output


def test_contributions_in_the_document(tmp_path: Path) -> None:
    """The section of tables is that of the example, within the whole derivation."""
    out = tmp_path / "out.md"
    numbers = ("--data", EXAMPLES / "000_samples.csv", "--values", EXAMPLES / "000_parameters.csv")
    ran = run(SIGMOID, *numbers, "--contributions", "W2", "-o", out, "--figures", "none")
    assert ran.exit_code == 0, ran.output
    section = (EXAMPLES / "000_contributions.md").read_text(encoding="utf-8").split("\n\n", 1)[1]
    assert section.strip() in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((TWO_LAYERS, "--level", "scalar"), "needs a number for the sizes h and n"),
        ((TWO_LAYERS, "--level", "scalar", "--size", "h"), "--size takes NAME=NUMBER, not h"),
        ((TWO_LAYERS, "--level", "scalar", "--size", "h=0"), "--size takes NAME=NUMBER, not h=0"),
        ((TWO_LAYERS, "--level", "scalar", "--size", "h=2", "--size", "q=2"), "no size q"),
        ((SIGMOID, "--contributions", "W2"), "--contributions needs samples"),
        ((SIGMOID, "--contributions", "W2", "--data", "nothing.csv"), "nothing.csv is not there"),
        ((SIGMOID, "--contributions", "W2", "--data", EXAMPLES / "000_samples.csv"), "no values were given for W1"),
        (
            (SIGMOID, "--level", "scalar", "--contributions", "W2", "--data", EXAMPLES / "000_samples.csv"),
            "the scalar level is of one sample",
        ),
    ],
)
def test_mistakes(arguments: tuple[object, ...], words: str, tmp_path: Path) -> None:
    """A message of ours, exit code 2, no traceback, and nothing written."""
    ran = run(*arguments, "-o", tmp_path / "out.md")
    assert ran.exit_code == 2
    assert words in ran.output
    assert "Traceback" not in ran.output
    assert not list(tmp_path.iterdir())


def test_seeded_numbers(tmp_path: Path) -> None:
    """Small numbers at any level, told on standard error; the scalar level prints them."""
    ran = run(TWO_LAYERS, "--numbers", "seeded:2", "--digits", "3", "--rate", "0.5", "-o", tmp_path / "out.md")
    assert ran.exit_code == 0, ran.output
    assert "after a step of 0.5; gradients are within 1e-15 of complex steps" in ran.output
    scalar = run(TWO_LAYERS, "--level", "scalar", "--numbers", "seeded", "--size", "h=2", "--size", "n=1")
    assert scalar.exit_code == 0, scalar.output
    assert "## In numbers" in scalar.output


def test_numbers_that_do_not_fit(tmp_path: Path) -> None:
    """What was silently left out is used, or said to be wrong, with its file."""
    np.savez(tmp_path / "p.npz", W1=np.ones((2, 3)), b1=np.ones(2), W2=np.ones((1, 2)), b2=np.ones(1))
    ran = run(TWO_LAYERS, "--data", EXAMPLES / "002_xor.csv", "--values", tmp_path / "p.npz", "-o", tmp_path / "o.md")
    assert ran.exit_code != 0
    assert "W1 has 3 entries along its second axis, and needs n = 2" in ran.output
    assert "p.npz" in ran.output
    assert not (tmp_path / "o.md").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--numbers", "random"), "--numbers takes seeded or seeded:SEED, not random"),
        (("--numbers", "seeded:x"), "--numbers takes seeded or seeded:SEED"),
        (("--numbers", "seeded", "--rate", "0"), "is no learning rate"),
        (("--numbers", "seeded", "--rate", "nan"), "is no learning rate"),
        (("--numbers", "seeded", "--exact"), "sigmoid of a fraction is no fraction"),
        (("--data", EXAMPLES / "002_xor.csv"), "no values were given for W1, b1, W2, b2"),
    ],
)
def test_mistakes_about_numbers(arguments: tuple[object, ...], words: str) -> None:
    """Options about numbers that make no sense."""
    ran = run(TWO_LAYERS, *arguments)
    assert ran.exit_code != 0
    assert words in ran.output
