"""What an expression reads: each entry with its index expressions, the ranges around it, and what holds there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sympy import Expr, KroneckerDelta, Mul, Not, Piecewise, Symbol
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.space import Ranges
from symbackprop.algebra.symbols import BINDERS, ArgMax, Guard, body_of, bounds_of, indices_of, tensor_of
from symbackprop.algebra.terms import Term, indicator, is_index_condition

Use = Literal["value", "index", "choice"]
"""A read enters a value, an index, or only the choice of a maximiser or of a case."""


@dataclass(frozen=True, slots=True)
class Read:
    """An entry of a tensor in an expression.

    `ranges` gives the size of every index around it, free ones and bound ones; each of `known` is at least 0 wherever
    the read counts: a guard that multiplies it, the condition of its case.
    """

    entry: Expr
    ranges: Ranges
    known: tuple[Expr, ...]
    use: Use

    @property
    def tensor(self) -> str:
        return tensor_of(self.entry) or ""

    @property
    def indices(self) -> tuple[Expr, ...]:
        return indices_of(self.entry)


def reads_of(expr: Expr, ranges: Ranges) -> tuple[Read, ...]:
    """Every read in `expr`, whose sums run over boxes and whose bound indices are apart."""
    return tuple(_walk(expr, ranges, (), "value"))


def names_read(expr: Expr) -> frozenset[str]:
    """The tensors that stand in `expr`, as values or otherwise."""
    return frozenset(name for part in expr.atoms(Indexed, Symbol) if (name := tensor_of(part)) is not None)


def _walk(expr: Expr, ranges: Ranges, known: tuple[Expr, ...], use: Use) -> Iterator[Read]:
    if tensor_of(expr) is not None:
        yield Read(expr, ranges, known, use)
        for position in indices_of(expr):
            yield from _walk(position, ranges, known, "index")
    elif isinstance(expr, BINDERS):
        inner: Mapping[Symbol, Expr] = {**ranges, **dict(bounds_of(expr))}
        yield from _walk(body_of(expr), inner, known, "choice" if isinstance(expr, ArgMax) else use)
    elif isinstance(expr, Mul):
        yield from _walk_product(expr, ranges, known, use)
    elif isinstance(expr, Piecewise):
        yield from _walk_cases(expr, ranges, known, use)
    elif isinstance(expr, Guard | KroneckerDelta):
        for argument in expr.args:
            yield from _walk(argument, ranges, known, "index")
    else:
        for argument in expr.args:
            yield from _walk(argument, ranges, known, use)


def _walk_product(expr: Mul, ranges: Ranges, known: tuple[Expr, ...], use: Use) -> Iterator[Read]:
    """A product is 0 where a guard or a delta in it is, whatever the other factors are there."""
    premises = [(factor, _premises_of_factor(factor)) for factor in expr.args]
    for factor in expr.args:
        others = tuple(p for other, found in premises if other is not factor for p in found)
        yield from _walk(factor, ranges, (*known, *others), use)


def _premises_of_factor(factor: Expr) -> tuple[Expr, ...]:
    if isinstance(factor, Guard):
        return (factor.argument,)
    if isinstance(factor, KroneckerDelta):
        difference = factor.args[0] - factor.args[1]
        return (difference, -difference)
    return ()


def _walk_cases(expr: Piecewise, ranges: Ranges, known: tuple[Expr, ...], use: Use) -> Iterator[Read]:
    before: tuple[Expr, ...] = ()
    for value, condition in expr.args:
        if not is_index_condition(condition):
            for part in condition.args:
                yield from _walk(part, ranges, (*known, *before), "choice")
        yield from _walk(value, ranges, (*known, *before, *premises_of(condition)), use)
        before = (*before, *premises_of(Not(condition)))


def premises_of(condition: Boolean) -> tuple[Expr, ...]:
    """Expressions that are at least 0 where an index condition holds; none for conditions on values."""
    if not is_index_condition(condition):
        return ()
    terms: tuple[Term, ...] = indicator(condition)
    if len(terms) != 1:
        return ()
    return (*terms[0].guards, *(p for factor in terms[0].factors for p in _premises_of_factor(factor)))
