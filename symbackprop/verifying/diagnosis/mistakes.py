r"""Known mistakes, worked into the true derivation: what the adjoint of a tensor is if one of them was made.

A mistake changes one adjoint; the others stand in it by name, so that it shows both in a line that names them and,
carried on through the true equations, in the numbers of a function. The likeliest come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, S, Sum, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import replaced, substitute
from symbackprop.algebra.symbols import adjoint, bounds_of, entry, indices_of, is_adjoint, primal, remade, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.verifying.diagnosis.places import Kind, Mistake, Place, alike, names_read, place_of
from symbackprop.verifying.diagnosis.wrong_slopes import activations, entry_by_entry, losses
from symbackprop.verifying.diagnosis.wrong_steps import steps

FEW = 4  # terms of a sum that may be written one by one
_NO_NUMBERS = (S.ImaginaryUnit, S.ComplexInfinity, S.Infinity, S.NegativeInfinity, S.NaN)
MANY = 5  # paths of which several may be forgotten at once


def mistakes_of(derivation: Derivation, tensor: str) -> Iterator[Mistake]:
    """The known mistakes in the adjoint of `tensor`, the likeliest first; some may change nothing."""
    catalogues = (
        steps,
        activations,
        entry_by_entry,
        _paths,
        _factors,
        losses,
        _samples,
        _summands,
        _names,
        _transposes,
        _terms,
        _dropped_factors,
        _dropped_links,
        _shifts,
    )
    return _of(catalogues, place_of(derivation, tensor))


def forward_mistakes_of(derivation: Derivation, tensor: str, equation: Array) -> Iterator[Mistake]:
    """The known mistakes in the equation of a tensor itself."""
    place = Place(derivation, tensor, tensor, equation, equation.expression, ())
    return _of((_factors, _terms, _names, _transposes, _shifts, _dropped_factors), place)


def local_mistakes_of(derivation: Derivation, name: str, by: str, slope: Array) -> Iterator[Mistake]:
    """The known mistakes in the derivative `name` of one tensor by another, entry by entry."""
    place = Place(derivation, name, by, slope, slope.expression, ())
    return _of((_factors, _terms, _names, _transposes, _dropped_factors, _dropped_deltas), place)


def _of(catalogues: Iterable[Callable[[Place], Iterator[Mistake]]], place: Place) -> Iterator[Mistake]:
    """The mistakes of some catalogues that have real values: a sign may lead to the root of a number below 0."""
    for catalogue in catalogues:
        for mistake in catalogue(place):
            if not mistake.array.expression.has(*_NO_NUMBERS):
                yield mistake


def _paths(place: Place) -> Iterator[Mistake]:
    """One of several consumers forgotten, or alone."""
    if len(place.parts) < 2:
        return
    root = place.derivation.root
    readers = " and ".join(part.through for part in place.parts)
    for part in place.parts:
        direct = part.through == root and not any(is_adjoint(name) for name in names_read(part.folded))
        if direct:
            whose = "the penalty's" if place.derivation.model.tensor(place.tensor).role == "parameter" else f"{root}'s"
            sentence = f"{whose} own term, {place.said(part.folded)}, is missing"
        else:
            sentence = f"the path through {part.through} is missing: {readers} read {place.tensor}, and both count"
        yield place.made(Kind.PENALTY if direct else Kind.PATH, sentence, place.with_part(part, S.Zero))
    for part in place.parts:
        if len(place.parts) > 2:
            sentence = f"only the path through {part.through} is there: {readers} read {place.tensor}"
            yield place.made(Kind.PATH, sentence, part.folded)
        for factor, said_ in ((S(2), "a factor 2 too many"), (S.Half, "a factor 2 missing"), (S(-1), "the wrong sign")):
            own = part.through == root and not any(is_adjoint(name) for name in names_read(part.folded))
            what = f"the term {place.said(part.folded)}" if own else f"the part through {part.through}"
            yield place.made(Kind.FACTOR, f"{what} has {said_}", place.with_part(part, factor * part.folded))
    for count in range(2, len(place.parts) - 1 if len(place.parts) <= MANY else 0):
        for left_out in combinations(place.parts, count):
            names = " and ".join(part.through for part in left_out)
            sentence = f"the paths through {names} are missing: {readers} read {place.tensor}, and all count"
            yield place.made(Kind.PATH, sentence, place.with_parts(dict.fromkeys(left_out, S.Zero)))


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
            alone = replaced(place.swept, {found: one})
            yield place.made(Kind.SAMPLES, sentence, alone)
            yield place.made(Kind.SAMPLES, sentence, alone / place.derivation.scale)


# names, transposes, indices


def _names(place: Place) -> Iterator[Mistake]:
    """One tensor read in place of another of its shape, an adjoint in place of another adjoint."""
    known = place.derivation.adjoints
    for form in dict.fromkeys((place.swept, place.array.expression)):
        for part in sorted((p for p in form.atoms(Indexed, Symbol) if tensor_of(p)), key=str):
            name = str(tensor_of(part))
            if is_adjoint(name):
                others = [adjoint(o) for o in alike(place, primal(name)) if o in known and o != place.tensor]
            else:
                others = alike(place, name)
            for other in others:
                sentence = f"{place.said(entry(other))} stands where {place.said(entry(name))} belongs"
                yield place.made(Kind.NAME, sentence, replaced(form, {part: entry(other, *indices_of(part))}))


def _transposes(place: Place) -> Iterator[Mistake]:
    """A square matrix read transposed, or the result of square shape transposed."""
    shapes = place.derivation.space.shapes
    for part in sorted(place.swept.atoms(Indexed), key=str):
        name = str(tensor_of(part))
        shape = shapes.get(name, ())  # none for the derivative of one tensor by another
        if len(part.indices) == 2 == len(shape) and shape[0] == shape[1]:
            turned = replaced(place.swept, {part: entry(name, *part.indices[::-1])})
            sentence = f"{place.said(entry(name))} is transposed where it should not be, or the other way round"
            if isinstance(place.swept, Sum) and part in Mul.make_args(place.swept.function) and len(place.at) == 1:
                sentence = f"the sum runs over the wrong axis of {place.said(entry(name))}"
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


def _read(part: Expr, base: int = 0) -> str:
    """An entry as written, its indices counted from `base`."""
    name = str(tensor_of(part))
    shown = f"d{name[1:]}" if is_adjoint(name) else name
    return f"{shown}[{', '.join(str(i + base) for i in indices_of(part))}]"


def _summands(place: Place) -> Iterator[Mistake]:
    """A sum of few terms with one of them left out."""
    for found in sorted(place.swept.atoms(Sum), key=str):
        bounds = bounds_of(found)
        if len(bounds) != 1 or not bounds[0][1].is_Integer or not 2 <= bounds[0][1] <= FEW:
            continue
        variable, extent = bounds[0]
        for at in range(int(extent)):
            term = substitute(found.function, {variable: Integer(at)})
            path = ", ".join(_read(part, 1) for part in sorted(term.atoms(Indexed), key=str))
            sentence = f"a term of the sum is missing, that of {path}: all paths add up"
            yield place.made(Kind.PATH, sentence, replaced(place.swept, {found: found - term}))


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


def _dropped_factors(place: Place) -> Iterator[Mistake]:
    """A factor left out of a product."""
    for form in dict.fromkeys((place.array.expression, place.swept)):
        for product in _products(form):
            for factor in product.args:
                left = _put(form, product, product / factor)
                if not factor.is_number and not factor.has(KroneckerDelta) and not left.has(*_NO_NUMBERS):
                    yield place.made(Kind.TERM, f"the factor {place.said(factor)} is missing", left)


def _dropped_links(place: Place) -> Iterator[Mistake]:
    """A factor of the chain rule left out: the adjoint, the local derivative, or a delta in that."""
    for part in place.parts:
        through, below = place.said(entry(part.through)), place.said(entry(place.tensor))
        alone = place.with_part(part, replaced(part.chain, {part.partial: S.One}))
        yield place.made(Kind.TERM, f"the factor ∂{through}/∂{below} is missing", alone)
        above = {read: S.One for read in part.chain.atoms(Indexed) if tensor_of(read) == adjoint(part.through)}
        slope = place.with_part(part, replaced(replaced(part.chain, {part.partial: part.local}), above))
        if above:
            yield place.made(Kind.TERM, f"the factor {place.said(entry(adjoint(part.through)))} is missing", slope)
        for delta in sorted(part.local.atoms(KroneckerDelta), key=str):
            without = replaced(part.local, {delta: S.One})
            whole = place.with_part(part, replaced(part.chain, {part.partial: without}))
            yield place.made(Kind.TERM, f"the factor {place.written(delta)} is missing", whole)


def _dropped_deltas(place: Place) -> Iterator[Mistake]:
    for delta in sorted(place.swept.atoms(KroneckerDelta), key=str):
        sentence = f"the factor {place.written(delta)} is missing"
        yield place.made(Kind.TERM, sentence, replaced(place.swept, {delta: S.One}))


def _products(form: Expr) -> Iterator[Mul]:
    """The products that are terms, and those under the sums in them."""
    for term in Add.make_args(form):
        if isinstance(term, Mul):
            yield term
        for inner in (factor for factor in Mul.make_args(term) if isinstance(factor, Sum)):
            yield from _products(inner.function)


def _is_index(expr: Expr) -> bool:
    return expr.is_integer is True


def _put(form: Expr, old: Expr, new: Expr) -> Expr:
    """`form` with a part exchanged, also where the part stands inside a larger one."""
    if form == old:
        return new
    return remade(form, (_put(a, old, new) if isinstance(a, Expr) else a for a in form.args)) if form.args else form
