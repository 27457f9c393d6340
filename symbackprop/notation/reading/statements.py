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

from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.errors import LimitError, NotationError, suggestion
from symbackprop.notation.reading.lexer import statements
from symbackprop.notation.reading.parser import RELATION, RELATIONS, SUM, Parser
from symbackprop.notation.reading.remedies import WORDS
from symbackprop.notation.reading.syntax import Name, Node, Relation
from symbackprop.notation.reading.tokens import Token
from symbackprop.notation.source import Source, Span

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


def parse_statements(tokens: tuple[Token, ...], source: Source) -> tuple[Statement, ...]:
    """The statements of a text; a line of several declarations gives one for each.

    Raises:
        NotationError: a line that is no statement.
        LimitError: too many statements, or one that is too deep or too long.
    """
    lines = tuple(statements(tokens))
    factors = frozenset(name for line in lines for name in _factors(line))
    found: list[Statement] = []
    for line in lines:
        found.extend(_statement(Parser(line, source, factors)))
        if len(found) > MAX_STATEMENTS:
            raise LimitError(
                f"there are more than {MAX_STATEMENTS:,} statements",
                where=source.locate(line[0].span),
                fix="Split the model, or build it in Python with symbackprop.Network.",
            )
    return tuple(found)


def _factors(line: tuple[Token, ...]) -> Iterator[str]:
    """Names that a line declares as tensors or sizes, which are factors before a bracket and never functions."""
    if line[0].is_word(*ROLES, "size", "samples"):
        depth = 0
        for token in line[1:]:
            depth += token.is_operator("(", "[") - token.is_operator(")", "]")
            if depth == 0 and token.kind == "name":
                yield token.text
    elif not line[0].is_word("function", "pad"):
        yield from (token.text for token in line[: 2 if line[0].is_word("loss", "cost") else 1] if token.kind == "name")


def _statement(parser: Parser) -> tuple[Statement, ...]:
    first = parser.at
    if first.is_word(*KEYWORDS) and parser.tokens[1].is_operator("=", "["):
        _refuse_keyword(parser)
    if first.is_word("size"):
        return _several(parser, _size)
    if first.is_word(*ROLES):
        return _several(parser, lambda p: _declaration(p, first.text))
    if first.is_word("pad"):
        return _several(parser, _pad)
    if first.is_word("samples"):
        return (_samples(parser),)
    if first.is_word("function"):
        return (_function(parser),)
    return (_equation(parser),)


def _refuse_keyword(parser: Parser) -> None:
    token = parser.at
    example = {"loss": "loss L = ...", "cost": "cost J = ..."}.get(token.text)
    raise NotationError(
        f"{token.text} is a word of the language and cannot be a name",
        where=parser.source.locate(token.span),
        fix=f"Write {example}" if example else "Take another name.",
        name=token.text,
    )


def _several(parser: Parser, one) -> tuple[Statement, ...]:
    """A keyword and what it declares, parted by commas."""
    parser.advance()
    found = [one(parser)]
    while parser.accept(","):
        found.append(one(parser))
    parser.finish()
    return tuple(found)


def _new_name(parser: Parser, what: str) -> Name:
    """A name to declare."""
    if parser.at.is_word(*KEYWORDS, *WORDS):
        parser.refuse(f"expected {what}", fix=f"{parser.at.text} is a word of the language; take another name.")
    return parser.name(what)


def _size(parser: Parser) -> SizeStatement | SizeFact:
    start = parser.at.span
    if parser.at.kind == "name":
        position = parser.position
        name = _new_name(parser, "the name of a size")
        if parser.accept("="):
            value = parser.expression(SUM)
            return SizeStatement(name, value, start.to(value.span))
        if parser.at.is_operator(",") or parser.at.is_word("in") or parser.ended():
            return SizeStatement(name, None, start)
        parser.position = position
    relation = parser.expression(RELATION)
    if not isinstance(relation, Relation):
        parser.refuse("expected a size, its value or a fact", fix="Write size n, size n = 2 or size N >= K.")
    return SizeFact(relation, start.to(relation.span))


def _declaration(parser: Parser, role: str) -> Declaration:
    name = _new_name(parser, f"the name of {'an' if role == 'input' else 'a'} {role}")
    shape: list[Node] = []
    if parser.accept("["):
        shape.append(parser.expression(SUM))
        while parser.accept(","):
            shape.append(parser.expression(SUM))
        parser.expect("]", "after the sizes")
    facts: list[Name] = []
    while parser.at.kind == "name":
        if not parser.at.is_word(*FACTS):
            near = suggestion(parser.at.text, FACTS)
            parser.refuse("expected a fact, a comma or the end", near or f"Facts are {', '.join(FACTS)}.")
        facts.append(parser.name("a fact"))
    if parser.at.is_operator("("):
        parser.refuse("expected a shape", fix=f"Shapes stand in square brackets: {name.name}[n].")
    if parser.at.is_operator("="):
        parser.refuse("expected a fact, a comma or the end", fix=_no_value(role, name.name))
    return Declaration(role, name, tuple(shape), tuple(facts), name.span.to(parser.before.span))


def _no_value(role: str, name: str) -> str:
    if role == "tensor":
        return f"Declare the shape alone, tensor {name}[n], and give the equation a line of its own."
    return f"Values of {role}s are given when the model is used; for a formula write {name} = ... without {role}."


def _samples(parser: Parser) -> SamplesStatement:
    start = parser.advance().span
    size = _size(parser)
    if not isinstance(size, SizeStatement):
        parser.refuse("expected the number of samples", fix="Write samples m in columns.")
    if not parser.accept("in"):
        parser.refuse("expected in rows or in columns", fix=f"Write samples {size.name.name} in columns.")
    side = parser.accept(*SIDES) or parser.refuse(
        "expected rows or columns", fix=f"Write samples {size.name.name} in rows, or in columns."
    )
    parser.finish()
    return SamplesStatement(size, side.text, start.to(side.span))


def _function(parser: Parser) -> FunctionStatement:
    start = parser.advance().span
    name = _new_name(parser, "the name of a function")
    parser.expect("(", f"after the name, as in function {name.name}(x)")
    variable = _new_name(parser, "the name of its variable")
    if not parser.accept(")"):
        parser.refuse("expected ) after the variable", fix="A function has one variable; more need an equation.")
    body = None
    if parser.accept("="):
        parser.factors = frozenset({*parser.factors, variable.name})
        body = parser.expression()
    parser.finish()
    return FunctionStatement(name, variable, body, start.to(parser.before.span))


def _pad(parser: Parser) -> Pad:
    name = parser.name("the name of a tensor")
    if parser.at.is_operator("["):
        parser.refuse("expected a comma or the end", fix=f"The whole tensor is padded: pad {name.name}.")
    return Pad(name, name.span)


def _equation(parser: Parser) -> EquationStatement:
    start, role = parser.at.span, "intermediate"
    if word := parser.accept("loss", "cost"):
        role = word.text
    elif not any(token.is_operator("=") for token in parser.tokens):
        _refuse_line(parser)
    name = _new_name(parser, "a name to define")
    indices: list[Name] = []
    if parser.accept("["):
        indices.append(_left_index(parser))
        while parser.accept(","):
            indices.append(_left_index(parser))
        parser.expect("]", "after the indices")
    if not parser.accept("="):
        parser.refuse(f"expected = after {parser.source.written(start.to(parser.before.span))}", _left_fix(parser))
    right = parser.expression()
    parser.finish()
    if isinstance(right, Relation):
        _refuse_second_equals(right, start, parser)
    return EquationStatement(role, name, tuple(indices), right, start.to(right.span))


def _refuse_second_equals(right: Relation, start: Span, parser: Parser) -> None:
    """`z = a = b`, or an equation that took in the next line because it ends with an operator."""
    sign = next(
        token
        for token in parser.tokens
        if token.is_operator(*RELATIONS) and token.span.start >= right.operands[0].span.end
    )
    before = [token for token in parser.tokens if token.span.end <= sign.span.start]
    first, here = (parser.source.locate(span).line for span in (start, sign.span))
    last = next((t for t in reversed(before) if parser.source.locate(t.span).line < here), None)
    goes_on = f"Line {here - 1} ends with {last.text}, so the equation of line {first} goes on here." if last else None
    compared = sign.text != "=" and last is None
    raise NotationError(
        "a comparison where a value must stand" if compared else f"a second {sign.text} in one equation",
        where=parser.source.locate(sign.span),
        because=goes_on,
        fix=f"Finish line {here - 1}, or remove the {last.text} at its end." if last else _lone_fix(sign),
        name=sign.text,
    )


def _lone_fix(sign: Token) -> str:
    return "Write one equation to a line." if sign.text == "=" else "A comparison is no value: write a if p else b."


def _left_fix(parser: Parser) -> str | None:
    if parser.at.is_operator("("):
        return "A function is defined by function f(x) = ...; indices stand in square brackets."
    return "The left side of an equation is one name, with indices if need be: z = ... or z[i] = ..."


def _left_index(parser: Parser) -> Name:
    if parser.at.kind != "name":
        parser.refuse(
            "expected the name of an index",
            fix="The left side stands for every entry: write h[t] = a if t = 0 else b.",
        )
    name = parser.name("the name of an index")
    if parser.at.is_operator("+", "-", "*", "/"):
        parser.refuse("expected , or ] after an index", fix="Shift the index on the right side instead.")
    return name


def _refuse_line(parser: Parser) -> None:
    """A line without `=` that begins with no known keyword."""
    token = parser.at
    near = suggestion(token.text, KEYWORDS) if token.kind == "name" else None
    raise NotationError(
        "this line is no statement",
        where=parser.source.locate(token.span),
        fix=near or "A line is a declaration (size, input, parameter, ...) or an equation z = ...",
        name=parser.source.written(token.span),
    )
