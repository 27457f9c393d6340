r"""Statements as data: the expressions in them, what these read, and statements at fixed steps of a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from sympy import Expr, Symbol

from symbackprop.algebra.binding import substitute
from symbackprop.compiling.program import Allocate, Box, Contract, Elementwise, Into, Loop, Reduce, Statement
from symbackprop.model.reads import Read, reads_of


def parts_of(statement: Statement) -> tuple[Expr, ...]:
    """The expressions of a statement in which entries may stand, those of a loop's body left out."""
    match statement:
        case Elementwise() | Into() | Reduce():
            return (statement.expression, *statement.at)
        case Contract():
            return (*statement.factors, *statement.at)
        case _:
            return ()


def symbols_of(statement: Statement) -> frozenset[Symbol]:
    """Every symbol in a statement that is no loop."""
    boxes = (*_box(statement), *_bound(statement))
    parts = (*parts_of(statement), *(extent for _, extent in boxes))
    return frozenset(v for v, _ in boxes).union(*(part.atoms(Symbol) for part in parts))


def _box(statement: Statement) -> Box:
    return () if isinstance(statement, Allocate | Loop) else statement.box


def _bound(statement: Statement) -> Box:
    return statement.bound if isinstance(statement, Contract | Reduce) else ()


def reads_in(statement: Statement, guards: tuple[Expr, ...] = ()) -> Iterator[Read]:
    """What a statement reads; each of `guards` is at least 0 wherever a read counts."""
    ranges = dict((*_box(statement), *_bound(statement)))
    for part in parts_of(statement):
        for read in reads_of(part, ranges):
            yield replace(read, known=(*read.known, *guards))


def mapped(statement: Statement, change: Callable[[Expr], Expr]) -> Statement:
    """A statement with each of its expressions changed; of a loop, those of its body."""
    match statement:
        case Elementwise() | Into() | Reduce():
            at = tuple(map(change, statement.at))
            return replace(statement, at=at, expression=change(statement.expression))
        case Contract():
            at, factors = tuple(map(change, statement.at)), tuple(map(change, statement.factors))
            return replace(statement, at=at, factors=factors)
        case Loop():
            return replace(statement, body=tuple(mapped(inner, change) for inner in statement.body))
        case _:
            return statement


def at_step(statement: Statement, steps: Mapping[Symbol, Expr]) -> Statement:
    """A statement with some indices of its box fixed."""
    if not steps or isinstance(statement, Allocate | Loop):
        return statement
    fixed = mapped(statement, lambda expr: substitute(expr, steps))
    assert not isinstance(fixed, Allocate | Loop)
    return replace(fixed, box=tuple(b for b in fixed.box if b[0] not in steps))


def walk(statements: Iterable[Statement], loops: tuple[Loop, ...] = ()) -> Iterator[tuple[Statement, tuple[Loop, ...]]]:
    """Every statement that is no loop, with the loops around it, outermost first."""
    for statement in statements:
        if isinstance(statement, Loop):
            yield from walk(statement.body, (*loops, statement))
        else:
            yield statement, loops
