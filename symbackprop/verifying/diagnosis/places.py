r"""Where a mistake can be made: the adjoint of one tensor with the contributions that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sympy import Add, Expr
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import replaced, tensors_in
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import adjoint, entry, is_adjoint, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind, of_kind
from symbackprop.notation.writing.text import text
from symbackprop.verifying.points import Point


class Kind(StrEnum):
    """What kinds of mistakes are known, each with an example."""

    DERIVATIVE_MISSING = "local derivative missing"  # dz1 = W2ᵀ dz2
    DERIVATIVE_PLACE = "local derivative at another place"  # σ'(a1), z1 (1 - z1)
    DERIVATIVE_FORM = "local derivative of another form"  # 1 - a1 for 1 - a1², tanh' for σ', σ(z1) for σ'(z1)
    DERIVATIVE_TWICE = "local derivative twice"  # (a2 - y) a2 (1 - a2) after cross-entropy
    ELEMENTWISE = "treated entry by entry"  # softmax by p (1 - p) alone
    STEP = "another step"  # dz[t] for dz[t+1]
    PATH = "a path dropped"  # a node with two consumers, one of them forgotten
    PENALTY = "the penalty dropped"  # dW1 without λ W1
    LOSS = "another loss"  # p - y after a squared error
    SIGN = "sign"
    FACTOR = "factor"  # 2 or ½ of a square
    SAMPLES = "samples"  # 1/m missing, or twice; one sample alone
    NAME = "another tensor"  # x for a1, dz2 for dz1
    TRANSPOSE = "transpose"  # W2 for W2ᵀ where it is square
    INDEX = "index off by one"  # h[t] for h[t-1]
    TERM = "a term wrong"


LATE = frozenset({Kind.NAME, Kind.TERM, Kind.INDEX, Kind.TRANSPOSE})
"""Kinds that many other mistakes look like."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What the tensor `name`, an adjoint for the most part, is with the mistake, and the mistake in words."""

    kind: Kind
    sentence: str
    name: str
    array: Array


@dataclass(frozen=True, slots=True)
class Part:
    """One contribution: through which tensor, by the chain rule, its local derivative, and what it adds.

    `named` has derivatives by name (σ'(z)), `folded` in values of the forward pass.
    """

    through: str
    chain: Expr
    partial: Expr
    local: Expr
    named: Expr
    folded: Expr


@dataclass(frozen=True, slots=True)
class Place:
    """What is to be mistaken: the adjoint of a tensor with its parts, and its whole as the sweep has it.

    Where it is a tensor's own equation, `name` is `tensor` and there are no parts.
    """

    derivation: Derivation
    name: str
    tensor: str
    array: Array
    swept: Expr
    parts: tuple[Part, ...]

    @property
    def at(self) -> tuple:
        return self.array.indices

    def made(self, kind: Kind, sentence: str, expression: Expr) -> Mistake:
        return Mistake(kind, sentence, self.name, Array(self.at, self.array.shape, expression))

    def with_part(self, old: Part, new: Expr) -> Expr:
        """The whole with one part exchanged."""
        return self.with_parts({old: new})

    def with_parts(self, new: Mapping[Part, Expr]) -> Expr:
        """The whole with some parts exchanged."""
        return Add(*(new.get(part, part.folded) for part in self.parts))

    def said(self, expr: Expr) -> str:
        return said(expr, self.derivation)

    def written(self, expr: Expr) -> str:
        """An expression with its indices."""
        return text(expr, space=self.derivation.space)


def said(expr: Expr, derivation: Derivation) -> str:
    """An expression in words, its indices left out: `a1 (1 - a1)`."""
    bare = {part: entry(str(tensor_of(part))) for part in expr.atoms(Indexed)}
    return text(replaced(expr, bare), space=derivation.space)


def place_of(derivation: Derivation, tensor: str) -> Place:
    step = derivation.step(tensor)
    assert step.array is not None
    assert isinstance(step.before, Expr)
    parts = tuple(_part(found) for found in of_kind(step, StepKind.CONTRIBUTION))
    return Place(derivation, adjoint(tensor), tensor, step.array, step.before, parts)


def _part(step: Step) -> Part:
    """A contribution by its steps: chain rule, local derivative, then collapse and fold in either order."""
    chain, local, *others = step.substeps
    folds = [s for s in others if s.kind is StepKind.FOLD]
    collapsed = next(s for s in others if s.kind is StepKind.COLLAPSE)
    short = folds[0].after if folds and folds[0].left == local.left else local.after
    forms = (chain.after, local.left, short, collapsed.after, step.after)
    whole, partial, slope, named, folded = (form for form in forms if isinstance(form, Expr))
    return Part(step.through or "", whole, partial, slope, named, folded)


def names_read(expr: Expr) -> set[str]:
    return {str(tensor_of(part)) for part in expr.atoms() | expr.atoms(Indexed) if tensor_of(part)}


def alike(place: Place, name: str) -> list[str]:
    """The other tensors of the model with the shape of `name`."""
    shapes = {t.name: t.shape for t in place.derivation.model.tensors if t.role not in ("loss", "cost")}
    return [other for other, shape in shapes.items() if other != name and shape == shapes.get(name)]


def before(space: Space, name: str) -> tuple[str, ...]:
    """The adjoints that the adjoint `name` rests on, the nearest first."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        expression = space.definitions[waiting.pop(0)].expression
        read = [n for n in space.definitions if is_adjoint(n) and n in tensors_in(expression) and n != name]
        waiting += [n for n in read if n not in found]
        found.update(dict.fromkeys(read))
    return tuple(found)


def after(space: Space, tensor: str, within: Iterable[str] | None = None) -> dict[str, Array]:
    """The definitions of the adjoints that follow from that of `tensor`; of those `within` alone, if given."""
    chosen = None if within is None else {adjoint(name) for name in within}
    found = {adjoint(tensor)}
    grown = True
    while grown:
        more = {
            name
            for name, array in space.definitions.items()
            if is_adjoint(name) and name not in found and (chosen is None or name in chosen)
            if tensors_in(array.expression) & found
        }
        found |= more
        grown = bool(more)
    return {name: array for name, array in space.definitions.items() if name in found and name != adjoint(tensor)}


def with_mistake(point: Point, mistake: Mistake, following: Mapping[str, Array], space: Space) -> Point:
    """The point with one definition mistaken, and with what follows from it.

    Where the mistake makes a tensor read what follows from it, and the true definition does not, the true values of
    that are read; so are those of itself at other steps, where nothing that follows is looked at.
    """
    if not following:
        return replace(point, values={**point.values, mistake.name: point.value(mistake.array)})
    reads = tensors_in(mistake.array.expression) & following.keys()
    known = space.definitions.get(mistake.name)
    if known is None or reads - tensors_in(known.expression):
        return point.filled({mistake.name: mistake.array}).filled(following)
    return point.filled({mistake.name: mistake.array, **following})
