r"""A product of matrices as boxes to scale: W (h × n) times x (n × 1) plus b gives z (h × 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.matrices import grammar as g
from symbackprop.algebra.matrices.grammar import Matrix
from symbackprop.algebra.symbols import is_adjoint, primal
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import (
    NAME,
    SMALL,
    Box,
    Curve,
    Drawing,
    Group,
    Ink,
    Label,
    Run,
    Shape,
    Text,
    plain,
    width_of,
    words_of,
)
from symbackprop.rendering.figures.labels import adjoint_text, name_text, shape_words
from symbackprop.rendering.figures.stacking import stacked

_CELL, _LARGEST, _GRID = 18.0, 150.0, 12
_WIDTH = 720.0
_TOP, _EDGE, _SIGN = 26.0, 10.0, 34.0
_MOST = 400  # rows or columns that still make a picture


@dataclass(frozen=True, slots=True)
class Sized:
    """A matrix as a box: its name, its rows and columns in numbers and in words, and the ink of what it is."""

    label: Text
    rows: int
    columns: int
    words: str
    ink: Ink = "ink"


Parts = tuple[tuple[str, Sized], ...]
"""Boxes, each with the sign before it: ("", W), ("", x), ("+", b), ("=", z)."""


def cell_of(parts: Parts) -> float:
    """How wide an entry is drawn, so that the largest box fits."""
    return min(_CELL, _LARGEST / max(max(box.rows, box.columns) for _, box in parts))


def boxes_drawing(parts: Parts, *, title: str = "Shapes in a product", cell: float | None = None) -> Drawing:
    """Boxes in a row, all to one scale: entries are `cell` wide, or as `cell_of` says."""
    cell = cell_of(parts) if cell is None else cell
    tall = max(box.rows for _, box in parts) * cell
    middle = _TOP + max(tall, 24.0) / 2
    bottom = middle + max(tall, 24.0) / 2
    shapes: list[Shape] = []
    x = _EDGE
    for sign, box in parts:
        if sign or shapes:
            shapes += [Label(x + _SIGN / 2, middle + 5, (Run(sign or "·"),), "ink", NAME)]
            x += _SIGN
        room = max(box.columns * cell, width_of(box.label, NAME), width_of(plain(box.words), SMALL)) + 4
        shapes.append(_group(box, x + room / 2, middle, cell, bottom))
        x += room
    return Drawing(x + _EDGE, bottom + 46, title, _said(parts), tuple(shapes))


def _said(parts: Parts) -> str:
    """The product in words: "W (h × n) times x (n × 1) plus b (h × 1) gives z (h × 1)."."""
    words = {"": "times ", "+": "plus ", "=": "gives "}
    named = [f"{words_of(box.label)} ({box.words})" for _, box in parts]
    return f"{named[0]} {' '.join(words[sign] + name for (sign, _), name in zip(parts[1:], named[1:], strict=True))}."


def _group(box: Sized, x: float, middle: float, cell: float, bottom: float) -> Group:
    """The box with lines between its entries where they are few, the name and the shape below."""
    width, height = box.columns * cell, box.rows * cell
    left, top = x - width / 2, middle - height / 2
    shapes: list[Label | Box | Curve] = [Box(left, top, width, height, box.ink, "wash")]
    if box.rows <= _GRID and box.columns <= _GRID:
        for n in range(1, box.columns):
            at = left + n * cell
            shapes.append(Curve(((at, top), (at, top + height)), "line", straight=True, width=0.8))
        for n in range(1, box.rows):
            at = top + n * cell
            shapes.append(Curve(((left, at), (left + width, at)), "line", straight=True, width=0.8))
        shapes.append(Box(left, top, width, height, box.ink, "none"))
    shapes.append(Label(x, bottom + 20, box.label, box.ink, NAME))
    shapes.append(Label(x, bottom + 38, plain(box.words), "soft"))
    title = f"{words_of(box.label)}: {box.words}"
    return Group("box", words_of(box.label), "", title, tuple(shapes))


def matrix_boxes(left: Matrix, right: Matrix, names: Nomenclature, sizes: Mapping[str, int]) -> Drawing | None:
    """The boxes of `left` = `right` where that is a product of tensors, maybe with tensors added; else None.

    `sizes` gives the numbers of sizes by their names, for the picture; its words keep the symbols.
    """
    parts = parts_of(left, right, names, sizes)
    return boxes_drawing(parts) if parts else None


def product_boxes(products: Sequence[Parts]) -> Drawing:
    """The boxes of several products, below each other and to one scale."""
    cell = min(map(cell_of, products))
    return stacked([boxes_drawing(parts, cell=cell) for parts in products], "Shapes in the products", _WIDTH, 2.0)


def parts_of(left: Matrix, right: Matrix, names: Nomenclature, sizes: Mapping[str, int]) -> Parts:
    """The boxes of a product of tensors, maybe with tensors added; empty for all else, and where a size is unknown.

    A factor that is a number, or the number of samples, scales entries and has no box.
    """
    while isinstance(right, g.Scale):
        right = right.of
    terms = right.terms if isinstance(right, g.Plus) else (right,)
    rows = [term.factors if isinstance(term, g.Product) else (term,) for term in terms]
    if not any(len(row) > 1 for row in rows) or not all(_is_factor(m) for row in (*rows, (left,)) for m in row):
        return ()
    rows.sort(key=len, reverse=True)
    signs = [("+" if n and not k else "", m) for n, row in enumerate(rows) for k, m in enumerate(row)]
    parts = [(sign, _sized(matrix, names, sizes)) for sign, matrix in (*signs, ("=", left))]
    found = tuple((sign, sized) for sign, sized in parts if sized is not None)
    return found if len(found) == len(parts) else ()


def _is_factor(matrix: Matrix) -> bool:
    return isinstance(matrix.of if isinstance(matrix, g.Transpose) else matrix, g.Leaf | g.Ones)


def _sized(matrix: Matrix, names: Nomenclature, sizes: Mapping[str, int]) -> Sized | None:
    rows, columns = (_number(extent, sizes) for extent in matrix.shape)
    if rows is None or columns is None or max(rows, columns) > _MOST:
        return None
    of = matrix.of if isinstance(matrix, g.Transpose) else matrix
    mark = (Run(names.conventions.transpose, level=1),) if isinstance(matrix, g.Transpose) else ()
    words = shape_words(matrix.shape, names)
    if not isinstance(of, g.Leaf):
        return Sized((Run("1"), *mark), rows, columns, words, "soft")
    adjoint = is_adjoint(of.name)
    label = adjoint_text(primal(of.name), names) if adjoint else name_text(of.name, names)
    return Sized((*label, *mark), rows, columns, words, "backward" if adjoint else "ink")


def _number(extent: Expr, sizes: Mapping[str, int]) -> int | None:
    """A size in numbers; None where a letter in it has none."""
    known: dict[Symbol, Expr] = {
        s: Integer(sizes[s.name]) for s in extent.free_symbols if isinstance(s, Symbol) and s.name in sizes
    }
    value = substitute(extent, known)
    return int(value) if value.is_Integer and value > 0 else None
