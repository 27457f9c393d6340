"""Arguments at which a function is compared: drawn at random, but for what is given and what facts say.

Sizes are at least 2 and all different, so that no transpose and no missing sum passes; entries have mixed signs and
stay so small that sums over many of them saturate nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sympy import Expr, Integer, Sum

from symbackprop.algebra.symbols import ArgMax, Maximum, bounds_of
from symbackprop.compiling.arguments import Argument, Signature, fitted
from symbackprop.errors import UsageError
from symbackprop.model.model import Model

TRIES = 60
MOST_WORK = 100_000_000  # terms of the loss, entries of its arguments
_CHOICES = 12  # of sizes, of which the least work is chosen where all are much


def drawn(
    batch: Model,
    signature: Signature,
    given: Mapping[str, Any],
    random: np.random.Generator,
    attempt: int,
    most: int,
    *,
    negative: bool,
) -> tuple[dict[str, np.ndarray], Mapping[str, int]]:
    """Arrays for all arguments and the sizes; if it can be, the loss has at most so many terms.

    Without negative numbers, logarithms and roots have values.

    Raises:
        UsageError: no sizes were found that the model allows, or at which it is small enough to be computed.
    """
    sizes = _sizes(batch, signature, given, random, attempt, most)
    _check_work(batch, signature, sizes)
    arrays = {}
    for argument in signature.arguments:
        if argument.name in given:
            arrays[argument.name] = given[argument.name]
            continue
        shape = extents_at(argument.shape, sizes)
        limit = min(extents_at(argument.below, sizes), default=2)
        arrays[argument.name] = _entries(argument, shape, limit, random, negative=negative)
    extra = {name: sizes[name] for name in signature.sizes}
    fitting = fitted(signature, {**extra, **arrays})
    return dict(zip(signature.names, fitting.arrays, strict=True)), fitting.sizes


def _check_work(batch: Model, signature: Signature, sizes: Mapping[str, int]) -> None:
    """Whether the loss can be computed at these sizes: asked before arrays of them are made."""
    entries = sum(math.prod(extents_at(argument.shape, sizes)) for argument in signature.arguments)
    if max(entries, terms(batch, sizes)) > MOST_WORK:
        raise UsageError(
            f"{batch.name} is too large to be computed for a comparison",
            because=f"Its loss has more than {MOST_WORK:,} terms, or reads more entries, at the smallest sizes.",
            fix="Leave sizes symbolic, size n in the place of size n = 100000: then small ones are chosen.",
        )


def extents_at(shape: Iterable[Expr], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """A shape at sizes."""
    return tuple(int(n.xreplace({s: Integer(sizes[s.name]) for s in n.free_symbols})) for n in shape)


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


def _sizes(
    batch: Model,
    signature: Signature,
    given: Mapping[str, Any],
    random: np.random.Generator,
    attempt: int,
    most: int,
) -> dict[str, int]:
    """Sizes of at least 2, all different, for which every extent is one and every size fact holds."""
    known = _told(signature, given)
    free = [name for name in signature.sizes if name not in known]
    extents = [extent for argument in signature.arguments for extent in argument.shape]
    found: dict[int, dict[str, int]] = {}
    allowed = refused = 0
    while refused < TRIES:
        numbers = random.permutation(np.arange(2, 2 + len(free) + min(attempt + refused, 6)))[: len(free)]
        sizes = {**known, **{name: int(n) for name, n in zip(free, numbers, strict=True)}}
        if (
            min(extents_at(extents, sizes), default=1) < 1
            or min(extents_at(signature.size_facts, sizes), default=0) < 0
        ):
            refused += 1
            continue
        allowed += 1
        found.setdefault(terms(batch, sizes), sizes)
        if min(found) <= most or allowed == _CHOICES:
            break
    if found:
        return found[min(found)]
    raise UsageError("no sizes were found that the model allows", fix="Give them: check(n=4, m=5).")


def _told(signature: Signature, given: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that what is given tells."""
    found = {name: int(given[name]) for name in signature.sizes if name in given and name not in signature.names}
    for argument in signature.arguments:
        if argument.name in given:
            for extent, count in zip(argument.shape, np.shape(given[argument.name]), strict=False):
                if extent.is_Symbol:
                    found.setdefault(str(extent), count)
    return found


def _entries(
    argument: Argument, shape: tuple[int, ...], limit: int, random: np.random.Generator, *, negative: bool
) -> np.ndarray:
    """Entries that are generic but for what the facts say."""
    kinds = {fact.kind: fact.axis for fact in argument.facts}
    if argument.integer:
        return random.integers(0, limit, shape)
    if "one_hot" in kinds or "distribution" in kinds:
        axis = kinds.get("one_hot", kinds.get("distribution"))
        scores = random.uniform(0.2, 1.0, shape)
        if "one_hot" in kinds:
            return (scores == scores.max(axis=axis, keepdims=True)).astype(float)
        return scores / scores.sum(axis=axis, keepdims=True)
    if "binary" in kinds:
        return random.integers(0, 2, shape).astype(float)
    entries = random.uniform(0.2, 1.5, shape) / _fan(argument, shape, negative=negative)
    return entries if "positive" in kinds or not negative else entries * random.choice([-1.0, 1.0], shape)


def _fan(argument: Argument, shape: tuple[int, ...], *, negative: bool) -> float:
    """By how much weights are made smaller, so that a sum over many of them saturates nothing: there slopes cancel.

    Sums run over all axes but the first or the last, as weights stand out by in or in by out.
    """
    if argument.role != "parameter" or len(shape) < 2:
        return 1.0
    count = float(max(math.prod(shape[1:]), math.prod(shape[:-1]), 1))
    return np.sqrt(count) if negative else count
