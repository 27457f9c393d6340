r"""Words around a formula that restrict it: "if z > 0, ..." before it, "... and 0 otherwise" behind its condition."""

from __future__ import annotations

import re
from dataclasses import replace

from symbackprop.errors import SymbackpropError
from symbackprop.notation.claims.indicators import SIGNS
from symbackprop.notation.claims.leaves import leaf_of
from symbackprop.notation.claims.statements import Statement
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.grammar import parse
from symbackprop.notation.surface.tree import Node, Relation, Rows, Text

_FORMULA = r"(?P<value>\$[^$\n]+\$|\\\([^\n]+?\\\)|`[^`\n]+`|-?\d+(?:\.\d+)?(?![\w.^*/])|[^\s.,;$`]+)"
_WORD = r"(?:otherwise|else)\b"
_GAP = r"[\s$`)\\]*[,;]?\s*(?:(?:and|or|but)\b)?\s*(?:it\s+)?(?:is\b|equals\b)?\s*"
_VALUE_BEFORE = re.compile(rf"{_GAP}{_FORMULA}\s*,?\s*{_WORD}", re.I)
_VALUE_BEHIND = re.compile(rf"{_GAP}{_WORD}\s*,?\s*(?:it\s+)?(?:is\b|equals\b)?\s*{_FORMULA}", re.I)
_SENTENCE = re.compile(r"(?:[^.;\n]|\.\d|\n(?!\s*\n))*")
_BEFORE = re.compile(
    r"\b(?:if|for|when|whenever|where)\s+(?P<condition>[^\s,;:$`]+\s*(?:>=|<=|!=|[<>≥≤≠])\s*[^\s,;:$`]+)"
    r"\s*[,:]?\s*(?:then)?\s*(?:[$`]|\\\()*\s*$",
    re.I,
)


def with_words_around(statement: Statement) -> Statement:
    """The statement under the condition that stands in the text right before it, or with the value that holds else."""
    if statement.conditions:
        return _with_otherwise(statement)
    condition = _condition_before(statement)
    return statement if condition is None else replace(statement, conditions=(condition,))


def _condition_before(statement: Statement) -> Node | None:
    """The inequality in plain text that ends right before a formula: `if z_i > 0, `."""
    source, start = statement.source, statement.span.start
    begin = source.text.rfind("\n\n", 0, start) + 1
    found = _BEFORE.search(source.text, max(begin, start - 80), start)
    if found is None:
        return None
    node = _read(source, Span(*found.span("condition")))
    held = isinstance(node, Relation) and len(node.signs) == 1 and node.signs[0] in SIGNS
    return node if held and isinstance(node, Relation) and leaf_of(node.operands[0]) is not None else None


def _with_otherwise(statement: Statement) -> Statement:
    """`a if p and b otherwise` as cases; what is told of the rest and cannot be read is left, and so refused."""
    condition, source = statement.conditions[-1], statement.source
    end = max(condition.span.end, statement.span.end)
    if condition.span.start < statement.sides[-1].span.end or isinstance(statement.sides[-1], Rows):
        return statement
    sentence = _SENTENCE.match(source.text, end)
    assert sentence is not None
    if re.search(rf"\b{_WORD}", sentence[0], re.I) is None:
        return statement
    found = _VALUE_BEFORE.match(source.text, end) or _VALUE_BEHIND.match(source.text, end)
    span = Span(*found.span("value")) if found is not None else Span(end, sentence.end())
    value = None if found is None else _read(source, span)
    if value is None:
        return replace(statement, rest=Text(sentence[0].strip(), Span(end, sentence.end())))
    if isinstance(value, Relation):
        return statement
    assert found is not None
    whole = Span(statement.span.start, max(span.end, found.end()))
    rows = ((statement.sides[-1], condition), (value, Text("otherwise", span)))
    cases = Rows("cases", rows, statement.sides[-1].span.to(span))
    sides = (*statement.sides[:-1], cases)
    return replace(statement, sides=sides, conditions=statement.conditions[:-1], span=whole)


def _read(source: Source, span: Span) -> Node | None:
    """The one formula that stands there, its delimiters aside; None if it is none."""
    written = source.written(span)
    opening = next((sign for sign in ("$", "`", "\\(") if written.startswith(sign)), "")
    inner = Span(span.start + len(opening), span.end - len(opening))
    try:
        pieces = parse(source, inner, "text" if opening in ("", "`") else "latex")
    except SymbackpropError:
        return None
    return pieces[0].node if len(pieces) == 1 else None
