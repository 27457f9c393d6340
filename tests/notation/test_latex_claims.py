r"""Sides of claims in LaTeX beside the same in plain text: names, derivatives, powers, functions, operators.

What plain text stands for is compared with NumPy in `test_claims`.
"""

from __future__ import annotations

import pytest
from sympy import Expr

from symbackprop.notation.claims.records import Claim, Reading, Unreadable
from symbackprop.notation.reading.model_text import read_model
from tests.notation.readings import note_of

MODEL = read_model(
    """
    size n, h
    input x[n]
    target y[h] one_hot
    parameter W1[h,n], b1[h], W2[h,h], b2[h], W_q[n,n], V[n,n], gamma[n]
    constant lambda
    u = lambda W_q x + gamma ⊙ (V x)
    z1 = W1 u + b1
    a1 = relu(z1)
    z2 = W2 a1 + b2
    y_hat = softmax(z2)
    loss L = cross_entropy(y_hat, y)
    """
)


def reading_of(note: str, side: str) -> Reading:
    """The reading of `L = side`."""
    (line,) = note_of(
        f"$$L = {side}$$" if note == "latex" else f"L = {side}", MODEL, "md" if note == "latex" else "txt"
    ).lines
    assert isinstance(line, Claim), str(line)
    return line.readings[0]


def value_of(note: str, side: str) -> tuple[tuple[Expr, ...], bool, Expr]:
    found = reading_of(note, side).sides[-1]
    assert found.value is not None, str(found.error)
    return found.value.shape, found.value.row, found.value.array.expression


NAMES = [
    ("W^{[1]}", "W1"),
    ("W^{(1)}", "W1"),
    ("W_1", "W1"),
    ("W_{1}", "W1"),
    (r"\mathbf{W}^{[1]}", "W1"),
    (r"\boldsymbol W_1", "W1"),
    ("W1", "W1"),
    ("W^{[1]}_{ij}", "W1[i,j]"),
    ("W_{ij}^{[1]}", "W1[i,j]"),
    ("V_{i,j}", "V[i,j]"),
    ("V_{ij}", "V[i,j]"),
    ("W_{1,ij}", "W1[i,j]"),
    ("(W_1)_{ij}", "W1[i,j]"),
    (r"\bigl(W^{[1]}\bigr)_{ij}", "W1[i,j]"),
    ("W^{[2]}_{1j} b_{2j}", "W2[1,j] b2[j]"),
    ("V_{12}", "V[1,2]"),
    ("x_{12}", "x[12]"),
    ("V_{i+1,j} V_{ij}", "V[i+1,j] V[i,j]"),
    ("x_{2i+1} x_i", "x[2 i + 1] x[i]"),
    ("a^{[1]}_i", "a1[i]"),
    ("z_{1i}", "z1[i]"),
    ("W_q", "W_q"),
    ("(W_q)_{ij}", "W_q[i,j]"),
    (r"\lambda", "lambda"),
    ("λ", "lambda"),
    (r"\gamma_i", "gamma[i]"),
    (r"\mathcal{L}", "L"),
    (r"\hat{y}", "y_hat"),
    (r"\hat y_i", "y_hat[i]"),
    (r"\widehat{y}_{i}", "y_hat[i]"),
    (r"\hat{y_i}", "y_hat[i]"),
    (r"\vec{x}", "x"),
]  # fmt: skip

DERIVATIVES = [
    ("dW^{[1]}", "dW1"),
    ("dW^{[1]}_{ij}", "dW1[i,j]"),
    ("(dW_1)_{ij}", "dW1[i,j]"),
    ("d W_1", "dW1"),
    (r"\mathrm{d}V", "dV"),
    (r"\mathrm{dW}_1", "dW1"),
    (r"d\lambda", "dlambda"),
    (r"d\hat{y}_i", "dy_hat[i]"),
    (r"dz^{[1]} u^\top", "dz1 u^T"),
    (r"\bar{W}_2", "dW2"),
    (r"\bar{W}^{[1]}", "dW1"),
    (r"(\bar{W}_2)_{ij}", "dW2[i,j]"),
    (r"\overline{z^{[1]}}_i", "dz1[i]"),
    (r"\nabla_{W^{[1]}} L", "∂L/∂W1"),
    (r"\nabla_V L", "∂L/∂V"),
    (r"\nabla_{W^{[1]}_{ij}} L", "∂L/∂W1[i,j]"),
    (r"\delta^{(2)}", "dz2"),
    (r"\delta_2", "dz2"),
    (r"\delta^{[1]}_i", "dz1[i]"),
    (r"\delta_{ij} V_{ij}", "delta(i,j) V[i,j]"),
    (r"\delta_{i,j+1} V_{ij}", "delta(i,j+1) V[i,j]"),
    (r"\frac{\partial L}{\partial W^{[1]}_{ij}}", "∂L/∂W1[i,j]"),
    (r"\frac{\partial \mathcal{L}}{\partial \mathbf{V}}", "∂L/∂V"),
    (r"\dfrac{dL}{dW^{[1]}}", "∂L/∂W1"),
    (r"\frac{\mathrm{d}L}{\mathrm{d}x_i}", "∂L/∂x[i]"),
    (r"\partial L / \partial W_1", "∂L/∂W1"),
    (r"\frac{\partial}{\partial W_1} L", "∂L/∂W1"),
    (r"\frac{\partial L}{\partial z_2} \frac{\partial z_2}{\partial W_2}", "(∂L/∂z2) (∂z2/∂W2)"),
    (r"\frac{\partial L}{\partial x}^\top", "(∂L/∂x)^T"),
    (r"\frac{\partial L}{\partial x} + x", "∂L/∂x + x"),
    (r"da_1 \big|_{z_2}", "da1|z2"),
]  # fmt: skip

POWERS = [
    (r"W^{[2]\top}", "W2ᵀ"),
    (r"V^\top V^T V^{T} V^{\mathsf T} V^\intercal V^{\mathrm{T}}", "Vᵀ Vᵀ Vᵀ Vᵀ Vᵀ Vᵀ"),
    ("W^{[2]T}", "W2ᵀ"),
    ("W^{[2]^T}", "W2ᵀ"),
    ("{W^{[2]}}^T", "W2ᵀ"),
    (r"W^{[2]}{}^\top", "W2ᵀ"),
    (r"\left(W^{[2]}\right)^{T}", "W2ᵀ"),
    ("V'", "Vᵀ"),
    (r"W_2^\prime", "W2ᵀ"),
    ("(V x)'", "(V x)ᵀ"),
    ("x^2", "x^2"),
    ("x^{2}", "x^2"),
    ("x²", "x^2"),
    ("x_i^2", "x[i]^2"),
    ("z^{[1]2}", "z1^2"),
    ("x^{n}(1-x)", "x^n (1 - x)"),
    ("x^{-1}", "1/x"),
    ("x^{3/2}", "x^(3/2)"),
    (r"x^{\odot 2}", "x^2"),
    (r"x^{\circ 2}", "x^2"),
    ("10^{-4}", "1/10000"),
    ("e^{-x}", "exp(-x)"),
    (r"e^{z^{[1]}_i}", "exp(z1[i])"),
    (r"\mathrm{e}^{x}", "exp(x)"),
    ("(x^2)^T", "(x^2)ᵀ"),
]  # fmt: skip

FUNCTIONS = [
    (r"\tanh'(x)", "tanh'(x)"),
    (r"\mathrm{ReLU}'(z_1)", "relu'(z1)"),
    (r"f^\prime(z_1)", "relu'(z1)"),
    (r"g^{'}(z_1)", "relu'(z1)"),
    (r"\mathrm{sigmoid}''(x)", "sigmoid''(x)"),
    (r"\mathrm{sigmoid}^{(3)}(x)", "sigmoid'''(x)"),
    (r"\tanh^2(x)", "tanh(x)^2"),
    (r"1 - \tanh^2 x", "1 - tanh(x)^2"),
    (r"\operatorname{softmax}(z_2)", "softmax(z2)"),
    (r"\sum_i y_i \text{softmax}(z_2)_i", "∑_i y[i] softmax(z2)[i]"),
    (r"\mathrm{softmax}_{\mathrm{rows}}(V)", "softmax_rows(V)"),
    (r"\mathrm{GELU}_{\tanh}(x)", "gelu_tanh(x)"),
    (r"\log(x)", "log(x)"),
    (r"\log{x}", "log(x)"),
    (r"\log\left(x\right)", "log(x)"),
    (r"\exp\{-x\}", "exp(-x)"),
    (r"\exp[-x]", "exp(-x)"),
    (r"y_k \log \hat y_k", "y[k] log(y_hat[k])"),
    (r"y \log a_1 + (1 - y) \log (1 - a_1)", "y log(a1) + (1 - y) log(1 - a1)"),
    (r"\log \frac{x}{u}", "log(x/u)"),
    (r"\log\sum_j e^{x_j} + 1", "log(∑_j exp(x[j])) + 1"),
    (r"\sqrt{x}", "sqrt(x)"),
    (r"\sqrt x", "sqrt(x)"),
    (r"\sqrt[3]{x}", "x^(1/3)"),
    (r"\max(0, x)", "max(0, x)"),
    (r"\max\{0, x\}", "max(0, x)"),
    (r"\max_k x_k", "max_k x[k]"),
    (r"\max_{1 \le k \le n} x_k", "max_k x[k]"),
    (r"\mathop{\mathrm{argmax}}_{k} x_k", "argmax_k x[k]"),
    (r"\arg\max_k x_k", "argmax_k x[k]"),
    (r"\underset{k}{\max} x_k", "max_k x[k]"),
    (r"\mathrm{rowsum}(dV)", "rowsum(dV)"),
    (r"\mathrm{diag}(x) - x x^\top", "diag(x) - x xᵀ"),
    (r"u_i x_{\lfloor i/2 \rfloor}", "u[i] x[floor(i/2)]"),
]  # fmt: skip

OPERATORS = [
    (r"\frac{1}{n} \, dz^{[1]} u^\top", "(1/n) dz1 uᵀ"),
    (r"\tfrac12 x", "(1/2) x"),
    (r"\frac{u}{x + u}", "u / (x + u)"),
    (r"-\frac{x}{u} + \frac{1-x}{1-u}", "-(x/u) + (1 - x)/(1 - u)"),
    (r"V \frac{x}{u}", "V (x/u)"),
    (r"\left(\frac{x}{u}\right)^2", "(x/u)^2"),
    (r"\sum_{j=1}^{n} V_{ij} x_j", "∑_{j=1..n} V[i,j] x[j]"),
    (r"\sum\limits_{j=1}^n x_j", "∑_{j=1..n} x[j]"),
    (r"\sum_{i,j} V_{ij}", "∑_{i,j} V[i,j]"),
    (r"\sum_{ij} V_{ij}", "∑_{i,j} V[i,j]"),
    (r"u_i \sum_{j \ne i} x_j", "u[i] (∑_j (1 - delta(j,i)) x[j])"),
    (r"x \odot u \circ x * u \ast x", "x ⊙ u ⊙ x ⊙ u ⊙ x"),
    (r"x_i \, 2 (u_i - x_i)", "2 x[i] (u[i] - x[i])"),
    (r"\sum_i 2 x_i", "∑_i 2 x[i]"),
    (r"x \mathbf{1}_h^\top", "x 1_hᵀ"),
    (r"\mathbf{1}_{h \times n}", "1_(h×n)"),
    ("I_n V", "I_n V"),
    (r"\mathbf 1[x>0]", "1[x > 0]"),
    (r"\mathbf{1}\bigl[(z_1)_i > 0\bigr]", "1[z1[i] > 0]"),
    (r"\mathbb{1}_{x > 0}", "1[x > 0]"),
    (r"\mathbb{1}_{\{x > 0\}}", "1[x > 0]"),
    (r"\mathbb{1}\{x > 0\} u", "1[x > 0] u"),
    (r"\mathbb{I}(x > 0)", "1[x > 0]"),
    (r"V_{ij} [i \ne j]", "V[i,j] 1[i ≠ j]"),
    (r"\left[ x - u \right] \odot x", "(x - u) ⊙ x"),
    (r"\lVert x \rVert^2", "‖x‖^2"),
    (r"\|V\|_F^2", "‖V‖^2"),
    (r"\left\| x \right\|_2^2", "‖x‖^2"),
    (r"\lvert x_i \rvert", "|x[i]|"),
    (r"\begin{cases} 1 & \text{if } x > 0 \\[2pt] 0 & \text{otherwise} \end{cases}", "{1 if x > 0; 0 otherwise}"),
    (r"\begin{cases} 1, & x > 0 \\ 0, & x \le 0. \end{cases}", "{1 if x > 0; 0 otherwise}"),
    (r"\begin{cases} x \text{ if } x \ge 0 \\ 0 \text{ otherwise} \end{cases}", "{x if x ≥ 0; 0 otherwise}"),
    (r"\underbrace{x - u}_{\text{error}} \odot x", "(x - u) ⊙ x"),
    (r"\boxed{x - u}", "x - u"),
    (r"\textcolor{red}{x} \label{eq:1} % why", "x"),
    ("W₂ᵀ δ_2 ⊙ a_1 − ½ a_1", "W2ᵀ dz2 ⊙ a1 - 0.5 a1"),
    (r"\langle x, u \rangle", "x · u"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "text"), [*NAMES, *DERIVATIVES, *POWERS, *FUNCTIONS, *OPERATORS])
def test_latex_says_what_text_says(latex: str, text: str) -> None:
    """Both sides have the same shape and the same entry."""
    assert value_of("latex", latex) == value_of("text", text)


STATEMENTS = [
    (r"\begin{aligned} x &= u \\ &= x \end{aligned}", [3]),
    (r"\begin{aligned} x &= u \\ &= x \\ a_1 &= z_1 \end{aligned}", [3, 2]),
    (r"\begin{align*} x =& u \odot \left( x + u \right) +\\ & u + \\ & x \end{align*}", [2]),
    (r"\begin{align} x &= u \\ &\quad + x \\ &- u \tag{1} \end{align}", [2]),
    (r"x=u\\ a_1=z_1\\ x=x", [2, 2, 2]),
    (r"x = u, \quad a_1 = z_1", [2, 2]),
    (r"x = u \qquad a_1 = z_1.", [2, 2]),
    (r"x = u \implies a_1 = z_1", [2, 2]),
    ("x = u,", [2]),
    (r"x = u \quad \text{(chain rule)}", [2]),
    (r"x = u && \text{because of the chain rule}", [2]),
    (r"x_s = u_s \quad \text{for each } s", [2]),
    (r"V := V - \alpha dV", [2]),
    (r"V \leftarrow V - \alpha dV", [2]),
    (r"W^{[1]} \in \mathbb{R}^{h \times n}", []),
    ("W^{[1]}, b^{[1]}", []),
    (r"\text{shapes} \\ x = u", [2]),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "sides"), STATEMENTS)
def test_statements(latex: str, sides: list[int]) -> None:
    """Rows of one display, joined and parted, by the numbers of their sides; what equates nothing is no statement."""
    found = note_of(f"$$\n{latex}\n$$", MODEL, "md").lines
    assert [len(line.readings[0].sides) for line in found if isinstance(line, Claim)] == sides
    assert all(isinstance(line, Claim) for line in found)


REFUSED = [
    (r"\foo x", r"\foo has no meaning here", r"\foo"),
    (r"\prod_j x_j", "has no reading here", r"\prod_j x_j"),
    (r"\log_2 x", "has no meaning here", "2"),
    (r"\frac{\partial^2 L}{\partial x^2}", "of the first order", ""),
    (r"2 x^*", "unknown name x^*", "x^*"),
    (r"W_2^{-\top} x", r"unknown name \top", r"\top"),
    (r"\mathbb{E}[x]", "unknown name E", "E"),
    (r"\nabla L", "by what", r"\nabla L"),
    (r"\|x\|_1", r"\|x\|_1 is no norm that is read", r"\|x\|_1"),
    ("(x - u", "this ( is never closed", "("),
    ("x - u)", "this ) closes nothing", ")"),
    ("(x - u]", "] cannot close (", "]"),
    ("x^", "expected an operand", ""),
    ("x^12", "^12 sets only its first digit as a script", "12"),
    (r"\begin{cases} 1 & x > 0 \\ 0 & x < 0 \end{cases}", "do not say what holds otherwise", r"\begin{cases}"),
    ("2 W^{[7]}", "unknown name W^{[7]}", "W^{[7]}"),
    ("2 W^{[1]}_{ijk}", "unknown name W^{[1]}_{ijk}", "W^{[1]}_{ijk}"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "what", "written"), REFUSED)
def test_refusals(latex: str, what: str, written: str) -> None:
    """Each refusal names what was written and points at it."""
    note = f"$$u = {latex}$$"
    (found,) = note_of(note, MODEL, "md").lines
    assert isinstance(found, Unreadable)
    assert what in found.error.what
    assert found.error.where is not None
    assert note[found.error.where.column - 1 :].startswith(written)
