"""Documents and notes of networks with recurrences, windows, pools and norms."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.rendering.render import document_text

RNN = """
size T, n, h, k
input x[T,n]
target y[T,k] one_hot
parameter Wx[h,n], Wh[h,h], bh[h], Wy[k,h], by[k]
samples m in rows
tensor a[T,h]
pad a
z[t,i] = sum(j, Wx[i,j] x[t,j]) + sum(j, Wh[i,j] a[t-1,j]) + bh[i]
a[t,i] = tanh(z[t,i])
o[t,i] = sum(j, Wy[i,j] a[t,j]) + by[i]
p[t,i] = softmax(i, o[t,i])
loss L = -sum(t, i, y[t,i] log(p[t,i]))
cost J = mean(L)
"""
CONVOLUTION = """
size C, O, K, N
size N >= K
input x[C,N]
target y[O]
parameter W[O,C,K], b[O]
samples m in rows
tensor z[O,N-K+1]
z[o,i] = sum(e, u, W[o,e,u] x[e,i+u]) + b[o]
a = relu(z)
g[o] = mean(i, a[o,i])
loss L = squared_error(g, y)
cost J = mean(L)
"""
POOL = """
size C, N
input x[C,2 N]
target y[C]
parameter w[C]
samples m in rows
tensor q[C,N]
q[c,i] = max(u < 2, w[c] x[c,2i+u])
g[c] = mean(i, q[c,i])
loss L = squared_error(g, y)
cost J = mean(L)
"""
NORM = """
size n
input x[n]
target y[n]
parameter g[n], b[n]
mu = mean(x)
v[i] = g[i] x[i] - mu
s2 = mean(v^2)
r = 1/sqrt(s2 + 0.00001)
xh = v r
o = xh + b
loss L = squared_error(o, y)
"""
GATES = """
size T, h
input x[T,h]
target y[T,h]
parameter U[h,h], V[h,h], w[h]
samples m in rows
tensor a[T,h], c[T,h], r[T,h]
pad a, c
q[t,j] = sum(k, U[j,k] a[t-1,k]) + x[t,j]
r[t,j] = sum(k, V[j,k] a[t-1,k]) + w[j] c[t-1,j]
i[t,j] = sigmoid(q[t,j])
f[t,j] = sigmoid(r[t,j])
c[t,j] = f[t,j] c[t-1,j] + i[t,j] x[t,j]
a[t,j] = f[t,j] tanh(c[t,j])
loss L = squared_error(a, y)
cost J = mean(L)
"""
LONG = {("rnn", "md"), ("rnn", "tex"), ("gates", "tex"), ("convolution", "md"), ("pool", "tex"), ("norm", "md")}
"""Documents whose like is read back in the other spelling, or of another recurrence: test_documents.py has `rnn`."""
MODELS = {"rnn": RNN, "convolution": CONVOLUTION, "pool": POOL, "norm": NORM, "gates": GATES}


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        pytest.param(name, ending, marks=pytest.mark.long if (name, ending) in LONG else ())
        for name in MODELS
        for ending in ("md", "tex")
    ],
)
def test_documents_are_read_back(name: str, ending: str, tmp_path: Path) -> None:
    model = sb.parse(MODELS[name])
    path = tmp_path / f"document.{ending}"
    path.write_text(document_text(sb.derive(model, checks=False), ending), "utf-8")
    report = sb.verify(model, path)
    assert [str(verdict) for verdict in report.verdicts if verdict.status is not sb.Status.PROVED] == []
    assert len(report.verdicts) > 20
    assert "U+00B7" not in path.read_text("utf-8")


@pytest.mark.parametrize(
    "line",
    [
        "dz[t,i] = da[t,i] (1 - a[t,i]^2)",
        "da[t,i] = sum(k, Wy[k,i] do[t,k]) + sum(k, Wh[k,i] dz[t+1,k])",
        "da[t,i] = sum(k, Wy[k,i] do[t,k]) + sum(k, Wh[k,i] da[t+1,k] (1 - a[t+1,k]^2))",
        "dWh[i,j] = sum(t, dz[t,i] a[t-1,j])",
        "dbh[i] = sum(t, dz[t,i])",
        "da[t,i]|z = sum(k, Wh[k,i] dz[t+1,k])",
        "da = da|o + da|z",
        "z[t,i] = sum(j, Wx[i,j] x[t,j]) + sum(j, Wh[i,j] a[t-1,j]) + bh[i]",
    ],
)
def test_right_lines_on_a_recurrence(line: str) -> None:
    (verdict,) = sb.verify(sb.parse(RNN), line).verdicts
    assert verdict.status is sb.Status.PROVED, str(verdict)


NOTES = (
    "do[t,k] = p[t,k] - y[t,k]",
    "da[t,i] = sum(k, Wy[k,i] do[t,k]) + sum(k, Wh[k,i] dz[t+1,k])",
    "dz[t,i] = da[t,i] (1 - a[t,i]^2)",
    "dWh[i,j] = sum(t, dz[t,i] a[t-1,j])",
)


@pytest.mark.parametrize(
    ("at", "wrong"),
    [
        (1, "da[t,i] = sum(k, Wy[k,i] do[t,k])"),
        (1, "da[t,i] = sum(k, Wy[k,i] do[t,k]) + sum(k, Wh[k,i] dz[t,k])"),
        (1, "da[t,i] = sum(k, Wy[k,i] do[t,k]) + sum(k, Wh[k,i] dz[t-1,k])"),
        (2, "dz[t,i] = da[t,i]"),
        (3, "dWh[i,j] = sum(t, dz[t,i] a[t,j])"),
        (1, "da[t,i]|z = sum(k, Wh[k,i] dz[t,k])"),
        (1, "da = da|o"),
    ],
)
def test_planted_mistakes_in_a_recurrence(at: int, wrong: str) -> None:
    """The wrong line alone is refuted; the others are right, upon it or for themselves."""
    lines = [wrong if number == at else line for number, line in enumerate(NOTES)]
    report = sb.verify(sb.parse(RNN), "\n".join(lines))
    assert [v.line for v in report.verdicts if v.status is sb.Status.REFUTED] == [at + 1]
    assert all(v.status is sb.Status.PROVED for v in report.verdicts if v.line != at + 1)


INITIAL = """
size T, n
input x[T,n]
target y[T,n]
parameter a0[n]
samples m in rows
a = rnn(x, n, initial=a0)
loss L = squared_error(a, y)
cost J = mean(L)
"""
long = partial(pytest.param, marks=pytest.mark.long)  # mistakes of a kind that others in the list have
GATED = "dc[t,j] = da[t,j] f[t,j] (1 - tanh(c[t,j])^2)"


@pytest.mark.parametrize(
    ("model", "wrong", "words"),
    [
        (RNN, "da[t,i] = sum(k, Wy[k,i] do[t,k])", "the term of step t+1 is missing: z at step t+1 reads a at step t"),
        (RNN, "da[t,i] = sum(k, Wy[k,i] do[t,k]) + sum(k, Wh[k,i] dz[t,k])", "step t stands where step t+1 belongs"),
        (
            RNN,
            "da[t,i] = sum(k, Wy[k,i] do[t,k]) + sum(k, Wh[k,i] dz[t-1,k])",
            "step t-1 stands where step t+1 belongs",
        ),
        (RNN, "dz[t,i] = da[t,i]", "the derivative of the activation, tanh'(z), is missing"),
        (RNN, "dWh[i,j] = sum(t, dz[t,i] a[t,j])", "a[t, j] stands where a[t - 1, j] belongs"),
        (RNN, "dWh[i,j] = sum(t, dz[t,i] a[t+1,j])", ""),
        (RNN, "dWh[i,j] = dz[t,i] a[t-1,j]", "the sum over t is missing"),
        (RNN, "dbh = dz[t]", "the sum over t is missing"),
        (GATES, GATED, "the term of step t+1 is missing: c and r at step t+1 read c at step t"),
        (GATES, f"{GATED} + dc[t+1,j] f[t+1,j]", "the term of step t+1 through r is missing"),
        (GATES, f"{GATED} + dc[t+1,j] f[t,j] + w[j] dr[t+1,j]", "f[t, j] stands where f[t + 1, j] belongs"),
        (GATES, "dc[t,j] = da[t,j] f[t,j] + dc[t+1,j] f[t+1,j] + w[j] dr[t+1,j]", "f stands where f tanh'(c)"),
        (GATES, "df[t,j] = da[t,j] tanh(c[t,j]) + dc[t,j] c[t,j]", "c[t,j] stands where c[t-1,j] belongs"),
        (GATES, "da[t,j] = sum(k, U[k,j] dq[t+1,k]) + sum(k, V[k,j] dr[t+1,k])", "L's own term, 2 (a - y), is missing"),
        long(RNN, "dWh = dz[t] a[t-1]^T", "the sum over t is missing"),
        long(RNN, "dWx = dz_t x_t^T", "the sum over t is missing"),
        long(RNN, "dbh[i] = dz[t,i]", "the sum over t is missing"),
        long(GATES, f"{GATED} + w[j] dr[t+1,j]", "the term of step t+1 through c is missing"),
        long(GATES, f"{GATED} + dc[t,j] f[t,j] + w[j] dr[t,j]", "step t stands where step t+1 belongs"),
        long(GATES, "dq[t,j] = di[t,j]", "the derivative of the activation, σ'(q), is missing"),
        long(GATES, "dw[j] = sum(t, dr[t,j] c[t,j])", "c[t, j] stands where c[t - 1, j] belongs"),
        (INITIAL, "da.W_h[i,j] = sum(t, da.z[t,i] a[t-1,j])", "the boundary is forgotten"),
        (INITIAL, "da0[j] = sum(i, a.W_h[i,j] da.z[2,i])", "an index is off by one"),
    ],
)
def test_mistakes_in_recurrences_are_named(model: str, wrong: str, words: str) -> None:
    (verdict,) = sb.verify(sb.parse(model), wrong).verdicts
    assert verdict.status is sb.Status.REFUTED, str(verdict)
    assert words in verdict.diagnosis, verdict.diagnosis


@pytest.mark.parametrize(
    "line", ["da.W_h[i,j] = sum(t, da.z[t,i] a.h_prev[t,j])", "da0[j] = sum(i, a.W_h[i,j] da.z[1,i])"]
)
def test_right_lines_on_an_initial_state(line: str) -> None:
    (verdict,) = sb.verify(sb.parse(INITIAL), line).verdicts
    assert verdict.status is sb.Status.PROVED, str(verdict)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("da|x = dz", "by way of x"),
        ("dz|o = do", "by way of o"),
    ],
)
def test_parts_that_there_are_not(line: str, words: str) -> None:
    (verdict,) = sb.verify(sb.parse(RNN), line).verdicts
    assert verdict.status is sb.Status.UNREADABLE
    assert words in str(verdict)


def test_what_is_out_of_range_is_said() -> None:
    document = document_text(sb.derive(sb.parse(RNN), checks=False), "md")
    assert "- $`a_{t-1,i}`$ before the first entry\n" in document
    assert "- $`dz_{t+1,i}`$ past the last entry\n" in document
    assert "out of range" not in document_text(sb.derive(sb.parse(CONVOLUTION), checks=False), "md")
