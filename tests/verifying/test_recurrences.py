"""Documents and notes of networks with recurrences, windows, pools and norms."""

from __future__ import annotations

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
MODELS = {"rnn": RNN, "convolution": CONVOLUTION, "pool": POOL, "norm": NORM, "gates": GATES}


@pytest.mark.parametrize("ending", ["md", "tex"])
@pytest.mark.parametrize("name", MODELS)
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
    assert "- $`a_{t-1,j}`$ before the first entry\n" in document
    assert "- $`dz_{t+1,l}`$ past the last entry\n" in document
    assert "out of range" not in document_text(sb.derive(sb.parse(CONVOLUTION), checks=False), "md")
