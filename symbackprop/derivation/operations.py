r"""A model at given sizes cut into single operations: sums unrolled, tensors taken apart into their entries.

Every operand is a number or the real symbol of a leaf or of another operation. Sums and products keep all their
operands here. What one equation computes twice from the same operands is one operation; equations share what they read
from each other, and nothing else.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Piecewise, Pow, Rational, S, Sum, Symbol
from sympy.core.function import Function
from sympy.core.relational import Relational
from sympy.functions import exp
from sympy.logic.boolalg import And, Not, Or, false, true
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.arithmetic import EXACT
from symbackprop.algebra.proving.evaluate import Environment, holds, integer_of
from symbackprop.algebra.symbols import Apply, Guard, Maximum, bounds_of, entry, indices_of, tensor_of
from symbackprop.derivation.graph import Entry, Graph, Operation, extents, positions
from symbackprop.errors import DerivationError, UsageError
from symbackprop.model.model import Model
from symbackprop.model.records import Equation
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing import ordering
from symbackprop.notation.writing.glyphs import nomenclature

Scope = dict[Symbol, int]
"""The values of indices and sizes."""

MAX_OPERATIONS = 20_000
MAX_STEPS = 100_000  # of entries made and of terms read, those that are 0 too
MAX_DEPTH = 60  # entries that wait for each other, in a recurrence that is read against its order


def check_entries(model: Model, sizes: Mapping[Symbol, int]) -> None:
    """Whether there are few enough entries to name each, asked before they are made.

    Raises:
        UsageError: there are too many.
    """
    if sum(math.prod(extents(model, tensor.name, sizes)) for tensor in model.tensors) > MAX_STEPS:
        raise _too_large(model, MAX_STEPS, "entries and terms")


def graph_of(model: Model, sizes: Mapping[Symbol, int], values: Mapping[str, Any], names: Mapping[Entry, str]) -> Graph:
    """The loss of a model without samples in single operations; `names` gives each leaf its own.

    `values` gives the tensors that serve as indices.

    Raises:
        UsageError: more operations than anyone reads, or an index that data gives and `values` lack.
        DerivationError: a recurrence that cannot be unrolled.
    """
    builder = _Builder(model, sizes, Environment(values, sizes, EXACT, model.functions), names)
    for equation in model.order:
        for position in positions(model, equation.tensor, sizes):
            builder.read(equation.tensor, position)
    return builder.finished()


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes operations out of expressions; each method gives a number or the symbol of a leaf or an operation."""

    model: Model
    sizes: Mapping[Symbol, int]
    env: Environment
    names: Mapping[Entry, str]
    operations: dict[str, Operation] = field(default_factory=dict)
    known: dict[Entry, Expr] = field(default_factory=dict)
    shared: dict[tuple, Expr] = field(default_factory=dict)
    ordered: dict[Expr, list[Expr]] = field(default_factory=dict)
    working: list[Equation] = field(default_factory=list)
    steps: Iterator[int] = field(default_factory=itertools.count)

    def step(self) -> None:
        """Counts an entry or a term, whether or not it makes an operation.

        Raises:
            UsageError: there are too many.
        """
        if next(self.steps) >= MAX_STEPS:
            raise _too_large(self.model, MAX_STEPS, "entries and terms")

    # entries

    def read(self, tensor: str, position: tuple[int, ...]) -> Expr:
        """The entry of a tensor; 0 outside it."""
        if any(not 0 <= p < extent for p, extent in zip(position, self.shape(tensor), strict=True)):
            return S.Zero
        found = self.known.get((tensor, position))
        if found is None:
            found = self.known[tensor, position] = self.made(tensor, position)
        return found

    def shape(self, tensor: str) -> tuple[int, ...]:
        return extents(self.model, tensor, self.sizes)

    def made(self, tensor: str, position: tuple[int, ...]) -> Expr:
        if self.model.tensor(tensor).integer:
            return Integer(self.integer(entry(tensor, *position), {}))
        if not self.model.defines(tensor):
            return entry(self.names[tensor, position])
        if len(self.working) > MAX_DEPTH:
            raise DerivationError(
                f"{tensor} cannot be unrolled",
                because=f"More than {MAX_DEPTH} of its entries wait for each other.",
                fix="Choose smaller sizes.",
                name=tensor,
            )
        equation = self.model.equation(tensor)
        self.working.append(equation)
        scope = {**self.sizes, **dict(zip(equation.indices, position, strict=True))}
        value = self.build(equation.expression, scope)
        self.working.pop()
        return value

    def integer(self, expr: Expr, scope: Scope) -> int:
        """The value of an index expression."""
        try:
            return integer_of(expr, self.env, {**self.sizes, **scope})
        except KeyError:
            raise self._no_index(expr) from None

    def _no_index(self, expr: Expr) -> UsageError:
        name = next((n for n in sorted(tensors_in(expr)) if n not in self.env.values), str(expr))
        return UsageError(
            f"which entries are read depends on {name}",
            because="At the scalar level each entry stands by itself, so an index that data gives must be a number.",
            fix=f'Give its values: values={{"{name}": [...]}}, or --values with a file that has them.',
            name=name,
        )

    # expressions

    def build(self, expr: Expr, scope: Scope) -> Expr:
        """The expression as one operand."""
        if expr.is_number and not expr.has(Apply, Sum):
            return expr
        if isinstance(expr, Symbol | Indexed):
            return self.leaf(expr, scope)
        if isinstance(expr, Add | Sum):
            return self.total(expr, scope)
        if isinstance(expr, Mul) or (isinstance(expr, Pow) and _is_below(expr)):
            sign, value = self.product(expr, scope)
            return value if sign > 0 else self.opposite(value)
        if isinstance(expr, Guard | KroneckerDelta):
            return self.gate(expr, scope)
        if isinstance(expr, Piecewise):
            return self.cases(expr, scope)
        if isinstance(expr, Maximum):
            return self.maximum(expr, scope)
        if expr.is_integer and not tensors_in(expr):
            return Integer(self.integer(expr, scope))
        return self.function(expr, scope)

    def leaf(self, expr: Expr, scope: Scope) -> Expr:
        if expr in scope or expr.is_integer:
            return Integer(self.integer(expr, scope))
        return self.read(tensor_of(expr) or "", tuple(self.integer(i, scope) for i in indices_of(expr)))

    def gate(self, expr: Expr, scope: Scope) -> Expr:
        if isinstance(expr, Guard):
            return Integer(self.integer(expr.argument, scope) >= 0)
        first, second = expr.args[:2]
        return Integer(self.integer(first, scope) == self.integer(second, scope))

    def function(self, expr: Expr, scope: Scope) -> Expr:
        """A scalar function or a power."""
        if isinstance(expr, Apply):
            argument = self.build(expr.argument, scope)
            return self.put(expr.name, (argument,), Apply(expr.name, argument, expr.order))
        if isinstance(expr, Pow | Function | exp):
            arguments = tuple(self.build(argument, scope) for argument in expr.args)
            word = "power" if isinstance(expr, Pow) else type(expr).__name__
            return self.put(word, arguments, expr.func(*arguments))
        raise DerivationError(f"cannot cut {expr} into operations", fix="Write it with sums, products and functions.")

    # sums

    def total(self, expr: Expr, scope: Scope) -> Expr:
        shared = _shared_number(expr)
        if shared != 1:
            inner = Add(*(term / shared for term in Add.make_args(expr)))
            sign, value = self.multiplied([shared], [self.build(inner, scope)], [])
            return value if sign > 0 else self.opposite(value)
        return self.summed(list(self.terms(expr, scope)))

    def terms(self, expr: Expr, scope: Scope) -> Iterator[tuple[int, Expr]]:
        """The terms with their signs, sums within unrolled."""
        if isinstance(expr, Add):
            for term in self.arranged(expr, ordering.terms):
                yield from self.terms(term, scope)
        elif isinstance(expr, Sum):
            for inner in self.unrolled(bounds_of(expr), scope):
                yield from self.terms(expr.function, inner)
        elif isinstance(expr, Mul) and _is_negative(expr):
            yield from ((-sign, term) for sign, term in self.terms(-expr, scope))
        elif isinstance(expr, Mul):
            yield self.product(expr, scope)
        else:
            yield 1, self.build(expr, scope)

    def unrolled(self, bounds: Sequence[tuple[Symbol, Expr]], scope: Scope) -> Iterator[Scope]:
        if not bounds:
            yield scope
            return
        *inner, (variable, extent) = bounds
        for value in range(self.integer(extent, scope)):
            self.step()
            yield from self.unrolled(inner, {**scope, variable: value})

    def summed(self, terms: list[tuple[int, Expr]]) -> Expr:
        number: Expr = Add(*(sign * term for sign, term in terms if term.is_number))
        parts = [(sign, term) for sign, term in terms if not term.is_number]
        if number != 0:
            first = bool(terms) and terms[0][1].is_number
            signed = (-1, -number) if _is_below_zero(number) else (1, number)
            parts.insert(0 if first else len(parts), signed)
        if len(parts) < 2:
            return (parts[0][1] if parts[0][0] > 0 else self.opposite(parts[0][1])) if parts else S.Zero
        if all(sign < 0 for sign, _ in parts):
            return self.opposite(self.summed([(1, term) for _, term in parts]))
        front = next(place for place, (sign, _) in enumerate(parts) if sign > 0)
        parts.insert(0, parts.pop(front))
        signs, operands = zip(*parts, strict=True)
        return self.put("sum", operands, None, signs)

    def opposite(self, value: Expr) -> Expr:
        return -value if value.is_number else self.put("opposite", (value,), -value)

    # products

    def product(self, expr: Expr, scope: Scope) -> tuple[int, Expr]:
        """The sign and the absolute value of a product, gates and numbers worked out."""
        factors = self.arranged(expr, ordering.factors)
        gates = [factor for factor in factors if isinstance(factor, Guard | KroneckerDelta)]
        if any(self.gate(gate, scope) == 0 for gate in gates):
            return 1, S.Zero
        numbers: list[Expr] = []
        above: list[Expr] = []
        below: list[Expr] = []
        for factor in factors:
            if factor in gates:
                continue
            lower = _is_below(factor)
            value = self.build(1 / factor if lower else factor, scope)
            if value.is_number:
                numbers.append(1 / value if lower else value)
            else:
                (below if lower else above).append(value)
        return self.multiplied(numbers, above, below)

    def multiplied(self, numbers: list[Expr], above: list[Expr], below: list[Expr]) -> tuple[int, Expr]:
        number = Mul(*numbers)
        sign = -1 if _is_below_zero(number) else 1
        number = sign * number
        if number == 0:
            return 1, S.Zero
        top = [*([number] if number != 1 else []), *above]
        upper = self.together(top)
        if not below:
            return sign, upper
        lower = self.together(below)
        return sign, self.put("quotient", (upper, lower), upper / lower)

    def together(self, factors: list[Expr]) -> Expr:
        if len(factors) < 2:
            return factors[0] if factors else S.One
        return self.put("product", tuple(factors), None)

    def arranged(self, expr: Expr, order: Any) -> list[Expr]:
        """The terms or factors as a person writes them."""
        if expr not in self.ordered:
            names = nomenclature(Conventions(), self.model.space, tensors=self.model.tensors)
            parts = Mul.make_args(expr) if order is ordering.factors else expr.args
            self.ordered[expr] = order(parts, names)
        return self.ordered[expr]

    # cases

    def cases(self, expr: Piecewise, scope: Scope) -> Expr:
        """The case that holds where indices tell; else an operation that chooses by values."""
        pieces: list[tuple[Expr, Any]] = []
        for value, condition in expr.args:
            when = self.condition(condition, scope)
            if when == false:
                continue
            pieces.append((self.build(value, scope), when))
            if when == true:
                break
        if not pieces:
            raise DerivationError(f"no case of {expr} holds", fix="Give a case for otherwise.")
        if pieces[0][1] == true:
            return pieces[0][0]
        return self.chosen("cases", pieces)

    def chosen(self, word: str, pieces: list[tuple[Expr, Any]]) -> Expr:
        value = Piecewise(*pieces)
        found = [v for v, _ in pieces if not v.is_number]
        for _, condition in pieces:
            found += sorted(condition.free_symbols, key=str)
        return self.put(word, tuple(dict.fromkeys(found)), value)

    def condition(self, condition: Any, scope: Scope) -> Any:
        if condition in (true, false):
            return condition
        if isinstance(condition, And | Or | Not):
            return condition.func(*(self.condition(c, scope) for c in condition.args))
        if all(self.model.tensor(name).integer for name in tensors_in(condition)):
            return true if holds(condition, self.env, {**self.sizes, **scope}) else false
        if not isinstance(condition, Relational):
            raise DerivationError(f"cannot tell when {condition} holds", fix="Compare values: z > 0.")
        return condition.func(*(self.build(side, scope) for side in condition.args))

    def maximum(self, expr: Maximum, scope: Scope) -> Expr:
        """The greatest of its entries, two at a time; of equal ones the first."""
        variable, extent = expr.bound
        values = [self.build(expr.body, inner) for inner in self.unrolled([(variable, extent)], scope)]
        best = values[0]
        for value in values[1:]:
            best = self.chosen("maximum", [(best, best >= value), (value, true)])
        return best

    # operations

    def put(self, word: str, operands: tuple[Expr, ...], value: Expr | None, signs: tuple[int, ...] = ()) -> Expr:
        """The operation of this equation on these operands, made once; a number where nothing but numbers go in."""
        if value is not None and (value.is_number or isinstance(value, Symbol)):
            return value
        key = (self.working[-1].tensor if self.working else "", word, operands, signs, value)
        if key not in self.shared:
            if len(self.operations) >= MAX_OPERATIONS:
                raise _too_large(self.model, MAX_OPERATIONS, "operations")
            name = f"#{len(self.operations)}"
            self.operations[name] = Operation(name, word, operands, signs, value)
            self.shared[key] = entry(name)
        return self.shared[key]

    def finished(self) -> Graph:
        """The part of the graph that the root needs."""
        root = self.known[self.model.root, ()]
        needed: set[str] = set()
        waiting = [root]
        while waiting:
            symbol = waiting.pop()
            if symbol.is_number or symbol.name in needed:
                continue
            needed.add(symbol.name)
            if symbol.name in self.operations:
                waiting += self.operations[symbol.name].operands
        means: dict[str, tuple[Entry, ...]] = {}
        for which, value in self.known.items():
            if isinstance(value, Symbol) and value.name in needed and self.model.defines(which[0]):
                means[value.name] = (*means.get(value.name, ()), which)
        leaves = {name: which for which, name in self.names.items() if name in needed}
        return Graph(root, {n: o for n, o in self.operations.items() if n in needed}, leaves, means)


def _is_below(factor: Expr) -> bool:
    return isinstance(factor, Pow) and bool(factor.exp.is_number) and bool(factor.exp.is_negative)


def _is_negative(expr: Mul) -> bool:
    number, _ = expr.as_coeff_Mul()
    return _is_below_zero(number)


def _is_below_zero(number: Expr) -> bool:
    """Whether a number is negative; of a rational its numerator tells, where SymPy derives all that it could ask."""
    return number.p < 0 if isinstance(number, Rational) else bool(number.is_negative)


def _shared_number(expr: Expr) -> Expr:
    """The number that every term is multiplied by, signs aside: 2 in 2 a - 2 y."""
    if not isinstance(expr, Add):
        return S.One
    signed = {term.as_coeff_Mul()[0] for term in expr.args}
    numbers = {-number if _is_below_zero(number) else number for number in signed}
    number = numbers.pop()
    if numbers or not isinstance(number, Rational) or any(term.is_number for term in expr.args):
        return S.One
    return number


def _too_large(model: Model, count: int, what: str) -> UsageError:
    return UsageError(
        f"{model.name} has more than {count:,} {what} at these sizes",
        because="The scalar level shows each of them by itself.",
        fix="Choose smaller sizes: the formulas of every entry are the same.",
        name=model.name,
    )
