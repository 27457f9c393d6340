r"""The symbols of index equations, made in one place.

SymPy treats `IndexedBase('x')` and `IndexedBase('x', real=True)` as strangers and then silently differentiates to 0, so
every size, index and entry comes from here, and foreign ones are refused when a model is made.

Meaning of an expression. A tensor is a function on integer tuples that is 0 outside its box, so an entry may be read
anywhere. `Sum(f, (k, 0, n - 1))` runs over the box [0, n). A product with a factor `Guard(e)` (Iverson's [e >= 0]) is
0 where the guard fails, whatever its other factors are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sympy import Expr, IndexedBase, Integer, KroneckerDelta, Mul, Pow, S, Sum, Symbol, Tuple, sympify
from sympy.core.symbol import Str
from sympy.tensor.indexed import Indexed

ADJOINT = "∂"


@lru_cache(maxsize=4096)
def index(name: str) -> Symbol:
    """An index: an integer, with a range only where a binder or an equation gives it one."""
    return Symbol(name, integer=True)


@lru_cache(maxsize=4096)
def size(name: str) -> Symbol:
    """A size: an integer of at least 1."""
    return Symbol(name, integer=True, positive=True)


@lru_cache(maxsize=4096)
def _base(name: str) -> IndexedBase:
    return IndexedBase(name, real=True)


def entry(name: str, *indices: Any) -> Expr:
    """The entry of a tensor at `indices`; for a scalar, a real symbol of its name."""
    if not indices:
        return Symbol(name, real=True)
    return entry_of(_base(name), tuple(sympify(i, strict=True) for i in indices))


@lru_cache(maxsize=65536)
def entry_of(base: IndexedBase, indices: tuple[Expr, ...]) -> Expr:
    """An entry, made once: SymPy deduces all assumptions of each one anew, and compares two that are not one object."""
    return base[indices]


@lru_cache(maxsize=65536)
def text_of(expr: Any) -> str:
    """SymPy's text of an expression: by it parts are put in an order, the same in every run."""
    return str(expr)


def tensor_of(expr: Expr) -> str | None:
    """The name of the tensor that `expr` reads, if it is an entry."""
    if isinstance(expr, Indexed):
        return expr.base.label.name
    if isinstance(expr, Symbol) and expr.is_integer is None:
        return expr.name
    return None


def indices_of(expr: Expr) -> tuple[Expr, ...]:
    """The indices of an entry; empty for a scalar."""
    return expr.indices if isinstance(expr, Indexed) else ()


def adjoint(name: str) -> str:
    """The name of the adjoint of the tensor `name`: same shape, the derivative of the root with respect to it."""
    return ADJOINT + name


def is_adjoint(name: str) -> bool:
    return name.startswith(ADJOINT)


def primal(name: str) -> str:
    """The tensor whose adjoint bears `name`."""
    return name.removeprefix(ADJOINT)


_BY_WAY_OF = "|"


def part_of(name: str, through: str) -> str:
    """The name of what the equation of `through` adds to an adjoint: `∂v|w` of `∂v`."""
    return f"{name}{_BY_WAY_OF}{through}"


def parted(name: str) -> tuple[str, str]:
    """`("∂v", "w")` for `∂v|w`, and `(name, "")` for what is no part of an adjoint."""
    whole, _, through = name.partition(_BY_WAY_OF)
    return whole, through


class Guard(Expr):
    r"""Iverson's bracket \([e \ge 0]\) of an integer expression in indices and sizes: 1 or 0."""

    is_integer = True
    is_nonnegative = True
    is_commutative = True

    def __new__(cls, argument: Any) -> Expr:
        argument = sympify(argument, strict=True)
        if argument.is_nonnegative:
            return S.One
        if argument.is_negative:
            return S.Zero
        return Expr.__new__(cls, argument)

    @property
    def argument(self) -> Expr:
        return self.args[0]

    def _eval_derivative(self, _symbol: Expr) -> Expr:
        return S.Zero


class Apply(Expr):
    r"""A named scalar function, or its derivative of some order, at an argument: \(f(x), f'(x), f''(x)\).

    What the name means stands in `Space.functions`; without a meaning the function is opaque, and only the chain rule
    is known of it.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, name: str | Str, argument: Any, order: int | Integer = 0) -> Apply:
        label = name if isinstance(name, Str) else Str(name)
        return Expr.__new__(cls, label, sympify(argument, strict=True), Integer(order))

    @property
    def name(self) -> str:
        return self.args[0].name

    @property
    def argument(self) -> Expr:
        return self.args[1]

    @property
    def order(self) -> int:
        return int(self.args[2])

    def _eval_derivative(self, symbol: Expr) -> Expr:
        return Apply(self.args[0], self.argument, self.order + 1) * self.argument.diff(symbol)


class _Over(Expr):
    """A binder over one index with the box [0, n): `args` are the body and (index, n)."""

    is_commutative = True

    def __new__(cls, body: Any, bound: Any) -> Expr:
        if not isinstance(bound, Tuple):
            bound = Tuple(*bound)
        return Expr.__new__(cls, sympify(body, strict=True), bound)

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def bound(self) -> tuple[Symbol, Expr]:
        return self.args[1].args

    @property
    def free_symbols(self) -> set[Symbol]:
        variable, extent = self.bound
        return (self.body.free_symbols - {variable}) | extent.free_symbols


class Maximum(_Over):
    r"""\(\max_{0 \le k < n} f(k)\): `Maximum(f, (k, n))`. Its derivative goes to the first maximiser alone."""

    is_real = True


class ArgMax(_Over):
    r"""The first maximiser of \(f(k)\) over \(0 \le k < n\): an integer-valued index."""

    is_integer = True
    is_nonnegative = True


def total(body: Any, *bounds: tuple[Symbol, Any]) -> Expr:
    r"""\(\sum f\) over boxes: `total(f, (j, n), (k, h))` sums j over [0, n) and k over [0, h)."""
    body = sympify(body, strict=True)
    if not bounds or body == 0:
        return body
    return bare_sum(body, tuple((variable, S.Zero, sympify(extent, strict=True) - 1) for variable, extent in bounds))


def bare_sum(body: Expr, limits: tuple) -> Expr:
    """SymPy's `Sum`, made without its constructor.

    That pulls cases (`Piecewise`) out of the sums within, also when their conditions read the index of the inner sum,
    which then stands unbound.
    """
    limits = tuple(Tuple(*limit) for limit in limits)
    while type(body) is Sum:
        limits, body = body.limits + limits, body.function
    made = Expr.__new__(Sum, body, *limits)
    made.is_commutative = True
    return made


def remade(expr: Expr, arguments: Iterable[Any]) -> Expr:
    """An expression of the same kind with other arguments; itself where they are the same."""
    arguments = tuple(arguments)
    if all(new is old for new, old in zip(arguments, expr.args, strict=True)):
        return expr
    return bare_sum(arguments[0], arguments[1:]) if isinstance(expr, Sum) else expr.func(*arguments)


def bounds_of(binder: Expr) -> tuple[tuple[Symbol, Expr], ...]:
    """The bound indices of a `Sum`, `Maximum` or `ArgMax` with their sizes, outermost last as SymPy has them."""
    if isinstance(binder, Sum):
        return tuple((variable, upper - lower + 1) for variable, lower, upper in binder.limits)
    return (binder.bound,)


def body_of(binder: Expr) -> Expr:
    return binder.function if isinstance(binder, Sum) else binder.body


BINDERS = (Sum, Maximum, ArgMax)


class Partial(Expr):
    r"""\(\partial v / \partial u\) of two entries, as a formula: written, never evaluated."""

    is_commutative = True
    is_real = True

    def __new__(cls, of: Expr, by: Expr) -> Partial:
        return Expr.__new__(cls, of, by)

    @property
    def of(self) -> Expr:
        return self.args[0]

    @property
    def by(self) -> Expr:
        return self.args[1]

    def _eval_derivative(self, _symbol: Expr) -> Expr:
        return S.Zero


def gates_and_factors(expr: Expr) -> tuple[list[Expr], list[Expr]]:
    """The guards and deltas of a product, and its other factors."""
    gates, factors = [], []
    for argument in Mul.make_args(expr):
        gate = argument.base if isinstance(argument, Pow) and argument.exp.is_positive else argument
        if isinstance(gate, Guard | KroneckerDelta):
            gates.append(gate)
        else:
            factors.append(argument)
    return gates, factors
