"""Programs as NumPy code: each statement beside the reference interpreter, and random models beside complex steps."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from sympy import Expr, Piecewise, Rational, S, Symbol, exp, log, sqrt

from symbackprop.algebra.symbols import Apply, Guard, entry
from symbackprop.compiling.equations import computation_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.numpy_code import NumpyCode, emit
from symbackprop.compiling.program import Allocate, Contract, Elementwise, Into, Loop, Program, Reduce, Statement
from symbackprop.errors import UsageError
from symbackprop.model.functions import custom
from tests.compiling.written_programs import (
    assert_right,
    b,
    box,
    c,
    data_for,
    h,
    i,
    j,
    k,
    lines_of,
    m,
    n,
    program,
    run,
    t,
    u,
    v,
)
from tests.oracles.draws import draw
from tests.oracles.numbers import OracleError
from tests.oracles.random_models import Case, case_of, cases
from tests.oracles.slopes import leaves, slopes


def read(name: str, *at: Expr | int) -> Expr:
    return entry(name, *at)


def shows(code: NumpyCode, source: str) -> None:
    assert any(source in line for line in lines_of(code)), "\n".join(lines_of(code))


MATRICES = {"A": (n, m), "B": (m, h), "C": (h, m), "x": (m,), "y": (n,), "D": (n, m)}
BATCHES = {"P": (h, n, m), "Q": (h, m, n), "R": (h, m), "S": (h, m)}
CONTRACTIONS: list[tuple[str, dict, dict, Expr, tuple[Expr, ...], dict, str]] = [
    # name, arguments, box, coefficient, factors, bound, the source
    ("a product", MATRICES, {"i": n, "j": h}, S.One, (read("A", i, k), read("B", k, j)), {"k": m}, "A @ B"),
    ("by a transpose", MATRICES, {"i": n, "j": h}, S.One, (read("A", i, k), read("C", j, k)), {"k": m}, "A @ C.T"),
    ("turned round", MATRICES, {"j": h, "i": n}, S.One, (read("A", i, k), read("B", k, j)), {"k": m}, "B.T @ A.T"),
    ("matrix and vector", MATRICES, {"i": n}, S.One, (read("A", i, k), read("x", k)), {"k": m}, "A @ x"),
    ("vector first", MATRICES, {"i": n}, S.One, (read("x", k), read("A", i, k)), {"k": m}, "A @ x"),
    ("transpose and vector", MATRICES, {"k": m}, S.One, (read("A", i, k), read("y", i)), {"i": n}, "A.T @ y"),
    ("dot", MATRICES, {}, S.One, (read("x", k), read("x", k)), {"k": m}, "x @ x"),
    ("whole matrices", MATRICES, {}, S.One, (read("A", i, k), read("D", i, k)), {"i": n, "k": m}, "np.vdot(A, D)"),
    ("outer", MATRICES, {"i": n, "k": m}, S.One, (read("y", i), read("x", k)), {}, "np.outer(y, x)"),
    ("outer, turned", MATRICES, {"k": m, "i": n}, S.One, (read("y", i), read("x", k)), {}, "np.outer(x, y)"),
    ("entry by entry", MATRICES, {"i": n, "k": m}, S.One, (read("A", i, k), read("x", k)), {}, "A * x"),
    ("row sums", MATRICES, {"i": n}, S.One, (read("A", i, k),), {"k": m}, "A.sum(axis=1)"),
    ("a mean", MATRICES, {"k": m}, 1 / n, (read("A", i, k),), {"i": n}, "A.sum(axis=0) / n"),
    ("a scaled product", MATRICES, {"i": n, "j": h}, 1 / m, (read("A", i, k), read("B", k, j)), {"k": m}, "A @ B / m"),
    (
        "twice over m",
        MATRICES,
        {"i": n, "j": h},
        2 / m,
        (read("A", i, k), read("B", k, j)),
        {"k": m},
        "2 / m * (A @ B)",
    ),
    ("minus", MATRICES, {"i": n, "j": h}, -S.One, (read("A", i, k), read("B", k, j)), {"k": m}, "-(A @ B)"),
    ("a lone index", MATRICES, {"j": h}, S.One, (read("A", i, k), read("B", k, j)), {"i": n, "k": m}, "A.sum(axis=0)"),
    ("an unread index", MATRICES, {"i": n}, S.One, (read("y", i),), {"k": m}, "m * y"),
    (
        "spread",
        MATRICES,
        {"i": n, "j": h},
        S.One,
        (read("A", i, k), read("x", k)),
        {"k": m},
        "np.full((n, h), (A @ x)[:, None])",
    ),
    ("batched", BATCHES, {"b": h, "i": n, "j": n}, S.One, (read("P", b, i, k), read("Q", b, k, j)), {"k": m}, "P @ Q"),
    (
        "batched, last",
        BATCHES,
        {"i": n, "j": n, "b": h},
        S.One,
        (read("P", b, i, k), read("Q", b, k, j)),
        {"k": m},
        "(P @ Q).transpose(1, 2, 0)",
    ),
    (
        "batched vectors",
        BATCHES,
        {"b": h, "i": n},
        S.One,
        (read("P", b, i, k), read("R", b, k)),
        {"k": m},
        "(P @ R[:, :, None])[..., 0]",
    ),
    ("row by row", BATCHES, {"b": h}, S.One, (read("R", b, k), read("S", b, k)), {"k": m}, "(R * S).sum(axis=1)"),
    (
        "batched matrices",
        BATCHES,
        {"b": h},
        S.One,
        (read("P", b, i, k), read("Q", b, k, i)),
        {"k": m, "i": n},
        "(P * Q.transpose(0, 2, 1)).sum(axis=(1, 2))",
    ),
    (
        "two left indices",
        BATCHES,
        {"b": h, "i": n, "j": h},
        S.One,
        (read("P", b, i, k), read("R", j, k)),
        {"k": m},
        "np.tensordot(P, R, axes=(2, 1))",
    ),
    (
        "two bound indices",
        BATCHES,
        {"i": n, "j": n},
        S.One,
        (read("P", b, i, k), read("Q", b, k, j)),
        {"b": h, "k": m},
        "np.tensordot(P, Q, axes=((0, 2), (0, 1)))",
    ),
    (
        "a batch with two left indices",
        {"P": (h, n, m, 2), "Q": (h, m, 2)},
        {"b": h, "i": n, "j": 2, "c": 2},
        S.One,
        (read("P", b, i, k, j), read("Q", b, k, c)),
        {"k": m},
        "P.transpose(0, 2, 1, 3).reshape(h, m, 2 * n).swapaxes(-1, -2) @ Q",
    ),
    (
        "windows in a batch",
        {"K": (h, 2, 3), "x": (m, h, n + 2)},
        {"k": m, "b": h, "c": 2, "i": n},
        S.One,
        (read("K", b, c, u), read("x", k, b, i + u)),
        {"u": 3},
        "K @ strided(",
    ),
    (
        "windows of windows",
        {"K": (2, 3, 4), "x": (m, n + 2, h + 3)},
        {"k": m, "c": 2, "i": n, "j": h},
        S.One,
        (read("x", k, i + u, j + v), read("K", c, u, v)),
        {"u": 3, "v": 4},
        "K.reshape(2, 12) @ strided(",
    ),
    (
        "a batch and one left index less",
        {"P": (n, m), "Q": (h, n, m, 2)},
        {"b": h, "i": n, "c": 2},
        S.One,
        (read("P", i, k), read("Q", b, i, k, c)),
        {"k": m},
        "np.einsum(",
    ),
    ("windows", {"K": (3,), "x": (n + 2,)}, {"i": n}, S.One, (read("K", u), read("x", i + u)), {"u": 3}, "@ K"),
    ("an outer sum of all", MATRICES, {}, S.One, (read("x", k), read("y", i)), {"i": n, "k": m}, "x.sum() * y.sum()"),
]


@pytest.mark.parametrize("row", CONTRACTIONS, ids=[row[0] for row in CONTRACTIONS])
def test_contractions(row: tuple) -> None:
    """Each contraction prints as the product that a person would write, and has its value."""
    _, arguments, sizes, coefficient, factors, bound, source = row
    indices = box(**sizes)
    statement = Contract("z", tuple(s for s, _ in indices), indices, coefficient, factors, box(**bound))
    code = assert_right(program(arguments, [statement], {"z": tuple(sizes.values())}))
    shows(code, source)


z, w = read("z", i), read("w", i)
ELEMENTWISE: list[tuple[str, Expr, str]] = [
    ("a product", z * (1 - z), "z * (1 - z)"),
    ("a difference", z - w, "z - w"),
    ("a difference, turned", w - z, "w - z"),
    ("minus both", -z - w, "-z - w"),
    ("half a square", (z - w) ** 2 / 2, "(z - w) ** 2 / 2"),
    ("a plain square", z**2, "r = z**2"),
    ("a cube", z**3, "z**2 * z"),
    ("a third root of a square", (1 + z**2) ** Rational(1, 3), "(1 + z**2) ** (1 / 3)"),
    ("an inverse root", 1 / sqrt(1 + z**2), "1 / np.sqrt(1 + z**2)"),
    ("a quotient", z / (1 + w**2), "z / (1 + w**2)"),
    ("scalars together", 2 * z / n, "2 / n * z"),
    ("by a size", z / n, "z / n"),
    ("by two", z / (n * m), "z / (m * n)"),
    ("a decimal", Rational(3, 10) * z, "0.3 * z"),
    ("a third", Rational(2, 3) * z, "2 / 3 * z"),
    ("constants", sqrt(2) * exp(z / 10) + log(2 + z**2), "np.sqrt(2) * np.exp(z / 10)"),
    ("named", Apply("sigmoid", z) * Apply("tanh", w), "sigmoid(z) * np.tanh(w)"),
    ("a derivative", Apply("gelu", z, 1) + Apply("softplus", w, 1), "gelu_prime(z) + sigmoid(w)"),
    ("cases of values", Piecewise((z, z > 0), (w, True)), "np.where(z > 0, z, w)"),
    (
        "cases that would be undefined",
        Piecewise((log(z), z > 0), (sqrt(-z), z > -1), (1 / (z + 1), True)),
        "np.log(np.where(",
    ),
    (
        "cases within cases",
        Piecewise((Piecewise((1 / w, w > 1), (z, True)), z > 0), (0, True)),
        "np.where(z > 0, np.where(",
    ),
    ("two conditions", Piecewise((z, (z > 0) & (w > 0)), (w, (z < 0) | (w < -1)), (0, True)), "(w > 0) & (z > 0)"),
    ("a single case", Piecewise((z, read("c") > 0), (w, True)), "(z if c > 0 else w)"),
    (
        "a single case of fewer axes",
        Piecewise((z, read("c") > 0), (read("c"), True)),
        "(z if c > 0 else np.full(n, c))",
    ),
    ("a number", S(3), "np.full(n, 3.0)"),
    ("zeros", S.Zero, "np.zeros(n)"),
    ("ones", S.One, "np.ones(n)"),
    ("a number of the model", read("c"), "np.full(n, c)"),
]


@pytest.mark.parametrize(("expression", "source"), [e[1:] for e in ELEMENTWISE], ids=[e[0] for e in ELEMENTWISE])
def test_elementwise(expression: Expr, source: str) -> None:
    """Expressions read as NumPy that a person would write, are right, and warn of nothing."""
    arguments = {"z": (n,), "w": (n,), "c": ()}
    code = assert_right(program(arguments, [Elementwise("r", (i,), box(i=n), expression)], {"r": (n,)}))
    shows(code, source)


REDUCTIONS: list[tuple[str, dict, str, Expr, dict, str]] = [
    ("a sum", {"i": n}, "sum", read("A", i, k) ** 2, {"k": m}, "(A**2).sum(axis=1)"),
    ("a sum of columns", {"k": m}, "sum", read("A", i, k) ** 2, {"i": n}, "(A**2).sum(axis=0)"),
    ("all of it", {}, "sum", read("A", i, k) ** 2, {"i": n, "k": m}, "(A**2).sum()"),
    ("a largest", {"i": n}, "max", read("A", i, k), {"k": m}, "A.max(axis=1)"),
    ("a place", {"i": n}, "argmax", read("A", i, k) * read("y", i), {"k": m}, ".argmax(axis=1)"),
    ("three indices", {"i": n}, "sum", read("A", i, k) * read("B", k, j), {"k": m, "j": h}, ".sum(axis=(1, 2))"),
    ("an unread index", {"i": n}, "sum", read("y", i), {"k": m}, "m * y"),
    ("of a spread value", {"i": n, "j": h}, "sum", read("A", i, k) ** 2, {"k": m}, "np.full((n, h), "),
]


@pytest.mark.parametrize("row", REDUCTIONS, ids=[row[0] for row in REDUCTIONS])
def test_reductions(row: tuple) -> None:
    """Sums, maxima and first maximisers along axes, nothing transposed that need not be."""
    _, sizes, operation, expression, bound, source = row
    indices = box(**sizes)
    statement = Reduce("z", tuple(s for s, _ in indices), indices, operation, expression, box(**bound))
    arguments = {"A": (n, m), "B": (m, h), "y": (n,)}
    shows(assert_right(program(arguments, [statement], {"z": tuple(sizes.values())})), source)


SCATTERS: list[tuple[str, tuple, tuple, dict, Expr, str]] = [
    # name, shape of the target, at, box, expression, source
    ("a slice", (n + 2,), (i + 1,), {"i": n}, read("g", i), "z[1:-1] += g"),
    ("transposed", (m, n), (k, i), {"i": n, "k": m}, read("A", i, k), "z += A.T"),
    ("every second", (2 * n,), (2 * i + 1,), {"i": n}, read("g", i), "z[1::2] += g"),
    ("one entry", (n,), (0,), {}, read("c"), "z[0] += c"),
    ("a sum into a row", (n, m), (0, k), {"i": n, "k": m}, read("A", i, k), "z[0] += A.sum(axis=0)"),
    ("the diagonal", (n, n), (i, i), {"i": n}, read("g", i), "add_at(z, (np.arange(n), np.arange(n)), g)"),
    ("short windows", (n + 2,), (i + u,), {"i": n, "u": 3}, read("W", i, u), "for u in range(3):"),
    ("long windows", (n + m - 1,), (i + k,), {"i": n, "k": m}, read("A", i, k), "add_at(z, "),
    ("past the start", (n,), (i - 1,), {"i": n}, read("g", i), "z += z_wide[1:]"),
    ("perhaps outside", (n,), (n - 2,), {}, read("c"), "if n >= 2:"),
    (
        "by data",
        (5, h),
        (read("tok", k), j),
        {"k": m, "j": h},
        read("F", k, j),
        "add_at(z, (tok[:, None], np.arange(h)), F)",
    ),
    ("transposed, by data", (5, h), (read("tok", k), j), {"j": h, "k": m}, read("F", k, j), "np.arange(h)), F)"),
    ("along one axis", (5,), (read("tok", k),), {"k": m}, read("v", k), "np.add.at(z, tok, v)"),
    ("a number", (), (), {"i": n}, read("g", i), "z += g.sum()"),
    ("a range that is not read", (n,), (i,), {"i": n, "k": m}, read("g", i), "z += m * g"),
]


@pytest.mark.parametrize("row", SCATTERS, ids=[row[0] for row in SCATTERS])
def test_scatters(row: tuple) -> None:
    """Additions into a tensor: slices where the map is one to one, short loops over windows, else sums at places."""
    _, shape, at, sizes, expression, source = row
    arguments = {"g": (n,), "A": (n, m), "W": (n, 3), "c": (), "tok": (m,), "F": (m, h), "v": (m,)}
    statements = [Allocate("z", tuple(map(S, shape))), *(2 * [Into("z", tuple(map(S, at)), box(**sizes), expression)])]
    shows(assert_right(program(arguments, statements, {"z": shape}), {"tok": 5}), source)


def recurrence(descending: bool) -> list[Statement]:
    before = t + 1 if descending else t - 1
    body = (
        Contract("p", (i,), box(i=n), S.One, (read("W", i, j), read("h", before, j)), box(j=n)),
        Elementwise("h", (t, i), box(i=n), Apply("tanh", read("p", i) + read("x", t, i))),
        Into("total", (i,), box(i=n), read("h", t, i) / m),
    )
    return [Allocate("h", (m, n)), Allocate("total", (n,)), Loop(t, m, descending, body)]


@pytest.mark.parametrize("descending", [False, True])
def test_loops(descending: bool) -> None:
    """A recurrence, forward and backward in time: what is before the first step or past the last one reads 0."""
    of = program(
        {"x": (m, n), "W": (n, n)}, recurrence(descending), {"h": (m, n), "p": (n,), "total": (n,)}, ["h", "total"]
    )
    code = assert_right(of)
    shows(code, "for t in reversed(range(m)):" if descending else "for t in range(m):")
    shows(code, "h[t + 1] if t <= m - 2 else np.zeros(n)" if descending else "h[t - 1] if t >= 1 else np.zeros(n)")


def test_a_loop_in_a_loop() -> None:
    """Two recurrences at once."""
    body = (Elementwise("h", (t, v), (), (read("h", t - 1, v) + read("h", t, v - 1)) / 2 + read("x", t, v)),)
    statements = [Allocate("h", (m, n)), Loop(t, m, False, (Loop(v, n, False, body),))]
    assert_right(program({"x": (m, n)}, statements, {"h": (m, n)}))


def layer(number: int, source: str) -> list[Statement]:
    z, a, w, b = (f"{letter}{number}" for letter in "zaWb")
    return [
        Contract(f"{z}_sum", (i, j), box(i=n, j=m), S.One, (read(w, i, k), read(source, k, j)), box(k=n)),
        Elementwise(z, (i, j), box(i=n, j=m), read(f"{z}_sum", i, j) + read(b, i)),
        Elementwise(a, (i, j), box(i=n, j=m), Apply("sigmoid", read(z, i, j))),
    ]


def test_a_product_is_written_where_it_is_read() -> None:
    """A product that one statement reads stands in it; one that two read, or that is a result, has a name."""
    made = {"z1_sum": (n, m), "z1": (n, m), "a1": (n, m)}
    arguments = {"x": (n, m), "W1": (n, n), "b1": (n,)}
    shows(assert_right(program(arguments, layer(1, "x"), made, ["a1", "z1"])), "z1 = W1 @ x + b1[:, None]")
    shows(assert_right(program(arguments, layer(1, "x"), made, ["a1", "z1_sum"])), "z1_sum = W1 @ x")
    twice = [*layer(1, "x"), Elementwise("y", (i, j), box(i=n, j=m), read("z1_sum", i, j) ** 2)]
    shows(assert_right(program(arguments, twice, {**made, "y": (n, m)}, ["a1", "y"])), "z1_sum = W1 @ x")


def test_what_no_result_needs_is_left_out() -> None:
    """A statement that nothing reads is not written."""
    statements = [*layer(1, "x"), Elementwise("y", (i,), box(i=n), read("b1", i) ** 2)]
    made = {"z1_sum": (n, m), "z1": (n, m), "a1": (n, m), "y": (n,)}
    code = assert_right(program({"x": (n, m), "W1": (n, n), "b1": (n,)}, statements, made, ["y"]))
    assert not any("W1 @" in line for line in lines_of(code))


def test_results_that_are_one_tensor_are_two_arrays() -> None:
    """Two gradients that one tensor holds, and one that an argument holds, are arrays of their own."""
    of = program({"x": (n,)}, [Elementwise("g", (i,), box(i=n), 2 * read("x", i))], {"g": (n,)})
    of = Program(of.arguments, of.statements, of.space, of.loss, {"a": "g", "b": "g", "c": "x", "d": "x"}, {})
    code, data = emit(of), data_for(of)
    arrays = [run(code, of, data)[name] for name in "abcd"]
    assert not any(np.shares_memory(p, q) for p in arrays for q in (*arrays, data["x"]) if p is not q)
    np.testing.assert_array_equal(arrays[3], data["x"])


def test_functions_of_the_user() -> None:
    """A user's function is computed by its definition, also its derivatives; its name clashes with nothing."""
    x = Symbol("x", real=True)
    functions = {
        "sigmoid2": custom("sigmoid2", "lambda", lambda q: q / (1 + exp(-q))),
        "z": custom("z", "x", Piecewise((x**2, x > 1), (log(1 + x**2), True))),
        "linear": custom("linear", "x", 2 * x),
    }
    expression = sum(Apply(name, read("w", i), order) for name in functions for order in (0, 1, 2))
    of = program({"w": (n,)}, [Elementwise("z", (i,), box(i=n), expression)], {"z": (n,)}, functions=functions)
    code = assert_right(of)
    assert "def sigmoid2_second(lambda_):" in code.source
    assert "def z_(x):" in code.source


def test_a_function_by_the_name_of_a_known_one_is_its_own() -> None:
    """A model's own `sigmoid` is what the model says."""
    functions = {"sigmoid": custom("sigmoid", "x", lambda x: x**3)}
    statement = Elementwise("z", (i,), box(i=n), Apply("sigmoid", read("w", i), 1))
    of = program({"w": (n,)}, [statement], {"z": (n,)}, functions=functions)
    data = data_for(of)
    np.testing.assert_allclose(run(emit(of), of, data)["z"], 3 * data["w"] ** 2, rtol=1e-14)


def test_a_function_without_a_definition() -> None:
    """An opaque function cannot be compiled, and the error says how to give it a definition."""
    functions = {"f": custom("f", "x")}
    of = program(
        {"w": (n,)}, [Elementwise("z", (i,), box(i=n), Apply("f", read("w", i)))], {"z": (n,)}, functions=functions
    )
    with pytest.raises(UsageError, match="f has no definition") as error:
        emit(of)
    assert "function f(x) = ..." in str(error.value)


SIZES: list[tuple[str, dict, Expr, Sequence[str], tuple[str, ...]]] = [
    ("plain", {"x": (n, m)}, n + 2 * m, ["n, m = x.shape"], ()),
    ("one of two", {"x": (n, m)}, m, ["m = x.shape[1]"], ()),
    ("one more", {"x": (n + 1,)}, n, ["n = x.shape[0] - 1"], ()),
    ("one less", {"x": (n - 1,)}, n, ["n = x.shape[0] + 1"], ()),
    ("twice", {"x": (2 * n,)}, n, ["n = x.shape[0] // 2"], ()),
    ("by another", {"y": (2 * n + m,), "x": (n,)}, m, ["n = x.shape[0]", "m = y.shape[0] - 2 * n"], ()),
    ("by no argument", {"x": (n,)}, n + m, ["n = x.shape[0]"], ("m",)),
    ("by a product of two", {"x": (n * m,)}, n, [], ("n",)),
]


@pytest.mark.parametrize(("arguments", "value", "lines", "missing"), [s[1:] for s in SIZES], ids=[s[0] for s in SIZES])
def test_sizes(arguments: dict, value: Expr, lines: Sequence[str], missing: tuple[str, ...]) -> None:
    """Sizes are read from shapes, also from linear expressions in them; the others are arguments."""
    code = assert_right(program(arguments, [Elementwise("z", (), (), value)], {"z": ()}))
    for line in lines:
        shows(code, line)
    assert code.sizes == missing


CLASHES = {"∂z": "dz", "dz": "dz_", "lambda": "lambda_", "np": "np_", "max": "max_", "a1.W": "a1_W", "θ": "θ",
           "sigmoid": "sigmoid_", "z'": "z_", "n'": "n_", "checked": "checked_", "1st": "_1st", "ﬁ": "fi"}  # fmt: skip


def test_identifiers() -> None:
    """Every tensor has a name that Python takes, near to its own, distinct, and none that something else has."""
    statement = Elementwise("∂z", (i,), box(i=n), sum(read(name, i) for name in CLASHES if name != "∂z"))
    arguments = {name: (n,) for name in CLASHES if name != "∂z"}
    of = program(arguments, [statement], {"∂z": (n,)})
    of = Program(of.arguments, of.statements, of.space, of.loss, {"g": "∂z"}, {})
    code = emit(of)
    data = data_for(of)
    np.testing.assert_allclose(run(code, of, data)["g"], sum(data.values()), rtol=1e-12)
    assert len({code.names[name] for name in CLASHES}) == len(CLASHES)
    assert all(name.isidentifier() for name in code.names.values())
    assert code.names["lambda"] == "lambda_" and code.names["θ"] == "θ" and code.names["a1.W"] == "a1_W"


def test_both_fronts_have_the_same_lines() -> None:
    """The function that lambdify made and the function in the file consist of the same lines."""
    for of in (
        program(
            {"x": (n, m), "W1": (n, n), "b1": (n,)},
            layer(1, "x"),
            {"z1_sum": (n, m), "z1": (n, m), "a1": (n, m)},
            ["a1"],
        ),
        program({"x": (m, n), "W": (n, n)}, recurrence(True), {"h": (m, n), "p": (n,), "total": (n,)}, ["h", "total"]),
        lower(computation_of(case_of(14, 6).model)),
    ):
        code = emit(of)
        function = inspect.getsource(code.function).splitlines()[1:-1]
        file = [f"    {line}" for line in lines_of(code)]
        plain = [
            line
            for line in file
            if "checked(" not in line and "indexing(" not in line and not line.startswith("    # ")
        ]
        assert len(function) > 2
        assert plain[: len(function)] == function
        assert plain[len(function)].startswith("    return ")


def test_logits_far_out_give_finite_results_and_no_warning() -> None:
    """Named functions and their derivatives at ±10⁴, beside each other in one statement."""
    names = ("sigmoid", "tanh", "softplus", "relu", "elu", "selu", "silu", "gelu", "gelu_tanh", "leaky_relu", "abs")
    expression = sum(Apply(name, read("x", i), order) for name in names for order in (0, 1, 2))
    of = program({"x": (n,)}, [Elementwise("z", (i,), box(i=n), expression)], {"z": (n,)})
    found = emit(of).function(np.array([-1e4, 0.0, 1e4]))[1][0]
    assert np.isfinite(found).all()


def compare(case: Case) -> None:
    """The compiled loss and gradients of a random model beside those by complex steps."""
    data = draw(case.model, case.sizes, case.seed)
    try:
        wanted = slopes(case.model, case.sizes, data)
    except (OracleError, FloatingPointError):
        return
    if wanted.kink < 1e-6:
        return
    of = lower(computation_of(case.model, wrt=leaves(case.model)))
    code = emit(of)
    sizes = {symbol.name: value for symbol, value in case.sizes.items()}
    kept = {name: array.copy() for name, array in data.items()}
    loss, found = code.function(*(data[name] for name in of.arguments), *(sizes[name] for name in code.sizes))
    assert abs(loss - wanted.root) <= 1e-9 * max(1, abs(wanted.root))
    for name, slope in zip(of.gradients, found, strict=True):
        right = wanted.slopes[name]
        assert np.shape(slope) == right.shape
        assert np.abs(slope - right).max() <= 1e-9 * max(1.0, np.abs(right).max()), f"{name}\n{code.source}"
        assert not any(np.shares_memory(slope, array) for array in data.values())
    assert all(np.array_equal(kept[name], data[name]) for name in data)


@pytest.mark.parametrize("seed", [2, 3, 6, 14, 19, 23, 26, 46, 47, 165])
def test_models(seed: int) -> None:
    """Random models that found mistakes."""
    compare(case_of(seed, 1 + seed % 8))


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_random_models(case: Case) -> None:
    """Random models of one to eight equations."""
    compare(case)


def test_guards_in_a_loop_keep_to_its_steps() -> None:
    """A guard on the step of a loop decides before anything is read."""
    body = (Elementwise("h", (t, i), box(i=n), Guard(t - 2) * read("x", t - 2, i) / 3 + read("x", t, i)),)
    code = assert_right(program({"x": (m, n)}, [Allocate("h", (m, n)), Loop(t, m, False, body)], {"h": (m, n)}))
    shows(code, "if t >= 2 else")
