"""Reads that shift, stride, mask and leave their range: every adjoint against complex steps, at many sizes.

The first 26 rows are the equations on which a naive collapse of Kronecker deltas went wrong 12 times. Each has the loss
L = Σ G y, is derived once with symbolic sizes, and is compared at sizes down to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import pytest
from sympy import Expr, KroneckerDelta, Mod, Piecewise, Sum, exp, floor, log, sqrt

from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import Apply, ArgMax, Maximum, entry, index, size, total
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.sweep import derive
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Tensor
from tests.oracles.draws import draw
from tests.oracles.slopes import disagreement, leaves, slopes, swept

d, i, j, k, t, u, v = (index(name) for name in "dijktuv")
N, K, H = size("N"), size("K"), size("H")

SIZES = [(1, 1, 1), (2, 1, 3), (3, 2, 1), (2, 2, 2), (5, 3, 2), (4, 4, 3), (7, 2, 4)]

Shape = tuple[Expr | int, ...]


@dataclass(frozen=True)
class Row:
    """y[indices] = expression over `shape`; `leaves` gives the other shapes; `more` are equations before y's."""

    expression: Expr
    leaves: Mapping[str, Shape]
    shape: Shape = (N,)
    indices: tuple = (i,)
    padded: tuple[str, ...] = ()
    facts: tuple[Expr, ...] = ()
    more: tuple[tuple[str, tuple, Shape, Expr, tuple[str, ...]], ...] = ()
    below: Mapping[str, str] = field(default_factory=dict)  # integer leaves and the size that bounds them
    positive: tuple[str, ...] = ()


def x(*at: Expr | int) -> Expr:
    return entry("x", *at)


def a(*at: Expr | int) -> Expr:
    return entry("a", *at)


def b(*at: Expr | int) -> Expr:
    return entry("b", *at)


def w(*at: Expr | int) -> Expr:
    return entry("w", *at)


def h(*at: Expr | int) -> Expr:
    return entry("h", *at)


def y(*at: Expr | int) -> Expr:
    return entry("y", *at)


kernel = entry("k", u)
first_k = total(x(j), (j, K))
part = {"facts": (N - K,), "shape": (H,)}

TABLE: dict[str, Row] = {
    "correlation": Row(total(kernel * x(i + u), (u, K)), {"k": (K,), "x": (N + K - 1,)}),
    "average pooling": Row(total(x(i + u), (u, K)), {"x": (N + K - 1,)}),
    "square windows": Row(total(x(i + u) ** 2, (u, K)), {"x": (N + K - 1,)}),
    "pooling with stride 2": Row(total(x(2 * i + u), (u, 2)), {"x": (2 * N,)}),
    "correlation with stride 2": Row(total(kernel * x(2 * i + u), (u, 3)), {"k": (3,), "x": (2 * N + 1,)}),
    "every second": Row(x(2 * i), {"x": (2 * N,)}),
    "each twice": Row(x(floor(i / 2)), {"x": (N,)}),
    "padded correlation": Row(total(kernel * x(i + u - 1), (u, 3)), {"k": (3,), "x": (N,)}, padded=("x",)),
    "padded correlation, wide kernel": Row(total(kernel * x(i + u - 1), (u, K)), {"k": (K,), "x": (N,)}, padded=("x",)),
    "cumulative sum": Row(Sum(x(j), (j, 0, i)), {"x": (N,)}),
    "cumulative sum, scaled": Row(Sum(x(j) * a(i), (j, 0, i)), {"x": (N,), "a": (N,)}),
    "cumulative squares": Row(Sum(x(j) ** 2, (j, 0, i)), {"x": (N,)}),
    "sum from 1": Row(Sum(x(j) * a(i), (j, 1, N - 1)), {"x": (N,), "a": (N,)}),
    "sum from 1, shifted back": Row(Sum(x(j - 1) * a(i), (j, 1, N)), {"x": (N,), "a": (N,)}),
    "slice": Row(x(i + 2), {"x": (N + 2,)}),
    "concatenation by cases": Row(Piecewise((a(i), i < N), (b(i - N), True)), {"a": (N,), "b": (K,)}, shape=(N + K,)),
    "concatenation by zero extension": Row(a(i) + b(i - N), {"a": (N,), "b": (K,)}, shape=(N + K,), padded=("a", "b")),
    "partial sum": Row(first_k, {"x": (N,)}, **part),
    "partial sum of exp": Row(total(exp(x(j)), (j, K)), {"x": (N,)}, **part),
    "exp of a shifted read": Row(exp(x(i - 1)), {"x": (N,)}, padded=("x",)),
    "reversal": Row(x(N - 1 - i), {"x": (N,)}),
    "dilated correlation": Row(total(kernel * x(i + 2 * u), (u, K)), {"k": (K,), "x": (N + 2 * K - 2,)}),
    "square of a partial sum": Row(a(i) * first_k**2, {"x": (N,), "a": (H,)}, **part),
    "exp of a partial sum": Row(a(i) * exp(first_k), {"x": (N,), "a": (H,)}, **part),
    "diagonal": Row(w(i, i), {"w": (N, N)}),
    "one entry for all": Row(x(0) * a(i), {"x": (N,), "a": (N,)}),
}

TRAPS: dict[str, Row] = {
    "quotient recurrence": Row(y(i - 1) / w(i) + x(i), {"w": (N,), "x": (N,)}, padded=("y",)),
    "quotient by the step before": Row(x(i + 1) / x(i), {"x": (N,)}, padded=("x",)),
    "quotient of a shifted read": Row(x(i - 1) / w(i), {"x": (N,), "w": (N,)}, padded=("x",)),
    "tanh recurrence": Row(Apply("tanh", w() * y(i - 1) + x(i)), {"w": (), "x": (N,)}, padded=("y",)),
    "recurrence over two steps": Row(y(i - 2) * a(i) + x(i), {"a": (N,), "x": (N,)}, padded=("y",)),
    "recurrence of second order": Row(
        a() * y(i - 1) + b() * y(i - 2) + x(i), {"a": (), "b": (), "x": (N,)}, padded=("y",)
    ),
    "recurrence back in time": Row(y(i + 1) * a(i) + x(i), {"a": (N,), "x": (N,)}, padded=("y",)),
    "recurrence with a shifted input": Row(y(i - 1) * x(i - 1) + x(i), {"x": (N,)}, padded=("x", "y")),
    "recurrence inside exp": Row(exp(-y(i - 1)) + x(i), {"x": (N,)}, padded=("y",)),
    "recurrence inside a square root": Row(sqrt(1 + y(i - 1) ** 2) * x(i), {"x": (N,)}, padded=("y",)),
    "recurrence of vectors": Row(
        Apply("tanh", total(w(j, k) * y(i - 1, k), (k, H)) + x(i, j)),
        {"w": (H, H), "x": (N, H)},
        shape=(N, H),
        indices=(i, j),
        padded=("y",),
    ),
    "recurrence of two tensors": Row(
        total(a(j, k) * h(i, k), (k, H)),
        {"a": (K, H), "w": (H, H), "x": (N, H)},
        shape=(N, K),
        indices=(i, j),
        more=(
            ("z", (t, i), (N, H), total(w(i, j) * h(t - 1, j), (j, H)) + x(t, i), ("h",)),
            ("h", (t, i), (N, H), Apply("sigmoid", entry("z", t, i)), ()),
        ),
    ),
    "gather": Row(
        entry("E", entry("tok", t), d),
        {"E": (K, H), "tok": (N,)},
        shape=(N, H),
        indices=(t, d),
        below={"tok": "K"},
    ),
    "gather of a log": Row(
        -log(w(i, entry("tok", i))), {"w": (N, K), "tok": (N,)}, below={"tok": "K"}, positive=("w",)
    ),
    "log-sum-exp": Row(log(total(exp(w(i, j) * x(j)), (j, K))), {"w": (N, K), "x": (K,)}),
    "function of a causal sum": Row(Apply("tanh", Sum(x(j), (j, 0, i))), {"x": (N,)}),
    "sum of exp of sums": Row(
        a(i) * total(exp(total(w(j, k) * x(k), (k, H)) / 4), (j, K)), {"a": (N,), "w": (K, H), "x": (H,)}
    ),
    "inverse of a partial sum of squares": Row(a(i) / (1 + total(x(j) ** 2, (j, K))), {"a": (H,), "x": (N,)}, **part),
    "maximum": Row(a(i) * Maximum(x(j), (j, K)), {"a": (N,), "x": (K,)}),
    "maximum pooling": Row(Maximum(x(2 * i + u), (u, 2)), {"x": (2 * N,)}),
    "maximum of products": Row(Maximum(w(i, j) * x(j), (j, K)), {"w": (N, K), "x": (K,)}),
    "maximum inside exp": Row(exp(x(i) - Maximum(x(j), (j, N))), {"x": (N,)}),
    "read at the maximiser": Row(a(i) * b(ArgMax(x(j), (j, K))), {"a": (N,), "b": (K,), "x": (K,)}),
    "first entry apart": Row(Piecewise((x(i) ** 2, i >= 1), (x(i), True)), {"x": (N,)}),
    "two reads in a case": Row(Piecewise((x(N - 1 - i) * x(i), x(i) > 0), (a(i), True)), {"a": (N,), "x": (N,)}),
    "first half": Row(Piecewise((x(i) ** 2, 2 * i < N), (a(i), True)), {"a": (N,), "x": (N,)}),
    "first half of three": Row(Piecewise((x(i) ** 2, 2 * i < 3), (a(i), True)), {"a": (3,), "x": (3,)}, shape=(3,)),
    "second half of three": Row(Piecewise((x(i) ** 2, 2 * i > 1), (a(i), True)), {"a": (3,), "x": (3,)}, shape=(3,)),
    "three cases": Row(
        Piecewise((a(i), i < N), (b(i - N) ** 2, i < N + K), (x(i - N - K), True)),
        {"a": (N,), "b": (K,), "x": (H,)},
        shape=(N + K + H,),
    ),
    "lower triangle": Row(
        Piecewise((w(i, j) * x(j), j <= i), (0, True)), {"w": (N, N), "x": (N,)}, shape=(N, N), indices=(i, j)
    ),
    "causal softmax": Row(Sum(exp(w(i, j)) * x(j), (j, 0, i)) / Sum(exp(w(i, j)), (j, 0, i)), {"w": (N, N), "x": (N,)}),
    "sum from the diagonal on": Row(Sum(x(j) * a(i), (j, i, N - 1)), {"x": (N,), "a": (N,)}),
    "double sum over a triangle": Row(
        a(i) * Sum(w(j, k) * x(k), (k, 0, j), (j, 0, N - 1)), {"a": (K,), "w": (N, N), "x": (N,)}, shape=(K,)
    ),
    "padded correlation with stride 2": Row(
        total(kernel * x(2 * i + u - 1), (u, 3)), {"k": (3,), "x": (2 * N,)}, padded=("x",)
    ),
    "causal convolution": Row(total(kernel * x(i - u), (u, K)), {"k": (K,), "x": (N,)}, padded=("x",)),
    "transposed correlation": Row(
        total(x(j) * entry("k", i - j), (j, N)), {"k": (K,), "x": (N,)}, shape=(N + K - 1,), padded=("k",)
    ),
    "transposed correlation with stride 2": Row(
        total(x(j) * entry("k", i - 2 * j), (j, N)), {"k": (K,), "x": (N,)}, shape=(2 * N + K - 2,), padded=("k",)
    ),
    "transposed correlation, cut off": Row(
        total(x(j) * entry("k", i - 2 * j), (j, N)), {"k": (K,), "x": (N,)}, shape=(2 * N,), padded=("k",)
    ),
    "stride 3": Row(x(3 * i + 1) ** 2, {"x": (3 * N,)}),
    "correlation in two dimensions": Row(
        total(entry("k", u, v) * x(i + u, j + v), (u, K), (v, 2)),
        {"k": (K, 2), "x": (N + K - 1, H + 1)},
        shape=(N, H),
        indices=(i, j),
    ),
    "channels": Row(
        total(w(i, k, u) * x(k, j + u), (k, H), (u, K)),
        {"w": (2, H, K), "x": (H, N + K - 1)},
        shape=(2, N),
        indices=(i, j),
    ),
    "round about": Row(x(Mod(i + 1, N)) * x(i), {"x": (N,)}),
    "trace": Row(a(i) * total(w(j, j), (j, N)), {"a": (K,), "w": (N, N)}, shape=(K,)),
    "product with its transpose": Row(w(i, j) * w(j, i), {"w": (N, N)}, shape=(N, N), indices=(i, j)),
    "product with its reversal": Row(x(i) * x(N - 1 - i), {"x": (N,)}),
    "delta in the equation": Row(
        KroneckerDelta(i, j) * x(i) ** 2 + w(i, j), {"w": (N, K), "x": (N,)}, shape=(N, K), indices=(i, j)
    ),
    "a bound name used twice": Row(
        total(x(j) * total(x(j) ** 2, (j, N)), (j, N)) * a(i) + total(a(j), (j, N)), {"a": (N,), "x": (N,)}
    ),
    "a bound name that is free outside": Row(Sum(x(j) * Sum(a(i), (i, 0, j)), (j, 0, i)), {"a": (N,), "x": (N,)}),
    "a scalar for all": Row(a() * x(i) + a() ** 2, {"a": (), "x": (N,)}),
    "read at the size": Row(x(N - 1) * a(i) + x(K - 1), {"a": (N,), "x": (N,)}, facts=(N - K,)),
    "a softmax read askew": Row(
        h(i, i) - h(i, 0),
        {"w": (N, N)},
        more=(("h", (i, j), (N, N), exp(w(i, j)) / total(exp(w(i, k)), (k, N)), ()),),
    ),
}


def model_of(name: str) -> Model:
    row = {**TABLE, **TRAPS}[name]
    order = tuple(index(f"o{number}") for number in range(len(row.shape)))
    loss = total(entry("G", *order) * y(*order), *zip(order, row.shape, strict=True))
    tensors = [
        Tensor(
            leaf,
            _sizes(shape),
            "input" if leaf in row.below else "parameter",
            (Fact(leaf, "positive"),) if leaf in row.positive else (),
            integer=leaf in row.below,
        )
        for leaf, shape in {**row.leaves, "G": row.shape}.items()
    ]
    tensors += [Tensor(n, _sizes(shape), "intermediate") for n, _, shape, _, _ in row.more]
    tensors += [Tensor("y", _sizes(row.shape), "intermediate"), Tensor("L", (), "loss")]
    equations = [Equation(n, at, expr, padded) for n, at, _, expr, padded in row.more]
    equations += [Equation("y", row.indices, row.expression, row.padded), Equation("L", (), loss)]
    return Model(
        tensors=tuple(tensors),
        equations=tuple(equations),
        loss="L",
        size_facts=row.facts,
        functions=FUNCTIONS,
        name=name,
    )


def _sizes(shape: Shape) -> tuple[Expr, ...]:
    return tuple(extent + 0 * N for extent in shape)


@cache
def derived(name: str) -> tuple[Model, tuple[str, ...], Derivation]:
    model = model_of(name)
    wrt = tuple(n for n in leaves(model) if not model.tensor(n).integer)
    return model, wrt, derive(model, wrt=wrt)


def possible(row: Row, sizes: tuple[int, int, int]) -> bool:
    known = dict(zip((N, K, H), sizes, strict=True))
    return all(fact.xreplace(known) >= 0 for fact in row.facts)


CASES = [(n, s) for n, row in {**TABLE, **TRAPS}.items() for s in SIZES if possible(row, s)]


@pytest.mark.parametrize(("name", "sizes"), CASES, ids=[f"{n}-{s}" for n, s in CASES])
def test_adjoints(name: str, sizes: tuple[int, int, int]) -> None:
    """Each adjoint of the row, derived once for all sizes, agrees with complex steps at these."""
    model, wrt, derivation = derived(name)
    row = {**TABLE, **TRAPS}[name]
    known_sizes = dict(zip((N, K, H), sizes, strict=True))
    below = {leaf: known_sizes[size(bound)] for leaf, bound in row.below.items()}
    for seed in range(20):
        data = draw(model, known_sizes, seed, below)
        truth = slopes(model, known_sizes, data, wrt)
        if truth.kink > 1e-3:
            break
    found = swept(derivation.adjoints, "L", known_sizes, truth.values, model.functions)
    noise = 1e-14 * max(1.0, *(abs(s).max(initial=0.0) for s in truth.slopes.values()))
    for leaf in wrt:
        worst = disagreement(found[leaf], truth.slopes[leaf], noise)
        assert worst <= 1e-10, f"∂{leaf} = {derivation.gradient(leaf).expression} is off by {worst:.1e}"


def test_the_table_is_whole() -> None:
    """All 26 equations stand in the table."""
    assert len(TABLE) == 26
