r"""The reverse sweep: from the root back to every tensor asked for, by one rule.

    \(\bar u_p = \sum_{v \text{ uses } u} \sum_i \bar v_i\, \partial v_i / \partial u_p\)

No function, layer or loss is known here; each is its forward equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sympy import Expr, S, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array, array_of
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.display import display
from symbackprop.algebra.elimination import reads
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.adjoints import Adjoint, Place, adjoint_of, matrix_steps
from symbackprop.derivation.checks import DEFINITION, Checker, Progress
from symbackprop.derivation.contributions import Contribution, contribution, frame
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind, numbered
from symbackprop.errors import UnknownNameError, suggestion
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Samples

LEARNING_RATES = ("eta", "alpha", "gamma", "learning_rate")
"""Names for the learning rate; the first that the model leaves free is taken."""


def derive(
    model: Model,
    wrt: Iterable[str] | None = None,
    *,
    checks: bool = True,
    one_over_m: str = "parameters",
    progress: Progress | None = None,
) -> Derivation:
    """The derivation of the model's root by every parameter, or by the tensors named in `wrt`, inputs too.

    A model with samples is derived twice: the loss of one sample, and the cost over all of them. Under
    `one_over_m="parameters"` the adjoints of a batch are those of each sample's own loss, and the mean's 1/m stands at
    the parameters; under `"adjoints"` every adjoint is one of the cost.
    """
    if model.samples is None:
        return _sweep(model, model, wrt, S.One, checks, progress)
    single = _sweep(model, model.one_sample(), wrt, S.One, checks, progress)
    batch = model.batched()
    scale = _scale(batch, model.loss, model.samples) if one_over_m == "parameters" else S.One
    whole = _sweep(model, batch, wrt, scale, checks, progress)
    return replace(whole, one_sample=single)


def _scale(batch: Model, loss: str, samples: Samples) -> Expr:
    """What one sample's loss counts in the cost: 1/m for a mean, 1 for a sum; 1 too where it is not one number."""
    slope = derivative(batch.equation(batch.root).expression, loss, (samples.index,))
    slope = display(slope, {samples.index: samples.size}, batch.space)
    known = {tensor.name for tensor in batch.tensors} | {samples.index.name}
    return slope if slope != 0 and not {s.name for s in slope.free_symbols} & known else S.One


def _sweep(
    source: Model, model: Model, wrt: Iterable[str] | None, scale: Expr, checks: bool, progress: Progress | None
) -> Derivation:
    """The pipeline: which tensors, in which order, each one's contributions, the sum, the matrix form, the update."""
    wanted = _wanted(model, wrt)
    order = _order(model, wanted)
    space = _space_with_adjoints(model, order)
    checker = Checker(space, checks)
    sampled = _sampled(model, source)
    served = _served(model, order)
    known: dict[str, Adjoint] = {}
    for count, name in enumerate(order):
        if progress is not None:
            progress(name, count, len(order))
        place = _place(model, name)
        parts = tuple(_contributions(model, place, order, scale, sampled, space, checker))
        known[name] = adjoint_of(place, parts, known, served, space, checker)
    return Derivation(
        source=source,
        model=model,
        space=space,
        scale=scale,
        sampled=sampled,
        forward=numbered(_forward(model, space, checker)),
        steps=numbered(known[name].step for name in order),
        updates=tuple(_update(model, name, space, checker) for name in order if model.tensor(name).role == "parameter"),
    )


def _wanted(model: Model, wrt: Iterable[str] | None) -> tuple[str, ...]:
    if wrt is None:
        return tuple(tensor.name for tensor in model.parameters)
    names = tuple(dict.fromkeys(wrt))
    known = [tensor.name for tensor in model.tensors if not tensor.integer]
    for name in names:
        if name not in known:
            raise UnknownNameError(
                f"there is no tensor {name} to derive by", name=name, fix=suggestion(name, known) or f"Known: {known}."
            )
    return names


def _reads(equation: Equation, name: str) -> bool:
    return reads(equation.expression, name)


def _order(model: Model, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The tensors whose adjoints are needed, last first; inputs and parameters right after what last reads them."""
    path = _on_path(model, wanted)
    order: list[str] = []
    for equation in reversed(model.order):
        if equation.tensor in path and equation.tensor != model.root:
            order.append(equation.tensor)
        for tensor in model.tensors:
            name = tensor.name
            if name in wanted and name not in order and not model.defines(name) and _reads(equation, name):
                users = [e.tensor for e in model.equations if e.tensor in path and _reads(e, name)]
                if all(user in order or user == model.root for user in users):
                    order.append(name)
    return (*order, *(name for name in wanted if name not in order))


def _on_path(model: Model, wanted: tuple[str, ...]) -> frozenset[str]:
    """The tensors that read a wanted one, directly or not, and that the root reads, directly or not."""
    upward = set(wanted)
    downward = {model.root}
    for _ in model.equations:  # a recurrence needs more than one pass
        before = (len(upward), len(downward))
        for equation in model.order:
            if any(_reads(equation, name) for name in upward):
                upward.add(equation.tensor)
        for equation in reversed(model.order):
            if equation.tensor in downward:
                downward |= {t.name for t in model.tensors if _reads(equation, t.name)}
        if before == (len(upward), len(downward)):
            break
    return frozenset(upward & downward)


def _served(model: Model, order: tuple[str, ...]) -> dict[str, int]:
    """How many of the tensors in `order` the adjoint of each one goes on to."""
    return {
        name: sum(1 for other in order if _reads(model.equation(name), other)) if model.defines(name) else 0
        for name in order
    }


def _sampled(model: Model, source: Model) -> frozenset[str]:
    """The tensors that have one entry per sample in `model` and none in `source`."""
    ranks = {tensor.name: len(tensor.shape) for tensor in source.tensors}
    return frozenset(t.name for t in model.tensors if t.name in ranks and len(t.shape) > ranks[t.name])


def _space_with_adjoints(model: Model, order: tuple[str, ...]) -> Space:
    shapes = {adjoint(name): model.tensor(name).shape for name in (*order, model.root)}
    return replace(model.space, shapes={**model.space.shapes, **shapes})


def _place(model: Model, name: str) -> Place:
    """The tensor with names for its indices: its own equation's, else those under which it is first read."""
    shape = model.tensor(name).shape
    if model.defines(name):
        return Place(name, model.equation(name).indices, shape)
    for equation in model.order:
        for part in sorted(equation.expression.atoms(Indexed), key=str):
            names = part.indices
            distinct = len(set(names)) == len(names) and all(isinstance(i, Symbol) for i in names)
            if part.base.label.name == name and distinct:
                return Place(name, tuple(names), shape)
    return Place(name, array_of(name, shape).indices, shape)


def _contributions(
    model: Model,
    place: Place,
    order: tuple[str, ...],
    scale: Expr,
    sampled: frozenset[str],
    space: Space,
    checker: Checker,
) -> Iterator[Contribution]:
    """One contribution for each equation on the way that reads the tensor, last equation first."""
    for equation in reversed(model.order):
        if equation.tensor not in (*order, model.root) or not _reads(equation, place.tensor):
            continue
        factor = scale ** (int(equation.tensor in sampled) - int(place.tensor in sampled))
        array = space.definitions[equation.tensor]
        yield contribution(
            frame(place.tensor, place.at, place.shape, equation, array), model.root, factor, space, checker
        )


def _forward(model: Model, space: Space, checker: Checker) -> Iterator[Step]:
    """The model's equations in forward order, each with its matrix form."""
    for equation in model.order:
        shape = model.tensor(equation.tensor).shape
        left = entry(equation.tensor, *equation.indices)
        place = Place(equation.tensor, equation.indices, shape)
        array = Array(equation.indices, shape, equation.expression)
        yield Step(
            StepKind.FORWARD,
            equation.tensor,
            left,
            equation.expression,
            equation.expression,
            "forward equation",
            DEFINITION,
            array=array,
            substeps=tuple(matrix_steps(place, left, array.expression, array.expression, space, checker)),
        )


def _update(model: Model, name: str, space: Space, checker: Checker) -> Step:
    """Gradient descent: the parameter less the learning rate times its gradient."""
    place = _place(model, name)
    value, slope = entry(name, *place.at), entry(adjoint(name), *place.at)
    rate = next(entry(n) for n in LEARNING_RATES if n not in {t.name for t in model.tensors})
    after = value - rate * slope
    return Step(
        StepKind.UPDATE,
        name,
        value,
        after,
        after,
        "gradient descent",
        DEFINITION,
        array=Array(place.at, place.shape, after),
        substeps=tuple(matrix_steps(place, value, after, after, space, checker)) if place.at else (),
    )
