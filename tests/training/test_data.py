"""Samples from files: what the arrays are, and what is refused in which words."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import DataError
from symbackprop.training.data import read_arrays, read_data, sizes_told

ROWS = """
size n
input x[n]
target y[1] binary
samples m in rows
parameter W[1,n]
a = W x
loss L = half_squared_error(a, y)
cost J = mean(L)
"""
COLUMNS = ROWS.replace("in rows", "in columns")
CLASSES = """
size n, k
input x[n]
target y[k] one_hot
samples m in rows
parameter W[k,n]
p = softmax(W x)
loss L = cross_entropy(p, y)
cost J = mean(L)
"""
PICTURES = """
input x[2,3]
target y
samples m in rows
parameter W[2,3]
a = sum(i, j, W[i,j] x[i,j])
loss L = (a - y)^2
cost J = mean(L)
"""
ONE = """
constant x
parameter m, c
loss y = m x + c
"""


def read(text: str, model: str, folder: Path, name: str = "data.csv") -> dict[str, np.ndarray]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_data(path, sb.parse(model))


TITLES = ("x[0],x[1],y", "x1,x2,y", "x_1,x_2,y", " x[0] , x[1] ,y[0]", "y,x[1],x[0]")


@pytest.mark.parametrize("title", TITLES)
def test_columns_by_any_name(title: str, tmp_path: Path) -> None:
    """Entries go by brackets from 0, or by numbers from 1, in any order of columns."""
    values = {"x0": "1,2.5,-3", "x1": "4,5,6e2", "y": "0,1,0"}
    order = ("y", "x1", "x0") if title.startswith("y") else ("x0", "x1", "y")
    rows = zip(*(values[column].split(",") for column in order), strict=True)
    found = read("\n".join([title, *(",".join(row) for row in rows)]), ROWS, tmp_path)
    assert found["x"].tolist() == [[1, 4], [2.5, 5], [-3, 600]]
    assert found["y"].tolist() == [[0], [1], [0]]


def test_columns_stand_as_the_model_has_them(tmp_path: Path) -> None:
    """Where samples stand in columns, so do those that are read."""
    found = read("x1,x2,y\n1,2,0\n3,4,1\n5,6,1\n", COLUMNS, tmp_path)
    assert found["x"].tolist() == [[1, 3, 5], [2, 4, 6]]
    assert found["y"].tolist() == [[0, 1, 1]]
    assert sizes_told(sb.parse(COLUMNS), found) == {"n": 2, "m": 3}


def test_classes_become_one_hot(tmp_path: Path) -> None:
    """One column of classes gives a one-hot target; the largest class tells how many there are."""
    found = read("x1,x2,y\n1,2,2\n3,4,0\n", CLASSES, tmp_path)
    assert found["y"].tolist() == [[0, 0, 1], [1, 0, 0]]


def test_entries_of_pictures(tmp_path: Path) -> None:
    """Columns may name entries of any rank."""
    title = ",".join(f'"x[{i},{j}]"' for i in range(2) for j in range(3))
    found = read(f"{title},y\n1,2,3,4,5,6,7\n", PICTURES, tmp_path)
    assert found["x"].tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert found["y"].tolist() == [7]


def test_a_model_of_one_sample(tmp_path: Path) -> None:
    """Without samples the single row gives the arrays themselves."""
    assert read("x\n3\n", ONE, tmp_path)["x"] == 3


def test_arrays_from_npz(tmp_path: Path) -> None:
    """NPZ gives the arrays by name, as they are."""
    x, y = np.arange(6.0).reshape(3, 2), np.array([[0.0], [1], [0]])
    np.savez(tmp_path / "data.npz", x=x, y=y)
    found = read_data(tmp_path / "data.npz", sb.parse(ROWS))
    assert np.array_equal(found["x"], x)
    assert np.array_equal(found["y"], y)


BAD = {
    "no samples": ("x1,x2,y\n", ROWS, "has no samples"),
    "empty": ("", ROWS, "has no samples"),
    "no header": ("1,2,0\n3,4,1\n", ROWS, "has no header"),
    "two columns": ("x1,x1,y\n1,2,0\n", ROWS, "has two columns 'x1'"),
    "short row": ("x1,x2,y\n1,2,0\n3,4\n", ROWS, "sample 2 of .* has 2 columns, the header 3"),
    "empty cell": ("x1,x2,y\n1,,0\n", ROWS, "x2 of sample 1 in .* is no finite number"),
    "nan": ("x1,x2,y\n1,2,0\n1,nan,0\n", ROWS, "x2 of sample 2 in .* is no finite number"),
    "words": ("x1,x2,y\n1,2,yes\n", ROWS, "y of sample 1 in .* is no finite number"),
    "unknown": ("x1,x2,z\n1,2,0\n", ROWS, "column 'z' that is no data of the model"),
    "parameter": ("x1,x2,y,W\n1,2,0,1\n", ROWS, "column 'W' that is no data"),
    "missing": ("x1,x2\n1,2\n", ROWS, "has no column for target y"),
    "gap": ("x1,x3,y\n1,2,0\n", ROWS, r"has no column x\[1\]"),
    "rank": ('"x[0,0]",y\n1,0\n', ROWS, "do not name entries"),
    "size": ("x[0],y\n1,0\n", ROWS.replace("size n\n", "").replace("n]", "2]"), "has 1 entries of x along axis 0"),
    "class": ("x1,x2,y\n1,2,1.5\n", CLASSES, "y of sample 1 in .* is no class"),
    "negative": ("x1,x2,y\n1,2,1\n1,2,-1\n", CLASSES, "y of sample 2 in .* is no class"),
    "one sample": ("x\n1\n2\n", ONE, "has 2 samples, and the model is of one"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str, tmp_path: Path) -> None:
    """What does not fit is refused in the user's names."""
    text, model, wording = BAD[name]
    with pytest.raises(DataError, match=wording):
        read(text, model, tmp_path)


def test_files_refused(tmp_path: Path) -> None:
    """No file, another kind of file, arrays that are objects or unknown: each its own words, and nothing is run."""
    model = sb.parse(ROWS)
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object), y=np.zeros(1))
    np.savez(tmp_path / "unknown.npz", x=np.zeros((1, 2)), y=np.zeros((1, 1)), W3=np.zeros(2))
    np.savez(tmp_path / "missing.npz", x=np.zeros((1, 2)))
    np.savez(tmp_path / "words.npz", x=np.array([["a"]]), y=np.zeros((1, 1)))
    np.save(tmp_path / "single.npy", np.zeros(2))
    (tmp_path / "single.npy").rename(tmp_path / "single.npz")
    (tmp_path / "text.npz").write_text("x,y")
    (tmp_path / "data.txt").write_text("x,y")
    for name, wording in {
        "absent.csv": "is not there",
        "data.txt": "neither CSV nor NPZ",
        "objects.npz": "no NPZ file of numbers",
        "text.npz": "no NPZ file of numbers",
        "single.npz": "holds a single array",
        "words.npz": "x in .* has no real numbers",
        "unknown.npz": "an array W3 that is no data",
        "missing.npz": "has no array y",
    }.items():
        with pytest.raises(DataError, match=wording):
            read_data(tmp_path / name, model)


SEPARATED = {
    "semicolons": "x1;x2;y\n1;2,5;0\n".replace(",", "."),
    "tabs": "x1\tx2\ty\n1\t2.5\t0\n",
    "quotes": '"x1","x2","y"\n"1","2.5\n","0"\n',
    "CRLF": "x1,x2,y\r\n1,2.5,0\r\n",
    "a byte order mark": "\ufeffx1,x2,y\n1,2.5,0\n",
    "empty lines": "\n\nx1,x2,y\n\n1,2.5,0\n\n",
}


@pytest.mark.parametrize("name", SEPARATED)
def test_tables_as_programs_write_them(name: str, tmp_path: Path) -> None:
    """Commas, semicolons, tabs, quotes, any line ends: the same numbers."""
    found = read(SEPARATED[name], ROWS, tmp_path)
    assert (found["x"].tolist(), found["y"].tolist()) == ([[1, 2.5]], [[0]])


UNREADABLE = {
    "far entry": ("x[0],x[99999999],y\n1,2,0\n", ROWS, r"has no column x\[1\]"),
    "farther entry": ("x[0],x[999999999999999999],y\n1,2,0\n", ROWS, r"has no column x\[1\]"),
    "farthest entry": (f"x[0],x[{'9' * 5000}],y\n1,2,0\n", ROWS, "that is no data of the model"),
    "far number": ("x1,x99999999,y\n1,2,0\n", ROWS, r"has no column x\[1\]"),
    "number from 0": ("x0,x1,y\n1,2,0\n", ROWS, "x1 is x\\[0\\]"),
    "only number 0": ("x0,y\n1,0\n", ROWS, "x1 is x\\[0\\]"),
    "one entry by two names": ("x1,x[0],y\n1,2,0\n", ROWS, r"two columns for one entry of x: 'x1' and 'x\[0\]'"),
    "one entry by three names": ("x_1,x[00],y\n1,2,0\n", ROWS, "two columns for one entry of x"),
    "name and entry": ("x1,y,y[0]\n1,0,0\n", ROWS, "do not name entries"),
    "spaces in brackets": ("x[0 1],y\n1,0\n", ROWS, r"column 'x\[0 1\]' that is no data"),
    "empty index": ('"x[0,]",y\n1,0\n', ROWS, r"column 'x\[0,\]' that is no data"),
    "negative index": ("x[-1],x[0],y\n1,0,0\n", ROWS, r"column 'x\[-1\]' that is no data"),
    "empty title": ("x1,,y\n1,2,0\n", ROWS, "column '' that is no data"),
    "no titles": (",,\n1,2,0\n", ROWS, "has no samples"),
    "decimal commas": ("x1;x2;y\n1;2,5;0\n", ROWS, "x2 of sample 1 in .* is no finite number"),
    "long row": ("x1,x2,y\n1,2,0,4\n", ROWS, "sample 1 of .* has 4 columns, the header 3"),
    "infinity": ("x1,x2,y\n1,inf,0\n", ROWS, "x2 of sample 1 in .* is no finite number"),
    "too large": ("x1,x2,y\n1,1e999,0\n", ROWS, "x2 of sample 1 in .* is no finite number"),
    "underscores": ("x1,x2,y\n1,1_0,0\n", ROWS, "x2 of sample 1 in .* is no finite number"),
    "open quotes": ('x1,x2,y\n1,"2,0\n', ROWS, "is no CSV file"),
    "letters after quotes": ('x1,x2,y\n1,"2"3,0\n', ROWS, "is no CSV file"),
    "a huge class": ("x1,x2,y\n1,2,1e300\n", CLASSES, "has 1,0.* classes"),
    "a large class": ("x1,x2,y\n1,2,999999999\n", CLASSES, "has 1,000,000,000 classes"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_no_column_is_passed_over(name: str, tmp_path: Path) -> None:
    """Every column is an entry, and every cell a number, or it is named; no memory is taken for what is not there."""
    text, model, wording = UNREADABLE[name]
    with pytest.raises(DataError, match=wording):
        read(text, model, tmp_path)


class Executed:
    """What a pickle of it would run."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return pytest.fail, ("a pickle was executed",)


def test_archives_with_other_things(tmp_path: Path) -> None:
    """Pickles in the place of arrays or of the archive, members that are no arrays, arrays larger than the file."""
    model, path = sb.parse(ROWS), tmp_path / "data.npz"
    fine = io.BytesIO()
    np.save(fine, np.zeros((1, 2)))
    pickled = io.BytesIO()
    np.save(pickled, np.array([Executed()], dtype=object), allow_pickle=True)
    huge = fine.getvalue().replace(b"'shape': (1, 2), }           ", b"'shape': (1999999999, 2), }  ")
    assert huge != fine.getvalue()
    for member, content in {
        "x.npy": pickled.getvalue(),
        "readme.txt": b"words",
        "z.npy": huge,
        "x": pickle.dumps(Executed()),
    }.items():
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, content)
        with pytest.raises(DataError, match=r"no NPZ file of numbers|has no real numbers"):
            read_data(path, model)
    path.write_bytes(pickle.dumps(Executed()))
    with pytest.raises(DataError, match="no NPZ file of numbers"):
        read_data(path, model)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_archives(compressed: bool, tmp_path: Path) -> None:
    """Cut off anywhere, or with bytes changed: an error in words, or arrays of numbers."""
    whole, path = tmp_path / "whole.npz", tmp_path / "damaged.npz"
    (np.savez_compressed if compressed else np.savez)(whole, x=np.arange(6.0).reshape(3, 2), y=np.zeros((3, 1)))
    content, random = whole.read_bytes(), np.random.default_rng(1)
    refused = 0
    for number in range(300):
        damaged = bytearray(content)
        if number % 3 == 0:
            damaged = damaged[: random.integers(len(content))]
        else:
            for place in random.integers(len(content), size=1 + number % 4):
                damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            assert all(array.dtype.kind in "fiub" for array in read_arrays(path).values())
        except DataError as error:
            assert "no NPZ file of numbers" in str(error) or "no real numbers" in str(error)
            refused += 1
    assert refused > 150
