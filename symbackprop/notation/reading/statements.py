"""The statements of a model file: tokens to records, before any name is looked up.

size n, h = 3, N >= K            declarations come in any order
input x[n] positive              also target, constant, parameter
tensor h[T,H]                    the shape of a tensor that an equation defines
samples m in columns             or rows
function f(x)                    opaque; or function f(x) = x sigmoid(x)
pad h                            reads of h outside its range are 0
z = W x + b                      or z[i] = ...; loss L = ...; cost J = ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symbackprop.errors import LimitError, NotationError, suggestion
from symbackprop.notation.reading.dialect import RELATIONS
from symbackprop.notation.reading.line import Line
from symbackprop.notation.reading.remedies import WORDS
from symbackprop.notation.reading.syntax import Name, Node, Relation
from symbackprop.notation.reading.trees import meant
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.tokens import Token

MAX_STATEMENTS = 2_000

ROLES = ("input", "target", "constant", "parameter", "tensor")
KEYWORDS = frozenset({*ROLES, "size", "samples", "function", "pad", "loss", "cost"})
FACTS = ("one_hot", "distribution", "positive", "binary", "integer")
SIDES = ("rows", "columns")


@dataclass(frozen=True, slots=True)
class SizeStatement:
    """`n` or `n = 2`."""

    name: Name
    value: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class SizeFact:
    """`N >= K`."""

    relation: Relation
    span: Span


@dataclass(frozen=True, slots=True)
class Declaration:
    """`x[n] positive` under the role of its line."""

    role: str
    name: Name
    shape: tuple[Node, ...]
    facts: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SamplesStatement:
    """`samples m in columns`."""

    size: SizeStatement
    side: str
    span: Span


@dataclass(frozen=True, slots=True)
class FunctionStatement:
    """`function f(x)`, perhaps with a formula."""

    name: Name
    variable: Name
    body: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Pad:
    """One name of a `pad` line."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class EquationStatement:
    """`z[i] = ...`; `role` is intermediate, loss or cost."""

    role: str
    name: Name
    indices: tuple[Name, ...]
    right: Node
    span: Span


Statement = SizeStatement | SizeFact | Declaration | SamplesStatement | FunctionStatement | Pad | EquationStatement


def parse_statements(lines: Iterable[tuple[Token, ...]], source: Source) -> tuple[Statement, ...]:
    """The statements in the tokens of lines; a line of several declarations gives one for each.

    Raises:
        NotationError: a line that is no statement.
        LimitError: too many statements, or one that is too deep or too long.
    """
    lines = tuple(lines)
    factors = frozenset(name for line in lines for name in _factors(line))
    found: list[Statement] = []
    for line in lines:
        found.extend(_statement(Line(line, source, factors)))
        if len(found) > MAX_STATEMENTS:
            raise LimitError(
                f"there are more than {MAX_STATEMENTS:,} statements",
                where=source.locate(line[0].span),
                fix="Split the model, or build it in Python with symbackprop.Network.",
            )
    return tuple(found)


def _factors(line: tuple[Token, ...]) -> Iterator[str]:
    """Names that a line declares as tensors or sizes, which are factors before a bracket and never functions."""
    if line[0].text in (*ROLES, "size", "samples"):
        depth = 0
        for token in line[1:]:
            depth += (token.kind == "open") - (token.kind == "close")
            if depth == 0 and token.kind == "word":
                yield token.text
    elif line[0].text not in ("function", "pad"):
        yield from (
            token.text for token in line[: 2 if line[0].text in ("loss", "cost") else 1] if token.kind == "word"
        )


def _statement(line: Line) -> tuple[Statement, ...]:
    first = line.at
    if first.text in KEYWORDS and line.tokens[1].text in ("=", "["):
        _refuse_keyword(line)
    if first.text == "size":
        return _several(line, _size)
    if first.text in ROLES:
        return _several(line, lambda rest: _declaration(rest, first.text))
    if first.text == "pad":
        return _several(line, _pad)
    if first.text == "samples":
        return (_samples(line),)
    if first.text == "function":
        return (_function(line),)
    return (_equation(line),)


def _refuse_keyword(line: Line) -> None:
    token = line.at
    example = {"loss": "loss L = ...", "cost": "cost J = ..."}.get(token.text)
    raise NotationError(
        f"{token.text} is a word of the language and cannot be a name",
        where=line.source.locate(token.span),
        fix=f"Write {example}" if example else "Take another name.",
        name=token.text,
    )


def _several(line: Line, one) -> tuple[Statement, ...]:
    """A keyword and what it declares, parted by commas."""
    line.advance()
    found = line.several(one)
    line.finish()
    return tuple(found)


def _sum(line: Line) -> Node:
    return meant(line.sum(), line)


def _new_name(line: Line, what: str) -> Name:
    """A name to declare."""
    if line.at.text in KEYWORDS | WORDS:
        line.refuse(what, fix=f"{line.at.text} is a word of the language; take another name.")
    return line.name(what)


def _size(line: Line) -> SizeStatement | SizeFact:
    start = line.at.span
    if line.named():
        position = line.position
        name = _new_name(line, "the name of a size")
        if line.accept("="):
            value = _sum(line)
            return SizeStatement(name, value, start.to(value.span))
        if line.at.text == "," or line.at.is_prose("in") or line.at.kind == "stop":
            return SizeStatement(name, None, start)
        line.position = position
    relation = meant(line.relation(), line)
    if not isinstance(relation, Relation):
        line.refuse("a size, its value or a fact", fix="Write size n, size n = 2 or size N >= K.")
    return SizeFact(relation, start.to(relation.span))


def _declaration(line: Line, role: str) -> Declaration:
    name = _new_name(line, f"the name of {'an' if role == 'input' else 'a'} {role}")
    shape: list[Node] = []
    if line.accept("["):
        shape = line.several(_sum)
        line.expect("]", "after the sizes")
    facts: list[Name] = []
    while line.named():
        if line.at.text not in FACTS:
            near = suggestion(line.at.text, FACTS)
            line.refuse("a fact, a comma or the end", near or f"Facts are {', '.join(FACTS)}.")
        facts.append(line.name("a fact"))
    if line.at.text == "(":
        line.refuse("a shape", fix=f"Shapes stand in square brackets: {name.name}[n].")
    if line.at.text == "=":
        line.refuse("a fact, a comma or the end", fix=_no_value(role, name.name))
    return Declaration(role, name, tuple(shape), tuple(facts), name.span.to(line.before.span))


def _no_value(role: str, name: str) -> str:
    if role == "tensor":
        return f"Declare the shape alone, tensor {name}[n], and give the equation a line of its own."
    return f"Values of {role}s are given when the model is used; for a formula write {name} = ... without {role}."


def _samples(line: Line) -> SamplesStatement:
    start = line.advance().span
    size = _size(line)
    if not isinstance(size, SizeStatement):
        line.refuse("the number of samples", fix="Write samples m in columns.")
    if not line.accept("in"):
        line.refuse("in rows or in columns", fix=f"Write samples {size.name.name} in columns.")
    side = line.accept(*SIDES) or line.refuse(
        "rows or columns", fix=f"Write samples {size.name.name} in rows, or in columns."
    )
    line.finish()
    return SamplesStatement(size, side.text, start.to(side.span))


def _function(line: Line) -> FunctionStatement:
    start = line.advance().span
    name = _new_name(line, "the name of a function")
    line.expect("(", f"after the name, as in function {name.name}(x)")
    variable = _new_name(line, "the name of its variable")
    if not line.accept(")"):
        line.refuse(") after the variable", fix="A function has one variable; more need an equation.")
    body = None
    if line.accept("="):
        line.factors = frozenset({*line.factors, variable.name})
        body = meant(line.condition(), line)
    line.finish()
    return FunctionStatement(name, variable, body, start.to(line.before.span))


def _pad(line: Line) -> Pad:
    name = line.name("the name of a tensor")
    if line.at.text == "[":
        line.refuse("a comma or the end", fix=f"The whole tensor is padded: pad {name.name}.")
    return Pad(name, name.span)


def _equation(line: Line) -> EquationStatement:
    start, role = line.at.span, "intermediate"
    if word := line.accept("loss", "cost"):
        role = word.text
    elif not any(token.is_sign("=") for token in line.tokens):
        _refuse_line(line)
    name = _new_name(line, "a name to define")
    indices: list[Name] = []
    if line.accept("["):
        indices = line.several(_left_index)
        line.expect("]", "after the indices")
    if not line.accept("="):
        line.refuse(f"= after {line.source.written(start.to(line.before.span))}", _left_fix(line))
    right = meant(line.condition(), line)
    line.finish()
    if isinstance(right, Relation):
        _refuse_second_equals(right, start, line)
    return EquationStatement(role, name, tuple(indices), right, start.to(right.span))


def _refuse_second_equals(right: Relation, start: Span, line: Line) -> None:
    """`z = a = b`, or an equation that took in the next line because it ends with an operator."""
    sign = next(
        token for token in line.tokens if token.is_any(RELATIONS) and token.span.start >= right.operands[0].span.end
    )
    before = [token for token in line.tokens if token.span.end <= sign.span.start]
    first, here = (line.source.locate(span).line for span in (start, sign.span))
    last = next((t for t in reversed(before) if line.source.locate(t.span).line < here), None)
    goes_on = f"Line {here - 1} ends with {last.text}, so the equation of line {first} goes on here." if last else None
    written = line.source.written(sign.span)
    compared = written != "=" and last is None
    raise NotationError(
        "a comparison where a value must stand" if compared else f"a second {written} in one equation",
        where=line.source.locate(sign.span),
        because=goes_on,
        fix=f"Finish line {here - 1}, or remove the {last.text} at its end." if last else _lone_fix(written),
        name=written,
    )


def _lone_fix(sign: str) -> str:
    return "Write one equation to a line." if sign == "=" else "A comparison is no value: write a if p else b."


def _left_fix(line: Line) -> str | None:
    if line.at.text == "(":
        return "A function is defined by function f(x) = ...; indices stand in square brackets."
    return "The left side of an equation is one name, with indices if need be: z = ... or z[i] = ..."


def _left_index(line: Line) -> Name:
    if not line.named():
        line.refuse(
            "the name of an index",
            fix="The left side stands for every entry: write h[t] = a if t = 0 else b.",
        )
    name = line.name("the name of an index")
    if line.at.is_sign("+", "-", "*", "/"):
        line.refuse(", or ] after an index", fix="Shift the index on the right side instead.")
    return name


def _refuse_line(line: Line) -> None:
    """A line without `=` that begins with no known keyword."""
    token = line.at
    near = suggestion(token.text, KEYWORDS) if line.named() else None
    raise NotationError(
        "this line is no statement",
        where=line.source.locate(token.span),
        fix=near or "A line is a declaration (size, input, parameter, ...) or an equation z = ...",
        name=line.source.written(token.span),
    )
