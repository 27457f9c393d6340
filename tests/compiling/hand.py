"""Computations written by hand, and a short way to say what a program consists of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Expr, Symbol, sympify

from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import index, size
from symbackprop.compiling.equations import Computation
from symbackprop.compiling.program import Loop, Program, Statement
from symbackprop.compiling.programs.parts import walk
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.records import Equation

a, b, c, d, i, j, k, o, p, q, s, t, u = (index(name) for name in "abcdijkopqstu")
h, m, n, T = size("h"), size("m"), size("n"), size("T")
SIZES: Mapping[Symbol, int] = {h: 3, m: 4, n: 2, T: 5}

Shape = tuple[Expr | int, ...]


def computation(
    arguments: Mapping[str, Shape],
    equations: Iterable[tuple[str, Mapping[Symbol, Expr | int], Expr]],
    results: Iterable[str],
    loss: str = "L",
) -> Computation:
    """Equations as name, indices with their sizes, and right side; each result is the gradient by its own name."""
    equations = list(equations)
    shapes: dict[str, Shape] = {**arguments, **{name: tuple(box.values()) for name, box, _ in equations}}
    return Computation(
        arguments=tuple(arguments),
        equations=tuple(Equation(name, tuple(box), right) for name, box, right in equations),
        space=Space(shapes={k: tuple(map(_size, v)) for k, v in shapes.items()}, functions=FUNCTIONS),
        loss=loss,
        gradients={name: name for name in results},
        numbers={name: str(number) for number, (name, _, _) in enumerate(equations, start=1)},
    )


def _size(extent: Expr | int) -> Expr:
    return sympify(extent, strict=True)


def kinds(program: Program) -> list[str]:
    """The statements in order, as `Contract z_sum`; those in a loop are indented by a dot."""
    return list(_kinds(program.statements, ""))


def _kinds(statements: Iterable[Statement], indent: str) -> Iterable[str]:
    for statement in statements:
        if isinstance(statement, Loop):
            yield f"{indent}Loop {statement.index}{' down' if statement.descending else ''}"
            yield from _kinds(statement.body, f"{indent}.")
        else:
            yield f"{indent}{type(statement).__name__} {statement.target}"


def statements_of(program: Program, target: str) -> list[Statement]:
    return [statement for statement, _ in walk(program.statements) if getattr(statement, "target", None) == target]
