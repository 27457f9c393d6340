"""Bound indices: `sum(j, ...)`, `sum(j = 1..n-1, ...)`, `sum(j < K, ...)`, `sum(0 <= j <= i, ...)`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import all_symbols, fresh, substitute
from symbackprop.algebra.symbols import bare_sum, index, indices_of, is_adjoint, tensor_of, text_of
from symbackprop.errors import DuplicateNameError, IndexRangeError, NotationError
from symbackprop.notation.reading.index_formulas import position
from symbackprop.notation.reading.scope import PLACEHOLDER, BoundIndex, Scope
from symbackprop.notation.reading.syntax import Call, Name, Named, Node, Number, Range, Relation
from symbackprop.notation.source import Span


@dataclass(frozen=True, slots=True)
class Binder:
    """An index with the limits that were written, both included; None where none was."""

    bound: BoundIndex
    low: Expr | None
    high: Expr | None


def binders_of(node: Call, scope: Scope) -> tuple[tuple[Binder, ...], Scope]:
    """What the arguments of `node` before the last bind, and the scope of the last.

    Raises:
        NotationError: an argument that binds no index.
        DuplicateNameError: an index with the name of something declared.
    """
    binders: list[Binder] = []
    for argument in node.arguments[:-1]:
        name, low, high = _limits(argument, node, scope)
        bound = replace(bind(name, node.function.name, scope), last=high)
        binders.append(Binder(bound, low, high))
        scope = replace(scope, indices={**scope.indices, name.name: bound})
    return tuple(binders), scope


def bind(name: Name, binder: str, scope: Scope) -> BoundIndex:
    """A new index in scope; its placeholder is no other index. In a claim it may hide what bears its name."""
    if (scope.declared(name.name) and scope.stated is None) or "." in name.name:
        written = scope.source.written(name.span)
        sized = name.name in scope.sizes
        kind = "a size" if sized else "a tensor"
        of_all = "" if sized or binder.startswith("tensor ") else f" For all entries write {binder}({written})."
        raise DuplicateNameError(
            f"{written} cannot be an index: it is {kind}",
            where=scope.source.locate(name.span),
            fix=f"Take another letter for the index.{of_all}",
            name=written,
        )
    placeholder = index(f"{PLACEHOLDER}{len(scope.indices)}{name.name}")
    return BoundIndex(name.name, binder, placeholder, name.span)


def _limits(argument: Node, node: Call, scope: Scope) -> tuple[Name, Expr | None, Expr | None]:
    match argument:
        case Name():
            return argument, None, None
        case Named(name, Range(low, high)):
            return name, position(low, scope), position(high, scope)
        case Relation((Name() as name, high), (("<" | "<=") as sign,)):
            return name, Integer(0), _upper(high, sign, scope)
        case Relation((low, Name() as name, high), (("<" | "<=") as first, ("<" | "<=") as second)):
            least = position(low, scope) + (1 if first == "<" else 0)
            return name, least, _upper(high, second, scope)
    written = scope.source.written(argument.span)
    function = node.function.name
    raise NotationError(
        f"{written} binds no index of {function}",
        where=scope.source.locate(argument.span),
        fix=f"Write {function}(j, ...), {function}(j < n, ...) or {function}(j = 1..n-1, ...).",
        name=written,
    )


def _upper(high: Node, sign: str, scope: Scope) -> Expr:
    return position(high, scope) - (1 if sign == "<" else 0)


def extent(bound: BoundIndex, scope: Scope) -> Expr:
    """The size of an index: the size of every axis at which it stands alone.

    Raises:
        IndexRangeError: there are two such sizes, or none.
    """
    sizes = bound.sized
    if not sizes:
        raise IndexRangeError(
            f"the range of the index {bound.name} is not known",
            where=scope.source.locate(bound.span),
            because=f"{bound.name} stands alone in no entry, so no tensor gives its size.",
            fix=f"Give it: {_with_range(bound)}.",
            name=bound.name,
        )
    first, place = sizes[0]
    for size, other in sizes[1:]:
        if (size - first).expand() != 0:
            raise IndexRangeError(
                f"the index {bound.name} has two ranges",
                where=scope.source.locate(other),
                because=f"{bound.name} runs over {_range(first, place, scope)} and over {_range(size, other, scope)}.",
                fix=f"Use two indices, or give the range that is meant: {_with_range(bound)}.",
                name=bound.name,
            )
    return first


def _with_range(bound: BoundIndex) -> str:
    if bound.binder.startswith("tensor "):
        return bound.binder
    return f"{bound.binder}({bound.name} < n, ...)"


def _range(size: Expr, span: Span, scope: Scope) -> str:
    last = str(size - 1).replace(" ", "")
    return f"0..{last} in {scope.source.written(span)}"


def summed(body: Expr, binders: tuple[Binder, ...], scope: Scope) -> Expr:
    """The sum of `body` over the indices, the last one innermost."""
    for binder in reversed(binders):
        low, high = limits(binder, scope)
        _check_inside(body, binder.bound, low, high, scope)
        body = closed(body, binder.bound, low, high, scope)
    return body


def _check_inside(body: Expr, bound: BoundIndex, low: Expr, high: Expr, scope: Scope) -> None:
    """A claim's sum has no terms beyond the entries that there are, those of adjoints and what is padded aside.

    Raises:
        IndexRangeError: its first or last term reads an entry that does not exist, for all sizes.
    """
    if scope.stated is None:
        return
    reads = sorted((part for part in body.atoms(Indexed) if bound.symbol in indices_of(part)), key=text_of)
    for read in reads:
        name = str(tensor_of(read))
        if is_adjoint(name) or name in scope.stated.padded or name not in scope.tensors:
            continue
        size = next(s for s, at in zip(scope.tensors[name], indices_of(read), strict=True) if at == bound.symbol)
        for place, beyond in ((low, -low), (high, high - size + 1)):
            if beyond.expand().is_positive:
                at, first, last = (str(part + scope.base).replace(" ", "") for part in (place, Integer(0), size - 1))
                raise IndexRangeError(
                    f"the sum over {bound.name} reads {name} where it has no entry",
                    where=scope.source.locate(bound.span),
                    because=f"It has a term for {bound.name} = {at}, and {name} has entries from {first} to {last}.",
                    fix=f"Sum from {first} to {last}.",
                    name=bound.name,
                )


def limits(binder: Binder, scope: Scope) -> tuple[Expr, Expr]:
    """First and last value. In a claim, 1 to n and 0 to n - 1 both mean the whole range, from wherever it counts."""
    if binder.low is None or binder.high is None:
        return Integer(0), extent(binder.bound, scope) - 1
    low, high = binder.low, binder.high
    if scope.stated is not None and low + scope.base in (0, 1):
        count = high - low + 1
        sizes = [size for size, _ in binder.bound.sized]
        if not sizes or any((size - count).expand() == 0 for size in sizes):
            return Integer(0), (count - 1).expand()
    return low, high


def closed(body: Expr, bound: BoundIndex, low: Expr, high: Expr, scope: Scope) -> Expr:
    """A sum from 0 over one index under the name that was written; `substitute` renames what would be captured.

    A lower limit is shifted away at once, for substitution knows sums from 0 alone.
    """
    variable = named_variable(bound, body, scope)
    return bare_sum(substitute(body, {bound.symbol: variable + low}), ((variable, Integer(0), high - low),))


def named_variable(bound: BoundIndex, body: Expr, scope: Scope, beside: Iterable[Symbol] = ()) -> Symbol:
    """The index under the name that was written; another where a name declared or an index `beside` it has that."""
    variable = index(bound.name)
    if scope.declared(bound.name) or variable in beside:
        return fresh((*all_symbols(body), *scope.taken, *beside), variable)
    return variable


def is_number(node: Node, value: int) -> bool:
    return isinstance(node, Number) and node.value == value
