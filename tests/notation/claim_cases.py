"""What people write of the derivatives of a few networks, each beside its right side in NumPy, written by hand.

In the NumPy expressions, `t.z1` is the tensor, `t.dz1` its adjoint with the root left open, `t.L_z1` and `t.J_z1` those
of a named root, and `t.a2_z2` the derivative of a2 by z2, the indices of a2 first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Case = tuple[str, Callable[[Any], Any]]

SIGMOID = """
size n, h
input x[n]
target y[1] binary
samples m in columns
parameter W1[h,n], b1[h], W2[1,h], b2[1]
z1 = W1 x + b1
a1 = sigmoid(z1)
z2 = W2 a1 + b2
a2 = sigmoid(z2)
loss L = binary_cross_entropy(a2, y)
cost J = mean(L)
"""

SOFTMAX = """
size n, h, k
input x[n]
target y[k] one_hot
samples m in rows
parameter W1[h,n], b1[h], W2[k,h], b2[k]
z1 = W1 x + b1
a1 = relu(z1)
z2 = W2 a1 + b2
p = softmax(z2)
loss L = cross_entropy(p, y)
cost J = mean(L)
"""

PLAIN = """
size n, h
function f(x)
input x[n]
target y[h]
parameter W[h,n], V[h,h], b[h]
z = W x + b
a = f(z)
u = V a
yhat = tanh(u)
loss L = half_squared_error(yhat, y)
"""

RECURRENT = """
size n, h, T
input x[T,n]
target y[h]
parameter W_x[h,n], W_h[h,h], b[h]
tensor s[T,h]
pad s
v[t,i] = sum(j, W_x[i,j] x[t,j]) + sum(j, W_h[i,j] s[t-1,j]) + b[i]
s[t,i] = tanh(v[t,i])
loss L = sum(i, (s[T-1,i] - y[i])^2)
"""

LAYERS = """
size n, h
input x[n]
target y[1]
a1 = dense(x, h, tanh)
a2 = dense(a1, 1, sigmoid)
loss L = squared_error(a2, y)
"""

ATTENTION = """
size B, T, d
input Q[B,T,d]
parameter K[T,d], V[T,d]
S[b,i,j] = sum(k, Q[b,i,k] K[j,k])
P[b,i,j] = softmax(j, S[b,i,j])
O[b,i,k] = sum(j, P[b,i,j] V[j,k])
loss L = sum(b, i, k, O[b,i,k]^2)
"""

CONVOLUTION = """
size C, D, N, U
input x[C,N]
parameter w[D,C,U]
tensor y[D,N]
pad x
y[o,i] = sum(c, u, w[o,c,u] x[c,i+u])
a = relu(y)
loss L = sum(o, i, a[o,i]^2)
"""

NORM = """
size n
input x[n]
target t[n]
parameter g[n], b[n]
mu = mean(x)
v = mean((x - mu)^2)
r = 1/sqrt(v + 0.00001)
h = (x - mu) r
y = g ⊙ h + b
loss L = half_squared_error(y, t)
"""

MODELS = {
    "sigmoid": SIGMOID,
    "softmax": SOFTMAX,
    "plain": PLAIN,
    "recurrent": RECURRENT,
    "layers": LAYERS,
    "attention": ATTENTION,
}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def slope(x: np.ndarray) -> np.ndarray:
    return sigmoid(x) * (1 - sigmoid(x))


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape)


ONE_SAMPLE: list[Case] = [
    # the seed's equations, in the ways in which people spell them
    ("dz2 = a2 - y", lambda t: t.a2 - t.y),
    ("dW2 = dz2 a1^T", lambda t: np.outer(t.dz2, t.a1)),
    ("db2 = dz2", lambda t: t.dz2),
    ("dz1 = W2^T dz2 ⊙ σ'(z1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dz1 = (W2^T dz2) ⊙ a1 (1 - a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = W2ᵀ dz2 * a1 * (1 - a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = W2^T dz2 ∘ sigmoid'(z1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dz1 = W2⊤ dz2 .* a1 .* (1 - a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = W2.T @ dz2 * a1 * (1 - a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = W2.T * dz2 * a1 * (1 - a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = np.dot(W2.T, dz2) * a1 * (1 - a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = np.multiply(np.dot(W2.T, dz2), a1 - a1**2)", lambda t: t.W2.T @ t.dz2 * (t.a1 - t.a1**2)),
    ("dz1 = W2' dz2 ⊙ a1 ⊙ (1 - a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = W2′ dz2 ⊙ a1 ⊙ (1 − a1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = σ'(z1) ⊙ (W2^T dz2)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dz1 = (W2ᵀ · dz2) · σ'(z1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dz1 = W2ᵀ dz2 ⋅ a1 ⋅ (1 - a1)    (7)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1 = diag(σ'(z1)) W2ᵀ dz2", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dz1 = (W2^T dz2) ⊙ σ(z1) ⊙ (1 - σ(z1))", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dz1 = transpose(W2) dz2 ⊙ logistic'(z1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dW1 = dz1 xᵀ", lambda t: np.outer(t.dz1, t.x)),
    ("dW1 = dz1 * x^T", lambda t: np.outer(t.dz1, t.x)),
    ("dW1 = dz1 @ x.T", lambda t: np.outer(t.dz1, t.x)),
    ("dW1 = outer(dz1, x)", lambda t: np.outer(t.dz1, t.x)),
    ("db1 = dz1", lambda t: t.dz1),
    ("da1 = W2^T dz2", lambda t: t.W2.T @ t.dz2),
    ("dx = W1^T dz1", lambda t: t.W1.T @ t.dz1),
    ("da2 = -y/a2 + (1 - y)/(1 - a2)", lambda t: -t.y / t.a2 + (1 - t.y) / (1 - t.a2)),
    ("da2 = (a2 - y) / (a2 (1 - a2))", lambda t: (t.a2 - t.y) / (t.a2 * (1 - t.a2))),
    ("dz2 = da2 a2 (1 - a2)", lambda t: t.da2 * t.a2 * (1 - t.a2)),
    ("dz2 = da2 · σ'(z2)", lambda t: t.da2 * slope(t.z2)),
    # layers' marks
    ("dW^[1] = dz^[1] x^T", lambda t: np.outer(t.dz1, t.x)),
    ("dW^{[2]} = dz^{[2]} a^{[1]T}", lambda t: np.outer(t.dz2, t.a1)),
    ("dz^{[1]} = W^{[2]T} dz^{[2]} ⊙ σ'(z^{[1]})", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dW^(1) = dz^(1) x^T", lambda t: np.outer(t.dz1, t.x)),
    ("dW^{(1)} = dz^{(1)} x^T", lambda t: np.outer(t.dz1, t.x)),
    ("dW_1 = dz_1 x^T", lambda t: np.outer(t.dz1, t.x)),
    ("dW₁ = dz₁ xᵀ", lambda t: np.outer(t.dz1, t.x)),
    ("dW_2 = dz_2 a⁽¹⁾ᵀ", lambda t: np.outer(t.dz2, t.a1)),
    # adjoints by every name
    ("dL/dW1 = dL/dz1 x^T", lambda t: np.outer(t.L_z1, t.x)),
    ("∂L/∂W1 = ∂L/∂z1 xᵀ", lambda t: np.outer(t.L_z1, t.x)),
    ("∂L/∂W^[1] = ∂L/∂z^[1] xᵀ", lambda t: np.outer(t.L_z1, t.x)),
    ("𝜕L/𝜕W1 = 𝜕L/𝜕z1 xᵀ", lambda t: np.outer(t.L_z1, t.x)),
    ("∂ L / ∂ W1 = (∂L/∂z1) xᵀ", lambda t: np.outer(t.L_z1, t.x)),
    ("∇_W1 L = ∇_z1 L xᵀ", lambda t: np.outer(t.L_z1, t.x)),
    ("nabla_W1 L = nabla_z1 L x^T", lambda t: np.outer(t.L_z1, t.x)),
    ("∇_{W^{[1]}} L = ∇_{z^{[1]}} L xᵀ", lambda t: np.outer(t.L_z1, t.x)),
    ("∇W1 = ∇z1 xᵀ", lambda t: np.outer(t.dz1, t.x)),
    ("W̄1 = z̄1 xᵀ", lambda t: np.outer(t.dz1, t.x)),
    ("W1_bar = z1_bar x^T", lambda t: np.outer(t.dz1, t.x)),
    ("grad_W1 = grad_z1 x^T", lambda t: np.outer(t.dz1, t.x)),
    ("δ2 = a2 - y", lambda t: t.a2 - t.y),
    ("δ1 = W2ᵀ δ2 ⊙ σ'(z1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("δ_1 = W_2^T δ_2 ⊙ σ'(z_1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("delta1 = W2^T delta2 * sigmoid'(z1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("δ^[1] = W^[2]ᵀ δ^[2] ⊙ σ'(z^[1])", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("δ^(1) = (W^(2))^T δ^(2) ⊙ σ'(z^(1))", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dW2 = δ2 a1ᵀ", lambda t: np.outer(t.dz2, t.a1)),
    ("∂L/∂z1 = (W2ᵀ ∂L/∂z2) ⊙ σ'(z1)", lambda t: t.W2.T @ t.L_z2 * slope(t.z1)),
    ("∂/∂W2 L = ∂L/∂z2 a1ᵀ", lambda t: np.outer(t.L_z2, t.a1)),
    ("dW2 = (a2 - y) a1ᵀ", lambda t: np.outer(t.a2 - t.y, t.a1)),
    # products of partials
    ("∂L/∂W2 = ∂L/∂z2 ∂z2/∂W2", lambda t: np.einsum("i,ijk->jk", t.L_z2, t.z2_W2)),
    ("dL/dW2 = dL/dz2 * dz2/dW2", lambda t: np.einsum("i,ijk->jk", t.L_z2, t.z2_W2)),
    ("dL/dW2 = dL/dz2 · dz2/dW2", lambda t: np.einsum("i,ijk->jk", t.L_z2, t.z2_W2)),
    ("∂L/∂W2 = ∂z2/∂W2 ∂L/∂z2", lambda t: np.einsum("i,ijk->jk", t.L_z2, t.z2_W2)),
    ("∂L/∂W2 = (∂L/∂z2) (∂z2/∂W2)", lambda t: np.einsum("i,ijk->jk", t.L_z2, t.z2_W2)),
    ("dW2 = dz2 ∂z2/∂W2", lambda t: np.einsum("i,ijk->jk", t.dz2, t.z2_W2)),
    ("∂L/∂z2 = ∂L/∂a2 ∂a2/∂z2", lambda t: t.L_a2 @ t.a2_z2),
    ("∂L/∂z1 = ∂L/∂z2 ∂z2/∂a1 ∂a1/∂z1", lambda t: t.L_z2 @ t.z2_a1 @ t.a1_z1),
    (
        "∂L/∂W1 = ∂L/∂a2 · ∂a2/∂z2 · ∂z2/∂a1 · ∂a1/∂z1 · ∂z1/∂W1",
        lambda t: np.einsum("a,ab,bc,cd,dij->ij", t.L_a2, t.a2_z2, t.z2_a1, t.a1_z1, t.z1_W1),
    ),
    ("∂L/∂b1 = ∂L/∂z1 ∂z1/∂b1", lambda t: t.L_z1 @ t.z1_b1),
    ("∂L/∂z1 = ∂L/∂a1 ⊙ ∂a1/∂z1", lambda t: t.L_a1 * np.diagonal(t.a1_z1)),
    ("∂L/∂z1 = (∂z2/∂z1)ᵀ ∂L/∂z2", lambda t: t.z2_z1.T @ t.L_z2),
    ("∂L/∂a1 = ∂L/∂z2 W2", lambda t: t.L_z2 @ t.W2),
    ("∂a1/∂z1 = diag(a1 ⊙ (1 - a1))", lambda t: np.diag(t.a1 * (1 - t.a1))),
    ("∂z2/∂a1 = W2", lambda t: t.W2),
    ("-∂L/∂b2 = -∂L/∂z2 ∂z2/∂b2", lambda t: -t.L_z2 @ t.z2_b2),
    ("dL/db2 = 2 dL/dz2 dz2/db2", lambda t: 2 * t.L_z2 @ t.z2_b2),
    # forward
    ("z1 = W1 x + b1", lambda t: t.W1 @ t.x + t.b1),
    ("z^[1] = W^[1] x + b^[1]", lambda t: t.W1 @ t.x + t.b1),
    ("a1 = σ(z1)", lambda t: sigmoid(t.z1)),
    ("a1 = 1/(1 + exp(-z1))", lambda t: sigmoid(t.z1)),
    ("a1 = 1/(1 + e^{-z1})", lambda t: sigmoid(t.z1)),
    ("a1 = 1/(1 + e^(-z1))", lambda t: sigmoid(t.z1)),
    ("L = -(y log(a2) + (1 - y) log(1 - a2))", lambda t: -(t.y * np.log(t.a2) + (1 - t.y) * np.log(1 - t.a2))),
    ("L = -y log a2 - (1 - y) log(1 - a2)", lambda t: -t.y * np.log(t.a2) - (1 - t.y) * np.log(1 - t.a2)),
    ("L = -y ln(a2) - (1 - y) ln(1 - a2)", lambda t: -t.y * np.log(t.a2) - (1 - t.y) * np.log(1 - t.a2)),
    ("L(a2, y) = -(y log(a2) + (1 - y) log(1 - a2))", lambda t: -(t.y * np.log(t.a2) + (1 - t.y) * np.log(1 - t.a2))),
    ("δ^1 = W^2ᵀ δ^2 ⊙ σ'(z^1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("δ¹ = W²ᵀ δ² ⊙ σ'(z¹)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    # of functions
    ("σ'(u) = σ(u) (1 - σ(u))", lambda t: slope(t.u)),
    ("σ(u) = 1/(1 + e^{-u})", lambda t: sigmoid(t.u)),
    ("tanh'(u) = 1 - tanh(u)²", lambda t: 1 - np.tanh(t.u) ** 2),
    ("σ'(z1) = a1 (1 - a1)", lambda t: t.a1 * (1 - t.a1)),
    # updates
    ("W2 := W2 - α dW2", lambda t: t.W2 - t.alpha * t.dW2),
    ("W2 ← W2 - η dW2", lambda t: t.W2 - t.eta * t.dW2),
    ("b1 <- b1 - lr * db1", lambda t: t.b1 - t.lr * t.db1),
    ("W1 = W1 - learning_rate * dW1", lambda t: t.W1 - t.learning_rate * t.dW1),
    ("W1 -= alpha * dW1", lambda t: t.W1 - t.alpha * t.dW1),
    ("W1 := W1 - α ∂L/∂W1", lambda t: t.W1 - t.alpha * t.L_W1),
    # numbers, powers, functions
    ("da1 = ½ W2ᵀ dz2", lambda t: t.W2.T @ t.dz2 / 2),
    ("da1 = (1/2) W2ᵀ dz2", lambda t: t.W2.T @ t.dz2 / 2),
    ("da1 = 1/2 W2ᵀ dz2", lambda t: t.W2.T @ t.dz2 / 2),
    ("da1 = 0.5 * W2ᵀ dz2", lambda t: t.W2.T @ t.dz2 / 2),
    ("da1 = W2ᵀ dz2 / 2", lambda t: t.W2.T @ t.dz2 / 2),
    ("da1 = a1²", lambda t: t.a1**2),
    ("da1 = a1^2 - a1^⊙2 + a1**3", lambda t: t.a1**3),
    ("da1 = √a1 + sqrt(a1)", lambda t: 2 * np.sqrt(t.a1)),
    ("da1 = |z1 - 1|", lambda t: np.abs(t.z1 - 1)),
    ("da1 = tanh'(z1)", lambda t: 1 - np.tanh(t.z1) ** 2),
    ("da1 = ReLU'(z1 - 0.4)", lambda t: 1.0 * (t.z1 > 0.4)),
    ("da1 = RELU(z1 - 0.4)", lambda t: np.maximum(t.z1 - 0.4, 0)),
    ("da1 = max(0, z1 - 0.4) + max(z1 - 0.4, 0)", lambda t: 2 * np.maximum(t.z1 - 0.4, 0)),
    ("da1 = np.maximum(0, z1 - 0.4)", lambda t: np.maximum(t.z1 - 0.4, 0)),
    ("da1 = exp'(z1) + log'(a1) + sin''(z1)", lambda t: np.exp(t.z1) + 1 / t.a1 - np.sin(t.z1)),
    ("da1 = σ''(z1)", lambda t: slope(t.z1) * (1 - 2 * sigmoid(t.z1))),
    ("da1 = 1[z1 > 0.4]", lambda t: 1.0 * (t.z1 > 0.4)),
    ("da1 = a1 1[z1 > 0.4]", lambda t: t.a1 * (t.z1 > 0.4)),
    ("da1 = a1 ⊙ (z1 > 0.4)", lambda t: t.a1 * (t.z1 > 0.4)),
    ("da1 = 1_{z1 > 0.4}", lambda t: 1.0 * (t.z1 > 0.4)),
    ("da1 = 𝟙[z1 > 0.4] ⊙ a1", lambda t: t.a1 * (t.z1 > 0.4)),
    ("da1 = I(z1 > 0.4)", lambda t: 1.0 * (t.z1 > 0.4)),
    ("da1 = {a1 if z1 > 0.4; 2 a1 otherwise}", lambda t: np.where(t.z1 > 0.4, t.a1, 2 * t.a1)),
    ("da1 = a1 if z1 > 0.4 else 2 a1", lambda t: np.where(t.z1 > 0.4, t.a1, 2 * t.a1)),
    ("L = ‖W1‖²", lambda t: (t.W1**2).sum()),
    ("L = ||a1||^2 / 2", lambda t: (t.a1**2).sum() / 2),
    ("L = ½ ‖a1 - b1‖²", lambda t: ((t.a1 - t.b1) ** 2).sum() / 2),
    ("L = norm(a1)", lambda t: np.sqrt((t.a1**2).sum())),
    ("L = a1^T b1", lambda t: t.a1 @ t.b1),
    ("L = a1 · b1", lambda t: t.a1 @ t.b1),
    ("L = sum(a1)", lambda t: t.a1.sum()),
    ("L = ∑ a1²", lambda t: (t.a1**2).sum()),
    ("L = tr(W1 W1ᵀ)", lambda t: np.trace(t.W1 @ t.W1.T)),
    ("L = tr(diag(a1)) + 1_hᵀ b1 + 1ᵀ b1", lambda t: t.a1.sum() + 2 * t.b1.sum()),
    ("da1 = rowsum(W1)", lambda t: t.W1.sum(1)),
    ("da1 = W1 1_n", lambda t: t.W1.sum(1)),
    ("da1 = I_h a1", lambda t: t.a1),
    ("dW1 = 1_(h×n) + 1_h 1_nᵀ", lambda t: 2 * np.ones_like(t.W1)),
    ("dW1 = (dz1 xᵀ)ᵀᵀ", lambda t: np.outer(t.dz1, t.x)),
    ("dW1 = a1 ((x)ᵀ)", lambda t: np.outer(t.a1, t.x)),
    ("da1 = softmax(z1)", lambda t: softmax(t.z1)),
    ("da1 = (I - a1 a1ᵀ) z1", lambda t: t.z1 - t.a1 * (t.a1 @ t.z1)),
    ("da1 = (I_h - a1 a1ᵀ) z1", lambda t: t.z1 - t.a1 * (t.a1 @ t.z1)),
    # indices
    ("dW1[i,j] = dz1[i] x[j]", lambda t: np.outer(t.dz1, t.x)),
    ("dW1[j,i] = dz1[j] x[i]", lambda t: np.outer(t.dz1, t.x)),
    ("dW1_ij = dz1_i x_j", lambda t: np.outer(t.dz1, t.x)),
    ("dW^[1]_ij = dz^[1]_i x_j", lambda t: np.outer(t.dz1, t.x)),
    ("dW^{[1]}_{i,j} = dz_i^{[1]} x_j", lambda t: np.outer(t.dz1, t.x)),
    ("dW₁ᵢⱼ = dz₁ᵢ xⱼ", lambda t: np.outer(t.dz1, t.x)),
    ("∂L/∂W1[i,j] = ∂L/∂z1[i] x[j]", lambda t: np.outer(t.L_z1, t.x)),
    ("∂L/∂W1_ij = ∂L/∂z1_i x_j", lambda t: np.outer(t.L_z1, t.x)),
    ("dL/dz1[i] = ∑_k W2[k,i] dL/dz2[k] σ'(z1[i])", lambda t: t.W2.T @ t.L_z2 * slope(t.z1)),
    ("dz1[i] = sum_k W2[k,i] dz2[k] a1[i] (1 - a1[i])", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1[i] = sum(k, W2[k,i] dz2[k]) a1[i] (1 - a1[i])", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dz1_i = a1_i (1 - a1_i) Σ_k W2_ki dz2_k", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dx[j] = ∑_{i=1}^{h} W1[i,j] dz1[i]", lambda t: t.W1.T @ t.dz1),
    ("dx[j] = ∑_{i=1..h} W1[i,j] dz1[i]", lambda t: t.W1.T @ t.dz1),
    ("dx[j] = ∑_{i=0}^{h-1} W1[i,j] dz1[i]", lambda t: t.W1.T @ t.dz1),
    ("dx[j] = ∑_{1≤i≤h} W1[i,j] dz1[i]", lambda t: t.W1.T @ t.dz1),
    ("dx[j] = ∑_{i=2}^{h} W1[i,j] dz1[i]", lambda t: t.W1[1:].T @ t.dz1[1:]),
    ("dx[j] = ∑_{i=1}^{h-1} W1[i,j] dz1[i]", lambda t: t.W1[:-1].T @ t.dz1[:-1]),
    ("L = ∑_{i,j} W1[i,j]²", lambda t: (t.W1**2).sum()),
    ("L = ∑_i ∑_j W1[i,j]²", lambda t: (t.W1**2).sum()),
    ("L = ∑_ij W1_ij", lambda t: t.W1.sum()),
    ("L = ∑_i a1[i] + 1", lambda t: t.a1.sum() + 1),
    ("L = ∑_i a1[i] b1[i] - ∑_j x[j] / 2", lambda t: t.a1 @ t.b1 - t.x.sum() / 2),
    ("dW1[1,2] = dz1[1] x[2]", lambda t: t.dz1[0] * t.x[1]),
    ("db1[i] = ∑_k dz1[k] δ(i, k)", lambda t: t.dz1),
    ("db1[i] = ∑_k dz1[k] δ_ik", lambda t: t.dz1),
    ("db1[i] = ∑_k dz1[k] delta(i, k)", lambda t: t.dz1),
    ("db1[i] = ∑_k dz1[k] [i = k]", lambda t: t.dz1),
    ("db1[i] = ∑_k dz1[k] [k ≥ i]", lambda t: np.cumsum(t.dz1[::-1])[::-1]),
    ("db1[i] = i dz1[i]", lambda t: (np.arange(len(t.b1)) + 1) * t.dz1),
    ("db1[i] = (W1 x)[i]", lambda t: t.W1 @ t.x),
    ("dL/dW2[i,j] = ∑_k dL/dz2[k] ∂z2[k]/∂W2[i,j]", lambda t: np.einsum("k,kij->ij", t.L_z2, t.z2_W2)),
    ("∂z1[k]/∂W1[i,j] = x[j] δ(i, k)", lambda t: np.einsum("ik,j->kij", np.eye(len(t.b1)), t.x)),
    ("∂a1[i]/∂z1[j] = δ_ij a1[i] (1 - a1[i])", lambda t: np.diag(t.a1 * (1 - t.a1))),
    ("da1[i] = max_j W1[i,j]", lambda t: t.W1.max(1)),
    ("da1[i] = W1[i, argmax_j x[j]]", lambda t: t.W1[:, t.x.argmax()]),
    ("L = ∑_i δ(i, argmax_k a1[k]) b1[i]", lambda t: t.b1[t.a1.argmax()]),
]
"""Of the network `SIGMOID`, for one sample."""

ALL_SAMPLES: list[Case] = [
    ("dZ2 = A2 - Y", lambda t: t.a2 - t.y),
    ("dW2 = (1/m) dZ2 A1ᵀ", lambda t: t.dz2 @ t.a1.T / t.m),
    ("dW2 = 1/m dZ2 A1^T", lambda t: t.dz2 @ t.a1.T / t.m),
    ("dW2 = 1/m * np.dot(dZ2, A1.T)", lambda t: t.dz2 @ t.a1.T / t.m),
    ("dW2 = dZ2 A1ᵀ / m", lambda t: t.dz2 @ t.a1.T / t.m),
    ("dW^[2] = (1/m) dZ^[2] A^[1]ᵀ", lambda t: t.dz2 @ t.a1.T / t.m),
    ("dW^{[2]} = \u00bd dZ^{[2]} A^{[1]T}", lambda t: t.dz2 @ t.a1.T / 2),
    ("dW_2 = 1/m dZ_2 A_1^T", lambda t: t.dz2 @ t.a1.T / t.m),
    ("db2 = (1/m) rowsum(dZ2)", lambda t: t.dz2.sum(1) / t.m),
    ("db2 = (1/m) sum(dZ2)", lambda t: t.dz2.sum() / t.m),
    ("db2 = 1/m * np.sum(dZ2, axis=1, keepdims=True)", lambda t: t.dz2.sum(1) / t.m),
    ("db2 = (1/m) dZ2 1_m", lambda t: t.dz2.sum(1) / t.m),
    ("db2 = np.mean(dZ2, axis=1)", lambda t: t.dz2.mean(1)),
    ("dZ1 = W2ᵀ dZ2 ⊙ A1 ⊙ (1 - A1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dZ1 = W2ᵀ dZ2 ⊙ A1 (1 - A1)", lambda t: t.W2.T @ t.dz2 * t.a1 * (1 - t.a1)),
    ("dZ1 = W2ᵀ dZ2 ⊙ σ'(Z1)", lambda t: t.W2.T @ t.dz2 * slope(t.z1)),
    ("dW1 = (1/m) dZ1 Xᵀ", lambda t: t.dz1 @ t.x.T / t.m),
    ("∂J/∂W1 = (1/m) ∂L/∂Z1 Xᵀ", lambda t: t.L_z1 @ t.x.T / t.m),
    ("∂J/∂W1 = ∂J/∂Z1 Xᵀ", lambda t: t.J_z1 @ t.x.T),
    ("dJ/dW1 = dJ/dZ1 X^T", lambda t: t.J_z1 @ t.x.T),
    ("∇_W1 J = ∇_Z1 J Xᵀ", lambda t: t.J_z1 @ t.x.T),
    ("W̄1 = Z̄1 Xᵀ", lambda t: t.dz1 @ t.x.T),
    ("db1[i] = (1/m) ∑_s dZ1[i,s]", lambda t: t.dz1.sum(1) / t.m),
    ("db1[i] = (1/m) ∑_{s=1}^{m} dZ1[i,s]", lambda t: t.dz1.sum(1) / t.m),
    ("dW1[i,j] = (1/m) ∑_s dz1[i,s] x[j,s]", lambda t: t.dz1 @ t.x.T / t.m),
    ("Z1 = W1 X + b1", lambda t: t.W1 @ t.x + t.b1[:, None]),
    ("Z1 = W1 X + b1 1_mᵀ", lambda t: t.W1 @ t.x + t.b1[:, None]),
    ("Z1 = W1 X + b1 1ᵀ", lambda t: t.W1 @ t.x + t.b1[:, None]),
    ("Z2 = W2 A1 + b2", lambda t: t.W2 @ t.a1 + t.b2),
    ("Z2 = W2 A1 + b2 1_mᵀ", lambda t: t.W2 @ t.a1 + t.b2),
    ("J = (1/m) ∑_s L[s]", lambda t: t.L.mean()),
    ("J = mean(L)", lambda t: t.L.mean()),
    ("J = -(1/m) sum(Y ⊙ log(A2) + (1 - Y) ⊙ log(1 - A2))",
     lambda t: -(t.y * np.log(t.a2) + (1 - t.y) * np.log(1 - t.a2)).sum() / t.m),
    ("∂J/∂L[s] = 1/m", lambda t: np.full(t.m, 1 / t.m)),
    ("dL = 1_m", lambda t: np.ones(t.m)),
    ("∂L[r]/∂A2[i,s] = δ(r, s) A2[i,r]", lambda t: np.einsum("rs,ir->ris", np.eye(t.m), t.a2)),
    ("δ1[i,s] = ∑_k W2[k,i] δ2[k,s]", lambda t: t.W2.T @ t.dz2),
    ("dJ/dW2 = dJ/dZ2 dZ2/dW2", lambda t: np.einsum("ks,ksij->ij", t.J_z2, t.z2_W2)),
]  # fmt: skip
"""Of the network `SIGMOID`, for all samples, which stand in columns."""

SOFTMAX_ONE: list[Case] = [
    ("dz2 = p - y", lambda t: t.p - t.y),
    ("p = softmax(z2)", lambda t: softmax(t.z2)),
    ("dz1 = W2ᵀ dz2 ⊙ ReLU'(z1)", lambda t: t.W2.T @ t.dz2 * (t.z1 > 0)),
    ("dz1 = W2ᵀ dz2 ⊙ 1[z1 > 0]", lambda t: t.W2.T @ t.dz2 * (t.z1 > 0)),
    ("L = -∑_k y[k] log(p[k])", lambda t: -(t.y * np.log(t.p)).sum()),
    ("L = -yᵀ log(p)", lambda t: -(t.y * np.log(t.p)).sum()),
    ("dz2[k] = p[k] - y[k]", lambda t: t.p - t.y),
    ("dz2_k = p_k - y_k", lambda t: t.p - t.y),
    ("∂p[i]/∂z2[j] = p[i] (δ_ij - p[j])", lambda t: np.diag(t.p) - np.outer(t.p, t.p)),
    ("∂p/∂z2 = diag(p) - p pᵀ", lambda t: np.diag(t.p) - np.outer(t.p, t.p)),
    ("dz2[i] = p[i] (dp[i] - ∑_l dp[l] p[l])", lambda t: t.p * (t.dp - t.dp @ t.p)),
    ("∂L/∂p[i] = -y[i]/p[i]", lambda t: -t.y / t.p),
    ("∂L/∂z2[i] = ∑_k ∂L/∂p[k] ∂p[k]/∂z2[i]", lambda t: t.L_p @ t.p_z2),
    ("dz2[i] = ∑_p z2[p]", lambda t: np.full(len(t.y), t.z2.sum())),
]
SOFTMAX_ALL: list[Case] = [
    ("dZ2 = P - Y", lambda t: t.p - t.y),
    ("dW2 = (1/m) dZ2ᵀ A1", lambda t: t.dz2.T @ t.a1 / t.m),
    ("dA1 = dZ2 W2", lambda t: t.dz2 @ t.W2),
    ("dZ1 = dZ2 W2 ⊙ 1[Z1 > 0]", lambda t: t.dz2 @ t.W2 * (t.z1 > 0)),
    ("dZ1 = dZ2 W2 * (Z1 > 0)", lambda t: t.dz2 @ t.W2 * (t.z1 > 0)),
    ("db2 = (1/m) colsum(dZ2)", lambda t: t.dz2.sum(0) / t.m),
    ("db2 = (1/m) np.sum(dZ2, axis=0)", lambda t: t.dz2.sum(0) / t.m),
    ("db2 = (1/m) dZ2ᵀ 1_m", lambda t: t.dz2.sum(0) / t.m),
    ("db2 = (1/m) 1ᵀ dZ2", lambda t: t.dz2.sum(0) / t.m),
    ("Z1 = X W1ᵀ + b1", lambda t: t.x @ t.W1.T + t.b1),
    ("Z1 = X W1ᵀ + 1_m b1ᵀ", lambda t: t.x @ t.W1.T + t.b1),
    ("P = softmax(Z2)", lambda t: softmax(t.z2)),
    ("P = softmax_rows(Z2)", lambda t: softmax(t.z2)),
    ("P = softmax_columns(Z2)", lambda t: softmax(t.z2, 0)),
    ("L = -rowsum(Y ⊙ log(P))", lambda t: -(t.y * np.log(t.p)).sum(1)),
    ("L = logsumexp_rows(Z2)", lambda t: np.log(np.exp(t.z2).sum(1))),
    ("dZ2[s,i] = P[s,i] - Y[s,i]", lambda t: t.p - t.y),
]
PLAIN_CASES: list[Case] = [
    ("dz = da ⊙ f'(z)", lambda t: t.da * np.cos(t.z)),
    ("da = Vᵀ du", lambda t: t.V.T @ t.du),
    ("du = dyhat ⊙ (1 - yhat²)", lambda t: t.dyhat * (1 - t.yhat**2)),
    ("du = dŷ ⊙ (1 - ŷ²)", lambda t: t.dyhat * (1 - t.yhat**2)),
    ("dyhat = ŷ - y", lambda t: t.yhat - t.y),
    ("∂L/∂ŷ = y_hat - y", lambda t: t.yhat - t.y),
    ("δ = Vᵀ du ⊙ f'(z)", lambda t: t.V.T @ t.du * np.cos(t.z)),
    ("dW = δ xᵀ", lambda t: np.outer(t.dz, t.x)),
    ("dW_ij = δ_i x_j", lambda t: np.outer(t.dz, t.x)),
    ("dz[i] = f''(z[i])", lambda t: -np.sin(t.z)),
    ("dz = f^(3)(z)", lambda t: -np.cos(t.z)),
    ("∂u/∂a = V", lambda t: t.V),
    ("du = V V a", lambda t: t.V @ t.V @ t.a),
    ("dV = V * V", lambda t: t.V * t.V),
    ("dV = V V", lambda t: t.V @ t.V),
    ("dV = V^2", lambda t: t.V**2),
    ("dJ/dW = dJ/dz xᵀ", lambda t: np.outer(t.L_z, t.x)),
]
RECURRENT_CASES: list[Case] = [
    ("ds[t,i] = ∑_j W_h[j,i] dv[t+1,j]", lambda t: np.vstack([(t.dv @ t.W_h)[1:], np.zeros((1, len(t.b)))])),
    ("dv[t,i] = ds[t,i] (1 - s[t,i]²)", lambda t: t.ds * (1 - t.s**2)),
    ("dW_h[i,j] = ∑_t dv[t,i] s[t-1,j]", lambda t: t.dv[1:].T @ t.s[:-1]),
    ("dW_h[i,j] = ∑_{t=2}^{T} dv[t,i] s[t-1,j]", lambda t: t.dv[1:].T @ t.s[:-1]),
    ("dW_x[i,j] = ∑_t dv[t,i] x[t,j]", lambda t: t.dv.T @ t.x),
    ("ds[T,i] = 2 (s[T,i] - y[i])", lambda t: 2 * (t.s[-1] - t.y)),
    ("ds[T] = 2 (s[T] - y)", lambda t: 2 * (t.s[-1] - t.y)),
    ("L = ‖s[T] - y‖²", lambda t: ((t.s[-1] - t.y) ** 2).sum()),
    ("dW_h = ∑_t dv[t] s[t-1]ᵀ", lambda t: t.dv[1:].T @ t.s[:-1]),
    ("db = dvᵀ 1_T", lambda t: t.dv.sum(0)),
]
LAYER_CASES: list[Case] = [
    ("dW^[1] = dz^[1] xᵀ", lambda t: np.outer(t["∂a1.z"], t.x)),
    ("dW1 = dz1 x^T", lambda t: np.outer(t["∂a1.z"], t.x)),
    ("δ1 = W2ᵀ δ2 ⊙ (1 - a1²)", lambda t: t["a2.W"].T @ t["∂a2.z"] * (1 - t.a1**2)),
    ("da1.W = da1.z xᵀ", lambda t: np.outer(t["∂a1.z"], t.x)),
]

ATTENTION_CASES: list[Case] = [
    ("S[b] = Q[b] Kᵀ for each b", lambda t: t.Q @ t.K.T),
    ("S = Q[b] Kᵀ  for each b", lambda t: t.Q @ t.K.T),
    ("dQ[b] = dS[b] K for all b", lambda t: t.dS @ t.K),
    ("dV = ∑_b P[b]ᵀ dO[b]", lambda t: np.einsum("bij,bik->jk", t.P, t.dO)),
    ("dV[j,k] = ∑_{b,i} P[b,i,j] dO[b,i,k]", lambda t: np.einsum("bij,bik->jk", t.P, t.dO)),
    ("P[b] = softmax_rows(S[b]) for each b", lambda t: softmax(t.S)),
]

GROUPS: Mapping[str, tuple[str, str, list[Case]]] = {
    "one sample": ("sigmoid", "one sample", ONE_SAMPLE),
    "all samples": ("sigmoid", "all samples", ALL_SAMPLES),
    "softmax": ("softmax", "one sample", SOFTMAX_ONE),
    "softmax of all": ("softmax", "all samples", SOFTMAX_ALL),
    "plain": ("plain", "one sample", PLAIN_CASES),
    "recurrent": ("recurrent", "one sample", RECURRENT_CASES),
    "layers": ("layers", "one sample", LAYER_CASES),
    "attention": ("attention", "one sample", ATTENTION_CASES),
}
