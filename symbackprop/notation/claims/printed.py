r"""Printed numbers, `= 0.4351`, \(\begin{bmatrix} 1 & 2 \end{bmatrix}\): right at one place, which the model must give.

What a derivative rests on is what the local derivatives on its paths read: \(\partial (u + z)/\partial u\) is 1,
whatever z is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.symbols import ADJOINT, is_adjoint, parted, primal
from symbackprop.errors import NotationError
from symbackprop.notation.claims.leaves import leaves_in
from symbackprop.notation.claims.records import Reading
from symbackprop.notation.claims.statements import Statement
from symbackprop.notation.claims.symbols import Symbols
from symbackprop.notation.reading.calls import KNOWN
from symbackprop.notation.surface.tree import Node, Number, Rows, Sum, walk


def check_numbers(
    statement: Statement, readings: Sequence[Reading], tables: Sequence[Symbols], given: Collection[str]
) -> None:
    """A printed number is right at one place alone, which the model must then give, or the note for those `given`.

    Raises:
        NotationError: the model leaves open what the other side depends on.
    """
    numbers = [side for side in statement.sides if is_printed(side)]
    if not numbers or len(numbers) == len(statement.sides):
        return
    by_scale = {symbols.scale: symbols for symbols in tables}
    for reading in readings:
        values = [side.value for side in reading.sides if side.value is not None]
        read = frozenset[str]().union(*(tensors_in(value.array.expression) for value in values))
        if any(rests_on_open(name, by_scale[reading.scale], given) for name in read):
            written = statement.source.written(numbers[0].span)
            raise NotationError(
                f"{written} is a number at one place, and the model gives no values",
                where=statement.source.locate(numbers[0].span),
                because="A line is judged for all values of what the model leaves open.",
                fix="Give the data and the parameters their values in the model: w1 = 0.15.",
                name=written,
            )


def is_printed(side: Node) -> bool:
    """Whether a side has no names, and a decimal with three digits or more, or a matrix of numbers."""
    if any(leaf.word not in KNOWN for leaf in leaves_in(side)):
        return False
    return any(isinstance(part, Rows) or len(getattr(part, "written", "").partition(".")[2]) > 2 for part in walk(side))


def value_of(side: Node) -> Fraction | None:
    """The number that a side is, `-0.25`; None for anything else."""
    match side:
        case Number(value):
            return value
        case Sum((("-", Number(value)),)):
            return -value
    return None


def rests_on_open(name: str, symbols: Symbols, given: Collection[str]) -> bool:
    """Whether a tensor or a derivative rests on something that has no value, from the model or the note."""
    if not is_adjoint(name):
        return _is_open(name, symbols, given)
    of, mark, by = primal(parted(name)[0]).partition(ADJOINT)
    of, by = (of, by) if mark else (symbols.model.root, of)
    return any(_is_open(read, symbols, given) for read in _on_the_way(of, by, symbols))


def _is_open(name: str, symbols: Symbols, given: Collection[str]) -> bool:
    open_ = symbols.roles.keys() - set(given)
    leaves = [leaf for leaf in symbols.tensors if leaf in open_ and not symbols.model.defines(leaf)]
    return any(symbols.depends(name, leaf) for leaf in leaves)


def _on_the_way(of: str, by: str, symbols: Symbols) -> Iterator[str]:
    """What the local derivatives on the paths between two tensors read."""
    for outer in symbols.reads:
        if outer in (of, *symbols.below(of)):
            for inner in sorted(symbols.reads[outer]):
                if symbols.depends(inner, by):
                    yield from symbols.slope_reads(outer, inner)
