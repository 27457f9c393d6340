"""Derivatives as people write them: `∂L/∂W1`, `dL/dW1`, `∂/∂W1 L`, `∇_W1 L`."""

from __future__ import annotations

from symbackprop.errors import NotationError
from symbackprop.notation.reading.parser import POWER, WORDS
from symbackprop.notation.reading.scripts import CLOSING, ScriptParser
from symbackprop.notation.reading.syntax import Name, Node, Partial
from symbackprop.notation.source import Span

ANY_ROOT = ""
"""The root of a derivative that names none, `∇W1`."""


class DifferentialParser(ScriptParser):
    """A parser that reads derivatives."""

    def _partial(self) -> Node:
        """`∂L/∂W1`, `∂z2[k]/∂W2[i,j]`, `∂/∂W1 L`."""
        start = self.advance().span
        if self.at.is_operator("^"):
            raise NotationError(
                "a claim's derivatives are of the first order",
                where=self.source.locate(start),
                fix="Write ∂L/∂W.",
                name="∂",
            )
        if self.accept("/"):
            by = self._by()
            of = self.expression(POWER)
            return self._made(Partial(of, by, start.to(of.span)))
        of = self._differentiated()
        if not self.at.is_operator("/"):
            self.refuse(f"expected / after ∂{self.source.written(of.span)}", fix="Write ∂L/∂W.")
        self.advance()
        by = self._by()
        return self._made(Partial(of, by, start.to(by.span)))

    def _by(self) -> Node:
        """The variable below the line, its ∂ or d before it."""
        if self.accept("∂"):
            return self._differentiated()
        if self.at.kind == "name" and self.at.text[:1] == "d" and self.at.text[1:] in self.lexicon.derivable:
            return self.reference("d")
        self.refuse("expected ∂ below the line of a derivative", fix="Write ∂L/∂W.")

    def _differentiated(self) -> Node:
        if self.at.is_operator("(", "{"):
            closing = CLOSING[self.advance().text]
            inside = self.reference()
            self.expect(closing, "to close the bracket")
            return inside
        if self.at.kind != "name" or self.at.text in WORDS:
            self.refuse("expected a name after ∂", fix="Write ∂L/∂W.")
        return self.reference()

    def _nabla(self) -> Node:
        """`∇_W1 L`; without a root, `∇_W1` or `∇W1`, the one that the note has."""
        start = self.advance().span
        self.accept("_")
        by = self._differentiated()
        return self._with_root(by, start)

    def _spelled_nabla(self, tail: str) -> Node:
        """`nabla_W1 L`."""
        start = self.at.span
        if tail:
            return self._with_root(self.reference("nabla_"), start)
        self.advance()
        self.advance()
        return self._with_root(self._differentiated(), start)

    def _with_root(self, by: Node, start: Span) -> Node:
        if self.at.kind == "name" and self.at.text in self.lexicon.roots:
            of = self.name("a root")
            return self._made(Partial(of, by, start.to(of.span)))
        return self._made(Partial(Name(ANY_ROOT, start), by, start.to(by.span)))

    def _quotient_of_d(self) -> Node | None:
        """`dL/dW1`, where both are derivatives of something known; nothing moves if it is none."""
        token, start = self.at, self.position
        if token.text == "d" and not self.lexicon.knows("d"):
            return self._partial() if self.ahead().kind == "name" or self.ahead().is_operator("/") else None
        if token.text[:1] != "d" or not self._derives(token.text[1:]):
            return None
        of = self.reference("d")
        slash, following = self.at, self.ahead()
        differential = following.kind == "name" and following.text[:1] == "d"
        own = token.text in self.lexicon.derivable and following.text in self.lexicon.derivable
        if slash.is_operator("/") and differential and not own and self._derives(following.text[1:]):
            self.advance()
            by = self.reference("d")
            return self._made(Partial(of, by, token.span.to(by.span)))
        self.position = start
        return None

    def _derives(self, name: str) -> bool:
        """Whether the letters after a d begin the name of a tensor or of a root."""
        return any(name == known or known.startswith(name) for known in self.lexicon.derivable) or (
            name.partition("_")[0] in self.lexicon.derivable
        )
