"""A contraction as NumPy writes it best: `W1 @ x`, `np.outer`, batched `@`, `np.tensordot`, sums of lone indices."""

from __future__ import annotations

from dataclasses import replace
from string import ascii_lowercase

from sympy import Expr, Mul, S, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import entry, indices_of
from symbackprop.compiling.program import Contract
from symbackprop.compiling.sources.fragments import Code, Level, call, sequence
from symbackprop.compiling.sources.places import Part, Place, View
from symbackprop.compiling.sources.printer import ArrayPrinter

PRODUCT = "·product"
"""The name under which a product stands while its coefficient is written to it."""

Axes = tuple[Symbol, ...]


def contracted(statement: Contract, axes: Axes, place: Place, printer: ArrayPrinter) -> View:
    """The sum of products, with those of `axes` that it has, in this order."""
    bound = tuple(symbol for symbol, _ in statement.bound)
    ranges = {**place.ranges, **dict(statement.bound)}
    inner = Place((*axes, *bound), ranges, place.condition, place.known)
    operands = [printer.reader.view(factor, inner) for factor in statement.factors]
    coefficient = statement.coefficient
    present = {a for operand in operands for a in operand.axes}
    coefficient = Mul(coefficient, *(extent for symbol, extent in statement.bound if symbol not in present))
    lone = [
        tuple(b for b in bound if b in operand.axes and not any(b in o.axes for o in operands if o is not operand))
        for operand in operands
    ]
    operands = [summed(operand, own) for operand, own in zip(operands, lone, strict=True)]
    if len(operands) == 1:
        made = operands[0]
    elif not any(lone) and _wants_matrices(statement.factors, operands, bound, axes):
        made = _as_matrices(statement.factors, operands, bound, inner, printer)
    else:
        made = _product(operands[0], operands[1], bound, axes)
    return scaled(made, coefficient, axes, place, printer)


def scaled(made: View, coefficient: Expr, axes: Axes, place: Place, printer: ArrayPrinter) -> View:
    """The array times a coefficient, its axes in order."""
    kept = tuple(a for a in axes if a in made.axes)
    if coefficient == 1:
        return made if kept == made.axes else whole(made.arranged(axes), kept)
    printer.words.inlined[PRODUCT] = made.arranged(axes)
    code = printer.write(Mul(coefficient, entry(PRODUCT)), Place((), place.ranges))
    del printer.words.inlined[PRODUCT]
    return whole(code, kept)


def whole(code: Code, axes: Axes) -> View:
    """An array that is computed, with its axes."""
    return View(code, tuple(Part(":", a) for a in axes))


def summed(operand: View, gone: Axes) -> View:
    """The sums along some axes."""
    if not gone:
        return operand
    kept = tuple(a for a in operand.axes if a not in gone)
    return whole(reduction(operand.code(), "sum", operand.axes, gone), kept)


def reduction(code: Code, operation: str, axes: Axes, gone: Axes) -> Code:
    """`code.sum(axis=1)`, over all axes `code.sum()`."""
    places = [str(axes.index(a)) for a in axes if a in gone]
    chosen = "" if len(places) == len(axes) else f"axis={places[0] if len(places) == 1 else sequence(places)}"
    return Code(f"{code.within(Level.ATOM)}.{operation}({chosen})")


def natural_order(expression: Expr, used: Axes, gone: Axes) -> Axes:
    """The axes in the order of an entry that has them all, so that nothing is transposed to be reduced."""
    everything = (*used, *gone)
    for part in sorted(expression.atoms(Indexed), key=str):
        at = tuple(p for p in indices_of(part) if p in everything)
        if set(at) == set(everything) and tuple(a for a in at if a in used) == used and len(at) == len(everything):
            return at
    return everything


def _groups(first: View, second: View, bound: Axes, axes: Axes) -> tuple[Axes, Axes, Axes, Axes]:
    """The axes of both that are kept, those of the first alone, of the second alone, and those that are summed."""
    shared = tuple(b for b in bound if b in first.axes and b in second.axes)
    batch = tuple(a for a in axes if a in first.axes and a in second.axes)
    left = tuple(a for a in axes if a in first.axes and a not in batch)
    right = tuple(a for a in axes if a in second.axes and a not in batch)
    return batch, left, right, shared


def _product(first: View, second: View, bound: Axes, axes: Axes) -> View:
    batch, left, right, shared = _groups(first, second, bound, axes)
    if not shared:
        return _outer(first, second, left, right, batch, axes)
    if len(shared) == 1 and len(left) <= 1 and len(right) <= 1:
        swap = not left or (bool(right) and axes.index(right[0]) < axes.index(left[0]))
        if swap and right:
            first, second, left, right = second, first, right, left
        return (
            _batched(first, second, left, right, batch, shared)
            if batch
            else _matrices(first, second, left, right, shared)
        )
    if not batch:
        return _tensordot(first, second, left, right, shared, axes)
    if not left and not right:
        return _entrywise(first, second, (*batch, *shared), shared)
    return _einsum(first, second, axes)


# several indices as one


def _wants_matrices(factors: tuple[Expr, ...], operands: list[View], bound: Axes, axes: Axes) -> bool:
    """Whether groups of indices are best taken as one: windows are copied as matrices anyway, and batches need it."""
    first, second = operands
    batch, left, right, shared = _groups(first, second, bound, axes)
    several = len(shared) > 1 or len(left) > 1 or len(right) > 1
    return bool(shared and left and right) and several and (bool(batch) or any(map(_is_windowed, factors)))


def _as_matrices(
    factors: tuple[Expr, ...], operands: list[View], bound: Axes, inner: Place, printer: ArrayPrinter
) -> View:
    """A product of matrices, maybe a batch of them, whose rows and columns are counted by several indices."""
    axes = tuple(a for a in inner.axes if a not in bound)
    pairs = list(zip(factors, operands, strict=True))
    _, left, right, _ = _groups(operands[0], operands[1], bound, axes)
    windowed = [_is_windowed(factor) for factor in factors]
    if windowed == [True, False] or (windowed[0] == windowed[1] and axes.index(right[0]) < axes.index(left[0])):
        pairs.reverse()
    batch, left, right, shared = _groups(pairs[0][1], pairs[1][1], bound, axes)
    one = _matrix(pairs[0][0], batch, left, shared, inner, printer)
    other = _matrix(pairs[1][0], batch, shared, right, inner, printer)
    code = Code(f"{one.within(Level.MUL)} @ {other.within(Level.UNARY)}", Level.MATMUL)
    kept = (*batch, *left, *right)
    if len(left) > 1 or len(right) > 1:
        code = _reshaped(code, [(a,) for a in kept], inner, printer)
    return whole(code, kept)


def _matrix(factor: Expr, batch: Axes, rows: Axes, columns: Axes, inner: Place, printer: ArrayPrinter) -> Code:
    """An entry as a matrix; what is copied for it is copied along the axis that is fastest in memory."""
    turned = _fastest(factor, (*rows, *columns), inner) in rows
    slow, fast = (columns, rows) if turned else (rows, columns)
    order = (*batch, *slow, *fast)
    code = printer.reader.view(factor, replace(inner, axes=order)).arranged(order)
    if len(slow) > 1 or len(fast) > 1:
        code = _reshaped(code, [*((a,) for a in batch), slow, fast], inner, printer)
    if not turned:
        return code
    return Code(f"{code.within(Level.ATOM)}.swapaxes(-1, -2)" if batch else f"{code.within(Level.ATOM)}.T")


def _reshaped(code: Code, groups: list[Axes], inner: Place, printer: ArrayPrinter) -> Code:
    extents = [printer.write(Mul(*(inner.ranges[a] for a in group)), Place((), {})) for group in groups]
    return Code(f"{code.within(Level.ATOM)}.reshape({', '.join(extents)})")


def _fastest(factor: Expr, among: Axes, inner: Place) -> Symbol | None:
    """The index along which neighbours in memory are read; of two, the one with the longer range."""
    for position in reversed(indices_of(factor)):
        used = [symbol for symbol in among if symbol in position.free_symbols]
        if used:
            ranges = [inner.ranges[symbol] for symbol in used]
            lengths = [
                (not extent.is_Integer, int(extent) if extent.is_Integer else extent.count_ops()) for extent in ranges
            ]
            return used[lengths.index(max(lengths))]
    return None


def _is_windowed(factor: Expr) -> bool:
    """Whether an index reads several symbols: `x[i + u]`."""
    return any(sum(not s.is_positive for s in position.free_symbols) > 1 for position in indices_of(factor))


# as they stand


def _matrices(first: View, second: View, left: Axes, right: Axes, shared: Axes) -> View:
    one, other = first.arranged((*left, *shared)), second.arranged((*shared, *right))
    return whole(Code(f"{one.within(Level.MUL)} @ {other.within(Level.UNARY)}", Level.MATMUL), (*left, *right))


def _outer(first: View, second: View, left: Axes, right: Axes, batch: Axes, axes: Axes) -> View:
    kept = tuple(a for a in axes if a in first.axes or a in second.axes)
    if len(left) == len(right) == 1 and not batch:
        pair = (first, second) if kept == (*left, *right) else (second, first)
        return whole(call("np.outer", pair[0].code(), pair[1].code()), kept)
    one, other = first.aligned(kept), second.aligned(kept)
    return whole(Code(f"{one.within(Level.MUL)} * {other.within(Level.UNARY)}", Level.MUL), kept)


def _entrywise(first: View, second: View, order: Axes, gone: Axes) -> View:
    own = first.axes
    order = own if tuple(a for a in own if a not in gone) == tuple(a for a in order if a not in gone) else order
    one, other = first.arranged(order), second.arranged(order)
    product = Code(f"{one.within(Level.MUL)} * {other.within(Level.UNARY)}", Level.MUL)
    return summed(whole(product, order), gone)


def _batched(first: View, second: View, left: Axes, right: Axes, batch: Axes, shared: Axes) -> View:
    if not left:
        return _entrywise(first, second, (*batch, *shared), shared)
    one, other = first.arranged((*batch, *left, *shared)), second.arranged((*batch, *shared, *right))
    if right:
        return whole(
            Code(f"{one.within(Level.MUL)} @ {other.within(Level.UNARY)}", Level.MATMUL), (*batch, *left, *right)
        )
    column = View(other, tuple(Part(":", a) for a in (*batch, *shared))).aligned((*batch, *shared, *left))
    code = Code(f"({one.within(Level.MUL)} @ {column})")
    return whole(Code(f"{code}[..., 0]"), (*batch, *left))


def _tensordot(first: View, second: View, left: Axes, right: Axes, shared: Axes, axes: Axes) -> View:
    if not left and not right:
        order = tuple(a for a in first.axes)
        return whole(call("np.vdot", first.code(), second.arranged(order)), ())
    if not left or (right and axes.index(right[0]) < axes.index(left[0])):
        first, second = second, first
    places = [[str(view.axes.index(a)) for a in shared] for view in (first, second)]
    chosen = [row[0] if len(row) == 1 else str(sequence(row)) for row in places]
    code = call("np.tensordot", first.code(), second.code(), f"axes={sequence(chosen)}")
    kept = tuple(a for view in (first, second) for a in view.axes if a not in shared)
    return whole(code, kept)


def _einsum(first: View, second: View, axes: Axes) -> View:
    symbols = list(dict.fromkeys((*first.axes, *second.axes)))
    letter = dict(zip(symbols, ascii_lowercase, strict=False))
    kept = tuple(a for a in axes if a in letter)
    one, other, made = ("".join(letter[a] for a in part) for part in (first.axes, second.axes, kept))
    return whole(call("np.einsum", f'"{one},{other}->{made}"', first.code(), second.code()), kept)


def is_copy_free(statement: Contract) -> bool:
    """Whether the result is one of its factors as it stands, so that it may share memory with it."""
    return len(statement.factors) == 1 and not statement.bound and statement.coefficient == S.One
