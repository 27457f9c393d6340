"""Notes beside a model, read as `verify` reads them."""

from __future__ import annotations

from pathlib import Path

from symbackprop.model.model import Model
from symbackprop.notation.claims.reader import read_note, words_of
from symbackprop.notation.claims.records import Note
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.notes.formats import Format, parts_of


def note_of(
    note: str | Path, model: Model, format: Format | None = None, conventions: Conventions | None = None
) -> Note:
    """The lines of a text or a file, and the notation that was decided for it."""
    return read_note(parts_of(note, format, words_of(model)), model, conventions)
