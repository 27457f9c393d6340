"""How far apart the steps of a recurrence are: h[t, i] reads h[t - 1, j]."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import tensor_of, text_of
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Shift:
    """The step that is read in words ("t−1"), the index of the reader, its axis, the axis read, and the distance."""

    words: str
    index: str = ""
    axis: int = -1
    of_axis: int = -1
    by: int = 0


def entries_of(equation: Equation, name: str) -> list[Indexed]:
    """The entries of a tensor that an equation reads, the same order in every run."""
    return sorted((e for e in equation.expression.atoms(Indexed) if tensor_of(e) == name), key=text_of)


def shift_of(equation: Equation, name: str) -> Shift:
    """The first axis along which the equation reads the tensor at another step; "before" where it cannot be told."""
    for read in entries_of(equation, name):
        for of_axis, position in enumerate(read.indices):
            for axis, index in enumerate(equation.indices):
                by = position - index
                if isinstance(by, Integer) and by != 0:
                    sign = "−" if by < 0 else "+"
                    return Shift(f"{index.name}{sign}{abs(int(by))}", index.name, axis, of_axis, int(by))
    return Shift("before")


def aligned(equation: Equation, name: str, index: Expr) -> int | None:
    """The axis along which the equation reads the tensor at exactly `index`; None where there is none."""
    for read in entries_of(equation, name):
        for axis, position in enumerate(read.indices):
            if isinstance(position, Symbol) and position == index:
                return axis
    return None
