"""How messages speak of equations and places."""

from __future__ import annotations

import re
from dataclasses import replace

from sympy import Expr

from symbackprop.errors import Location


def named_place(origin: Location | None, name: str | None) -> Location | None:
    """Where `name` first stands in the span of `origin`; the whole span if it does not."""
    if origin is None or not name:
        return origin
    start = origin.column - 1
    found = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", origin.text[start : start + origin.length])
    if found is None:
        return origin
    return replace(origin, column=start + found.start() + 1, length=len(name))


def ordinal(axis: int) -> str:
    """`first`, `second`, ... for axis 0, 1, ..."""
    words = ("first", "second", "third", "fourth", "fifth", "sixth")
    return words[axis] if axis < len(words) else f"{axis + 1}th"


def counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def bracketed(shape: tuple[Expr, ...]) -> str:
    """`[h, n]`, or nothing for a scalar."""
    return f"[{', '.join(map(str, shape))}]" if shape else ""
