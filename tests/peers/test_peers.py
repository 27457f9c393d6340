"""The gradients of the example networks against JAX and PyTorch, in double precision.

The peers run as programs of their own, by the interpreter that SYMBACKPROP_PEERS_PYTHON names, or by this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sympy import Expr, Integer, Rational, Symbol, exp, log, sqrt

from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import Apply, entry, index, size, total
from symbackprop.compiling.compiled import compile as compile_gradients
from symbackprop.derivation.sweep import derive
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Role, Samples, Side, Tensor
from tests.oracles.draws import draw
from tests.oracles.slopes import disagreement, slopes, swept

i, j, k, s, t = (index(name) for name in "ijkst")
n, h, c, m = size("n"), size("h"), size("c"), size("m")
SCRIPT = Path(__file__).with_name("autograd.py")
PYTHON = os.environ.get("SYMBACKPROP_PEERS_PYTHON", sys.executable)

Shapes = dict[str, tuple[int | Expr, ...]]
MEAN = total(entry("L", s), (s, m)) / m
SUM = total(entry("L", s), (s, m))


def model(
    leaves: dict[Role, Shapes],
    equations: list[Equation],
    shapes: Shapes,
    side: Side | None = None,
    cost: Expr | None = None,
    facts: tuple[Fact, ...] = (),
) -> Model:
    tensors = [
        Tensor(name, tuple(n * 0 + extent for extent in shape), role, tuple(f for f in facts if f.tensor == name))
        for role, group in {**leaves, "intermediate": shapes, "loss": {"L": ()}}.items()
        for name, shape in group.items()
    ]
    tensors += [Tensor("J", (), "cost")] if cost is not None else []
    return Model(
        tensors=tuple(tensors),
        equations=tuple(equations),
        loss="L",
        samples=None if side is None else Samples(m, side, s),
        cost=None if cost is None else Equation("J", (), cost),
        functions=FUNCTIONS,
        name="peer",
    )


def dense(name: str, source: str, layer: int, before: int | Expr, function: str = "") -> list[Equation]:
    """z = W a + b, then a = f(z)."""
    z = total(entry(f"W{layer}", i, j) * entry(source, j), (j, n * 0 + before)) + entry(f"b{layer}", i)
    found = [Equation(f"z{layer}" if function else name, (i,), z)]
    return [*found, Equation(name, (i,), Apply(function, entry(f"z{layer}", i)))] if function else found


def half_squares() -> Model:
    equations = [
        Equation("z1", (j,), total(entry("x", i) * entry("W1", i, j), (i, Integer(2)))),
        Equation("a1", (j,), Apply("sigmoid", entry("z1", j))),
        Equation("z2", (j,), total(entry("a1", i) * entry("W2", i, j), (i, Integer(3)))),
        Equation("a2", (j,), Apply("sigmoid", entry("z2", j))),
        Equation("L", (), total((entry("y", i) - entry("a2", i)) ** 2, (i, Integer(1))) / 2),
    ]
    leaves: dict[Role, Shapes] = {
        "input": {"x": (2,)},
        "target": {"y": (1,)},
        "parameter": {"W1": (2, 3), "W2": (3, 1)},
    }
    return model(leaves, equations, {"z1": (3,), "a1": (3,), "z2": (1,), "a2": (1,)}, "rows", SUM)


def line() -> Model:
    value = entry("m") * entry("x") + entry("c")
    equations = [Equation("f", (), value), Equation("L", (), (entry("y") - entry("f")) ** 2)]
    leaves: dict[Role, Shapes] = {"input": {"x": ()}, "target": {"y": ()}, "parameter": {"m": (), "c": ()}}
    return model(leaves, equations, {"f": ()})


def linear_chain() -> Model:
    equations = [
        *dense("a1", "x", 1, 1),
        *dense("a2", "a1", 2, 1),
        *dense("a3", "a2", 3, 2),
        Equation("L", (), total((entry("y", i) - entry("a3", i)) ** 2, (i, Integer(1)))),
    ]
    weights: Shapes = {"W1": (1, 1), "b1": (1,), "W2": (2, 1), "b2": (2,), "W3": (1, 2), "b3": (1,)}
    leaves: dict[Role, Shapes] = {"input": {"x": (1,)}, "target": {"y": (1,)}, "parameter": weights}
    return model(leaves, equations, {"a1": (1,), "a2": (2,), "a3": (1,)}, "rows", MEAN)


def two_layers() -> Model:
    y, a2 = entry("y", i), entry("a2", i)
    equations = [
        *dense("a1", "x", 1, n, "sigmoid"),
        *dense("a2", "a1", 2, h, "sigmoid"),
        Equation("L", (), -total(y * log(a2) + (1 - y) * log(1 - a2), (i, Integer(1)))),
    ]
    leaves: dict[Role, Shapes] = {
        "input": {"x": (n,)},
        "target": {"y": (1,)},
        "parameter": {"W1": (h, n), "b1": (h,), "W2": (1, h), "b2": (1,)},
    }
    shapes: Shapes = {"z1": (h,), "a1": (h,), "z2": (1,), "a2": (1,)}
    return model(leaves, equations, shapes, "columns", MEAN, (Fact("y", "binary"),))


def classifier() -> Model:
    equations = [
        *dense("a1", "x", 1, n, "relu"),
        *dense("a2", "a1", 2, h, "relu"),
        *dense("z3", "a2", 3, h),
        Equation("p", (i,), exp(entry("z3", i)) / total(exp(entry("z3", k)), (k, c))),
        Equation("L", (), -total(entry("y", i) * log(entry("p", i)), (i, c))),
    ]
    weights: Shapes = {"W1": (h, n), "b1": (h,), "W2": (h, h), "b2": (h,), "W3": (c, h), "b3": (c,)}
    leaves: dict[Role, Shapes] = {"input": {"x": (n,)}, "target": {"y": (c,)}, "parameter": weights}
    shapes: Shapes = {"z1": (h,), "a1": (h,), "z2": (h,), "a2": (h,), "z3": (c,), "p": (c,)}
    return model(leaves, equations, shapes, "rows", MEAN, (Fact("y", "one_hot", 0),))


def layer_norm() -> Model:
    x = entry("x", s, i)
    equations = [
        Equation("mu", (s,), total(x, (i, n)) / n),
        Equation("v", (s,), total((x - entry("mu", s)) ** 2, (i, n)) / n),
        Equation("r", (s,), 1 / sqrt(entry("v", s) + Rational(1, 1000))),
        Equation("o", (s, i), (x - entry("mu", s)) * entry("r", s) * entry("g", i) + entry("b", i)),
        Equation("L", (), total(entry("o", s, i) * entry("y", s, i), (s, m), (i, n))),
    ]
    leaves: dict[Role, Shapes] = {"input": {"x": (m, n)}, "target": {"y": (m, n)}, "parameter": {"g": (n,), "b": (n,)}}
    return model(leaves, equations, {"mu": (m,), "v": (m,), "r": (m,), "o": (m, n)})


def recurrent() -> Model:
    state = total(entry("W", i, j) * entry("h", t - 1, j), (j, n)) + entry("x", t, i)
    equations = [
        Equation("h", (t, i), Apply("tanh", state), padded=("h",)),
        Equation("L", (), total(entry("h", t, i) * entry("y", t, i), (t, m), (i, n))),
    ]
    leaves: dict[Role, Shapes] = {"input": {"x": (m, n)}, "target": {"y": (m, n)}, "parameter": {"W": (n, n)}}
    return model(leaves, equations, {"h": (m, n)})


def attention() -> Model:
    def projected(name: str, weight: str) -> Equation:
        return Equation(name, (s, i), total(entry("x", s, j) * entry(weight, j, i), (j, n)))

    equations = [
        *(projected(*pair) for pair in (("q", "Q"), ("k", "K"), ("v", "V"))),
        Equation("S", (s, t), total(entry("q", s, i) * entry("k", t, i), (i, h)) / sqrt(h)),
        Equation("P", (s, t), exp(entry("S", s, t)) / total(exp(entry("S", s, k)), (k, m))),
        Equation("o", (s, i), total(entry("P", s, t) * entry("v", t, i), (t, m))),
        Equation("L", (), total(entry("o", s, i) * entry("y", s, i), (s, m), (i, h))),
    ]
    weights: Shapes = {"Q": (n, h), "K": (n, h), "V": (n, h)}
    leaves: dict[Role, Shapes] = {"input": {"x": (m, n)}, "target": {"y": (m, h)}, "parameter": weights}
    shapes: Shapes = {"q": (m, h), "k": (m, h), "v": (m, h), "S": (m, m), "P": (m, m), "o": (m, h)}
    return model(leaves, equations, shapes)


NETWORKS = {
    f.__name__: f for f in (half_squares, line, linear_chain, two_layers, classifier, layer_norm, recurrent, attention)
}
SIZES: dict[Symbol, int] = {n: 3, h: 4, c: 3, m: 5}


def by_autograd(network: str, library: str, data: dict[str, np.ndarray], folder: Path) -> dict[str, np.ndarray]:
    """The value of a network's loss, and its gradients as `grad_W1` and so on, by the library."""
    np.savez(folder / "data.npz", **data)
    command = [PYTHON, str(SCRIPT), library, network, str(folder / "data.npz"), str(folder / "gradients.npz")]
    subprocess.run(command, check=True, timeout=300)
    with np.load(folder / "gradients.npz") as file:
        return dict(file)


@pytest.mark.peers
@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("network", NETWORKS)
def test_compiled_gradients_agree_with_autograd(network: str, library: str, tmp_path: Path) -> None:
    """The compiled function: value and every gradient, the inputs' too, to 1e-12 of its largest entry."""
    described = NETWORKS[network]()
    data = draw(described, SIZES, seed=11)
    theirs = by_autograd(network, library, data, tmp_path)
    wrt = [tensor.name for tensor in described.tensors if tensor.role in ("parameter", "input")]
    loss, gradients = compile_gradients(described, wrt=wrt)(data)
    assert loss == pytest.approx(float(theirs["value"]), rel=1e-13)
    for name in wrt:
        assert disagreement(gradients[name], theirs[f"grad_{name}"]) <= 1e-12, name


@pytest.mark.peers
@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_agree_with_autograd(network: str, library: str, tmp_path: Path) -> None:
    """Every gradient, the inputs' too, agrees with the library's own to 1e-12 of its largest entry."""
    described = NETWORKS[network]()
    data = draw(described, SIZES, seed=7)
    theirs = by_autograd(network, library, data, tmp_path)
    wrt = [tensor.name for tensor in described.tensors if tensor.role in ("parameter", "input")]
    known = slopes(described, SIZES, data, wrt)
    assert known.root == pytest.approx(float(theirs["value"]), rel=1e-13)
    derivation = derive(described, wrt=wrt, one_over_m="adjoints")
    ours = swept(derivation.adjoints, derivation.root, SIZES, known.values, described.functions)
    for name in wrt:
        assert disagreement(ours[name], theirs[f"grad_{name}"]) <= 1e-12, name
