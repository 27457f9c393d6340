r"""Known mistakes, worked into the true derivation: what the adjoint of a tensor is if one of them was made.

A mistake changes one adjoint; the others stand in it by name, so that it shows both in a line that names them and,
carried on through the true equations, in the numbers of a function. The likeliest come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sympy import Add, Expr, KroneckerDelta, Mul, Piecewise, Pow, S, Sum
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import replaced, substitute
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.display import display
from symbackprop.algebra.symbols import Apply, adjoint, entry, index, indices_of, is_adjoint, remade, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind, of_kind
from symbackprop.errors import SymbackpropError
from symbackprop.model.losses import LOSSES
from symbackprop.notation.writing.text import text


class Kind(StrEnum):
    """What kinds of mistakes are known, each with an example."""

    DERIVATIVE_MISSING = "local derivative missing"  # dz1 = W2ᵀ dz2
    DERIVATIVE_PLACE = "local derivative at another place"  # σ'(a1), z1 (1 - z1)
    DERIVATIVE_FORM = "local derivative of another form"  # 1 - a1 for 1 - a1², tanh' for σ', σ(z1) for σ'(z1)
    DERIVATIVE_TWICE = "local derivative twice"  # (a2 - y) a2 (1 - a2) after cross-entropy
    ELEMENTWISE = "treated entry by entry"  # softmax by p (1 - p) alone
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


@dataclass(frozen=True, slots=True)
class Mistake:
    """The adjoint of `tensor` as it is with the mistake, and the mistake in words."""

    kind: Kind
    sentence: str
    tensor: str
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
    """The adjoint to be mistaken: of which tensor, at which indices, its parts, and its whole as the sweep has it."""

    derivation: Derivation
    tensor: str
    array: Array
    swept: Expr
    parts: tuple[Part, ...]

    @property
    def at(self) -> tuple:
        return self.array.indices

    def made(self, kind: Kind, sentence: str, expression: Expr) -> Mistake:
        return Mistake(kind, sentence, self.tensor, Array(self.at, self.array.shape, expression))

    def with_part(self, old: Part, new: Expr) -> Expr:
        """The whole with one part exchanged."""
        return Add(*(new if part is old else part.folded for part in self.parts))

    def said(self, expr: Expr) -> str:
        return said(expr, self.derivation)


def said(expr: Expr, derivation: Derivation) -> str:
    """An expression in words, its indices left out: `a1 (1 - a1)`."""
    bare = {part: entry(str(tensor_of(part))) for part in expr.atoms(Indexed)}
    return text(replaced(expr, bare), space=derivation.space)


def mistakes_of(derivation: Derivation, tensor: str) -> Iterator[Mistake]:
    """The known mistakes in the adjoint of `tensor`, the likeliest first; some may change nothing."""
    place = _place(derivation, tensor)
    for catalogue in (_activations, _entry_by_entry, _paths, _losses, _factors, _samples, _names, _transposes, _terms):
        yield from catalogue(place)
    yield from _shifts(place)


def _place(derivation: Derivation, tensor: str) -> Place:
    step = derivation.step(tensor)
    assert step.array is not None
    assert isinstance(step.before, Expr)
    parts = tuple(_part(found) for found in of_kind(step, StepKind.CONTRIBUTION))
    return Place(derivation, tensor, step.array, step.before, parts)


def _part(step: Step) -> Part:
    """A contribution by its steps: chain rule, local derivative, then collapse and fold in either order."""
    chain, local, *others = step.substeps
    folds = [s for s in others if s.kind is StepKind.FOLD]
    collapsed = next(s for s in others if s.kind is StepKind.COLLAPSE)
    short = folds[0].after if folds and folds[0].before == local.after else local.after
    forms = (chain.after, local.before, short, collapsed.after, step.after)
    whole, partial, slope, named, folded = (form for form in forms if isinstance(form, Expr))
    return Part(step.through or "", whole, partial, slope, named, folded)


# the activation's derivative


def _activations(place: Place) -> Iterator[Mistake]:
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
        if above not in factors or rest.has(Sum) or any(is_adjoint(name) for name in _names_in(rest)):
            return None
        found.append(rest)
    return above, found[0], found[1]


def _names_in(expr: Expr) -> set[str]:
    return {str(tensor_of(part)) for part in expr.atoms() | expr.atoms(Indexed) if tensor_of(part)}


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
        if slope not in (named, folded):
            yield place.made(kind, sentence, whole(slope))


def _other_slopes(place: Place, part: Part, named: Expr, folded: Expr) -> Iterator[tuple[Kind, Expr]]:
    """Wrong forms of a local derivative, as people write them."""
    below, value = entry(place.tensor, *place.at), entry(part.through, *place.at)
    yield Kind.DERIVATIVE_PLACE, replaced(named, {below: value})
    yield Kind.DERIVATIVE_PLACE, replaced(folded, {value: below})
    yield Kind.DERIVATIVE_PLACE, replaced(folded, {below: value})
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
    for name in _alike(place, place.tensor):
        yield Kind.DERIVATIVE_PLACE, replaced(named, {below: entry(name, *place.at)})
    for name in _alike(place, part.through):
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


# paths


def _entry_by_entry(place: Place) -> Iterator[Mistake]:
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
        sentence = (
            f"{part.through} is treated entry by entry: each of its entries reads every entry of {place.tensor}, "
            "and the sum over them is missing"
        )
        yield place.made(Kind.ELEMENTWISE, sentence, place.with_part(part, own))


def _paths(place: Place) -> Iterator[Mistake]:
    """One of several consumers forgotten, or alone."""
    if len(place.parts) < 2:
        return
    root = place.derivation.root
    readers = " and ".join(part.through for part in place.parts)
    for part in place.parts:
        direct = part.through == root and not any(is_adjoint(name) for name in _names_in(part.folded))
        if direct:
            sentence = f"the penalty's own term, {place.said(part.folded)}, is missing"
        else:
            sentence = f"the path through {part.through} is missing: {readers} read {place.tensor}, and both count"
        yield place.made(Kind.PENALTY if direct else Kind.PATH, sentence, place.with_part(part, S.Zero))
    for part in place.parts:
        if len(place.parts) > 2:
            sentence = f"only the path through {part.through} is there: {readers} read {place.tensor}"
            yield place.made(Kind.PATH, sentence, part.folded)
        for factor, said_ in ((S(2), "a factor 2 too many"), (S.Half, "a factor 2 missing"), (S(-1), "the wrong sign")):
            sentence = f"the part through {part.through} has {said_}"
            yield place.made(Kind.FACTOR, sentence, place.with_part(part, factor * part.folded))


def _losses(place: Place) -> Iterator[Mistake]:
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
    if samples is None or any(name not in place.derivation.sampled for name in _names_in(slope)):
        return None
    rows = samples.side == "rows"
    sample = place.at[0] if rows else place.at[-1]

    def placed(part: Expr) -> Expr:
        inner = indices_of(part)
        return entry(str(tensor_of(part)), *((sample, *inner) if rows else (*inner, sample)))

    batch = replaced(slope, {part: placed(part) for part in slope.atoms(Indexed)})
    return substitute(batch, dict(zip(at, place.at[1:] if rows else place.at[:-1], strict=True)))


# factors, samples


def _factors(place: Place) -> Iterator[Mistake]:
    """The whole with another sign or factor."""
    whole = place.array.expression
    yield place.made(Kind.SIGN, "the sign is wrong: this is the negative of what it should be", -whole)
    yield place.made(Kind.FACTOR, "a factor 2 is missing", whole / 2)
    yield place.made(Kind.FACTOR, "there is a factor 2 too many", 2 * whole)
    sizes = {str(n): n for tensor in place.derivation.model.tensors for n in tensor.shape if n != 1}
    samples = place.derivation.source.samples
    for name, extent in sizes.items():
        kind = Kind.FACTOR
        if samples is not None and extent == samples.size:
            kind = Kind.SAMPLES
        missing, more = f"1/{name} is missing", f"1/{name} stands once too often"
        if kind is Kind.SAMPLES:
            cost = place.derivation.source.root
            mean = place.derivation.scale != 1
            missing += f": {cost} is the mean over the samples" if mean else f", or a factor {name} too many"
            more += "" if mean else f": {cost} is the sum over the samples, not the mean"
        yield place.made(kind, missing, extent * whole)
        yield place.made(kind, more, whole / extent)


def _samples(place: Place) -> Iterator[Mistake]:
    """A sum over the samples that counts one of them alone, or all but one."""
    samples = place.derivation.source.samples
    if samples is None or place.tensor in place.derivation.sampled:
        return
    sums = [s for s in sorted(place.swept.atoms(Sum), key=str) if s.limits[-1][2] == samples.size - 1]
    sums = [s for s in sums if len(s.limits) == 1]
    for found in sums:
        variable = found.limits[0][0]
        for sample, said_ in ((samples.size - 1, "last"), (S.Zero, "first")):
            one = substitute(found.function, {variable: sample})
            sentence = f"only the {said_} sample is counted: the gradient is a sum over all of them"
            yield place.made(Kind.SAMPLES, sentence, replaced(place.swept, {found: one}))


# names, transposes, indices


def _alike(place: Place, name: str) -> list[str]:
    """The other tensors of the model with the shape of `name`."""
    shapes = {t.name: t.shape for t in place.derivation.model.tensors if t.role not in ("loss", "cost")}
    return [other for other, shape in shapes.items() if other != name and shape == shapes.get(name) and shape]


def _names(place: Place) -> Iterator[Mistake]:
    """One tensor read in place of another of its shape, an adjoint in place of another adjoint or of its own tensor."""
    known = place.derivation.adjoints
    for form in dict.fromkeys((place.swept, place.array.expression)):
        for part in sorted(form.atoms(Indexed), key=str):
            name = str(tensor_of(part))
            if is_adjoint(name):
                others = [adjoint(o) for o in _alike(place, name[1:]) if o in known and o != place.tensor]
            else:
                others = _alike(place, name)
            for other in others:
                sentence = f"{place.said(entry(other))} stands where {place.said(entry(name))} belongs"
                yield place.made(Kind.NAME, sentence, replaced(form, {part: entry(other, *indices_of(part))}))


def _transposes(place: Place) -> Iterator[Mistake]:
    """A square matrix read transposed, or the result of square shape transposed."""
    shapes = place.derivation.space.shapes
    for part in sorted(place.swept.atoms(Indexed), key=str):
        name = str(tensor_of(part))
        if len(part.indices) == 2 and shapes[name][0] == shapes[name][1]:
            turned = replaced(place.swept, {part: entry(name, *part.indices[::-1])})
            sentence = f"{place.said(entry(name))} is transposed where it should not be, or the other way round"
            yield place.made(Kind.TRANSPOSE, sentence, turned)
    if len(place.at) == 2 and place.array.shape[0] == place.array.shape[1]:
        turned = substitute(place.array.expression, dict(zip(place.at, place.at[::-1], strict=True)))
        yield place.made(Kind.TRANSPOSE, "the result is transposed", turned)


def _shifts(place: Place) -> Iterator[Mistake]:
    """An index off by one, where an entry is read at another place than an index alone."""
    for part in sorted(place.swept.atoms(Indexed), key=str):
        for axis, position in enumerate(part.indices):
            if position.is_Symbol or position.is_Integer:
                continue
            for step in (1, -1):
                moved = entry(str(tensor_of(part)), *(p + step * (a == axis) for a, p in enumerate(part.indices)))
                sentence = f"an index is off by one: {_read(moved)} stands where {_read(part)} belongs"
                yield place.made(Kind.INDEX, sentence, replaced(place.swept, {part: moved}))


def _read(part: Expr) -> str:
    name = str(tensor_of(part))
    shown = f"d{name[1:]}" if is_adjoint(name) else name
    return f"{shown}[{', '.join(str(i) for i in indices_of(part))}]"


def _terms(place: Place) -> Iterator[Mistake]:
    """A term of a sum dropped, or with the wrong sign."""
    for form in dict.fromkeys((place.array.expression, place.swept)):
        for added in sorted({a for a in form.atoms(Add) if not _is_index(a)}, key=str):
            for term in added.args:
                shown = place.said(term)
                for other, sentence in (
                    (added - 2 * term, f"the sign before {shown.removeprefix('-')} is wrong"),
                    (added - term, f"the term {shown} is missing"),
                ):
                    kind = Kind.SIGN if "sign" in sentence else Kind.TERM
                    yield place.made(kind, sentence, _put(form, added, other))


def _is_index(expr: Expr) -> bool:
    return expr.is_integer is True


def _put(form: Expr, old: Expr, new: Expr) -> Expr:
    """`form` with a part exchanged, also where the part stands inside a larger one."""
    if form == old:
        return new
    return remade(form, (_put(a, old, new) if isinstance(a, Expr) else a for a in form.args)) if form.args else form
