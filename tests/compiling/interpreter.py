r"""A `Program` in plain loops, entry by entry: slow, and as its records say word for word.

Expressions are evaluated by `tests.oracles.numbers`, where an entry out of range is 0, and so is a product with a guard
that fails. An entry that has no value (0/0) becomes nan, which no case that holds may read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, Mul, Symbol

from symbackprop.compiling.program import Allocate, Contract, Elementwise, Into, Loop, Program, Reduce, Statement
from tests.oracles.numbers import Numbers, OracleError

Scope = dict[Any, int]
UNDEFINED = ("division by 0", "a power of a number that is not above 0", "the log of a number that is not above 0")


@dataclass
class Machine:
    """The arrays computed so far, each with a last axis of one lane."""

    program: Program
    numbers: Numbers
    written: set[tuple] = field(default_factory=set)

    def run(self, statements: Iterable[Statement], scope: Scope) -> None:
        for statement in statements:
            match statement:
                case Allocate():
                    self.numbers.stored[statement.target] = np.zeros((*self.sizes(statement.shape, scope), 1), complex)
                case Loop():
                    steps = range(self.numbers.integer(statement.extent, scope))
                    for step in reversed(steps) if statement.descending else steps:
                        self.written.clear()
                        self.run(statement.body, {**scope, statement.index: step})
                case _:
                    self.fill(statement, scope)

    def sizes(self, shape: Iterable[Expr], scope: Scope) -> tuple[int, ...]:
        return tuple(self.numbers.integer(extent, scope) for extent in shape)

    def fill(self, statement: Elementwise | Contract | Reduce | Into, scope: Scope) -> None:
        name = statement.target
        shape = self.sizes(self.program.space.shapes[name], scope)
        if name not in self.numbers.stored:
            assert not scope or not set(scope) & set().union(*(p.free_symbols for p in statement.at)), f"{name} unmade"
            self.numbers.stored[name] = np.full((*shape, 1), np.nan + 0j)
        array = self.numbers.stored[name]
        assert array.shape[:-1] == shape, f"{name} has two shapes"
        for inner in self.positions(statement.box, scope):
            at = tuple(self.numbers.integer(position, inner) for position in statement.at)
            inside = all(0 <= p < n for p, n in zip(at, shape, strict=True))
            if isinstance(statement, Into):
                if inside:
                    array[at] += self.value(statement.expression, inner)
                continue
            assert inside, f"{name} is written at {at}"
            assert (name, at) not in self.written, f"{name} is written twice at {at}"
            self.written.add((name, at))
            array[at] = self.result(statement, inner)

    def positions(self, box: Iterable[tuple[Symbol, Expr]], scope: Scope) -> Iterator[Scope]:
        box = tuple(box)
        for values in itertools.product(*(range(self.numbers.integer(extent, scope)) for _, extent in box)):
            yield {**scope, **dict(zip((v for v, _ in box), values, strict=True))}

    def result(self, statement: Elementwise | Contract | Reduce, scope: Scope) -> Any:
        if isinstance(statement, Elementwise):
            return self.value(statement.expression, scope)
        inner = list(self.positions(statement.bound, scope))
        if isinstance(statement, Contract):
            assert 1 <= len(statement.factors) <= 2
            products = [self.value(f, s) for s in inner for f in [Mul(*statement.factors)]]
            return self.value(statement.coefficient, scope) * sum(products)
        values = [self.value(statement.expression, s) for s in inner]
        if statement.operation == "sum":
            return sum(values)
        best = max(range(len(values)), key=lambda k: float(np.ravel(np.real(values[k]))[0]))
        return values[best] if statement.operation == "max" else best

    def value(self, expr: Expr, scope: Scope) -> Any:
        try:
            found = self.numbers.value(expr, scope)
        except OracleError as error:
            if str(error) not in UNDEFINED:
                raise
            return np.nan
        return found if isinstance(found, np.ndarray) else float(found)


def interpret(program: Program, sizes: Mapping[Symbol, int], data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every tensor of the program by name, the arguments left out."""
    stored = {name: np.asarray(data[name], complex)[..., None] for name in program.arguments}
    numbers = Numbers(sizes, stored, functions=program.space.functions, opaque={"f": lambda x: x**3 / 5 + np.sin(x)})
    with np.errstate(all="ignore"):
        Machine(program, numbers).run(program.statements, {})
    return {name: np.real(array[..., 0]) for name, array in numbers.stored.items() if name not in program.arguments}
