"""Numbers from files and arrays: sizes found from them, and every mistake named with its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import DataError, UsageError
from symbackprop.evaluation.choosing import evaluation_for

MODEL = sb.parse(
    "size n, h\ninput x[n]\ntarget y[1] binary\nsamples m in columns\nparameter W[h,n], v[1,h]\n"
    "a = tanh(W x)\np = sigmoid(v a)\nloss L = binary_cross_entropy(p, y)\ncost J = mean(L)"
)
DERIVATION = sb.derive(MODEL, checks=False)
SAMPLES = "x[0],x[1],y\n0.5,-1,1\n0.2,0.7,0\n-0.3,0.1,1\n"
VALUES = (
    "entry,value\nW[0,0],0.1\nW[0,1],0.2\nW[1,0],-0.3\nW[1,1],0.4\nW[2,0],0.5\nW[2,1],-0.6\n"
    "v[0,0],1\nv[0,1],2\nv[0,2],-1\n"
)
W = np.array([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]])


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_files_tell_the_sizes(tmp_path: Path) -> None:
    """Samples tell m and n, the entries of parameters h."""
    found = evaluation_for(
        DERIVATION, data=written(tmp_path, "s.csv", SAMPLES), values=written(tmp_path, "p.csv", VALUES)
    )
    assert dict(found.sizes) == {"n": 2, "m": 3, "h": 3}
    np.testing.assert_array_equal(found.values["W"], W)
    x = np.array([[0.5, 0.2, -0.3], [-1, 0.7, 0.1]])
    np.testing.assert_allclose(found.values["a"], np.tanh(W @ x), rtol=1e-14)
    np.savez(tmp_path / "p.npz", W=W, v=[[1.0, 2.0, -1.0]])
    np.savez(tmp_path / "s.npz", x=x, y=[[1.0, 0.0, 1.0]])
    again = evaluation_for(DERIVATION, data=tmp_path / "s.npz", values=tmp_path / "p.npz")
    np.testing.assert_array_equal(again.adjoints["W"], found.adjoints["W"])


def test_a_seed_for_the_rest(tmp_path: Path) -> None:
    """What is given stays, the rest is drawn at its sizes."""
    data = written(tmp_path, "s.csv", SAMPLES)
    found = evaluation_for(DERIVATION, data=data, seed=1)
    assert found.values["x"].shape == (2, 3)
    assert found.values["W"].shape[1] == 2
    np.testing.assert_array_equal(found.values["x"][0], [0.5, 0.2, -0.3])
    other = evaluation_for(DERIVATION, values={"W": W}, seed=1)
    assert other.values["v"].shape == (1, 3)
    assert other.values["x"].shape[0] == 2


GOOD: dict[str, Any] = {"W": W, "v": np.ones((1, 3))}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"W": W}, r"no values were given for v\b"),
        ({**GOOD, "W": W[:, :1]}, "W has 1 entry along its second axis, and needs n = 2"),
        ({**GOOD, "W": W.T}, "W has 2 entries along its first axis|transpose|needs"),
        ({**GOOD, "v": np.ones(3)}, "v has 1 axis, and needs 2"),
        ({**GOOD, "v": [[1, np.nan, 2]]}, r"v\[0, 1\] is nan"),
        ({**GOOD, "v": [[1, np.inf, 2]]}, r"v\[0, 1\] is inf"),
        ({**GOOD, "q": 1.0}, "q is no tensor of the model"),
        ({**GOOD, "a": 1.0}, "a is computed, not given"),
        ({**GOOD, "v": [["one", "two", "three"]]}, "v holds no numbers"),
        ({**GOOD, "v": [[1, 2], [3]]}, "v is no array of numbers"),
    ],
)
@pytest.mark.parametrize("seed", [None, 0])
def test_mistakes(values: dict[str, Any], words: str, seed: int | None) -> None:
    """What is wrong is said by name, whether or not the rest is drawn."""
    data = {"x": np.array([[0.5, 0.2], [-1, 0.7]]), "y": [[1, 0]]}
    if seed is not None and "v" not in values:
        return
    with pytest.raises(DataError, match=words):
        evaluation_for(DERIVATION, data=data, values=values, seed=seed)


def test_the_file_is_named(tmp_path: Path) -> None:
    """A wrong shape, an unknown array and a fact that does not hold, each in its file."""
    data = written(tmp_path, "s.csv", SAMPLES)
    np.savez(tmp_path / "p.npz", W=np.ones((3, 4)), v=np.ones((1, 3)))
    with pytest.raises(DataError, match=r"W has 4 entries .* needs n = 2, in .*p\.npz"):
        evaluation_for(DERIVATION, data=data, values=tmp_path / "p.npz")
    np.savez(tmp_path / "q.npz", W=W, v=np.ones((1, 3)), Wq=1.0)
    with pytest.raises(DataError, match=r"Wq is no tensor of the model, in .*q\.npz"):
        evaluation_for(DERIVATION, data=data, values=tmp_path / "q.npz")
    wrong = written(tmp_path, "t.csv", SAMPLES.replace("0.7,0", "0.7,2"))
    with pytest.raises(DataError, match=r"y\[0, 1\] is 2, and must be 0 or 1, in .*t\.csv"):
        evaluation_for(DERIVATION, data=wrong, values=GOOD)


def test_sizes_that_are_wrong() -> None:
    """A size that the model lacks, and one against the arrays."""
    with pytest.raises(UsageError, match="no size q"):
        evaluation_for(DERIVATION, sizes={"q": 2})
    with pytest.raises(DataError, match="needs n = 5"):
        evaluation_for(DERIVATION, values=GOOD, data={"x": np.ones((2, 2)), "y": [[1, 0]]}, sizes={"n": 5})


def test_no_value_there() -> None:
    """A logarithm of 0 is said of the tensor that takes it."""
    derivation = sb.derive(sb.parse("target y\nparameter w\nz = log(w)\nloss L = (z - y)^2"))
    with pytest.raises(DataError, match="z has no finite value"):
        evaluation_for(derivation, data={"y": 1.0}, values={"w": 0.0})
