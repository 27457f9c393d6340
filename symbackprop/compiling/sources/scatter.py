"""`target[at] += expression` through any map: slices where it is one to one, else loops, `np.add.at` or `add_at`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from sympy import Expr, S, Symbol
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.ranges import affine_coefficient
from symbackprop.algebra.symbols import indices_of
from symbackprop.compiling.program import UNROLLED, Into
from symbackprop.compiling.sources.conditions import nonnegative
from symbackprop.compiling.sources.contractions import natural_order, reduction
from symbackprop.compiling.sources.fragments import Code, Level, call, folded, sequence
from symbackprop.compiling.sources.places import Margins, Place
from symbackprop.compiling.sources.printer import ArrayPrinter

Ranges = Mapping[Symbol, Expr]


@dataclass(frozen=True, slots=True)
class _Scatter:
    statement: Into
    ranges: dict[Symbol, Expr]  # of the loops around it and of its box
    box: dict[Symbol, Expr]
    printer: ArrayPrinter
    wide: str = ""  # the larger array that is added to instead
    margins: Margins = ()

    @property
    def shape(self) -> tuple[Expr, ...]:
        return self.printer.space.shapes[self.statement.target]

    @property
    def name(self) -> str:
        return self.printer.words.tensors[self.statement.target]


def added(statement: Into, loops: Ranges, printer: ArrayPrinter, indent: int, comment: str) -> list[str]:
    """The lines of an addition into a tensor."""
    box = dict(statement.box)
    scatter = _Scatter(statement, {**loops, **box}, box, printer)
    walked = _walked(scatter)
    wide = _widened(scatter, walked)
    if wide is None:
        return _lines(scatter, walked, indent, comment)
    name, margins, first, last = wide
    inner = _lines(replace(scatter, wide=name, margins=margins), walked, indent, comment)
    return [*folded(first, indent, comment), *inner, *folded(last, indent, comment)]


def _widened(scatter: _Scatter, walked: list[Symbol]) -> tuple[str, Margins, str, str] | None:
    """Where the map leaves the tensor: a larger array to add to, whose inner part is the tensor's then."""
    statement, printer = scatter.statement, scatter.printer
    if not _is_one_to_one(scatter, [s for s in scatter.box if s not in walked]):
        return None
    ranges = scatter.ranges
    margins = printer.reader.margins(statement.target, statement.at, Place(tuple(scatter.box), ranges))
    if margins is None or all(width == 0 for pair in margins for width in pair):
        return None
    name = f"{scatter.name}_wide"
    while name in (*printer.words.tensors.values(), *printer.words.indices.values()):
        name += "_"
    write = partial(printer.write, place=Place((), {}))
    shape = [
        write((extent + before + after).expand())
        for extent, (before, after) in zip(scatter.shape, margins, strict=True)
    ]
    inner = [Symbol(f"axis {axis}", integer=True) for axis in range(len(shape))]
    place = Place(tuple(inner), {**ranges, **dict(zip(inner, scatter.shape, strict=True))})
    view = printer.reader.written(statement.target, tuple(inner), place, Code(name), margins)
    if view is None:
        return None
    zeros = call("np.zeros", shape[0] if len(shape) == 1 else sequence(shape))
    return name, margins, f"{name} = {zeros}", f"{scatter.name} += {view.code()}"


def _lines(scatter: _Scatter, walked: list[Symbol], indent: int, comment: str) -> list[str]:
    """The addition within loops over the indices that are walked."""
    head: list[str] = []
    for symbol in walked:
        name, extent = (
            scatter.printer.words.indices[symbol.name],
            scatter.printer.write(scatter.box[symbol], Place((), {})),
        )
        head.append(f"{'    ' * len(head)}for {name} in range({extent}):")
        indent += 4
    rest = replace(scatter, box={s: extent for s, extent in scatter.box.items() if s not in walked})
    if head and comment:
        (head[0],), comment = folded(head[0], indent, comment), ""
    return [*head, *(f"{'    ' * len(head)}{line}" for line in _body(rest, indent, comment))]


def _walked(scatter: _Scatter) -> list[Symbol]:
    """Indices walked by loops so that the map is one to one for the others: of short ranges, else over windows."""
    remaining = [s for s in scatter.box if any(s in p.free_symbols for p in scatter.statement.at)]
    short = [s for s in remaining if scatter.box[s].is_Integer and scatter.box[s] <= UNROLLED]
    chosen: list[Symbol] = []
    while not _is_one_to_one(scatter, remaining):
        clashing = [s for s in short if s not in chosen and _clashes(scatter, s, remaining)]
        best = min(clashing, key=lambda s: (scatter.box[s], s.name)) if clashing else _window(scatter, remaining)
        if best is None:
            return []
        chosen.append(best)
        remaining.remove(best)
    return chosen


def _window(scatter: _Scatter, symbols: list[Symbol]) -> Symbol | None:
    """Of two indices that one axis reads by slopes, the one over the window; None if neither is told apart.

    A window has a plain size, and the positions have what is left, N - K + 1; else a stride tells: p = 2 i + u.
    """
    for position in scatter.statement.at:
        used = [s for s in symbols if s in position.free_symbols]
        slopes = [affine_coefficient(position, s) for s in used]
        if len(used) != 2 or not all(s is not None and s.is_Integer for s in slopes):
            continue
        ranks = [(int(scatter.box[s].count_ops()), abs(slope)) for s, slope in zip(used, slopes, strict=True) if slope]
        if len(ranks) == 2 and ranks[0] != ranks[1] and scatter.box[used[ranks.index(min(ranks))]].is_Symbol:
            return used[ranks.index(min(ranks))]
    return None


def _is_one_to_one(scatter: _Scatter, symbols: list[Symbol]) -> bool:
    """Whether each axis reads at most one of the symbols, by a slope, and no two axes read the same."""
    seen: list[Symbol] = []
    for position in scatter.statement.at:
        used = [s for s in symbols if s in position.free_symbols]
        if len(used) > 1 or (used and affine_coefficient(position, used[0]) is None):
            return False
        seen += used
    return len(set(seen)) == len(seen)


def _clashes(scatter: _Scatter, symbol: Symbol, symbols: list[Symbol]) -> bool:
    places = [p for p in scatter.statement.at if symbol in p.free_symbols]
    return len(places) > 1 or any(s in p.free_symbols for p in places for s in symbols if s != symbol)


def _body(scatter: _Scatter, indent: int, comment: str) -> list[str]:
    statement, printer = scatter.statement, scatter.printer
    at = statement.at
    inner = tuple(s for s in scatter.box if any(s in p.free_symbols for p in at))
    plain = _is_one_to_one(scatter, list(inner))
    axes = tuple(s for p in at for s in inner if s in p.free_symbols) if plain else _order(inner, statement.expression)
    place = Place(axes, scatter.ranges)
    outside = [_outside(p, n, place, printer) for p, n in zip(at, scatter.shape, strict=True)]
    when = [
        c
        for p, (low, high) in zip(at, outside, strict=True)
        if not _reads(p, axes)
        for c in (low, high)
        if c is not None
    ]
    if when:
        test = " and ".join(printer.write(c, Place((), scatter.ranges)) for c in when)
        known = tuple(e for c in when for e in nonnegative(c))
        lines = _addition(scatter, axes, Place(axes, scatter.ranges, known=known), plain, indent + 4, "")
        return [*folded(f"if {test}:", indent, comment), *(f"    {line}" for line in lines)]
    return _addition(scatter, axes, place, plain, indent, comment)


def _order(symbols: tuple[Symbol, ...], expression: Expr) -> tuple[Symbol, ...]:
    """The symbols in the order of an entry that has them all, so that nothing is transposed."""
    for part in sorted(expression.atoms(Indexed), key=str):
        at = tuple(p for p in indices_of(part) if p in symbols)
        if len(at) == len(symbols) and set(at) == set(symbols):
            return at
    return symbols


def _reads(position: Expr, axes: tuple[Symbol, ...]) -> bool:
    return bool(position.free_symbols & set(axes))


def _outside(
    position: Expr, extent: Expr, place: Place, printer: ArrayPrinter
) -> tuple[Boolean | None, Boolean | None]:
    """The conditions, not proved, under which a position lies in its axis."""
    low = None if printer.reader.is_data(position) or printer.reader.never_negative(position, place) else position >= 0
    upper = extent - 1 - position
    high = (
        None
        if printer.reader.is_data(position) or printer.reader.never_negative(upper, place)
        else position <= extent - 1
    )
    return low, high


def _addition(
    scatter: _Scatter, axes: tuple[Symbol, ...], place: Place, plain: bool, indent: int, comment: str
) -> list[str]:
    statement, printer = scatter.statement, scatter.printer
    loose = [
        not scatter.wide and _reads(p, axes) and any(c is not None for c in _outside(p, n, place, printer))
        for p, n in zip(statement.at, scatter.shape, strict=True)
    ]
    if plain and not any(loose):
        name = Code(scatter.wide or scatter.name)
        target = printer.reader.written(statement.target, statement.at, place, name, scatter.margins)
        if target is not None:
            code = _value(scatter, axes)
            return folded(f"{target.code()} += {code}", indent, comment)
    positions, guards = [], []
    for position, extent, is_loose in zip(statement.at, scatter.shape, loose, strict=True):
        code = printer.write(position, place)
        if scatter.wide:
            code = printer.write(position + scatter.margins[len(positions)][0], place)
        elif is_loose:
            last = printer.write(extent - 1, Place((), {}))
            operand = code.within(Level.ADD)
            guards.append(f"({operand} >= 0) & ({operand} <= {last})")
            code = Code(f"np.clip({code}, 0, {last})")
        positions.append(code)
    value = _value(scatter, axes)
    if guards:
        value = Code(f"np.where({' & '.join(guards)}, {value}, 0.0)")
    name = scatter.wide or scatter.name
    if len(positions) == len(axes) == 1:
        return folded(f"np.add.at({name}, {positions[0]}, {value})", indent, comment)
    function = printer.words.function("add_at", 0)
    return folded(call(function, name, sequence(positions), value), indent, comment)


def _value(scatter: _Scatter, axes: tuple[Symbol, ...]) -> Code:
    """The expression over the axes that the target reads, summed over those of the box that it does not."""
    expression = scatter.statement.expression
    extra = tuple(s for s in scatter.box if s not in axes)
    used = tuple(s for s in extra if s in expression.free_symbols)
    place = Place((*axes, *used), scatter.ranges)
    code = scatter.printer.write(expression, place)
    if used:
        present = tuple(a for a in axes if a in expression.free_symbols)
        order = natural_order(expression, present, used)
        code = reduction(scatter.printer.write(expression, Place(order, scatter.ranges)), "sum", order, used)
        missing = [":" if a in present else "None" for a in axes]
        if any(a not in present for a in axes):
            code = Code(f"{code}[{', '.join(missing)}]")
    factor = S.One
    for symbol in extra:
        factor = factor * (S.One if symbol in used else scatter.box[symbol])
    if factor != 1:
        code = Code(
            f"{scatter.printer.write(factor, Place((), {})).within(Level.MUL)} * {code.within(Level.UNARY)}", Level.MUL
        )
    return code
