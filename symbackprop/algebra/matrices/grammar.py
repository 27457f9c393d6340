r"""Matrix expressions: what people write. Every node has a shape (rows, columns); a vector is a column, a scalar 1×1.

The grammar, with the entry [r, c] that each node means:

    Leaf(A)              A[r, c]; a vector's A[r], a scalar's A
    Constant(q)          q: a number, a size, a product of such, of scalar tensors and of deltas of indices held fixed
    Ones(m, n)           1
    Identity(n)          δ(r, c)
    Transpose(X)         X[c, r]
    Product(X, Y, ...)   Σ_k X[r, k] Y[k, c]
    Hadamard(X, Y, ...)  X[r, c] Y[r, c]
    Scale(q, X)          q X[r, c], q a Constant's value or a 1×1 node
    Plus(X, Y, ...)      X[r, c] + Y[r, c]
    Power(X, e)          X[r, c] ** e, e a rational number; Power(X, -1) is written as a quotient
    Map(f, X)            f(X[r, c]): f is exp, log, sin, cos, erf, ... or the name of a scalar function, of some order
    Indicator(X, ">")    [X[r, c] > 0]; also ">=", "<", "<="
    Diagonal(v)          v[r] δ(r, c)
    DiagonalOf(X)        X[r, r] as a column
    RowSum(X)            Σ_k X[r, k] as a column
    ColumnSum(X)         Σ_k X[k, c] as a row
    TotalSum(X)          Σ X[j, k]
    NormSquared(X)       Σ X[j, k] ** 2
    Trace(X)             Σ X[k, k]
    Softmax(X, axis)     exp(X) divided by its sum along the axis: 0 down the columns, 1 along the rows
    LogSumExp(X, axis)   log of the sum of exp along the axis
    SumOver(b, X)        Σ X over the bounds (index, size) in b, whose indices Leaf subscripts hold fixed
    ForEach(e, X)        X for each value of the indices e, which Leaf subscripts hold fixed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sympy import Expr, Rational, S, Symbol, expand

Shape = tuple[Expr, Expr]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix expression; see the grammar at the top."""

    @property
    def shape(self) -> Shape:
        raise NotImplementedError

    @property
    def is_scalar(self) -> bool:
        return self.shape == (S.One, S.One)


@dataclass(frozen=True, slots=True)
class Leaf(Matrix):
    """A tensor by name; `fixed` are the indices of leading axes held fixed (`Q_b` for each b)."""

    name: str
    size: Shape
    fixed: tuple[Expr, ...] = ()

    @property
    def shape(self) -> Shape:
        return self.size


@dataclass(frozen=True, slots=True)
class Constant(Matrix):
    value: Expr

    @property
    def shape(self) -> Shape:
        return (S.One, S.One)


@dataclass(frozen=True, slots=True)
class Ones(Matrix):
    size: Shape

    @property
    def shape(self) -> Shape:
        return self.size


@dataclass(frozen=True, slots=True)
class Identity(Matrix):
    size: Expr

    @property
    def shape(self) -> Shape:
        return (self.size, self.size)


@dataclass(frozen=True, slots=True)
class Transpose(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        rows, columns = self.of.shape
        return (columns, rows)


@dataclass(frozen=True, slots=True)
class Product(Matrix):
    factors: tuple[Matrix, ...]

    @property
    def shape(self) -> Shape:
        return (self.factors[0].shape[0], self.factors[-1].shape[1])


@dataclass(frozen=True, slots=True)
class Hadamard(Matrix):
    factors: tuple[Matrix, ...]

    @property
    def shape(self) -> Shape:
        return self.factors[0].shape


@dataclass(frozen=True, slots=True)
class Scale(Matrix):
    by: Matrix
    of: Matrix

    @property
    def shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True, slots=True)
class Plus(Matrix):
    terms: tuple[Matrix, ...]

    @property
    def shape(self) -> Shape:
        return self.terms[0].shape


@dataclass(frozen=True, slots=True)
class Power(Matrix):
    of: Matrix
    exponent: Rational

    @property
    def shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True, slots=True)
class Map(Matrix):
    function: str
    of: Matrix
    order: int = 0

    @property
    def shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True, slots=True)
class Indicator(Matrix):
    of: Matrix
    relation: str

    @property
    def shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True, slots=True)
class Diagonal(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        return (self.of.shape[0], self.of.shape[0])


@dataclass(frozen=True, slots=True)
class DiagonalOf(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        return (self.of.shape[0], S.One)


@dataclass(frozen=True, slots=True)
class RowSum(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        return (self.of.shape[0], S.One)


@dataclass(frozen=True, slots=True)
class ColumnSum(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        return (S.One, self.of.shape[1])


@dataclass(frozen=True, slots=True)
class TotalSum(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        return (S.One, S.One)


@dataclass(frozen=True, slots=True)
class NormSquared(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        return (S.One, S.One)


@dataclass(frozen=True, slots=True)
class Trace(Matrix):
    of: Matrix

    @property
    def shape(self) -> Shape:
        return (S.One, S.One)


@dataclass(frozen=True, slots=True)
class Softmax(Matrix):
    of: Matrix
    axis: int

    @property
    def shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True, slots=True)
class LogSumExp(Matrix):
    of: Matrix
    axis: int

    @property
    def shape(self) -> Shape:
        rows, columns = self.of.shape
        return (S.One, columns) if self.axis == 0 else (rows, S.One)


@dataclass(frozen=True, slots=True)
class SumOver(Matrix):
    bounds: tuple[tuple[Symbol, Expr], ...]
    of: Matrix

    @property
    def shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True, slots=True)
class ForEach(Matrix):
    indices: tuple[Symbol, ...]
    of: Matrix

    @property
    def shape(self) -> Shape:
        return self.of.shape


def parts(matrix: Matrix) -> tuple[Matrix, ...]:
    """The matrix expressions that `matrix` is made of, in reading order; none for a Leaf, Constant, Ones, Identity."""
    match matrix:
        case Product(factors) | Hadamard(factors):
            return factors
        case Plus(terms):
            return terms
        case Scale(by, of):
            return (by, of)
        case Leaf() | Constant() | Ones() | Identity():
            return ()
        case _:
            return (matrix.of,)  # type: ignore[attr-defined]


def leaves(matrix: Matrix) -> Iterator[Leaf]:
    """The leaves of `matrix` in reading order, as often as they stand there."""
    if isinstance(matrix, Leaf):
        yield matrix
    for part in parts(matrix):
        yield from leaves(part)


def shape_errors(matrix: Matrix) -> tuple[str, ...]:
    """What does not fit in `matrix`, one sentence each, innermost first: empty for a well-formed expression."""
    inner = tuple(error for part in parts(matrix) for error in shape_errors(part))
    return inner + _own_shape_errors(matrix)


def _own_shape_errors(matrix: Matrix) -> tuple[str, ...]:
    match matrix:
        case Product(factors):
            pairs = pairwise(factors)
            return tuple(
                f"the product of {_sizes(left)} and {_sizes(right)}: the inner sizes differ"
                for left, right in pairs
                if not _same(left.shape[1], right.shape[0])
            )
        case Hadamard(several) | Plus(several):
            first, word = several[0], "sum" if isinstance(matrix, Plus) else "Hadamard product"
            unlike = [other for other in several[1:] if not all(map(_same, first.shape, other.shape))]
            return tuple(f"the {word} of {_sizes(first)} and {_sizes(other)}: the shapes differ" for other in unlike)
        case Scale(by, _) if not by.is_scalar:
            return (f"a factor of {_sizes(by)} where a scalar must stand",)
        case Diagonal(of) if not _same(of.shape[1], S.One):
            return (f"a diagonal of {_sizes(of)}, which is no vector",)
        case DiagonalOf(of) | Trace(of) if not _same(*of.shape):
            return (f"the diagonal of {_sizes(of)}, which is not square",)
        case _:
            return ()


def _same(left: Expr, right: Expr) -> bool:
    return expand(left - right) == 0


def _sizes(matrix: Matrix) -> str:
    rows, columns = matrix.shape
    return f"{rows}×{columns}"
