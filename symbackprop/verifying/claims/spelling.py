"""The author's letters: how a note itself writes the tensors and gradients that verdicts speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sympy import Expr

from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.notation.reading.claims import Reading
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.text import text_chain

_PLAIN = re.compile(r"[^\W\d_](\w|[\u0302-\u0304])*|[∂∇][^\s\\{}]*/[^\s\\{}]*")
Letters = Mapping[str, str]
"""What a name is in the words of a verdict, to what the note calls it: `dz2` to `δ2`."""


def letters_of(readings: Iterable[Reading], names: Nomenclature) -> Letters:
    """The spellings of the sides that are a name alone, the first of each; none that is LaTeX."""
    found: dict[str, str] = {}
    for side in (side for reading in readings for side in reading.sides):
        subject = side.subject
        if subject.kind not in ("adjoint", "tensor") or subject.indices or not _PLAIN.fullmatch(side.written):
            continue
        of: Expr = entry(adjoint(subject.name)) if subject.kind == "adjoint" else entry(subject.name)
        found.setdefault(text_chain([of], names), side.written)
    return {known: written for known, written in found.items() if known != written}


def spelled(text: str, letters: Letters) -> str:
    """The text with each name as the note has it."""
    if not letters:
        return text
    longest_first = sorted(letters, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<![\w∂/])({'|'.join(map(re.escape, longest_first))})(?!\w)")
    return pattern.sub(lambda match: letters[match[1]], text)
