"""Tokens of a claim to syntax trees: what a model file has, and what people write around derivatives.

A sum without brackets reaches as far as a product does: to the next `+`, `-` or relation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from symbackprop.algebra.symbols import part_of
from symbackprop.notation.reading.fences import FenceParser
from symbackprop.notation.reading.parser import NEIGHBOUR, POWER, PRODUCT, RELATIONS, SUM, WORDS
from symbackprop.notation.reading.scripts import CLOSING, Below
from symbackprop.notation.reading.syntax import (
    Addition,
    Call,
    Indicator,
    Name,
    Named,
    Node,
    Number,
    Partial,
    Power,
    Range,
    Subscript,
    Transpose,
)
from symbackprop.notation.reading.tokens import BY_WAY_OF, HADAMARD, TRANSPOSE, Token

BINDERS = {"sum": "sum", "Sigma": "sum", "max": "max", "argmax": "argmax"}
IDENTITY, DELTA = "I_", "delta"
_UPDATES = (":=", "-=", "+=")
_QUANTIFIERS = ("for", "each", "all", "every", "any", "and")
_ENDS = frozenset({"for", "otherwise", "where"})
_MODULES = ("np.", "numpy.", "jnp.", "torch.", "math.")
_EXPONENTIAL = "e"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The sides of a claim, how they are joined, and the indices for each of which it is said."""

    sides: tuple[Node, ...]
    kind: Literal["equality", "update"]
    each: tuple[Name, ...]


class ClaimParser(FenceParser):
    """Reads one claim."""

    def claim(self) -> Parsed:
        """The sides.

        Raises:
            NotationError: the statement is no claim.
            LimitError: it is too long or too deep.
        """
        sides = [self._root_of_arguments() or self._side()]
        if sign := self.accept(*_UPDATES):
            return self._update(sides[0], sign)
        while self.accept("=", "=="):
            sides.append(self._side())
        if self.at.is_operator("≈", "∝"):
            self.refuse("a claim is an equality", fix="Write = between exact formulas; ≈ leaves open what is claimed.")
        each = self._each()
        self._finish()
        if len(sides) == 1:
            self.refuse("expected = after the first side")
        return Parsed(tuple(sides), "equality", each)

    def _root_of_arguments(self) -> Node | None:
        """`L(a2, y) = ...`: the loss, what it is a function of being named beside it."""
        if self.at.text not in self.lexicon.roots or not self.ahead().is_operator("("):
            return None
        start, name = self.position, self.scripted()
        self.advance()
        while self.at.kind == "name" and self.at.text not in WORDS:
            self.scripted()
            self.accept(",", ";")
        if self.accept(")") and self.at.is_operator("="):
            return name
        self.position = start
        return None

    def _side(self) -> Node:
        side = self.expression(SUM)
        return self._cases(side) if self.at.is_word("if") else side

    def _update(self, target: Node, sign: Token) -> Parsed:
        value = self._side()
        if sign.text != ":=":
            value = self._made(Addition((("+", target), (sign.text[0], value)), target.span.to(value.span)))
        each = self._each()
        self._finish()
        return Parsed((target, value), "update", each)

    def _each(self) -> tuple[Name, ...]:
        """`for each s`, `for all i, j`; a comma may stand before."""
        start = self.position
        self.accept(",", ";")
        if not self.at.is_word("for", "forall"):
            self.position = start
            return ()
        while self.accept(*_QUANTIFIERS, "forall"):
            pass
        names = [self.name("an index")]
        while self.accept(",", "and"):
            names.append(self.name("an index"))
        return tuple(names)

    def _finish(self) -> None:
        self.accept(".", ",", ";")
        if self.at.is_operator("⊗"):
            self.refuse("⊗ can be an outer product or a product entry by entry", fix="Write u vᵀ or u ⊙ v.")
        if self.at.is_operator(*RELATIONS):
            self.refuse("a claim is an equality", fix="Write = between the sides.")
        self.finish()

    # ---------------------------------------------------------------------------------------------------- precedence

    def _level(self) -> int | None:
        token = self.at
        if token.is_operator("["):
            return NEIGHBOUR if self._encloses(RELATIONS) else POWER
        if token.is_operator("'", "_"):
            return POWER
        if token.is_operator("∂", "∇", "√", "{") or self._is_factor():
            return NEIGHBOUR
        if self._is_part():
            return POWER
        if token.is_operator("‖", "|"):
            return None if self.bars else NEIGHBOUR
        if token.is_word(*_ENDS) and not self.lexicon.knows(token.text):
            return None
        return super()._level()

    def _is_factor(self) -> bool:
        """Whether a number begins here that may stand behind a factor: `1_m`, `1ᵀ`, `1[z > 0]`, or any after `]`."""
        if self.at.kind != "number":
            return False
        if self.before.is_operator("]", ")") and self.before.span.end < self.at.span.start:
            return True
        if self.at.text != "1":
            return False
        following = self.ahead()
        return following.is_operator("_", TRANSPOSE, "[", "{") or (
            following.is_operator("^") and self.ahead(2).is_word("T")
        )

    def _operand(self, level: int) -> Node:
        token = self.at
        if token.kind == "operator" and (read := _OPERANDS.get(token.text)) is not None:
            return read(self)
        if token.kind == "number" and token.text == "1" and self.ahead().is_operator("_"):
            return self._ones()
        if token.kind == "name" and token.text not in WORDS:
            return self._word()
        return super()._operand(level)

    # ----------------------------------------------------------------------------------------------- names and calls

    def _word(self) -> Node:
        """A name, a call, a sum, a delta or a quotient of differentials."""
        token = self.at
        for module in _MODULES:
            if token.text.startswith(module) and not self.lexicon.knows(token.text):
                token = replace(token, text=token.text.removeprefix(module))
                self.tokens = (*self.tokens[: self.position], token, *self.tokens[self.position + 1 :])
        head, _, tail = token.text.partition("_")
        own = self.lexicon.knows(token.text) or token.text in self.lexicon.functions
        if head in BINDERS and not self.lexicon.knows(head) and (not own or head == token.text):
            return self._big(BINDERS[head], tail)
        if head == "nabla" and not own and (tail or self.ahead().is_operator("_")):
            return self._spelled_nabla(tail)
        if head == DELTA and (kronecker := self._kronecker(tail)) is not None:
            return kronecker
        if head == "I" and not own and (tail or self.ahead().is_operator("_", "(", "[")):
            return self._identity(tail)
        if (quotient := self._quotient_of_d()) is not None:
            return quotient
        if token.text == _EXPONENTIAL and not own and self.ahead().is_operator("^"):
            return self._exponential()
        return self._applied(self.scripted())

    def _exponential(self) -> Node:
        start = self.advance().span
        self.advance()
        exponent = self._exponent()
        return self._made(Call(Name("exp", start), (exponent,), start.to(self.before.span)))

    def _identity(self, tail: str) -> Node:
        """`I_n`, and `I(z > 0)`."""
        token = self.at
        if self.ahead().is_operator("(", "["):
            if not self._encloses_after(RELATIONS):
                return self._applied(self.scripted())
            self.advance()
            condition = self.expression(POWER)
            return condition if isinstance(condition, Indicator) else self._made(Indicator(condition, condition.span))
        if tail:
            self.advance()
            size = Number(Fraction(tail), token.span) if tail.isdigit() else Name(tail, token.span)
            return self._made(Call(Name(IDENTITY, token.span), (size,), token.span))
        self.advance()
        return self._sized(IDENTITY, token.span)

    def _kronecker(self, tail: str) -> Node | None:
        """`δ(i, j)`, `δ[i,j]`, `δ_ij`, `δ_{i j}`; None where the name says something else."""
        token, start = self.at, self.position
        rank = self.lexicon.ranks.get(DELTA, 0)
        if self.lexicon.knows(token.text) and token.text != DELTA:
            return None
        if not tail and self.ahead().is_operator("(", "[") and self._encloses_after((",",)):
            if self.ahead().text == "[" and rank == 2:
                return None
            self.advance()
            closing = CLOSING[self.advance().text]
            left = self.expression(SUM)
            self.expect(",", "between the indices")
            right = self.expression(SUM)
            closed = self.expect(closing, "after the indices")
            return self._made(Call(Name(DELTA, token.span), (left, right), token.span.to(closed.span)))
        self.advance()
        below = Below(tail, (), token.span) if tail else self.below() if self.at.is_operator("_") else None
        indices = () if below is None else below.indices or tuple(self._split(below, ""))
        if len(indices) == 2 and rank < 2 and not all(isinstance(part, Number) for part in indices):
            return self._made(Call(Name(DELTA, token.span), indices, token.span.to(self.before.span)))
        self.position = start
        return None

    def _applied(self, node: Node) -> Node:
        """A function at its argument, its derivatives counted; anything else as it stands."""
        if not isinstance(node, Name) or self.lexicon.knows(node.name):
            return node
        is_function = node.name in self.lexicon.functions
        order = self._order() if is_function or self.at.is_operator("'") else 0
        if self.at.is_operator("("):
            call = self._call(node)
            return replace(call, order=order)
        starts = self.at.kind in ("name", "number") and self.at.text not in (*WORDS, *_ENDS)
        if is_function and (starts or self.at.is_operator("∂", "|", "√")):
            argument = self.expression(POWER)
            return self._made(Call(node, (argument,), node.span.to(argument.span), order))
        if order:
            written = self.source.written(node.span)
            self.refuse(f"expected an argument for the derivative of {written}", fix=f"Write {written}'(z).")
        return node

    def _order(self) -> int:
        """Primes, or the number of `^(3)` before a bracket."""
        order = 0
        while self.accept("'"):
            order += 1
        power, opening, number, closing, bracket = (self.ahead(count) for count in range(5))
        fenced = power.is_operator("^") and opening.is_operator("(") and closing.is_operator(")")
        if fenced and number.text.isdigit() and bracket.is_operator("("):
            self.position += 4
            return int(number.text[:3])
        return order

    # ------------------------------------------------------------------------------------------------------------ sums

    def _big(self, kind: str, tail: str) -> Node:
        """`∑_j body`, `∑_{j=1}^{n} body`, `sum(j, body)`, `max(0, z)`; `∑ body` is over all entries."""
        token = self.advance()
        name = Name(kind, token.span)
        if not tail and self.at.is_operator("("):
            return self._call(name)
        bound: list[Node] = []
        if tail:
            bound = self._split(Below(tail, (), token.span), "")
        elif self.at.is_operator("_"):
            bound = self._bound()
        body = self.expression(PRODUCT)
        return self._made(Call(name, (*bound, body), token.span.to(body.span)))

    def _bound(self) -> list[Node]:
        """What stands below a sum, and above it."""
        self.advance()
        if not self.at.is_operator("{", "("):
            token = self.at
            bound: list[Node] = self._split(Below(self.name("an index").name, (), token.span), "")
        else:
            closing = CLOSING[self.advance().text]
            bound = [self._binder()]
            while not self.at.is_operator(closing):
                self.accept(",")
                bound.append(self._binder())
            self.expect(closing, "after the indices")
        if self.at.is_operator("^"):
            self._bound_above(bound)
        return bound

    def _binder(self) -> Node:
        """`j`, `j = 1`, `j = 1..n`, `1 <= j <= n`."""
        if self.at.kind == "name" and self.ahead().is_operator("="):
            name = self.name("an index")
            self.advance()
            low = self.expression(SUM)
            high: Node = Name("", low.span)
            if self.accept(".."):
                high = self.expression(SUM)
            return self._made(Named(name, Range(low, high, low.span.to(high.span)), name.span.to(high.span)))
        if self.at.kind == "name" and not self.ahead().is_operator(*RELATIONS):
            return self.name("an index")
        return self.expression()

    def _bound_above(self, bound: list[Node]) -> None:
        """`^{n}` gives the range of the one index below its end."""
        match bound:
            case [Named(name, Range(low, Name("")))]:
                self.advance()
                high = self._exponent()
                bound[:] = [Named(name, Range(low, high, low.span.to(high.span)), name.span.to(high.span))]
            case _:
                self.refuse("expected what is summed", fix="Write ∑_{j=1}^{n} for a range.")

    # ------------------------------------------------------------------------------------------------- behind a factor

    def _is_part(self) -> bool:
        """Whether `|w` begins here, as in `dv[i]|w`: tight on both sides, and no bar that opens or closes."""
        if self.at.is_operator(BY_WAY_OF):
            return True
        following = self.ahead()
        tight = self.before.span.end == self.at.span.start and self.at.span.end == following.span.start
        bar = self.at.is_operator("|") and not self.bars and not self.ahead(2).is_operator("|")
        return bar and tight and self.lexicon.knows(following.text)

    def _part(self, left: Node) -> Node:
        """The part of an adjoint that comes by way of w: its name is that of both."""
        self.advance()
        through = self.scripted()
        if not isinstance(through, Name):
            self.refuse("expected the name of a tensor", fix="Write dv[i]|w for the part of dv that comes by way of w.")
        span = left.span.to(through.span)
        match left:
            case Name(name):
                return self._deeper(Name(part_of(name, through.name), span))
            case Subscript(Name(name, inner), indices):
                return self._deeper(Subscript(Name(part_of(name, through.name), inner), indices, span))
            case Partial(of, Name(name, inner)):
                return self._deeper(Partial(of, Name(part_of(name, through.name), inner), span))
            case Partial(of, Subscript(Name(name, inner), indices, own)):
                by = Subscript(Name(part_of(name, through.name), inner), indices, own)
                return self._deeper(Partial(of, by, span))
        self.refuse("this is no adjoint, which alone has parts by way of other tensors", fix="Write dv[i]|w.")

    def _postfix(self, left: Node) -> Node:
        if self._is_part():
            return self._part(left)
        if self.at.is_operator("'"):
            return self._deeper(Transpose(left, left.span.to(self.advance().span)))
        if self.at.is_operator("_"):
            below = self.below()
            indices = below.indices or tuple(self._split(below, ""))
            return self._deeper(Subscript(left, indices, left.span.to(below.span)))
        if self.at.is_operator("^") and self.ahead().is_operator("{", HADAMARD, "'"):
            return self._raised(left)
        return super()._postfix(left)

    def _raised(self, left: Node) -> Node:
        """`W^{T}`, `x^{2}`, `a^⊙2`."""
        sign = self.advance()
        if self.at.is_operator("'"):
            return self._deeper(Transpose(left, left.span.to(self.advance().span)))
        if self.accept(HADAMARD):
            exponent = self._exponent()
            return self._deeper(Power(left, exponent, left.span.to(exponent.span)))
        inner = self.ahead()
        if (inner.is_word("T") or inner.is_operator(TRANSPOSE, "'")) and self.ahead(2).is_operator("}"):
            self.position += 3
            return self._deeper(Transpose(left, left.span.to(self.before.span)))
        if inner.is_operator(HADAMARD):
            self.position += 2
            exponent = self.expression(SUM)
            self.expect("}", "after the exponent")
        else:
            exponent = self._exponent()
        return self._deeper(Power(left, exponent, left.span.to(sign.span).to(exponent.span)))

    def _exponent(self) -> Node:
        if not self.at.is_operator("{"):
            return super()._exponent()
        opened = self.advance()
        inside = self.expression(SUM)
        closed = self.expect("}", "after the exponent")
        return replace(inside, span=opened.span.to(closed.span))


_OPERANDS = {
    "∂": ClaimParser._partial,
    "∇": ClaimParser._nabla,
    "[": ClaimParser._iverson,
    "{": ClaimParser._braces,
    "‖": ClaimParser._bar,
    "|": ClaimParser._bar,
    "√": ClaimParser._root,
}
