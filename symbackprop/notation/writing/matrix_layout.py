"""From matrix expressions to layouts. Factors stay in their order; a sum begins with a positive term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch
from typing import Any

from sympy import Expr, S

from symbackprop.algebra.matrices import grammar
from symbackprop.algebra.matrices.grammar import Constant, Matrix, Power, Scale
from symbackprop.errors import RenderError
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.expressions import HALF, SIGNS, expression, number, signed_terms, times, which
from symbackprop.notation.writing.functions import function_call, operator
from symbackprop.notation.writing.glyphs import Nomenclature, tensor_layout
from symbackprop.notation.writing.layout import Call, Layout, Number, Over, Raised, Root, Terms, Transposed
from symbackprop.notation.writing.letters import letters_in, without_units

Formula = Expr | Matrix


def formula(of: Formula, names: Nomenclature) -> Layout:
    """The layout of a formula in index or in matrix notation."""
    return _layouts((of,), names)[0]


def _layouts(formulas: Sequence[Formula], names: Nomenclature) -> list[Layout]:
    """The layouts of formulas that stand in one display, with the letters of their free indices."""
    if names.letters is not None:
        formulas = without_units(formulas, names.space.shapes)
        names = with_indices(names, formulas)
    return [matrix(of, names) if isinstance(of, Matrix) else expression(of, names) for of in formulas]


def with_indices(names: Nomenclature, formulas: Sequence[Formula]) -> Nomenclature:
    """The names with a letter for each free index of formulas that are read together."""
    if names.letters is None:
        return names
    return replace(names, indices=letters_in(formulas, names.space.shapes, names.letters, names.indices))


def hoisted(formulas: Sequence[Formula], names: Nomenclature) -> tuple[list[Layout], tuple[Layout, ...]]:
    """The layouts of the sides of one equation, and the indices for each value of which it is said."""
    sides = _layouts(formulas, names)
    indices = next((side.indices for side in sides if isinstance(side, lay.ForEach)), ())
    shown = [side.of if isinstance(side, lay.ForEach) else side for side in sides]
    return [side for n, side in enumerate(shown) if n < 2 or side != shown[n - 1]], indices


def chain(formulas: Sequence[Formula], names: Nomenclature, sign: str = "=") -> Layout:
    """`a = b = c` on one line; a formula said for each value of an index says so once, at the end."""
    return chained(*hoisted(formulas, names), sign)


def chained(sides: Sequence[Layout], indices: tuple[Layout, ...], sign: str) -> Layout:
    """The sides of an equation on one line, with the words for the indices that it is said for."""
    row = lay.Chain(tuple(sides), sign) if len(sides) > 1 else sides[0]
    return lay.ForEach(indices, row) if indices else row


@singledispatch
def matrix(of: Matrix, names: Nomenclature) -> Layout:
    """The layout of a matrix expression.

    Raises:
        RenderError: a node that algebra/matrices/grammar.py does not have.
    """
    raise RenderError(f"cannot write matrix expressions of the kind {type(of).__name__}")


@matrix.register
def _(of: grammar.Leaf, names: Nomenclature) -> Layout:
    return tensor_layout(of.name, tuple(which(index, names) for index in of.fixed), names)


@matrix.register
def _(of: Constant, names: Nomenclature) -> Layout:
    return expression(of.value, names)


@matrix.register
def _(of: grammar.Ones, names: Nomenclature) -> Layout:
    rows, columns = (expression(size, names) for size in of.size)
    if of.size == (S.One, S.One):
        return Number("1")
    if of.size[1] == 1:
        return lay.Ones((rows,))
    return Transposed(lay.Ones((columns,))) if of.size[0] == 1 else lay.Ones((rows, columns))


@matrix.register
def _(of: grammar.Identity, names: Nomenclature) -> Layout:
    return lay.Unit(expression(of.size, names))


@matrix.register
def _(of: grammar.Transpose, names: Nomenclature) -> Layout:
    inner = matrix(of.of, names)
    return inner.of if isinstance(inner, Transposed) else Transposed(inner)


@matrix.register
def _(of: grammar.Product, names: Nomenclature) -> Layout:
    """Factors in their order; a 1 that fills a matrix is told from the identity here, where it would matter.

    A product of scalars is one quotient: (1 - y)/(1 - a).
    """
    if all(factor.is_scalar for factor in of.factors):
        below = [f for f in of.factors if isinstance(f, Power) and f.exponent < 0]
        if below:
            top = times([matrix(factor, names) for factor in of.factors if factor not in below])
            return Over(top, times([_power(f.of, -f.exponent, names) for f in below]))
    return times([_plus(f, names, False) if isinstance(f, grammar.Plus) else matrix(f, names) for f in of.factors])


@matrix.register
def _(of: grammar.Hadamard, names: Nomenclature) -> Layout:
    """A factor to a negative power stands below the line of a quotient."""
    below = [f for f in of.factors if isinstance(f, Power) and f.exponent < 0]
    above = [matrix(factor, names) for factor in of.factors if factor not in below]
    if not below:
        return _entrywise(above)
    bottom = _entrywise([_power(f.of, -f.exponent, names) for f in below])
    return Over(_entrywise(above) if above else Number("1"), bottom)


def _entrywise(factors: list[Layout]) -> Layout:
    flat = [inner for f in factors for inner in (f.factors if isinstance(f, lay.Hadamard) else (f,))]
    return flat[0] if len(flat) == 1 else lay.Hadamard(tuple(flat))


@matrix.register
def _(of: Scale, names: Nomenclature) -> Layout:
    by, inner = matrix(of.by, names), matrix(of.of, names)
    sign, by = _sign(by)
    inner_sign, inner = _sign(inner)
    scaled = inner if by == Number("1") else _scaled(by, inner)
    return signed_terms([(sign * inner_sign, scaled)])


def _sign(part: Layout) -> tuple[int, Layout]:
    """The sign of a single signed term, and the rest."""
    if isinstance(part, Terms) and len(part.items) == 1:
        return part.items[0]
    return 1, part


def _scaled(by: Layout, inner: Layout) -> Layout:
    """q times a matrix; a Hadamard product takes q into its first factor, which saves the brackets."""
    if isinstance(inner, lay.Hadamard):
        first, *rest = inner.factors
        return lay.Hadamard((times([by, first]), *rest))
    if inner == Number("1"):
        return by
    if isinstance(inner, Over):
        by, inner = _over_number(by, inner)
    return inner if by == Number("1") else times([by, inner])


def _over_number(by: Layout, inner: Over) -> tuple[Layout, Layout]:
    """A scalar before 1/b goes above its line."""
    return (Number("1"), replace(inner, top=by)) if inner.top == Number("1") else (by, inner)


@matrix.register
def _(of: grammar.Plus, names: Nomenclature) -> Layout:
    return _plus(of, names, any(_added(term) is term for term in of.terms))


def _plus(of: grammar.Plus, names: Nomenclature, broadcast: bool) -> Layout:
    """Terms; if `broadcast`, a matrix of ones is written as the number that it adds: 1 - a."""
    return signed_terms([(1, matrix(_added(term) if broadcast else term, names)) for term in of.terms])


def _added(term: Matrix) -> Matrix:
    if isinstance(term, grammar.Ones):
        return Constant(S.One)
    return term.by if isinstance(term, Scale) and isinstance(term.of, grammar.Ones) else term


@matrix.register
def _(of: Power, names: Nomenclature) -> Layout:
    if of.exponent < 0:
        return Over(Number("1"), _power(of.of, -of.exponent, names))
    return _power(of.of, of.exponent, names)


def _power(base: Matrix, exponent: Any, names: Nomenclature) -> Layout:
    inner = matrix(base, names)
    if exponent == 1:
        return inner
    if exponent == HALF:
        return Root(inner)
    return Raised(inner, number(exponent), elementwise=not base.is_scalar)


@matrix.register
def _(of: grammar.Map, names: Nomenclature) -> Layout:
    inner = matrix(of.of, names)
    if of.function == "abs" and of.order == 0 and of.of.is_scalar:
        return lay.Absolute(inner)
    return function_call(of.function, (inner,), of.order, names)


@matrix.register
def _(of: grammar.Indicator, names: Nomenclature) -> Layout:
    return lay.Indicator(lay.Relation(matrix(of.of, names), SIGNS[of.relation], Number("0")))


_FUNCTIONS: dict[type[Matrix], str] = {
    grammar.Diagonal: "diag",
    grammar.DiagonalOf: "diag",
    grammar.RowSum: "rowsum",
    grammar.ColumnSum: "colsum",
    grammar.TotalSum: "sum",
    grammar.Trace: "tr",
}


@matrix.register(grammar.Diagonal)
@matrix.register(grammar.DiagonalOf)
@matrix.register(grammar.RowSum)
@matrix.register(grammar.ColumnSum)
@matrix.register(grammar.TotalSum)
@matrix.register(grammar.Trace)
def _(of: Any, names: Nomenclature) -> Layout:
    return Call(operator(_FUNCTIONS[type(of)]), (matrix(of.of, names),))


@matrix.register
def _(of: grammar.NormSquared, names: Nomenclature) -> Layout:
    return lay.NormSquared(matrix(of.of, names))


@matrix.register(grammar.Softmax)
@matrix.register(grammar.LogSumExp)
def _(of: grammar.Softmax | grammar.LogSumExp, names: Nomenclature) -> Layout:
    """Along the only axis of a vector; of a matrix, the name says whether rows or columns are taken together."""
    name = "softmax" if isinstance(of, grammar.Softmax) else "logsumexp"
    argument = (matrix(of.of, names),)
    if of.of.shape[1 - of.axis] == 1:
        return Call(operator(name), argument)
    return Call(operator(name, ("columns", "rows")[of.axis]), argument)


@matrix.register
def _(of: grammar.SumOver, names: Nomenclature) -> Layout:
    base, inner = names.conventions.index_base, names.binding(*of.bounds)
    bounds = tuple(
        lay.Bound(inner.index(v), Number(str(base)), which(extent - 1, names), False) for v, extent in of.bounds
    )
    return lay.Big("sum", bounds, matrix(of.of, inner))


@matrix.register
def _(of: grammar.ForEach, names: Nomenclature) -> Layout:
    return lay.ForEach(tuple(names.index(index) for index in of.indices), matrix(of.of, names))
