"""Notes on the networks with squared errors, sigmoid, generic and linear, and on a straight line."""

from tests.planted.records import note

SIGMOID = note(
    "samples in rows",
    "000_two_layer_sigmoid",
    "all samples",
    """
dz3 = (yhat - y) * yhat * (1 - yhat) | dz3, (yhat - y) * yhat * (1 - yhat)
dW2 = a2^T dz3 | dW2, a2.T @ dz3
da2 = dz3 W2^T | da2, dz3 @ W2.T
dz2 = da2 * a2 * (1 - a2) | dz2, da2 * a2 * (1 - a2)
dW1 = x^T dz2 | dW1, x.T @ dz2
""",
    """
1 | dz3 = yhat - y | dz3, yhat - y | σ'\\(z3\\), is missing
1 | dz3 = (y - yhat) * yhat * (1 - yhat) | dz3, (y - yhat) * yhat * (1 - yhat) | sign
1 | dz3 = (yhat - y) * yhat * (1 + yhat) | dz3, (yhat - y) * yhat * (1 + yhat) | 1 \\+ yhat|sign|1 \\+ ŷ
2 | dW2 = dz3^T a2 | dW2, dz3.T @ a2 | order
2 | dW2 = A2 dZ3 | dW2, a2 @ dz3 | transpose
3 | dA2 = dZ3 W2 | da2, dz3 @ W2 | transpose
3 | da2 = W2 dz3^T | da2, W2 @ dz3.T | order
4 | dz2 = da2 * σ'(a2) | dz2, da2 * sp(a2) | σ'\\(a2\\) stands
4 | dz2 = da2 * yhat * (1 - yhat) | dz2, da2 * yhat * (1 - yhat) | stands where
5 | dW1 = x^T da2 | dW1, x.T @ da2 | da2 stands where dz2
5 | dW1 = x^T dz2 / m | dW1, x.T @ dz2 / m | 1/m
""",
)

GENERIC = note(
    "any activation",
    "000_two_layer_generic",
    "all samples",
    """
dz3 = (yhat - y) ⊙ f'(z3) | dz3, (yhat - y) * fp(z3)
dW2 = a2ᵀ dz3 | dW2, a2.T @ dz3
dz2 = dz3 W2ᵀ ⊙ f'(z2) | dz2, dz3 @ W2.T * fp(z2)
dW1 = xᵀ dz2 | dW1, x.T @ dz2
""",
    """
1 | dz3 = (yhat - y) ⊙ f'(yhat) | dz3, (yhat - y) * fp(yhat) | f'\\((yhat|ŷ)\\) stands
1 | dz3 = (yhat - y) ⊙ f(z3) | dz3, (yhat - y) * f(z3) | f\\(z3\\) stands
2 | dW2 = xᵀ dz3 | dW2, x.T @ dz3 | x stands where a2
3 | dz2 = dz3 W2ᵀ | dz2, dz3 @ W2.T | f'\\(z2\\), is missing
3 | dz2 = dz3 W2ᵀ ⊙ f'(a2) | dz2, dz3 @ W2.T * fp(a2) | f'\\(a2\\) stands
4 | dW1 = x dz2 | dW1, x @ dz2 | transpose
""",
)

LINE = note(
    "a straight line",
    "001_line",
    "one sample",
    """
y = m x + c | y, m * x + c
∂y/∂m = x | dm, x
∂y/∂c = 1 | dc, 1.0
""",
    """
1 | y = m x - c | y, m * x - c | sign
2 | ∂y/∂m = m | dm, m | m stands where x
3 | ∂y/∂c = c | dc, c | c
2 | ∂y/∂m = -x | dm, -x | sign
""",
)

LINEAR = note(
    "a linear network, one sample",
    "001_linear_1_1_2_1",
    "one sample",
    """
da3 = 2 (a3 - y) | da3, 2 * (a3 - y)
dW3 = 2 (a3 - y) a2^T | dW3, 2 * np.outer(a3 - y, a2)
db3 = da3 | db3, da3
da2 = W3^T da3 | da2, W3.T @ da3
dW2 = da2 a1^T | dW2, np.outer(da2, a1)
db2 = da2 | db2, da2
da1 = W2^T da2 | da1, W2.T @ da2
dW1 = da1 x^T | dW1, np.outer(da1, x)
db1 = da1 | db1, da1
""",
    """
1 | da3 = a3 - y | da3, a3 - y | factor 2 is missing
1 | da3 = 2 (y - a3) | da3, 2 * (y - a3) | sign
4 | da2 = W3 da3 | da2, W3 @ da3 | transpose
5 | dW2 = da2 x^T | dW2, np.outer(da2, x) | x stands where a1
7 | da1[1] = W2[1,1] da2[1] | da1, W2[0, 0] * da2[0] | missing
8 | dW1 = da1 a1^T | dW1, np.outer(da1, a1) | a1 stands where x
9 | db1 = -da1 | db1, -da1 | sign
""",
)

MEAN = note(
    "a linear network, the mean over the samples",
    "001_linear_1_1_2_1",
    "all samples",
    """
da3 = 2 (a3 - y) | da3, 2 * (a3 - y)
dW3 = 1/m da3 a2^T | dW3, da3 @ a2.T / m
db3[i] = 1/m sum(s, da3[i,s]) | db3, da3.sum(1) / m
da2 = W3^T da3 | da2, W3.T @ da3
dW2 = 1/m da2 a1^T | dW2, da2 @ a1.T / m
da1 = W2^T da2 | da1, W2.T @ da2
dW1 = 2/m (W2^T W3^T (a3 - y)) x^T | dW1, 2 / m * (W2.T @ W3.T @ (a3 - y)) @ x.T
""",
    """
2 | dW3 = da3 a2^T | dW3, da3 @ a2.T | 1/m is missing
3 | db3[i] = sum(s, da3[i,s]) | db3, da3.sum(1) | 1/m is missing
5 | dW2 = 1/m da2 x^T | dW2, da2 @ x.T / m | x stands where a1
7 | dW1 = 1/m (W2^T W3^T (a3 - y)) x^T | dW1, 1 / m * (W2.T @ W3.T @ (a3 - y)) @ x.T | factor 2 is missing
7 | dW1 = 2/m (W2^T W3^T (a3 + y)) x^T | dW1, 2 / m * (W2.T @ W3.T @ (a3 + y)) @ x.T | sign before (2 )?y
""",
)

NOTES = (SIGMOID, GENERIC, LINE, LINEAR, MEAN)
