r"""Tensors as lowering defines them: each with its statements, the same one only once.

A `Workshop` holds what has been defined so far. Expressions ask it for a tensor by what the tensor is to hold, and get
an entry to read; whether it stood already is the workshop's affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sympy import Expr, S, Symbol

from symbackprop.algebra.binding import substitute, tensors_in
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import entry, tensor_of
from symbackprop.compiling.identifiers import identifier
from symbackprop.compiling.program import UNROLLED, Allocate, Box, Contract, Elementwise, Into, Reduce, Statement
from symbackprop.compiling.programs.guards import Totality
from symbackprop.compiling.programs.keys import Extents, key_of
from symbackprop.compiling.programs.parts import parts_of

Known = tuple[tuple[Symbol, ...], Expr]
"""Indices, and what to read for them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One tensor and the statements that give it, in its own `indices`.

    `equation` names the equation that it was made for. Each of `guards` is at least 0 wherever what the statements
    read counts, which a mask may hide.
    """

    tensor: str
    indices: tuple[Symbol, ...]
    shape: tuple[Expr, ...]
    statements: tuple[Statement, ...]
    equation: str
    guards: tuple[Expr, ...] = ()

    @property
    def box(self) -> Box:
        return tuple(zip(self.indices, self.shape, strict=True))

    def reads(self) -> frozenset[str]:
        """The names of the tensors read."""
        return frozenset().union(*(tensors_in(part) for s in self.statements for part in parts_of(s)))


@dataclass(slots=True)
class Workshop:
    """The definitions found so far, and the equation that is being lowered."""

    space: Space
    arguments: frozenset[str] = frozenset()
    definitions: dict[str, Definition] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)
    equation: str = ""
    recurrent: bool = False
    guarded: bool = False
    taken: set[str] = field(default_factory=set)
    mine: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def begin(self, equation: str, recurrent: bool, guarded: bool) -> None:
        """What is defined from now on belongs to `equation`: one of a recurrence, or one with guards in it."""
        self.equation, self.recurrent, self.guarded = equation, recurrent, guarded
        self.mine, self.keys = [], []

    def shape(self, name: str) -> tuple[Expr, ...] | None:
        return self.definitions[name].shape if name in self.definitions else self.space.shapes.get(name)

    def totality(self) -> Totality:
        """Judges what is defined everywhere, by the shapes of all that stands so far."""
        return Totality(with_shapes(self.space, self.definitions.values()), frozenset(self.partial))

    def is_inside(self, position: Expr, extent: Expr, extents: Extents) -> bool:
        """Whether an index is proved to stay in [0, extent)."""
        if isinstance(position, Symbol) and extents.get(position) == extent:
            return True
        inside = (position, extent - 1 - position)
        return all(is_nonnegative(end, extents, self.space) for end in inside)

    def window_of(self, chosen: Expr) -> Expr | None:
        """The size of the window, if it is a short one, in which an entry is the place of the maximum."""
        made = self.definitions.get(str(tensor_of(chosen)))
        for statement in made.statements if made is not None else ():
            if isinstance(statement, Reduce) and statement.operation == "argmax":
                ((_, width),) = statement.bound
                return width if width.is_Integer and width <= UNROLLED else None
        return None

    def find(self, expr: Expr, extents: Extents) -> Expr | None:
        """What to read for `expr`, if that was defined before."""
        key, free = key_of(expr, extents)
        if key not in self.known:
            return None
        indices, result = self.known[key]
        if tensor_of(result) == self.equation:
            return None
        return substitute(result, dict(zip(indices, free, strict=True)))

    def remember(self, expr: Expr, extents: Extents, result: Expr) -> Expr:
        """`result` is to be read for `expr` from now on; gives `result`."""
        key, free = key_of(expr, extents)
        if key not in self.known:
            self.known[key] = (free, result)
            self.keys.append(key)
        return result

    def define(
        self,
        suffix: str,
        indices: Iterable[Symbol],
        extents: Extents,
        statements: Iterable[Statement],
        guards: tuple[Expr, ...] = (),
    ) -> Expr:
        """A new tensor, named after the equation, with its statements (their target left blank); an entry of it."""
        indices = tuple(indices)
        name = self._name(suffix)
        made = tuple(replace(statement, target=name) for statement in statements)
        shape = tuple(extents[v] for v in indices)
        self.definitions[name] = Definition(name, indices, shape, made, self.equation, guards)
        self.mine.append(name)
        return entry(name, *indices)

    def _name(self, suffix: str) -> str:
        stem = f"{identifier(self.equation)}_{suffix}"
        name, count = stem, 1
        while name in self.taken:
            count += 1
            name = f"{stem}{count}"
        self.taken.add(name)
        return name

    def finish(self, indices: tuple[Symbol, ...], statements: Iterable[Statement]) -> None:
        """The tensor of the equation itself."""
        made = tuple(replace(statement, target=self.equation) for statement in statements)
        shape = self.space.shapes[self.equation]
        self.definitions[self.equation] = Definition(self.equation, indices, shape, made, self.equation)

    def adopt(self, name: str, coefficient: Expr) -> bool:
        """Makes the tensor `name`, times a coefficient, that of the equation; False if its statements forbid that."""
        definition = self.definitions[name]
        scaled = [_scaled(statement, coefficient) for statement in definition.statements]
        statements = tuple(replace(s, target=self.equation) for s in scaled if s is not None)
        if len(statements) < len(scaled):
            return False
        del self.definitions[name]
        self.taken.discard(name)
        self.definitions[self.equation] = replace(definition, tensor=self.equation, statements=statements)
        for key in self.keys:
            indices, result = self.known[key]
            if name in tensors_in(result):
                del self.known[key]
                if result == entry(name, *definition.indices) and coefficient == 1:
                    self.known[key] = (indices, entry(self.equation, *definition.indices))
        return True


def _scaled(statement: Statement, coefficient: Expr) -> Statement | None:
    match statement:
        case Contract():
            return replace(statement, coefficient=coefficient * statement.coefficient)
        case Into() | Elementwise():
            return replace(statement, expression=coefficient * statement.expression)
        case _:
            return statement if coefficient is S.One or isinstance(statement, Allocate) else None


def with_shapes(space: Space, definitions: Iterable[Definition]) -> Space:
    """The space with the shapes of the tensors that lowering defined."""
    return replace(space, shapes={**space.shapes, **{d.tensor: d.shape for d in definitions}})


def box_of(indices: Iterable[Symbol], extents: Mapping[Symbol, Expr]) -> Box:
    return tuple((v, extents[v]) for v in indices)
