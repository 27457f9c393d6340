"""The author's letters: how a note itself writes the tensors and gradients that verdicts speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.notation.claims.records import Reading
from symbackprop.notation.reading.syntax import Name, Node, Subscript, children
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.text import text_chain
from symbackprop.verifying.truths import partial_of

_PLAIN = re.compile(r"[^\W\d_](\w|[\u0302-\u0304])*|[∂∇][^\s\\{}]*/[^\s\\{}]*")
_SIGN = r"(?:\\top|\\intercal|\\math(?:sf|rm|bf|tt) *(?:\{ *T *\}|T)|T(?:r)?|⊤)"
_TRANSPOSED = re.compile(rf"(?:\^ *(?:\{{ *{_SIGN} *\}}|{_SIGN})|ᵀ|\.T|')$")
_INNER = re.compile(rf"(?<=[\])}}]) *{_SIGN} *\}}$")
Letters = Mapping[str, str]
"""What a name is in the words of a verdict, to what the note calls it: `dz2` to `δ2`."""


def letters_of(readings: Iterable[Reading], names: Nomenclature) -> Letters:
    """The spellings of tensors and adjoints in the formulas of a note, the first of each; none that is LaTeX."""
    found: dict[str, str] = {}
    for name, written in _written(readings):
        if _PLAIN.fullmatch(written):
            found.setdefault(text_chain([entry(name)], names), written)
    return {known: written for known, written in found.items() if known != written}


def _written(readings: Iterable[Reading]) -> Iterator[tuple[str, str]]:
    """The tensors and adjoints that are named, by the model and by the note; sides that are a name alone first."""
    sides = [(reading.scope, side) for reading in readings for side in reading.sides]
    for _, side in sides:
        subject = side.subject
        if subject.kind in ("adjoint", "tensor") and not subject.indices:
            yield adjoint(subject.name) if subject.kind == "adjoint" else subject.name, side.written
    for scope, side in sides:
        for node in _whole_names(side.node):
            if node.name in scope.tensors and partial_of(node.name) is None:
                yield node.name, untransposed(scope.source.written(node.span))


def _whole_names(node: Node) -> Iterator[Name]:
    """The names in a tree that no index belongs to: of `O_1` the whole is no name."""
    if isinstance(node, Name):
        yield node
    for part in children(node):
        if not (isinstance(node, Subscript) and part.span == node.span):
            yield from _whole_names(part)


def untransposed(written: str) -> str:
    r"""What was written without the sign of a transpose at its end: of `dz1^T` dz1, of `a^{[1]\top}` a^{[1]}."""
    return _INNER.sub("}", _TRANSPOSED.sub("", written))


def spelled(text: str, letters: Letters) -> str:
    """The text with each name as the note has it."""
    if not letters:
        return text
    longest_first = sorted(letters, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<![\w∂/])({'|'.join(map(re.escape, longest_first))})(?!\w)")
    return pattern.sub(lambda match: letters[match[1]], text)
