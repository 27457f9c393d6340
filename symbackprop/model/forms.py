"""Tensors and equations in their standard form: sums over boxes, exact numbers, functions by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Abs, Expr, Float, Rational, Symbol, tanh

from symbackprop.algebra.binding import boxed
from symbackprop.algebra.symbols import Apply
from symbackprop.model.records import Equation, Tensor

Shapes = Mapping[str, tuple[Expr, ...]]

_BY_NAME = {Abs: "abs", tanh: "tanh"}


def standard_tensor(tensor: Tensor) -> Tensor:
    """The tensor with its sizes multiplied out."""
    return replace(tensor, shape=tuple(extent.expand() for extent in tensor.shape))


def standard_equation(equation: Equation, shapes: Shapes) -> Equation:
    """The equation with sums over boxes [0, n), exact numbers, and |x| and tanh x as functions by name."""
    ranges: dict[Symbol, Expr] = dict(zip(equation.indices, shapes.get(equation.tensor, ()), strict=False))
    return replace(equation, expression=boxed(_standard(equation.expression), ranges))


def _standard(expr: Expr) -> Expr:
    if isinstance(expr, Float):
        return Rational(str(expr))
    if not expr.args:
        return expr
    arguments = tuple(_standard(argument) for argument in expr.args)
    if type(expr) in _BY_NAME:
        return Apply(_BY_NAME[type(expr)], arguments[0])
    return expr if all(a is b for a, b in zip(arguments, expr.args, strict=True)) else expr.func(*arguments)
