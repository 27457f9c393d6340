"""Notes on the classifier with ReLU and softmax, and on a network with two paths, tanh and a penalty."""

from tests.planted.records import note

ROWS = note(
    "samples in rows",
    "softmax_classifier",
    "all samples",
    """
dp = -y / p | dp, -y / p
dz3 = p - y | dz3, p - y
dW3 = (1/m) dz3^T a2 | dW3, dz3.T @ a2 / m
da2 = dz3 W3 | da2, dz3 @ W3
dz2 = da2 ⊙ 1[z2 > 0] | dz2, da2 * (z2 > 0)
dW2 = (1/m) dz2^T a1 | dW2, dz2.T @ a1 / m
da1 = dz2 W2 | da1, dz2 @ W2
dz1 = da1 ⊙ 1[z1 > 0] | dz1, da1 * (z1 > 0)
dW1 = (1/m) dz1^T x | dW1, dz1.T @ x / m
db1[i] = (1/m) sum(s, dz1[s,i]) | db1, dz1.sum(0) / m
""",
    """
1 | dp = y / p | dp, y / p | sign
1 | dp = p - y | dp, p - y | error|loss
2 | dz3 = y - p | dz3, y - p | sign
2 | dz3 = (p - y) ⊙ p ⊙ (1 - p) | dz3, (p - y) * p * (1 - p) | too much|once too often
2 | dz3 = -y ⊙ (1 - p) | dz3, -y * (1 - p) | entry by entry
3 | dW3 = (1/m) dZ3 A2^T | dW3, dz3 @ a2.T / m | transpose
3 | dW3 = dz3^T a2 | dW3, dz3.T @ a2 | 1/m is missing
4 | da2 = dz3 W3^T | da2, dz3 @ W3.T | transpose
4 | dA2 = W3^T dZ3 | da2, W3.T @ dz3 | order
5 | dz2 = da2 | dz2, da2 | ReLU'\\(z2\\), is missing
5 | dz2 = da2 ⊙ 1[z2 < 0] | dz2, da2 * (z2 < 0) | z2 ≤ 0|turned round
5 | dz2 = da2 ⊙ a2 | dz2, da2 * a2 | stands where ReLU'
6 | dW2 = (1/m) dz2^T a2 | dW2, dz2.T @ a2 / m | a2 stands where a1
7 | da1 = dz2 W3 | da1, dz2 @ W3 | W3 stands where W2
8 | dz1 = da1 ⊙ relu(z1) | dz1, da1 * np.maximum(z1, 0) | stands where ReLU'
8 | dz1 = da1 ⊙ 1[x > 0] | dz1, da1 * (x > 0) | x stands where (z1|a1)
9 | dW1 = (1/m) x^T dz1 | dW1, x.T @ dz1 / m | order
10 | db1[i] = sum(s, dz1[s,i]) | db1, dz1.sum(0) | 1/m is missing
""",
)

ONE = note(
    "one sample, entries and matrices",
    "softmax_classifier",
    "one sample",
    """
dz3[i] = p[i] - y[i] | dz3, p - y
dW3 = dz3 a2^T | dW3, np.outer(dz3, a2)
da2[j] = sum(i, W3[i,j] dz3[i]) | da2, W3.T @ dz3
dz2 = da2 ⊙ ReLU'(z2) | dz2, da2 * (z2 > 0)
dW2 = dz2 a1^T | dW2, np.outer(dz2, a1)
dz1 = (W2^T dz2) ⊙ ReLU'(z1) | dz1, W2.T @ dz2 * (z1 > 0)
dW1[i,j] = dz1[i] x[j] | dW1, np.outer(dz1, x)
""",
    """
1 | dz3[i] = p[i] + y[i] | dz3, p + y | sign
3 | da2[j] = sum(i, W3[j,i] dz3[i]) | da2, W3 @ dz3 | exchanged
4 | dz2 = da2 ⊙ ReLU(z2) | dz2, da2 * np.maximum(z2, 0) | ReLU\\(z2\\) stands
4 | dz2 = da2 ⊙ σ'(z2) | dz2, da2 * sp(z2) | σ'\\(z2\\) stands
5 | dW2 = dz2 x^T | dW2, np.outer(dz2, x) | x stands where a1
6 | dz1 = (W2 dz2) ⊙ ReLU'(z1) | dz1, W2 @ dz2 * (z1 > 0) | transpose
6 | dz1 = W2^T dz2 | dz1, W2.T @ dz2 | ReLU'\\(z1\\), is missing
7 | dW1[i,j] = dz1[j] x[i] | dW1, np.outer(x, dz1) | exchanged|an index is wrong
""",
)

RESIDUAL = note(
    "two paths and a penalty",
    "residual",
    "all samples",
    """
do = o - y | do, o - y
du = do | du, do
dh = V^T du + do | dh, V.T @ du + do
dV = (1/m) du h^T | dV, du @ h.T / m
dz = dh * (1 - h^2) | dz, dh * (1 - h**2)
dW = (1/m) dz x^T + c W | dW, dz @ x.T / m + c * W
""",
    """
3 | dh = V^T du | dh, V.T @ du | path through o is missing
3 | dh = do | dh, do | path through u is missing
3 | dh = V du + do | dh, V @ du + do | transpose
3 | dh = V^T du - do | dh, V.T @ du - do | sign
4 | dV = (1/m) h du^T | dV, h @ du.T / m | order
5 | dz = dh * (1 - h) | dz, dh * (1 - h) | 1 - h stands
5 | dz = dh * h * (1 - h) | dz, dh * h * (1 - h) | h \\(1 - h\\) stands
5 | dz = dh * (1 + h^2) | dz, dh * (1 + h**2) | sign|1 \\+ h² stands
6 | dW = (1/m) dz x^T | dW, dz @ x.T / m | penalty
6 | dW = (1/m) dz x^T + 2 c W | dW, dz @ x.T / m + 2 * c * W | factor 2
6 | dW = (1/m) dz x^T - c W | dW, dz @ x.T / m - c * W | sign
""",
)

NOTES = (ROWS, ONE, RESIDUAL)
