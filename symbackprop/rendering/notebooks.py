"""Notebooks: a Markdown document cut into cells, its programs as cells of code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote

_CODE = "```python"
_BEGINS = re.compile(r"#+ |\*\*\d")  # a heading, or a step


def notebook(markdown: str, pictures: Mapping[str, str] = MappingProxyType({})) -> str:
    """The notebook as JSON, of the format 4.5: the same document gives the same bytes, and nothing has been run.

    The `pictures` are files in SVG that the document names; they stand in the notebook itself, for it is one file.
    """
    for name, picture in pictures.items():
        markdown = markdown.replace(f"]({quote(name)})", f"](data:image/svg+xml,{quote(picture, safe='')})")
    cells = [_cell(number, code, text) for number, (code, text) in enumerate(_cells(markdown), start=1)]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _cell(number: int, code: bool, text: str) -> dict[str, object]:
    made: dict[str, object] = {"id": f"cell-{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
    if code:
        return made | {"cell_type": "code", "execution_count": None, "outputs": []}
    return made | {"cell_type": "markdown"}


def _cells(markdown: str) -> Iterator[tuple[bool, str]]:
    """The text of each cell, and whether it is code: words begin a cell with each heading and each step."""
    waiting: list[str] = []
    code = False
    fence = ""
    for line in markdown.split("\n"):
        if (not fence and (line == _CODE or _BEGINS.match(line))) or (code and line == "```"):
            yield from _filled(code, waiting)
            waiting, code = [], line == _CODE
            fence = "```" if code else ""
            if code or line == "```":
                continue
        elif not code and line.startswith(("```", "$$")):
            fence = "" if fence else line[:3]
        waiting.append(line)
    yield from _filled(code, waiting)


def _filled(code: bool, lines: list[str]) -> Iterator[tuple[bool, str]]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield code, text
