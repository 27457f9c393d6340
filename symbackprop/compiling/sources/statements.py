"""Statements of a program as lines of NumPy code; the same lines stand in the function and in the source file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Basic, Expr, Mul, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.symbols import entry, indices_of, is_adjoint, tensor_of
from symbackprop.compiling.program import (
    UNROLLED,
    Allocate,
    Contract,
    Elementwise,
    Into,
    Loop,
    Program,
    Reduce,
    Statement,
)
from symbackprop.compiling.sources.contractions import contracted, is_copy_free, natural_order, reduction, whole
from symbackprop.compiling.sources.fragments import Code, Level, call, folded, sequence
from symbackprop.compiling.sources.places import Place, View
from symbackprop.compiling.sources.printer import ArrayPrinter
from symbackprop.compiling.sources.scatter import added

INLINED_WIDTH = 60
"""How long a product may be that is written where it is read, instead of having a name."""

Ranges = Mapping[Symbol, Expr]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that begin with an assignment to `name`; for which tensors they are."""

    name: str
    lines: tuple[str, ...]
    tensors: tuple[str, ...]

    @property
    def is_backward(self) -> bool:
        return is_adjoint(self.tensors[0])


def expressions(statement: Statement) -> tuple[Expr, ...]:
    """What a statement reads, those in a loop too."""
    if isinstance(statement, Contract):
        return (statement.coefficient, *statement.factors)
    if isinstance(statement, Loop):
        return tuple(e for inner in statement.body for e in expressions(inner))
    if isinstance(statement, Into):
        return (statement.expression, *statement.at)
    return () if isinstance(statement, Allocate) else (statement.expression,)


def targets(statement: Statement) -> tuple[str, ...]:
    """The tensors that a statement writes."""
    if isinstance(statement, Loop):
        return tuple(dict.fromkeys(name for inner in statement.body for name in targets(inner)))
    return (statement.target,)


def reads(statements: Iterable[Statement]) -> Counter[str]:
    """How often each tensor is read."""
    every = (entries(expression) for statement in statements for expression in expressions(statement))
    return Counter(str(tensor_of(read)) for found in every for read in found)


def entries(expr: Basic) -> Iterator[Expr]:
    """Every entry in an expression, as often as it stands there; those in its indices too."""
    waiting: list[Basic] = [expr]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Indexed | Symbol) and tensor_of(part) is not None:
            yield part
            waiting += indices_of(part)
        else:
            waiting += part.args


def alive(program: Program) -> tuple[Statement, ...]:
    """The statements that a result rests on."""
    wanted = {program.loss, *program.gradients.values()}
    kept: list[Statement] = []
    for statement in reversed(program.statements):
        if wanted.intersection(targets(statement)):
            kept.append(statement)
            wanted.update(reads([statement]))
    return tuple(reversed(kept))


class Writer:
    """Writes the statements of one program; `printer` prints their expressions."""

    def __init__(self, program: Program, statements: tuple[Statement, ...], printer: ArrayPrinter) -> None:
        self.program = program
        self.printer = printer
        self.names = printer.words.tensors
        self.reads = reads(statements)
        self.results = frozenset({program.loss, *program.gradients.values()})
        self.allocated = frozenset(s.target for s in statements if isinstance(s, Allocate))
        self.mutated = self.allocated | {s.target for s in _flat(statements) if isinstance(s, Into)}

    def blocks(self, statements: tuple[Statement, ...]) -> tuple[Block, ...]:
        """The statements as blocks: what is no assignment joins the block before it."""
        found: list[Block] = []
        for statement, lines in self._written(statements, {}, 4):
            name, sign, _ = lines[0].partition(" = ")
            if sign and name.isidentifier() and not isinstance(statement, Loop):
                found.append(Block(name, tuple(lines), targets(statement)))
            else:
                last = found.pop()
                found.append(Block(last.name, (*last.lines, *lines), (*last.tensors, *targets(statement))))
        return tuple(found)

    def _written(
        self, body: tuple[Statement, ...], loops: Ranges, indent: int
    ) -> Iterator[tuple[Statement, list[str]]]:
        for place, statement in enumerate(body):
            follower = body[place + 1] if place + 1 < len(body) else None
            if self._goes_inline(statement, follower, loops):
                continue
            yield statement, self._lines(statement, loops, indent)

    def _lines(self, statement: Statement, loops: Ranges, indent: int) -> list[str]:
        if isinstance(statement, Loop):
            return self._loop(statement, loops, indent)
        comment = self._comment(statement.target)
        if isinstance(statement, Allocate):
            return folded(f"{self.names[statement.target]} = {self._zeros(statement.shape)}", indent, comment)
        if isinstance(statement, Into):
            return added(statement, loops, self.printer, indent, comment)
        return folded(self._assignment(statement, loops), indent, comment)

    def _comment(self, target: str) -> str:
        number = self.program.numbers.get(target)
        return f"step {number}" if number else ""

    def _loop(self, loop: Loop, loops: Ranges, indent: int) -> list[str]:
        name, count = self.printer.words.indices[loop.index.name], self._number(loop.extent)
        over = f"reversed(range({count}))" if loop.descending else f"range({count})"
        inner = {**loops, loop.index: loop.extent}
        body = [line for _, lines in self._written(loop.body, inner, indent + 4) for line in lines]
        return [f"for {name} in {over}:", *(f"    {line}" for line in body or ["pass"])]

    def _zeros(self, shape: tuple[Expr, ...]) -> Code:
        extents = [self._number(extent) for extent in shape]
        if not extents:
            return Code("0.0")
        return call("np.zeros", extents[0] if len(extents) == 1 else sequence(extents))

    def _number(self, expr: Expr) -> Code:
        return self.printer.write(expr, Place((), {}))

    # assignments

    def _place(self, statement: Elementwise | Contract | Reduce, loops: Ranges) -> Place:
        box = dict(statement.box)
        axes = tuple(position for position in statement.at if position in box)
        return Place(axes, {**loops, **box})

    def _assignment(self, statement: Elementwise | Contract | Reduce, loops: Ranges) -> str:
        place = self._place(statement, loops)
        name = self.names[statement.target]
        view = self._value(statement, place)
        if statement.target in self.allocated and (loops or len(place.axes) < len(statement.at)):
            target = self.printer.reader.written(statement.target, statement.at, place)
            if target is not None:
                return f"{target.code()} = {view.aligned(place.axes)}"
        code = view.arranged(place.axes) if view.axes == place.axes else self._full(view, place)
        if self._must_copy(statement.target, view, place):
            code = Code(f"{code.within(Level.ATOM)}.copy()") if place.axes else call("np.array", code)
        return f"{name} = {code}"

    def _full(self, view: View, place: Place) -> Code:
        """The array for all axes, where its value does not depend on some."""
        if set(view.axes) == set(place.axes):
            return view.arranged(place.axes)
        extents = [self._number(place.ranges[a]) for a in place.axes]
        shape = extents[0] if len(extents) == 1 else sequence(extents)
        code = view.aligned(place.axes)
        if not view.axes and code in ("0", "1"):
            return call("np.zeros" if code == "0" else "np.ones", shape)
        return call("np.full", shape, f"{code}.0" if code.removeprefix("-").isdigit() else code)

    def _must_copy(self, target: str, view: View, place: Place) -> bool:
        """Whether memory is shared with a tensor though one of the two is a result or written to later."""
        source = view.tensor
        if source is None or (not place.axes and source not in self.program.arguments):
            return False
        return target in self.results or target in self.mutated or source in self.mutated

    def _value(self, statement: Elementwise | Contract | Reduce, place: Place) -> View:
        if isinstance(statement, Contract):
            view = contracted(statement, place.axes, place, self.printer)
            return view if is_copy_free(statement) else replace(view, tensor=None)
        if isinstance(statement, Reduce):
            return self._reduced(statement, place)
        return self._entrywise(statement.expression, place)

    def _entrywise(self, expression: Expr, place: Place) -> View:
        if tensor_of(expression) is not None and tensor_of(expression) not in self.printer.words.inlined:
            return self.printer.reader.view(expression, place)
        present = self._present(expression, place)
        code = self.printer.write(expression, replace(place, axes=present))
        if not place.axes and expression.is_Integer:
            code = Code(f"{code}.0", code.level)
        made = whole(code, present)
        if not (code.startswith("(") and " if " in code):
            return made
        # cases that a single truth value decides may give an entry as it stands
        read = sorted(tensors_in(expression), key=lambda name: (name not in self.mutated, name))
        return replace(made, tensor=read[0] if read else None)

    def _present(self, expression: Expr, place: Place) -> tuple[Symbol, ...]:
        """The axes that the source of an expression has."""
        if tensors_in(expression) & self.printer.words.inlined.keys():
            return place.axes
        return tuple(a for a in place.axes if a in expression.free_symbols)

    def _reduced(self, statement: Reduce, place: Place) -> View:
        bound = dict(statement.bound)
        ranges = {**place.ranges, **bound}
        free = statement.expression.free_symbols
        used = tuple(a for a in place.axes if a in free)
        gone = tuple(b for b in bound if b in free)
        order = natural_order(statement.expression, used, gone)
        if order == () and not gone:
            order = used
        code = self.printer.write(statement.expression, Place(order, ranges))
        unread = [extent for symbol, extent in statement.bound if symbol not in gone]
        if statement.operation == "sum" and unread:
            factor = self._number(Mul(*unread))
            code = Code(f"{factor.within(Level.MUL)} * {code.within(Level.UNARY)}", Level.MUL)
        if statement.operation == "argmax" and not gone:
            code = Code("0")
            return whole(code, ())
        if statement.operation == "max" and _is_short(order, gone, bound):
            return whole(call(self.printer.words.function("max_along", 0), code, str(order.index(gone[0]))), used)
        return whole(reduction(code, statement.operation, order, gone) if gone else code, used)

    # products that are written where they are read

    def _goes_inline(self, statement: Statement, follower: Statement | None, loops: Ranges) -> bool:
        """Whether a product was given to the printer to be written in the next statement, which alone reads it."""
        if not isinstance(statement, Contract | Reduce) or not isinstance(follower, Elementwise):
            return False
        name = statement.target
        numbers = self.program.numbers
        if self.reads[name] != 1 or name in self.results or numbers.get(name) != numbers.get(follower.target):
            return False
        inner, outer = self._place(statement, loops), self._place(follower, loops)
        if len(inner.axes) != len(statement.at) or name in self.allocated:
            return False
        read = entry(name, *outer.axes)
        if read not in entries(follower.expression) or follower.expression == read:
            return False
        if tuple(inner.ranges[a] for a in inner.axes) != tuple(outer.ranges[a] for a in outer.axes):
            return False
        view = self._value(statement, inner)
        code = view.arranged(inner.axes)
        if view.axes != inner.axes or len(code) > INLINED_WIDTH:
            return False
        self.printer.words.inlined[name] = code
        return True


def _is_short(order: tuple[Symbol, ...], gone: tuple[Symbol, ...], bound: Ranges) -> bool:
    """Whether a reduction runs along few entries at many places, as pools do."""
    return len(order) > 2 and len(gone) == 1 and bool(bound[gone[0]].is_Integer) and bound[gone[0]] <= UNROLLED


def _flat(statements: Iterable[Statement]) -> Iterator[Statement]:
    for statement in statements:
        if isinstance(statement, Loop):
            yield from _flat(statement.body)
        else:
            yield statement
