"""`symbackprop train`: what it prints, what it writes, how it ends; never a traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import symbackprop as sb
from symbackprop.cli import main

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
XOR = (EXAMPLES / "002_two_layer_sigmoid.model", EXAMPLES / "002_xor.csv")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


def test_until_convergence(tmp_path: Path) -> None:
    """Random misclassified samples until there are none; the parameters written classify all four."""
    out = tmp_path / "xor.npz"
    result = run(*XOR, "--size", "h=3", "--batch", "misclassified", "--rate", "1", "-o", out)
    assert result.exit_code == 0, result.output
    assert "Converged: no sample is misclassified." in result.output
    assert "Misclassified samples: 0 of 4." in result.output
    with np.load(out) as found:
        assert sorted(found.files) == ["W1", "W2", "b1", "b2"]
        assert found["W1"].shape == (3, 2)


def test_several_classes_a_sample(tmp_path: Path) -> None:
    """Each of them counts: a class at every step of a sequence, of which the last sample's last is wrong."""
    model, data, start = (tmp_path / name for name in ("steps.model", "steps.npz", "start.npz"))
    lines = [
        "size T, K",
        "input tok[T] integer",
        "target y[T,K] one_hot",
        "samples m in rows",
        "e = embedding(tok, K, K)",
    ]
    model.write_text(
        "\n".join([*lines, "loss L = cross_entropy_with_logits(e, y)", "cost J = mean(L)"]), encoding="utf-8"
    )
    tokens = np.array([[0, 1, 2], [2, 0, 1]])
    classes = np.array([[0, 1, 2], [2, 0, 0]])
    np.savez(data, tok=tokens, y=np.eye(3)[classes])
    np.savez(start, **{"e.M": 5 * np.eye(3)})
    result = run(model, data, "--start", start, "--epochs", "1", "--rate", "1e-6")
    assert result.exit_code == 0, result.output
    assert "Misclassified positions: 1 of 6, in 1 of 2 samples." in result.output


def test_goes_on_from_parameters(tmp_path: Path) -> None:
    """What one descent writes another can start from."""
    out = tmp_path / "xor.npz"
    run(*XOR, "--size", "h=3", "--epochs", "5", "-o", out)
    with np.load(out) as found:
        model, data = sb.load(XOR[0]), {"x": np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), "y": np.array([[0.0, 1, 1, 0]])}
        cost, _ = sb.compile(model)(**data, **found)
    again = run(*XOR, "--size", "h=3", "--epochs", "1", "--start", out)
    assert f"cost {cost:.6g} before" in again.output
    assert "Not converged: 1 epochs are over." in again.output


@pytest.mark.parametrize(
    ("arguments", "wording"),
    [
        ((EXAMPLES / "absent.model", XOR[1]), "there is no file"),
        ((XOR[0], EXAMPLES / "absent.csv"), "absent.csv is not there"),
        (XOR, "the size h of W1 is not known"),
        ((*XOR, "--size", "h"), "--size takes NAME=NUMBER, not h"),
        ((*XOR, "--size", "h=0"), "--size takes NAME=NUMBER, not h=0"),
        ((*XOR, "--size", "h=3", "--batch", "half"), "--batch half is not known"),
        ((*XOR, "--size", "h=3", "--rate", "-1"), "the learning rate is -1"),
        ((*XOR, "--size", "h=3", "-o", "out.txt"), "cannot tell the format of out.txt"),
        ((*XOR, "--size", "h=3", "--start", XOR[1]), "no NPZ file of numbers"),
    ],
)
def test_refused(arguments: tuple[object, ...], wording: str) -> None:
    """What cannot be used ends with code 2, in the user's words."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert wording in result.output
    assert "Traceback" not in result.output


def test_the_example_of_the_help(tmp_path: Path) -> None:
    """The table that the help shows is data, and its command runs."""
    lines = [line.strip() for line in run("--help").output.splitlines()]
    begin = next(n for n, line in enumerate(lines) if "cat xor.csv" in line) + 1
    table = "\n".join(lines[begin : begin + 5])
    (tmp_path / "xor.csv").write_text(table, encoding="utf-8")
    words = next(line for line in lines if line.startswith("$ symbackprop train")).split()[3:]
    options = [str(tmp_path / w) if w.endswith((".csv", ".npz")) else w for w in words if not w.endswith(".model")]
    assert run(XOR[0], *options).exit_code == 0
