"""Formulas in LaTeX: tables of what a person would write."""

from __future__ import annotations

import pytest
from sympy import Integer, Max

from symbackprop.algebra.matrices.grammar import ForEach, Leaf, Power, Transpose
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Guard, entry, total
from symbackprop.errors import RenderError
from symbackprop.model.records import Tensor
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import nomenclature
from symbackprop.notation.writing.latex import latex, latex_chain, latex_name, latex_shape
from symbackprop.notation.writing.lines import latex_aligned
from tests.notation.written_formulas import EXPRESSIONS, MATRICES, SPACE, c, dz1, dz2, h, i, k, leaf, n, s, x, y

IN_INDICES = {
    "dense": r"\sum_{j=1}^{n} W^{[1]}_{ij} x_j + b^{[1]}_i",
    "sigmoid": r"\frac{1}{1 + e^{-z^{[1]}_i}}",
    "softmax": r"\frac{e^{z^{[2]}_i}}{\sum_{k=1}^{c} e^{z^{[2]}_k}}",
    "cross-entropy": r"-\sum_{k=1}^{c} y_k \log(a^{[2]}_k)",
    "binary cross-entropy": r"-\bigl(y_i \log(a^{[2]}_i) + (1 - y_i) \log(1 - a^{[2]}_i)\bigr)",
    "its derivative": r"\frac{1 - y_i}{1 - a^{[2]}_i} - \frac{y_i}{a^{[2]}_i}",
    "half squared error": r"\frac{1}{2} \sum_{k=1}^{c} (a^{[2]}_k - y_k)^2",
    "difference": r"a^{[2]}_i - y_i",
    "twice": r"2 (a^{[2]}_i - y_i)",
    "outer": r"dz^{[2]}_i \, a^{[1]}_j",
    "chain": r"da^{[2]}_p \, \frac{\partial a^{[2]}_p}{\partial z^{[2]}_i}",
    "back": r"\left( \sum_{p=1}^{c} W^{[2]}_{pi} \, dz^{[2]}_p \right) \, \sigma'(z^{[1]}_i)",
    "folded": r"\left( \sum_{p=1}^{c} W^{[2]}_{pi} \, dz^{[2]}_p \right) a^{[1]}_i (1 - a^{[1]}_i)",
    "softmax slope": r"a^{[2]}_p (\delta_{ip} - a^{[2]}_i)",
    "mean": r"\frac{1}{m} \sum_{s=1}^{m} dz^{[2]}_s \, a^{[1]}_s",
    "two sums": r"\left( \sum_{j=1}^{n} x_j \right) \sum_{k=1}^{c} y_k",
    "double sum": r"\sum_{i=1}^{h} \sum_{j=1}^{n} (W^{[1]}_{ij})^2",
    "hidden range": r"\sum_{k=1}^{c} a^{[1]}_i \sum_{k=1}^{n} x_k",
    "square": r"x_i^2 + x_i^{3/2} + (a^{[1]}_i)^2",
    "root": r"\frac{1}{\sqrt{x_i^2 + 10^{-5}}}",
    "numbers": r"\frac{3}{4} x_i + 0.01 y_j - 5",
    "relu": r"\begin{cases} z^{[1]}_i & \text{if } z^{[1]}_i > 0 \\ 0 & \text{otherwise} \end{cases}",
    "relu slope": r"da^{[1]}_i \, \mathbf{1}[z^{[1]}_i > 0]",
    "concatenation": r"\begin{cases} x_i & \text{if } i \le n \\ y_{i-n} & \text{otherwise} \end{cases}",
    "first": r"x_1 + x_{i+1}",
    "affine": r"x_{2 i+u-2}",
    "mirrored": r"x_{n-i+1}",
    "guards": r"y_{p-u+1} \, [p \ge u] \, [p + u \le n + 1]",
    "past": r"x_i \, [i \ge 2] \, [i < n]",
    "halved": r"x_{\left\lfloor \frac{i-1}{2} \right\rfloor+1}",
    "value of an index": r"(k - 1) x_k",
    "looked up": r"W^{[1]}_{\mathrm{tok}_s,i}",
    "pooled": r"da^{[1]}_i \, \delta_{j,\mathop{\mathrm{argmax}}_{1 \le k \le n} x_k} + \max_{1 \le k \le n} x_k",
    "functions": r"f''(x_i) + \mathrm{GELU}^{(3)}(x_i) + \mathrm{my\_fn}(x_i)",
    "seed": r"dL",
}

IN_MATRICES = {
    "outer": r"dz^{[2]} \, a^{[1]\top}",
    "back": r"(W^{[2]\top} \, dz^{[2]}) \odot \sigma'(z^{[1]})",
    "folded": r"(W^{[2]\top} \, dz^{[2]}) \odot a^{[1]} \odot (1 - a^{[1]})",
    "difference": r"a^{[2]} - y",
    "mean": r"\frac{1}{m} \, dz^{[2]} \, a^{[1]\top}",
    "summed rows": r"\frac{1}{m} \, \mathrm{rowsum}(W^{[2]})",
    "scaled Hadamard": r"\frac{1}{m} y \odot a^{[2]}",
    "quotient": r"-\frac{y}{a^{[2]}}",
    "square": r"(a^{[1]})^{\odot 2}",
    "transpose of a product": r"(W^{[2]} a^{[1]})^\top",
    "broadcast": r"b^{[1]} \mathbf{1}_m^\top",
    "brackets": r"(W^{[2]} + dW^{[2]}) (a^{[1]} \odot z^{[1]})",
    "softmax": r"\mathrm{softmax}(z^{[2]})",
    "softmax of rows": r"\mathrm{softmax}_{\mathrm{rows}}(W^{[1]}) \, x",
    "log-sum-exp": r"\mathrm{logsumexp}(z^{[2]})",
    "indicator": r"da^{[1]} \odot \mathbf{1}[z^{[1]} > 0]",
    "diagonal": r"\mathrm{diag}(a^{[2]}) \, W^{[2]}",
    "norm": r"\lVert W^{[2]} \rVert^2",
    "each": r"Q_s \quad \text{for each } s",
    "sum over": r"\sum_{s=1}^{m} Q_s x",
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_index_notation(name: str) -> None:
    """Entries, sums, deltas and guards under the default conventions, counted from 1."""
    assert latex(EXPRESSIONS[name], None, SPACE) == IN_INDICES[name]


@pytest.mark.parametrize("name", MATRICES)
def test_matrix_notation(name: str) -> None:
    """Products, transposes and ⊙ under the default conventions."""
    assert latex(MATRICES[name], None, SPACE) == IN_MATRICES[name]


@pytest.mark.parametrize(
    ("choices", "written"),
    [
        ({}, r"dz^{[1]} = (W^{[2]\top} \, dz^{[2]}) \odot \sigma'(z^{[1]})"),
        ({"layers": "(l)"}, r"dz^{(1)} = \bigl(W^{(2)\top} \, dz^{(2)}\bigr) \odot \sigma'\bigl(z^{(1)}\bigr)"),
        ({"layers": "plain"}, r"dz_1 = (W_2^\top \, dz_2) \odot \sigma'(z_1)"),
        (
            {"adjoint": "partial"},
            r"\frac{\partial L}{\partial z^{[1]}} = \left( W^{[2]\top} \frac{\partial L}{\partial z^{[2]}} \right) "
            r"\odot \sigma'(z^{[1]})",
        ),
        ({"adjoint": "nabla"}, r"\nabla_{z^{[1]}} L = (W^{[2]\top} \nabla_{z^{[2]}} L) \odot \sigma'(z^{[1]})"),
        ({"adjoint": "bar"}, r"\bar{z}^{[1]} = (W^{[2]\top} \bar{z}^{[2]}) \odot \sigma'(z^{[1]})"),
        ({"adjoint": "delta"}, r"\delta^{[1]} = (W^{[2]\top} \delta^{[2]}) \odot \sigma'(z^{[1]})"),
        ({"transpose": "T"}, r"dz^{[1]} = (W^{[2]T} \, dz^{[2]}) \odot \sigma'(z^{[1]})"),
        ({"transpose": "'"}, r"dz^{[1]} = (W^{[2]\prime} \, dz^{[2]}) \odot \sigma'(z^{[1]})"),
        ({"hadamard": "*"}, r"dz^{[1]} = (W^{[2]\top} \, dz^{[2]}) \ast \sigma'(z^{[1]})"),
    ],
)
def test_conventions(choices: dict, written: str) -> None:
    """The adjoint of a hidden layer under each convention."""
    names = nomenclature(Conventions(**choices), SPACE)
    assert latex_chain([leaf("∂z1"), MATRICES["back"]], names) == written


@pytest.mark.parametrize(
    ("choices", "written"),
    [
        ({"index_base": 1}, r"\sum_{k=1}^{c} dz^{[2]}_k \, x_{n-k+1} \, [k \le n]"),
        ({"index_base": 0}, r"\sum_{k=0}^{c-1} dz^{[2]}_k \, x_{n-k-1} \, [k < n]"),
        ({"sum_bounds": "index"}, r"\sum_k dz^{[2]}_k \, x_{n-k+1} \, [k \le n]"),
        ({"layers": "plain", "index_base": 0}, r"\sum_{k=0}^{c-1} (dz_2)_k \, x_{n-k-1} \, [k < n]"),
        ({"adjoint": "partial"}, r"\sum_{k=1}^{c} \frac{\partial L}{\partial z^{[2]}_k} x_{n-k+1} \, [k \le n]"),
        ({"adjoint": "nabla"}, r"\sum_{k=1}^{c} (\nabla_{z^{[2]}_k} L) x_{n-k+1} \, [k \le n]"),
    ],
)
def test_conventions_of_entries(choices: dict, written: str) -> None:
    """Constants, bounds and guards follow the index base; entries of adjoints follow their style."""
    formula = total(dz2(k) * x(n - 1 - k) * Guard(n - 1 - k), (k, c))
    assert latex(formula, Conventions(**choices), SPACE) == written


def test_roots() -> None:
    """An adjoint is a derivative of the root, or of the root that is given for its tensor."""
    names = nomenclature(Conventions(adjoint="partial"), SPACE, root="J", roots={"z1": "L"})
    assert latex_name("∂W1", names) == r"\frac{\partial J}{\partial W^{[1]}}"
    assert latex_name("∂z1", names) == r"\frac{\partial L}{\partial z^{[1]}}"


def test_roles_order_factors_and_terms() -> None:
    """Parameters stand before data, λ stands in the fraction, and a penalty comes after the loss."""
    roles = {"x": "input", "w": "parameter", "lambda": "constant", "v": "parameter"}
    tensors = [Tensor(name, () if name == "lambda" else (n,), role) for name, role in roles.items()]
    names = nomenclature(Conventions(), Space(shapes={t.name: t.shape for t in tensors}), tensors=tensors)
    penalty = entry("lambda") / 2 * entry("v", i) ** 2 * entry("w", i)
    formula = penalty + entry("x", i) * entry("w", i)
    assert latex(formula, names=names) == r"w_i x_i + \frac{\lambda}{2} w_i v_i^2"


def test_chains() -> None:
    """One line, or one for each equality; what holds for each index says so once."""
    names = nomenclature(Conventions(), SPACE)
    forms = [dz1(i), EXPRESSIONS["back"], EXPRESSIONS["folded"]]
    assert latex_aligned(forms, names) == (
        "\\begin{aligned}\n"
        r"dz^{[1]}_i &= \left( \sum_{p=1}^{c} W^{[2]}_{pi} \, dz^{[2]}_p \right) \, \sigma'(z^{[1]}_i) \\"
        "\n"
        r"&= \left( \sum_{p=1}^{c} W^{[2]}_{pi} \, dz^{[2]}_p \right) a^{[1]}_i (1 - a^{[1]}_i)"
        "\n\\end{aligned}"
    )
    each = [ForEach((s,), Leaf(name, (n, n), (s,))) for name in ("Q", "K")]
    assert latex_chain(each, names) == r"Q_s = K_s \quad \text{for each } s"
    assert latex_chain([x(i), x(i) - y(i)], names, ":=") == "x_i := x_i - y_i"


@pytest.mark.parametrize(("shape", "written"), [((h, n), r"h \times n"), ((n + 1,), "n + 1"), ((), r"\text{scalar}")])
def test_shapes(shape: tuple, written: str) -> None:
    """A shape names its sizes; a scalar says that it is one."""
    assert latex_shape(shape, nomenclature(Conventions(), SPACE)) == written


def test_what_cannot_be_written_is_refused() -> None:
    """An expression that no model can contain is an error, not a guess."""
    with pytest.raises(RenderError, match="cannot write Max expressions"):
        latex(Max(x(i), y(i)), Conventions(), SPACE)


def test_no_second_superscript() -> None:
    r"""TeX refuses U^\top^2: what has a superscript gets brackets before it gets another."""
    square = Power(Transpose(Leaf("U", (h, n))), Integer(2))
    assert latex(square) == r"(U^\top)^{\odot 2}"
