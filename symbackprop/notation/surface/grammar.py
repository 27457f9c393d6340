r"""Tokens to the pieces of a formula: one grammar for LaTeX and for plain text; `precedence` says what binds how tight.

Nothing here knows a model. What `f(x)`, `a^2`, `dz` or `a/b c` mean is left open, and so is which sums are claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Literal, NoReturn

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.brackets import MAX_DEPTH, matched
from symbackprop.notation.surface.dialects import LATEX, TEXT, Dialect
from symbackprop.notation.surface.latex import latex_tokens
from symbackprop.notation.surface.macros import Macro
from symbackprop.notation.surface.precedence import (
    BINARY_SIGNS,
    LOOSE_JOINTS,
    RELATION_SIGNS,
    TERM_SIGNS,
    TIGHT_JOINTS,
)
from symbackprop.notation.surface.text import text_tokens
from symbackprop.notation.surface.tokens import BIG, CLOSING, FRACTIONS, JOINING, QUANTIFIERS, Token
from symbackprop.notation.surface.tree import (
    Accent,
    Big,
    Braced,
    Dots,
    Empty,
    Fence,
    Listing,
    Logic,
    Node,
    Number,
    Piece,
    Product,
    Quotient,
    Range,
    Relation,
    Root,
    Rows,
    Scripted,
    Slice,
    Sum,
    Text,
    Word,
)

MAX_LENGTH = 50_000
MAX_DIGITS = 50
MAX_EXPONENT = 400

_SEPARATORS = frozenset({",", ";", ":", "|", "‖", "."})
_STOPS = frozenset({",", ";", ".", ":"})
_OPERANDS = frozenset({"number", "letter", "word", "open", "big", "accent", "dots", "begin", "script"})
_LEADS = ("", "gap", "and", ":", ".", ",", ";", "row", "⇒")
_PREFIXES = ("∂", "∇")
_OPEN_ENDED = (Product, Sum, Relation, Logic, Listing, Range, Slice, Big)
"""What keeps the braces around it, which would else be read with what stands beside them."""


def parse(
    source: Source, span: Span, markup: Literal["latex", "text"], macros: Iterable[Macro] = ()
) -> tuple[Piece, ...]:
    r"""The pieces of the formula in `span`, without delimiters as `$`; none if nothing but space stands there.

    Raises:
        NotationError: what cannot be read, with its place and how to mend it.
        LimitError: a formula too long or too deep.
    """
    if span.end - span.start > MAX_LENGTH:
        raise LimitError(
            f"this formula has {span.end - span.start:,} characters",
            where=source.locate(Span(span.start, span.start + 1)),
            because=f"A formula may have {MAX_LENGTH:,} characters.",
            fix="Split it into several formulas.",
        )
    tokens = latex_tokens(source, span, macros) if markup == "latex" else text_tokens(source, span)
    return Grammar(tokens, source, TEXT if markup == "text" else LATEX).pieces()


class Grammar:
    """Reads from left to right; `at` is the next token. `top` holds where no brackets are open."""

    def __init__(self, tokens: Sequence[Token], source: Source, dialect: Dialect) -> None:
        found = matched(tokens, source, dialect)
        self.tokens = list(found.tokens)
        self.closing = found.closing
        self.source = source
        self.dialect = dialect
        self.text = dialect.plain
        self.position = 0
        self.depth = 0
        self.top = dialect.apart
        self.slicing = False
        self.script_ends: set[int] = set()

    @property
    def at(self) -> Token:
        return self.tokens[self.position]

    def ahead(self, count: int = 1) -> Token:
        return self.tokens[min(self.position + count, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.at
        if token.kind != "stop":
            self.position += 1
        return token

    def since(self, start: int) -> Span:
        """From the token at place `start` to the last one read."""
        first, last = self.tokens[start].span, self.tokens[max(self.position - 1, start)].span
        return first.to(last)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.too_deep()

    def too_deep(self) -> NoReturn:
        raise LimitError(
            "this formula is nested too deep",
            where=self.source.locate(self.at.span),
            because=f"Signs, accents, powers and sums may go {MAX_DEPTH} levels down.",
            fix="Name a part of it in a line of its own.",
        )

    def refuse(self, expected: str, fix: str | None = None) -> NoReturn:
        """An error at the next token, which is named as it is written."""
        token = self._seen()
        written = self.source.written(token.span) or None
        place = token.span
        if token.kind == "stop":
            written = None
            place = Span(max(place.start - 1, 0), max(place.start, 1))
        found = f"found {written}" if written else self.dialect.ending
        raise NotationError(f"expected {expected}, but {found}", where=self.source.locate(place), fix=fix, name=written)

    def _seen(self) -> Token:
        """The next token with a width: the digit of `²`, and not the sign of a power before it."""
        ahead = self.tokens[self.position :]
        return next((token for token in ahead if token.span.end > token.span.start), ahead[-1])

    def go_to(self, offset: int) -> None:
        """Back to the first token that stands at `offset` of the text or behind it."""
        self.position = next(place for place, token in enumerate(self.tokens) if token.span.start >= offset)

    def refuse_operand(self) -> NoReturn:
        self.refuse(self.dialect.operand, self.fix(operand=True))

    # -------------------------------------------------------------------------------------------------------- pieces

    def pieces(self) -> tuple[Piece, ...]:
        """All pieces up to the end, or up to the brace that closes them."""
        found: list[Piece] = []
        while True:
            lead = self._lead()
            if self.at.kind in ("stop", "close", "end"):
                return tuple(found)
            if not found:
                lead = ""
            elif not lead:
                spoken = isinstance(found[-1].node, Text) or self.at.kind == "prose"
                lead = "and" if spoken else self.refuse("the end of the formula", self.fix())
            if (inside := self._unwrapped(lead)) is not None:
                found.extend(inside)
            else:
                found.append(Piece(lead, self._piece()))

    def _lead(self) -> str:
        """What stands before a piece; of several leads the weightiest."""
        lead = ""
        while True:
            token = self.at
            here = [token.space] if token.space in ("gap", "row") else []
            separates = token.is_any(_STOPS) or token.kind in ("row", "cell", "lead") or token.is_prose(*JOINING)
            if separates:
                kind = {"row": "row", "cell": "gap", "lead": "⇒", "prose": "and"}.get(token.kind, token.text)
                here.append(kind)
            lead = max((lead, *here), key=_LEADS.index)
            if not separates:
                return lead
            self.advance()

    def _unwrapped(self, lead: str) -> tuple[Piece, ...] | None:
        r"""The pieces in braces around whole statements, as of `\boxed{a = b}`; None if no such braces stand here."""
        if self.at.kind != "open" or self.at.text or self.position not in self.closing:
            return None
        start, close = self.position, self.closing[self.position]
        self.position = close + 1
        ends = self._piece_ends()
        self.position = start
        if not ends or self._holds_over(close):
            return None
        self.advance()
        self.deeper()
        inside = self.pieces()
        self.depth -= 1
        self.advance()
        return tuple(Piece(lead if place == 0 else piece.lead, piece.node) for place, piece in enumerate(inside))

    def _holds_over(self, close: int) -> bool:
        return any(t.kind == "command" and t.text == "over" for t in self.tokens[self.position : close])

    def _piece_ends(self) -> bool:
        token = self.at
        ended = token.kind in ("stop", "lead", "prose", "row", "cell", "close", "end")
        return ended or token.is_any(_STOPS) or token.space in ("gap", "row")

    def _piece(self) -> Node:
        """A statement, words of prose, or a listing with dots."""
        if self.at.kind == "prose":
            return self._prose()
        start = self.position
        if self._speaks():
            token = self.advance()
            return Text(token.text, token.span)
        node = self.relation()
        if self.at.kind == "command" and self.at.text == "over":
            node = self._over(node, start)
        return self._listed(node, start)

    def _speaks(self) -> bool:
        r"""Whether one word as `\text{direct}` stands apart."""
        token = self.at
        if token.kind != "word" or not self.source.text.startswith(("\\text", "\\mbox"), token.span.start):
            return False
        self.position += 1
        ends = self._piece_ends()
        self.position -= 1
        return ends

    def _listed(self, node: Node, start: int) -> Node:
        """`j = 1, …, n`, and two sides of a bar."""
        items, separators = [node], []
        while self.at.is_sign("|", "‖") or (
            self.at.is_sign(",")
            and (self.ahead().kind == "dots" or isinstance(items[-1], Dots) or self._counts_on(items[-1]))
        ):
            separators.append(self.advance().text)
            items.append(self.relation())
        return Listing(tuple(items), tuple(separators), self.since(start)) if separators else node

    def _counts_on(self, first: Node) -> bool:
        """Whether behind `l = L` stands `, L-1, …`: one value more before the dots."""
        if not isinstance(first, Relation) or first.signs != ("=",):
            return False
        at = self.position + 1
        while self.tokens[at].kind in ("letter", "word", "number") or self.tokens[at].is_sign("-", "+"):
            at += 1
        return self.tokens[at].is_sign(",") and self.tokens[at + 1].kind == "dots" and at > self.position + 1

    def _prose(self) -> Node:
        """Words; behind `for all`, the indices too."""
        start = self.position
        words = [self.advance().text]
        while self.at.kind == "prose" and not self.at.is_prose(*JOINING):
            words.append(self.advance().text)
        if words == ["for"] and self.at.kind == "word" and self.at.text in ("each", "all", "every", "any"):
            words.append(self.advance().text)
        said = Text(" ".join(words), self.since(start))
        if said.text.casefold() not in QUANTIFIERS or not self._starts_operand():
            return said
        items: list[Node] = [said, self.relation()]
        separators = [""]
        while self.at.is_sign(",") or self.at.is_prose("and"):
            before = self.position
            self.advance()
            if self._piece_ends() or not self._starts_operand():
                self.position = before
                break
            item = self.relation()
            if isinstance(item, Relation) and item.signs[0] in ("=", ":="):
                self.position = before
                break
            items.append(item)
            separators.append(",")
        return Listing(tuple(items), tuple(separators), self.since(start))

    # -------------------------------------------------------------------------------------- lists, within brackets

    def mixture(self, slicing: bool = False, cell: bool = False) -> Node:
        """What stands between brackets: one expression, or several with what stands between them."""
        outer = self.top, self.slicing
        self.top, self.slicing = False, slicing
        start = self.position
        parts: list[Node] = []
        between: list[str] = []
        while not self._closes():
            if self.at.kind == "command" and self.at.text == "over" and parts:
                parts = [self._over(_joined(parts, between, self.since(start)), start)]
                between = []
                continue
            if len(parts) > len(between):
                between.append(self._between(parts[-1]))
                if self._closes():
                    break
            parts.append(self._part())
        if len(parts) == len(between) and not (cell and parts):
            parts.append(self._empty())
        self.top, self.slicing = outer
        return _joined(parts, between[: len(parts) - 1], self.since(start))

    def _closes(self) -> bool:
        return self.at.kind in ("close", "end", "row", "cell", "stop")

    def _between(self, before: Node) -> str:
        token = self.at
        if token.is_any(_SEPARATORS) or token.kind == "lead":
            return self.advance().text
        if self._at_prose() or isinstance(before, Text):
            return ""
        self.refuse(", or a closing bracket", self.fix())

    def _at_prose(self) -> bool:
        return self.at.kind == "prose" and self.dialect.prose

    def _part(self) -> Node:
        start = self.position
        if self._at_prose():
            words = []
            while self.at.kind == "prose":
                words.append(self.advance().text)
            return Text(" ".join(words), self.since(start))
        if self.at.is_any(_SEPARATORS):
            return self._slice(None, start) if self._slices() else self._empty()
        part = self.condition()
        return self._slice(part, start) if self._slices() else part

    def _slices(self) -> bool:
        """Whether a colon is one of a slice: in `[ ]` and in scripts."""
        return self.at.is_sign(":") and self.slicing

    def _slice(self, low: Node | None, start: int) -> Slice:
        self.advance()
        ends = self._closes() or self.at.is_any(_SEPARATORS)
        return Slice(low, None if ends else self.condition(), self.since(start))

    def _over(self, above: Node, start: int) -> Node:
        r"""`a \over b`."""
        self.advance()
        below = self.mixture() if not self.top else self.relation()
        return Quotient(above, below, self.since(start))

    def _empty(self) -> Empty:
        place = self.at.span.start
        return Empty(Span(place, place))

    # ---------------------------------------------------------------------------------------------------- conditions

    def condition(self) -> Node:
        """Relations joined by `and`, and these by `or`."""
        start = first = self.position
        either: list[Node] = []
        both = [self.relation()]
        while self.at.is_prose("and", "or"):
            if self.advance().text == "or":
                either.append(self._all_of(both, first))
                both, first = [], self.position
            both.append(self.relation())
        node = self._all_of(both, first)
        return Logic("or", (*either, node), self.since(start)) if either else node

    def _all_of(self, operands: list[Node], start: int) -> Node:
        span = operands[0].span.to(operands[-1].span)
        return Logic("and", tuple(operands), span) if len(operands) > 1 else operands[0]

    def relation(self) -> Node:
        """A chain; at the top, a new row begins a new one."""
        start = self.position
        operands: list[Node] = [self._empty() if self._at_relation() else self.side()]
        signs: list[str] = []
        while self._at_relation():
            begun = signs or not isinstance(operands[0], Empty)
            if begun and self.top and self.at.space == "row":
                break
            signs.append(self.advance().text)
            operands.append(self.side())
        return Relation(tuple(operands), tuple(signs), self.since(start)) if signs else operands[0]

    def _at_relation(self) -> bool:
        if not self.at.is_any(RELATION_SIGNS):
            return False
        return not (self.position + 1 in self.script_ends and self.tokens[self.position - 1].kind == "open")

    def side(self) -> Node:
        """One side of a relation: a sum, a range, or cases as `a if p else b`."""
        start = self.position
        node = self.sum()
        if self._at_range():
            self.advance()
            node = Range(node, self.sum(), self.since(start))
        return self._conditional(node, start) if self.text and self.at.is_prose("if") else node

    def _at_range(self) -> bool:
        dotted = self.at.kind == "dots" and self.text and not self.top
        return self.at.is_sign("..") or dotted

    def _conditional(self, value: Node, start: int) -> Node:
        """`a if p else b if q else c`; without an else, the words that follow are prose."""
        before = self.position
        rows: list[tuple[Node, ...]] = []
        self.deeper()
        while self.at.is_prose("if"):
            self.advance()
            rows.append((value, self.condition()))
            if not self.at.is_prose("else"):
                if not self.dialect.prose:
                    self.refuse("else", "Write a if p else b.")
                self.position = before
                self.depth -= 1
                return value
            self.advance()
            value = self.sum()
        self.depth -= 1
        return Rows("cases", (*rows, (value,)), self.since(start))

    # --------------------------------------------------------------------------------------------- sums and products

    def sum(self) -> Node:
        """Terms with their signs."""
        start = self.position
        terms: list[tuple[str, Node]] = []
        if not self._at_term_sign():
            first = self.product()
            if not self._at_term_sign():
                return first
            terms.append(("+", first))
        while self._at_term_sign():
            sign = self.advance().text
            terms.append((sign, self.product()))
        return Sum(tuple(terms), self.since(start))

    def _at_term_sign(self) -> bool:
        return self.at.is_any(TERM_SIGNS) and not self._stands_alone()

    def _stands_alone(self) -> bool:
        """Whether a sign has no operand and needs none: at the end of a script, or alone in brackets."""
        if self.ahead().kind != "close" or not self.dialect.gaps:
            return False
        return self.position + 1 in self.script_ends or self.tokens[self.position - 1].kind == "open"

    def product(self) -> Node:
        """Factors joined by `*`, `⊙`, `×`, `⊗`."""
        start = self.position
        factors: list[tuple[str, Node]] = [("", self.neighbours())]
        while self.at.is_any(LOOSE_JOINTS) and not self._stands_alone():
            joint = self.advance().text
            factors.append((joint, self.neighbours()))
        return Product(tuple(factors), self.since(start)) if len(factors) > 1 else factors[0][1]

    def neighbours(self) -> Node:
        """Factors side by side, or joined by `·`, `@` and `/`."""
        start = self.position
        factors: list[tuple[str, Node]] = [("", self.factor())]
        while True:
            token = self.at
            if token.kind == "sign":
                if self._bars(factors):
                    continue
                if token.text not in BINARY_SIGNS or (token.text not in TIGHT_JOINTS and not self._stands_alone()):
                    break
                factors.append(self._joined_factor(token))
            elif self._starts_operand():
                self._check_numbers(factors[-1][0])
                if token.kind == "number" and not self.dialect.counted:
                    break
                node = self.factor(behind=True)
                if isinstance(node, Scripted) and isinstance(node.base, Empty):
                    factors[-1] = (factors[-1][0], _with_scripts(factors[-1][1], node))  # x{}^2
                else:
                    factors.append(("", node))
            else:
                break
        return Product(tuple(factors), self.since(start)) if len(factors) > 1 else factors[0][1]

    def _joined_factor(self, token: Token) -> tuple[str, Node]:
        if self._stands_alone():
            return "", self._lone_sign()
        self.advance()
        return token.text, self.factor(below=token.text == "/")

    def _starts_operand(self) -> bool:
        token = self.at
        if self.top and token.space in ("gap", "row"):
            return False
        return token.kind in _OPERANDS or (token.kind == "command" and token.text != "over")

    def _check_numbers(self, joint: str) -> None:
        """Two numbers side by side are no product that anybody writes, but `1/2 1/x`."""
        before = self.tokens[self.position - 1]
        numbers = self.at.kind == "number" and before.kind == "number"
        if numbers and joint != "/" and self.tokens[self.position - 2].kind != "script":
            self.refuse("an operator between two numbers", "Write * or · for their product.")

    def _lone_sign(self) -> Word:
        token = self.advance()
        return Word(token.text, token.span)

    def _bars(self, factors: list[tuple[str, Node]]) -> bool:
        r"""Whether a bar stood at the last factor, which takes it in: `f|_{x=1}`; `da1|z2`, the part by way of z2."""
        token = self.at
        if token.text == "|_":
            joint, node = factors.pop()
            self.advance()
            evaluated = Fence(".", node, node.span.to(token.span), False, "|")
            factors.append((joint, self.scripts(evaluated, node.span.start)))
            return True
        if token.text != "|" or not self._tight_bar():
            return False
        count = 2 if len(factors) > 1 and isinstance(factors[-1][1], Fence) and factors[-1][1].tight else 1
        of = factors[-count:]
        if not _is_differential(of[0][1]):
            return False
        base = Product((("", of[0][1]), *of[1:]), of[0][1].span.to(of[-1][1].span)) if count > 1 else of[0][1]
        factors[-count:] = [(of[0][0], self._by_way_of(base))]
        return True

    def _tight_bar(self) -> bool:
        bar, following = self.at, self.ahead()
        return self.text and not bar.space and not following.space and following.kind == "word"

    def _by_way_of(self, base: Node) -> Listing:
        self.advance()
        through = self.scripted()
        return Listing((base, through), ("|",), base.span.to(through.span))

    # ------------------------------------------------------------------------------------------------------- factors

    def factor(self, below: bool = False, behind: bool = False) -> Node:
        """An operand with its scripts, a sign or a prefix before it; `below` a slash, `behind` another factor."""
        self.deeper()
        start = self.position
        token = self.at
        if token.is_any(TERM_SIGNS) and not self._stands_alone():
            sign = self.advance().text
            inner = self.factor()
            node: Node = Sum(((sign, inner),), self.since(start))
        elif token.is_any(LOOSE_JOINTS) and not self._stands_alone() and not self.top and self.dialect.gaps:
            joint = self.advance().text
            inner = self.factor()
            node = Product(((joint, inner),), self.since(start))
        elif token.kind == "command" and token.text == "√":
            self.advance()
            body = self._bracketed(below=True)
            node = Root(body, None, self.since(start))
        else:
            node = self.scripted(behind)
            if token.kind == "word" and token.text in _PREFIXES and self._starts_operand():
                operand = self._bracketed(below or token.text == "∇")
                node = Product((("", node), ("", operand)), self.since(start))
        self.depth -= 1
        return node

    def _bracketed(self, below: bool) -> Node:
        """The operand of a prefix, with the indices at it, and above the line of a quotient with its argument."""
        start = self.position
        parts: list[tuple[str, Node]] = [("", self.factor(below))]
        while self.at.kind == "open" and not self.at.space and self._belongs(below):
            parts.append(("", self.scripted(True)))
        operand = Product(tuple(parts), self.since(start)) if len(parts) > 1 else parts[0][1]
        return self._by_way_of(operand) if self.at.is_sign("|") and self._tight_bar() else operand

    def _belongs(self, below: bool) -> bool:
        """Whether the bracket here belongs to the operand of a prefix."""
        if self.at.text == "[":
            return self.text
        close = self.closing.get(self.position)
        if below or self.at.text != "(" or close is None:
            return False
        behind = self.tokens[close + 1]
        return behind.kind == "close" or behind.is_sign("/")

    def scripted(self, behind: bool = False) -> Node:
        """An operand with what stands below and above it."""
        start, place = self.at.span.start, self.position
        base = self.operand(behind)
        if isinstance(base, Word) and base.text in BIG and self.at.kind == "script" and self.at.text == "_":
            return self._limited(base.text, place)
        return self.scripts(base, start)

    def scripts(self, base: Node, start: int) -> Node:
        below: list[Node] = []
        above: list[Node] = []
        primes = 0
        while self.at.kind in ("script", "prime"):
            token = self.advance()
            if token.kind == "prime":
                primes += 1
                continue
            raised = token.text == "^"
            if raised and (count := self._primed()):
                primes += count
                continue
            script = self.script()
            if not isinstance(script, Empty):
                (above if raised else below).append(script)
            if raised and self._turned(script):
                above.append(self._word())
        if primes and not below and self._at_number_of_function():
            below.append(self._number())  # g'1(z1), the activation of layer 1
        if not (below or above or primes):
            return base
        end = max(base.span.end, self.tokens[self.position - 1].span.end)
        return Scripted(base, tuple(below), tuple(above), primes, Span(start, end))

    def _at_number_of_function(self) -> bool:
        opened = self.ahead()
        tight = self.at.kind == "number" and not self.at.space and self.at.text.isdecimal()
        return tight and opened.kind == "open" and opened.text == "(" and not opened.space

    def _turned(self, script: Node) -> bool:
        """Whether a T stands right behind a mark in brackets, as in `W^[2]T`, where it is a mark as well."""
        tight = self.at.kind == "word" and self.at.text == "T" and not self.at.space
        return tight and self.text and self.dialect.marks and isinstance(script, Fence)

    def _primed(self) -> int:
        r"""The number of primes in `^{\prime\prime}` or `^\prime`, past which it moves; 0 where there are none."""
        if self.at.kind == "prime":
            self.advance()
            return 1
        if self.at.kind != "open" or self.position not in self.closing:
            return 0
        inside = self.tokens[self.position + 1 : self.closing[self.position]]
        if not inside or any(token.kind != "prime" for token in inside):
            return 0
        self.position = self.closing[self.position] + 1
        return len(inside)

    def script(self) -> Node:
        """What stands behind `^` or `_`: a group, or one token."""
        token = self.at
        if not self.dialect.marks and not self._starts_power():
            self.refuse("an exponent", self.fix())
        if token.kind == "open" and token.text in (("", "{") if self.text else ("",)):
            self.script_ends.add(self.closing[self.position])
            return self._group(slicing=True)
        if self.text and token.kind == "sign" and token.text in (TERM_SIGNS | {"⊙", "*"}) and self._tight_operand():
            start = self.position
            self.advance()
            self.deeper()
            inner = self.script()
            self.depth -= 1
            if token.text in TERM_SIGNS:
                return Sum(((token.text, inner),), self.since(start))
            return Product(((token.text, inner),), self.since(start))
        if token.kind == "sign" and (token.text in BINARY_SIGNS or not self.text):
            return self._lone_sign()
        if not self.text and token.kind == "number" and len(token.text) > 1:
            self._refuse_digits(token)
        return self.argument()

    def _starts_power(self) -> bool:
        token = self.at
        bracket = token.kind == "open" and token.text in ("", "(")
        turned = token.kind == "script" and self.ahead().text == "⊤"  # W^⊤, whose ⊤ is raised by itself
        return bracket or turned or token.kind in ("number", "word") or token.is_sign("-")

    def _refuse_digits(self, token: Token) -> NoReturn:
        r"""`x^12`, of which TeX sets the first digit alone as a script."""
        sign = self.tokens[self.position - 1].text
        raise NotationError(
            f"{sign}{token.text} sets only its first digit as a script",
            where=self.source.locate(token.span),
            fix=f"Write {sign}{{{token.text}}}, or a space after the {token.text[0]}.",
            name=token.text,
        )

    def _tight_operand(self) -> bool:
        following = self.ahead()
        tight = not following.space and following.kind in ("number", "word", "open")
        return tight or not self.dialect.gaps

    def argument(self) -> Node:
        """One token or one group, as a command of LaTeX takes it: of `12` the first digit, but `2.5` whole."""
        token = self.at
        if token.kind == "open" and not token.text:
            return self._group()
        if not self.text and token.kind == "number" and len(token.text) > 1 and token.text.isdecimal():
            first = Span(token.span.start, min(token.span.start + 1, token.span.end))
            rest = Span(first.end, token.span.end)
            self.tokens[self.position] = Token("number", token.text[1:], rest)
            return Number(Fraction(token.text[0]), token.text[0], first)
        if token.kind == "letter":
            self.advance()
            return Word(token.text, token.span, token.font)
        if token.kind not in _OPERANDS and token.kind != "command":
            self.refuse_operand()
        self.deeper()
        node = self.operand()
        self.depth -= 1
        return node

    def _group(self, slicing: bool = False) -> Node:
        """What stands in braces that nobody sees, without them."""
        self.advance()
        body = self.mixture(slicing)
        self._close_bracket()
        return body

    def _close_bracket(self) -> Token:
        if self.at.kind != "close":
            self.refuse("a closing bracket", self.fix())
        return self.advance()

    # ------------------------------------------------------------------------------------------------------ operands

    def operand(self, behind: bool = False) -> Node:
        """What a token begins, without scripts."""
        token = self.at
        match token.kind:
            case "number":
                return self._number()
            case "letter":
                return self._run()
            case "word":
                return self._big() if self._binds() else self._word()
            case "open":
                return self._fence(behind)
            case "big":
                return self._big()
            case "accent":
                return self._accent()
            case "command":
                return self._command()
            case "dots":
                return Dots(self.advance().span)
            case "begin":
                return self._rows()
            case "script":
                return self._empty()
            case "sign" if self._stands_alone() and self.position:
                return self._lone_sign()
            case "prime" if not self.top:
                return Word("′", self.advance().span)
        self.refuse_operand()

    def _number(self) -> Number:
        token = self.advance()
        if token.text in FRACTIONS:
            return Number(Fraction(*FRACTIONS[token.text]), token.text, token.span)
        digits, _, exponent = token.text.lower().partition("e")
        if len(digits) > MAX_DIGITS or len(exponent) > 9 or (exponent and abs(int(exponent)) > MAX_EXPONENT):
            raise LimitError(
                "this number is too long",
                where=self.source.locate(token.span),
                because=f"A number may have {MAX_DIGITS} digits and an exponent of up to {MAX_EXPONENT}.",
                fix="Round it, or give it a name.",
                name=token.text,
            )
        return Number(Fraction(digits.rstrip(".") + ("e" + exponent if exponent else "")), token.text, token.span)

    def _run(self) -> Node:
        """Letters side by side, with digits behind or among them."""
        start = self.position
        first = self.advance()
        text = first.text
        while not self.at.space and self._runs_on(first):
            text += self.advance().text
        return Word(text, self.since(start), first.font)

    def _runs_on(self, first: Token) -> bool:
        if self.at.kind == "number":
            return self.at.text.isdecimal()
        if self.at.is_sign("."):  # as code has it: `A1.T`, `np.dot`
            following = self.ahead()
            return following.kind == "letter" and not following.space
        return self.at.kind == "letter" and self.at.font == first.font

    def _word(self) -> Word:
        token = self.advance()
        return Word(token.text, token.span, token.font)

    def _binds(self) -> bool:
        r"""Whether a word is a big operator without limits, or of two words: `Σ` before a factor, `\arg\max`."""
        token, following = self.at, self.ahead()
        if (
            token.text == "arg"
            and self.dialect.limits
            and following.kind == "word"
            and following.text in ("max", "min")
        ):
            return True
        below = following.kind == "script" and following.text == "_"
        if self.text and token.text == "Sigma" and self.dialect.limits:
            return below or (following.kind in _OPERANDS and following.kind != "script" and following.space != "gap")
        return False

    def _big(self) -> Node:
        start = self.position
        token = self.advance()
        name = "sum" if token.text == "Sigma" else token.text
        if name == "arg":
            name += self.advance().text
        return self._limited(name, start)

    def _limited(self, name: str, start: int) -> Node:
        """A big operator with its limits, and the rest of the term as its body; without a body, a word."""
        word = Word(name, self.since(start), "upright")
        low: list[Node] = []
        high: list[Node] = []
        while self.at.kind == "script":
            (high if self.advance().text == "^" else low).append(self._limit())
        signed = self.at.is_sign("-", "+") and not self._stands_alone()
        if not (self._starts_operand() or signed):
            return Scripted(word, tuple(low), tuple(high), 0, self.since(start)) if low or high else word
        self.deeper()
        body = self._body(signed)
        self.depth -= 1
        return Big(name, _limits(low), _limits(high), body, self.since(start))

    def _limit(self) -> Node:
        limit = self.script()
        return limit.body if self.text and isinstance(limit, Fence) and limit.opening == "(" else limit

    def _body(self, signed: bool) -> Node:
        if not signed:
            return self.product()
        start = self.position
        sign = self.advance().text
        return Sum(((sign, self.product()),), self.since(start))

    def _accent(self) -> Accent:
        start = self.position
        kind = self.advance().text
        self.deeper()
        base = self.argument()
        self.depth -= 1
        return Accent(kind, base, self.since(start))

    def _command(self) -> Node:
        start = self.position
        match self.advance().text:
            case "frac":
                above = self.argument()
                below = self.argument()
                return Quotient(above, below, self.since(start))
            case "sqrt":
                degree = self._degree()
                body = self.argument()
                return Root(body, degree, self.since(start))
            case "brace":
                body = self.argument()
                remark: Node = self._empty()
                if self.at.kind == "script":
                    self.advance()
                    remark = self.script()
                return Braced(body, remark, self.since(start))
            case "remark":
                remark = self.argument()
                body = self.argument()
                return Braced(body, remark, self.since(start))
        self.position = start
        self.refuse_operand()

    def _degree(self) -> Node | None:
        if self.at.kind != "open" or self.at.text != "[":
            return None
        self.advance()
        degree = self.mixture()
        self._close_bracket()
        return degree

    # ------------------------------------------------------------------------------------------------ brackets, rows

    def _fence(self, behind: bool) -> Node:
        start, opened = self.position, self.advance()
        close = self.closing[start]
        if self.text and opened.text == "{" and self._holds_cases(close):
            return self._braced_cases(start)
        if opened.sized and opened.text == "{" and self.tokens[close].text == ".":
            return self._open_cases(start)
        body = self.mixture(opened.text == "[")
        closed = self._close_bracket()
        span = self.since(start)
        if not opened.text:
            return body if not isinstance(body, _OPEN_ENDED) else Fence("", body, span)
        if isinstance(body, Rows) and body.kind == "matrix" and opened.text in ("(", "["):
            return Rows("matrix", body.rows, span)
        closing = "" if closed.text == CLOSING[opened.text] else closed.text
        self._check_interval(opened, closed, closing, body)
        tight = behind and (not opened.space or (opened.space == " " and not self.text))
        return Fence(opened.text, body, span, tight, closing)

    def _check_interval(self, opened: Token, closed: Token, closing: str, body: Node) -> None:
        """`[0, 1)` may end so; `f(x]` may not."""
        if not closing or opened.sized or (isinstance(body, Listing) and body.separators == (",",)):
            return
        written = self.source.written(closed.span)
        raise NotationError(
            f"{written} cannot close {self.source.written(opened.span)}",
            where=self.source.locate(closed.span),
            fix=f"Write {CLOSING[opened.text]} here.",
            name=written,
        )

    def _holds_cases(self, close: int) -> bool:
        place = self.position
        while place < close:
            if self.tokens[place].is_prose("if"):
                return True
            place = self.closing.get(place, place) + 1
        return False

    def _braced_cases(self, start: int) -> Node:
        """`{a if p; b if q; c otherwise}`."""
        top, self.top = self.top, False
        rows: list[tuple[Node, ...]] = []
        while not self._closes():
            value = self.sum()
            if self.at.is_sign(","):
                self.advance()
            if self.at.is_prose("if"):
                self.advance()
                rows.append((value, self.condition()))
            else:
                rows.append((value,))
                if self.at.is_prose("otherwise", "else"):
                    self.advance()
            if self.at.is_sign(",", ";") or self.at.is_prose("else"):
                self.advance()
            elif not self._closes():
                self.refuse("; or the end of the cases", "Write {a if p; b otherwise}.")
        self.top = top
        self.advance()
        return Rows("cases", tuple(rows), self.since(start))

    def _open_cases(self, start: int) -> Node:
        r"""`\left\{ ... \right.`, with rows of its own or with an array."""
        rows = self._cells()
        if len(rows) == 1 and len(rows[0]) == 1 and isinstance(rows[0][0], Rows):
            rows = rows[0][0].rows
        self.advance()
        return Rows("cases", _valued(rows), self.since(start))

    def _rows(self) -> Node:
        start = self.position
        kind = self.advance().text
        rows = self._cells()
        self.advance()
        if kind == "stack":
            cells = tuple(cell for row in rows for cell in row)
            return _joined(list(cells), [","] * (len(cells) - 1), self.since(start))
        return Rows(kind, _valued(rows) if kind == "cases" else rows, self.since(start))

    def _cells(self) -> tuple[tuple[Node, ...], ...]:
        """Rows of cells up to the closing token; an empty row at the end is none."""
        rows: list[tuple[Node, ...]] = []
        cells: list[Node] = []
        while True:
            cells.append(self.mixture(cell=True))
            ended = self.at.kind
            if ended != "cell":
                rows.append(tuple(cells))
                cells = []
            if ended not in ("row", "cell"):
                break
            self.advance()
        if len(rows) > 1 and all(isinstance(cell, Empty) for cell in rows[-1]):
            rows.pop()
        return tuple(rows)

    # --------------------------------------------------------------------------------------------------------- fixes

    def fix(self, operand: bool = False) -> str | None:
        """How to mend what stands here, perhaps where an operand was expected."""
        before = self.tokens[self.position - 1]
        return self.dialect.remedy(self.at, before, self.source.written(self._seen().span), operand)


def _with_scripts(base: Node, marks: Scripted) -> Scripted:
    r"""The base with the scripts that stand at nothing right behind it: \(W^{[1]}{}^\top\)."""
    span = base.span.to(marks.span)
    if not isinstance(base, Scripted):
        return Scripted(base, marks.below, marks.above, marks.primes, span)
    below, above = base.below + marks.below, base.above + marks.above
    return Scripted(base.base, below, above, base.primes + marks.primes, span)


def _joined(parts: list[Node], between: list[str], span: Span) -> Node:
    return parts[0] if len(parts) == 1 else Listing(tuple(parts), tuple(between), span)


def _is_differential(node: Node) -> bool:
    """Whether it is `dz1`, `dz1_i` or the like, which alone has parts by way of others."""
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Word) and len(base.text) > 1 and base.text[0] == "d"


def _limits(found: list[Node]) -> Node | None:
    """The limit of a big operator; of two in one place, a listing."""
    if not found:
        return None
    return _joined(found, [""] * (len(found) - 1), found[0].span.to(found[-1].span))


def _valued(rows: tuple[tuple[Node, ...], ...]) -> tuple[tuple[Node, ...], ...]:
    """Rows of cases, each with its value in a cell of its own: `0, \\text{if } x < 0` without a `&` is parted."""
    return tuple(_parted(row[0]) if len(row) == 1 else row for row in rows)


def _parted(cell: Node) -> tuple[Node, ...]:
    if not isinstance(cell, Listing) or len(cell.items) < 2:
        return (cell,)
    value, *rest = cell.items
    span = rest[0].span.to(rest[-1].span)
    return value, _joined(rest, list(cell.separators[1:]), span)
