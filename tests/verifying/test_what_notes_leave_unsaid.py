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
