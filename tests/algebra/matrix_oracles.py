"""Matrix and index expressions by plain numbers, and matrix expressions as short text: independent of the package."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import (
    Add,
    Expr,
    Integer,
    KroneckerDelta,
    Mul,
    Number,
    Piecewise,
    Pow,
    Sum,
    Symbol,
    cos,
    exp,
    log,
    sin,
    tanh,
)
from sympy.core.relational import Relational
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.matrices import grammar as mx
from symbackprop.algebra.symbols import Apply, Guard

Data = Mapping[str, np.ndarray]
NUMPY = {"exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}
PLAIN = {exp: np.exp, log: np.log, sin: np.sin, cos: np.cos, tanh: np.tanh}


def named_function(name: str, order: int, x: Any) -> Any:
    """The value of `name`, differentiated `order` times: sigmoid as it is, any other an arbitrary smooth function."""
    if name == "sigmoid":
        a = 1 / (1 + np.exp(-x))
        return a if order == 0 else a * (1 - a)
    return np.sin(x * (order + 1) + len(name))


def number(size: Expr, environment: Mapping[Symbol, Any]) -> int:
    return int(entry_value(size, {}, environment))


def entry_value(expr: Expr, data: Data, environment: Mapping[Symbol, Any]) -> float:
    """An index expression by loops; `environment` gives sizes and indices; entries out of range are 0."""

    def value(part: Expr) -> float:
        return entry_value(part, data, environment)

    match expr:
        case Indexed():
            place = tuple(round(value(i)) for i in expr.indices)
            array = data[expr.base.label.name]
            inside = all(0 <= i < n for i, n in zip(place, array.shape, strict=True))
            return float(array[place]) if inside else 0.0
        case Symbol():
            return float(environment[expr] if expr in environment else data[expr.name])
        case Sum():
            return _sum_value(expr, data, environment)
        case Add():
            return sum(map(value, expr.args))
        case Mul():
            return float(np.prod([value(part) for part in expr.args]))
        case exp() | log() | sin() | cos() | tanh():
            return float(PLAIN[type(expr)](value(expr.args[0])))
        case Pow():
            return value(expr.base) ** value(expr.exp)
        case Apply():
            return float(named_function(expr.name, expr.order, value(expr.argument)))
        case KroneckerDelta():
            return float(round(value(expr.args[0])) == round(value(expr.args[1])))
        case Guard():
            return float(value(expr.argument) >= 0)
        case Piecewise():
            return next(value(branch) for branch, condition in expr.args if _holds(condition, data, environment))
        case Number():
            return float(expr)
    raise AssertionError(f"no value for {expr!r}")


def _sum_value(expr: Sum, data: Data, environment: Mapping[Symbol, Any]) -> float:
    if not expr.limits:
        return entry_value(expr.function, data, environment)
    variable, lower, upper = expr.limits[-1]
    inner = Sum(expr.function, *expr.limits[:-1]) if len(expr.limits) > 1 else expr.function
    first, last = (round(entry_value(end, data, environment)) for end in (lower, upper))
    return sum(entry_value(inner, data, {**environment, variable: k}) for k in range(first, last + 1))


def _holds(condition: Any, data: Data, environment: Mapping[Symbol, Any]) -> bool:
    if isinstance(condition, Relational):
        left, right = (entry_value(side, data, environment) for side in condition.args)
        return bool({">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[condition.rel_op])
    if condition.args:
        found = [_holds(part, data, environment) for part in condition.args]
        return all(found) if condition.func.__name__ == "And" else any(found)
    return bool(condition)


def array_value(array: Array, data: Data, sizes: Mapping[Symbol, int]) -> np.ndarray:
    """Every entry of an array, one by one."""
    shape = [number(extent, sizes) for extent in array.shape]
    result = np.zeros(shape)
    for place in itertools.product(*map(range, shape)):
        environment = {**sizes, **dict(zip(array.indices, place, strict=True))}
        result[place] = entry_value(array.expression, data, environment)
    return result


def matrix_value(matrix: mx.Matrix, data: Data, environment: Mapping[Symbol, Any]) -> np.ndarray:
    """A matrix expression by NumPy, two axes always; of a ForEach one axis more for each of its indices."""

    def value(part: mx.Matrix) -> np.ndarray:
        return matrix_value(part, data, environment)

    match matrix:
        case mx.Leaf(name, size, fixed):
            array = np.asarray(data[name])
            for place in fixed:
                row = number(place, environment)
                array = array[row] if 0 <= row < len(array) else np.zeros_like(array[0])
            return array.reshape([number(extent, environment) for extent in size])
        case mx.Constant(constant):
            return np.full((1, 1), entry_value(constant, data, environment))
        case mx.Ones((rows, columns)):
            return np.ones((number(rows, environment), number(columns, environment)))
        case mx.Identity(extent):
            return np.eye(number(extent, environment))
        case mx.Transpose(of):
            return value(of).T
        case mx.Product(factors):
            return np.linalg.multi_dot(list(map(value, factors))) if len(factors) > 1 else value(factors[0])
        case mx.Hadamard(factors):
            return np.prod(np.stack(list(map(value, factors))), axis=0)
        case mx.Plus(terms):
            return np.sum(np.stack(list(map(value, terms))), axis=0)
        case mx.Scale(by, of):
            return value(by).item() * value(of)
        case mx.Power(of, exponent):
            return value(of) ** float(exponent)
        case mx.Map(function, of, order):
            return NUMPY[function](value(of)) if function in NUMPY else named_function(function, order, value(of))
        case mx.Indicator(of, relation):
            inside = value(of)
            return {">": inside > 0, ">=": inside >= 0, "<": inside < 0, "<=": inside <= 0}[relation].astype(float)
        case mx.Diagonal(of):
            return np.diag(value(of)[:, 0])
        case mx.DiagonalOf(of):
            return np.diag(value(of))[:, None]
        case mx.RowSum(of):
            return value(of).sum(axis=1, keepdims=True)
        case mx.ColumnSum(of):
            return value(of).sum(axis=0, keepdims=True)
        case mx.TotalSum(of):
            return value(of).sum(keepdims=True)
        case mx.NormSquared(of):
            return np.linalg.norm(value(of), keepdims=True) ** 2
        case mx.Trace(of):
            return np.full((1, 1), np.trace(value(of)))
        case mx.Softmax(of, axis):
            top = np.exp(value(of))
            return top / top.sum(axis=axis, keepdims=True)
        case mx.LogSumExp(of, axis):
            return np.log(np.exp(value(of)).sum(axis=axis, keepdims=True))
        case mx.SumOver(bounds, of):
            ranges = [range(number(extent, environment)) for _, extent in bounds]
            names = [variable for variable, _ in bounds]
            places = (dict(zip(names, place, strict=True)) for place in itertools.product(*ranges))
            return np.sum([matrix_value(of, data, {**environment, **place}) for place in places], axis=0)
    raise AssertionError(f"no value for {matrix!r}")


def lifted_value(matrix: mx.Matrix, array: Array, data: Data, sizes: Mapping[Symbol, int]) -> np.ndarray:
    """The value of a lift in the shape of the array that was lifted."""
    shape = [number(extent, sizes) for extent in array.shape]
    if not isinstance(matrix, mx.ForEach):
        return matrix_value(matrix, data, sizes).reshape(shape)
    outer = shape[: len(matrix.indices)]
    slices = [
        matrix_value(matrix.of, data, {**sizes, **dict(zip(matrix.indices, place, strict=True))})
        for place in itertools.product(*map(range, outer))
    ]
    return np.stack(slices).reshape(shape)


def show(matrix: mx.Matrix, level: int = 0) -> str:
    """A matrix expression as text. `level` says what stands around: 0 a sum, 1 a ⊙, 2 a product, 3 a mark."""

    def wrap(own: int, text: str) -> str:
        return f"({text})" if own < level else text

    match matrix:
        case mx.Leaf(name, _, fixed):
            return name.replace("∂", "d") + (f"[{','.join(map(str, fixed))}]" if fixed else "")
        case mx.Constant(value):
            return wrap(3 if value.is_Atom or value == Integer(-1) else 1, str(value))
        case mx.Ones((rows, columns)):
            return f"1{{{rows},{columns}}}"
        case mx.Identity():
            return "I"
        case mx.Transpose(of):
            return show(of, 3) + "'"
        case mx.Product(factors):
            return wrap(2, " ".join(show(factor, 3 if isinstance(factor, mx.Product) else 2) for factor in factors))
        case mx.Hadamard(factors):
            return wrap(1, " * ".join(show(factor, 2) for factor in factors))
        case mx.Scale(by, of):
            return wrap(2, f"{show(by, 3)}·{show(of, 2)}")
        case mx.Plus(terms):
            return wrap(0, " + ".join(show(term, 1) for term in terms))
        case mx.Power(of, exponent):
            return f"{show(of, 3)}^{exponent}"
        case mx.Map(function, of, order):
            mark = "'" * order
            return f"{function}{mark}({show(of)})"
        case mx.Indicator(of, relation):
            return f"[{show(of)} {relation} 0]"
        case mx.Softmax(of, axis):
            return f"softmax{axis}({show(of)})"
        case mx.LogSumExp(of, axis):
            return f"lse{axis}({show(of)})"
        case mx.SumOver(bounds, of):
            return f"sum{{{','.join(str(variable) for variable, _ in bounds)}}}({show(of)})"
        case mx.ForEach(indices, of):
            return f"each{{{','.join(map(str, indices))}}}({show(of)})"
        case _:
            return f"{type(matrix).__name__}({show(mx.parts(matrix)[0])})"
