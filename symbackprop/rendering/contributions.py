r"""What each sample adds to a gradient, as tables of numbers: a document, or a section of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Integer

from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.by_sample import BySample
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.typst import plain_number
from symbackprop.rendering.formulas import Formulas, formulas_of
from symbackprop.rendering.tables import Table, column

_SAMPLES = 200  # rows of a table
_WIDE = 40  # entries of a matrix that is written with its numbers


@dataclass(frozen=True, slots=True)
class Product:
    """Matrices in symbols, in numbers, and multiplied out. Rounded numbers stand beside no sign of equality."""

    symbols: str
    numbers: str
    result: str


@dataclass(frozen=True, slots=True)
class ContributionsSection:
    """What the templates word."""

    title: str
    heading: str
    one: str
    every: str
    samples: str
    values: Table
    added: Table
    product: Product | None
    shape: str
    more: str


def contributions_section(found: BySample, conventions: Conventions, format: str) -> ContributionsSection:
    """The contributions of the samples to one gradient, their sum, and the gradient as a product of matrices."""
    single = found.derivation.one_sample
    assert single is not None
    one, every = formulas_of(single, conventions, format), formulas_of(found.derivation, conventions, format)
    name = found.tensor
    shown = min(found.count, _SAMPLES)
    return ContributionsSection(
        title=f"What each sample adds to a gradient: {one.plain(found.derivation.source.name)}",
        heading=f"What each sample adds to {every.adjoint(name)}",
        one=one.chain(*one.result(single.step(name), "both")),
        every=every.chain(*every.result(found.derivation.step(name), "both")),
        samples=str(found.count),
        values=_values(found, one, shown),
        added=_added(found, one, every, shown),
        product=_product(found, every),
        shape=every.shape(found.derivation.model.tensor(name).shape),
        more="" if shown == found.count else f"The first {shown} of the {found.count} samples are shown.",
    )


def _values(found: BySample, one: Formulas, shown: int) -> Table:
    """A row for each sample: its data, and what its contribution is made of."""
    header, columns = ["sample"], [[str(number) for number in range(1, shown + 1)]]
    for name, array in found.values.items():
        header += _entries(name, array.shape[1:], one)
        columns += _columns(array[:shown], one)
    return _table(header, columns)


def _added(found: BySample, one: Formulas, every: Formulas, shown: int) -> Table:
    """A row for each sample: what it adds to each entry; then the sum, and the gradient where that is another."""
    parts = [found.contributions[:shown], found.total[None]]
    names = [*(str(number) for number in range(1, shown + 1)), "sum"]
    if not np.allclose(found.total, found.gradient, rtol=1e-12, atol=0):
        parts.append(found.gradient[None])
        names.append(every.adjoint(found.tensor))
    header = ["sample", *_entries(adjoint(found.tensor), found.total.shape, one)]
    return _table(header, [names, *_columns(np.concatenate(parts), one)])


def _entries(name: str, shape: Sequence[int], formulas: Formulas) -> list[str]:
    """The entries of a tensor as the heads of columns; one that has a single entry goes by its name."""
    if all(extent == 1 for extent in shape):
        return [formulas.entry(entry(name))]
    places = (entry(name, *map(Integer, place)) for place in np.ndindex(*shape))
    return [formulas.entry(place) for place in places]


def _columns(array: np.ndarray, formulas: Formulas) -> list[list[str]]:
    rows = array.reshape(len(array), -1)
    return [
        [formulas.number(number) for number in column([float(v) for v in rows[:, k]])] for k in range(rows.shape[1])
    ]


def _table(header: list[str], columns: list[list[str]]) -> Table:
    numeric = (False, *(True for _ in header[1:]))
    return Table(tuple(header), numeric, tuple(zip(*columns, strict=True)))


def _product(found: BySample, formulas: Formulas) -> Product | None:
    """The gradient as a product of matrices with their numbers; None where they are too large for a page."""
    values = [value for _, value in found.factors]
    if len(values) < 2 or any(value.size > _WIDE or value.shape[1] > 8 for value in values):
        return None
    gradient = found.gradient.reshape(*found.gradient.shape, *(1,) * (2 - found.gradient.ndim))
    written = (formulas.spelling.formula(factor, formulas.names) for factor, _ in found.factors)
    matrix = _typst_matrix if formulas.format == "typst" else _matrix
    between = " thin " if formulas.format == "typst" else r" \, "
    return Product(formulas.inline(between.join(written)), " ".join(map(matrix, values)), matrix(gradient))


def _typst_matrix(array: np.ndarray) -> str:
    """A matrix of numbers in Typst; a single one without brackets."""
    cells = [[plain_number(cell) for cell in column([float(v) for v in array[:, k]])] for k in range(array.shape[1])]
    if array.size == 1:
        return cells[0][0]
    return f"mat(align: #right, {'; '.join(', '.join(row) for row in zip(*cells, strict=True))})"


def _matrix(array: np.ndarray) -> str:
    """A matrix of numbers; a single one without brackets."""
    cells = [column([float(v) for v in array[:, k]]) for k in range(array.shape[1])]
    if array.size == 1:
        return cells[0][0]
    rows = (" & ".join(row) for row in zip(*cells, strict=True))
    return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"
