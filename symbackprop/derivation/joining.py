r"""The compact form of an adjoint to which the paths through some intermediates join again.

Mean and variance of a normalisation serve nothing but the way back to what is normalised. Their adjoints are put in one
after another, each result in values of the forward pass; the form after which there is least left to read is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Expr, preorder_traversal
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.compacting import Values
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import adjoint
from symbackprop.derivation.checks import Checker
from symbackprop.derivation.lines import elimination
from symbackprop.derivation.places import Adjoint, Place
from symbackprop.derivation.steps import Step, StepKind


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of the adjoint: what is put in, what it rests on, and how much is to read with what is not put in."""

    expression: Expr
    names: tuple[str, ...]
    used: tuple[str, ...]
    cost: int


def compacted(
    place: Place,
    folded: Expr,
    known: Mapping[str, Adjoint],
    serves: Mapping[str, frozenset[str]],
    space: Space,
    checker: Checker,
) -> Step | None:
    """The step to the compact form; None if no form is shorter than the formulas that it replaces."""
    within = inside(place.tensor, known, serves)
    reads, paths = tensors_in(folded), [name for name in known if place.tensor in serves[name]]
    joins = len(paths) > 1 and any(adjoint(name) in reads for name in within)
    if not joins or place.tensor in paths or len(within) < _FEWEST:
        return None
    best = min(_forms(place, folded, within, known, space), key=lambda form: form.cost, default=None)
    if best is None or best.cost >= _reading(folded):
        return None
    premises = _premises(best.names, known, space)
    using = (*map(adjoint, best.names), *best.used)
    inner = Checker(premises, checker.active)
    check = inner.equal(folded, best.expression, place.ranges, using=using)
    first, *others = best.names
    reason = f"with the adjoints of {', '.join(best.names)} put in"
    step = Step(
        StepKind.ELIMINATE,
        place.tensor,
        place.left,
        folded,
        best.expression,
        reason,
        check,
        through=first,
        also=tuple(others),
    )
    names = tuple(map(adjoint, best.names))
    return elimination(step, names, values_in(place, within, space), place.ranges, inner)


def inside(tensor: str, known: Mapping[str, Adjoint], serves: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The intermediates whose adjoints go to nothing but this tensor in the end, the nearest first."""
    found: list[str] = []
    for name in reversed(tuple(known)):
        if serves[name] and serves[name] <= {tensor, *found}:
            found.append(name)
    return tuple(found)


def _premises(names: tuple[str, ...], known: Mapping[str, Adjoint], space: Space) -> Space:
    return space.with_definitions({adjoint(name): known[name].final for name in reversed(names)})


def values_in(place: Place, within: tuple[str, ...], space: Space) -> Values:
    """The equations of the tensors within, by whose values a form may be shorter."""
    return Values(tuple(n for n in reversed(within) if n in space.definitions), place.ranges, space)


def in_values(place: Place, expr: Expr, within: tuple[str, ...], space: Space) -> tuple[Expr, tuple[str, ...]]:
    """The form of `expr` in values of the tensors within, if it is shorter, and the equations it rests on."""
    values = values_in(place, within, space)
    if len(within) < _FEWEST or size_of(expr) > _LARGE or not values.has_products:
        return expr, ()
    found = values.form(expr)
    return (found, tuple(values.used)) if _reading(found) < _reading(expr) else (expr, ())


def _forms(
    place: Place, folded: Expr, within: tuple[str, ...], known: Mapping[str, Adjoint], space: Space
) -> Iterator[_Form]:
    """Each form on the way, with one adjoint more put in."""
    premises = _premises(within, known, space)
    values = values_in(place, within, space)
    expr, names, saved = folded, (), 0
    for name in within:
        if adjoint(name) not in tensors_in(expr):
            continue
        raw = put_in(expr, (adjoint(name),), place.ranges, premises)
        if size_of(raw) > _LARGE:
            return
        expr, names = values.form(raw), (*names, name)
        saved += _reading(known[name].folded)
        yield _Form(expr, names, tuple(values.used), _reading(expr) - saved)


def _reading(expr: Expr) -> int:
    """How much there is to read, places that are worked out (x at K q + p) counted too."""
    entries = (part for part in preorder_traversal(expr) if isinstance(part, Indexed))
    return size_of(expr) + sum(1 for part in entries for place in part.indices if place.args)


_FEWEST = 2  # intermediates; the adjoint of a single one is put in by itself
_LARGE = 150  # nodes of a form beyond which no compact one is looked for
