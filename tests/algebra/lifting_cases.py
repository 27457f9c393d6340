"""Textbook formulas in index notation, each with the matrix notation that a person writes, in both layouts."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, KroneckerDelta, Piecewise, S, Symbol, exp, log, sqrt

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, adjoint, index, size, total
from symbackprop.algebra.symbols import entry as e

n, h, o, m, B, q, T, one = *map(size, ["n", "h", "o", "m", "B", "q", "T"]), S.One
SIZES = {n: 3, h: 4, o: 2, m: 5, B: 2, q: 3, T: 3}
i, j, k, l, s, t, b = map(index, "ijklstb")  # noqa: E741  l is the fourth index after i, j, k

_PRIMALS: dict[str, tuple[Expr, ...]] = {
    "x": (n,), "X": (n, m), "XR": (m, n), "x1": (one,),
    "y": (o,), "Y": (o, m), "YR": (m, o), "y1": (one,), "Y1": (one, m), "Y1R": (m, one),
    "lam": (), "mu": (), "c": (),
    "W1": (h, n), "b1": (h,), "z1": (h,), "a1": (h,), "Z1": (h, m), "A1": (h, m), "Z1R": (m, h), "A1R": (m, h),
    "W2": (o, h), "b2": (o,), "z2": (o,), "Z2": (o, m), "Z2R": (m, o), "a2": (o,),
    "p": (o,), "P": (o, m), "PR": (m, o),
    "w": (one, h), "b": (one,), "a": (one,), "z": (one,), "A": (one, m), "AR": (m, one), "Z": (one, m),
    "M": (h, h), "N": (h, h), "K": (h, h), "D": (h, n), "u": (h,), "v": (h,), "r": (n,), "g": (m,),
    "Q": (B, q, n), "R": (B, q, n), "V": (B, q, h), "F": (B, q, q), "U": (T, n), "H": (T, h), "G": (h, n, o),
}  # fmt: skip
SPACE = Space({**_PRIMALS, **{adjoint(name): shape for name, shape in _PRIMALS.items()}})


@dataclass(frozen=True, slots=True)
class Case:
    title: str
    array: Array
    lifted: str


def case(title: str, indices: tuple[Symbol, ...], shape: tuple[Expr, ...], expression: Expr, lifted: str) -> Case:
    return Case(title, Array(indices, shape, expression), lifted)


def d(name: str, *indices: object) -> Expr:
    return e(adjoint(name), *indices)


SOFTMAX = exp(e("z2", i)) / total(exp(e("z2", k)), (k, o))
AFFINE = total(e("W1", i, j) * e("x", j), (j, n)) + e("b1", i)
BACK = total(e("W2", j, i) * d("z2", j), (j, o))

CASES = (
    # one sample
    case("affine", (i,), (h,), AFFINE, "W1 x + b1"),
    case("sigmoid by name", (i,), (h,), Apply("sigmoid", AFFINE), "sigmoid(W1 x + b1)"),
    case("sigmoid by exp", (i,), (h,), 1 / (1 + exp(-e("z1", i))), "(1{h,1} + exp(-1·z1))^-1"),
    case("nested sums", (i,), (h,), exp(-AFFINE), "exp(-1·(W1 x + b1))"),
    case("error", (i,), (o,), e("a2", i) - e("y", i), "a2 + -1·y"),
    case("outer product", (i, j), (o, h), d("z2", i) * e("a1", j), "dz2 a1'"),
    case("outer product transposed", (j, i), (h, o), d("z2", i) * e("a1", j), "a1 dz2'"),
    case("back through weights", (i,), (h,), BACK, "W2' dz2"),
    case("sigmoid gate", (i,), (h,), BACK * e("a1", i) * (1 - e("a1", i)), "W2' dz2 * a1 * (1{h,1} + -1·a1)"),
    case("named gate", (i,), (h,), BACK * Apply("sigmoid", e("z1", i), 1), "W2' dz2 * sigmoid'(z1)"),
    case("upstream first", (i,), (h,), d("a1", i) * e("a1", i) * (1 - e("a1", i)), "da1 * a1 * (1{h,1} + -1·a1)"),
    case(
        "two paths",
        (i,),
        (h,),
        (BACK * Apply("f", e("z1", i), 1)) + d("z1", i) * Apply("f", e("z1", i), 1),
        "f'(z1) * (W2' dz2 + dz1)",
    ),
    case("skip connection", (i,), (h,), BACK + d("a1", i), "W2' dz2 + da1"),
    case("relu", (i,), (h,), Piecewise((e("z1", i), e("z1", i) > 0), (0, True)), "z1 * [z1 > 0]"),
    case("relu gate", (i,), (h,), d("a1", i) * Piecewise((1, e("z1", i) > 0), (0, True)), "da1 * [z1 > 0]"),
    case(
        "leaky relu",
        (i,),
        (h,),
        Piecewise((e("z1", i), e("z1", i) > 0), (e("lam") * e("z1", i), True)),
        "z1 * ([z1 > 0] + lam·[z1 <= 0])",
    ),
    case("comparison", (i,), (h,), Piecewise((1, e("u", i) >= e("v", i)), (0, True)), "[u + -1·v >= 0]"),
    case("scaled parameter", (i,), (o,), e("a2", i) / 2, "1/2·a2"),
    case("normalised", (i,), (h,), e("u", i) / sqrt(total(e("u", k) ** 2, (k, h))), "NormSquared(u)^-1/2·u"),
    # softmax
    case("softmax", (i,), (o,), SOFTMAX, "softmax0(z2)"),
    case(
        "softmax of an affine map",
        (i,),
        (h,),
        exp(AFFINE) / total(exp(total(e("W1", k, j) * e("x", j), (j, n)) + e("b1", k)), (k, h)),
        "softmax0(W1 x + b1)",
    ),
    case("log-sum-exp", (), (), log(total(exp(e("z2", k)), (k, o))), "lse0(z2)"),
    case("log softmax", (i,), (o,), e("z2", i) - log(total(exp(e("z2", k)), (k, o))), "z2 + -1·lse0(z2)·1{o,1}"),
    case(
        "softmax adjoint",
        (i,),
        (o,),
        e("p", i) * (d("p", i) - total(e("p", k) * d("p", k), (k, o))),
        "p * (dp + -1·(p' dp)·1{o,1})",
    ),
    case(
        "softmax adjoint, multiplied out",
        (i,),
        (o,),
        e("p", i) * d("p", i) - e("p", i) * total(e("p", k) * d("p", k), (k, o)),
        "p * (dp + -1·(p' dp)·1{o,1})",
    ),
    case("softmax Jacobian", (i, j), (o, o), e("p", i) * (KroneckerDelta(i, j) - e("p", j)), "Diagonal(p) + -1·p p'"),
    case(
        "p minus y without its fact",
        (i,),
        (o,),
        e("p", i) * total(e("y", k), (k, o)) - e("y", i),
        "TotalSum(y)·p + -1·y",
    ),
    case("softmax, columns", (i, s), (o, m), exp(e("Z2", i, s)) / total(exp(e("Z2", k, s)), (k, o)), "softmax0(Z2)"),
    case("softmax, rows", (s, i), (m, o), exp(e("Z2R", s, i)) / total(exp(e("Z2R", s, k)), (k, o)), "softmax1(Z2R)"),
    case("log-sum-exp, rows", (s,), (m,), log(total(exp(e("Z2R", s, k)), (k, o))), "lse1(Z2R)"),
    case(
        "log softmax, columns",
        (i, s),
        (o, m),
        e("Z2", i, s) - log(total(exp(e("Z2", k, s)), (k, o))),
        "Z2 + -1·1{o,1} lse0(Z2)",
    ),
    case(
        "softmax adjoint, columns",
        (i, s),
        (o, m),
        e("P", i, s) * d("P", i, s) - e("P", i, s) * total(e("P", k, s) * d("P", k, s), (k, o)),
        "P * (dP + -1·1{o,1} ColumnSum(P * dP))",
    ),
    case(
        "softmax adjoint, rows",
        (s, i),
        (m, o),
        e("PR", s, i) * d("PR", s, i) - e("PR", s, i) * total(e("PR", s, k) * d("PR", s, k), (k, o)),
        "PR * (dPR + -1·RowSum(PR * dPR) 1{1,o})",
    ),
    # losses
    case("cross-entropy", (), (), -total(e("y", k) * log(e("p", k)), (k, o)), "-1·y' log(p)"),
    case("squared error", (), (), total((e("a2", k) - e("y", k)) ** 2, (k, o)) / 2, "1/2·NormSquared(a2 + -1·y)"),
    case("weight decay", (), (), e("lam") * total(e("W1", i, j) ** 2, (i, h), (j, n)) / 2, "(lam/2)·NormSquared(W1)"),
    case("mean", (), (), total(e("u", i), (i, h)) / h, "(1/h)·TotalSum(u)"),
    case(
        "cost, columns",
        (),
        (),
        -total(e("Y", k, s) * log(e("P", k, s)), (k, o), (s, m)) / m,
        "(-1/m)·TotalSum(Y * log(P))",
    ),
    case(
        "loss of each sample, rows",
        (s,),
        (m,),
        -total(e("YR", s, k) * log(e("PR", s, k)), (k, o)),
        "-1·RowSum(YR * log(PR))",
    ),
    case(
        "loss of each sample, columns",
        (s,),
        (m,),
        -total(e("Y", k, s) * log(e("P", k, s)), (k, o)),
        "-1·ColumnSum(Y * log(P))'",
    ),
    case(
        "mean squared error, rows",
        (),
        (),
        total((e("PR", s, k) - e("YR", s, k)) ** 2, (k, o), (s, m)) / (2 * m),
        "(1/(2*m))·NormSquared(PR + -1·YR)",
    ),
    # samples in columns
    case(
        "affine, columns", (i, s), (h, m), total(e("W1", i, j) * e("X", j, s), (j, n)) + e("b1", i), "W1 X + b1 1{1,m}"
    ),
    case("dW, columns", (i, j), (h, n), total(d("Z1", i, s) * e("X", j, s), (s, m)) / m, "(1/m)·dZ1 X'"),
    case("db, columns", (i,), (h,), total(d("Z1", i, s), (s, m)) / m, "(1/m)·RowSum(dZ1)"),
    case("dX, columns", (j, s), (n, m), total(e("W1", i, j) * d("Z1", i, s), (i, h)), "W1' dZ1"),
    case(
        "gate, columns",
        (i, s),
        (h, m),
        total(e("W2", j, i) * d("Z2", j, s), (j, o)) * e("A1", i, s) * (1 - e("A1", i, s)),
        "W2' dZ2 * A1 * (1{h,m} + -1·A1)",
    ),
    case("error, columns", (i, s), (o, m), (e("P", i, s) - e("Y", i, s)) / m, "(1/m)·(P + -1·Y)"),
    case("error, columns, multiplied out", (i, s), (o, m), e("P", i, s) / m - e("Y", i, s) / m, "(1/m)·(P + -1·Y)"),
    case(
        "dW with decay",
        (i, j),
        (h, n),
        total(d("Z1", i, s) * e("X", j, s), (s, m)) / m + e("lam") / m * e("W1", i, j),
        "(1/m)·dZ1 X' + (lam/m)·W1",
    ),
    # samples in rows
    case(
        "affine, rows", (s, i), (m, h), total(e("W1", i, j) * e("XR", s, j), (j, n)) + e("b1", i), "XR W1' + 1{m,1} b1'"
    ),
    case("dW, rows", (i, j), (h, n), total(d("Z1R", s, i) * e("XR", s, j), (s, m)), "dZ1R' XR"),
    case("db, rows", (i,), (h,), total(d("Z1R", s, i), (s, m)), "RowSum(dZ1R')"),
    case("dX, rows", (s, j), (m, n), total(e("W1", i, j) * d("Z1R", s, i), (i, h)), "dZ1R W1"),
    case(
        "gate, rows",
        (s, i),
        (m, h),
        total(e("W2", j, i) * d("Z2R", s, j), (j, o)) * Apply("sigmoid", e("Z1R", s, i), 1),
        "dZ2R W2 * sigmoid'(Z1R)",
    ),
    case("error, rows", (s, i), (m, o), (e("PR", s, i) - e("YR", s, i)) / m, "(1/m)·(PR + -1·YR)"),
    case(
        "scale and shift, rows", (s, i), (m, h), e("A1R", s, i) * e("u", i) + e("v", i), "A1R Diagonal(u) + 1{m,1} v'"
    ),
    case(
        "scale's gradient, rows", (i,), (h,), total(d("A1R", s, i) * e("A1R", s, i), (s, m)), "ColumnSum(A1R * dA1R)'"
    ),
    # axes of length 1, as in the seed with one output
    case("one output", (i,), (one,), total(e("w", i, j) * e("a1", j), (j, h)) + e("b", i), "w a1 + b"),
    case("one output, at 0", (i,), (one,), total(e("w", 0, j) * e("a1", j), (j, h)) + e("b", 0), "w a1 + b"),
    case(
        "one output, columns",
        (i, s),
        (one, m),
        total(e("w", i, j) * e("A1", j, s), (j, h)) + e("b", i),
        "w A1 + b 1{1,m}",
    ),
    case("one output, dw", (i, j), (one, h), d("z", i) * e("a1", j), "dz a1'"),
    case("one output, dw at 0", (i, j), (one, h), d("z", 0) * e("a1", j), "dz a1'"),
    case("one input, dW", (i, j), (h, one), d("z1", i) * e("x1", j), "dz1 x1'"),
    case("one output, back", (i,), (h,), total(e("w", j, i) * d("z", j), (j, one)), "w' dz"),
    case("one output, back at 0", (i,), (h,), e("w", 0, i) * d("z", 0) * Apply("f", e("z1", i), 1), "w' dz * f'(z1)"),
    case("one output, gate", (i,), (one,), d("a", i) * e("a", i) * (1 - e("a", i)), "da a (1 + -1·a)"),
    case(
        "binary cross-entropy",
        (),
        (),
        -total(e("y1", i) * log(e("a", i)) + (1 - e("y1", i)) * log(1 - e("a", i)), (i, one)),
        "-1·(y1 log(a) + (1 + -1·y1) log(1 + -1·a))",
    ),
    case(
        "binary cross-entropy at 0",
        (),
        (),
        -e("y1", 0) * log(e("a", 0)) - (1 - e("y1", 0)) * log(1 - e("a", 0)),
        "-1·(y1 log(a) + (1 + -1·y1) log(1 + -1·a))",
    ),
    case(
        "binary cross-entropy, a sign inside",
        (),
        (),
        (e("y1", 0) - 1) * log(1 - e("a", 0)) - e("y1", 0) * log(e("a", 0)),
        "-1·(y1 log(a) + (1 + -1·y1) log(1 + -1·a))",
    ),
    case(
        "its adjoint",
        (i,),
        (one,),
        (e("a", i) - e("y1", i)) / (e("a", i) * (1 - e("a", i))),
        "(a + -1·y1) a^-1 (1 + -1·a)^-1",
    ),
    case(
        "cost of one output, columns",
        (),
        (),
        -total(e("Y1", i, s) * log(e("A", i, s)), (i, one), (s, m)) / m,
        "(-1/m)·Y1 log(A)'",
    ),
    case(
        "cost of one output, rows",
        (),
        (),
        -total(e("Y1R", s, i) * log(e("AR", s, i)), (i, one), (s, m)) / m,
        "(-1/m)·Y1R' log(AR)",
    ),
    case("one output, dw, columns", (i, j), (one, h), total(d("Z", i, s) * e("A1", j, s), (s, m)) / m, "(1/m)·dZ A1'"),
    case("one output, db, columns", (i,), (one,), total(d("Z", i, s), (s, m)) / m, "(1/m)·RowSum(dZ)"),
    case("a line, all scalars", (), (), e("lam") * e("mu") + e("c"), "lam mu + c"),
    case("its squared error", (), (), (e("lam") * e("mu") + e("c")) ** 2 / 2, "1/2·(lam mu + c)^2"),
    # linear algebra
    case("bilinear form", (), (), total(e("u", i) * e("M", i, j) * e("v", j), (i, h), (j, h)), "u' M v"),
    case("trace", (), (), total(e("M", i, i), (i, h)), "Trace(M)"),
    case("trace of a product", (), (), total(e("M", i, j) * e("N", j, i), (i, h), (j, h)), "Trace(M N)"),
    case("inner product of matrices", (), (), total(e("M", i, j) * e("N", i, j), (i, h), (j, h)), "TotalSum(M * N)"),
    case("diagonal", (i,), (h,), e("M", i, i), "DiagonalOf(M)"),
    case("diagonal of a product", (i,), (h,), total(e("M", i, k) * e("N", k, i), (k, h)), "DiagonalOf(M N)"),
    case("rows scaled", (i, j), (h, n), e("u", i) * e("D", i, j), "Diagonal(u) D"),
    case("columns scaled", (i, j), (h, n), e("D", i, j) * e("r", j), "D Diagonal(r)"),
    case("masked outer product", (i, j), (h, n), e("u", i) * e("r", j) * e("D", i, j), "u r' * D"),
    case(
        "weighted Gram matrix",
        (i, j),
        (n, n),
        total(e("D", k, i) * e("u", k) * e("D", k, j), (k, h)),
        "D' Diagonal(u) D",
    ),
    case("identity", (i, j), (h, h), e("M", i, j) + e("lam") * KroneckerDelta(i, j), "M + lam·I"),
    case("total sum", (), (), total(e("D", i, j), (i, h), (j, n)), "TotalSum(D)"),
    case(
        "chain",
        (i,),
        (h,),
        total(e("M", i, j) * e("N", j, k) * e("K", k, l) * e("u", l), (j, h), (k, h), (l, h)),
        "M N K u",
    ),
    case("triangle", (i,), (h,), total(e("M", i, j) * e("N", j, k) * e("K", i, k), (j, h), (k, h)), "RowSum(M N * K)"),
    # indices held fixed
    case(
        "scores",
        (b, i, j),
        (B, q, q),
        total(e("Q", b, i, k) * e("R", b, j, k), (k, n)) / sqrt(n),
        "each{b}((1/sqrt(n))·Q[b] R[b]')",
    ),
    case(
        "attention",
        (b, i, j),
        (B, q, q),
        exp(e("F", b, i, j)) / total(exp(e("F", b, i, k)), (k, q)),
        "each{b}(softmax1(F[b]))",
    ),
    case(
        "shared weights",
        (b, i, j),
        (B, q, h),
        total(e("Q", b, i, k) * e("W1", j, k), (k, n)) + e("b1", j),
        "each{b}(Q[b] W1' + 1{q,1} b1')",
    ),
    case(
        "shared weights, dW",
        (i, j),
        (h, n),
        total(d("V", b, s, i) * e("Q", b, s, j), (b, B), (s, q)),
        "sum{b}(dV[b]' Q[b])",
    ),
    case(
        "recurrence",
        (t, i),
        (T, h),
        total(e("W1", i, j) * e("U", t, j), (j, n)) + total(e("M", i, j) * e("H", t - 1, j), (j, h)) + e("b1", i),
        "each{t}(W1 U[t] + M H[t - 1] + b1)",
    ),
    case("recurrence, dW", (i, j), (h, h), total(d("H", t, i) * e("H", t - 1, j), (t, T)), "sum{t}(dH[t] H[t - 1]')"),
    case(
        "recurrence of samples, dW",
        (i, j),
        (h, h),
        total(d("V", b, s, i) * e("V", b, s - 1, j), (b, B), (s, q)),
        "sum{b,s}(dV[b,s] V[b,s - 1]')",
    ),
    case(
        "the last step of a recurrence",
        (t, i),
        (T, h),
        total(e("M", k, i) * d("H", t + 1, k), (k, h)) + KroneckerDelta(t, T - 1) * d("v", i),
        "each{t}(M' dH[t + 1] + (KroneckerDelta(t, T - 1))·dv)",
    ),
    case("time as an ordinary axis", (i, j), (h, n), total(d("H", t, i) * e("U", t, j), (t, T)), "dH' U"),
    case("rank 3", (i, j), (h, n), total(e("G", i, j, k) * e("y", k), (k, o)), "each{i}(G[i] y)"),
)
