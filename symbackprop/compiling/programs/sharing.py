r"""Values that cost something are computed once: \(e^{z_i} / \sum_k e^{z_k}\) has the same exponentials twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sympy import Expr, Piecewise, Pow, S, cos, erf, exp, log, sin
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.symbols import Apply, entry, remade, tensor_of
from symbackprop.compiling.identifiers import identifier
from symbackprop.compiling.program import Contract, Elementwise, Into, Reduce, Statement
from symbackprop.compiling.programs.definitions import Definition, Known, Workshop, box_of
from symbackprop.compiling.programs.keys import Extents, indices_in, key_of
from symbackprop.compiling.programs.sums import is_plain

_COSTLY = (exp, log, sin, cos, erf, Apply)

Valued = Elementwise | Into | Reduce


def shared(definitions: Sequence[Definition], shop: Workshop) -> list[Definition]:
    """The definitions with an entry for every costly value that stands in them more than once."""
    work = _Sharing(shop)
    valued = [(d, s) for d in definitions for s in d.statements if isinstance(s, Valued)]
    for definition, statement in valued:
        work.count(statement, definition)
    if not any(number > 1 for number in work.counts.values()):
        return list(definitions)
    work.recount([statement for _, statement in valued])
    result = [work.without_costs(definition) for definition in definitions]
    return [*(shop.definitions[name] for name in work.made), *result]


@dataclass(slots=True)
class _Sharing:
    """How often each costly value stands in the statements, by its key, and the tensors that hold values."""

    shop: Workshop
    counts: Counter[str] = field(default_factory=Counter)
    known: dict[str, Known] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def count(self, statement: Valued, definition: Definition) -> None:
        """Counts the costly values in a statement; one that is all of a definition needs no other tensor."""
        extents = _extents(statement)
        for value in sorted(set(_costly(statement.expression)), key=str):
            key, free = key_of(value, extents)
            self.counts[key] += 1
            whole = isinstance(statement, Elementwise) and value == statement.expression
            if whole and set(free) == set(definition.indices) and key not in self.known:
                self.known[key] = free, entry(definition.tensor, *definition.indices)

    def recount(self, statements: Sequence[Valued]) -> None:
        """Counts again without what stands within another value that is computed once."""
        often, self.counts = self.counts, Counter()
        for statement in statements:
            for key in dict.fromkeys(self._outermost(statement.expression, _extents(statement), often)):
                self.counts[key] += 1

    def _outermost(self, expr: Expr, extents: Extents, often: Counter[str]) -> Iterator[str]:
        if _is_costly(expr):
            key, _ = key_of(expr, extents)
            yield key
            if often[key] > 1 and self.counts[key]:
                return
        for part in _operands(expr):
            yield from self._outermost(part, extents, often)

    def without_costs(self, definition: Definition) -> Definition:
        statements = tuple(self._changed(statement, definition) for statement in definition.statements)
        return replace(definition, statements=statements)

    def _changed(self, statement: Statement, definition: Definition) -> Statement:
        if not isinstance(statement, Valued):
            return statement
        self.shop.begin(definition.equation, recurrent=False, guarded=False)
        expression = self._read(statement.expression, _extents(statement), definition.tensor)
        if isinstance(statement, Reduce) and statement.operation == "sum" and is_plain(expression):
            return Contract(statement.target, statement.at, statement.box, S.One, (expression,), statement.bound)
        return replace(statement, expression=expression)

    def _read(self, expr: Expr, extents: Extents, target: str) -> Expr:
        """The expression with an entry for each value that stands more than once."""
        if not _is_costly(expr):
            return self._within(expr, extents, target)
        key, free = key_of(expr, extents)
        if self.counts[key] < 2:
            return self._within(expr, extents, target)
        if key not in self.known:
            used = indices_in(expr)
            indices = tuple(v for v in extents if v in used)
            value = self._within(expr, extents, target)
            made = (Elementwise("", indices, box_of(indices, extents), value),)
            self.known[key] = free, self.shop.define(_word(expr), indices, extents, made)
            self.made.append(str(tensor_of(self.known[key][1])))
        names, held = self.known[key]
        if tensor_of(held) == target:
            return self._within(expr, extents, target)
        return substitute(held, dict(zip(names, free, strict=True)))

    def _within(self, expr: Expr, extents: Extents, target: str) -> Expr:
        if not expr.args or isinstance(expr, Indexed | Piecewise):
            return expr
        inner = (self._read(a, extents, target) if isinstance(a, Expr) else a for a in expr.args)
        return remade(expr, inner)


def _extents(statement: Valued) -> Extents:
    return dict((*statement.box, *(statement.bound if isinstance(statement, Reduce) else ())))


def _operands(expr: Expr) -> Iterator[Expr]:
    """The expressions in an expression, but for indices, and for cases, where they may have no value elsewhere."""
    if not isinstance(expr, Indexed | Piecewise):
        yield from (part for part in expr.args if isinstance(part, Expr))


def _costly(expr: Expr) -> Iterator[Expr]:
    if _is_costly(expr):
        yield expr
    for part in _operands(expr):
        yield from _costly(part)


def _is_costly(expr: Expr) -> bool:
    """Whether computing an expression takes a function or a root of values that have indices."""
    kind = isinstance(expr, _COSTLY) or (isinstance(expr, Pow) and not expr.exp.is_Integer)
    return kind and bool(indices_in(expr))


def _word(expr: Expr) -> str:
    if isinstance(expr, Apply):
        return identifier(expr.name) + "_prime" * expr.order
    return "root" if isinstance(expr, Pow) else type(expr).__name__
