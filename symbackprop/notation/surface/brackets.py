r"""Brackets matched and bars told apart, before anything else is read: the depth of a formula is known from here on.

A bar opens where an operand is expected and closes where one has ended. `a |b|` and `p(a | b)` look alike up to the
second bar: a bar behind an operand opens if a second one follows in the same brackets, else it parts two sides.

Of the signs that only LaTeX has, `&` goes and `\\` becomes the start of a row, but inside of matrices and cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.dialects import Dialect
from symbackprop.notation.surface.tokens import CLOSING, Token

MAX_DEPTH = 50
_ENDS = ("number", "word", "letter", "close", "prime", "dots", "end")
_INTERVALS = ("(", "[")


@dataclass(frozen=True, slots=True)
class Matched:
    """Tokens without undecided bars, and for each opening bracket the place of its closing one."""

    tokens: tuple[Token, ...]
    closing: Mapping[int, int]


def matched(tokens: Sequence[Token], source: Source, dialect: Dialect) -> Matched:
    """The tokens with their brackets matched.

    Raises:
        NotationError: a bracket that closes nothing, or that is never closed.
        LimitError: brackets too deep.
    """
    return _Matching(tokens, source, dialect).done()


class _Matching:
    """One pass from left to right; `opened` are the places of open brackets, in `made`."""

    def __init__(self, tokens: Sequence[Token], source: Source, dialect: Dialect) -> None:
        self.tokens = tokens
        self.source = source
        self.text = dialect.plain
        self.intervals = _INTERVALS if dialect.intervals else ()
        self.made: list[Token] = []
        self.opened: list[int] = []
        self.closing: dict[int, int] = {}
        self.owed = 0  # round brackets that words of prose have opened
        self.row = False

    def done(self) -> Matched:
        for place, token in enumerate(self.tokens):
            self._take(place, token)
        self._settle_bars()
        if self.opened:
            self._never_closed(self.made[self.opened[-1]])
        return Matched(tuple(self.made), self.closing)

    def _take(self, place: int, token: Token) -> None:
        if self.row and token.kind not in ("row", "cell"):
            token, self.row = replace(token, space="row"), False
        if token.kind in ("open", "begin"):
            self._open(token)
        elif token.kind in ("close", "end"):
            self._close(token)
        elif token.kind == "bar":
            self._bar(place, token)
        elif token.kind in ("row", "cell"):
            self._row(token)
        else:
            if token.kind == "prose":
                self.owed += token.text.count("(") - token.text.count(")")
            self.made.append(token)

    def _open(self, token: Token) -> None:
        self.opened.append(len(self.made))
        self.made.append(token)
        if len(self.opened) > MAX_DEPTH:
            raise LimitError(
                "this formula is nested too deep",
                where=self.source.locate(token.span),
                because=f"Brackets may go {MAX_DEPTH} levels down.",
                fix="Name a part of it in a line of its own.",
            )

    def _close(self, token: Token) -> None:
        self._settle_bars()
        top = self.made[self.opened[-1]] if self.opened else None
        if top is None or not _closes(top, token, self.intervals):
            if token.text == ")" and self.owed > 0:
                self.owed -= 1
                return
            self._misplaced(token, top)
        self.closing[self.opened.pop()] = len(self.made)
        self.made.append(token)

    def _row(self, token: Token) -> None:
        self._settle_bars()
        top = self.made[self.opened[-1]] if self.opened else None
        if top is not None and (top.kind == "begin" or (top.text == "{" and top.sized)):
            self.made.append(token)
        elif token.kind == "row":
            self.row = True

    # ---------------------------------------------------------------------------------------------------------- bars

    def _bar(self, place: int, token: Token) -> None:
        before = self.made[-1] if self.made else None
        after_operand = before is not None and self._ended(before)
        top = self.made[self.opened[-1]] if self.opened else None
        if after_operand and top is not None and top.text == token.text and top.kind in ("bar", "open"):
            start = self.opened.pop()
            self.made[start] = replace(self.made[start], kind="open")
            self.closing[start] = len(self.made)
            self.made.append(replace(token, kind="close"))
        elif after_operand and token.text == "‖" and self.text and top is not None and top.text == "|":
            for half in (Span(token.span.start, token.span.start + 1), Span(token.span.start + 1, token.span.end)):
                self._bar(place, replace(token, text="|", span=half))
        elif not after_operand:
            self._open(replace(token, kind="open"))
        elif self._evaluates(place, token):
            self.made.append(replace(token, kind="sign", text="|_"))
        elif self._parts(place, token):
            self.made.append(replace(token, kind="sign"))
        else:
            self._open(token)

    def _ended(self, before: Token) -> bool:
        if len(self.made) > 1 and self.made[-2].kind == "script":
            return before.kind != "open"
        return before.kind in _ENDS

    def _evaluates(self, place: int, token: Token) -> bool:
        r"""Whether this is the bar of `f|_{x=1}`."""
        following = self.tokens[place + 1]
        return following.kind == "script" and following.text == "_" and token.text == "|"

    def _parts(self, place: int, token: Token) -> bool:
        """Whether the bar parts two sides for sure: `da1|z2`, tight on both sides and no second one behind."""
        following = self.tokens[place + 1]
        behind = self.tokens[place + 2] if place + 2 < len(self.tokens) else following
        tight = not token.space and not following.space and following.kind == "word"
        return self.text and tight and behind.kind != "bar"

    def _settle_bars(self) -> None:
        """What was left undecided in these brackets parts two sides."""
        while self.opened and self.made[self.opened[-1]].kind == "bar":
            place = self.opened.pop()
            self.made[place] = replace(self.made[place], kind="sign")

    # -------------------------------------------------------------------------------------------------------- errors

    def _misplaced(self, token: Token, top: Token | None) -> NoReturn:
        written = self.source.written(token.span)
        if top is None:
            raise NotationError(
                f"this {written} closes nothing",
                where=self.source.locate(token.span),
                fix="Remove it, or open a bracket before it.",
                name=written,
            )
        opened, needed, place = self.source.written(top.span), self._needed(top), self.source.locate(top.span)
        raise NotationError(
            f"{written} cannot close {opened}",
            where=self.source.locate(token.span),
            because=f"The {opened} stands in line {place.line}, column {place.column}.",
            fix=f"Write {needed} here.",
            name=written,
        )

    def _never_closed(self, token: Token) -> NoReturn:
        written = self.source.written(token.span)
        raise NotationError(
            f"this {written} is never closed",
            where=self.source.locate(token.span),
            fix=f"Close it with {self._needed(token)}.",
            name=written,
        )

    def _needed(self, opened: Token) -> str:
        r"""What closes a bracket, as the person writes it: `\}` for `\{`."""
        written = self.source.text[opened.span.start : opened.span.end]
        if opened.kind == "begin":
            return written.replace("begin", "end", 1)
        sign = CLOSING[opened.text] or "}"
        if opened.sized:
            return r"\right" + ("\\}" if sign == "}" else sign)
        return "\\}" if written == "\\{" else sign


def _closes(opened: Token, token: Token, intervals: tuple[str, ...]) -> bool:
    """Whether the one may close the other; `[0, 1)` may, for it is an interval."""
    if "begin" in (opened.kind, token.kind) or token.kind == "end":
        return opened.kind == "begin" and token.kind == "end" and opened.text == token.text
    if "" in (opened.text, token.text):
        return opened.text == token.text
    if opened.sized and token.sized and "." in (opened.text, token.text):
        return True
    if opened.text in intervals and token.text in (")", "]"):
        return True
    return CLOSING[opened.text] == token.text
