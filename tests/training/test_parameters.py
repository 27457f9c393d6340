"""Parameters from CSV and NPZ files: entries by name, and every mistake named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import DataError
from symbackprop.training.parameters import read_parameters

MODEL = sb.parse(
    "size n, h\ninput x[n]\ntarget y\nparameter W1[h,n], b1[h], s\na = tanh(W1 x + b1)\nloss L = s sum(i, a[i]) y"
)
SIZES = {"n": 2, "h": 1}


def read(tmp_path: Path, text: str) -> dict[str, np.ndarray]:
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    return read_parameters(path, MODEL, SIZES)


@pytest.mark.parametrize(
    "text",
    [
        "entry,value\nW1[0,0],1.5\nW1[0,1],-2\nb1[0],3e-1\ns,4\n",
        'entry,value\n"W1[0,0]",1.5\n"W1[0,1]",-2\n"b1[0]",0.3\ns,4\n',
        "w1_1_1,1.5\nw1_1_2,-2\nb1_1,0.3\ns,4\n",
        "W1_1_1, 1.5\n\nW1_1_2, -2\nb1, 0.3\ns, 4\n",
    ],
)
def test_entries(text: str, tmp_path: Path) -> None:
    """In brackets from 0, after underscores from 1; a single entry by its tensor's name; the header may be left out."""
    found = read(tmp_path, text)
    assert sorted(found) == ["W1", "b1", "s"]
    np.testing.assert_array_equal(found["W1"], [[1.5, -2.0]])
    np.testing.assert_array_equal(found["b1"], [0.3])
    np.testing.assert_array_equal(found["s"], 4.0)


def test_arrays(tmp_path: Path) -> None:
    """An NPZ file has the arrays themselves."""
    np.savez(tmp_path / "p.npz", W1=np.ones((1, 2)))
    np.testing.assert_array_equal(read_parameters(tmp_path / "p.npz", MODEL, SIZES)["W1"], np.ones((1, 2)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("W1[0,0],1\nW1[0,0],2\n", r"gives W1\[0,0\] twice"),
        ("W1[0,0],1\n", r"has no value for W1\[0,1\]"),
        ("W1[0,2],1\n", r"'W1\[0,2\]', which is no entry of W1"),
        ("W1[0],1\n", "which is no entry of W1"),
        ("w1_0_1,1\n", "which is no entry of W1"),
        ("W1,1\n", "which is no entry of W1"),
        ("V[0],1\n", r"an entry 'V\[0\]' of no tensor"),
        ("entry,value\ns,four\n", "row 2 of .* is no entry with its value"),
        ("entry,value\ns\n", "row 2 of .* is no entry with its value"),
        ("s,inf\n", "row 1 of .* is no entry with its value"),
    ],
)
def test_mistakes(text: str, words: str, tmp_path: Path) -> None:
    """What a row gets wrong is said, with the row or the entry."""
    with pytest.raises(DataError, match=words):
        read(tmp_path, text)


def test_files(tmp_path: Path) -> None:
    """No such file, and a file of another kind."""
    with pytest.raises(DataError, match="is not there"):
        read_parameters(tmp_path / "p.csv", MODEL, SIZES)
    with pytest.raises(DataError, match="neither CSV nor NPZ"):
        read_parameters(tmp_path / "p.txt", MODEL, SIZES)
