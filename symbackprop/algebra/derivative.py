r"""The one derivative rule: what an entry of one tensor does to an entry of an equation, use by use.

A **use** is one occurrence of u in the equation of v. Where v[i] reads u[m(i, b)] under bound indices b,

    \(\partial v_i / \partial u_p = \sum_{\text{uses}} \sum_b D(i, b)\, \delta(p, m(i, b))\)

and D is SymPy's own scalar derivative, taken with the occurrence replaced by a plain symbol. Nothing here knows any
particular function or layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from sympy import Dummy, Expr, KroneckerDelta, Mul, S, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import all_symbols, refresh, substitute
from symbackprop.algebra.symbols import (
    BINDERS,
    ArgMax,
    Maximum,
    body_of,
    bounds_of,
    indices_of,
    tensor_of,
    text_of,
    total,
)
from symbackprop.algebra.terms import Bounds


@dataclass(frozen=True, slots=True)
class Use:
    """One occurrence: the bound indices it stands under, the local factor D, and the index map it reads at."""

    bounds: Bounds
    factor: Expr
    target: tuple[Expr, ...]


def uses(expr: Expr, tensor: str, avoid: set[Symbol]) -> tuple[Use, ...]:
    """The uses of `tensor` in `expr`; their bound indices are fresh, and `avoid` gains them."""
    found = tuple(sorted(_surface(expr, tensor), key=text_of))
    dummies = {part: _value(number) for number, part in enumerate(found)}
    maximisers = sorted(expr.atoms(ArgMax), key=text_of)
    constant = {where: _place(number) for number, where in enumerate(maximisers)}  # a place has no slope
    plain = expr.xreplace({**constant, **dummies})
    back = {dummy: part for part, dummy in {**constant, **dummies}.items()}
    result: list[Use] = []
    for part in found:
        outer = plain.diff(dummies[part]).xreplace(back)
        if outer == 0:
            continue
        if tensor_of(part) == tensor:
            result.append(Use((), outer, indices_of(part)))
        else:
            result.extend(replace(use, factor=outer * use.factor) for use in _under_binder(part, tensor, avoid))
    return tuple(result)


@lru_cache(maxsize=1024)
def _value(number: int) -> Dummy:
    """What stands for a value while its equation is differentiated: the same each time, so that SymPy knows it."""
    return Dummy(f"d{number}", real=True)


@lru_cache(maxsize=1024)
def _place(number: int) -> Dummy:
    """The same for the place of a maximum."""
    return Dummy(f"w{number}", integer=True)


def _surface(expr: Expr, tensor: str) -> set[Expr]:
    """The entries of `tensor` outside all binders, and the outermost binders that read it as a value."""
    if tensor_of(expr) == tensor:
        return {expr}
    if isinstance(expr, BINDERS):
        return {expr} if _reads(expr, tensor) else set()
    if isinstance(expr, Indexed) or not expr.args:
        return set()
    return set().union(*(_surface(argument, tensor) for argument in expr.args))


def _reads(expr: Expr, tensor: str) -> bool:
    """Whether `tensor` stands in `expr` as a value; in an index it is data, not a value."""
    if isinstance(expr, Indexed | Symbol):
        return tensor_of(expr) == tensor
    return not isinstance(expr, ArgMax) and any(_reads(argument, tensor) for argument in expr.args)


def _under_binder(binder: Expr, tensor: str, avoid: set[Symbol]) -> tuple[Use, ...]:
    avoid |= all_symbols(binder)
    body, bounds = refresh(body_of(binder), bounds_of(binder), avoid)
    inner = uses(body, tensor, avoid)
    if isinstance(binder, Maximum):
        (variable, _), (old, extent) = bounds[0], binder.bound
        where = ArgMax(binder.body, (old, extent))
        return tuple(
            Use(
                tuple((v, substitute(e, {variable: where})) for v, e in use.bounds),
                substitute(use.factor, {variable: where}),
                tuple(substitute(t, {variable: where}) for t in use.target),
            )
            for use in inner
        )
    return tuple(Use((*bounds, *use.bounds), use.factor, use.target) for use in inner)


def delta(at: tuple[Expr, ...], target: tuple[Expr, ...]) -> Expr:
    r"""\(\prod_k \delta(p_k, m_k)\)."""
    return Mul(*(KroneckerDelta(p, m) for p, m in zip(at, target, strict=True))) if at else S.One


def derivative(expr: Expr, tensor: str, at: tuple[Expr, ...]) -> Expr:
    r"""\(\partial\,\)`expr`\(\,/\,\partial u_p\) for the entry of `tensor` at `at`, its deltas not collapsed."""
    avoid = set(all_symbols(expr)).union(*(all_symbols(p) for p in at))
    parts = [total(use.factor * delta(at, use.target), *use.bounds) for use in uses(expr, tensor, avoid)]
    return sum(parts, S.Zero)
