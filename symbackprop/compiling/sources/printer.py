"""SymPy's NumPy printer for expressions in entries: each prints as array operations over the axes of a `Place`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from sympy import Add, And, Expr, Integer, KroneckerDelta, Mod, Mul, Not, Or, Piecewise, Pow, S, Symbol, floor, fraction
from sympy import together as over_one_line
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanTrue, true
from sympy.printing.numpy import NumPyPrinter

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, Guard, is_adjoint, primal, tensor_of
from symbackprop.compiling.sources.conditions import Where, holds, is_minus_absolute, nonnegative, solved
from symbackprop.compiling.sources.factors import EXACT, double_of, factor_and_divisor, looks, scalars_apart
from symbackprop.compiling.sources.fragments import Code, Level, call, sequence
from symbackprop.compiling.sources.places import Place
from symbackprop.compiling.sources.special import PRINTED
from symbackprop.compiling.sources.views import Reader
from symbackprop.errors import UsageError

_UFUNCS = {"exp": "np.exp", "log": "np.log", "sin": "np.sin", "cos": "np.cos", "tanh": "np.tanh", "sinh": "np.sinh",
           "cosh": "np.cosh", "tan": "np.tan", "Abs": "np.abs", "sign": "np.sign", "log1p": "np.log1p"}  # fmt: skip

NameOf = Callable[[str, int], str]
"""The identifier of a named function's derivative of some order."""


@dataclass(slots=True)
class Dictionary:
    """What the printer calls things: tensors, sizes and indices by name, functions by name and order.

    `inlined` has the tensors that are written out where they are read, each with the source of its whole.
    """

    tensors: Mapping[str, str]
    indices: Mapping[str, str]
    function: NameOf
    places: Mapping[str, int]
    inlined: dict[str, Code] = field(default_factory=dict)


class Name(Symbol):
    """A piece of source that stands as it is: an identifier, or lines that this printer wrote before."""


class ArrayPrinter(NumPyPrinter):
    """Prints expressions over the axes of `self.place`; every `_print_...` gives a `Code`."""

    def __init__(self, space: Space, words: Dictionary, below: Mapping[str, Expr] = MappingProxyType({})) -> None:
        super().__init__({"fully_qualified_modules": False})
        self.space = space
        self.words = words
        self.place = Place((), {})
        self.reader = Reader(space, words.tensors, self.write, words.function, below)

    def doprint(self, expr: Any, assign_to: None = None) -> str:
        return str(self._print(expr))

    def _print(self, expr: Any, **settings: Any) -> Code:
        made = super()._print(expr, **settings)
        return made if isinstance(made, Code) else Code(made, Level.CASES)

    def write(self, expr: Any, place: Place) -> Code:
        """The source of an expression or a condition at a place."""
        with self._at(place):
            return self._print(expr)

    @contextmanager
    def _at(self, place: Place):
        before, self.place = self.place, place
        try:
            yield
        finally:
            self.place = before

    def _at_least(self, expr: Any, level: Level) -> Code:
        return self._print(expr).within(level)

    # leaves

    def _print_Symbol(self, expr: Symbol) -> Code:
        name = tensor_of(expr)
        if name is not None:
            known = name in self.space.shapes or name in self.words.inlined
            return self._print_Indexed(expr) if known else Code(expr.name)
        if expr in self.place.axes:
            count = self.write(self.place.ranges[expr], Place((), {}))
            return _against(call("np.arange", count), expr, self.place.axes)
        return Code(self.words.indices.get(expr.name, expr.name))

    def _print_Name(self, expr: Name) -> Code:
        return Code(expr.name)

    def _print_Indexed(self, expr: Expr) -> Code:
        name = str(tensor_of(expr))
        if name in self.words.inlined:
            return self.words.inlined[name]
        return self.reader.view(expr, self.place).aligned(self.place.axes)

    def _print_Integer(self, expr: Integer) -> Code:
        text = repr(double_of(expr)) if abs(expr) > EXACT else str(int(expr))
        return Code(text, Level.UNARY if expr < 0 else Level.ATOM)

    def _print_Rational(self, expr: Expr) -> Code:
        value = double_of(expr)
        if Fraction(Decimal(repr(value))) == Fraction(int(expr.p), int(expr.q)) or expr.p.bit_length() > 40:
            return Code(repr(value), Level.UNARY if value < 0 else Level.ATOM)
        return Code(f"{expr.p} / {expr.q}", Level.MUL)

    def _print_Float(self, expr: Expr) -> Code:
        return Code(repr(double_of(expr)), Level.UNARY if expr < 0 else Level.ATOM)

    def _print_NumberSymbol(self, expr: Expr) -> Code:
        return Code(repr(float(expr)))

    def _print_Pi(self, expr: Expr) -> Code:
        return Code("np.pi")

    def _print_Exp1(self, expr: Expr) -> Code:
        return Code("np.e")

    # sums and products

    def _print_Add(self, expr: Add, order: Any = None) -> Code:
        terms = sorted(((t.could_extract_minus_sign(), t) for t in expr.args), key=lambda pair: self._term_key(pair[1]))
        if terms[0][0]:  # `a - y`, not `-y + a`
            first = next((pair for pair in terms if not pair[0]), terms[0])
            terms.remove(first)
            terms.insert(0, first)
        text = ""
        for negative, term in terms:
            part = self._at_least(-term if negative else term, Level.MATMUL)
            text += (f" - {part}" if text else f"-{part}") if negative else (f" + {part}" if text else part)
        return Code(text, Level.ADD)

    def _term_key(self, term: Expr) -> tuple:
        """Indices, then sizes, then numbers, then what depends on tensors, parameters alone last."""
        names = tensors_in(term)
        if names:
            return (3, sorted(map(self._first_place, names)), looks(term))  # what is inlined stands first
        if term.free_symbols:
            return (0 if any(not s.is_positive for s in term.free_symbols) else 1, [], looks(term))
        return (4 if term.could_extract_minus_sign() or abs(term) < 0.01 else 2, [], looks(term))

    def _first_place(self, name: str) -> int:
        return -1 if name in self.words.inlined else self.words.places.get(primal(name), len(self.words.places))

    def _print_Mul(self, expr: Mul) -> Code:
        gates = [a for a in expr.args if isinstance(a, Guard | KroneckerDelta)]
        if gates:
            rest = Mul(*(a for a in expr.args if a not in gates))
            return self._gated(rest, And(*map(holds, gates)))
        coefficient, rest = expr.as_coeff_Mul()
        if coefficient < 0:
            positive = self._print(-expr)
            return (
                Code(f"-{positive.within(Level.MUL)}", Level.MUL)
                if positive.level >= Level.MUL
                else Code(f"-({positive})", Level.UNARY)
            )
        return self._quotient(coefficient, Mul.make_args(rest))

    def _quotient(self, coefficient: Expr, factors: tuple[Expr, ...]) -> Code:
        """Scalars first, so that arrays are scaled once: `2 / m * (a - y)`, and `x / m`."""
        above: list[Expr] = []
        below: list[Expr] = []
        for factor in factors:
            if isinstance(factor, Pow) and factor.exp.could_extract_minus_sign():
                below.append(Pow(self._safe(factor.base), -factor.exp))
            else:
                above.append(factor)
        whole_number, divisor = factor_and_divisor(coefficient)
        if divisor != 1:
            below.insert(0, divisor)
        if whole_number != 1:
            above.insert(0, whole_number)
        above.sort(key=self._factor_key)
        below.sort(key=self._factor_key)
        scalars, arrays = scalars_apart(above)
        scalar_below, array_below = scalars_apart(below)
        if scalars and arrays and scalar_below:
            front = f"{self._product(scalars)} / {self._divisor(scalar_below)} * {self._product(arrays, Level.UNARY)}"
            below = array_below
        else:
            front = self._product([*scalars, *arrays], Level.MATMUL) if above else "1"
        return Code(f"{front} / {self._divisor(below)}", Level.MUL) if below else Code(front, Level.MUL)

    def _product(self, factors: list[Expr], first: Level = Level.MUL) -> str:
        """The factors; a lone product of matrices needs no brackets where `first` allows it."""
        if any(map(self._is_slope, factors)):  # beside floats, a truth value serves as 1 or 0
            factors = [f.args[0][1] if _is_mask(f) and not self._is_single(f.args[0][1]) else f for f in factors]
        rest = [self._at_least(f, Level.UNARY) for f in factors[1:]]
        return " * ".join([self._at_least(factors[0], Level.MUL if rest else first), *rest])

    def _is_slope(self, factor: Expr) -> bool:
        name = tensor_of(factor) or ""
        return (is_adjoint(name) and name not in self.reader.below) or name in self.words.inlined

    def _divisor(self, factors: list[Expr]) -> Code:
        if len(factors) == 1:
            return self._at_least(factors[0], Level.UNARY)
        return Code(f"({self._product(factors)})")

    def _factor_key(self, factor: Expr) -> tuple:
        """Numbers, sizes, adjoints, tensors in the order of their declaration, sums, functions, cases."""
        base = factor.base if isinstance(factor, Pow) else factor
        name = tensor_of(base)
        if base.is_number:
            rank = 0
        elif name is not None:
            rank = 2 if is_adjoint(name) or name in self.words.inlined else 3
        elif all(s.is_integer for s in base.free_symbols):
            rank = 1
        else:
            rank = 4 if isinstance(base, Add) else 6 if isinstance(base, Piecewise) else 5
        places = [self._first_place(name) for name in tensors_in(factor)]
        return (rank, min(places, default=-1), looks(factor))

    def _print_Pow(self, expr: Pow, rational: bool = False) -> Code:
        base, power = expr.base, expr.exp
        if power.could_extract_minus_sign():
            return Code(f"1 / {self._print(Pow(self._safe(base), -power)).within(Level.UNARY)}", Level.MUL)
        if power == S.Half:
            return call("np.sqrt", self._print(base if base.is_nonnegative else self._safe(base)))
        below = self._print(base if power.is_Integer else self._safe(base))
        if power == 3 and below.isidentifier():  # NumPy squares fast and takes other powers slowly
            return Code(f"{below}**2 * {below}", Level.MUL)
        above = self._at_least(power, Level.POWER)
        tight = below.replace(".", "_").isidentifier() and above.level == Level.ATOM and " " not in above
        return Code(f"{below.within(Level.ATOM)}{'**' if tight else ' ** '}{above}", Level.POWER)

    # functions

    def _print_Function(self, expr: Expr) -> Code:
        name = type(expr).__name__
        if name in _UFUNCS:
            argument = self._safe(expr.args[0]) if name in ("log", "log1p") else expr.args[0]
            return call(_UFUNCS[name], self._print(argument))
        raise UsageError(f"{name} has no NumPy form", fix="Write it with exp, log and cases.", name=name)

    _print_log = _print_sin = _print_cos = _print_tanh = _print_sinh = _print_cosh = _print_tan = _print_Function
    _print_Abs = _print_log1p = _print_Function

    def _print_sign(self, e: Expr) -> Code:
        return self._print_Function(e)

    def _print_exp(self, expr: Expr) -> Code:
        return call("np.exp", self._print(self._safe(expr.args[0], S.Zero)))

    def _print_ExpBase(self, expr: Expr) -> Code:
        return self._print_exp(expr)

    def _print_erf(self, expr: Expr) -> Code:
        return call(self.words.function("erf", 0), self._print(expr.args[0]))

    def _print_Max(self, expr: Expr) -> Code:
        return self._nested("np.maximum", expr.args)

    def _print_Min(self, expr: Expr) -> Code:
        return self._nested("np.minimum", expr.args)

    def _nested(self, function: str, arguments: tuple[Expr, ...]) -> Code:
        code, *others = (self._print(a) for a in sorted(arguments, key=looks))
        for other in others:
            code = call(function, code, other)
        return code

    def _print_Apply(self, expr: Apply) -> Code:
        total = (expr.name, expr.order) in PRINTED
        argument = expr.argument if total else self._safe(expr.argument, S.Zero)
        return call(self.words.function(expr.name, expr.order), self._print(argument))

    def _print_Mod(self, expr: Mod) -> Code:
        left, right = expr.args
        return Code(f"{self._at_least(left, Level.MUL)} % {self._at_least(right, Level.UNARY)}", Level.MUL)

    def _print_floor(self, expr: floor) -> Code:
        above, below = fraction(over_one_line(expr.args[0]))
        if below == 1:
            return self._print(above)
        return Code(f"{self._at_least(above, Level.MUL)} // {self._at_least(below, Level.UNARY)}", Level.MUL)

    # conditions and cases

    def _print_Relational(self, expr: Relational) -> Code:
        left, right, sign = expr.lhs, expr.rhs, expr.rel_op
        if left.is_integer and right.is_integer:
            left, right, sign = solved(left - right, sign)
        return Code(f"{self._at_least(left, Level.ADD)} {sign} {self._at_least(right, Level.ADD)}", Level.COMPARE)

    _print_Equality = _print_Unequality = _print_Relational

    def _print_And(self, expr: And) -> Code:
        return self._joined(expr.args, " & ", "and", Level.AND)

    def _print_Or(self, expr: Or) -> Code:
        return self._joined(expr.args, " | ", "or", Level.OR)

    def _joined(self, parts: tuple[Boolean, ...], sign: str, _word: str, level: Level) -> Code:
        texts = sorted(self._print(p).within(Level.ADD) for p in parts)
        return Code(sign.join(texts), level)

    def _print_Not(self, expr: Not) -> Code:
        return Code(f"~{self._at_least(expr.args[0], Level.ATOM)}", Level.UNARY)

    def _print_Guard(self, expr: Guard) -> Code:
        return self._gated(S.One, holds(expr))

    def _print_KroneckerDelta(self, expr: KroneckerDelta) -> Code:
        return self._gated(S.One, holds(expr))

    def _gated(self, rest: Expr, condition: Boolean) -> Code:
        """`rest` where the condition holds, 0 elsewhere, whatever `rest` is there."""
        if self._is_single(condition):
            return self._cases(((rest, condition), (S.Zero, true)))
        return call("np.where", self._print(condition), _floating(self._print(rest), rest), "0.0")

    def _print_Piecewise(self, expr: Piecewise) -> Code:
        return self._cases(tuple((value, when) for value, when in expr.args))

    def _cases(self, cases: tuple[tuple[Expr, Boolean], ...]) -> Code:
        value, condition = cases[0]
        if isinstance(condition, BooleanTrue):
            return self._print(value)
        inside = self._cases_under(condition, ((value, true),))
        outside = self._cases_under(Not(condition), cases[1:])
        when = self._print(condition)
        if not self._is_single(condition):
            return call("np.where", when, inside, outside)
        read = [self._axes_of(value), self._axes_of(*(v for v, _ in cases[1:]), *(c for _, c in cases[1:]))]
        every = [axis for axis in self.place.axes if axis in read[0] | read[1]]
        inside, outside = (
            code if own == set(every) else self._spread(code, every)
            for code, own in zip((inside, outside), read, strict=True)
        )
        return Code(f"({inside} if {when} else {outside})")

    def _cases_under(self, condition: Boolean, cases: tuple[tuple[Expr, Boolean], ...]) -> Code:
        with self._at(self._narrowed(condition)):
            return _floating(self._cases(cases), cases[0][0])

    def _axes_of(self, *parts: Expr | Boolean) -> set[Symbol]:
        return {axis for part in parts for axis in self.place.axes if axis in part.free_symbols}

    def _spread(self, code: Code, axes: list[Symbol]) -> Code:
        """The value for all of `axes`, where one case reads fewer than another: both must have one shape."""
        shown = self.place.axes[self.place.axes.index(axes[0]) :]
        ranges = self.place.ranges
        extents = [self.write(ranges[a], Place((), {})) if a in axes else Code("1") for a in shown]
        shape = extents[0] if len(extents) == 1 else sequence(extents)
        return call("np.zeros", shape) if code == "0.0" else call("np.full", shape, code)

    def _narrowed(self, condition: Boolean) -> Place:
        """The place with one more condition. A single truth value decides before anything is computed."""
        if self._is_single(condition):
            return replace(self.place, known=(*self.place.known, *nonnegative(condition)))
        return replace(self.place, condition=And(self.place.condition, condition))

    def _is_single(self, condition: Boolean) -> bool:
        """Whether a condition reads no axis: then it is one truth value, and Python's own cases are lazy."""
        return not condition.free_symbols & set(self.place.axes)

    def _safe(self, expr: Expr, instead: Expr = S.One) -> Expr:
        """An argument that must not be wrong where its value does not matter: another number stands there."""
        condition = self.place.condition
        if condition is true or not any(s.is_integer is None or not s.is_positive for s in expr.free_symbols):
            return expr
        if expr.is_positive if instead == 1 else expr.is_nonpositive or is_minus_absolute(expr):
            return expr
        return Where(condition, expr, instead)

    def _print_Where(self, expr: Where) -> Code:
        condition, value, other = expr.args
        plain = replace(self.place, condition=true)
        when = self.write(condition, plain)
        return call("np.where", when, self._print(value), f"{float(other)}")


def _is_mask(factor: Expr) -> bool:
    """Whether a factor is 1 where a condition holds and 0 elsewhere."""
    return isinstance(factor, Piecewise) and [value for value, _ in factor.args] == [1, 0] and factor.args[1][1] is true


def _against(code: Code, axis: Symbol, axes: tuple[Symbol, ...]) -> Code:
    behind = len(axes) - 1 - axes.index(axis)
    return Code(f"{code}[:{', None' * behind}]") if behind else code


def _floating(code: Code, value: Expr) -> Code:
    """Whole numbers as floats, so that cases between them make a float array."""
    return Code(f"{code}.0", code.level) if code.removeprefix("-").isdigit() and value.is_Integer else code
