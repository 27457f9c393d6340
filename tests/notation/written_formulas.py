"""Formulas of textbook networks, shared by the tests of both writers."""

from __future__ import annotations

from sympy import Expr, Integer, KroneckerDelta, Piecewise, Rational, S, exp, floor, log, sqrt

from symbackprop.algebra.matrices.grammar import (
    Constant,
    Diagonal,
    ForEach,
    Hadamard,
    Indicator,
    Leaf,
    LogSumExp,
    Map,
    Matrix,
    NormSquared,
    Ones,
    Plus,
    Power,
    Product,
    RowSum,
    Scale,
    Softmax,
    SumOver,
    Transpose,
)
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, Maximum, Partial, adjoint, entry, index, size, total

n, h, c, m = (size(name) for name in "nhcm")
i, j, k, p, s, u = (index(name) for name in "ijkpsu")
SHAPES = {
    "x": (n,), "y": (c,), "W1": (h, n), "b1": (h,), "W2": (c, h), "b2": (c,), "z1": (h,), "a1": (h,), "z2": (c,),
    "a2": (c,), "L": (),
}  # fmt: skip
SPACE = Space(shapes=SHAPES)


def leaf(name: str) -> Leaf:
    shape = SHAPES[name.removeprefix("∂")]
    return Leaf(name, (shape[0], shape[1] if len(shape) > 1 else S.One))


x, y, z1, a1, z2, a2 = (lambda *at, name=name: entry(name, *at) for name in ("x", "y", "z1", "a1", "z2", "a2"))
da1, dz1, da2, dz2 = (lambda *at, name=name: entry(adjoint(name), *at) for name in ("a1", "z1", "a2", "z2"))


def W1(*at: Expr) -> Expr:
    return entry("W1", *at)


def W2(*at: Expr) -> Expr:
    return entry("W2", *at)


MINUS = Constant(Integer(-1))
BACK = Product((Transpose(leaf("W2")), leaf("∂z2")))
OUTER = Product((leaf("∂z2"), Transpose(leaf("a1"))))

EXPRESSIONS: dict[str, Expr] = {
    "dense": total(W1(i, j) * x(j), (j, n)) + entry("b1", i),
    "sigmoid": 1 / (1 + exp(-z1(i))),
    "softmax": exp(z2(i)) / total(exp(z2(k)), (k, c)),
    "cross-entropy": -total(y(k) * log(a2(k)), (k, c)),
    "binary cross-entropy": -(y(i) * log(a2(i)) + (1 - y(i)) * log(1 - a2(i))),
    "its derivative": -y(i) / a2(i) + (1 - y(i)) / (1 - a2(i)),
    "half squared error": total((a2(k) - y(k)) ** 2, (k, c)) / 2,
    "difference": a2(i) - y(i),
    "twice": 2 * a2(i) - 2 * y(i),
    "outer": dz2(i) * a1(j),
    "chain": da2(p) * Partial(a2(p), z2(i)),
    "back": total(W2(p, i) * dz2(p), (p, c)) * Apply("sigmoid", z1(i), 1),
    "folded": total(W2(p, i) * dz2(p), (p, c)) * a1(i) * (1 - a1(i)),
    "softmax slope": a2(p) * (KroneckerDelta(p, i) - a2(i)),
    "mean": total(dz2(s) * a1(s), (s, m)) / m,
    "two sums": total(x(j), (j, n)) * total(y(k), (k, c)),
    "double sum": total(W1(i, j) ** 2, (i, h), (j, n)),
    "hidden range": total(total(x(k), (k, n)) * a1(i), (k, c)),
    "square": a1(i) ** 2 + x(i) ** 2 + x(i) ** Rational(3, 2),
    "root": 1 / sqrt(x(i) ** 2 + Rational(1, 100000)),
    "numbers": Rational(3, 4) * x(i) + Rational(1, 100) * y(j) - 5,
    "relu": Piecewise((z1(i), z1(i) > 0), (0, True)),
    "relu slope": da1(i) * Piecewise((1, z1(i) > 0), (0, True)),
    "concatenation": Piecewise((x(i), i < n), (y(i - n), True)),
    "first": x(0) + x(i + 1),
    "affine": x(2 * i + u),
    "mirrored": x(n - 1 - i),
    "guards": Guard(p - u) * Guard(n - 1 - p - u) * y(p - u),
    "past": Guard(i - 1) * Guard(n - 2 - i) * x(i),
    "halved": x(floor(i / 2)),
    "value of an index": k * x(k),
    "looked up": W1(entry("tok", s), i),
    "pooled": da1(i) * KroneckerDelta(j, ArgMax(x(k), (k, n))) + Maximum(x(k), (k, n)),
    "functions": Apply("f", x(i), 2) + Apply("gelu", x(i), 3) + Apply("my_fn", x(i)),
    "seed": entry(adjoint("L")),
}

MATRICES: dict[str, Matrix] = {
    "outer": OUTER,
    "back": Hadamard((BACK, Map("sigmoid", leaf("z1"), 1))),
    "folded": Hadamard((BACK, leaf("a1"), Plus((Ones((h, S.One)), Scale(MINUS, leaf("a1")))))),
    "difference": Plus((Scale(MINUS, leaf("y")), leaf("a2"))),
    "mean": Scale(Constant(1 / m), OUTER),
    "summed rows": Scale(Constant(1 / m), RowSum(leaf("W2"))),
    "scaled Hadamard": Scale(Constant(1 / m), Hadamard((leaf("y"), leaf("a2")))),
    "quotient": Scale(MINUS, Hadamard((leaf("y"), Power(leaf("a2"), Integer(-1))))),
    "square": Power(leaf("a1"), Integer(2)),
    "transpose of a product": Transpose(Product((leaf("W2"), leaf("a1")))),
    "broadcast": Product((leaf("b1"), Ones((S.One, m)))),
    "brackets": Product((Plus((leaf("W2"), leaf("∂W2"))), Hadamard((leaf("a1"), leaf("z1"))))),
    "softmax": Softmax(leaf("z2"), 0),
    "softmax of rows": Product((Softmax(leaf("W1"), 1), leaf("x"))),
    "log-sum-exp": LogSumExp(leaf("z2"), 0),
    "indicator": Hadamard((leaf("∂a1"), Indicator(leaf("z1"), ">"))),
    "diagonal": Product((Diagonal(leaf("a2")), leaf("W2"))),
    "norm": NormSquared(leaf("W2")),
    "each": ForEach((s,), Leaf("Q", (n, n), (s,))),
    "sum over": SumOver(((s, m),), Product((Leaf("Q", (n, n), (s,)), leaf("x")))),
}
