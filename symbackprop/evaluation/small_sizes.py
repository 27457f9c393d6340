"""Sizes to look at: small, no two alike, nor like an extent that is a number, as far as the model allows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Expr, Symbol

from symbackprop.algebra.proving.drawing import Demands, Sizes, extents_at, sizes_in_turn
from symbackprop.algebra.symbols import size
from symbackprop.compiling.arguments import signature_of
from symbackprop.errors import UsageError
from symbackprop.model.model import Model

LEAST = 2  # 1 hides sums and transposes
_SPARE = 2  # numbers to choose from beyond as many as there are sizes
_CHOICES = 240


def small_sizes(model: Model, given: Mapping[str, int] | None = None) -> dict[str, int]:
    """A number for every size, those `given` as they are: at least 2, all different, the arrays as small as can be.

    Raises:
        UsageError: a name that is no size, or no sizes were found that the model allows.
    """
    signature = signature_of(model)
    unknown = [name for name in given or {} if name not in signature.sizes]
    if unknown:
        raise UsageError(f"{model.name} has no size {unknown[0]}", name=unknown[0])
    shapes = [a.shape for a in signature.arguments] + list(signature.computed.values())
    known = {size(name): count for name, count in (given or {}).items()}
    free = tuple(symbol for symbol in signature.sizes.values() if symbol not in known)
    extents = dict.fromkeys(extent for shape in shapes for extent in shape)
    demands = Demands(free, extents, signature.size_facts, known)
    looks = _Looks(tuple(extents), tuple(shapes))
    candidates = [sizes for sizes in _candidates(demands) if demands.allow(sizes)]
    best = min(candidates, key=lambda sizes: looks.of({**known, **sizes}), default=None)
    found = best if best is not None else next(sizes_in_turn(demands, (1,)), None)
    if found is None:
        raise UsageError("no sizes were found that the model allows", fix="Give them: --size n=3.", name=model.name)
    return {symbol.name: count for symbol, count in {**known, **found}.items()}


def _candidates(demands: Demands) -> Iterator[Sizes]:
    """Different numbers for the free sizes: none that stands in the model already, then the least ones."""
    literal = {int(extent) for extent in demands.extents if extent.is_Integer}
    known, count = set(demands.known.values()), len(demands.symbols)
    many = count + (_SPARE if count < 4 else 0)
    for taken in (literal | known, known):
        pool = itertools.islice((n for n in itertools.count(LEAST) if n not in taken), many)
        for numbers in itertools.islice(itertools.permutations(tuple(pool), count), _CHOICES):
            yield dict(zip(demands.symbols, numbers, strict=True))


@dataclass(frozen=True, slots=True)
class _Looks:
    """How sizes look: extents that are alike, or 1 and need not be, count as if there were twice as many entries."""

    extents: tuple[Expr, ...]
    shapes: tuple[tuple[Expr, ...], ...]

    def of(self, sizes: Sizes) -> int:
        numbers = {extent: _number(extent, sizes) for extent in self.extents}
        entries = sum(math.prod(numbers[extent] for extent in shape) for shape in self.shapes)
        ones = sum(number == 1 for extent, number in numbers.items() if not extent.is_Integer)
        return entries * 2 ** (len(numbers) - len(set(numbers.values())) + ones)


def _number(extent: Expr, sizes: Sizes) -> int:
    if isinstance(extent, Symbol):
        return sizes[extent]
    return int(extent) if extent.is_Integer else extents_at((extent,), sizes)[0]
