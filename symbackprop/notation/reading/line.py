"""A line of a model file, read from left to right: its words one by one, its formulas by the common grammar."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from symbackprop.errors import LimitError
from symbackprop.notation.reading.dialect import MODEL
from symbackprop.notation.reading.syntax import Name
from symbackprop.notation.source import Source
from symbackprop.notation.surface.grammar import Grammar
from symbackprop.notation.surface.tokens import Token

MAX_PARTS = 2_000

_PARTS = ("word", "number", "open", "script")
Item = TypeVar("Item")


class Line(Grammar):
    """The tokens of one statement; `factors` are names before a bracket that are no functions."""

    def __init__(self, tokens: tuple[Token, ...], source: Source, factors: Collection[str] = ()) -> None:
        parts = [token for token in tokens if token.kind in _PARTS]
        if len(parts) > MAX_PARTS:
            raise LimitError(
                f"this statement has more than {MAX_PARTS:,} parts",
                where=source.locate(parts[MAX_PARTS].span),
                fix="Split it into several equations.",
            )
        super().__init__(tokens, source, MODEL)
        self.factors = factors

    @property
    def before(self) -> Token:
        return self.tokens[self.position - 1]

    def accept(self, *texts: str) -> Token | None:
        """The next token if it is one of these; else nothing moves."""
        return self.advance() if self.at.text in texts else None

    def expect(self, text: str, what: str) -> Token:
        return self.accept(text) or self.refuse(f"{text} {what}", self.fix())

    def several(self, one: Callable[[Line], Item]) -> list[Item]:
        """What `one` reads, as often as a comma follows."""
        found = [one(self)]
        while self.accept(","):
            found.append(one(self))
        return found

    def named(self) -> bool:
        """Whether a name stands next, or a word of the language."""
        return self.at.kind in ("word", "prose")

    def name(self, what: str) -> Name:
        """A name that is no word of the language."""
        if self.at.kind != "word":
            self.refuse(what, self.fix())
        token = self.advance()
        return Name(token.text, token.span)

    def finish(self) -> None:
        """Nothing may follow."""
        if self.at.kind != "stop":
            fix = "Write the number first, * before it, or ^ for a power." if self.at.kind == "number" else self.fix()
            self.refuse("the end of the statement", fix)
