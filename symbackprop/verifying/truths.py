r"""What is true of a model: its equations and its derived adjoints, as formulas and as numbers.

Adjoints stand in one unit, whatever a note means by them: `∂u` is \(\partial L / \partial u\) of each sample's own
loss where u has an entry for each sample, and the derivative of the root where it has not. What `dz1` or `∂J/∂z1` says
in a note is a multiple of that; see `units`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from sympy import Expr, KroneckerDelta, Mul, S

from symbackprop.algebra.arrays import Array, array_of
from symbackprop.algebra.binding import apart, fresh, substitute, tensors_in
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.display import display
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import ADJOINT, adjoint, entry, is_adjoint, part_of, parted, primal, total
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import StepKind, of_kind
from symbackprop.derivation.sweep import derive
from symbackprop.model.model import Model, index_limits
from symbackprop.notation.claims.records import Scale, rooted
from symbackprop.notation.conventions import Stand
from symbackprop.verifying.by_sample import by_sample
from symbackprop.verifying.points import Point, points_of

POINTS = 3


def partial_of(name: str) -> tuple[str, str] | None:
    """`("L", "W1")` for `∂L∂W1`; None for any other name."""
    of, mark, by = primal(name).partition(ADJOINT) if is_adjoint(name) else ("", "", "")
    return (of, by) if mark else None


def direct_name(of: str, by: str) -> str:
    """The name of the derivative by one equation alone, where there are other paths too: `b|z` beside `∂b∂z`."""
    return f"{of}|{by}"


@dataclass(frozen=True)
class Truth:
    """One model at one scale.

    `derivation` has the steps, `space` the definitions of all tensors and adjoints, each of them reading what stands
    before it, `points` their values; `first_forms` are the adjoints as the sweep first gives them. `each` is what one
    sample's loss counts in the cost: 1/m for a mean; None where that is no one number.
    """

    scale: Scale
    derivation: Derivation
    space: Space
    points: tuple[Point, ...]
    each: Expr | None = S.One
    first_forms: Mapping[str, Array] = field(default_factory=dict)
    _local: dict[tuple[str, str], Array] = field(default_factory=dict, compare=False, repr=False)
    _reached: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    _scrambled: dict[frozenset[str], Point] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def judged(self) -> dict[Any, Any]:
        """What was found of pairs of expressions beside this truth, for who judges: the readings of a line share many.

        It is no field, so that a truth that is made of this one begins without it.
        """
        return {}

    @property
    def model(self) -> Model:
        """The model that was swept: of one sample, or of all."""
        return self.derivation.model

    @property
    def loss(self) -> str:
        """The name of the loss of one sample."""
        return self.derivation.source.loss

    @property
    def cost(self) -> str | None:
        """The name of the cost over all samples, where there is one."""
        cost = self.derivation.source.cost
        return None if cost is None else cost.tensor

    def knows(self, name: str) -> bool:
        return name in self.space.definitions or name in self.points[0].values

    @cached_property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """What each definition reads."""
        return {name: tensors_in(array.expression) for name, array in self.space.definitions.items()}

    @cached_property
    def recurrent(self) -> frozenset[str]:
        """The tensors and adjoints whose entries rest on other entries of themselves."""
        return frozenset(name for name in self.reads if name in self.below(name))

    @cached_property
    def scrambled(self) -> Point:
        """A point where every tensor has a value that has nothing to do with its definition: all names opaque."""
        point, random = self.points[0], np.random.default_rng(20_231)
        values = dict(point.values)
        for name in (name for name in self.space.definitions if name in values):  # others are too large
            drawn = random.uniform(0.6, 1.4, np.shape(values[name]))
            values[name] = values[name] * drawn + (random.uniform(-1, 1, drawn.shape) if is_adjoint(name) else 0.0)
        return replace(point, values=values)

    def scrambled_with(self, using: frozenset[str]) -> Point:
        """`scrambled`, but for the tensors in `using`, which have the values that their definitions give them there.

        As a proof puts definitions in: once each, so that one step of a recurrence reads opaque values of itself.
        """
        if using not in self._scrambled:
            values = dict(self.scrambled.values)
            for name, array in self.space.definitions.items():
                if name in using and name in values:
                    values[name] = replace(self.scrambled, values=values).value(array)
            self._scrambled[using] = replace(self.scrambled, values=values)
        return self._scrambled[using]

    def with_partials(self, names: Iterable[str]) -> Truth:
        """This with `∂v∂u` for each of `names`, by the chain rule over all paths; unknown tensors are left out.

        Paths through a recurrence have no formula of finite length: there `∂v∂u` is by the equation of v alone; where
        that does not read u, by itself a step before.
        """
        names = tuple(dict.fromkeys(name for name in names if not self.knows(name)))
        new = [name for name in names if self._is_partial(name)]
        definitions = self._parts_of_adjoints(names)
        for name in new:
            self._add_partial(name, definitions)
            of, by = partial_of(name) or ("", "")
            read = tensors_in(self.space.definitions[of].expression)
            if by in read and self._has_more_paths(of, by, read):
                definitions[direct_name(of, by)] = self.local(of, by)
        return self.with_definitions(definitions) if definitions else self

    def _has_more_paths(self, of: str, by: str, read: frozenset[str]) -> bool:
        """Whether there are paths beside the equation of `of`: through others that it reads, or through `by` itself."""
        through_others = any(self.depends(inner, by) for inner in read - {by})
        return through_others or (of == self.derivation.model.root and by in self.recurrent)

    def _parts_of_adjoints(self, names: Iterable[str]) -> dict[str, Array]:
        """What one equation adds to an adjoint, for each such name: `∂v|w`, under whatever root."""
        wanted = {parted(adjoint(primal(name).rpartition(ADJOINT)[2])) for name in names if parted(name)[1]}
        return {
            part_of(adjoint(step.tensor), str(part.through)): replace(step.array, expression=part.after)
            for step in self.derivation.steps
            if step.array is not None
            for part in of_kind(step, StepKind.CONTRIBUTION)
            if (adjoint(step.tensor), part.through) in wanted and isinstance(part.after, Expr)
        }

    def _is_partial(self, name: str) -> bool:
        parts = partial_of(name)
        return parts is not None and parts[0] in self.model.space.definitions and parts[1] in self.model.space.shapes

    def _add_partial(self, name: str, found: dict[str, Array]) -> None:
        """The derivative of a tensor by another: by its own equation, and through all that this reads."""
        of, by = partial_of(name) or ("", "")
        if name in found or name in self.space.definitions or not self.depends(of, by):
            return
        if of == by and of not in self.recurrent:
            return
        if of == self.loss and self.each is not None and (short := by_sample(by, self.derivation)):
            found |= {known: array for known, array in short.items() if known not in found}
            return
        if self.is_endless(of, by) and not {of, by}.isdisjoint(self.recurrent):
            made = self._of_recurrence(of, by)
            if made is not None:
                found[name] = made
            return
        result = self.local(of, by)
        for inner in sorted(tensors_in(self.space.definitions[of].expression) - {by, of}):
            if inner in self.space.definitions and self.depends(inner, by):
                self._add_partial(rooted(inner, by), found)
                if rooted(inner, by) not in found and not self.knows(rooted(inner, by)):
                    return
                result = chained(
                    result, self.local(of, inner), partial(entry, rooted(inner, by)), self.space.shapes[inner]
                )
        ranges = dict(zip(result.indices, result.shape, strict=True))
        found[name] = replace(result, expression=display(result.expression, ranges, self.space))

    def _of_recurrence(self, of: str, by: str) -> Array | None:
        """The derivative where a recurrence stands on the way; None where it has no formula."""
        if by in self.reads[of] and of != by:
            return self.local(of, by)
        if by not in self.recurrent:
            return self._tangent(of, by)
        step = self.by_one_step(of, by)
        return None if step is None else step[0]

    def depends(self, of: str, by: str) -> bool:
        return of == by or by in self.below(of)

    def is_endless(self, of: str, by: str) -> bool:
        """Whether a path from `of` to `by` may pass a recurrence, which it does any number of times."""
        on_the_way = {of, by, *self.below(of)}
        return any(self.depends(name, by) for name in on_the_way & self.recurrent)

    def below(self, of: str) -> frozenset[str]:
        """All that the equation of `of` reads, and what the equations of these read."""
        if of not in self._reached:
            seen: set[str] = set()
            waiting = [of]
            while waiting:
                read = self.reads.get(waiting.pop(), frozenset()) - seen
                seen |= read
                waiting += sorted(read)
            self._reached[of] = frozenset(seen)
        return self._reached[of]

    def local(self, of: str, by: str) -> Array:
        """The derivative of `of` by `by` in the equation of `of` alone, indices of `of` first."""
        if (of, by) not in self._local:
            self._local[of, by] = self._find_local(of, by)
        return self._local[of, by]

    def by_one_step(self, of: str, by: str) -> tuple[Array, Expr] | None:
        r"""\(\partial h_t/\partial h_{t-1}\) over the paths of one step, with that step; None where there are others.

        All tensors between are put in; none of them may go round by itself, and only one step of `by` may be read.
        """
        between = [name for name in self.model.space.definitions if name in self.below(of) and self.depends(name, by)]
        between = [name for name in between if name not in (of, by)]
        reads = {name: self.reads[name] - {by} for name in between}
        if any(name in _reached(name, reads) for name in between):
            return None
        ranges = dict(zip(self.space.definitions[of].indices, self.space.definitions[of].shape, strict=True))
        whole = self.space.definitions[of].expression
        for name in sorted(between, key=lambda n: -len(_reached(n, reads) & set(between))):
            whole = put_in(whole, (name,), ranges, self.space)
        made = self._slope(replace(self.space.definitions[of], expression=whole), by)
        first, second = made.indices[0], made.indices[len(self.space.definitions[of].indices)]
        differences = {d.args[0] - d.args[1] for d in made.expression.atoms(KroneckerDelta) if d.has(first, second)}
        steps = {
            -substitute(d, {first: S.Zero, second: S.Zero}) / d.coeff(first)
            for d in differences
            if d.free_symbols == {first, second}
        }
        read = len(differences) == 1 and len(steps) == 1 and steps != {S.Zero}
        return (made, steps.pop()) if read else None

    def _tangent(self, of: str, by: str) -> Array | None:
        r"""The derivative of a recurrence by what it reads at each step, by itself a step before; None without one.

        \(\partial h_t/\partial W = \partial^+ h_t/\partial W
        + \partial h_t/\partial h_{t-1} \, \partial h_{t-1}/\partial W\)
        """
        between = [name for name in self.below(of) - {of, by} if self.depends(name, by)]
        reads = {name: self.reads.get(name, frozenset()) - {of, by} for name in between}
        if any(name in _reached(name, reads) for name in between):
            return None

        def total_of(outer: str) -> Array:
            result = self.local(outer, by)
            for inner in sorted(self.reads[outer] - {by}):
                if self.depends(inner, by):
                    rest = partial(entry, rooted(of, by)) if inner == of else total_of(inner).at
                    result = chained(result, self.local(outer, inner), rest, self.space.shapes[inner])
            ranges = dict(zip(result.indices, result.shape, strict=True))
            return replace(result, expression=display(result.expression, ranges, self.space))

        return total_of(of)

    def _find_local(self, of: str, by: str) -> Array:
        return self._slope(self.space.definitions[of], by)

    def _slope(self, equation: Array, by: str) -> Array:
        """The derivative of a definition by a tensor that it reads, its own indices first."""
        shape = self.space.shapes[by]
        at = list(equation.indices)
        for variable in array_of(by, shape).indices:
            at.append(fresh([*at, *(s for n in (*shape, *equation.shape) for s in n.free_symbols)], variable))
        expression = apart(equation.expression, at)
        result = derivative(expression, by, tuple(at[len(equation.indices) :]))
        whole = (*equation.shape, *shape)
        return Array(tuple(at), whole, display(result, dict(zip(at, whole, strict=True)), self.space))

    def with_scalars(self, names: Iterable[str]) -> Truth:
        """This with names for numbers that the model leaves free, such as a learning rate; each has a value."""
        new = tuple(dict.fromkeys(name for name in names if not self.knows(name)))
        if not new:
            return self
        points = tuple(
            replace(point, values={**point.values, **_numbers(new, turn)}) for turn, point in enumerate(self.points)
        )
        shapes = {**self.space.shapes, **dict.fromkeys(new, ())}
        return replace(self, space=replace(self.space, shapes=shapes), points=points, _scrambled={})

    def with_definitions(self, definitions: Mapping[str, Array]) -> Truth:
        """This with other or more definitions; what reads them gets new values."""
        shapes = {name: array.shape for name, array in definitions.items()}
        space = replace(self.space, shapes={**self.space.shapes, **shapes}).with_definitions(definitions)
        changed = dict(definitions)
        grown = True
        while grown:
            more = {
                name: array
                for name, array in space.definitions.items()
                if name not in changed and tensors_in(array.expression) & changed.keys()
            }
            changed |= more
            grown = bool(more)
        points = tuple(point.filled(changed, partly=True) for point in self.points)
        known = self._local if definitions.keys().isdisjoint(self.space.definitions) else {}
        first = {name: array for name, array in self.first_forms.items() if name not in definitions}
        return replace(self, space=space, points=points, first_forms=first, _local=known, _reached={}, _scrambled={})

    def swept(self) -> Truth:
        """This with each adjoint as the sweep first gives it: in the adjoints next to it, none of them put in."""
        return self._swept

    @cached_property
    def _swept(self) -> Truth:
        return replace(self, space=self.space.with_definitions(self.first_forms), _reached={}, _scrambled={})


def _reached(name: str, reads: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """All that a name reads among those that `reads` has, directly or through others."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        new = reads.get(waiting.pop(), frozenset()) - seen
        seen |= new
        waiting += sorted(new)
    return frozenset(seen)


def chained(sum_so_far: Array, outer: Array, inner: Callable[..., Expr], shape: tuple[Expr, ...]) -> Array:
    r"""\(\dots + \sum_w \partial v / \partial w \, \partial w / \partial u\), for w of `shape`; `inner` is the last."""
    indices = sum_so_far.indices
    rank = len(outer.indices) - len(shape)
    sizes = [s for n in (*shape, *sum_so_far.shape) for s in n.free_symbols]
    middle: list = []
    for _ in shape:
        middle.append(fresh([*indices, *middle, *sizes]))
    body = Mul(outer.at(*indices[:rank], *middle), inner(*middle, *indices[rank:]))
    return replace(sum_so_far, expression=sum_so_far.expression + total(body, *zip(middle, shape, strict=True)))


@dataclass(slots=True)
class Truths:
    """The truths of one model: of one sample, and of all where it has samples; each made when first asked for."""

    model: Model
    one_over_m: Stand = "parameters"
    _known: dict[str, Truth] = field(default_factory=dict)
    _derived: dict[str, Derivation] = field(default_factory=dict)

    @property
    def scales(self) -> tuple[Scale, ...]:
        return ("one sample",) if self.model.samples is None else ("one sample", "all samples")

    def at(self, scale: Scale) -> Truth:
        """The truth at one scale; that of one sample where the model has no samples."""
        scale = scale if scale in self.scales else "one sample"
        if scale not in self._known:
            self._known[scale] = self._truth(scale)
        return self._known[scale]

    def derivation(self, scale: Scale, one_over_m: Stand | None = None) -> Derivation:
        """The derivation of the model with its 1/m at that place: how its formulas are shown."""
        stand = one_over_m or self.one_over_m
        if stand not in self._derived:
            names = [t.name for t in self.model.tensors if _is_leaf(t.name, self.model) and not t.integer]
            names += _given_numbers(self.model)
            self._derived[stand] = derive(self.model, names, checks=False, one_over_m=stand)
        whole = self._derived[stand]
        return whole.one_sample if scale == "one sample" and whole.one_sample is not None else whole

    def _truth(self, scale: Scale) -> Truth:
        derivation = self.derivation(scale, "parameters")
        points = points_of(derivation, POINTS)
        adjoints = {adjoint(name): array for name, array in derivation.adjoints.items()}
        root = {adjoint(derivation.root): Array((), (), S.One)}
        forward = {e.tensor: derivation.space.definitions[e.tensor] for e in derivation.model.order}
        limits = index_limits(derivation.model)
        space = replace(derivation.space, definitions={**forward, **root, **adjoints}, limits=limits)
        return Truth(scale, derivation, space, points, _each(derivation), _first_forms(derivation))


@lru_cache(maxsize=8)
def truths_of(model: Model, one_over_m: Stand = "parameters") -> Truths:
    """The truths of a model, which serve each note on it."""
    return Truths(model, one_over_m)


def _numbers(names: Iterable[str], turn: int) -> dict[str, np.ndarray]:
    """Numbers of no meaning, others at each point."""
    return {name: np.asarray(0.37 + 0.11 * place + 0.07 * turn) for place, name in enumerate(names)}


def _given_numbers(model: Model) -> list[str]:
    """The numbers to which the model gives values, `w1 = 0.15`: a note may differentiate by them all the same."""
    numbers = [e.tensor for e in model.order if not e.indices and not tensors_in(e.expression)]
    return [name for name in numbers if name != model.root]


def _is_leaf(name: str, model: Model) -> bool:
    return not model.defines(name) and name != model.root


def _first_forms(derivation: Derivation) -> dict[str, Array]:
    """Each adjoint in the adjoints next to it."""
    steps = (step for step in derivation.steps if step.kind is StepKind.ADJOINT)
    return {adjoint(s.tensor): replace(s.array, expression=s.before) for s in steps if s.array is not None}


def _each(derivation: Derivation) -> Expr | None:
    """What one sample's loss counts; None where the cost does not weigh all samples by one number."""
    own = derivation.adjoints.get(derivation.source.loss)
    if derivation.root == derivation.source.loss or (own is not None and own.expression == 1):
        return derivation.scale
    return None
