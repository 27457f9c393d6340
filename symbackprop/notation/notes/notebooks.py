"""Notebooks: the Markdown cells of an .ipynb file, each a text of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from symbackprop.errors import NotationError
from symbackprop.notation.source import Source, source_of

_PICTURE = re.compile(r"\]\(data:image/[^)\s]*\)")


def cells_of(source: Source) -> Iterator[Source]:
    """The Markdown cells of a notebook, without the pictures in them.

    Raises:
        NotationError: the file is no notebook.
    """
    try:
        cells = json.loads(source.text)["cells"]
        found = [(number, cell["source"]) for number, cell in enumerate(cells, 1) if cell["cell_type"] == "markdown"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotationError(
            f"{source.name} is no notebook",
            because="It is not the JSON of a notebook with cells.",
            fix="Save it anew from Jupyter, or give its text as .md.",
        ) from None
    for number, text in found:
        whole = text if isinstance(text, str) else "".join(map(str, text))
        yield source_of(_PICTURE.sub("](picture)", whole), f"{source.name}, cell {number}")
