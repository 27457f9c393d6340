"""The order in which a person writes factors and terms. It never depends on SymPy's own order.

Factors: numbers, sizes, scalar constants, parameters, adjoints, local derivatives, inputs and intermediates in the
order of their declaration, bracketed sums, functions, cases, deltas, guards, and last what is open to the right: sums,
unless an adjoint comes back through them.
Terms: indices, sizes, plain numbers, then what depends on data, then what depends on parameters alone; a number that is
subtracted, or very small, comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum

from sympy import Add, Expr, KroneckerDelta, Mul, Piecewise, Pow, Rational, Sum, Symbol
from sympy.core.function import Function
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import BINDERS, Apply, ArgMax, Guard, Maximum, Partial, is_adjoint, tensor_of, text_of
from symbackprop.notation.writing.glyphs import GREEK, Nomenclature, parts
from symbackprop.notation.writing.integers import Shown
from symbackprop.notation.writing.layout import Layout


class Rank(IntEnum):
    """The places of factors in a product."""

    NUMBER = 0
    SIZE = 1
    SCALAR = 2
    CONSTANT = 3
    ADJOINT = 4
    PARTIAL = 5
    TENSOR = 6
    BRACKET = 7
    FUNCTION = 8
    BRACKETED_FUNCTION = 9
    CASES = 10
    MAXIMUM = 11
    DELTA = 12
    GUARD = 13
    SUM = 14


SMALL = Rational(1, 100)
"""A number below it is written last in a sum: the ε of a norm."""

_FUNCTIONS = (Apply, Function)
_KINDS: tuple[tuple[type | tuple[type, ...], Rank], ...] = (
    (Sum, Rank.SUM),
    ((Maximum, ArgMax), Rank.MAXIMUM),
    (Guard, Rank.GUARD),
    (KroneckerDelta, Rank.DELTA),
    (Piecewise, Rank.CASES),
    (Partial, Rank.PARTIAL),
    (_FUNCTIONS, Rank.FUNCTION),
)


def is_size(expr: Expr) -> bool:
    """Whether a factor is made of sizes and numbers alone."""
    return not expr.has(Indexed, *_FUNCTIONS) and all(bool(symbol.is_positive) for symbol in expr.free_symbols)


def joins_fraction(factor: Expr, names: Nomenclature) -> bool:
    """Whether a factor is drawn above the line of the fraction in front: sizes, and constants such as λ."""
    if is_size(factor):
        return True
    name = tensor_of(factor)
    return name is not None and rank_of(factor, names) is Rank.SCALAR and parts(name)[0] in GREEK


def stays_outside(factor: Expr) -> bool:
    """Whether a factor stands beside a quotient, not above its line."""
    return rank_of(factor, None) >= Rank.CASES


def rank_of(factor: Expr, names: Nomenclature | None) -> Rank:
    """The place of a factor; without names, constants are not told from other tensors."""
    base = factor.base if isinstance(factor, Pow) else factor
    if isinstance(base, Sum) and any(map(is_adjoint, _tensors(base))):
        return Rank.ADJOINT  # what comes back through a sum stands before what it is multiplied by, as in matrices
    for kinds, rank in _KINDS:
        if isinstance(base, kinds):
            return rank
    if _is_plain_number(base):
        return Rank.NUMBER
    if isinstance(base, Add):
        if is_size(base):
            return Rank.SIZE
        return Rank.BRACKETED_FUNCTION if base.has(*_FUNCTIONS) else Rank.BRACKET
    if isinstance(base, Mul) and not is_size(base):
        return Rank.ADJOINT  # it stands for a name, where that stood
    name = tensor_of(base)
    if name is None:
        return Rank.SIZE
    return _rank_of_tensor(name, isinstance(base, Symbol), names)


def _rank_of_tensor(name: str, scalar: bool, names: Nomenclature | None) -> Rank:
    if is_adjoint(name):
        return Rank.ADJOINT
    if names is not None and name in names.constants:
        return Rank.SCALAR if scalar else Rank.CONSTANT
    return Rank.TENSOR


def _is_plain_number(expr: Expr) -> bool:
    return bool(expr.is_number) and not expr.has(*BINDERS)


def factors(items: Iterable[Expr], names: Nomenclature) -> list[Expr]:
    """The factors of a product in the order in which they are written."""
    return _in_order(items, lambda factor: _factor_key(factor, names))


def _in_order(items: Iterable[Expr], key: Callable[[Expr], tuple]) -> list[Expr]:
    """Sorted; one alone needs no key, and keys cost more than all else that writes a formula."""
    found = list(items)
    return found if len(found) < 2 else sorted(found, key=key)


def _factor_key(factor: Expr, names: Nomenclature) -> tuple:
    return (rank_of(factor, names), _first_place(factor, names), _looks(factor))


def _first_place(factor: Expr, names: Nomenclature) -> int:
    return min((names.place(name) for name in _tensors(factor)), default=-1)


def _tensors(expr: Expr) -> list[str]:
    entries = expr.atoms(Indexed, Symbol)
    return [name for name in map(tensor_of, entries) if name is not None]


def _looks(expr: Expr) -> tuple[int, str]:
    text = text_of(expr)
    return (len(text), text)


def by_looks(layout: Layout) -> tuple[int, str]:
    """A key by which layouts of equal standing are put in order: the shorter, then the alphabet."""
    text = repr(layout)
    return (len(text), text)


def terms(items: Iterable[Expr], names: Nomenclature) -> list[Expr]:
    """The terms of a sum in the order in which they are written."""
    return _in_order(items, lambda term: _term_key(term, names))


def _term_key(term: Expr, names: Nomenclature) -> tuple:
    size = -term if term.could_extract_minus_sign() else term
    tensors = sorted({_rank_and_place(name, names) for name in _tensors(size)})
    if tensors:
        from_data = any(rank > Rank.CONSTANT for rank, _ in tensors)
        return (3 if from_data else 4, tensors, _looks(size))
    if size.has(Shown):
        return (0, [], (0, str(size)))
    if _is_plain_number(size):
        last = size != term or (size.is_Number and size < SMALL)
        return (5 if last else 2, [], _looks(size))
    return (1, [], _looks(size))


def _rank_and_place(name: str, names: Nomenclature) -> tuple[Rank, int]:
    return _rank_of_tensor(name, name in names.space.shapes and not names.space.shapes[name], names), names.place(name)
