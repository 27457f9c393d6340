r"""Reshaping: the same entries under other indices. In every shape the last index runs fastest.

Entry \(k\) of a flat axis over sizes C and N is entry \((q, k - N q)\) with \(q = \lfloor k / N \rfloor\); entry (g, k)
of an axis of G K entries that was split is number \(g K + k\).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sympy import Expr, Integer, Mul, floor

from symbackprop.algebra.arrays import Array, described
from symbackprop.algebra.symbols import index
from symbackprop.errors import ShapeError
from symbackprop.model.layers.expansion import Extents, Parts, Scalar, as_sizes, check_rank, leading, whole_number
from symbackprop.model.words import written


@dataclass(frozen=True, slots=True)
class Flatten:
    """All axes as one, but for the first `keep`; the last index runs fastest."""

    keep: Scalar = 0
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        keep = int(whole_number(self.keep, "keep", 0))
        check_rank("flatten", x, keep + 1, "a tensor with an axis more than it keeps")
        _reshaped(parts, x, keep, (Mul(*x.shape[keep:]),))


@dataclass(frozen=True, slots=True)
class Reshape:
    """The same entries in another shape."""

    shape: Extents
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        shape = as_sizes(self.shape, "shape", len(self.shape) if isinstance(self.shape, tuple) else 1)
        if (Mul(*shape) - Mul(*x.shape)).expand() != 0:
            raise ShapeError(
                f"reshape of {described(x)} to another number of entries",
                because=f"It has {written(Mul(*x.shape))}, and the new shape {written(Mul(*shape))}.",
                fix="The product of the sizes must stay.",
                name=x.label or None,
            )
        flat = parts.tensor("flat", _reshaped_array(x, 0, (Mul(*x.shape),))) if len(x.shape) > 1 else x
        _reshaped(parts, flat, 0, shape)


def _reshaped(parts: Parts, x: Array, keep: int, shape: tuple[Expr, ...]) -> None:
    parts.output(_reshaped_array(x, keep, shape))


def _reshaped_array(x: Array, keep: int, shape: tuple[Expr, ...]) -> Array:
    """x with the axes after the first `keep` laid out in `shape`: through one index that counts all entries."""
    rows = leading(keep)
    indices = tuple(map(index, "klpq"))[: len(shape)]
    whole: Expr = Integer(0)
    for variable, extent in zip(indices, shape, strict=True):
        whole = (whole * extent).expand() + variable
    at = digits(whole, x.shape[keep:])
    return Array((*rows, *indices), (*x.shape[:keep], *shape), x.at(*rows, *at), sources=x.sources)


def digits(whole: Expr, shape: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The indices of the entry that is number `whole` in an array of this shape, the last index running fastest."""
    found: list[Expr] = []
    for extent in reversed(shape[1:]):
        above = floor((whole / extent).expand())
        found.append((whole - extent * above).expand())
        whole = above
    return (whole, *reversed(found))


def shared(count: Expr, groups: Expr, name: str, x: Array) -> Expr:
    """How many of `count` channels each group has.

    Raises:
        ShapeError: the groups do not divide them.
    """
    each = (count / groups).expand()
    if each.is_integer is not True:
        raise ShapeError(
            f"{name} on {described(x)}: {written(groups)} groups do not divide {written(count)} channels",
            because="Each group has as many channels as another.",
            fix=f"Choose another number, or write the size as a multiple: {written(groups)} n.",
            name="groups",
        )
    return each


def split(x: Array, axis: int, count: Expr, each: Expr) -> Array:
    """x with an axis of count · each entries as two."""
    place = axis % len(x.shape)
    outer, inner = index("g"), index("c")
    indices = tuple(variable for n, variable in enumerate(_axes(len(x.shape))) if n != place)
    before, after = indices[:place], indices[place:]
    shape = (*x.shape[:place], count, each, *x.shape[place + 1 :])
    return Array((*before, outer, inner, *after), shape, x.at(*before, outer * each + inner, *after), sources=x.sources)


def merged(x: Array, axis: int) -> Array:
    """x with an axis and the one after it as one."""
    place = axis % len(x.shape)
    count, each = x.shape[place : place + 2]
    own = index("o")
    indices = _axes(len(x.shape) - 2)
    before, after = indices[:place], indices[place:]
    shape = (*x.shape[:place], (count * each).expand(), *x.shape[place + 2 :])
    at = x.at(*before, *digits(own, (count, each)), *after)
    return Array((*before, own, *after), shape, at, sources=x.sources)


def _axes(count: int) -> tuple:
    """Indices that are none of those of groups and channels."""
    return tuple(map(index, "ijpqr"))[:count]
