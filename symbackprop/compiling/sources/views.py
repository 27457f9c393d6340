"""Entries with index maps as views of NumPy arrays: `W1[i, j]` over (j, i) is `W1.T`, `x[i + 1]` is `x[1:]`.

An affine map is a slice, a stride, a reversal, a constant or, where an axis reads several indices or two axes read one,
a strided view; other maps are fancy indices. What may leave the tensor is read from a copy with margins of zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sympy import Expr, S, Symbol
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.ranges import affine_coefficient, is_nonnegative
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import indices_of, tensor_of
from symbackprop.compiling.sources.fragments import Code, Level, call, sequence
from symbackprop.compiling.sources.places import Axis, Margins, Part, Place, View, shifted, subscripted
from symbackprop.compiling.sources.reshapes import counted_by_one, counting_one


class Reader:
    """Makes views of the tensors in `space`, which have `names`; `write` gives the source of an index expression.

    The entries of a tensor in `below` are integers from 0 on, less than what stands there.
    """

    def __init__(
        self,
        space: Space,
        names: Mapping[str, str],
        write: Callable[[Expr, Place], Code],
        function: Callable[[str, int], str],
        below: Mapping[str, Expr],
    ) -> None:
        self.space = space
        self.below = below
        self.names = names
        self.write = write
        self.function = function

    def view(self, read: Expr, place: Place) -> View:
        """The view that gives the entry `read` for all positions of the axes of `place`."""
        name = str(tensor_of(read))
        shape = self.space.shapes.get(name, ())
        axes = [self._axis(p, n, place) for p, n in zip(indices_of(read), shape, strict=True)]
        base = Code(self.names[name])
        laid_out = self._laid_out(base, axes, place, name)
        if laid_out is not None:
            return laid_out
        if not all(axis.affine for axis in axes):
            return self._gathered(base, axes, place)
        base, axes, padded = self._within_margins(base, axes, place)
        used = [symbol for axis in axes for symbol in axis.slopes]
        source = None if padded else name
        if len(set(used)) < len(used) or any(len(axis.slopes) > 1 for axis in axes):
            return self._strided(base, axes, place, source)
        parts = [self._part(axis, place) for axis in axes]
        if any(part is None for part in parts):
            return self._strided(base, axes, place, source)
        view = View(base, tuple(part for part in parts if part is not None), source)
        return self._unless_outside(view, axes, place)

    def stays_inside(self, read: Expr, place: Place) -> bool:
        """Whether an entry is proved never to lie outside its tensor."""
        shape = self.space.shapes.get(str(tensor_of(read)), ())
        return all(self._inside(p, n, place) for p, n in zip(indices_of(read), shape, strict=True))

    def written(
        self, target: str, at: tuple[Expr, ...], place: Place, name: Code | None = None, margins: Margins = ()
    ) -> View | None:
        """The view `target[at]` to be written to, all in range and one to one; None if no subscript gives it.

        With `margins` it is the array `name` that is written to, which has so many entries more around the target's.
        """
        shape = self.space.shapes[target]
        axes = [replace(self._axis(p, n, place), inside=True) for p, n in zip(at, shape, strict=True)]
        used = [symbol for axis in axes for symbol in axis.slopes]
        if len(set(used)) < len(used) or any(len(axis.slopes) > 1 or not axis.affine for axis in axes):
            return None
        if margins:
            axes = [shifted(axis, before, after) for axis, (before, after) in zip(axes, margins, strict=True)]
        parts = [self._part(axis, place) for axis in axes]
        kept = tuple(part for part in parts if part is not None)
        return View(name or Code(self.names[target]), kept, target) if len(kept) == len(parts) else None

    def margins(self, target: str, at: tuple[Expr, ...], place: Place) -> Margins | None:
        """How far `target[at]` reaches below 0 and past the end of each axis; None if an axis is not affine."""
        axes = [self._axis(p, n, place) for p, n in zip(at, self.space.shapes[target], strict=True)]
        if not all(axis.affine for axis in axes):
            return None
        return tuple(
            self._margins(axis, place) if axis.slopes and not axis.inside else (S.Zero, S.Zero) for axis in axes
        )

    def _axis(self, position: Expr, extent: Expr, place: Place) -> Axis:
        if position in place.axes:
            inside = place.ranges[position] == extent or self._inside(position, extent, place)
            return Axis(position, extent, {position: S.One}, S.Zero, True, inside)
        position = position.expand()
        used = [symbol for symbol in place.axes if symbol in position.free_symbols]
        slopes: dict[Symbol, Expr] = {}
        offset = position
        affine = True
        for symbol in used:
            slope = affine_coefficient(position, symbol)
            if slope is None or not (slope.is_positive or slope.is_negative) or slope.free_symbols & set(place.axes):
                affine = False
                break
            slopes[symbol] = slope
            offset = (offset - slope * symbol).expand()
        return Axis(position, extent, slopes, offset, affine, self._inside(position, extent, place))

    def _inside(self, position: Expr, extent: Expr, place: Place) -> bool:
        """Whether a position is proved to be in range; an entry of an integer tensor is taken to be."""
        if self.is_data(position):
            return True
        return self.never_negative(position, place) and self.never_negative(extent - 1 - position, place)

    def is_data(self, position: Expr) -> bool:
        """Whether a position is an entry of an integer tensor, which its owner must keep in range."""
        return tensor_of(position) is not None

    def never_negative(self, expr: Expr, place: Place) -> bool:
        entries = [e for e in expr.atoms(Indexed) if str(tensor_of(e)) in self.below]
        ends = [end for e in entries for end in (e, self.below[str(tensor_of(e))] - 1 - e)]
        return is_nonnegative(expr, place.ranges, self.space, (*place.known, *ends))

    # margins

    def _within_margins(self, base: Code, axes: list[Axis], place: Place) -> tuple[Code, list[Axis], bool]:
        """The tensor with zeros around it where positions leave it, and its axes as positions in that."""
        widths = [self._margins(axis, place) if axis.slopes and not axis.inside else (S.Zero, S.Zero) for axis in axes]
        if all(before == 0 and after == 0 for before, after in widths):
            return base, axes, False
        texts = [sequence([self._number(before), self._number(after)]) for before, after in widths]
        within = [shifted(axis, before, after) for axis, (before, after) in zip(axes, widths, strict=True)]
        return call("np.pad", base, texts[0] if len(texts) == 1 else sequence(texts)), within, True

    def _margins(self, axis: Axis, place: Place) -> tuple[Expr, Expr]:
        """How far the positions of an axis reach below 0 and above its last one, at most and at least 0."""
        least = most = axis.offset
        ends = [(symbol, slope) for symbol, slope in axis.slopes.items()]
        ends += [(s, affine_coefficient(axis.offset, s) or S.Zero) for s in _loop_indices(axis.offset, place)]
        for symbol, slope in ends:
            reach = slope * (place.ranges[symbol] - 1)
            if symbol not in axis.slopes:
                least, most = (e.xreplace({symbol: S.Zero}) for e in (least, most))
            least, most = (least + reach, most) if slope.is_negative else (least, most + reach)
        return self._excess(-least, place), self._excess(most - axis.extent + 1, place)

    def _excess(self, expr: Expr, place: Place) -> Expr:
        expr = expr.expand()
        if self.never_negative(-expr, place):
            return S.Zero
        return expr if self.never_negative(expr, place) else _AtLeastZero(expr)

    def _number(self, expr: Expr) -> Code:
        return self.write(expr, Place((), {}))

    def _unless_outside(self, view: View, axes: list[Axis], place: Place) -> View:
        """Zeros where a single position lies outside: `(h[t - 1] if t >= 1 else np.zeros(n))`."""
        conditions: list[Boolean] = []
        for axis in axes:
            if not axis.slopes and not axis.inside:
                sides = (axis.position >= 0, axis.position <= axis.extent - 1)
                proved = (axis.position, axis.extent - 1 - axis.position)
                conditions += [s for s, p in zip(sides, proved, strict=True) if not self.never_negative(p, place)]
        if not conditions:
            return view
        shape = [self._number(place.ranges[a]) for a in view.axes]
        zeros = call("np.zeros", shape[0] if len(shape) == 1 else sequence(shape)) if shape else Code("0.0")
        when = " and ".join(self.write(condition, place) for condition in conditions)
        base = Code(f"({view.code()} if {when} else {zeros})")
        return View(base, tuple(Part(":", a) for a in view.axes), view.tensor)

    # slices

    def _part(self, axis: Axis, place: Place) -> Part | None:
        """The subscript of an axis that reads at most one index; None where only a strided view serves."""
        if not axis.slopes:
            return Part(self._number_at(axis.offset, place), None)
        ((symbol, slope),) = axis.slopes.items()
        first, count = axis.offset, place.ranges[symbol]
        last = (first + slope * (count - 1)).expand()
        if slope.is_positive:
            return Part(self._forward(first, last, slope, axis.extent, place), symbol)
        if not self.never_negative(first, replace(place, axes=())):
            return None  # where the index runs over nothing, a start below 0 would count from the end
        step = self._number(slope)
        start = "" if (axis.extent - 1 - first).expand() == 0 else self._number_at(first, place)
        if last == 0:
            return Part(f"{start}::{step}", symbol)
        if self.never_negative(last - 1, place):
            return Part(_colons(start, self._number_at(last - 1, place), step), symbol)
        return None

    def _forward(self, first: Expr, last: Expr, slope: Expr, extent: Expr, place: Place) -> str:
        start = "" if first == 0 else self._number_at(first, place)
        step = "" if slope == 1 else self._number(slope)
        left = (extent - last - 1).expand()  # how many entries stand behind the last one
        if left == 0 or self.never_negative(slope - 1 - left, place):
            return _colons(start, "", step)
        if left.is_Integer and left.is_positive:
            return _colons(start, f"-{left}", step)
        # Where the index runs over nothing, a stop below 0 would count from the end; first + slope count never is.
        beyond = S.One if self.never_negative(last + 1, replace(place, axes=())) else slope
        return _colons(start, self._number_at(last + beyond, place), step)

    def _number_at(self, expr: Expr, place: Place) -> Code:
        return self.write(expr.expand(), replace(place, axes=()))

    # reshapes

    def _laid_out(self, base: Code, axes: list[Axis], place: Place, source: str) -> View | None:
        """The tensor reshaped, where an index counts the entries of several axes, or several count those of one."""
        parts: list[Part] = []
        shape: list[Expr] = []
        number = 0
        while number < len(axes):
            counted = counted_by_one(axes[number:], place)
            symbols = counting_one(axes[number], place)
            if counted is not None:
                number += counted[0] - 1
                symbols = (counted[1],)
            if symbols:
                shape += [place.ranges[s] for s in symbols]
                parts += [Part(":", s) for s in symbols]
            else:
                axis = axes[number]
                part = self._part(axis, place) if axis.affine and axis.inside and len(axis.slopes) < 2 else None
                if part is None:
                    return None
                shape.append(axis.extent)
                parts.append(part)
            number += 1
        used = [part.axis for part in parts if part.axis is not None]
        if len(parts) == len(axes) or len(set(used)) < len(used):
            return None
        return View(Code(f"{base}.reshape({', '.join(map(self._number, shape))})"), tuple(parts), source)

    # strided views and gathers

    def _strided(self, base: Code, axes: list[Axis], place: Place, source: str | None) -> View:
        present = tuple(a for a in place.axes if any(a in axis.slopes for axis in axes))
        if len(axes) == 2 and len(present) == 1 and source is not None:
            (symbol,) = present
            if all(axis.position == symbol and axis.extent == place.ranges[symbol] for axis in axes):
                return View(Code(f"{base}.diagonal()"), (Part(":", symbol),), source)
        start = sequence([self._number_at(axis.offset, place) for axis in axes])
        steps = [sequence([self._number(axis.slopes.get(a, S.Zero)) for axis in axes]) for a in present]
        shape = sequence([self._number(place.ranges[a]) for a in present])
        code = call(self.function("strided", 0), base, start, sequence(steps), shape)
        view = View(code, tuple(Part(":", a) for a in present), source)
        return self._unless_outside(view, axes, place)

    def _gathered(self, base: Code, axes: list[Axis], place: Place) -> View:
        """Fancy indices: one array of positions beside slices where that serves, else one array for every axis."""
        single = self._gathered_along_one(base, axes, place)
        if single is not None:
            return single
        free = {s for axis in axes for s in _symbols_in(axis.position)}
        present = tuple(a for a in place.axes if a in free)
        inner = replace(place, axes=present)
        positions, conditions = [], []
        for axis in axes:
            position = self.write(axis.position, inner)
            if not axis.inside:
                last = self._number(axis.extent - 1)
                loose = position.within(Level.ADD)
                conditions.append(Code(f"({loose} >= 0) & ({loose} <= {last})", Level.AND))
                position = call("np.clip", position, "0", last)
            positions.append(position)
        code = Code(f"{base}[{', '.join(positions)}]")
        if conditions:
            code = call("np.where", Code(" & ".join(conditions), Level.AND), code, "0.0")
        return View(code, tuple(Part(":", a) for a in present))

    def _gathered_along_one(self, base: Code, axes: list[Axis], place: Place) -> View | None:
        data = [axis for axis in axes if not axis.affine]
        plain = [axis for axis in axes if axis.affine]
        own = tuple(a for a in place.axes if a in _symbols_in(data[0].position))
        used = [*own, *(symbol for axis in plain for symbol in axis.slopes)]
        if len(data) > 1 or not data[0].inside or len(set(used)) < len(used):
            return None
        parts: list[Part] = []
        for axis in axes:
            if not axis.affine:
                parts.append(Part(self.write(axis.position, replace(place, axes=own)), own[0]))
                continue
            part = self._part(axis, place) if len(axis.slopes) == 1 and axis.inside else None
            if part is None:
                return None
            parts.append(part)
        if len(own) == 1:
            return View(base, tuple(parts))
        code = subscripted(base, [part.text for part in parts])
        kept = [a for part in parts for a in (own if part.axis == own[0] else (part.axis,))]
        return View(code, tuple(Part(":", a) for a in kept))


class _AtLeastZero(Expr):
    """max(0, e) of an integer expression, for widths of margins."""

    is_integer = True
    is_commutative = True

    def __new__(cls, argument: Expr) -> Expr:
        return Expr.__new__(cls, argument)

    def _numpycode(self, printer: object) -> Code:
        return call("max", "0", printer._print(self.args[0]))  # type: ignore[attr-defined]


def _colons(start: str, stop: str, step: str) -> str:
    """`1:n`, `1 : n + 1`, `::2`."""
    space = " " if any(" " in text for text in (start, stop, step)) else ""
    left = f"{start}{space}:" if start else ":"
    right = f"{space}{stop}" if stop else ""
    end = f"{space if stop else ''}:{space}{step}" if step else ""
    return left + right + end


def _loop_indices(expr: Expr, place: Place) -> list[Symbol]:
    return sorted((s for s in expr.free_symbols if s in place.ranges and s not in place.axes), key=str)


def _symbols_in(expr: Expr) -> set[Symbol]:
    return {s for s in expr.free_symbols if isinstance(s, Symbol)}
