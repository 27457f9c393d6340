"""The scalar functions that a program calls: stable ones ready made, others by their definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, Symbol, lambdify

from symbackprop.algebra.space import ScalarFunction, Space, definition_of
from symbackprop.compiling.identifiers import identifier, identifiers
from symbackprop.compiling.sources.balancing import balanced
from symbackprop.compiling.sources.fragments import folded
from symbackprop.compiling.sources.places import Place
from symbackprop.compiling.sources.printer import ArrayPrinter, Dictionary, Name
from symbackprop.compiling.sources.special import NAMED, PRINTED, needed, source_of
from symbackprop.errors import UsageError
from symbackprop.model.functions import FUNCTIONS

_ORDERS = ("", "_prime", "_second")
_WORDS = ("The function", "The derivative of", "The second derivative of")


@dataclass(frozen=True, slots=True)
class Defined:
    """A function of the model by its definition: its identifier, its variable, and its formula as source."""

    name: str
    variable: str
    formula: str
    meaning: str

    def source(self) -> str:
        lines = folded(f"value = {self.formula}", 4)
        body = [f"return {self.formula}"] if len(lines) == 1 else [*lines, "return value"]
        return "\n".join(
            [f"def {self.name}({self.variable}):", *(f"    {li}" for li in (f'"""{self.meaning}"""', *body))]
        )


@dataclass(slots=True)
class Functions:
    """Names for functions and their derivatives, given when they are asked for; what was asked for stands in the file.

    `taken` are identifiers that other things have.
    """

    known: Mapping[str, ScalarFunction]
    taken: set[str]
    special: dict[str, None] = field(default_factory=dict)
    defined: dict[tuple[str, int], Defined] = field(default_factory=dict)

    def name(self, function: str, order: int) -> str:
        """The identifier of the derivative of some order.

        Raises:
            UsageError: a function without a definition.
        """
        if function in ("erf", "strided", "add_at", "max_along"):
            return self._special(NAMED[function])
        if (function, order) in PRINTED and self.known.get(function, FUNCTIONS[function]) == FUNCTIONS[function]:
            return self._special(PRINTED[function, order])
        key = (function, order)
        if key not in self.defined:
            self.defined[key] = self._define(function, order)
        return self.defined[key].name

    def _special(self, function: Callable[..., Any]) -> str:
        if isinstance(function, np.ufunc):
            return "np.abs" if function is np.abs else f"np.{function.__name__}"
        self.special[function.__name__] = None
        return function.__name__

    def _define(self, function: str, order: int) -> Defined:
        meaning = meaning_of(function, self.known)
        suffix = _ORDERS[order] if order < len(_ORDERS) else f"_order_{order}"
        plain = identifier(function) + suffix
        name = identifiers([plain], self.taken)[plain]
        self.taken.add(name)
        variable = identifiers([meaning.variable.name], NAMED)[meaning.variable.name]
        symbol = Symbol(variable, real=True)
        formula = balanced(definition_of(meaning.expression, meaning.variable, order))
        words = f"{_WORDS[order] if order < len(_WORDS) else f'Derivative {order} of'} {function}."
        code = self._formula(formula.xreplace({meaning.variable: symbol}), symbol)
        return Defined(name, variable, code, words)

    def _formula(self, formula: Expr, symbol: Symbol) -> str:
        printer = ArrayPrinter(Space(), Dictionary({}, {}, self.name, {}))
        code = printer.write(formula, Place((symbol,), {}))
        return str(code) if symbol in formula.free_symbols else f"np.full(np.shape({symbol.name}), {code}, dtype=float)"

    def sources(self) -> list[str]:
        """The functions in use, each after what it calls."""
        return [*map(source_of, needed(self.special)), *(made.source() for made in self.defined.values())]

    def namespace(self) -> dict[str, Any]:
        """What their names mean where the function is made."""
        space: dict[str, Any] = {"np": np, **{name: NAMED[name] for name in needed(self.special)}}
        for made in self.defined.values():
            symbol = Name(made.variable)
            printer = ArrayPrinter(Space(), Dictionary({}, {}, self.name, {}))
            space[made.name] = lambdify([symbol], Name(made.formula), modules=[dict(space)], printer=printer)
        return space


def meaning_of(name: str, functions: Mapping[str, ScalarFunction]) -> ScalarFunction:
    """What a named function means.

    Raises:
        UsageError: it has no definition.
    """
    function = functions.get(name, FUNCTIONS.get(name))
    if function is None or function.expression is None:
        raise UsageError(
            f"{name} has no definition",
            because="Compiled code must compute its values.",
            fix=f"Give it one: function {name}(x) = ...",
            name=name,
        )
    return function
