"""From index expressions to layouts: the order of factors and terms, signs, quotients, indices under their base."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any, Literal

import sympy
from sympy import Add, Expr, KroneckerDelta, Mul, Piecewise, Pow, Rational, S, Sum, Symbol, floor, fraction, together
from sympy.core.function import AppliedUndef, Function
from sympy.core.relational import Relational
from sympy.functions import Abs, exp
from sympy.logic.boolalg import And, Not, Or, true
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import (
    BINDERS,
    Apply,
    ArgMax,
    Guard,
    Maximum,
    Partial,
    body_of,
    bounds_of,
    indices_of,
    parted,
    primal,
    tensor_of,
)
from symbackprop.errors import RenderError
from symbackprop.notation.writing import ordering
from symbackprop.notation.writing.functions import function_call
from symbackprop.notation.writing.glyphs import Nomenclature, letter, tensor_layout
from symbackprop.notation.writing.integers import Shown, counts, is_index, position, shifted, sides
from symbackprop.notation.writing.layout import (
    Absolute,
    Big,
    Bound,
    Cases,
    Delta,
    Derivative,
    Exponential,
    Indicator,
    Infinity,
    Iverson,
    Layout,
    Logic,
    Number,
    Over,
    Raised,
    Relation,
    Root,
    Terms,
    Times,
)

HALF = Rational(1, 2)
SIGNS = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠"}


@singledispatch
def expression(expr: object, names: Nomenclature) -> Layout:
    """The layout of an index expression.

    Raises:
        RenderError: a kind of expression that no model can contain.
    """
    raise RenderError(
        f"cannot write {type(expr).__name__} expressions such as {expr}",
        fix="Build formulas from entries, sums and the functions of a model.",
    )


@expression.register
def _(expr: Rational, _names: Nomenclature) -> Layout:
    if expr < 0:
        return Terms(((-1, number(-expr)),))
    return number(expr)


def number(value: Any) -> Layout:
    """A rational number of at least 0: an integer, a decimal fraction, or a quotient."""
    if value.q == 1 or is_decimal(value):
        return Number(_digits(value))
    return Over(Number(str(value.p)), Number(str(value.q)))


def is_decimal(value: Rational) -> bool:
    """Whether a person would write the number with a decimal point: 0.01, but 1/2 and 3/4."""
    return value.q % 5 == 0 and 10**12 % value.q == 0


def _digits(value: Rational) -> str:
    if value.q == 1:
        return str(value.p)
    places = next(n for n in range(1, 13) if 10**n % value.q == 0)
    whole = value.p * 10**places // value.q
    if value < ordering.SMALL:
        mantissa = str(whole).rstrip("0")
        exponent = len(str(whole)) - 1 - places
        return f"{mantissa[0]}.{mantissa[1:]}e{exponent}".replace(".e", "e")
    digits = str(whole).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


@expression.register
def _(expr: sympy.Float, _names: Nomenclature) -> Layout:
    digits = repr(abs(float(expr))).removesuffix(".0")
    return Terms(((-1, Number(digits)),)) if expr < 0 else Number(digits)


@expression.register
def _(expr: sympy.NumberSymbol, _names: Nomenclature) -> Layout:
    return Exponential(Number("1")) if expr is S.Exp1 else letter(str(expr).lower())


@expression.register
def _(expr: Symbol, names: Nomenclature) -> Layout:
    if is_index(expr):
        return expression(shifted(expr, names.conventions.index_base), names)
    return letter(expr.name) if expr.is_integer else tensor_layout(expr.name, (), names)


@expression.register
def _(expr: Shown, names: Nomenclature) -> Layout:
    return names.index(expr.of) if is_index(expr.of) else expression(expr.of, names)


@expression.register
def _(expr: Indexed, names: Nomenclature) -> Layout:
    name, places = tensor_of(expr) or "", indices_of(expr)
    if names.letters is not None and is_single(name, names) and not any(places):
        return tensor_layout(name, (), names)
    return tensor_layout(name, tuple(which(index, names) for index in places), names)


def is_single(name: str, names: Nomenclature) -> bool:
    """Whether a tensor with axes has one entry at all sizes, which then needs no index."""
    shape = names.space.shapes.get(primal(parted(name)[0]), ())
    return bool(shape) and all(extent == 1 for extent in shape)


def which(index: Any, names: Nomenclature) -> Layout:
    """An index of an entry, counted from the index base."""
    return expression(position(index, names.conventions.index_base), names)


@expression.register
def _(expr: Add, names: Nomenclature) -> Layout:
    terms = Add.make_args(expr)
    if names.conventions.index_base and any(counts(term) for term in terms):
        whole = [term for term in terms if term.is_integer and not term.has(Indexed, Apply, Guard, KroneckerDelta)]
        rest = [term for term in terms if term not in whole]
        terms = (*Add.make_args(shifted(Add(*whole), names.conventions.index_base)), *rest)
    pairs = [_signed(term) for term in ordering.terms(terms, names)]
    shared = _shared_number(Add(*(size for _, size in pairs), evaluate=False))
    inner = signed_terms([(sign, expression(_times_number(size, 1 / shared), names)) for sign, size in pairs])
    return times([*_fraction(shared, [], [], names), inner]) if shared != 1 else inner


def _shared_number(of: Expr) -> Rational:
    """The number that every term is multiplied by, as in 2 a - 2 y; SymPy never keeps it before the bracket."""
    numbers = {abs(_coefficient(term)) for term in Add.make_args(of)}
    shared = numbers.pop() if len(numbers) == 1 else S.One
    return shared if isinstance(shared, Rational) else S.One


def _signed(term: Any) -> tuple[int, Any]:
    negative = (term.is_Number and term < 0) or (isinstance(term, Mul) and _coefficient(term) < 0)
    return (-1, _times_number(term, S.NegativeOne)) if negative else (1, term)


def _times_number(term: Any, number: Any) -> Any:
    """The term times a number; a product that SymPy would evaluate, as it was made."""
    if number == 1 or not _is_unevaluated(term):
        return term * number
    front = _coefficient(term) * number
    rest = [factor for factor in term.args if not factor.is_Number]
    return Mul(*([front] if front != 1 else []), *rest, evaluate=False)


def _is_unevaluated(term: Expr) -> bool:
    """Whether a product has a product for a factor, a power of one, or one base twice: SymPy would make one of them."""
    bases = [factor.base if isinstance(factor, Pow) else factor for factor in Mul.make_args(term)]
    return any(isinstance(base, Mul | Pow) for base in bases) or len(set(bases)) < len(bases)


def _coefficient(term: Expr) -> Expr:
    return Mul(*(factor for factor in Mul.make_args(term) if factor.is_Number))


def signed_terms(pairs: Iterable[tuple[int, Layout]]) -> Layout:
    """Terms in the order given, but a positive one first; if all are negative, a minus before the bracket."""
    flat: list[tuple[int, Layout]] = []
    for sign, part in pairs:
        inner = part.items if isinstance(part, Terms) else ((1, part),)
        flat.extend((sign * inner_sign, item) for inner_sign, item in inner)
    first = next((place for place, (sign, _) in enumerate(flat) if sign > 0), None)
    if first is None:
        positive = tuple((1, item) for _, item in flat)
        return Terms(((-1, positive[0][1]),)) if len(flat) == 1 else Terms(((-1, Terms(positive)),))
    flat.insert(0, flat.pop(first))
    return flat[0][1] if len(flat) == 1 else Terms(tuple(flat))


@expression.register
def _(expr: Mul, names: Nomenclature) -> Layout:
    sign, size = _signed(expr)
    layout = _product(size, names)
    return signed_terms([(sign, layout)]) if sign < 0 else layout


def _product(expr: Expr, names: Nomenclature) -> Layout:
    """A product that is not negative: a fraction of numbers and sizes, the quotient of the entries, the rest."""
    above: list[Expr] = []
    below: list[Expr] = []
    ratio: Any = S.One
    for factor in _flat(expr):
        if isinstance(factor, Rational):
            ratio *= factor
        elif isinstance(factor, Add) and (shared := _shared_number(factor)) != 1:
            ratio *= shared  # 1/2 before 2 μ - 2 y is no fraction
            above.append(Add(*(term / shared for term in factor.args)))
        elif _is_below(factor):
            below.append(1 / factor)
        else:
            above.append(factor)
    constant_below = [factor for factor in below if ordering.is_size(factor)]
    other_below = [factor for factor in below if not ordering.is_size(factor)]
    has_line = bool(constant_below) or (ratio.q != 1 and not is_decimal(ratio))
    front = [f for f in above if isinstance(f, sympy.Float) or (has_line and ordering.joins_fraction(f, names))]
    entries = [f for f in above if f not in front]
    return times([*_fraction(ratio, front, constant_below, names), *_quotient(entries, other_below, names)])


def _flat(expr: Expr) -> list[Expr]:
    """The factors of a product, those of a product within it too; but a quotient in it, or a sum put in, stays one."""
    flat: list[Expr] = []
    for factor in Mul.make_args(expr):
        whole = isinstance(factor, Mul) and (factor.args[0] is S.One or any(map(_is_below, factor.args)))
        flat += [factor] if whole or not factor.is_Mul else _flat(factor)
    return flat


def _is_below(factor: Expr) -> bool:
    exponent = factor.exp if isinstance(factor, Pow) else S.One
    return bool(exponent.is_number) and bool(exponent.is_negative)


def _fraction(ratio: Rational, above: list[Expr], below: list[Expr], names: Nomenclature) -> list[Layout]:
    """Numbers and sizes: 2, 1/m, n/(2 m)."""
    upper, lower = (number(ratio), 1) if is_decimal(ratio) else (Number(str(ratio.p)), ratio.q)
    tops = [upper] if upper != Number("1") else []
    tops += [expression(f, names) for f in ordering.factors(above, names)]
    bottoms = [Number(str(lower))] if lower != 1 else []
    bottoms += [expression(f, names) for f in ordering.factors(below, names)]
    if not bottoms:
        return tops
    return [Over(times(tops), times(bottoms))]


def _quotient(above: list[Expr], below: list[Expr], names: Nomenclature) -> list[Layout]:
    """The factors in their order; with something below, all but deltas, guards and sums stand above the line."""
    ordered = ordering.factors(above, names)
    if not below:
        return [expression(factor, names) for factor in ordered]
    inner = [expression(f, names) for f in ordered if not ordering.stays_outside(f)]
    outer = [expression(f, names) for f in ordered if ordering.stays_outside(f)]
    bottom = times([expression(factor, names) for factor in ordering.factors(below, names)])
    return [Over(times(inner), bottom), *outer]


def times(factors: list[Layout]) -> Layout:
    """A product of layouts; of none, 1."""
    if not factors:
        return Number("1")
    if len(factors) == 1:
        return factors[0]
    flat = [inner for f in factors for inner in (f.factors if isinstance(f, Times) else (f,))]
    return Times(tuple(flat))


@expression.register
def _(expr: Pow, names: Nomenclature) -> Layout:
    base, exponent = expr.args
    if _is_below(expr):
        return _product(expr, names)
    if exponent == HALF:
        return Root(expression(base, names))
    return Raised(expression(base, names), expression(exponent, names))


@expression.register
def _(expr: exp, names: Nomenclature) -> Layout:
    return Exponential(expression(expr.args[0], names), names.has_e)


@expression.register
def _(expr: Abs, names: Nomenclature) -> Layout:
    return Absolute(expression(expr.args[0], names))


@expression.register
def _(expr: Function, names: Nomenclature) -> Layout:
    if isinstance(expr, AppliedUndef):
        raise RenderError(f"the function {expr.func} is unknown", fix="Apply a function of the model.")
    arguments = tuple(expression(argument, names) for argument in expr.args)
    return function_call(type(expr).__name__, arguments, 0, names)


@expression.register
def _(expr: floor, names: Nomenclature) -> Layout:
    r"""One quotient within: \(\lfloor (k - 1)/N \rfloor\), not a difference of two."""
    above, below = fraction(together(expr.args[0]))
    top = expression(above, names)
    inner = top if below == 1 else Over(top, expression(below, names))
    return function_call("floor", (inner,), 0, names)


@expression.register
def _(expr: Apply, names: Nomenclature) -> Layout:
    argument = expression(expr.argument, names)
    if expr.name == "abs" and expr.order == 0:
        return Absolute(argument)
    return function_call(expr.name, (argument,), expr.order, names)


@expression.register
def _(expr: KroneckerDelta, names: Nomenclature) -> Layout:
    first, second = sorted((which(argument, names) for argument in expr.args[:2]), key=ordering.by_looks)
    return Delta(first, second)


@expression.register
def _(expr: Guard, names: Nomenclature) -> Layout:
    return Iverson(_of_integers(expr.argument, "≥", names))


def _of_integers(expr: Expr, sign: str, names: Nomenclature) -> Layout:
    left, sign, right = sides(shifted(expr, names.conventions.index_base), sign)
    return Relation(expression(left, names), sign, expression(right, names))


_BINDERS: dict[type, Literal["sum", "max", "argmax"]] = {Sum: "sum", Maximum: "max", ArgMax: "argmax"}


@expression.register(Sum)
@expression.register(Maximum)
@expression.register(ArgMax)
def _(expr: Expr, names: Nomenclature) -> Layout:
    kind = _BINDERS[type(expr)]
    bounds, body = list(bounds_of(expr)), body_of(expr)
    while kind == "sum" and isinstance(body, Sum):
        bounds, body = [*bounds, *bounds_of(body)], body_of(body)
    inner = names.binding(*bounds)
    return Big(kind, tuple(_bound(v, extent, body, inner) for v, extent in bounds), expression(body, inner))


def _bound(variable: Symbol, extent: Expr, body: Expr, names: Nomenclature) -> Bound:
    base = names.conventions.index_base
    high = expression(position(extent - 1, base), names)
    return Bound(names.index(variable), Number(str(base)), high, _is_implied(variable, extent, body, names))


def _is_implied(variable: Symbol, extent: Expr, body: Any, names: Nomenclature) -> bool:
    """Whether some entry reads the variable at an axis of just this size, and no inner binder means another by it."""
    if isinstance(body, Indexed):
        shape = names.space.shapes.get(primal(tensor_of(body) or ""), ())
        if any(place == variable and size == extent for place, size in zip(body.indices, shape, strict=False)):
            return True
    if isinstance(body, BINDERS) and any(bound == variable for bound, _ in bounds_of(body)):
        return False
    return any(_is_implied(variable, extent, part, names) for part in body.args)


@expression.register
def _(expr: Piecewise, names: Nomenclature) -> Layout:
    pieces: Any = expr.args
    if len(pieces) == 2 and pieces[1][1] == true and {pieces[0][0], pieces[1][0]} == {S.Zero, S.One}:
        condition = pieces[0][1] if pieces[0][0] == 1 else Not(pieces[0][1])
        return Indicator(condition_layout(condition, names))
    return Cases(tuple((expression(v, names), None if c == true else condition_layout(c, names)) for v, c in pieces))


def condition_layout(condition: Any, names: Nomenclature) -> Layout:
    """A condition: a relation of values or of indices, or several joined."""
    if isinstance(condition, Not):
        condition = condition.to_nnf()  # the denials stand at the relations, which turn round
    if isinstance(condition, And | Or):
        inner = sorted((condition_layout(c, names) for c in condition.args), key=ordering.by_looks)
        return Logic("and" if isinstance(condition, And) else "or", tuple(inner))
    if not isinstance(condition, Relational):
        raise RenderError(f"cannot write the condition {condition}")
    relation: Any = condition
    left, sign, right = relation.lhs, SIGNS[relation.rel_op], relation.rhs
    if is_index(left) and right is S.Zero and sign == "≤":
        sign = "="  # no index is less
    if counts(left - right) or (sign in "=≠" and _compares_index(left, right)):
        return _integer_condition(left - right, sign, names)
    if left.is_number and not right.is_number:
        left, sign, right = right, {">": "<", "<": ">", "≥": "≤", "≤": "≥"}.get(sign, sign), left
    return Relation(expression(left, names), sign, expression(right, names))


def _compares_index(left: Expr, right: Expr) -> bool:
    """Whether an entry that serves as an index is compared with one: tok[t] = k."""
    return any(tensor_of(one) is not None and counts(other) for one, other in ((left, right), (right, left)))


def _integer_condition(difference: Expr, sign: str, names: Nomenclature) -> Layout:
    if sign in "<≤":
        difference, sign = -difference, {"<": ">", "≤": "≥"}[sign]
    if sign == ">":
        difference, sign = difference - 1, "≥"
    return _of_integers(difference, sign, names)


@expression.register
def _(expr: Partial, names: Nomenclature) -> Layout:
    return Derivative(expression(expr.of, names), expression(expr.by, names))


@expression.register(type(sympy.oo))
@expression.register(type(-sympy.oo))
def _(expr: Expr, _names: Nomenclature) -> Layout:
    infinite = Infinity()
    return infinite if expr is S.Infinity else Terms(((-1, infinite),))
