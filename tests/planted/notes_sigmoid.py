"""Notes on two layers with sigmoids and binary cross-entropy: one sample, all samples, LaTeX, indices."""

from tests.planted.records import note

MODEL = "002_two_layer_sigmoid"

ONE_SAMPLE = note(
    "one sample, in plain text",
    MODEL,
    "one sample",
    """
dz2 = a2 - y | dz2, a2 - y
dW2 = dz2 a1^T | dW2, np.outer(dz2, a1)
db2 = dz2 | db2, dz2
da1 = W2^T dz2 | da1, W2.T @ dz2
dz1 = da1 * a1 * (1 - a1) | dz1, da1 * a1 * (1 - a1)
dW1 = dz1 x^T | dW1, np.outer(dz1, x)
db1 = dz1 | db1, dz1
""",
    """
1 | dz2 = y - a2 | dz2, y - a2 | sign
1 | dz2 = (a2 - y) * a2 * (1 - a2) | dz2, (a2 - y) * a2 * (1 - a2) | once too often
1 | dz2 = 2 (a2 - y) | dz2, 2 * (a2 - y) | factor 2
1 | dz2 = a2 + y | dz2, a2 + y | sign before y
2 | dW2 = dz2 a1 | dW2, dz2 @ a1 | transpose
2 | dW2 = a1 dz2^T | dW2, np.outer(a1, dz2) | order|transpose
2 | dW2 = dz2 z1^T | dW2, np.outer(dz2, z1) | z1 stands where a1
2 | dW2 = dz2 x^T | dW2, np.outer(dz2, x) | x stands where a1
2 | dW2 = da2 a1^T | dW2, np.outer(da2, a1) | da2 stands where dz2|σ'
4 | da1 = W2 dz2 | da1, W2 @ dz2 | transpose
4 | da1 = W1^T dz2 | da1, W1.T @ dz2 | W1 stands where W2
5 | dz1 = da1 | dz1, da1 | σ'\\(z1\\), is missing
5 | dz1 = da1 * z1 * (1 - z1) | dz1, da1 * z1 * (1 - z1) | z1 \\(1 - z1\\) stands
5 | dz1 = da1 * σ'(a1) | dz1, da1 * sp(a1) | σ'\\(a1\\) stands
5 | dz1 = da1 * (1 - a1^2) | dz1, da1 * (1 - a1**2) | 1 - a1² stands
5 | dz1 = da1 * a1 | dz1, da1 * a1 | a1 stands where σ'\\(z1\\)
5 | dz1 = da1 * a1 * (1 + a1) | dz1, da1 * a1 * (1 + a1) | a1 \\(1 \\+ a1\\) stands
6 | dW1 = x dz1^T | dW1, np.outer(x, dz1) | order
6 | dW1 = dz1 a1^T | dW1, np.outer(dz1, a1) | a1 stands where x
7 | db1 = da1 | db1, da1 | da1 stands where dz1
""",
)

ALL_SAMPLES = note(
    "all samples, in Unicode",
    MODEL,
    "all samples",
    """
dZ2 = A2 − Y | dz2, a2 - y
dW2 = (1/m) dZ2 A1ᵀ | dW2, dz2 @ a1.T / m
db2[i] = (1/m) ∑_s dz2[i,s] | db2, dz2.sum(1) / m
dZ1 = W2ᵀ dZ2 ⊙ σ'(Z1) | dz1, W2.T @ dz2 * sp(z1)
dW1 = (1/m) dZ1 Xᵀ | dW1, dz1 @ x.T / m
db1[i] = (1/m) ∑_s dz1[i,s] | db1, dz1.sum(1) / m
""",
    """
1 | dZ2 = Y − A2 | dz2, y - a2 | sign
1 | dZ2 = (A2 − Y) ⊙ σ'(Z2) | dz2, (a2 - y) * sp(z2) | once too often
2 | dW2 = dZ2 A1ᵀ | dW2, dz2 @ a1.T | 1/m is missing
2 | dW2 = (1/m²) dZ2 A1ᵀ | dW2, dz2 @ a1.T / m**2 | 1/m stands once too often
2 | dW2 = (1/m) dZ2 A1 | dW2, dz2 @ a1 / m | transpose
2 | dW2 = (1/m) A1 dZ2ᵀ | dW2, a1 @ dz2.T / m | order
2 | dW2 = (1/m) dZ2 Z1ᵀ | dW2, dz2 @ z1.T / m | Z1 stands where|z1 stands where
3 | db2 = (1/m) dZ2 | db2, dz2 / m | sum
3 | db2[i] = ∑_s dz2[i,s] | db2, dz2.sum(1) | 1/m is missing
4 | dZ1 = W2 dZ2 ⊙ σ'(Z1) | dz1, W2 @ dz2 * sp(z1) | transpose
4 | dZ1 = W2ᵀ dZ2 | dz1, W2.T @ dz2 | σ'\\(z1\\), is missing
4 | dZ1 = W2ᵀ dZ2 ⊙ σ'(A1) | dz1, W2.T @ dz2 * sp(a1) | σ'\\(a1\\) stands
4 | dZ1 = W2ᵀ dZ2 ⊙ σ(Z1) | dz1, W2.T @ dz2 * s(z1) | σ\\(z1\\) stands
4 | dZ1 = W2ᵀ dA2 ⊙ σ'(Z1) | dz1, W2.T @ da2 * sp(z1) | stands where dz2|da2
5 | dW1 = (1/m) dZ1 X | dW1, dz1 @ x / m | transpose
5 | dW1 = (1/m) X dZ1ᵀ | dW1, x @ dz1.T / m | order
5 | dW1 = (1/m) dZ2 Xᵀ | dW1, dz2 @ x.T / m | stands where dz1
6 | db1[i] = (1/m) dz1[i,1] | db1, dz1[:, 0] / m | sample|sum
""",
)

LATEX = note(
    "all samples, in LaTeX",
    MODEL,
    "all samples",
    r"""
dZ^{[2]} = A^{[2]} - Y | dz2, a2 - y
dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]\top} | dW2, dz2 @ a1.T / m
dA^{[1]} = W^{[2]\top} dZ^{[2]} | da1, W2.T @ dz2
dZ^{[1]} = dA^{[1]} \odot A^{[1]} \odot (1 - A^{[1]}) | dz1, da1 * a1 * (1 - a1)
dW^{[1]} = \frac{1}{m} dZ^{[1]} X^\top | dW1, dz1 @ x.T / m
""",
    r"""
1 | dZ^{[2]} = Y - A^{[2]} | dz2, y - a2 | sign
2 | dW^{[2]} = dZ^{[2]} A^{[1]\top} | dW2, dz2 @ a1.T | 1/m is missing
3 | dA^{[1]} = W^{[2]} dZ^{[2]} | da1, W2 @ dz2 | transpose
4 | dZ^{[1]} = dA^{[1]} \odot (1 - A^{[1]}) | dz1, da1 * (1 - a1) | 1 - a1 stands
4 | dZ^{[1]} = dA^{[1]} \odot Z^{[1]} \odot (1 - Z^{[1]}) | dz1, da1 * z1 * (1 - z1) | z1 \(1 - z1\) stands
5 | dW^{[1]} = \frac{1}{m} dA^{[1]} X^\top | dW1, da1 @ x.T / m | da1 stands|stands where dz1
""",
    latex=True,
)

INDICES = note(
    "all samples, entry by entry",
    MODEL,
    "all samples",
    """
dz2[i,s] = a2[i,s] - y[i,s] | dz2, a2 - y
dW2[i,j] = 1/m sum(s, dz2[i,s] a1[j,s]) | dW2, dz2 @ a1.T / m
da1[j,s] = sum(i, W2[i,j] dz2[i,s]) | da1, W2.T @ dz2
dz1[j,s] = da1[j,s] a1[j,s] (1 - a1[j,s]) | dz1, da1 * a1 * (1 - a1)
dW1[j,k] = 1/m sum(s, dz1[j,s] x[k,s]) | dW1, dz1 @ x.T / m
""",
    """
1 | dz2[i,s] = y[i,s] - a2[i,s] | dz2, y - a2 | sign
2 | dW2[i,j] = sum(s, dz2[i,s] a1[j,s]) | dW2, dz2 @ a1.T | 1/m is missing
3 | da1[j,s] = sum(i, W2[j,i] dz2[i,s]) | da1, W2 @ dz2 | exchanged
4 | dz1[j,s] = da1[j,s] (1 - a1[j,s]) | dz1, da1 * (1 - a1) | 1 - a1 stands
5 | dW1[j,k] = 1/m sum(s, dz1[j,s] x[s,k]) | dW1, dz1 @ x / m | exchanged
5 | dW1[j,k] = 1/m sum(s, dz1[j,s] a1[k,s]) | dW1, dz1 @ a1.T / m | a1\\[k,s\\] stands where x
""",
)

NOTES = (ONE_SAMPLE, ALL_SAMPLES, LATEX, INDICES)
