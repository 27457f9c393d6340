r"""Layers that choose: embedding rows by an integer, entries by a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from symbackprop.algebra.arrays import Array, as_array, described
from symbackprop.algebra.symbols import index, total
from symbackprop.errors import ShapeError, UsageError
from symbackprop.model.layers.expansion import (
    Extent,
    Given,
    Parts,
    Scalar,
    as_size,
    check_rank,
    check_shape,
    is_integer,
)

t, k, d = index("t"), index("k"), index("d")


@dataclass(frozen=True, slots=True)
class Embedding:
    r"""Rows of a table by integers: \(e_t = M_{\mathrm{tok}_t}\), of `words` rows with `width` features each.

    Of one-hot rows x[T, words] the table is multiplied: \(e = x M\). `table` shares one that is there already.
    """

    words: Extent
    width: Extent
    table: Given = None
    sources: ClassVar[int] = 1
    integers: ClassVar[bool] = True

    def expand(self, parts: Parts, x: Array) -> None:
        words, width = as_size(self.words), as_size(self.width)
        M = parts.parameter("M", words, width) if self.table is None else as_array(self.table)
        check_shape("embedding", "table", M, (words, width))
        sources = (*x.sources, *M.sources)
        if is_integer(x):
            check_rank("embedding", x, 0, "integers: tok[T]", 1)
            rows = (t,) if x.shape else ()
            parts.output(Array((*rows, d), (*x.shape, width), M.at(x.at(*rows), d), sources=sources))
            return
        check_rank("embedding", x, 1, "integers, or one-hot rows", 2)
        if x.shape[-1] != words:
            raise ShapeError(
                f"embedding of {described(x)}: rows of {x.shape[-1]} entries for {words} words",
                fix="Give integers (input tok[T] integer), or one-hot rows with one entry a word.",
                name=x.label or None,
            )
        rows = (t,) if len(x.shape) == 2 else ()
        value = total(x.at(*rows, k) * M.at(k, d), (k, words))
        parts.output(Array((*rows, d), (*x.shape[:-1], width), value, sources=sources))


@dataclass(frozen=True, slots=True)
class Dropout:
    r"""\(x \odot m / q\) with a given mask m of zeros and ones and the share q that is kept (Srivastava et al., 2014).

    Without `mask` there is an input of its own, `a.mask`.
    """

    keep: Scalar
    mask: Given = None
    sources: ClassVar[int] = 1

    def expand(self, parts: Parts, x: Array) -> None:
        keep = as_array(self.keep).expression
        if keep.is_number and not 0 < keep <= 1:
            raise UsageError(
                f"dropout that keeps {self.keep}", fix="keep is a share: more than 0, at most 1.", name="keep"
            )
        mask = parts.input("mask", *x.shape) if self.mask is None else as_array(self.mask)
        check_shape("dropout", "mask", mask, x.shape)
        parts.output(x * mask / keep)
