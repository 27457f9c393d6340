"""What a tensor is called by the form of its equation, beside what each model says by eye."""

from __future__ import annotations

import pytest

import symbackprop as sb
from symbackprop.rendering.origins import Form, Origin, origins
from symbackprop.rendering.reasons import readings
from symbackprop.rendering.roles import Kind, roles

NORM = """
size n
input x[n]
target y[n]
parameter g[n]
mu = 1/n sum(i, x[i])
c[i] = x[i] - mu
v = 1/n sum(i, c[i]^2)
q = 1/n sum(i, x[i]^2)
r = 1/sqrt(v + 1/1000)
u = r c
w[i] = g[i] u[i] / (q + 1)
loss L = sum(i, (w[i] - y[i])^2)
"""
ATTENTION = """
size T, D
input x[T,D]
target y[T,D]
parameter W[D,D]
Q = x W
S[t,u] = 1/D sum(e, Q[t,e] x[u,e])
P[t,u] = exp(S[t,u]) / sum(v, exp(S[t,v]))
A = P x
R = A + x
loss L = sum(t, sum(d, (R[t,d] - y[t,d])^2))
"""
GATES = """
size T, n
input x[T,n]
target y[n]
parameter U[n,n], V[n,n]
tensor h[T,n]
pad h
k[t,i] = sum(j, V[i,j] x[t,j])
f[t,i] = sigmoid(k[t,i])
z[t,i] = sum(j, U[i,j] h[t-1,j]) + x[t,i]
h[t,i] = f[t,i] tanh(z[t,i])
m[i] = 1/T sum(t, h[t,i])
loss L = sum(i, (m[i] - y[i])^2)
"""


def made(model: str) -> dict[str, Origin]:
    return origins(sb.derive(sb.parse(model), checks=False))


@pytest.mark.parametrize(
    ("model", "name", "wanted"),
    [
        (NORM, "mu", Origin(Form.MEAN, ("x",))),
        (NORM, "c", Origin(Form.CENTRED, ("x",))),
        (NORM, "v", Origin(Form.VARIANCE, ("x",))),
        (NORM, "q", Origin(Form.MEAN_SQUARE, ("x",))),
        (NORM, "r", Origin(Form.INVERSE_ROOT, ("v",))),
        (NORM, "u", Origin(Form.NORMALISED, ("x",))),
        (NORM, "w", Origin(Form.OTHER)),
        (ATTENTION, "Q", Origin(Form.LINEAR, ("x",))),
        (ATTENTION, "P", Origin(Form.SOFTMAX, ("S",))),
        (ATTENTION, "A", Origin(Form.WEIGHTED, ("x", "P"))),
        (ATTENTION, "R", Origin(Form.SUM, ("A", "x"))),
        (GATES, "f", Origin(Form.FUNCTION, ("k",), "sigmoid")),
    ],
)
def test_what_an_equation_makes(model: str, name: str, wanted: Origin) -> None:
    assert made(model)[name] == wanted


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("mu = 1/n sum", "mu = 2/n sum", "mu"),  # twice the mean
        ("x[i] - mu", "x[i] + mu", "c"),
        ("c[i]^2", "c[i]^3", "v"),
        ("1/sqrt(v", "sqrt(v", "r"),
    ],
)
def test_what_is_near_to_it_is_not_called_so(old: str, new: str, name: str) -> None:
    assert made(NORM.replace(old, new))[name] == Origin(Form.OTHER)


def test_what_is_divided_by_another_sum_is_no_softmax() -> None:
    assert made(ATTENTION.replace("sum(v, exp(S[t,v])", "sum(v < T, exp(S[v,t])"))["P"] == Origin(Form.OTHER)


@pytest.mark.parametrize(
    ("model", "name", "kind"),
    [
        (ATTENTION, "S", Kind.SCORES),
        (ATTENTION, "P", Kind.PROBABILITIES),
        (GATES, "f", Kind.GATE),
        (GATES, "h", Kind.STATE),
        (NORM, "g", Kind.SCALE),
        (NORM.replace("g[i] u[i]", "sum(j, g[j] u[j]) x[i]"), "g", Kind.WEIGHTS),
    ],
)
def test_roles_by_how_a_tensor_is_made_and_read(model: str, name: str, kind: Kind) -> None:
    derivation = sb.derive(sb.parse(model), checks=False)
    assert roles(derivation, {s.tensor: readings(derivation, s) for s in derivation.steps})[name].kind is kind
