"""Tokens to a syntax tree, by operator precedence (a Pratt parser).

From loosest to tightest: `a if p else b`; `or`; `and`; relations; `+ -`; `* ⊙ /`; neighbours, `@` and `·`; `^`.
So `W x ⊙ y` is `(W x) ⊙ y`. Spaces decide one thing: neighbours after a slash are read from left to right where the
slash is tight and the neighbours are apart, `1/n sum(x)`; `1/2x`, `1 / 2 x` and `x^2y` can be read in two ways and are
refused.

Whether `f(x)` is a call or a product depends on what `f` is: `factors` names what can only be a factor.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from typing import NoReturn

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.reading.remedies import WORDS, fix_at, operand_fix
from symbackprop.notation.reading.syntax import (
    Addition,
    Call,
    Cases,
    Joint,
    Listed,
    Logic,
    Name,
    Named,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Range,
    Relation,
    Subscript,
    Transpose,
)
from symbackprop.notation.reading.tokens import DOT, HADAMARD, TRANSPOSE, Token
from symbackprop.notation.source import Source, Span

MAX_DEPTH = 60
MAX_NODES = 2_000
MAX_DIGITS = 50
MAX_EXPONENT = 400

CONDITIONAL, OR, AND, RELATION, SUM, PRODUCT, NEIGHBOUR, POWER = 0, 2, 4, 6, 8, 10, 12, 14

RELATIONS = ("=", "==", "!=", "<", "<=", ">", ">=")
_LEVELS = {
    "+": SUM, "-": SUM, "*": PRODUCT, HADAMARD: PRODUCT, "/": PRODUCT, "@": NEIGHBOUR, DOT: NEIGHBOUR,
    "^": POWER, TRANSPOSE: POWER, "[": POWER, **dict.fromkeys(RELATIONS, RELATION),
}  # fmt: skip
_WORD_LEVELS = {"if": CONDITIONAL, "or": OR, "and": AND}


class Parser:
    """Reads one statement's tokens from left to right; `at` is the next token."""

    def __init__(self, tokens: tuple[Token, ...], source: Source, factors: Collection[str] = ()) -> None:
        self.tokens = tokens
        self.source = source
        self.factors = factors
        self.position = 0
        self.depth = 0
        self.nodes = 0

    @property
    def at(self) -> Token:
        return self.tokens[self.position]

    @property
    def before(self) -> Token:
        return self.tokens[self.position - 1]

    def advance(self) -> Token:
        token = self.at
        if token.kind != "newline":
            self.position += 1
        return token

    def accept(self, *texts: str) -> Token | None:
        """The next token if it is one of these operators or words; else nothing moves."""
        if self.at.kind in ("operator", "name") and self.at.text in texts:
            return self.advance()
        return None

    def expect(self, text: str, what: str) -> Token:
        return self.accept(text) or self.refuse(f"expected {text} {what}")

    def name(self, what: str) -> Name:
        """A name that is no word of the language."""
        if self.at.kind != "name" or self.at.text in WORDS:
            self.refuse(f"expected {what}")
        token = self.advance()
        return self._made(Name(token.text, token.span))

    def ended(self) -> bool:
        return self.at.kind == "newline"

    def finish(self) -> None:
        """Nothing may follow."""
        if not self.ended():
            number = self.at.kind == "number"
            fix = "Write the number first, * before it, or ^ for a power." if number else None
            self.refuse("expected the end of the statement", fix)

    def refuse(self, what: str, fix: str | None = None) -> NoReturn:
        """An error at the next token, which is named."""
        if self.ended():
            shown, name = "the line ends", None
        else:
            name = self.source.written(self.at.span)
            shown = f"found {name}"
        raise NotationError(
            f"{what}, but {shown}", where=self.source.locate(self._spot()), fix=fix or fix_at(self.at), name=name
        )

    def _spot(self) -> Span:
        if self.ended() and self.position:
            return Span(self.before.span.end, self.before.span.end + 1)
        return self.at.span

    # ----------------------------------------------------------------------------------------------- expressions

    def expression(self, level: int = CONDITIONAL) -> Node:
        """What binds tighter than `level` from here on."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._too_deep()
        left = self._operand(level)
        while (power := self._level()) is not None and power >= level:
            left = self._extended(left, power)
        self.depth -= 1
        return left

    def _too_deep(self) -> NoReturn:
        raise LimitError(
            "this expression is nested too deep",
            where=self.source.locate(self.at.span),
            because=f"Brackets, signs, powers and the operators around them may go {MAX_DEPTH} levels down.",
            fix="Name a part of it in an equation of its own.",
            name=self.source.written(self.at.span),
        )

    def _made(self, node):
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise LimitError(
                f"this statement has more than {MAX_NODES:,} parts",
                where=self.source.locate(self.at.span),
                fix="Split it into several equations.",
            )
        return node

    def _level(self) -> int | None:
        """How tight the next token binds what stands before it; None if it does not continue an expression."""
        token = self.at
        if token.kind == "operator":
            return NEIGHBOUR if token.text == "(" else _LEVELS.get(token.text)
        if token.kind == "name":
            return _WORD_LEVELS.get(token.text, None if token.text in WORDS else NEIGHBOUR)
        return None

    def _operand(self, level: int) -> Node:
        token = self.at
        if token.kind == "number":
            return self._number()
        if token.is_operator("("):
            return self._group()
        if token.is_operator("-", "+"):
            self.advance()
            operand = self.expression(max(level, PRODUCT))
            span = token.span.to(operand.span)
            return self._made(Negative(operand, span)) if token.text == "-" else replace(operand, span=span)
        if token.kind == "name" and token.text not in WORDS:
            name = self.name("a name")
            calls = self.at.is_operator("(") and name.name not in self.factors
            return self._call(name) if calls else name
        self.refuse("expected a number, a name or (", operand_fix(token, self.before))

    def _group(self) -> Node:
        opened = self.advance()
        inside = self.expression()
        closed = self.expect(")", "to close the bracket")
        return replace(inside, span=opened.span.to(closed.span))

    def _is_factor(self) -> bool:
        return False  # claims have numbers behind a factor

    def _number(self) -> Number:
        token = self.advance()
        digits, _, exponent = token.text.lower().partition("e")
        if len(digits) > MAX_DIGITS or (exponent and abs(int(exponent[:9])) > MAX_EXPONENT) or len(exponent) > 9:
            raise LimitError(
                "this number is too long",
                where=self.source.locate(token.span),
                because=f"A number may have {MAX_DIGITS} digits and an exponent of up to {MAX_EXPONENT}.",
                fix="Round it, or declare a constant for it.",
                name=token.text,
            )
        if self.at.kind == "number" and not self._is_factor():
            self.refuse("expected an operator between two numbers", fix="Write * for their product.")
        return self._made(Number(Fraction(token.text), token.span))

    def _extended(self, left: Node, level: int) -> Node:
        """`left` with the operator that stands next and its right side."""
        if level == POWER:
            return self._postfix(left)
        if level == NEIGHBOUR:
            return self._neighbours(left)
        if level == PRODUCT:
            return self._product(left)
        if level == SUM:
            return self._addition(left)
        if level == RELATION:
            return self._relation(left)
        if level == CONDITIONAL:
            return self._cases(left)
        return self._logic(left, level)

    def _addition(self, left: Node) -> Addition:
        terms = [("+", left)]
        while sign := self.accept("+", "-"):
            terms.append((sign.text, self.expression(PRODUCT)))
        return self._made(Addition(tuple(terms), left.span.to(terms[-1][1].span)))

    def _product(self, left: Node) -> Product:
        """Factors joined by `*`, `⊙` and `/`, from left to right."""
        factors: list[tuple[Joint, Node]] = [("", left)]
        while joint := self.accept("*", HADAMARD, "/"):
            if joint.text != "/":
                factors.append((joint.text, self.expression(NEIGHBOUR)))
                continue
            divisor = self.expression(POWER)
            factors.append(("/", divisor))
            self._after_slash(joint, divisor, factors)
        return self._made(Product(tuple(factors), left.span.to(factors[-1][1].span)))

    def _after_slash(self, slash: Token, divisor: Node, factors: list[tuple[Joint, Node]]) -> None:
        """What follows `a/b` without an operator between, which is read from left to right, or refused."""
        if joint := self.accept("@", DOT):
            factors.append((joint.text, self.expression(NEIGHBOUR)))
        elif self._level() == NEIGHBOUR:
            above = factors[-2][1]
            tight = above.span.end == slash.span.start and slash.span.end == divisor.span.start
            if not tight or self.at.span.start == divisor.span.end:
                following = self.expression(POWER)
                a, b, c = (self.source.written(node.span) for node in (above, divisor, following))
                self._two_readings(above.span.to(following.span), f"({a}/{b}) {c}", f"{a}/({b} {c})")
            factors.append(("", self.expression(NEIGHBOUR)))

    def _neighbours(self, left: Node) -> Product:
        """Factors side by side or joined by `@` or `·`, from left to right."""
        factors: list[tuple[Joint, Node]] = [("", left)]
        while self._level() == NEIGHBOUR:
            joint = self.accept("@", DOT)
            factors.append((joint.text if joint else "", self.expression(POWER)))
        return self._made(Product(tuple(factors), left.span.to(factors[-1][1].span)))

    def _two_readings(self, span: Span, first: str, second: str) -> NoReturn:
        written = self.source.written(span)
        raise NotationError(
            f"{written} can be read in two ways",
            where=self.source.locate(span),
            fix=f"Write {first} or {second}.",
            name=written,
        )

    def _relation(self, left: Node) -> Relation:
        operands, signs = [left], []
        while sign := self.accept(*RELATIONS):
            signs.append("==" if sign.text == "=" else sign.text)
            operands.append(self.expression(SUM))
        return self._made(Relation(tuple(operands), tuple(signs), left.span.to(operands[-1].span)))

    def _logic(self, left: Node, level: int) -> Logic:
        word = "or" if level == OR else "and"
        operands = [left]
        while self.accept(word):
            operands.append(self.expression(level + 1))
        return self._made(Logic(word, tuple(operands), left.span.to(operands[-1].span)))

    def _cases(self, left: Node) -> Cases:
        """`a if p else b if q else c`, any number of pieces."""
        pieces, value = [], left
        while self.accept("if"):
            pieces.append((value, self.expression(OR)))
            if not self.accept("else"):
                self.refuse("expected else", fix="Write a if p else b.")
            value = self.expression(OR)
        return self._made(Cases(tuple(pieces), value, left.span.to(value.span)))

    # -------------------------------------------------------------------------------------------- powers and calls

    def _postfix(self, left: Node) -> Node:
        if self.at.is_operator("["):
            return self._subscript(left)
        sign = self.advance()
        if sign.text == TRANSPOSE:
            return self._deeper(Transpose(left, left.span.to(sign.span)))
        if self.at.is_word("T") or self.at.is_operator(TRANSPOSE):
            return self._deeper(Transpose(left, left.span.to(self.advance().span)))
        exponent = self._exponent()
        self._after_exponent(left, sign, exponent)
        return self._deeper(Power(left, exponent, left.span.to(exponent.span)))

    def _deeper(self, node: Node) -> Node:
        """A node around another: each counts as a level while the operand lasts."""
        chain, inner = 0, node
        while isinstance(inner, Transpose | Power | Subscript):
            chain, inner = chain + 1, inner.base
            if chain > MAX_DEPTH:
                self._too_deep()
        return self._made(node)

    def _subscript(self, base: Node) -> Node:
        self.advance()
        indices = [self.expression()]
        while self.accept(","):
            indices.append(self.expression())
        closed = self.expect("]", "after the indices")
        return self._deeper(Subscript(base, tuple(indices), base.span.to(closed.span)))

    def _exponent(self) -> Node:
        """A number, a name, an entry or a bracket, with a sign and a power of its own if need be."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._too_deep()
        if minus := self.accept("-"):
            inner = self._exponent()
            exponent: Node = self._made(Negative(inner, minus.span.to(inner.span)))
        elif self.at.is_operator("("):
            exponent = self._group()
        elif self.at.kind == "number":
            exponent = self._number()
        else:
            exponent = self.name("an exponent")
            if self.at.is_operator("["):
                exponent = self._subscript(exponent)
        if not isinstance(exponent, Negative) and self.at.is_operator("^"):
            self.advance()
            inner = self._exponent()
            exponent = self._made(Power(exponent, inner, exponent.span.to(inner.span)))
        self.depth -= 1
        return exponent

    def _after_exponent(self, base: Node, sign: Token, exponent: Node) -> None:
        """`x^2y` and `x^n(1 - x)` are refused; `x²y` and `x^2(1 - x)` are not, for nothing else can be meant."""
        apart = self.at.span.start > exponent.span.end or sign.span.start == sign.span.end
        named = not isinstance(exponent, Number) and self.source.text[exponent.span.end - 1] != ")"
        glued_bracket = self.at.is_operator("(") and named
        if apart or not (glued_bracket or (self.at.kind == "name" and self.at.text not in WORDS)):
            return
        following = self.expression(POWER)
        first, power, more = (self.source.written(node.span) for node in (base, exponent, following))
        span = base.span.to(following.span)
        self._two_readings(span, f"{first}^{power} {more}", f"{first}^({power} {more})")

    def _call(self, function: Name) -> Call:
        self.advance()
        arguments = [] if self.at.is_operator(")") else [self._argument()]
        while self.accept(","):
            arguments.append(self._argument())
        closed = self.expect(")", f"after the arguments of {function.name}")
        return self._made(Call(function, tuple(arguments), function.span.to(closed.span)))

    def _argument(self) -> Node:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if self.at.kind != "name" or not following.is_operator("="):
            return self._value()
        name = self.name("a name")
        self.advance()
        value = self._value()
        if self.accept(".."):
            high = self.expression()
            value = self._made(Range(value, high, value.span.to(high.span)))
        return self._made(Named(name, value, name.span.to(value.span)))

    def _value(self) -> Node:
        """One argument, or a list of them in brackets."""
        if not self.at.is_operator("["):
            return self.expression()
        opened = self.advance()
        parts = [self.expression()]
        while self.accept(","):
            parts.append(self.expression())
        closed = self.expect("]", "after the list")
        return self._made(Listed(tuple(parts), opened.span.to(closed.span)))
