"""Textbook forms of adjoints: reached as a step, proved at all sizes, right in numbers; wrong forms are not proved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from sympy import Expr, Integer, KroneckerDelta, floor

import symbackprop as sb
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.symbols import adjoint, entry, index, size, total
from symbackprop.derivation.steps import Method, Step, StepKind, walk
from tests.oracles.draws import draw
from tests.oracles.slopes import disagreement, leaves, slopes, swept

c, g, h, i, j, k, p, q, s, t, u = (index(name) for name in "cghijkpqstu")
T, n, m, D, H, K, N, C = (size(name) for name in ("T", "n", "m", "D", "H", "K", "N", "C"))


def bar(name: str, *at: Expr) -> Expr:
    return entry(adjoint(name), *at)


def softmax_slope(*rows: Expr, extent: Expr = T) -> Expr:
    """P (dP - Σ dP P) at the given row, entry u of it."""
    mean = total(bar("P", *rows, j) * entry("P", *rows, j), (j, extent))
    return entry("P", *rows, u) * (bar("P", *rows, u) - mean)


def normalised_slope(hat: str, r: Expr, at: tuple[Expr, ...], over: tuple[Expr, ...], bounds: tuple) -> Expr:
    r"""(r/n) (n dx̂ - Σ dx̂ - x̂ Σ dx̂ x̂), the sums over `bounds` at the place `over`."""
    count = Integer(1)
    for _, extent in bounds:
        count = count * extent
    plain = total(bar(hat, *over), *bounds)
    turned = total(bar(hat, *over) * entry(hat, *over), *bounds)
    return r / count * (count * bar(hat, *at) - plain - entry(hat, *at) * turned)


def rms_slope(hat: str, r: Expr, at: tuple[Expr, ...], over: tuple[Expr, ...], bounds: tuple) -> Expr:
    turned = total(bar(hat, *over) * entry(hat, *over), *bounds) / bounds[0][1]
    return r * (bar(hat, *at) - entry(hat, *at) * turned)


@dataclass(frozen=True)
class Row:
    """A model, a tensor of it, the textbook's form of its adjoint at these indices, and the matrix form in text."""

    text: str
    tensor: str
    at: tuple
    expected: Expr
    matrices: str
    using: tuple[str, ...] = ()
    sizes: tuple[dict[Expr, int], ...] = ()


ROWS_OF = "size T, n\ninput z[T,n]\ntarget y[T,n]\nparameter W[n,n]\nx = z W\nq = {}(x)\nloss L = squared_error(q, y)\n"
TWO = ({T: 3, n: 4}, {T: 1, n: 2})

ROWS: dict[str, Row] = {
    "causal attention": Row(
        "size T, D, H\ninput x[T,D]\ntarget y[H,T,D]\nparameter A[H,T,D]\n"
        "S[h,t,u] = sum(d, A[h,t,d] x[u,d])\n"
        "P[h,t,u] = exp(S[h,t,u]) * (1 if u <= t else 0) / sum(v <= t, exp(S[h,t,v]))\n"
        "o[h,t,d] = sum(u, P[h,t,u] x[u,d])\nloss L = sum(h, t, d, (o[h,t,d] - y[h,t,d])^2)\n",
        "S",
        (h, t, u),
        softmax_slope(h, t),
        "dS[h] = P[h] ⊙ (dP[h] - rowsum(P[h] ⊙ dP[h]) 1_Tᵀ)  for each h",
        sizes=({T: 3, D: 2, H: 2}, {T: 1, D: 1, H: 1}),
    ),
    "given mask": Row(
        "size T, D\ninput x[T,D], M[D]\ntarget y[T,D]\nparameter W[D,D]\nS = x W\n"
        "P[t,u] = M[u] exp(S[t,u]) / sum(v, M[v] exp(S[t,v]))\nloss L = squared_error(P, y)\n",
        "S",
        (t, u),
        softmax_slope(t, extent=D),
        "dS = P ⊙ (dP - rowsum(P ⊙ dP) 1_Dᵀ)",
        sizes=({T: 3, D: 2}, {T: 1, D: 4}),
    ),
    "layer norm": Row(
        ROWS_OF.format("layer_norm"),
        "x",
        (t, i),
        normalised_slope("q.x_hat", entry("q.r", t), (t, i), (t, k), ((k, n),)),
        "",
        ("q.x_hat", "q.c", "q.mu"),
        TWO,
    ),
    "batch norm": Row(
        ROWS_OF.format("batch_norm"),
        "x",
        (t, i),
        normalised_slope("q.x_hat", entry("q.r", i), (t, i), (k, i), ((k, T),)),
        "",
        ("∂q.x_hat",),
        TWO,
    ),
    "RMS norm": Row(
        ROWS_OF.format("rms_norm"),
        "x",
        (t, i),
        rms_slope("q.x_hat", entry("q.r", t), (t, i), (t, k), ((k, n),)),
        "",
        (),
        TWO,
    ),
    "group norm": Row(
        "size N, K\ninput z[4 K,N]\ntarget y[4 K,N]\nparameter W[4 K,N]\nx[c,i] = z[c,i] W[c,i]\n"
        "q = group_norm(x, groups=4)\nloss L = squared_error(q, y)\n",
        "q.x_g",
        (g, c, i),
        normalised_slope("q.x_hat", entry("q.r", g), (g, c, i), (g, p, k), ((p, K), (k, N))),
        "",
        ("∂q.x_hat",),
        ({N: 2, K: 3}, {N: 1, K: 2}),
    ),
    "softmax in parts": Row(
        "size T, n\ninput z[T,n]\ntarget y[T,n]\nparameter W[n,n]\nx = z W\ne = exp(x)\ns[t] = sum(j, e[t,j])\n"
        "P[t,i] = e[t,i]/s[t]\nloss L = squared_error(P, y)\n",
        "x",
        (t, u),
        softmax_slope(t, extent=n),
        "dx = P ⊙ (dP - rowsum(P ⊙ dP) 1_nᵀ)",
        (),
        TWO,
    ),
    "convolution": Row(
        "size C, N, K\nsize N >= K\ninput z[C,N]\ntarget y[2,N-K+1]\nparameter V[C,N]\nx[c,i] = z[c,i] V[c,i]\n"
        "a = conv1d(x, 2, K)\nloss L = squared_error(a, y)\n",
        "x",
        (c, i),
        total(entry("a.W", k, c, u) * bar("a", k, i - u), (k, Integer(2)), (u, K)),
        "dx[c,i] = ∑_{o,u} W[o,c,u] da[o,i-u+1]",
        sizes=({C: 2, N: 5, K: 3}, {C: 1, N: 2, K: 2}, {C: 1, N: 3, K: 1}),
    ),
    "padded convolution of two axes": Row(
        "size N, T\ninput z[1,N,T]\ntarget y[2,N,T]\nparameter V[N,T]\nx[c,i,j] = z[c,i,j] V[i,j]\n"
        "a = conv2d(x, 2, [3,3], padding=1)\nloss L = squared_error(a, y)\n",
        "x",
        (c, i, j),
        total(
            entry("a.W", k, c, p, q) * bar("a", k, i - p + 1, j - q + 1),
            (k, Integer(2)),
            (p, Integer(3)),
            (q, Integer(3)),
        ),
        "dx[1,i,j] = ∑_{o,u,v} W[o,1,u,v] da[o,i-u+2,j-v+2]",
        sizes=({N: 3, T: 4}, {N: 1, T: 2}),
    ),
    "dilated convolution": Row(
        "size N\ninput z[1,N]\ntarget y[2,N]\nparameter V[N]\nx[c,i] = z[c,i] V[i]\n"
        "a = conv1d(x, 2, 3, padding=2, dilation=2)\nloss L = squared_error(a, y)\n",
        "x",
        (c, i),
        total(entry("a.W", k, c, u) * bar("a", k, i - 2 * u + 2), (k, Integer(2)), (u, Integer(3))),
        "",
        sizes=({N: 5}, {N: 1}),
    ),
    "average of blocks": Row(
        "size N\ninput z[2,3 N]\ntarget y[2,N]\nparameter V[3 N]\nx[c,i] = z[c,i] V[i]\n"
        "a = avg_pool1d(x, 3)\nloss L = squared_error(a, y)\n",
        "x",
        (c, i),
        bar("a", c, floor(i / 3)) / 3,
        "dx[c,i] = (1/3) da[c,floor((i-1)/3)+1]",
        sizes=({N: 1}, {N: 3}),
    ),
    "the last of a recurrence": Row(
        "size T, n\ninput x[T,n]\ntarget y[2]\nh = rnn(x, 2, identity)\nq = last(h)\nloss L = squared_error(q, y)\n",
        "h",
        (t, i),
        total(entry("h.W_h", k, i) * bar("h.z", t + 1, k), (k, Integer(2))) + KroneckerDelta(t, T - 1) * bar("q", i),
        "dh[t] = W_hᵀ dz[t+1] + δ(T, t) dq  for each t",
        sizes=({T: 3, n: 2}, {T: 1, n: 1}),
    ),
}


@cache
def derived(name: str) -> sb.Derivation:
    model = sb.parse(ROWS[name].text)
    return sb.derive(model, wrt=leaves(model))


def step_of(name: str) -> Step:
    return next(step for step in derived(name).steps if step.tensor == ROWS[name].tensor)


def is_proved(name: str, form: Expr) -> bool:
    row, derivation = ROWS[name], derived(name)
    array = step_of(name).array
    assert array is not None
    ranges = dict(zip(row.at, array.shape, strict=True))
    space = derivation.space.with_definitions({adjoint(s.tensor): s.array for s in derivation.steps if s.array})
    return is_zero(array.at(*row.at) - form, ranges, space, using=row.using) is not None


@pytest.mark.parametrize("name", ROWS)
def test_textbook_form(name: str) -> None:
    """The adjoint is the form typed by hand from the textbook, at all sizes, and every step to it is proved."""
    assert is_proved(name, ROWS[name].expected)
    assert {s.check.method for s in walk(derived(name).steps)} <= {Method.DEFINITION, Method.PROVED}
    if ROWS[name].matrices:
        assert sb.text(derived(name), ROWS[name].tensor) == ROWS[name].matrices


@pytest.mark.parametrize("name", ROWS)
def test_wrong_forms_are_not_proved(name: str) -> None:
    """A term too much, a factor 2, a sign: none of them passes."""
    row = ROWS[name]
    value = step_of(name).left
    wrong = (2 * row.expected, -row.expected, row.expected + row.expected.args[0], row.expected + 1)
    assert value is not None
    assert not any(is_proved(name, form) for form in wrong)


@pytest.mark.parametrize("name", ROWS)
def test_numbers(name: str) -> None:
    """The gradients, compact forms on the way, are the complex-step slopes."""
    derivation = derived(name)
    model = derivation.model
    for sizes in ROWS[name].sizes:
        truth = slopes(model, sizes, draw(model, sizes, 7), leaves(model))
        found = swept(derivation.adjoints, derivation.root, sizes, truth.values, model.functions, {})
        for leaf in leaves(model):
            assert disagreement(found[leaf], truth.slopes[leaf], noise=1e-13) <= 1e-10, leaf


@pytest.mark.parametrize("name", ["layer norm", "batch norm", "RMS norm"])
def test_statistics_are_put_in(name: str) -> None:
    """The compact form is one step, which says whose adjoints went in."""
    (step,) = (s for s in step_of(name).substeps if s.kind is StepKind.ELIMINATE)
    assert {step.through, *step.also} <= {"q.mu", "q.c", "q.v", "q.r", "q.x_hat"}
