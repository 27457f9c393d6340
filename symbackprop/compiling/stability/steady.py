r"""Expressions rewritten so that they stay finite wherever their value is: softmax, log-softmax, sigmoid, softplus.

Only quotients and logarithms of exponentials are rewritten, however they are written: by a reduction, by hand, or with
the exponentials named as tensors of their own. Each rewrite is an identity; `stable` proves it before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sympy import Add, Expr, Mul, Piecewise, Pow, S, Sum, Symbol, exp, log
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import rebind, replaced, substitute, tensors_in
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.folding import match
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Ranges, ScalarFunction, Space
from symbackprop.algebra.symbols import BINDERS, Apply, body_of, bounds_of, indices_of, remade, tensor_of
from symbackprop.compiling.stability.exponentials import (
    Part,
    base_and_power,
    capped,
    is_pair,
    parts_of,
    sigmoids_of,
    softplus_of,
    tanh_of,
)
from symbackprop.compiling.stability.naming import Naming
from symbackprop.model.functions import FUNCTIONS, x

LOG_SOFTPLUS = ScalarFunction("_log_softplus", x, log(log(1 + exp(x))))
"""What a proof takes log softplus(x) for; code takes it by cases, see `by_cases`."""
_FAR = 40


def by_cases(expr: Expr) -> Expr:
    r"""`expr` with log softplus(x) as x where x < -40, where softplus would be 0 in the end.

    That is right to the last digit: \(0 \le x - \log \log(1 + e^x) \le e^x\), and \(e^{-40} < 5 \cdot 10^{-18}\).
    """
    found = sorted((part for part in expr.atoms(Apply) if part.name == LOG_SOFTPLUS.name), key=str)
    cases = {
        part: Piecewise((part.argument, part.argument < -_FAR), (log(Apply("softplus", part.argument)), True))
        for part in found
    }
    return replaced(expr, cases) if cases else expr


@dataclass(frozen=True, slots=True)
class Logarithm:
    """log X in a stable form, and whether X is known to be above 0 at all real values."""

    expression: Expr
    is_positive: bool = True


@dataclass(slots=True)
class Steady:
    """Rewrites expressions of one equation; `using` gains the tensors whose definitions it looked through.

    Without `naming` nothing is shifted, and logarithms stay as they are: what needs no new tensor is done. Exponents
    that read a tensor in `shifts` are shifted already. Tensors in `kept` are read as they are.
    """

    space: Space
    naming: Naming | None = None
    shifts: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    using: dict[str, None] = field(default_factory=dict)

    def form(self, expr: Expr, ranges: Ranges) -> Expr:
        """The stable form of `expr`; itself where there is nothing to do."""
        if isinstance(expr, Indexed) or not expr.args:
            return expr
        if isinstance(expr, BINDERS):
            bounds = bounds_of(expr)
            body = self.form(body_of(expr), {**ranges, **dict(bounds)})
            return expr if body == body_of(expr) else _signed(rebind(expr, body, bounds))
        if isinstance(expr, log) and self.naming is not None:
            found = self.logarithm(expr.args[0], ranges)
            return log(self.form(expr.args[0], ranges)) if found is None else found.expression
        if isinstance(expr, Mul | Pow):
            found = self.quotient(expr, ranges)
            if found is not None:
                return found
        if isinstance(expr, Apply):
            return self.function(expr, ranges)
        plain = remade(expr, [self.form(a, ranges) if isinstance(a, Expr) or a.args else a for a in expr.args])
        return _from_logits(plain)

    def function(self, expr: Apply, ranges: Ranges) -> Expr:
        """A user's own function made of exponentials, spelled out where that makes it stable; ours have their code."""
        meaning = self.space.functions.get(expr.name)
        argument = self.form(expr.argument, ranges)
        is_own = meaning is not None and FUNCTIONS.get(expr.name) != meaning and expr.order == 0
        if is_own and meaning is not None and meaning.expression is not None:
            definition = meaning.expression.xreplace({meaning.variable: argument})
            found = self.form(definition, ranges) if definition.has(exp) else definition
            if definition.has(exp) and found != definition:
                return found
        return Apply(expr.name, argument, expr.order)

    def definition(self, entry: Expr, ranges: Ranges) -> Expr | None:
        """What the tensor of an entry is defined as, where the entry is surely in range."""
        name = tensor_of(entry)
        array = self.space.definitions.get(name or "")
        if name is None or array is None or name in self.kept:
            return None
        for position, extent in zip(indices_of(entry), array.shape, strict=True):
            if not (
                is_nonnegative(position, ranges, self.space)
                and is_nonnegative(extent - 1 - position, ranges, self.space)
            ):
                return None
        return put_in(entry, (name,), ranges, self.space)

    def parts(self, expr: Expr, ranges: Ranges) -> tuple[Part, ...] | None:
        """`expr` as a sum of exponentials, also of those that are named as tensors."""
        inner = _inner_ranges(expr, ranges)

        def spelled(entry: Expr) -> tuple[Part, ...] | None:
            meant = self.definition(entry, inner)
            found = None if meant is None else self.parts(meant, inner)
            if found is not None:
                self.using[str(tensor_of(entry))] = None
            return found

        return parts_of(expr, spelled)

    # quotients

    def quotient(self, expr: Expr, ranges: Ranges) -> Expr | None:
        """A product with a sum of exponentials below: sigmoids, tanh, or shifted by the largest exponent."""
        factors = [base_and_power(factor) for factor in Mul.make_args(expr)]
        below, above, others = [], [], []
        for base, power in factors:
            parts = self.parts(base, ranges) if power.is_Integer else None
            if parts is not None and power < 0 and any(len(parts) > 1 or part.bounds for part in parts):
                below.append((parts, int(-power)))
            elif parts is not None and power > 0:
                above += [(base, parts)] * int(power)
            else:
                others.append(base**power)
        if not below:
            return None
        product = _Product(self, ranges, tuple(others))
        for parts, power in below:
            product.divide(parts, power)
        for base, parts in above:
            product.multiply(base, parts)
        made = product.made()
        return None if made is None else Mul(made, *(self.form(other, ranges) for other in others))

    def shifted(self, parts: tuple[Part, ...], ranges: Ranges) -> tuple[Expr, Expr]:
        """The largest exponent M, named, and what is left of the sum when the exponents are less M."""
        assert self.naming is not None
        largest = self.naming.largest(parts, ranges)
        return largest, Add(*(part.shifted(largest, part.gates) for part in parts))

    # logarithms

    def logarithm(self, expr: Expr, ranges: Ranges) -> Logarithm | None:
        """log `expr` without the exponentials whose values would be 0 or infinite; None where nothing is to be done."""
        parts = self.parts(expr, ranges) if not tensor_of(expr) else None
        if parts is not None and all(part.is_positive for part in parts):
            return Logarithm(self._log_of_sum(parts, ranges))
        if isinstance(expr, Apply) and expr.name == "sigmoid" and expr.order == 0:
            return Logarithm(-Apply("softplus", -self.form(expr.argument, ranges)))
        if isinstance(expr, Apply) and expr.name == "softplus" and expr.order == 0:
            return Logarithm(Apply(LOG_SOFTPLUS.name, self.form(expr.argument, ranges)))
        if isinstance(expr, Mul):
            return self._log_of_product(expr, ranges)
        if isinstance(expr, Pow) and expr.exp.is_Rational:
            found = self.logarithm(expr.base, ranges)
            odd = expr.exp.is_Integer and expr.exp % 2 == 1
            if found is not None and (found.is_positive or odd):
                return Logarithm(expr.exp * found.expression, found.is_positive)
        if isinstance(expr, Add):
            return self._log_of_complement(expr, ranges)
        return self._log_of_tensor(expr, ranges) if tensor_of(expr) else None

    def _log_of_sum(self, parts: tuple[Part, ...], ranges: Ranges) -> Expr:
        if len(parts) == 1 and not parts[0].bounds:
            return parts[0].exponent + log(parts[0].weight)
        if is_pair(parts):
            return _from_logits(softplus_of(parts))
        largest, rest = self.shifted(parts, ranges)
        return largest + log(rest)

    def _log_of_product(self, expr: Mul, ranges: Ranges) -> Logarithm | None:
        """log of each factor that is surely above 0, and of all others together."""
        logs, rest, unsure = [], [], []
        for factor in expr.args:
            found = self.logarithm(factor, ranges)
            if found is None and factor.is_number and factor.is_positive:
                logs.append(log(factor))
            elif found is None:
                rest.append(factor)
            else:
                (logs if found.is_positive else unsure).append(found.expression)
                if not found.is_positive:
                    rest.append(factor)
        if all(part.is_number for part in logs) and (len(unsure) != 1 or len(rest) != 1):
            return None
        if not rest:
            return Logarithm(_from_logits(Add(*logs)))
        if len(unsure) == len(rest) == 1:
            return Logarithm(_from_logits(Add(*logs, *unsure)), False)
        return Logarithm(Add(*logs, log(self.form(Mul(*rest), ranges))), False)

    def _log_of_complement(self, expr: Add, ranges: Ranges) -> Logarithm | None:
        r"""log of c(1 - σ), of c(1 ± tanh) and of c(1 - tanh²), also where a tensor is defined as σ or tanh."""
        spelled = expr
        for entry in sorted(_entries(expr), key=str):
            meant = self.definition(entry, ranges)
            found = None if meant is None else self.form(meant, ranges)
            if found is not None and any(map(_is_curve, found.atoms(Apply))):
                self.using[str(tensor_of(entry))] = None
                spelled = spelled.xreplace({entry: found})
        curves = sorted((part for part in spelled.atoms(Apply) if _is_curve(part)), key=str)
        if len(curves) != 1:
            return None
        (curve,) = curves
        value = Symbol("_value", real=True)
        polynomial = spelled.xreplace({curve: value}).expand()
        return _complement(polynomial, value, curve, self.form(curve.argument, ranges))

    def _log_of_tensor(self, entry: Expr, ranges: Ranges) -> Logarithm | None:
        name = str(tensor_of(entry))
        if self.definition(entry, ranges) is None:
            return None
        array = self.space.definitions[name]
        own = dict(zip(array.indices, array.shape, strict=True))
        found = self.logarithm(array.expression, own)
        if found is None:
            return None
        self.using[name] = None
        if found.expression.has(Sum):
            assert self.naming is not None
            return Logarithm(self.naming.logarithm(name, array, found.expression, indices_of(entry)), found.is_positive)
        return Logarithm(replace(array, expression=found.expression).at(*indices_of(entry)), found.is_positive)


@dataclass(slots=True)
class _Product:
    """A product under way: exponentials gathered in `exponent`, sums below still to be placed; `others` multiply it."""

    steady: Steady
    ranges: Ranges
    others: tuple[Expr, ...]
    below: list[tuple[tuple[Part, ...], int]] = field(default_factory=list)
    above: list[tuple[Expr, tuple[Part, ...]]] = field(default_factory=list)
    exponent: Expr = S.Zero
    result: Expr = S.One

    def divide(self, parts: tuple[Part, ...], power: int) -> None:
        self.below.append((parts, power))

    def multiply(self, base: Expr, parts: tuple[Part, ...]) -> None:
        if len(parts) == 1 and not parts[0].bounds:
            self.exponent += parts[0].exponent
            self.result *= parts[0].weight
        else:
            self.above.append((base, parts))

    def made(self) -> Expr | None:
        """The product in stable form; None where a shift is wanted and no tensor may be named."""
        self.below = [(parts, power) for parts, power in self.below if not self._as_curve(parts, power)]
        if self.below and self.steady.naming is None:
            return None
        known: dict[Expr, None] = {}
        shut = len(self.below) == 1 and self._is_shut_out_below(*self.below[0])
        for parts, power in self.below:
            largest, rest = self.steady.shifted(parts, self.ranges)
            known[largest] = None
            self.exponent -= power * largest
            self.result *= rest**-power
        for base, parts in self.above:
            self._place(base, parts, known)
        exponent = self.steady.form(self.exponent.expand(), self.ranges)
        return self.result * exp(capped(exponent) if shut else exponent)

    def _is_shut_out_below(self, parts: tuple[Part, ...], power: int) -> bool:
        """Whether the exponential is one of those that are summed below, with the gates that it has there."""
        part, *others = parts
        if others or power != 1 or not part.gates:
            return False
        found = match(part.exponent, self.exponent, frozenset(variable for variable, _ in part.bounds))
        factors = (*Mul.make_args(self.result), *self.others)
        return found is not None and all(substitute(gate, found) in factors for gate in part.gates)

    def _as_curve(self, parts: tuple[Part, ...], power: int) -> bool:
        """Puts a sum of two exponentials in as a tanh or as sigmoids, if that leaves no exponential behind."""
        if not is_pair(parts) or any(tensors_in(part.exponent) & self.steady.shifts for part in parts):
            return False
        for place, (_, above) in enumerate(self.above):
            found = tanh_of(above, parts) if power == 1 else None
            if found is not None:
                self.above.pop(place)
                self.result *= found
                return True
        for exponent in dict.fromkeys((self.exponent, S.Zero)):
            found = sigmoids_of(parts, power, exponent)
            if found is not None:
                self.exponent += found[1] - exponent
                self.result *= found[0]
                return True
        return False

    def _place(self, base: Expr, parts: tuple[Part, ...], known: Mapping[Expr, None]) -> None:
        """A sum above: shifted with the one below that has the same largest exponent."""
        naming = self.steady.naming
        largest, gates = naming.largest_if_known(parts, self.ranges) if naming is not None else (None, ())
        if largest is not None and largest in known:
            self.exponent += largest
            self.result *= Add(*(part.shifted(largest, gates) for part in parts))
        else:
            self.result *= self.steady.form(base, self.ranges)


def _inner_ranges(expr: Expr, ranges: Ranges) -> dict[Symbol, Expr]:
    """The ranges with those of all sums within; their names are apart."""
    found = dict(ranges)
    for binder in expr.atoms(Sum):
        found.update(bounds_of(binder))
    return found


def _is_curve(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.order == 0 and expr.name in ("sigmoid", "tanh")


def _complement(polynomial: Expr, value: Symbol, curve: Apply, argument: Expr) -> Logarithm | None:
    """log of c(1 - v), c(1 + v) or c(1 - v²), v being a sigmoid or a tanh of the argument."""
    constant = polynomial.coeff(value, 0)
    slope, square = polynomial.coeff(value, 1), polynomial.coeff(value, 2)
    if not (constant.is_number and constant.is_positive) or polynomial.has_free(value) is False:
        return None
    if (polynomial - constant - slope * value - square * value**2).expand() != 0:
        return None
    softplus = {sign: Apply("softplus", 2 * sign * argument) for sign in (1, -1)}
    if curve.name == "sigmoid":
        fits = slope == -constant and square == 0
        return Logarithm(log(constant) - Apply("softplus", argument)) if fits else None
    if square == 0 and slope in (constant, -constant):
        return Logarithm(log(2 * constant) - softplus[-1 if slope == constant else 1])
    if slope == 0 and square == -constant:
        return Logarithm(log(4 * constant) - softplus[1] - softplus[-1])
    return None


def _from_logits(expr: Expr) -> Expr:
    r"""\(\mathrm{softplus}(v) - t v = (1 - t)\,\mathrm{softplus}(v) + t\,\mathrm{softplus}(-v)\): nothing cancels."""
    if not isinstance(expr, Add):
        return expr
    for term in sorted(expr.args, key=str):
        factor, curve = term.as_coeff_Mul()
        if not (isinstance(curve, Apply) and curve.name == "softplus" and curve.order == 0):
            continue
        for other in sorted(set(expr.args) - {term}, key=str):
            share = _share(-other / factor, curve.argument)
            if share is not None:
                rest = Add(*(argument for argument in expr.args if argument not in (term, other)))
                flipped = Apply("softplus", -curve.argument)
                return rest + factor * ((1 - share) * curve + share * flipped)
    return expr


def _share(product: Expr, value: Expr) -> Expr | None:
    """t where `product` is t times `value` and t does not read the value; None if there is none."""
    share, read = product / value, _entries(value)
    return None if not read or share.has(*read) else share


def _entries(expr: Expr) -> set[Expr]:
    """The entries in an expression, those that stand as an index of another one aside."""
    if tensor_of(expr):
        return {expr}
    return set().union(*(_entries(argument) for argument in expr.args))


def _signed(expr: Expr) -> Expr:
    """A sum of terms that are all negative, its sign put in front."""
    terms = Add.make_args(body_of(expr))
    if isinstance(expr, Sum) and all(term.could_extract_minus_sign() for term in terms):
        return -rebind(expr, Add(*(-term for term in terms)), bounds_of(expr))
    return expr
