"""Formulas in plain text: tables of what a person would write."""

from __future__ import annotations

import pytest

from symbackprop.algebra.matrices.grammar import ForEach, Leaf
from symbackprop.algebra.symbols import Guard, total
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import nomenclature
from symbackprop.notation.writing.text import text, text_chain
from tests.notation.written_formulas import EXPRESSIONS, MATRICES, SPACE, c, dz1, dz2, i, k, leaf, n, s, x

IN_INDICES = {
    "dense": "∑_j W1[i,j] x[j] + b1[i]",
    "sigmoid": "1/(1 + exp(-z1[i]))",
    "softmax": "exp(z2[i])/(∑_k exp(z2[k]))",
    "cross-entropy": "-∑_k y[k] log(a2[k])",
    "binary cross-entropy": "-(y[i] log(a2[i]) + (1 - y[i]) log(1 - a2[i]))",
    "its derivative": "(1 - y[i])/(1 - a2[i]) - y[i]/a2[i]",
    "half squared error": "(1/2) ∑_k (a2[k] - y[k])²",
    "difference": "a2[i] - y[i]",
    "twice": "2 (a2[i] - y[i])",
    "outer": "dz2[i] a1[j]",
    "chain": "da2[p] ∂a2[p]/∂z2[i]",
    "back": "(∑_p W2[p,i] dz2[p]) σ'(z1[i])",
    "folded": "(∑_p W2[p,i] dz2[p]) a1[i] (1 - a1[i])",
    "softmax slope": "a2[p] (δ(i, p) - a2[i])",
    "mean": "(1/m) ∑_{s=1..m} dz2[s] a1[s]",
    "two sums": "(∑_j x[j]) ∑_k y[k]",
    "double sum": "∑_{i,j} W1[i,j]²",
    "hidden range": "∑_{k=1..c} a1[i] ∑_k x[k]",
    "square": "x[i]² + x[i]^(3/2) + a1[i]²",
    "root": "1/sqrt(x[i]² + 1e-5)",
    "numbers": "(3/4) x[i] + 0.01 y[j] - 5",
    "relu": "{z1[i] if z1[i] > 0; 0 otherwise}",
    "relu slope": "da1[i] 1[z1[i] > 0]",
    "concatenation": "{x[i] if i ≤ n; y[i-n] otherwise}",
    "first": "x[1] + x[i+1]",
    "affine": "x[2 i+u-2]",
    "mirrored": "x[n-i+1]",
    "guards": "y[p-u+1] [p ≥ u] [p + u ≤ n + 1]",
    "past": "x[i] [i ≥ 2] [i < n]",
    "halved": "x[floor((i-1)/2)+1]",
    "value of an index": "(k - 1) x[k]",
    "looked up": "W1[tok[s],i]",
    "pooled": "da1[i] δ(j, argmax_k x[k]) + max_k x[k]",
    "functions": "f''(x[i]) + GELU^(3)(x[i]) + my_fn(x[i])",
    "seed": "dL",
}

IN_MATRICES = {
    "outer": "dz2 a1ᵀ",
    "back": "(W2ᵀ dz2) ⊙ σ'(z1)",
    "folded": "(W2ᵀ dz2) ⊙ a1 ⊙ (1 - a1)",
    "difference": "a2 - y",
    "mean": "(1/m) dz2 a1ᵀ",
    "summed rows": "(1/m) rowsum(W2)",
    "scaled Hadamard": "(1/m) y ⊙ a2",
    "quotient": "-y/a2",
    "square": "a1^⊙2",
    "transpose of a product": "(W2 a1)ᵀ",
    "broadcast": "b1 1_mᵀ",
    "brackets": "(W2 + dW2) (a1 ⊙ z1)",
    "softmax": "softmax(z2)",
    "softmax of rows": "softmax_rows(W1) x",
    "log-sum-exp": "logsumexp(z2)",
    "indicator": "da1 ⊙ 1[z1 > 0]",
    "diagonal": "diag(a2) W2",
    "norm": "‖W2‖²",
    "each": "Q[s]  for each s",
    "sum over": "∑_{s=1..m} Q[s] x",
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_index_notation(name: str) -> None:
    """Entries, sums, deltas and guards under the default conventions, counted from 1."""
    assert text(EXPRESSIONS[name], None, SPACE) == IN_INDICES[name]


@pytest.mark.parametrize("name", MATRICES)
def test_matrix_notation(name: str) -> None:
    """Products, transposes and ⊙ under the default conventions."""
    assert text(MATRICES[name], None, SPACE) == IN_MATRICES[name]


@pytest.mark.parametrize(
    ("choices", "written"),
    [
        ({}, "dz1 = (W2ᵀ dz2) ⊙ σ'(z1)"),
        ({"layers": "plain"}, "dz1 = (W2ᵀ dz2) ⊙ σ'(z1)"),
        ({"adjoint": "partial"}, "∂L/∂z1 = (W2ᵀ ∂L/∂z2) ⊙ σ'(z1)"),
        ({"adjoint": "nabla"}, "∇_z1 L = (W2ᵀ ∇_z2 L) ⊙ σ'(z1)"),
        ({"adjoint": "bar"}, "z\u03041 = (W2ᵀ z\u03042) ⊙ σ'(z1)"),
        ({"adjoint": "delta"}, "δ1 = (W2ᵀ δ2) ⊙ σ'(z1)"),
        ({"transpose": "T"}, "dz1 = (W2^T dz2) ⊙ σ'(z1)"),
        ({"transpose": "'"}, "dz1 = (W2' dz2) ⊙ σ'(z1)"),
        ({"hadamard": "*"}, "dz1 = (W2ᵀ dz2) * σ'(z1)"),
    ],
)
def test_conventions(choices: dict, written: str) -> None:
    """The adjoint of a hidden layer under each convention; names keep the model's spelling."""
    assert text_chain([leaf("∂z1"), MATRICES["back"]], nomenclature(Conventions(**choices), SPACE)) == written


@pytest.mark.parametrize(
    ("choices", "written"),
    [
        ({"index_base": 1}, "∑_k dz2[k] x[n-k+1] [k ≤ n]"),
        ({"index_base": 0}, "∑_k dz2[k] x[n-k-1] [k < n]"),
        ({"adjoint": "partial"}, "∑_k ∂L/∂z2[k] x[n-k+1] [k ≤ n]"),
    ],
)
def test_conventions_of_entries(choices: dict, written: str) -> None:
    """Constants and guards follow the index base."""
    formula = total(dz2(k) * x(n - 1 - k) * Guard(n - 1 - k), (k, c))
    assert text(formula, Conventions(**choices), SPACE) == written


def test_chains() -> None:
    """One line for all equalities; what holds for each index says so once."""
    names = nomenclature(Conventions(), SPACE)
    assert text_chain([dz1(i), EXPRESSIONS["back"], EXPRESSIONS["folded"]], names) == (
        "dz1[i] = (∑_p W2[p,i] dz2[p]) σ'(z1[i]) = (∑_p W2[p,i] dz2[p]) a1[i] (1 - a1[i])"
    )
    each = [ForEach((s,), Leaf(name, (n, n), (s,))) for name in ("Q", "K")]
    assert text_chain(each, names) == "Q[s] = K[s]  for each s"


def test_names() -> None:
    """A name by itself, and the adjoint of it."""
    names = nomenclature(Conventions(), SPACE, root="J")
    assert (text(leaf("W1"), names=names), text(leaf("∂W1"), names=names)) == ("W1", "dW1")
