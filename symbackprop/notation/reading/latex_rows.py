r"""Which parts of a display are statements: rows parted by `\\`, joined where a row goes on with the one before it."""

from __future__ import annotations

import re

from symbackprop.errors import NotationError
from symbackprop.notation.reading.latex_nodes import Atom, Environment, Group, Macro, Node, Words
from symbackprop.notation.reading.latex_operators import has_relation, parted, sign_of
from symbackprop.notation.reading.latex_signs import RELATIONS, SEPARATORS
from symbackprop.notation.source import Source

ALIGNED = frozenset(
    {
        "aligned", "align", "alignedat", "alignat", "gathered", "gather", "split", "equation", "eqnarray", "multline",
        "array", "flalign", "displaymath", "math",
    }
)  # fmt: skip
_CONTINUING = frozenset({"+", "-", "*", "/", "·", "⊙", "and", "or", ",", *RELATIONS})
_FOR_EACH = re.compile(r"\s*for (each|every|all)\b", re.IGNORECASE)
_SETTING_APART = SEPARATORS | {",", ";"}


def statements_in(items: tuple[Node, ...], source: Source) -> tuple[tuple[Node, ...], ...]:
    r"""The items of each statement of a display; `a &= b \\ &= c` is one, and what has no relation is none.

    Raises:
        NotationError: two equations below each other with nothing to part them.
    """
    joined: list[list[Node]] = []
    for row in parted(_flattened(items), "row"):
        clean = _cleaned(row)
        if not clean:
            continue
        if joined and _continues(joined[-1], row, clean):
            joined[-1] += clean
        else:
            joined.append(list(clean))
    found = [part for row in joined for part in _apart(tuple(row))]
    for part in found:
        _check_lines(part, source)
    return tuple(part for part in found if _states(part))


def _flattened(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """Alignments opened: their rows are rows of the display."""
    found: list[Node] = []
    for node in items:
        if isinstance(node, Environment) and node.name.rstrip("*") in ALIGNED:
            row = Atom("row", "\\\\", node.span)
            found += [row, *_flattened(node.items), row]
        elif isinstance(node, Macro) and node.command == "boxed":
            found += _flattened(node.arguments[0].items)
        elif isinstance(node, Group) and any(isinstance(part, Environment) for part in node.items):
            found += _flattened(node.items)
        else:
            found.append(node)
    return tuple(found)


def _cleaned(row: tuple[Node, ...]) -> tuple[Node, ...]:
    """A row without alignment marks, and without space and punctuation at its ends."""
    kept = [node for node in row if not (isinstance(node, Atom) and node.kind == "align")]
    kept = [node for node in kept if not (isinstance(node, Macro) and node.command in ("label", "tag", "tag*"))]
    while kept and isinstance(kept[-1], Atom) and kept[-1].text in (".", ";", *SEPARATORS):
        kept.pop()
    while kept and isinstance(kept[0], Atom) and kept[0].text in SEPARATORS:
        kept.pop(0)
    return tuple(kept)


def _continues(before: list[Node], row: tuple[Node, ...], clean: tuple[Node, ...]) -> bool:
    """Whether a row goes on with the one before: it begins with an operator or `for each`, or that ended with one."""
    if _ends_open(before[-1]) or (isinstance(clean[0], Words) and _FOR_EACH.match(clean[0].text)):
        return True
    first = _sign(clean)
    if first == "-":
        return not has_relation(clean) or (isinstance(row[0], Atom) and row[0].kind == "align")
    return first in _CONTINUING and first != ","


def _ends_open(node: Node) -> bool:
    return sign_of(node) in _CONTINUING and sign_of(node) != ","


def _sign(items: tuple[Node, ...]) -> str:
    """The operator that a row begins with; `:=` is two signs."""
    if len(items) > 1 and all(isinstance(node, Atom) for node in items[:2]):
        first, second = items[0], items[1]
        if isinstance(first, Atom) and isinstance(second, Atom) and (first.text, second.text) == (":", "="):
            return ":="
    return sign_of(items[0]) if items else ""


def _apart(items: tuple[Node, ...]) -> list[tuple[Node, ...]]:
    r"""Statements on one row, parted by commas, `\quad` or arrows: only where each part states something."""
    parts: list[list[Node]] = [[]]
    for node in items:
        if isinstance(node, Atom) and node.text in _SETTING_APART and (node.kind != "sign" or node.text in ",;"):
            parts.append([])
            parts[-1].append(node)
        else:
            parts[-1].append(node)
    joined: list[list[Node]] = []
    for part in parts:
        if joined and not (_states(tuple(part)) and _states(tuple(joined[-1]))):
            joined[-1] += part
        else:
            joined.append(part)
    return [clean for part in joined if (clean := _stripped(part))]


def _stripped(part: list[Node]) -> tuple[Node, ...]:
    marks = (",", ";", ".", *SEPARATORS)
    while part and isinstance(part[0], Atom) and part[0].text in marks:
        part = part[1:]
    while part and isinstance(part[-1], Atom) and part[-1].text in marks:
        part = part[:-1]
    return tuple(part)


def _states(items: tuple[Node, ...]) -> bool:
    return has_relation(items)


def _check_lines(items: tuple[Node, ...], source: Source) -> None:
    r"""Refuses `a = b` and `c = d` on two lines without `\\`, which TeX sets as a = b c = d."""
    for at in range(1, len(items)):
        before, after = items[at - 1], items[at]
        if "\n" not in source.text[before.span.end : after.span.start]:
            continue
        goes_on = sign_of(after) or sign_of(before)
        rest = _until_line_end(items[at:], source)
        if not goes_on and has_relation(items[:at]) and has_relation(rest):
            raise NotationError(
                "two equations below each other without \\\\ between them",
                where=source.locate(after.span),
                because="LaTeX sets them on one line.",
                fix="End the line before with \\\\, or write each in a display of its own.",
            )


def _until_line_end(items: tuple[Node, ...], source: Source) -> tuple[Node, ...]:
    for at in range(1, len(items)):
        if "\n" in source.text[items[at - 1].span.end : items[at].span.start]:
            return items[:at]
    return items
