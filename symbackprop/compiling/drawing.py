"""Arguments at which a function is compared, but for what is given, and how much work that is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from sympy import Expr, Sum

from symbackprop.algebra.proving import drawing
from symbackprop.algebra.proving.drawing import Demands, Leaf
from symbackprop.algebra.symbols import ArgMax, Maximum, bounds_of
from symbackprop.compiling.arguments import Signature, fitted
from symbackprop.errors import UsageError
from symbackprop.model.model import Model

Sizes = Mapping[str, int]
MOST_WORK = 100_000_000  # terms of the loss, entries of its arguments
_LEAST = 2  # the smallest size
_CHOICES = 12  # of sizes, of which the least work is chosen where all are much


def drawn(
    signature: Signature,
    given: Mapping[str, Any],
    sizes: Sizes,
    random: np.random.Generator,
    turn: int,
    *,
    negative: bool,
) -> tuple[dict[str, np.ndarray], Sizes]:
    """Arrays for all arguments, those `given` as they are, and the sizes, which these may tell.

    Without negative numbers, logarithms and roots have values.
    """
    arrays = dict(given)
    for argument in signature.arguments:
        if argument.name not in given:
            limit = min(extents_at(argument.below, sizes), default=2) if argument.integer else None
            leaf = Leaf(extents_at(argument.shape, sizes), argument.facts, argument.role == "parameter", limit)
            arrays[argument.name] = drawing.drawn(leaf, random, turn, positive=not negative)
    fitting = fitted(signature, {**arrays, **{name: sizes[name] for name in signature.sizes}})
    return dict(zip(signature.names, fitting.arrays, strict=True)), fitting.sizes


def extents_at(shape: Iterable[Expr], sizes: Sizes) -> tuple[int, ...]:
    """A shape at sizes by name."""
    extents = tuple(shape)
    return drawing.extents_at(extents, {symbol: sizes[symbol.name] for n in extents for symbol in n.free_symbols})


def sizes_in_turn(batch: Model, signature: Signature, given: Mapping[str, Any], most: int) -> Iterator[Sizes]:
    """Sizes for one point after the other; if it can be, the loss has at most so many terms there.

    Raises:
        UsageError: no sizes were found that the model allows, or at which it is small enough to be computed.
    """
    told = _told(signature, given)
    extents = dict.fromkeys(extent for argument in signature.arguments for extent in argument.shape)
    free = tuple(symbol for name, symbol in signature.sizes.items() if name not in told)
    known = {signature.sizes[name]: count for name, count in told.items()}
    found = drawing.sizes_in_turn(Demands(free, extents, signature.size_facts, known), (_LEAST,))
    named = ({symbol.name: n for symbol, n in sizes.items()} for sizes in found)
    while (choices := _affordable(named, batch, most)) is not None:  # of a model without sizes they are {}
        _check_work(batch, signature, choices)
        yield choices
    raise UsageError("no sizes were found that the model allows", fix="Give them: check(n=4, m=5).")


def _affordable(found: Iterator[Sizes], batch: Model, most: int) -> Sizes | None:
    """The first of the next few sizes that are not too much work, else those that are least."""
    choices: dict[int, Sizes] = {}
    for sizes in islice(found, _CHOICES):
        choices.setdefault(terms(batch, sizes), sizes)
        if min(choices) <= most:
            break
    return choices[min(choices)] if choices else None


def _check_work(batch: Model, signature: Signature, sizes: Sizes) -> None:
    """Whether the loss can be computed at these sizes: asked before arrays of them are made."""
    entries = sum(math.prod(extents_at(argument.shape, sizes)) for argument in signature.arguments)
    if max(entries, terms(batch, sizes)) > MOST_WORK:
        raise UsageError(
            f"{batch.name} is too large to be computed for a comparison",
            because=f"Its loss has more than {MOST_WORK:,} terms, or reads more entries, at the smallest sizes.",
            fix="Leave sizes symbolic, size n in the place of size n = 100000: then small ones are chosen.",
        )


def terms(batch: Model, sizes: Mapping[str, int]) -> int:
    """How many entries, or terms of the sums in them, are computed for the loss: what its evaluation costs."""
    count = 0
    for equation in batch.order:
        shape = batch.space.shapes.get(equation.tensor, ())
        ranges = dict(zip(equation.indices, extents_at(shape, sizes), strict=True))
        count += math.prod(ranges.values()) * _terms(equation.expression, {**sizes, **_by_name(ranges)})
    return count


def _terms(expr: Any, ranges: Mapping[str, int]) -> int:
    """Those of one entry; a range that depends on another index is taken at the end of that."""
    if not isinstance(expr, Sum | Maximum | ArgMax):
        return max(1, sum(_terms(part, ranges) for part in expr.args if part.has(Sum, Maximum, ArgMax)))
    count, inner = 1, dict(ranges)
    for variable, extent in reversed(bounds_of(expr)):
        (inner[variable.name],) = extents_at((extent,), inner)
        count *= max(0, inner[variable.name])
    return count * _terms(expr.args[0], inner)


def _by_name(ranges: Mapping[Any, int]) -> dict[str, int]:
    return {symbol.name: extent for symbol, extent in ranges.items()}


def _told(signature: Signature, given: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that what is given tells."""
    found = {name: int(given[name]) for name in signature.sizes if name in given and name not in signature.names}
    for argument in signature.arguments:
        if argument.name in given:
            for extent, count in zip(argument.shape, np.shape(given[argument.name]), strict=False):
                if extent.is_Symbol:
                    found.setdefault(str(extent), count)
    return found
