r"""Partial or total: what \(\partial v/\partial u\) means in a note, where v reads u itself and by way of others.

It is the derivative over all paths, unless the note shows by its form that it is a partial one: by a sum of chains over
several tensors, \(\partial L/\partial x = \partial L/\partial v\,\partial v/\partial x + \partial L/\partial w\,
\partial w/\partial x\), each factor of which holds the other tensors of the sum fixed. That is decided once for a note,
never by what would make a line true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from sympy import Add, Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.display import display
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.symbols import adjoint, entry, is_adjoint, parted, primal, text_of
from symbackprop.notation.claims.records import rooted
from symbackprop.verifying.truths import Truth, chained, direct_name, partial_of

Fixed = Mapping[str, frozenset[str]]
"""For derivatives `∂v∂u`: the tensors that they hold fixed."""


@dataclass(frozen=True, slots=True)
class Partials:
    """`held` are the derivatives that hold others fixed, `several` those that have both meanings, with what is between.

    Where a path may pass a recurrence any number of times there is no formula over all paths: such a one is held.
    """

    held: frozenset[str] = frozenset()
    several: Fixed = field(default_factory=dict)

    def other(self) -> Partials:
        """The other meaning of each derivative that has two."""
        return replace(self, held=self.held ^ self.several.keys())

    def words(self, name: str) -> str:
        """`∂b/∂z is over all paths, also through a`, or `∂b/∂z holds a fixed`."""
        of, by = partial_of(name) or ("", "")
        between = " and ".join(sorted(self.several[name]))
        kept = f"holds {between} fixed" if name in self.held else f"is over all paths, also through {between}"
        return f"∂{of}/∂{by} {kept}"

    def reproach(self, name: str) -> str:
        """What a line does wrong that is right for the other meaning of a derivative."""
        of, by = partial_of(name) or ("", "")
        between = " and ".join(sorted(self.several[name]))
        one, are = len(self.several[name]) == 1, "is" if len(self.several[name]) == 1 else "are"
        if name in self.held:
            return f"∂{of}/∂{by} holds {between} fixed in this note: this is right for the derivative over all paths"
        paths = "the path" if one else "the paths"
        return f"{paths} from {by} to {of} through {between} {are} missing: right if {between} {are} held fixed"


def partials_in(expressions: Collection[Expr], truth: Truth) -> tuple[Truth, Partials]:
    """What the derivatives in the formulas of a note mean, and the truth with definitions for those that are held."""
    names = sorted({name for expr in expressions for name in tensors_in(expr)})
    between = {name: found for name in names if (found := _between(name, truth))}
    shown = {**_shown_by_parts(names, between), **_shown_by_sums(expressions, between, truth)}
    definitions: dict[str, Array] = {}
    for name, fixed in shown.items():
        definitions |= _held(*_parts(name), fixed, truth)
    truth = truth.with_definitions(definitions) if definitions else truth
    several = {name: found for name, found in {**between, **shown}.items() if _is_direct(name, truth)}
    endless = frozenset(name for name in names if _is_endless(name, truth) and _is_direct(name, truth))
    return truth, Partials(endless.union(several if definitions else ()), several)


def given_directly(names: Iterable[str], truth: Truth) -> tuple[str, ...]:
    """What is computed, whose adjoint is read, and to which the root comes by its own equation and by way of others."""
    root = truth.derivation.root
    read = truth.reads[root]
    own = sorted(primal(name) for name in names if is_adjoint(name) and primal(name) in read & truth.reads.keys())
    return tuple(n for n in own if any(truth.depends(inner, n) for inner in read - {n} if not is_adjoint(inner)))


def with_given(names: Iterable[str], truth: Truth, partials: Partials) -> tuple[Truth, Partials]:
    """The truth with adjoints of these tensors that are by the equation of the root alone, and those as held ones."""
    root = truth.derivation.root
    local = {direct_name(root, name): truth.local(root, name) for name in names if name in truth.reads.get(root, ())}
    if not local:
        return truth, partials
    held = partials.held.union(adjoint(name) for name in names)
    return truth.with_definitions(local), replace(partials, held=held)


def _is_direct(name: str, truth: Truth) -> bool:
    """Whether there is a derivative that holds others fixed beside the one over all paths."""
    return truth.knows(direct_name(*_parts(name)))


def _is_endless(name: str, truth: Truth) -> bool:
    """Whether a path may pass a recurrence; for the derivative of a root the adjoint is the formula over all paths."""
    of, by = _parts(name)
    return of not in ("", truth.loss, truth.cost) and truth.is_endless(of, by)


def _parts(name: str) -> tuple[str, str]:
    return partial_of(name) or ("", "")


def _between(name: str, truth: Truth) -> frozenset[str]:
    """The tensors other than u that the equation of v reads and that rest on u; none for the derivative of a root."""
    of, by = _parts(name)
    if of in ("", truth.loss, truth.cost) or of not in truth.reads or truth.is_endless(of, by):
        return frozenset()
    read = truth.reads[of] - {of, by}
    return frozenset(inner for inner in read if not is_adjoint(inner) and truth.depends(inner, by))


def _shown_by_parts(names: Iterable[str], between: Fixed) -> dict[str, frozenset[str]]:
    """What is held fixed where a note speaks of what comes to u by way of v, du|v: all that v reads."""
    parts = (parted(name) for name in names)
    shown = (rooted(of, (partial_of(whole) or ("", primal(whole)))[1]) for whole, of in parts if of)
    return {name: between[name] for name in shown if between.get(name)}


def _shown_by_sums(expressions: Iterable[Expr], between: Fixed, truth: Truth) -> dict[str, frozenset[str]]:
    """What the sums of chains in a note hold fixed, for each derivative to which that makes a difference."""
    found: dict[str, frozenset[str]] = {}
    for added in (part for expr in expressions for part in sorted(expr.atoms(Add), key=text_of)):
        for by, heads in _heads(added):
            for of in sorted(heads):
                on_the_way = (head for head in heads - {of} if head in truth.below(of) and truth.depends(head, by))
                fixed = frozenset(on_the_way) if between.get(rooted(of, by)) else frozenset[str]()
                if fixed:
                    found[rooted(of, by)] = found.get(rooted(of, by), frozenset()) | fixed
    return found


def _heads(added: Add) -> Iterator[tuple[str, frozenset[str]]]:
    """For each u the tensors v by way of which the terms of a sum of chains come to it: ∂L/∂v ∂v/∂u + ∂L/∂w ∂w/∂u."""
    heads: dict[str, dict[str, set[int]]] = {}
    linked: set[str] = set()
    for number, term in enumerate(added.args):
        names = [name for name in tensors_in(term) if is_adjoint(name)]
        ends = {(partial_of(name) or ("", primal(name)))[1] for name in names}
        for of, by in filter(None, map(partial_of, names)):
            heads.setdefault(by, {}).setdefault(of, set()).add(number)
            linked |= {by} if of in ends else set()
    for by in sorted(linked):
        if len({tuple(sorted(numbers)) for numbers in heads[by].values()}) > 1:
            yield by, frozenset(heads[by])


def _held(of: str, by: str, fixed: frozenset[str], truth: Truth) -> dict[str, Array]:
    """The definition of ∂v/∂u that holds some tensors fixed, under its direct name; none through a recurrence."""
    if {of, *truth.below(of)} & truth.recurrent:
        return {}
    result = truth.local(of, by)
    inner: dict[str, Array] = {}
    for name in sorted(truth.reads[of] - fixed - {of, by}):
        if _reaches(name, by, fixed, truth):
            inner |= _held(name, by, fixed, truth)
            result = chained(
                result, truth.local(of, name), partial(entry, direct_name(name, by)), truth.space.shapes[name]
            )
    ranges = dict(zip(result.indices, result.shape, strict=True))
    shapes = {name: array.shape for name, array in inner.items()}
    space = replace(truth.space, shapes={**truth.space.shapes, **shapes}).with_definitions(inner)
    whole = display(put_in(result.expression, inner, ranges, space), ranges, space)
    return {direct_name(of, by): replace(result, expression=whole)}


def _reaches(of: str, by: str, fixed: frozenset[str], truth: Truth) -> bool:
    """Whether a path leads from one tensor down to another past those that are held fixed."""
    read = {name for name in truth.reads.get(of, ()) if not is_adjoint(name)} - fixed
    return by in read or any(_reaches(name, by, fixed, truth) for name in read if truth.depends(name, by))
