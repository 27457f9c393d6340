r"""Mistakes in a local derivative: \(\sigma'\) missing, at another place, of another form; another loss's."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Expr, KroneckerDelta, Mul, Piecewise, Pow, S, Sum, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import replaced, substitute
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.display import display
from symbackprop.algebra.symbols import Apply, adjoint, entry, index, indices_of, is_adjoint, tensor_of
from symbackprop.errors import SymbackpropError
from symbackprop.model.losses import LOSSES
from symbackprop.verifying.diagnosis.places import Kind, Mistake, Part, Place, alike, names_read


def activations(place: Place) -> Iterator[Mistake]:
    """Mistakes with the local derivative of what goes entry by entry: σ' missing, elsewhere, of another form."""
    for part in place.parts:
        slope = _entrywise(place, part)
        if slope is not None:
            yield from _wrong_slopes(place, part, *slope)


def _entrywise(place: Place, part: Part) -> tuple[Expr, Expr, Expr] | None:
    """ū = v̄ g entry by entry: v̄, and g by name and folded."""
    above = entry(adjoint(part.through), *place.at)
    found = []
    for form in (part.named, part.folded):
        factors = Mul.make_args(form)
        rest = Mul(*(factor for factor in factors if factor != above))
        if above not in factors or rest.has(Sum) or any(is_adjoint(name) for name in names_read(rest)):
            return None
        found.append(rest)
    return above, found[0], found[1]


def _wrong_slopes(place: Place, part: Part, above: Expr, named: Expr, folded: Expr) -> Iterator[Mistake]:
    def whole(slope: Expr) -> Expr:
        return place.with_part(part, above * slope)

    right = place.said(named)
    is_activation = isinstance(named, Apply) and named.order > 0
    if named != 1:
        what = f"the derivative of the activation, {right}, is missing"
        yield place.made(
            Kind.DERIVATIVE_MISSING, what if is_activation else f"the factor {right} is missing", whole(S.One)
        )
    for kind, slope in _other_slopes(place, part, named, folded):
        if kind is Kind.DERIVATIVE_TWICE:
            sentence = f"the derivative of the activation, {right}, stands once too often"
        else:
            equal = "" if folded == named else f" = {place.said(folded)}"
            sentence = f"{place.said(slope)} stands where {right}{equal} belongs"
            if place.said(slope) == right:
                sentence = f"an index is off by one: {place.written(slope)} stands where {place.written(named)} belongs"
        if slope not in (named, folded):
            yield place.made(kind, sentence, whole(slope))


def _other_slopes(place: Place, part: Part, named: Expr, folded: Expr) -> Iterator[tuple[Kind, Expr]]:
    """Wrong forms of a local derivative, as people write them."""
    below, value = entry(place.tensor, *place.at), entry(part.through, *place.at)
    yield Kind.DERIVATIVE_PLACE, replaced(named, {below: value})
    yield Kind.DERIVATIVE_PLACE, replaced(folded, {value: below})
    yield Kind.DERIVATIVE_PLACE, replaced(folded, {below: value})
    yield Kind.DERIVATIVE_PLACE, replaced(named, {below: entry(adjoint(part.through), *place.at)})
    if isinstance(named, Apply) and named.order > 0:
        yield Kind.DERIVATIVE_TWICE, named**2
        yield Kind.DERIVATIVE_FORM, Apply(named.args[0], named.argument, named.order - 1)
        for other in ("sigmoid", "tanh", "relu"):
            if other != named.name:
                yield Kind.DERIVATIVE_FORM, Apply(other, named.argument, named.order)
    for form in _bent(folded):
        yield Kind.DERIVATIVE_FORM, form
    yield Kind.DERIVATIVE_FORM, value
    yield Kind.DERIVATIVE_FORM, 1 - value
    yield Kind.DERIVATIVE_FORM, 1 - value**2
    yield Kind.DERIVATIVE_FORM, value * (1 - value)
    for name in alike(place, place.tensor):
        yield Kind.DERIVATIVE_PLACE, replaced(named, {below: entry(name, *place.at)})
    for name in alike(place, part.through):
        yield Kind.DERIVATIVE_PLACE, replaced(folded, {value: entry(name, *place.at)})


def _bent(folded: Expr) -> Iterator[Expr]:
    """A folded derivative with a factor, a power or a sign wrong, or its cases exchanged."""
    factors = Mul.make_args(folded)
    if len(factors) > 1:
        for factor in factors:
            yield Mul(*(other for other in factors if other is not factor))
    for power in sorted(folded.atoms(Pow), key=str):
        if power.exp.is_Integer and power.exp > 1:
            yield replaced(folded, {power: power.base ** (power.exp - 1)})
    for factor in factors:
        if isinstance(factor, Add):
            for term in factor.args:
                yield replaced(folded, {factor: factor - 2 * term})
        if isinstance(factor, Piecewise):
            yield replaced(folded, {factor: _exchanged(factor)})


def _exchanged(cases: Piecewise) -> Expr:
    """The values of two cases exchanged."""
    if len(cases.args) != 2:
        return cases
    (first, condition), (second, otherwise) = (pair.args for pair in cases.args)
    return Piecewise((second, condition), (first, otherwise))


def entry_by_entry(place: Place) -> Iterator[Mistake]:
    """A tensor that reads all entries (softmax) as if each entry read its own alone."""
    space = place.derivation.space
    for part in place.parts:
        value = getattr(part.partial, "of", S.Zero)
        if len(indices_of(value)) != len(place.at) or not place.at or _entrywise(place, part) is not None:
            continue
        if space.shapes[part.through] != place.array.shape:
            continue
        diagonal = Mul(*(KroneckerDelta(a, b) for a, b in zip(place.at, indices_of(value), strict=True)))
        own = display(replaced(part.chain, {part.partial: part.local * diagonal}), place.array.ranges, space)
        if own == 0:
            continue  # it reads entries of other steps alone
        sentence = (
            f"{part.through} is treated entry by entry: each of its entries reads every entry of {place.tensor}, "
            "and the sum over them is missing"
        )
        yield place.made(Kind.ELEMENTWISE, sentence, place.with_part(part, own))
        slope = display(substitute(part.local, dict(zip(indices_of(value), place.at, strict=True))), {}, space)
        twice = f"the derivative of {part.through}, {place.said(slope)}, stands once too often"
        yield place.made(Kind.DERIVATIVE_TWICE, twice, place.array.expression * slope)


def losses(place: Place) -> Iterator[Mistake]:
    """The derivative of another loss between the same two tensors."""
    loss = place.derivation.source.loss
    model = place.derivation.model
    targets = [t.name for t in model.tensors if t.role == "target" and t.shape == place.array.shape]
    for part in place.parts:
        if part.through != loss:
            continue
        for target in targets:
            for name in LOSSES:
                slope = _slope_of_loss(place, name, target)
                if slope is not None:
                    sentence = f"this is the derivative of {name}({place.tensor}, {target}); {loss} is another loss"
                    yield place.made(Kind.LOSS, sentence, slope)


def _slope_of_loss(place: Place, name: str, target: str) -> Expr | None:
    """The derivative of a loss by its prediction, at an entry, each sample by itself."""
    source = place.derivation.source
    shape = source.tensor(place.tensor).shape
    own = tuple(index(f"i{number}") for number in range(len(shape)))
    prediction, wanted = (Array(own, shape, entry(tensor, *own)) for tensor in (place.tensor, target))
    try:
        formula = LOSSES[name](prediction, wanted).expression
    except SymbackpropError:
        return None
    at = tuple(index(f"j{number}") for number in range(len(shape)))
    slope = display(derivative(formula, place.tensor, at), dict(zip(at, shape, strict=True)), place.derivation.space)
    if len(shape) == len(place.at):
        return substitute(slope, dict(zip(at, place.at, strict=True)))
    return _with_samples(place, slope, at)


def _with_samples(place: Place, slope: Expr, at: tuple) -> Expr | None:
    """The slope of one sample as that of each, where every tensor in it has an entry per sample."""
    samples = place.derivation.source.samples
    if samples is None or any(name not in place.derivation.sampled for name in names_read(slope)):
        return None
    rows = samples.side == "rows"
    sample = place.at[0] if rows else place.at[-1]

    def placed(part: Expr) -> Expr:
        inner = indices_of(part)
        return entry(str(tensor_of(part)), *((sample, *inner) if rows else (*inner, sample)))

    read = slope.atoms(Indexed if at else Symbol)  # a number for each sample is a plain symbol
    batch = replaced(slope, {part: placed(part) for part in read if tensor_of(part) is not None})
    return substitute(batch, dict(zip(at, place.at[1:] if rows else place.at[:-1], strict=True)))
