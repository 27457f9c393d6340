r"""What is to be computed, as index equations in order: the forward pass, then the adjoints.

This is what lowering takes: no array, no layout, no order of loops yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.elimination import eliminate
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import adjoint, entry, is_adjoint, primal
from symbackprop.compiling.stability.exponentials import with_caps
from symbackprop.compiling.stability.stable import stable
from symbackprop.compiling.stability.standing import standing
from symbackprop.derivation.route import route
from symbackprop.derivation.sweep import Swept, sweep
from symbackprop.model.model import Model
from symbackprop.model.records import Equation


@dataclass(frozen=True, slots=True)
class Computation:
    """Equations, each reading arguments and tensors of equations, maybe its own at an earlier step of a recurrence.

    `space` has the shapes of all tensors and adjoints, and the functions. `loss` and `gradients` (variable to the name
    of its adjoint) are the results; `numbers` gives the step of the document for a tensor or adjoint by name.
    """

    arguments: tuple[str, ...]
    equations: tuple[Equation, ...]
    space: Space
    loss: str
    gradients: Mapping[str, str]
    numbers: Mapping[str, str]


def computation_of(model: Model, wrt: Iterable[str] | None = None, assume_facts: bool = False) -> Computation:
    """The model's root and its gradients by every parameter, or by the tensors in `wrt`, over all samples at once.

    Facts of tensors serve only where they may be assumed; without them the gradients hold for any data.

    Raises:
        UnknownNameError: a name in `wrt` that no tensor of the model has.
        UsageError: the root itself in `wrt`, or data that is no real number.
    """
    wrt = None if wrt is None else tuple(wrt)
    given = model.batched()
    steady = stable(given if assume_facts else _without_facts(given), frozenset(wrt or ()))
    batch = steady.model
    swept = sweep(model, batch, wrt, steady.constants, standing(batch, steady.constants).form)
    wanted = [tensor.name for tensor in given.parameters] if wrt is None else list(dict.fromkeys(wrt))
    shapes = {**swept.space.shapes}
    added = {tensor.name for tensor in batch.tensors} - {tensor.name for tensor in given.tensors}
    equations = [*batch.order, *_adjoint_equations(swept, added)]
    gradients = {}
    for name in wanted:
        gradients[name], more = _gradient(name, swept)
        equations += more
        shapes.update({e.tensor: shapes[name] for e in more})
    equations = _needed(equations, {batch.root, *gradients.values()})
    return Computation(
        arguments=tuple(t.name for t in given.tensors if not given.defines(t.name)),
        equations=tuple(equations),
        space=replace(swept.space, shapes=shapes),
        loss=batch.root,
        gradients=gradients,
        numbers={adjoint(name): str(n) for n, name in enumerate(route(given, wrt).order, start=1)},
    )


def values_of(model: Model, names: Iterable[str]) -> Computation:
    """The model's root and the tensors in `names`, in place of gradients, over all samples at once."""
    names = tuple(names)
    given = model.batched()
    batch = stable(_without_facts(given)).model
    return Computation(
        arguments=tuple(t.name for t in given.tensors if not given.defines(t.name)),
        equations=tuple(_needed([*batch.order], {batch.root, *names})),
        space=batch.space,
        loss=batch.root,
        gradients={name: name for name in names},
        numbers={},
    )


def _without_facts(model: Model) -> Model:
    """The plain model with no facts of tensors to rest on."""
    return model.rewritten(tuple(replace(tensor, facts=()) for tensor in model.tensors), model.order)


def _adjoint_equations(swept: Swept, added: set[str]) -> list[Equation]:
    """The adjoints as equations; those of added tensors are put in where that is not much longer to read."""
    found = []
    for name, array in swept.adjoints.items():
        expr = array.expression
        read = sorted(n for n in tensors_in(expr) if is_adjoint(n) and primal(n) in added)
        if read and name not in added:
            definitions = {n: swept.adjoints[primal(n)] for n in read}
            shorter = eliminate(expr, read, array.ranges, swept.space.with_definitions(definitions)).expression
            expr = shorter if size_of(shorter) <= _GROWTH * size_of(expr) else expr
        found.append(Equation(adjoint(name), array.indices, expr))
    return found


_GROWTH = 1.5  # of a formula, for one name less


def _gradient(name: str, swept: Swept) -> tuple[str, list[Equation]]:
    """The tensor with the gradient by `name`; an equation of its own where the adjoint is one of a sample's loss."""
    if name not in swept.sampled or swept.scale == 1:
        return adjoint(name), []
    array = swept.adjoints[name]
    whole = adjoint(adjoint(name))
    return whole, [Equation(whole, array.indices, swept.scale * entry(adjoint(name), *array.indices))]


def _needed(equations: list[Equation], results: set[str]) -> list[Equation]:
    """The equations on which the results depend, in their order, as code takes them."""
    reads = {equation.tensor: tensors_in(equation.expression) for equation in equations}
    needed: set[str] = set()
    waiting = sorted(results)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += sorted(reads.get(name, frozenset()))
    return [replace(e, expression=with_caps(e.expression)) for e in equations if e.tensor in needed]
