"""LaTeX to tokens: each rule by examples, the places of tokens, and every refusal in its words."""

from __future__ import annotations

import pytest

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.reading.latex_groups import groups
from symbackprop.notation.reading.latex_scribe import Names
from symbackprop.notation.reading.latex_tokens import latex_tokens
from symbackprop.notation.source import Span, source_of


def ranks(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


NAMES = Names(
    {
        **dict.fromkeys(("W", "W1", "W2", "W3", "E", "W_q", "W_q1", "Z1", "Z2", "Z3", "Y", "X"), ranks(2)),
        **dict.fromkeys(("x", "y", "y_hat", "b", "b1", "b2", "a1", "a2", "a3", "p", "tok", "gamma"), ranks(1)),
        **dict.fromkeys(("L", "J", "w3_1_2", "loss", "lambda", "c"), ranks(0)),
        **dict.fromkeys(("z1", "z2", "delta1", "v"), ranks(1, 2)),
        "delta3": ranks(2), "K": ranks(3), "a1.U": ranks(2),
    },
    frozenset({"n", "h", "m", "h1", "h_2", "T"}),
    frozenset({"f", "my_fn"}),
)  # fmt: skip


def words(latex: str, names: Names = NAMES) -> list[str]:
    """The statements' tokens, parted by spaces."""
    return [" ".join(token.text for token in tokens[:-1]) for tokens in latex_tokens(source_of(latex), names)]


def word(latex: str, names: Names = NAMES) -> str:
    """The tokens of one formula, which is made a statement by a left side."""
    (found,) = words(f"q = {latex}", names)
    assert found.startswith("q = ")
    return found.removeprefix("q = ")


@pytest.mark.parametrize(
    ("latex", "tokens"),
    [
        ("W^{[1]}", "W1"),
        ("W^{(1)}", "W1"),
        ("W_1", "W1"),
        ("W_{1}", "W1"),
        (r"\mathbf{W}^{[1]}", "W1"),
        (r"\boldsymbol W_1", "W1"),
        (r"{\textbf{W}}_1", "W1"),
        ("W1", "W1"),
        ("W^{[1]}_{ij}", "W1 [ i , j ]"),
        ("W_{ij}^{[1]}", "W1 [ i , j ]"),
        ("W_{i,j}", "W [ i , j ]"),
        ("W_{ij}", "W [ i , j ]"),
        ("W_{1,ij}", "W1 [ i , j ]"),
        ("(W_1)_{ij}", "W1 [ i , j ]"),
        (r"\bigl(W^{[1]}\bigr)_{ij}", "W1 [ i , j ]"),
        ("(Z_3)_{si}", "Z3 [ s , i ]"),
        ("W^{[1]}_{1j}", "W1 [ 1 , j ]"),
        ("W_{12}", "W [ 1 , 2 ]"),
        ("x_{12}", "x [ 12 ]"),
        ("W_{i+1,j}", "W [ i + 1 , j ]"),
        ("x_{i+1}", "x [ i + 1 ]"),
        ("x_{2i+u}", "x [ 2 i + u ]"),
        ("K_{ijk}", "K [ i , j , k ]"),
        ("a^{[2]}_i", "a2 [ i ]"),
        ("b_i", "b [ i ]"),
        ("z_{1i}", "z1 [ i ]"),
        (r"E_{\mathrm{tok}_s,d}", "E [ tok [ s ] , d ]"),
        ("W_q", "W_q"),
        ("W_q^{[1]}", "W_q1"),
        ("(W_q)_{ij}", "W_q [ i , j ]"),
        ("U^{[1]}", "a1.U"),
        ("w^{[3]}_{1,2}", "w3_1_2"),
        ("(w_3)_{1,2}", "w3_1_2"),
        (r"\mathrm{loss}", "loss"),
        ("loss", "loss"),
        (r"\mathrm{a1.U}_{ij}", "a1.U [ i , j ]"),
        ("h_1", "h1"),
        ("h_2", "h_2"),
        ("t_i", "t [ i ]"),
        (r"\lambda", "lambda"),
        ("λ", "lambda"),
        (r"\alpha_1", "alpha1"),
        (r"\varepsilon", "epsilon"),
        (r"\mathcal{L}", "L"),
        (r"\hat{y}", "y_hat"),
        (r"\hat y_i", "y_hat [ i ]"),
        (r"\widehat{y}_{i}", "y_hat [ i ]"),
        (r"\hat{y_i}", "y_hat [ i ]"),
        (r"\vec{x}", "x"),
        (r"\mathrm{\text{U+0416}}_i", "Ж [ i ]"),
    ],
)
def test_names(latex, tokens):
    """A letter, its layer and its indices are one name and its entry, however they are written."""
    assert word(latex) == tokens


@pytest.mark.parametrize(
    ("latex", "tokens"),
    [
        ("dW^{[1]}", "dW1"),
        ("dW^{[1]}_{ij}", "dW1 [ i , j ]"),
        ("(dW_1)_{ij}", "dW1 [ i , j ]"),
        ("d W_1", "dW1"),
        (r"\mathrm{d}W", "dW"),
        (r"\mathrm{dW}_1", "dW1"),
        (r"d\lambda", "dlambda"),
        (r"d\mathrm{loss}", "dloss"),
        (r"d\hat{y}_i", "dy_hat [ i ]"),
        ("dW1", "dW1"),
        (r"dz^{[1]} x^\top", "dz1 x ᵀ"),
        (r"\bar{W}_3", "W3_bar"),
        (r"\bar{W}^{[1]}", "W1_bar"),
        (r"(\bar{W}_3)_{ij}", "W3_bar [ i , j ]"),
        (r"\overline{z^{[1]}}_i", "z1_bar [ i ]"),
        (r"\bar{\mathrm{loss}}", "loss_bar"),
        (r"\nabla_{W^{[1]}} L", "∇ _ { W1 } L"),
        (r"\nabla_W L", "∇ _ { W } L"),
        (r"\nabla_{W^{[1]}_{ij}} J", "∇ _ { W1 [ i , j ] } J"),
        (r"\delta^{(3)}", "delta3"),
        (r"\delta_3", "delta3"),
        (r"(\delta_3)_{si}", "delta3 [ s , i ]"),
        (r"\delta^{[1]}_i", "delta1 [ i ]"),
        (r"\delta_{ij}", "delta ( i , j )"),
        (r"\delta_{i,j+1}", "delta ( i , j + 1 )"),
        (r"\frac{\partial L}{\partial W^{[1]}_{ij}}", "∂ L / ∂ W1 [ i , j ]"),
        (r"\frac{\partial \mathcal{L}}{\partial \mathbf{W}}", "∂ L / ∂ W"),
        (r"\dfrac{dL}{dW^{[1]}}", "∂ L / ∂ W1"),
        (r"\frac{\mathrm{d}L}{\mathrm{d}x_i}", "∂ L / ∂ x [ i ]"),
        (r"\partial L / \partial W_1", "∂ L / ∂ W1"),
        (
            r"\frac{\partial L}{\partial z_2} \frac{\partial z_2}{\partial W_2}",
            "( ∂ L / ∂ z2 ) ( ∂ z2 / ∂ W2 )",
        ),
        (r"\frac{\partial L}{\partial x}^\top", "( ∂ L / ∂ x ) ᵀ"),
        (r"\frac{\partial L}{\partial x} + x", "∂ L / ∂ x + x"),
    ],
)
def test_adjoints(latex, tokens):
    """Derivatives under every convention."""
    assert word(latex) == tokens


@pytest.mark.parametrize(
    ("latex", "tokens"),
    [
        (r"W^{[1]\top}", "W1 ᵀ"),
        (r"W^\top W^T W^{T} W^{\mathsf T} W^\intercal W^{\mathrm{T}}", "W ᵀ W ᵀ W ᵀ W ᵀ W ᵀ W ᵀ"),
        ("W^{[1]T}", "W1 ᵀ"),
        ("W^{[1]^T}", "W1 ᵀ"),
        ("{W^{[1]}}^T", "W1 ᵀ"),
        (r"W^{[1]}{}^\top", "W1 ᵀ"),
        (r"\left(W^{[1]}\right)^{T}", "( W1 ) ᵀ"),
        ("W'", "W ᵀ"),
        (r"W_1^\prime", "W1 ᵀ"),
        ("(W x)'", "( W x ) ᵀ"),
        ("x^2", "x ^ 2"),
        ("x^{2}", "x ^ 2"),
        ("x²", "x ^ 2"),
        ("x_i^2", "x [ i ] ^ 2"),
        ("z^{[1]2}", "z1 ^ 2"),
        ("x^{n}(1-x)", "x ^ ( n ) ( 1 - x )"),
        ("x^{-1}", "x ^ ( - 1 )"),
        ("x^{3/2}", "x ^ ( 3 / 2 )"),
        (r"x^{\odot 2}", "x ^ 2"),
        (r"x^{\circ 2}", "x ^ 2"),
        ("10^{-4}", "10 ^ ( - 4 )"),
        ("e^{-z}", "exp ( - z )"),
        (r"e^{z^{[1]}_i}", "exp ( z1 [ i ] )"),
        ("e^x", "exp ( x )"),
        (r"\mathrm{e}^{x}", "exp ( x )"),
        ("(x^2)^T", "( x ^ 2 ) ᵀ"),
    ],
)
def test_powers_and_transposes(latex, tokens):
    """What stands above a name: a layer, a transpose, a power."""
    assert word(latex) == tokens


@pytest.mark.parametrize(
    ("latex", "tokens"),
    [
        (r"\sigma(z)", "sigma ( z )"),
        (r"\sigma'(z)", "sigma ' ( z )"),
        (r"\sigma^{\prime}(z)", "sigma ' ( z )"),
        (r"\sigma^\prime(z)", "sigma ' ( z )"),
        (r"\sigma^{'}(z^{[1]})", "sigma ' ( z1 )"),
        ("f''(x)", "f ' ' ( x )"),
        ("f^{(3)}(x)", "f ' ' ' ( x )"),
        (r"\mathrm{ReLU}'(z)", "ReLU ' ( z )"),
        (r"\mathrm{LeakyReLU}(z)", "leaky_relu ( z )"),
        (r"\tanh'(z)", "tanh ' ( z )"),
        (r"\tanh^2(z)", "( tanh ( z ) ) ^ 2"),
        (r"1 - \tanh^2 z", "1 - ( tanh ( z ) ) ^ 2"),
        (r"\operatorname{softmax}(z)", "softmax ( z )"),
        (r"\text{softmax}(z)_i", "softmax ( z ) [ i ]"),
        (r"\mathrm{softmax}_{\mathrm{rows}}(Z_3)", "softmax_rows ( Z3 )"),
        (r"\mathrm{GELU}_{\tanh}(z)", "gelu_tanh ( z )"),
        (r"\mathrm{my\_fn}(z)", "my_fn ( z )"),
        ("softmax(z)", "softmax ( z )"),
        ("relu(z)", "relu ( z )"),
        (r"\log(x)", "log ( x )"),
        (r"\log{x}", "log ( x )"),
        (r"\log\left(x\right)", "log ( x )"),
        (r"\exp\{-z\}", "exp ( - z )"),
        (r"\exp[-z]", "exp ( - z )"),
        (r"y_k \log p_k", "y [ k ] log ( p [ k ] )"),
        (r"y \log a_1 + (1 - y) \log (1 - a_1)", "y log ( a1 ) + ( 1 - y ) log ( 1 - a1 )"),
        (r"\log \hat{y}_k", "log ( y_hat [ k ] )"),
        (r"\log \frac{x}{p}", "log ( ( x / p ) )"),
        (r"\log\sum_j e^{z_j} + 1", "log ( sum _ { j } exp ( z [ j ] ) ) + 1"),
        (r"\log \sigma(z)", "log ( sigma ( z ) )"),
        (r"\ln x \ln p", "ln ( x ) ln ( p )"),
        (r"\sqrt{x}", "sqrt ( x )"),
        (r"\sqrt x", "sqrt ( x )"),
        (r"\max(0, z)", "max ( 0 , z )"),
        (r"\max\{0, z\}", "max ( 0 , z )"),
        (r"\max_k z_k", "max _ { k } z [ k ]"),
        (r"\max_{1 \le k \le n} z_k", "max _ { 1 <= k <= n } z [ k ]"),
        (r"\mathop{\mathrm{argmax}}_{k} z_k", "argmax _ { k } z [ k ]"),
        (r"\arg\max_k z_k", "argmax _ { k } z [ k ]"),
        (r"\underset{k}{\max} z_k", "max _ { k } z [ k ]"),
        (r"\mathrm{rowsum}(dZ^{[1]})", "rowsum ( dZ1 )"),
        (r"\mathrm{diag}(p) - p p^\top", "diag ( p ) - p p ᵀ"),
        (r"\lfloor i/2 \rfloor", "floor ( i / 2 )"),
        (r"g'(x)", "g ' ( x )"),
    ],
)
def test_functions(latex, tokens):
    """Functions with and without brackets, their derivatives, their powers."""
    assert word(latex) == tokens


@pytest.mark.parametrize(
    ("latex", "tokens"),
    [
        (r"\frac{1}{m}", "1 / m"),
        (r"\frac{1}{m} \, dZ^{[1]} X^\top", "( 1 / m ) dZ1 X ᵀ"),
        (r"\tfrac12 x", "( 1 / 2 ) x"),
        (r"\frac{a_1}{x + y}", "( a1 ) / ( x + y )"),
        (r"-\frac{y}{p} + \frac{1-y}{1-p}", "- y / p + ( 1 - y ) / ( 1 - p )"),
        (r"W \frac{x}{p}", "W ( x / p )"),
        (r"\eta \frac{1}{m} dW", "eta · ( 1 / m ) dW"),
        (r"\left(\frac{x}{p}\right)^2", "( x / p ) ^ 2"),
        (r"\sum_{j=1}^{n} W_{ij} x_j", "sum _ { j = 1 } ^ { n } W [ i , j ] x [ j ]"),
        (r"\sum\limits_{j=1}^n x_j", "sum _ { j = 1 } ^ { n } x [ j ]"),
        (r"\sum_j x_j", "sum _ { j } x [ j ]"),
        (r"\sum_{i,j} W_{ij}", "sum _ { i , j } W [ i , j ]"),
        (r"\sum_{ij} W_{ij}", "sum _ { i , j } W [ i , j ]"),
        (r"\sum_{s=0}^{m-1} y_s", "sum _ { s = 0 } ^ { m - 1 } y [ s ]"),
        (r"x \odot y \circ p * x \ast y \cdot p \times x", "x ⊙ y ⊙ p * x * y · p * x"),
        (r"x_i \, 2 (y_i - p_i)", "x [ i ] · 2 ( y [ i ] - p [ i ] )"),
        ("(x - y) 2", "( x - y ) · 2"),
        (r"\sum_i 2 x_i", "sum _ { i } 2 x [ i ]"),
        (r"\mathbf{1}_m^\top", "1 _ m ᵀ"),
        (r"\mathbf{1}_{h \times m}", "1 _ { h * m }"),
        (r"\mathbb{1}_m", "1 _ m"),
        ("I_n", "I _ n"),
        (r"\mathbf 1[z>0]", "1 [ z > 0 ]"),
        (r"\mathbf{1}\bigl[(z_1)_i > 0\bigr]", "1 [ z1 [ i ] > 0 ]"),
        (r"\mathbb{1}_{z > 0}", "1 [ z > 0 ]"),
        (r"\mathbb{1}_{\{z > 0\}}", "1 [ z > 0 ]"),
        (r"\mathbb{1}\{z > 0\} x", "1 [ z > 0 ] x"),
        (r"\mathbb{I}(z > 0)", "1 [ z > 0 ]"),
        (r"[p \ge u] x", "[ p >= u ] x"),
        (r"[i \ne j]", "[ i != j ]"),
        (r"\left[ x - y \right] p", "( x - y ) p"),
        (r"\lVert x \rVert^2", "‖ x ‖ ^ 2"),
        (r"\|W\|_F^2", "‖ W ‖ ^ 2"),
        (r"\left\| x \right\|_2^2", "‖ x ‖ ^ 2"),
        ("|x|", "| x |"),
        (r"\lvert x \rvert", "| x |"),
        (
            r"\begin{cases} 1 & \text{if } z > 0 \\[2pt] 0 & \text{otherwise} \end{cases}",
            "{ 1 if z > 0 ; 0 otherwise }",
        ),
        (r"\begin{cases} 1, & z > 0 \\ 0, & z \le 0. \end{cases}", "{ 1 if z > 0 ; 0 otherwise }"),
        (r"\begin{cases} 1 & z > 0 \\ 0 & z < 0 \end{cases}", "{ 1 if z > 0 ; 0 if z < 0 }"),
        (
            r"\begin{cases} 1 & 0 < z < 1 \\ 0 & 0 \ge z < 1 \end{cases}",
            "{ 1 if 0 < z < 1 ; 0 if 0 >= z < 1 }",
        ),
        (r"\begin{cases} x \text{ if } z \ge 0 \\ 0 \text{ otherwise} \end{cases}", "{ x if z >= 0 ; 0 otherwise }"),
        (r"0 \le i \text{ and } i < n", "0 <= i and i < n"),
        (r"\underbrace{x - y}_{\delta} p", "( x - y ) p"),
        (r"\boxed{x - y}", "x - y"),
        (r"a_1\;x\!y~p\quad z", "a1 x y p z"),
        (r"\left( x \right. \\ \left. + y \right) p", "( x + y ) p"),
        (r"\textcolor{red}{x} \label{eq:1} % why", "x"),
        ("W₂ᵀ δ_3 ⊙ σ'(z_1) − ½ x", "W2 ᵀ delta3 ⊙ sigma ' ( z1 ) - 0.5 x"),
    ],
)
def test_operators(latex, tokens):
    """Fractions, sums, products, ones, indicators, cases, norms, space."""
    assert word(latex) == tokens


@pytest.mark.parametrize(
    ("latex", "statements"),
    [
        (r"W := W - \alpha * dW", ["W := W - alpha * dW"]),
        (r"W \leftarrow W - \alpha dW", ["W := W - alpha dW"]),
        (r"x \coloneqq y", ["x := y"]),
        (r"x \approx y", ["x ≈ y"]),
        (r"\begin{aligned} x &= y \\ &= p \end{aligned}", ["x = y = p"]),
        (r"\begin{aligned} x &= y \\ &= p \\ a_1 &= z \end{aligned}", ["x = y = p", "a1 = z"]),
        (r"\begin{align*} x =& y \left( p + z \right) +\\ & b + \\ & p \end{align*}", ["x = y ( p + z ) + b + p"]),
        (r"\begin{align} x &= y \\ &\quad + p \\ &- z \tag{1} \end{align}", ["x = y + p - z"]),
        (r"x=y\\ p=z\\ b=b", ["x = y", "p = z", "b = b"]),
        (r"x = y, \quad p = z", ["x = y", "p = z"]),
        (r"x = y \qquad p = z.", ["x = y", "p = z"]),
        (r"x = y \implies p = z", ["x = y", "p = z"]),
        ("x = y,", ["x = y"]),
        (r"x = y \quad \text{(chain rule)}", ["x = y"]),
        (r"x = y && \text{because of the chain rule}", ["x = y"]),
        (r"L_s = y_s \quad \text{for each } s", ["L [ s ] = y [ s ] for each s"]),
        (r"\begin{aligned} L_s &= y_s \\ &\quad \text{for each } s \end{aligned}", ["L [ s ] = y [ s ] for each s"]),
        (r"W^{[1]} \in \mathbb{R}^{h \times n}", []),
        ("W^{[1]}, b^{[1]}", []),
        (r"\text{shapes} \\ x = y", ["x = y"]),
        ("", []),
    ],
)
def test_statements(latex, statements):
    """Rows of one display, joined and parted; what equates nothing is no statement."""
    assert words(latex) == statements


@pytest.mark.parametrize(
    ("latex", "what", "written"),
    [
        (r"\foo x", r"unknown command \foo", r"\foo"),
        (r"\gama", r"unknown command \gama", r"\gama"),
        (r"\prod_j x_j", r"\prod has no meaning here", r"\prod"),
        ("W^{[l]}", "the layer [l] is left open", "[l]"),
        ("x^{(i)}", "(i) above a letter could be a sample, a layer or a power", "(i)"),
        ("b_1", "b_1 can be read in two ways", "b_1"),
        ("v_{2i}", "the indices 2i can be read in two ways", "2i"),
        (r"\log x y", r"\log x y can be read in two ways", r"\log x y"),
        (r"\sigma^2(z)", "2 above the function sigma", "2"),
        (r"\log_2 x", r"\log_2 has a subscript", r"\log_2"),
        (r"\mathbf{1}", r"\mathbf{1} does not say how many ones there are", r"\mathbf{1}"),
        (r"\sum x_j", r"\sum does not say which index it runs over", r"\sum"),
        (r"\sum_{j \ne i} x_j", r"j \ne i is no range of an index", r"j \ne i"),
        (r"\frac{\partial}{\partial W} L", r"\partial without what it is of", r"{\partial}"),
        (r"\frac{\partial^2 L}{\partial x^2}", r"{\partial^2 L} is not a first derivative", r"{\partial^2 L}"),
        (r"\frac{}{m}", "nothing stands on one side of this fraction", r"\frac{}{m}"),
        (r"\overline{x y}", r"\overline{x y} has an accent over more than a name", r"\overline{x y}"),
        (r"\begin{bmatrix} 1 \end{bmatrix}", r"\begin{bmatrix} has no meaning here", "\\"),
        (r"\sqrt[3]{x}", "only square roots are read", r"\sqrt[3]{x}"),
        (r"x^*", "* above has no meaning here", "*"),
        (r"W^{-\top}", "- above lacks a number", "-"),
        (r"\mathbb{E}[x]", r"\mathbb{E} has no meaning here", r"\mathbb{E}"),
        (r"x + \text{bias} y", r"the words \text{bias} are no part of a formula", r"\text{bias}"),
        (r"x = y \text{ if } z > 0", r"the condition \text{ if } is not read", r"\text{ if }"),
        (r"\nabla L", r"\nabla does not say by what", r"\nabla"),
        ("{x y}^2", "{x y}^2 has scripts on several things", "{x y}^2"),
        ("x; y", "the sign ; has no meaning here", ";"),
        (r"\|x\|_1", r"\|x\|_1 is no norm that is known", r"\|x\|_1"),
        (r"\langle x, y \rangle", r"\langle x, y \rangle are no brackets that have a meaning here", "\\langle"),
        ("(x - y", "this ( is never closed", "("),
        ("x - y)", "this ) closes nothing", ")"),
        ("(x - y]", "] cannot close the ( in line 1, column 5", "]"),
        ("{x", "this { is never closed", "{"),
        ("x}", "this } closes nothing", "}"),
        (r"\begin{cases} 1", r"this \begin{cases} is never closed", r"\begin"),
        (r"\begin{cases} 1 \end{aligned}", r"\end{aligned} cannot close \begin{cases}", r"\end{aligned}"),
        (r"\frac{x}", r"\frac lacks what belongs to it", "}"),
        ("x^", "this script lacks what belongs to it", "^"),
        ("x^12", "^12 sets only its first digit as a script", "12"),
        ("W^{[1]}^T", "two scripts above one base", "^"),
        ("x_1_2", "two scripts below one base", "_"),
    ],
)
def test_refusals(latex, what, written):
    """Each refusal names what was written, points at it and says how to mend it."""
    text = latex if "=" in latex else f"q = {latex}"
    with pytest.raises(NotationError) as caught:
        latex_tokens(source_of(text), NAMES)
    error = caught.value
    assert error.what == what
    assert error.fix
    assert error.where is not None
    start = error.where.column - 1
    assert text[start:].startswith(written[: error.where.length])
    assert error.where.length <= max(len(written), 20)


def test_a_known_e_is_no_exponential():
    """Where a tensor is called e, a power of it is not guessed at."""
    names = Names({**NAMES.tensors, "e": ranks(1)})
    with pytest.raises(NotationError, match="could be a power of e"):
        word("e^{-z}", names)
    assert word(r"\exp(-e)", names) == "exp ( - e )"
    assert word("e^T", names) == "e ᵀ"


def test_a_subscript_is_part_of_a_name_or_an_index():
    """`W_{q,1}` is W_q1 where there is no W, and an entry of W where there is no W_q1; with both it is refused."""
    assert word("W_{q,1}", Names({"W_q1": ranks(2)})) == "W_q1"
    assert word("W_{q,1}", Names({"W": ranks(2)})) == "W [ q , 1 ]"
    with pytest.raises(NotationError, match="two ways"):
        word("W_{q,1}", Names({"W": ranks(2), "W_q1": ranks(2)}))


def test_a_known_d_is_an_adjoint_only_where_it_stands_tight():
    """`d x` is a product where d is a size, `dx` an adjoint."""
    names = Names(NAMES.tensors, frozenset({"d"}))
    assert word("d x", names) == "d x"
    assert word(r"d \, x", names) == "d x"
    assert word("dx", names) == "dx"


def test_a_product_that_could_be_a_name_is_refused():
    """`ab` is refused where ab, a and b are all tensors."""
    names = Names(dict.fromkeys(("a", "b", "ab"), ranks(0)))
    with pytest.raises(NotationError, match="ab could be ab or a product"):
        word("ab", names)
    assert word("a b", names) == "a b"
    assert word(r"\mathrm{ab}", names) == "ab"


def test_a_delta_of_matrices_is_refused_where_it_may_be_an_adjoint():
    """Under the convention of deltas, δ with two indices is one of two things if z is a matrix."""
    tensors = {"z": ranks(2), "delta": ranks(2)}
    with pytest.raises(NotationError, match="Kronecker's delta or an adjoint"):
        word(r"\delta_{ij}", Names(tensors, delta=True))
    assert word(r"\delta_{ij}", Names({"z": ranks(2)})) == "delta ( i , j )"


SPANS = [
    (r"dW^{[1]}_{ij} = \frac{1}{m}", "dW1", r"dW^{[1]}"),
    (r"dW^{[1]}_{ij} = \frac{1}{m}", "[", ""),
    (r"dW^{[1]}_{ij} = \frac{1}{m}", "j", "j"),
    (r"dW^{[1]}_{ij} = \frac{1}{m}", "/", ""),
    (r"x = W_{ij}^{[1]}", "W1", r"W_{ij}^{[1]}"),
    (r"x = W^{[1]\top} y", "W1", r"W^{[1]\top}"),
    (r"x = W^{[1]\top} y", "ᵀ", r"\top"),
    (r"x = \bar{W}_1 y", "W1_bar", r"\bar{W}_1"),
    (r"x = \mathrm{softmax}_{\mathrm{rows}}(y)", "softmax_rows", r"\mathrm{softmax}_{\mathrm{rows}}"),
    (r"x = \sigma'(y)", "'", "'"),
    (r"x \leftarrow y", ":=", r"\leftarrow"),
    ("x\n  = y + \\hat{y}", "y_hat", r"\hat{y}"),
    (r"x = y \odot p", "⊙", r"\odot"),
    (r"x = \sum_{j=1}^{n} y_j", "sum", r"\sum"),
    (r"x = e^{-z}", "exp", "e"),
]


@pytest.mark.parametrize(("latex", "token", "written"), SPANS)
def test_spans(latex, token, written):
    """A token stands where it was written, a sign that was not written where it would stand."""
    (tokens,) = latex_tokens(source_of(latex), NAMES)
    spans = [found.span for found in tokens if found.text == token]
    assert written in [latex[span.start : span.end] for span in spans]


def test_spans_lie_in_the_text():
    """No token reaches beyond its text, and the power sign has no width, so that x^{2}y is no doubt."""
    latex = r"\begin{aligned} dW^{[1]}_{ij} &= \frac{1}{m} \sum_{s} x_s^{2}y_i \\ &= \mathbf{1}_m^\top z' \end{aligned}"
    (tokens,) = latex_tokens(source_of(latex), NAMES)
    assert all(0 <= token.span.start <= token.span.end <= len(latex) for token in tokens)
    assert [token.span.end - token.span.start for token in tokens if token.text == "^"] == [0]


def test_only_a_part_of_a_text_is_read():
    """A span bounds what is read; places count from the beginning of the text."""
    text = "words \\[ x = y \\] words"
    ((x, *_),) = latex_tokens(source_of(text), NAMES, Span(9, 14))
    assert x.span == Span(9, 10)


def test_two_equations_below_each_other_are_refused():
    r"""TeX sets lines without `\\` between them side by side."""
    with pytest.raises(NotationError, match="two equations below each other"):
        latex_tokens(source_of("x = y\np = z"), NAMES)
    assert words("x\n= y\n+ p") == ["x = y + p"]


@pytest.mark.parametrize("opened", ["(", "{", r"\left[", r"\sqrt{", "x^{", r"\sqrt", r"\bar"])
def test_depth_is_bounded(opened):
    """Deep nesting is refused at once, not by a crash."""
    closed = {"(": ")", "{": "}", r"\left[": r"\right]", r"\sqrt{": "}", "x^{": "}"}.get(opened, "")
    with pytest.raises(LimitError, match="nested too deep"):
        groups(source_of(f"{opened * 200}x{closed * 200}"))


def test_length_is_bounded():
    """A formula of very many parts is refused."""
    with pytest.raises(LimitError, match="more than 20,000 parts"):
        groups(source_of("\n".join(["x + " * 1000] * 11)))


def test_any_text_is_read_or_refused():
    """Pieces of formulas in any order end in tokens or in an error of the reader."""
    pieces = [r"\frac", "{", "}", "(", ")", "^", "_", "x", "1", r"\left", r"\right", ".", "'", "&", r"\\", r"\sum", "d",
              r"\partial", r"\mathrm", r"\bar", "[", "]", r"\begin{cases}", r"\end{cases}", "=", "|", r"\text{if }",
              r"\delta", "e", r"\mathbf", r"\log", r"\nabla", "~", "%", "\n", r"\|", r"\max", ",", "I"]  # fmt: skip
    state = 7
    for _ in range(4000):
        chosen = []
        for _ in range(9):
            state = (1103515245 * state + 12345) % 2**31
            chosen.append(pieces[(state >> 8) % len(pieces)])
        text = " ".join(chosen) if state % 2 else "".join(chosen)
        try:
            latex_tokens(source_of(text), NAMES)
        except NotationError as error:
            assert error.what
            assert str(error)
