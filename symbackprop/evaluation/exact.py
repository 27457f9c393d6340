"""Exact fractions in the place of floats: what has them, and why something has none."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Expr, Pow, cos, cosh, erf, exp, log, sin, sinh, tanh

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.proving.arithmetic import EXACT, UndecidedError
from symbackprop.algebra.proving.drawing import Sizes, extents_at
from symbackprop.algebra.proving.evaluate import Computed, Environment
from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import Apply
from symbackprop.errors import DataError, UsageError

_IRRATIONAL = (exp, log, sin, cos, sinh, cosh, tanh, erf)


def fractions_of(value: Any) -> np.ndarray:
    """The numbers as fractions in an array of objects; a float by its decimal digits, so that 0.1 is 1/10."""
    whole = np.asarray(value)
    found = np.empty(whole.shape, object)
    for place in np.ndindex(whole.shape):
        entry = whole[place]
        found[place] = _fraction(entry.item() if hasattr(entry, "item") else entry)
    return found


def _fraction(value: Any) -> Fraction:
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def floats_of(value: np.ndarray) -> np.ndarray:
    """Fractions as the nearest floats."""
    return np.asarray(value, float)


def exact_values(
    definitions: Mapping[str, Array],
    given: Mapping[str, np.ndarray],
    sizes: Sizes,
    functions: Mapping[str, ScalarFunction],
) -> dict[str, np.ndarray]:
    """The exact values of tensors by their definitions, which read each other and what is `given`.

    Raises:
        UsageError: one whose values are no fractions; which function is the reason.
        DataError: one that has no value there.
    """
    known = {**given, **{name: Computed(array, sizes) for name, array in definitions.items()}}
    env = Environment(known, sizes, EXACT, functions)
    found = {}
    for name, array in definitions.items():
        value = known[name]
        found[name] = np.empty(extents_at(array.shape, sizes), object)
        for place in np.ndindex(found[name].shape):
            try:
                found[name][place] = value.at(place, env)
            except UndecidedError:
                raise _irrational(name, array.expression, functions) from None
            except ArithmeticError as error:
                raise DataError(f"{name} has no value at these numbers", because=f"{error}.", name=name) from None
    return found


def _irrational(name: str, expr: Expr, functions: Mapping[str, ScalarFunction]) -> UsageError:
    named = irrational_functions(expr, functions)
    of = ", ".join(named) or "a power"
    return UsageError(
        f"{name} has no exact value: {of} of a fraction is no fraction",
        because="Exact numbers are for models of sums, products, quotients and cases.",
        fix="Ask for decimals instead.",
        name=named[0] if named else name,
    )


def irrational_functions(expr: Expr, functions: Mapping[str, ScalarFunction]) -> tuple[str, ...]:
    """The names of the functions in a formula that make no fractions of fractions, sorted."""
    found = {type(part).__name__ for part in expr.atoms(*_IRRATIONAL)}
    if any(not part.exp.is_integer for part in expr.atoms(Pow)):
        found.add("a root")
    for part in expr.atoms(Apply):
        function = functions.get(part.name)
        if function is not None and function.expression is not None:
            found |= {part.name} if irrational_functions(function.expression, functions) else set()
    return tuple(sorted(found))
