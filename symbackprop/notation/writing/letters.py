r"""Index letters: one for each axis of a document, the same wherever an index runs over it, free or bound.

An axis is told by its size. Its first letter is the one that the model's author uses most for it, unless that letter
has a meaning already (a tensor, a size, a function); a second index over the same axis in one formula takes the axis's
second letter. Expressions keep their symbols: only what is shown changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import cycle
from typing import Any

from sympy import Basic, Expr, S, Sum, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.matrices.grammar import ForEach, Leaf, Matrix, Plus, Scale, SumOver
from symbackprop.algebra.symbols import BINDERS, Partial, body_of, bounds_of, parted, primal, remade, tensor_of, total
from symbackprop.notation.writing.integers import is_index

Shapes = Mapping[str, tuple[Expr, ...]]

_POOL = "ijklpqruvabcghwxyznmfs"  # no d, e, o and t: a differential, an exponential, a zero, a time
_UNLIKELY = ("e",)
_LAST = ("xi", "zeta", "rho", "nu", "kappa", "iota")  # where a formula has more indices than there are free letters


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of each axis, the most wanted first; `spare` ones belong to no axis and come last."""

    by_axis: Mapping[Expr, tuple[str, ...]] = field(default_factory=dict)
    spare: tuple[str, ...] = ()

    def of(self, axis: Expr | None, wanted: str, used: Iterable[str]) -> str:
        """A letter for one more index over an axis, which is none of those `used` in the formula.

        An axis that is not known keeps the letter that is `wanted`, where it can be had.
        """
        used = frozenset(used)
        own = self.by_axis.get(axis, ()) if axis is not None else ()
        others = [letter for letters in self.by_axis.values() for letter in letters]
        kept = (wanted,) if not own and wanted in (*self.spare, *others) else ()
        free = (letter for letter in (*own, *kept, *others, *self.spare) if letter not in used)
        return next(free, wanted)


def letters_of(
    arrays: Sequence[Array], shapes: Shapes, samples: tuple[Symbol, Expr] | None, taken: set[str]
) -> Letters:
    """The letters of a document about these equations; none of them is `taken`.

    `samples` is the index that counts the samples, and how many there are.
    """
    votes: dict[Expr, Counter[str]] = {}
    for variable, extent in _indices_with_axes(arrays, shapes):
        votes.setdefault(extent, Counter())[variable.name] += 1
    if samples is not None:
        votes.setdefault(samples[1], Counter())[samples[0].name] += 1
    axes = [axis for axis in votes if axis != S.One]
    free = [letter for letter in _POOL if letter not in taken]
    firsts = _chosen(axes, votes, free, taken)
    given = set(firsts.values())
    own = {axis: [letter] for axis, letter in firsts.items()}
    for axis, letters in own.items():
        also = [name for name in _wanted(votes[axis], taken) if name not in given]
        letters += also
        given.update(also)
    left = [letter for letter in free if letter not in given]
    _deal(own, left, _most_at_once(arrays))
    return Letters(
        {axis: tuple(letters) for axis, letters in own.items()}, tuple(name for name in _LAST if name not in taken)
    )


def _deal(own: Mapping[Expr, list[str]], left: Sequence[str], most: Mapping[Expr, int]) -> None:
    """Letters dealt out in turn: first to axes that have fewer than twice what an equation needs, as its slope may."""
    remaining = list(left)
    for needed in (True, False):
        open_ = list(own)
        while remaining and open_:
            open_ = [axis for axis in open_ if not needed or len(own[axis]) < 2 * most.get(axis, 1)]
            for axis in open_[: len(remaining)]:
                own[axis].append(remaining.pop(0))


def _most_at_once(arrays: Sequence[Array]) -> dict[Expr, int]:
    """How many indices run over each axis in the equation that has the most of them."""
    found: dict[Expr, int] = {}
    for array in arrays:
        here = {*zip(array.indices, array.shape, strict=True)}
        for part in _nodes(array.expression):
            here |= {*bounds_of(part)} if isinstance(part, BINDERS) else set()
        for axis, count in Counter(extent for _, extent in here).items():
            found[axis] = max(count, found.get(axis, 0))
    return found


def _chosen(
    axes: Sequence[Expr], votes: Mapping[Expr, Counter[str]], free: Sequence[str], taken: set[str]
) -> dict[Expr, str]:
    """A first letter for each axis; with more axes than letters, distant axes share one."""
    found: dict[Expr, str] = {}
    again = cycle(free) if free else None
    for axis in axes:
        own = _wanted(votes[axis], taken)
        letter = next((name for name in (*own, *free) if name not in found.values()), None)
        if letter is not None:
            found[axis] = letter
        elif again is not None:
            found[axis] = next(again)
    return found


def _wanted(votes: Counter[str], taken: set[str]) -> list[str]:
    """The letters that the author uses for an axis and that are free, the most used first."""
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    return [name for name, _ in ranked if len(name) == 1 and name not in taken and name not in _UNLIKELY]


def _indices_with_axes(arrays: Sequence[Array], shapes: Shapes) -> Iterator[tuple[Symbol, Expr]]:
    """The indices of equations with their sizes: an author's own letters, each as often as it is used."""
    for array in arrays:
        yield from zip(array.indices, array.shape, strict=True)
        for part in _nodes(array.expression):
            if isinstance(part, BINDERS):
                yield from bounds_of(part)
    for shape in shapes.values():
        for extent in shape:
            yield Symbol("", integer=True), extent


def _nodes(expr: Any) -> Iterator[Any]:
    yield expr
    for argument in expr.args:
        yield from _nodes(argument)


def letters_in(
    formulas: Sequence[Expr | Matrix], shapes: Shapes, letters: Letters, known: Mapping[Symbol, str]
) -> dict[Symbol, str]:
    """A letter for each free index of formulas that stand in one display, in the order in which they are read.

    Those that are `known` keep theirs: what is said of one step in several formulas has one letter throughout.
    """
    found: dict[Symbol, str] = dict(known)
    axes: dict[Symbol, Expr | None] = {}
    for of in formulas:
        for symbol, axis in _free(of, shapes, frozenset()):
            if axes.get(symbol) is None:
                axes[symbol] = axis
    for symbol, axis in ((s, a) for s, a in axes.items() if s not in found):
        found[symbol] = letters.of(axis, symbol.name, found.values())
    return found


def without_units(formulas: Sequence[Expr | Matrix], shapes: Shapes) -> list[Expr | Matrix]:
    """Formulas of one display without sums over one value, and without free indices that have but one."""
    axes: dict[Symbol, set[Expr]] = {}
    for of in formulas:
        for symbol, axis in _free(of, shapes, frozenset()):
            if axis is not None:
                axes.setdefault(symbol, set()).add(axis)
    units: dict[Symbol, Expr] = {symbol: S.Zero for symbol, found in axes.items() if found == {S.One}}
    return [_in_units(of) if isinstance(of, Matrix) else _without_sums(substitute(of, units)) for of in formulas]


def _in_units(of: Matrix) -> Matrix:
    """A matrix expression without sums over one value of an index held fixed."""
    if isinstance(of, SumOver):
        units: dict[Symbol, Expr] = {variable: S.Zero for variable, extent in of.bounds if extent == 1}
        bounds = tuple(bound for bound in of.bounds if bound[1] != 1)
        inner = _held(of.of, units)
        return SumOver(bounds, inner) if bounds else inner
    if isinstance(of, Plus):
        return Plus(tuple(map(_in_units, of.terms)))
    return replace(of, of=_in_units(of.of)) if isinstance(of, Scale | ForEach) else of


def _held(of: Any, units: Mapping[Symbol, Expr]) -> Any:
    """A part of a matrix expression with values for indices held fixed."""
    if isinstance(of, tuple):
        return tuple(_held(part, units) for part in of)
    if isinstance(of, Leaf):
        return replace(of, fixed=tuple(substitute(index, units) for index in of.fixed))
    if isinstance(of, Matrix):
        return replace(of, **{part.name: _held(getattr(of, part.name), units) for part in fields(of)})
    return substitute(of, units) if isinstance(of, Expr) else of


def _without_sums(expr: Any) -> Any:
    """`expr` with the body at 0 for each sum over one value; maxima keep the shape that they have."""
    if not expr.has(Sum):
        return expr
    arguments = [_without_sums(argument) for argument in expr.args]
    if isinstance(expr, Sum):
        bounds = [(variable, extent) for variable, extent in bounds_of(expr) if extent != 1]
        units: dict[Symbol, Expr] = {variable: S.Zero for variable, extent in bounds_of(expr) if extent == 1}
        if units:
            return total(substitute(arguments[0], units), *bounds)
    return remade(expr, arguments)


def _free(of: Any, shapes: Shapes, bound: frozenset[Symbol]) -> Iterator[tuple[Symbol, Expr | None]]:
    """The free indices of a formula as they are met, with the size of the axis where an entry tells it."""
    if isinstance(of, Matrix):
        yield from _free_of_matrix(of, shapes, bound)
    elif isinstance(of, Partial):
        yield from _free(of.by, shapes, bound)
        yield from _free(of.of, shapes, bound)
    elif isinstance(of, BINDERS):
        yield from _free(body_of(of), shapes, bound | {variable for variable, _ in bounds_of(of)})
    elif isinstance(of, Indexed):
        yield from _free_of_entry(tensor_of(of) or "", of.indices, shapes, bound)
    elif isinstance(of, Symbol):
        if is_index(of) and of not in bound:
            yield of, None
    elif isinstance(of, Basic):
        for argument in of.args:
            yield from _free(argument, shapes, bound)


def _free_of_entry(
    name: str, indices: Sequence[Any], shapes: Shapes, bound: frozenset[Symbol]
) -> Iterator[tuple[Symbol, Expr | None]]:
    shape = shapes.get(primal(parted(name)[0]), ())
    for place, inner in enumerate(indices):
        for symbol, axis in _free(inner, shapes, bound):
            yield symbol, (shape[place] if symbol == inner and place < len(shape) else axis)


def _free_of_matrix(of: Matrix, shapes: Shapes, bound: frozenset[Symbol]) -> Iterator[tuple[Symbol, Expr | None]]:
    if isinstance(of, Leaf):
        yield from _free_of_entry(of.name, of.fixed, shapes, bound)
        return
    inner = getattr(of, "bounds", ())
    bound = bound | {variable for variable, _ in inner}
    if isinstance(of, ForEach):
        yield from _free(of.of, shapes, bound)
        yield from ((symbol, None) for symbol in of.indices)
        return
    for part in fields(of):
        value = getattr(of, part.name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Matrix | Basic) and part.name != "size":
                yield from _free(one, shapes, bound)
