r"""What a note leaves to its reader is read from its form, and said; a line beside it that is wrong is refuted."""

from __future__ import annotations

import pytest

import symbackprop as sb


def report(model: str, note: str) -> sb.Report:
    return sb.verify(sb.parse(model), note)


def statuses(model: str, note: str) -> str:
    return " ".join(str(verdict.status) for verdict in report(model, note).verdicts)


# entries of a convolution: indices with primes, layers that the model does not number, sums to names of the note

CONVOLUTION = """
size H, M, K, J
size H >= K
size M >= J
input R[H-K+1,M-J+1]
parameter X[H,M], W[K,J], b
tensor Y[H-K+1,M-J+1]
o = tanh(X)
Y[i,j] = sum(u < K, v < J, o[i+u,j+v] W[u,v]) + b
loss E = sum(i, j, R[i,j] Y[i,j]) + 1/3 sum(i, j, Y[i,j]^3)
"""
BY_W = r"\frac{\partial E}{\partial w_{m',n'}^l} = \sum_{i=0}^{H-k_1} \sum_{j=0}^{W-k_2} "
BY_X = r"\frac{\partial E}{\partial x_{i',j'}^{l}} = \sum_{m = 0}^{k_1 - 1} \sum_{n = 0}^{k_2 - 1} "


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (BY_W + r"\delta^l_{i,j} o_{i+m^{\prime},j+n^{\prime}}^{l-1}", "proved"),
        (BY_W + r"\delta^l_{i,j} o_{i-m^{\prime},j-n^{\prime}}^{l-1}", "refuted"),
        (BY_W + r"\delta^l_{i,j} o_{i+n',j+m'}^{l-1}", "refuted"),
        (BY_W + r"\delta^{l-1}_{i,j} o_{i+m',j+n'}^{l-1}", "unreadable"),  # of the input: i has two ranges
        (BY_W + r"\delta^l_{i,j} o_{i+m',j+n'}^{l}", "unreadable"),  # w and o in one layer
        (BY_X + r"\delta^{l+1}_{i'-m,j'-n} w_{m,n}^{l+1} f'(x_{i',j'}^{l})", "proved"),
        (BY_X + r"\delta^{l+1}_{i^{\prime}-m,j^{\prime}-n} w_{m,n}^{l+1} f'(x_{i',j'}^{l})", "proved"),
        (BY_X + r"\delta^{l+1}_{i'+m,j'+n} w_{m,n}^{l+1} f'(x_{i',j'}^{l})", "refuted"),
        (BY_X + r"\delta^{l}_{i'-m,j'-n} w_{m,n}^{l+1} f'(x_{i',j'}^{l})", "refuted"),
        (BY_X + r"\delta^{l+1}_{i'-m,j'-n} w_{m,n}^{l+1}", "refuted"),
        (BY_X + r"\delta^{l+1}_{i'-m,j'-n} w_{m,n}^{l+1} f'(o_{i',j'}^{l})", "refuted"),
    ],
)
def test_entries_of_a_convolution(formula: str, expected: str) -> None:
    assert statuses(CONVOLUTION, f"$${formula}$$") == expected


def test_sums_to_a_name_of_the_note_are_said() -> None:
    note = f"$${BY_X}" + r"\delta^{l+1}_{i'-m,j'-n} w_{m,n}^{l+1} f'(x_{i',j'}^{l})$$"
    assert "sums to k_1 - 1, k_2 - 1 run over all of an axis" in report(CONVOLUTION, note).notation


LINEAR = "size n, k\ninput x[n]\nparameter W[k,n]\ny = W x\nloss L = sum(i, y[i]^2)"


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("p", "proved"),
        ("n", "proved"),
        ("n-1", "refuted"),
        ("n-q", "unreadable"),  # it ends before the axis does, and q is not known
        ("2 p", "unreadable"),
    ],
)
def test_the_last_value_of_a_sum(last: str, expected: str) -> None:
    assert statuses(LINEAR, rf"$$y_i = \sum_{{j=1}}^{{{last}}} W_{{ij}} x_j$$") == expected


# letters of adjoints that the note does not define: whose they are tells the place of the slope

RECURRENCE = """
size T, n, k
input x[T,n]
target y[k]
parameter W_h[k,k], W_x[k,n], b1[k]
tensor h[T,k]
pad h
z[t,i] = sum(j, W_h[i,j] h[t-1,j]) + sum(j, W_x[i,j] x[t,j]) + b1[i]
h[t,i] = sigmoid(z[t,i])
loss J = 1/2 sum(i, (h[T-1,i] - y[i])^2)
"""
BACK = r"\gamma_t^{(k-1)} = W_h^\top (\gamma_t^{(k)} \circ \sigma'(z^{(k)}))"
BY_WEIGHTS = r"\frac{\partial J^{(t)}}{\partial W_h} = \sum_k "
OUTER = r"(\gamma_t^{(k)} \circ \sigma'(z^{(k)})) \times (h^{(k-1)})^\top"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (BACK, "proved"),
        (BACK.replace("_t", "").replace("W_h", "W_h^{(k)}"), "proved"),
        (BACK.replace(r"^\top", ""), "refuted"),
        (BACK.replace("'(z^{(k)})", "'(z^{(k-1)})"), "refuted"),
        (r"\gamma_t^{(k-1)} = (W_h^\top \gamma_t^{(k)}) \circ \sigma'(z^{(k)})", "refuted"),
        (r"\gamma^{(k-1)} = (W_h^\top \gamma^{(k)}) \circ \sigma'(z^{(k-1)})", "proved"),  # that of z
        (r"\gamma^{(k-1)} = (W_h \gamma^{(k)}) \circ \sigma'(z^{(k-1)})", "refuted"),
        (r"\gamma^{(k-1)} = W_h^\top \gamma^{(k)}", "unreadable"),  # no slope: of h or of z
        (BY_WEIGHTS + OUTER, "proved"),
        (BY_WEIGHTS + OUTER.replace("k-1", "k"), "refuted"),
        (BY_WEIGHTS + r"\gamma_t^{(k)} (h^{(k-1)})^\top", "unreadable"),
    ],
)
def test_a_letter_that_recurs(formula: str, expected: str) -> None:
    assert statuses(RECURRENCE, f"$${formula}$$") == expected


def test_a_letter_that_the_note_defines_is_no_adjoint_by_its_form() -> None:
    """Of what the note says itself, with another sign or factor, the recurrence tells nothing."""
    said = statuses(RECURRENCE, r"$$\gamma_t^{(T)} = y - h^{(T)}$$" + f"\n\n$${BACK}$$")
    assert "proved" not in said
    assert "refuted" not in said


def test_a_loss_of_each_step_is_not_that_of_one() -> None:
    summed = RECURRENCE.replace("sum(i, (h[T-1,i] - y[i])^2)", "sum(t, i, (h[t,i] - y[i])^2)")
    assert statuses(summed, f"$${BY_WEIGHTS}{OUTER}$$") == "unreadable"


ERRORS = """
input X
target y
parameter W_h, W_o
Z_h = X W_h
H = relu(Z_h)
Z_o = H W_o
yhat = relu(Z_o)
loss C = 1/2 (yhat - y)^2
"""
ERROR_OF_HIDDEN = r"$$E_h = E_o \cdot W_o \cdot R'(Z_h)$$"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (ERROR_OF_HIDDEN, "proved"),
        (ERROR_OF_HIDDEN.replace("W_o", "H"), "refuted"),
        (ERROR_OF_HIDDEN.replace("(Z_h)", "(Z_o)"), "unreadable"),  # the slope at the error on the right
        (ERROR_OF_HIDDEN.replace(r"\cdot R'(Z_h)", ""), "unreadable"),
        (r"$$E_o = y - \hat y$$" + f"\n\n{ERROR_OF_HIDDEN}", "defined defined"),
        (r"$$\frac{\partial E}{\partial W_o} = E_o H$$" + f"\n\n{ERROR_OF_HIDDEN}", "unreadable unreadable"),
    ],
)
def test_errors_of_layers(note: str, expected: str) -> None:
    """E is the loss elsewhere: it is the errors of layers where it recurs with a slope, and is no root in the note."""
    assert statuses(ERRORS, note) == expected


LAYERS = """
size n, h, k
input x[n]
target y[k]
parameter W1[h,n], W2[h,h], W3[k,h]
z1 = W1 x
a1 = tanh(z1)
z2 = W2 a1
a2 = tanh(z2)
z3 = W3 a2
a3 = tanh(z3)
loss L = squared_error(a3, y)
"""


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\epsilon^{[l]} = W^{[l+1]\top} \epsilon^{[l+1]} \odot f'(z^{[l]})", "proved"),
        (r"\epsilon^{[l]} = W^{[l]\top} \epsilon^{[l+1]} \odot f'(z^{[l]})", "refuted"),
        (r"\epsilon^{[l]} = W^{[l+1]\top} (\epsilon^{[l+1]} \odot f'(z^{[l+1]}))", "proved"),
        (r"\epsilon^{[l]} = W^{[l+1]\top} \epsilon^{[l+1]} \odot f'(z^{[l+1]})", "refuted"),
    ],
)
def test_a_letter_that_recurs_by_layers(formula: str, expected: str) -> None:
    assert statuses(LAYERS, f"$${formula}$$") == expected


# sums from 0

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
loss L = sum(l)/T
"""
BY_U, BY_STEP_WEIGHT = r"\frac{\partial L}{\partial u} = ", r"\frac{\partial L}{\partial w} = "
FROM_ZERO = r"\sum_{t=0}^{T} \frac{\partial L}{\partial h_t} (1 - h_t^2) x_t"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (f"$${BY_STEP_WEIGHT}{FROM_ZERO}$$", "proved"),
        (f"$${BY_STEP_WEIGHT}{FROM_ZERO.replace('x_t', 'h_t')}$$", "refuted"),
        (f"$${BY_STEP_WEIGHT}{FROM_ZERO.replace('x_t', 'x_{t-1}')}$$", "refuted"),
        (f"$${BY_STEP_WEIGHT}{FROM_ZERO.replace('{T}', '{T+1}')}$$", "unreadable"),
        (rf"$${BY_U}\frac1T \sum_{{t=0}}^{{T}} 2 (p_t - y_t) h_t$$", "unreadable"),  # the mean of T or of T + 1?
        (rf"$${BY_U}\frac1T \sum_{{t=1}}^{{T}} 2 (p_t - y_t) h_t$$", "proved"),
        (f"$${BY_STEP_WEIGHT}{FROM_ZERO}$$\n\n" + r"$$L = \frac1T \sum_{t=1}^T l_t$$", "unreadable proved"),
        (f"$${BY_STEP_WEIGHT}{FROM_ZERO}$$\n\n$$h_0 = 0$$", "unreadable proved"),
    ],
)
def test_sums_from_zero(note: str, expected: str) -> None:
    """A note that counts from 0 to T has all steps, where nothing of it says otherwise, and t stands alone."""
    assert statuses(STEPS, note) == expected


def test_the_number_of_the_last_step() -> None:
    """Where entries count from 0, T is the number of the last one: a mean over them has another divisor."""
    zero = sb.Conventions().having(index_base=0)
    note = r"$$L = \frac{1}{T} \sum_{t=0}^T l_t$$"
    found = sb.verify(sb.parse(STEPS), note, conventions=zero)
    assert [str(verdict.status) for verdict in found.verdicts] == ["refuted"]
    assert "T is the number of the last entry, counted from 0" in found.notation
    right = note.replace(r"\frac{1}{T}", r"\frac{1}{T+1}")
    assert sb.verify(sb.parse(STEPS), right, conventions=zero).ok


# a count that has no name in the model

BATCH = """
size n, k
input X[n,k], R[n,3]
parameter W[k,3], b[3]
Z[i,j] = sum(l, X[i,l] W[l,j]) + b[j]
loss L = sum(i, j, R[i,j] tanh(Z[i,j]))
"""
SAMPLES = """
size n
input x[n]
target y
parameter w[n], b
samples m in columns
z = w · x + b
loss L = (z - y)^2
cost J = mean(L)
"""


@pytest.mark.parametrize(
    ("model", "formula", "expected"),
    [
        (BATCH, r"\frac{\partial L}{\partial b_j} = \sum_i \frac{\partial L}{\partial Z_{ij}}", "proved"),
        (BATCH, r"\frac{\partial L}{\partial b_j} = \frac1N \sum_i \frac{\partial L}{\partial Z_{ij}}", "refuted"),
        (BATCH, r"\frac{\partial L}{\partial b_j} = n \frac1N \sum_i \frac{\partial L}{\partial Z_{ij}}", "proved"),
        (BATCH, r"\frac{\partial L}{\partial b_j} = \frac1N \frac{\partial L}{\partial Z_{1j}}", "unreadable"),
        (SAMPLES, r"\frac{\partial J}{\partial b} = \frac1N \sum_i 2 (z^{(i)} - y^{(i)})", "proved"),
        (SAMPLES, r"\frac{\partial J}{\partial b} = \frac1N \sum_i 2 (z^{(i)} + y^{(i)})", "refuted"),
        (SAMPLES, r"\frac{\partial J}{\partial b} = \frac1N \sum_j w_j", "unreadable"),  # N counts samples
    ],
)
def test_a_count_of_terms(model: str, formula: str, expected: str) -> None:
    assert statuses(model, f"$${formula}$$") == expected


# a sum over samples that is left out

NETWORK = """
size n, h
input x[n]
target y[1] binary
samples m in columns
parameter W1[h,n], b1[h], W2[1,h], b2[1]
z1 = W1 x + b1
a1 = tanh(z1)
z2 = W2 a1 + b2
a2 = sigmoid(z2)
loss L = binary_cross_entropy(a2, y)
cost J = mean(L)
"""


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\frac{\partial J}{\partial W_2} = \frac{\partial J}{\partial z_2^{(i)}} a^{[1](i)T}", "convention"),
        (r"\frac{\partial J}{\partial W_2} = \sum_i \frac{\partial J}{\partial z_2^{(i)}} a^{[1](i)T}", "proved"),
        (r"\frac{\partial J}{\partial W_2} = \frac{\partial J}{\partial z_2^{(i)}} a^{[2](i)T}", "refuted"),
        (r"\frac{\partial J}{\partial W_1} = \frac{\partial J}{\partial z_1^{(i)}} x^{(i)T}", "convention"),
        (r"\frac{\partial J}{\partial W_1} = 2 \frac{\partial J}{\partial z_1^{(i)}} x^{(i)T}", "refuted"),
        (r"\frac{\partial J}{\partial W_1} = \frac{\partial J}{\partial z_1^{(i)}} x^{(j)T}", "refuted"),
        (r"\frac{\partial J}{\partial b_2} = \frac{\partial J}{\partial z_2^{(i)}}", "convention"),
    ],
)
def test_a_sum_over_samples_that_is_left_out(formula: str, expected: str) -> None:
    assert statuses(NETWORK, f"$${formula}$$") == expected


def test_what_is_left_out_is_said() -> None:
    formula = r"$$\frac{\partial J}{\partial W_2} = \frac{\partial J}{\partial z_2^{(i)}} a^{[1](i)T}$$"
    assert report(NETWORK, formula).verdicts[0].convention == "the sum over the samples i is left out"


# the output of a model by a name of the note

NORMALISED = """
size m
input R[m]
parameter x[m], gamma, beta
constant epsilon positive
mu = 1/m sum(i, x[i])
s2 = 1/m sum(i, (x[i] - mu)^2)
xhat[i] = (x[i] - mu)/sqrt(s2 + epsilon)
y[i] = gamma xhat[i] + beta
loss ell = sum(i, R[i] y[i])
"""
SCALED = "size m\ninput R[m]\nparameter x[m], gamma, beta\ny[i] = gamma x[i] + beta\nloss L = sum(i, R[i] y[i]^2)"


@pytest.mark.parametrize(
    ("model", "formula", "expected"),
    [
        (NORMALISED, r"\frac{\partial BN(x)}{\partial x} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}", "refuted"),
        (SCALED, r"\frac{\partial Scale(x)}{\partial x} = \gamma", "proved"),
        (SCALED, r"\frac{\partial Scale(x)}{\partial x} = \gamma + \beta", "refuted"),
        (SCALED, r"\frac{\partial Scale(R)}{\partial x} = \gamma", "unreadable"),
        (SCALED, r"\frac{\partial Scale(x)}{\partial R} = \gamma", "unreadable"),
    ],
)
def test_the_output_of_a_model(model: str, formula: str, expected: str) -> None:
    assert statuses(model, f"$${formula}$$") == expected


# conditions in the words around a formula

RELU = """
size n
input x[n]
target y[n]
parameter W[n,n], b[n]
z = W x + b
a = relu(z)
loss L = squared_error(a, y)
"""
SLOPE = r"$\frac{\partial a_i}{\partial z_i} = 1$"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (f"{SLOPE} if $z_i > 0$ and $0$ otherwise.", "proved"),
        (f"{SLOPE} if $z_i > 0$ and $7$ otherwise.", "refuted"),
        (f"{SLOPE} if $z_i > 0$, otherwise it is $0$.", "proved"),
        (f"{SLOPE} if $z_i > 0$, else $-1$.", "refuted"),
        (f"{SLOPE} if $z_i > 0$ and nothing of the kind otherwise.", "unreadable"),
        (f"{SLOPE} if $z_i < 0$ and $0$ otherwise.", "refuted"),
        (f"If z_i > 0, {SLOPE}.", "proved"),
        (f"If z_i < 0, {SLOPE}.", "refuted"),
        (f"{SLOPE} if $z_i > 0$. Otherwise the unit is dead.", "proved"),
        ("∂a_i/∂z_i = 1 if z_i > 0 and 0 otherwise", "proved"),
        ("∂a_i/∂z_i = 1 if z_i > 0 and 2 otherwise", "refuted"),
        ("∂a_i/∂z_i = 1 if z_i > 0 and 0.01 otherwise", "refuted"),
        ("for z_i > 0, ∂a_i/∂z_i = 1", "proved"),
        ("for z_i > 0, ∂a_i/∂z_i = 2", "refuted"),
        ("for z_i < 0, ∂a_i/∂z_i = 1", "refuted"),
    ],
)
def test_conditions_in_words(note: str, expected: str) -> None:
    """Both parts of what is said are judged: where the condition holds, and otherwise."""
    assert statuses(RELU, note) == expected


BINARY = """
size n
input x[n]
target y binary
parameter w[n]
z = w · x
p = sigmoid(z)
loss L = binary_cross_entropy(p, y)
"""


@pytest.mark.parametrize(("value", "expected"), [("p - 1", "proved"), ("p", "refuted")])
def test_a_verdict_names_its_condition(value: str, expected: str) -> None:
    verdict = report(BINARY, rf"If $y = 1$, $\frac{{\partial L}}{{\partial z}} = {value}$.").verdicts[0]
    assert str(verdict.status) == expected
    assert verdict.condition == "y = 1"
    assert f"= {value}, where y = 1" in verdict.headline


# a chain of wholes and entries

TRACE = """
size n, k, p
input A[p,k], B[n,p]
parameter X[n,k]
loss L = sum(i, (A X^T B)[i,i])
"""
BY_MATRIX = r"\frac{\partial}{\partial X} tr(A X^T B) = "


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("A_{iq}B_{pi} = B_{pi}A_{iq} = (BA)_{pq} = BA", "proved"),
        ("A_{iq}B_{ip} = (BA)_{pq} = BA", "refuted"),  # i has two ranges
        ("2 A_{iq}B_{pi} = (BA)_{pq} = BA", "refuted"),
        ("A_{iq}B_{pi} = (BA)_{pq} = 2 BA", "refuted"),
        ("A_{iq}B_{pi} = BA", "unreadable"),  # the entry is not shown
        ("A_{iq}B_{pi} + A_{iq}B_{pi} = (BA)_{pq} = BA", "unreadable"),
        ("A_{iq}B_{pj} = (BA)_{pq} = BA", "unreadable"),
    ],
)
def test_a_repeated_index_where_the_chain_shows_the_entry(chain: str, expected: str) -> None:
    assert statuses(TRACE, f"$${BY_MATRIX}{chain}$$") == expected


def test_a_repeated_index_is_said() -> None:
    note = f"$${BY_MATRIX}A_{{iq}}B_{{pi}} = (BA)_{{pq}} = BA$$"
    assert "the repeated i is summed over" in report(TRACE, note).notation


# parts of stacked matrices

GATED = """
size N, n, k
input x[N,n], hp[N,k], R[N,k]
parameter W_z[n+k,k], W_h[n+k,k]
s = concat(x, hp)
a_z[i,j] = sum(l, s[i,l] W_z[l,j])
z = sigmoid(a_z)
g = z ⊙ hp
q = concat(x, g)
a_h[i,j] = sum(l, q[i,l] W_h[l,j])
hhat = tanh(a_h)
h = hp + z ⊙ hhat
loss L = sum(R ⊙ h) + 1/3 sum(h^3)
"""
BY_BEFORE = (
    r"\frac{\partial L}{\partial h_{t-1}} = \delta_{h_t} + (\delta_{\hat h} W_h^{(h)T}) * z_t"
    r" + \delta_z W_z^{(h)T}"
)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (BY_BEFORE, "proved"),
        (BY_BEFORE.replace("W_z^{(h)T}", "W_z^{(x)T}"), "refuted"),
        (BY_BEFORE.replace("W_h^{(h)T}", "W_z^{(h)T}"), "refuted"),
        (BY_BEFORE.replace(" * z_t", ""), "refuted"),
        (r"\Delta W_z = [x_t, h_{t-1}]^T \cdot \delta_{z_t}", "proved"),
        (r"\frac{\partial L}{\partial x} = \delta_{\hat h} W_h^{(x)T} + \delta_z W_z^{(x)T}", "proved"),
        (r"\frac{\partial L}{\partial x} = \delta_{\hat h} W_h^{(x)T}", "refuted"),
        (r"\frac{\partial L}{\partial x} = \delta_{\hat h} W_h^{(q)T} + \delta_z W_z^{(x)T}", "unreadable"),
    ],
)
def test_a_part_of_a_stacked_matrix(formula: str, expected: str) -> None:
    """The part that is multiplied by h is that behind x, also where h itself stands there by way of a gate."""
    assert statuses(GATED, f"$${formula}$$") == expected
