r"""Formulas with a definition put in and nothing simplified: what stands on paper before anything cancels.

SymPy evaluates products and sums when they are made: \(p \cdot y/p\) is \(y\) at once. Here a quotient or a sum that is
put in stays one factor, a product within the product; only numbers, signs and sizes go together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sympy import Add, Expr, Mul, Pow, Rational, S, Sum
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import apart, rebind
from symbackprop.algebra.elimination import definition_at
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import BINDERS, Apply, body_of, bounds_of, tensor_of


def shown_put_in(expr: Expr, names: Collection[str], ranges: Ranges, space: Space) -> Expr:
    """`expr` with each entry of the named tensors replaced by its definition, unevaluated.

    What reads none of them is left as it is. Bound indices of a definition get letters that are free where it goes.
    """
    name = tensor_of(expr)
    if name is not None:
        return apart(definition_at(expr, name, ranges, space), ranges) if name in names else expr
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    if isinstance(expr, BINDERS):
        inner = shown_put_in(body_of(expr), names, {**ranges, **dict(bounds_of(expr))}, space)
        return expr if inner is body_of(expr) else _bound(expr, inner)
    arguments = [shown_put_in(a, names, ranges, space) if isinstance(a, Expr) or a.args else a for a in expr.args]
    if all(a is b for a, b in zip(arguments, expr.args, strict=True)):
        return expr
    if isinstance(expr, Add):
        return unevaluated_sum(arguments)
    if isinstance(expr, Mul):
        pairs = zip(expr.args, arguments, strict=True)
        return unevaluated_product(held(new) if tensor_of(old) and _is_compound(new) else new for old, new in pairs)
    if isinstance(expr, Pow):
        return Pow(*arguments, evaluate=False)
    return expr.func(*arguments)


def _bound(binder: Expr, body: Expr) -> Expr:
    """A binder over another body; a minus of all that is added stands before the sum."""
    if isinstance(binder, Sum) and isinstance(body, Mul) and _number(body).is_negative:
        return unevaluated_product([S.NegativeOne, rebind(binder, _negated(body), bounds_of(binder))])
    return rebind(binder, body, bounds_of(binder))


def _negated(product: Expr) -> Expr:
    return unevaluated_product([S.NegativeOne, *product.args])


def _number(product: Expr) -> Expr:
    return Mul(*(factor for factor in Mul.make_args(product) if factor.is_Rational))


def _is_compound(expr: Expr) -> bool:
    """Whether what was put in for a name is a sum, or one part of a quotient."""
    return isinstance(expr, Add) or (isinstance(expr, Pow) and expr.exp.could_extract_minus_sign())


def unevaluated_sum(terms: Iterable[Expr]) -> Expr:
    """The sum of terms, none of them added up."""
    flat = [part for term in terms for part in Add.make_args(term) if part != 0]
    return Add(*flat, evaluate=False) if flat else S.Zero


def unevaluated_product(factors: Iterable[Expr]) -> Expr:
    """The product of factors, in which a quotient and a sum are kept as factors of their own; numbers go together."""
    flat = [inner for factor in factors for inner in _factors(factor)]
    number = Mul(*(factor for factor in flat if _is_plain(factor)))
    rest = [factor for factor in flat if not _is_plain(factor)]
    if number == 0 or not rest:
        return number
    numbers = [] if number == 1 else Mul.make_args(number)
    return Mul(*numbers, *rest, evaluate=False)


def held(expr: Expr) -> Expr:
    """An expression as one factor among others, in the place of the name for which it stands."""
    return Mul(S.One, expr, evaluate=False)


def _factors(factor: Expr) -> list[Expr]:
    """A factor, taken apart where that hides no quotient: its number before it, then itself or its own factors."""
    if not isinstance(factor, Mul) or factor.args[0] is S.One:
        return [factor]
    numbers = [part for part in factor.args if _is_plain(part)]
    rest = [part for part in factor.args if not _is_plain(part)]
    if any(isinstance(part, Pow) and part.exp.could_extract_minus_sign() for part in rest):
        return [*numbers, held(rest[0]) if len(rest) == 1 else Mul(*rest, evaluate=False)]
    return [*numbers, *rest]


def _is_plain(expr: Expr) -> bool:
    """Whether a factor is made of numbers and sizes alone."""
    if isinstance(expr, Rational):
        return True
    return not expr.has(Indexed, Apply, *BINDERS) and all(
        bool(s.is_integer and s.is_positive) for s in expr.free_symbols
    )
