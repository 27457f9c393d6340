r"""Matrix expressions with what they cost a reader, and the blocks that the factors of a term become.

Costs: a transpose of a leaf 1, of anything else 3; a product and a ⊙ 2; a sum, a trace, a diagonal 3. Ties go to the
expression whose tensors are read in the order in which they were declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Symbol

from symbackprop.algebra.matrices.grammar import (
    ColumnSum,
    Diagonal,
    Hadamard,
    Identity,
    Leaf,
    Map,
    Matrix,
    Ones,
    Plus,
    Power,
    Product,
    RowSum,
    Transpose,
    leaves,
)
from symbackprop.algebra.symbols import is_adjoint, primal

PRODUCT_COST, SUM_COST, DIAGONAL_COST, OUTER_INSIDE_COST = 2, 3, 3, 4
LEAF_TRANSPOSE_COST, TRANSPOSE_COST = 1, 3


@dataclass(frozen=True, slots=True)
class Form:
    """A matrix expression and what it costs a reader."""

    matrix: Matrix
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A factor on 0, 1 or 2 indices, written both ways.

    On (i, j): with rows i and columns j, then with rows j and columns i. On (i): as a column, then as a row.
    """

    ends: tuple[Symbol, ...]
    forms: tuple[Form, Form]

    def form(self, rows: Symbol | None, columns: Symbol | None) -> Form:
        """The form that has these indices down and across."""
        if len(self.ends) == 2:
            return self.forms[0] if self.ends[0] == rows else self.forms[1]
        return self.forms[0] if rows is not None or columns is None else self.forms[1]

    @property
    def cost(self) -> int:
        return min(form.cost for form in self.forms)


@dataclass(slots=True)
class Work:
    """What a search may still do: states left to look at. The place of each tensor in the order of factors."""

    states: int
    places: Mapping[str, int]

    def take(self) -> bool:
        self.states -= 1
        return self.states >= 0

    def reading(self, matrix: Matrix) -> tuple[int, ...]:
        """The places of the tensors of `matrix` as they are read: what breaks ties."""
        return tuple(self.place(leaf.name) for leaf in leaves(matrix))

    def place(self, name: str) -> int:
        """Adjoints that were not declared come after all else, in the order of their primals."""
        if name in self.places or not is_adjoint(name):
            return self.places.get(name, 2 * len(self.places))
        return len(self.places) + self.place(primal(name))


def scalar(form: Form) -> Block:
    return Block((), (form, form))


def vector(index: Symbol, column: Form) -> Block:
    return Block((index,), (column, transposed(column)))


def either(ends: tuple[Symbol, ...], first: Form, second: Form) -> Block:
    """A block whose forms are the two given, or the transposes of each other where that is cheaper."""
    return Block(ends, (cheaper(first, transposed(second)), cheaper(second, transposed(first))))


def cheaper(first: Form, second: Form) -> Form:
    return second if second.cost < first.cost else first


def transposed(form: Form) -> Form:
    """The transpose: of what is symmetric nothing, of what looks like one letter cheap."""
    match form.matrix:
        case Transpose(of):
            return Form(of, form.cost - _transpose_cost(of))
        case Ones((rows, columns)):
            return Form(Ones((columns, rows)), form.cost)
        case Diagonal() | Identity():
            return form
        case matrix if matrix.is_scalar:
            return form
        case Hadamard(factors) if all(isinstance(factor, Transpose) for factor in factors):
            turned = tuple(map(_untransposed, factors))
            return Form(Hadamard(turned), form.cost - sum(map(_transpose_cost, turned)))
        case matrix:
            return Form(Transpose(matrix), form.cost + _transpose_cost(matrix))


def _transpose_cost(matrix: Matrix) -> int:
    match matrix:
        case Leaf() | Map(_, Leaf()) | RowSum() | ColumnSum():
            return LEAF_TRANSPOSE_COST
        case _:
            return TRANSPOSE_COST


def product(*forms: Form) -> Form:
    """The matrix product, flat; the identity drops out."""
    factors: list[Matrix] = []
    for form in forms:
        inner = form.matrix
        factors.extend(inner.factors if isinstance(inner, Product) and not inner.is_scalar else (inner,))
    kept = tuple(factor for factor in factors if not isinstance(factor, Identity)) or (factors[0],)
    cost = sum(form.cost for form in forms) + PRODUCT_COST * (len(forms) - 1)
    return Form(kept[0] if len(kept) == 1 else Product(kept), cost)


def combined(vectors: list[Block], work: Work) -> Block:
    """All vectors at one index as one: their Hadamard product."""
    if len(vectors) == 1:
        return vectors[0]
    column, row = (hadamard([vector.forms[side] for vector in vectors], work) for side in (0, 1))
    return either(vectors[0].ends, column, row)


def hadamard(forms: list[Form], work: Work) -> Form:
    """The entrywise product: products first, then adjoints, the rest, sums, quotients; of 1×1 factors a plain product.

    A tensor and its own adjoint alone keep the order of tensors: P ⊙ dP.
    """
    if len(forms) == 1:
        return forms[0]
    factors: list[Matrix] = []
    for form in forms:
        factors.extend(form.matrix.factors if isinstance(form.matrix, Hadamard) else (form.matrix,))
    names = {factor.name for factor in map(_untransposed, factors) if isinstance(factor, Leaf)}
    pair = len(factors) == len(names) == 2 and len({primal(name) for name in names}) == 1

    def key(factor: Matrix) -> tuple:
        return (kind(factor, adjoints_first=not pair), work.reading(factor))

    matrix = Hadamard(tuple(sorted(factors, key=key)))
    cost = sum(form.cost for form in forms) + PRODUCT_COST * (len(forms) - 1)
    return Form(Product(matrix.factors) if matrix.is_scalar else matrix, cost)


def _untransposed(matrix: Matrix) -> Matrix:
    return matrix.of if isinstance(matrix, Transpose) else matrix


def kind(factor: Matrix, *, adjoints_first: bool = True) -> int:
    """The place of a factor among others: a product, an adjoint, tensors and derivatives, a sum, f(..), a quotient."""
    match _untransposed(factor):
        case Product():
            return 0
        case Leaf(name) if is_adjoint(name) and adjoints_first:
            return 1
        case Plus():
            return 3
        case Map(_, _, 0):
            return 4
        case Power(of, exponent) if exponent < 0:
            return 6 if isinstance(of, Plus) else 5
        case _:
            return 2
