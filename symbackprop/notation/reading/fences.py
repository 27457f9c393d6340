"""Brackets of all kinds: `[p >= u]`, `{x if p; y otherwise}`, `‖W‖`, `|x|`, and what bears its sizes, `1_m`."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.notation.reading.differentials import DifferentialParser
from symbackprop.notation.reading.parser import NEIGHBOUR, OR, POWER, RELATIONS, SUM
from symbackprop.notation.reading.scripts import CLOSING
from symbackprop.notation.reading.syntax import Addition, Call, Cases, Indicator, Logic, Name, Node, Relation
from symbackprop.notation.source import Span

ONES, NORM = "1_", "‖"
_FENCES = ("(", "[", "{")


class FenceParser(DifferentialParser):
    """A parser that knows which brackets hold a condition."""

    bars = 0

    def _encloses(self, signs: tuple[str, ...]) -> bool:
        """Whether one of `signs` stands in the bracket that opens here, outside further brackets."""
        depth = 0
        for token in self.tokens[self.position :]:
            if token.is_operator(*_FENCES):
                depth += 1
            elif token.is_operator(*CLOSING.values()):
                depth -= 1
                if depth == 0:
                    return False
            elif depth == 1 and token.is_operator(*signs):
                return True
        return False

    def _encloses_after(self, signs: tuple[str, ...]) -> bool:
        self.position += 1
        found = self._encloses(signs)
        self.position -= 1
        return found

    def _iverson(self) -> Node:
        opened = self.advance()
        condition = self.expression()
        closed = self.expect("]", "after the condition")
        if not isinstance(condition, Relation | Logic):
            self.position -= 1
            self.refuse("expected a condition in [ ]", fix="Indices stand right after a name: x[i].")
        return self._made(Indicator(condition, opened.span.to(closed.span)))

    def _braces(self) -> Node:
        """Cases, a condition, or a group as LaTeX has them."""
        opened = self.advance()
        value = self.expression(OR)
        if self.at.is_word("if"):
            return self._braced_cases(value, opened.span)
        closed = self.expect("}", "to close the bracket")
        span = opened.span.to(closed.span)
        if isinstance(value, Relation | Logic):
            return self._made(Indicator(value, span))
        return replace(value, span=span)

    def _braced_cases(self, value: Node, start: Span) -> Cases:
        """`{a if p; b if q; c otherwise}`."""
        pieces: list[tuple[Node, Node]] = []
        while self.accept("if"):
            pieces.append((value, self.expression(OR)))
            self.accept(";", ",", "else")
            value = self.expression(SUM)
        self.accept(",")
        self.accept("otherwise", "else")
        closed = self.expect("}", "after the cases")
        return self._made(Cases(tuple(pieces), value, start.to(closed.span)))

    def _bar(self) -> Node:
        """`‖W‖` and `|x|`."""
        sign = self.advance()
        self.bars += 1
        inside = self.expression(SUM)
        closed = self.expect(sign.text, "to close the bar")
        self.bars -= 1
        name = Name(NORM if sign.text == "‖" else "abs", sign.span)
        return self._made(Call(name, (inside,), sign.span.to(closed.span)))

    def _group(self) -> Node:
        bars, self.bars = self.bars, 0
        start = self.position
        inside = super()._group()
        self.bars = bars
        if isinstance(inside, Relation) and "==" in inside.signs:
            self._refuse_equation(start)
        return inside

    def _refuse_equation(self, start: int) -> None:
        """`(a = b)` is no value; `(a == b)` and `[a = b]` are 1 or 0."""
        stop, self.position = self.position, start
        while self.position < stop:
            if self.at.is_operator("="):
                self.refuse(
                    "an equation in round brackets has no value", fix="Write [a = b] for 1 where they are equal."
                )
            self.position += 1

    def _root(self) -> Node:
        sign = self.advance()
        inside = self.expression(POWER)
        return self._made(Call(Name("sqrt", sign.span), (inside,), sign.span.to(inside.span)))

    def _ones(self) -> Node:
        """`1_m`, `1_(h×m)`, and `1_{z > 0}`."""
        start = self.advance().span
        if self.ahead().is_operator("{") and self._encloses_after(RELATIONS):
            self.advance()
            return self._braces()
        return self._sized(ONES, start)

    def _size(self) -> Node:
        """A sum of sizes, in which `*` is no product: `N - K + 1`."""
        first = self.expression(NEIGHBOUR)
        terms: list[tuple[str, Node]] = [("+", first)]
        while self.at.is_operator("+", "-"):
            terms.append((self.advance().text, self.expression(NEIGHBOUR)))
        if len(terms) == 1:
            return first
        return self._made(Addition(tuple(terms), first.span.to(terms[-1][1].span)))

    def _sized(self, name: str, start: Span) -> Call:
        """What bears its sizes below it."""
        self.advance()
        sizes: list[Node] = []
        if self.at.is_operator("(", "{"):
            closing = CLOSING[self.advance().text]
            sizes.append(self._size())
            while self.accept("*", ","):
                sizes.append(self._size())
            self.expect(closing, "after the sizes")
        elif self.at.kind == "number":
            sizes.append(self._number())
        else:
            sizes.append(self.name("a size"))
        return self._made(Call(Name(name, start), tuple(sizes), start.to(self.before.span)))
