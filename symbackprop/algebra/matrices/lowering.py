r"""Matrix notation back to index notation: `lower` writes out the entry that a matrix expression means.

A product becomes a sum over a fresh index, Σ_k X[r,k] Y[k,c]; a diagonal inside a product needs none; an index of
size 1 is 0 and is not summed. Every name is fresh, so nothing is captured.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr, Integer, KroneckerDelta, Mul, Piecewise, S, Symbol, exp, log, sympify

from symbackprop.algebra.binding import fresh, substitute
from symbackprop.algebra.matrices.grammar import (
    ColumnSum,
    Constant,
    Diagonal,
    DiagonalOf,
    ForEach,
    Hadamard,
    Identity,
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
    TotalSum,
    Trace,
    Transpose,
    parts,
)
from symbackprop.algebra.matrices.preparation import FUNCTIONS, RELATIONS, shape_of
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, entry, total
from symbackprop.errors import UsageError


@dataclass(slots=True)
class _Names:
    """The names that are taken, and what stands for the indices that leaves hold fixed."""

    space: Space
    taken: set[Symbol]
    fixed: dict[Symbol, Expr] = field(default_factory=dict)

    def index(self, extent: Expr) -> Expr:
        """A fresh index, or 0 where there is only one value."""
        if extent == 1:
            return S.Zero
        new = fresh(self.taken)
        self.taken.add(new)
        return new


def lower(matrix: Matrix, indices: tuple[Expr, ...], space: Space) -> Expr:
    """The entry of `matrix` at `indices`: those of a ForEach first, then row and column, of a vector its one index.

    Raises UsageError if there are more or fewer indices than `matrix` has.
    """
    places = tuple(sympify(i, strict=True) for i in indices)
    taken = set().union(_symbols(matrix), *(i.free_symbols for i in places))
    names = _Names(space, taken)
    inner = matrix
    if isinstance(matrix, ForEach):
        count = len(matrix.indices)
        names.fixed.update(zip(matrix.indices, places[:count], strict=False))
        places, inner = places[count:], matrix.of
    row, column = _row_and_column(inner, places)
    return _entry(inner, row, column, names)


def _row_and_column(matrix: Matrix, places: tuple[Expr, ...]) -> tuple[Expr, Expr]:
    rows, columns = matrix.shape
    match places:
        case (row, column):
            return row, column
        case (place,) if columns == 1:
            return place, S.Zero
        case (place,) if rows == 1:
            return S.Zero, place
        case () if rows == columns == 1:
            return S.Zero, S.Zero
    raise UsageError(
        f"a matrix expression of {rows}×{columns} cannot be read at {len(places)} indices",
        fix="Give a row and a column; for a column or a row one index, for a scalar none.",
    )


def _symbols(matrix: Matrix) -> set[Symbol]:
    """Every symbol that a fresh name must avoid."""
    found: set[Symbol] = set().union(*(extent.free_symbols for extent in matrix.shape))
    match matrix:
        case Leaf(_, _, fixed):
            found |= set().union(*(place.free_symbols for place in fixed))
        case Constant(value):
            found |= value.free_symbols
        case ForEach(indices, _):
            found |= set(indices)
        case SumOver(bounds, _):
            found |= {variable for variable, _ in bounds}
    return found.union(*(_symbols(part) for part in parts(matrix)))


def _entry(matrix: Matrix, row: Expr, column: Expr, names: _Names) -> Expr:
    match matrix:
        case Leaf():
            return _leaf_entry(matrix, row, column, names)
        case Constant(value):
            return substitute(value, names.fixed)
        case Ones():
            return S.One
        case Identity():
            return KroneckerDelta(row, column)
        case Transpose(of):
            return _entry(of, column, row, names)
        case Product(factors):
            return _product_entry(factors, row, column, names)
        case Hadamard(factors):
            return Mul(*(_entry(factor, row, column, names) for factor in factors))
        case Scale(by, of):
            return _entry(by, S.Zero, S.Zero, names) * _entry(of, row, column, names)
        case Plus(terms):
            return sum((_entry(term, row, column, names) for term in terms), S.Zero)
        case Diagonal(of):
            return _entry(of, row, S.Zero, names) * KroneckerDelta(row, column)
        case DiagonalOf(of):
            return _entry(of, row, row, names)
        case SumOver(bounds, of):
            return _sum_over_entry(bounds, of, row, column, names)
        case Power() | Map() | Indicator():
            return _mapped_entry(matrix, row, column, names)
        case _:
            return _reduced_entry(matrix, row, column, names)


def _leaf_entry(leaf: Leaf, row: Expr, column: Expr, names: _Names) -> Expr:
    fixed = tuple(substitute(place, names.fixed) for place in leaf.fixed)
    rank = len(shape_of(leaf.name, names.space) or ())
    return entry(leaf.name, *(*fixed, row, column)[:rank])


def _product_entry(factors: tuple[Matrix, ...], row: Expr, column: Expr, names: _Names) -> Expr:
    """Σ over an index between every two factors; a diagonal (or the identity) has the same index on both sides."""
    solid = [place for place, factor in enumerate(factors) if not isinstance(factor, Diagonal | Identity)]
    bounds: list[tuple[Symbol, Expr]] = []
    body = S.One if solid else KroneckerDelta(row, column)
    left = row
    for place, factor in enumerate(factors):
        right = left
        if solid and place == solid[-1]:
            right = column
        elif place in solid:
            right = names.index(factor.shape[1])
            if isinstance(right, Symbol):
                bounds.append((right, factor.shape[1]))
        body *= (
            _entry(factor.of, left, S.Zero, names)
            if isinstance(factor, Diagonal)
            else (S.One if isinstance(factor, Identity) else _entry(factor, left, right, names))
        )
        left = right
    return total(body, *bounds)


def _sum_over_entry(
    bounds: tuple[tuple[Symbol, Expr], ...], of: Matrix, row: Expr, column: Expr, names: _Names
) -> Expr:
    outer = dict(names.fixed)
    renamed = []
    for variable, extent in bounds:
        new = names.index(extent)
        names.fixed[variable] = new
        if isinstance(new, Symbol):
            renamed.append((new, extent))
    body = _entry(of, row, column, names)
    names.fixed = outer
    return total(body, *renamed)


def _mapped_entry(matrix: Power | Map | Indicator, row: Expr, column: Expr, names: _Names) -> Expr:
    inside = _entry(matrix.of, row, column, names)
    match matrix:
        case Power(_, exponent):
            return inside**exponent
        case Map(function, _, 0) if function in FUNCTIONS:
            return FUNCTIONS[function](inside)
        case Map(function, _, order):
            return Apply(function, inside, order)
        case Indicator(_, relation):
            return Piecewise((S.One, _comparison(relation)(inside, S.Zero)), (S.Zero, True))


def _comparison(sign: str) -> type:
    return next(relation for relation, written in RELATIONS.items() if written == sign)


def _reduced_entry(matrix: Matrix, row: Expr, column: Expr, names: _Names) -> Expr:
    """What sums over an index of the matrix inside."""
    of = parts(matrix)[0]
    match matrix:
        case RowSum():
            return _summed(of, row, None, names)
        case ColumnSum():
            return _summed(of, None, column, names)
        case TotalSum():
            return _summed(of, None, None, names)
        case NormSquared():
            return _summed(Power(of, Integer(2)), None, None, names)
        case Trace():
            place = names.index(of.shape[0])
            return _over(_entry(of, place, place, names), (place, of.shape[0]))
        case Softmax(_, axis):
            fixed = (None, column) if axis == 0 else (row, None)
            return exp(_entry(of, row, column, names)) / _summed(Map("exp", of), *fixed, names)
        case LogSumExp(_, axis):
            fixed = (None, column) if axis == 0 else (row, None)
            return log(_summed(Map("exp", of), *fixed, names))
        case _:
            raise UsageError(f"a {type(matrix).__name__} has no entry of its own", fix="Put ForEach outermost.")


def _summed(matrix: Matrix, row: Expr | None, column: Expr | None, names: _Names) -> Expr:
    """The sum of `matrix` over the row or the column or both, those that are None."""
    rows, columns = matrix.shape
    down = names.index(rows) if row is None else row
    across = names.index(columns) if column is None else column
    pairs = [(i, n) for i, given, n in ((across, column, columns), (down, row, rows)) if given is None]
    return _over(_entry(matrix, down, across, names), *pairs)


def _over(body: Expr, *pairs: tuple[Expr, Expr]) -> Expr:
    return total(body, *((place, extent) for place, extent in pairs if isinstance(place, Symbol)))
