r"""Right claims in notations of their own are not refuted for a reading that nobody meant; wrong neighbours are."""

from __future__ import annotations

import pytest

import symbackprop as sb
from tests.notation.readings import note_of


def statuses(model: str, note: str) -> str:
    return " ".join(str(verdict.status) for verdict in sb.verify(sb.parse(model), note).verdicts)


# gates

LSTM = """
size p, n
input a_prev[p], x_t[n], c_prev[p], u[p], v[p]
parameter W_f[p,p+n], W_u[p,p+n], W_c[p,p+n], W_o[p,p+n]
s = concat(a_prev, x_t)
z_f = W_f s
G_f = sigmoid(z_f)
z_u = W_u s
G_u = sigmoid(z_u)
z_c = W_c s
c_t = tanh(z_c)
c_next = G_f ⊙ c_prev + G_u ⊙ c_t
z_o = W_o s
G_o = sigmoid(z_o)
a_next = G_o ⊙ tanh(c_next)
loss L = u · a_next + v · c_next
"""
OF_GATE = r"$$dW_f = d\Gamma_f s^T$$"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (OF_GATE, "convention"),
        ("dW_f = dG_f s^T", "convention"),
        (r"$$dW_f = d\Gamma_f \begin{pmatrix} a_{prev} \\ x_t\end{pmatrix}^T$$", "convention"),
        (r"$$dW_f = d\Gamma_u s^T$$", "refuted"),
        (
            f"{OF_GATE}\n\n$$d\\Gamma_o = da_{{next}} * \\tanh(c_{{next}})$$",
            "refuted proved",
        ),  # that of the gate itself
        (f"{OF_GATE}\n\n$$dz_f = dc_{{next}} * c_{{prev}} * \\sigma'(z_f)$$", "refuted proved"),  # z has a letter
    ],
)
def test_the_gradient_of_a_gate(note: str, expected: str) -> None:
    """δ of a gate may be that of its pre-activation, in a note that does not speak of either otherwise."""
    assert statuses(LSTM, note) == expected


def test_a_layer_is_no_gate() -> None:
    """An activation that a matrix is multiplied by, or a mask, has a gradient of its own: its slope is missing."""
    layer = "input x[2], y[2], m[3]\nparameter W1[3,2], W2[2,3]\nz1 = W1 x\na1 = tanh(z1)\n"
    plain = f"{layer}z2 = W2 a1\nloss L = squared_error(z2, y)"
    masked = f"{layer}h = a1 ⊙ m\nz2 = W2 h\nloss L = squared_error(z2, y)"
    assert statuses(plain, "dW1 = da1 x^T") == statuses(masked, "dW1 = da1 x^T") == "refuted"


def test_a_gradient_that_is_given() -> None:
    """What arrives from later steps is given and left whole: the path inside the model is not part of it."""
    inner = r"\Gamma_o * (1 - \tanh(c_{next})^2) * \Gamma_f * da_{next}"
    assert statuses(LSTM, rf"$$dc_{{prev}} = dc_{{next}} * \Gamma_f + {inner}$$") == "convention"
    assert statuses(LSTM, r"$$dc_{prev} = dc_{next} * \Gamma_f$$") == "proved"
    assert statuses(LSTM, rf"$$dc_{{prev}} = dc_{{next}} * \Gamma_f - {inner}$$") == "refuted"
    said = r"$$dc_{next} = v + da_{next} * \Gamma_o * (1 - \tanh(c_{next})^2)$$"
    assert statuses(LSTM, f"{said}\n\n$$dc_{{prev}} = dc_{{next}} * \\Gamma_f + {inner}$$") == "proved refuted"


# powers of matrices

TRACE = "size n\nparameter X[n,n]\nloss L = sum(i, (X X)[i,i])"
SQUARES = "size n\nparameter X[n,n]\nloss L = sum(X^2)"


@pytest.mark.parametrize(
    ("model", "note", "expected"),
    [
        (TRACE, r"$$\frac{\partial}{\partial X} \mathrm{Tr}(X^2) = 2 X^T$$", "proved"),
        (TRACE, r"$$\frac{\partial}{\partial X} \mathrm{Tr}(X^2) = 2 X$$", "refuted"),
        (TRACE, r"$$\frac{\partial}{\partial X} \mathrm{Tr}(X^n) = n (X^{n-1})^T$$", "unreadable"),
        (SQUARES, r"$$\frac{\partial}{\partial X} \sum X^2 = 2 X$$", "proved"),
        (SQUARES, "L = sum(X^2)", "proved"),
    ],
)
def test_powers_of_a_square_matrix(model: str, note: str, expected: str) -> None:
    """In LaTeX they are products of matrices, unless the note goes by entries."""
    assert statuses(model, note) == expected


def test_powers_that_go_entry_by_entry() -> None:
    """Where 1 is added to them, or ⊙ stands in the note; the note says it where they are products."""
    model = sb.parse("size n\ninput x[n], G[n,n]\nparameter W[n,n]\nA = tanh(W)\nloss L = sum(G ⊙ A)")
    assert str(sb.verify(model, r"$$dW = dA \odot (1 - A^2)$$").verdicts[0].status) == "proved"
    (words,) = note_of("$$dW = A^2$$", model).notation
    assert "powers of square matrices" in words


# the name of a function without its argument

LOGISTIC = """
size p
input x[p]
target y binary
samples n in rows
parameter w[p], b
z = sum(j, w[j] x[j]) + b
a = sigmoid(z)
loss L = -(y log(a) + (1 - y) log(1 - a))
cost C = mean(L)
"""


def test_a_function_without_its_argument() -> None:
    """∂σ/∂w is that of a = σ(z) where the model applies σ once; letters of Greek names are no factors."""
    factor = r"\left( \frac{y}{\sigma(z)} - \frac{1-y}{1-\sigma(z)} \right) \frac{\partial \sigma}{\partial w_j}"
    note = rf"$$\frac{{\partial C}}{{\partial w_j}} = -\frac{{1}}{{n}} \sum_x {factor}$$"
    assert statuses(LOGISTIC, note) == "proved"
    assert statuses(LOGISTIC, note.replace("= -", "= ")) == "refuted"
    twice = "input x\nparameter w\na = sigmoid(w x)\nloss L = sigmoid(w a)"
    assert statuses(twice, r"$$\frac{\partial L}{\partial w} = x \frac{\partial \sigma}{\partial w}$$") == "unreadable"


def test_letters_of_operations_are_ours() -> None:
    """A d that the note does not define is no operation of the model, whatever letter that has at the scalar level."""
    model = "input I\nparameter w1, w2, w3, w4\nh = sigmoid(I w1 + 1)\np = sigmoid(h w2 + 1)\nq = sigmoid(h w3 + 1)\n"
    note = r"$$\frac{\partial O}{\partial w_4} = d(p w_4 + q + 1) p$$"
    assert statuses(f"{model}loss O = sigmoid(p w4 + q + 1)", note) == "unreadable"


# printed numbers

NUMBERS = """
parameter z0
x = 0.05
w = 0.4
eta = 0.5
h = sigmoid(x)
net = w h
out = sigmoid(net)
E = 1/2 (out - 0.3)^2
loss F = E + z0
"""


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("∂E/∂out = 0.251071", "agrees"),
        ("∂E/∂out = out - 0.3 = 0.251071", "agrees"),
        ("∂E/∂out = 0.25117", "refuted"),
        ("∂E/∂w = 0.0318327", "agrees"),
        (r"$$\delta_{net} = 0.062113$$", "agrees"),
        ("F = 0.251071", "unreadable"),  # z0 has no value
        (r"$$w^{+} = w - \eta \frac{\partial E}{\partial w} = 0.384084$$", "agrees"),
        (r"$$w^{+} = w + \eta \frac{\partial E}{\partial w} = 0.384084$$", "refuted"),
    ],
)
def test_printed_numbers(note: str, expected: str) -> None:
    """What rests on the numbers of the model alone has a value, whatever else the model leaves open."""
    assert statuses(NUMBERS, note) == expected


def test_the_last_digit_of_a_long_number() -> None:
    """A long number may be off by rounding in its last digit; it then agrees to those before it."""
    model = "parameter z0\na = 1/7\nloss F = a + z0"
    found = {text: statuses(model, f"a = {text}") for text in ("0.142857143", "0.142857142", "0.142857133", "0.1427")}
    assert list(found.values()) == ["agrees", "agrees", "refuted", "refuted"]


# shapes

TOKENS = """
size B, T, C
constant R[B,T,C], eps positive
parameter x[B,T,C]
mu[s,t] = mean(i, x[s,t,i])
v[s,t] = mean(i, (x[s,t,i] - mu[s,t])^2)
rstd[s,t] = 1/sqrt(v[s,t] + eps)
norm[s,t,i] = (x[s,t,i] - mu[s,t]) rstd[s,t]
loss L = sum(R ⊙ norm)
"""


def test_statistics_of_rows_beside_the_rows() -> None:
    """What was taken along the last axis of three is repeated along it."""
    right = "dx = rstd * (dnorm - dnorm.mean(-1) - norm * (dnorm * norm).mean(-1))"
    assert statuses(TOKENS, right) == "proved"
    assert statuses(TOKENS, right.replace("dnorm.mean(-1) - ", "")) == "refuted"


MATRICES = """
size n, h, m
input X[n,m], Y[h,m]
parameter W[h,n], c[h]
A = W X
loss J = 1/2 sum((A - Y)^2) + sum(i, c[i]^2)
"""


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("dA = A - Y + c", "refuted"),  # c is as long as one axis alone, and repeated along the other
        ("dA = (A - Y) * c", "refuted"),
        ("B = A + c", "defined"),
        ("dA = (A - Y) ⊙ c", "refuted"),  # ⊙ is of equal shapes
        ("dA = A - Y + c 1_mᵀ", "refuted"),
        ("dA = A - Y + W", "refuted"),  # no repetition makes that fit
        ("dW = X (A - Y)^T", "refuted"),
        ("ΔW := ΔW + dW", "unreadable"),  # a sum over samples that is still being made
        (r"$$\nabla_c (c^T c + c c) = 2 c$$", "unreadable"),  # the gradient of a vector
        (r"$$\nabla_c (c^T c) = 2 c$$", "proved"),
        (r"$$\nabla_c (c^T c) = c$$", "refuted"),
    ],
)
def test_what_fits_under_no_reading(note: str, expected: str) -> None:
    """A gradient of a vector and a running sum are no claims; what cannot fit is wrong."""
    assert statuses(MATRICES, note) == expected


ROWS = """
size d, h, k
input x[d]
constant g[k]
parameter W1[d,h], W2[h,k]
u = x W1
a = tanh(u)
s = a W2
loss l = g · s
"""
COLUMNS = ROWS.replace("W1[d,h], W2[h,k]", "W1[h,d], W2[k,h]").replace("x W1", "W1 x").replace("a W2", "W2 a")


@pytest.mark.parametrize("note", ["dW2 = a^T ds", r"$$\frac{\partial l}{\partial W2} = a^T \nabla l(s)$$"])
def test_outer_products_of_rows(note: str) -> None:
    """Where vectors stand on the left of matrices, uᵀ v is a column times a row; elsewhere that is a mistake."""
    assert statuses(ROWS, note) == "proved"
    assert statuses(COLUMNS, note) == "refuted"


# steps and entries

STEPS = """
size T
input x[T]
target y[T]
parameter w, u
tensor h[T]
pad h
h[t] = tanh(w x[t] + h[t-1])
p[t] = u h[t]
l[t] = (p[t] - y[t])^2
loss L = sum(l)
"""


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (r"$$\frac{\partial L}{\partial u} = \sum_{t=1}^{T} 2 (p_t - y_t) h_t$$", "proved"),
        (r"$$\frac{\partial L}{\partial u} = \sum_{t=0}^{T} 2 (p_t - y_t) h_t$$", "proved"),  # the note counts from 0
        (r"$$\frac{\partial L}{\partial u} = \sum_{t=0}^{T} 2 (p_t - y_t) h_{t+1}$$", "unreadable"),  # y_0
        (r"$$\frac{\partial L}{\partial u} = \sum_{t=1}^{T+1} 2 (p_t - y_t) h_t$$", "unreadable"),
        (r"$$\frac{\partial L}{\partial u} = \sum_{t=1}^{T-1} 2 (p_t - y_t) h_t$$", "refuted"),
        (r"$$\frac{\partial L}{\partial u} = \sum_{t=0}^{T} \frac{\partial L}{\partial p_t} h_t$$", "proved"),
        (r"$$\frac{\partial L^t}{\partial u} = 2 (p^t - y^t) h^{t}$$", "proved"),
        (r"$$\frac{\partial L_t}{\partial u} = 2 (p_t - y_t) h_t$$", "proved"),
        (r"$$\frac{\partial L^t}{\partial u} = (p^t - y^t) h^{t}$$", "refuted"),
    ],
)
def test_terms_of_sums_and_losses_of_steps(note: str, expected: str) -> None:
    """A term with an entry that does not exist is said to be none; an adjoint and what is padded are 0 there."""
    assert statuses(STEPS, note) == expected


CONVOLUTION = """
size M, C, N
input x[C,N]
constant g[M,N]
parameter F[M,C,3]
tensor z[M,N]
pad x
z[m,i] = sum(c, u, F[m,c,u] x[c,i+u])
loss L = sum(g ⊙ z)
"""


def test_a_note_that_counts_as_the_model_does() -> None:
    """An equation of the model itself tells from where the note counts; a gradient alone does not."""
    assert statuses(CONVOLUTION, "z[m,i] = sum(c, u, F[m,c,u] x[c,i+u])") == "convention"
    assert statuses(CONVOLUTION, "dF[m,c,u] = sum(i, dz[m,i] x[c,i+u])") == "refuted"
    both = "dx[c,i] = sum(m, u, F[m,c,u] dz[m,i-u])\ndF[m,c,u] = sum(i, dz[m,i] x[c,i+u])"
    assert statuses(CONVOLUTION, both) == "convention convention"


LAYER_NORM = """
size n
input X[n]
constant c[n]
μ = mean(X)
σ = sqrt(mean((X - μ)^2))
Xhat = (X - μ)/σ
loss L = c · Xhat
"""


def test_by_way_of_one_tensor() -> None:
    """`via μ` below a derivative is the path through μ alone."""
    slope = r"\frac{\partial \hat{X}_i}{\partial X_j}"
    assert statuses(LAYER_NORM, rf"$${slope}_{{\text{{via }}\mu}} = -\frac{{1}}{{n\sigma}}$$") == "proved"
    assert statuses(LAYER_NORM, rf"$${slope}_{{\text{{via }}\sigma}} = -\frac{{1}}{{n\sigma}}$$") == "refuted"
    assert statuses(LAYER_NORM, rf"$${slope} = -\frac{{1}}{{n\sigma}}$$") == "refuted"


OPEN = """
input x
target t
parameter w, b
net = w x + b
out = sigmoid(net)
loss E = 1/2 (out - t)^2
"""
DATA = "x = 0.05\nw = 0.4\nb = -0.1\nt = 0.3\neta = 0.5"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (f"{DATA}\nout = 0.480011", "agrees"),
        (f"{DATA}\nout = 0.48021", "refuted"),
        (f"{DATA}\n∂E/∂out = out - t = 0.180011", "agrees"),
        (f"{DATA}\n∂E/∂out = t - out = -0.180011", "refuted"),
        (f"{DATA}\nw_new = w - eta dw = 0.39887673", "agrees"),
        (f"{DATA}\nw_new = w + eta dw = 0.39887673", "refuted"),
        (f"{DATA}\nb = 0.2\nout = 0.480011", "unreadable"),  # two values
        ("x = 0.05\nw = 0.4\nout = 0.480011", "unreadable"),  # b is open
    ],
)
def test_numbers_that_the_note_gives(note: str, expected: str) -> None:
    """A printed number is judged at the values that the note states for data and parameters, once for each."""
    assert statuses(OPEN, note).split()[-1] == expected
