"""What a step of a loop needs only for itself has no time axis: it is written anew at every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sympy import Expr
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import entry, indices_of, tensor_of
from symbackprop.compiling.program import Allocate, Into, Loop, Statement
from symbackprop.compiling.programs.definitions import Definition
from symbackprop.compiling.programs.parts import mapped, parts_of, walk

Use = tuple[tuple[Expr, ...], tuple[Loop, ...]]
"""Where a tensor is read or written, and in which loops."""


def without_steps(
    definitions: Sequence[Definition], statements: Sequence[Statement], kept: Iterable[str]
) -> tuple[list[Definition], tuple[Statement, ...]]:
    """The program without the time axes of tensors that are used only at the step that the loop is at.

    The tensors in `kept` keep their axes, and so do those that `Into` adds to.
    """
    drops = _drops(statements, frozenset(d.tensor for d in definitions) - frozenset(kept))
    if not drops:
        return list(definitions), tuple(statements)
    whole = {name for name, (_, left) in drops.items() if not left}
    axes = {name: dropped for name, (dropped, _) in drops.items()}
    result = [replace(d, shape=_without(d.shape, axes[d.tensor])) if d.tensor in axes else d for d in definitions]
    return result, tuple(_dropped(s, axes, whole) for s in statements if not _is_needless(s, whole))


def _is_needless(statement: Statement, whole: set[str]) -> bool:
    return isinstance(statement, Allocate) and statement.target in whole


def _drops(statements: Sequence[Statement], names: frozenset[str]) -> dict[str, tuple[frozenset[int], bool]]:
    """For those of the tensors that have any, the axes to drop, and whether a time axis is left."""
    uses: dict[str, list[Use]] = {}
    added: set[str] = set()
    for statement, loops in walk(statements):
        if isinstance(statement, Allocate | Loop):
            continue
        if isinstance(statement, Into):
            added.add(statement.target)
        uses.setdefault(statement.target, []).append((statement.at, loops))
        for part in parts_of(statement):
            for read in part.atoms(Indexed):
                uses.setdefault(str(tensor_of(read)), []).append((indices_of(read), loops))
    found = {}
    for name, places in uses.items():
        axes = _steps(places) if name in names - added else frozenset()
        if axes:
            around = len(places[0][1])
            found[name] = axes, len(axes) < around
    return found


def _steps(places: list[Use]) -> frozenset[int]:
    """The axes at which every use has the index of a loop that is around all of them."""
    loops = [loop for loop in places[0][1] if all(any(loop is other for other in around) for _, around in places)]
    indices = {loop.index for loop in loops}
    return frozenset(
        axis
        for axis, position in enumerate(places[0][0])
        if position in indices and all(at[axis] == position for at, _ in places)
    )


def _without(parts: tuple[Expr, ...], axes: frozenset[int]) -> tuple[Expr, ...]:
    return tuple(part for axis, part in enumerate(parts) if axis not in axes)


def _dropped(statement: Statement, axes: Mapping[str, frozenset[int]], whole: set[str]) -> Statement:
    """The statement with fewer axes where it reads or writes such a tensor."""
    if isinstance(statement, Loop):
        body = tuple(_dropped(inner, axes, whole) for inner in statement.body)
        return replace(statement, body=body)
    if isinstance(statement, Allocate):
        shape = _without(statement.shape, axes.get(statement.target, frozenset()))
        return replace(statement, shape=shape)
    changed = mapped(statement, _reading(axes))
    assert not isinstance(changed, Allocate | Loop)
    return replace(changed, at=_without(changed.at, axes.get(statement.target, frozenset())))


def _reading(axes: Mapping[str, frozenset[int]]) -> Callable[[Expr], Expr]:
    def change(expr: Expr) -> Expr:
        old = [read for read in expr.atoms(Indexed) if str(tensor_of(read)) in axes]
        if not old:
            return expr
        names = {read: str(tensor_of(read)) for read in old}
        return expr.xreplace(
            {read: entry(name, *_without(indices_of(read), axes[name])) for read, name in names.items()}
        )

    return change
