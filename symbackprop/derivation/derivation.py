r"""A derivation: steps, and the results that are folds over them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.matrices.grammar import Matrix
from symbackprop.algebra.space import Premise, Space
from symbackprop.algebra.symbols import is_adjoint, primal
from symbackprop.derivation.steps import Method, Step, StepKind, of_kind, walk
from symbackprop.errors import UnknownNameError, suggestion
from symbackprop.model.model import Model


@dataclass(frozen=True, slots=True, repr=False)
class Derivation:
    r"""The derivation of one root.

    `source` is the model as it was given, `model` the plain one that was swept (one sample, or the whole batch).
    The adjoints of tensors in `sampled` are those of one sample's loss: \(\partial J / \partial u\) is `scale` times
    them. `one_sample` is the derivation of one sample's loss, where the model has samples.
    """

    source: Model
    model: Model
    space: Space
    scale: Expr
    sampled: frozenset[str]
    forward: tuple[Step, ...]
    steps: tuple[Step, ...]
    updates: tuple[Step, ...]
    one_sample: Derivation | None = None

    @property
    def root(self) -> str:
        return self.model.root

    @property
    def adjoints(self) -> dict[str, Array]:
        """Each tensor's adjoint in its final form, in the order of the sweep; it may read other adjoints by name."""
        return {step.tensor: step.array for step in self.steps if step.array is not None}

    def step(self, name: str) -> Step:
        """The step that derives the adjoint of the tensor `name`."""
        for step in self.steps:
            if step.tensor == name and step.kind is StepKind.ADJOINT:
                return step
        known = list(self.adjoints)
        raise UnknownNameError(
            f"this derivation has no gradient by {name}", name=name, fix=suggestion(name, known) or f"It has: {known}."
        )

    def gradient(self, name: str) -> Array:
        """The derivative of the root by each entry of the tensor `name`, in forward tensors and adjoints by name."""
        array = self.adjoints[self.step(name).tensor]
        if name not in self.sampled:
            return array
        return Array(array.indices, array.shape, self.scale * array.expression)

    def matrix(self, name: str) -> Matrix | None:
        """The matrix form of the adjoint of `name`, derivatives by name where it has two; None if it has none."""
        forms = of_kind(self.step(name), StepKind.MATRIX)
        return forms[0].after if forms else None

    def summary(self) -> tuple[Step, ...]:
        """The steps that the gradients rest on: parameters, and the adjoints that their final forms read, in order."""
        wanted = [step.tensor for step in self.steps if self.model.tensor(step.tensor).role != "intermediate"]
        needed: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name in needed:
                continue
            needed.add(name)
            wanted += [primal(n) for n in sorted(read_adjoints(self.adjoints[name].expression))]
        return tuple(step for step in self.steps if step.tensor in needed)

    def checks(self) -> dict[Method, int]:
        """How many steps were checked in which way."""
        counts = Counter(step.check.method for step in walk((*self.forward, *self.steps)))
        return {method: counts[method] for method in Method if counts[method]}

    def premises(self) -> tuple[Premise, ...]:
        """What the proofs rest on beside the equations themselves, each premise once, sorted by its words."""
        found = {premise for step in walk((*self.forward, *self.steps)) for premise in step.check.premises}
        return tuple(sorted((p for p in found if p.kind != "definition"), key=str))

    def __repr__(self) -> str:
        return f"<Derivation of {self.root} in {self.source.name}: {counted(len(self.steps), 'adjoint')}, {told(self)}>"


def read_adjoints(expr: Expr) -> set[str]:
    """The names of the adjoints that stand in `expr`."""
    return {name for name in tensors_in(expr) if is_adjoint(name)}


def told(derivation: Derivation) -> str:
    """`49 steps, all proved`: how many steps there are, and how they were checked."""
    wholes = [derivation] if derivation.one_sample is None else [derivation.one_sample, derivation]
    checks = [(method, count) for whole in wholes for method, count in whole.checks().items() if method in _CHECKED]
    counts: Counter[Method] = Counter()
    for method, count in checks:
        counts[method] += count
    every = counted(sum(counts.values()), "step")
    if len(counts) == 1:
        return f"{every}, all {_CHECKED[next(iter(counts))]}"
    return f"{every}, {', '.join(f'{counts[method]} {_CHECKED[method]}' for method in counts)}"


def counted(count: int, word: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


_CHECKED = {Method.PROVED: "proved", Method.AGREES: "found equal at random points", Method.DEFERRED: "not checked"}
