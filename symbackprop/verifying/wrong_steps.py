r"""Mistakes in a recurrence: the term of the next step forgotten, or another step read in its place."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, S, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import replaced, substitute
from symbackprop.algebra.symbols import is_adjoint, tensor_of
from symbackprop.verifying.places import Kind, Mistake, Part, Place


def steps(place: Place) -> Iterator[Mistake]:
    """What later steps add to an adjoint, left out or taken from another step, all of it at once."""
    later = [(part, *shift) for part in place.parts if (shift := _shift(place, part)) is not None]
    if not later:
        return
    _, variable, by = later[0]
    left_out = [part for part, *_ in later]
    there = f"{variable}{by:+d}"
    if len(later) < len(place.parts):
        readers = " and ".join(dict.fromkeys(part.through for part in left_out))
        sentence = (
            f"the term of step {there} is missing: {readers} at step {there} read {place.tensor} at step {variable}"
        )
        yield place.made(Kind.PATH, sentence, place.with_parts(dict.fromkeys(left_out, S.Zero)))
    for moved, here in ((-by, str(variable)), (-2 * by, f"{variable}{-by:+d}")):
        parts = {part: substitute(part.folded, {variable: variable + moved}) for part in left_out}
        yield place.made(Kind.STEP, f"step {here} stands where step {there} belongs", place.with_parts(parts))
        parts = {part: _adjoints_moved(part.folded, variable, moved) for part in left_out}
        yield place.made(Kind.STEP, f"step {here} stands where step {there} belongs", place.with_parts(parts))


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
