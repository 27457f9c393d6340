r"""An index expression as an element of the function field of `generators`.

Exponentials of sums split into products, logarithms of products into sums, the hyperbolic functions become
exponentials, named functions their definitions, conditions indicators. A function of something with indicators in it
is taken case by case, so that no function's argument and no denominator has an indicator in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import prod
from typing import Any

from sympy import Add, Expr, Mul, Pow, S, Symbol, ceiling, cos, cosh, erf, exp, factorint, floor, log, sin, sinh, tanh
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices
from symbackprop.algebra.floors import with_known_floors
from symbackprop.algebra.proving.expressions import expression_of, polynomial_expression
from symbackprop.algebra.proving.generators import (
    IDEMPOTENT,
    ONE,
    OPAQUE,
    Exponent,
    Monomial,
    PoleError,
    Polynomial,
    UnprovedError,
    Workspace,
    add,
    constant,
    generator,
    merged,
    multiply,
    power_of,
    product,
    reduced,
    scaled,
    whole_power,
)
from symbackprop.algebra.proving.naming import height, label, quoted
from symbackprop.algebra.proving.quotients import (
    base_of,
    factors_of,
    is_positive,
    sign_known,
    together,
    whole_exponent,
    whole_exponents,
)
from symbackprop.algebra.proving.texts import entry_text, free_of, height_of, text_of
from symbackprop.algebra.space import Premise, definition_of
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, tensor_of

CASES = 5
"""How many indicators one function's argument may have."""


def convert(work: Workspace, expr: Expr) -> Polynomial:
    """The element that `expr` means. Raises `UnprovedError` for what the field does not know."""
    known = work.memo.get(expr)
    if known is None:
        work.spend(4)
        handler = work.handlers.get(type(expr))
        if handler is not None:
            known = handler(work, expr)
        elif isinstance(expr, Indexed):
            known = entry_of(work, str(tensor_of(expr)), expr.indices)
        elif expr.is_Rational:
            known = constant(Fraction(int(expr.p), int(expr.q)) if expr.q != 1 else int(expr.p))
        elif expr.is_NumberSymbol:
            known = exponential(work, constant(1)) if expr is S.Exp1 else power_of(_number_symbol(work, expr))
        else:
            raise UnprovedError(f"the zero test does not know {type(expr).__name__}")
        work.memo[expr] = known
    return known


def _number_symbol(work: Workspace, expr: Expr) -> int:
    return generator(work, "constant", str(expr), expr, frozenset(), positive=True)


# leaves


def _symbol(work: Workspace, symbol: Symbol) -> Polynomial:
    if symbol.is_integer is None:
        return entry_of(work, symbol.name, ())
    return power_of(
        generator(work, "size", label(symbol), symbol, frozenset({symbol}), positive=bool(symbol.is_positive))
    )


def entry_of(work: Workspace, name: str, indices: tuple[Expr, ...]) -> Polynomial:
    """An entry; 0 where one of its indices is proved to be out of range."""
    indices = tuple(i if isinstance(i, Symbol) or i.is_Integer else i.expand() for i in indices)
    text = entry_text(name, indices)
    known = work.numbers.get(text)
    if known is not None:
        return power_of(known)
    shape = work.space.shapes.get(name)
    if shape is not None and len(shape) == len(indices):
        for place, extent in zip(indices, shape, strict=True):
            if work.nonnegative(-place - 1) or work.nonnegative(place - extent):
                return {}
    kind, positive = _by_facts(work, name, indices)
    free = frozenset().union(*(free_indices(i) for i in indices))
    deep = max((height(i) for i in indices), default=0)
    number = generator(work, kind, text, (name, indices), free, positive, deep)
    work.numbers.setdefault(text, number)
    return power_of(number)


def _by_facts(work: Workspace, name: str, indices: tuple[Expr, ...]) -> tuple[str, bool]:
    if not any(fact.tensor == name for fact in work.space.facts):
        return "entry", False
    if work.space.has(name, "binary", "one_hot"):
        return ("binary" if work.may_use_fact() else "entry"), False
    if work.space.has(name, "positive") and in_range(work, name, indices) and work.may_use_fact():
        work.cite(Premise("is above 0", name))
        return "entry", True
    return "entry", False


def in_range(work: Workspace, name: str, indices: tuple[Expr, ...], *, but: int | None = None) -> bool:
    """Whether every index (but one) is proved to be in range."""
    shape = work.space.shapes.get(name)
    if shape is None or len(shape) != len(indices):
        return False
    return all(
        place == but or (work.nonnegative(i) and work.nonnegative(extent - 1 - i))
        for place, (i, extent) in enumerate(zip(indices, shape, strict=True))
    )


# sums, products, powers


def _add(work: Workspace, expr: Add) -> Polynomial:
    return add(*(convert(work, argument) for argument in expr.args))


def _mul(work: Workspace, expr: Mul) -> Polynomial:
    """A product; where a guard in it fails it is 0, and nothing else in it need have a value."""
    factors = with_known_floors(expr.args, work.boxes, work.space)
    guards = product(work, (convert(work, factor) for factor in factors if isinstance(factor, Guard)))
    if not guards:
        return {}
    return product(work, (guards, *(convert(work, factor) for factor in factors if not isinstance(factor, Guard))))


def _pow(work: Workspace, expr: Pow) -> Polynomial:
    exponent = expr.exp
    if exponent.is_Integer:
        return power(work, convert(work, expr.base), int(exponent))
    if exponent.is_Rational:
        return power(work, convert(work, expr.base), Fraction(int(exponent.p), int(exponent.q)))
    logarithm_ = logarithm(work, convert(work, expr.base))
    return exponential(work, multiply(work, logarithm_, convert(work, exponent)))


def power(work: Workspace, polynomial: Polynomial, exponent: Exponent) -> Polynomial:
    """A power with a rational exponent."""
    if isinstance(exponent, int) and exponent >= 0:
        return whole_power(work, polynomial, exponent)
    if not polynomial:
        if exponent > 0:
            return {}
        raise PoleError("a division by 0")
    if isinstance(exponent, int):
        return by_cases(work, polynomial, lambda case: whole_power(work, inverse(work, case), -exponent))
    return by_cases(work, polynomial, lambda case: root(work, case, exponent))


def inverse(work: Workspace, polynomial: Polynomial) -> Polynomial:
    if not polynomial:
        raise PoleError("a division by 0")
    numerator, den = together(work, polynomial)
    if not numerator:
        raise PoleError("a division by 0")
    parts = factors_of(work, numerator)
    below = parts.monomial
    if len(parts.rest) > 1:
        below = merged(below, ((base_of(work, parts.rest), 1),))
    work.divisors.update((n, None) for n, e in below if e > 0 and not work.generators[n].positive)
    monomial = tuple((n, -e) for n, e in below)
    bases = merged(ONE, tuple(sorted(den.items())))
    return scaled(multiply(work, reduced(work, monomial), reduced(work, bases)), Fraction(1) / parts.content)


def root(work: Workspace, polynomial: Polynomial, exponent: Fraction) -> Polynomial:
    """A power with a fraction as exponent. What is above 0, or taken to be, is split off; the rest is one base."""
    if not polynomial:
        return power(work, polynomial, 1 if exponent > 0 else -1)
    numerator, den = together(work, polynomial)
    for number in sorted(den):
        if not work.generators[number].positive:
            work.cite(Premise("is above 0", expression_of(work, number)))
    parts = factors_of(work, numerator)
    known = tuple((n, e * exponent) for n, e in parts.monomial if work.generators[n].positive)
    unknown = tuple((n, e) for n, e in parts.monomial if not work.generators[n].positive)
    result = product(work, [_number_root(work, abs(parts.content), exponent), reduced(work, whole_exponents(known))])
    rest, sign_ = parts.rest, 1 if parts.content > 0 else -1
    if len(rest) > 1 and sign_ > 0 and is_positive(work, rest):
        result = multiply(work, result, reduced(work, ((base_of(work, rest), exponent),)))
        rest = constant(1)
    items = merged(unknown, ((base_of(work, rest), 1),)) if len(rest) > 1 else unknown
    alone = len(items) == 1 and items[0][1] in (1, -1)
    if alone and sign_ > 0:
        work.implied[work.generators[items[0][0]].label] = 1
    if items and not alone and sign_ > 0 and _may_take_signs(work, (n for n, _ in items)):
        for number, _ in items:
            work.cite(Premise("is above 0", expression_of(work, number)))
        split = whole_exponents(tuple((n, e * exponent) for n, e in items))
        result = multiply(work, result, reduced(work, split))
    elif unknown or len(rest) > 1 or sign_ < 0:
        whole = scaled(multiply(work, rest, reduced(work, unknown)), sign_)
        result = multiply(work, result, reduced(work, _root_of_unknown(work, whole, exponent)))
    for number, times in sorted(den.items()):
        result = multiply(work, result, reduced(work, ((number, whole_exponent(-times * exponent)),)))
    return result


def _root_of_unknown(work: Workspace, polynomial: Polynomial, exponent: Fraction) -> Monomial:
    if len(polynomial) == 1:
        ((monomial, coefficient),) = polynomial.items()
        if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            return ((monomial[0][0], exponent),)
    return ((base_of(work, polynomial), exponent),)


def _number_root(work: Workspace, number: Any, exponent: Fraction) -> Polynomial:
    """A root of a positive rational number: its primes are bases."""
    number = Fraction(number)
    if max(number.numerator, number.denominator) > 10**9:
        raise UnprovedError("a root of a large number")
    parts = []
    for part, way in ((number.numerator, 1), (number.denominator, -1)):
        for prime, times in sorted(factorint(part).items()):
            total = times * way * exponent
            parts.append(reduced(work, ((base_of(work, constant(int(prime))), whole_exponent(total)),)))
    return product(work, parts)


# exponentials and logarithms


def exponential(work: Workspace, polynomial: Polynomial) -> Polynomial:
    return by_cases(work, polynomial, lambda case: _exponential(work, case))


def _exponential(work: Workspace, polynomial: Polynomial) -> Polynomial:
    powers = []
    for monomial, coefficient in polynomial.items():
        exponent = whole_exponent(Fraction(coefficient))
        inner = work.generators[monomial[0][0]] if len(monomial) == 1 and monomial[0][1] == 1 else None
        if inner is not None and inner.kind == "log":
            if not work.generators[inner.data].positive:
                work.cite(Premise("is above 0", expression_of(work, inner.data)))
            powers.append(reduced(work, ((inner.data, exponent),)))
            continue
        argument: Polynomial = {monomial: 1}
        free, deep = free_of(work, argument), height_of(work, argument)
        number = generator(work, "exp", text_of(work, argument), argument, free, True, deep)
        powers.append({((number, exponent),): 1})
    return product(work, powers)


def logarithm(work: Workspace, polynomial: Polynomial) -> Polynomial:
    return by_cases(work, polynomial, lambda case: _logarithm(work, case))


def _logarithm(work: Workspace, polynomial: Polynomial) -> Polynomial:
    r"""\(\log|c| + \sum e \log g + \log U\): logs of all factors above 0, and of those of unknown sign together."""
    if not polynomial:
        raise UnprovedError("a logarithm of 0")
    numerator, den = together(work, polynomial)
    parts = factors_of(work, numerator)
    monomial = parts.monomial
    if len(parts.rest) > 1:
        monomial = merged(monomial, ((base_of(work, parts.rest), 1),))
    result: Polynomial = _log_number(work, abs(parts.content))
    unknown: list[tuple[int, Exponent]] = []
    negative = parts.content < 0
    for number, exponent in merged(monomial, tuple((n, -e) for n, e in sorted(den.items()))):
        sign_ = 1 if isinstance(exponent, Fraction) else sign_known(work, number)  # a root is of what is not below 0
        if sign_ is None:
            unknown.append((number, exponent))
            continue
        negative ^= sign_ < 0 and exponent % 2 == 1
        result = add(result, scaled(_log_of_positive(work, number, sign_), exponent))
    return add(result, _log_of_unknown(work, unknown, negative))


def _log_of_unknown(work: Workspace, powers: list[tuple[int, Exponent]], negative: bool) -> Polynomial:
    r"""The log of a product of what is above or below 0.

    Where it has a value, \(\log(x y^2 z) = \log(x z) + \log y^2\), and a single x is above 0. More is taken apart where
    something else has no value unless x, y and z are above 0: that is a premise.
    """
    odd = [number for number, exponent in powers if exponent % 2 == 1]
    if negative and not odd:
        raise UnprovedError("a logarithm of a negative number")
    whole = -1 if negative else 1
    signs = {number: work.implied.get(work.generators[number].label, 1) for number, _ in powers}
    if len(odd) == 1:
        work.implied[work.generators[odd[0]].label] = signs[odd[0]] = whole
    apart = [number for number, _ in powers if odd != [number]]
    if apart and _may_take_signs(work, apart) and prod(signs[number] for number in odd) == whole:
        for number in apart:
            work.cite(Premise("is above 0", signs[number] * expression_of(work, number)))
        return add(*(scaled(_log_of_positive(work, n, signs[n]), e) for n, e in powers))
    result: Polynomial = {}
    for number, exponent in powers:
        if odd == [number]:
            result = add(result, scaled(_log_of_positive(work, number, whole), exponent))
        elif half := exponent // 2:
            square = base_of(work, reduced(work, ((number, 2),)))
            result = add(result, scaled(_log_generator(work, square), half))
    if len(odd) > 1:
        together_ = scaled(reduced(work, tuple((number, 1) for number in odd)), whole)
        result = add(result, _log_generator(work, base_of(work, together_)))
    return result


def _may_take_signs(work: Workspace, numbers: Iterable[int]) -> bool:
    """Whether premises may be made of the signs of generators: of those that are implied by what has a value."""
    return work.may_assume() and all(work.generators[number].label in work.implied for number in numbers)


def _log_of_positive(work: Workspace, number: int, sign_: int = 1) -> Polynomial:
    """The log of a generator times its sign."""
    if sign_ < 0:
        number = base_of(work, scaled(reduced(work, ((number, 1),)), -1))
    return _log_generator(work, number)


def _log_generator(work: Workspace, number: int) -> Polynomial:
    found = work.generators[number]
    if found.kind == "exp":
        return found.data
    return power_of(generator(work, "log", found.label, number, found.free, False, found.height))


def _log_number(work: Workspace, number: Any) -> Polynomial:
    number = Fraction(number)
    if max(number.numerator, number.denominator) > 10**9:
        raise UnprovedError("a logarithm of a large number")
    result: Polynomial = {}
    for part, way in ((number.numerator, 1), (number.denominator, -1)):
        for prime, times in sorted(factorint(part).items()):
            base = _log_generator(work, base_of(work, constant(int(prime))))
            result = add(result, scaled(base, times * way))
    return result


# other functions


def function_of(work: Workspace, name: str, polynomial: Polynomial, order: int = 0) -> Polynomial:
    """sin, cos, erf or an opaque function of an element."""
    return by_cases(work, polynomial, lambda case: _function(work, name, case, order))


def _function(work: Workspace, name: str, argument: Polynomial, order: int) -> Polynomial:
    odd, even = name in ("sin", "erf"), name == "cos"
    if not argument and odd:
        return {}
    if not argument and even:
        return constant(1)
    flipped = (odd or even) and factors_of(work, argument).content < 0
    if flipped:
        argument = scaled(argument, -1)
    text, free, deep = text_of(work, argument), free_of(work, argument), height_of(work, argument)
    number = generator(work, "function", f"{quoted(name)},{order},{text}", (name, order, argument), free, False, deep)
    if name == "sin":
        cosine = generator(work, "function", f"cos,{order},{text}", ("cos", order, argument), free, False, deep)
        number = generator(work, "sin", text, cosine, free, False, deep)
    return scaled(power_of(number), -1 if flipped and odd else 1)


def _hyperbolic(work: Workspace, expr: Expr) -> Polynomial:
    argument = convert(work, expr.args[0])
    rising, falling = exponential(work, argument), exponential(work, scaled(argument, -1))
    half = Fraction(1, 2)
    if isinstance(expr, cosh):
        return add(scaled(rising, half), scaled(falling, half))
    if isinstance(expr, sinh):
        return add(scaled(rising, half), scaled(falling, -half))
    square = multiply(work, rising, rising)
    return multiply(work, add(square, constant(-1)), power(work, add(square, constant(1)), -1))


def _apply(work: Workspace, expr: Apply) -> Polynomial:
    function = work.space.functions.get(expr.name)
    if function is None or function.expression is None:
        return function_of(work, f"{OPAQUE}{expr.name}", convert(work, expr.argument), expr.order)
    definition = definition_of(function.expression, function.variable, expr.order)
    return convert(work, definition.xreplace({function.variable: expr.argument}))


def by_cases(work: Workspace, polynomial: Polynomial, operation: Callable[[Polynomial], Polynomial]) -> Polynomial:
    """`operation` on each case of the indicators in `polynomial`, each result times the indicator of its case."""
    found = sorted({n for m in polynomial for n, _ in m if work.generators[n].kind in IDEMPOTENT})
    if not found:
        return operation(polynomial)
    if len(found) > CASES:
        raise UnprovedError("too many cases in the argument of a function")
    number = found[0]
    partners = {work.numbers.get(f"{kind}:{_text(work, number)}") for kind in ("pos", "zero")} - {number}
    on: Polynomial = {}
    off: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        powers = dict(monomial)
        if number not in powers:
            off[monomial] = coefficient
            if not powers.keys() & partners:
                on = add(on, {monomial: coefficient})
        elif not powers.keys() & partners:
            on = add(on, {tuple(p for p in monomial if p[0] != number): coefficient})
    try:
        held = multiply(work, power_of(number), by_cases(work, on, operation))
    except PoleError:  # where P = 0 nothing is said
        if work.generators[number].kind != "zero":
            raise
        work.cite(Premise("is not 0", polynomial_expression(work, work.generators[number].data)))
        held = {}
    failed = by_cases(work, off, operation)
    return add(held, failed, scaled(multiply(work, power_of(number), failed), -1))


def _text(work: Workspace, number: int) -> str:
    return work.generators[number].label.partition(":")[2]


# what is read as it stands


def _integer_atom(work: Workspace, expr: Expr) -> Polynomial:
    return power_of(generator(work, "integer", label(expr), expr, free_indices(expr), False, height(expr)))


HANDLERS: Mapping[type, Callable[[Workspace, Any], Polynomial]] = {
    Symbol: _symbol,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    exp: lambda work, expr: exponential(work, convert(work, expr.args[0])),
    log: lambda work, expr: logarithm(work, convert(work, expr.args[0])),
    sin: lambda work, expr: function_of(work, "sin", convert(work, expr.args[0])),
    cos: lambda work, expr: function_of(work, "cos", convert(work, expr.args[0])),
    erf: lambda work, expr: function_of(work, "erf", convert(work, expr.args[0])),
    tanh: _hyperbolic,
    sinh: _hyperbolic,
    cosh: _hyperbolic,
    Apply: _apply,
    ArgMax: _integer_atom,
    floor: _integer_atom,
    ceiling: _integer_atom,
}
