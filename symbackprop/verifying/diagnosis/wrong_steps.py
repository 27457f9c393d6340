r"""Mistakes in a recurrence: the term of the next step forgotten, or another step read in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Expr, Piecewise, S, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import replaced, substitute
from symbackprop.algebra.symbols import is_adjoint, tensor_of
from symbackprop.verifying.diagnosis.places import Kind, Mistake, Part, Place


def steps(place: Place) -> Iterator[Mistake]:
    """What later steps add to an adjoint, left out or taken from another step, all of it at once."""
    yield from _boundaries(place)
    later = [(part, *shift) for part in place.parts if (shift := _shift(place, part)) is not None]
    if not later:
        return
    _, variable, by = later[0]
    left_out = [part for part, *_ in later]
    there = f"{variable}{by:+d}"
    if len(later) < len(place.parts):
        names = tuple(part.through for part in left_out)
        read = f"{'reads' if len(names) == 1 else 'read'} {place.tensor} at step {variable}"
        sentence = f"the term of step {there} is missing: {' and '.join(names)} at step {there} {read}"
        yield place.made(Kind.PATH, sentence, place.with_parts(dict.fromkeys(left_out, S.Zero)))
    for part in left_out if len(later) > 1 else ():
        sentence = f"the term of step {there} through {part.through} is missing: both that and the others count"
        yield place.made(Kind.PATH, sentence, place.with_part(part, S.Zero))
    for moved, here in ((-by, str(variable)), (-2 * by, f"{variable}{-by:+d}")):
        parts = {part: substitute(part.folded, {variable: variable + moved}) for part in left_out}
        yield place.made(Kind.STEP, f"step {here} stands where step {there} belongs", place.with_parts(parts))
        parts = {part: _adjoints_moved(part.folded, variable, moved) for part in left_out}
        yield place.made(Kind.STEP, f"step {here} stands where step {there} belongs", place.with_parts(parts))


def _boundaries(place: Place) -> Iterator[Mistake]:
    """A state that is another tensor's before the first step, as if it were not there."""
    definitions = place.derivation.model.space.definitions
    for read in sorted(place.swept.atoms(Indexed), key=str):
        name = str(tensor_of(read))
        cases = definitions[name].expression if name in definitions else S.Zero
        if not isinstance(cases, Piecewise) or len(cases.args) != 2:
            continue
        values = [replace(definitions[name], expression=value).at(*read.indices) for value, _ in cases.args]
        for kept, other in (values, values[::-1]):
            sentence = f"the boundary is forgotten: {place.written(read)} is not always {place.written(kept)}"
            sentence += f", but {place.written(other)} at an end"
            yield place.made(Kind.STEP, sentence, replaced(place.swept, {read: kept}))


def _shift(place: Place, part: Part) -> tuple[Symbol, int] | None:
    """The index of the place at which a part reads adjoints some steps off, and how many; None where there is none."""
    for read in sorted(part.folded.atoms(Indexed), key=str):
        if not is_adjoint(str(tensor_of(read))):
            continue
        for variable in place.at:
            for position in read.indices:
                by = position - variable
                if by.is_Integer and by != 0:
                    return variable, int(by)
    return None


def _adjoints_moved(expr: Expr, variable: Symbol, by: int) -> Expr:
    """The expression with its adjoints alone read some steps off."""
    reads = [read for read in expr.atoms(Indexed) if is_adjoint(str(tensor_of(read)))]
    return replaced(expr, {read: substitute(read, {variable: variable + by}) for read in reads})
