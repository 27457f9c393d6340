r"""The reverse sweep: from the root back to every tensor asked for, by one rule.

    \(\bar u_p = \sum_{v \text{ uses } u} \sum_i \bar v_i\, \partial v_i / \partial u_p\)

No function, layer or loss is known here; each is its forward equation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, S, Symbol, erf, exp
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array, array_of
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.display import display
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import adjoint, entry, tensor_of, text_of
from symbackprop.derivation.adjoints import adjoint_of, matrix_steps
from symbackprop.derivation.checks import DEFINITION, Checker, Progress
from symbackprop.derivation.contributions import Contribution, contribution, frame
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.places import Adjoint, Place
from symbackprop.derivation.rates import learning_rate
from symbackprop.derivation.route import Route, route
from symbackprop.derivation.steps import Step, StepKind, numbered
from symbackprop.model.model import Model
from symbackprop.model.records import Samples

Form = Callable[[Expr, Ranges], Expr]
"""Another form of an expression whose free indices have these ranges."""


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


def forward_only(model: Model) -> Derivation:
    """The forward equations of one sample with their matrix forms, unchecked, and no way back: it takes no time."""
    one = model if model.samples is None else model.one_sample()
    steps = numbered(_forward(one, one.space, Checker(one.space, False)))
    return Derivation(model, one, one.space, S.One, frozenset(), steps, (), ())


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
    way = route(model, wrt)
    space = _space_with_adjoints(model, way.order)
    checker = Checker(space, checks)
    sampled = _sampled(model, source)
    losses = frozenset({model.root, source.loss})
    known = _adjoints(model, way, scale, sampled, space, checker, progress, losses=losses)
    parameters = [name for name in way.order if model.tensor(name).role == "parameter"]
    return Derivation(
        source=source,
        model=model,
        space=space,
        scale=scale,
        sampled=sampled,
        forward=numbered(_forward(model, space, checker)),
        steps=numbered(known[name].step for name in way.order),
        updates=tuple(_update(model, _place(model, name, way), space, checker) for name in parameters),
    )


def _adjoints(
    model: Model,
    way: Route,
    scale: Expr,
    sampled: frozenset[str],
    space: Space,
    checker: Checker,
    progress: Progress | None = None,
    *,
    form: Form | None = None,
    lifting: bool = True,
    losses: frozenset[str] = frozenset(),
) -> dict[str, Adjoint]:
    """The adjoint of each tensor on the way, each from its contributions and the adjoints found before it.

    With `form`, contributions stand in the form that it gives them.
    """
    known: dict[str, Adjoint] = {}
    for count, name in enumerate(way.order):
        if progress is not None:
            progress(name, count, len(way.order))
        place = _place(model, name, way)
        parts = tuple(_contributions(model.root, place, way, scale, sampled, space, checker, losses))
        if form is not None:
            parts = tuple(_in_form(part, form, place.ranges) for part in parts)
        known[name] = adjoint_of(place, parts, known, way.serves, space, checker, lifting=lifting)
    return known


def _in_form(part: Contribution, form: Form, ranges: Ranges) -> Contribution:
    """The contribution in its form: folded, or with derivatives by name where exponentials would be left."""
    kernels = (exp, erf)
    chosen = part.named if part.folded.has(*kernels) and not part.named.has(*kernels) else part.folded
    found = form(chosen, ranges)
    return replace(part, named=found, folded=found)


@dataclass(frozen=True, slots=True)
class Swept:
    """What code needs of a sweep: each adjoint entry by entry, in order; shapes and functions; what scales them.

    The adjoints of tensors in `sampled` are those of one sample's loss, `scale` times them those of the root.
    """

    adjoints: Mapping[str, Array]
    space: Space
    scale: Expr
    sampled: frozenset[str]


def sweep(
    model: Model,
    batch: Model,
    wrt: Iterable[str] | None,
    constants: frozenset[str] = frozenset(),
    form: Form | None = None,
) -> Swept:
    """The adjoints alone, of `batch`, which is `model` over all samples, maybe in another form: unchecked, unlifted.

    Equations of tensors in `constants` count as no function of what they read. Contributions are put in `form`, an
    expression equal to the one it is given.
    """
    way = route(batch, wrt, constants)
    scale, sampled = S.One, frozenset[str]()
    if model.samples is not None:
        scale = _scale(batch, model.loss, model.samples)
        names = {tensor.name for tensor in model.tensors}
        added = {e.tensor for e in batch.equations if e.tensor not in names and model.samples.index in e.indices}
        sampled = _sampled(batch, model) | added
    space = _space_with_adjoints(batch, way.order)
    known = _adjoints(batch, way, scale, sampled, space, Checker(space, False), form=form, lifting=False)
    return Swept({name: found.final for name, found in known.items()}, space, scale, sampled)


def _sampled(model: Model, source: Model) -> frozenset[str]:
    """The tensors that have one entry per sample in `model` and none in `source`."""
    ranks = {tensor.name: len(tensor.shape) for tensor in source.tensors}
    return frozenset(t.name for t in model.tensors if t.name in ranks and len(t.shape) > ranks[t.name])


def _space_with_adjoints(model: Model, order: tuple[str, ...]) -> Space:
    shapes = {adjoint(name): model.tensor(name).shape for name in (*order, model.root)}
    return replace(model.space, shapes={**model.space.shapes, **shapes})


def _place(model: Model, name: str, way: Route) -> Place:
    """The tensor with names for its indices: its own equation's, else those under which it is first read."""
    shape = model.tensor(name).shape
    if model.defines(name):
        return Place(name, model.space.definitions[name].indices, shape)
    for equation in reversed(way.users.get(name, ())):
        for part in sorted(equation.expression.atoms(Indexed), key=text_of):
            names = part.indices
            plain = all(isinstance(i, Symbol) and tensor_of(i) is None for i in names)  # a scalar is data, no index
            if tensor_of(part) == name and plain and len(set(names)) == len(names):
                return Place(name, tuple(names), shape)
    return Place(name, array_of(name, shape).indices, shape)


def _contributions(
    root: str,
    place: Place,
    way: Route,
    scale: Expr,
    sampled: frozenset[str],
    space: Space,
    checker: Checker,
    losses: frozenset[str],
) -> Iterator[Contribution]:
    """One contribution for each equation on the way that reads the tensor, last equation first."""
    for equation in way.users.get(place.tensor, ()):
        factor = scale ** (int(equation.tensor in sampled) - int(place.tensor in sampled))
        array = space.definitions[equation.tensor]
        here = frame(place.tensor, place.at, place.shape, equation, array, space.sizes)
        yield contribution(here, root, factor, space, checker, is_loss=equation.tensor in losses)


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


def _update(model: Model, place: Place, space: Space, checker: Checker) -> Step:
    """Gradient descent: the parameter less the learning rate times its gradient."""
    value, slope = entry(place.tensor, *place.at), entry(adjoint(place.tensor), *place.at)
    after = value - entry(learning_rate(model)) * slope
    return Step(
        StepKind.UPDATE,
        place.tensor,
        value,
        after,
        after,
        "gradient descent",
        DEFINITION,
        array=Array(place.at, place.shape, after),
        substeps=tuple(matrix_steps(place, value, after, after, space, checker)) if place.at else (),
    )
