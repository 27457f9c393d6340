"""The standalone file: it runs where only NumPy can be imported, refuses wrong shapes, and reads well."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sympy import Expr, S, log

import symbackprop as sb
from symbackprop.algebra.symbols import Apply, entry
from symbackprop.compiling.equations import computation_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.numpy_code import NumpyCode, emit
from symbackprop.compiling.program import Contract, Elementwise, Program
from symbackprop.notation.reading.model_text import load, read_model
from tests.compiling.written_programs import box, c, data_for, h, i, j, k, m, n, program, run
from tests.oracles.random_models import case_of
from tests.oracles.slopes import leaves
from tests.other_process import elsewhere

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "docs/examples").glob("*.model") if "generic" not in path.name)

ALONE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("symbackprop", "sympy", "mpmath", "scipy", "jinja2", "click"):
            raise ImportError(f"{name} is not to be had here")

sys.meta_path.insert(0, Refuse())
import json, runpy
import numpy as np
module = runpy.run_path(sys.argv[1])
data = {name: np.array(value) for name, value in json.load(sys.stdin).items()}
loss, gradients = module["loss_and_gradients"](**data)
print(json.dumps([float(loss), {name: np.asarray(g).tolist() for name, g in gradients.items()}]))
"""


@cache
def compiled(path: Path) -> tuple[Program, NumpyCode]:
    model = load(path)
    of = lower(computation_of(model))
    return of, emit(of, model.name, {tensor.name: tensor.role for tensor in model.tensors})


def alone(source: str, data: dict[str, np.ndarray], folder: Path) -> tuple[float, dict[str, list]]:
    """The result of the file in a process of its own, warnings being errors."""
    file = folder / "gradients.py"
    file.write_text(source, encoding="utf-8")
    text = json.dumps({name: array.tolist() for name, array in data.items()})
    command = [sys.executable, "-W", "error", "-I", "-c", ALONE, str(file)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_a_file_runs_with_numpy_alone(path: Path, tmp_path: Path) -> None:
    """Each example's file, keyword by keyword, in a process that has NumPy alone, gives what the function gives."""
    of, code = compiled(path)
    data = {name: np.abs(array) % 1 for name, array in data_for(of).items()}
    loss, gradients = alone(code.source, data, tmp_path)
    found = run(code, of, data)
    assert loss == found[of.loss]
    assert list(gradients) == list(of.gradients)
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(np.array(gradient), found[name])


SPECIAL = ("gelu", "gelu_tanh", "silu", "softplus", "elu", "selu", "tanh", "leaky_relu", "abs")


def test_every_special_function_comes_along(tmp_path: Path) -> None:
    """The file has the functions that it calls, and those that they call."""
    expression = sum(Apply(name, entry("x", i), order) for name in SPECIAL for order in (0, 1, 2))
    of = program({"x": (n,), "e": (n, n)}, [
        Elementwise("z", (i,), box(i=n), expression + 2 * entry("e", i, i)),
        Elementwise("w", (i, j), box(i=n - 1, j=2), entry("x", i + j) ** 2),
    ], {"z": (n,), "w": (n - 1, 2)})  # fmt: skip
    code, data = emit(of), data_for(of)
    _, gradients = alone(code.source, data, tmp_path)
    np.testing.assert_array_equal(gradients["z"], run(code, of, data)["z"])
    np.testing.assert_array_equal(gradients["w"], run(code, of, data)["w"])


def test_only_what_is_called_comes_along() -> None:
    """A file without gelu has no erf."""
    defined = [
        node.name for node in ast.parse(compiled(EXAMPLES[-1])[1].source).body if isinstance(node, ast.FunctionDef)
    ]
    assert "erf" not in defined
    assert defined[0] == "checked" and defined[-1] == "loss_and_gradients"


def test_the_two_layer_file_word_for_word() -> None:
    """The statements of the two layer example are those that a person would write, numbered as the document's steps."""
    _, code = compiled(ROOT / "docs/examples/002_two_layer_sigmoid.model")
    wanted = """\
    # forward
    z1 = W1 @ x + b1[:, None]
    a1 = sigmoid(z1)
    z2 = W2 @ a1 + b2[:, None]
    a2 = sigmoid(z2)
    L = (y * softplus(-z2) + (1 - y) * softplus(z2)).sum(axis=0)
    J = L.sum() / m

    # backward
    dz2 = a2 - y  # step 3
    dW2 = dz2 @ a1.T / m  # step 4
    db2 = dz2.sum(axis=1) / m  # step 5
    dz1 = (W2.T @ dz2) * a1 * (1 - a1)  # step 7
    dW1 = dz1 @ x.T / m  # step 8
    db1 = dz1.sum(axis=1) / m  # step 9

    return J, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
"""
    assert code.source.endswith(wanted), code.source


SHAPES: list[tuple[str, dict[str, tuple[int, ...]], str]] = [
    ("an axis too long", {"W1": (3, 3)}, r"W1 has the shape \(3, 3\), expected \(h, 2\)"),
    ("an axis too many", {"b1": (3, 1)}, r"b1 has the shape \(3, 1\), expected \(3,\)"),
    ("no axis", {"x": ()}, r"x has the shape \(\), expected \(n, m\)"),
    ("turned round", {"W2": (3, 1)}, r"W2 has the shape \(3, 1\), expected \(1, 3\)"),
    ("another number of samples", {"y": (1, 5)}, r"y has the shape \(1, 5\), expected \(1, 4\)"),
]
RIGHT = {"x": (2, 4), "y": (1, 4), "W1": (3, 2), "b1": (3,), "W2": (1, 3), "b2": (1,)}


def function_of(source: str):
    space: dict = {}
    exec(compile(source, "gradients.py", "exec"), space)
    return space["loss_and_gradients"]


@pytest.mark.parametrize(("wrong", "message"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES])
def test_wrong_shapes_are_refused(wrong: dict[str, tuple[int, ...]], message: str) -> None:
    """The file itself names the argument, the shape found and the shape expected."""
    function = function_of(compiled(ROOT / "docs/examples/002_two_layer_sigmoid.model")[1].source)
    function(**{name: np.full(shape, 0.5) for name, shape in RIGHT.items()})
    with pytest.raises(ValueError, match=message):
        function(**{name: np.full(shape, 0.5) for name, shape in {**RIGHT, **wrong}.items()})


def test_composite_shapes_are_checked_once_their_sizes_are_known() -> None:
    """An axis of 2 n + 1 entries gives n, and other axes must agree with it."""
    value: Expr = entry("x", 2 * i + 1) + entry("v", i)
    of = program({"x": (2 * n + 1,), "q": (n, n), "v": (n,)}, [Elementwise("z", (i,), box(i=n), value)], {"z": (n,)})
    function = function_of(emit(of).source)
    assert function(np.ones(7), np.ones((3, 3)), np.ones(3))[1]["z"].tolist() == [2, 2, 2]
    for shapes in ((8, (3, 3), 3), (7, (3, 4), 3), (7, (3, 3), 2), (9, (3, 3), 3)):
        with pytest.raises(ValueError, match="has the shape"):
            function(*map(np.ones, shapes))


def test_indices_are_checked() -> None:
    """An entry of integer data that is no index of its axis is refused, not taken from the end."""
    statement = Elementwise("z", (k, c), box(k=m, c=h), 2 * entry("E", entry("tok", k), c))
    function = function_of(emit(program({"E": (n, h), "tok": (m,)}, [statement], {"z": (m, h)})).source)
    assert function(np.ones((3, 2)), [0.0, 2.0])[1]["z"].shape == (2, 2)
    for wrong in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match="tok has entries that are no index of 3 entries"):
            function(np.ones((3, 2)), wrong)


def test_lists_and_whole_numbers_are_arrays_of_floats() -> None:
    """The file takes whatever NumPy makes an array of, and leaves it alone."""
    of = program({"x": (n,)}, [Elementwise("z", (i,), box(i=n), entry("x", i) / 2)], {"z": (n,)})
    given = [1, 2, 3]
    assert function_of(emit(of).source)(given)[1]["z"].tolist() == [0.5, 1.0, 1.5]
    assert given == [1, 2, 3]


SEEDS = (3, 6, 14, 19, 23)


@cache
def random_source(seed: int) -> str:
    model = case_of(seed, 1 + seed % 8).model
    return emit(lower(computation_of(model, wrt=leaves(model)))).source


def sources(seeds: tuple[int, ...] = SEEDS) -> list[str]:
    """The files of the examples and of random models."""
    return [compiled(path)[1].source for path in EXAMPLES] + [random_source(seed) for seed in seeds]


def test_files_pass_ruff(tmp_path: Path) -> None:
    """Ruff with its own rules finds nothing in any file, not even a name that looks like a digit or is never read."""
    for number, source in enumerate(sources()):
        (tmp_path / f"gradients_{number}.py").write_text(source, encoding="utf-8")
    odd = program({"l": (n,), "I": (n, m)}, [
        Contract("O", (i,), box(i=n), S.One, (entry("I", i, k),), box(k=m)),
        Elementwise("z", (i,), box(i=n), entry("l", i) * entry("O", i)),
    ], {"O": (n,), "z": (n,)}, ["z"])  # fmt: skip
    (tmp_path / "odd.py").write_text(emit(odd).source, encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ruff"), "check", "--isolated", "--no-cache", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lines_are_short() -> None:
    """No line has more than 100 characters where it can be cut."""
    for source in sources():
        assert max(map(len, source.splitlines())) <= 100, max(source.splitlines(), key=len)


def test_titles_and_names_cannot_leave_their_docstrings() -> None:
    """A title with quotes, backslashes and lines in it stays a title; a name with quotes stays a key."""
    name = 'W"1\\'
    of = program({name: (n,)}, [Elementwise("z", (i,), box(i=n), entry(name, i) ** 2)], {"z": (n,)})
    of = Program(of.arguments, of.statements, of.space, of.loss, {name: "z"}, {"z": "1\nimport os"})
    source = emit(of, 'x""" + __import__("os").getcwd() + """\n\\', {name: '"""'}).source
    tree = ast.parse(source)
    assert [type(node).__name__ for node in tree.body][:3] == ["Expr", "Import", "FunctionDef"]
    assert "__import__" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert len([node for node in ast.walk(tree) if isinstance(node, ast.Import)]) == 1
    assert function_of(source)(np.ones(2))[1][name].tolist() == [1, 1]


@pytest.mark.parametrize("seeds", [SEEDS[:2], pytest.param(SEEDS, marks=pytest.mark.long)], ids=["some", "all"])
def test_the_same_program_gives_the_same_bytes(seeds: tuple[int, ...]) -> None:
    """A process of its own with another hash seed writes the same files as this one."""
    here = "".join(sources(seeds))
    assert len(here) > 10_000
    assert elsewhere("from tests.compiling.test_source_file import sources", f"''.join(sources({seeds}))") == here


def test_a_recurrence_reads_as_a_loop() -> None:
    """A tanh network in time: its forward loop, its backward loop, and one product for the gradient."""
    text = """\
size T, n
input x[T, n]
parameter W[n, n]
tensor h[T, n]
h[t, i] = tanh(sum(j, W[i, j] h[t - 1, j]) + x[t, i])
pad h
loss L = sum(t, i, h[t, i]^2)
"""
    source = emit(lower(computation_of(read_model(text)))).source
    assert "    for t in range(T):\n        h[t] = np.tanh(" in source
    assert "    for t in reversed(range(T)):\n" in source


def test_a_logarithm_that_does_not_count_is_silent() -> None:
    """The file warns of nothing where a case that does not hold would be undefined."""
    from_both = entry("x", i) * Apply("relu", entry("x", i)) + log(1 + entry("x", i) ** 2)
    of = program({"x": (n,)}, [Elementwise("z", (i,), box(i=n), from_both)], {"z": (n,)})
    with np.errstate(all="raise"):
        assert np.isfinite(function_of(emit(of).source)(np.array([-1e4, 0.0, 1e4]))[1]["z"]).all()


def test_slopes_of_relu_are_masks() -> None:
    """Beside a slope, which is a float, a truth value is 1 or 0."""
    model = sb.parse("size n, h\nparameter V[h,n], z[n]\na = relu(z)\no = V a\nloss L = sum(i, o[i]^2)")
    f = sb.compile(model)
    assert "* (z > 0)" in f.source
    z, v = np.array([1.5, -2.0, 0.5]), np.array([[2.0, 3.0, -1.0], [0.5, 0.0, 4.0]])
    _, gradients = f(V=v, z=z)
    expected = 2 * v.T @ (v @ np.maximum(z, 0))
    np.testing.assert_allclose(gradients["z"], [expected[0], 0, expected[2]], rtol=1e-15)
