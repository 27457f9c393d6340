r"""Names that a note gives itself: \(\hat y = a^{[2]}\) makes ŷ a tensor of the model, for the lines of that note.

A line introduces a name where one of its outer sides is that name alone, nothing known is called so, and what it equals
reads tensors of one sample. It says nothing that could be wrong: what is left of it beside the name is judged. What
looks like a gradient is none of these names, for it would be a misspelt one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from symbackprop.algebra.binding import tensors_in
from symbackprop.errors import Location, ModelError
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Tensor
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.claims import Claim, Defined, Line, Note, Side, Statement, Unreadable, read_claims
from symbackprop.notation.reading.notes import statements_of
from symbackprop.notation.reading.tokens import Token
from symbackprop.notation.writing.glyphs import GREEK, parts

MAX_LETTERS = 50
_GRADIENT = re.compile(r"(delta|Delta|nabla|grad|δ|Δ|∇|∂).*|.*(grad|bar)\d*|[dg]_?(?P<of>\w+)")


def with_letters(note: str | Path, model: Model, conventions: Conventions) -> tuple[Model, dict[Location, str]]:
    """The model with an equation for each name that the note introduces, and the places where it does."""
    places: dict[Location, str] = {}
    for _ in range(MAX_LETTERS):
        found = next(_introduced(statements_of(note, model, conventions), model, conventions), None)
        if found is None:
            break
        tensor, equation, where = found
        try:
            model = replace(model, tensors=(*model.tensors, tensor), equations=(*model.equations, equation))
        except ModelError:
            break  # an entry that lies outside: the name is of another level than the model's
        places[where] = tensor.name
    return model, places


def _introduced(
    statements: Iterable[Statement | Unreadable], model: Model, conventions: Conventions
) -> Iterator[tuple[Tensor, Equation, Location]]:
    """Each new name with its equation and its place."""
    for statement in statements:
        if isinstance(statement, Statement):
            for name, side in _candidates(statement):
                equation = None
                if not _is_like_a_gradient(name, model):
                    equation = _equation(name, side, statement, model, conventions)
                if equation is not None:
                    yield *equation, statement.where


def _candidates(statement: Statement) -> Iterator[tuple[str, tuple[Token, ...]]]:
    """The outer sides that are a name alone, with the tokens of the side beside them."""
    *tokens, _ = statement.tokens
    sides: list[list[Token]] = [[]]
    for token in tokens:
        if token.is_operator("=", ":="):
            sides.append([])
        else:
            sides[-1].append(token)
    if len(sides) < 2 or not all(sides):
        return
    for outer, beside in ((sides[0], sides[1]), (sides[-1], sides[-2])):
        if len(outer) == 1 and outer[0].kind == "name":
            yield outer[0].text, tuple(beside)


def _equation(
    name: str, side: tuple[Token, ...], statement: Statement, model: Model, conventions: Conventions
) -> tuple[Tensor, Equation] | None:
    """The equation `name = side`, if the name is new and the side a formula of the model's tensors."""
    (newline,) = statement.tokens[-1:]
    span = newline.span
    equals = Token("operator", "=", side[-1].span)
    named = Token("name", name, side[0].span)

    def read(*tokens: Token) -> Claim | Unreadable:
        made = replace(statement, tokens=(*tokens, replace(newline, span=span)), scale="one sample")
        return read_claims([made], model, conventions=conventions)[0]

    if isinstance(read(named, equals, named), Claim):
        return None  # known already
    claim = read(*side, equals, *side)
    if not isinstance(claim, Claim):
        return None
    value = next((r.sides[0].value for r in claim.readings if r.scale == "one sample" and not r.indices), None)
    if value is None or not tensors_in(value.array.expression) <= {tensor.name for tensor in model.tensors}:
        return None
    array = value.array
    return Tensor(name, array.shape, "intermediate"), Equation(name, array.indices, array.expression)


def _is_like_a_gradient(name: str, model: Model) -> bool:
    """Whether a name is spelled as gradients are: δ2, W2.grad, dγ; d or g before a letter or the name of a tensor."""
    match = _GRADIENT.fullmatch(name)
    if match is None or match["of"] is None:
        return match is not None
    of = match["of"].replace("_", "")
    known = {tensor.name.replace("_", "") for tensor in model.tensors}
    letters = {parts(tensor.name)[0].lower() for tensor in model.tensors}
    stem = parts(of)[0]
    if of in known or of.lower() in {other.lower() for other in known}:
        return True
    return name.startswith("d") and (len(stem) == 1 or stem.lower() in letters or stem in GREEK)


def with_definitions(note: Note, places: Mapping[Location, str]) -> Note:
    """The note, each line that gives a name without it: defined, or a claim of what it says beside the name."""
    return replace(note, lines=tuple(_without_name(line, places.get(line.where)) for line in note.lines))


def _without_name(line: Line, name: str | None) -> Line:
    if name is None or not isinstance(line, Claim):
        return line
    readings = tuple(replace(r, sides=tuple(s for s in r.sides if not _is_name(s, name))) for r in line.readings)
    if all(len(reading.sides) > 1 for reading in readings):
        return replace(line, readings=readings, definition=name)
    return Defined(line.where, line.written, name, f"the note itself gives the name {name}")


def _is_name(side: Side, name: str) -> bool:
    return side.subject.kind == "tensor" and side.subject.name == name and not side.subject.indices
