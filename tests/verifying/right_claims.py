"""Right claims on every example, in many notations; each must be proved."""

RIGHT = {
    "002_two_layer_sigmoid": r"""
dz2 = a2 - y
dz2 = a2 - y = -(y - a2)
δ2 = a2 − y
∂L/∂z2 = a2 - y
dL/dz2 = a2 - y
grad_z2 = a2 - y
z2_bar = a2 - y
da2 = -y/a2 + (1 - y)/(1 - a2)
∂L/∂a2 = (a2 - y) / (a2 (1 - a2))
dz2 = da2 * a2 * (1 - a2)
dz2 = da2 ⊙ σ'(z2)
dW2 = dz2 a1^T
dW2 = (a2 - y) a1^T
dW2 = dz2 @ a1.T
dW2[i,j] = dz2[i] a1[j]
dL/dW2 = dL/dz2 a1^T
∂L/∂W2 = ∂L/∂z2 ∂z2/∂W2
∂L/∂W2 = ∂L/∂a2 ∂a2/∂z2 ∂z2/∂W2
∂L/∂W1 = ∂L/∂z2 ∂z2/∂a1 ∂a1/∂z1 ∂z1/∂W1
db2 = dz2
da1 = W2^T dz2
da1[j] = sum(i, W2[i,j] dz2[i])
da1 = W2ᵀ (a2 - y)
dz1 = W2^T dz2 * a1 * (1 - a1)
dz1 = (W2^T dz2) ⊙ σ'(z1)
dz1 = da1 ⊙ a1 ⊙ (1 - a1)
dz1[i] = da1[i] a1[i] (1 - a1[i])
dz1 = σ'(z1) ⊙ (W2^T (a2 - y))
dW1 = dz1 x^T
dW1[i,j] = dz1[i] x[j]
db1 = dz1
dx = W1^T dz1
∂a2/∂z2 = a2 (1 - a2)
∂a1/∂z1 = σ'(z1)
∂z2/∂W2 = a1^T
∂z2/∂a1 = W2
∂z1/∂b1 = 1
dZ2 = A2 - Y
dW2 = (1/m) dZ2 A1^T
dW2 = dZ2 A1^T / m
db2[i] = (1/m) sum(s, dZ2[i,s])
dZ1 = W2^T dZ2 ⊙ A1 ⊙ (1 - A1)
dW1 = (1/m) dZ1 X^T
∂J/∂W1 = (1/m) dZ1 X^T
∂J/∂Z2 = (A2 - Y)/m
z1 = W1 x + b1
a1 = σ(z1)
a1 = 1/(1 + exp(-z1))
W1 := W1 - α dW1
W2 := W2 - 0.1 dW2
b1 = b1 - η db1
$$\frac{\partial L}{\partial z^{[2]}} = a^{[2]} - y$$
$$dz^{[1]} = W^{[2]\top} dz^{[2]} \odot \sigma'(z^{[1]})$$
$$\frac{\partial L}{\partial W^{[2]}} = \frac{\partial L}{\partial z^{[2]}} \frac{\partial z^{[2]}}{\partial W^{[2]}}$$
$$\delta^{[1]} = (W^{[2]T} \delta^{[2]}) \odot a^{[1]} (1 - a^{[1]})$$
$$dW^{[1]}_{ij} = dz^{[1]}_i x_j$$
""",
    "softmax_classifier": r"""
dz3 = p - y
dp = -y / p
dz3[i] = sum(l, dp[l] p[l] (δ[i,l] - p[i]))
dW3 = dz3 a2^T
dW3 = (1/m) dZ3^T A2
da2 = W3^T dz3
dZ2 = (dZ3 W3) ⊙ relu'(Z2)
dz2 = (W3^T dz3) ⊙ 1[z2 > 0]
dW2 = (1/m) dZ2^T A1
db3[i] = (1/m) sum(s, dZ3[s,i])
∂L/∂z3 = ∂L/∂p ∂p/∂z3
∂p_i/∂z3_j = p_i (δ_ij - p_j)
""",
    "001_linear_1_1_2_1": r"""
da3 = 2 (a3 - y)
dW3 = da3 a2^T
da2 = W3^T da3
da1 = W2^T da2
dW1 = da1 x^T
dW1 = (1/m) dA1 X^T
db1 = da1
∂L/∂W1 = 2 (a3 - y) (W3 W2) x
""",
    "000_two_layer_generic": r"""
dyhat = yhat - y
dz3 = (yhat - y) ⊙ f'(z3)
dW2 = a2 dz3^T
da2 = W2 dz3
dz2 = (W2 dz3) ⊙ f'(z2)
dW1 = x dz2^T
dW2 = A2^T dZ3
∂J/∂W1 = X^T dZ2
""",
    "001_line": """
dm = x
∂y/∂c = 1
∂y/∂x = m
m := m - α x
""",
}
