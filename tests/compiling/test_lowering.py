"""Lowered programs, run by the reference interpreter, against NumPy written by hand and complex steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from sympy import Expr, Integer, KroneckerDelta, Piecewise, Rational, exp, floor, log

from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, entry, total
from symbackprop.compiling.equations import Computation, computation_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.program import Allocate, Contract, Elementwise, Into, Reduce
from symbackprop.errors import DerivationError
from tests.compiling.hand import (
    SIZES,
    T,
    b,
    c,
    computation,
    d,
    h,
    i,
    j,
    k,
    kinds,
    m,
    n,
    o,
    p,
    q,
    s,
    statements_of,
    t,
    u,
)
from tests.compiling.interpreter import interpret
from tests.oracles.draws import draw
from tests.oracles.numbers import OracleError
from tests.oracles.random_models import Case, case_of, cases
from tests.oracles.slopes import disagreement, leaves, slopes

Data = dict[str, np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def data_for(found: Computation, seed: int = 0) -> Data:
    """Numbers away from 0 for every argument; those of `tok` and `perm` are indices."""
    random = np.random.default_rng(seed)
    data = {}
    for name in found.arguments:
        shape = tuple(int(extent.xreplace(dict(SIZES))) for extent in found.space.shapes[name])
        data[name] = random.uniform(0.3, 1.7, shape) * random.choice([-1.0, 1.0], shape)
        if name == "tok":
            data[name] = random.integers(0, SIZES[h], shape).astype(float)
    return data


@dataclass(frozen=True)
class Row:
    """A computation, its results in NumPy, and the kinds of its statements."""

    computation: Computation
    expected: Callable[[Data], Data]
    kinds: tuple[str, ...] | None = None


def e(name: str, *at: object) -> Expr:
    return entry(name, *at)


def dense() -> Row:
    """The dense layer with sigmoid, squares as its loss, and the textbook's gradients."""
    found = computation(
        {"x": (n, m), "y": (h, m), "W": (h, n), "b": (h,)},
        [
            ("z", {i: h, s: m}, total(e("W", i, j) * e("x", j, s), (j, n)) + e("b", i)),
            ("a", {i: h, s: m}, Apply("sigmoid", e("z", i, s))),
            ("L", {}, total((e("a", i, s) - e("y", i, s)) ** 2, (i, h), (s, m)) / (2 * m)),
            ("∂a", {i: h, s: m}, (e("a", i, s) - e("y", i, s)) / m),
            ("∂z", {i: h, s: m}, e("∂a", i, s) * e("a", i, s) * (1 - e("a", i, s))),
            ("∂W", {i: h, j: n}, total(e("∂z", i, s) * e("x", j, s), (s, m))),
            ("∂b", {i: h}, total(e("∂z", i, s), (s, m))),
            ("∂x", {j: n, s: m}, total(e("W", i, j) * e("∂z", i, s), (i, h))),
        ],
        ["∂W", "∂b", "∂x"],
    )

    def expected(v: Data) -> Data:
        act = sigmoid(v["W"] @ v["x"] + v["b"][:, None])
        dz = (act - v["y"]) / v["x"].shape[1] * act * (1 - act)
        loss = np.sum((act - v["y"]) ** 2) / 2 / v["x"].shape[1]
        return {"L": loss, "∂W": dz @ v["x"].T, "∂b": dz.sum(axis=1), "∂x": v["W"].T @ dz}

    order = ("Contract z_sum", "Elementwise z", "Elementwise a", "Reduce L_sum", "Elementwise L")
    return Row(
        found, expected, (*order, "Elementwise ∂a", "Elementwise ∂z", "Contract ∂W", "Contract ∂b", "Contract ∂x")
    )


def softmax() -> Row:
    """Softmax over the last axis, its cross-entropy, and the adjoint with the projection along p."""
    found = computation(
        {"z": (m, h), "y": (m, h)},
        [
            ("p", {s: m, i: h}, exp(e("z", s, i)) / total(exp(e("z", s, k)), (k, h))),
            ("L", {}, -total(e("y", s, i) * log(e("p", s, i)), (s, m), (i, h)) / m),
            ("∂p", {s: m, i: h}, -e("y", s, i) / (m * e("p", s, i))),
            ("∂z", {s: m, i: h}, e("p", s, i) * (e("∂p", s, i) - total(e("p", s, k) * e("∂p", s, k), (k, h)))),
        ],
        ["∂z"],
    )

    def expected(v: Data) -> Data:
        soft = np.exp(v["z"]) / np.exp(v["z"]).sum(axis=1, keepdims=True)
        loss = -np.sum(v["y"] * np.log(soft)) / len(soft)
        return {"L": loss, "∂z": (soft * v["y"].sum(axis=1, keepdims=True) - v["y"]) / len(soft)}

    order = ("Elementwise p_exp", "Contract p_sum", "Elementwise p", "Reduce L_sum", "Elementwise L")
    return Row(found, expected, (*order, "Elementwise ∂p", "Contract dz_sum", "Elementwise ∂z"))


def convolution() -> Row:
    """A strided and dilated convolution: its adjoints by the kernel, and by the input through deltas."""
    hit = KroneckerDelta(p, 2 * i + 3 * u)
    found = computation(
        {"x": (n, 2 * m + 3 * h), "K": (h, n, h)},
        [
            ("z", {o: h, i: m}, total(e("K", o, c, u) * e("x", c, 2 * i + 3 * u), (c, n), (u, h))),
            ("L", {}, total(e("z", o, i) ** 2, (o, h), (i, m)) / 2),
            ("∂K", {o: h, c: n, u: h}, total(e("z", o, i) * e("x", c, 2 * i + 3 * u), (i, m))),
            ("∂x", {c: n, p: 2 * m + 3 * h}, total(hit * e("K", o, c, u) * e("z", o, i), (o, h), (i, m), (u, h))),
        ],
        ["∂K", "∂x"],
    )

    def expected(v: Data) -> Data:
        at = 2 * np.arange(SIZES[m])[:, None] + 3 * np.arange(SIZES[h])
        z = np.einsum("ocu,ciu->oi", v["K"], v["x"][:, at])
        dx = np.zeros_like(v["x"])
        for row in range(SIZES[m]):
            for tap in range(SIZES[h]):
                dx[:, 2 * row + 3 * tap] += v["K"][:, :, tap].T @ z[:, row]
        return {"L": np.sum(z**2) / 2, "∂K": np.einsum("oi,ciu->ocu", z, v["x"][:, at]), "∂x": dx}

    order = ("Contract z", "Contract L", "Contract ∂K", "Contract dx_sum", "Allocate ∂x", "Into ∂x")
    return Row(found, expected, order)


def kernel() -> Row:
    """The adjoint of a convolution by its input in two dimensions: a sum over all positions, done by the kernel's."""
    found = computation(
        {"K": (h, n, h, n), "x": (h, m, T)},
        [
            ("z", {o: h, i: m, j: T}, e("x", o, i, j) ** 2),
            (
                "r",
                {c: n, p: 2 * m, q: T},
                total(e("K", o, c, p - 2 * i + 1, q + 1 - j) * e("z", o, i, j), (o, h), (i, m), (j, T)),
            ),
            ("L", {}, total(e("r", c, p, q), (c, n), (p, 2 * m), (q, T))),
        ],
        ["r"],
    )

    def expected(v: Data) -> Data:
        z, rows, columns = v["x"] ** 2, SIZES[m], SIZES[T]
        wide = np.zeros((SIZES[n], 2 * rows + SIZES[h], columns + SIZES[n]))
        for row, column in np.ndindex(rows, columns):
            part = np.einsum("ocuw,o->cuw", v["K"], z[:, row, column])
            wide[:, 2 * row : 2 * row + SIZES[h], column : column + SIZES[n]] += part
        r = wide[:, 1 : 2 * rows + 1, 1 : columns + 1]
        return {"L": r.sum(), "r": r}

    order = ("Contract r_sum", "Allocate r_sum2", "Into r_sum2", "Allocate r", "Into r", "Contract L")
    return Row(found, expected, ("Elementwise z", *order))


def attention() -> Row:
    """Products of three and four matrices, and scores read in both directions."""
    found = computation(
        {"x": (T, n), "Q": (n, h), "K": (n, h)},
        [
            (
                "a",
                {i: T, j: T},
                total(e("x", i, b) * e("Q", b, d) * e("K", c, d) * e("x", j, c), (b, n), (c, n), (d, h)),
            ),
            ("r", {i: T, c: n}, total(e("a", i, j) * e("x", j, c) / (1 + e("a", i, i) ** 2), (j, T))),
            (
                "g",
                {b: n, d: h},
                total(e("a", i, j) * e("x", i, b) * e("x", j, c) * e("K", c, d), (i, T), (j, T), (c, n)),
            ),
            ("L", {}, total(e("r", i, c), (i, T), (c, n))),
        ],
        ["r", "g"],
    )

    def expected(v: Data) -> Data:
        x, scores = v["x"], v["x"] @ v["Q"] @ (v["x"] @ v["K"]).T
        r = scores @ x / (1 + np.diag(scores) ** 2)[:, None]
        return {"L": r.sum(), "r": r, "g": x.T @ scores @ x @ v["K"]}

    return Row(found, expected)


def maxima() -> Row:
    """Max pooling: the maximum, and its adjoint at the first maximiser."""
    window = e("x", s, 2 * i + u)
    found = computation(
        {"x": (m, 2 * h), "w": (m, h)},
        [
            ("p", {s: m, i: h}, Maximum(window, (u, 2))),
            ("L", {}, total(e("p", s, i) * e("w", s, i), (s, m), (i, h))),
            ("∂x", {s: m, j: 2 * h}, total(KroneckerDelta(j, 2 * i + ArgMax(window, (u, 2))) * e("w", s, i), (i, h))),
            ("best", {s: m, j: 2 * h}, KroneckerDelta(j, ArgMax(e("x", s, k), (k, 2 * h))) * e("x", s, j)),
        ],
        ["∂x", "best"],
    )

    def expected(v: Data) -> Data:
        pairs = v["x"].reshape(SIZES[m], SIZES[h], 2)
        first = np.eye(2)[pairs.argmax(axis=2)] * v["w"][:, :, None]
        best = np.where(v["x"] == v["x"].max(axis=1, keepdims=True), v["x"], 0)
        return {"L": np.sum(pairs.max(axis=2) * v["w"]), "∂x": first.reshape(SIZES[m], -1), "best": best}

    return Row(found, expected)


def embedding() -> Row:
    """Rows taken at integers, and the scatter that is their adjoint."""
    found = computation(
        {"tok": (T,), "E": (h, n), "w": (T, n)},
        [
            ("e", {t: T, d: n}, e("E", e("tok", t), d)),
            ("z", {t: T, q: n}, total(e("E", e("tok", t), d) * e("E", d, q), (d, n))),
            ("L", {}, total(e("e", t, d) * e("w", t, d), (t, T), (d, n)) + total(e("z", t, q), (t, T), (q, n))),
            ("∂E", {i: h, d: n}, total(KroneckerDelta(i, e("tok", t)) * e("w", t, d), (t, T))),
        ],
        ["∂E", "z"],
    )

    def expected(v: Data) -> Data:
        tok = v["tok"].astype(int)
        de = np.zeros_like(v["E"])
        np.add.at(de, tok, v["w"])
        z = v["E"][tok] @ v["E"][: SIZES[n]]
        return {"L": np.sum(v["E"][tok] * v["w"]) + z.sum(), "∂E": de, "z": z}

    return Row(found, expected)


def normal() -> Row:
    """Layer norm: a mean and a variance, each by itself, and once only."""
    mean = total(e("x", s, k), (k, h)) / h
    spread = total((e("x", s, j) - total(e("x", s, c), (c, h)) / h) ** 2, (j, h)) / h
    found = computation(
        {"x": (m, h), "g": (h,)},
        [
            ("v", {s: m, i: h}, e("g", i) * (e("x", s, i) - mean) / (1 + spread) ** Rational(1, 2)),
            ("L", {}, total(e("v", s, i) * (e("x", s, i) - mean), (s, m), (i, h))),
        ],
        ["v"],
    )

    def expected(v: Data) -> Data:
        centred = v["x"] - v["x"].mean(axis=1, keepdims=True)
        found = v["g"] * centred / np.sqrt(1 + v["x"].var(axis=1, keepdims=True))
        return {"L": np.sum(found * centred), "v": found}

    return Row(found, expected, ("Contract v_sum", "Reduce v_sum2", "Elementwise v", "Reduce L"))


def guarded() -> Row:
    """0/0 past an edge counts 0: by a smaller box, by a case, and within sums."""
    ratio = e("x", i - 1) / e("w", i - 1)
    found = computation(
        {"x": (m,), "w": (m,), "A": (m, h)},
        [
            ("v", {i: m}, Guard(i - 1) * ratio + e("x", i)),
            ("r", {i: m, j: m}, Guard(i - 1) * Guard(i - j) * ratio * e("x", j)),
            ("g", {j: h}, total(Guard(i - 1) * ratio * e("A", i, j), (i, m))),
            ("f", {i: m, j: h}, total(Guard(i - k - 1) * e("A", k, j) / e("w", i - 1), (k, m))),
            ("u", {i: m}, Guard(i - 1) * total(exp(e("A", i, k) / e("w", i - 1)), (k, h))),
            ("L", {}, total(Guard(i - 1) * ratio, (i, m))),
        ],
        ["v", "r", "g", "f", "u"],
    )

    def expected(v: Data) -> Data:
        ratio = np.concatenate([[0.0], (v["x"] / v["w"])[:-1]])
        steps = np.arange(SIZES[m])
        inverse = np.concatenate([[0.0], 1 / v["w"][:-1]])
        below = (steps[:, None] > steps).astype(float)
        return {
            "L": ratio.sum(),
            "v": ratio + v["x"],
            "r": np.tril(np.outer(ratio, v["x"])),
            "g": ratio @ v["A"],
            "f": (below @ v["A"]) * inverse[:, None],
            "u": np.concatenate([[0.0], np.exp(v["A"][1:] / v["w"][:-1, None]).sum(axis=1)]),
        }

    return Row(found, expected)


def windows() -> Row:
    """Reads that leave the tensor, a floor in an index, a function over a window, a stride that is read reversed."""
    found = computation(
        {"x": (m,), "w": (h,), "A": (2 * m + h,)},
        [
            ("v", {i: m}, total(e("w", u) * e("x", i - u), (u, h))),
            ("f", {i: m}, total(e("w", u) * exp(e("A", 2 * i + u)), (u, h))),
            ("g", {i: m}, total(e("w", u) * exp(e("x", i - u)), (u, h))),
            ("r", {i: 2 * m}, e("x", floor(i / 2)) * e("A", 2 * m - i)),
            ("L", {}, total(e("w", u) * e("x", floor(i / 2)), (u, h), (i, 2 * m))),
        ],
        ["v", "f", "g", "r"],
    )

    def expected(v: Data) -> Data:
        x, w, width = v["x"], v["w"], SIZES[h]
        padded = np.concatenate([np.zeros(width - 1), x])
        back = np.stack([padded[width - 1 - tap : width - 1 - tap + len(x)] for tap in range(width)])
        ahead = np.stack([np.exp(v["A"][2 * np.arange(len(x)) + tap]) for tap in range(width)])
        twice = np.repeat(x, 2)
        r = twice * v["A"][2 * len(x) - np.arange(2 * len(x))]
        return {"L": w.sum() * twice.sum(), "v": w @ back, "f": w @ ahead, "g": w @ np.exp(back), "r": r}

    return Row(found, expected)


def products() -> Row:
    """Sums that split: over additions, over lone indices, into factors, and over an index that nothing reads."""
    ab = e("A", i, k) * e("B", k, j)
    found = computation(
        {"A": (h, n), "B": (n, m), "C": (h, n), "v": (n,), "w": (m,)},
        [
            ("f", {i: h, j: m}, total(e("v", k) * (e("A", i, k) + e("C", i, k)) * e("B", k, j), (k, n))),
            ("g", {i: h}, total(e("A", i, k) * e("w", j) * e("v", k), (k, n), (j, m))),
            ("r", {i: h, j: m}, total(ab + e("C", i, k) * e("B", k, j) * e("w", j), (k, n), (q, m))),
            ("c", {i: h, j: m}, total((e("v", k) + e("w", j)) * e("A", i, k), (k, n))),
            ("L", {}, total(e("A", i, k) * e("C", i, k) * e("v", k), (i, h), (k, n)) / 3),
        ],
        ["f", "g", "r", "c"],
    )

    def expected(v: Data) -> Data:
        x, y, z = v["A"], v["B"], v["C"]
        return {
            "L": np.sum(x * z * v["v"]) / 3,
            "f": (x + z) @ (v["v"][:, None] * y),
            "g": x @ v["v"] * v["w"].sum(),
            "r": SIZES[m] * (x @ y + z @ y * v["w"]),
            "c": (x @ v["v"])[:, None] + np.outer(x.sum(axis=1), v["w"]),
        }

    return Row(found, expected)


def aliases() -> Row:
    """Multiples and copies are read through where that means the same, not where a shifted read leaves the tensor."""
    found = computation(
        {"x": (m,)},
        [
            ("u", {i: m}, -2 * e("x", i)),
            ("v", {i: m}, e("x", m - 1 - i)),
            ("w", {i: m}, Integer(3)),
            ("f", {i: m}, e("u", i - 1) * e("u", i)),
            ("g", {i: m}, e("v", i - 1) + e("v", i)),
            ("r", {i: m}, e("w", i + 1) + e("w", i)),
            ("r2", {j: m}, e("w", j + 1) + e("w", j)),
            ("L", {}, total(e("r2", i) * e("f", i), (i, m))),
        ],
        ["f", "g", "r", "v"],
    )

    def expected(v: Data) -> Data:
        x = v["x"]
        before = np.concatenate([[0.0], x[:-1]])
        turned = x[::-1]
        r = np.where(np.arange(len(x)) < len(x) - 1, 6.0, 3.0)
        g = np.concatenate([[0.0], turned[:-1]]) + turned
        return {"L": np.sum(r * 4 * before * x), "f": 4 * before * x, "g": g, "r": r, "v": turned}

    return Row(found, expected)


def cases_of_values() -> Row:
    """Cases by values and by indices, where the branch that does not hold has no value."""
    found = computation(
        {"x": (m,), "y": (m,)},
        [
            ("f", {i: m}, Piecewise((log(e("x", i)), e("x", i) > 0), (0, True))),
            ("g", {i: m}, Piecewise((e("y", i) / e("x", i - 1), i >= 1), (e("y", i), True))),
            ("r", {i: m}, total(e("x", j) * Piecewise((e("y", i), i <= j), (0, True)), (j, m))),
            ("c", {i: m}, Piecewise((log(e("x", i)), e("x", i) > 0), (log(-e("x", i)) ** 2, True))),
            ("L", {}, total(e("f", i) + e("g", i), (i, m))),
        ],
        ["f", "g", "r", "c"],
    )

    def expected(v: Data) -> Data:
        x, y = v["x"], v["y"]
        f = np.log(np.where(x > 0, x, 1.0))
        g = np.concatenate([y[:1], y[1:] / x[:-1]])
        c = np.where(x > 0, f, np.log(abs(x)) ** 2)
        return {"L": f.sum() + g.sum(), "f": f, "g": g, "c": c, "r": y * np.cumsum(x[::-1])[::-1]}

    return Row(found, expected)


ROWS = (
    dense,
    softmax,
    convolution,
    kernel,
    attention,
    maxima,
    embedding,
    normal,
    guarded,
    windows,
    products,
    aliases,
    cases_of_values,
)


@pytest.mark.parametrize("make", ROWS, ids=lambda make: make.__name__)
def test_values_and_statements(make: Callable[[], Row]) -> None:
    """Every result is what NumPy written by hand gives, by the statements that one would write."""
    row = make()
    program = lower(row.computation)
    data = data_for(row.computation)
    values = interpret(program, SIZES, data)
    assert all(np.isfinite(value).all() for value in values.values())
    for name, expected in row.expected(data).items():
        assert disagreement(values[name], np.asarray(expected)) <= 1e-13, name
    if row.kinds is not None:
        assert tuple(kinds(program)) == row.kinds


def test_a_dense_layer_is_one_product_and_one_sum() -> None:
    """The forward pass of a dense layer is one contraction and one elementwise statement."""
    weighted = total(e("W", i, j) * e("x", j, s), (j, n))
    found = computation(
        {"x": (n, m), "W": (h, n), "b": (h,)}, [("L", {i: h, s: m}, Apply("tanh", weighted + e("b", i)))], []
    )
    first, second = lower(found).statements
    assert isinstance(first, Contract)
    assert set(first.factors) == {e("W", i, j), e("x", j, s)}
    assert (first.box, first.bound, first.coefficient) == (((i, h), (s, m)), ((j, n),), 1)
    assert isinstance(second, Elementwise)
    assert second.expression == Apply("tanh", e("L_sum", i, s) + e("b", i))


def test_a_scaled_sum_is_one_contraction() -> None:
    """Numbers and sizes before a sum are the contraction's coefficient, in the gradient's own name."""
    found = computation(
        {"x": (n, m), "g": (h, m)}, [("L", {i: h, j: n}, -2 * total(e("g", i, s) * e("x", j, s), (s, m)) / m)], []
    )
    (only,) = lower(found).statements
    assert isinstance(only, Contract)
    assert (only.target, only.coefficient) == ("L", -2 / m)


def test_binders_that_differ_in_letters_are_one() -> None:
    """A sum that stands twice under other letters, or by itself as an equation, is computed once."""
    found = computation(
        {"x": (m, n), "y": (n,)},
        [
            ("r", {s: m}, total(e("x", s, k) * e("y", k), (k, n))),
            ("f", {t: m}, 1 + total(e("x", t, j) * e("y", j), (j, n))),
            ("L", {}, total(e("r", i) * total(e("x", i, c) * e("y", c), (c, n)) * e("f", i), (i, m))),
        ],
        [],
    )
    assert kinds(lower(found)) == ["Contract r", "Elementwise f", "Reduce L"]


def test_names_do_not_clash() -> None:
    """Generated names are words, and none of a tensor's or of an adjoint's own."""
    found = computation(
        {"x": (m, n), "z_sum": (m,), "dz.a_sum": (m,)},
        [
            ("z", {i: m}, 1 + total(e("x", i, j), (j, n)) + e("z_sum", i)),
            ("∂z.a", {i: m}, e("z", i) + total(e("x", i, j) ** 3, (j, n)) + e("dz.a_sum", i)),
            ("L", {}, total(e("∂z.a", i) ** 3, (i, m))),
        ],
        ["∂z.a"],
    )
    program = lower(found)
    made = [kind.split()[1] for kind in kinds(program)]
    assert made == ["z_sum2", "z", "dz_a_sum2", "∂z.a", "L"]
    assert program.numbers == {"z_sum2": "1", "z": "1", "dz_a_sum2": "2", "∂z.a": "2", "L": "3"}


def test_the_cheaper_product_comes_first() -> None:
    """Of three factors the pair is taken that makes the whole cheapest: a matrix by a vector, not by a matrix."""
    found = computation(
        {"A": (h, n), "B": (n, m), "v": (m,)},
        [("L", {i: h}, total(e("A", i, j) * e("B", j, k) * e("v", k), (j, n), (k, m)))],
        [],
    )
    first, second = lower(found).statements
    assert isinstance(first, Contract)
    assert set(first.factors) == {e("B", j, k), e("v", k)}
    assert isinstance(second, Contract)
    assert set(second.factors) == {e("A", i, j), e("L_sum", j)}


def test_an_index_of_one_factor_is_summed_there_first() -> None:
    """What only one factor reads is summed before that factor meets another."""
    found = computation(
        {"A": (h, n), "B": (n, m)}, [("L", {i: h}, total(e("A", i, j) * e("B", j, k), (j, n), (k, m)))], []
    )
    first, second = lower(found).statements
    assert isinstance(first, Contract)
    assert (first.factors, first.bound) == ((e("B", j, k),), ((k, m),))
    assert isinstance(second, Contract)
    assert set(second.factors) == {e("A", i, j), e("L_sum", j)}


def test_one_sum_at_two_sizes_is_two() -> None:
    """A sum that stands in two equations whose indices have other sizes has a tensor for each."""
    found = computation(
        {"x": (m, n)},
        [
            ("f", {i: m}, 1 + total(e("x", i, j), (j, n))),
            ("g", {i: m + 2}, 2 + total(e("x", i, j), (j, n))),
            ("L", {}, total(e("f", i) * e("g", i + 2), (i, m))),
        ],
        ["g"],
    )
    program = lower(found)
    data = data_for(found)
    expected = np.concatenate([data["x"].sum(axis=1), [0.0, 0.0]]) + 2
    assert disagreement(interpret(program, SIZES, data)["g"], expected) <= 1e-13
    assert [program.space.shapes[name] for name in ("f_sum", "g_sum")] == [(m,), (m + 2,)]


def test_dead_equations_are_dropped() -> None:
    """What no result needs is not computed."""
    found = computation(
        {"x": (m,)},
        [
            ("f", {i: m}, exp(e("x", i))),
            ("g", {i: m}, e("f", i) ** 2 + 1),
            ("L", {}, total(e("f", i), (i, m))),
        ],
        [],
    )
    assert kinds(lower(found)) == ["Elementwise f", "Contract L"]


def test_scatters_are_summed_before() -> None:
    """What the map does not read is contracted before anything is added along it."""
    row = convolution()
    allocate, into = statements_of(lower(row.computation), "∂x")
    assert allocate == Allocate("∂x", (n, 3 * h + 2 * m))
    assert isinstance(into, Into)
    assert into.expression == e("dx_sum", c, i, u)
    assert into.at == (c, 2 * i + 3 * u)


def test_an_opaque_function_keeps_its_argument_in_range() -> None:
    """A function whose value at 0 is not known is not read past the edge under a mask."""
    ratio = Apply("f", e("x", i - 1))
    found = computation({"x": (m,)}, [("L", {i: m}, Guard(i - 1) * ratio + e("x", i))], [])
    assert kinds(lower(found)) == ["Allocate L", "Into L", "Into L"]
    masked = computation({"x": (m,)}, [("L", {i: m}, Guard(i - 1) * Apply("tanh", e("x", i - 1)) + e("x", i))], [])
    assert kinds(lower(masked)) == ["Elementwise L"]


def test_maxima_of_products_are_reductions() -> None:
    """A maximum is reduced over its own index alone."""
    found = computation({"x": (m, n), "y": (n,)}, [("L", {s: m}, Maximum(e("x", s, j) * e("y", j), (j, n)))], [])
    (only,) = lower(found).statements
    assert isinstance(only, Reduce)
    assert (only.operation, only.box, only.bound) == ("max", ((s, m),), ((j, n),))


def test_a_tensor_that_nothing_gives() -> None:
    """An entry of a tensor without an equation, that is no argument, is named."""
    found = computation({"x": (m,)}, [("L", {}, total(e("x", i) * e("lost", i), (i, m)))], [])
    with pytest.raises(DerivationError, match="L reads lost, which no equation gives"):
        lower(found)


def agrees(case: Case) -> None:
    """The lowered program of a random model gives the loss and every gradient that complex steps give."""
    model = case.model
    program = lower(computation_of(model, leaves(model)))
    truth, data = _smooth_point(case)
    values = interpret(program, case.sizes, {name: data[name] for name in program.arguments})
    largest = max(1.0, *(float(np.abs(values[name]).max(initial=0.0)) for name in program.gradients.values()))
    assert values[program.loss] == pytest.approx(truth.root, rel=1e-9, abs=1e-9), case
    for name, gradient in program.gradients.items():
        worst = disagreement(values[gradient], truth.slopes[name], noise=1e-13 * largest)
        assert worst <= 1e-9, f"{name} is off by {worst:.1e}: {case}"


def _smooth_point(case: Case) -> tuple:
    for attempt in range(50):
        data = draw(case.model, case.sizes, case.seed + 1_000_003 * attempt)
        try:
            found = slopes(case.model, case.sizes, data)
        except (OracleError, FloatingPointError):
            continue
        if found.kink > 1e-6:
            return found, data
    raise AssertionError(f"no point away from kinks for {case}")


@settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(cases())
def test_random_models(case: Case) -> None:
    """Eight random models in the default run; the long run has two hundred."""
    agrees(case)


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_many_random_models(block: int) -> None:
    """Two hundred random models, by their numbers."""
    for seed in range(20 * block, 20 * block + 20):
        agrees(case_of(seed, 1 + seed % 8))


def layers(count: int) -> Computation:
    """A chain of dense layers with its adjoints, as the sweep gives them."""
    forward, backward = [], [(f"∂a{count}", {i: h, s: m}, e(f"a{count}", i, s) - e("y", i, s))]
    shapes: dict = {"a0": (h, m), "y": (h, m)}
    for layer in range(1, count + 1):
        shapes |= {f"W{layer}": (h, h), f"b{layer}": (h,)}
        weighted = total(e(f"W{layer}", i, j) * e(f"a{layer - 1}", j, s), (j, h))
        forward.append((f"z{layer}", {i: h, s: m}, weighted + e(f"b{layer}", i)))
        forward.append((f"a{layer}", {i: h, s: m}, Apply("sigmoid", e(f"z{layer}", i, s))))
        act, dz = e(f"a{layer}", i, s), e(f"∂z{layer}", i, s)
        backward += [
            (f"∂b{layer}", {i: h}, total(dz, (s, m))),
            (f"∂W{layer}", {i: h, j: h}, total(dz * e(f"a{layer - 1}", j, s), (s, m))),
            (f"∂z{layer}", {i: h, s: m}, e(f"∂a{layer}", i, s) * act * (1 - act)),
        ]
        if layer < count:
            back = total(e(f"W{layer + 1}", k, i) * e(f"∂z{layer + 1}", k, s), (k, h))
            backward.append((f"∂a{layer}", {i: h, s: m}, back))
    loss = ("L", {}, total((e(f"a{count}", i, s) - e("y", i, s)) ** 2, (i, h), (s, m)) / 2)
    results = [f"∂{kind}{layer}" for layer in range(1, count + 1) for kind in "Wb"]
    return computation(shapes, [*forward, loss, *reversed(backward)], results)


def test_lowering_grows_with_the_number_of_equations() -> None:
    """Four times the layers take about four times as long: ten of them a fraction of 0.25 s of processor time."""
    took: dict[int, float] = {}
    for count in (10, 10, 10, 40, 40):
        found = layers(count)
        begun = time.process_time()
        program = lower(found)
        took[count] = min(time.process_time() - begun, took.get(count, np.inf))
        assert len(program.statements) == 7 * count + 2
    assert took[10] < 0.25
    assert took[40] < 10 * took[10]
