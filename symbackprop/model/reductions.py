r"""Sums, means, maxima and softmaxes over axes or named indices.

Over an array, `over` is axes by number (none: all axes; for softmax the last one). In an entry such as
`W[i, j] * x[j]` it is an index, whose size comes from the tensors that it indexes, or a pair `(j, n)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Expr, Mul, Symbol, exp, log
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array, Operators, as_array, shape_in_words
from symbackprop.algebra.binding import all_symbols, fresh, substitute
from symbackprop.algebra.symbols import Maximum, total
from symbackprop.errors import IndexRangeError, ShapeError, UsageError

Over = int | Symbol | tuple[Symbol, Any]
Bound = tuple[Symbol, Expr]
Binder = Callable[[Expr, tuple[Bound, ...]], Expr]


def sum_over(entries: Any, *over: Over) -> Any:
    r"""\(\sum f\), over all axes or those given.

    Raises:
        ShapeError: an axis that is not there.
        IndexRangeError: an index of no known size, or of two.
    """
    return _reduced("sum_over", entries, over, lambda body, bounds: total(body, *bounds))


def mean(entries: Any, *over: Over) -> Any:
    r"""\(\frac{1}{n} \sum f\), n being how many entries there are."""
    return _reduced(
        "mean", entries, over, lambda body, bounds: total(body, *bounds) / Mul(*(extent for _, extent in bounds))
    )


def max_over(entries: Any, *over: Over) -> Any:
    r"""\(\max f\); its derivative goes to the first maximiser alone."""

    def largest(body: Expr, bounds: tuple[Bound, ...]) -> Expr:
        for bound in reversed(bounds):
            body = Maximum(body, bound)
        return body

    return _reduced("max_over", entries, over, largest)


def logsumexp(entries: Any, *over: Over) -> Any:
    r"""\(\log \sum e^f\)."""
    return _reduced("logsumexp", entries, over, lambda body, bounds: log(total(exp(body), *bounds)))


def softmax(entries: Any, *over: Over) -> Any:
    r"""\(e^{f_i} / \sum_k e^{f_k}\), along the last axis or those given."""
    return _normalised("softmax", entries, over, lambda own, below: exp(own) / below)


def log_softmax(entries: Any, *over: Over) -> Any:
    r"""\(f_i - \log \sum_k e^{f_k}\), along the last axis or those given."""
    return _normalised("log_softmax", entries, over, lambda own, below: own - log(below))


def _reduced(name: str, entries: Any, over: tuple[Over, ...], binder: Binder) -> Any:
    array = as_array(entries)
    axes, bounds = _bounds(name, array, over or tuple(range(len(array.shape))))
    kept = [axis for axis in range(len(array.shape)) if axis not in axes]
    indices, shape = tuple(array.indices[axis] for axis in kept), tuple(array.shape[axis] for axis in kept)
    expression = binder(array.expression, bounds)
    if not isinstance(entries, Operators):
        return expression
    label = f"{name}({array.label})" if array.label and len(array.label) < 50 else ""
    return Array(indices, shape, expression, label, array.sources)


def _normalised(name: str, entries: Any, over: tuple[Over, ...], make: Callable[[Expr, Expr], Expr]) -> Any:
    array = as_array(entries)
    _, bounds = _bounds(name, array, over or (-1,))
    avoid = {*all_symbols(array.expression), *array.indices}
    avoid |= {symbol for _, extent in bounds for symbol in extent.free_symbols}
    renamed = []
    for _, extent in bounds:
        other = fresh(avoid)
        avoid.add(other)
        renamed.append((other, extent))
    names = {variable: other for (variable, _), (other, _) in zip(bounds, renamed, strict=True)}
    below = total(exp(substitute(array.expression, names)), *renamed)
    expression = make(array.expression, below)
    if not isinstance(entries, Operators):
        return expression
    label = f"{name}({array.label})" if array.label and len(array.label) < 50 else ""
    return Array(array.indices, array.shape, expression, label, array.sources)


def _bounds(name: str, array: Array, over: tuple[Over, ...]) -> tuple[tuple[int, ...], tuple[Bound, ...]]:
    """The axes that are reduced, and each reduced index with its size."""
    axes: list[int] = []
    bounds: list[Bound] = []
    for part in over:
        if isinstance(part, int):
            axis = part + len(array.shape) if part < 0 else part
            if not 0 <= axis < len(array.shape) or axis in axes:
                raise _no_axis(name, part, array)
            axes.append(axis)
            bounds.append((array.indices[axis], array.shape[axis]))
        elif isinstance(part, tuple):
            variable, extent = part
            bounds.append((variable, as_array(extent).expression))
        else:
            bounds.append((part, _size_of(name, part, array)))
    if not bounds:
        raise UsageError(
            f"{name} of the scalar {array.label or array.expression}",
            fix=f"Name the index it runs over: {name}(..., j), or {name}(..., (j, n)).",
        )
    return tuple(axes), tuple(bounds)


def _no_axis(name: str, axis: int, array: Array) -> ShapeError:
    return ShapeError(
        f"{name} over axis {axis} of {array.label or 'an array'}",
        because=f"Its shape is {shape_in_words(array.shape)}.",
        fix="Axes count from 0, each once." if array.shape else "Name an index instead.",
        name=array.label or None,
    )


def _size_of(name: str, variable: Symbol, array: Array) -> Expr:
    """The size of an index, from the axes that it reads alone."""
    shapes = {source.name: source.shape for source in array.sources if hasattr(source, "shape")}
    found: dict[Expr, str] = {}
    for read in sorted(array.expression.atoms(Indexed), key=str):
        shape = shapes.get(read.base.label.name, ())
        for position, extent in zip(read.indices, shape, strict=False):
            if position == variable:
                found.setdefault(extent, str(read))
    if len(found) == 1:
        return next(iter(found))
    if not found:
        raise IndexRangeError(
            f"the range of {variable} is not known",
            because=f"No tensor in {array.label or array.expression} has {variable} alone as an index.",
            fix=f"Give it: {name}(..., ({variable}, n)).",
            name=variable.name,
        )
    (first, one), (second, other), *_ = found.items()
    raise IndexRangeError(
        f"the index {variable} has two ranges",
        because=f"It runs over {first} in {one} and over {second} in {other}.",
        fix=f"Give the one that is meant, {name}(..., ({variable}, {first})), or use two indices.",
        name=variable.name,
    )
