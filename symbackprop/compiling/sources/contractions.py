"""A contraction as NumPy writes it best: `W1 @ x`, `np.outer`, batched `@`, `np.tensordot`, sums of lone indices."""

from __future__ import annotations

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
    made = operands[0] if len(operands) == 1 else _product(operands[0], operands[1], bound, axes)
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


def _product(first: View, second: View, bound: Axes, axes: Axes) -> View:
    shared = tuple(b for b in bound if b in first.axes and b in second.axes)
    batch = tuple(a for a in axes if a in first.axes and a in second.axes)
    left = tuple(a for a in axes if a in first.axes and a not in batch)
    right = tuple(a for a in axes if a in second.axes and a not in batch)
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
